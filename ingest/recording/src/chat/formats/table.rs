//! Tab-separated text with a header that names at least `t_sec`, `user` and `text`.
//!
//! `t_sec` counts from the start of the recording, may be negative and may have a fraction. Further columns are kept
//! under their names. When `text` is the last column, tabs inside it belong to it.

use std::io::{self, BufRead};

use super::{ChatFormat, FormatName};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::lines::{Line, for_each_line};
use crate::chat::stamp::seconds;

/// The reader.
pub struct Table;

impl ChatFormat for Table {
    fn name(&self) -> FormatName {
        FormatName::Table
    }

    fn recognises(&self, head: &str) -> bool {
        head.lines().any(|line| Columns::of(line).is_some())
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        // Rows before the header (a shuffled file) wait for it.
        let (mut columns, mut early) = (None::<Columns>, Vec::new());
        let result = for_each_line(input, |number, line| match line {
            Line::TooLong => out.skip(number, SkipReason::TooLong),
            Line::Text(line) if line.is_empty() => {}
            Line::Text(line) => match &columns {
                Some(columns) => out.take_or_skip(number, columns.row(number, &line)),
                None => {
                    columns = Columns::of(&line);
                    match &columns {
                        None => early.push((number, line)),
                        Some(columns) => {
                            for (number, line) in early.drain(..) {
                                out.take_or_skip(number, columns.row(number, &line));
                            }
                        }
                    }
                }
            },
        });
        for (number, _) in early {
            out.skip(number, SkipReason::Malformed);
        }
        result
    }
}

struct Columns {
    names: Vec<String>,
    time: usize,
    user: usize,
    text: usize,
}

impl Columns {
    fn of(header: &str) -> Option<Self> {
        let names: Vec<String> = header.trim_end().split('\t').map(|name| name.trim().to_owned()).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let (time, user, text) = (find("t_sec")?, find("user")?, find("text")?);
        Some(Self { names, time, user, text })
    }

    fn row(&self, number: u64, line: &str) -> Result<Draft, SkipReason> {
        let cells: Vec<&str> = if self.text + 1 == self.names.len() {
            line.splitn(self.names.len(), '\t').collect()
        } else {
            line.split('\t').collect()
        };
        let offset = cells.get(self.time).and_then(|text| seconds(text)).ok_or(SkipReason::Field("t_sec"))?;
        let user = *cells.get(self.user).ok_or(SkipReason::Field("user"))?;
        let text = *cells.get(self.text).ok_or(SkipReason::Field("text"))?;
        let mut draft = Draft { offset: Some(offset), ..Draft::comment(number, user, text) };
        for (at, (name, cell)) in self.names.iter().zip(&cells).enumerate() {
            if ![self.time, self.user, self.text].contains(&at) {
                draft = draft.with(name, *cell);
            }
        }
        Ok(draft)
    }
}
