//! The one task that asks the tables what is new.
//!
//! Invariant: it takes at most a fifth of the time: when answers get slow it asks less often.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Hub;
use super::seen::{Floors, Seen};
use crate::api::{LISTED, Listed};
use crate::ask::Value;
use crate::problem::Problem;

const NEWS: &str = include_str!("../../sql/news.sql");
const NEWEST: &str = include_str!("../../sql/newest.sql");
const MARKS: &str = include_str!("../../sql/marks.sql");
const LATEST: &str = "ORDER BY room, at_us DESC, highlight LIMIT 20 BY room";

/// Rows of one answer at most; the newest come first.
const MOST: u32 = 20_000;

#[derive(Debug, Serialize, Deserialize)]
struct Score {
    room: String,
    stream: String,
    model: String,
    media_us: i64,
    unit_us: i64,
    captured_us: i64,
    score: f32,
    contributions: BTreeMap<String, Option<f32>>,
    comment_lag_us: Option<i64>,
    delay_ms: u32,
    r#final: bool,
    revision: u32,
}

#[derive(Deserialize)]
struct Newest {
    room: String,
    captured_us: i64,
}

#[derive(Deserialize)]
struct Mark {
    room: String,
    digest: u64,
}

/// What is looked at in one round.
#[derive(Clone, Default)]
struct Round {
    all: bool,
    rooms: Vec<String>,
}

impl Round {
    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![("all", self.all.into()), ("rooms", self.rooms.clone().into())]
    }

    fn has(&self, room: &str) -> bool {
        self.all || self.rooms.iter().any(|own| own == room)
    }
}

#[derive(Default)]
struct Memory {
    seen: Seen,
    started: bool,
    /// The round before. What a room has got until somebody looks at it is no news.
    last: Round,
    marks: BTreeMap<String, u64>,
    highlights: BTreeMap<String, (u32, bool, i64)>,
}

/// Asks until nobody listens.
pub(super) async fn run(hub: Hub) {
    let mut memory = Memory::default();
    let mut failing = false;
    loop {
        let round = {
            let mut watched = hub.watched();
            if watched.listeners == 0 || *hub.0.stopped.borrow() {
                watched.asking = false;
                return;
            }
            Round { all: watched.all > 0, rooms: watched.rooms.keys().cloned().collect() }
        };
        let began = Instant::now();
        match ask(&hub, &round, &mut memory).await {
            Ok(()) => failing = false,
            // Told once, not every second.
            Err(problem) if !std::mem::replace(&mut failing, true) => {
                tracing::warn!(problem = problem.detail(), "news can't be read, trying again");
            }
            Err(_) => {}
        }
        let took = began.elapsed();
        metrics::histogram!("kairos_console_news_seconds").record(took.as_secs_f64());
        tokio::time::sleep(hub.0.pause.saturating_sub(took).max(took * 4).min(Duration::from_secs(60))).await;
    }
}

async fn ask(hub: &Hub, round: &Round, memory: &mut Memory) -> Result<(), Problem> {
    let tables = &hub.0.tables;
    let strangers = !memory.started || round.rooms.iter().any(|room| !memory.seen.knows(room));
    if strangers {
        for Newest { room, captured_us } in tables.rows(NEWEST, &round.values()).await? {
            if !memory.seen.knows(&room) {
                memory.seen.start(room, captured_us);
            }
        }
        // Rooms without a score yet begin at nothing.
        round
            .rooms
            .iter()
            .filter(|room| !memory.seen.knows(room))
            .cloned()
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|room| memory.seen.start(room, 0));
    }
    let Floors { floor_us, known, floors, fresh_us } = memory.seen.floors();
    let mut values = round.values();
    values.extend([
        ("floor_us", floor_us.into()),
        ("known", known.into()),
        ("floors", floors.into()),
        ("fresh_us", fresh_us.into()),
        ("limit", MOST.into()),
    ]);
    let mut scores: Vec<Score> = tables.rows(NEWS, &values).await?;
    // Oldest first: a curve grows to the right.
    scores.reverse();
    for score in &scores {
        let unit =
            (score.room.clone(), score.stream.clone(), score.model.clone(), score.media_us, score.delay_ms);
        if memory.seen.is_news(unit, score.captured_us, score.revision) && memory.started {
            hub.tell("score", &score.room, score);
        }
    }
    memory.seen.forget(|room| round.has(room));
    tell_highlights(hub, round, memory).await?;
    memory.last = round.clone();
    memory.started = true;
    Ok(())
}

async fn tell_highlights(hub: &Hub, round: &Round, memory: &mut Memory) -> Result<(), Problem> {
    let tables = &hub.0.tables;
    let marks: Vec<Mark> = tables.rows(MARKS, &round.values()).await?;
    let changed: Vec<String> = marks
        .iter()
        .filter(|mark| memory.marks.get(&mark.room) != Some(&mark.digest))
        .map(|mark| mark.room.clone())
        .collect();
    memory.marks = marks.into_iter().map(|mark| (mark.room, mark.digest)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let values = crate::api::filter(changed);
    let latest: Vec<Listed> = tables.rows(&format!("{LISTED}{LATEST}"), &values).await?;
    for highlight in latest.into_iter().map(Listed::keyed) {
        let state = (highlight.revision, highlight.has_clip, highlight.reviewed_us);
        let before = memory.highlights.insert(highlight.key.clone(), state);
        if before != Some(state) && memory.last.has(&highlight.room) {
            hub.tell_highlight(&highlight);
        }
    }
    if memory.highlights.len() > 20_000 {
        memory.highlights.clear();
    }
    Ok(())
}
