//! Whisper models that a test writes itself: every weight is zero but those by which position p says the script's
//! p-th token, so what they recognise is known whatever the sound.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;

/// Width of the models; also the number of different tokens that a script may hold.
const WIDTH: usize = 32;
const LAYERS: usize = 4;
const AUDIO_POSITIONS: usize = 1_500;
const TEXT_POSITIONS: usize = 448;
const BANDS: usize = 80;

/// Rows of token embeddings and of positions that make the decoder say `says[p]` after the token at position p.
///
/// The final norm must have the gain [`GAIN`]: the wanted token then has nearly all of the probability.
fn script(vocabulary: usize, says: &[Option<u32>]) -> (Vec<f32>, Vec<f32>) {
    let mut axes: Vec<u32> = says.iter().flatten().copied().collect();
    axes.sort_unstable();
    axes.dedup();
    assert!(axes.len() <= WIDTH);
    let axis = |token: u32| axes.binary_search(&token).unwrap();
    let mut tokens = vec![0.0; vocabulary * WIDTH];
    for &token in &axes {
        tokens[token as usize * WIDTH + axis(token)] = 1.0;
    }
    let mut positions = vec![0.0; TEXT_POSITIONS * WIDTH];
    for (position, token) in says.iter().enumerate() {
        if let Some(token) = token {
            positions[position * WIDTH + axis(*token)] = 8.0;
        }
    }
    (tokens, positions)
}

const GAIN: f32 = 4.0;

/// Numbers of whisper.cpp's multilingual tokens.
pub mod ggml {
    pub const VOCABULARY: usize = 51_865;
    pub const END: u32 = 50_257;
    pub const GERMAN: u32 = 50_261;
    pub const TIMESTAMPS: u32 = 50_364;
}

/// Writes a ggml file whose text tokens are `texts` (the first must be a space) and that says `says`.
pub fn write_ggml(path: &Path, texts: &[&str], says: &[Option<u32>]) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut number = |value: usize| file.write_all(&u32::try_from(value).unwrap().to_le_bytes()).unwrap();
    number(0x6767_6d6c);
    for value in
        [ggml::VOCABULARY, AUDIO_POSITIONS, WIDTH, 1, LAYERS, TEXT_POSITIONS, WIDTH, 1, LAYERS, BANDS, 1]
    {
        number(value);
    }
    number(BANDS);
    number(201);
    for _ in 0..BANDS * 201 {
        number(0);
    }
    number(texts.len());
    for text in texts {
        file.write_all(&u32::try_from(text.len()).unwrap().to_le_bytes()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
    let (tokens, positions) = script(ggml::VOCABULARY, says);
    let mut tensor = |name: &str, shape: &[usize], values: Option<&[f32]>| {
        // Matrices are 16-bit floats; the innermost dimension comes first.
        let half = shape.len() > 1 && name.ends_with(".weight");
        for value in [shape.len(), name.len(), usize::from(half)].iter().chain(shape) {
            file.write_all(&u32::try_from(*value).unwrap().to_le_bytes()).unwrap();
        }
        file.write_all(name.as_bytes()).unwrap();
        let zeros = vec![0.0; shape.iter().product()];
        let values = values.unwrap_or(&zeros);
        assert_eq!(values.len(), zeros.len(), "{name}");
        let bytes: Vec<u8> = if half {
            // Of other numbers than these two the scripts have no need.
            values.iter().flat_map(|&value| if value == 1.0 { [0x00, 0x3c] } else { [0, 0] }).collect()
        } else {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        file.write_all(&bytes).unwrap();
    };
    let w = WIDTH;
    tensor("encoder.positional_embedding", &[w, AUDIO_POSITIONS], None);
    for (name, inputs) in [("conv1", BANDS), ("conv2", w)] {
        tensor(&format!("encoder.{name}.weight"), &[3, inputs, w], None);
        tensor(&format!("encoder.{name}.bias"), &[1, w], None);
    }
    tensor("encoder.ln_post.weight", &[w], None);
    tensor("encoder.ln_post.bias", &[w], None);
    tensor("decoder.positional_embedding", &[w, TEXT_POSITIONS], Some(&positions));
    tensor("decoder.token_embedding.weight", &[w, ggml::VOCABULARY], Some(&tokens));
    tensor("decoder.ln.weight", &[w], Some(&[GAIN; WIDTH]));
    tensor("decoder.ln.bias", &[w], None);
    for (side, attentions) in [("encoder", &["attn"][..]), ("decoder", &["attn", "cross_attn"][..])] {
        for layer in 0..LAYERS {
            let block = format!("{side}.blocks.{layer}");
            tensor(&format!("{block}.mlp_ln.weight"), &[w], None);
            tensor(&format!("{block}.mlp_ln.bias"), &[w], None);
            tensor(&format!("{block}.mlp.0.weight"), &[w, 4 * w], None);
            tensor(&format!("{block}.mlp.0.bias"), &[4 * w], None);
            tensor(&format!("{block}.mlp.2.weight"), &[4 * w, w], None);
            tensor(&format!("{block}.mlp.2.bias"), &[w], None);
            for attention in attentions {
                tensor(&format!("{block}.{attention}_ln.weight"), &[w], None);
                tensor(&format!("{block}.{attention}_ln.bias"), &[w], None);
                for part in ["query", "key", "value", "out"] {
                    tensor(&format!("{block}.{attention}.{part}.weight"), &[w, w], None);
                    if part != "key" {
                        tensor(&format!("{block}.{attention}.{part}.bias"), &[w], None);
                    }
                }
            }
        }
    }
}

/// Signs of the folder's vocabulary, after its text tokens.
pub const SIGNS: [&str; 10] = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
];

/// Writes the folder's vocabulary: text tokens in byte-level letters, then [`SIGNS`]; timestamps are left out.
pub fn write_tokenizer(folder: &Path, texts: &[&str]) {
    let vocab: serde_json::Map<_, _> =
        texts.iter().enumerate().map(|(id, text)| ((*text).to_owned(), id.into())).collect();
    let sign = |(i, content): (usize, &&str)| {
        serde_json::json!({"id": texts.len() + i, "content": content, "single_word": false, "lstrip": false,
                           "rstrip": false, "normalized": false, "special": true})
    };
    let added: Vec<_> = SIGNS.iter().enumerate().map(sign).collect();
    let tokenizer = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "vocab": vocab, "merges": []},
    });
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

/// Writes a folder in Hugging Face's layout whose text tokens are `texts`, in byte-level letters.
///
/// A sign has the number of texts plus its place in [`SIGNS`]; timestamps follow.
pub fn write_folder(folder: &Path, texts: &[&str], says: &[Option<u32>]) {
    let vocabulary = texts.len() + SIGNS.len() + 1_501;
    write_tokenizer(folder, texts);
    let config = serde_json::json!({
        "model_type": "whisper", "num_mel_bins": BANDS, "max_source_positions": AUDIO_POSITIONS, "d_model": WIDTH,
        "encoder_attention_heads": 2, "encoder_layers": 1, "vocab_size": vocabulary,
        "max_target_positions": TEXT_POSITIONS, "decoder_attention_heads": 2, "decoder_layers": 1,
        "suppress_tokens": null,
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();

    let (tokens, positions) = script(vocabulary, says);
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    let mut tensor = |name: String, shape: &[usize], values: Option<Vec<f32>>| {
        let zeros = || vec![0.0; shape.iter().product()];
        tensors.push((format!("model.{name}"), shape.to_vec(), values.unwrap_or_else(zeros)));
    };
    let w = WIDTH;
    for (name, inputs) in [("conv1", BANDS), ("conv2", w)] {
        tensor(format!("encoder.{name}.weight"), &[w, inputs, 3], None);
        tensor(format!("encoder.{name}.bias"), &[w], None);
    }
    tensor("decoder.embed_tokens.weight".into(), &[vocabulary, w], Some(tokens));
    tensor("decoder.embed_positions.weight".into(), &[TEXT_POSITIONS, w], Some(positions));
    for (side, attentions) in
        [("encoder", &["self_attn"][..]), ("decoder", &["self_attn", "encoder_attn"][..])]
    {
        let gain = if side == "decoder" { GAIN } else { 0.0 };
        tensor(format!("{side}.layer_norm.weight"), &[w], Some(vec![gain; w]));
        tensor(format!("{side}.layer_norm.bias"), &[w], None);
        let layer = format!("{side}.layers.0");
        for (name, shape) in [("fc1", [4 * w, w]), ("fc2", [w, 4 * w])] {
            tensor(format!("{layer}.{name}.weight"), &shape, None);
            tensor(format!("{layer}.{name}.bias"), &shape[..1], None);
        }
        tensor(format!("{layer}.final_layer_norm.weight"), &[w], None);
        tensor(format!("{layer}.final_layer_norm.bias"), &[w], None);
        for attention in attentions {
            tensor(format!("{layer}.{attention}_layer_norm.weight"), &[w], None);
            tensor(format!("{layer}.{attention}_layer_norm.bias"), &[w], None);
            for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                tensor(format!("{layer}.{attention}.{part}.weight"), &[w, w], None);
                if part != "k_proj" {
                    tensor(format!("{layer}.{attention}.{part}.bias"), &[w], None);
                }
            }
        }
    }
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), bytes)| {
        let view =
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}
