//! Lines of a text table by the columns that are wanted, one at a time.
//!
//! Invariants: columns are found by name, in any order; a refusal names file, line, column and value. Memory: one line.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::DatasetError;
use crate::m3::columns::Quantity;
use crate::m3::{Chosen, damaged, instant, open_csv};

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    reader: csv::Reader<BufReader<File>>,
    names: Vec<String>,
    columns: Vec<Option<usize>>,
    quantities: Vec<Quantity>,
    record: csv::ByteRecord,
}

impl Lines {
    /// Opens a table and finds its columns.
    pub(crate) fn open(path: &Path, quantities: &[Quantity]) -> Result<Self, DatasetError> {
        let (reader, names) = open_csv(path)?;
        let columns = Chosen::of(path, &names, quantities)?.0;
        let (path, quantities) = (path.to_owned(), quantities.to_vec());
        Ok(Self { path, reader, names, columns, quantities, record: csv::ByteRecord::new() })
    }

    /// Goes on to the next line; false after the last.
    pub(crate) fn advance(&mut self) -> Result<bool, DatasetError> {
        self.reader.read_byte_record(&mut self.record).map_err(|error| damaged(&self.path, &error))
    }

    /// Whether the table has a column for this quantity.
    pub(crate) fn has(&self, quantity: usize) -> bool {
        self.columns.get(quantity).is_some_and(Option::is_some)
    }

    /// Columns that no quantity uses.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = |at: &usize| self.columns.contains(&Some(*at));
        self.names.iter().enumerate().filter(|(at, _)| !used(at)).map(|(_, name)| name.clone()).collect()
    }

    /// All columns' names and this line's texts.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.names.iter().map(String::as_str).zip(self.record.iter())
    }

    /// An error about a quantity of this line.
    pub(crate) fn refuse(&self, quantity: usize, reason: &str) -> DatasetError {
        let column = self.columns.get(quantity).copied().flatten();
        let name = column.and_then(|column| self.names.get(column)).map(String::as_str);
        let field = name.or(self.quantities.get(quantity).map(|quantity| quantity.name)).unwrap_or("row");
        let value = column.and_then(|column| self.record.get(column)).unwrap_or_default();
        let value: String = String::from_utf8_lossy(value).chars().take(40).collect();
        let line = self.record.position().map_or(0, csv::Position::line);
        DatasetError::line(&self.path, line, field, format!("{value:?} {reason}"))
    }

    /// Text of a quantity without space around it; empty where the column is missing.
    pub(crate) fn text(&self, quantity: usize) -> Result<&str, DatasetError> {
        let bytes = self.columns.get(quantity).copied().flatten().and_then(|column| self.record.get(column));
        let text = std::str::from_utf8(bytes.unwrap_or_default());
        text.map(str::trim).map_err(|error| self.refuse(quantity, &format!("is no text: {error}")))
    }

    /// An id: any text but none.
    pub(crate) fn id(&self, quantity: usize) -> Result<&str, DatasetError> {
        let text = self.text(quantity)?;
        if text.is_empty() { Err(self.refuse(quantity, "is no id")) } else { Ok(text) }
    }

    /// A finite number of at least 0.
    pub(crate) fn amount(&self, quantity: usize) -> Result<f64, DatasetError> {
        let number = self.text(quantity)?.parse::<f64>().ok();
        let finite = number.filter(|number| number.is_finite());
        let number = finite.ok_or_else(|| self.refuse(quantity, "is no finite number"))?;
        if number < 0.0 { Err(self.refuse(quantity, "is below 0")) } else { Ok(number) }
    }

    /// Milliseconds of a whole number that says milliseconds.
    pub(crate) fn milliseconds(&self, quantity: usize) -> Result<i64, DatasetError> {
        let text = self.text(quantity)?;
        let whole = text.parse::<i64>().ok().or_else(|| {
            let number = text.parse::<f64>().ok()?;
            (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
        });
        whole.ok_or_else(|| self.refuse(quantity, "is no whole number of milliseconds"))
    }

    /// Milliseconds of a time in any notation: seconds, milliseconds, microseconds by size, or a datetime.
    pub(crate) fn instant(&self, quantity: usize) -> Result<i64, DatasetError> {
        let seconds = instant::from_text(self.text(quantity)?);
        let seconds =
            seconds.map_err(|_reason| self.refuse(quantity, "is neither a number nor a datetime"))?;
        let milliseconds =
            seconds.map(|seconds| (seconds * 1e3).round()).filter(|value| value.abs() < 9.0e15);
        milliseconds.map(|value| value as i64).ok_or_else(|| self.refuse(quantity, "is no time"))
    }
}
