//! Runs the binary and keeps simulated rooms for all tests of the run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use tempfile::TempDir;

/// Two simulated rooms of three minutes, made once.
pub static ROOMS: LazyLock<Rooms> =
    LazyLock::new(|| Rooms::simulate(&["--rooms", "2", "--minutes", "3", "--seed", "7"]));

/// Simulated rooms in a temporary folder.
pub struct Rooms {
    folder: TempDir,
}

impl Rooms {
    /// Simulates.
    pub fn simulate(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("rooms");
        let mut all = vec!["simulate", "--out", out.to_str().unwrap()];
        all.extend(args);
        succeeded(&kairos(&all));
        Self { folder }
    }

    /// Folder of room `index`.
    pub fn room(&self, index: usize) -> PathBuf {
        let rooms = self.folder.path().join("rooms");
        let mut found: Vec<PathBuf> = std::fs::read_dir(rooms)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        found.sort();
        found[index].clone()
    }
}

/// Runs `kairos` with these arguments.
pub fn kairos(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kairos")).args(args).output().unwrap()
}

/// Standard output of a run that must have succeeded.
pub fn succeeded(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Replays into `out`, and gives the digest that it printed.
pub fn replay(recordings: &[&Path], out: &Path, more: &[&str]) -> String {
    let mut args = vec!["replay", "--out", out.to_str().unwrap()];
    args.extend(recordings.iter().map(|path| path.to_str().unwrap()));
    args.extend(more);
    let stdout = succeeded(&kairos(&args));
    let last = stdout.lines().last().unwrap_or_default();
    let digest = last.strip_prefix("digest: ").unwrap_or_else(|| panic!("no digest in {stdout}")).to_owned();
    assert!(out.join("report.html").is_file());
    digest
}

/// Asks the rows of a replay; the answer as tab-separated text without the names.
pub fn ask(out: &Path, query: &str) -> String {
    let args = ["sql", "--out", out.to_str().unwrap(), "--format", "tsv", query];
    let answer = succeeded(&kairos(&args));
    answer.lines().skip(1).collect::<Vec<_>>().join("\n")
}
