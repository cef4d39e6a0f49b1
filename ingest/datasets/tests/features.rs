//! Features files: written and read, the same bytes, what is wrong is named.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;

use kairos_datasets::features::{open, read_room, write_room};
use kairos_datasets::{LabelledRoom, LabelledUnit, Layout, Split};
use proptest::prelude::*;

fn room() -> LabelledRoom {
    let unit = |at: usize| LabelledUnit {
        at_s: at as f64 * 2.0,
        length_s: 2.0,
        picture: (at != 1).then(|| vec![at as f32, -0.5, 3.25]),
        comment: (at > 2).then(|| vec![1.5]),
        label: (at != 3).then_some(at as f32 / 10.0),
        positive: (at != 3).then_some(at > 1),
        ..LabelledUnit::default()
    };
    LabelledRoom {
        name: "room \"7\"".to_owned(),
        streamer: Some("söng".to_owned()),
        split: Some(Split::Validation),
        started_at_s: Some(1_748_160_000.25),
        unit_seconds: 2.0,
        units: (0..5).map(unit).collect(),
    }
}

#[test]
fn a_room_that_is_written_reads_back_and_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["a.safetensors", "b.safetensors"].map(|name| folder.path().join(name));
    write_room(&first, &room()).unwrap();
    assert_eq!(read_room(&first).unwrap(), room());
    for _ in 0..5 {
        write_room(&second, &room()).unwrap();
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    }
    assert_eq!(Layout::of(folder.path()), Some(Layout::Features));
    assert_eq!(open(folder.path()).unwrap().map(Result::unwrap).collect::<Vec<_>>(), [room(), room()]);
}

/// A file as somebody else's program writes it.
fn foreign(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn one_tensor_of_features_with_a_time_column_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream-3.safetensors");
    let header = r#"{"features":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]},"time":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}"#;
    let data = [4, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38, 0x00, 0x00];
    fs::write(&path, foreign(header, &data)).unwrap();
    let room = read_room(&path).unwrap();
    assert_eq!((room.name.as_str(), room.unit_seconds), ("stream-3", 4.0));
    let units: Vec<_> = room.units.iter().map(|unit| (unit.at_s, unit.fused.clone().unwrap())).collect();
    assert_eq!(units, [(0.0, vec![0.5, 0.0]), (4.0, vec![1.0, -2.0])]);
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.safetensors");
    let no_time = r#"{"features":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#;
    let rows = r#"{"label":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"time":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    for (header, data, message) in [
        (no_time, vec![0; 4], "time: is missing; found features"),
        (rows, vec![0; 12], "label: has 2 units, time has 1"),
        ("{", vec![], "header: "),
    ] {
        fs::write(&path, foreign(header, &data)).unwrap();
        let error = read_room(&path).unwrap_err().to_string();
        assert!(error.contains("x.safetensors") && error.contains(message), "{error}");
    }
    let mut uneven = room();
    uneven.units[4].picture = Some(vec![1.0]);
    let error = write_room(&path, &uneven).unwrap_err().to_string();
    assert!(error.contains("picture: unit 5 isn't 3 finite numbers"), "{error}");
}

proptest! {
    #[test]
    fn no_damage_panics_the_reader(at in 0_usize..1200, with in proptest::collection::vec(any::<u8>(), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        write_room(&path, &room()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let at = at.min(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        fs::write(&path, bytes).unwrap();
        drop(read_room(&path));
    }
}
