//! Broken chat files: whatever is done to a file, reading it ends, does not panic, and loses only what was hit.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::io::{BufReader, Write};

use fixture::{ALL, ids, options, path};
use flate2::Compression;
use flate2::write::GzEncoder;
use kairos_recording::chat::{ChatLog, SkipReason, read_chat_from};
use proptest::prelude::*;

fn read(name: &str, bytes: &[u8]) -> Option<ChatLog> {
    // A small buffer makes every item cross the edges of reads.
    read_chat_from(BufReader::with_capacity(61, bytes), name, &options())
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// A fixed sequence of pseudo-random numbers, so that a failure can be repeated.
struct Steps(u64);

impl Steps {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

fn mutate(whole: &[u8], steps: &mut Steps) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    match steps.next(7) {
        0 => bytes.truncate(steps.next(bytes.len() + 1)),
        1 => {
            let mut lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
            for i in (1..lines.len()).rev() {
                lines.swap(i, steps.next(i + 1));
            }
            bytes = lines.concat();
        }
        2 => {
            for _ in 0..=steps.next(8) {
                let at = steps.next(bytes.len());
                bytes[at] ^= 1 << steps.next(8);
            }
        }
        3 => {
            let (at, length) = (steps.next(bytes.len()), steps.next(200));
            bytes.drain(at..(at + length).min(whole.len()));
        }
        4 => {
            let (from, length, to) = (steps.next(bytes.len()), steps.next(200), steps.next(bytes.len()));
            let copied = whole[from..(from + length).min(whole.len())].to_vec();
            bytes.splice(to..to, copied);
        }
        5 => {
            let at = steps.next(bytes.len());
            let noise: Vec<u8> = (0..steps.next(64)).map(|_| steps.next(256) as u8).collect();
            bytes.splice(at..at, noise);
        }
        _ => bytes = (0..steps.next(300)).map(|_| steps.next(256) as u8).collect(),
    }
    bytes
}

#[test]
fn ten_thousand_mutated_files_are_read_to_their_end() {
    let mut steps = Steps(1);
    let (mut files, mut read_some) = (0, 0);
    for name in ALL {
        let whole = bytes(name);
        for _ in 0..800 {
            let broken = mutate(&whole, &mut steps);
            files += 1;
            if let Some(log) = read(name, &broken) {
                read_some += 1;
                assert!(log.events.is_sorted_by_key(|event| event.event.sent_at()));
                assert_eq!(read(name, &broken).as_ref(), Some(&log), "the same bytes read the same");
            }
        }
    }
    assert!(files >= 10_000 && read_some > files / 2, "{read_some} of {files}");
}

#[test]
fn a_broken_line_costs_itself_alone() {
    for name in [
        "bililive-recorder.xml",
        "blrec.xml",
        "yt-dlp.live_chat.json",
        "own.jsonl",
        "table.tsv",
        "twitch-irc.txt",
    ] {
        let whole = bytes(name);
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let intact = read(name, &whole).unwrap();
        for hit in 0..lines.len() {
            let is_head = name.ends_with("xml")
                && !["<d ", "<gift ", "<sc ", "<guard "]
                    .iter()
                    .any(|start| lines[hit].trim_ascii_start().starts_with(start.as_bytes()));
            if is_head || (name == "table.tsv" && hit == 0) {
                continue;
            }
            let mut broken = lines.clone();
            let cut = [&lines[hit][..lines[hit].len() / 3], b"\n"].concat();
            broken[hit] = &cut;
            let log = read(name, &broken.concat()).unwrap();
            let lost = intact.events.iter().filter(|event| {
                !log.events.iter().any(|other| {
                    other.event.user() == event.event.user() && {
                        (other.event.sent_at() - log.origin()) == (event.event.sent_at() - intact.origin())
                    }
                })
            });
            // The origin of a log without a stated start moves with its first item.
            if log.start_source == intact.start_source && log.started_at == intact.started_at {
                assert!(lost.count() <= 1, "{name}, line {hit}: {:?}", log.skipped);
            }
        }
    }
}

#[test]
fn a_lost_quote_in_a_one_line_array_costs_one_item() {
    let item = |n: u32| {
        format!(
            r#"{{"timestamp": {}, "time_in_seconds": {n}, "author": {{"id": "u{n}"}}, "message": "m{n}"}}"#,
            1_714_564_800_000_000_u64 + u64::from(n) * 1_000_000
        )
    };
    let whole = format!("[{}]", (0..50).map(item).collect::<Vec<_>>().join(", "));
    let at = whole.find("\"u20\"").unwrap();
    let mut broken = whole.clone();
    broken.remove(at);
    let log = read("chat.json", broken.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.skipped_count()), (49, 1));
    let cut = &whole[..whole.find("\"m30\"").unwrap()];
    let log = read("chat.json", cut.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.skipped_by_reason.get(&SkipReason::Truncated)), (30, Some(&1)));
}

#[test]
fn a_recorder_that_was_killed_leaves_what_it_wrote() {
    let whole = String::from_utf8(bytes("blrec.xml")).unwrap();
    let cut = &whole[..whole.find("well said").unwrap() + 4];
    let log = read("blrec.xml", cut.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.skipped_by_reason.get(&SkipReason::Truncated)), (4, Some(&1)));
}

#[test]
fn a_packed_file_that_breaks_off_gives_its_beginning() {
    let mut table = String::from("t_sec\tuser\ttext\n");
    for n in 0..20_000 {
        table.push_str(&format!("{n}\tu{}\tmessage number {}\n", n * 7_919 % 1_000, n * 104_729));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(table.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no-name");
    std::fs::write(&file, &packed).unwrap();
    let log = kairos_recording::chat::read_chat(&file, &options()).unwrap();
    assert_eq!((log.events.len(), log.skipped_count()), (20_000, 0));
    std::fs::write(&file, &packed[..packed.len() / 2]).unwrap();
    let log = kairos_recording::chat::read_chat(&file, &options()).unwrap();
    assert!(log.events.len() > 5_000 && log.skipped_count() >= 1, "{}", log.events.len());
}

#[test]
fn texts_too_long_are_cut_and_lines_too_long_are_passed_over() {
    let table = format!(
        "t_sec\tuser\ttext\n1\tu\t{}\n2\tu\t{}\n3\tu\tshort\n",
        "é".repeat(9_000),
        "x".repeat(2 << 20)
    );
    let log = read("t.tsv", table.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.cut_texts), (2, 1));
    assert_eq!(log.skipped_by_reason.get(&SkipReason::TooLong), Some(&1));
}

#[test]
fn a_time_from_another_decade_is_damage() {
    let table = "t_sec\tuser\ttext\n1\tu\ta\n2\tu\tb\n3000000000\tu\tc\n";
    let log = read("t.tsv", table.as_bytes()).unwrap();
    assert_eq!((log.events.len(), log.skipped_by_reason.get(&SkipReason::ImplausibleTime)), (2, Some(&1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read("x", &bytes);
    }

    #[test]
    fn ids_do_not_depend_on_where_lines_stand(seed in any::<u64>()) {
        let whole = bytes("own.jsonl");
        let mut lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let mut steps = Steps(seed);
        for i in (1..lines.len()).rev() {
            lines.swap(i, steps.next(i + 1));
        }
        let (shuffled, straight) = (read("a", &lines.concat()).unwrap(), read("a", &whole).unwrap());
        prop_assert_eq!(ids(&shuffled), ids(&straight));
    }
}
