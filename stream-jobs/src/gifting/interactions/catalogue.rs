//! Which ids a checkpoint's users and items have: `ids.json` beside its weights.
//!
//! Invariants: an id's place in its list is its number in the model.

use std::path::{Path, PathBuf};

use anyhow::Context;
use kairos_datasets::gifting::Ids;
use kairos_datasets::gifting::interactions::Interactions as Folder;
use serde::{Deserialize, Serialize};

const FILE: &str = "ids.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    users: Vec<String>,
    items: Vec<String>,
}

/// Ids of a checkpoint.
pub(super) struct Catalogue {
    file: PathBuf,
    users: Ids,
    items: Ids,
}

/// Writes the ids beside a checkpoint.
pub(super) fn write(checkpoint: &Path, folder: &Folder) -> anyhow::Result<()> {
    let file = checkpoint.join(FILE);
    let users = folder.users.iter().take(folder.train_users as usize).map(str::to_owned).collect();
    let lists = Lists { users, items: folder.items.iter().map(str::to_owned).collect() };
    std::fs::write(&file, serde_json::to_vec(&lists)?).with_context(|| file.display().to_string())
}

impl Catalogue {
    /// Reads the ids of a checkpoint with so many users and items.
    pub(super) fn read(checkpoint: &Path, users: usize, items: usize) -> anyhow::Result<Self> {
        let file = checkpoint.join(FILE);
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let lists: Lists = serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?;
        let ids = |field: &str, list: &[String], count: usize| {
            let mut ids = Ids::new();
            list.iter().for_each(|id| {
                ids.insert(id);
            });
            let (found, file) = (ids.len(), file.display());
            anyhow::ensure!(found == count, "{file}: field {field} has {found} ids, the model {count}");
            Ok(ids)
        };
        let (users, items) = (ids("users", &lists.users, users)?, ids("items", &lists.items, items)?);
        Ok(Self { file, users, items })
    }

    /// Number of a user in the model.
    pub(super) fn user(&self, id: &str) -> Option<u32> {
        self.users.get(id)
    }

    /// Id of an item of the model.
    pub(super) fn item_id(&self, item: u32) -> &str {
        self.items.name(item).unwrap_or_default()
    }

    /// For every item of a folder its number in the model; `None` for those that only held-out files name.
    pub(super) fn items_of(&self, data: &Path, folder: &Folder) -> anyhow::Result<Vec<Option<u32>>> {
        let numbers: Vec<Option<u32>> = folder.items.iter().map(|id| self.items.get(id)).collect();
        let train = data.join("train.tsv");
        let mut here: Vec<u32> = folder.train.iter().map(|row| row.item).collect();
        here.sort_unstable();
        here.dedup();
        let strange: Vec<u32> = here
            .iter()
            .copied()
            .filter(|&item| numbers.get(item as usize).copied().flatten().is_none())
            .collect();
        if let Some(&first) = strange.first() {
            anyhow::bail!(
                "{}: column item: {:?} and {} more of {} items aren't those that the checkpoint was trained on ({})",
                train.display(),
                folder.items.name(first).unwrap_or_default(),
                strange.len() - 1,
                here.len(),
                self.file.display()
            );
        }
        if !folder.features.is_empty() && folder.items.len() != self.items.len() {
            anyhow::bail!(
                "{}: *_feat.npy have {} rows, the checkpoint was trained on {} items ({})",
                data.display(),
                folder.items.len(),
                self.items.len(),
                self.file.display()
            );
        }
        if here.len() * 2 < self.items.len() && folder.features.is_empty() {
            anyhow::bail!(
                "{}: column item names {} of the {} items that the checkpoint was trained on ({}): other data",
                train.display(),
                here.len(),
                self.items.len(),
                self.file.display()
            );
        }
        Ok(numbers)
    }
}
