//! Rows of a CSV or TSV file with a header.
//!
//! Invariants: the separator is a tab if the header has one, otherwise a comma.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use super::columns::Quantity;
use super::table::{Cell, Chosen, Visit};
use crate::DatasetError;

/// A reader with its separator, and the names of its columns.
pub(crate) fn open(path: &Path) -> Result<(csv::Reader<BufReader<File>>, Vec<String>), DatasetError> {
    const LONGEST_HEADER: u64 = 1 << 20;
    let mut file = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
    let mut header = Vec::new();
    file.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut header).map_err(DatasetError::io(path))?;
    file.rewind().map_err(DatasetError::io(path))?;
    let delimiter = if header.contains(&b'\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    let names = reader.byte_headers().map_err(|error| damaged(path, &error))?;
    let clean = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned();
    let names = names.iter().map(clean).collect();
    Ok((reader, names))
}

pub(super) fn column_names(path: &Path) -> Result<Vec<String>, DatasetError> {
    open(path).map(|(_, names)| names)
}

pub(super) fn scan(path: &Path, quantities: &[Quantity], visit: &mut Visit<'_>) -> Result<(), DatasetError> {
    let (mut reader, names) = open(path)?;
    let chosen = Chosen::of(path, &names, quantities)?;
    let mut record = csv::ByteRecord::new();
    let mut cells = vec![Cell::Null; quantities.len()];
    while reader.read_byte_record(&mut record).map_err(|error| damaged(path, &error))? {
        for (cell, column) in cells.iter_mut().zip(&chosen.0) {
            let bytes = column.and_then(|column| record.get(column));
            *cell = bytes.map_or(Cell::Null, |bytes| Cell::Text(String::from_utf8_lossy(bytes).into_owned()));
        }
        match visit(&cells) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err((quantity, reason)) => {
                let line = record.position().map_or(0, csv::Position::line);
                let column = chosen.0.get(quantity).copied().flatten().and_then(|column| names.get(column));
                let field = column.map_or(quantities[quantity].name, String::as_str);
                return Err(DatasetError::line(path, line, field, reason));
            }
        }
    }
    Ok(())
}

/// The line is that of the reader; the field is the row as such.
pub(crate) fn damaged(path: &Path, error: &csv::Error) -> DatasetError {
    let line = match error.kind() {
        csv::ErrorKind::Utf8 { pos: Some(at), .. } | csv::ErrorKind::UnequalLengths { pos: Some(at), .. } => {
            at.line()
        }
        _ => error.position().map_or(1, csv::Position::line),
    };
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} columns, the header {expected_len}")
        }
        csv::ErrorKind::Utf8 { err, .. } => format!("is no text: {err}"),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    DatasetError::line(path, line, "row", reason)
}
