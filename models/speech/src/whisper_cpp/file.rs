//! Reads a whisper.cpp model file from end to end before it is given to C++, which trusts what it reads.
//!
//! A cut download, a text page saved under the model's name or another network are found here and named.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use crate::SpeechError;

const MAGIC: u32 = 0x6767_6d6c;
const HINT: &str =
    "get a whisper.cpp model such as ggml-base.bin from https://huggingface.co/ggerganov/whisper.cpp";
/// Sizes of Whisper's vocabularies: English alone, multilingual, with Cantonese. whisper.cpp knows the numbers of
/// their signs by heart and reads beyond the end of a smaller one.
const VOCABULARIES: std::ops::RangeInclusive<u32> = 51_864..=51_866;
/// Kind of the files with 32-bit floats alone.
const FLOATS: u32 = 0;
const LONGEST_TOKEN: u32 = 1 << 12;
/// A token without which whisper.cpp ends the process.
const BLANK: &[u8] = b" ";

/// What a model file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModelFile {
    /// Positions of the encoder, 50 per second of sound.
    pub(super) audio_positions: u32,
    /// Layers of the encoder, which name the size.
    pub(super) audio_layers: u32,
    pub(super) vocabulary: u32,
    pub(super) tensors: u32,
    /// Digest of the whole file.
    pub(super) digest: String,
}

impl ModelFile {
    /// Checks a file's structure to its last byte and takes its digest.
    pub(super) fn check(path: &Path) -> Result<Self, SpeechError> {
        let read_error = |source| SpeechError::Read { file: path.to_owned(), hint: HINT, source };
        let wrong = |problem: &str| SpeechError::File {
            file: path.to_owned(),
            problem: format!("{problem}; {HINT}"),
        };
        let file = File::open(path).map_err(read_error)?;
        let metadata = file.metadata().map_err(read_error)?;
        if metadata.is_dir() {
            return Err(wrong(
                "it is a folder: with backend = \"candle\" it may be a model in Hugging Face's layout",
            ));
        }
        let mut reader = Reader { file: BufReader::new(file), at: 0, length: metadata.len() };
        let model = reader.model().map_err(|error| match error {
            Broken::Io(error) if error.kind() != ErrorKind::UnexpectedEof => read_error(error),
            Broken::Io(_) | Broken::Short => {
                wrong(&format!("it ends in the middle, after {} bytes: the download was cut", metadata.len()))
            }
            Broken::Says(problem) => wrong(problem),
        })?;
        let mut hasher = blake3::Hasher::new();
        File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ())).map_err(read_error)?;
        Ok(Self { digest: hasher.finalize().to_hex().to_string(), ..model })
    }

    /// Name that whisper.cpp's files go by.
    pub(super) fn size(&self) -> &'static str {
        match self.audio_layers {
            4 => "tiny",
            6 => "base",
            12 => "small",
            24 => "medium",
            32 => "large",
            _ => "of its own size",
        }
    }
}

enum Broken {
    Io(std::io::Error),
    Short,
    Says(&'static str),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

struct Reader {
    file: BufReader<File>,
    at: u64,
    length: u64,
}

impl Reader {
    fn model(&mut self) -> Result<ModelFile, Broken> {
        if self.length < 4 || self.number()? != MAGIC {
            return Err(Broken::Says("it is no whisper.cpp model (GGUF and safetensors are other formats)"));
        }
        let [vocabulary, audio_positions, audio_width, audio_heads, audio_layers] = self.numbers()?;
        let [text_positions, text_width, text_heads, text_layers, bands, kind] = self.numbers()?;
        let sane = VOCABULARIES.contains(&vocabulary)
            && (1..=1_500).contains(&audio_positions)
            && (1..=4_096).contains(&audio_width)
            && audio_width == text_width
            && [audio_heads, text_heads]
                .iter()
                .all(|heads| (1..=256).contains(heads) && audio_width % heads == 0)
            && [4, 6, 12, 24, 32].contains(&audio_layers)
            && (1..=64).contains(&text_layers)
            && (1..=4_096).contains(&text_positions)
            && matches!(bands, 80 | 128)
            && kind < 10_000;
        if !sane {
            return Err(Broken::Says("its sizes are not those of a Whisper"));
        }
        if kind == FLOATS {
            return Err(Broken::Says(
                "it holds 32-bit floats, at which whisper.cpp ends the process: convert it to f16",
            ));
        }
        let [filter_bands, filter_bins] = self.numbers()?;
        if filter_bands != bands || filter_bins != 201 {
            return Err(Broken::Says("its mel filters are not Whisper's"));
        }
        self.skip(u64::from(filter_bands) * u64::from(filter_bins) * 4)?;
        let [tokens] = self.numbers()?;
        if tokens > vocabulary {
            return Err(Broken::Says("it has more tokens than it says"));
        }
        let mut has_blank = false;
        for _ in 0..tokens {
            let [length] = self.numbers()?;
            if length > LONGEST_TOKEN {
                return Err(Broken::Says("its vocabulary cannot be read"));
            }
            if length as usize == BLANK.len() {
                let mut token = [0; BLANK.len()];
                self.file.read_exact(&mut token)?;
                self.at += u64::from(length);
                has_blank |= token == BLANK;
            } else {
                self.skip(u64::from(length))?;
            }
        }
        if !has_blank {
            return Err(Broken::Says("its vocabulary is not Whisper's"));
        }
        let mut tensors = 0;
        while self.at < self.length {
            self.tensor()?;
            tensors += 1;
        }
        Ok(ModelFile { audio_positions, audio_layers, vocabulary, tensors, digest: String::new() })
    }

    fn tensor(&mut self) -> Result<(), Broken> {
        let [dimensions, name, kind] = self.numbers()?;
        if !(1..=4).contains(&dimensions) || name > LONGEST_TOKEN {
            return Err(Broken::Says("one of its tensors cannot be read"));
        }
        let mut values = 1_u64;
        for _ in 0..dimensions {
            values = values.saturating_mul(u64::from(self.number()?));
        }
        let Some((block, bytes)) = block_of(kind) else {
            return Err(Broken::Says("one of its tensors has a number type that whisper.cpp does not know"));
        };
        self.skip(u64::from(name))?;
        self.skip((values / block).saturating_mul(bytes))
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N], Broken> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Ok(numbers)
    }

    fn number(&mut self) -> Result<u32, Broken> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Broken> {
        if bytes > self.length.saturating_sub(self.at) {
            return Err(Broken::Short);
        }
        self.at += bytes;
        // Less than the length of a file, which fits.
        match i64::try_from(bytes) {
            Ok(bytes) => Ok(self.file.seek_relative(bytes)?),
            Err(_) => Ok(self.file.seek(SeekFrom::Start(self.at)).map(|_| ())?),
        }
    }
}

/// Values and bytes of a block of ggml's number types.
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The smallest file that is a model: sizes, filters, a vocabulary of one token, one tensor.
    fn model() -> Vec<u8> {
        let sizes = [MAGIC, 51_865, 1_500, 384, 6, 4, 448, 384, 6, 4, 80, 1, 80, 201];
        let mut bytes: Vec<u8> = sizes.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.resize(bytes.len() + 80 * 201 * 4, 0);
        bytes.extend([1_u32, 1].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(BLANK);
        bytes.extend([2_u32, 4, 1, 3, 2].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(b"name");
        bytes.resize(bytes.len() + 3 * 2 * 2, 0);
        bytes
    }

    fn check(bytes: &[u8]) -> Result<ModelFile, SpeechError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        ModelFile::check(file.path())
    }

    #[test]
    fn whole_model_is_understood() {
        let file = check(&model()).unwrap();
        assert_eq!((file.vocabulary, file.tensors, file.size()), (51_865, 1, "tiny"));
        assert_eq!(file.digest, blake3::hash(&model()).to_hex().to_string());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn damaged_files_are_errors_or_models_but_never_a_panic(
            damage in prop::collection::vec((0usize..200, any::<u8>()), 1..4), from_end in any::<bool>(), cut in 0usize..70_000,
        ) {
            let mut bytes = model();
            let length = bytes.len();
            for (at, value) in damage {
                bytes[if from_end { length - 1 - at } else { at }] = value;
            }
            let whole = check(&bytes);
            bytes.truncate(cut.min(length - 1));
            prop_assert!(check(&bytes).is_err() || whole.is_err() || bytes.len() + 36 == length);
        }
    }
}
