//! Files of named, checksummed arrays that are mapped into memory.
//!
//! Layout, little endian: magic (8 bytes), version (u32), kind (4 bytes), sections (u32), reserved (u32), file length
//! (u64); per section name (16 bytes), offset (u64), length (u64), BLAKE3 (32 bytes); BLAKE3 of all before it. Sections
//! start at multiples of 64 bytes. Invariants: a file is written whole under a temporary name and renamed; what is
//! read was compared with its checksum when the file was opened.

mod column;
mod map;
mod read;
mod write;

pub(crate) use column::Column;
pub(crate) use read::Container;
pub(crate) use write::write;

// Arrays are read where they lie.
const _: () = assert!(cfg!(target_endian = "little"), "files of arrays are little endian");

const MAGIC: [u8; 8] = *b"KAIROSGR";
const VERSION: u32 = 1;
const HEAD: usize = 32;
const ENTRY: usize = 64;
const CHECK: usize = 32;
const ALIGN: usize = 64;
const MOST_SECTIONS: usize = 64;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(pub [u8; 4]);

/// Users, streamers and gifts.
pub(crate) const GRAPH: Kind = Kind(*b"grph");
/// Neighbour tables.
pub(crate) const TABLES: Kind = Kind(*b"nbrs");
