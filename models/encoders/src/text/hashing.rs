//! Signed feature hashing of word and character n-grams (Weinberger et al. 2009).
//!
//! A feature's weight is its kind's weight times `1 + ln(count)`. It goes to two places with two signs, which
//! halves the variance of a collision. The sum is independent of the order of texts: features are sorted by
//! hash before they are added.

use super::{Word, WordKind, hash, mix};

/// What decides an embedding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashingParameters {
    /// Values of the embedding.
    pub(crate) width: usize,
    /// Seed of the hash.
    pub(crate) seed: u64,
    /// Weight of a word.
    pub(crate) word: f32,
    /// Weight of two words in a row.
    pub(crate) pair: f32,
    /// Weight of three characters of a word.
    pub(crate) characters: f32,
    /// Weight of the flags of spelling: drawn out, capitals, marks.
    pub(crate) flags: f32,
}

/// Features of some texts, to be turned into one embedding.
#[derive(Debug)]
pub(crate) struct Features {
    parameters: HashingParameters,
    found: Vec<(u64, f32)>,
}

impl Features {
    pub(crate) fn new(parameters: HashingParameters) -> Self {
        Self { parameters, found: Vec::new() }
    }

    /// Adds one text, given as its words.
    pub(crate) fn add(&mut self, words: &[Word]) {
        let mut last: Option<&Word> = None;
        for word in words {
            self.add_word(word);
            if word.kind == WordKind::Mark {
                continue;
            }
            if let Some(last) = last {
                self.push("pair", &[&last.squeezed, "\u{1f}", &word.squeezed], self.parameters.pair);
            }
            last = Some(word);
        }
    }

    fn add_word(&mut self, word: &Word) {
        let HashingParameters { word: weight, characters, flags, .. } = self.parameters;
        match word.kind {
            WordKind::Mark => return self.push("mark", &[&word.squeezed], flags),
            WordKind::Unspaced => self.add_run(&word.squeezed),
            _ => {
                self.push("word", &[&word.squeezed], weight);
                if !word.drawn_out && word.form != word.squeezed {
                    self.push("word", &[&word.form], weight);
                }
            }
        }
        if word.kind == WordKind::Plain {
            let letters: Vec<char> = format!("^{}$", word.squeezed).chars().collect();
            if letters.len() >= 5 {
                self.add_grams(&letters, 3, characters);
            }
        }
        if word.drawn_out {
            self.push("flag", &["drawn out"], flags);
        }
        if word.capitals {
            self.push("flag", &["capitals"], flags);
        }
    }

    /// A run without spaces has no words to hash, so its pairs of characters stand for them.
    fn add_run(&mut self, run: &str) {
        let letters: Vec<char> = run.chars().collect();
        let HashingParameters { word, characters, .. } = self.parameters;
        self.add_grams(&letters, 1, characters);
        self.add_grams(&letters, 2, word);
        self.add_grams(&letters, 3, characters);
        if (4..=8).contains(&letters.len()) {
            self.push("word", &[run], word);
        }
    }

    fn add_grams(&mut self, letters: &[char], length: usize, weight: f32) {
        for gram in letters.windows(length) {
            let gram: String = gram.iter().collect();
            self.push("gram", &[&gram], weight);
        }
    }

    fn push(&mut self, kind: &str, parts: &[&str], weight: f32) {
        if weight > 0.0 {
            let mut state = hash(self.parameters.seed, kind.as_bytes());
            for part in parts {
                state = hash(state, part.as_bytes());
            }
            self.found.push((state, weight));
        }
    }

    /// The embedding: length one, or all zeros when there was nothing to hash.
    pub(crate) fn embed(mut self) -> Vec<f32> {
        let width = self.parameters.width;
        let mut embedding = vec![0.0_f32; width];
        self.found.sort_unstable_by_key(|&(hash, _)| hash);
        for group in self.found.chunk_by(|a, b| a.0 == b.0) {
            let (hash, weight) = group[0];
            let value = weight * (1.0 + (group.len() as f32).ln());
            for probe in [hash, mix(hash)] {
                let place = ((probe >> 32) * width as u64) >> 32;
                let sign = if probe & 1 == 0 { 1.0 } else { -1.0 };
                embedding[place as usize] += sign * value;
            }
        }
        let norm = embedding.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 {
            embedding.iter_mut().for_each(|x| *x /= norm);
        }
        embedding
    }
}
