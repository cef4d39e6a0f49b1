//! Weights of published networks as they are published: the initialisers of an ONNX file, and the manifest and shards of TensorFlow.js.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message;
use serde::Deserialize;

use crate::EncodeError;

/// The one type of numbers that is read, as ONNX counts them.
const FLOAT: i32 = 1;

/// Tensors by name.
pub(super) struct Tensors {
    file: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// All bytes that were read.
    pub(super) bytes: Vec<u8>,
}

/// What is read of an ONNX model; the rest is left alone.
#[derive(Message)]
struct Model {
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
}

#[derive(Message)]
struct Graph {
    #[prost(message, repeated, tag = "5")]
    initializers: Vec<Initializer>,
}

#[derive(Message)]
struct Initializer {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    floats: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw: Vec<u8>,
}

/// A group of weights in a manifest.
#[derive(Deserialize)]
struct Group {
    weights: Vec<Weight>,
    paths: Vec<String>,
}

#[derive(Deserialize)]
struct Weight {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Quantization>,
}

/// Bytes that stand for `scale * byte + min`.
#[derive(Deserialize)]
struct Quantization {
    dtype: String,
    scale: f64,
    min: f64,
}

fn read(file: &Path) -> Result<Vec<u8>, EncodeError> {
    std::fs::read(file).map_err(|source| EncodeError::Read { file: file.to_owned(), source })
}

fn wrong(file: &Path, problem: impl Into<String>) -> EncodeError {
    EncodeError::Weights { file: file.to_owned(), problem: problem.into() }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

impl Tensors {
    /// The initialisers of an ONNX file that hold 32-bit floats.
    pub(super) fn of_onnx(file: &Path) -> Result<Self, EncodeError> {
        let bytes = read(file)?;
        let model = Model::decode(bytes.as_slice())
            .map_err(|error| wrong(file, format!("no ONNX model: {error}")))?;
        let graph = model.graph.ok_or_else(|| wrong(file, "an ONNX model without a graph"))?;
        let mut tensors = BTreeMap::new();
        for tensor in graph.initializers.into_iter().filter(|tensor| tensor.data_type == FLOAT) {
            let shape = tensor.dims.iter().map(|&length| usize::try_from(length).unwrap_or(0)).collect();
            let values = if tensor.raw.is_empty() { tensor.floats } else { floats(&tensor.raw) };
            tensors.insert(tensor.name, (shape, values));
        }
        Ok(Self { file: file.to_owned(), tensors, bytes })
    }

    /// The weights of a TensorFlow.js manifest, whose shards lie beside it. A prefix that the manifest's own name has is looked for on
    /// theirs too.
    pub(super) fn of_manifest(file: &Path) -> Result<Self, EncodeError> {
        let mut bytes = read(file)?;
        let groups: Vec<Group> = serde_json::from_slice(&bytes)
            .map_err(|error| wrong(file, format!("no manifest of weights: {error}")))?;
        let mut tensors = BTreeMap::new();
        for group in groups {
            let mut shards = Vec::new();
            for path in &group.paths {
                shards.extend(read(&beside(file, path))?);
            }
            bytes.extend_from_slice(&shards);
            let mut rest = shards.as_slice();
            for Weight { name, shape, dtype, quantization } in group.weights {
                let count = shape.iter().product::<usize>();
                let size = match (dtype.as_str(), &quantization) {
                    ("float32", None) => 4,
                    ("float32", Some(by)) if by.dtype == "uint8" => 1,
                    _ => {
                        return Err(wrong(file, format!("{name} is neither float32 nor quantised to uint8")));
                    }
                };
                let Some((own, later)) = rest.split_at_checked(count * size) else {
                    return Err(wrong(file, format!("its shards end within {name}")));
                };
                rest = later;
                let values = match quantization {
                    Some(by) => {
                        own.iter().map(|&byte| (f64::from(byte) * by.scale + by.min) as f32).collect()
                    }
                    None => floats(own),
                };
                tensors.insert(name, (shape, values));
            }
        }
        Ok(Self { file: file.to_owned(), tensors, bytes })
    }

    /// Values of a tensor, all finite, in this shape.
    pub(super) fn get(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, EncodeError> {
        let (file, name) = (self.file.clone(), tensor.to_owned());
        let Some((found, values)) = self.tensors.get(tensor) else {
            return Err(EncodeError::MissingTensor { file, tensor: name });
        };
        if found != shape || values.len() != shape.iter().product::<usize>() {
            let (expected, found) = (shape.to_vec(), found.clone());
            return Err(EncodeError::TensorShape { file, tensor: name, expected, found });
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(EncodeError::TensorValue { file, tensor: name });
        }
        Ok(values.clone())
    }
}

fn beside(manifest: &Path, shard: &str) -> PathBuf {
    let plain = manifest.with_file_name(shard);
    let name = manifest.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // `x_face_expression_model-weights_manifest.json` and `face_expression_model-shard1`.
    let stem = shard.split("-shard").next().unwrap_or_default();
    match name.split_once(stem) {
        Some((prefix, _)) if !plain.exists() => manifest.with_file_name(format!("{prefix}{shard}")),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialisers_are_read_in_both_forms_and_damage_is_named() {
        let floats = [1.5_f32, -2.0];
        let tensor = |name: &str, raw: bool| Initializer {
            dims: vec![2],
            data_type: FLOAT,
            floats: if raw { Vec::new() } else { floats.to_vec() },
            name: name.to_owned(),
            raw: if raw { floats.iter().flat_map(|x| x.to_le_bytes()).collect() } else { Vec::new() },
        };
        let initializers = vec![tensor("a", true), tensor("b", false)];
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.onnx");
        let bytes = Model { graph: Some(Graph { initializers }) }.encode_to_vec();
        std::fs::write(&file, &bytes).expect("written");
        let read = Tensors::of_onnx(&file).expect("a model");
        assert_eq!(read.get("a", &[2]).expect("there"), floats);
        assert_eq!(read.get("b", &[2]).expect("there"), floats);
        assert!(matches!(read.get("c", &[2]), Err(EncodeError::MissingTensor { .. })));
        assert!(matches!(read.get("a", &[3]), Err(EncodeError::TensorShape { .. })));
        std::fs::write(&file, &bytes[..bytes.len() - 3]).expect("written");
        let error = Tensors::of_onnx(&file).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("x.onnx: no ONNX model"), "{error}");
    }

    #[test]
    fn manifests_are_read_with_their_shards_and_damage_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = folder.path().join("my_model-weights_manifest.json");
        let text = r#"[{"weights":[
            {"name":"a","shape":[2],"dtype":"float32","quantization":{"dtype":"uint8","scale":0.5,"min":-1}},
            {"name":"b","shape":[1],"dtype":"float32"}],"paths":["model-shard1"]}]"#;
        std::fs::write(&manifest, text).expect("written");
        let shard = folder.path().join("my_model-shard1");
        let mut bytes = vec![0, 4];
        bytes.extend(2.5_f32.to_le_bytes());
        std::fs::write(&shard, &bytes).expect("written");
        let read = Tensors::of_manifest(&manifest).expect("weights");
        assert_eq!(read.get("a", &[2]).expect("there"), [-1.0, 1.0]);
        assert_eq!(read.get("b", &[1]).expect("there"), [2.5]);
        std::fs::write(&shard, &bytes[..4]).expect("written");
        let error = Tensors::of_manifest(&manifest).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.ends_with("its shards end within b"), "{error}");
    }
}
