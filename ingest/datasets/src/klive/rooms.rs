//! The rooms of one split, read line by line through the index.
//!
//! Invariants: one room in memory; a room with a line that doesn't fit is an error, and the next room can still be
//! asked for.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use super::KLIVE_UNIT_SECONDS;
use super::index::{Entry, Index, line_number};
use super::layout::{KliveLayout, read_line};
use super::line::{self, FIELDS, Fault};
use super::streamers::Streamers;
use crate::DatasetError;
use crate::room::{LabelledRoom, LabelledUnit, Split};

/// Times from here on are instants (the release's are around 6.9e8 s), smaller ones count from the room's begin.
const INSTANTS_FROM: f64 = 1e8;

/// Rooms of a split of KLive, in order of their ids.
#[derive(Debug)]
pub struct KliveRooms<'a> {
    layout: &'a KliveLayout,
    streamers: &'a Streamers,
    split: Split,
    shards: Vec<Shard>,
    index: Index,
    next_live: usize,
    next_entry: usize,
    line: Vec<u8>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    reader: BufReader<File>,
    at: u64,
}

impl<'a> KliveRooms<'a> {
    pub(super) fn new(
        layout: &'a KliveLayout,
        streamers: &'a Streamers,
        paths: &[PathBuf],
        split: Split,
    ) -> Result<Self, DatasetError> {
        let index = Index::of(layout, paths)?;
        let open = |path: &PathBuf| {
            let reader = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
            Ok(Shard { path: path.clone(), reader, at: 0 })
        };
        let shards = paths.iter().map(open).collect::<Result<_, DatasetError>>()?;
        Ok(Self { layout, streamers, split, shards, index, next_live: 0, next_entry: 0, line: Vec::new() })
    }

    fn read(&mut self, live: usize, begin: usize, end: usize) -> Result<LabelledRoom, DatasetError> {
        let first = self.index.entries[begin].seconds;
        let origin = if first >= INSTANTS_FROM { first } else { 0.0 };
        let mut units = Vec::with_capacity(end - begin);
        for at in begin..end {
            let entry = self.index.entries[at];
            units.push(self.unit(entry, origin)?);
        }
        let name = self.index.lives[live].clone();
        let streamer = self.streamers.of(&name);
        let started_at_s = (origin > 0.0).then_some(origin);
        let (split, unit_seconds) = (Some(self.split), KLIVE_UNIT_SECONDS);
        Ok(LabelledRoom { name, streamer, split, started_at_s, unit_seconds, units })
    }

    fn unit(&mut self, entry: Entry, origin: f64) -> Result<LabelledUnit, DatasetError> {
        let shard = &mut self.shards[entry.shard as usize];
        let forward = entry.offset.wrapping_sub(shard.at).cast_signed();
        shard.reader.seek_relative(forward).map_err(DatasetError::io(&shard.path))?;
        shard.at = entry.offset;
        let number = || line_number(&shard.path, entry.offset).unwrap_or(0);
        shard.at += read_line(&mut shard.reader, &mut self.line, &shard.path, number)? as u64;
        let checked = line::parse(&self.line, self.layout.separator).and_then(|row| {
            self.layout.check(&row.picture, &row.text)?;
            Ok(row)
        });
        let row = match checked {
            Ok(row) => row,
            Err(Fault { field, reason }) => {
                let number = line_number(&shard.path, entry.offset)?;
                return Err(DatasetError::line(&shard.path, number, FIELDS[field], reason));
            }
        };
        Ok(LabelledUnit {
            at_s: entry.seconds - origin,
            length_s: KLIVE_UNIT_SECONDS,
            picture: Some(row.picture).filter(|features| !features.is_empty()),
            text: Some(row.text).filter(|features| !features.is_empty()),
            label: row.lvtr,
            ..LabelledUnit::default()
        })
    }
}

impl Iterator for KliveRooms<'_> {
    type Item = Result<LabelledRoom, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (live, begin) = (self.next_live, self.next_entry);
        let entries = self.index.entries.get(begin..)?;
        let length = entries.iter().take_while(|entry| entry.live as usize == live).count();
        if length == 0 {
            return None;
        }
        self.next_live += 1;
        self.next_entry += length;
        Some(self.read(live, begin, begin + length))
    }
}
