//! A folder in the layout of KLive.
//!
//! Invariants: eight shards per split; lines are dealt to shards at random and are out of order within them.

use std::fs;
use std::io::Write;
use std::path::Path;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::DatasetError;
use crate::klive::{KLIVE_UNIT_SECONDS, SHARD_SUFFIX, STREAMERS_FILE, Separator};
use crate::room::{LabelledRoom, LabelledUnit, Split};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListStyle {
    /// `[1, 2]`
    Bracketed,
    /// `"1,2"`
    Quoted,
    /// `1,2`, or `1 2` where commas separate fields.
    Bare,
}

/// What to write.
#[derive(Debug, Clone, PartialEq)]
pub struct KliveSpec {
    /// Rooms in `train/`.
    pub train_rooms: usize,
    /// Rooms in `test/`.
    pub test_rooms: usize,
    /// Units per room.
    pub units: usize,
    /// Numbers in an image feature.
    pub picture_width: usize,
    /// Numbers in a text feature.
    pub text_width: usize,
    /// Between fields.
    pub separator: Separator,
    /// How lists are written.
    pub lists: ListStyle,
    /// Of everything that is random.
    pub seed: u64,
}

impl Default for KliveSpec {
    fn default() -> Self {
        Self {
            train_rooms: 5,
            test_rooms: 3,
            units: 20,
            picture_width: 8,
            text_width: 6,
            separator: Separator::Tab,
            lists: ListStyle::Bracketed,
            seed: 0,
        }
    }
}

/// Writes the folder. Returns its rooms in order of split and id. The label of a unit is a logistic function of its
/// first image feature, so that it can be learnt.
///
/// # Errors
/// When a file can't be written.
pub fn write_klive(folder: &Path, spec: &KliveSpec) -> Result<Vec<LabelledRoom>, DatasetError> {
    const SHARDS: usize = 8;
    let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
    let mut rooms = Vec::new();
    for (split, count) in [(Split::Train, spec.train_rooms), (Split::Test, spec.test_rooms)] {
        let path = folder.join(split.name());
        fs::create_dir_all(&path).map_err(DatasetError::io(&path))?;
        let mut lines = Vec::new();
        for _ in 0..count {
            let (room, text) = room(&mut rng, rooms.len(), split, spec);
            rooms.push(room);
            lines.extend(text);
        }
        lines.shuffle(&mut rng);
        let mut shards = vec![String::new(); SHARDS];
        for line in lines {
            let shard = &mut shards[rng.random_range(0..SHARDS)];
            shard.push_str(&line);
            shard.push('\n');
        }
        for (at, shard) in shards.iter().enumerate() {
            let path = path.join(format!("{at}{SHARD_SUFFIX}"));
            fs::write(&path, shard).map_err(DatasetError::io(&path))?;
        }
    }
    let path = folder.join(STREAMERS_FILE);
    let mut file = fs::File::create(&path).map_err(DatasetError::io(&path))?;
    for room in &rooms {
        let author = room.streamer.as_deref().unwrap_or_default();
        writeln!(file, "{}\t{author}", room.name).map_err(DatasetError::io(&path))?;
    }
    Ok(rooms)
}

fn room(rng: &mut ChaCha8Rng, place: usize, split: Split, spec: &KliveSpec) -> (LabelledRoom, Vec<String>) {
    let begin = 685_000_000 + rng.random_range(0..1_000_000_u32);
    let name = (17_000 + place * 7).to_string();
    let (mut units, mut lines) = (Vec::new(), Vec::new());
    for at in 0..spec.units {
        let seconds = begin + 30 * at as u32;
        let mut features =
            |width: usize| (0..width).map(|_| rng.random_range(-1.0..1.0_f32)).collect::<Vec<f32>>();
        let (picture, text) = (features(spec.picture_width), features(spec.text_width));
        let label = 1.0 / (1.0 + (-3.0 * picture.first().copied().unwrap_or(0.0)).exp());
        let separator = char::from(spec.separator.byte());
        let lists = [&picture, &text].map(|list| written(list, spec));
        lines.push(
            [name.clone(), seconds.to_string(), label.to_string()]
                .into_iter()
                .chain(lists)
                .collect::<Vec<_>>()
                .join(&separator.to_string()),
        );
        units.push(LabelledUnit {
            at_s: f64::from(seconds - begin),
            length_s: KLIVE_UNIT_SECONDS,
            picture: Some(picture),
            text: Some(text),
            label: Some(label),
            ..LabelledUnit::default()
        });
    }
    let room = LabelledRoom {
        name,
        streamer: Some((900 + place % 3).to_string()),
        split: Some(split),
        started_at_s: Some(f64::from(begin)),
        unit_seconds: KLIVE_UNIT_SECONDS,
        units,
    };
    (room, lines)
}

fn written(list: &[f32], spec: &KliveSpec) -> String {
    let numbers: Vec<String> = list.iter().map(f32::to_string).collect();
    match (spec.lists, spec.separator) {
        (ListStyle::Bracketed, _) => format!("[{}]", numbers.join(", ")),
        (ListStyle::Quoted, _) => format!("\"{}\"", numbers.join(",")),
        (ListStyle::Bare, Separator::Comma) => numbers.join(" "),
        (ListStyle::Bare, _) => numbers.join(","),
    }
}
