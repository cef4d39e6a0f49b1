//! The encoders of a model: those that are configured, in the order in which it was trained with them.

use std::sync::Arc;

use anyhow::bail;
use kairos_encoders::{EncoderSet, Lexicon, Modality};
use kairos_highlight::{Input, Inputs};

use crate::config::Config;
use crate::pretrained::Networks;

/// Between the encoder of speech and the recogniser whose words it was trained on, `name@digest`.
pub(super) const HEARD_BY: &str = " of words by ";

/// Encoders with weights, and where they are configured. A model goes on without them.
const OPTIONAL: [(&str, &str); 6] = [
    ("mobilenet-v2", "encoders.mobilenet"),
    ("yamnet", "encoders.yamnet"),
    ("faces", "encoders.faces"),
    ("clip", "encoders.clip"),
    ("sentences", "encoders.text"),
    ("sentences-spoken", "encoders.text"),
];

/// The field of the configuration that an encoder with weights has.
pub(super) fn field_of(encoder: &str) -> Option<&'static str> {
    OPTIONAL.iter().find(|(name, _)| *name == encoder).map(|(_, field)| *field)
}

/// The configured encoders as a model was trained with them, and the names of those that are not configured: their part is missing
/// from every unit.
///
/// # Errors
/// If weights can't be loaded, or what is not configured can't be told apart.
pub(super) fn encoders_of(
    config: &Config,
    lexicon: Option<&Arc<Lexicon>>,
    networks: &Networks,
    trained: &Inputs,
) -> anyhow::Result<(EncoderSet, Vec<String>)> {
    let mut set = configured(config, lexicon, networks, &|name| reads(trained, name))?;
    let mut absent = Vec::new();
    for (modality, input) in [
        (Modality::Picture, &trained.picture),
        (Modality::Sound, &trained.sound),
        (Modality::Speech, &trained.speech),
        (Modality::Comment, &trained.comment),
        (Modality::Gift, &trained.gift),
    ] {
        let Some(input) = input else { continue };
        let there: Vec<String> = set.describe().into_iter().map(|known| known.name).collect();
        let expected: Vec<(&str, &str)> = names(input).zip(input.digest.split('+')).collect();
        let lacks = |name: &str| !there.iter().any(|other| other == name);
        let may_lack = expected.iter().all(|(name, _)| !lacks(name) || field_of(name).is_some());
        // Whoever lacks more than that was trained by another kairos, which is told by comparing.
        if may_lack && expected.len() == names(input).count() {
            absent.extend(set.put_absent(modality, &expected, input.width)?);
        }
    }
    Ok((set, absent))
}

/// Names of a modality's encoders.
fn names(input: &Input) -> impl Iterator<Item = &str> {
    input.encoder.split(HEARD_BY).next().unwrap_or_default().split('+')
}

/// Whether a checkpoint was trained with an encoder of that name.
fn reads(trained: &Inputs, name: &str) -> bool {
    let inputs = kairos_highlight::MODALITIES.into_iter().filter_map(|modality| trained.get(modality));
    inputs.flat_map(names).any(|encoder| encoder == name)
}

/// Those that the configuration asks for; pretrained ones as far as they are wanted by name.
pub(super) fn configured(
    config: &Config,
    lexicon: Option<&Arc<Lexicon>>,
    networks: &Networks,
    wanted: &dyn Fn(&str) -> bool,
) -> anyhow::Result<EncoderSet> {
    let mut set = EncoderSet::built_in().on_device(config.compute.open()?);
    if let Some(weights) = &config.encoders.mobilenet {
        set = set.with_mobilenet(weights)?;
    }
    if let Some(weights) = &config.encoders.yamnet {
        set = set.with_yamnet(weights)?;
    }
    if let (Some(faces), Some(expressions)) = (&config.encoders.faces, &config.encoders.expressions)
        && wanted("faces")
    {
        set = set.with_faces(faces, expressions)?;
    }
    set = networks.add_to(set, wanted)?;
    if let Some(lexicon) = lexicon {
        set = set.with_lexicon(lexicon.clone())?;
    }
    Ok(set)
}

/// What a checkpoint remembers of encoders.
pub(super) fn inputs(encoders: &EncoderSet) -> Inputs {
    let mut inputs = Inputs::default();
    for description in encoders.describe() {
        let place = match description.modality {
            Modality::Picture => &mut inputs.picture,
            Modality::Sound => &mut inputs.sound,
            Modality::Speech => &mut inputs.speech,
            Modality::Comment => &mut inputs.comment,
            Modality::Gift => &mut inputs.gift,
        };
        match place {
            Some(input) => {
                input.width += description.width;
                input.encoder = format!("{}+{}", input.encoder, description.name);
                input.digest = format!("{}+{}", input.digest, description.digest);
            }
            None => {
                *place = Some(Input {
                    width: description.width,
                    encoder: description.name,
                    digest: description.digest,
                });
            }
        }
    }
    inputs
}

/// Compares encoders with those of a checkpoint, found at `place`.
pub(super) fn check_encoders(place: &str, trained: &Inputs, configured: &Inputs) -> anyhow::Result<()> {
    for modality in kairos_highlight::MODALITIES {
        // The recogniser is compared when it is there.
        let plain = |input: &Input| {
            let encoder = input.encoder.split(HEARD_BY).next().unwrap_or_default().to_owned();
            Input { encoder, ..input.clone() }
        };
        let (trained, configured) = (trained.get(modality).map(plain), configured.get(modality).cloned());
        if trained != configured && trained.is_some() {
            let show = |input: Option<Input>| {
                input.map_or_else(
                    || "none".to_owned(),
                    |input| format!("{} (width {}, digest {})", input.encoder, input.width, input.digest),
                )
            };
            bail!(
                "{place} was trained with another {modality} encoder: {}, configured is {}",
                show(trained),
                show(configured)
            );
        }
    }
    Ok(())
}
