//! A folder of interactions as models take it, and the rows that choose.
//!
//! Invariants: users of `train.tsv` come first and are the only ones trained on.

use std::path::Path;

use kairos_datasets::gifting::interactions::{Interaction as FileRow, Interactions as Folder, read};
use kairos_representation::{Content, Dataset, Interaction, Interactions, Social};

use crate::gifting::config::InteractionsConfig;

/// What is trained on, and what chooses.
pub struct Source {
    /// As read: ids, notes.
    pub folder: Folder,
    /// All of `train.tsv`, features and friends.
    pub whole: Dataset,
    /// `whole` without the rows that were held out of it.
    pub train: Dataset,
    /// Rows that choose.
    pub validation: Interactions,
    /// Rows of `test.tsv`, which only judge.
    pub test: Option<Interactions>,
    /// Where the rows that choose come from.
    pub split: String,
    /// Whether they are rows of `train.tsv`.
    pub held_out: bool,
}

impl Source {
    /// Reads a folder. Without `val.tsv` rows are held out of `train.tsv` by `seed`.
    ///
    /// # Errors
    /// Names file, line and field that don't fit.
    pub fn read(folder: &Path, config: &InteractionsConfig, seed: u64) -> anyhow::Result<Self> {
        let folder = read(folder)?;
        let (users, items) = (folder.users.len(), folder.items.len());
        let trained = folder.train_users as usize;
        let rows = |rows: &[FileRow], users: usize| {
            Interactions::from_rows(users, items, rows.iter().map(|row| of(row, row.item)))
        };
        let content = folder
            .features
            .iter()
            .map(|one| Content::new(one.name.clone(), one.values.width(), one.values.values().to_vec()));
        let known = |&(a, b): &(u32, u32)| a < folder.train_users && b < folder.train_users;
        let friends = folder.friends.iter().copied().filter(known);
        let social =
            (!folder.friends.is_empty()).then(|| Social::from_pairs(trained, friends)).transpose()?;
        let whole = Dataset {
            interactions: rows(&folder.train, trained)?,
            content: content.collect::<Result<_, _>>()?,
            social,
        };
        whole.check()?;
        let test = (!folder.test.is_empty()).then(|| rows(&folder.test, users)).transpose()?;
        let held_out = folder.validation.is_empty();
        let (train, validation, split) = if held_out {
            let (share, least) = (config.hold_out, config.hold_out_least);
            let (kept, held) = whole.interactions.hold_out(share, least, seed)?;
            anyhow::ensure!(
                !held.is_empty(),
                "nothing to choose by: no val.tsv, and no user of train.tsv has {least} items \
                 (gifting.interactions.hold_out_least)"
            );
            let split = format!(
                "{share} of the rows of each user of train.tsv with at least {least}, by seed {seed}"
            );
            (Dataset { interactions: kept, ..whole.clone() }, held, split)
        } else {
            (whole.clone(), rows(&folder.validation, users)?, "val.tsv".to_owned())
        };
        Ok(Self { folder, whole, train, validation, test, split, held_out })
    }

    /// `train.tsv` and the rows that chose, for a last training.
    ///
    /// # Errors
    /// As [`Interactions::from_rows`].
    pub fn with_validation(&self) -> anyhow::Result<Dataset> {
        let known = self.whole.interactions.users() as u32;
        let rows = self.whole.interactions.rows();
        let more = self.validation.rows().filter(|row| row.user < known && !self.held_out);
        let interactions = Interactions::from_rows(
            self.whole.interactions.users(),
            self.whole.interactions.items(),
            rows.chain(more),
        )?;
        Ok(Dataset { interactions, ..self.whole.clone() })
    }
}

/// A row of a file under the number of an item. Amounts of 0 count as the smallest there is: the pair was there.
pub(super) fn of(row: &FileRow, item: u32) -> Interaction {
    let value = (row.value as f32).clamp(f32::MIN_POSITIVE, f32::MAX);
    Interaction { user: row.user, item, value, time: row.time_ms.unwrap_or(0) }
}
