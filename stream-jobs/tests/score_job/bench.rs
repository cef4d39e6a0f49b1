//! Rooms, a job's folder and its processes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use kairos_kafka::{Admin, Producer, Record, Settings, Topic};
use tempfile::TempDir;

/// Views that the jobs fill.
const VIEWS: [&str; 10] = [
    "streams",
    "frame_scores_by_delay",
    "highlights",
    "comments",
    "gifts",
    "gift_predictions",
    "feedback",
    "room_state",
    "unit_vectors",
    "ledger",
];

pub fn kairos() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kairos"));
    command.env("KAIROS_LOG", "kairos=info,warn");
    command
}

pub fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Simulated rooms, as folders.
pub fn rooms(count: usize, more: &[&str]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rooms");
    let count = count.to_string();
    let mut args = vec!["simulate", "--rooms", &count, "--seed", "7", "--out", out.to_str().unwrap()];
    args.extend(more);
    succeeded(&kairos().args(&args).output().unwrap());
    let mut rooms: Vec<PathBuf> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    rooms.sort();
    (folder, rooms)
}

/// Posts records and waits until they are there.
pub fn post(settings: &Settings, records: &[Record]) {
    let producer = Producer::open(settings).unwrap();
    records.iter().for_each(|record| producer.post(record).unwrap());
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// Messages that nobody can read, one for each input topic.
pub fn poison(settings: &Settings) {
    let names = settings.names().unwrap();
    let records =
        Topic::INPUTS.map(|topic| Record::keyed(names.of(topic), "room-000", "no message".as_bytes()));
    post(settings, &records);
}

/// How many messages the input topics hold.
pub fn held(settings: &Settings) -> i64 {
    let names = settings.names().unwrap();
    let admin = Admin::open(settings).unwrap();
    let topics = Topic::INPUTS.map(|topic| admin.held(&names.of(topic)).unwrap());
    topics.iter().flatten().map(|part| part.high - part.low).sum()
}

/// A configuration and an output folder.
pub struct Place {
    folder: TempDir,
    url: Option<String>,
    instance: Option<String>,
}

impl Place {
    pub fn new(settings: &Settings, url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What a room tells last counts when it has been still for that long.
        let text = format!(
            "lateness.idle_ms = 4000\n[kafka]\nbrokers = {:?}\nprefix = {:?}\nsession_timeout_ms = 6000\n[score]\ncheckpoint_ms = 300\nthreads = 2\n",
            settings.brokers, settings.prefix
        );
        std::fs::write(folder.path().join("kairos.toml"), text).unwrap();
        Self { folder, url: url.map(str::to_owned), instance: None }
    }

    /// A place that keeps vectors of units, by tiny networks with drawn weights.
    #[allow(dead_code, reason = "for some of the tests that share this file")]
    pub fn with_networks(self) -> Self {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/transformers/tests/golden");
        let file = self.folder.path().join("kairos.toml");
        let (clip, text) = (golden.join("clip"), golden.join("bert"));
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{config}[encoders]\nclip = {clip:?}\ntext = {text:?}\n")).unwrap();
        self
    }

    /// A place whose workers come back under one name: they go on at once with what the one before had.
    pub fn named(self, instance: &str) -> Self {
        Self { instance: Some(instance.to_owned()), ..self }
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut run = kairos();
        run.args(["--config", self.folder.path().join("kairos.toml").to_str().unwrap()]).args(args);
        if let Some(url) = &self.url {
            run.env("KAIROS_CLICKHOUSE__URL", url);
        }
        if let Some(instance) = &self.instance {
            run.env("KAIROS_KAFKA__INSTANCE_ID", instance);
        }
        run
    }

    pub fn run(&self, command: &str, more: &[&str]) -> String {
        let out = self.out();
        succeeded(&self.command(&[command, "--out", out.to_str().unwrap()]).args(more).output().unwrap())
    }

    /// A job that runs until it is killed.
    pub fn start(&self, command: &str, more: &[&str]) -> Process {
        let out = self.out();
        let mut command = self.command(&[command, "--out", out.to_str().unwrap()]);
        Process(command.args(more).stdout(Stdio::null()).spawn().unwrap())
    }

    /// The same, with an environment of its own.
    #[allow(dead_code, reason = "for some of the tests that share this file")]
    pub fn start_with(&self, command: &str, environment: &[(&str, &str)]) -> Process {
        let out = self.out();
        let mut command = self.command(&[command, "--out", out.to_str().unwrap()]);
        Process(command.envs(environment.iter().copied()).stdout(Stdio::null()).spawn().unwrap())
    }

    pub fn send(&self, rooms: &[PathBuf], more: &[&str]) {
        let mut command = self.command(&["replay", "--to-kafka"]);
        succeeded(&command.args(more).args(rooms).output().unwrap());
    }

    pub fn ask(&self, query: &str) -> String {
        let answer = self.run("sql", &["--format", "tsv", query]);
        answer.lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    pub fn number(&self, query: &str) -> i64 {
        self.ask(query).trim().parse().unwrap()
    }

    pub fn digest(&self) -> String {
        self.run("sql", &["--digest"])
    }

    /// What differs between two places, for a test to say.
    pub fn differs(&self, other: &Self) -> String {
        let mut found = String::new();
        for view in VIEWS {
            let query = format!("SELECT * FROM {view} ORDER BY ALL");
            let (left, right) = (self.ask(&query), other.ask(&query));
            if left != right {
                let (left, right): (BTreeSet<_>, BTreeSet<_>) =
                    (left.lines().collect(), right.lines().collect());
                let only = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| {
                    let only: Vec<String> = one.difference(other).map(|line| (*line).to_owned()).collect();
                    format!("{} of {}, such as {:#?}", only.len(), one.len(), &only[..only.len().min(4)])
                };
                let (here, there) = (only(&left, &right), only(&right, &left));
                found += &format!("{view}: only here {here}; only there {there}\n");
            }
        }
        found
    }
}

/// A process that does not outlive its test.
pub struct Process(Child);

impl Process {
    /// A child of any kind.
    #[allow(dead_code, reason = "for the tests of capture, which share this file")]
    pub fn of(child: Child) -> Self {
        Self(child)
    }

    /// As a crash does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// As an operator does; the exit status is to be a success.
    pub fn stop(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..900 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not happen within a minute and a half");
}

/// A port that is free, for a service that is killed and comes back.
pub fn free_port() -> u16 {
    kairos_kafka::broker::free_port().unwrap()
}

/// A ClickHouse that jobs share.
pub fn serve(place: &Path, port: u16) -> Process {
    let listen = format!("127.0.0.1:{port}");
    let child = kairos()
        .args(["clickhouse", "--out", place.to_str().unwrap(), "--listen", &listen])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Process(child);
    wait_for("ClickHouse", || {
        assert!(!server.has_ended(), "ClickHouse did not start on {listen}");
        std::net::TcpStream::connect(&listen).is_ok()
    });
    server
}
