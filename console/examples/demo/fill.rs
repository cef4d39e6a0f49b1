//! Generated rooms into the tables, at once and then unit by unit.

use kairos_clickhouse::{
    ClipRow, Error, Highlight, HighlightState, LedgerEntry, Outcome, Store, StreamRow, Writer, WriterOptions,
};

use super::clips::Drawn;
use super::scene::{Bump, MODELS, Scene, UNIT_US};

/// How much is generated.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub rooms: i64,
    /// Units of each broadcast.
    pub units: i64,
    /// Rooms whose broadcast reaches up to now.
    pub live: i64,
}

/// Now, Unix microseconds.
#[allow(clippy::disallowed_methods, reason = "live rooms are live now")]
pub fn now_us() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_micros() as i64
}

fn scene(n: i64, size: Size, now_us: i64) -> Scene {
    let length = size.units * UNIT_US;
    let ago = if n < size.live { length } else { length + 3_600_000_000 * (n - size.live + 2) };
    Scene::new(n, now_us - ago)
}

async fn write_unit(writer: &mut Writer, scene: &Scene, unit: i64) -> Result<(), Error> {
    let models = if scene.n % 4 == 0 { 2 } else { 1 };
    for model in 0..models {
        for delay_ms in [0, 15_000] {
            writer.write(scene.score(unit, model, delay_ms)).await?;
        }
    }
    for comment in scene.comments(unit) {
        writer.write(comment).await?;
    }
    for word in scene.words(unit) {
        writer.write(word).await?;
    }
    if let Some(gift) = scene.gift(unit) {
        writer.write(gift).await?;
    }
    if unit % 5 == 0 {
        writer.write(scene.state(unit)).await?;
    }
    Ok(())
}

async fn write_bump(
    writer: &mut Writer,
    scene: &Scene,
    bump: Bump,
    pool: &[Drawn],
    state: HighlightState,
) -> Result<(), Error> {
    let drawn = pool.get((scene.n + bump.id) as usize % pool.len().max(1));
    let start_us = bump.start * UNIT_US;
    let end_us =
        drawn.map_or(start_us + bump.length * UNIT_US, |drawn| start_us + (drawn.seconds - 4) * 1_000_000);
    let (room, stream) = (scene.room.clone(), scene.stream.clone());
    let (highlight, model) = (format!("h{}", bump.id), MODELS[0].to_owned());
    if let Some(drawn) = drawn {
        writer
            .write(ClipRow {
                room: room.clone(),
                stream: stream.clone(),
                highlight: highlight.clone(),
                clip: drawn.clip.clone(),
                thumbnail: drawn.thumbnail.clone(),
                from_us: start_us - 2_000_000,
                to_us: end_us + 2_000_000,
                model: model.clone(),
                revision: 0,
            })
            .await?;
    }
    let row = Highlight {
        room,
        stream,
        highlight,
        start_us,
        end_us,
        peak_us: start_us + bump.length * UNIT_US / 2,
        score: bump.height as f32,
        state,
        model,
        ..Highlight::default()
    };
    Ok(writer.write(row).await?)
}

async fn write_ledger(writer: &mut Writer, units: i64) -> Result<(), Error> {
    let topics = [("kairos.media", 3), ("kairos.comments", 40), ("kairos.gifts", 2)];
    for (topic, rate) in topics {
        for partition in 0..4 {
            let mut offset = 0;
            let ends = [
                (Outcome::Scored, units * rate, ""),
                (Outcome::Late, units / 90, "past the allowed lateness"),
                (Outcome::Scored, units, ""),
                (Outcome::Dead, 1 + i64::from(partition % 2) * 3, "missing field `room`"),
                (Outcome::Skipped, units / 200 + 1, "room is not watched"),
            ];
            for (outcome, count, reason) in ends {
                let (first_offset, last_offset) = (offset, offset + count - 1);
                offset += count;
                let (topic, reason) = (topic.to_owned(), reason.to_owned());
                let row = LedgerEntry {
                    topic,
                    partition,
                    first_offset,
                    last_offset,
                    outcome,
                    reason,
                    ..LedgerEntry::default()
                };
                writer.write(row).await?;
            }
        }
    }
    Ok(())
}

/// Fills empty tables; the number of highlights.
pub async fn fill(store: &Store, pool: &[Drawn], size: Size, now_us: i64) -> Result<usize, Error> {
    let mut writer = Writer::new(store, WriterOptions::default())?;
    let mut highlights = 0;
    for n in 0..size.rooms {
        let scene = scene(n, size, now_us);
        for unit in 0..size.units {
            write_unit(&mut writer, &scene, unit).await?;
        }
        for bump in scene.bumps(0..size.units - 10) {
            write_bump(&mut writer, &scene, bump, pool, HighlightState::Final).await?;
            highlights += 1;
        }
        for k in 0..18 {
            writer.write(scene.prediction(size.units - 1, k)).await?;
        }
        let (room, stream, title) = (scene.room.clone(), scene.stream.clone(), scene.title.clone());
        let started_at = scene.started_us;
        let source = "kairos.media".to_owned();
        let row = StreamRow {
            room,
            stream,
            title,
            source,
            started_at,
            duration_us: size.units * UNIT_US,
            simulated: false,
            revision: 0,
        };
        writer.write(row).await?;
    }
    write_ledger(&mut writer, size.units).await?;
    writer.flush().await?;
    Ok(highlights)
}

/// One more unit of every live room.
pub async fn go_on(store: &Store, pool: &[Drawn], size: Size, now_us: i64, unit: i64) -> Result<(), Error> {
    let mut writer = Writer::new(store, WriterOptions::default())?;
    for n in 0..size.live.min(size.rooms) {
        let scene = scene(n, size, now_us);
        write_unit(&mut writer, &scene, unit).await?;
        for bump in scene.bumps(unit - 12..unit - 3) {
            let settled = bump.start < unit - 9;
            let state = if settled { HighlightState::Final } else { HighlightState::Provisional };
            if bump.start == unit - 4 || bump.start == unit - 10 {
                write_bump(&mut writer, &scene, bump, pool, state).await?;
            }
        }
    }
    writer.flush().await
}
