//! How far the topics reach, asked again and again beside the job.
//!
//! A message may only go on when nothing that should go before it can still come. Invariant: what is told was asked after
//! the moment that is told with it. A broker that is away is asked until it is back; meanwhile nothing is told.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use kairos_kafka::{Admin, Settings, TopicPartition};

use super::clock;

/// Time between two questions.
const EVERY: Duration = Duration::from_millis(100);

/// One past the last offset that partitions held after a moment.
#[derive(Debug)]
pub struct Seen {
    /// The moment.
    pub asked: Instant,
    /// The partitions that answered.
    pub ends: Vec<(TopicPartition, i64)>,
}

/// A thread that asks.
pub struct Lookout {
    wanted: Arc<Mutex<Vec<TopicPartition>>>,
    seen: Receiver<Seen>,
    /// Closed, the thread ends.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lookout {
    /// Starts with nothing to ask for.
    ///
    /// # Errors
    /// If the settings can't be used or no thread can be started.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let admin = Admin::open(settings)?;
        let wanted = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = channel::<()>();
        let (tell, seen) = channel();
        let asked_for = wanted.clone();
        let ask = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let partitions = asked_for.lock().map(|wanted| Vec::clone(&wanted)).unwrap_or_default();
                if partitions.is_empty() {
                    continue;
                }
                let asked = clock::now();
                match admin.ends(&partitions) {
                    Ok(ends) => {
                        if tell.send(Seen { asked, ends }).is_err() {
                            break;
                        }
                    }
                    Err(problem) => tracing::debug!("{problem}"),
                }
            }
        };
        let thread = std::thread::Builder::new().name("lookout".to_owned()).spawn(ask);
        let thread = thread.context("starting the lookout")?;
        Ok(Self { wanted, seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Asks for these from now on.
    pub fn watch(&self, partitions: Vec<TopicPartition>) {
        if let Ok(mut wanted) = self.wanted.lock() {
            *wanted = partitions;
        }
    }

    /// The newest that was seen since the last call.
    pub fn seen(&self) -> Option<Seen> {
        self.seen.try_iter().last()
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the lookout panicked");
        }
    }
}
