//! Networks loaded from files: errors that name file and tensor, shapes, sameness; known classes where the real weights are at hand.
//!
//! The real weights and recordings are looked for in the folder that `KAIROS_SHARED` names.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod rooms;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::Device;
use kairos_encoders::{
    EncodeError, Encoder, EncoderSet, MobileNetEncoder, PictureView, UnitInput, YamNetEncoder,
};
use rooms::{noise, picture, tone};
use safetensors::tensor::{Dtype, TensorView};

type Named = Vec<(String, Dtype, Vec<usize>)>;

fn layer(named: &mut Named, name: &str, shape: &[usize]) {
    named.push((format!("{name}.weight"), Dtype::F32, shape.to_vec()));
    named.push((format!("{name}.bias"), Dtype::F32, vec![shape[0]]));
}

fn mobilenet() -> Named {
    let mut named = Named::new();
    let mut number = 0;
    let mut add = |kind: &str, shape: &[usize]| {
        number += 1;
        layer(&mut named, &format!("l{number:02}_{kind}"), shape);
    };
    add("conv", &[32, 3, 3, 3]);
    let mut inputs = 32;
    for (expansion, outputs, count) in
        [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)]
    {
        for _ in 0..count {
            let hidden = inputs * expansion;
            if expansion > 1 {
                add("conv", &[hidden, inputs, 1, 1]);
            }
            add("dw", &[hidden, 1, 3, 3]);
            add("conv", &[outputs, hidden, 1, 1]);
            inputs = outputs;
        }
    }
    add("conv", &[1280, 320, 1, 1]);
    add("conv", &[1001, 1280, 1, 1]);
    named
}

fn yamnet() -> Named {
    let mut named = Named::new();
    layer(&mut named, "l01_conv", &[32, 1, 3, 3]);
    let mut inputs = 32;
    for (index, outputs) in
        [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].into_iter().enumerate()
    {
        layer(&mut named, &format!("l{:02}_dw", 2 * index + 2), &[inputs, 1, 3, 3]);
        layer(&mut named, &format!("l{:02}_conv", 2 * index + 3), &[outputs, inputs, 1, 1]);
        inputs = outputs;
    }
    layer(&mut named, "l28_fc", &[521, 1024]);
    named
}

/// A checkpoint of numbers that keep the activations in range.
fn write(named: &Named, folder: &Path) -> PathBuf {
    let bytes: Vec<Vec<u8>> = named
        .iter()
        .map(|(_, dtype, shape)| {
            let fan_in: usize = shape[1..].iter().product();
            let values = noise(shape.iter().product(), (6.0 / fan_in as f32).sqrt().min(0.2));
            values.iter().flat_map(|x| x.to_le_bytes()).take(values.len() * dtype.bitsize() / 8).collect()
        })
        .collect();
    let views: HashMap<&str, TensorView<'_>> = named
        .iter()
        .zip(&bytes)
        .map(|((name, dtype, shape), bytes)| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        })
        .collect();
    let file = folder.join("net.safetensors");
    std::fs::write(&file, safetensors::serialize(views, None).unwrap()).unwrap();
    file
}

#[test]
fn mobilenet_embeds_pictures_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&mobilenet(), folder.path());
    let mut set = EncoderSet::built_in().with_mobilenet(&file).unwrap();
    assert_eq!(set.picture_size(), Some((224, 224)));
    let rgb = picture(96, 54, |x, y| [x as u8 * 2, y as u8 * 4, 77]);
    let view = PictureView { at_us: 0, width: 96, height: 54, rgb: &rgb };
    let unit = UnitInput { duration_us: 2_000_000, pictures: &[view], ..UnitInput::default() };
    let features = set.encode(&unit).features.picture.unwrap();
    assert_eq!((features.len(), set.widths().picture), (84 + 1280, 84 + 1280));
    let network = MobileNetEncoder::load(&file, &Device::Cpu).unwrap();
    let again = network.embed(&view).unwrap();
    assert_eq!(features[84..], again);
    assert!(again.iter().all(|x| (0.0..=6.0).contains(x)) && again.iter().any(|&x| x > 0.0));
    let classes = network.classify(&view).unwrap();
    assert_eq!(classes.len(), 1001);
    assert!((classes.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    let broken = PictureView { rgb: &rgb[1..], ..view };
    assert!(matches!(network.embed(&broken), Err(EncodeError::PictureSize { .. })));
}

#[test]
fn yamnet_embeds_sound_of_any_length() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&yamnet(), folder.path());
    let mut network = YamNetEncoder::load(&file, &Device::Cpu).unwrap();
    let sound = tone(440.0, 32_000);
    let patches = network.embed(&sound).unwrap();
    assert_eq!((patches.len(), patches[0].len()), (3, 1024));
    assert_eq!(network.embed(&[0.1]).unwrap().len(), 1);
    assert_eq!(network.embed(&sound).unwrap(), patches);
    assert_eq!(network.classify(&sound).unwrap().len(), 521);
    let unit = UnitInput { duration_us: 2_000_000, sound: &sound, ..UnitInput::default() };
    assert_eq!(network.encode(&unit).unwrap().unwrap().len(), 1024);
    assert!(network.encode(&UnitInput::default()).unwrap().is_none());
}

#[test]
fn broken_checkpoints_name_file_and_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let load = |named: &Named| {
        let file = write(named, folder.path());
        YamNetEncoder::load(&file, &Device::Cpu)
            .unwrap_err()
            .to_string()
            .replace(&file.display().to_string(), "FILE")
    };
    let at = |named: &Named, name: &str| named.iter().position(|(n, ..)| n == name).unwrap();

    let mut named = yamnet();
    named.remove(at(&named, "l04_dw.bias"));
    assert_eq!(load(&named), "weights FILE lack the tensor l04_dw.bias");
    let mut named = yamnet();
    let index = at(&named, "l03_conv.weight");
    named[index].2 = vec![64, 31, 1, 1];
    assert_eq!(
        load(&named),
        "tensor l03_conv.weight of FILE has the shape [64, 31, 1, 1], expected [64, 32, 1, 1]"
    );
    let mut named = yamnet();
    let index = at(&named, "l28_fc.weight");
    named[index].1 = Dtype::F16;
    assert_eq!(load(&named), "tensor l28_fc.weight of FILE holds F16, expected F32");

    let file = folder.path().join("not-weights");
    std::fs::write(&file, b"not weights at all").unwrap();
    assert!(matches!(MobileNetEncoder::load(&file, &Device::Cpu), Err(EncodeError::Format { .. })));
    let absent = EncoderSet::built_in().with_yamnet(&folder.path().join("absent")).unwrap_err();
    assert!(matches!(absent, EncodeError::Read { .. }));
}

fn shared(path: &str) -> Option<PathBuf> {
    let file = std::env::var_os("KAIROS_SHARED")
        .map(|folder| Path::new(&folder).join(path))
        .filter(|file| file.exists());
    if file.is_none() {
        eprintln!("skipped the part with {path}: KAIROS_SHARED does not lead to it");
    }
    file
}

/// What ffmpeg writes to its standard output.
fn ffmpeg(input: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(input)
        .args(arguments)
        .arg("-")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn best(scores: &[f32]) -> usize {
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap()
}

#[test]
fn mobilenet_knows_the_test_pictures() {
    let (Some(weights), Some(labels)) =
        (shared("weights/mobilenet_v2_1.0_224_quant.safetensors"), shared("weights/imagenet_labels.txt"))
    else {
        return;
    };
    let labels = std::fs::read_to_string(labels).unwrap();
    let labels: Vec<&str> = labels.lines().collect();
    let network = MobileNetEncoder::load(&weights, &Device::Cpu).unwrap();
    for (name, expected) in
        [("cat.bmp", "cat"), ("grace_hopper.bmp", "military uniform"), ("parrot.jpg", "macaw")]
    {
        let file = shared(&format!("weights/test_images/{name}")).unwrap();
        let rgb = ffmpeg(&file, &["-vf", "scale=224:224", "-f", "rawvideo", "-pix_fmt", "rgb24"]);
        let scores = network.classify(&PictureView { at_us: 0, width: 224, height: 224, rgb: &rgb }).unwrap();
        let label = labels[best(&scores)];
        eprintln!("{name}: {label} ({:.3})", scores[best(&scores)]);
        assert!(label.contains(expected), "{name} is taken for {label}");
    }
}

#[test]
fn yamnet_tells_speech_from_rain() {
    let Some(weights) = shared("weights/yamnet_spectra_in.safetensors") else { return };
    let mut network = YamNetEncoder::load(&weights, &Device::Cpu).unwrap();
    let mut classify = |path: &str| -> Vec<f32> {
        let bytes = ffmpeg(&shared(path).unwrap(), &["-t", "10", "-ac", "1", "-ar", "16000", "-f", "f32le"]);
        let samples: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let scores = network.classify(&samples).unwrap();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        eprintln!("{path}: {:?}", order[..5].iter().map(|&c| (c, scores[c])).collect::<Vec<_>>());
        scores
    };
    for speech in ["media/jfk.wav", "media/silero_test.wav"] {
        let scores = classify(speech);
        assert!(best(&scores) == 0 && scores[0] > 0.5, "{speech}: class {}", best(&scores));
    }
    // AudioSet's water group: 281 thunder, 282 water, 283 rain, 284 raindrop, 285 rain on surface.
    let rain = classify("media/rain.mp3");
    assert!(rain[0] < 0.1 && rain[281..=285].iter().any(|&score| score > 0.2));
}
