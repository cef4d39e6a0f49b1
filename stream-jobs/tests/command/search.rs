//! Moments found by meaning: vectors of units in the tables, and `kairos search` over them, by tiny networks with drawn weights.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::kairos::{ROOMS, ask, kairos, replay, succeeded};

struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/transformers/tests/golden");
        let (clip, text) = (golden.join("clip"), golden.join("bert"));
        let config = format!("[encoders]\nclip = {clip:?}\ntext = {text:?}\n");
        std::fs::write(folder.path().join("kairos.toml"), config).unwrap();
        Self { folder }
    }

    fn config(&self) -> String {
        self.folder.path().join("kairos.toml").to_str().unwrap().to_owned()
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn search(&self, more: &[&str]) -> Vec<Value> {
        let (config, out) = (self.config(), self.out());
        let mut args = vec!["--config", &config, "search", "--json", "--out", out.to_str().unwrap()];
        args.extend(more);
        let said = succeeded(&kairos(&args));
        // Nothing found is said in words.
        said.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn moments_are_found_by_what_is_seen_and_meant_and_by_words_alone_without_networks() {
    let world = World::new();
    let room = ROOMS.room(0);
    replay(&[&room], &world.out(), &["--config", &world.config()]);
    let counted = ask(
        &world.out(),
        "SELECT kind, count() > 20, uniqExact(length(vector)), max(length(vector)) FROM unit_vectors GROUP BY kind ORDER BY kind",
    );
    assert_eq!(counted, "comment\t1\t1\t24\npicture\t1\t1\t20");
    assert_eq!(ask(&world.out(), "SELECT count() FROM frame_scores WHERE score < 0 OR score > 1"), "0");

    let moments = world.search(&["what a play", "--limit", "8"]);
    assert_eq!(moments.len(), 8);
    assert!(moments.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()));
    for moment in &moments {
        let by = moment["by"].as_object().unwrap();
        assert!(by.contains_key("picture") || by.contains_key("comment"), "{moment}");
        assert!(
            by.iter().all(|(way, near)| way == "words" || near.as_f64().unwrap() <= 1.000_001),
            "{moment}"
        );
    }
    assert_eq!(world.search(&["what a play", "--limit", "8"]), moments);
    let revised = world.search(&["what a play", "--limit", "8", "--dual-softmax=0.02"]);
    assert_eq!(revised.len(), 8);
    assert!(world.search(&["what a play", "--room", "no-such-room"]).is_empty());

    // What was written is found by its words too, and first: two ways agree.
    let written = ask(
        &world.out(),
        "SELECT text FROM comments WHERE length(text) > 3 ORDER BY length(text) DESC LIMIT 1",
    );
    let found = world.search(&[&written, "--limit", "3"]);
    assert!(found.iter().any(|moment| moment["by"].get("words").is_some()), "{written}: {found:?}");

    let plain = kairos(&["search", &written, "--json", "--out", world.out().to_str().unwrap()]);
    let plain: Value = serde_json::from_str(succeeded(&plain).lines().next().unwrap()).unwrap();
    assert!(plain.get("hits").is_some() && plain.get("by").is_none(), "{plain}");
}

#[test]
fn a_missing_folder_is_told_with_its_field_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kairos.toml");
    std::fs::write(&config, "[encoders]\nclip = \"/nowhere\"\n").unwrap();
    let out = folder.path().join("out");
    let room = ROOMS.room(0);
    let args = [
        "--config",
        config.to_str().unwrap(),
        "replay",
        room.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let output = kairos(&args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("encoders.clip: cannot read /nowhere/config.json"), "{stderr}");
    assert!(!out.join("report.html").exists());
}
