//! Opening a file of arrays.
//!
//! Invariants: nothing is believed before it was compared; no bytes make it panic.

use std::path::Path;
use std::sync::Arc;

use bytemuck::Pod;
use rayon::prelude::*;

use super::map::MappedFile;
use super::{CHECK, Column, ENTRY, HEAD, Kind, MAGIC, MOST_SECTIONS, VERSION};
use crate::Error;

struct Section {
    name: String,
    start: usize,
    length: usize,
}

/// An open file, every section as it was written.
pub(crate) struct Container {
    file: Arc<MappedFile>,
    sections: Vec<Section>,
    digest: blake3::Hash,
}

impl Container {
    /// Opens and checks the whole file: reads all of it once.
    pub(crate) fn open(path: &Path, kind: Kind) -> Result<Self, Error> {
        let file = Arc::new(MappedFile::open(path)?);
        let bytes = file.bytes();
        let number = |at: usize| {
            bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        let long = |at: usize| {
            bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
        };
        let same = |section: &str, what, expected: &dyn ToString, found: &dyn ToString| {
            let (expected, found) = (expected.to_string(), found.to_string());
            match expected == found {
                true => Ok(()),
                false => Err(damaged(path, section, what, expected, found)),
            }
        };
        if bytes.len() < HEAD {
            return Err(damaged(
                path,
                "header",
                "length",
                format!("{HEAD} bytes or more"),
                format!("{}", bytes.len()),
            ));
        }
        same("header", "magic", &MAGIC.escape_ascii(), &bytes[..8].escape_ascii())?;
        same("header", "version", &VERSION, &number(8))?;
        same("header", "kind", &kind.0.escape_ascii(), &bytes[12..16].escape_ascii())?;
        same("file", "length", &long(24), &bytes.len())?;
        let count = number(16) as usize;
        let end = HEAD + count.min(MOST_SECTIONS) * ENTRY;
        let Some(check) = bytes.get(end..end + CHECK).filter(|_| count <= MOST_SECTIONS) else {
            let most = ((bytes.len() - HEAD) / ENTRY).min(MOST_SECTIONS);
            return Err(damaged(
                path,
                "header",
                "number of sections",
                format!("at most {most}"),
                count.to_string(),
            ));
        };
        let digest = blake3::hash(&bytes[..end]);
        same("header", "checksum", &hex(check), &digest.to_hex())?;

        let mut sections = Vec::with_capacity(count);
        let mut sums = Vec::with_capacity(count);
        for at in (HEAD..end).step_by(ENTRY) {
            let name = bytes[at..at + 16].iter().take_while(|&&byte| byte != 0);
            let name = String::from_utf8_lossy(&name.copied().collect::<Vec<_>>()).into_owned();
            let (start, length) = (long(at + 16), long(at + 24));
            if start.checked_add(length).is_none_or(|end| end > bytes.len() as u64) {
                let found = format!("{length} bytes at {start}");
                return Err(damaged(path, &name, "place", format!("inside {} bytes", bytes.len()), found));
            }
            sums.push(&bytes[at + 32..at + 64]);
            sections.push(Section { name, start: start as usize, length: length as usize });
        }
        let checked: Vec<_> = sections
            .par_iter()
            .map(|section| blake3::hash(&bytes[section.start..section.start + section.length]))
            .collect();
        for ((section, expected), found) in sections.iter().zip(sums).zip(checked) {
            same(&section.name, "checksum", &hex(expected), &found.to_hex())?;
        }
        Ok(Self { file, sections, digest })
    }

    /// What tells this content from any other.
    pub(crate) const fn digest(&self) -> blake3::Hash {
        self.digest
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// A section as an array; of `length` elements when given.
    pub(crate) fn column<T: Pod>(&self, name: &str, length: Option<usize>) -> Result<Column<T>, Error> {
        let Some(section) = self.sections.iter().find(|section| section.name == name) else {
            return Err(self.damaged(name, "section", "there", "missing"));
        };
        let range = section.start..section.start + section.length;
        let column = Column::mapped(Arc::clone(&self.file), range).ok_or_else(|| {
            self.damaged(name, "length", format!("a multiple of {} bytes", size_of::<T>()), section.length)
        })?;
        match length {
            Some(length) if length != column.len() => {
                Err(self.damaged(name, "elements", length, column.len()))
            }
            _ => Ok(column),
        }
    }

    /// An error about a section's content.
    pub(crate) fn damaged(
        &self,
        section: &str,
        what: &'static str,
        expected: impl ToString,
        found: impl ToString,
    ) -> Error {
        damaged(self.path(), section, what, expected.to_string(), found.to_string())
    }
}

fn damaged(path: &Path, section: &str, what: &'static str, expected: String, found: String) -> Error {
    Error::Damaged { file: path.to_owned(), section: section.to_owned(), what, expected, found }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
