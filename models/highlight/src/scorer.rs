//! Scoring a room unit by unit, with revisions and with what each modality contributed.
//!
//! Invariants: a unit's score is a function of the features known of it and of the units before it in its
//! look-back window; scoring one by one or all at once gives the same bits; memory is bounded.

use crate::{ContentCtr, HighlightError, MODALITIES, Modality, Scores, UnitFeatures};
use candle_core::Tensor;
use std::collections::VecDeque;
use std::sync::Arc;

/// Scores of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitScore {
    /// Number of the unit in its room, from 0.
    pub index: u64,
    /// Calibrated scores.
    pub scores: Scores,
    /// For every modality, per head: the score minus the score with that modality missing in the whole
    /// look-back window. Zero where it is missing anyway; empty from a scorer without contributions.
    pub contributions: Vec<(Modality, Scores)>,
}

/// Scores the units of one room in their order.
#[derive(Debug, Clone)]
pub struct Scorer {
    model: Arc<ContentCtr>,
    streamer: Option<usize>,
    missing: Vec<Vec<f32>>,
    kept: VecDeque<Projected>,
    next: u64,
    revisable: usize,
    explaining: bool,
}

/// Projected features by modality; `None` where the modality is missing.
type Projected = Vec<Option<Vec<f32>>>;

impl Scorer {
    /// A scorer for a room of `streamer`, which keeps enough to score the last `revisable` units again.
    ///
    /// # Errors
    /// When the model's tensors can't be read.
    pub fn new(model: Arc<ContentCtr>, streamer: &str, revisable: usize) -> Result<Self, HighlightError> {
        let missing = (0..MODALITIES.len())
            .map(|place| model.projections().missing(place))
            .collect::<Result<_, _>>()?;
        let streamer = model.streamer_row(streamer);
        let (kept, revisable) = (VecDeque::new(), revisable.max(1));
        Ok(Self { model, streamer, missing, kept, next: 0, revisable, explaining: true })
    }

    /// Leaves contributions out of all scores, which costs a forward pass per modality less.
    #[must_use]
    pub const fn without_contributions(mut self) -> Self {
        self.explaining = false;
        self
    }

    /// Scores the next unit.
    ///
    /// # Errors
    /// When a feature vector has the wrong width or a value that is not finite. The unit then doesn't count.
    pub fn push(&mut self, features: &UnitFeatures) -> Result<UnitScore, HighlightError> {
        let projected = self.project(features)?;
        self.kept.push_back(projected);
        let index = self.next;
        self.next += 1;
        if self.kept.len() > self.model.config().look_back - 1 + self.revisable {
            self.kept.pop_front();
        }
        self.score(index)
    }

    /// Scores a unit again from what is now known of it. Later units see the new features when they are
    /// scored again themselves.
    ///
    /// # Errors
    /// As [`Scorer::push`], and when the unit or its window isn't kept.
    pub fn rescore(&mut self, index: u64, features: &UnitFeatures) -> Result<UnitScore, HighlightError> {
        let last = self.next.checked_sub(1);
        let first = self.next.saturating_sub(self.revisable as u64);
        match last {
            Some(last) if (first..=last).contains(&index) => {}
            _ => return Err(HighlightError::NotKept { index, first, last: last.unwrap_or(0) }),
        }
        let projected = self.project(features)?;
        let at = self.place(index);
        self.kept[at] = projected;
        self.score(index)
    }

    /// Number of units pushed so far: the index the next one will get.
    #[must_use]
    pub const fn units(&self) -> u64 {
        self.next
    }

    fn place(&self, index: u64) -> usize {
        let first = self.next - self.kept.len() as u64;
        (index - first) as usize
    }

    fn project(&self, features: &UnitFeatures) -> Result<Projected, HighlightError> {
        let projections = self.model.projections();
        projections.check(features)?;
        let read = |place: usize| {
            if features.get(MODALITIES[place]).is_none() || !projections.reads(place) {
                return Ok(None);
            }
            // One unit at a time, always: kernels may add in another order for other shapes.
            let row = projections.project(place, &[features], self.model.device())?;
            Ok(Some(row.flatten_all()?.to_vec1::<f32>()?))
        };
        (0..MODALITIES.len()).map(read).collect()
    }

    fn score(&self, index: u64) -> Result<UnitScore, HighlightError> {
        let end = self.place(index) + 1;
        let window: Vec<&Projected> =
            self.kept.range(end.saturating_sub(self.model.config().look_back)..end).collect();
        // A modality nobody sent can't contribute: its variant would repeat the score itself.
        let seen: Vec<usize> = (0..MODALITIES.len())
            .filter(|&place| self.explaining && window.iter().any(|unit| unit[place].is_some()))
            .collect();
        let width = self.model.config().width;
        let mut values = Vec::with_capacity((seen.len() + 1) * window.len() * width);
        for hidden in std::iter::once(None).chain(seen.iter().map(|&place| Some(place))) {
            for unit in &window {
                self.align(unit, hidden, &mut values);
            }
        }
        let shape = (seen.len() + 1, window.len(), width);
        let units = Tensor::from_vec(values, shape, self.model.device())?;
        let logits: Vec<Vec<f32>> =
            self.model.last_logits(&units, &vec![self.streamer; shape.0])?.to_vec2()?;
        let scores = self.model.scores(&logits[0]);
        let contributions = MODALITIES
            .iter()
            .enumerate()
            .filter(|_| self.explaining)
            .map(|(place, &modality)| {
                let row = seen.iter().position(|&other| other == place).map_or(0, |at| at + 1);
                (modality, scores.minus(&self.model.scores(&logits[row])))
            })
            .collect();
        Ok(UnitScore { index, scores, contributions })
    }

    /// Appends `concat(v, z)` of one unit, with one modality hidden.
    fn align(&self, unit: &Projected, hidden: Option<usize>, values: &mut Vec<f32>) {
        let half = self.model.projections().half();
        let start = values.len();
        values.resize(start + 2 * half, 0.0);
        for (place, modality) in MODALITIES.iter().enumerate() {
            let row = unit[place].as_ref().filter(|_| hidden != Some(place)).unwrap_or(&self.missing[place]);
            let from = start + if modality.is_visual() { 0 } else { half };
            for (sum, value) in values[from..from + half].iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

impl ContentCtr {
    /// Scores of every unit of a room, each from its own look-back window.
    ///
    /// # Errors
    /// As [`Scorer::push`].
    pub fn score_room(
        self: &Arc<Self>,
        streamer: &str,
        units: &[UnitFeatures],
    ) -> Result<Vec<UnitScore>, HighlightError> {
        let mut scorer = Scorer::new(Arc::clone(self), streamer, 1)?;
        units.iter().map(|unit| scorer.push(unit)).collect()
    }
}
