//! KuaiLive: clicks, gifts and reactions of users in rooms over 21 days, as CSV.
//!
//! `click.csv` and `gift.csv` have to be there; `negative.csv` (shown, not clicked), `comment.csv`, `like.csv`,
//! `room.csv`, `user.csv`, `streamer.csv` and `title_embeddings.npy` may be. Columns: [`columns`]. What is on the screen
//! isn't part of the release: see [`super::segments`] for the files that add it.
//!
//! Facts about users and streamers are those of the day of the release, not of the day of an event.
//!
//! Invariants: as those of [`super::records`]. Files are read line by line. Memory: 40 bytes per event that is kept (the
//! release: 200 MB for 4.9 million clicks; its impressions without a click are read only as far as
//! [`Options::shown_rate`] says), 25 bytes and the text per id, 4 bytes per number of attributes and of embeddings of
//! titles of rooms with an event.

pub mod columns;
mod events;
mod facts;

use std::path::Path;

use crate::DatasetError;
use crate::gifting::records::{FileNotes, Notes, ReactionKind, Records, RecordsBuilder};

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Fraction of `negative.csv` that is kept, chosen by `seed`; 0 leaves the file alone.
    pub shown_rate: f64,
    /// Whether comments and likes are read.
    pub reactions: bool,
    /// Whether embeddings of titles are read.
    pub titles: bool,
    /// Of the choice among impressions without a click.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { shown_rate: 0.0, reactions: true, titles: true, seed: 0 }
    }
}

/// Reads a folder.
///
/// # Errors
/// When `click.csv` or `gift.csv` is missing, a column is missing (the message lists what was found), or a line doesn't
/// fit (the message names file, line, column and value).
pub fn read(folder: &Path, options: &Options) -> Result<Records, DatasetError> {
    for name in ["click.csv", "gift.csv"] {
        if !folder.join(name).is_file() {
            return Err(DatasetError::layout(folder, format!("no {name}, which KuaiLive's layout needs")));
        }
    }
    let mut builder = RecordsBuilder::new();
    let mut files = vec![
        events::clicks(&folder.join("click.csv"), &mut builder)?,
        events::gifts(&folder.join("gift.csv"), &mut builder)?,
    ];
    let shown = folder.join("negative.csv");
    let shown_rate = options.shown_rate.clamp(0.0, 1.0);
    if shown_rate > 0.0 && shown.is_file() {
        files.push(events::shown(&shown, shown_rate, options.seed, &mut builder)?);
    } else {
        files.push(aside("negative.csv", shown.is_file()));
    }
    for (name, kind) in [("comment.csv", ReactionKind::Comment), ("like.csv", ReactionKind::Like)] {
        let path = folder.join(name);
        if options.reactions && path.is_file() {
            files.push(events::reactions(&path, kind, &mut builder)?);
        } else {
            files.push(aside(name, path.is_file()));
        }
    }
    let mut records = builder.finish();
    files.extend(facts::read(folder, options, &mut records)?);
    records.shown_rate = shown_rate;
    let Notes { files: all, .. } = &mut records.notes;
    *all = files;
    Ok(records)
}

/// A file that isn't read.
fn aside(name: &str, present: bool) -> FileNotes {
    FileNotes { file: name.to_owned(), present, ..FileNotes::default() }
}
