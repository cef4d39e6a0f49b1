//! All jobs of a live room beside one another: capture, scores, gifts, and the ClickHouse that they share.

use std::path::Path;
use std::process::{ChildStdin, Stdio};

use kairos_kafka::{Admin, Media, Settings, Topic, decode_media, read_range};
use tempfile::TempDir;

use crate::bench::{Place, Process, free_port, held, serve, wait_for};

/// Streams end soon after their markers, and silence is noticed soon.
const QUICK: &str = "[ingest]\nsilent_after_ms = 1000\nreconnect_silent_after_ms = 20000\nresume_within_ms = 3000\n\
    backoff_min_ms = 100\nbackoff_max_ms = 500\n";

/// A place with settings of its own at the end of its configuration.
pub fn with_settings(place: Place, more: &str) -> Place {
    let file = place.out().parent().unwrap().join("kairos.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, text + more).unwrap();
    place
}

/// How many offsets the ledger accounts for.
pub fn accounted(place: &Place) -> i64 {
    place.number("SELECT sum(last_offset - first_offset + 1) FROM ledger")
}

/// How many messages a topic holds.
pub fn events(settings: &Settings, topic: Topic) -> i64 {
    let name = settings.names().unwrap().of(topic);
    Admin::open(settings).unwrap().held(&name).unwrap().iter().map(|part| part.high - part.low).sum()
}

/// How many streams the topic of media says have ended.
pub fn ends(settings: &Settings) -> usize {
    let name = settings.names().unwrap().of(Topic::Media);
    let parts = Admin::open(settings).unwrap().held(&name).unwrap();
    let messages = parts.into_iter().filter(|part| part.low < part.high).flat_map(|part| {
        read_range(settings, &name, part.partition, part.low..part.high).unwrap().map(Result::unwrap)
    });
    messages.filter(|message| matches!(decode_media(message), Ok(Media::End(_)))).count()
}

/// Capture, ClickHouse and, once they are started, the jobs.
pub struct Studio {
    pub live: Place,
    more: String,
    settings: Settings,
    ingest: Option<Process>,
    jobs: Vec<Process>,
    _server: Process,
    _tables: TempDir,
}

impl Studio {
    /// Starts all; capture takes the rooms of the text of a rooms file. Also where lines of events go.
    pub fn open(settings: &Settings, rooms: &str) -> (Self, ChildStdin) {
        let (mut studio, lines) = Self::without_jobs(settings, rooms, "");
        studio.start_jobs();
        (studio, lines)
    }

    /// Capture alone; `score`: more settings of the scoring job.
    pub fn without_jobs(settings: &Settings, rooms: &str, score: &str) -> (Self, ChildStdin) {
        let tables = tempfile::tempdir().unwrap();
        let port = free_port();
        let server = serve(tables.path(), port);
        let more = format!("{score}{QUICK}");
        let live = with_settings(Place::new(settings, Some(&format!("http://127.0.0.1:{port}"))), &more);
        let file = tables.path().join("rooms.toml");
        std::fs::write(&file, rooms).unwrap();
        let (ingest, lines) = capture(&live, &file);
        let (ingest, settings, jobs) = (Some(ingest), settings.clone(), Vec::new());
        (Self { live, more, settings, ingest, jobs, _server: server, _tables: tables }, lines)
    }

    /// Scores and predictions from now on.
    pub fn start_jobs(&mut self) {
        self.jobs = vec![self.live.start("score", &[]), self.live.start("gift", &[])];
    }

    /// Every room's stream ends.
    pub fn stop_capture(&mut self) {
        self.ingest.take().unwrap().stop();
    }

    /// They must still run.
    pub fn stop_jobs(&mut self) {
        assert!(!self.jobs.iter_mut().any(Process::has_ended), "the jobs go on");
        self.jobs.drain(..).for_each(Process::stop);
    }

    /// Waits until `room` has a score.
    pub fn wait_for_scores(&self, room: &str) {
        let query = format!("SELECT count() FROM frame_scores WHERE room = '{room}'");
        wait_for(&format!("a score of {room}"), || self.live.number(&query) > 0);
    }

    /// Ends all streams, and holds the tables against the topics: every offset is accounted for, every unit of every
    /// stream has one final score, and a replay gives the same rows.
    pub fn settle(&mut self) {
        self.stop_capture();
        self.stop_jobs();
        self.live.run("score", &["--until-end"]);
        self.live.run("gift", &["--until-end"]);
        let ledger = || self.live.ask("SELECT * FROM ledger ORDER BY ALL");
        assert_eq!(accounted(&self.live), held(&self.settings), "{}", ledger());
        let open = "SELECT count() FROM frame_scores WHERE NOT final";
        assert_eq!(self.live.number(open), 0, "every score is final");
        let apart = "SELECT count() FROM (SELECT media_us - lagInFrame(media_us, 1, media_us - unit_us) OVER \
            (PARTITION BY room, stream ORDER BY media_us) AS step, unit_us FROM frame_scores) WHERE step != unit_us";
        assert_eq!(self.live.number(apart), 0, "every unit has one score");
        let past = with_settings(Place::new(&self.settings, None), &self.more);
        past.run("replay", &["--from-kafka"]);
        past.run("gift", &["--until-end"]);
        assert_eq!(self.live.digest(), past.digest(), "{}", self.live.differs(&past));
    }
}

fn capture(live: &Place, rooms: &Path) -> (Process, ChildStdin) {
    let mut ingest = live.command(&["ingest", "--rooms", rooms.to_str().unwrap(), "--stdin"]);
    let mut ingest = ingest.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let lines = ingest.stdin.take().unwrap();
    (Process::of(ingest), lines)
}
