//! From calibrated scores of units to highlights, while both still change.
//!
//! A highlight begins provisional, is revised as scores come and change, and ends final or withdrawn.
//!
//! Invariants: the events depend on the updates alone, one by one or many at once; a final highlight and the
//! units it is made of never change again; an identity is never given to two highlights; memory is bounded
//! by what is not yet final.

mod detect;

use crate::HighlightError;
use detect::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What makes a highlight; lengths in units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HighlightConfig {
    /// Score that starts a highlight.
    pub enter: f64,
    /// Score a highlight lasts at; at most `enter`.
    pub leave: f64,
    /// Shortest highlight.
    pub shortest: u64,
    /// Longest highlight; longer ones are cut into several.
    pub longest: u64,
    /// Highlights with at most this many units between them are one, if that isn't too long.
    pub gap: u64,
}

impl Default for HighlightConfig {
    fn default() -> Self {
        Self { enter: 0.8, leave: 0.6, shortest: 2, longest: 30, gap: 2 }
    }
}

/// A unit's score as it is now known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreUpdate {
    /// Number of the unit.
    pub unit: u64,
    /// Calibrated score.
    pub score: f64,
    /// Whether no further revision will come.
    pub is_final: bool,
}

/// Identity of a highlight in its room: the unit it first started at, and which of those with that start it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HighlightId {
    /// First unit when the highlight was first seen.
    pub start: u64,
    /// 0, unless highlights that started there were seen before.
    pub repeat: u32,
}

/// How far a highlight is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HighlightState {
    /// Scores that matter may still change.
    Provisional,
    /// Decided.
    Final,
    /// Revisions took it away.
    Withdrawn,
}

/// A highlight, or a change of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Highlight {
    /// Identity.
    pub id: HighlightId,
    /// 0 when first seen, one more at every change.
    pub revision: u32,
    /// First unit.
    pub start: u64,
    /// Last unit.
    pub end: u64,
    /// Unit with the highest score, the earliest of several.
    pub peak: u64,
    /// Its score.
    pub score: f64,
    /// How far it is decided.
    pub state: HighlightState,
}

/// Follows the highlights of one room.
#[derive(Debug, Clone)]
pub struct HighlightTracker {
    config: HighlightConfig,
    units: BTreeMap<u64, (f64, bool)>,
    provisional: Vec<Highlight>,
    repeats: BTreeMap<u64, u32>,
    /// Units before this one are decided.
    settled: u64,
}

impl HighlightTracker {
    /// A tracker for a room of which nothing is known.
    ///
    /// # Errors
    /// When thresholds or lengths don't fit together.
    pub fn new(config: HighlightConfig) -> Result<Self, HighlightError> {
        if !(0.0..=1.0).contains(&config.leave) || !(config.leave..=1.0).contains(&config.enter) {
            return Err(HighlightError::config("highlights.enter", "must satisfy 0 <= leave <= enter <= 1"));
        }
        if config.shortest == 0 || config.longest < config.shortest {
            return Err(HighlightError::config(
                "highlights.shortest",
                "must satisfy 1 <= shortest <= longest",
            ));
        }
        let (units, repeats) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { config, units, provisional: Vec::new(), repeats, settled: 0 })
    }

    /// Takes one score in and returns the highlights that changed, in order of time. A score of a unit that is
    /// decided, or that is NaN, changes nothing.
    pub fn push(&mut self, update: ScoreUpdate) -> Vec<Highlight> {
        if update.unit < self.settled || update.score.is_nan() {
            return Vec::new();
        }
        self.units.insert(update.unit, (update.score, update.is_final));
        self.revise(false)
    }

    /// Takes many scores in, in their order: the same as pushing them one by one.
    pub fn extend(&mut self, updates: impl IntoIterator<Item = ScoreUpdate>) -> Vec<Highlight> {
        updates.into_iter().flat_map(|update| self.push(update)).collect()
    }

    /// The room has ended: everything that is left is decided as it stands.
    pub fn finish(&mut self) -> Vec<Highlight> {
        self.revise(true)
    }

    /// Highlights that are not decided yet, in order of time.
    #[must_use]
    pub fn provisional(&self) -> &[Highlight] {
        &self.provisional
    }

    fn revise(&mut self, ended: bool) -> Vec<Highlight> {
        let found = detect::intervals(&self.config, &self.units);
        let mut events = Vec::new();
        let mut next = Vec::new();
        let owners = self.owners(&found);
        for (interval, owner) in found.iter().zip(&owners) {
            let state = if ended || self.is_decided(interval) {
                HighlightState::Final
            } else {
                HighlightState::Provisional
            };
            let Interval { start, end, peak, score } = *interval;
            let known = owner.map(|at| self.provisional[at]);
            let (id, revision) = match known {
                Some(known) => (known.id, known.revision),
                None => (self.identity(start), 0),
            };
            let mut highlight = Highlight { id, revision, start, end, peak, score, state };
            if known != Some(highlight) {
                highlight.revision += u32::from(known.is_some());
                events.push(highlight);
            }
            next.push(highlight);
        }
        for (at, known) in self.provisional.iter().enumerate() {
            if !owners.contains(&Some(at)) {
                let revision = known.revision + 1;
                events.push(Highlight { revision, state: HighlightState::Withdrawn, ..*known });
            }
        }
        events.sort_by_key(|event| (event.start, event.id));
        self.settle(&next, ended);
        next.retain(|highlight| highlight.state == HighlightState::Provisional);
        self.provisional = next;
        events
    }

    /// For every interval the provisional highlight it continues: the one it shares most units with.
    fn owners(&self, found: &[Interval]) -> Vec<Option<usize>> {
        let mut pairs = Vec::new();
        for (at, interval) in found.iter().enumerate() {
            for (owner, known) in self.provisional.iter().enumerate() {
                let (from, to) = (interval.start.max(known.start), interval.end.min(known.end));
                if from <= to {
                    pairs.push((std::cmp::Reverse(to - from), at, owner));
                }
            }
        }
        pairs.sort_unstable();
        let (mut owners, mut taken) = (vec![None; found.len()], vec![false; self.provisional.len()]);
        for (_, at, owner) in pairs {
            if owners[at].is_none() && !taken[owner] {
                (owners[at], taken[owner]) = (Some(owner), true);
            }
        }
        owners
    }

    fn identity(&mut self, start: u64) -> HighlightId {
        let seen = self.repeats.entry(start).or_insert(0);
        let repeat = *seen;
        *seen += 1;
        HighlightId { start, repeat }
    }

    /// Decided once every unit that could change it is: its own, the gap on both sides with the unit beyond, and
    /// all of the stretches that reach into the gaps, because what they join depends on where they end.
    fn is_decided(&self, interval: &Interval) -> bool {
        let is_final = |unit: u64| self.units.get(&unit).is_some_and(|(_, is_final)| *is_final);
        let is_high = |unit: u64| self.units.get(&unit).is_some_and(|(score, _)| *score >= self.config.leave);
        let mut from = interval.start.saturating_sub(self.config.gap + 1).max(self.settled);
        while from > self.settled && is_high(from) {
            from -= 1;
        }
        // A piece that was cut off a longer stretch stays as it is, whatever becomes of the rest.
        let is_cut = interval.end - interval.start + 1 == self.config.longest
            && is_high(interval.end + 1)
            && interval.score >= self.config.enter;
        let mut to = if is_cut { interval.end } else { interval.end + self.config.gap + 1 };
        while !is_cut && is_high(to) {
            to += 1;
        }
        (from..=to).all(is_final)
    }

    /// Forgets units that can't matter any more.
    fn settle(&mut self, next: &[Highlight], ended: bool) {
        let decided = next.iter().filter(|highlight| highlight.state == HighlightState::Final);
        let mut settled = decided.map(|highlight| highlight.end + 1).max().unwrap_or(0).max(self.settled);
        // Nothing before a long enough stretch of final units below `leave` can join what comes after it.
        let (mut from, mut quiet) = (settled, 0);
        let open = next.iter().find(|h| h.state == HighlightState::Provisional).map_or(u64::MAX, |h| h.start);
        while from < open
            && self.units.get(&from).is_some_and(|(score, done)| *done && *score < self.config.leave)
        {
            from += 1;
            quiet += 1;
            if quiet > self.config.gap + 1 {
                settled = from - self.config.gap - 1;
            }
        }
        if ended {
            settled = self.units.last_key_value().map_or(settled, |(unit, _)| unit + 1);
        }
        self.settled = settled;
        self.units = self.units.split_off(&settled);
        self.repeats = self.repeats.split_off(&settled);
    }
}
