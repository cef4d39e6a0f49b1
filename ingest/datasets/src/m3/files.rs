//! Which file of a folder is which table.
//!
//! Invariants: files are taken in order of their names' numbers and letters, whatever order the system lists them in.

use std::path::{Path, PathBuf};

use super::columns::TABLES;
use crate::DatasetError;

/// The tables of a folder; a table may be in several files.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) interactions: Vec<PathBuf>,
    pub(super) likes: Vec<PathBuf>,
    pub(super) comments: Vec<PathBuf>,
    pub(super) meta: Vec<PathBuf>,
    pub(super) segments: Vec<PathBuf>,
}

impl Files {
    pub(super) fn find(folder: &Path) -> Result<Self, DatasetError> {
        let mut all = Vec::new();
        list(folder, 0, &mut all)?;
        all.sort();
        let is_segment = |name: &str| name.contains("emb_128_ts") && name.ends_with(".parquet");
        let segments: Vec<PathBuf> = paths(&all, is_segment);
        if segments.is_empty() {
            let found: Vec<&str> = all.iter().map(|(_, name, _)| name.as_str()).take(20).collect();
            let reason = format!("no live_emb_128_ts_part*.parquet; found {}", found.join(", "));
            return Err(DatasetError::layout(folder, reason));
        }
        let table = |at: usize| {
            let (_, names) = TABLES[at];
            let fits = |wanted: &str, name: &str| {
                name.contains(wanted)
                    && !name.contains("photo")
                    && !name.contains("emb")
                    && !name.contains("set")
            };
            let wanted = names.iter().find(|wanted| all.iter().any(|(_, name, _)| fits(wanted, name)));
            wanted.map(|wanted| paths(&all, |name| fits(wanted, name))).unwrap_or_default()
        };
        let files = Self {
            folder: folder.to_owned(),
            interactions: table(0),
            likes: table(1),
            comments: table(2),
            meta: table(3),
            segments,
        };
        for (found, (table, names)) in
            [&files.interactions, &files.likes, &files.comments].into_iter().zip(TABLES)
        {
            if found.is_empty() {
                let reason = format!("no {table}: expected a .parquet or .csv file named like {}", names[0]);
                return Err(DatasetError::layout(folder, reason));
            }
        }
        Ok(files)
    }
}

type Found = (u64, String, PathBuf);

fn paths(all: &[Found], fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    all.iter().filter(|(_, name, _)| fits(name)).map(|(_, _, path)| path.clone()).collect()
}

/// Tables in the folder and in the folders within it.
fn list(folder: &Path, depth: usize, all: &mut Vec<Found>) -> Result<(), DatasetError> {
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_dir() {
            if depth == 0 {
                list(&path, 1, all)?;
            }
        } else if [".parquet", ".csv", ".tsv"].iter().any(|end| name.ends_with(end)) {
            let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
            let digits = stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            all.push((stem[digits..].parse().unwrap_or(0), name, path));
        }
    }
    Ok(())
}
