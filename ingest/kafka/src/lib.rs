//! Kafka topics: message formats, consumer, producer.
