//! What recognisers make up, and how it is told from speech: loops, and phrases that nobody said.
//!
//! Thresholds and their pairing are Whisper's (Radford et al. 2022, section 4.5); phrases made up in silence are
//! only dropped where voice activity or the model itself doubts that anybody spoke.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};

use crate::{FilterConfig, Segment, Word};

/// Longest phrase, in words, whose repetition is looked for.
const LONGEST_PHRASE: usize = 8;

/// Phrases that Whisper writes for silence, music and applause, in lower case without marks.
const MADE_UP: [&str; 26] = [
    "you",
    "bye",
    "bye bye",
    "thank you",
    "thank you very much",
    "thank you so much for watching",
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "like and subscribe",
    "subtitles by the amaraorg community",
    "untertitel der amaraorgcommunity",
    "untertitel im auftrag des zdf f\u{fc}r funk 2017",
    "soustitres r\u{e9}alis\u{e9}s par la communaut\u{e9} damaraorg",
    "subt\u{ed}tulos realizados por la comunidad de amaraorg",
    "sottotitoli creati dalla comunit\u{e0} amaraorg",
    "legendas pela comunidade amaraorg",
    "\u{43f}\u{440}\u{43e}\u{434}\u{43e}\u{43b}\u{436}\u{435}\u{43d}\u{438}\u{435} \u{441}\u{43b}\u{435}\u{434}\u{443}\u{435}\u{442}",
    "\u{3054}\u{8996}\u{8074}\u{3042}\u{308a}\u{304c}\u{3068}\u{3046}\u{3054}\u{3056}\u{3044}\u{307e}\u{3057}\u{305f}",
    "\u{8c22}\u{8c22}\u{89c2}\u{770b}",
    "\u{8acb}\u{4e0d}\u{541d}\u{9ede}\u{8d5e}\u{8a02}\u{95b1}\u{8f49}\u{767c}\u{6253}\u{8cde}\u{652f}\u{6301}\u{660e}\u{93e1}\u{8207}\u{9ede}\u{9ede}\u{6b04}\u{76ee}",
    "\u{c2dc}\u{ccad}\u{d574}\u{c8fc}\u{c154}\u{c11c} \u{ac10}\u{c0ac}\u{d569}\u{b2c8}\u{b2e4}",
    "\u{c2dc}\u{ccad}\u{d574} \u{c8fc}\u{c154}\u{c11c} \u{ac10}\u{c0ac}\u{d569}\u{b2c8}\u{b2e4}",
    "altyaz\u{131} mk",
    "teksting av nicolai winther",
    "i will see you in the next video",
];

/// Why words were not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Nobody spoke.
    Silence,
    /// The recogniser ran in a loop.
    Loop,
}

/// The words of a segment that are believed, and why others are not.
///
/// `voice_share` is the share of the window in which voice activity heard a voice.
pub(crate) fn believed(
    segment: Segment,
    voice_share: f32,
    config: &FilterConfig,
) -> (Vec<Word>, Option<Doubt>) {
    if segment.words.is_empty() {
        return (Vec::new(), None);
    }
    let sure = segment.average_log_probability;
    let unlikely = sure < config.log_probability;
    if (segment.no_speech > config.no_speech && unlikely) || sure < config.log_probability_floor {
        return (Vec::new(), Some(Doubt::Silence));
    }
    let plain = plain(&segment.text());
    if plain.is_empty() {
        // Nothing but notes, brackets and dots: what Whisper writes for music.
        return (Vec::new(), Some(Doubt::Silence));
    }
    let doubted = voice_share < config.voice_share || segment.no_speech > 0.5 * config.no_speech || unlikely;
    if doubted && MADE_UP.contains(&plain.as_str()) {
        return (Vec::new(), Some(Doubt::Silence));
    }
    if compression_ratio(&segment.text()) > config.compression_ratio {
        return (Vec::new(), Some(Doubt::Loop));
    }
    let before = segment.words.len();
    let words = shorten_loops(segment.words, config.max_repeats);
    let doubt = (words.len() < before).then_some(Doubt::Loop);
    (words, doubt)
}

/// Lower case, letters, digits and single spaces; what stands in brackets or between notes is left out.
fn plain(text: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '[' | '(' | '\u{ff08}' | '\u{3010}' => depth += 1,
            ']' | ')' | '\u{ff09}' | '\u{3011}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if character.is_alphanumeric() => plain.extend(character.to_lowercase()),
            _ if character.is_whitespace() && !plain.ends_with(' ') && !plain.is_empty() => plain.push(' '),
            _ => {}
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// Bytes of the text by bytes of its zlib stream.
fn compression_ratio(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    // Writing to memory does not fail; were it to, the text would count as no loop.
    compressed.map_or(0.0, |bytes| text.len() as f32 / bytes.len().max(1) as f32)
}

/// Shortens phrases that follow themselves more than `repeats` times to that many.
fn shorten_loops(words: Vec<Word>, repeats: usize) -> Vec<Word> {
    let forms: Vec<String> = words.iter().map(|word| plain(&word.text)).collect();
    let mut keep = vec![true; words.len()];
    let mut at = 0;
    while at < words.len() {
        let looped = (1..=LONGEST_PHRASE).find_map(|length| {
            let times = times_repeated(&forms[at..], length);
            (times > repeats).then_some((length, times))
        });
        match looped {
            Some((length, times)) => {
                keep[at + length * repeats..at + length * times].fill(false);
                at += length * times;
            }
            None => at += 1,
        }
    }
    words.into_iter().zip(keep).filter_map(|(word, keep)| keep.then_some(word)).collect()
}

/// How often the first `length` forms stand one after the other at the beginning.
fn times_repeated(forms: &[String], length: usize) -> usize {
    let Some(phrase) = forms.get(..length) else { return 0 };
    forms.chunks_exact(length).take_while(|chunk| *chunk == phrase).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(text: &str, no_speech: f32, sure: f32) -> Segment {
        let word = |(i, text): (usize, &str)| Word {
            text: text.into(),
            start_s: i as f32,
            end_s: i as f32 + 1.0,
            probability: 0.5,
        };
        let words = text.split_whitespace().enumerate().map(word).collect();
        Segment { words, no_speech, average_log_probability: sure }
    }

    fn text(words: &[Word]) -> String {
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn check(said: &str, no_speech: f32, sure: f32, share: f32) -> (String, Option<Doubt>) {
        let (words, doubt) = believed(segment(said, no_speech, sure), share, &FilterConfig::default());
        (text(&words), doubt)
    }

    #[test]
    fn sure_speech_passes_whole() {
        assert_eq!(
            check("Ask not what your country can do", 0.1, -0.2, 0.9).0,
            "Ask not what your country can do"
        );
        assert_eq!(check("Thank you.", 0.05, -0.2, 0.9), ("Thank you.".into(), None));
    }

    #[test]
    fn thanks_into_silence_are_not_believed() {
        assert_eq!(check("Thank you.", 0.05, -0.2, 0.1), (String::new(), Some(Doubt::Silence)));
        assert_eq!(check("Thanks for watching!", 0.5, -0.2, 0.9), (String::new(), Some(Doubt::Silence)));
        assert_eq!(check("What a goal", 0.9, -1.4, 0.9), (String::new(), Some(Doubt::Silence)));
        assert_eq!(check("What a goal", 0.9, -0.3, 0.9).1, None);
    }

    #[test]
    fn music_signs_are_no_words() {
        for signs in ["[Music]", "\u{266a} \u{266a}", "(upbeat music)", "..."] {
            assert_eq!(check(signs, 0.0, -0.1, 0.9), (String::new(), Some(Doubt::Silence)), "{signs}");
        }
    }

    #[test]
    fn loops_are_dropped_or_shortened() {
        let long = "and then we go to the shop ".repeat(20);
        assert_eq!(check(&long, 0.0, -0.1, 0.9), (String::new(), Some(Doubt::Loop)));
        assert_eq!(check("well Go, go go go. go go go now", 0.0, -0.1, 0.9).0, "well Go, go go go. now");
        assert_eq!(check("a b a b a b a b a b c", 0.0, -0.1, 0.9).0, "a b a b a b a b c");
        assert_eq!(check("no no no no", 0.0, -0.1, 0.9), ("no no no no".into(), None));
    }

    proptest! {
        #[test]
        fn believed_words_are_among_those_said_in_their_order(
            said in "[ab .\\[\\]]{0,60}", no_speech in 0.0f32..1.0, sure in -4.0f32..0.0, share in 0.0f32..1.0,
        ) {
            let whole = segment(&said, no_speech, sure);
            let (words, doubt) = believed(whole.clone(), share, &FilterConfig::default());
            let mut rest = whole.words.iter();
            prop_assert!(words.iter().all(|word| rest.any(|other| other == word)));
            prop_assert_eq!(doubt.is_none(), words.len() == whole.words.len());
        }
    }
}
