//! CLIP: texts and pictures as vectors of one space, by two towers.

mod config;

use std::path::Path;

use config::Config;

use crate::folder::Folder;
use crate::picture::{Patches, Preparation};
use crate::tokens::Tokens;
use crate::trunk::{Dense, Names, Norm, Order, Plain, Shape, Trunk, normalise_rows};
use crate::weights::Tensors;
use crate::{PictureEncoder, Place, Rgb, TextEncoder, TransformerError};

/// Texts or pictures that run at a time, to bound the buffers.
const BATCH: usize = 64;

/// Both towers.
pub struct Clip {
    text: TextTower,
    picture: PictureTower,
    width: usize,
    digest: String,
}

struct TextTower {
    tokens: Tokens,
    words: Vec<f32>,
    positions: Vec<f32>,
    trunk: Trunk,
    norm: Norm,
    projection: Dense,
    end: u32,
}

struct PictureTower {
    preparation: Preparation,
    patches: Patches,
    first_norm: Norm,
    trunk: Trunk,
    norm: Norm,
    projection: Dense,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip").field("digest", &self.digest).finish_non_exhaustive()
    }
}

pub(crate) fn check_config(folder: &mut Folder) -> Result<(), TransformerError> {
    let config = Config::read(folder)?;
    Preparation::read(folder, config.vision_config.image_size).map(drop)
}

fn names(tower: &'static str) -> impl Fn(usize) -> Names {
    move |layer| {
        let name = |part: &str| format!("{tower}.encoder.layers.{layer}.{part}");
        Names {
            query: name("self_attn.q_proj"),
            key: name("self_attn.k_proj"),
            value: name("self_attn.v_proj"),
            output: name("self_attn.out_proj"),
            first_norm: name("layer_norm1"),
            up: name("mlp.fc1"),
            down: name("mlp.fc2"),
            second_norm: name("layer_norm2"),
        }
    }
}

fn without_bias(
    tensors: &Tensors<'_>,
    name: &str,
    (inputs, outputs): (usize, usize),
    place: &Place,
) -> Result<Dense, TransformerError> {
    let weight = tensors.get(&format!("{name}.weight"), &[outputs, inputs])?;
    Dense::new(&Plain { inputs, weight, bias: vec![0.0; outputs] }, &place.device)
}

impl TextTower {
    fn load(
        config: &Config,
        tokens: Tokens,
        tensors: &Tensors<'_>,
        place: &Place,
    ) -> Result<Self, TransformerError> {
        let text = &config.text_config;
        let width = text.hidden_size;
        let shape = Shape {
            width,
            heads: text.num_attention_heads,
            hidden: text.intermediate_size,
            layers: text.num_hidden_layers,
            epsilon: text.layer_norm_eps,
            activation: text.hidden_act,
            order: Order::Before,
            causal: true,
        };
        let table = |name: &str, rows: usize| {
            tensors.get(&format!("text_model.embeddings.{name}.weight"), &[rows, width])
        };
        Ok(Self {
            tokens,
            words: table("token_embedding", text.vocab_size)?,
            positions: table("position_embedding", text.max_position_embeddings)?,
            trunk: Trunk::load(tensors, shape, names("text_model"), place)?,
            norm: Norm::load(tensors, "text_model.final_layer_norm", width, text.layer_norm_eps)?,
            projection: without_bias(tensors, "text_projection", (width, config.projection_dim), place)?,
            end: text.eos_token_id,
        })
    }

    /// Where the text's vector is read off: the end mark. Old files name 2 as the mark and mean the largest id.
    fn place(&self, ids: &[u32]) -> usize {
        let largest =
            || ids.iter().zip(0..).max_by_key(|&(&id, at)| (id, std::cmp::Reverse(at))).map(|(_, at)| at);
        let found = if self.end == 2 { largest() } else { ids.iter().position(|&id| id == self.end) };
        found.unwrap_or(0)
    }

    fn encode(&self, texts: &[&str]) -> Result<Vec<f32>, TransformerError> {
        let width = self.norm.gain.len();
        let mut ids = self.tokens.ids(texts)?;
        // A tokenizer without marks may give nothing at all.
        ids.iter_mut().filter(|ids| ids.is_empty()).for_each(|ids| ids.push(self.end.min(self.last_word())));
        let mut rows = Vec::new();
        for ids in &ids {
            for (id, position) in ids.iter().zip(self.positions.chunks_exact(width)) {
                let word = &self.words[*id as usize * width..][..width];
                rows.extend(word.iter().zip(position).map(|(word, position)| word + position));
            }
        }
        let lengths: Vec<usize> = ids.iter().map(Vec::len).collect();
        let rows = self.trunk.forward(rows, &lengths)?;
        let mut from = 0;
        let mut ends = Vec::with_capacity(ids.len() * width);
        for ids in &ids {
            ends.extend_from_slice(&rows[(from + self.place(ids)) * width..][..width]);
            from += ids.len();
        }
        self.norm.apply(&mut ends);
        self.projection.apply(&ends)
    }

    fn last_word(&self) -> u32 {
        u32::try_from(self.words.len() / self.norm.gain.len()).map_or(0, |words| words.saturating_sub(1))
    }
}

impl PictureTower {
    fn load(
        config: &Config,
        preparation: Preparation,
        tensors: &Tensors<'_>,
        place: &Place,
    ) -> Result<Self, TransformerError> {
        let vision = &config.vision_config;
        let (width, side) = (vision.hidden_size, vision.patch_size);
        let places = (vision.image_size / side).pow(2);
        let embedding =
            |name: &str, shape: &[usize]| tensors.get(&format!("vision_model.embeddings.{name}"), shape);
        let patches = Patches::new(
            embedding("patch_embedding.weight", &[width, 3, side, side])?,
            vec![0.0; width],
            embedding("class_embedding", &[width])?,
            embedding("position_embedding.weight", &[places + 1, width])?,
            (vision.image_size, side),
            &place.device,
        )?;
        let shape = Shape {
            width,
            heads: vision.num_attention_heads,
            hidden: vision.intermediate_size,
            layers: vision.num_hidden_layers,
            epsilon: vision.layer_norm_eps,
            activation: vision.hidden_act,
            order: Order::Before,
            causal: false,
        };
        let norm = |name: &str| Norm::load(tensors, name, width, vision.layer_norm_eps);
        Ok(Self {
            preparation,
            patches,
            // So it is spelled in every file.
            first_norm: norm("vision_model.pre_layrnorm")?,
            trunk: Trunk::load(tensors, shape, names("vision_model"), place)?,
            norm: norm("vision_model.post_layernorm")?,
            projection: without_bias(tensors, "visual_projection", (width, config.projection_dim), place)?,
        })
    }

    fn encode(&self, pictures: &[Rgb<'_>]) -> Result<Vec<f32>, TransformerError> {
        let pixels = self.preparation.prepare_all(pictures)?;
        let mut rows = self.patches.embed(&pixels)?;
        self.first_norm.apply(&mut rows);
        let rows = self.trunk.forward(rows, &vec![self.patches.rows(); pictures.len()])?;
        let mut first = self.patches.first_rows(&rows);
        self.norm.apply(&mut first);
        self.projection.apply(&first)
    }
}

impl Clip {
    /// Loads a folder.
    ///
    /// # Errors
    /// When a file is missing, damaged or contradicts another, with file and field or tensor.
    pub fn load(folder: &Path, place: impl Into<Place>) -> Result<Self, TransformerError> {
        let place = place.into();
        place.check()?;
        let mut folder = Folder::open(folder)?;
        let config = Config::read(&mut folder)?;
        let text = &config.text_config;
        let tokens = Tokens::load(&mut folder, text.vocab_size, text.max_position_embeddings)?;
        let preparation = Preparation::read(&mut folder, config.vision_config.image_size)?;
        let weights = folder.weights()?;
        let tensors = weights.tensors("text_projection.weight", &["", "clip."])?;
        Ok(Self {
            text: TextTower::load(&config, tokens, &tensors, &place)?,
            picture: PictureTower::load(&config, preparation, &tensors, &place)?,
            width: config.projection_dim,
            digest: place.digest(folder.digest()),
        })
    }

    /// Rows of length one.
    fn vectors(&self, mut rows: Vec<f32>) -> impl Iterator<Item = Vec<f32>> {
        normalise_rows(&mut rows, self.width);
        let width = self.width;
        (0..rows.len() / width).map(move |row| rows[row * width..(row + 1) * width].to_vec())
    }
}

impl TextEncoder for Clip {
    fn width(&self) -> usize {
        self.width
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, TransformerError> {
        Ok(self.text.tokens.ids(texts)?.iter().map(Vec::len).collect())
    }

    fn pads(&self) -> bool {
        self.text.trunk.pads()
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(BATCH) {
            vectors.extend(self.vectors(self.text.encode(texts)?));
        }
        Ok(vectors)
    }
}

impl PictureEncoder for Clip {
    fn width(&self) -> usize {
        self.width
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn picture_size(&self) -> (u32, u32) {
        self.picture.preparation.size()
    }

    fn encode_pictures(&self, pictures: &[Rgb<'_>]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let mut vectors = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(BATCH) {
            vectors.extend(self.vectors(self.picture.encode(pictures)?));
        }
        Ok(vectors)
    }
}
