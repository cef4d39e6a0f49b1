//! What pictures, speech and comments of a segment show.
//!
//! A row is topic + style + excitement in the direction of the streamer's style + noise. The topic is the same in all three
//! modalities (each writes it in its own way); of the excitement, each shows its own part.
//!
//! Invariants: three pictures per segment; one segment in ten lacks speech, one in ten comments.

use std::path::Path;

use parquet::basic::Compression;
use rand::Rng;

use super::World;
use super::latent::{COMMUNITIES, Purpose, STYLES, Streamer, normal, rng};
use super::rooms::{Moment, Rooms};
use super::table::{group_rows, live_id};
use crate::DatasetError;
use crate::generated::parquet_table::{Column, Table};
use crate::gifting::segments::ContentModality;

/// How things are written in the embeddings of one modality.
struct Map {
    topics: Vec<Vec<f32>>,
    styles: Vec<Vec<f32>>,
    excitement: Vec<Vec<f32>>,
}

impl Map {
    fn draw(world: &World, modality: ContentModality) -> Self {
        let mut rng = rng(world, Purpose::Maps, modality as u64);
        let mut some = |count: usize| {
            let row = |_| (0..world.width).map(|_| normal(&mut rng)).collect();
            (0..count).map(row).collect()
        };
        Self { topics: some(COMMUNITIES), styles: some(STYLES), excitement: some(STYLES) }
    }

    fn embed(&self, moment: &Moment, part: f32, style: usize, rng: &mut impl Rng, row: &mut Vec<f32>) {
        let (topic, style_row) = (&self.topics[usize::from(moment.topic)], &self.styles[style]);
        for ((topic, style), excitement) in topic.iter().zip(style_row).zip(&self.excitement[style]) {
            row.push(0.7 * topic + 0.7 * style + part * excitement + 0.5 * normal(rng));
        }
    }
}

#[derive(Default)]
struct Group {
    lives: Vec<i64>,
    times: Vec<i64>,
    modalities: Vec<String>,
    indices: Vec<i64>,
    values: Vec<f32>,
}

/// Writes `segments.parquet`; returns its rows.
pub(super) fn write(
    folder: &Path,
    world: &World,
    streamers: &[Streamer],
    rooms: &Rooms,
) -> Result<u64, DatasetError> {
    let fields = "optional int64 live_id; optional int64 timestamp; optional binary modality (UTF8); \
                  optional int64 index; \
                  optional group embedding (LIST) { repeated group list { optional float element; } }";
    let path = folder.join("segments.parquet");
    let mut table = Table::create(&path, fields, Compression::UNCOMPRESSED, &["embedding.list.element"])?;
    let maps = ContentModality::ALL.map(|modality| Map::draw(world, modality));
    let (mut group, mut rows) = (Group::default(), 0);
    for (number, session) in (0_u32..).zip(&rooms.sessions) {
        let Some(streamer) = streamers.get(session.streamer as usize) else { continue };
        let mut rng = rng(world, Purpose::Embedding, u64::from(number));
        for (segment, moment) in rooms.moments_of(session).iter().enumerate() {
            let counts = [3, usize::from(!rng.random_bool(0.1)), comments(&mut rng)];
            for (modality, count) in ContentModality::ALL.into_iter().zip(counts) {
                for index in 0..count {
                    group.lives.push(live_id(number));
                    group.times.push(rooms.segment_end_ms(session, segment));
                    group.modalities.push(modality.name().to_owned());
                    group.indices.push(index as i64);
                    let part = moment.excitement[modality as usize];
                    maps[modality as usize].embed(moment, part, streamer.style, &mut rng, &mut group.values);
                }
            }
        }
        if group.lives.len() >= group_rows(world.width) {
            rows += flush(&mut table, &mut group, world.width)?;
        }
    }
    rows += flush(&mut table, &mut group, world.width)?;
    table.finish()?;
    Ok(rows)
}

fn comments(rng: &mut impl Rng) -> usize {
    if rng.random_bool(0.1) { 0 } else { rng.random_range(1..=3) }
}

fn flush(table: &mut Table, group: &mut Group, width: usize) -> Result<u64, DatasetError> {
    let Group { lives, times, modalities, indices, values } = std::mem::take(group);
    let rows = lives.len() as u64;
    if rows > 0 {
        table.group(&[
            Column::Numbers(lives),
            Column::Numbers(times),
            Column::Texts(modalities),
            Column::Numbers(indices),
            Column::Lists(width, values),
        ])?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an embedding gains by one unit of excitement.
    fn gain(map: &Map, style: usize) -> Vec<f32> {
        let world = World::tiny();
        let moment = Moment { topic: 3, excitement: [0.0; 3] };
        let [with, without] = [1.0, 0.0].map(|part| {
            let (mut row, mut rng) = (Vec::new(), rng(&world, Purpose::Embedding, 7));
            map.embed(&moment, part, style, &mut rng, &mut row);
            row
        });
        with.iter().zip(&without).map(|(with, without)| with - without).collect()
    }

    #[test]
    fn excitement_lies_in_another_direction_for_every_style_and_modality() {
        let maps =
            ContentModality::ALL.map(|modality| Map::draw(&World { width: 64, ..World::tiny() }, modality));
        let gains: Vec<Vec<f32>> =
            maps.iter().flat_map(|map| (0..STYLES).map(move |style| gain(map, style))).collect();
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        for (at, one) in gains.iter().enumerate() {
            assert!(product(one, one) > 20.0);
            for other in &gains[..at] {
                let cosine = product(one, other) / (product(one, one) * product(other, other)).sqrt();
                assert!(cosine.abs() < 0.5, "{cosine}");
            }
        }
    }
}
