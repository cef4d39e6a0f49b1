//! How to reach the broker, and the bounds on memory and time.
//!
//! Every bound has a default that suits a worker of a few dozen rooms; all are checked when a client opens.

use rdkafka::ClientConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Names, Security};

/// Compression of what is produced. Segments hardly shrink; events shrink to a fifth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Compression {
    /// As it is.
    None,
    /// Fast.
    Lz4,
    /// Small.
    #[default]
    Zstd,
}

/// Settings of all clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Bootstrap servers: `host:port`, several separated by commas.
    pub brokers: String,
    /// First part of the topics' names, before the full stop.
    pub prefix: String,
    /// Name by which the broker's logs and quotas know these clients.
    pub client_id: String,
    /// Name of this worker in its groups, which no other may have: one that is back within `session_timeout_ms` goes on
    /// with its partitions and nobody else's move. Empty: every start is a new worker.
    pub instance_id: String,
    /// Whether jobs create the project's topics where they are missing.
    pub create_topics: bool,
    /// Partitions of topics that are created: the most workers that can share the rooms.
    pub partitions: i32,
    /// Copies of every message in topics that are created; 3 where there are as many brokers.
    pub replication: i32,
    /// Encryption and authentication.
    pub security: Security,
    /// Compression of what is produced.
    pub compression: Compression,
    /// The longest value that is produced, bytes.
    pub max_message_bytes: usize,
    /// Most bytes sent and not yet confirmed; sending waits beyond it.
    pub in_flight_bytes: usize,
    /// How long a message is tried before its sending fails, milliseconds. Longer than a broker's restart.
    pub delivery_timeout_ms: u64,
    /// Most bytes fetched ahead of the job, and as many again handed out and not yet taken.
    pub queue_bytes: usize,
    /// After how long without a heartbeat the group takes a worker for dead, milliseconds.
    pub session_timeout_ms: u64,
    /// After how long without a poll the group takes a worker for stuck, milliseconds. Polling does not wait
    /// for the job, so only a rebalance that is not drained comes near.
    pub max_poll_interval_ms: u64,
    /// How long a rebalance waits for the job to finish what it holds, milliseconds: as long as ClickHouse may be away while
    /// workers come and go. A worker that can't finish by then stops, and its partitions' next one begins where its rows end.
    pub drain_timeout_ms: u64,
    /// After how long without a message a partition that has more is taken for stalled, milliseconds.
    pub stall_after_ms: u64,
    /// How long questions to the broker may take, milliseconds.
    pub request_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            prefix: "kairos".to_owned(),
            client_id: "kairos".to_owned(),
            instance_id: String::new(),
            create_topics: true,
            partitions: 12,
            replication: 1,
            security: Security::default(),
            compression: Compression::default(),
            max_message_bytes: 1 << 20,
            in_flight_bytes: 32 << 20,
            delivery_timeout_ms: 120_000,
            queue_bytes: 32 << 20,
            session_timeout_ms: 15_000,
            max_poll_interval_ms: 300_000,
            drain_timeout_ms: 240_000,
            stall_after_ms: 30_000,
            request_timeout_ms: 10_000,
        }
    }
}

/// Room for key, headers and framing beside the longest value.
pub(crate) const OVERHEAD: usize = 64 << 10;

impl Settings {
    /// Names of the topics.
    ///
    /// # Errors
    /// If the prefix can't begin a topic's name.
    pub fn names(&self) -> Result<Names, Error> {
        Names::new(&self.prefix)
    }

    /// Checks what can be checked without a broker.
    ///
    /// # Errors
    /// Naming the first field that can't be used.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |field, reason: &str| Err(Error::Setting { field, reason: reason.to_owned() });
        self.names()?;
        if self.brokers.split(',').any(|broker| !broker.trim().contains(':')) {
            return wrong("brokers", "must be host:port, several separated by commas");
        }
        if self.instance_id.len() > 249 {
            return wrong("instance_id", "must not be longer than 249 bytes");
        }
        if !(1..=10_000).contains(&self.partitions) {
            return wrong("partitions", "must be from 1 to 10000");
        }
        if !(1..=100).contains(&self.replication) {
            return wrong("replication", "must be from 1 to 100");
        }
        if !(1_024..=900 << 20).contains(&self.max_message_bytes) {
            return wrong("max_message_bytes", "must be from 1 KiB to 900 MiB");
        }
        if self.in_flight_bytes < self.max_message_bytes + OVERHEAD {
            return wrong(
                "in_flight_bytes",
                "must hold at least one message of max_message_bytes and 64 KiB",
            );
        }
        if !(1 << 20..=2_000 << 20).contains(&self.queue_bytes) {
            return wrong("queue_bytes", "must be from 1 MiB to 2000 MiB");
        }
        if !(1_000..=3_600_000).contains(&self.session_timeout_ms) {
            return wrong("session_timeout_ms", "must be from 1 s to 1 h");
        }
        if self.max_poll_interval_ms < self.session_timeout_ms || self.max_poll_interval_ms > 86_400_000 {
            return wrong("max_poll_interval_ms", "must be from session_timeout_ms to a day");
        }
        if self.drain_timeout_ms == 0 || self.drain_timeout_ms >= self.max_poll_interval_ms {
            return wrong("drain_timeout_ms", "must be positive and less than max_poll_interval_ms");
        }
        if !(100..=86_400_000).contains(&self.stall_after_ms) {
            return wrong("stall_after_ms", "must be from 100 ms to a day");
        }
        if !(100..=600_000).contains(&self.request_timeout_ms) {
            return wrong("request_timeout_ms", "must be from 100 ms to 10 min");
        }
        if !(1_000..=86_400_000).contains(&self.delivery_timeout_ms) {
            return wrong("delivery_timeout_ms", "must be from 1 s to a day");
        }
        Ok(())
    }

    /// What all clients have in common.
    pub(crate) fn client(&self) -> Result<ClientConfig, Error> {
        self.check()?;
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers).set("client.id", &self.client_id);
        // A broker's restart is noticed by the next request; without these, reconnecting backs off to 10 s.
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "1000");
        config.set("message.max.bytes", (self.max_message_bytes + OVERHEAD).to_string());
        self.security.apply(&mut config)?;
        Ok(config)
    }

    pub(crate) fn producer(&self) -> Result<ClientConfig, Error> {
        let mut config = self.client()?;
        let compression = match self.compression {
            Compression::None => "none",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        };
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", compression)
            .set("linger.ms", "5")
            .set("delivery.timeout.ms", self.delivery_timeout_ms.to_string())
            .set("queue.buffering.max.messages", "0")
            .set("queue.buffering.max.kbytes", "2097151");
        Ok(config)
    }

    pub(crate) fn consumer(&self, group: Option<&str>) -> Result<ClientConfig, Error> {
        let mut config = self.client()?;
        let queued = self.queue_bytes >> 10;
        config
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", queued.to_string())
            .set("fetch.message.max.bytes", (self.max_message_bytes + OVERHEAD).to_string())
            .set("fetch.max.bytes", (self.queue_bytes.max(self.max_message_bytes + OVERHEAD)).to_string())
            .set("fetch.wait.max.ms", "100");
        if group.is_some() && !self.instance_id.is_empty() {
            config.set("group.instance.id", &self.instance_id);
        }
        match group {
            Some(group) => config
                .set("group.id", group)
                .set("partition.assignment.strategy", "range")
                .set("session.timeout.ms", self.session_timeout_ms.to_string())
                .set("heartbeat.interval.ms", (self.session_timeout_ms / 5).to_string())
                .set("max.poll.interval.ms", self.max_poll_interval_ms.to_string()),
            // Never joined; the library wants a group wherever partitions are assigned by hand.
            None => config.set("group.id", "kairos-reader").set("enable.partition.eof", "true"),
        };
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass_and_the_client_library_knows_every_property() {
        let settings = Settings::default();
        settings.producer().unwrap().create_native_config().unwrap();
        settings.consumer(Some("g")).unwrap().create_native_config().unwrap();
        settings.consumer(None).unwrap().create_native_config().unwrap();
    }

    #[test]
    fn a_bad_bound_is_refused_by_its_name() {
        let bad = Settings { drain_timeout_ms: 300_000, ..Settings::default() };
        assert!(bad.check().unwrap_err().to_string().contains("drain_timeout_ms"));
        let bad = Settings { in_flight_bytes: 1_000, ..Settings::default() };
        assert!(bad.check().unwrap_err().to_string().contains("in_flight_bytes"));
        let bad = Settings { brokers: "kafka".to_owned(), ..Settings::default() };
        assert!(bad.check().unwrap_err().to_string().contains("brokers"));
    }
}
