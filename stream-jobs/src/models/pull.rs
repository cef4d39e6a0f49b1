//! All files of a model, from the commit that its name is pinned to.

use std::path::PathBuf;

use anyhow::Context;
use indicatif::ProgressBar;

use super::fetch::Wanted;
use super::{Hub, Listed, Lock, Locked, LockedFile, Places, digest};

/// What a pull did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Where the model is.
    pub folder: PathBuf,
    /// Files that were fetched; the others were there.
    pub fetched: usize,
    /// Files whose digest was not known before and now is.
    pub recorded: usize,
}

/// Fetches what is missing of a model, and checks what is there.
///
/// # Errors
/// If the hub can't be reached, with what to do by hand; or if a file is not what it was when its digest was written down.
pub async fn pull(places: &Places, hub: &Hub, model: &Listed, bar: &ProgressBar) -> anyhow::Result<Pulled> {
    let mut lock = Lock::read(places)?;
    let locked = match lock.models.get(model.name) {
        Some(locked) => locked.clone(),
        None => Locked {
            repository: model.repository.to_owned(),
            revision: hub
                .commit(model.repository, model.revision)
                .await
                .with_context(|| by_hand(places, hub, model, model.revision))?,
            files: std::collections::BTreeMap::new(),
        },
    };
    let folder = places.folder(model.repository, &locked.revision);
    let mut pulled = Pulled { folder: folder.clone(), fetched: 0, recorded: 0 };
    for file in model.files {
        let known = lock.models.get(model.name).and_then(|locked| locked.files.get(file.path));
        let expected = file.sha256.or(known.map(|known| known.sha256.as_str()));
        let place = folder.join(file.path);
        let has = match place.is_file() {
            true => Some(digest(&place)?).filter(|found| expected.is_none_or(|expected| expected == found)),
            false => None,
        };
        let new = match has {
            Some(sha256) => {
                let size = std::fs::metadata(&place).with_context(|| place.display().to_string())?.len();
                LockedFile { size, sha256 }
            }
            None => {
                bar.set_message(file.path);
                let address = hub.address(model.repository, &locked.revision, file.path);
                let wanted = Wanted { hub, address: &address, place: &place, sha256: expected, bar };
                pulled.fetched += 1;
                wanted.fetch().await.with_context(|| by_hand(places, hub, model, &locked.revision))?
            }
        };
        pulled.recorded += usize::from(expected.is_none());
        // After each file, so that a pull that is cut off keeps to its commit.
        let entry = lock.models.entry(model.name.to_owned()).or_insert_with(|| locked.clone());
        entry.files.insert(file.path.to_owned(), new);
        lock.write(places)?;
    }
    Ok(pulled)
}

fn by_hand(places: &Places, hub: &Hub, model: &Listed, revision: &str) -> String {
    let files: Vec<String> = model
        .files
        .iter()
        .map(|file| format!("  {}", hub.address(model.repository, revision, file.path)))
        .collect();
    let folder = places.folder(model.repository, revision);
    format!(
        "{} was not pulled. Without a network, fetch these files elsewhere, put them into one folder (such as {}), and name \
         it by {}:\n{}\n",
        model.name,
        folder.display(),
        model.field,
        files.join("\n")
    )
}
