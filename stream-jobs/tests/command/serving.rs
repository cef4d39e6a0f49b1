//! What `kairos serve` does beside answering.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::kairos::{ROOMS, ask, replay};

/// Ended with the test, also where it fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_server_rolls_up_by_itself() {
    let out = tempfile::tempdir().unwrap();
    replay(&[&ROOMS.room(0)], out.path(), &[]);
    assert_eq!(ask(out.path(), "SELECT count() FROM room_hours"), "0");
    let folder = out.path().to_str().unwrap();
    let server = Command::new(env!("CARGO_BIN_EXE_kairos"))
        .args(["serve", "--out", folder, "--listen", "127.0.0.1:0"])
        .env("KAIROS_LOG", "kairos=info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Running(server);
    let said = BufReader::new(server.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.into_iter().any(|line| line.contains("rolled up")), "it ended without a rollup");
    let told = Command::new("kill").arg(server.0.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(server.0.wait().unwrap().success());
    let comments = "SELECT sum(comments) FROM room_hours";
    assert_eq!(ask(out.path(), comments), ask(out.path(), "SELECT count() FROM comments"));
}
