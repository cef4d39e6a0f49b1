//! A consumer of the result topics: prints highlights as they come, change and go, and counts scores and gift predictions.
//!
//! `cargo run -p kairos --example consumer -- --brokers 127.0.0.1:9092`; `examples/consumer.py` does the same in Python.
//! Invariants: an event may come twice, and an old one after a newer one, so the highest revision of an identity counts;
//! offsets are committed only after what lies before them was handled; a value that can't be read is reported and skipped.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use kairos_kafka::{Consumer, Event, Lag, Message, Settings, Start, TopicPartition};
use kairos_topics::{GiftPrediction, Highlight, HighlightState, ResultTopic, Score};
use serde::de::DeserializeOwned;

/// Prints highlights of live rooms as they come, change and go.
#[derive(Debug, Parser)]
pub struct Args {
    /// Bootstrap servers.
    #[arg(long, default_value = "127.0.0.1:9092")]
    pub brokers: String,
    /// First part of the topics' names.
    #[arg(long, default_value = "kairos")]
    pub prefix: String,
    /// The group: each reads everything once, its members share the rooms.
    #[arg(long, default_value = "example")]
    pub group: String,
    /// Stop when everything that the topics hold now is read.
    #[arg(long)]
    pub until_end: bool,
}

/// Offsets are committed when nothing has come for so long, and after so many messages.
const QUIET: Duration = Duration::from_millis(500);
const MANY: u32 = 1_000;

/// Room, stream and model, and what names a thing within them.
type Identity<T> = (String, String, String, T);

/// The last revisions of what was told since this process started. A consumer that writes into a store of its own keeps them
/// there, under the same identities, and then a restart forgets nothing.
#[derive(Debug, Default)]
pub struct Known {
    /// By their id.
    pub highlights: BTreeMap<Identity<String>, Highlight>,
    /// Revisions, by media time and delay.
    pub scores: BTreeMap<Identity<(i64, u32)>, u32>,
    /// Revisions, by viewer and media time.
    pub predictions: BTreeMap<Identity<(String, i64)>, u32>,
}

impl Known {
    /// Takes a highlight; what is new about it, `None` when nothing is.
    pub fn highlight(&mut self, event: Highlight) -> Option<&'static str> {
        let identity =
            (event.room.clone(), event.stream.clone(), event.model.clone(), event.highlight.clone());
        let withdrawn = event.state == HighlightState::Withdrawn;
        let what = match self.highlights.get(&identity) {
            // Said once more, with its clip, when that is cut.
            Some(old) if event.revision == old.revision && old.clip.is_none() && event.clip.is_some() => {
                Some("clip")
            }
            Some(old) if event.revision <= old.revision => return None,
            Some(old) if old.state != HighlightState::Withdrawn => {
                Some(if withdrawn { "withdrawn" } else { "revised" })
            }
            _ => (!withdrawn).then_some("new"),
        };
        // Withdrawn ones stay, so that an old revision that comes late does not bring them back.
        self.highlights.insert(identity, event);
        what
    }

    fn score(&mut self, event: Score) {
        let unit = (event.media_us, event.delay_ms);
        let known = self.scores.entry((event.room, event.stream, event.model, unit)).or_default();
        *known = event.revision.max(*known);
    }

    fn prediction(&mut self, event: GiftPrediction) {
        let moment = (event.user, event.media_us);
        let known = self.predictions.entry((event.room, event.stream, event.model, moment)).or_default();
        *known = event.revision.max(*known);
    }

    /// How many highlights stand.
    pub fn standing(&self) -> usize {
        self.highlights.values().filter(|highlight| highlight.state != HighlightState::Withdrawn).count()
    }
}

/// Reads until the end, or for ever.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Known> {
    let settings =
        Settings { brokers: args.brokers.clone(), prefix: args.prefix.clone(), ..Settings::default() };
    let topic = |topic: ResultTopic| format!("{}.{topic}", args.prefix);
    let topics = [ResultTopic::Scores, ResultTopic::Highlights, ResultTopic::GiftPredictions].map(topic);
    let mut consumer = Consumer::open(&settings, &args.group, &topics.each_ref().map(String::as_str))?;
    let mut known = Known::default();
    // For each partition the offset that was not handled yet.
    let mut next = BTreeMap::<TopicPartition, i64>::new();
    let (mut reading, mut ended, mut handled) = (false, false, 0);
    loop {
        match consumer.next_timeout(QUIET) {
            Some(Event::Assigned(assigned)) => {
                assigned.start(|_| Start::Committed);
                reading = true;
            }
            Some(Event::Revoked(revoked)) => {
                // Another member goes on from here; what is not committed it would read again.
                if !revoked.lost() {
                    commit(&consumer, &mut next)?;
                }
                next.clear();
                revoked.done();
            }
            Some(Event::Message(message)) => {
                match told(&mut known, &topics, &message) {
                    Ok(Some(line)) => writeln!(out, "{line}")?,
                    Ok(None) => {}
                    Err(problem) => eprintln!("{:?}: {problem:#}", message.position),
                }
                let position = &message.position;
                next.insert(
                    TopicPartition::new(position.topic.clone(), position.partition),
                    position.offset + 1,
                );
                (handled, ended) = (handled + 1, false);
            }
            Some(Event::Restarted(_)) => {}
            Some(Event::Failed(error)) => return Err(error.into()),
            None => {
                commit(&consumer, &mut next)?;
                // What the last question still counted as read may be on its way here.
                if ended {
                    return Ok(known);
                }
                let at_end = |known: &[Lag]| known.iter().all(|lag| lag.messages() == 0);
                ended = args.until_end && reading && at_end(&consumer.lag()?);
            }
        }
        if handled >= MANY {
            commit(&consumer, &mut next)?;
            handled = 0;
        }
    }
}

/// Only what was handled since the last time.
fn commit(consumer: &Consumer, next: &mut BTreeMap<TopicPartition, i64>) -> anyhow::Result<()> {
    let next: Vec<_> = std::mem::take(next).into_iter().collect();
    Ok(consumer.commit(&next)?)
}

/// Takes a message; the line to print of it, if there is one.
fn told(known: &mut Known, topics: &[String; 3], message: &Message) -> anyhow::Result<Option<String>> {
    let [scores, highlights, _predictions] = topics;
    if *message.position.topic == **scores {
        known.score(read(message)?);
        return Ok(None);
    }
    if *message.position.topic != **highlights {
        known.prediction(read(message)?);
        return Ok(None);
    }
    let event: Highlight = read(message)?;
    let place = format!("{} {} {}", event.room, event.stream, event.highlight);
    let [start, end] = [event.start_us, event.end_us].map(|us| us as f64 / 1e6);
    let (score, clip) = (event.score, event.clip.clone().unwrap_or_default());
    let line = |what| {
        format!("{what:<9} {place} {start:.1} to {end:.1} s, score {score:.3} {clip}").trim_end().to_owned()
    };
    Ok(known.highlight(event).map(line))
}

fn read<E: DeserializeOwned>(message: &Message) -> anyhow::Result<E> {
    let value = message.value.as_deref().context("no value")?;
    serde_json::from_slice(value).context("not an event of its topic")
}

fn main() -> anyhow::Result<()> {
    let known = run(&Args::parse(), &mut std::io::stdout().lock())?;
    let counts = (known.standing(), known.scores.len(), known.predictions.len());
    println!("{} highlights, {} scores, {} gift predictions", counts.0, counts.1, counts.2);
    Ok(())
}
