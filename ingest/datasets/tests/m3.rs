//! KuaiLive-M3 folders that were generated: labels recomputed from the logs, notations of time, splits, damage.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;
use std::path::Path;

use kairos_datasets::generated::{GeneratedM3Room, M3Spec, TimeNotation, write_m3};
use kairos_datasets::m3::{M3Options, SegmentTime, chronological_split, label::Viewers, open};
use kairos_datasets::{DatasetError, LabelledRoom, Layout, Split};
use proptest::prelude::*;

fn read(folder: &Path, options: &M3Options) -> Result<Vec<LabelledRoom>, DatasetError> {
    open(folder, options)?.collect()
}

/// The recipe, written another way than the reader does: per segment from the logs in whole seconds.
fn scores(room: &GeneratedM3Room, entered: bool) -> Vec<f64> {
    let ends: Vec<i64> = room.segments.iter().map(|(end, _)| *end).collect();
    let begins: Vec<i64> = std::iter::once(room.begin).chain(ends.iter().copied()).take(ends.len()).collect();
    let mut parts = [Vec::new(), Vec::new()];
    for (&begin, &end) in begins.iter().zip(&ends) {
        let before: Vec<_> = room.visits.iter().filter(|visit| visit.0 <= begin).collect();
        let at_begin =
            if entered { before.len() } else { before.iter().filter(|visit| visit.1 > begin).count() };
        let still = before.iter().filter(|visit| visit.1 >= end).count();
        let inside = |times: &[i64]| times.iter().filter(|time| (begin..end).contains(*time)).count();
        let viewers = at_begin.max(1) as f64;
        parts[0].push(still as f64 / viewers);
        parts[1].push((inside(&room.likes) + 2 * inside(&room.comments)) as f64 / viewers);
    }
    let [retention, engagement] = parts.map(|part| {
        let low = part.iter().copied().fold(f64::MAX, f64::min);
        let high = part.iter().copied().fold(f64::MIN, f64::max);
        part.into_iter().map(|v| if high > low { (v - low) / (high - low) } else { 0.0 }).collect::<Vec<_>>()
    });
    retention.iter().zip(&engagement).map(|(r, e)| 0.6 * r + 0.4 * e).collect()
}

#[test]
fn labels_are_those_of_the_next_segment_by_the_recipe() {
    for times in [TimeNotation::Milliseconds, TimeNotation::Seconds, TimeNotation::Datetimes] {
        for viewers in [Viewers::Present, Viewers::Entered] {
            let folder = tempfile::tempdir().unwrap();
            let truth = write_m3(folder.path(), &M3Spec { times, ..M3Spec::default() }).unwrap();
            // Small parts, so that rooms come from many of them.
            let options = M3Options { viewers, part_bytes: 20_000, ..M3Options::default() };
            let rooms = read(folder.path(), &options).unwrap();
            assert_eq!(rooms.len(), truth.len());
            for (room, truth) in rooms.iter().zip(&truth) {
                assert_eq!(room.name, truth.id.to_string());
                assert_eq!(room.streamer, Some(truth.streamer.to_string()));
                assert_eq!(room.started_at_s, Some(truth.begin as f64));
                let scores = scores(truth, viewers == Viewers::Entered);
                let highlights = room.units.iter().filter(|unit| unit.positive == Some(true)).count();
                assert!((3..=4).contains(&highlights), "{highlights} of 12");
                for (at, unit) in room.units.iter().enumerate() {
                    let begin = if at == 0 { truth.begin } else { truth.segments[at - 1].0 };
                    assert_eq!(unit.at_s, (begin - truth.begin) as f64);
                    assert_eq!(unit.length_s, (truth.segments[at].0 - begin) as f64);
                    assert_eq!(unit.fused.as_ref(), Some(&truth.segments[at].1));
                    match (unit.label, scores.get(at + 1)) {
                        (Some(label), Some(score)) => assert!((f64::from(label) - score).abs() < 1e-6),
                        (None, None) => assert_eq!(unit.positive, None),
                        other => panic!("{other:?} at {at}"),
                    }
                }
            }
        }
    }
}

#[test]
fn rooms_are_split_by_their_begin_70_10_20() {
    let folder = tempfile::tempdir().unwrap();
    write_m3(folder.path(), &M3Spec { rooms: 20, width: 2, ..M3Spec::default() }).unwrap();
    let rooms = read(folder.path(), &M3Options::default()).unwrap();
    let count = |split| rooms.iter().filter(|room| room.split == Some(split)).count();
    assert_eq!([count(Split::Train), count(Split::Validation), count(Split::Test)], [14, 2, 4]);
    assert!(rooms.is_sorted_by_key(|room| room.started_at_s.map(f64::to_bits)));
    for rooms in 0..200 {
        let train = (0..rooms).filter(|&place| chronological_split(place, rooms) == Split::Train).count();
        assert_eq!(train, rooms * 7 / 10);
    }
}

#[test]
fn options_choose_rooms_and_what_a_timestamp_is() {
    let folder = tempfile::tempdir().unwrap();
    let truth = write_m3(folder.path(), &M3Spec { rooms: 6, width: 2, ..M3Spec::default() }).unwrap();
    let options = M3Options { top_rooms: Some(2), ..M3Options::default() };
    // All have as many visits: those with the smallest ids, which are the latest.
    let rooms = read(folder.path(), &options).unwrap();
    assert_eq!(
        rooms.iter().map(|room| room.name.clone()).collect::<Vec<_>>(),
        [4, 5].map(|at| truth[at].id.to_string())
    );
    let none = M3Options { min_segments: 13, ..M3Options::default() };
    let mut rooms = open(folder.path(), &none).unwrap();
    assert_eq!((rooms.report().rooms, rooms.report().rooms_left_out), (0, 6));
    assert!(rooms.next().is_none());
    let begin = M3Options { segment_time: SegmentTime::Begin, ..M3Options::default() };
    let room = read(folder.path(), &begin).unwrap().remove(0);
    assert_eq!(room.units[0].at_s, (truth[0].segments[0].0 - truth[0].begin) as f64);
}

#[test]
fn csv_tables_with_other_names_and_watch_times_in_milliseconds_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let truth = write_m3(folder.path(), &M3Spec::default()).unwrap();
    let expected = read(folder.path(), &M3Options::default()).unwrap();
    fs::remove_file(folder.path().join("live_interaction.parquet")).unwrap();
    let mut csv = String::from("user,Live_ID,author,time,watch_time\n");
    for room in &truth {
        for visit in &room.visits {
            csv.push_str(&format!(
                "1,{}.0,{},{},{}\n",
                room.id,
                room.streamer,
                visit.0,
                (visit.1 - visit.0) * 1000
            ));
        }
    }
    fs::write(folder.path().join("interactions.csv"), csv).unwrap();
    assert_eq!(read(folder.path(), &M3Options::default()).unwrap(), expected);
}

#[test]
fn a_missing_column_is_reported_with_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    write_m3(folder.path(), &M3Spec { rooms: 1, width: 2, ..M3Spec::default() }).unwrap();
    fs::write(folder.path().join("live_comment.csv"), "room,when\n1,2\n").unwrap();
    let error = read(folder.path(), &M3Options::default()).unwrap_err().to_string();
    assert!(
        error.contains("live_comment.csv: no column for the room") && error.contains("found room, when"),
        "{error}"
    );
    fs::write(folder.path().join("live_comment.csv"), "live_id,comment_ts\n6000000,5\n6000000,soon\n")
        .unwrap();
    let error = read(folder.path(), &M3Options::default()).unwrap_err().to_string();
    assert!(error.contains("live_comment.csv: line 3: comment_ts: \"soon\""), "{error}");
}

#[test]
fn an_embedding_of_another_width_is_named_by_row() {
    let [folder, other] = [3, 2].map(|width| {
        let folder = tempfile::tempdir().unwrap();
        write_m3(folder.path(), &M3Spec { rooms: 2, width, ..M3Spec::default() }).unwrap();
        folder
    });
    let shard = "live_emb_128_ts/live_emb_128_ts_part1.parquet";
    fs::copy(other.path().join(shard), folder.path().join(shard)).unwrap();
    let error = read(folder.path(), &M3Options::default()).unwrap_err().to_string();
    assert!(error.contains("part1.parquet: row 1: feature_128: has 2 numbers, not 3"), "{error}");
}

#[test]
fn a_cut_parquet_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    write_m3(folder.path(), &M3Spec { rooms: 2, width: 2, ..M3Spec::default() }).unwrap();
    assert_eq!(Layout::of(folder.path()), Some(Layout::M3));
    let path = folder.path().join("live_like.parquet");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = read(folder.path(), &M3Options::default()).unwrap_err().to_string();
    assert!(error.contains("live_like.parquet"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_damage_panics_the_reader(
        table in prop::sample::select(vec![
            "live_like.parquet", "live_interaction.parquet", "live_comment.csv",
            "live_emb_128_ts/live_emb_128_ts_part0.parquet",
        ]),
        place in 0.0..1.0_f64,
        with in proptest::collection::vec(any::<u8>(), 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write_m3(folder.path(), &M3Spec { rooms: 2, segments: 4, visits: 6, width: 3, ..M3Spec::default() }).unwrap();
        let path = folder.path().join(table);
        let mut bytes = fs::read(&path).unwrap();
        let at = (place * bytes.len() as f64) as usize;
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        fs::write(&path, bytes).unwrap();
        drop(read(folder.path(), &M3Options::default()));
    }
}
