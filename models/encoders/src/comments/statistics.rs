//! How a unit's comments are written.
//!
//! Values, all from 0 to about 1 and all 0 when nobody wrote (numbers count from the first value after the embedding):
//!
//! | | |
//! |---|---|
//! | 0, 1 | mean and deviation of `ln(1 + characters) / 4` over comments |
//! | 2 | share of comments of at most one word |
//! | 3 | capitals among letters with case |
//! | 4 | share of comments with a word in capitals |
//! | 5 | share of the most frequent word |
//! | 6 | different words per word |
//! | 7 | share of comments whose words another comment of the unit has said already |
//! | 8 | share of comments with a drawn-out word |
//! | 9 | emotes, emoji and emoticons among words |
//! | 10 | share of comments of nothing but those |
//! | 11, 12 | share of comments with a question mark, with an exclamation mark |
//! | 13 | digits among characters |
//! | 14 | share of comments with a link, mention or command |
//! | 15 | share of comments with laughter |
//! | 16 | characters of scripts without spaces among letters |
//! | 17 | share of the fullest half second, beyond an even spread |
//! | 18 | mean offset in the unit, -1 (start) to 1 (end) |
//! | 19 | entropy of words, relative to its maximum |
//!
//! After these, from the running state: 20 `ln(1 + comments) / 3`, 21 `ln(1 + comments per second) / 2`,
//! 22 `ln(1 + users) / 3`, 23 users per comment, 24 share of new users, 25 `ln(1 + new users) / 3`, 26..30 log ratio of the
//! rate to its running mean over 10, 60, 300, 1800 s, 30 and 31 standard score over 60 and 300 s, 32 log ratio to
//! the last unit, 33 `ln(1 + running mean over 300 s) / 2`, 34 `ln(1 + seconds since the last comment) / 5`,
//! 35 whether nobody wrote.

use crate::CommentView;
use crate::text::{Word, WordKind, hash, is_unspaced};

/// Number of statistics, those of the running state included.
pub(super) const STATISTICS: usize = OWN + 16;
const OWN: usize = 20;
const HALF_SECOND_US: i64 = 500_000;
/// Squeezed forms of laughter in several languages.
const LAUGHTER: [&str; 22] = [
    "lol", "lul", "lmao", "lmfao", "rofl", "haha", "ahah", "hehe", "jaja", "kek", "k", "w", "5", "哈", "笑",
    "草", "ᄏ", "ㅋ", "ᄒ", "rsrs", "xaxa", "хаха",
];

/// What the statistics need of one comment.
pub(super) struct Message {
    offset_us: i64,
    characters: usize,
    letters: [usize; 4],
    words: Vec<u64>,
    emotes: usize,
    flags: [bool; 6],
}

impl Message {
    pub(super) fn of(comment: &CommentView<'_>, words: &[Word], limit: usize) -> Self {
        let mut letters = [0; 4];
        let mut characters = 0;
        for c in comment.text.chars().take(limit).filter(|c| !c.is_whitespace()) {
            characters += 1;
            letters[0] += usize::from(c.is_uppercase());
            letters[1] += usize::from(c.is_uppercase() || c.is_lowercase());
            letters[2] += usize::from(c.is_numeric());
            letters[3] += usize::from(is_unspaced(c));
        }
        let any = |test: &dyn Fn(&Word) -> bool| words.iter().any(test);
        let flags = [
            any(&|w| w.capitals),
            any(&|w| w.drawn_out),
            any(&|w| w.kind == WordKind::Mark && w.form.starts_with('?')),
            any(&|w| w.kind == WordKind::Mark && w.form.starts_with('!')),
            any(&|w| w.kind == WordKind::Reference),
            any(&is_laughter),
        ];
        let spoken = || words.iter().filter(|w| w.kind != WordKind::Mark);
        Self {
            offset_us: comment.offset_us,
            characters,
            letters,
            words: spoken().map(|w| hash(0, w.squeezed.as_bytes())).collect(),
            emotes: spoken().filter(|w| is_emote(w)).count(),
            flags,
        }
    }
}

fn is_emote(word: &Word) -> bool {
    matches!(word.kind, WordKind::Emote | WordKind::Emoji | WordKind::Emoticon)
}

fn is_laughter(word: &Word) -> bool {
    let form = word.squeezed.as_str();
    let needs_repetition = matches!(form, "k" | "w" | "5" | "ᄒ" | "草");
    word.form == "😂"
        || word.form == "🤣"
        || (LAUGHTER.contains(&form) && (word.drawn_out || !needs_repetition))
}

/// Sums over the comments of a unit.
pub(super) struct Summary([f32; OWN]);

impl Summary {
    pub(super) fn of(messages: &[Message], duration_us: i64) -> Self {
        if messages.is_empty() {
            return Self([0.0; OWN]);
        }
        let count = messages.len() as f32;
        let lengths: Vec<f32> = messages.iter().map(|m| (1.0 + m.characters as f32).ln() / 4.0).collect();
        let mean = sorted_sum(&lengths) / count;
        let squares: Vec<f32> = lengths.iter().map(|x| (x - mean) * (x - mean)).collect();
        let letters = |i: usize| messages.iter().map(|m| m.letters[i]).sum::<usize>();
        let characters: usize = messages.iter().map(|m| m.characters).sum();
        let having =
            |test: &dyn Fn(&Message) -> bool| messages.iter().filter(|m| test(m)).count() as f32 / count;
        let words: usize = messages.iter().map(|m| m.words.len()).sum();
        let emotes: usize = messages.iter().map(|m| m.emotes).sum();
        let (most, different, entropy) = word_spread(messages, words);
        Self([
            mean,
            (sorted_sum(&squares) / count).sqrt(),
            having(&|m| m.words.len() <= 1),
            share(letters(0), letters(1)),
            having(&|m| m.flags[0]),
            most,
            different,
            repeated_share(messages),
            having(&|m| m.flags[1]),
            share(emotes, words),
            having(&|m| m.emotes > 0 && m.emotes == m.words.len()),
            having(&|m| m.flags[2]),
            having(&|m| m.flags[3]),
            share(letters(2), characters),
            having(&|m| m.flags[4]),
            having(&|m| m.flags[5]),
            share(letters(3), letters(1) + letters(3)),
            burst_share(messages, duration_us),
            mean_offset(messages, duration_us),
            entropy,
        ])
    }

    pub(super) fn shares(&self) -> [f32; OWN] {
        self.0
    }
}

fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

/// Sum that doesn't depend on the order of comments.
fn sorted_sum(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    sorted.iter().sum()
}

/// Share of the most frequent word, different words per word, relative entropy.
fn word_spread(messages: &[Message], words: usize) -> (f32, f32, f32) {
    if words == 0 {
        return (0.0, 0.0, 0.0);
    }
    let mut all: Vec<u64> = messages.iter().flat_map(|m| m.words.iter().copied()).collect();
    all.sort_unstable();
    let (mut most, mut different, mut entropy) = (0, 0, 0.0_f64);
    for group in all.chunk_by(|a, b| a == b) {
        most = most.max(group.len());
        different += 1;
        let p = group.len() as f64 / words as f64;
        entropy -= p * p.ln();
    }
    // One word is frequent by itself; only a repetition counts.
    let most = if most > 1 { share(most, words) } else { 0.0 };
    (most, share(different, words), (entropy / (words.max(2) as f64).ln()) as f32)
}

fn repeated_share(messages: &[Message]) -> f32 {
    let mut texts: Vec<&[u64]> =
        messages.iter().map(|m| m.words.as_slice()).filter(|w| !w.is_empty()).collect();
    texts.sort_unstable();
    let all = texts.len();
    texts.dedup();
    share(all - texts.len(), messages.len())
}

fn burst_share(messages: &[Message], duration_us: i64) -> f32 {
    let bins = (duration_us / HALF_SECOND_US).clamp(1, 240);
    let mut counts = vec![0_usize; bins as usize];
    for message in messages {
        counts[(message.offset_us.max(0) / HALF_SECOND_US).min(bins - 1) as usize] += 1;
    }
    let fullest = counts.iter().copied().max().unwrap_or(0);
    (share(fullest, messages.len()) - 1.0 / bins as f32).max(0.0)
}

fn mean_offset(messages: &[Message], duration_us: i64) -> f32 {
    let duration = duration_us.max(1);
    let sum: i128 = messages.iter().map(|m| i128::from(m.offset_us.clamp(0, duration))).sum();
    (sum as f64 / messages.len() as f64 / duration as f64 * 2.0 - 1.0) as f32
}
