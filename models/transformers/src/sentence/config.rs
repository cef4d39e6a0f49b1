//! What a sentence encoder's folder says of it: sizes, pooling, and how long a text may be.

use serde::Deserialize;

use crate::TransformerError;
use crate::folder::Folder;
use crate::trunk::{Activation, Order, Shape};

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    pub(super) model_type: String,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) hidden_act: Activation,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f32,
    #[serde(default)]
    pub(super) pad_token_id: usize,
    #[serde(default = "absolute")]
    pub(super) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// `1_Pooling/config.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pub(super) pooling_mode_cls_token: bool,
    pub(super) pooling_mode_mean_tokens: bool,
    pub(super) pooling_mode_max_tokens: bool,
    pub(super) pooling_mode_mean_sqrt_len_tokens: bool,
    pub(super) pooling_mode_weightedmean_tokens: bool,
    pub(super) pooling_mode_lasttoken: bool,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// `sentence_bert_config.json`.
#[derive(Deserialize)]
struct Limits {
    max_seq_length: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    First,
    Largest,
}

pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) pooling: Pooling,
    pub(super) normalise: bool,
    pub(super) longest: usize,
    /// Position of the first token.
    pub(super) offset: usize,
}

impl Settings {
    pub(super) fn read(folder: &mut Folder) -> Result<Self, TransformerError> {
        let config: Config = folder.json("config.json")?;
        let wrong = |field: &str, problem: String| Err(folder.wrong("config.json", field, problem));
        if !matches!(config.model_type.as_str(), "bert" | "xlm-roberta") {
            return wrong("model_type", format!("{:?} encodes no sentences", config.model_type));
        }
        if config.position_embedding_type != "absolute" {
            return wrong(
                "position_embedding_type",
                format!("{:?} is not here", config.position_embedding_type),
            );
        }
        folder.within("vocab_size", config.vocab_size, 1..=1 << 20)?;
        folder.within("hidden_size", config.hidden_size, 1..=8_192)?;
        folder.within("num_hidden_layers", config.num_hidden_layers, 1..=128)?;
        folder.within("intermediate_size", config.intermediate_size, 1..=1 << 16)?;
        folder.within("type_vocab_size", config.type_vocab_size, 1..=64)?;
        folder.within("num_attention_heads", config.num_attention_heads, 1..=config.hidden_size)?;
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return wrong(
                "num_attention_heads",
                format!("does not divide hidden_size {}", config.hidden_size),
            );
        }
        let offset = if config.model_type == "bert" { 0 } else { config.pad_token_id + 1 };
        folder.within("max_position_embeddings", config.max_position_embeddings, offset + 4..=1 << 16)?;
        let most = config.max_position_embeddings - offset;
        let limits: Option<Limits> = folder.json_if_there("sentence_bert_config.json")?;
        let longest = limits.and_then(|limits| limits.max_seq_length).unwrap_or(most).clamp(4, most);
        let modules: Option<Vec<Module>> = folder.json_if_there("modules.json")?;
        let normalise =
            modules.is_none_or(|modules| modules.iter().any(|module| module.kind.ends_with("Normalize")));
        let pooling = Pooling::read(folder)?;
        Ok(Self { config, pooling, normalise, longest, offset })
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            width: self.config.hidden_size,
            heads: self.config.num_attention_heads,
            hidden: self.config.intermediate_size,
            layers: self.config.num_hidden_layers,
            epsilon: self.config.layer_norm_eps,
            activation: self.config.hidden_act,
            order: Order::After,
            causal: false,
        }
    }
}

impl Pooling {
    fn read(folder: &mut Folder) -> Result<Self, TransformerError> {
        const FILE: &str = "1_Pooling/config.json";
        let Some(config) = folder.json_if_there::<PoolingConfig>(FILE)? else { return Ok(Self::Mean) };
        let unknown = [
            ("pooling_mode_mean_sqrt_len_tokens", config.pooling_mode_mean_sqrt_len_tokens),
            ("pooling_mode_weightedmean_tokens", config.pooling_mode_weightedmean_tokens),
            ("pooling_mode_lasttoken", config.pooling_mode_lasttoken),
        ];
        if let Some((field, _)) = unknown.into_iter().find(|(_, set)| *set) {
            return Err(folder.wrong(FILE, field, "is not here: mean, cls or max".to_owned()));
        }
        match (config.pooling_mode_mean_tokens, config.pooling_mode_cls_token, config.pooling_mode_max_tokens)
        {
            (true, false, false) => Ok(Self::Mean),
            (false, true, false) => Ok(Self::First),
            (false, false, true) => Ok(Self::Largest),
            _ => Err(folder.wrong(
                FILE,
                "pooling_mode",
                "exactly one of mean, cls and max is needed".to_owned(),
            )),
        }
    }

    /// One row out of a sequence's.
    pub(super) fn pool(self, rows: &[f32], width: usize) -> Vec<f32> {
        let mut rows = rows.chunks_exact(width);
        let count = rows.len() as f32;
        let mut pooled = rows.next().map_or_else(|| vec![0.0; width], <[f32]>::to_vec);
        for row in rows {
            match self {
                Self::First => break,
                Self::Mean => pooled.iter_mut().zip(row).for_each(|(sum, value)| *sum += value),
                Self::Largest => {
                    pooled.iter_mut().zip(row).for_each(|(most, value)| *most = most.max(*value))
                }
            }
        }
        if self == Self::Mean {
            pooled.iter_mut().for_each(|sum| *sum /= count.max(1.0));
        }
        pooled
    }
}
