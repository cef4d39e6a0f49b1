//! The pretrained networks that all rooms of a process share, as configured.
//!
//! They are large: a folder is loaded once, however many rooms and passes ask for it, and let go with the last of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Context;
use candle_core::Device;
use kairos_encoders::{ClipEncoder, EncoderSet, SentenceEncoder};
use kairos_transformers::{Clip, PictureEncoder, Remembered, TextEncoder, TransformerError, open_text};

use crate::config::Config;
use crate::room::Moments;

/// What is loaded, by folder.
type Loaded<E> = Mutex<BTreeMap<PathBuf, Weak<E>>>;

static TEXTS: Loaded<Remembered<dyn TextEncoder>> = Mutex::new(BTreeMap::new());
static CLIPS: Loaded<Clips> = Mutex::new(BTreeMap::new());

/// Both towers of one CLIP.
#[derive(Debug)]
struct Clips {
    pictures: Arc<Remembered<Clip>>,
    texts: Arc<Clip>,
}

/// The configured networks.
#[derive(Debug, Clone, Default)]
pub struct Pretrained {
    text: Option<Arc<Remembered<dyn TextEncoder>>>,
    clip: Option<Arc<Clips>>,
}

impl Pretrained {
    /// Loads what the configuration names, unless it is loaded already.
    ///
    /// # Errors
    /// If a folder is missing or damaged; the message names the field of the configuration, and file and field or tensor.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        let text = |folder: &Path| Ok(Arc::new(Remembered::new(open_text(folder, &Device::Cpu)?)));
        let clip = |folder: &Path| {
            let texts = Arc::new(Clip::load(folder, &Device::Cpu)?);
            Ok(Arc::new(Clips { pictures: Arc::new(Remembered::new(texts.clone())), texts }))
        };
        Ok(Self {
            text: shared(&TEXTS, config.encoders.text.as_deref(), text).context("encoders.text")?,
            clip: shared(&CLIPS, config.encoders.clip.as_deref(), clip).context("encoders.clip")?,
        })
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.clip.is_none()
    }

    /// What keeps the vectors of one room's units; `None` where nothing is configured.
    pub fn moments(&self) -> Option<Moments> {
        Moments::new(self.pictures(), self.text())
    }

    /// Reads comments and speech.
    pub fn text(&self) -> Option<Arc<dyn TextEncoder>> {
        self.text.clone().map(|text| text as Arc<dyn TextEncoder>)
    }

    /// Sees.
    pub fn pictures(&self) -> Option<Arc<dyn PictureEncoder>> {
        self.clip.as_ref().map(|clip| clip.pictures.clone() as Arc<dyn PictureEncoder>)
    }

    /// Reads words that pictures are looked for by.
    pub fn words_of_pictures(&self) -> Option<Arc<dyn TextEncoder>> {
        self.clip.as_ref().map(|clip| clip.texts.clone() as Arc<dyn TextEncoder>)
    }

    /// Adds them to a set, as far as they are wanted by name.
    ///
    /// # Errors
    /// If the set has one of the same name.
    pub fn add_to(&self, mut set: EncoderSet, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<EncoderSet> {
        let clip = self.pictures().map(|pictures| Box::new(ClipEncoder::new(pictures)) as Box<_>);
        let comments = self.text().map(|text| Box::new(SentenceEncoder::of_comments(text)) as Box<_>);
        let speech = self.text().map(|text| Box::new(SentenceEncoder::of_speech(text)) as Box<_>);
        let encoders: [Option<Box<dyn kairos_encoders::Encoder>>; 3] = [clip, comments, speech];
        for encoder in encoders.into_iter().flatten().filter(|encoder| wanted(encoder.name())) {
            set = set.with(encoder)?;
        }
        Ok(set)
    }
}

fn shared<E: ?Sized>(
    loaded: &Loaded<E>,
    folder: Option<&Path>,
    load: impl FnOnce(&Path) -> Result<Arc<E>, TransformerError>,
) -> anyhow::Result<Option<Arc<E>>> {
    let Some(folder) = folder else { return Ok(None) };
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(folder).and_then(Weak::upgrade) {
        return Ok(Some(known));
    }
    let new = load(folder)?;
    loaded.insert(folder.to_owned(), Arc::downgrade(&new));
    Ok(Some(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EncoderConfig;

    fn golden(of: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/transformers/tests/golden").join(of)
    }

    fn load(text: Option<PathBuf>, clip: Option<PathBuf>) -> anyhow::Result<Pretrained> {
        let encoders = EncoderConfig { text, clip, ..EncoderConfig::default() };
        Pretrained::load(&Config { encoders, ..Config::default() })
    }

    #[test]
    fn a_missing_or_wrong_folder_is_told_with_its_field() {
        let message =
            |loaded: anyhow::Result<Pretrained>| format!("{:#}", loaded.map(|_| ()).expect_err("no folder"));
        let text = message(load(Some("/nowhere".into()), None));
        assert!(text.starts_with("encoders.text: cannot read /nowhere/config.json"), "{text}");
        let clip = message(load(None, Some(golden("bert"))));
        assert!(
            clip.starts_with("encoders.clip: weights ") && clip.contains("lack the tensor text_model."),
            "{clip}"
        );
    }

    #[test]
    fn a_folder_is_loaded_once_while_somebody_holds_it() -> anyhow::Result<()> {
        let (first, second) = (load(Some(golden("bert")), None)?, load(Some(golden("bert")), None)?);
        assert!(Arc::ptr_eq(&first.text.context("text")?, &second.text.context("text")?));
        Ok(())
    }

    #[test]
    fn what_a_checkpoint_does_not_read_is_not_added() -> anyhow::Result<()> {
        let all = load(Some(golden("bert")), Some(golden("clip")))?;
        assert_eq!(all.add_to(EncoderSet::empty(), &|_| true)?.describe().len(), 3);
        let seen = all.add_to(EncoderSet::empty(), &|name| name == "clip")?.describe();
        assert_eq!(seen.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(), ["clip"]);
        Ok(())
    }
}
