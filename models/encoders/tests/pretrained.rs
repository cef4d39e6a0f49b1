//! Pretrained networks as encoders of units, on the tiny folders that `kairos-transformers` is checked by.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Device;
use kairos_encoders::{
    ClipEncoder, CommentView, EncoderSet, Modality, PictureView, SentenceEncoder, UnitInput, mean_of_texts,
};
use kairos_transformers::{TextEncoder, TransformerError, open_picture, open_text};

fn folder(of: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../transformers/tests/golden").join(of)
}

fn texts() -> Arc<dyn TextEncoder> {
    open_text(&folder("bert"), &Device::Cpu).unwrap()
}

fn set() -> EncoderSet {
    let clip = open_picture(&folder("clip"), &Device::Cpu).unwrap();
    EncoderSet::empty()
        .with(Box::new(ClipEncoder::new(clip)))
        .unwrap()
        .with(Box::new(SentenceEncoder::of_comments(texts())))
        .unwrap()
        .with(Box::new(SentenceEncoder::of_speech(texts())))
        .unwrap()
}

fn comments<'a>(texts: &[&'a str]) -> Vec<CommentView<'a>> {
    texts.iter().map(|text| CommentView { offset_us: 0, user: "u", text }).collect()
}

#[test]
fn each_modality_has_its_vector_or_its_mask() {
    let mut set = set();
    let names: Vec<String> = set.describe().into_iter().map(|known| known.name).collect();
    assert_eq!(names, ["clip", "sentences", "sentences-spoken"]);
    assert_eq!((set.widths().picture, set.widths().comment, set.widths().speech), (20, 24, 24));
    assert_eq!(set.picture_size(), Some((24, 24)));

    let rgb: Vec<u8> = (0..30 * 20 * 3).map(|at| (at % 251) as u8).collect();
    let pictures = [PictureView { at_us: 0, width: 30, height: 20, rgb: &rgb }];
    let said = comments(&["gg", "first blood"]);
    let unit = UnitInput {
        duration_us: 2_000_000,
        pictures: &pictures,
        comments: Some(&said),
        speech: Some(""),
        ..UnitInput::default()
    };
    let encoded = set.encode(&unit);
    assert!(encoded.failures.is_empty());
    assert_eq!(encoded.features.picture.as_ref().unwrap().len(), 20);
    assert_eq!(encoded.features.speech, Some(vec![0.0; 24]));
    let both = texts().encode_texts(&["gg", "first blood"]).unwrap();
    let mean: Vec<f32> = both[0].iter().zip(&both[1]).map(|(a, b)| (a + b) / 2.0).collect();
    assert_eq!(encoded.features.comment, Some(mean));

    let nothing = set.encode(&UnitInput { duration_us: 2_000_000, ..UnitInput::default() }).features;
    for modality in Modality::ALL {
        assert!(nothing.of(modality).is_none(), "{modality:?}");
    }
}

#[test]
fn a_busy_unit_is_read_in_part_and_an_empty_one_not_at_all() {
    let many: Vec<String> = (0..1_000).map(|at| format!("gg {at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let spaced: Vec<&str> = (0..64).map(|at| many[at * 1_000 / 64]).collect();
    let texts = texts();
    let mean = mean_of_texts(texts.as_ref(), &many).unwrap();
    assert!(mean.is_some());
    assert_eq!(mean, mean_of_texts(texts.as_ref(), &spaced).unwrap());
    assert_eq!(mean_of_texts(texts.as_ref(), &["", "  "]).unwrap(), None);
}

#[derive(Debug)]
struct Failing;

impl TextEncoder for Failing {
    fn width(&self) -> usize {
        3
    }

    fn digest(&self) -> &str {
        "failing"
    }

    fn encode_texts(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        Err(TransformerError::Picture { width: 1, height: 1, bytes: 0 })
    }
}

#[test]
fn a_network_that_fails_is_masked_and_told() {
    let failing = SentenceEncoder::of_comments(Arc::new(Failing));
    let mut set = EncoderSet::empty().with(Box::new(failing)).unwrap();
    let said = comments(&["gg"]);
    let encoded = set.encode(&UnitInput { comments: Some(&said), ..UnitInput::default() });
    assert_eq!(encoded.features.comment, None);
    assert!(encoded.failures[0].to_string().contains("encoder sentences failed on the unit at 0 us"));
}
