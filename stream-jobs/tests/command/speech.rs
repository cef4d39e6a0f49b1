//! Speech from sound to score, with a Whisper model that the test writes: its words are known whatever the sound.

use std::path::{Path, PathBuf};

use kairos::config::Config;
use kairos::room::{Decoded, Input, Output, RoomJob, RoomSettings};
use kairos::scoring::for_features;
use kairos::speech::Speech;
use kairos_decode::Sound;
use kairos_encoders::{Encoder, SpeechEncoder, UnitInput};
use kairos_highlight::UnitFeatures;
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, StreamId, WallTime};

use crate::kairos::{Rooms, ask, kairos, succeeded};
#[path = "../../../models/speech/tests/support/scripted.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod scripted;
use scripted::{ggml, write_ggml};

const RATE: usize = 16_000;
const UNIT: Span = Span::from_millis(2_000);

/// A model that hears these two phrases in every window, 0.2 to 1.2 s and 1.2 to 2.4 s into it.
fn model(folder: &Path, first: [&str; 2], second: [&str; 2]) -> PathBuf {
    let time = |seconds: f32| Some(ggml::TIMESTAMPS + (seconds * 50.0).round() as u32);
    let mut says = vec![Some(ggml::GERMAN), None];
    says.extend([time(0.2), Some(1), Some(2), time(1.2), time(1.2)]);
    says.extend([Some(3), Some(4), time(2.4), Some(ggml::END)]);
    let file = folder.join(format!("ggml-{}.bin", first[0].trim()));
    write_ggml(&file, &[" ", first[0], first[1], second[0], second[1]], &says);
    file
}

fn config(model: &Path) -> Config {
    let mut config = Config::default();
    config.speech.model = Some(model.to_owned());
    config
}

/// Faint noise with a buzzing voice from 1 to 4 s.
fn sound() -> Vec<f32> {
    let sample = |n: usize| {
        let t = n as f32 / RATE as f32;
        let hiss = ((n as u32).wrapping_mul(1_664_525) >> 8) as f32 / (1 << 24) as f32 - 0.5;
        let buzz = (t * 150.0 * std::f32::consts::TAU).sin() * (0.25 + 0.1 * (t * 21.0).sin());
        if (1.0..4.0).contains(&t) { buzz + 0.02 * hiss } else { 0.0004 * hiss }
    };
    (0..20 * RATE).map(sample).collect()
}

/// Features of the units of a room with that sound for its first 20 s and none after, and how many words were given.
fn units(config: &Config, live: bool) -> (Vec<UnitFeatures>, usize) {
    let speech = Speech::open(config, live).unwrap().unwrap();
    let (room, stream) = (RoomId::new("room").unwrap(), StreamId::new("stream").unwrap());
    let begun = WallTime::from_micros(1_700_000_000_000_000);
    let settings = RoomSettings {
        expects_media: true,
        ..RoomSettings::new(config, room.clone(), stream.clone(), Some(begun))
    };
    let mut job = RoomJob::new(settings, for_features(config, "room", Some(&speech)).unwrap()).unwrap();
    let (mut features, mut words) = (Vec::new(), 0);
    let mut take = |outputs: Vec<Output>| {
        for output in outputs {
            match output {
                Output::Features(settled) => features.push(settled.features),
                Output::Word(..) => words += 1,
                Output::Fault(fault) => panic!("{fault:?}"),
                _ => {}
            }
        }
    };
    let all = sound();
    for sequence in 0..14 {
        let start = MediaTime::ZERO + UNIT.times(sequence);
        let heard = all.chunks(2 * RATE).nth(sequence as usize).unwrap_or_default();
        let decoded = Decoded {
            segment: Segment {
                room: room.clone(),
                stream: stream.clone(),
                sequence: sequence as u64,
                start,
                duration: UNIT,
                captured_at: WallTime::from_micros(begun.as_micros() + start.as_micros()),
                content_type: ContentType::MpegTs,
                bytes: bytes::Bytes::new(),
                position: Position::in_file("media.ts", sequence),
            },
            pictures: Vec::new(),
            sound: if heard.is_empty() { Vec::new() } else { vec![Sound { start, samples: heard.to_vec() }] },
            frame_rate: None,
            faults: Vec::new(),
        };
        take(job.push(Input::Media(Box::new(decoded))));
    }
    take(job.finish());
    (features, words)
}

#[test]
fn a_unit_is_encoded_with_the_words_that_were_said_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&model(folder.path(), [" first", " blood"], [" what", " a"]));
    let (replayed, words) = units(&config, false);
    assert_eq!((replayed.len(), words), (14, 4));
    let expected = |text| {
        let unit = UnitInput { duration_us: UNIT.as_micros(), speech: Some(text), ..UnitInput::default() };
        SpeechEncoder::new().encode(&unit).unwrap()
    };
    // The window starts 0.2 s before the voice, so its phrases lie at 1.0 to 2.0 and 2.0 to 3.2 s.
    assert_eq!(replayed[0].speech, expected("first blood"));
    assert_eq!(replayed[1].speech, expected("what a"));
    for (index, unit) in replayed.iter().enumerate().skip(2) {
        // Nobody speaks, which is known; where there is no sound it is not.
        assert_eq!(unit.speech, if index < 10 { expected("") } else { None }, "unit {index}");
    }
    // Minutes go by within seconds here, so a room may wait longer than it would while it is live.
    let mut config = config;
    config.speech.live.wait_ms = 60_000;
    for _ in 0..5 {
        let (live, _) = units(&config, true);
        assert_eq!(live, replayed, "a live room that keeps up has the features of its replay");
    }
}

#[test]
fn a_model_is_trained_on_speech_and_runs_with_its_own_recogniser_or_without() {
    let folder = tempfile::tempdir().unwrap();
    let ours = model(folder.path(), [" first", " blood"], [" what", " a"]);
    let other = model(folder.path(), [" good", " game"], [" well", " played"]);
    let at = |name: &str| folder.path().join(name);
    let simulated = Rooms::simulate(&["--rooms", "4", "--minutes", "1", "--seed", "3"]);
    let rooms = simulated.room(0).parent().unwrap().to_owned();
    let checkpoint = at("checkpoint");
    let with = |speech: Option<&Path>, args: &[&str]| {
        let config = at("kairos.toml");
        let mut text = format!("[gift]\nenabled = false\n[model]\ncheckpoint = {checkpoint:?}\n");
        if let Some(speech) = speech {
            text += &format!("[speech]\nmodel = {speech:?}\n");
        }
        if args[0] == "train" {
            text = text.replace("[model]", "[train.model]\nwidth = 16\nfeed_forward = 32\nmembers = 1\n[x]");
            text = text.split("[x]").next().unwrap().to_owned() + &format!("[speech]\nmodel = {ours:?}\n");
        }
        std::fs::write(&config, text).unwrap();
        kairos(&[args, &["--config", config.to_str().unwrap()]].concat())
    };
    let (rooms, saved) = (rooms.to_str().unwrap(), checkpoint.to_str().unwrap());
    let train =
        ["train", "highlights", "--data", rooms, "--out", saved, "--epochs", "2", "--validation", "0.25"];
    succeeded(&with(None, &train));

    let room = simulated.room(0);
    let replay = |speech: Option<&Path>, out: &Path| {
        with(speech, &["replay", room.to_str().unwrap(), "--out", out.to_str().unwrap()])
    };
    const MISSING: &str = "SELECT count(), countIf(has(missing, 'speech')) FROM frame_scores WHERE final";
    let counts = |out: &Path| -> Vec<u32> {
        ask(out, MISSING).split('\t').map(|cell| cell.trim().parse().unwrap()).collect()
    };
    succeeded(&replay(Some(&ours), &at("spoken")));
    let spoken = counts(&at("spoken"));
    // A minute is thirty units; those behind it hold late reactions and no sound.
    assert!(spoken[0] - spoken[1] >= 28, "{spoken:?}");
    succeeded(&replay(None, &at("silent")));
    let silent = counts(&at("silent"));
    assert_eq!(silent[0], silent[1], "without a recogniser every row says that speech is missing");

    let refused = replay(Some(&other), &at("other"));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("trained with speech recognised by"), "{told}");
}
