//! `recommendations.tsv`: the best items for every user of `train.tsv`.
//!
//! Invariants: ids as in the files; users in order of their first row; items of the user's training rows are left out;
//! equal scores by the order of items in training.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use kairos_datasets::gifting::interactions::{Interaction as FileRow, Interactions as Folder, read};
use kairos_representation::{Interactions, Kind, Query, Recommender, UNKNOWN_USER, load, top};

use super::catalogue::Catalogue;
use super::judge::{Judge, Judged};
use super::{KS, data};

/// Users scored at once: their scores over all items are in memory together.
const USERS: usize = 64;

/// What was written, and how good it is.
pub struct Recommendations {
    /// Kind of the model.
    pub kind: Kind,
    /// Version of the model.
    pub digest: String,
    /// Users written.
    pub users: usize,
    /// By part that the folder has.
    pub judged: Vec<Judged>,
}

/// Scores all items for every user of `data` and writes the `count` best ones.
///
/// # Errors
/// Names the file and field that don't fit: a checkpoint of another kind, data with other items.
pub fn recommend(
    data: &Path,
    checkpoint: &Path,
    count: usize,
    out: &Path,
) -> anyhow::Result<Recommendations> {
    let loaded = load(checkpoint)?;
    let catalogue = Catalogue::read(checkpoint, loaded.data.users, loaded.data.items)?;
    let folder = read(data)?;
    let numbers = catalogue.items_of(data, &folder)?;
    let numbered = Numbered::new(&folder, &numbers, loaded.data.items)?;
    let file = std::fs::File::create(out).with_context(|| out.display().to_string())?;
    let mut lines = std::io::BufWriter::new(file);
    writeln!(lines, "user\trank\titem\tscore").with_context(|| out.display().to_string())?;
    let mut judges = numbered.parts.iter().map(|(name, _)| Judge::new(name)).collect::<Vec<_>>();
    let users: Vec<u32> = (0..folder.users.len() as u32).filter(|&user| numbered.counts(user)).collect();
    let longest = KS.into_iter().max().unwrap_or(0).max(count);
    for chunk in users.chunks(USERS) {
        let lists = numbered.lists(loaded.model.as_ref(), &catalogue, &folder, chunk, longest)?;
        for (&user, list) in chunk.iter().zip(lists) {
            if user < folder.train_users {
                let id = folder.users.name(user).unwrap_or_default();
                for (rank, (item, score)) in list.iter().take(count).enumerate() {
                    writeln!(lines, "{id}\t{}\t{}\t{score}", rank + 1, catalogue.item_id(*item))
                        .with_context(|| out.display().to_string())?;
                }
            }
            for ((_, part), judge) in numbered.parts.iter().zip(&mut judges) {
                let (right, relevant) =
                    part.get(&user).map_or((&[][..], 0), |(items, count)| (&items[..], *count));
                let hits: Vec<bool> =
                    list.iter().map(|(item, _)| right.binary_search(item).is_ok()).collect();
                judge.add(&hits, relevant);
            }
        }
    }
    lines.flush().with_context(|| out.display().to_string())?;
    Ok(Recommendations {
        kind: loaded.model.kind(),
        digest: loaded.digest,
        users: folder.train_users as usize,
        judged: judges.into_iter().filter_map(Judge::finish).collect(),
    })
}

/// By user the items that would be right, ascending, and how many there are with those that the model doesn't know.
type Part = BTreeMap<u32, (Vec<u32>, usize)>;

/// A folder in the numbers of a model.
struct Numbered {
    train: Interactions,
    parts: Vec<(&'static str, Part)>,
    trained: u32,
}

impl Numbered {
    fn new(folder: &Folder, numbers: &[Option<u32>], items: usize) -> anyhow::Result<Self> {
        let number = |row: &FileRow| numbers.get(row.item as usize).copied().flatten();
        let rows = folder.train.iter().filter_map(|row| Some(data::of(row, number(row)?)));
        let train = Interactions::from_rows(folder.users.len(), items, rows)?;
        let mut parts = Vec::new();
        for (name, rows) in [("val.tsv", &folder.validation), ("test.tsv", &folder.test)] {
            let mut part = Part::new();
            for row in rows {
                let item = number(row);
                if item.is_some_and(|item| train.items_of(row.user).binary_search(&item).is_ok()) {
                    continue;
                }
                let (right, count) = part.entry(row.user).or_default();
                right.extend(item);
                *count += 1;
            }
            part.values_mut().for_each(|(right, _)| right.sort_unstable());
            if !rows.is_empty() {
                parts.push((name, part));
            }
        }
        Ok(Self { train, parts, trained: folder.train_users })
    }

    /// Whether anything is asked about a user.
    fn counts(&self, user: u32) -> bool {
        user < self.trained || self.parts.iter().any(|(_, part)| part.contains_key(&user))
    }

    fn lists(
        &self,
        model: &dyn Recommender,
        catalogue: &Catalogue,
        folder: &Folder,
        users: &[u32],
        longest: usize,
    ) -> anyhow::Result<Vec<Vec<(u32, f32)>>> {
        let histories: Vec<Vec<u32>> = users.iter().map(|&user| self.train.history_of(user)).collect();
        let known =
            |user: u32| folder.users.name(user).and_then(|id| catalogue.user(id)).unwrap_or(UNKNOWN_USER);
        let queries: Vec<Query<'_>> = users
            .iter()
            .zip(&histories)
            .map(|(&user, history)| Query { user: known(user), history })
            .collect();
        let mut scores = vec![0.0; queries.len() * model.items()];
        model.score_batch(&queries, &mut scores)?;
        let rows = scores.chunks(model.items().max(1)).zip(users);
        Ok(rows.map(|(scores, &user)| top(scores, longest, self.train.items_of(user))).collect())
    }
}
