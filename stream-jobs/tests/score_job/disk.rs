//! Disks that are full: of ClickHouse, and of clips.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use kairos_kafka::broker::Broker;
use tempfile::TempDir;

use crate::bench::{Place, Process, free_port, held, rooms, serve, wait_for};
use crate::numbers::is_troubled;
use crate::slow::is_whole;
use crate::studio::accounted;

/// A small disk in memory, gone with this.
struct Disk(TempDir);

impl Disk {
    /// `None`, and says so, where this user mounts nothing.
    fn of_mib(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("left out: a full disk needs a user who may mount one");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file that takes all there is but `but` KiB.
    fn fill(&self, but: u64) -> PathBuf {
        let ballast = self.path().join("ballast");
        let mut file = std::fs::File::create(&ballast).unwrap();
        while file.write_all(&[7; 4_096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(but << 10)).unwrap();
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever still has files open there keeps it until they close them.
        Command::new("umount").arg("--lazy").arg(self.path()).status().ok();
    }
}

#[test]
fn a_full_disk_under_clickhouse_is_named_and_waited_for() {
    let Some(disk) = Disk::of_mib(192) else { return };
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("full", 1).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "0.5"]);
    let port = free_port();
    let _server = serve(disk.path(), port);
    let live = Place::new(&settings, Some(&format!("http://127.0.0.1:{port}")));
    live.send(&rooms[..1], &[]);
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut score = live.command(&["score", "--out", live.out().to_str().unwrap()]);
    let status = free_port();
    score.env("KAIROS_METRICS__LISTEN", format!("127.0.0.1:{status}"));
    let mut job = Process::of(score.stderr(said.reopen().unwrap()).spawn().unwrap());
    wait_for("a first room", || accounted(&live) == held(&settings));
    let before = accounted(&live);
    let ballast = disk.fill(0);
    live.send(&rooms[1..], &[]);
    let is_named = || std::fs::read_to_string(said.path()).unwrap().contains("NOT_ENOUGH_SPACE");
    wait_for("ClickHouse's own word for it", is_named);
    wait_for("the job's", || is_troubled(status, "disk"));
    assert_eq!(accounted(&live), before, "nothing is passed that is not written");
    assert!(!job.has_ended(), "a disk that is full is waited for");
    std::fs::remove_file(ballast).unwrap();
    wait_for("the whole of the topics", || accounted(&live) == held(&settings));
    job.stop();
    live.run("score", &["--until-end"]);
    is_whole(&live, &settings);
}

#[test]
fn a_full_disk_under_clips_stops_their_job_and_costs_no_clip() {
    let Some(disk) = Disk::of_mib(8) else { return };
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("clips", 1).unwrap();
    let (_folder, rooms) = rooms(1, &["--minutes", "1"]);
    let (tables, port) = (tempfile::tempdir().unwrap(), free_port());
    let _server = serve(tables.path(), port);
    let live = Place::new(&settings, Some(&format!("http://127.0.0.1:{port}")));
    live.send(&rooms, &[]);
    live.run("score", &["--until-end"]);
    let ballast = disk.fill(64);
    let clip =
        || live.command(&["clip", "--until-end", "--out", disk.path().to_str().unwrap()]).output().unwrap();
    let refused = clip();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("disk full while writing room-000/"), "{said}");
    assert_eq!(live.number("SELECT count() FROM clips"), 0);
    std::fs::remove_file(ballast).unwrap();
    let cut = clip();
    assert!(cut.status.success(), "{}", String::from_utf8_lossy(&cut.stderr));
    let highlights = live.number("SELECT count() FROM highlights WHERE state = 'final'");
    assert!(highlights > 0, "the room has moments");
    assert_eq!(
        live.number("SELECT count() FROM highlights WHERE state = 'final' AND clip != ''"),
        highlights
    );
}
