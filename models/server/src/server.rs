//! The thread behind an encoder, and what those that ask and it share.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use kairos_transformers::{Remembered, Unserved};

use crate::clock::Clock;
use crate::kind::Kind;
use crate::queue::{Batch, Next, Queue};
use crate::room::RoomHandle;
use crate::run::{Answer, encode, warm_up};
use crate::state::{Request, State};
use crate::{Patience, Served, ServerConfig, ServerError, Tally};

/// Is told of every batch.
type Told = Box<dyn Fn(Served) + Send + Sync>;

/// An encoder that many rooms share.
pub struct Server<K: Kind> {
    core: Arc<Core<K>>,
    budget: usize,
    current: Mutex<Arc<Remembered<K::Encoder>>>,
    thread: Option<JoinHandle<()>>,
}

/// What the encoder's thread and those that ask share.
pub(crate) struct Core<K: Kind> {
    state: Mutex<State<K>>,
    /// Something waits, or the server stops.
    work: Condvar,
    /// A batch is done: there are answers, and there is room.
    done: Condvar,
    clock: Clock,
    /// Threads that ask.
    askers: usize,
    told: Option<Told>,
}

impl<K: Kind> std::fmt::Debug for Server<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("encoder", &K::NAME).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind the locks of this module is whole between statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Kind> Server<K> {
    /// Runs the first batches, and then whatever is asked for. `askers`: threads that may ask at a time, 0 where that is not known;
    /// `told` hears of every batch.
    ///
    /// # Errors
    /// When a setting is out of its range, the encoder fails on its first batches, or there can be no thread.
    pub fn start(
        encoder: Arc<K::Encoder>,
        config: &ServerConfig,
        askers: usize,
        told: Option<Told>,
    ) -> Result<Arc<Self>, ServerError> {
        config.check()?;
        let budget = K::budget(config);
        warm_up::<K>(&encoder, budget)?;
        let linger = Duration::from_millis(config.linger_ms.into());
        let state = State {
            queue: Queue::new(budget, config.waiting, linger),
            requests: BTreeMap::new(),
            next_request: 0,
            next_room: 0,
            rooms: 0,
            tally: Tally::default(),
            told_behind: None,
            is_stopped: false,
        };
        let core = Arc::new(Core {
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            clock: Clock::start(),
            askers: if askers == 0 { usize::MAX } else { askers },
            told,
        });
        let served = core.clone();
        let thread = std::thread::Builder::new()
            .name(K::NAME.into())
            .spawn(move || served.serve())
            .map_err(ServerError::Thread)?;
        let current = Mutex::new(Arc::new(Remembered::new(encoder)));
        Ok(Arc::new(Self { core, budget, current, thread: Some(thread) }))
    }

    /// A room's way to the encoder that is served now; the room keeps that one. It remembers what any room asked lately.
    #[must_use]
    pub fn open(self: &Arc<Self>, patience: &Patience) -> Remembered<RoomHandle<K>> {
        let current = lock(&self.current).clone();
        let room = {
            let mut state = lock(&self.core.state);
            state.rooms += 1;
            state.next_room += 1;
            state.next_room
        };
        let handle = RoomHandle::new(self.clone(), current.encoder().clone(), room, patience.clone());
        current.by(Arc::new(handle))
    }

    /// Serves another encoder, once it is warm, to rooms that open from now on. What was asked, or is asked yet, by rooms that are open
    /// is answered by the one that they began with, which goes with the last of them.
    ///
    /// # Errors
    /// When the encoder fails on its first batches; the one before stays.
    pub fn swap(&self, encoder: Arc<K::Encoder>) -> Result<(), ServerError> {
        warm_up::<K>(&encoder, self.budget)?;
        *lock(&self.current) = Arc::new(Remembered::new(encoder));
        Ok(())
    }

    /// The encoder that is served now.
    #[must_use]
    pub fn encoder(&self) -> Arc<K::Encoder> {
        lock(&self.current).encoder().clone()
    }

    /// Texts or pictures that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.core.state).queue.count()
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        lock(&self.core.state).tally
    }

    pub(crate) fn core(&self) -> &Core<K> {
        &self.core
    }
}

impl<K: Kind> Drop for Server<K> {
    fn drop(&mut self) {
        let is_busy = {
            let mut state = lock(&self.core.state);
            state.is_stopped = true;
            state.queue.is_running()
        };
        self.core.work.notify_all();
        // Nobody waits for what still runs: an encoder that hangs must not hold up the end of a job.
        if let Some(thread) = self.thread.take().filter(|_| !is_busy)
            && thread.join().is_err()
        {
            tracing::error!("the thread of the {} panicked", K::NAME);
        }
    }
}

impl<K: Kind> Core<K> {
    /// Waits for the vectors of `items`, at most `limit`.
    pub(crate) fn ask(
        &self,
        room: u64,
        encoder: &Arc<K::Encoder>,
        items: Vec<K::Item>,
        limit: Option<Duration>,
    ) -> Answer {
        let (count, costs) = (items.len(), K::costs(encoder, &items)?);
        let cost = costs.iter().sum();
        let mut state = lock(&self.state);
        let asked = self.clock.now();
        match limit {
            Some(limit) => state.queue.admit(count, cost, limit, asked).inspect_err(|_why| {
                state.tally.overloaded += 1;
                state.falls_behind(K::NAME, asked);
            })?,
            None => {
                while !state.queue.has_room(count) && !state.is_stopped {
                    state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        let id = state.next_request;
        state.next_request += 1;
        let vectors = vec![Vec::new(); count];
        state.requests.insert(id, Request { left: count, vectors, failed: None });
        state.queue.push(room, id, encoder, items.into_iter().zip(costs).collect(), asked);
        self.work.notify_one();
        loop {
            if let Some(answer) = state.answer(id) {
                state.tally.failed += u64::from(answer.is_err());
                return answer;
            }
            if state.is_stopped {
                let problem = "its thread has ended".to_owned();
                return Err(Unserved::Failed { problem }.into());
            }
            let Some(limit) = limit else {
                state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = (asked + limit).saturating_sub(self.clock.now());
            if left.is_zero() {
                state.requests.remove(&id);
                state.queue.forget(room, id);
                state.tally.late += 1;
                state.falls_behind(K::NAME, asked + limit);
                return Err(Unserved::Late { limit }.into());
            }
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A room is gone.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.rooms = state.rooms.saturating_sub(1);
    }

    fn serve(&self) {
        let _stopped = Stopped(self);
        while let Some(batch) = self.next() {
            let began = self.clock.now();
            let answers = encode(&batch);
            let now = self.clock.now();
            let served = Served {
                items: batch.items.len(),
                cost: batch.cost,
                requests: answers.len(),
                took: now.saturating_sub(began),
            };
            if let Some(told) = &self.told {
                told(served);
            }
            let mut state = lock(&self.state);
            state.queue.done(now);
            state.tally.batches += 1;
            state.tally.items += served.items as u64;
            for (request, places, answer) in answers {
                state.settle(request, &places, answer);
            }
            self.done.notify_all();
        }
    }

    fn next(&self) -> Option<Batch<K>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_stopped {
                return None;
            }
            let now = self.clock.now();
            state = match state.queue.next(now, self.askers.min(state.rooms)) {
                Next::Run => return state.queue.take(now),
                Next::Linger(left) => {
                    self.work.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                Next::Nothing => self.work.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Whatever ends the thread, nobody waits for it any more.
struct Stopped<'a, K: Kind>(&'a Core<K>);

impl<K: Kind> Drop for Stopped<'_, K> {
    fn drop(&mut self) {
        lock(&self.0.state).is_stopped = true;
        self.0.done.notify_all();
    }
}
