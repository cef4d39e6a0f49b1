//! Reads the examples' comments by lexicons that have not seen their rooms.

use std::collections::BTreeMap;
use std::sync::Arc;

use kairos_encoders::{CrossFit, Lexicon, LexiconRoom, LexiconSettings};

use super::Example;

/// Fits lexicons on the training examples, appends what they say to the comment features of all, and returns the
/// one to serve with.
///
/// # Errors
/// If there is only one room, or no label.
pub fn read_by_lexicon(
    training: &mut [Example],
    validation: &mut [Example],
    unit_s: f64,
    settings: &LexiconSettings,
) -> anyhow::Result<Arc<Lexicon>> {
    let mut groups = BTreeMap::new();
    let groups: Vec<usize> = training
        .iter()
        .map(|example| {
            let next = groups.len();
            *groups.entry(example.room.clone()).or_insert(next)
        })
        .collect();
    let rooms: Vec<LexiconRoom> = training
        .iter_mut()
        .map(|example| LexiconRoom {
            words: std::mem::take(&mut example.words),
            labels: example.labels.clone(),
        })
        .collect();
    let CrossFit { folds, models, mean } = Lexicon::cross_fit(&rooms, unit_s, settings, &groups)?;
    for ((example, room), fold) in training.iter_mut().zip(rooms).zip(folds) {
        append(example, &models[fold], &room.words, unit_s);
        example.words = room.words;
    }
    for example in validation {
        let words = std::mem::take(&mut example.words);
        append(example, &mean, &words, unit_s);
        example.words = words;
    }
    Ok(Arc::new(mean))
}

fn append(example: &mut Example, lexicon: &Lexicon, words: &[Vec<(u32, f32)>], unit_s: f64) {
    let rows = lexicon.features(words, unit_s);
    for (unit, row) in example.units.iter_mut().zip(rows) {
        if let Some(comment) = &mut unit.comment {
            comment.extend(row);
        }
    }
}
