//! The thread that notices when reading has stopped silently.
//!
//! A silent partition whose topic reaches further is read beside the group: only when a message is really
//! there (transaction markers also take offsets) is it called stalled. It is started again once; if that
//! does not help, the consumer fails, so that its supervisor starts it afresh.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use rdkafka::consumer::Consumer as _;

use super::event::Stall;
use super::poll::Client;
use super::progress::Silence;
use super::rebalance::Shared;
use crate::range::RangeReader;
use crate::{Error, clock};

/// Watches until `closing` is dropped or the consumer fails.
pub(crate) fn run(consumer: &Client, shared: &Shared, stalls: &SyncSender<Stall>, closing: &Receiver<()>) {
    let limit = Duration::from_millis(shared.settings.stall_after_ms);
    while let Err(RecvTimeoutError::Timeout) = closing.recv_timeout(limit / 4) {
        if shared.is_closing() {
            return;
        }
        if shared.paused.load(Ordering::Acquire) {
            continue;
        }
        let silent = shared.progress().silent(limit, clock::now());
        for silence in silent {
            look(consumer, shared, stalls, silence);
        }
    }
}

fn look(consumer: &Client, shared: &Shared, stalls: &SyncSender<Stall>, silence: Silence) {
    let Silence { at, next, silent, restarted } = silence;
    let timeout = shared.request_timeout();
    // A broker that does not answer is a lost connection, which the library reports and repairs.
    let Ok((_, high)) = consumer.fetch_watermarks(&at.topic, at.partition, timeout) else { return };
    let waiting = high > next && {
        let reader = RangeReader::open(&shared.settings, &at.topic, at.partition, next..high);
        matches!(reader.map(|mut reader| reader.next()), Ok(Some(Ok(_))))
    };
    if !waiting {
        return shared.progress().excuse(Some(&at), clock::now());
    }
    if restarted && shared.progress().next(&at) == Some(next) {
        let (topic, partition) = (at.topic.to_string(), at.partition);
        return shared.fail(Error::Stalled { topic, partition, next, high, silent });
    }
    // Full means that a restart is already asked for.
    drop(stalls.try_send(Stall { at, next, high, silent }));
}
