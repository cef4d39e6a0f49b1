//! Training and judging gift models: rankings of items, and gifts in live rooms of a generated world.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::kairos::{kairos, succeeded};

/// 120 users of four tastes, 40 items; each user has five items of his taste in training, one more to find, and one of
/// everybody's favourites.
fn interactions(folder: &Path, with_validation: bool) -> PathBuf {
    let data = folder.join(if with_validation { "data" } else { "bare" });
    std::fs::create_dir_all(&data).unwrap();
    let (mut train, mut val) = (String::from("user\titem\tvalue\n"), String::from("user\titem\n"));
    for user in 0..120_usize {
        let taste = user % 4;
        // Ten items per taste, seen from a place of the user's own.
        let item = |at: usize| format!("i{:02}", taste * 10 + (user / 4 * 3 + at * 7) % 10);
        for at in 0..5 {
            writeln!(train, "u{user}\t{}\t{}", item(at), at + 1).unwrap();
        }
        if user % 3 == 0 {
            writeln!(train, "u{user}\ti{:02}\t1", (taste + 1) % 4 * 10).unwrap();
        }
        writeln!(val, "u{user}\t{}", item(5)).unwrap();
    }
    std::fs::write(data.join("train.tsv"), train).unwrap();
    if with_validation {
        std::fs::write(data.join("val.tsv"), val).unwrap();
    }
    data
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Few epochs and small vectors.
fn quick(folder: &Path) -> PathBuf {
    let file = folder.join("quick.toml");
    let models = "[gifting.interactions.models.lightgcn]\nwidth = 8\nepochs = 10\nbatch = 256\n\
                  [gifting.interactions.models.sim]\nwidth = 8\nhidden = 8\nepochs = 4\n\
                  [gifting.interactions.models.graphcl]\nwidth = 8\nepochs = 8\nbatch = 256\n\
                  [gifting.interactions.models.graph-filter]\nvectors = 8\n\
                  [[gifting.interactions.models.mmbee.evidence]]\nkind = \"walk\"\n\
                  [[gifting.interactions.models.mmbee.evidence]]\nkind = \"ease\"\nlambda = 5.0\n\
                  [[gifting.interactions.models.mmbee.evidence]]\nkind = \"popularity\"\ncap = 10.0\n";
    let live = "[gifting.live]\nnegatives_kept = 0.5\nsnapshot_hours = 12\n\
                [gifting.live.training]\nepochs = 3\nbatch = 64\nwarmup = 5\n\
                [gifting.live.pretraining]\nwidth = 8\nepochs = 2\nbatch = 256\nnegatives = 16\n\
                [gifting.live.lightgcn]\nwidth = 8\nepochs = 3\n\
                [gifting.live.ranker]\nwidth = 8\nheads = 2\nuser_slots = 128\nstreamer_slots = 64\nneighbours = 4\n\
                history = { kind = \"search\", by = \"inner-product\", top = 8 }\n";
    std::fs::write(&file, format!("{models}{live}")).unwrap();
    file
}

fn train(config: &Path, data: &Path, out: &Path, more: &[&str]) -> String {
    let args = [
        "--config",
        text(config),
        "train",
        "gifting",
        "--data",
        text(data),
        "--out",
        text(out),
        "--seed",
        "3",
    ];
    succeeded(&kairos(&[&args[..], more].concat()))
}

fn eval(config: &Path, data: &Path, checkpoint: &Path, out: &Path) -> Value {
    let args = ["--config", text(config), "eval", "gifting", "--data", text(data), "--json"];
    let more = ["--checkpoint", text(checkpoint), "--out", text(out)];
    serde_json::from_str(&succeeded(&kairos(&[&args[..], &more[..]].concat()))).unwrap()
}

fn fails(args: &[&str], code: i32, words: &[&str]) {
    let output = kairos(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{word:?} is not in {stderr}");
    }
}

#[test]
fn every_kind_is_trained_judged_and_beaten_or_not_by_popularity() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (interactions(folder.path(), true), quick(folder.path()));
    let mut recall = BTreeMap::new();
    for kind in ["popularity", "ease", "graph-filter", "lightgcn", "sim", "graphcl", "mmbee"] {
        let checkpoint = folder.path().join(kind);
        let printed = train(&config, &data, &checkpoint, &["--model", kind]);
        assert!(printed.contains("digest: "), "{printed}");
        let judged = eval(&config, &data, &checkpoint, &folder.path().join("lists.tsv"));
        assert_eq!(judged["model"], kind);
        let part = &judged["judged"][0];
        assert_eq!((&part["part"], part["users"].as_u64()), (&Value::from("val.tsv"), Some(120)));
        recall.insert(kind, part["at"][0]["recall"].as_f64().unwrap());
        let metrics: Value =
            serde_json::from_slice(&std::fs::read(checkpoint.join("metrics.json")).unwrap()).unwrap();
        let kept = metrics["metrics"]["validation"][0]["recall"].as_f64().unwrap();
        assert!(
            (kept - recall[kind]).abs() < 1e-9,
            "{kind}: {kept} when trained, {} when judged",
            recall[kind]
        );
        assert_eq!(metrics["metrics"]["notes"]["split"], "val.tsv");
        assert_eq!(metrics["metrics"]["notes"]["seed"], "3");
    }
    // Ten of 35 unseen items are listed; half of a taste is left, among it the one to find.
    assert!(recall["popularity"] < 0.6, "{recall:?}");
    for kind in ["ease", "graph-filter", "mmbee"] {
        assert!(recall[kind] > 0.9, "{recall:?}");
    }
    for kind in ["lightgcn", "graphcl"] {
        assert!(recall[kind] > recall["popularity"], "{recall:?}");
    }
}

#[test]
fn recommendations_are_new_to_their_users_ranked_and_complete() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (interactions(folder.path(), true), quick(folder.path()));
    let (checkpoint, out) = (folder.path().join("ease"), folder.path().join("lists.tsv"));
    train(&config, &data, &checkpoint, &["--model", "ease"]);
    eval(&config, &data, &checkpoint, &out);
    let train = std::fs::read_to_string(data.join("train.tsv")).unwrap();
    let seen: Vec<(&str, &str)> = train
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t');
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let lists = std::fs::read_to_string(&out).unwrap();
    let mut lines = lines_of(&lists);
    assert_eq!(lines.remove(0), ["user", "rank", "item", "score"]);
    assert_eq!(lines.len(), 120 * 20);
    for list in lines.chunks(20) {
        let scores: Vec<f64> = list.iter().map(|cells| cells[3].parse().unwrap()).collect();
        assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
        for (rank, cells) in list.iter().enumerate() {
            assert_eq!((cells[0], cells[1].parse().unwrap()), (list[0][0], rank + 1));
            assert!(!seen.contains(&(cells[0], cells[2])), "{cells:?} was in training");
        }
    }
}

fn lines_of(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split('\t').collect()).collect()
}

#[test]
fn the_seed_decides_the_bytes_and_rows_are_held_out_where_nobody_did() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (interactions(folder.path(), false), quick(folder.path()));
    let (first, again) = (folder.path().join("first"), folder.path().join("again"));
    let printed =
        train(&config, &data, &first, &["--model", "graphcl", "--baselines", "--ablations", "--seeds", "2"]);
    train(&config, &data, &again, &["--model", "graphcl"]);
    for file in ["model.safetensors", "config.json", "ids.json"] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert_eq!(read(&first), read(&again), "{file} differs");
    }
    for name in ["popularity", "ease", "graph-filter", "lightgcn", "sim", "graphcl without contrast"] {
        assert!(printed.contains(&format!("| {name} |")), "{name} is not in {printed}");
    }
    assert!(printed.contains('±') && first.join("baselines.md").is_file());
    let table: Value = serde_json::from_slice(&std::fs::read(first.join("baselines.json")).unwrap()).unwrap();
    assert_eq!(table[3]["seeds"].as_array().unwrap().len(), 2, "{table}");
    let metrics: Value = serde_json::from_slice(&std::fs::read(first.join("metrics.json")).unwrap()).unwrap();
    assert!(metrics["metrics"]["notes"]["split"].as_str().unwrap().contains("seed 3"));
    assert_eq!(metrics["metrics"]["notes"]["trained on"], "all of train.tsv");
}

#[test]
fn what_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (interactions(folder.path(), true), quick(folder.path()));
    let checkpoint = folder.path().join("popularity");
    train(&config, &data, &checkpoint, &["--model", "popularity"]);
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("train.tsv"), "user\titem\nu1\ti01\nu1\tunheard of\n").unwrap();
    let out = folder.path().join("out.tsv");
    let judge = |data: &Path, checkpoint: &Path, words: &[&str]| {
        let args = ["eval", "gifting", "--data", text(data), "--checkpoint", text(checkpoint)];
        fails(&[&args[..], &["--out", text(&out)]].concat(), 1, words);
    };
    judge(&other, &checkpoint, &["train.tsv", "item", "unheard of"]);
    let kind = checkpoint.join("config.json");
    let text_of = std::fs::read_to_string(&kind).unwrap();
    std::fs::write(&kind, text_of.replace("\"popularity\"", "\"content-ctr\"")).unwrap();
    judge(&data, &checkpoint, &["config.json", "kind", "content-ctr"]);
    judge(&data, &folder.path().join("nowhere"), &["nowhere"]);
    std::fs::write(other.join("train.tsv"), "user\titem\tvalue\nu1\ti01\t1\nu2\ti02\tmuch\n").unwrap();
    let args = ["train", "gifting", "--data", text(&other), "--out", text(&out)];
    fails(&args, 1, &["train.tsv", "line 3", "value", "much"]);
    fails(&[&args[..], &["--model", "oracle"]].concat(), 2, &["oracle", "lightgcn"]);
    std::fs::remove_file(other.join("train.tsv")).unwrap();
    fails(&args, 1, &["train.tsv", "click.csv"]);
}

/// A small world, made once.
static WORLD: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let args = ["simulate", "gifting", "--out", text(folder.path()), "--users", "60", "--streamers", "12"];
    let more = ["--days", "4", "--clicks-per-user", "30", "--gift-rate", "0.1", "--seed", "5"];
    succeeded(&kairos(&[&args[..], &more[..]].concat()));
    folder
});

#[test]
fn gifts_of_a_world_are_predicted_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let config = quick(folder.path());
    let (checkpoint, out) = (folder.path().join("ranker"), folder.path().join("predictions.tsv"));
    let printed = train(&config, WORLD.path(), &checkpoint, &["--baselines"]);
    for name in ["popularity", "lightgcn", "sim", "mmbee", "oracle (true chance, mean value)"] {
        assert!(printed.contains(&format!("| {name} |")), "{name} is not in {printed}");
    }
    for file in [
        "model.safetensors",
        "graph.snapshot",
        "representation/model.safetensors",
        "README.md",
        "baselines.json",
    ] {
        assert!(checkpoint.join(file).is_file(), "{file} is missing");
    }
    let table: Vec<Value> =
        serde_json::from_slice(&std::fs::read(checkpoint.join("baselines.json")).unwrap()).unwrap();
    let auc: BTreeMap<&str, f64> = table
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap(), entry["seeds"][0]["auc"].as_f64().unwrap()))
        .collect();
    let oracle = auc["oracle (true chance, mean value)"];
    assert!(oracle > 0.7 && auc.values().all(|&auc| auc <= oracle && auc > 0.3), "{auc:?}");

    let judged = eval(&config, WORLD.path(), &checkpoint, &out);
    let again = judged["scores"]["auc"].as_f64().unwrap();
    assert!((again - auc["mmbee"]).abs() < 1e-6, "{again} when judged, {} when trained", auc["mmbee"]);
    let lines = std::fs::read_to_string(&out).unwrap();
    let lines = lines_of(&lines);
    assert_eq!(
        lines[0],
        ["user", "streamer", "live", "time", "label", "probability", "expected_value", "reason"]
    );
    assert_eq!(lines.len() - 1, judged["scores"]["visits"].as_u64().unwrap() as usize);
    for cells in &lines[1..] {
        let (probability, value): (f64, f64) = (cells[5].parse().unwrap(), cells[6].parse().unwrap());
        assert!((0.0..=1.0).contains(&probability) && value >= 0.0, "{cells:?}");
    }
    assert!(
        lines[1..].iter().any(|cells| cells[7].contains("user-streamer") || cells[7].contains("history"))
    );
}

#[test]
fn nothing_after_the_border_is_in_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let config = quick(folder.path());
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    train(&config, WORLD.path(), &before, &[]);
    let metrics: Value =
        serde_json::from_slice(&std::fs::read(before.join("metrics.json")).unwrap()).unwrap();
    let border = metrics["metrics"]["validation_end_ms"].as_i64().unwrap();
    let changed = folder.path().join("changed");
    std::fs::create_dir(&changed).unwrap();
    let mut replaced = 0;
    for entry in std::fs::read_dir(WORLD.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let events = ["click.csv", "gift.csv", "negative.csv", "comment.csv", "like.csv"];
        if !events.contains(&name.as_str()) {
            std::fs::copy(&path, changed.join(&name)).unwrap();
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let time = text.lines().next().unwrap().split(',').position(|column| column == "timestamp").unwrap();
        let mut lines = Vec::new();
        for line in text.lines() {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if cells[time].parse::<i64>().is_ok_and(|at| at >= border) {
                // Other people in other rooms of other streamers.
                cells[0] = format!("9{}", cells[0]);
                cells[1] = format!("8{}", cells[1]);
                cells[2] = format!("7{}", cells[2]);
                replaced += 1;
            }
            lines.push(cells.join(","));
        }
        std::fs::write(changed.join(&name), lines.join("\n") + "\n").unwrap();
    }
    assert!(replaced > 100, "{replaced} lines lie after the border");
    train(&config, &changed, &after, &[]);
    for file in ["model.safetensors", "config.json", "graph.snapshot", "representation/model.safetensors"] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
        assert!(read(&before) == read(&after), "{file} differs");
    }
}
