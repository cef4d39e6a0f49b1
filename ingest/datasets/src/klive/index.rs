//! Where the lines of each live are, over all shards of a split.
//!
//! Invariants: 24 bytes per line and one name per live; entries of a live are next to one another, in order of time
//! and, at the same time, of their place in the files.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::layout::{KliveLayout, is_header, read_line};
use super::line::{self, FIELDS};
use crate::DatasetError;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    pub(super) live: u32,
    pub(super) shard: u32,
    pub(super) offset: u64,
    pub(super) seconds: f64,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Ids in order: numbers by value, then other ids by their letters.
    pub(super) lives: Vec<String>,
    /// In order of live (its place in `lives`), time, shard and offset.
    pub(super) entries: Vec<Entry>,
}

impl Index {
    pub(super) fn of(layout: &KliveLayout, shards: &[PathBuf]) -> Result<Self, DatasetError> {
        let mut names: HashMap<String, u32> = HashMap::new();
        let mut lives: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        let mut line = Vec::new();
        for (shard, path) in shards.iter().enumerate() {
            let mut reader = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
            let (mut offset, mut number) = (0_u64, 0_u64);
            loop {
                number += 1;
                let taken = read_line(&mut reader, &mut line, path, || number)?;
                if taken == 0 {
                    break;
                }
                let at = offset;
                offset += taken as u64;
                if line.trim_ascii().is_empty() || (number == 1 && is_header(&line, layout.separator)) {
                    continue;
                }
                let (name, seconds) = line::parse_head(&line, layout.separator)
                    .map_err(|fault| DatasetError::line(path, number, FIELDS[fault.field], fault.reason))?;
                let live = match names.get(name) {
                    Some(&live) => live,
                    None => {
                        let live = u32::try_from(lives.len())
                            .map_err(|_too_many| DatasetError::layout(path, "more than 2^32 rooms"))?;
                        lives.push(name.to_owned());
                        names.insert(name.to_owned(), live);
                        live
                    }
                };
                entries.push(Entry { live, shard: shard as u32, offset: at, seconds });
            }
        }
        drop(names);
        Ok(Self::sorted(lives, entries))
    }

    fn sorted(mut lives: Vec<String>, mut entries: Vec<Entry>) -> Self {
        let mut order: Vec<u32> = (0..lives.len() as u32).collect();
        order.sort_by_cached_key(|&live| {
            let name = &lives[live as usize];
            (name.parse::<u64>().unwrap_or(u64::MAX), name.clone())
        });
        let mut place = vec![0_u32; lives.len()];
        for (rank, &live) in order.iter().enumerate() {
            place[live as usize] = rank as u32;
        }
        for entry in &mut entries {
            entry.live = place[entry.live as usize];
        }
        entries.sort_unstable_by(|a, b| {
            let rest = || (a.shard, a.offset).cmp(&(b.shard, b.offset));
            a.live.cmp(&b.live).then(a.seconds.total_cmp(&b.seconds)).then_with(rest)
        });
        let lives = order.into_iter().map(|live| std::mem::take(&mut lives[live as usize])).collect();
        Self { lives, entries }
    }
}

/// Number of the line that begins at `offset`; for messages only, as it reads the file up to there.
pub(super) fn line_number(path: &Path, offset: u64) -> Result<u64, DatasetError> {
    let file = File::open(path).map_err(DatasetError::io(path))?;
    let mut reader = BufReader::new(std::io::Read::take(file, offset));
    let mut lines = 1;
    loop {
        let buffer = std::io::BufRead::fill_buf(&mut reader).map_err(DatasetError::io(path))?;
        if buffer.is_empty() {
            return Ok(lines);
        }
        lines += buffer.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let length = buffer.len();
        std::io::BufRead::consume(&mut reader, length);
    }
}
