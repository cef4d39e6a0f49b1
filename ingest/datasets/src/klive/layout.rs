//! Which separator and which widths the shards have, from their first lines.
//!
//! Invariants: a separator is taken only if all lines that are looked at fit it; the same files give the same layout.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::line::{self, FIELDS, Fault, Separator};
use crate::DatasetError;

/// How many lines of a shard are looked at.
const LOOKED_AT: usize = 64;
/// A longer line is none of this format: 64 times the widest features that are in use.
pub(super) const LONGEST_LINE: u64 = 4 << 20;

/// What was found about the shards of a KLive folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KliveLayout {
    /// Between the fields.
    pub separator: Separator,
    /// Whether shards begin with a line of names.
    pub header: bool,
    /// Numbers in an image feature; 0 where all are empty.
    pub picture_width: usize,
    /// Numbers in a text feature; 0 where all are empty.
    pub text_width: usize,
    /// The shard that was looked at.
    pub shard: PathBuf,
    /// Lines that were looked at.
    pub lines: usize,
}

impl fmt::Display for KliveLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = if self.header { "with" } else { "without" };
        write!(
            f,
            "fields separated by {}, {header} header, image features of {}, text features of {} (from {} lines of {})",
            self.separator,
            self.picture_width,
            self.text_width,
            self.lines,
            self.shard.display()
        )
    }
}

impl KliveLayout {
    /// Looks at the first shard that isn't empty.
    pub(super) fn detect<'a>(shards: impl Iterator<Item = &'a PathBuf>) -> Result<Self, DatasetError> {
        let mut last = None;
        for shard in shards {
            let lines = first_lines(shard)?;
            if !lines.is_empty() {
                return Self::of(shard, &lines);
            }
            last = Some(shard);
        }
        Err(DatasetError::layout(last.map_or(Path::new(""), PathBuf::as_path), "all shards are empty"))
    }

    fn of(shard: &Path, lines: &[(u64, Vec<u8>)]) -> Result<Self, DatasetError> {
        let mut furthest: Option<(u64, Fault, Separator)> = None;
        for separator in Separator::ALL {
            match fit(lines, separator) {
                Ok((header, picture_width, text_width)) => {
                    let (shard, lines) = (shard.to_owned(), lines.len());
                    return Ok(Self { separator, header, picture_width, text_width, shard, lines });
                }
                Err((line, fault)) => {
                    let further = furthest
                        .as_ref()
                        .is_none_or(|(other, best, _)| (line, fault.field) > (*other, best.field));
                    if further {
                        furthest = Some((line, fault, separator));
                    }
                }
            }
        }
        let (line, fault, separator) =
            furthest.unwrap_or_else(|| (1, Fault::new(0, "nothing to look at"), Separator::Tab));
        let reason =
            format!("{} (taken as fields separated by {separator}; no other fits better)", fault.reason);
        Err(DatasetError::line(shard, line, FIELDS[fault.field], reason))
    }

    /// Checks the widths of a later line.
    pub(super) fn check(&self, picture: &[f32], text: &[f32]) -> Result<(), Fault> {
        for (field, found, expected) in [(3, picture, self.picture_width), (4, text, self.text_width)] {
            if !found.is_empty() && found.len() != expected {
                return Err(Fault::new(field, format!("has {} numbers, not {expected}", found.len())));
            }
        }
        Ok(())
    }
}

/// Header and widths, or the line that doesn't fit.
fn fit(lines: &[(u64, Vec<u8>)], separator: Separator) -> Result<(bool, usize, usize), (u64, Fault)> {
    let header = lines.len() > 1 && is_header(&lines[0].1, separator);
    let mut widths = [0_usize; 2];
    for (number, line) in &lines[usize::from(header)..] {
        let row = line::parse(line, separator).map_err(|fault| (*number, fault))?;
        for (slot, (field, list)) in widths.iter_mut().zip([(3, &row.picture), (4, &row.text)]) {
            match (*slot, list.len()) {
                (0, found) => *slot = found,
                (_, 0) => {}
                (expected, found) if found != expected => {
                    return Err((*number, Fault::new(field, format!("has {found} numbers, not {expected}"))));
                }
                _ => {}
            }
        }
    }
    Ok((header, widths[0], widths[1]))
}

/// Whether a line holds the names of the fields, which have to be in the documented order.
pub(super) fn is_header(line: &[u8], separator: Separator) -> bool {
    let (fields, rest) = line::split(line, separator, FIELDS.len());
    let begins = ["live", "time", "lvtr", "im", "te"];
    rest.is_empty()
        && fields.len() == FIELDS.len()
        && fields.iter().zip(begins).all(|(field, begin)| {
            line::text(field).trim_start_matches('#').trim().to_ascii_lowercase().starts_with(begin)
        })
}

fn first_lines(shard: &Path) -> Result<Vec<(u64, Vec<u8>)>, DatasetError> {
    let mut reader = BufReader::new(File::open(shard).map_err(DatasetError::io(shard))?);
    let (mut lines, mut number) = (Vec::new(), 0);
    let mut line = Vec::new();
    while lines.len() < LOOKED_AT {
        number += 1;
        if read_line(&mut reader, &mut line, shard, || number)? == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            lines.push((number, line.clone()));
        }
    }
    Ok(lines)
}

/// One line without its end into `line`; how many bytes it took, 0 at the end of the file.
pub(super) fn read_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    path: &Path,
    number: impl FnOnce() -> u64,
) -> Result<usize, DatasetError> {
    line.clear();
    let mut limited = std::io::Read::take(&mut *reader, LONGEST_LINE);
    let taken = limited.read_until(b'\n', line).map_err(DatasetError::io(path))?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if taken as u64 == LONGEST_LINE {
        let reason = format!("longer than {LONGEST_LINE} bytes");
        return Err(DatasetError::line(path, number(), "line", reason));
    }
    Ok(taken)
}
