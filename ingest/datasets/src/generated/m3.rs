//! A folder in the layout of KuaiLive-M3.
//!
//! Invariants: rows of a table are shuffled; segments lie in two shards; ids of segments and comments are text and
//! those of other tables numbers, as in the data set.

use std::fs;
use std::path::Path;

use parquet::basic::{Compression, GzipLevel};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::parquet_table::{Column, Table};
use crate::DatasetError;

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeNotation {
    /// Whole numbers of milliseconds.
    Milliseconds,
    /// Whole numbers of seconds.
    Seconds,
    /// Parquet's own datetimes, in microseconds.
    Datetimes,
}

/// What to write.
#[derive(Debug, Clone, PartialEq)]
pub struct M3Spec {
    /// Rooms.
    pub rooms: usize,
    /// Segments per room.
    pub segments: usize,
    /// Visits per room.
    pub visits: usize,
    /// Numbers in an embedding.
    pub width: usize,
    /// How times are written, except comments', which are always milliseconds.
    pub times: TimeNotation,
    /// Of everything that is random.
    pub seed: u64,
}

impl Default for M3Spec {
    fn default() -> Self {
        Self { rooms: 20, segments: 12, visits: 40, width: 128, times: TimeNotation::Milliseconds, seed: 0 }
    }
}

/// What was written of one room. Times are whole Unix seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedM3Room {
    /// `live_id` and `live_stream_id`.
    pub id: i64,
    /// `author_id`.
    pub streamer: i64,
    /// `start_timestamp`.
    pub begin: i64,
    /// End and embedding of each segment, in order of time.
    pub segments: Vec<(i64, Vec<f32>)>,
    /// Begin and end of each visit.
    pub visits: Vec<(i64, i64)>,
    /// Times of likes.
    pub likes: Vec<i64>,
    /// Times of comments.
    pub comments: Vec<i64>,
}

/// Writes the folder. Returns its rooms in order of begin.
///
/// # Errors
/// When a file can't be written.
pub fn write_m3(folder: &Path, spec: &M3Spec) -> Result<Vec<GeneratedM3Room>, DatasetError> {
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    let rooms: Vec<GeneratedM3Room> = (0..spec.rooms).map(|place| room(&mut rng, place, spec)).collect();
    let shards = folder.join("live_emb_128_ts");
    fs::create_dir_all(&shards).map_err(DatasetError::io(&shards))?;
    let mut shuffled = |mut rows: Vec<(usize, usize)>| {
        rows.shuffle(&mut rng);
        rows
    };
    let rows = |count: fn(&GeneratedM3Room) -> usize| {
        let of = |(place, room)| (0..count(room)).map(move |at| (place, at));
        rooms.iter().enumerate().flat_map(of).collect::<Vec<_>>()
    };
    let (kind, ticks) = match spec.times {
        TimeNotation::Milliseconds => ("int64", 1000),
        TimeNotation::Seconds => ("int64", 1),
        TimeNotation::Datetimes => ("int64 {} (TIMESTAMP_MICROS)", 1_000_000),
    };
    let time = |name: &str| match kind.split_once(" {} ") {
        Some((kind, note)) => format!("optional {kind} {name} {note};"),
        None => format!("optional {kind} {name};"),
    };

    let visits = shuffled(rows(|room| room.visits.len()));
    let column = |of: &dyn Fn(&GeneratedM3Room, usize) -> i64, rows: &[(usize, usize)]| {
        Column::Numbers(rows.iter().map(|&(place, at)| of(&rooms[place], at)).collect())
    };
    let (begin, end) = (time("live_play_start_timestamp"), time("live_play_end_timestamp"));
    write(
        &folder.join("live_interaction.parquet"),
        &format!("optional int64 user_id; optional int64 live_id; optional int64 author_id; {begin} {end}"),
        Compression::SNAPPY,
        vec![
            column(&|_, at| at as i64, &visits),
            column(&|room, _| room.id, &visits),
            column(&|room, _| room.streamer, &visits),
            column(&|room, at| room.visits[at].0 * ticks, &visits),
            column(&|room, at| room.visits[at].1 * ticks, &visits),
        ],
    )?;
    let likes = shuffled(rows(|room| room.likes.len()));
    write(
        &folder.join("live_like.parquet"),
        &format!("optional int64 live_id; {}", time("like_timestamp")),
        Compression::GZIP(GzipLevel::default()),
        vec![column(&|room, _| room.id, &likes), column(&|room, at| room.likes[at] * ticks, &likes)],
    )?;
    let comments = shuffled(rows(|room| room.comments.len()));
    let mut csv = String::from("live_stream_id,user_id,author_id,content,comment_ts\n");
    for (place, at) in comments {
        let room = &rooms[place];
        csv.push_str(&format!(
            "{},{at},{},\"hello, \"\"you\"\"\",{}000\n",
            room.id, room.streamer, room.comments[at]
        ));
    }
    let path = folder.join("live_comment.csv");
    fs::write(&path, csv).map_err(DatasetError::io(&path))?;
    let all: Vec<(usize, usize)> = (0..rooms.len()).map(|place| (place, 0)).collect();
    write(
        &folder.join("live_room_meta.parquet"),
        &format!("optional int64 live_id; optional int64 author_id; {}", time("start_timestamp")),
        Compression::UNCOMPRESSED,
        vec![
            column(&|room, _| room.id, &all),
            column(&|room, _| room.streamer, &all),
            column(&|room, _| room.begin * ticks, &all),
        ],
    )?;
    let segments = shuffled(rows(|room| room.segments.len()));
    for (shard, rows) in segments.chunks(segments.len().div_ceil(2).max(1)).enumerate() {
        let texts = rows.iter().map(|&(place, _)| rooms[place].id.to_string()).collect();
        let lists =
            rows.iter().flat_map(|&(place, at)| rooms[place].segments[at].1.iter().copied()).collect();
        write(
            &shards.join(format!("live_emb_128_ts_part{shard}.parquet")),
            &format!(
                "optional binary live_stream_id (UTF8); \
                 optional group feature_128 (LIST) {{ repeated group list {{ optional float element; }} }} {}",
                time("timestamp")
            ),
            Compression::SNAPPY,
            vec![
                Column::Texts(texts),
                Column::Lists(spec.width, lists),
                column(&|room, at| room.segments[at].0 * ticks, rows),
            ],
        )?;
    }
    Ok(rooms)
}

fn room(rng: &mut ChaCha8Rng, place: usize, spec: &M3Spec) -> GeneratedM3Room {
    // Ids run against time, so that order by id isn't order by begin.
    let id = 6_000_000 - place as i64 * 11;
    let begin = 1_748_160_000 + place as i64 * 3600;
    let mut end = begin;
    let segments = (0..spec.segments).map(|_| {
        end += rng.random_range(20..40_i64);
        (end, (0..spec.width).map(|_| rng.random_range(-1.0..1.0_f32)).collect())
    });
    let segments: Vec<(i64, Vec<f32>)> = segments.collect();
    let mut instant = || rng.random_range(begin..end.max(begin + 1));
    let mut visit = || {
        let (a, b) = (instant(), instant());
        (a.min(b), a.max(b))
    };
    let visits = (0..spec.visits).map(|_| visit()).collect();
    let likes = (0..spec.visits).map(|_| instant()).collect();
    let comments = (0..spec.visits / 2).map(|_| instant()).collect();
    GeneratedM3Room { id, streamer: 40 + place as i64 % 4, begin, segments, visits, likes, comments }
}

fn write(path: &Path, fields: &str, codec: Compression, columns: Vec<Column>) -> Result<(), DatasetError> {
    let mut table = Table::create(path, fields, codec, &[])?;
    table.group(&columns)?;
    table.finish()
}
