//! Silero's voice activity network in Candle: 32 ms of sound and the state of a room to a probability of voice.
//!
//! Spectrum by a learned basis, four convolutions, one LSTM cell, one linear unit (snakers4/silero-vad, 16 kHz).
//! Sizes are fixed by the weights. One chunk at a time: a batch would round otherwise, and the words of a room
//! must not depend on how its sound came in.

use std::path::Path;
use std::sync::Arc;

use candle_core::{D, Device, Tensor};
use candle_nn::ops::sigmoid;
use safetensors::{Dtype, SafeTensors};

use super::{VOICE_CHUNK, VoiceActivity, check_length};
use crate::SpeechError;

/// Samples before the chunk that the network sees as well.
const CONTEXT: usize = 64;
/// Samples of a spectrum's frame, and from one frame to the next.
const FRAME: usize = 256;
const HOP: usize = 128;
/// Frequencies of the spectrum.
const BINS: usize = FRAME / 2 + 1;
/// Frames of a chunk with its context, mirrored by `CONTEXT` at its end.
const FRAMES: usize = (CONTEXT + VOICE_CHUNK + CONTEXT - FRAME) / HOP + 1;
/// Width of the LSTM.
const WIDTH: usize = 128;
/// Inputs, outputs and stride of the convolutions, all three frames wide.
const CONVOLUTIONS: [(usize, usize, usize); 4] = [(BINS, 128, 1), (128, 64, 2), (64, 64, 2), (64, WIDTH, 1)];

/// The network's weights.
pub struct SileroNetwork {
    digest: String,
    /// (FRAME, 2 BINS): real parts, then imaginary parts.
    basis: Tensor,
    convolutions: Vec<Convolution>,
    /// (2 WIDTH, 4 WIDTH): input above, state below; gates input, forget, cell, output.
    gates: Tensor,
    gates_bias: Tensor,
    /// (WIDTH, 1).
    output: Tensor,
    output_bias: Tensor,
}

struct Convolution {
    /// (3 inputs, outputs).
    weight: Tensor,
    bias: Tensor,
    stride: usize,
}

impl SileroNetwork {
    /// Reads the weights from a safetensors file (`silero_vad_16k.safetensors` of the silero-vad project).
    ///
    /// # Errors
    /// When the file cannot be read, is no safetensors, or lacks a tensor of the right shape.
    pub fn load(file: &Path) -> Result<Self, SpeechError> {
        let bytes = std::fs::read(file).map_err(|source| SpeechError::Read {
            file: file.to_owned(),
            hint: "speech.voice_activity names Silero's weights; without it loudness decides",
            source,
        })?;
        let tensors = SafeTensors::deserialize(&bytes)
            .map_err(|source| SpeechError::Weights { file: file.to_owned(), source })?;
        let read = |name: &str, shape: &[usize]| read_tensor(file, &tensors, name, shape);

        let mut convolutions = Vec::with_capacity(CONVOLUTIONS.len());
        for (i, (inputs, outputs, stride)) in CONVOLUTIONS.into_iter().enumerate() {
            let weight = read(&format!("conv{}.weight", i + 1), &[outputs, inputs, 3])?;
            // Row t of the unfolded input is frame t, t + 1, t + 2 one after the other.
            let weight = weight.permute((2, 1, 0))?.reshape((3 * inputs, outputs))?.contiguous()?;
            let bias = read(&format!("conv{}.bias", i + 1), &[outputs])?;
            convolutions.push(Convolution { weight, bias, stride });
        }
        let input = read("lstm_cell.weight_ih", &[4 * WIDTH, WIDTH])?;
        let state = read("lstm_cell.weight_hh", &[4 * WIDTH, WIDTH])?;
        let bias = (read("lstm_cell.bias_ih", &[4 * WIDTH])? + read("lstm_cell.bias_hh", &[4 * WIDTH])?)?;
        Ok(Self {
            digest: blake3::hash(&bytes).to_hex().to_string(),
            basis: read("stft_conv.weight", &[2 * BINS, 1, FRAME])?.squeeze(1)?.t()?.contiguous()?,
            convolutions,
            gates: Tensor::cat(&[input, state], 1)?.t()?.contiguous()?,
            gates_bias: bias,
            output: read("final_conv.weight", &[1, WIDTH, 1])?.reshape((WIDTH, 1))?,
            output_bias: read("final_conv.bias", &[1])?,
        })
    }

    /// Hexadecimal digest of the weights file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Sound with its context to the LSTM's input, (1, WIDTH).
    fn features(&self, sound: &[f32]) -> candle_core::Result<Tensor> {
        let mirror = sound[sound.len() - 1 - CONTEXT..sound.len() - 1].iter().rev();
        let sound: Vec<f32> = sound.iter().chain(mirror).copied().collect();
        let frames: Vec<f32> = (0..FRAMES).flat_map(|t| &sound[t * HOP..t * HOP + FRAME]).copied().collect();
        let spectrum = Tensor::from_vec(frames, (FRAMES, FRAME), &Device::Cpu)?.matmul(&self.basis)?;
        let (real, imaginary) = (spectrum.narrow(1, 0, BINS)?, spectrum.narrow(1, BINS, BINS)?);
        let mut x = (real.sqr()? + imaginary.sqr()?)?.sqrt()?;
        for convolution in &self.convolutions {
            x = convolution.forward(&x)?;
        }
        Ok(x)
    }
}

impl Convolution {
    /// (frames, inputs) to (frames / stride, outputs), zeros beyond the ends, then the positive part.
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let (frames, inputs) = x.dims2()?;
        let padded = x.pad_with_zeros(0, 1, 1)?;
        let rows = (0..frames.div_ceil(self.stride))
            .map(|t| padded.narrow(0, t * self.stride, 3)?.reshape((1, 3 * inputs)))
            .collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&rows, 0)?.matmul(&self.weight)?.broadcast_add(&self.bias)?.relu()
    }
}

/// A room's voice detector: the network's state and the end of the last chunk.
pub struct SileroVoice {
    network: Arc<SileroNetwork>,
    context: [f32; CONTEXT],
    /// Output and cell of the LSTM, (1, WIDTH) each; `None` is zeros.
    state: Option<(Tensor, Tensor)>,
}

impl SileroVoice {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new(network: Arc<SileroNetwork>) -> Self {
        Self { network, context: [0.0; CONTEXT], state: None }
    }

    fn step(&self, sound: &[f32]) -> candle_core::Result<(f32, (Tensor, Tensor))> {
        let network = &*self.network;
        let features = network.features(sound)?;
        let zeros = || Tensor::zeros((1, WIDTH), candle_core::DType::F32, &Device::Cpu);
        let (output, cell) = match &self.state {
            Some((output, cell)) => (output.clone(), cell.clone()),
            None => (zeros()?, zeros()?),
        };
        let gates = Tensor::cat(&[features, output], 1)?.matmul(&network.gates)?;
        let gates = gates.broadcast_add(&network.gates_bias)?.chunk(4, D::Minus1)?;
        let cell = ((sigmoid(&gates[1])? * cell)? + (sigmoid(&gates[0])? * gates[2].tanh()?)?)?;
        let output = (sigmoid(&gates[3])? * cell.tanh()?)?;
        let logit = output.relu()?.matmul(&network.output)?.broadcast_add(&network.output_bias)?;
        let probability = sigmoid(&logit)?.flatten_all()?.to_vec1::<f32>()?[0];
        Ok((probability, (output, cell)))
    }
}

impl VoiceActivity for SileroVoice {
    fn probability(&mut self, chunk: &[f32]) -> Result<f32, SpeechError> {
        check_length(chunk)?;
        let mut sound = Vec::with_capacity(CONTEXT + VOICE_CHUNK + CONTEXT);
        sound.extend_from_slice(&self.context);
        sound.extend_from_slice(chunk);
        let (probability, state) = self.step(&sound)?;
        self.state = Some(state);
        self.context.copy_from_slice(&chunk[VOICE_CHUNK - CONTEXT..]);
        Ok(probability)
    }

    fn reset(&mut self) {
        self.context = [0.0; CONTEXT];
        self.state = None;
    }
}

fn read_tensor(
    file: &Path,
    tensors: &SafeTensors<'_>,
    name: &str,
    shape: &[usize],
) -> Result<Tensor, SpeechError> {
    let wrong = |problem: String| SpeechError::File {
        file: file.to_owned(),
        problem: format!("{problem}; expected silero_vad_16k.safetensors of the silero-vad project"),
    };
    // The only way this call fails is an unknown name.
    let Ok(view) = tensors.tensor(name) else { return Err(wrong(format!("it lacks the tensor {name}"))) };
    if view.dtype() != Dtype::F32 || view.shape() != shape {
        return Err(wrong(format!(
            "its tensor {name} is {:?} {:?}, not F32 {shape:?}",
            view.dtype(),
            view.shape()
        )));
    }
    let values: Vec<f32> = view
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(wrong(format!("its tensor {name} holds a value that is not finite")));
    }
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}
