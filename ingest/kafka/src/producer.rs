//! Writing to topics: idempotent, keyed, every message confirmed or reported as lost.
//!
//! A message is retried, through restarts of the broker too, until the delivery timeout; it then fails with an
//! error that names topic and key. Messages of one key keep their order and none is written twice. The bytes
//! under way are bounded; beyond the bound sending waits. The span in which a message is sent lasts until its report, and
//! learns from it where the message lies.

use std::sync::Arc;
use std::time::Duration;

use kairos_timeline::Position;
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use tokio::sync::oneshot;

use crate::context::Context;
use crate::settings::OVERHEAD;
use crate::slots::Slots;
use crate::{Error, Record, Settings};

type Reply = oneshot::Sender<Result<Position, KafkaError>>;

/// What comes back with the delivery report of a message.
struct Ticket {
    bytes: usize,
    topic: String,
    key: String,
    /// Absent when nobody waits.
    reply: Option<Reply>,
    span: tracing::Span,
}

struct Reports {
    context: Context,
    slots: Arc<Slots>,
}

impl ClientContext for Reports {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.context.generate_oauth_token(config)
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, report: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let result = match report {
            Ok(message) => Ok(Position {
                topic: message.topic().into(),
                partition: message.partition(),
                offset: message.offset(),
            }),
            Err((error, _)) => Err(error.clone()),
        };
        let Ticket { bytes, topic, key, reply, span } = *ticket;
        if !span.is_disabled() {
            match &result {
                Ok(at) => {
                    span.record("messaging.destination.partition.id", at.partition.to_string());
                    span.record("messaging.kafka.offset", at.offset);
                }
                Err(_) => {
                    span.record("otel.status_code", "ERROR");
                }
            }
        }
        match (reply, result) {
            // Whoever waited may have given up; the message is delivered or not all the same.
            (Some(reply), result) => drop(reply.send(result)),
            (None, Err(source)) => self.slots.fail(Error::not_delivered(topic, key, source)),
            (None, Ok(_)) => {}
        }
        self.slots.release(bytes);
    }
}

/// Writes to topics. Cheap to share: all methods take `&self`.
pub struct Producer {
    inner: ThreadedProducer<Reports>,
    slots: Arc<Slots>,
    limit: usize,
    timeout: Duration,
}

impl Producer {
    /// Opens a producer. The broker is not asked yet: it may come up later.
    ///
    /// # Errors
    /// If the settings can't be used.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let config = settings.producer()?;
        let slots = Arc::new(Slots::new(settings.in_flight_bytes));
        let context = Context::new(settings);
        let reports = Reports { context, slots: slots.clone() };
        let inner = config
            .create_with_context(reports)
            .map_err(|source| Error::broker(&settings.brokers, "opening a producer", source))?;
        let timeout = Duration::from_millis(settings.delivery_timeout_ms);
        Ok(Self { inner, slots, limit: settings.max_message_bytes, timeout })
    }

    /// Sends a message and waits until the broker has it: its place.
    ///
    /// # Errors
    /// If it is too large, or was not delivered.
    pub async fn send(&self, record: &Record) -> Result<Position, Error> {
        self.check_size(record)?;
        self.slots.acquire(record.size()).await;
        let (reply, report) = oneshot::channel();
        self.enqueue(record, Some(reply))?;
        Self::outcome(record, report.await)
    }

    /// [`Self::send`] for threads. Not to be called where a tokio runtime runs.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_blocking(&self, record: &Record) -> Result<Position, Error> {
        self.check_size(record)?;
        self.slots.acquire_blocking(record.size());
        let (reply, report) = oneshot::channel();
        self.enqueue(record, Some(reply))?;
        Self::outcome(record, report.blocking_recv())
    }

    /// Sends a message without waiting for its report, only for room among those under way. Whether it arrived
    /// is what the next [`Self::flush`] says.
    ///
    /// # Errors
    /// If it is too large, or an earlier posted message was not delivered.
    pub fn post(&self, record: &Record) -> Result<(), Error> {
        self.slots.check()?;
        self.check_size(record)?;
        self.slots.acquire_blocking(record.size());
        self.enqueue(record, None)
    }

    /// Waits until every message is confirmed.
    ///
    /// # Errors
    /// If a message posted since the last call was not delivered, or reports are outstanding after `limit`.
    pub fn flush(&self, limit: Duration) -> Result<(), Error> {
        self.slots.drain(limit)
    }

    /// Flushes for as long as messages are tried, and ends.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub fn close(self) -> Result<(), Error> {
        // Reports come a little after the timeout of the message itself.
        self.flush(self.timeout + Duration::from_secs(5))
    }

    /// How many messages are under way.
    pub fn outstanding(&self) -> usize {
        self.slots.outstanding()
    }

    fn check_size(&self, record: &Record) -> Result<(), Error> {
        let bytes = record.value.as_ref().map_or(0, bytes::Bytes::len);
        if bytes > self.limit || record.size() > self.limit + OVERHEAD / 2 {
            let (topic, key) = (record.topic.clone(), record.key_text());
            return Err(Error::TooLarge { topic, key, bytes: bytes.max(record.size()), limit: self.limit });
        }
        Ok(())
    }

    fn enqueue(&self, record: &Record, reply: Option<Reply>) -> Result<(), Error> {
        let (topic, key) = (record.topic.clone(), record.key_text());
        let span = tracing::Span::current();
        let ticket = Box::new(Ticket { bytes: record.size(), topic, key, reply, span });
        let message = BaseRecord::<[u8], [u8], Box<Ticket>> {
            topic: &record.topic,
            partition: None,
            payload: record.value.as_deref(),
            key: record.key.as_deref(),
            timestamp: record.written_ms,
            headers: Some(record.headers.to_native()),
            delivery_opaque: ticket,
        };
        self.inner.send(message).map_err(|(source, message)| {
            let Ticket { bytes, topic, key, .. } = *message.delivery_opaque;
            self.slots.release(bytes);
            match source.rdkafka_error_code() {
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                    Error::TooLarge { topic, key, bytes, limit: self.limit }
                }
                _ => Error::not_delivered(topic, key, source),
            }
        })
    }

    fn outcome(
        record: &Record,
        report: Result<Result<Position, KafkaError>, oneshot::error::RecvError>,
    ) -> Result<Position, Error> {
        let source = match report {
            Ok(Ok(position)) => return Ok(position),
            Ok(Err(source)) => source,
            Err(oneshot::error::RecvError { .. }) => KafkaError::Canceled,
        };
        Err(Error::not_delivered(record.topic.clone(), record.key_text(), source))
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        let outstanding = self.slots.outstanding();
        if outstanding > 0 {
            tracing::error!(target: "kafka", outstanding, "producer dropped before its messages were confirmed");
            self.inner.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
        }
    }
}
