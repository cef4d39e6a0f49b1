//! What is known of those that wait: their requests, and how they fared.

use std::collections::BTreeMap;
use std::time::Duration;

use kairos_transformers::TransformerError;

use crate::Tally;
use crate::kind::Kind;
use crate::queue::Queue;
use crate::run::Answer;

/// How often it is told that an encoder is too slow.
const TELL_EVERY: Duration = Duration::from_secs(10);

pub(crate) struct State<K: Kind> {
    pub(crate) queue: Queue<K>,
    pub(crate) requests: BTreeMap<u64, Request>,
    pub(crate) next_request: u64,
    pub(crate) next_room: u64,
    pub(crate) rooms: usize,
    pub(crate) tally: Tally,
    /// When it was last told that somebody was refused or late.
    pub(crate) told_behind: Option<Duration>,
    pub(crate) is_stopped: bool,
}

/// What is known of a request's answer.
pub(crate) struct Request {
    pub(crate) left: usize,
    pub(crate) vectors: Vec<Vec<f32>>,
    pub(crate) failed: Option<TransformerError>,
}

impl<K: Kind> State<K> {
    pub(crate) fn settle(&mut self, id: u64, places: &[usize], answer: Answer) {
        // Who asked may have left.
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.left = request.left.saturating_sub(places.len());
        match answer {
            Ok(vectors) => {
                for (&place, vector) in places.iter().zip(vectors) {
                    request.vectors[place] = vector;
                }
            }
            Err(problem) => request.failed = Some(problem),
        }
    }

    pub(crate) fn answer(&mut self, id: u64) -> Option<Answer> {
        let request = self.requests.get(&id)?;
        if request.left > 0 && request.failed.is_none() {
            return None;
        }
        let request = self.requests.remove(&id)?;
        Some(request.failed.map_or(Ok(request.vectors), Err))
    }

    pub(crate) fn falls_behind(&mut self, name: &str, now: Duration) {
        if self.told_behind.is_none_or(|told| now.saturating_sub(told) >= TELL_EVERY) {
            self.told_behind = Some(now);
            let waiting = self.queue.count();
            tracing::warn!(trouble = "encoder", waiting, "the {name} is too slow: units go without it");
        }
    }
}
