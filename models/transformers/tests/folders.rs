//! Damaged folders are told with file and field or tensor; what decides the numbers decides the digest.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;

use candle_core::Device;
use kairos_transformers::{Rgb, TransformerError, check_config, open_picture, open_text};
use serde_json::{Value, json};
use tempfile::TempDir;

fn copy(of: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(of);
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    folder
}

fn change(folder: &TempDir, name: &str, change: impl FnOnce(&mut Value)) {
    let file = folder.path().join(name);
    let mut value: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(file, value.to_string()).unwrap();
}

fn message(folder: &TempDir) -> String {
    open_text(folder.path(), &Device::Cpu).unwrap_err().to_string()
}

#[test]
fn a_missing_file_is_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = copy("bert");
        std::fs::remove_file(folder.path().join(name)).unwrap();
        let message = message(&folder);
        assert!(message.contains(&format!("/{name}: a model's folder holds")), "{message}");
    }
}

#[test]
fn a_wrong_field_is_named() {
    let cases = [
        ("model_type", json!("gpt2"), "model_type: \"gpt2\" is not one of bert"),
        ("hidden_act", json!("swish"), "json: unknown variant `swish`"),
        ("num_attention_heads", json!(5), "num_attention_heads: does not divide hidden_size 24"),
        ("num_hidden_layers", json!(0), "num_hidden_layers: 0 is not between 1 and 128"),
        ("position_embedding_type", json!("relative_key"), "position_embedding_type: \"relative_key\""),
    ];
    for (field, value, expected) in cases {
        let folder = copy("bert");
        change(&folder, "config.json", |config| config[field] = value);
        let message = message(&folder);
        assert!(message.contains("config.json: ") && message.contains(expected), "{message}");
        assert!(check_config(folder.path()).is_err());
    }
}

#[test]
fn a_tensor_that_does_not_fit_is_named() {
    let folder = copy("bert");
    change(&folder, "config.json", |config| config["num_hidden_layers"] = json!(3));
    assert!(message(&folder).contains("lack the tensor encoder.layer.2."));
    change(&folder, "config.json", |config| {
        config["num_hidden_layers"] = json!(2);
        config["intermediate_size"] = json!(48);
    });
    let message = message(&folder);
    assert!(message.contains("encoder.layer.0.intermediate.dense.weight"), "{message}");
    assert!(message.contains("[40, 24], expected [48, 24]"), "{message}");
    std::fs::write(folder.path().join("model.safetensors"), b"no tensors").unwrap();
    let error = open_text(folder.path(), &Device::Cpu).unwrap_err();
    assert!(matches!(error, TransformerError::Format { .. }), "{error}");
}

#[test]
fn pooling_is_honoured_and_an_unknown_one_refused() {
    let folder = copy("bert");
    std::fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    let file = folder.path().join("1_Pooling/config.json");
    let vector = || open_text(folder.path(), &Device::Cpu).unwrap().encode_texts(&["first game"]).unwrap();
    let mut seen = Vec::new();
    for mode in ["mean_tokens", "cls_token", "max_tokens"] {
        std::fs::write(&file, json!({ format!("pooling_mode_{mode}"): true }).to_string()).unwrap();
        let vector = vector();
        assert!(!seen.contains(&vector), "{mode} changes nothing");
        seen.push(vector);
    }
    std::fs::write(folder.path().join("modules.json"), json!([{"type": "a.Pooling"}]).to_string()).unwrap();
    let length = vector()[0].iter().map(|value| value * value).sum::<f32>();
    assert!((length - 1.0).abs() > 1e-3, "without a Normalize module vectors keep their length");
    std::fs::write(&file, json!({"pooling_mode_lasttoken": true}).to_string()).unwrap();
    assert!(message(&folder).contains("1_Pooling/config.json: pooling_mode_lasttoken"));
}

#[test]
fn each_file_decides_the_digest() {
    let folder = copy("clip");
    let digest = || open_picture(folder.path(), &Device::Cpu).unwrap().digest().to_owned();
    let mut seen = vec![digest()];
    assert_eq!(seen, [digest()]);
    change(&folder, "config.json", |config| config["text_config"]["layer_norm_eps"] = json!(1e-6));
    seen.push(digest());
    change(&folder, "preprocessor_config.json", |config| config["resample"] = json!(2));
    seen.push(digest());
    let file = folder.path().join("tokenizer.json");
    let spaced = std::fs::read_to_string(&file).unwrap() + "\n";
    std::fs::write(file, spaced).unwrap();
    seen.push(digest());
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "{seen:?}");
}

#[test]
fn a_picture_that_contradicts_its_size_is_an_error() {
    let encoder = open_picture(copy("vit").path(), &Device::Cpu).unwrap();
    let picture = Rgb { width: 3, height: 2, bytes: &[0; 17] };
    let error = encoder.encode_pictures(&[picture]).unwrap_err();
    assert_eq!(error.to_string(), "a picture of 3x2 has 17 bytes");
    let folder = copy("vit");
    change(&folder, "preprocessor_config.json", |config| config["size"] = json!({"height": 20, "width": 24}));
    let error = open_picture(folder.path(), &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("preprocessor_config.json: size: 24x20 is not the image_size 24"), "{error}");
}
