//! Which configurations can be built.
//!
//! Invariants: the first field that can't be used is named.

use super::Config;
use crate::{Calibration, HighlightError, MODALITIES};

impl Config {
    /// Checks every field.
    ///
    /// # Errors
    /// [`HighlightError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), HighlightError> {
        let refuse = |field: &str, reason: &str| Err(HighlightError::config(field, reason));
        let between = |field: &str, value: usize, most: usize| {
            let reason = format!("{value} is not between 1 and {most}");
            if (1..=most).contains(&value) { Ok(()) } else { Err(HighlightError::config(field, reason)) }
        };
        if !MODALITIES.iter().any(|&modality| self.inputs.get(modality).is_some()) {
            return refuse("inputs", "no modality has an input");
        }
        for modality in MODALITIES {
            if let Some(input) = self.inputs.get(modality) {
                between(&format!("inputs.{modality}.width"), input.width, 16_384)?;
            }
        }
        between("members", self.members, 64)?;
        between("look_back", self.look_back, 4096)?;
        between("width", self.width, 4096)?;
        between("heads", self.heads, 64)?;
        between("perceiver_layers", self.perceiver_layers, 64)?;
        between("decoder_layers", self.decoder_layers, 64)?;
        between("feed_forward", self.feed_forward, 65_536)?;
        if !self.width.is_multiple_of(2) || !self.width.is_multiple_of(self.heads) {
            return refuse("width", "must be even and a multiple of heads");
        }
        if !(self.unit_seconds.is_finite() && self.unit_seconds > 0.0) {
            return refuse("unit_seconds", "must be positive");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("dropout", "must be in 0..1");
        }
        if !(0.0..=1.0).contains(&self.positive_from) {
            return refuse("positive_from", "must be in 0..=1");
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            return refuse("threshold", "must be in 0..=1");
        }
        let mut outputs = self.outputs.clone();
        outputs.sort_unstable();
        outputs.dedup();
        if outputs.is_empty() || outputs.len() != self.outputs.len() {
            return refuse("outputs", "must name at least one head, and each once");
        }
        if self.streamers.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse("streamers", "must be sorted and free of repetitions");
        }
        self.check_delays()?;
        for (head, each) in &self.calibration {
            let field = format!("calibration.{}", head.name());
            if !each.is_empty() && each.len() != self.delays.len() {
                return refuse(&field, "must hold one calibration for each delay, or none");
            }
            if !each.iter().all(Calibration::is_usable) {
                return refuse(&field, "scale must be positive and finite");
            }
        }
        Ok(())
    }

    fn check_delays(&self) -> Result<(), HighlightError> {
        let refuse = |reason: &str| Err(HighlightError::config("delays", reason));
        if self.delays.first() != Some(&0.0) {
            return refuse("must begin with 0");
        }
        if self.delays.len() > 64 {
            return refuse("must be 64 at most");
        }
        if self.delays.windows(2).any(|pair| pair[0] >= pair[1]) || !self.delays.iter().all(|s| s.is_finite())
        {
            return refuse("must be finite and ascending");
        }
        if self.delay_units(self.delays.len() - 1) >= self.look_back {
            return refuse("must be shorter than the look-back, which has to hold the delayed unit itself");
        }
        Ok(())
    }
}
