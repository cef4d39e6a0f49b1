//! Collects what the report of one room shows, while its facts go by.
//!
//! Holds a few hundred bytes per unit and the comments of the last minutes; a day of stream stays small.

use std::collections::{BTreeMap, HashSet, VecDeque};

use kairos_timeline::{Comment, MediaTime, Span};

use crate::report::{Counts, HighlightCard, LagReport, RoomReport, UnitPoint};
use crate::room::{Ending, Output, Placed, RoomState, UnitScored};

/// Comments are kept this long, to show what was said in a highlight.
const REMEMBER: Span = Span::from_millis(300_000);
/// Different users are counted exactly up to this many.
const MOST_USERS: usize = 5_000_000;
/// Faults shown in full; the rest is counted.
const MOST_FAULTS: usize = 50;

/// The report of one room in the making.
#[derive(Debug, Default)]
pub struct Gatherer {
    report: RoomReport,
    units: BTreeMap<i64, UnitPoint>,
    recent: VecDeque<(MediaTime, String)>,
    words: VecDeque<(i64, String)>,
    users: HashSet<u64>,
    faults: usize,
    applied_lag: Span,
}

impl Gatherer {
    /// Starts from what is known beforehand: names, length, truth.
    pub fn new(report: RoomReport) -> Self {
        let counts = Counts { currency: "USD".to_owned(), ..report.counts };
        Self { report: RoomReport { counts, ..report }, ..Self::default() }
    }

    /// Takes note of a fact.
    pub fn note(&mut self, output: &Output) {
        match output {
            Output::Score(scored) => self.note_score(scored),
            Output::Comment(placed) => self.note_comment(placed),
            Output::Gift(placed) => {
                self.report.counts.gifts += 1;
                self.report.counts.gift_value += placed.event.value;
                self.note_user(&placed.event.user);
            }
            Output::State(state) => self.note_state(state),
            Output::Ledger(entry) => {
                let count = (entry.last - entry.first + 1) as u64;
                match entry.ending {
                    Ending::Late => self.report.counts.late += count,
                    Ending::Skipped | Ending::Dead => self.report.counts.skipped += count,
                    Ending::Scored => {}
                }
            }
            Output::Fault(fault) => {
                self.faults += 1;
                if self.faults <= MOST_FAULTS {
                    let at = fault.position.as_ref().map_or_else(String::new, |at| format!("{at}: "));
                    self.report.faults.push(format!("{at}{}", fault.what));
                }
            }
            Output::Word(word, _) => {
                self.report.counts.words += 1;
                self.words.push_back((word.start_us, word.text.clone()));
                while self
                    .words
                    .front()
                    .is_some_and(|(first, _)| word.start_us - first > REMEMBER.as_micros())
                {
                    self.words.pop_front();
                }
            }
            Output::Feedback(_) | Output::Features(_) | Output::Highlight(_) | Output::Vector(_) => {}
        }
    }

    fn note_score(&mut self, scored: &UnitScored) {
        let first = self.units.get(&scored.index).map(|unit| unit.provisional);
        let provisional = first.unwrap_or((!scored.is_final).then_some(scored.score));
        if scored.is_final {
            self.applied_lag = scored.comment_lag.unwrap_or(Span::ZERO);
        }
        self.units.insert(
            scored.index,
            UnitPoint {
                t_s: scored.start.as_secs_f64(),
                provisional,
                score: scored.score,
                contributions: scored.contributions.clone(),
                comments: scored.comments,
                gift_value: scored.gift_value,
                missing: scored.missing.clone(),
            },
        );
    }

    fn note_comment(&mut self, placed: &Placed<Comment>) {
        self.report.counts.comments += 1;
        self.note_user(&placed.event.user);
        let Some(at) = placed.at else { return };
        self.recent.push_back((at, placed.event.text.clone()));
        while self.recent.front().is_some_and(|(first, _)| at - *first > REMEMBER) {
            self.recent.pop_front();
        }
    }

    fn note_user(&mut self, user: &str) {
        if self.users.len() < MOST_USERS {
            let digest = blake3::hash(user.as_bytes());
            let mut first = [0; 8];
            first.copy_from_slice(&digest.as_bytes()[..8]);
            self.users.insert(u64::from_le_bytes(first));
        }
    }

    fn note_state(&mut self, state: &RoomState) {
        let Some(lag) = state.comment_lag else { return };
        let report = self.report.lag.get_or_insert_with(LagReport::default);
        report.seconds = lag.as_secs_f64();
        report.confidence = state.lag_confidence;
        report.history.push((state.at.as_secs_f64(), lag.as_secs_f64()));
    }

    /// The comments that say most about `from..to`: those repeated by many, in the window that reacts to it.
    pub fn top_comments(&self, from: MediaTime, to: MediaTime) -> Vec<String> {
        let (from, to) = (from + self.applied_lag, to + self.applied_lag);
        let mut repeated: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let within = self.recent.iter().filter(|(at, _)| *at >= from && *at < to);
        for (order, (_, text)) in within.enumerate() {
            let text: String = text.trim().chars().take(120).collect();
            if !text.is_empty() {
                repeated.entry(text).or_insert((0, order)).0 += 1;
            }
        }
        let mut repeated: Vec<(String, (usize, usize))> = repeated.into_iter().collect();
        repeated.sort_by_key(|(_, (times, order))| (std::cmp::Reverse(*times), *order));
        repeated.into_iter().take(4).map(|(text, _)| text).collect()
    }

    /// What was said aloud in `from..to`, as far as it is remembered; `None` for nothing.
    pub fn speech(&self, from: MediaTime, to: MediaTime) -> Option<String> {
        let within = |(at, _): &&(i64, String)| *at >= from.as_micros() && *at < to.as_micros();
        let words: Vec<&str> = self.words.iter().filter(within).map(|(_, text)| text.as_str()).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// What each modality added to the scores of `from..to`, on average, strongest first.
    pub fn why(&self, from: MediaTime, to: MediaTime) -> Vec<(String, f32)> {
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        let mut sums: BTreeMap<String, (f32, u32)> = BTreeMap::new();
        for unit in self.units.values().filter(|unit| unit.t_s >= from && unit.t_s < to) {
            for (name, value) in &unit.contributions {
                let sum = sums.entry(name.clone()).or_default();
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
        let mut means: Vec<(String, f32)> =
            sums.into_iter().map(|(name, (sum, count))| (name, sum / count as f32)).collect();
        means.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        means
    }

    /// The finished report, with these highlights.
    pub fn finish(mut self, mut highlights: Vec<HighlightCard>) -> RoomReport {
        highlights.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.start_s.total_cmp(&b.start_s)));
        if self.faults > MOST_FAULTS {
            self.report.faults.push(format!("and {} more", self.faults - MOST_FAULTS));
        }
        let counts = Counts { users: self.users.len() as u64, ..self.report.counts };
        RoomReport { units: self.units.into_values().collect(), highlights, counts, ..self.report }
    }
}
