//! Tokens to words: where one word ends and the next begins, for languages with and without spaces.
//!
//! Tokens are bytes, not text: in many languages a character spans several of them. Bytes that form no character
//! become the replacement character, and a word never ends inside a character.

use crate::Word;

/// A text token and its place in the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) start_s: f32,
    pub(crate) end_s: f32,
    pub(crate) log_probability: f32,
}

/// Languages that Whisper writes without spaces: every character is a word of its own.
pub(crate) const WITHOUT_SPACES: [&str; 7] = ["zh", "ja", "th", "lo", "my", "km", "yue"];

/// Joins tokens to words. `length_s` is the length of the window; no word ends after it.
pub(crate) fn words(pieces: &[Piece], language: Option<&str>, length_s: f32) -> Vec<Word> {
    let spaced = !language.is_some_and(|language| WITHOUT_SPACES.contains(&language));
    let mut words: Vec<Open> = Vec::new();
    for piece in pieces {
        let open = match words.last_mut() {
            Some(word) if !word.ends_before(piece, spaced) => word,
            _ => {
                words.push(Open::new(piece.start_s));
                let last = words.len() - 1;
                &mut words[last]
            }
        };
        open.add(piece);
    }
    words.into_iter().filter_map(|word| word.close(length_s)).collect()
}

/// A word to which tokens are still added.
struct Open {
    bytes: Vec<u8>,
    start_s: f32,
    end_s: f32,
    log_probability: f32,
    tokens: f32,
}

impl Open {
    fn new(start_s: f32) -> Self {
        Self { bytes: Vec::new(), start_s, end_s: start_s, log_probability: 0.0, tokens: 0.0 }
    }

    fn add(&mut self, piece: &Piece) {
        self.bytes.extend_from_slice(&piece.bytes);
        self.end_s = self.end_s.max(piece.end_s);
        self.log_probability += piece.log_probability;
        self.tokens += 1.0;
    }

    /// Whether a word ends before the next token.
    fn ends_before(&self, next: &Piece, spaced: bool) -> bool {
        let Ok(text) = std::str::from_utf8(&self.bytes) else { return false };
        if next.bytes.first().is_some_and(u8::is_ascii_whitespace) {
            return true;
        }
        // Without spaces a mark still belongs to the word before it.
        !spaced && text.chars().any(char::is_alphanumeric) && !is_mark(&next.bytes)
    }

    fn close(self, length_s: f32) -> Option<Word> {
        let text = String::from_utf8_lossy(&self.bytes).trim().to_owned();
        if text.is_empty() {
            return None;
        }
        let start_s = finite(self.start_s).clamp(0.0, length_s.max(0.0));
        let end_s = finite(self.end_s).clamp(start_s, length_s.max(start_s));
        let probability = (self.log_probability / self.tokens.max(1.0)).exp().clamp(0.0, 1.0);
        Some(Word { text, start_s, end_s, probability: finite(probability) })
    }
}

fn is_mark(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.chars().any(char::is_alphanumeric))
}

fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(bytes: &[u8], at: f32) -> Piece {
        Piece { bytes: bytes.to_vec(), start_s: at, end_s: at + 0.5, log_probability: -0.5 }
    }

    fn texts(pieces: &[&[u8]], language: Option<&str>) -> Vec<String> {
        let pieces: Vec<Piece> = pieces.iter().enumerate().map(|(i, bytes)| piece(bytes, i as f32)).collect();
        words(&pieces, language, 60.0).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn a_space_begins_a_word_and_a_mark_stays_with_its_word() {
        assert_eq!(texts(&[b" first", b" bl", b"ood", b"!", b" go"], Some("en")), ["first", "blood!", "go"]);
    }

    #[test]
    fn characters_are_never_split_where_tokens_split_them() {
        let text = "\u{306f}\u{3044}\u{3002}".as_bytes();
        assert_eq!(
            texts(&[&text[..2], &text[2..5], &text[5..6], &text[6..]], Some("ja")),
            ["\u{306f}\u{3044}\u{3002}"]
        );
        assert_eq!(
            texts(&[&text[..3], &text[3..6], &text[6..]], Some("ja")),
            ["\u{306f}", "\u{3044}\u{3002}"]
        );
    }

    #[test]
    fn time_and_probability_cover_all_tokens_of_a_word() {
        let found = words(&[piece(b" a", 1.0), piece(b"b", 2.0)], None, 60.0);
        assert_eq!((found[0].start_s, found[0].end_s), (1.0, 2.5));
        assert!((found[0].probability - (-0.5f32).exp()).abs() < 1e-6);
        assert_eq!(words(&[piece(b" a", 9.0)], None, 3.0)[0].end_s, 3.0);
    }

    proptest! {
        #[test]
        fn any_tokens_give_finite_words_inside_the_window(
            tokens in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..5), any::<f32>(), any::<f32>(), any::<f32>()), 0..20),
            length in 0.0f32..30.0,
        ) {
            let pieces: Vec<Piece> = tokens
                .into_iter()
                .map(|(bytes, start_s, end_s, log_probability)| Piece { bytes, start_s, end_s, log_probability })
                .collect();
            for language in [None, Some("zh")] {
                for word in words(&pieces, language, length) {
                    prop_assert!(!word.text.trim().is_empty());
                    prop_assert!(0.0 <= word.start_s && word.start_s <= word.end_s && word.end_s <= length);
                    prop_assert!((0.0..=1.0).contains(&word.probability));
                }
            }
        }
    }
}
