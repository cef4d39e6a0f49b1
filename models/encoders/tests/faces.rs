//! Faces and expressions by the published weights, against what ONNX Runtime and NumPy make of them (tools/reference/faces.py).
//!
//! Weights and pictures are looked for in the folder that `KAIROS_SHARED` names.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::Device;
use kairos_encoders::{Encoder, FaceEncoder, PictureView, UnitInput};

/// The size of the portrait.
const SIZE: (u32, u32) = (512, 600);

fn shared(path: &str) -> Option<PathBuf> {
    let file = std::env::var_os("KAIROS_SHARED").map(|folder| Path::new(&folder).join(path));
    let file = file.filter(|file| file.exists());
    if file.is_none() {
        eprintln!("skipped the part with {path}: KAIROS_SHARED does not lead to it");
    }
    file
}

fn encoder() -> Option<FaceEncoder> {
    let detector = shared("weights/ultraface_RFB-320.onnx")?;
    let expressions = shared("weights/faceapi_face_expression_model-weights_manifest.json")?;
    Some(FaceEncoder::load(&detector, &expressions, &Device::Cpu).unwrap())
}

fn pixels(name: &str) -> Vec<u8> {
    let file = shared(&format!("weights/test_images/{name}")).unwrap();
    let scale = format!("scale={}:{}", SIZE.0, SIZE.1);
    let mut read = Command::new("ffmpeg");
    let read = read.args(["-v", "error", "-i"]).arg(file);
    let output = read.args(["-vf", &scale, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn view(rgb: &[u8]) -> PictureView<'_> {
    PictureView { at_us: 0, width: SIZE.0, height: SIZE.1, rgb }
}

#[test]
fn a_face_is_where_and_what_the_original_networks_say() {
    let Some(encoder) = encoder() else { return };
    let rgb = pixels("grace_hopper.bmp");
    let faces = encoder.faces(&view(&rgb)).unwrap();
    let [face] = faces.as_slice() else { panic!("{faces:?}") };
    let given = [face.across.from, face.down.from, face.across.to, face.down.to];
    for (given, expected) in given.into_iter().zip([0.336_145, 0.200_487, 0.694_970, 0.554_664]) {
        assert!((given - expected).abs() < 1e-4, "{face:?}");
    }
    assert!((face.score - 0.999_997).abs() < 1e-5, "{face:?}");
    let shown = encoder.expressions(&view(&rgb), face).unwrap();
    for (given, expected) in
        shown.into_iter().zip([0.975_69, 0.020_68, 0.002_75, 0.000_02, 0.000_02, 0.000_84])
    {
        assert!((given - expected).abs() < 1e-3, "{shown:?}");
    }
}

#[test]
fn values_are_of_the_largest_face_and_nobody_is_zeros() {
    let Some(mut encoder) = encoder() else { return };
    let mut values = |rgb: &[u8]| {
        let pictures = [view(rgb)];
        encoder.encode(&UnitInput { pictures: &pictures, ..UnitInput::default() }).unwrap().unwrap()
    };
    let seen = values(&pixels("grace_hopper.bmp"));
    assert_eq!((seen.len(), seen[0], seen[1]), (12, 1.0, 2.0_f32.ln()));
    assert!(
        (seen[2] - 0.356_5).abs() < 1e-3 && (seen[5..].iter().sum::<f32>() - 1.0).abs() < 1e-5,
        "{seen:?}"
    );
    assert_eq!(values(&pixels("cat.bmp")), [0.0; 12]);
    assert_eq!(values(&vec![127; 3 * (SIZE.0 * SIZE.1) as usize]), [0.0; 12]);
    let nothing = encoder.encode(&UnitInput::default()).unwrap();
    assert_eq!(nothing, None, "without a picture the modality is missing");
}
