//! Training on labelled chats and public layouts, and judging per second.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use kairos_datasets::generated::{KliveSpec, write_klive};

use crate::kairos::{kairos, succeeded};

const SECONDS: usize = 900;

/// Chats of rooms in which every moment is answered some seconds later, and their labels.
fn chats(folder: &Path, rooms: usize) -> (PathBuf, PathBuf) {
    let chat = folder.join("chat");
    std::fs::create_dir_all(&chat).unwrap();
    let mut labels = String::from("video\tsec\thighlight\n");
    for room in 0..rooms {
        let mut lines = String::from("t_sec\tuser\tviewers\ttext\n");
        let is_moment = |second: usize| (second + 13 * room) % 150 >= 130;
        for second in 0..SECONDS {
            writeln!(labels, "game_{room}\t{second}\t{}", u8::from(is_moment(second))).unwrap();
            let calm = ["hello there", "what is this song", "first time here", "gg last one"][second % 4];
            if second % 3 == 0 {
                writeln!(lines, "{second}.2\tuser{}\t0\t{calm}", second % 41).unwrap();
            }
            if second >= 4 && is_moment(second - 4) {
                for viewer in 0..3 {
                    writeln!(lines, "{second}.{viewer}\tfan{}\t0\tPogChamp WHAT A PLAY", second * 3 + viewer)
                        .unwrap();
                }
            }
        }
        std::fs::write(chat.join(format!("game_{room}.chat.tsv")), lines).unwrap();
    }
    let file = folder.join("labels.tsv");
    std::fs::write(&file, labels).unwrap();
    (chat, file)
}

fn train(chat: &Path, labels: &Path, out: &Path, seed: &str) -> String {
    let args =
        ["train", "highlights", "--data", chat.to_str().unwrap(), "--labels", labels.to_str().unwrap()];
    let more = ["--out", out.to_str().unwrap(), "--seed", seed, "--epochs", "2"];
    succeeded(&kairos(&[&args[..], &more[..]].concat()))
}

fn scores(chat: &Path, out: &Path, delay: &str, more: &[&str]) -> Vec<(String, usize, f64)> {
    let args = ["eval", "highlights", "--recordings", chat.to_str().unwrap(), "--delay", delay];
    let out_arg = ["--out", out.to_str().unwrap()];
    succeeded(&kairos(&[&args[..], &out_arg[..], more].concat()));
    let text = std::fs::read_to_string(out).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("video\tsec\tscore"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0].to_owned(), cells[1].parse().unwrap(), cells[2].parse().unwrap())
        })
        .collect()
}

#[test]
fn a_trained_model_finds_what_the_chat_answers_and_the_seed_decides_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (chat, labels) = chats(folder.path(), 8);
    let (first, again) = (folder.path().join("first"), folder.path().join("again"));
    let printed = train(&chat, &labels, &first, "3");
    train(&chat, &labels, &again, "3");
    for file in ["model.safetensors", "lexicon.safetensors", "config.json", "metrics.json"] {
        assert_eq!(
            std::fs::read(first.join(file)).unwrap(),
            std::fs::read(again.join(file)).unwrap(),
            "{file} differs"
        );
    }
    assert!(printed.contains("checkpoint: "), "{printed}");
    assert!(std::fs::read_to_string(first.join("README.md")).unwrap().contains("| 10 |"));

    let store = folder.path().join("store");
    let plots = folder.path().join("plots");
    let (labels, checkpoint) = (labels.to_str().unwrap(), first.to_str().unwrap());
    let args = ["eval", "highlights", "--recordings", chat.to_str().unwrap(), "--labels", labels];
    let more = ["--checkpoint", checkpoint, "--compare", again.to_str().unwrap(), "--json", "--delay", "10"];
    let out = folder.path().join("scores.tsv");
    let keep = [
        "--store",
        store.to_str().unwrap(),
        "--plots",
        plots.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let judged = succeeded(&kairos(&[&args[..], &more[..], &keep[..]].concat()));
    let precision: Vec<f64> = judged
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["judged"]["delay_s"] == 10.0)
        .map(|line| line["judged"]["average_precision"].as_f64().unwrap())
        .collect();
    assert_eq!(precision.len(), 16, "eight rooms by two models");
    assert!(precision.iter().all(|&precision| precision > 0.5), "{precision:?}; chance is 0.13");
    assert!(plots.join("delay.svg").is_file());
    let query = "SELECT countDistinct(video) FROM evaluations WHERE metric = 'average-precision'";
    let rows = crate::kairos::ask(&store, query);
    assert_eq!(rows, "8");
    let kept = crate::kairos::ask(&store, "SELECT count() FROM evaluation_scores");
    assert_eq!(kept, (8 * SECONDS).to_string());
}

#[test]
fn no_second_is_scored_by_what_comes_after_its_delay() {
    let folder = tempfile::tempdir().unwrap();
    let (chat, _) = chats(folder.path(), 1);
    let file = chat.join("game_0.chat.tsv");
    let text = std::fs::read_to_string(&file).unwrap();
    let (cut, delay) = (400.0, 10.0);
    let before = scores(&chat, &folder.path().join("a.tsv"), "10", &[]);
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(line, content)| {
            let at = content.split('\t').next().and_then(|at| at.parse::<f64>().ok());
            match at {
                Some(at) if at > cut => format!("{at}\tsomebody{line}\t0\tLUL LUL nothing like it"),
                _ => content.to_owned(),
            }
        })
        .collect();
    std::fs::write(&file, changed.join("\n") + "\n").unwrap();
    let after = scores(&chat, &folder.path().join("b.tsv"), "10", &[]);
    assert_eq!(before.len(), after.len());
    assert_eq!(before.iter().map(|row| row.1).collect::<Vec<_>>(), (0..before.len()).collect::<Vec<_>>());
    let early = |rows: &[(String, usize, f64)]| {
        rows.iter().filter(|row| row.1 as f64 + delay <= cut).map(|row| row.2).collect::<Vec<_>>()
    };
    assert_eq!(early(&before), early(&after));
    assert_ne!(before, after, "what comes later must matter to later seconds");
}

#[test]
fn the_layout_of_klive_is_trained_on_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write_klive(folder.path(), &KliveSpec::default()).unwrap();
    let out = folder.path().join("checkpoint");
    let args = ["train", "highlights", "--data", folder.path().to_str().unwrap()];
    let more = ["--out", out.to_str().unwrap(), "--epochs", "1"];
    succeeded(&kairos(&[&args[..], &more[..]].concat()));
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["config"]["unit_seconds"], 30.0);
}

#[test]
fn what_is_wrong_with_labels_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (chat, labels) = chats(folder.path(), 1);
    std::fs::write(&labels, "video\tsec\thighlight\ngame_0\t0\tmaybe\n").unwrap();
    let args = ["eval", "highlights", "--recordings", chat.to_str().unwrap()];
    let more = ["--labels", labels.to_str().unwrap(), "--out", "/dev/null"];
    let output = kairos(&[&args[..], &more[..]].concat());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    for word in ["labels.tsv", "highlight", "maybe"] {
        assert!(message.contains(word), "{message}");
    }
    let nothing = ["eval", "highlights", "--recordings", "/nowhere", "--out", "/dev/null"];
    assert_eq!(kairos(&nothing).status.code(), Some(1));
}
