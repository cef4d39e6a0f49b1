//! What one comment adds to the series that the encoder follows.
//!
//! | series | each comment adds |
//! |---|---|
//! | 0 | 1 |
//! | 1 | words (an emote, an emoji, a run of a script without spaces are one word each) |
//! | 2 | `min(characters, 200) / 10` |
//! | 3 | capitals among letters with case |
//! | 4 | 1 when it has more than two letters with case, all capitals |
//! | 5, 6 | 1 for an exclamation mark, for a question mark |
//! | 7 | 1 when it has exactly one word |
//! | 8 | `1 - different words / words` |
//! | 9 | 1 when it has eight words or more |
//! | 10, 11 | 1 for an emote, emoji or emoticon; these among words |
//! | 12 | 1 when it begins with `@` |
//! | 13 | 1 when it has a letter four times in a row |
//! | 14 | 1 when it has at most three characters |
//! | 15, 16 | 1 for a character outside ASCII, for a digit |
//! | 17 | 1 when its user writes for the first time |
//! | 18 | 1 when its user wrote in the 30 s before |
//!
//! and each unit adds
//!
//! | series | |
//! |---|---|
//! | 19 | different users |
//! | 20 | `ln(1 + n)` for `n` the comments, in the last 5 s, that have the word most of them have |
//! | 21 | `n / (comments in the last 5 s + 3)` |
//! | 22 | `ln(1 + different words in the last 5 s)` |
//!
//! Characters are counted without leading and trailing space.

use super::TEXT_LIMIT;
use crate::text::{Word, WordKind, hash};

/// Number of series.
pub(super) const SERIES: usize = OWN + 6;
/// Series that a comment decides by itself.
pub(super) const OWN: usize = 17;

/// Series 0..17 of one comment.
pub(super) fn of_comment(text: &str, words: &[Word]) -> [f64; OWN] {
    let mut look = Look::default();
    text.trim().chars().take(TEXT_LIMIT).for_each(|c| look.at(c));
    let mut spoken: Vec<u64> =
        words.iter().filter(|w| is_spoken(w)).map(|w| hash(0, w.squeezed.as_bytes())).collect();
    let count = spoken.len();
    spoken.sort_unstable();
    spoken.dedup();
    let emotes = words.iter().filter(|w| is_emote(w)).count();
    let flag = |holds: bool| f64::from(u8::from(holds));
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    [
        1.0,
        count as f64,
        look.characters.min(200) as f64 / 10.0,
        share(look.capitals, look.cased),
        flag(look.cased > 2 && look.capitals == look.cased),
        flag(look.exclaims),
        flag(look.asks),
        flag(count == 1),
        share(count - spoken.len(), count),
        flag(count >= 8),
        flag(emotes > 0),
        share(emotes, count),
        flag(text.trim_start().starts_with('@')),
        flag(look.longest_run >= 4),
        flag(look.characters <= 3),
        flag(look.foreign),
        flag(look.digit),
    ]
}

pub(super) fn is_spoken(word: &Word) -> bool {
    word.kind != WordKind::Mark
}

fn is_emote(word: &Word) -> bool {
    matches!(word.kind, WordKind::Emote | WordKind::Emoji | WordKind::Emoticon)
}

/// What the characters of a comment show.
#[derive(Default)]
struct Look {
    characters: usize,
    cased: usize,
    capitals: usize,
    exclaims: bool,
    asks: bool,
    foreign: bool,
    digit: bool,
    last: Option<char>,
    run: usize,
    longest_run: usize,
}

impl Look {
    fn at(&mut self, c: char) {
        self.characters += 1;
        self.cased += usize::from(c.is_uppercase() || c.is_lowercase());
        self.capitals += usize::from(c.is_uppercase());
        self.exclaims |= matches!(c, '!' | '！' | '¡');
        self.asks |= matches!(c, '?' | '？' | '¿' | '؟');
        self.foreign |= !c.is_ascii();
        self.digit |= c.is_numeric();
        let folded = c.to_lowercase().next();
        self.run = if c.is_alphabetic() { 1 + if self.last == folded { self.run } else { 0 } } else { 0 };
        self.last = folded;
        self.longest_run = self.longest_run.max(self.run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words;

    fn of(text: &str) -> [f64; OWN] {
        of_comment(text, &words(text, TEXT_LIMIT))
    }

    #[test]
    fn every_series_sees_what_it_is_named_for() {
        let shout = of("WHAT A PLAYYYY!!");
        assert_eq!(&shout[..8], &[1.0, 3.0, 1.6, 1.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!((shout[13], shout[14], shout[15], shout[16]), (1.0, 0.0, 0.0, 0.0));
        let spam = of("KEKW KEKW [doge] 😂");
        assert_eq!((spam[1], spam[8], spam[10], spam[11], spam[15]), (4.0, 0.25, 1.0, 1.0, 1.0));
        let asked = of("@bob did you see it ? 1 2 3");
        assert_eq!((asked[6], asked[9], asked[12], asked[16]), (1.0, 1.0, 1.0, 1.0));
        let short = of(" 哈哈 ");
        assert_eq!((short[7], short[14], short[15], short[3]), (1.0, 1.0, 1.0, 0.0));
        assert_eq!(of("")[..4], [1.0, 0.0, 0.0, 0.0]);
    }
}
