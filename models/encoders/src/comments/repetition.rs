//! What the audience repeats: the word that most comments of the last five seconds have.
//!
//! A comment counts once for each different word; drawn-out spellings are one word.

use std::collections::HashMap;

use super::series::is_spoken;
use crate::UnitInput;
use crate::history::History;
use crate::text::{Word, hash};

const WINDOW_S: f64 = 5.0;

/// Words of the last units.
#[derive(Clone, Debug)]
pub(super) struct Repetition {
    history: History<Spoken>,
    counts: HashMap<u64, u32>,
    comments: usize,
}

/// Hashed words of a unit, each as often as comments have it.
#[derive(Clone, Debug)]
struct Spoken {
    words: Vec<u64>,
    comments: usize,
}

impl Repetition {
    pub(super) fn new() -> Self {
        Self { history: History::new(&[WINDOW_S]), counts: HashMap::new(), comments: 0 }
    }

    /// Takes the words of a unit's comments; the last three series.
    pub(super) fn advance(&mut self, unit: &UnitInput<'_>, texts: &[Vec<Word>]) -> [f64; 3] {
        let mut spoken = Spoken { words: Vec::new(), comments: texts.len() };
        for text in texts {
            let from = spoken.words.len();
            let words = text.iter().filter(|word| is_spoken(word));
            spoken.words.extend(words.map(|word| hash(0, word.squeezed.as_bytes())));
            spoken.words[from..].sort_unstable();
            let mut kept = from;
            for at in from..spoken.words.len() {
                if at == from || spoken.words[at] != spoken.words[kept - 1] {
                    spoken.words[kept] = spoken.words[at];
                    kept += 1;
                }
            }
            spoken.words.truncate(kept);
        }
        spoken.words.iter().for_each(|&word| *self.counts.entry(word).or_default() += 1);
        self.comments += spoken.comments;
        let (counts, comments) = (&mut self.counts, &mut self.comments);
        self.history.push(unit.end_us(), unit.duration_us, spoken, |_, left| {
            *comments -= left.comments;
            for word in &left.words {
                if let Some(count) = counts.get_mut(word) {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(word);
                    }
                }
            }
        });
        let most = f64::from(self.counts.values().copied().max().unwrap_or(0));
        [(1.0 + most).ln(), most / (self.comments as f64 + 3.0), (1.0 + self.counts.len() as f64).ln()]
    }
}
