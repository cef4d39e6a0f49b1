//! Facts about users, streamers and rooms as numbers of a fixed width.
//!
//! A row is [`HASHED`] places for categories (each column and value has a place by its hash, where 1 is added), then one
//! number per numeric column, sign(x) ln(1 + |x|) / 10 of the number or of the mean of a range's ends, then one per time
//! column, (years since 2020) / 10, then 1 if there is a row at all.
//!
//! Invariants: nothing is scaled by statistics of the table, so that a row depends on itself alone; what is missing is 0.

use std::path::Path;

use cityhash_rs::cityhash_102_128;

use super::lines::Lines;
use super::records::FileNotes;
use super::{Ids, Matrix};
use crate::DatasetError;
use crate::m3::columns::Quantity;
use crate::m3::instant;

/// Places for categories.
pub const HASHED: usize = 48;

/// Rows of facts by number; no rows where there is no source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes {
    names: Vec<String>,
    rows: Matrix,
}

/// How a table of facts is read.
pub(crate) struct AttributeTable {
    /// Which column is the id.
    pub(crate) id: Quantity,
    /// Columns with numbers, or ranges of numbers.
    pub(crate) numeric: &'static [&'static str],
    /// Columns with instants.
    pub(crate) times: &'static [&'static str],
    /// Columns that are no facts.
    pub(crate) other: &'static [&'static str],
}

impl Attributes {
    /// Numbers in a row; 0 without a source.
    #[must_use]
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// What each number of a row is.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The row of a user, streamer or room.
    #[must_use]
    pub fn row(&self, number: u32) -> Option<&[f32]> {
        self.rows.row(number as usize)
    }

    /// Reads the rows of those who are in `ids`; `also` sees each of these lines and the number of its id. The first
    /// row of an id holds.
    pub(crate) fn read(
        path: &Path,
        table: &AttributeTable,
        ids: &Ids,
        more: &[Quantity],
        mut also: impl FnMut(&Lines, u32) -> Result<(), DatasetError>,
    ) -> Result<(Self, FileNotes), DatasetError> {
        let quantities: Vec<Quantity> = std::iter::once(table.id).chain(more.iter().copied()).collect();
        let mut lines = Lines::open(path, &quantities)?;
        let width = HASHED + table.numeric.len() + table.times.len() + 1;
        let mut values = vec![0.0; ids.len() * width];
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut notes = FileNotes { file, present: true, ..FileNotes::default() };
        while lines.advance()? {
            notes.rows += 1;
            let Some(number) = ids.get(lines.id(0)?) else {
                notes.left_out += 1;
                continue;
            };
            also(&lines, number)?;
            let begin = number as usize * width;
            let Some(row) = values.get_mut(begin..begin + width) else { continue };
            if row.last() == Some(&1.0) {
                notes.repeated += 1;
                continue;
            }
            fill(row, table, &lines);
        }
        let hashed = (0..HASHED).map(|place| format!("category {place}"));
        let named = table.numeric.iter().chain(table.times).map(|name| (*name).to_owned());
        let names = hashed.chain(named).chain(["known".to_owned()]).collect();
        Ok((Self { names, rows: Matrix::new(width, values) }, notes))
    }
}

fn fill(row: &mut [f32], table: &AttributeTable, lines: &Lines) {
    for (name, bytes) in lines.cells() {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim();
        let is = |other: &&&str| name.eq_ignore_ascii_case(other);
        if text.is_empty() || table.id.aliases.iter().chain(table.other).any(|other| is(&other)) {
            continue;
        }
        if let Some(at) = table.times.iter().position(|other| is(&other)) {
            const YEAR_SECONDS: f64 = 365.25 * 86_400.0;
            if let Ok(Some(seconds)) = instant::from_text(text) {
                row[HASHED + table.numeric.len() + at] = ((seconds / YEAR_SECONDS - 50.0) / 10.0) as f32;
            }
            continue;
        }
        if let Some(at) = table.numeric.iter().position(|other| is(&other)) {
            if let Some(number) = number(text) {
                row[HASHED + at] = (number.signum() * number.abs().ln_1p() / 10.0) as f32;
            }
            if text.parse::<f64>().is_ok() {
                continue;
            }
        }
        let name = name.to_ascii_lowercase();
        let hash = cityhash_102_128(format!("{name}={text}").as_bytes()) as u64;
        row[(hash % HASHED as u64) as usize] += 1.0;
    }
    if let Some(known) = row.last_mut() {
        *known = 1.0;
    }
}

/// A number, or the mean of the numbers in a range such as `[10,50)`, `18-23` or `1000+`.
fn number(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return Some(number).filter(|number| number.is_finite());
    }
    let parts = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let numbers: Vec<f64> = parts.filter_map(|part| part.parse().ok()).collect();
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    Some(mean).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_as_its_middle() {
        for (text, middle) in
            [("[10,50)", 30.0), ("18-23", 20.5), ("1000+", 1000.0), ("7", 7.0), ("-3", -3.0)]
        {
            assert_eq!(number(text), Some(middle), "{text}");
        }
        assert_eq!((number("unknown"), number("nan"), number("")), (None, None, None));
    }
}
