//! Comments to hashed tokens, the words of a lexicon.
//!
//! A token is a word with its kind, without drawn-out repetition and case; a word in capitals is also a token of its
//! own. A comment counts once for each different token, so that one who repeats a word is not a crowd. Runs of
//! scripts without spaces also give their pairs of characters. Tokens, seed and [`BUCKETS`] are part of the format
//! of a lexicon's file.

use crate::CommentView;
use crate::comments::TEXT_LIMIT;
use crate::text::{Word, WordKind, hash, words};

/// Number of buckets that tokens are hashed to.
pub const BUCKETS: usize = 1 << 14;
/// Seed of the hash.
pub(super) const SEED: u64 = 0x6c65_7869;
/// Characters of a run without spaces that give pairs.
const RUN_LIMIT: usize = 64;

/// Tokens of a unit: bucket and number of comments that have it, in the order of buckets, each bucket once.
pub type WordCounts = Vec<(u32, f32)>;

/// Tokens of a unit's comments.
#[must_use]
pub fn word_counts(comments: &[CommentView<'_>]) -> WordCounts {
    let mut found: Vec<u32> = Vec::new();
    let mut of_one: Vec<u32> = Vec::new();
    for comment in comments {
        of_one.clear();
        words(comment.text, TEXT_LIMIT).iter().for_each(|word| add(word, &mut of_one));
        of_one.sort_unstable();
        of_one.dedup();
        found.extend(&of_one);
    }
    found.sort_unstable();
    found.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f32)).collect()
}

fn add(word: &Word, found: &mut Vec<u32>) {
    let text = word.squeezed.as_str();
    found.push(bucket(kind(word.kind), text));
    if word.capitals {
        found.push(bucket("shouted:", text));
    }
    if word.kind == WordKind::Unspaced {
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).take(RUN_LIMIT).collect();
        // A run of two characters is its only pair.
        if starts.len() > 2 {
            let ends = starts.iter().skip(2).copied().chain([text.len()]);
            found.extend(starts.iter().zip(ends).map(|(&from, to)| bucket("run:", &text[from..to])));
        }
    }
}

fn kind(kind: WordKind) -> &'static str {
    match kind {
        WordKind::Plain => "word:",
        WordKind::Unspaced => "run:",
        WordKind::Emote => "emote:",
        WordKind::Emoji => "emoji:",
        WordKind::Emoticon => "face:",
        WordKind::Number => "number:",
        WordKind::Mark => "mark:",
        WordKind::Reference => "reference:",
    }
}

fn bucket(kind: &str, text: &str) -> u32 {
    (hash(hash(SEED, kind.as_bytes()), text.as_bytes()) % BUCKETS as u64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> WordCounts {
        let view = |text: &&'static str| CommentView { offset_us: 0, user: "u", text };
        let texts: Vec<&'static str> = texts.iter().map(|text| &*text.to_string().leak()).collect();
        word_counts(&texts.iter().map(view).collect::<Vec<_>>())
    }

    #[test]
    fn comment_counts_once_and_spelling_folds() {
        assert_eq!(of(&["gg gg gg"]), [(bucket("word:", "g"), 1.0)]);
        assert_eq!(of(&["loool", "LOL", "lol"]).iter().map(|token| token.1).sum::<f32>(), 4.0);
        assert!(of(&["LOL"]).contains(&(bucket("shouted:", "lol"), 1.0)));
        assert_eq!(of(&["PogChamp"]), of(&[":pogchamp:"]));
        assert!(of(&[]).is_empty() && of(&["  "]).is_empty());
    }

    #[test]
    fn runs_without_spaces_share_their_pairs() {
        let (a, b) = (of(&["主播好厉害"]), of(&["主播下雨"]));
        assert_eq!(a.len(), 5);
        assert!(a.iter().any(|token| b.contains(token)));
        assert_eq!(of(&["好的"]).len(), 1);
    }
}
