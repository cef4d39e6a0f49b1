//! KLive folders that were generated: separators, scattered lives, cut files and wrong rows.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;
use std::path::Path;

use kairos_datasets::generated::{KliveSpec, ListStyle, write_klive};
use kairos_datasets::klive::{Klive, Separator};
use kairos_datasets::{DatasetError, LabelledRoom, Split};
use proptest::prelude::*;

fn read(folder: &Path) -> Result<Vec<LabelledRoom>, DatasetError> {
    let klive = Klive::open(folder)?;
    klive.rooms(Split::Train)?.chain(klive.rooms(Split::Test)?).collect()
}

fn shard(folder: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(folder.join("train")).unwrap();
    fs::write(folder.join("train/0_test_score_infer_output.log"), text).unwrap();
}

#[test]
fn every_separator_and_list_style_reads_back_what_was_written() {
    for separator in [Separator::Tab, Separator::Semicolon, Separator::Comma, Separator::Space] {
        for lists in [ListStyle::Bracketed, ListStyle::Quoted, ListStyle::Bare] {
            let folder = tempfile::tempdir().unwrap();
            let truth =
                write_klive(folder.path(), &KliveSpec { separator, lists, ..KliveSpec::default() }).unwrap();
            let klive = Klive::open(folder.path()).unwrap();
            let layout = klive.layout();
            assert_eq!(
                (layout.separator, layout.picture_width, layout.text_width),
                (separator, 8, 6),
                "{lists:?}"
            );
            assert_eq!(read(folder.path()).unwrap(), truth, "{separator} {lists:?}");
        }
    }
}

#[test]
fn lines_of_a_live_are_gathered_from_all_shards_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    shard(folder.path(), "7 60 0.5 [1] [2]\n12 30 0.1 [3] [4]\n7 0 nan [5] []\n");
    fs::write(folder.path().join("train/1_test_score_infer_output.log"), "7 30 1 [6] [7]\n\n").unwrap();
    fs::write(folder.path().join("live_id2aid.txt"), "7 99\n").unwrap();
    let rooms = read(folder.path()).unwrap();
    assert_eq!(rooms.iter().map(|room| room.name.as_str()).collect::<Vec<_>>(), ["7", "12"]);
    assert_eq!(rooms[0].streamer.as_deref(), Some("99"));
    assert_eq!(rooms[1].streamer, None);
    let units: Vec<_> =
        rooms[0].units.iter().map(|u| (u.at_s, u.label, u.picture.clone(), u.text.clone())).collect();
    assert_eq!(
        units,
        [
            (0.0, None, Some(vec![5.0]), None),
            (30.0, Some(1.0), Some(vec![6.0]), Some(vec![7.0])),
            (60.0, Some(0.5), Some(vec![1.0]), Some(vec![2.0])),
        ]
    );
}

#[test]
fn a_header_is_no_row() {
    let folder = tempfile::tempdir().unwrap();
    shard(folder.path(), "live_id\ttimestamp\tlvtr\timage_feaure\ttext_feaure\n7\t60\t0.5\t[1, 2]\t[2]\n");
    assert!(Klive::open(folder.path()).unwrap().layout().header);
    assert_eq!(read(folder.path()).unwrap()[0].units.len(), 1);
}

/// A hundred good lines with one replaced.
fn with_line(number: usize, line: &str) -> String {
    let mut text = String::new();
    for at in 1..=100 {
        if at == number {
            text.push_str(line);
        } else {
            text.push_str(&format!("{}\t{}\t0.5\t[1, 2, 3]\t[4, 5]", at % 3, at * 30));
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_wrong_row_is_named_by_file_line_and_field() {
    for (number, line, message) in [
        (90, "1\t9\t0.5\t[1, 2]\t[4, 5]", "line 90: image feature: has 2 numbers, not 3"),
        (91, "1\t9\t0.5\t[1, 2, 3]\t[4, x]", "line 91: text feature: number 2 of the list is \" x\""),
        (92, "1\t9\t1.5\t[1, 2, 3]\t[4, 5]", "line 92: lvtr: \"1.5\" is not within 0 and 1"),
        (93, "1\tnoon\t0.5\t[1, 2, 3]\t[4, 5]", "line 93: timestamp: \"noon\" is no number"),
        (94, "1\t9\t0.5\t[1, 2, 3]", "line 94: text feature: the line ends before it"),
        (95, "1\t9\t0.5\t[1, 2, 3]\t[4, 5]\t6", "line 95: text feature: followed by \"6\", a sixth field"),
        (5, "1\t9\t0.5\t[1, 2]\t[4, 5]", "line 5: image feature: has 2 numbers, not 3"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        shard(folder.path(), with_line(number, line));
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("0_test_score_infer_output.log") && error.contains(message), "{error}");
    }
}

#[test]
fn a_room_after_a_wrong_one_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    shard(folder.path(), with_line(90, "1\t9\t0.5\t[1, 2]\t[4, 5]"));
    let klive = Klive::open(folder.path()).unwrap();
    let read: Vec<bool> = klive.rooms(Split::Train).unwrap().map(|room| room.is_ok()).collect();
    assert_eq!(read, [true, false, true]);
}

#[test]
fn a_file_that_was_cut_within_a_list_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = with_line(0, "");
    shard(folder.path(), &text[..text.len() - 4]);
    let error = read(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("line 100: text feature: \"[4, \" isn't closed") || error.contains("line 100"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let folder = tempfile::tempdir().unwrap();
        shard(folder.path(), &bytes);
        drop(read(folder.path()));
    }

    #[test]
    fn no_damage_to_a_good_shard_panics_the_reader(
        at in 0_usize..2000,
        with in proptest::collection::vec(prop::sample::select(b"\t\n[]\"', 19.-e\xff".to_vec()), 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = with_line(0, "").into_bytes();
        let at = at.min(bytes.len());
        bytes.splice(at..(at + with.len()).min(bytes.len()), with);
        shard(folder.path(), &bytes);
        drop(read(folder.path()));
    }
}
