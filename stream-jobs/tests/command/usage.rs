//! Mistakes in commands and configuration: exit code 2 and a message that names what is wrong.

use crate::kairos::{kairos, succeeded};

fn fails_with(args: &[&str], code: i32, words: &[&str]) {
    let output = kairos(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{args:?}: {stderr}");
    }
}

#[test]
fn a_typo_in_the_configuration_names_file_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kairos.toml");
    std::fs::write(&file, "[decode]\nper_secnd = 2.0\n").unwrap();
    let file = file.to_str().unwrap();
    fails_with(&["--config", file, "config", "check"], 2, &["kairos.toml", "per_secnd", "line 2"]);
    fails_with(&["--config", "/nowhere.toml", "config", "check"], 2, &["/nowhere.toml"]);
}

#[test]
fn the_configuration_shown_is_a_valid_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kairos.toml");
    std::fs::write(&file, succeeded(&kairos(&["config", "show"]))).unwrap();
    assert!(succeeded(&kairos(&["--config", file.to_str().unwrap(), "config", "check"])).contains("valid"));
}

#[test]
fn mistakes_in_commands_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nothing.mp4");
    let (nowhere, out) = (nowhere.to_str().unwrap(), folder.path().join("out"));
    let out = out.to_str().unwrap();
    fails_with(&["replay"], 2, &["RECORDINGS"]);
    fails_with(&["replay", "a", "b", "--chat", "c"], 2, &["--chat"]);
    fails_with(&["replay", nowhere, "--room", "../etc", "--out", out], 2, &["../etc"]);
    fails_with(&["replay", nowhere, "--out", out], 1, &["nothing.mp4"]);
    fails_with(&["sql", "--out", nowhere, "SELECT 1"], 1, &["kairos replay"]);
    fails_with(&["recording", "inspect", nowhere], 1, &["nothing.mp4"]);
}

#[test]
fn a_wrong_checkpoint_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kairos.toml");
    let checkpoint = folder.path().join("no-model");
    std::fs::write(&config, format!("[model]\ncheckpoint = {checkpoint:?}\n")).unwrap();
    let room = crate::kairos::ROOMS.room(0);
    let out = folder.path().join("out");
    let args = [
        "--config",
        config.to_str().unwrap(),
        "replay",
        room.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    fails_with(&args, 1, &["no-model"]);
    assert!(!out.join("report.html").exists());
}
