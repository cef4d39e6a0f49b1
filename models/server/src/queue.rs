//! What waits before an encoder, and whose turn it is. No thread and no clock: it is told what time it is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kairos_transformers::Unserved;

use crate::kind::Kind;

/// Texts of up to this many tokens are of one length; longer ones are sorted by powers of two.
const SHORT: usize = 16;
/// How many times its limit a room that would be late stays refused before one is let through to see whether that still holds.
const AGAIN_AFTER: u32 = 10;

/// An item that waits.
pub(crate) struct Waiting<K: Kind> {
    /// Of which request.
    pub(crate) request: u64,
    /// Its place in that.
    pub(crate) place: usize,
    pub(crate) item: K::Item,
    pub(crate) cost: usize,
    encoder: Arc<K::Encoder>,
    since: Duration,
}

/// Items that run together.
pub(crate) struct Batch<K: Kind> {
    pub(crate) encoder: Arc<K::Encoder>,
    pub(crate) items: Vec<Waiting<K>>,
    pub(crate) cost: usize,
}

/// What the server should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Run a batch.
    Run,
    /// Look again after so long.
    Linger(Duration),
    /// Wait for a request.
    Nothing,
}

/// A batch that runs.
#[derive(Clone, Copy)]
struct Running {
    since: Duration,
    cost: usize,
    /// Somebody has left who waited for it, or behind it.
    is_late: bool,
}

pub(crate) struct Queue<K: Kind> {
    budget: usize,
    capacity: usize,
    linger: Duration,
    /// Those that wait, by whose turn it is.
    turns: VecDeque<u64>,
    items: BTreeMap<u64, VecDeque<Waiting<K>>>,
    count: usize,
    cost: usize,
    running: Option<Running>,
    /// Seconds that one of what items cost takes, and when that was last seen.
    pace: Option<(f64, Duration)>,
}

/// Where a cost is sorted to, of encoders that pad.
fn bucket(cost: usize) -> usize {
    cost.max(SHORT).next_power_of_two()
}

impl<K: Kind> Queue<K> {
    pub(crate) fn new(budget: usize, capacity: usize, linger: Duration) -> Self {
        Self {
            budget,
            capacity,
            linger,
            turns: VecDeque::new(),
            items: BTreeMap::new(),
            count: 0,
            cost: 0,
            running: None,
            pace: None,
        }
    }

    /// Whether so many more items find room. What is larger than all of it waits until it is alone.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.count == 0 || self.count + count <= self.capacity
    }

    /// Whether items of this cost would be done within `limit`.
    pub(crate) fn admit(
        &self,
        count: usize,
        cost: usize,
        limit: Duration,
        now: Duration,
    ) -> Result<(), Unserved> {
        let overloaded = Err(Unserved::Overloaded { waiting: self.count });
        if !self.has_room(count) {
            return overloaded;
        }
        let busy = self.running.map_or(Duration::ZERO, |running| now.saturating_sub(running.since));
        if busy > limit || self.running.is_some_and(|running| running.is_late) {
            return overloaded;
        }
        let Some((pace, seen)) = self.pace else { return Ok(()) };
        let is_idle = self.running.is_none() && self.count == 0;
        if is_idle && now.saturating_sub(seen) >= limit * AGAIN_AFTER {
            return Ok(());
        }
        let running = self.running.map_or(0.0, |running| running.cost as f64 * pace);
        let rest = (running - busy.as_secs_f64()).max(0.0);
        match rest + (self.cost + cost) as f64 * pace > limit.as_secs_f64() {
            true => overloaded,
            false => Ok(()),
        }
    }

    /// Puts a request's items behind those that its room has already; the cheapest first, so that those of one length lie together.
    pub(crate) fn push(
        &mut self,
        room: u64,
        request: u64,
        encoder: &Arc<K::Encoder>,
        items: Vec<(K::Item, usize)>,
        now: Duration,
    ) {
        let waiting = |(place, (item, cost)): (usize, (K::Item, usize))| Waiting {
            request,
            place,
            item,
            cost,
            encoder: encoder.clone(),
            since: now,
        };
        let mut items: Vec<Waiting<K>> = items.into_iter().enumerate().map(waiting).collect();
        items.sort_by_key(|item| item.cost);
        self.count += items.len();
        self.cost += items.iter().map(|item| item.cost).sum::<usize>();
        let queue = self.items.entry(room).or_default();
        if queue.is_empty() && !items.is_empty() {
            self.turns.push_back(room);
        }
        queue.extend(items);
    }

    /// What to do now. `askers`: how many there are that could ask; when all of them wait nobody else will come.
    pub(crate) fn next(&self, now: Duration, askers: usize) -> Next {
        // Of a room the first has waited longest.
        let firsts = self.items.values().filter_map(VecDeque::front);
        let Some(oldest) = firsts.map(|item| item.since).min() else {
            return Next::Nothing;
        };
        let left = (oldest + self.linger).saturating_sub(now);
        if left.is_zero() || self.cost >= self.budget || self.turns.len() >= askers {
            return Next::Run;
        }
        Next::Linger(left)
    }

    /// The next batch: round the rooms, one item of each in turn, until it is full.
    ///
    /// The first in turn decides the encoder and, where it pads, the length. Who has none of these, or none that fits, keeps its turn.
    pub(crate) fn take(&mut self, now: Duration) -> Option<Batch<K>> {
        let first = self.turns.front().and_then(|room| self.items.get(room)?.front())?;
        let encoder = first.encoder.clone();
        let length = K::pads(&encoder).then(|| bucket(first.cost));
        let mut batch = Batch { encoder, items: Vec::new(), cost: 0 };
        let (mut dearest, mut sum) = (0, 0);
        let mut rooms: Vec<u64> = self.turns.iter().copied().collect();
        let mut served: Vec<u64> = Vec::new();
        while !rooms.is_empty() {
            rooms.retain(|room| {
                let Some(queue) = self.items.get_mut(room) else { return false };
                let fits = queue.front().filter(|item| {
                    let costs = match length {
                        Some(_) => dearest.max(item.cost) * (batch.items.len() + 1),
                        None => sum + item.cost,
                    };
                    Arc::ptr_eq(&item.encoder, &batch.encoder)
                        && length.is_none_or(|length| bucket(item.cost) == length)
                        && (batch.items.is_empty() || costs <= self.budget)
                });
                if fits.is_none() {
                    return false;
                }
                let Some(item) = queue.pop_front() else { return false };
                (dearest, sum) = (dearest.max(item.cost), sum + item.cost);
                batch.items.push(item);
                if !served.contains(room) {
                    served.push(*room);
                }
                true
            });
        }
        self.turns.retain(|room| !served.contains(room));
        for room in served {
            match self.items.get(&room).is_some_and(|queue| !queue.is_empty()) {
                true => self.turns.push_back(room),
                false => drop(self.items.remove(&room)),
            }
        }
        self.count -= batch.items.len();
        self.cost -= sum;
        batch.cost = if length.is_some() { dearest * batch.items.len() } else { sum };
        self.running = Some(Running { since: now, cost: batch.cost, is_late: false });
        Some(batch)
    }

    /// The batch is done.
    pub(crate) fn done(&mut self, now: Duration) {
        let Some(running) = self.running.take() else { return };
        let pace = now.saturating_sub(running.since).as_secs_f64() / running.cost.max(1) as f64;
        // One batch in two: what is seen counts soon, and one that was held up by chance not for long.
        let pace = self.pace.map_or(pace, |(known, _)| f64::midpoint(known, pace));
        self.pace = Some((pace, now));
    }

    /// Nobody waits for a request any more: it was late.
    pub(crate) fn forget(&mut self, room: u64, request: u64) {
        if let Some(running) = &mut self.running {
            running.is_late = true;
        }
        let Some(queue) = self.items.get_mut(&room) else { return };
        let (count, cost) = (&mut self.count, &mut self.cost);
        queue.retain(|item| {
            let stays = item.request != request;
            if !stays {
                *count -= 1;
                *cost -= item.cost;
            }
            stays
        });
        if queue.is_empty() {
            self.items.remove(&room);
            self.turns.retain(|other| *other != room);
        }
    }

    /// Whether a batch runs.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Items that wait.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests;
