//! `kairos dead-letters`: what could not be processed, and another try.

use std::io::Write;
use std::time::Duration;

use anyhow::bail;
use clap::{Args as ClapArgs, Subcommand};
use kairos_kafka::{DeadLetter, Producer, read_dead_letters};

use crate::config::Config;

/// Messages that could not be processed, with their original bytes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One line for each: its place, where it came from, and what was wrong.
    List {
        /// Only those of this topic.
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
        /// As JSON, one object per line.
        #[arg(long)]
        json: bool,
    },
    /// The original bytes, onto standard output.
    Show(Place),
    /// Sends messages to the topics they came from once more. They stay here.
    Retry {
        /// Place among the dead letters; without it all of them.
        #[arg(value_name = "PARTITION@OFFSET")]
        place: Option<String>,
        /// Only those of this topic.
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
    },
}

/// Which one.
#[derive(Debug, ClapArgs)]
pub struct Place {
    /// Place among the dead letters, as `list` shows it.
    #[arg(value_name = "PARTITION@OFFSET")]
    place: String,
}

fn place_of(letter: &DeadLetter) -> String {
    format!("{}@{}", letter.position.partition, letter.position.offset)
}

impl Command {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        let letters = read_dead_letters(&config.kafka)?;
        match self {
            Self::List { topic, json } => {
                for letter in letters {
                    let letter = letter?;
                    if topic.as_ref().is_none_or(|topic| **topic == *letter.message.position.topic) {
                        list(&letter, json);
                    }
                }
            }
            Self::Show(Place { place }) => {
                for letter in letters {
                    let letter = letter?;
                    if place_of(&letter) == place {
                        std::io::stdout().write_all(letter.message.value.as_deref().unwrap_or_default())?;
                        return Ok(());
                    }
                }
                bail!("no dead letter at {place}: `kairos dead-letters list` shows them");
            }
            Self::Retry { place, topic } => {
                let producer = Producer::open(&config.kafka)?;
                let mut sent = 0;
                for letter in letters {
                    let letter = letter?;
                    let is_asked = place.as_ref().is_none_or(|place| *place == place_of(&letter))
                        && topic.as_ref().is_none_or(|topic| **topic == *letter.message.position.topic);
                    if is_asked {
                        producer.post(&letter.retry())?;
                        sent += 1;
                    }
                }
                producer.flush(
                    Duration::from_millis(config.kafka.delivery_timeout_ms) + Duration::from_secs(5),
                )?;
                if let (0, Some(place)) = (sent, place) {
                    bail!("no dead letter at {place}: `kairos dead-letters list` shows them");
                }
                println!("{sent} sent again");
            }
        }
        Ok(())
    }
}

fn list(letter: &DeadLetter, json: bool) {
    let from = &letter.message.position;
    let bytes = letter.message.value.as_ref().map_or(0, bytes::Bytes::len);
    let room = letter.message.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    if json {
        let line = serde_json::json!({
            "place": place_of(letter), "topic": &*from.topic, "partition": from.partition, "offset": from.offset,
            "room": room, "bytes": bytes, "error": letter.error,
        });
        println!("{line}");
    } else {
        println!("{:<10} {from}  room {room}  {bytes} bytes  {}", place_of(letter), letter.error);
    }
}
