//! The one place where a file becomes memory.
//!
//! Invariant: the mapping is read only.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::Error;

/// A file in memory.
pub(crate) struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

impl MappedFile {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io("opening", path))?;
        // SAFETY: the mapping is private to this type and only lent out as `&[u8]`. Files of this kind are never
        // written in place: `write` makes a new file and renames it over the old name, which leaves the mapped one as
        // it is. Who edits or cuts a mapped file by other means breaks this, as with any mapped file.
        let map = unsafe { Mmap::map(&file) }.map_err(Error::io("mapping", path))?;
        Ok(Self { path: path.to_owned(), map })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }
}
