//! A small pool of connections to the engine, and how a request runs on one.
//!
//! Invariants: one connection is never lent, because closing the last one stops the engine; a connection goes back
//! to the pool as it came (database and settings of a request do not reach the next).

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::ffi::Connection;
use super::leaving;
use super::request::{Request, Statement};
use crate::Error;

/// What every connection starts with. An insert is acknowledged when its part is on disk.
const BASELINE: [(&str, &str); 1] = [("async_insert", "0")];

/// Formats whose answers are the concatenation of their pieces. Others have a head or a foot and are made whole.
const PIECEWISE: [&str; 7] =
    ["RowBinary", "JSONEachRow", "TabSeparated", "TSV", "CSV", "Native", "TabSeparatedRaw"];

/// The one whose head the engine repeats before every piece.
const WITH_HEAD: &str = "RowBinaryWithNamesAndTypes";

pub(super) struct Engine {
    arguments: Vec<String>,
    idle: Mutex<Vec<Connection>>,
    // Never lent.
    _anchor: Mutex<Connection>,
}

/// Takes pieces of an answer; `false` when nobody wants more.
pub(super) type Sink<'a> = dyn FnMut(Vec<u8>) -> bool + 'a;

impl Engine {
    /// Starts the engine on a folder that exists.
    pub(super) fn open(data_dir: &Path, more: &[String]) -> Result<Self, Error> {
        let refused = || Error::Open { data_dir: data_dir.to_owned() };
        let path = data_dir.to_str().ok_or_else(refused)?;
        let mut arguments = vec!["kairos".to_owned(), format!("--path={path}")];
        arguments.extend(BASELINE.iter().map(|(name, value)| format!("--{name}={value}")));
        arguments.extend_from_slice(more);
        match Connection::open(&arguments)? {
            Some(anchor) => Ok(Self { arguments, idle: Mutex::new(Vec::new()), _anchor: Mutex::new(anchor) }),
            None => Err(holder(data_dir)
                .map_or_else(refused, |process| Error::Locked { data_dir: data_dir.to_owned(), process })),
        }
    }

    /// Runs a request to its end on the calling thread.
    pub(super) fn run(&self, request: &Request, sink: &mut Sink<'_>) -> Result<(), String> {
        let lent = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match lent {
            Some(connection) => connection,
            None => Connection::open(&self.arguments)
                .map_err(|error| error.to_string())?
                .ok_or("Code: 1002. the engine opens no more connections")?,
        };
        // Before anybody has the answer: who has it may exit.
        let sink: &mut Sink<'_> = &mut |piece| {
            leaving::stay_first();
            sink(piece)
        };
        let outcome =
            prepare(&mut connection, request).and_then(|()| execute(&mut connection, request, sink));
        // A statement may have changed the session in ways that can't be undone; then it is closed.
        if !request.changes_session() && restore(&mut connection, request).is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        leaving::stay_first();
        outcome
    }
}

fn prepare(connection: &mut Connection, request: &Request) -> Result<(), String> {
    let database = request.database.as_deref().unwrap_or("default");
    connection.query(&format!("USE {}", quote(database, '`')), "Null", &[])?;
    for (name, value) in &request.settings {
        connection.query(&format!("SET {name} = {}", quote(value, '\'')), "Null", &[])?;
    }
    Ok(())
}

fn restore(connection: &mut Connection, request: &Request) -> Result<(), String> {
    for (name, _) in &request.settings {
        let baseline = BASELINE.iter().find(|(known, _)| known == name).map_or("DEFAULT", |(_, value)| value);
        connection.query(&format!("SET {name} = {baseline}"), "Null", &[])?;
    }
    Ok(())
}

fn execute(connection: &mut Connection, request: &Request, sink: &mut Sink<'_>) -> Result<(), String> {
    let format = request.format.as_deref().unwrap_or("TabSeparated");
    match &request.statement {
        Statement::Insert { sql, format, data } => connection.insert(sql, format, data),
        Statement::Query(sql) => {
            let streams = (PIECEWISE.contains(&format) || format == WITH_HEAD) && !names_format(sql);
            if streams && stream(connection, sql, format, &request.params, sink)? {
                return Ok(());
            }
            let answer = connection.query(sql, format, &request.params)?;
            sink(answer);
            Ok(())
        }
    }
}

/// `false` when the engine does not stream statements of this kind; it has done nothing then.
fn stream(
    connection: &mut Connection,
    sql: &str,
    format: &str,
    params: &[(String, String)],
    sink: &mut Sink<'_>,
) -> Result<bool, String> {
    let mut pieces = match connection.stream(sql, format, params) {
        Ok(pieces) => pieces,
        Err(error) if error.contains("Streaming query is not supported") => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut head: Option<Vec<u8>> = None;
    while let Some(mut piece) = pieces.next()? {
        if format == WITH_HEAD {
            match &head {
                None => head = Some(piece[..head_length(&piece).ok_or("Code: 1002. broken head")?].to_vec()),
                Some(head) if piece.starts_with(head) => drop(piece.drain(..head.len())),
                Some(_) => {}
            }
        }
        if !sink(piece) {
            break;
        }
    }
    Ok(true)
}

/// Length of the head of `RowBinaryWithNamesAndTypes`: a count, then as many names, then as many types.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let columns = varint(bytes, &mut at)?;
    for _ in 0..columns.checked_mul(2)? {
        let length = varint(bytes, &mut at)?;
        at = at.checked_add(length).filter(|at| *at <= bytes.len())?;
    }
    Some(at)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Whether a text may choose its own format, which only the engine's parser knows for sure.
fn names_format(sql: &str) -> bool {
    sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word.eq_ignore_ascii_case("format"))
}

fn quote(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for c in text.chars() {
        if c == mark || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push(mark);
    quoted
}

/// The process that holds a folder: the engine writes its id into the file that it locks. A file left by a killed
/// process names one that is gone.
fn holder(data_dir: &Path) -> Option<u32> {
    let status = std::fs::read_to_string(data_dir.join("status")).ok()?;
    let process = status.lines().find_map(|line| line.strip_prefix("PID: "))?.trim().parse().ok()?;
    let lives = |process: &u32| Path::new("/proc").join(process.to_string()).exists();
    Some(process).filter(|process| *process != std::process::id()).filter(lives)
}

/// All pieces of a body.
pub(super) type Body = Vec<Bytes>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside_their_quotes() {
        assert_eq!(quote("a'b\\", '\''), "'a\\'b\\\\'");
        assert_eq!(quote("a`; DROP", '`'), "`a\\`; DROP`");
    }

    #[test]
    fn the_head_of_typed_rows_is_measured_and_broken_ones_are_not() {
        let head = b"\x01\x06number\x06UInt64";
        assert_eq!(head_length(&[head.as_slice(), &[0; 8]].concat()), Some(head.len()));
        assert_eq!(head_length(&head[..5]), None);
        assert_eq!(head_length(&[0xff; 20]), None);
    }
}
