//! Reading the folder.
//!
//! Invariants: files are read in the order train, validation, test, friends, so that numbers of users and items don't
//! depend on the order in which the system lists files.

use std::path::{Path, PathBuf};

use super::{FRIEND, FileNotes, INTERACTION, Interaction, Interactions, ItemFeatures, Notes};
use crate::DatasetError;
use crate::gifting::lines::Lines;
use crate::gifting::matrix::read_npy;
use crate::gifting::{Ids, Matrix};

const FEATURES_SUFFIX: &str = "_feat.npy";
const FULL: &str = "is one id too many: 4,294,967,295 fit";

/// Reads a folder of interactions.
///
/// # Errors
/// When `train.tsv` is missing, a column is missing, a line doesn't fit (the message names file, line, column and
/// value), feature files differ in rows or aren't NumPy files, or an item's id is no row of the feature files.
pub fn read(folder: &Path) -> Result<Interactions, DatasetError> {
    let features = features(folder)?;
    let mut tables = Tables { users: Ids::new(), items: Ids::new(), rows: None, notes: Notes::default() };
    if let Some((path, first)) = features.first() {
        let rows = first.values.rows();
        tables.items = Ids::numbers(rows).ok_or_else(|| DatasetError::layout(path, "has too many rows"))?;
        tables.rows = Some(path.clone());
    }
    let train = tables.interactions(&folder.join("train.tsv"))?;
    let train_users = tables.users.len();
    let mut held_out = [Vec::new(), Vec::new()];
    for (name, part) in ["val.tsv", "test.tsv"].into_iter().zip(&mut held_out) {
        let path = folder.join(name);
        if path.is_file() {
            *part = tables.interactions(&path)?;
        }
    }
    let path = folder.join("friends.tsv");
    let friends = if path.is_file() { tables.friends(&path)? } else { Vec::new() };
    let [validation, test] = held_out;
    let Tables { users, items, mut notes, .. } = tables;
    let in_train = |one: &&Interaction| {
        train.binary_search_by_key(&(one.user, one.item), |other| (other.user, other.item)).is_ok()
    };
    notes.held_out_pairs_in_train = validation.iter().chain(&test).filter(in_train).count() as u64;
    notes.users_not_in_train = (users.len() - train_users) as u64;
    let mut taken = vec![false; items.len()];
    for one in &train {
        if let Some(taken) = taken.get_mut(one.item as usize) {
            *taken = true;
        }
    }
    notes.items_not_in_train = taken.iter().filter(|taken| !**taken).count() as u64;
    let train_users = u32::try_from(train_users).unwrap_or(u32::MAX);
    let features = features.into_iter().map(|(_, features)| features).collect();
    Ok(Interactions { users, items, train_users, train, validation, test, friends, features, notes })
}

/// Feature files in order of their names, all of the same number of rows.
fn features(folder: &Path) -> Result<Vec<(PathBuf, ItemFeatures)>, DatasetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(FEATURES_SUFFIX) {
            files.push((name.to_owned(), path));
        }
    }
    files.sort();
    let mut all: Vec<(PathBuf, ItemFeatures)> = Vec::new();
    for (name, path) in files {
        let values: Matrix = read_npy(&path)?;
        if let Some((first, features)) = all.first()
            && features.values.rows() != values.rows()
        {
            let first = first.file_name().unwrap_or_default().to_string_lossy();
            let reason = format!("has {} rows, but {first} has {}", values.rows(), features.values.rows());
            return Err(DatasetError::layout(&path, reason));
        }
        all.push((path, ItemFeatures { name, values }));
    }
    Ok(all)
}

struct Tables {
    users: Ids,
    items: Ids,
    /// A feature file whose rows the items are.
    rows: Option<PathBuf>,
    notes: Notes,
}

impl Tables {
    fn interactions(&mut self, path: &Path) -> Result<Vec<Interaction>, DatasetError> {
        let mut lines = Lines::open(path, &INTERACTION)?;
        let (valued, timed) = (lines.has(2), lines.has(3));
        let mut all = Vec::new();
        while lines.advance()? {
            let user = self.users.insert(lines.id(0)?).ok_or_else(|| lines.refuse(0, FULL))?;
            let item = self.item(&lines)?;
            let value = if valued { lines.amount(2)? } else { 1.0 };
            let time_ms = if timed { Some(lines.instant(3)?) } else { None };
            all.push(Interaction { user, item, value, time_ms });
        }
        let rows = all.len();
        // Stable, so that values are summed in the order of the file.
        all.sort_by_key(|one| (one.user, one.item));
        all.dedup_by(|later, first| {
            let same = (later.user, later.item) == (first.user, first.item);
            if same {
                first.value += later.value;
                first.time_ms = first.time_ms.max(later.time_ms);
            }
            same
        });
        self.note(path, rows, all.len(), &lines);
        Ok(all)
    }

    fn item(&mut self, lines: &Lines) -> Result<u32, DatasetError> {
        let text = lines.id(1)?;
        match &self.rows {
            None => self.items.insert(text).ok_or_else(|| lines.refuse(1, FULL)),
            Some(path) => self.items.get(text).ok_or_else(|| {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                let rows = self.items.len();
                lines.refuse(
                    1,
                    &format!("is no row of {file}, which has rows 0 to {}", rows.saturating_sub(1)),
                )
            }),
        }
    }

    fn friends(&mut self, path: &Path) -> Result<Vec<(u32, u32)>, DatasetError> {
        let mut lines = Lines::open(path, &FRIEND)?;
        let mut all = Vec::new();
        while lines.advance()? {
            let user = self.users.insert(lines.id(0)?).ok_or_else(|| lines.refuse(0, FULL))?;
            let friend = self.users.insert(lines.id(1)?).ok_or_else(|| lines.refuse(1, FULL))?;
            self.notes.own_friends += u64::from(user == friend);
            all.push((user, friend));
        }
        let rows = all.len();
        all.sort_unstable();
        all.dedup();
        self.note(path, rows, all.len(), &lines);
        Ok(all)
    }

    fn note(&mut self, path: &Path, rows: usize, kept: usize, lines: &Lines) {
        self.notes.files.push(FileNotes {
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            rows: rows as u64,
            duplicates: (rows - kept) as u64,
            unused_columns: lines.unused(),
        });
    }
}
