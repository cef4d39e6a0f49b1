//! Whisper's text decoder with memory: a token costs one row, not the whole text again.
//!
//! The decoder of candle-transformers computes all earlier tokens anew for each one; the encoder is taken from there.
//! Tensors are (1, tokens, width), inside attention (1, heads, tokens, width / heads).

use candle_core::{D, Device, IndexOp, Tensor};
use candle_nn::ops::{log_softmax, softmax_last_dim};
use candle_nn::{LayerNorm, Linear, Module, VarBuilder, layer_norm, linear, linear_no_bias};

type Result<T> = candle_core::Result<T>;

/// Sizes of a decoder.
#[derive(Clone, Copy, Debug)]
pub(super) struct DecoderSizes {
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) layers: usize,
}

/// The decoder and what it remembers of the window and its text.
pub(super) struct Decoder {
    /// (vocabulary, width); also the output's weights.
    embedding: Tensor,
    /// (positions, width).
    positions: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
    written: usize,
}

struct Block {
    text: Attention,
    text_norm: LayerNorm,
    sound: Attention,
    sound_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    norm: LayerNorm,
}

struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
    /// Keys and values seen so far.
    seen: Option<(Tensor, Tensor)>,
}

impl Decoder {
    /// Reads the tensors below `model.decoder`.
    pub(super) fn load(weights: &VarBuilder<'_>, sizes: DecoderSizes) -> Result<Self> {
        let weights = weights.pp("model.decoder");
        let blocks = (0..sizes.layers).map(|i| Block::load(&weights.pp(format!("layers.{i}")), sizes));
        Ok(Self {
            embedding: weights.get((sizes.vocabulary, sizes.width), "embed_tokens.weight")?,
            positions: weights.get((sizes.positions, sizes.width), "embed_positions.weight")?,
            blocks: blocks.collect::<Result<_>>()?,
            norm: layer_norm(sizes.width, 1e-5, weights.pp("layer_norm"))?,
            written: 0,
        })
    }

    /// Begins a window: `features` is (1, positions, width) from the encoder.
    pub(super) fn hear(&mut self, features: &Tensor) -> Result<()> {
        self.rewind();
        for block in &mut self.blocks {
            block.sound.seen = Some(block.sound.keys_and_values(features)?);
        }
        Ok(())
    }

    /// Forgets the text, not the sound.
    pub(super) fn rewind(&mut self) {
        self.written = 0;
        for block in &mut self.blocks {
            block.text.seen = None;
        }
    }

    /// Adds tokens to the text and gives the hidden states after each, (1, tokens, width).
    ///
    /// Only the first tokens of a text may be several: later ones would see each other.
    pub(super) fn write(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let positions = self.positions.narrow(0, self.written, tokens.len())?;
        let mut x = (self.embedding.embedding(&ids)? + positions)?.unsqueeze(0)?;
        let mask = (tokens.len() > 1).then(|| causal(tokens.len())).transpose()?;
        for block in &mut self.blocks {
            x = block.forward(&x, mask.as_ref())?;
        }
        self.written += tokens.len();
        self.norm.forward(&x)
    }

    /// Log probabilities of what comes after the token in row `at` of hidden states.
    pub(super) fn log_probabilities(&self, hidden: &Tensor, at: usize) -> Result<Vec<f32>> {
        let row = hidden.i((0, at..at + 1, ..))?.contiguous()?;
        log_softmax(&row.matmul(&self.embedding.t()?)?, D::Minus1)?.flatten_all()?.to_vec1()
    }
}

impl Block {
    fn load(weights: &VarBuilder<'_>, sizes: DecoderSizes) -> Result<Self> {
        let DecoderSizes { width, heads, .. } = sizes;
        let norm = |name: &str| layer_norm(width, 1e-5, weights.pp(name));
        Ok(Self {
            text: Attention::load(&weights.pp("self_attn"), width, heads)?,
            text_norm: norm("self_attn_layer_norm")?,
            sound: Attention::load(&weights.pp("encoder_attn"), width, heads)?,
            sound_norm: norm("encoder_attn_layer_norm")?,
            inner: linear(width, 4 * width, weights.pp("fc1"))?,
            outer: linear(4 * width, width, weights.pp("fc2"))?,
            norm: norm("final_layer_norm")?,
        })
    }

    fn forward(&mut self, x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let normed = self.text_norm.forward(x)?;
        let (key, value) = self.text.keys_and_values(&normed)?;
        let (key, value) = match self.text.seen.take() {
            Some((keys, values)) => (Tensor::cat(&[&keys, &key], 2)?, Tensor::cat(&[&values, &value], 2)?),
            None => (key, value),
        };
        self.text.seen = Some((key, value));
        let x = (x + self.text.attend(&normed, mask)?)?;
        let x = (&x + self.sound.attend(&self.sound_norm.forward(&x)?, None)?)?;
        let inner = self.inner.forward(&self.norm.forward(&x)?)?.gelu_erf()?;
        &x + self.outer.forward(&inner)?
    }
}

impl Attention {
    fn load(weights: &VarBuilder<'_>, width: usize, heads: usize) -> Result<Self> {
        Ok(Self {
            query: linear(width, width, weights.pp("q_proj"))?,
            key: linear_no_bias(width, width, weights.pp("k_proj"))?,
            value: linear(width, width, weights.pp("v_proj"))?,
            out: linear(width, width, weights.pp("out_proj"))?,
            heads,
            seen: None,
        })
    }

    fn split(&self, x: &Tensor) -> Result<Tensor> {
        let (_, tokens, width) = x.dims3()?;
        x.reshape((1, tokens, self.heads, width / self.heads))?.transpose(1, 2)?.contiguous()
    }

    fn keys_and_values(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        Ok((self.split(&self.key.forward(x)?)?, self.split(&self.value.forward(x)?)?))
    }

    /// What `x` finds among the keys seen.
    fn attend(&self, x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let Some((keys, values)) = &self.seen else { candle_core::bail!("the decoder has heard nothing") };
        let query = self.split(&self.query.forward(x)?)?;
        let scale = (query.dim(D::Minus1)? as f64).powf(-0.5);
        let mut scores = ((query * scale)?).matmul(&keys.t()?)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let found = softmax_last_dim(&scores)?.matmul(values)?.transpose(1, 2)?.flatten_from(2)?;
        self.out.forward(&found)
    }
}

/// Minus infinity above the diagonal.
fn causal(tokens: usize) -> Result<Tensor> {
    let cell = |i: usize, j: usize| if j > i { f32::NEG_INFINITY } else { 0.0 };
    let cells: Vec<f32> = (0..tokens).flat_map(|i| (0..tokens).map(move |j| cell(i, j))).collect();
    Tensor::from_vec(cells, (tokens, tokens), &Device::Cpu)
}
