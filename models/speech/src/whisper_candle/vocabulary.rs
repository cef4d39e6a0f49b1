//! Whisper's tokens: text as bytes, languages, timestamps and the signs that steer the decoder.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::SpeechError;

/// Seconds from one timestamp token to the next.
pub(super) const TIMESTAMP_S: f32 = 0.02;

/// The tokens that decoding needs to know.
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) transcribe: u32,
    pub(super) no_speech: Option<u32>,
    /// The first timestamp; all tokens from it on are timestamps.
    pub(super) timestamps: u32,
    /// Code and token of each language, by token.
    languages: Vec<(String, u32)>,
}

impl Vocabulary {
    /// Reads `tokenizer.json`.
    pub(super) fn read(file: &Path, bytes: &[u8]) -> Result<Self, SpeechError> {
        let wrong = |problem: String| SpeechError::File { file: file.to_owned(), problem };
        let tokenizer =
            Tokenizer::from_bytes(bytes).map_err(|error| wrong(format!("it is no tokenizer: {error}")))?;
        let id = |token: &str| {
            tokenizer
                .token_to_id(token)
                .ok_or_else(|| wrong(format!("it is not Whisper's: it lacks {token}")))
        };
        let mut languages: Vec<(String, u32)> = tokenizer
            .get_added_tokens_decoder()
            .into_iter()
            .filter_map(|(id, token)| Some((language_of(&token.content)?.to_owned(), id)))
            .collect();
        languages.sort_by_key(|(_, id)| *id);
        Ok(Self {
            start: id("<|startoftranscript|>")?,
            end: id("<|endoftext|>")?,
            transcribe: id("<|transcribe|>")?,
            no_speech: id("<|nospeech|>").or_else(|_| id("<|nocaptions|>")).ok(),
            timestamps: match tokenizer.token_to_id("<|0.00|>") {
                Some(first) => first,
                // Older files leave the timestamps out; they follow this token.
                None => id("<|notimestamps|>")? + 1,
            },
            languages,
            tokenizer,
        })
    }

    pub(super) fn languages(&self) -> &[(String, u32)] {
        &self.languages
    }

    pub(super) fn language(&self, code: &str) -> Option<u32> {
        self.languages.iter().find(|(language, _)| language == code).map(|(_, id)| *id)
    }

    /// Bytes of a text token; none of other tokens.
    pub(super) fn bytes(&self, id: u32) -> Vec<u8> {
        if id >= self.end {
            return Vec::new();
        }
        let token = self.tokenizer.id_to_token(id).unwrap_or_default();
        let mut bytes = Vec::with_capacity(token.len());
        for character in token.chars() {
            match byte_of(character) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }
}

/// `en` of `<|en|>`.
fn language_of(token: &str) -> Option<&str> {
    let code = token.strip_prefix("<|")?.strip_suffix("|>")?;
    let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then_some(code)
}

/// The byte for which a character of byte-level BPE stands (Radford et al. 2019): printable Latin-1 stands for
/// itself, the other bytes follow from U+0100 on in their order.
fn byte_of(character: char) -> Option<u8> {
    let stands_for_itself = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    match u32::from(character) {
        code @ 0..=0xff => u8::try_from(code).ok().filter(|&byte| stands_for_itself(byte)),
        code => {
            (0..=u8::MAX).filter(|&byte| !stands_for_itself(byte)).nth(usize::try_from(code).ok()? - 0x100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_character_and_back() {
        let mut bytes: Vec<u8> = (0..=0x143).filter_map(char::from_u32).filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=u8::MAX).collect::<Vec<_>>());
        assert_eq!(byte_of('\u{120}'), Some(b' '));
        assert_eq!(byte_of('\u{10a}'), Some(b'\n'));
        assert_eq!(byte_of('\u{4e00}'), None);
    }

    #[test]
    fn languages_are_told_from_other_signs() {
        assert_eq!(language_of("<|yue|>"), Some("yue"));
        for sign in ["<|0.00|>", "<|startoftranscript|>", "en", "<|EN|>"] {
            assert_eq!(language_of(sign), None, "{sign}");
        }
    }
}
