//! ViT: a picture as patches, and what the class token makes of them.

use std::path::Path;

use serde::Deserialize;

use crate::folder::Folder;
use crate::picture::{Patches, Preparation};
use crate::trunk::{Activation, Names, Norm, Order, Shape, Trunk};
use crate::{PictureEncoder, Place, Rgb, TransformerError};

#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: Activation,
    layer_norm_eps: f32,
    image_size: usize,
    patch_size: usize,
    #[serde(default = "three")]
    num_channels: usize,
    #[serde(default = "yes")]
    qkv_bias: bool,
}

fn three() -> usize {
    3
}

fn yes() -> bool {
    true
}

/// A ViT without its head: the class token behind the last normalisation.
pub struct Vit {
    preparation: Preparation,
    patches: Patches,
    trunk: Trunk,
    norm: Norm,
    digest: String,
}

impl std::fmt::Debug for Vit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vit").field("digest", &self.digest).finish_non_exhaustive()
    }
}

pub(crate) fn check_config(folder: &mut Folder) -> Result<(), TransformerError> {
    let config = Config::read(folder)?;
    Preparation::read(folder, config.image_size).map(drop)
}

impl Config {
    fn read(folder: &mut Folder) -> Result<Self, TransformerError> {
        let config: Self = folder.json("config.json")?;
        let wrong = |field: &str, problem: &str| Err(folder.wrong("config.json", field, problem.to_owned()));
        if config.model_type != "vit" {
            return wrong("model_type", "is neither vit nor clip");
        }
        if !config.qkv_bias {
            return wrong("qkv_bias", "false is not here");
        }
        folder.within("num_channels", config.num_channels, 3..=3)?;
        folder.within("hidden_size", config.hidden_size, 1..=8_192)?;
        folder.within("num_hidden_layers", config.num_hidden_layers, 1..=128)?;
        folder.within("intermediate_size", config.intermediate_size, 1..=1 << 16)?;
        folder.within("num_attention_heads", config.num_attention_heads, 1..=config.hidden_size)?;
        folder.within("patch_size", config.patch_size, 1..=config.image_size)?;
        folder.within("image_size", config.image_size, 1..=2_048)?;
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return wrong("num_attention_heads", "does not divide hidden_size");
        }
        Ok(config)
    }
}

fn names(layer: usize) -> Names {
    let name = |part: &str| format!("encoder.layer.{layer}.{part}");
    Names {
        query: name("attention.attention.query"),
        key: name("attention.attention.key"),
        value: name("attention.attention.value"),
        output: name("attention.output.dense"),
        first_norm: name("layernorm_before"),
        up: name("intermediate.dense"),
        down: name("output.dense"),
        second_norm: name("layernorm_after"),
    }
}

impl Vit {
    /// Loads a folder.
    ///
    /// # Errors
    /// When a file is missing, damaged or contradicts another, with file and field or tensor.
    pub fn load(folder: &Path, place: impl Into<Place>) -> Result<Self, TransformerError> {
        let place = place.into();
        place.check()?;
        let mut folder = Folder::open(folder)?;
        let config = Config::read(&mut folder)?;
        let preparation = Preparation::read(&mut folder, config.image_size)?;
        let weights = folder.weights()?;
        let tensors = weights.tensors("embeddings.cls_token", &["vit.", ""])?;
        let Config { hidden_size: width, patch_size, image_size, .. } = config;
        let places = (image_size / patch_size).pow(2);
        let patches = Patches::new(
            tensors
                .get("embeddings.patch_embeddings.projection.weight", &[width, 3, patch_size, patch_size])?,
            tensors.get("embeddings.patch_embeddings.projection.bias", &[width])?,
            tensors.get("embeddings.cls_token", &[1, 1, width])?,
            tensors.get("embeddings.position_embeddings", &[1, places + 1, width])?,
            (image_size, patch_size),
            &place.device,
        )?;
        let shape = Shape {
            width,
            heads: config.num_attention_heads,
            hidden: config.intermediate_size,
            layers: config.num_hidden_layers,
            epsilon: config.layer_norm_eps,
            activation: config.hidden_act,
            order: Order::Before,
            causal: false,
        };
        Ok(Self {
            preparation,
            patches,
            trunk: Trunk::load(&tensors, shape, names, &place)?,
            norm: Norm::load(&tensors, "layernorm", width, config.layer_norm_eps)?,
            digest: place.digest(folder.digest()),
        })
    }
}

impl PictureEncoder for Vit {
    fn width(&self) -> usize {
        self.norm.gain.len()
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn picture_size(&self) -> (u32, u32) {
        self.preparation.size()
    }

    fn encode_pictures(&self, pictures: &[Rgb<'_>]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let pixels = self.preparation.prepare_all(pictures)?;
        let rows = self.patches.embed(&pixels)?;
        let rows = self.trunk.forward(rows, &vec![self.patches.rows(); pictures.len()])?;
        let mut first = self.patches.first_rows(&rows);
        self.norm.apply(&mut first);
        Ok(first.chunks_exact(self.width()).map(<[f32]>::to_vec).collect())
    }
}
