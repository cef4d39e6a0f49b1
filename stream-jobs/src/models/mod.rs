//! Public weights in a local cache: fetched from a hub, pinned, checked.
//!
//! Invariants: a file stands under its name only when it is whole and its digest is the expected one; what a name once meant
//! is written down beside the cache (`kairos-models.lock`) and stays what it means; nothing is fetched unless it is asked for.

mod catalogue;
mod fetch;
mod hub;
mod lock;
mod places;
mod pull;

pub use catalogue::{CATALOGUE, Kind, Listed};
pub use hub::Hub;
pub use lock::{Lock, Locked, LockedFile};
pub use places::Places;
pub use pull::{Pulled, pull};

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use anyhow::Context;

/// SHA-256 of a file, in hex.
///
/// # Errors
/// If it can't be read.
pub fn digest(file: &Path) -> anyhow::Result<String> {
    let mut open = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match open.read(&mut buffer).with_context(|| file.display().to_string())? {
            0 => break,
            read => context.update(&buffer[..read]),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What is known of a model in the cache.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Name in the catalogue.
    pub name: &'static str,
    /// Repository on the hub.
    pub repository: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Revision that the lock file pins; `None` before the first pull.
    pub revision: Option<String>,
    /// Files that are there.
    pub files: usize,
    /// Files that it has.
    pub of: usize,
    /// Where it is, once it is there.
    pub folder: Option<std::path::PathBuf>,
}

/// What is there of each model, without reading it.
///
/// # Errors
/// If the lock file is damaged.
pub fn list(places: &Places) -> anyhow::Result<Vec<Status>> {
    let lock = Lock::read(places)?;
    let status = |model: &Listed| {
        let locked = lock.models.get(model.name);
        let folder = locked.map(|locked| places.folder(model.repository, &locked.revision));
        let there = |folder: &std::path::PathBuf| {
            model.files.iter().filter(|file| folder.join(file.path).is_file()).count()
        };
        let files = folder.as_ref().map_or(0, there);
        Status {
            name: model.name,
            repository: model.repository,
            about: model.about,
            revision: locked.map(|locked| locked.revision.clone()),
            files,
            of: model.files.len(),
            folder: folder.filter(|_| files == model.files.len()),
        }
    };
    Ok(CATALOGUE.iter().map(status).collect())
}

/// Reads all files of a pulled model again: digests, sizes, configuration. Gives how many files were read.
///
/// # Errors
/// If it was not pulled, or something differs, with the file.
pub fn verify(places: &Places, model: &Listed) -> anyhow::Result<usize> {
    let lock = Lock::read(places)?;
    let Some(locked) = lock.models.get(model.name) else {
        anyhow::bail!("{}: not in {}: pull it first", model.name, places.lock().display());
    };
    let folder = places.folder(model.repository, &locked.revision);
    for listed in model.files {
        let file = folder.join(listed.path);
        let Some(known) = locked.files.get(listed.path) else {
            anyhow::bail!("{}: not in {}: pull it again", file.display(), places.lock().display());
        };
        let found = digest(&file)?;
        let expected = listed.sha256.unwrap_or(&known.sha256);
        if found != expected {
            anyhow::bail!("{}: its SHA-256 is {found}, expected {expected}: pull it again", file.display());
        }
    }
    if model.kind == Kind::Transformer {
        kairos_transformers::check_config(&folder)?;
    }
    Ok(model.files.len())
}
