//! From a file on disk to a log.
//!
//! A gzip that ends early or a disk that fails in the middle ends the file there: what came before is kept and the
//! reason is noted.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::assemble::assemble;
use super::draft::{Collector, SkipReason};
use super::formats::{FormatName, named, sniff};
use super::log::ChatLog;
use super::options::ChatOptions;
use crate::RecordingError;

/// How much of the text is looked at to tell the format.
const HEAD: usize = 64 << 10;

/// A file's text, unpacked if it is a gzip.
///
/// # Errors
/// If the file cannot be opened or its first bytes cannot be read.
pub fn open_text(path: &Path) -> Result<Box<dyn BufRead>, RecordingError> {
    let failed = |source| RecordingError::Io { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(HEAD, File::open(path).map_err(failed)?);
    let packed = file.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    Ok(if packed {
        Box::new(BufReader::with_capacity(HEAD, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// Reads a chat file.
///
/// # Errors
/// If the file cannot be opened, or its content is of no known format. Damage is no error: see
/// [`ChatLog::skipped`].
pub fn read_chat(path: &Path, options: &ChatOptions) -> Result<ChatLog, RecordingError> {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    read_chat_from(open_text(path)?, &name, options)
        .ok_or_else(|| RecordingError::UnknownFormat { path: path.to_owned() })
}

/// Reads a chat from any source of text; `name` stands in positions. `None` when the format is not known.
pub fn read_chat_from(mut input: impl BufRead, name: &str, options: &ChatOptions) -> Option<ChatLog> {
    let mut head = Vec::new();
    let first = input.by_ref().take(HEAD as u64).read_to_end(&mut head);
    let file: Arc<str> = name.into();
    let mut found = Collector::default();
    let format = sniff(&head);
    let result = match (format, first) {
        (Some(format), Ok(_)) => format.read(&mut head.as_slice().chain(input), &mut found),
        (Some(format), Err(error)) => format.read(&mut head.as_slice(), &mut found).and(Err(error)),
        // An empty file is an empty chat: a recorder that was started and stopped.
        (None, _) if head.trim_ascii().is_empty() => {
            return Some(assemble(file, FormatName::Empty, found, options));
        }
        (None, _) => return None,
    };
    if let Err(error) = result {
        let index = found.drafts.last().map_or(0, |draft| draft.index + 1);
        found.skip(index, SkipReason::Input(error.to_string()));
    }
    Some(assemble(file, format?.name(), found, options))
}

/// Reads one item of a live source whose format is known, such as a line; `name` stands in positions. What could not be
/// read or says nothing is in the log, as with a file. An item without an id gets one from its content. `None` for
/// [`FormatName::Empty`].
pub fn read_item(format: FormatName, item: &[u8], name: &str, options: &ChatOptions) -> Option<ChatLog> {
    let mut found = Collector::default();
    // A slice can't fail.
    named(format)?.read(&mut &*item, &mut found).ok()?;
    Some(assemble(name.into(), format, found, options))
}
