//! `config.json` of CLIP, checked before anything is allocated by it.

use serde::Deserialize;

use crate::TransformerError;
use crate::folder::Folder;
use crate::trunk::Activation;

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    #[serde(default = "projection")]
    pub(super) projection_dim: usize,
    #[serde(default)]
    pub(super) text_config: TextConfig,
    #[serde(default)]
    pub(super) vision_config: VisionConfig,
}

/// Where a file is silent, the values of ViT-B/32, as in transformers.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct TextConfig {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) hidden_act: Activation,
    pub(super) layer_norm_eps: f32,
    pub(super) eos_token_id: u32,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct VisionConfig {
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) image_size: usize,
    pub(super) patch_size: usize,
    pub(super) hidden_act: Activation,
    pub(super) layer_norm_eps: f32,
}

fn projection() -> usize {
    512
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49_408,
            hidden_size: 512,
            intermediate_size: 2_048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
            eos_token_id: 49_407,
        }
    }
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3_072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 32,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
        }
    }
}

impl Config {
    pub(super) fn read(folder: &mut Folder) -> Result<Self, TransformerError> {
        let config: Self = folder.json("config.json")?;
        let (text, vision) = (&config.text_config, &config.vision_config);
        folder.within("projection_dim", config.projection_dim, 1..=8_192)?;
        folder.within("text_config.vocab_size", text.vocab_size, 1..=1 << 20)?;
        folder.within("text_config.max_position_embeddings", text.max_position_embeddings, 3..=4_096)?;
        folder.within("vision_config.image_size", vision.image_size, 1..=2_048)?;
        folder.within("vision_config.patch_size", vision.patch_size, 1..=vision.image_size)?;
        let text =
            (text.hidden_size, text.intermediate_size, text.num_hidden_layers, text.num_attention_heads);
        let vision = (
            vision.hidden_size,
            vision.intermediate_size,
            vision.num_hidden_layers,
            vision.num_attention_heads,
        );
        for (tower, (width, hidden, layers, heads)) in [("text_config", text), ("vision_config", vision)] {
            folder.within(&format!("{tower}.hidden_size"), width, 1..=8_192)?;
            folder.within(&format!("{tower}.intermediate_size"), hidden, 1..=1 << 16)?;
            folder.within(&format!("{tower}.num_hidden_layers"), layers, 1..=128)?;
            folder.within(&format!("{tower}.num_attention_heads"), heads, 1..=width)?;
            if !width.is_multiple_of(heads) {
                let field = format!("{tower}.num_attention_heads");
                return Err(folder.wrong("config.json", &field, "does not divide hidden_size".to_owned()));
            }
        }
        Ok(config)
    }
}
