//! Which configurations can be built.
//!
//! Invariants: the first field that can't be used is named.

use super::{Config, History};
use crate::GiftingError;

/// No table or layer is wider.
const WIDEST: usize = 16_384;

impl Config {
    /// Checks every field.
    ///
    /// # Errors
    /// [`GiftingError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), GiftingError> {
        let refuse = |field: &str, reason: &str| Err(GiftingError::config(field, reason));
        let between = |field: &str, value: usize, least: usize, most: usize| {
            let reason = format!("{value} is not between {least} and {most}");
            if (least..=most).contains(&value) { Ok(()) } else { Err(GiftingError::config(field, reason)) }
        };
        between("width", self.width, 1, 1024)?;
        between("heads", self.heads, 1, 64)?;
        if !self.width.is_multiple_of(self.heads) {
            return refuse("width", "must be a multiple of heads");
        }
        between("streamer_slots", self.streamer_slots, 1, 1 << 26)?;
        between("user_slots", self.user_slots, 1, 1 << 26)?;
        between("content_width", self.content_width, 0, WIDEST)?;
        between("pretrained_width", self.pretrained_width, 0, WIDEST)?;
        between("longest_history", self.longest_history, 1, 1 << 20)?;
        between("neighbours", self.neighbours, 1, 1024)?;
        match self.history {
            History::Search { top, .. } => between("history.top", top, 1, 4096)?,
            History::Dispatcher { experts } => between("history.experts", experts, 1, 1024)?,
        }
        if self.paths.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse("paths", "must be in the order of the documentation, each at most once");
        }
        for (field, width) in ["user_side", "room_side", "pair_side"].into_iter().zip([
            self.user_side,
            self.room_side,
            self.pair_side,
        ]) {
            between(field, width, 0, WIDEST)?;
        }
        between("hidden.0", self.hidden[0], 1, WIDEST)?;
        between("hidden.1", self.hidden[1], 1, WIDEST)?;
        self.check_fusion()?;
        if !self.outcomes.is_usable() {
            return refuse("outcomes", "must be finite, with a positive deviation and largest value");
        }
        if !self.calibration.is_usable() {
            return refuse("calibration", "scales must be positive and finite");
        }
        Ok(())
    }

    fn check_fusion(&self) -> Result<(), GiftingError> {
        let fusion = &self.fusion;
        let sizes = [
            ("fusion.width", fusion.width, 1),
            ("fusion.heads", fusion.heads, 1),
            ("fusion.queries", fusion.queries, 1),
            ("fusion.feed_forward", fusion.feed_forward, 1),
            ("fusion.most_rows", fusion.most_rows, 1),
            ("fusion.picture_width", fusion.picture_width, 0),
            ("fusion.speech_width", fusion.speech_width, 0),
            ("fusion.comment_width", fusion.comment_width, 0),
        ];
        for (field, value, least) in sizes {
            if !(least..=WIDEST).contains(&value) {
                let reason = format!("{value} is not between {least} and {WIDEST}");
                return Err(GiftingError::config(field, reason));
            }
        }
        if !fusion.width.is_multiple_of(fusion.heads) {
            return Err(GiftingError::config("fusion.width", "must be a multiple of fusion.heads"));
        }
        Ok(())
    }
}
