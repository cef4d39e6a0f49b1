//! Cut, empty, shuffled and random recordings: an error that names the file, or a replay of what is left.

use std::path::Path;

use crate::kairos::{ROOMS, ask, kairos, replay};

/// Never a panic, never a hang; a failure names the file.
fn survives(file: &Path, out: &Path) {
    let output = kairos(&["replay", file.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    match output.status.code() {
        Some(0) => {}
        Some(1) => assert!(stderr.contains(file.file_name().unwrap().to_str().unwrap()), "{stderr}"),
        other => panic!("{other:?}: {stderr}"),
    }
}

#[test]
fn broken_files_end_with_their_name_or_with_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let media = std::fs::read(ROOMS.room(0).join("media.mp4")).unwrap();
    let chat = std::fs::read(ROOMS.room(0).join("comments.jsonl")).unwrap();
    let noise: Vec<u8> = (0..50_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut shuffled = media.clone();
    shuffled[5_000..].reverse();
    let files: [(&str, &[u8]); 7] = [
        ("empty.mp4", b""),
        ("cut.mp4", &media[..media.len() / 2]),
        ("noise.mp4", &noise),
        ("shuffled.mp4", &shuffled),
        ("empty.jsonl", b""),
        ("cut.jsonl", &chat[..chat.len() / 2]),
        ("noise.txt", &noise),
    ];
    for (name, bytes) in files {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        survives(&file, &folder.path().join("out"));
    }
}

#[test]
fn a_cut_transport_stream_keeps_its_good_segments_and_its_chat() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.ts");
    let status = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(ROOMS.room(0).join("media.mp4"))
        .args(["-c", "copy"])
        .arg(&whole)
        .status()
        .unwrap();
    assert!(status.success());
    let mut bytes = std::fs::read(&whole).unwrap();
    let hole = bytes.len() / 3..bytes.len() / 3 + 20_000;
    bytes[hole].fill(0x55);
    let cut = folder.path().join("cut.ts");
    std::fs::write(&cut, &bytes[..bytes.len() - 12_345]).unwrap();
    let chat = ROOMS.room(0).join("comments.jsonl");
    let out = folder.path().join("out");
    replay(&[&cut], &out, &["--chat", chat.to_str().unwrap()]);
    let units: u32 = ask(&out, "SELECT count() FROM frame_scores").parse().unwrap();
    assert!(units >= 85, "{units} units of 90");
    let comments = std::fs::read_to_string(&chat).unwrap().lines().count();
    assert_eq!(ask(&out, "SELECT count() FROM comments"), comments.to_string());
}
