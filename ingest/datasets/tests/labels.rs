//! Label files: per second and intervals, plain and gzip, and what is wrong with them.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use kairos_datasets::labels::{Labels, read};
use proptest::prelude::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn labels_per_second_come_with_the_numbers_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.tsv.gz");
    let text = "video\tsec\thighlight\tscorer\tnote\nb\t1\t1\t0.25\tgood\nb\t0\t0\t0.5\t\na\t2\t\t\t3\n";
    fs::write(&path, gzip(text)).unwrap();
    let file = read(&path).unwrap();
    assert_eq!(file.videos.keys().collect::<Vec<_>>(), ["a", "b"]);
    let at = |video: &str| (0..4).map(|second| file.videos[video].at(second)).collect::<Vec<_>>();
    assert_eq!(at("b"), [Some(false), Some(true), None, None]);
    assert_eq!(at("a"), [None; 4]);
    assert_eq!(file.columns.keys().collect::<Vec<_>>(), ["scorer"]);
    assert_eq!(file.columns["scorer"]["b"], [Some(0.5), Some(0.25)]);
}

#[test]
fn intervals_label_the_seconds_they_overlap() {
    for (separator, name) in [('\t', "i.tsv"), (',', "i.csv")] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let text = "game,video,start_s,end_s,kind\nLOL,v,10.5,12,x\nLOL,v,3,4,y\n"
            .replace(',', &separator.to_string());
        fs::write(&path, text).unwrap();
        let file = read(&path).unwrap();
        assert_eq!(file.videos["v"], Labels::Intervals(vec![(3.0, 4.0), (10.5, 12.0)]));
        let seconds: Vec<u64> = (0..20).filter(|&second| file.videos["v"].at(second) == Some(true)).collect();
        assert_eq!(seconds, [3, 10, 11]);
    }
}

#[test]
fn what_is_wrong_is_named_by_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.tsv");
    for (text, message) in [
        ("video\tsec\thighlight\nv\t0\t1\nv\t1\t2\n", "line 3: highlight: \"2\" is neither 0 nor 1"),
        ("video\tsec\thighlight\nv\t0.5\t1\n", "line 2: sec: 0.5 is no second"),
        ("video\tsec\thighlight\nv\t0\t1\nv\t0\t1\n", "line 3: sec: second 0 of v is there twice"),
        ("video\tsec\thighlight\nv\t0\n", "line 2: row: has 2 columns, the header 3"),
        ("video\tsec\n", "no column for the label"),
        ("video\tstart_s\tend_s\nv\t3\t2\n", "line 2: end_s: 2 lies before start_s 3"),
    ] {
        fs::write(&path, text).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("l.tsv") && error.contains(message), "{error}");
    }
    let whole = gzip("video\tsec\thighlight\nv\t0\t1\n");
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("l.tsv"));
}

#[test]
fn published_labels_read_as_their_description_says() {
    let Some(shared) = std::env::var_os("KAIROS_SHARED").map(PathBuf::from) else {
        println!("KAIROS_SHARED is not set: published labels are not read");
        return;
    };
    let folder = shared.join("data/twitch-lol");
    let labels = read(&folder.join("frame_labels.tsv.gz")).unwrap();
    assert_eq!(labels.videos.len(), 40);
    let seconds = labels.videos.values().flat_map(|labels| match labels {
        Labels::Seconds(seconds) => seconds.clone(),
        Labels::Intervals(_) => Vec::new(),
    });
    let known: Vec<bool> = seconds.flatten().collect();
    let rate = known.iter().filter(|&&positive| positive).count() as f64 / known.len() as f64;
    assert!((rate - 0.107).abs() < 0.001, "{rate}");
    assert_eq!(labels.columns.keys().collect::<Vec<_>>(), ["chat_lstm"]);
    let intervals = read(&folder.join("intervals.tsv")).unwrap();
    assert!(intervals.videos.values().all(|labels| matches!(labels, Labels::Intervals(_))));
}

proptest! {
    #[test]
    fn no_bytes_panic_the_reader(
        head in prop::sample::select(vec!["", "video\tsec\thighlight\tx\n", "video,start_s,end_s\n", "\u{1f}\u{8b}"]),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.tsv");
        fs::write(&path, [head.as_bytes(), &bytes].concat()).unwrap();
        drop(read(&path));
        fs::write(&path, gzip(&String::from_utf8_lossy(&bytes))).unwrap();
        drop(read(&path));
    }
}
