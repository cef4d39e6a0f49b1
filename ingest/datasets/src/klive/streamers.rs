//! `live_id2aid.txt`: which streamer a room belongs to.
//!
//! Invariants: a room without an entry has no streamer; the last entry of a room holds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::layout::read_line;
use super::line::{self, Separator};
use crate::DatasetError;

#[derive(Debug, Default)]
pub(super) struct Streamers(BTreeMap<String, String>);

impl Streamers {
    /// Reads two fields a line, separated as the first line is. A missing file means no streamers.
    pub(super) fn read(path: &Path) -> Result<Self, DatasetError> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let mut reader = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
        let (mut map, mut line, mut number, mut separator) = (BTreeMap::new(), Vec::new(), 0, None);
        loop {
            number += 1;
            if read_line(&mut reader, &mut line, path, || number)? == 0 {
                return Ok(Self(map));
            }
            let row = line.trim_ascii();
            if row.is_empty() {
                continue;
            }
            let separator = *separator.get_or_insert_with(|| {
                let two = |separator: &Separator| line::split(row, *separator, 3).0.len() == 2;
                Separator::ALL.into_iter().find(two).unwrap_or(Separator::Tab)
            });
            let (fields, _) = line::split(row, separator, 3);
            let words: Vec<&str> = fields.iter().map(|field| line::text(field)).collect();
            match words[..] {
                ["live_id", _] => {}
                [live, author] if !live.is_empty() && !author.is_empty() => {
                    map.insert(live.to_owned(), author.to_owned());
                }
                _ => {
                    let field = if words.first().is_none_or(|word| word.is_empty()) {
                        "live_id"
                    } else {
                        "author_id"
                    };
                    let reason =
                        format!("expected two fields separated by {separator}, found {}", words.len());
                    return Err(DatasetError::line(path, number, field, reason));
                }
            }
        }
    }

    pub(super) fn of(&self, live: &str) -> Option<String> {
        self.0.get(live).cloned()
    }
}
