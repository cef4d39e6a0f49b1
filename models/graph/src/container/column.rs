//! An array that is either in memory or in a mapped file.
//!
//! Invariant: a mapped column's range was checked against the file and the element size when it was made.

use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;

use super::map::MappedFile;

/// An array of plain numbers.
pub(crate) enum Column<T> {
    /// In memory.
    Owned(Vec<T>),
    /// In a file.
    Mapped(Arc<MappedFile>, Range<usize>, PhantomData<T>),
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl<T: Pod> Column<T> {
    pub(super) fn mapped(file: Arc<MappedFile>, range: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(file.bytes().get(range.clone())?).ok()?;
        Some(Self::Mapped(file, range, PhantomData))
    }

    /// The elements as bytes of a file.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }

    /// Bytes in memory, none when mapped.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Owned(elements) => elements.capacity() * size_of::<T>(),
            Self::Mapped(..) => 0,
        }
    }
}

impl<T: Pod> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Owned(elements) => elements,
            Self::Mapped(file, range, _) => bytemuck::cast_slice(&file.bytes()[range.clone()]),
        }
    }
}

impl<T: Pod> From<Vec<T>> for Column<T> {
    fn from(elements: Vec<T>) -> Self {
        Self::Owned(elements)
    }
}
