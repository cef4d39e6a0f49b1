//! Gifts from their topic: all that it holds when reading begins.
//!
//! Invariants: the graph's positions are the next offsets, so that a live job goes on where this ended; a message that
//! is no gift is left out and named. The topic may hold a gift twice where its source delivers at least once: gifts of
//! one room with the same id count once.

use std::collections::BTreeSet;

use kairos_graph::Gift;
use kairos_kafka::{Admin, Topic, decode_event, read_range};

use super::Intake;
use crate::config::Config;

/// Key of a partition among a graph's positions.
pub fn position_key(topic: &str, partition: i32) -> String {
    format!("{topic}/{partition}")
}

pub(super) fn read(config: &Config, intake: &mut Intake) -> anyhow::Result<()> {
    let settings = &config.kafka;
    let topic = settings.names()?.of(Topic::Gifts);
    for held in Admin::open(settings)?.held(&topic)? {
        intake.positions.insert(position_key(&topic, held.partition), held.high);
        if held.low == held.high {
            continue;
        }
        // A room is in one partition, so repetitions are too.
        let mut known = BTreeSet::new();
        for message in read_range(settings, &topic, held.partition, held.low..held.high)? {
            let gift: kairos_timeline::Gift = match decode_event(&message?) {
                Ok(gift) => gift,
                Err(problem) => {
                    intake.left_out.push(problem.to_string());
                    continue;
                }
            };
            if !known.insert(*blake3::hash(format!("{}\n{}", gift.room, gift.id).as_bytes()).as_bytes()) {
                continue;
            }
            let edge = Gift {
                user: &gift.user,
                streamer: super::streamer_of(&gift),
                count: gift.count,
                value: gift.value,
                at_us: gift.sent_at.as_micros(),
            };
            if let Err(problem) = intake.push(&edge) {
                intake.left_out.push(format!("room {}, gift {}: {problem}", gift.room, gift.id));
            }
        }
    }
    Ok(())
}
