//! Checkpoints survive a round trip, and everything that differs is refused by file and field.

use candle_core::{DType, Device, Tensor};
use kairos_training::{CONFIG_FILE, Checkpoint, CheckpointError, METRICS_FILE, TENSORS_FILE, TensorSpec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reached {
    average_precision: f64,
}

type Saved = Checkpoint<Config, Reached>;

fn declare(config: &Config) -> BTreeMap<String, TensorSpec> {
    let spec = |shape: &[usize]| TensorSpec { shape: shape.to_vec(), dtype: DType::F32 };
    BTreeMap::from([("bias".to_owned(), spec(&[1])), ("weight".to_owned(), spec(&[1, config.width]))])
}

fn tensors() -> BTreeMap<String, Tensor> {
    let new = |values: &[f32], shape: &[usize]| {
        Tensor::from_slice(values, shape, &Device::Cpu).expect("the shape fits")
    };
    BTreeMap::from([
        ("bias".to_owned(), new(&[0.5], &[1])),
        ("weight".to_owned(), new(&[1.0, 2.0, 3.0], &[1, 3])),
    ])
}

fn save(path: &Path, tensors: &BTreeMap<String, Tensor>) -> String {
    let reached = Reached { average_precision: 0.75 };
    Saved::save(path, "line", &Config { width: 3 }, &reached, tensors).expect("the folder is writable")
}

fn load(path: &Path) -> Result<Saved, CheckpointError> {
    Saved::load(path, "line", &Device::Cpu, declare)
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).expect("the file was saved");
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).expect("writable");
}

#[test]
fn what_is_saved_is_what_loads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("deep/model");
    let digest = save(&path, &tensors());
    assert_eq!(save(&path, &tensors()), digest, "saving again replaces it by the same bytes");
    let loaded = load(&path).expect("nothing changed");
    assert_eq!((loaded.digest, loaded.config), (digest, Config { width: 3 }));
    assert_eq!(loaded.metrics, Reached { average_precision: 0.75 });
    let weight: Vec<Vec<f32>> = loaded.tensors["weight"].to_vec2().expect("a matrix");
    assert_eq!(weight, [[1.0, 2.0, 3.0]]);
    let beside: Vec<_> = std::fs::read_dir(folder.path().join("deep")).expect("exists").collect();
    assert_eq!(beside.len(), 1, "no temporary folder stays behind: {beside:?}");
}

#[test]
fn all_differing_tensors_are_named_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    let mut changed = tensors();
    let half = changed["weight"].to_dtype(DType::F16).expect("op");
    changed.insert("weight".to_owned(), half);
    let bias = changed.remove("bias").expect("present");
    changed.insert("extra".to_owned(), bias);
    save(&path, &changed);
    let error = load(&path).expect_err("the tensors differ").to_string();
    for part in [TENSORS_FILE, "bias is missing", "extra is not part", "weight is F16 [1, 3], expected F32"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn unknown_field_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    save(&path, &tensors());
    edit(&path.join(CONFIG_FILE), "\"width\"", "\"depth\": 1, \"width\"");
    let error = load(&path).expect_err("there is an unknown field").to_string();
    assert!(error.contains(CONFIG_FILE) && error.contains("depth"), "{error}");
}

#[test]
fn changed_configuration_is_noticed_even_if_it_parses() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    save(&path, &tensors());
    edit(&path.join(CONFIG_FILE), "\"width\": 3", "\"width\": 4");
    assert!(matches!(load(&path), Err(CheckpointError::Digest { path, .. }) if path.ends_with(CONFIG_FILE)));
}

#[test]
fn damaged_weights_are_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    save(&path, &tensors());
    let file = path.join(TENSORS_FILE);
    let mut bytes = std::fs::read(&file).expect("saved");
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    std::fs::write(&file, bytes).expect("writable");
    assert!(matches!(load(&path), Err(CheckpointError::Digest { path, .. }) if path.ends_with(TENSORS_FILE)));
}

#[test]
fn missing_file_and_other_kind_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    save(&path, &tensors());
    let other = Saved::load(&path, "curve", &Device::Cpu, declare).expect_err("another kind").to_string();
    assert!(other.contains("field kind is line, expected curve"), "{other}");
    std::fs::remove_file(path.join(METRICS_FILE)).expect("it was saved");
    let error = load(&path).expect_err("a file is gone").to_string();
    assert!(error.contains(METRICS_FILE), "{error}");
}
