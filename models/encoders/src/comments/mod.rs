//! Comments to a vector: what the audience writes (hashed n-grams) and how it writes (statistics).
//!
//! Values: 0..192 the embedding of all comments of the unit (length one, or zeros when nobody wrote), then the
//! statistics listed in `statistics.rs`.

mod statistics;

use crate::baseline::Baseline;
use crate::seen::SeenUsers;
use crate::text::{Features, HashingParameters, hash, words};
use crate::{EncodeError, Encoder, Modality, UnitInput, fingerprint};
use statistics::{Message, STATISTICS, Summary};

const PARAMETERS: HashingParameters =
    HashingParameters { width: 192, seed: 0x6368_6174, word: 1.0, pair: 0.5, characters: 0.35, flags: 0.5 };
/// Longest comment that is read, in characters: above what the large platforms allow.
const TEXT_LIMIT: usize = 512;
/// Time constants of the rate baselines, in seconds.
const WINDOWS_S: [f64; 4] = [10.0, 60.0, 300.0, 1_800.0];
const USER_SEED: u64 = 0x7573_6572;

/// Encoder of a room's comments. Keeps running rates and the users seen; at most about 130 KiB.
#[derive(Clone, Debug)]
pub struct CommentEncoder {
    chat: Chat,
}

/// What the stream has shown so far.
#[derive(Clone, Debug)]
struct Chat {
    rates: [Baseline; 4],
    last_rate: Option<f64>,
    last_comment_us: Option<i64>,
    users: SeenUsers,
}

impl Default for Chat {
    fn default() -> Self {
        let rates = WINDOWS_S.map(Baseline::new);
        Self { rates, last_rate: None, last_comment_us: None, users: SeenUsers::default() }
    }
}

impl CommentEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self { chat: Chat::default() }
    }
}

impl Default for CommentEncoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder for CommentEncoder {
    fn name(&self) -> &str {
        "comment-hashing"
    }

    fn digest(&self) -> String {
        let parameters = format!("{PARAMETERS:?} {STATISTICS} {TEXT_LIMIT} {WINDOWS_S:?}");
        fingerprint::of_algorithm(self.name(), 1, &parameters)
    }

    fn modality(&self) -> Modality {
        Modality::Comment
    }

    fn width(&self) -> usize {
        PARAMETERS.width + STATISTICS
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let Some(comments) = unit.comments else { return Ok(None) };
        let mut features = Features::new(PARAMETERS);
        let mut messages = Vec::with_capacity(comments.len());
        for comment in comments {
            let words = words(comment.text, TEXT_LIMIT);
            features.add(&words);
            messages.push(Message::of(comment, &words, TEXT_LIMIT));
        }
        let summary = Summary::of(&messages, unit.duration_us);
        let mut users: Vec<u64> = comments.iter().map(|c| hash(USER_SEED, c.user.as_bytes())).collect();
        // Sorted, so that the order of comments inside a unit decides nothing.
        users.sort_unstable();
        users.dedup();
        let new_users = users.iter().filter(|&&user| self.chat.users.insert(user)).count();

        let mut vector = features.embed();
        vector.extend(summary.shares());
        vector.extend(self.chat.compare(comments.len(), users.len(), new_users, unit));
        self.chat.advance(comments.len(), unit);
        Ok(Some(vector))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

impl Chat {
    /// The last sixteen statistics: counts, and rates against what the stream has shown before this unit.
    fn compare(&self, count: usize, users: usize, new_users: usize, unit: &UnitInput<'_>) -> [f32; 16] {
        let seconds = unit.seconds();
        let rate = count as f64 / seconds;
        let log = |x: f64, scale: f64| ((1.0 + x).ln() / scale).min(4.0) as f32;
        let silent_us = self.last_comment_us.map_or(0, |last| unit.end_us().saturating_sub(last).max(0));
        let share = |part: usize, whole: usize| part as f32 / whole.max(1) as f32;
        let acceleration =
            self.last_rate.map_or(0.0, |last| ((rate + 0.1) / (last + 0.1)).ln().clamp(-4.0, 4.0) * 0.5);
        let silent_s = if count == 0 { silent_us as f64 / 1e6 } else { 0.0 };
        [
            log(count as f64, 3.0),
            log(rate, 2.0),
            log(users as f64, 3.0),
            share(users, count),
            share(new_users, users),
            log(new_users as f64, 3.0),
            self.rates[0].log_ratio(rate, 0.1),
            self.rates[1].log_ratio(rate, 0.1),
            self.rates[2].log_ratio(rate, 0.1),
            self.rates[3].log_ratio(rate, 0.1),
            self.rates[1].standard_score(rate, 0.2),
            self.rates[2].standard_score(rate, 0.2),
            acceleration as f32,
            log(self.rates[2].mean().unwrap_or(0.0), 2.0),
            log(silent_s, 5.0),
            f32::from(u8::from(count == 0)),
        ]
    }

    fn advance(&mut self, count: usize, unit: &UnitInput<'_>) {
        let rate = count as f64 / unit.seconds();
        self.rates.iter_mut().for_each(|baseline| baseline.update(rate, unit.seconds()));
        self.last_rate = Some(rate);
        if count > 0 || self.last_comment_us.is_none() {
            self.last_comment_us = Some(unit.end_us());
        }
    }
}
