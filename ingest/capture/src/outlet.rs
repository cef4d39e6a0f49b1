//! The way out: a bounded queue per room and one reader, to which rooms are handed in turn.
//!
//! A room whose queue is full loses whole segments, which its queue records as a gap; it never waits, unless it is a
//! file, which can. No room takes space or turns from another.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kairos_timeline::{RoomId, Segment};
use tokio::sync::Notify;

use crate::captured::{Captured, GapReason};

/// Gaps, ends and states that wait, per room. Beyond it the oldest state goes, then the oldest of the others: only a
/// reader that has stopped gets there.
const NEWS: usize = 256;

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Captured>,
    segments: usize,
    bytes: usize,
    dropped: u64,
    writers: usize,
}

#[derive(Debug, Default)]
struct Queues {
    rooms: BTreeMap<RoomId, Queue>,
    /// The room that was served last.
    served: Option<RoomId>,
    closed: bool,
    unread: bool,
}

#[derive(Debug)]
struct Shared {
    queues: Mutex<Queues>,
    news: Notify,
    space: Condvar,
    segments: usize,
    bytes: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the outlets of rooms.
#[derive(Debug, Clone)]
pub(crate) struct Outlets(Arc<Shared>);

/// One room's side.
#[derive(Debug)]
pub(crate) struct Outlet {
    shared: Arc<Shared>,
    room: RoomId,
}

/// The reader's side: what all rooms captured. Dropping it ends all rooms.
#[derive(Debug)]
pub struct Captures(Arc<Shared>);

/// Both sides; `segments` and `bytes` may wait per room.
pub(crate) fn outlets(segments: usize, bytes: usize) -> (Outlets, Captures) {
    let shared = Arc::new(Shared {
        queues: Mutex::default(),
        news: Notify::new(),
        space: Condvar::new(),
        segments,
        bytes,
    });
    (Outlets(shared.clone()), Captures(shared))
}

impl Outlets {
    pub(crate) fn outlet(&self, room: RoomId) -> Outlet {
        self.0.lock().rooms.entry(room.clone()).or_default().writers += 1;
        Outlet { shared: self.0.clone(), room }
    }

    /// No more rooms will come.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.news.notify_one();
    }
}

impl Outlet {
    /// Whether nobody reads any more.
    pub(crate) fn is_unread(&self) -> bool {
        self.shared.lock().unread
    }

    /// Hands over a segment, or records that it had to be dropped; `false` then.
    pub(crate) fn segment(&self, segment: Segment) -> bool {
        let mut queues = self.shared.lock();
        let Some(queue) = queues.rooms.get_mut(&self.room) else { return false };
        let taken = self.shared.has_space(queue, segment.bytes.len());
        if taken {
            queue.segments += 1;
            queue.bytes += segment.bytes.len();
            queue.items.push_back(Captured::Segment(segment));
        } else {
            queue.dropped += 1;
            queue.drop_segment(&segment);
        }
        drop(queues);
        self.shared.news.notify_one();
        taken
    }

    /// Waits for space for a segment of `size`, at most `limit`; `true` when there is.
    pub(crate) fn wait_for_space(&self, size: usize, limit: Duration) -> bool {
        let queues = self.shared.lock();
        let full = |queues: &mut Queues| {
            queues.rooms.get(&self.room).is_some_and(|queue| !self.shared.has_space(queue, size))
        };
        let waited = self.shared.space.wait_timeout_while(queues, limit, full);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Hands over anything but a segment.
    pub(crate) fn tell(&self, news: Captured) {
        let mut queues = self.shared.lock();
        if let Some(queue) = queues.rooms.get_mut(&self.room) {
            queue.push_news(news);
        }
        drop(queues);
        self.shared.news.notify_one();
    }

    /// Segments dropped so far because the reader was slow.
    pub(crate) fn dropped(&self) -> u64 {
        self.shared.lock().rooms.get(&self.room).map_or(0, |queue| queue.dropped)
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut queues = self.shared.lock();
        if let Some(queue) = queues.rooms.get_mut(&self.room) {
            queue.writers = queue.writers.saturating_sub(1);
            if queue.writers == 0 && queue.items.is_empty() {
                queues.rooms.remove(&self.room);
            }
        }
        drop(queues);
        self.shared.news.notify_one();
    }
}

impl Shared {
    fn has_space(&self, queue: &Queue, size: usize) -> bool {
        // One segment always fits: a limit below its size would starve the room.
        queue.segments == 0 || (queue.segments < self.segments && queue.bytes + size <= self.bytes)
    }
}

impl Queue {
    fn push_news(&mut self, news: Captured) {
        if self.items.len() - self.segments >= NEWS {
            let is_state = |item: &Captured| matches!(item, Captured::State { .. });
            let is_news = |item: &Captured| !matches!(item, Captured::Segment(_));
            let oldest = self.items.iter().position(is_state).or_else(|| self.items.iter().position(is_news));
            oldest.map(|at| self.items.remove(at));
        }
        self.items.push_back(news);
    }

    /// Dropped segments in a row are one gap.
    fn drop_segment(&mut self, segment: &Segment) {
        if let Some(Captured::Gap { stream, to, why: GapReason::SlowConsumer, .. }) = self.items.back_mut()
            && *stream == segment.stream
        {
            *to = (*to).max(segment.end());
            return;
        }
        self.push_news(Captured::Gap {
            room: segment.room.clone(),
            stream: segment.stream.clone(),
            from: segment.start,
            to: segment.end(),
            why: GapReason::SlowConsumer,
        });
    }
}

impl Drop for Captures {
    fn drop(&mut self) {
        let mut queues = self.0.lock();
        queues.unread = true;
        queues.rooms.clear();
        drop(queues);
        self.0.space.notify_all();
    }
}

impl Captures {
    /// What comes next, of the rooms in turn; `None` when all rooms are over and no more can be added.
    pub async fn next(&mut self) -> Option<Captured> {
        let shared = self.0.clone();
        loop {
            match self.try_next() {
                Ok(next) => return next,
                // News that came since then has left a permit.
                Err(Empty) => shared.news.notified().await,
            }
        }
    }

    /// What comes next, without waiting; `Ok(None)` when nothing ever will.
    ///
    /// # Errors
    /// [`Empty`] when nothing is there now.
    pub fn try_next(&mut self) -> Result<Option<Captured>, Empty> {
        let mut queues = self.0.lock();
        let Queues { rooms, served, closed, .. } = &mut *queues;
        let ready = |(room, queue): (&RoomId, &Queue)| (!queue.items.is_empty()).then(|| room.clone());
        let after = served.as_ref().and_then(|served| {
            let behind = (std::ops::Bound::Excluded(served), std::ops::Bound::Unbounded);
            rooms.range(behind).find_map(ready)
        });
        let Some(room) = after.or_else(|| rooms.iter().find_map(ready)) else {
            return if *closed && rooms.is_empty() { Ok(None) } else { Err(Empty) };
        };
        let Some(queue) = rooms.get_mut(&room) else { return Err(Empty) };
        let next = queue.items.pop_front();
        if let Some(Captured::Segment(segment)) = &next {
            queue.segments = queue.segments.saturating_sub(1);
            queue.bytes = queue.bytes.saturating_sub(segment.bytes.len());
        }
        if queue.writers == 0 && queue.items.is_empty() {
            rooms.remove(&room);
        }
        *served = Some(room);
        drop(queues);
        self.0.space.notify_all();
        Ok(next)
    }
}

/// Nothing is there now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing was captured since")]
pub struct Empty;

#[cfg(test)]
#[path = "outlet_tests.rs"]
mod tests;
