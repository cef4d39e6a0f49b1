//! Behaviour of the written folders: same bytes, right lengths, and the rooms that lack something.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ffmpeg_next::{format, media};
use kairos_simulate::{Plan, RoomTruth, SimulateError, write_rooms};

fn small(rooms: usize) -> Plan {
    Plan {
        rooms,
        minutes: 0.4,
        width: 128,
        height: 72,
        fps: 10,
        video_kbps: 80,
        users: 200,
        ..Plan::default()
    }
}

fn write(plan: &Plan, out: &Path) -> Option<Vec<RoomTruth>> {
    match write_rooms(plan, out, &mut |_| ()) {
        Err(error @ SimulateError::MissingEncoder { .. }) => {
            println!("skipped: {error}");
            None
        }
        written => Some(written.unwrap()),
    }
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// Presentation times of a stream's packets, seconds, in order of the file, and whether each is a keyframe.
fn packets(path: &Path, kind: media::Type) -> Vec<(f64, bool)> {
    let mut input = format::input(path).unwrap();
    let Some(stream) = input.streams().best(kind) else { return Vec::new() };
    let (index, clock) = (stream.index(), f64::from(stream.time_base()));
    input
        .packets()
        .filter(|(stream, _)| stream.index() == index)
        .map(|(_, packet)| (packet.pts().unwrap() as f64 * clock, packet.is_key()))
        .collect()
}

#[test]
fn same_seed_same_bytes_however_many_rooms() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if write(&small(3), one.path()).is_none() {
        return;
    }
    write(&small(2), two.path()).unwrap();
    for room in ["room-000", "room-001"] {
        let (first, second) = (bytes(&one.path().join(room)), bytes(&two.path().join(room)));
        assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
        for (name, content) in &first {
            assert!(content == &second[name], "{room}/{name} differs");
        }
    }
    let other = tempfile::tempdir().unwrap();
    write(&Plan { seed: 2, ..small(1) }, other.path()).unwrap();
    assert_ne!(
        bytes(&one.path().join("room-000"))["media.mp4"],
        bytes(&other.path().join("room-000"))["media.mp4"]
    );
}

#[test]
fn a_complete_room_opens_and_lasts_as_long_as_asked() {
    let out = tempfile::tempdir().unwrap();
    let Some(truths) = write(&small(1), out.path()) else { return };
    let folder = out.path().join("room-000");
    let path = folder.join("media.mp4");
    let seconds = format::input(&path).unwrap().duration() as f64 / 1e6;
    assert!((seconds - 24.0).abs() < 0.15, "{seconds}");
    let pictures = packets(&path, media::Type::Video);
    assert_eq!(pictures.len(), 240);
    let keys: Vec<f64> = pictures.iter().filter(|(_, key)| *key).map(|(at, _)| *at).collect();
    assert!(keys.windows(2).all(|pair| (pair[1] - pair[0] - 2.0).abs() < 0.01), "{keys:?}");
    assert!(packets(&path, media::Type::Audio).len() > 500);
    let truth: RoomTruth = serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap();
    assert_eq!(truth, truths[0]);
    assert!(truth.simulated && !truth.moments.is_empty() && truth.interest.len() == 24);
    assert!((truths[0].delivered_seconds - 24.0).abs() < 1e-9);
    let recording: toml::Table = fs::read_to_string(folder.join("recording.toml")).unwrap().parse().unwrap();
    assert_eq!(recording["simulated"].as_bool(), Some(true));
    assert!(recording["title"].as_str().unwrap().starts_with("Simulated"));
    for (name, count) in
        [("comments.jsonl", truth.counts.comments), ("feedback.jsonl", truth.counts.feedback)]
    {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap().lines().count(), count, "{name}");
    }
}

#[test]
fn rooms_that_lack_something_lack_it_in_the_file() {
    let none = Plan {
        without_comments: 0.0,
        without_sound: 0.0,
        without_video: 0.0,
        with_dropouts: 0.0,
        with_variable_frame_rate: 0.0,
        with_late_sound: 0.0,
        ..small(1)
    };
    let sound_only = tempfile::tempdir().unwrap();
    if write(&Plan { without_video: 1.0, without_comments: 1.0, ..none.clone() }, sound_only.path()).is_none()
    {
        return;
    }
    let folder = sound_only.path().join("room-000");
    assert!(packets(&folder.join("media.mp4"), media::Type::Video).is_empty());
    assert!(packets(&folder.join("media.mp4"), media::Type::Audio).len() > 500);
    assert!(!folder.join("comments.jsonl").exists() && folder.join("gifts.jsonl").exists());

    let silent = tempfile::tempdir().unwrap();
    write(&Plan { without_sound: 1.0, with_variable_frame_rate: 1.0, ..none.clone() }, silent.path())
        .unwrap();
    let path = silent.path().join("room-000/media.mp4");
    assert!(packets(&path, media::Type::Audio).is_empty());
    let pictures = packets(&path, media::Type::Video);
    let steps: Vec<f64> = pictures.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let (least, most) =
        (steps.iter().copied().fold(1.0, f64::min), steps.iter().copied().fold(0.0, f64::max));
    assert!(least < 0.06 && most > 0.14, "{least} {most}");

    let broken = tempfile::tempdir().unwrap();
    let plan = Plan { with_dropouts: 1.0, with_late_sound: 1.0, minutes: 1.0, ..none.clone() };
    let truths = write(&plan, broken.path()).unwrap();
    let path = broken.path().join("room-000/media.mp4");
    let dropout = truths[0].dropouts[0];
    let jump = |kind| {
        let times = packets(&path, kind);
        let jumps = times.windows(2).filter(|pair| pair[1].0 - pair[0].0 > 2.0);
        jumps.map(|pair| (pair[1].0, pair[1].0 - pair[0].0)).collect::<Vec<_>>()
    };
    for kind in [media::Type::Video, media::Type::Audio] {
        let jumps = jump(kind);
        assert_eq!(jumps.len(), 1, "{jumps:?}");
        let (resumed, length) = jumps[0];
        assert!(
            (resumed - dropout.at_s - dropout.lost_s).abs() < 0.2 && (length - dropout.lost_s).abs() < 0.2
        );
    }
    let first = packets(&path, media::Type::Audio)[0].0;
    assert!((first - truths[0].sound_starts_s).abs() < 0.1 && first > 1.0, "{first}");

    let chat = tempfile::tempdir().unwrap();
    write_rooms(&Plan { media: false, ..none }, chat.path(), &mut |_| ()).unwrap();
    assert!(!chat.path().join("room-000/media.mp4").exists());
}

#[test]
fn an_impossible_plan_writes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let refused = write_rooms(&Plan { fps: 0, ..small(1) }, out.path(), &mut |_| ()).unwrap_err();
    assert!(refused.to_string().contains("fps"));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}
