//! The thread that polls: it never waits for the job, so the group never takes the worker for stuck.
//!
//! When the queue stays full, fetching is paused and polling goes on; it is resumed when the queue is half
//! empty, so that the two do not alternate with every message.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::event::{Event, Stall, TopicPartition};
use super::rebalance::{Rebalances, Shared};
use crate::{Error, Message, clock};

pub(crate) type Client = BaseConsumer<Rebalances>;

/// How long a full queue is waited for without polling. Short against every limit of the group.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long one poll waits for a message; bounds how late closing and resuming are noticed.
const POLL: Duration = Duration::from_millis(50);

/// Polls until the consumer closes or fails. `stalls` are the watch thread's findings.
pub(crate) fn run(consumer: &Client, shared: &Shared, stalls: &Receiver<Stall>) {
    let mut topic: Arc<str> = "".into();
    while !shared.is_closing() {
        if let Err(error) = step(consumer, shared, stalls, &mut topic) {
            shared.fail(error);
        }
    }
}

fn step(
    consumer: &Client,
    shared: &Shared,
    stalls: &Receiver<Stall>,
    topic: &mut Arc<str>,
) -> Result<(), Error> {
    let consume = |source| Error::consume(&shared.group, source);
    let paused = shared.paused.load(Ordering::Acquire);
    if paused && shared.queue.is_half_empty() {
        all(consumer, Client::resume).map_err(consume)?;
        shared.progress().excuse(None, clock::now());
        shared.paused.store(false, Ordering::Release);
    } else if !paused && shared.queue.is_full_for(PATIENCE) {
        shared.paused.store(true, Ordering::Release);
        all(consumer, Client::pause).map_err(consume)?;
    }
    while let Ok(stall) = stalls.try_recv() {
        restart(consumer, shared, stall)?;
    }
    let message = match consumer.poll(POLL) {
        None => return Ok(()),
        Some(Ok(message)) => Message::detach(&message, topic),
        Some(Err(error)) => return ended_by(consumer, shared, error),
    };
    let at = TopicPartition::new(message.position.topic.clone(), message.position.partition);
    if shared.progress().receive(&at, message.position.offset, clock::now()) {
        shared.queue.push(Event::Message(message));
    }
    Ok(())
}

/// Pauses or resumes everything assigned. A rebalance in between leaves the new assignment running, and the
/// next step looks at the queue again.
fn all(
    consumer: &Client,
    act: impl Fn(&Client, &rdkafka::TopicPartitionList) -> KafkaResult<()>,
) -> KafkaResult<()> {
    let assignment = consumer.assignment()?;
    if assignment.count() == 0 { Ok(()) } else { act(consumer, &assignment) }
}

/// Starts a silent partition again where its next message is.
fn restart(consumer: &Client, shared: &Shared, stall: Stall) -> Result<(), Error> {
    // Read here, on the thread that receives: no message can come between looking and seeking.
    if shared.progress().next(&stall.at) != Some(stall.next) {
        return Ok(());
    }
    let failed = |source| Error::consume(&shared.group, source);
    let mut one = rdkafka::TopicPartitionList::new();
    one.add_partition(&stall.at.topic, stall.at.partition);
    consumer.resume(&one).map_err(failed)?;
    let offset = Offset::Offset(stall.next);
    consumer.seek(&stall.at.topic, stall.at.partition, offset, shared.request_timeout()).map_err(failed)?;
    shared.progress().restart(&stall.at, clock::now());
    shared.queue.push(Event::Restarted(stall));
    Ok(())
}

/// Whether a polling error ends the consumer. Lost connections are the library's to repair.
fn ended_by(consumer: &Client, shared: &Shared, error: KafkaError) -> Result<(), Error> {
    use RDKafkaErrorCode as Code;
    let failed = |source| Err(Error::consume(&shared.group, source));
    if let KafkaError::MessageConsumptionFatal(_) = error {
        return failed(error);
    }
    match error.rdkafka_error_code() {
        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => out_of_range(consumer, shared, error),
        Some(
            Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
            | Code::UnsupportedSASLMechanism
            | Code::InvalidGroupId
            | Code::InconsistentGroupProtocol
            | Code::Fatal,
        ) => failed(error),
        _ => {
            tracing::debug!(target: "kafka", %error, group = shared.group, "kafka poll");
            Ok(())
        }
    }
}

/// Names the partition whose next offset the topic no longer holds; the library's error does not.
fn out_of_range(consumer: &Client, shared: &Shared, error: KafkaError) -> Result<(), Error> {
    for (at, next) in shared.progress().all() {
        let held = consumer.fetch_watermarks(&at.topic, at.partition, shared.request_timeout());
        if let Ok((low, high)) = held
            && !(low..=high).contains(&next)
        {
            let (topic, partition) = (at.topic.to_string(), at.partition);
            return Err(Error::OutOfRange { topic, partition, offset: next, low, high });
        }
    }
    Err(Error::consume(&shared.group, error))
}
