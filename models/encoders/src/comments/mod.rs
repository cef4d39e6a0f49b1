//! Comments to a vector: how much and how the audience writes now, and against the room's own last three minutes.
//!
//! Every comment adds to each of the [`SERIES`] listed in `series.rs`. With `s` a series and `S = 23`:
//!
//! | value | |
//! |---|---|
//! | `s` | `ln(1 + sum over the last 2 s)` |
//! | `S + s`, `2 S + s`, `3 S + s` | `ln((r + 0.3 p + 0.02) / (1.3 p + 0.02))` for `r` the sum per second over the last 4, 8, 20 s |
//! | `4 S` | `ln(1 + t / 60)` for `t` the media time of the unit's end in seconds |
//! | `4 S + 1` | `ln(1 + min(t, 900) / 60)` |
//! | `4 S + 2` | `min(t, 10800) / 3600` |
//!
//! `p` is the room's past rate: `(sum over the last 180 s + 0.5) / (seconds seen of these + 10)`. Windows end with the
//! unit and are rounded to whole units, at least one. Nothing is compared over more than 180 s, so that a vector
//! means the same in the first hour and in the twelfth.
//!
//! Values of a series are multiples of [`QUANTUM`]: their sums are exact, so that the order of comments decides
//! nothing and the running sums of a long stream do not drift.

mod audience;
mod repetition;
mod series;

use crate::history::History;
use crate::text::{Word, words};
use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};
use audience::Audience;
use repetition::Repetition;
use series::{OWN, SERIES};

/// Longest comment that is read, in characters: above what the large platforms allow.
pub(crate) const TEXT_LIMIT: usize = 512;
/// Window of the present, windows that are compared, window of the past; in seconds.
const WINDOWS_S: [f64; 5] = [2.0, 4.0, 8.0, 20.0, 180.0];
const PAST: usize = WINDOWS_S.len() - 1;
/// Step of the values of a series.
const QUANTUM: f64 = 1.0 / 1_048_576.0;
/// Units later than this in a stream (thirty days) count as this late.
const LATEST_S: f64 = 2_592_000.0;
/// Values of the time since the broadcast began.
const ELAPSED: usize = 3;
const WIDTH: usize = PAST * SERIES + ELAPSED;

/// What a unit adds to the running sums: its series, then its seconds.
type Sums = [f64; SERIES + 1];

/// Encoder of a room's comments. Keeps 180 s of sums and the users seen; about 150 KiB for units of two seconds.
#[derive(Clone, Debug)]
pub struct CommentEncoder {
    history: History<Sums>,
    sums: [Sums; WINDOWS_S.len()],
    repetition: Repetition,
    audience: Audience,
}

impl CommentEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            history: History::new(&WINDOWS_S),
            sums: [[0.0; SERIES + 1]; WINDOWS_S.len()],
            repetition: Repetition::new(),
            audience: Audience::default(),
        }
    }

    /// Places of the values that tell who writes (first-time, returning and different users), for ablations.
    #[must_use]
    pub fn user_values() -> Vec<usize> {
        (0..PAST).flat_map(|window| (OWN..OWN + 3).map(move |series| window * SERIES + series)).collect()
    }

    /// The last values of a vector: how long the broadcast has been on, `t` in seconds.
    #[must_use]
    pub fn elapsed(t: f64) -> [f32; ELAPSED] {
        [(1.0 + t / 60.0).ln(), (1.0 + t.min(900.0) / 60.0).ln(), t.min(10_800.0) / 3_600.0].map(|x| x as f32)
    }

    /// Rewrites the elapsed time in `vector` as if the broadcast had begun `seconds` later (earlier below 0), but not
    /// after the unit itself.
    pub fn begin_later(vector: &mut [f32], seconds: f64) {
        let Some(at) = vector.len().checked_sub(ELAPSED) else { return };
        let t = (f64::from(vector[at]).exp() - 1.0) * 60.0;
        vector[at..].copy_from_slice(&Self::elapsed((t - seconds).clamp(0.0, LATEST_S)));
    }

    fn advance(&mut self, unit: &UnitInput<'_>, unit_sums: Sums) {
        for sums in &mut self.sums {
            sums.iter_mut().zip(unit_sums).for_each(|(sum, x)| *sum += x);
        }
        let sums = &mut self.sums;
        self.history.push(unit.end_us(), unit.duration_us, unit_sums, |window, left| {
            sums[window].iter_mut().zip(left).for_each(|(sum, x)| *sum -= x);
        });
    }

    fn values(&self, unit: &UnitInput<'_>) -> Vec<f32> {
        let [present, .., past] = &self.sums;
        let mut vector = Vec::with_capacity(WIDTH);
        vector.extend(present[..SERIES].iter().map(|sum| (1.0 + sum).ln() as f32));
        let unit_s = unit.seconds();
        for (length_s, sums) in WINDOWS_S.iter().zip(&self.sums).take(PAST).skip(1) {
            let seconds = History::<Sums>::units_of(*length_s, unit_s) * unit_s;
            for (sum, past_sum) in sums[..SERIES].iter().zip(past) {
                let (rate, usual) = (sum / seconds, (past_sum + 0.5) / (past[SERIES] + 10.0));
                vector.push(((rate + 0.3 * usual + 0.02) / (1.3 * usual + 0.02)).ln() as f32);
            }
        }
        let t = (unit.end_us() as f64 / 1e6).clamp(0.0, LATEST_S);
        vector.extend(Self::elapsed(t));
        vector
    }
}

impl Default for CommentEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The nearest multiple of [`QUANTUM`].
fn quantised(x: f64) -> f64 {
    (x / QUANTUM).round() * QUANTUM
}

impl Encoder for CommentEncoder {
    fn name(&self) -> &str {
        "comment-statistics"
    }

    fn digest(&self) -> String {
        fingerprint::of_algorithm(self.name(), 1, &format!("{SERIES} {TEXT_LIMIT} {WINDOWS_S:?}"))
    }

    fn modality(&self) -> Modality {
        Modality::Comment
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let Some(comments) = unit.comments else { return Ok(None) };
        let mut unit_sums: Sums = [0.0; SERIES + 1];
        let mut texts: Vec<Vec<Word>> = Vec::with_capacity(comments.len());
        for comment in comments {
            let words = words(comment.text, TEXT_LIMIT);
            let own = series::of_comment(comment.text, &words);
            unit_sums.iter_mut().zip(own).for_each(|(sum, x)| *sum += quantised(x));
            texts.push(words);
        }
        let visit = self.audience.visit(unit, comments);
        let repetition = self.repetition.advance(unit, &texts);
        let rest = [visit.first_time, visit.recent, visit.users].into_iter().chain(repetition);
        unit_sums[OWN..].iter_mut().zip(rest).for_each(|(sum, x)| *sum = quantised(x));
        unit_sums[SERIES] = quantised(unit.seconds());
        self.advance(unit, unit_sums);
        Ok(Some(self.values(unit)))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
