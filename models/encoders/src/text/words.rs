//! Splits chat and speech into words as live rooms write them.
//!
//! Text is brought to Unicode's compatibility form (NFKC) and lower case. An emote (":kekw:", "[doge]",
//! "PogChamp"), an emoji and an emoticon (":D") are words of their own. Scripts without spaces come as whole
//! runs. Addresses and mentions are replaced by one word each, since their text says nothing about the moment.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::squeeze;

/// What kind of word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WordKind {
    /// Letters of a script with spaces.
    Plain,
    /// A run of a script written without spaces (also Hangul, whose laughter has none).
    Unspaced,
    /// A platform's emote, by name.
    Emote,
    /// One emoji.
    Emoji,
    /// A face made of punctuation.
    Emoticon,
    /// Digits only.
    Number,
    /// A run of question marks or exclamation marks.
    Mark,
    /// An address, a mention or a bot command.
    Reference,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) kind: WordKind,
    /// Lower-case form.
    pub(crate) form: String,
    /// Form without repetition.
    pub(crate) squeezed: String,
    /// A repetition was removed.
    pub(crate) drawn_out: bool,
    /// At least three letters, all capitals.
    pub(crate) capitals: bool,
}

/// Words of the first `limit` characters of a text.
pub(crate) fn words(text: &str, limit: usize) -> Vec<Word> {
    let folded: String = text.chars().take(limit).nfkc().take(2 * limit).collect();
    let mut found = Vec::new();
    for chunk in folded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|c| !c.is_empty()) {
        split_chunk(chunk, &mut found);
    }
    found
}

fn split_chunk(chunk: &str, found: &mut Vec<Word>) {
    let lower = chunk.to_ascii_lowercase();
    if ["http://", "https://", "www."].iter().any(|start| lower.starts_with(start)) {
        return found.push(word(WordKind::Reference, "http"));
    }
    let mut letters = chunk.chars();
    match (letters.next(), letters.next()) {
        (Some('@'), Some(c)) if c.is_alphanumeric() => {
            return found.push(word(WordKind::Reference, "@"));
        }
        (Some('!'), Some(c)) if c.is_ascii_alphabetic() => {
            return found.push(word(WordKind::Reference, "!command"));
        }
        _ => {}
    }
    if is_emoticon(chunk) {
        return found.push(word(WordKind::Emoticon, chunk));
    }
    let mut rest = chunk;
    while let Some(first) = rest.chars().next() {
        if let Some(name) = bracketed_emote(rest) {
            found.push(word(WordKind::Emote, name));
            rest = &rest[name.len() + 2..];
            continue;
        }
        let class = Class::of(first);
        let end = rest
            .char_indices()
            .find(|&(at, c)| at > 0 && !class.continues(c))
            .map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        let kind = match class {
            Class::Letters if piece.chars().all(|c| c.is_numeric()) => WordKind::Number,
            Class::Letters if is_emote_name(piece) => WordKind::Emote,
            Class::Letters => WordKind::Plain,
            Class::Unspaced => WordKind::Unspaced,
            Class::Emoji => WordKind::Emoji,
            Class::Mark(_) => WordKind::Mark,
            Class::Other => continue,
        };
        found.push(word(kind, piece));
    }
}

fn word(kind: WordKind, text: &str) -> Word {
    let form: String = text.chars().flat_map(char::to_lowercase).collect();
    let (squeezed, drawn_out) = squeeze(&form);
    let cased = || text.chars().filter(|c| c.is_uppercase() || c.is_lowercase());
    let capitals = kind == WordKind::Plain && cased().count() >= 3 && cased().all(char::is_uppercase);
    Word { kind, form, squeezed, drawn_out, capitals }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letters,
    Unspaced,
    Emoji,
    Mark(char),
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        if matches!(c, '?' | '!') {
            Self::Mark(c)
        } else if is_unspaced(c) {
            Self::Unspaced
        } else if is_emoji(c) {
            Self::Emoji
        } else if c.is_alphanumeric() || c == '_' || is_combining_mark(c) {
            Self::Letters
        } else {
            Self::Other
        }
    }

    /// Whether `c` goes on with a piece of this class; emoji stand alone, a word keeps its apostrophe.
    fn continues(self, c: char) -> bool {
        match self {
            Self::Emoji => matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'),
            Self::Letters => c == '\'' || c == '’' || Self::of(c) == Self::Letters,
            _ => Self::of(c) == self,
        }
    }
}

/// Scripts written without spaces between words, and Hangul.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x3005..=0x3007
        | 0x3041..=0x30ff | 0x3130..=0x318f | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x2_0000..=0x3_134f)
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27bf | 0x2b50 | 0x2b55 | 0x2b1b..=0x2b1c | 0x231a..=0x231b
        | 0x23e9..=0x23fa | 0x1f000..=0x1faff)
}

fn bracketed_emote(text: &str) -> Option<&str> {
    let close = match text.as_bytes().first()? {
        b':' => ':',
        b'[' => ']',
        _ => return None,
    };
    let name = &text[1..1 + text[1..].find(close)?];
    let named = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    // "12:30:45" is a time, not an emote.
    let is_name = named && (2..=40).contains(&name.len()) && !name.chars().all(|c| c.is_ascii_digit());
    is_name.then_some(name)
}

/// A capital inside a word, or a name known from the large platforms.
fn is_emote_name(text: &str) -> bool {
    const KNOWN: [&str; 16] = [
        "kappa",
        "kekw",
        "kreygasm",
        "lul",
        "lulw",
        "monkas",
        "omegalul",
        "pepega",
        "pepehands",
        "pog",
        "poggers",
        "pogu",
        "sadge",
        "copium",
        "pogchamp",
        "jebaited",
    ];
    let inner_capital = text.is_ascii()
        && text.len() >= 4
        && text
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    inner_capital || KNOWN.iter().any(|name| text.eq_ignore_ascii_case(name))
}

fn is_emoticon(chunk: &str) -> bool {
    const WHOLE: [&str; 8] = ["<3", "^^", "^_^", "t_t", ">_<", "o_o", "-_-", "xd"];
    if WHOLE.iter().any(|face| chunk.eq_ignore_ascii_case(face)) {
        return true;
    }
    let bytes = chunk.as_bytes();
    let mouth = |b: u8| {
        matches!(b, b')' | b'(' | b'D' | b'd' | b'P' | b'p' | b'O' | b'o' | b'3' | b'/' | b'|' | b'*')
    };
    (2..=3).contains(&bytes.len())
        && matches!(bytes[0], b':' | b';' | b'=')
        && mouth(bytes[bytes.len() - 1])
        && (bytes.len() == 2 || matches!(bytes[1], b'-' | b'\'' | b'o'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<(WordKind, String)> {
        words(text, 500).into_iter().map(|word| (word.kind, word.squeezed)).collect()
    }

    #[test]
    fn emotes_are_words() {
        let expected = [
            (WordKind::Emote, "pogchamp"),
            (WordKind::Emote, "kekw"),
            (WordKind::Emote, "doge"),
            (WordKind::Emoji, "😂"),
            (WordKind::Emoji, "😂"),
            (WordKind::Emoticon, ":d"),
        ];
        let expected: Vec<_> = expected.map(|(kind, form)| (kind, form.to_owned())).into();
        assert_eq!(forms("PogChamp :kekw:[doge] 😂😂 :D"), expected);
        assert_eq!(forms("at 12:30:45").iter().filter(|(kind, _)| *kind == WordKind::Emote).count(), 0);
    }

    #[test]
    fn case_width_and_repetition_fold_together() {
        assert_eq!(forms("ＬＯＯＯＬ"), forms("lol"));
        assert!(words("LOOOL", 10)[0].drawn_out && words("LOOOL", 10)[0].capitals);
        assert_eq!(forms("don't"), [(WordKind::Plain, "don't".to_owned())]);
    }

    #[test]
    fn scripts_without_spaces_come_as_runs() {
        let expected = [(WordKind::Unspaced, "主播好厉害".to_owned()), (WordKind::Number, "6".to_owned())];
        assert_eq!(forms("主播好厉害666"), expected);
        assert_eq!(forms("หมา")[0].0, WordKind::Unspaced);
    }

    #[test]
    fn references_lose_their_text() {
        assert_eq!(forms("https://a.example/x?y"), forms("http://b.example"));
        assert_eq!(forms("@alice hi"), forms("@bob hi"));
    }
}
