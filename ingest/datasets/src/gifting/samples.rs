//! What a ranker learns from: visits with and without a gift, the latter thinned out.
//!
//! Invariants: a sample's label uses gifts before the end of its part only, and a visit that may reach over that end is
//! left out, so that a part doesn't depend on what comes after it. Whether a sample without a gift is kept depends on
//! the seed, the ids of its user and room, and its time, nothing else.

use cityhash_rs::cityhash_102_128;

use crate::gifting::records::Records;
use crate::gifting::split::TimeSplit;
use crate::room::Split;

/// How many of the samples without a gift are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Fraction of the visits without a gift; 1 for all.
    pub clicked_rate: f64,
    /// Fraction of the impressions without a click, of those that were read; 0 for none.
    pub shown_rate: f64,
    /// Of the choice.
    pub seed: u64,
}

impl Default for Sampling {
    /// All visits, nothing that was shown only.
    fn default() -> Self {
        Self { clicked_rate: 1.0, shown_rate: 0.0, seed: 0 }
    }
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Index of [`Records::impressions`].
    pub impression: u32,
    /// Who.
    pub user: u32,
    /// Whose room.
    pub streamer: u32,
    /// Which room.
    pub live: u32,
    /// When: inputs are what is known strictly before it (histories) or up to it (segments).
    pub time_ms: i64,
    /// Whether the user gave during the visit.
    pub gift: bool,
    /// What all in all, 0 without a gift.
    pub value: f64,
    /// How many impressions it stands for: 1 with a gift, otherwise 1 over the fraction that was kept, and, without a
    /// click, over the fraction that was read ([`Records::shown_rate`]).
    pub weight: f32,
}

/// The samples of one part, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The part.
    pub part: Split,
    /// In order of time.
    pub samples: Vec<Sample>,
    /// How they were chosen, needed to calibrate: see [`calibrated`].
    pub sampling: Sampling,
    /// Samples with a gift.
    pub positives: u64,
    /// Visits without a gift, of which [`Sampling::clicked_rate`] were kept.
    pub without_gift: u64,
    /// Impressions without a click, of which [`Sampling::shown_rate`] were kept.
    pub without_click: u64,
    /// Visits left out since they may reach over the end of the part.
    pub over_the_end: u64,
}

impl Samples {
    /// The samples of a part.
    #[must_use]
    pub fn of(records: &Records, split: &TimeSplit, part: Split, sampling: &Sampling) -> Self {
        let range = split.range(&records.impressions, part);
        let end = split.end_ms(part).unwrap_or(i64::MAX);
        let mut gifts = vec![None::<f64>; range.len()];
        for gift in records.gifts.iter().filter(|gift| gift.time_ms < end) {
            let at = gift.impression.and_then(|at| (at as usize).checked_sub(range.start));
            if let Some(value) = at.and_then(|at| gifts.get_mut(at)) {
                *value = Some(value.unwrap_or(0.0) + gift.value);
            }
        }
        let sampling = *sampling;
        let mut all = Self {
            part,
            samples: Vec::new(),
            sampling,
            positives: 0,
            without_gift: 0,
            without_click: 0,
            over_the_end: 0,
        };
        for (at, value) in range.zip(gifts) {
            let Some((one, impression)) = records.impressions.get(at).zip(u32::try_from(at).ok()) else {
                continue;
            };
            if one.time_ms.saturating_add(i64::from(one.watch_ms.unwrap_or(0))) >= end {
                all.over_the_end += 1;
                continue;
            }
            let (rate, read) = match (value, one.clicked) {
                (Some(_), _) => {
                    all.positives += 1;
                    (1.0, 1.0)
                }
                (None, true) => {
                    all.without_gift += 1;
                    (sampling.clicked_rate, 1.0)
                }
                (None, false) => {
                    all.without_click += 1;
                    (sampling.shown_rate, records.shown_rate)
                }
            };
            let names = records.users.name(one.user).zip(records.rooms.name(one.live));
            let (user, room) = names.unwrap_or_default();
            if !keeps(rate, Choice::Sampling, sampling.seed, (user, room, one.time_ms)) {
                continue;
            }
            all.samples.push(Sample {
                impression,
                user: one.user,
                streamer: one.streamer,
                live: one.live,
                time_ms: one.time_ms,
                gift: value.is_some(),
                value: value.unwrap_or(0.0),
                weight: (1.0 / (rate * read)) as f32,
            });
        }
        all
    }
}

/// The probability of a gift per visit, from what a model says that learned from visits of which only the fraction
/// `rate` of those without a gift was kept: p / (p + (1 - p) / rate) (He et al., ADKDD 2014, section 6.3).
#[must_use]
pub fn calibrated(probability: f64, rate: f64) -> f64 {
    let negatives = (1.0 - probability) / rate;
    if probability <= 0.0 { 0.0 } else { probability / (probability + negatives) }
}

/// What is chosen; choices with the same seed are independent of one another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice {
    Reading,
    Sampling,
}

/// Whether an event is among the kept fraction.
pub(crate) fn keeps(rate: f64, choice: Choice, seed: u64, (user, room, time_ms): (&str, &str, i64)) -> bool {
    if rate >= 1.0 {
        return true;
    }
    let key = format!("{choice:?}\n{seed}\n{user}\n{room}\n{time_ms}");
    let hash = cityhash_102_128(key.as_bytes()) as u64;
    // 53 bits make a double exactly.
    ((hash >> 11) as f64) * 2.0_f64.powi(-53) < rate
}
