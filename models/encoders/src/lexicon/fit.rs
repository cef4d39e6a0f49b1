//! Training a lexicon: which words are known, how much each tells, and the regression.
//!
//! A bucket is known when enough training rooms show it, so that the name of one streamer or one game is no word of
//! the lexicon. Its weight in a row is the inverse document frequency over units, `ln(N / (1 + df))`, scaled to mean 1.
//! The same rooms in the same order give the same lexicon, bit by bit, whatever the number of threads.

use half::f16;

use super::minimise::minimise;
use super::objective::Objective;
use super::rows::{LANES, Rows};
use super::{BUCKETS, Lexicon, WINDOWS, WordCounts};
use crate::EncodeError;

/// A recording to learn from.
#[derive(Clone, Debug, Default)]
pub struct LexiconRoom {
    /// [`crate::word_counts`] of every unit; units are of one length and without gaps.
    pub words: Vec<WordCounts>,
    /// `[delay][unit]`: probability, 0 to 1, that what the delay's decision at this unit is about is a highlight;
    /// NaN where unknown. All rooms have the same delays.
    pub labels: Vec<Vec<f32>>,
}

/// How a lexicon is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct LexiconSettings {
    /// Weight of half the squared length of all weights against the mean log loss.
    pub ridge: f64,
    /// Steps of the minimiser at most.
    pub iterations: usize,
    /// Buckets seen in fewer training rooms are unknown; with few rooms, at most a third of them is asked for.
    pub min_rooms: usize,
    /// Parts of the rooms in [`Lexicon::cross_fit`].
    pub folds: usize,
    /// Decides which rooms share a fold.
    pub seed: u64,
}

impl Default for LexiconSettings {
    fn default() -> Self {
        Self { ridge: 3e-4, iterations: 35, min_rooms: 4, folds: 5, seed: 0 }
    }
}

impl Lexicon {
    /// Trains a lexicon: multi-output logistic regression by L-BFGS.
    ///
    /// # Errors
    /// [`EncodeError::LexiconRoom`] when a room contradicts itself or the first one, [`EncodeError::LexiconTraining`]
    /// when no label or no word is known or a setting is out of range.
    pub fn fit(
        rooms: &[&LexiconRoom],
        unit_seconds: f64,
        settings: &LexiconSettings,
    ) -> Result<Self, EncodeError> {
        check(rooms, unit_seconds, settings)?;
        let delays = rooms.first().map_or(0, |room| room.labels.len());
        let idf = idf(rooms, settings.min_rooms);
        let rows = Rows::of(rooms, &idf, unit_seconds);
        let objective = Objective::new(&rows, settings.ridge)
            .ok_or_else(|| problem(format!("none of the {} rooms has a known label", rooms.len())))?;
        if rows.width == 0 {
            return Err(problem(format!("no word is in enough of the {} rooms", rooms.len())));
        }
        let fitted = minimise(objective.start(), settings.iterations, |parameters| objective.at(parameters));
        let mut lexicon =
            Self { delays, idf, weights: vec![0.0; WINDOWS * BUCKETS * delays], bias: vec![0.0; delays] };
        let known: Vec<usize> = (0..BUCKETS).filter(|&bucket| lexicon.idf[bucket] > 0.0).collect();
        for delay in 0..delays {
            let group = &fitted[delay / LANES * objective.group_len()..][..objective.group_len()];
            let (group, _) = group.as_chunks::<LANES>();
            let lane = delay % LANES;
            for (column, parameters) in group[..rows.width].iter().enumerate() {
                let (window, bucket) = (column / known.len(), known[column % known.len()]);
                lexicon.weights[(window * BUCKETS + bucket) * delays + delay] = stored(parameters[lane]);
            }
            lexicon.bias[delay] = group[rows.width][lane] as f32;
        }
        Ok(lexicon)
    }
}

/// The nearest number that a file can hold.
pub(super) fn stored(weight: f64) -> f32 {
    let most = f64::from(f16::MAX);
    f16::from_f64(weight.clamp(-most, most)).to_f32()
}

pub(super) fn problem(problem: String) -> EncodeError {
    EncodeError::LexiconTraining { problem }
}

/// Inverse document frequencies, mean 1 over known buckets, 0 for the others.
fn idf(rooms: &[&LexiconRoom], min_rooms: usize) -> Vec<f32> {
    let needed = min_rooms.min(rooms.len() / 3).max(1);
    let (mut units_with, mut rooms_with) = (vec![0_u64; BUCKETS], vec![0_usize; BUCKETS]);
    let mut seen_in = vec![usize::MAX; BUCKETS];
    for (index, room) in rooms.iter().enumerate() {
        for &(bucket, _) in room.words.iter().flatten() {
            let bucket = bucket as usize;
            units_with[bucket] += 1;
            rooms_with[bucket] += usize::from(seen_in[bucket] != index);
            seen_in[bucket] = index;
        }
    }
    let units = rooms.iter().map(|room| room.words.len()).sum::<usize>() as f64;
    let of = |bucket: usize| {
        let is_known = rooms_with[bucket] >= needed;
        // A word of every unit tells nothing: its logarithm is not above 0.
        if is_known { (units / (1.0 + units_with[bucket] as f64)).ln().max(0.0) } else { 0.0 }
    };
    let idf: Vec<f64> = (0..BUCKETS).map(of).collect();
    let known = idf.iter().filter(|&&idf| idf > 0.0).count().max(1) as f64;
    let mean = idf.iter().sum::<f64>() / known;
    idf.iter().map(|&idf| if idf > 0.0 { (idf / mean) as f32 } else { 0.0 }).collect()
}

pub(super) fn check(
    rooms: &[&LexiconRoom],
    unit_seconds: f64,
    settings: &LexiconSettings,
) -> Result<(), EncodeError> {
    if !(1e-3..=86_400.0).contains(&unit_seconds) {
        return Err(problem(format!("a unit of {unit_seconds} s is not between 0.001 and 86400 s")));
    }
    if !settings.ridge.is_finite() || settings.ridge <= 0.0 {
        return Err(problem(format!("the ridge {} is not above 0", settings.ridge)));
    }
    let delays = rooms.first().map_or(0, |room| room.labels.len());
    if delays == 0 {
        return Err(problem(format!("{} rooms with labels of 0 delays", rooms.len())));
    }
    for (index, room) in rooms.iter().enumerate() {
        if let Some(problem) = contradiction(room, delays) {
            return Err(EncodeError::LexiconRoom { room: index, problem });
        }
    }
    Ok(())
}

fn contradiction(room: &LexiconRoom, delays: usize) -> Option<String> {
    let units = room.words.len();
    if room.labels.len() != delays {
        return Some(format!("labels of {} delays, expected {delays}", room.labels.len()));
    }
    for (delay, labels) in room.labels.iter().enumerate() {
        if labels.len() != units {
            return Some(format!("{} labels of delay {delay}, expected one per unit, {units}", labels.len()));
        }
        if let Some(unit) = labels.iter().position(|label| !label.is_nan() && !(0.0..=1.0).contains(label)) {
            return Some(format!("label {} of delay {delay} in unit {unit} is not in 0..=1", labels[unit]));
        }
    }
    let is_counted = |&(bucket, count): &(u32, f32)| {
        (bucket as usize) < BUCKETS && count.is_finite() && count >= 1.0 && count.fract() == 0.0
    };
    let is_sound = |words: &WordCounts| {
        words.iter().all(is_counted) && words.windows(2).all(|pair| pair[0].0 < pair[1].0)
    };
    let unit = room.words.iter().position(|words| !is_sound(words))?;
    Some(format!("words of unit {unit} are not whole counts in the order of buckets"))
}
