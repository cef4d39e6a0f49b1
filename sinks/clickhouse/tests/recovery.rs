//! The embedded engine across processes: kills, a folder in use, closing and opening again.
//!
//! Invariant: the tests take turns, because a process has one engine.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use engine::{number, score};
use kairos_clickhouse::{Error, Store, Target, Writer, WriterOptions};
use tokio::sync::Mutex;

static TURN: Mutex<()> = Mutex::const_new(());
const FOLDER: &str = "KAIROS_TEST_CHILD_FOLDER";
const ROWS: u64 = 200;

async fn open(data_dir: &Path) -> Result<Store, Error> {
    Store::connect(Target::Embedded { data_dir: data_dir.to_owned() }).await
}

/// Not a test of its own: what the child process does. Writes batches and says so, until it is killed.
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = open(Path::new(&folder)).await.unwrap();
    store.migrate().await.unwrap();
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    for batch in 0.. {
        for unit in 0..ROWS as i64 {
            writer.write(score("room", batch * ROWS as i64 + unit, 0)).await.unwrap();
        }
        writer.flush().await.unwrap();
        println!("\nwritten {}", batch + 1);
    }
}

/// Not a test of its own: what the child process does that exits while its engine runs.
#[tokio::test]
#[allow(unsafe_code)]
async fn child_that_exits() {
    unsafe extern "C" {
        fn atexit(callback: extern "C" fn()) -> std::ffi::c_int;
    }
    extern "C" fn destructor() {
        eprintln!("torn down");
    }
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = open(Path::new(&folder)).await.unwrap();
    // As the library does, when a part of it is used for the first time.
    // SAFETY: the C library keeps a pointer to a function that is never unloaded.
    assert_eq!(unsafe { atexit(destructor) }, 0);
    let other = store.clone().with_database("default").unwrap();
    assert_eq!(number(&other, "SELECT toUInt64(1)").await, 1);
    std::process::exit(7);
}

#[test]
fn a_process_that_exits_does_not_tear_down_the_engine_under_its_threads() {
    let (_keep, data_dir) = folder();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_exits", "--nocapture"])
        .env(FOLDER, &data_dir)
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(7), "{child:?}");
    assert!(!String::from_utf8_lossy(&child.stderr).contains("torn down"), "{child:?}");
}

fn spawn(folder: &Path) -> (Child, std::io::Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn written(lines: &mut std::io::Lines<BufReader<ChildStdout>>) -> Option<u64> {
    lines.map_while(Result::ok).find_map(|line| line.strip_prefix("written ")?.parse().ok())
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    (folder, data_dir)
}

#[tokio::test]
async fn a_killed_process_loses_no_acknowledged_batch_and_leaves_none_half() {
    let _turn = TURN.lock().await;
    let (_keep, data_dir) = folder();
    let (mut child, mut lines) = spawn(&data_dir);
    let mut acknowledged = 0;
    while acknowledged < 5 {
        acknowledged = written(&mut lines).expect("the child writes");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said between the last line read and its death counts too.
    while let Some(more) = written(&mut lines) {
        acknowledged = more;
    }
    let store = open(&data_dir).await.unwrap();
    let rows = number(&store, "SELECT count() FROM frame_scores_rows").await;
    let last = number(&store, "SELECT toUInt64(max(first_offset)) + 1 FROM frame_scores").await;
    assert!(rows >= acknowledged * ROWS, "{rows} rows of {acknowledged} batches");
    assert_eq!(rows % ROWS, 0, "a batch is there in whole or not at all");
    assert_eq!(rows, last, "no batch is missing before the last");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_in_use_is_refused_with_the_process_that_uses_it() {
    let _turn = TURN.lock().await;
    let (_keep, data_dir) = folder();
    let (mut child, mut lines) = spawn(&data_dir);
    written(&mut lines).expect("the child writes");
    let error = open(&data_dir).await.unwrap_err();
    let id = child.id();
    assert!(matches!(&error, Error::Locked { process, .. } if *process == id), "{error}");
    assert!(error.to_string().contains("another process"), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_closed_engine_opens_again_with_its_rows() {
    let _turn = TURN.lock().await;
    let (_keep, data_dir) = folder();
    for opening in 1..=2 {
        let store = open(&data_dir).await.unwrap();
        store.migrate().await.unwrap();
        let beside = open(&data_dir).await.unwrap();
        let mut writer = Writer::new(&beside, WriterOptions::default()).unwrap();
        writer.write(score("room", opening, 0)).await.unwrap();
        writer.flush().await.unwrap();
        assert_eq!(number(&store, "SELECT count() FROM frame_scores").await, opening as u64);
        let (_other_keep, other) = folder();
        let error = open(&other).await.unwrap_err();
        assert!(matches!(error, Error::OneFolder { .. }), "{error}");
        drop(writer);
        beside.close().await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_without_the_key_is_answered() {
    let _turn = TURN.lock().await;
    let (_keep, data_dir) = folder();
    let store = open(&data_dir).await.unwrap();
    let Target::Url { url, .. } = store.endpoint() else { panic!("no address") };
    for password in [None, Some("0".repeat(32))] {
        let (user, database) = (Some("kairos".to_owned()), None);
        let error =
            Store::connect(Target::Url { url: url.clone(), user, password, database }).await.unwrap_err();
        assert_eq!(error.code(), Some(516), "{error}");
    }
    store.close().await.unwrap();
}
