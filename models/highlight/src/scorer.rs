//! Scoring a room unit by unit, with revisions and with what each modality contributed.
//!
//! Invariants: a row's scores are a function of the features known of its own unit and of the units before it in
//! its look-back window; scoring one by one or all at once gives the same bits; memory is bounded.

use crate::model::{check, mean_rows, standardised};
use crate::rows::Engine;
use crate::{ContentCtr, HighlightError, MODALITIES, Modality, Scores, UnitFeatures};
use std::collections::VecDeque;
use std::sync::Arc;

/// Scores of one unit at one decision delay.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitScore {
    /// Number of the scored unit in its room, from 0.
    pub index: u64,
    /// Place in [`crate::Config::delays`]: the score was decided that long after the unit's end.
    pub delay: usize,
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
    /// One per network of the ensemble, laid out for scoring.
    engines: Arc<Vec<Engine>>,
    streamer: Option<usize>,
    missing: Vec<Projected>,
    kept: VecDeque<Unit>,
    next: u64,
    revisable: usize,
    explaining: bool,
}

/// Projected features by modality; `None` where the modality is missing.
type Projected = Vec<Option<Vec<f32>>>;
/// A unit as each network of the ensemble sees it.
type Unit = Vec<Projected>;

impl Scorer {
    /// A scorer for a room of `streamer`, which keeps enough to score the last `revisable` units again.
    ///
    /// # Errors
    /// When the model's tensors can't be read.
    pub fn new(model: Arc<ContentCtr>, streamer: &str, revisable: usize) -> Result<Self, HighlightError> {
        let mut missing = Vec::with_capacity(model.members().len());
        for member in model.members() {
            let each = (0..MODALITIES.len()).map(|place| member.projections.missing(place).map(Some));
            missing.push(each.collect::<Result<_, _>>()?);
        }
        let streamer = model.streamer_row(streamer);
        let (kept, revisable) = (VecDeque::new(), revisable.max(1));
        let engines = model.members().iter().map(|member| Engine::new(model.config(), member));
        let engines = Arc::new(engines.collect::<Result<Vec<_>, _>>()?);
        Ok(Self { model, engines, streamer, missing, kept, next: 0, revisable, explaining: true })
    }

    /// Leaves contributions out of all scores, which costs a forward pass per modality less.
    #[must_use]
    pub const fn without_contributions(mut self) -> Self {
        self.explaining = false;
        self
    }

    /// Takes the next unit and scores it without delay, then the older units whose longer delays are over with it:
    /// for each of [`crate::Config::delays`] the unit that many units back, if the room is that old.
    ///
    /// # Errors
    /// When a feature vector has the wrong width or a value that is not finite. The unit then doesn't count.
    pub fn push(&mut self, features: &UnitFeatures) -> Result<Vec<UnitScore>, HighlightError> {
        let projected = self.project(features)?;
        self.kept.push_back(projected);
        let index = self.next;
        self.next += 1;
        if self.kept.len() > self.model.config().look_back - 1 + self.revisable {
            self.kept.pop_front();
        }
        self.score(index)
    }

    /// The scores that came with a unit when it was the newest, again, from what is now known of it and of the units
    /// before it. Later units see the new features when they are scored again themselves.
    ///
    /// # Errors
    /// As [`Scorer::push`], and when the unit or its window isn't kept.
    pub fn rescore(&mut self, index: u64, features: &UnitFeatures) -> Result<Vec<UnitScore>, HighlightError> {
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

    fn project(&self, features: &UnitFeatures) -> Result<Unit, HighlightError> {
        check(self.model.config(), features)?;
        // One unit at a time, always: kernels may add in another order for other shapes.
        let standard = standardised(self.model.statistics(), &[features], self.model.device())?;
        let mut unit = Vec::with_capacity(self.model.members().len());
        for member in self.model.members() {
            let one = |place: usize| {
                if features.get(MODALITIES[place]).is_none() || !self.model.statistics().reads(place) {
                    return Ok(None);
                }
                let row = member.projections.project(place, &standard[place], 1)?;
                Ok(Some(row.flatten_all()?.to_vec1::<f32>()?))
            };
            unit.push((0..MODALITIES.len()).map(one).collect::<Result<_, HighlightError>>()?);
        }
        Ok(unit)
    }

    fn score(&self, index: u64) -> Result<Vec<UnitScore>, HighlightError> {
        let config = self.model.config();
        let end = self.place(index) + 1;
        let window: Vec<&Unit> = self.kept.range(end.saturating_sub(config.look_back)..end).collect();
        // A modality nobody sent can't contribute: its variant would repeat the score itself.
        let sent = |place: usize| window.iter().any(|unit| unit[0][place].is_some());
        let seen: Vec<usize> =
            (0..MODALITIES.len()).filter(|&place| self.explaining && sent(place)).collect();
        let shape = (seen.len() + 1, window.len(), config.width);
        let starts: Vec<usize> = (0..shape.0).map(|variant| variant * shape.1).collect();
        let mut each = Vec::with_capacity(self.missing.len());
        for (member, missing) in self.missing.iter().enumerate() {
            let mut values = Vec::with_capacity(shape.0 * shape.1 * shape.2);
            for hidden in std::iter::once(None).chain(seen.iter().map(|&place| Some(place))) {
                for unit in &window {
                    align(&unit[member], missing, hidden, config.width / 2, &mut values);
                }
            }
            let engine = &self.engines[member];
            let units = engine.units(values, self.streamer)?;
            let logits = engine.logits(&units, &starts, shape.1, true)?;
            each.push(logits.chunks(config.logits()).map(<[f32]>::to_vec).collect());
        }
        let logits = mean_rows(&each);
        let delayed = |delay: usize| {
            let index = index.checked_sub(config.delay_units(delay) as u64)?;
            let scores = self.model.scores(&logits[0], delay);
            let share = |(place, &modality): (usize, &Modality)| {
                let row = seen.iter().position(|&other| other == place).map_or(0, |at| at + 1);
                (modality, scores.minus(&self.model.scores(&logits[row], delay)))
            };
            let explained = MODALITIES.iter().enumerate().filter(|_| self.explaining);
            let contributions = explained.map(share).collect();
            Some(UnitScore { index, delay, scores, contributions })
        };
        Ok((0..config.delays.len()).filter_map(delayed).collect())
    }
}

/// Appends `concat(v, z)` of one unit, with one modality hidden.
fn align(unit: &Projected, missing: &Projected, hidden: Option<usize>, half: usize, values: &mut Vec<f32>) {
    let start = values.len();
    values.resize(start + 2 * half, 0.0);
    for (place, modality) in MODALITIES.iter().enumerate() {
        let known = unit[place].as_ref().filter(|_| hidden != Some(place));
        let row = known.or(missing[place].as_ref()).into_iter().flatten();
        let from = start + if modality.is_visual() { 0 } else { half };
        values[from..from + half].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
}

impl ContentCtr {
    /// What [`Scorer::push`] gives for each unit of a room in turn.
    ///
    /// # Errors
    /// As [`Scorer::push`].
    pub fn score_room(
        self: &Arc<Self>,
        streamer: &str,
        units: &[UnitFeatures],
    ) -> Result<Vec<Vec<UnitScore>>, HighlightError> {
        let mut scorer = Scorer::new(Arc::clone(self), streamer, 1)?;
        units.iter().map(|unit| scorer.push(unit)).collect()
    }
}
