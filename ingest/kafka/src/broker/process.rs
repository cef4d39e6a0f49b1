//! The broker's process, and the guard that ends it when this process ends.
//!
//! The guard is a shell that reads a pipe: the pipe closes with this process however it ends, killed too, and
//! the shell then kills the broker and removes its folder.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::folder::{self, failed};
use crate::{Error, clock};

/// Generous: several may start at once on a busy machine.
const START: Duration = Duration::from_secs(90);
const STARTED: &str = "Kafka Server started";
/// The broker's output as an error shows it.
const SHOWN: usize = 2_000;

pub(super) struct Process {
    folder: TempDir,
    running: Option<Running>,
    starts: usize,
}

struct Running {
    java: Child,
    guard: Child,
}

impl Process {
    pub(super) fn prepare(port: u16, controller: u16) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("kairos-kafka-").tempdir();
        let folder = folder.map_err(|error| failed(error.to_string()))?;
        folder::write(folder.path(), port, controller).map_err(|error| failed(error.to_string()))?;
        Ok(Self { folder, running: None, starts: 0 })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn start(&mut self) -> Result<(), Error> {
        self.kill();
        self.starts += 1;
        let output = self.folder.path().join(format!("output-{}.txt", self.starts));
        let java = spawn(self.folder.path(), &output)?;
        let guard = guard(&java, self.folder.path());
        let mut running = match guard {
            Ok(guard) => Running { java, guard },
            Err(error) => {
                end(java);
                return Err(failed(format!("no shell to guard the broker: {error}")));
            }
        };
        let result = wait(&mut running.java, &output);
        self.running = Some(running);
        if result.is_err() {
            self.kill();
        }
        result
    }

    pub(super) fn kill(&mut self) {
        if let Some(Running { java, guard }) = self.running.take() {
            // The guard first: it would kill whatever process has the number next.
            end(guard);
            end(java);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills and reaps; both fail only for a process that has ended.
fn end(mut child: Child) {
    drop(child.kill());
    drop(child.wait());
}

fn spawn(folder: &Path, output: &Path) -> Result<Child, Error> {
    let jars = folder::jars()?;
    let io = |error: std::io::Error| failed(error.to_string());
    let file = File::create(output).map_err(io)?;
    let mut command = Command::new(folder::java());
    command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]);
    if let Some(archive) = folder::archive() {
        command.arg(format!("-XX:SharedArchiveFile={}", archive.display()));
    }
    command
        .arg(format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()))
        .arg("-cp")
        .arg(jars.join("*"))
        .arg("kafka.Kafka")
        .arg(folder.join("server.properties"))
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(io)?)
        .stderr(file);
    command.spawn().map_err(|error| failed(format!("Java could not be run ({error}): run make setup")))
}

/// A process that was killed writes a moment longer on a busy machine: its folder is removed until it stays away.
const GUARD: &str = "\
read -r _
kill -9 \"$1\" || exit
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.3
    rm -rf -- \"$2\" && ! kill -0 \"$1\" 2>/dev/null && exit
done
";

fn guard(java: &Child, folder: &Path) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .arg(java.id().to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn wait(java: &mut Child, output: &Path) -> Result<(), Error> {
    let deadline = clock::now() + START;
    let said = || std::fs::read_to_string(output).unwrap_or_default();
    loop {
        if said().contains(STARTED) {
            return Ok(());
        }
        let ended = java.try_wait().map_err(|error| failed(error.to_string()))?;
        if ended.is_none() && clock::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        let what = ended.map_or_else(|| format!("is not up after {START:?}"), |status| status.to_string());
        let said = said();
        let tail: String = said.chars().skip(said.chars().count().saturating_sub(SHOWN)).collect();
        return Err(failed(format!("the broker {what}; it needs Java 17 or newer; it said: {tail}")));
    }
}
