//! Public data sets and exported features: rooms that are read one at a time.
//!
//! The data set is walked once and every room is put into a features file of its own, so that training can load rooms
//! in any order and never holds more than its pool of them.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use kairos_datasets::features::{read_room, write_room};
use kairos_datasets::m3::M3Options;
use kairos_datasets::{LabelledRoom, Layout, Split};
use kairos_highlight::{
    Config as ModelConfig, HighlightError, Input, Inputs, Rooms, TrainingRoom, UnitFeatures,
};

/// The rooms of a data set on disk, split into training and validation.
#[derive(Debug)]
pub struct Spooled {
    /// To train on.
    pub training: SpooledRooms,
    /// To validate on.
    pub validation: SpooledRooms,
    /// What the rooms hold.
    pub inputs: Inputs,
    /// Length of a unit, seconds.
    pub unit_seconds: f64,
    /// What was found, in words.
    pub layout: Layout,
}

/// Rooms in features files.
#[derive(Debug)]
pub struct SpooledRooms {
    files: Vec<(PathBuf, usize)>,
    model: ModelConfig,
}

/// Whether `folder` holds a data set rather than recordings.
pub fn is_dataset(folder: &Path) -> bool {
    Layout::of(folder).is_some()
}

/// Walks the data set in `folder` and spools its rooms into `spool`. Its own split counts where it has one; otherwise
/// every `1 / share`-th room is held out.
///
/// # Errors
/// If the data set can't be read, rooms differ in their widths, or no room has a label.
pub fn spool(folder: &Path, spool: &Path, model: &ModelConfig, share: f64) -> anyhow::Result<Spooled> {
    let mut dataset = kairos_datasets::open(folder, &M3Options::default())?;
    let layout = dataset.layout;
    let every = (1.0 / share).round().max(2.0) as usize;
    let (mut training, mut validation) = (Vec::new(), Vec::new());
    let mut shape: Option<(Inputs, f64)> = None;
    for (index, room) in dataset.rooms()?.enumerate() {
        let room = room?;
        if room.units.iter().all(|unit| unit.label.is_none()) {
            continue;
        }
        let found = inputs(&room, &format!("{layout:?}").to_lowercase());
        match &shape {
            None => shape = Some((found, room.unit_seconds)),
            Some((known, _)) if *known == found => {}
            Some((known, _)) => {
                bail!("room {} of {}: has {found:?}, earlier rooms {known:?}", room.name, folder.display())
            }
        }
        let file = spool.join(format!("{index:08}.{}", kairos_datasets::features::EXTENSION));
        write_room(&file, &room)?;
        let rooms = match room.split {
            Some(Split::Train) => &mut training,
            Some(Split::Validation | Split::Test) => &mut validation,
            None if index % every == every - 1 => &mut validation,
            None => &mut training,
        };
        rooms.push((file, room.units.len()));
    }
    let (inputs, unit_seconds) =
        shape.with_context(|| format!("{}: no room has a label", folder.display()))?;
    let model = ModelConfig { unit_seconds, ..model.clone() };
    let rooms = |files| SpooledRooms { files, model: model.clone() };
    Ok(Spooled { training: rooms(training), validation: rooms(validation), inputs, unit_seconds, layout })
}

/// Text stands for comments, features of all modalities at once for pictures: a model has to put them somewhere.
fn unit_features(unit: kairos_datasets::LabelledUnit) -> UnitFeatures {
    UnitFeatures {
        picture: unit.picture.or(unit.fused),
        sound: unit.sound,
        speech: unit.speech,
        comment: unit.comment.or(unit.text),
        gift: unit.gift,
    }
}

fn inputs(room: &LabelledRoom, layout: &str) -> Inputs {
    let width = |of: fn(&UnitFeatures) -> Option<usize>| {
        let found = room.units.iter().find_map(|unit| of(&unit_features(unit.clone())))?;
        Some(Input { width: found, encoder: layout.to_owned(), digest: String::from("as exported") })
    };
    Inputs {
        picture: width(|unit| unit.picture.as_ref().map(Vec::len)),
        sound: width(|unit| unit.sound.as_ref().map(Vec::len)),
        speech: width(|unit| unit.speech.as_ref().map(Vec::len)),
        comment: width(|unit| unit.comment.as_ref().map(Vec::len)),
        gift: width(|unit| unit.gift.as_ref().map(Vec::len)),
    }
}

impl Rooms for SpooledRooms {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn units(&self, index: usize) -> usize {
        self.files[index].1
    }

    fn load(&self, index: usize) -> Result<TrainingRoom, HighlightError> {
        let file = &self.files[index].0;
        let room = read_room(file).map_err(|error| HighlightError::Room {
            room: file.display().to_string(),
            reason: error.to_string(),
        })?;
        let labels: Vec<f32> = room.units.iter().map(|unit| unit.label.unwrap_or(f32::NAN)).collect();
        Ok(TrainingRoom {
            labels: TrainingRoom::delayed(&labels, &self.model),
            name: room.name,
            streamer: room.streamer.unwrap_or_default(),
            units: room.units.into_iter().map(unit_features).collect(),
            messages: Vec::new(),
        })
    }
}
