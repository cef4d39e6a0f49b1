//! What the built-in encoders promise: masks, sameness, bounds, and features that mean what they say.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod rooms;

use kairos_encoders::{
    CommentEncoder, CommentView, EncodeError, Encoder, EncoderSet, GiftEncoder, GiftView, Modality,
    PictureEncoder, PictureView, SoundEncoder, SpeechEncoder, UnitFeatures, UnitInput,
};
use rooms::{comments, noise, picture, tone};

const UNIT_US: i64 = 2_000_000;
/// Series of the comment statistics.
const SERIES: usize = 23;

fn said(texts: &[&str]) -> Vec<f32> {
    let users: Vec<String> = (0..texts.len()).map(|i| format!("u{i}")).collect();
    let comments = comments(texts, &users);
    let unit = UnitInput { duration_us: UNIT_US, comments: Some(&comments), ..UnitInput::default() };
    CommentEncoder::new().encode(&unit).unwrap().unwrap()
}

#[test]
fn missing_modalities_are_masked() {
    let mut set = EncoderSet::built_in();
    let encoded = set.encode(&UnitInput { duration_us: UNIT_US, ..UnitInput::default() });
    assert!(encoded.failures.is_empty());
    assert_eq!(encoded.features, UnitFeatures::default());
}

#[test]
fn silence_of_the_audience_is_not_a_missing_modality() {
    let mut set = EncoderSet::built_in();
    let unit = UnitInput {
        duration_us: UNIT_US,
        comments: Some(&[]),
        gifts: Some(&[]),
        speech: Some(""),
        sound: &[0.0; 32_000],
        ..UnitInput::default()
    };
    let features = set.encode(&unit).features;
    assert!(features.picture.is_none());
    for modality in [Modality::Sound, Modality::Speech, Modality::Comment, Modality::Gift] {
        let vector = features.of(modality).unwrap();
        assert_eq!(vector.len(), set.widths().of(modality), "{modality:?}");
    }
    let comment = features.comment.unwrap();
    assert!(comment[..SERIES].iter().all(|&x| x == 0.0), "nobody wrote");
    assert!(comment[SERIES..2 * SERIES].iter().all(|&x| x < 0.0), "less than was to be expected");
    assert_eq!(features.gift.unwrap().last(), Some(&1.0));
}

#[test]
fn same_stream_gives_the_same_bits_on_any_thread_and_after_reset() {
    let run = |set: &mut EncoderSet| -> Vec<UnitFeatures> {
        (0..6).map(|unit| rooms::with_unit(unit, |input| set.encode(input).features)).collect()
    };
    let mut set = EncoderSet::built_in();
    let first = run(&mut set);
    assert_ne!(first, run(&mut set), "the state counts");
    set.reset();
    assert_eq!(first, run(&mut set));
    let elsewhere = std::thread::spawn(move || run(&mut EncoderSet::built_in())).join().unwrap();
    assert_eq!(first, elsewhere);
}

#[test]
fn order_of_comments_inside_a_unit_decides_nothing() {
    let texts = ["gg wp", "LOOOL", "what?", "PogChamp PogChamp", "哈哈哈", "gg"];
    let users = ["a", "b", "c", "d", "e", "a"].map(str::to_owned);
    let there = comments(&texts, &users);
    let back: Vec<CommentView<'_>> = there.iter().rev().copied().collect();
    let encode = |comments: &[CommentView<'_>]| {
        let unit = UnitInput { duration_us: UNIT_US, comments: Some(comments), ..UnitInput::default() };
        CommentEncoder::new().encode(&unit).unwrap().unwrap()
    };
    assert_eq!(encode(&there), encode(&back));
}

#[test]
fn statistics_see_repetition_emotes_and_questions() {
    let spam = said(&["KEKW", "KEKW", "KEKW", "KEKW"]);
    let talk = said(&["nice day today", "where are you from?", "i like this song", "what is it called?"]);
    let sum = |vector: &[f32], series: usize| vector[series].exp() - 1.0;
    let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
    assert!(near(sum(&spam, 0), 4.0) && near(sum(&talk, 0), 4.0));
    assert!(near(sum(&spam, 10), 4.0) && near(sum(&talk, 10), 0.0), "emotes");
    assert!(near(sum(&spam, 6), 0.0) && near(sum(&talk, 6), 2.0), "questions");
    assert!(near(sum(&spam, 20), 5.0_f32.ln()) && near(sum(&spam, 21), 4.0 / 7.0), "repetition");
    assert!(near(sum(&talk, 20), 2.0_f32.ln()), "no word is said twice");
    assert!(near(sum(&spam, 22), 2.0_f32.ln()) && sum(&talk, 22) > 2.0, "different words");
}

fn encode_run(encoder: &mut CommentEncoder, count: usize, unit: i64, unit_us: i64) -> Vec<f32> {
    let users: Vec<String> = (0..count).map(|i| format!("u{i}")).collect();
    let all = comments(&vec!["hi"; count], &users);
    let unit = UnitInput {
        start_us: unit * unit_us,
        duration_us: unit_us,
        comments: Some(&all),
        ..UnitInput::default()
    };
    encoder.encode(&unit).unwrap().unwrap()
}

#[test]
fn burst_of_comments_stands_out_from_the_rate_before() {
    let mut encoder = CommentEncoder::new();
    let quiet = (0..90).map(|unit| encode_run(&mut encoder, 2, unit, UNIT_US)).last().unwrap();
    let burst = encode_run(&mut encoder, 40, 90, UNIT_US);
    for window in 1..4 {
        assert!(quiet[window * SERIES].abs() < 0.1, "{}", quiet[window * SERIES]);
    }
    // Sums by hand: the last two units have 42 comments, the last 90 have 218.
    let past = (218.0 + 0.5) / 190.0_f32;
    let expected = ((42.0 / 4.0 + 0.3 * past + 0.02) / (1.3 * past + 0.02)).ln();
    assert!((burst[SERIES] - expected).abs() < 1e-5, "{} {expected}", burst[SERIES]);
    assert!((burst[0] - 41.0_f32.ln()).abs() < 1e-6);
    assert!((burst[17] - 39.0_f32.ln()).abs() < 1e-6, "38 users write for the first time");
    assert!((burst[18] - 3.0_f32.ln()).abs() < 1e-6, "2 users wrote before");
    assert!((burst[4 * SERIES + 2] - 182.0 / 3_600.0).abs() < 1e-6);
}

#[test]
fn twelve_hours_leave_no_drift_and_no_memory() {
    let mut old = CommentEncoder::new();
    let count = |unit: i64| (unit * unit % 5) as usize;
    for unit in 0..21_600 - 200 {
        encode_run(&mut old, count(unit), unit, UNIT_US);
    }
    let mut young = CommentEncoder::new();
    for user in 0..2 {
        // The only state that lasts: who was ever seen.
        encode_run(&mut young, 4, user, UNIT_US);
    }
    for unit in 21_400..21_600 {
        let vectors = [&mut old, &mut young].map(|encoder| encode_run(encoder, count(unit), unit, UNIT_US));
        assert!(unit < 21_500 || vectors[0] == vectors[1], "unit {unit}");
    }
}

#[test]
fn half_units_tell_what_whole_units_tell() {
    let (mut halves, mut wholes) = (CommentEncoder::new(), CommentEncoder::new());
    for unit in 0..120 {
        let count = 1 + (unit % 3) as usize;
        encode_run(&mut halves, count, 2 * unit, UNIT_US / 2);
        let half = encode_run(&mut halves, count, 2 * unit + 1, UNIT_US / 2);
        let whole = encode_run(&mut wholes, 2 * count, unit, UNIT_US);
        for value in [0, 1, 2, SERIES, 2 * SERIES, 3 * SERIES + 1, 4 * SERIES, 4 * SERIES + 2] {
            assert!((half[value] - whole[value]).abs() < 1e-6, "value {value} of unit {unit}");
        }
    }
}

#[test]
fn large_gift_stands_out() {
    let mut encoder = GiftEncoder::new();
    let mut encode = |unit: i64, user: &str, value: f64| {
        let gifts = [GiftView { offset_us: 0, user, value, count: 1 }];
        let unit = UnitInput {
            start_us: unit * UNIT_US,
            duration_us: UNIT_US,
            gifts: Some(&gifts),
            ..UnitInput::default()
        };
        encoder.encode(&unit).unwrap().unwrap()
    };
    let small = (0..30).map(|unit| encode(unit, "a", 1.0)).last().unwrap();
    let large = encode(30, "b", 500.0);
    assert!(small[6] == 0.0 && large[6] == 1.0);
    assert!(small[5] == 0.0 && large[5] == 1.0);
    assert!(large[11] > 1.0);
    assert!(encode(31, "c", f64::NAN).iter().all(|x| x.is_finite()));
}

#[test]
fn cut_and_still_picture_are_told_apart() {
    let (red, blue) =
        (picture(160, 90, |_, _| [220, 20, 20]), picture(160, 90, |x, _| [10, 10, (x % 256) as u8]));
    let mut encoder = PictureEncoder::new();
    let mut encode = |unit: i64, rgb: [&[u8]; 2]| {
        let start_us = unit * UNIT_US;
        let view = |i: i64| PictureView {
            at_us: start_us + i * 1_000_000,
            width: 160,
            height: 90,
            rgb: rgb[i as usize],
        };
        let pictures = [view(0), view(1)];
        encoder
            .encode(&UnitInput {
                start_us,
                duration_us: UNIT_US,
                pictures: &pictures,
                ..UnitInput::default()
            })
            .unwrap()
            .unwrap()
    };
    let still = encode(0, [&red, &red]);
    assert_eq!((still[68], still[74], still[81]), (0.0, 0.0, 1.0));
    let cut = encode(1, [&blue, &blue]);
    assert!(cut[74] == 0.5 && cut[72] > 0.35, "a cut between units counts in the later one");
    assert_eq!(cut[82], 1.0);
}

#[test]
fn broken_picture_masks_its_encoder_and_names_it() {
    let mut set = EncoderSet::built_in();
    let pictures = [PictureView { at_us: 7, width: 4, height: 4, rgb: &[0; 47] }];
    let unit = UnitInput {
        start_us: 5,
        duration_us: UNIT_US,
        pictures: &pictures,
        speech: Some("hi"),
        ..UnitInput::default()
    };
    let encoded = set.encode(&unit);
    assert!(encoded.features.picture.is_none() && encoded.features.speech.is_some());
    let [EncodeError::Encoder { encoder, source, .. }] = encoded.failures.as_slice() else {
        panic!("{encoded:?}")
    };
    assert_eq!(encoder, "picture-descriptor");
    assert_eq!(source.to_string(), "picture at 7 us is 4x4 but has 47 bytes");
}

#[test]
fn built_in_features_stay_about_unit_scale() {
    let (black, white) = (vec![0; 160 * 90 * 3], vec![255; 160 * 90 * 3]);
    let sounds = [
        vec![0.0; 32_000],
        noise(32_000, 1.0),
        tone(440.0, 32_000),
        vec![1.0; 32_000],
        vec![0.5],
        vec![f32::NAN; 700],
    ];
    let mut set = EncoderSet::built_in();
    for (unit, sound) in (0..).zip(sounds.iter().cycle().take(18)) {
        let start_us = unit * UNIT_US;
        let rgb = if unit % 2 == 0 { &black } else { &white };
        let pictures = [PictureView { at_us: start_us, width: 160, height: 90, rgb }];
        let input =
            UnitInput { start_us, duration_us: UNIT_US, pictures: &pictures, sound, ..UnitInput::default() };
        let features = set.encode(&input).features;
        for modality in [Modality::Picture, Modality::Sound] {
            for (index, value) in features.of(modality).unwrap().iter().enumerate() {
                assert!(value.abs() <= 4.0, "{modality:?} {index} is {value} in unit {unit}");
            }
        }
    }
}

#[test]
fn voice_like_sound_differs_from_noise_and_silence() {
    let encode = |sound: &[f32]| {
        let unit = UnitInput { duration_us: UNIT_US, sound, ..UnitInput::default() };
        SoundEncoder::new().encode(&unit).unwrap().unwrap()
    };
    // A buzz of 125 Hz, swelling four times a second, as syllables do.
    let voice: Vec<f32> = (0..32_000)
        .map(|i| {
            ((i % 128) as f32 / 64.0 - 1.0)
                * 0.3
                * (0.55 - 0.45 * (std::f32::consts::TAU * 4.0 * i as f32 / 16_000.0).cos())
        })
        .collect();
    let (voice, noise, silence) = (encode(&voice), encode(&noise(32_000, 0.3)), encode(&[0.0; 32_000]));
    assert!(voice[46] > 0.6 && noise[46] < 0.4, "syllables: {} {}", voice[46], noise[46]);
    assert!(voice[47] > 0.8 && noise[47] < 0.1, "voiced: {} {}", voice[47], noise[47]);
    assert!(noise[43] > voice[43] + 0.2, "flatness: {} {}", voice[43], noise[43]);
    assert_eq!((silence[50], noise[50]), (1.0, 0.0));
}

#[test]
fn speech_embedding_has_length_one() {
    let unit = UnitInput { duration_us: UNIT_US, speech: Some("what a goal"), ..UnitInput::default() };
    let vector = SpeechEncoder::new().encode(&unit).unwrap().unwrap();
    assert!((vector[..160].iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
}

#[test]
fn description_survives_json_and_names_are_unique() {
    let set = EncoderSet::built_in();
    let described = set.describe();
    let json = serde_json::to_string(&described).unwrap();
    assert_eq!(serde_json::from_str::<Vec<kairos_encoders::EncoderDescription>>(&json).unwrap(), described);
    let total: usize = Modality::ALL.iter().map(|&modality| set.widths().of(modality)).sum();
    assert_eq!(described.iter().map(|encoder| encoder.width).sum::<usize>(), total);
    let error = set.with(Box::new(GiftEncoder::new())).unwrap_err();
    assert_eq!(error.to_string(), "the set already has an encoder gift-statistics");
}
