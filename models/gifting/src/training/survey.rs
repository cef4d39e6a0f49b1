//! A first look at all examples: who is in them and how outcomes are distributed.
//!
//! Invariants: ids get rows most frequent first, so that those who matter most are never refused one; nothing is
//! learned from validation examples.

use super::TrainingConfig;
use crate::{Config, Examples, GiftingError, OutcomeStatistics, Slots};
use std::collections::BTreeMap;

pub(super) struct Survey {
    pub(super) streamers: Slots,
    pub(super) users: Slots,
    pub(super) outcomes: OutcomeStatistics,
    /// Digest of all outcomes, training and validation.
    pub(super) digest: String,
}

/// How often an id was seen, and when last.
type Seen = BTreeMap<u64, (usize, i64)>;

pub(super) fn survey(
    config: &Config,
    settings: &TrainingConfig,
    examples: &dyn Examples,
    validation: &dyn Examples,
) -> Result<Survey, GiftingError> {
    let (mut streamers, mut users) = (Seen::new(), Seen::new());
    // The last example of each user holds all of its history that training sees.
    let mut last: BTreeMap<u64, (i64, usize)> = BTreeMap::new();
    let (mut gifts, mut logarithms, mut largest) = (0_usize, Vec::new(), 0.0_f64);
    for index in 0..examples.len() {
        let outcome = examples.outcome(index);
        note(&mut users, outcome.user, outcome.time_s);
        note(&mut streamers, outcome.streamer, outcome.time_s);
        let at = last.entry(outcome.user).or_insert((outcome.time_s, index));
        if outcome.time_s >= at.0 {
            *at = (outcome.time_s, index);
        }
        if outcome.gift {
            gifts += 1;
            if outcome.value > 0.0 && outcome.value.is_finite() {
                logarithms.push(f64::from(outcome.value).ln());
                largest = largest.max(f64::from(outcome.value));
            }
        }
    }
    for &(_, index) in last.values() {
        for event in &examples.load(index)?.history {
            note(&mut streamers, event.streamer, event.time_s);
        }
    }
    Ok(Survey {
        streamers: rows(streamers, config.streamer_slots, settings.least_seen),
        users: rows(users, config.user_slots, settings.least_seen),
        outcomes: statistics(examples.len(), gifts, &logarithms, largest),
        digest: digest([examples, validation]),
    })
}

fn note(seen: &mut Seen, id: u64, time_s: i64) {
    let entry = seen.entry(id).or_insert((0, i64::MIN));
    *entry = (entry.0 + 1, entry.1.max(time_s));
}

fn rows(seen: Seen, count: usize, least: usize) -> Slots {
    let mut ids: Vec<(u64, (usize, i64))> =
        seen.into_iter().filter(|(_, (times, _))| *times >= least).collect();
    ids.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(&b.0)));
    let mut slots = Slots::new(count);
    // In one go nobody gives way to a rarer id; when each was seen is told afterwards.
    for (id, _) in &ids {
        slots.admit(*id, i64::MIN);
    }
    for (id, (_, time_s)) in ids {
        if slots.row(id).is_some() {
            slots.admit(id, time_s);
        }
    }
    slots
}

fn statistics(examples: usize, gifts: usize, logarithms: &[f64], largest: f64) -> OutcomeStatistics {
    // One gift and one other more than were seen, or nothing but one kind of outcome would give infinite odds.
    let log_odds = ((gifts + 1) as f64 / (examples - gifts + 1) as f64).ln();
    let mut found = OutcomeStatistics { log_odds, ..OutcomeStatistics::default() };
    if logarithms.is_empty() {
        return found;
    }
    let count = logarithms.len() as f64;
    found.value_mean = logarithms.iter().sum::<f64>() / count;
    let variance = logarithms.iter().map(|x| (x - found.value_mean).powi(2)).sum::<f64>() / count;
    // Where all gifts are worth the same, any deviation will do that keeps the likelihood finite.
    found.value_deviation = variance.sqrt().max(0.05);
    found.largest_value = largest;
    found
}

fn digest(all: [&dyn Examples; 2]) -> String {
    let mut hasher = blake3::Hasher::new();
    for examples in all {
        hasher.update(&(examples.len() as u64).to_le_bytes());
        for index in 0..examples.len() {
            let outcome = examples.outcome(index);
            hasher.update(&outcome.user.to_le_bytes());
            hasher.update(&outcome.streamer.to_le_bytes());
            hasher.update(&outcome.time_s.to_le_bytes());
            hasher.update(&[u8::from(outcome.gift)]);
            hasher.update(&outcome.value.to_bits().to_le_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
