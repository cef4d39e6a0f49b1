//! The pretrained networks that all rooms of a process share, as configured.
//!
//! They are large: a folder is loaded once, however many rooms and passes ask for it, and let go with the last of them. Rooms ask a server
//! in front of each ([`kairos_model_server`]), which runs what they ask together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Context;
use kairos_encoders::{ClipEncoder, EncoderSet, SentenceEncoder};
use kairos_model_server::{Patience, Pictures, Served, Server, Texts};
use kairos_transformers::{Clip, PictureEncoder, Place, TextEncoder, open_text};

use crate::config::{Config, EncoderConfig};
use crate::room::Moments;
use crate::telemetry::names;

/// What is loaded, by folder, the settings of its server, and where and how it computes.
type Loaded<E> = Mutex<BTreeMap<(PathBuf, String), Weak<E>>>;

static TEXTS: Loaded<Server<Texts>> = Mutex::new(BTreeMap::new());
static PICTURES: Loaded<Server<Pictures>> = Mutex::new(BTreeMap::new());
static CLIPS: Loaded<Clip> = Mutex::new(BTreeMap::new());

/// The configured networks.
#[derive(Debug, Clone, Default)]
pub struct Pretrained {
    text: Option<Arc<Server<Texts>>>,
    clip: Option<Arc<Clip>>,
    pictures: Option<Arc<Server<Pictures>>>,
}

/// One room's way to them.
#[derive(Debug, Clone, Default)]
pub struct Networks {
    /// Reads comments and speech.
    pub text: Option<Arc<dyn TextEncoder>>,
    /// Sees.
    pub pictures: Option<Arc<dyn PictureEncoder>>,
}

impl Pretrained {
    /// Loads what the configuration names, unless it is loaded already.
    ///
    /// # Errors
    /// If a folder is missing or damaged; the message names the field of the configuration, and file and field or tensor.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        let Self { text, clip, .. } = Self::for_words(config)?;
        let encoders = &config.encoders;
        let pictures = clip.as_ref().map(|clip| {
            let serve = |_: &Path| {
                let told = Some(Box::new(|served| tell("pictures", served)) as Box<_>);
                let network: Arc<dyn PictureEncoder> = clip.clone();
                Ok(Server::start(network, &encoders.server, 0, told)?)
            };
            shared(&PICTURES, config, encoders.clip.as_deref(), serve).context("encoders.clip")
        });
        Ok(Self { text, clip, pictures: pictures.transpose()?.flatten() })
    }

    /// The same for a search, which sees nothing.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn for_words(config: &Config) -> anyhow::Result<Self> {
        let encoders = &config.encoders;
        let text = |folder: &Path| {
            let told = Some(Box::new(|served| tell("texts", served)) as Box<_>);
            Ok(Server::start(open_text(folder, place(config)?)?, &encoders.server, 0, told)?)
        };
        let clip = |folder: &Path| Ok(Arc::new(Clip::load(folder, place(config)?)?));
        Ok(Self {
            text: shared(&TEXTS, config, encoders.text.as_deref(), text).context("encoders.text")?,
            clip: shared(&CLIPS, config, encoders.clip.as_deref(), clip).context("encoders.clip")?,
            pictures: None,
        })
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.clip.is_none()
    }

    /// A room's way to them, which waits so long.
    pub fn room(&self, patience: &Patience) -> Networks {
        let text = self.text.as_ref().map(|text| Arc::new(text.open(patience)) as Arc<dyn TextEncoder>);
        let pictures = self.pictures.as_ref();
        let pictures = pictures.map(|served| Arc::new(served.open(patience)) as Arc<dyn PictureEncoder>);
        Networks { text, pictures }
    }

    /// Size of the pictures that are seen best.
    pub fn picture_size(&self) -> Option<(u32, u32)> {
        self.clip.as_ref().map(|clip| clip.picture_size())
    }

    /// Reads words that pictures are looked for by.
    pub fn words_of_pictures(&self) -> Option<Arc<dyn TextEncoder>> {
        self.clip.as_ref().map(|clip| clip.clone() as Arc<dyn TextEncoder>)
    }
}

impl Networks {
    /// What keeps the vectors of the room's units; `None` where nothing is configured.
    pub fn moments(&self) -> Option<Moments> {
        Moments::new(self.pictures.clone(), self.text.clone())
    }

    /// Adds them to a set, as far as they are wanted by name.
    ///
    /// # Errors
    /// If the set has one of the same name.
    pub fn add_to(&self, mut set: EncoderSet, wanted: &dyn Fn(&str) -> bool) -> anyhow::Result<EncoderSet> {
        let Self { text, pictures } = self.clone();
        let clip = pictures.map(|pictures| Box::new(ClipEncoder::new(pictures)) as Box<_>);
        let comments = text.clone().map(|text| Box::new(SentenceEncoder::of_comments(text)) as Box<_>);
        let speech = text.map(|text| Box::new(SentenceEncoder::of_speech(text)) as Box<_>);
        let encoders: [Option<Box<dyn kairos_encoders::Encoder>>; 3] = [clip, comments, speech];
        for encoder in encoders.into_iter().flatten().filter(|encoder| wanted(encoder.name())) {
            set = set.with(encoder)?;
        }
        Ok(set)
    }
}

/// Where they run, and by which numbers.
fn place(config: &Config) -> anyhow::Result<Place> {
    Ok(Place { device: config.compute.open()?, precision: config.encoders.precision })
}

fn tell(encoder: &'static str, served: Served) {
    metrics::counter!(names::ENCODED, "encoder" => encoder).increment(served.items as u64);
    metrics::histogram!(names::BATCH, "encoder" => encoder).record(served.took.as_secs_f64());
}

fn shared<E: ?Sized>(
    loaded: &Loaded<E>,
    config: &Config,
    folder: Option<&Path>,
    load: impl FnOnce(&Path) -> anyhow::Result<Arc<E>>,
) -> anyhow::Result<Option<Arc<E>>> {
    let Some(folder) = folder else { return Ok(None) };
    let EncoderConfig { server, precision, .. } = &config.encoders;
    let key = (folder.to_owned(), format!("{server:?} {precision:?} {}", config.compute.device));
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(&key).and_then(Weak::upgrade) {
        return Ok(Some(known));
    }
    let new = load(folder)?;
    loaded.insert(key, Arc::downgrade(&new));
    Ok(Some(new))
}

#[cfg(test)]
mod tests {
    use kairos_transformers::Precision;

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
    fn precision_and_device_are_as_configured() -> anyhow::Result<()> {
        let with = |precision| {
            let encoders =
                EncoderConfig { text: Some(golden("bert")), precision, ..EncoderConfig::default() };
            Pretrained::load(&Config { encoders, ..Config::default() })
        };
        let digest = |loaded: &Pretrained| {
            let text = loaded.room(&Patience::for_ever()).text.map(|text| text.digest().to_owned());
            text.context("text")
        };
        let (whole, small) = (with(Precision::F32)?, with(Precision::Int8)?);
        assert_eq!(digest(&small)?, format!("{}-int8", digest(&whole)?));
        let message = format!("{:#}", with(Precision::F16).map(|_| ()).expect_err("no GPU"));
        assert!(message.starts_with("encoders.text: f16 is not there on a CPU"), "{message}");
        Ok(())
    }

    #[test]
    fn what_a_checkpoint_does_not_read_is_not_added() -> anyhow::Result<()> {
        let all = load(Some(golden("bert")), Some(golden("clip")))?;
        let all = all.room(&Patience::for_ever());
        assert_eq!(all.add_to(EncoderSet::empty(), &|_| true)?.describe().len(), 3);
        let seen = all.add_to(EncoderSet::empty(), &|name| name == "clip")?.describe();
        assert_eq!(seen.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(), ["clip"]);
        Ok(())
    }
}
