//! The rooms file: which rooms are to run, followed while it changes.
//!
//! It is read whole, checked whole, and only then applied, so that a file that is being written changes nothing.
//! Rooms that were not started by the file are none of its business.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use kairos_timeline::RoomId;
use serde::Deserialize;
use toml::Spanned;

use crate::CaptureError;
use crate::rooms::Inner;
use crate::source::Source;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoomsFile {
    #[serde(default)]
    room: Vec<Entry>,
    #[serde(default)]
    listener: Vec<OpenListener>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<RoomId>,
    source: Source,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenListener {
    source: Spanned<Source>,
    #[serde(default)]
    keys: BTreeMap<String, RoomId>,
}

/// What the file asks for, with the line that asks.
#[derive(Debug, Default)]
struct Wanted {
    rooms: BTreeMap<RoomId, (Source, usize)>,
    listeners: Vec<(Source, BTreeMap<String, RoomId>, usize)>,
}

fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

fn read(path: &Path) -> Result<(String, Wanted), CaptureError> {
    let broken = |line, problem: String| CaptureError::RoomsFile { path: path.to_owned(), line, problem };
    let text = std::fs::read_to_string(path).map_err(|error| broken(0, error.to_string()))?;
    let file: RoomsFile = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_at(&text, span.start));
        // The message only: the excerpt around it may hold a stream key.
        broken(line, error.message().to_owned())
    })?;
    let mut wanted = Wanted::default();
    for Entry { id, source } in file.room {
        let line = line_at(&text, id.span().start);
        let id = id.into_inner();
        if wanted.rooms.insert(id.clone(), (source, line)).is_some() {
            return Err(broken(line, format!("room {id} stands there twice")));
        }
    }
    for OpenListener { source, keys } in file.listener {
        let line = line_at(&text, source.span().start);
        wanted.listeners.push((source.into_inner(), keys, line));
    }
    Ok((text, wanted))
}

struct Watch {
    path: PathBuf,
    applied: Option<String>,
    rooms: BTreeMap<RoomId, Source>,
    listeners: Vec<(Source, BTreeMap<String, RoomId>)>,
    problems: Vec<String>,
}

impl Watch {
    /// Reads the file and brings the rooms in line; problems are kept until the next change.
    fn look(&mut self, inner: &Arc<Inner>) -> Result<(), CaptureError> {
        let (text, wanted) = read(&self.path)?;
        if self.applied.as_ref() != Some(&text) {
            self.applied = Some(text);
            self.apply(inner, wanted);
        }
        Ok(())
    }

    fn apply(&mut self, inner: &Arc<Inner>, wanted: Wanted) {
        self.problems.clear();
        let keep = |room: &RoomId, source: &Source| {
            wanted.rooms.get(room).is_some_and(|(wanted, _)| wanted == source)
        };
        for (room, source) in std::mem::take(&mut self.rooms) {
            if keep(&room, &source) {
                self.rooms.insert(room, source);
            } else if inner.source_of(&room).as_ref() == Some(&source)
                && let Err(error) = inner.remove(&room)
            {
                self.problems.push(error.to_string());
            }
        }
        let place = |line| format!("{}:{line}", self.path.display());
        for (room, (source, line)) in wanted.rooms {
            if self.rooms.contains_key(&room) {
                continue;
            }
            match inner.add(room.clone(), source.clone(), false) {
                Ok(()) => drop(self.rooms.insert(room, source)),
                Err(error) => self.problems.push(format!("{}: {error}", place(line))),
            }
        }
        let stays = |source: &Source| wanted.listeners.iter().any(|(wanted, _, _)| wanted == source);
        for (source, _) in self.listeners.iter().filter(|(source, _)| !stays(source)) {
            inner.refuse(source);
        }
        self.listeners.clear();
        for (source, keys, line) in wanted.listeners {
            match inner.accept(&source, keys.clone()) {
                Ok(()) => self.listeners.push((source, keys)),
                Err(error) => self.problems.push(format!("{}: {error}", place(line))),
            }
        }
    }

    fn report(&self, inner: &Inner, result: Result<(), CaptureError>) {
        let problem = match (result, self.problems.first()) {
            (Err(error), _) => Some(error.to_string()),
            (Ok(()), Some(problem)) => Some(problem.clone()),
            (Ok(()), None) => None,
        };
        inner.set_file_problem(problem);
    }
}

/// Applies the file at `path` now and whenever it changes.
pub(crate) fn watch(inner: &Arc<Inner>, path: &Path, every: Duration) -> Result<(), CaptureError> {
    let mut watch = Watch {
        path: path.to_owned(),
        applied: None,
        rooms: BTreeMap::new(),
        listeners: Vec::new(),
        problems: Vec::new(),
    };
    watch.look(inner)?;
    watch.report(inner, Ok(()));
    let inner = Arc::downgrade(inner);
    let thread = thread::Builder::new().name("capture-rooms-file".to_owned());
    let run = move || follow(&inner, watch, every);
    thread.spawn(run).map(drop).map_err(|error| CaptureError::RoomsFile {
        path: path.to_owned(),
        line: 0,
        problem: error.to_string(),
    })
}

/// What changes when a file is written: its time and length, whichever the file system tells.
fn mark(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn follow(inner: &Weak<Inner>, mut watch: Watch, every: Duration) {
    let mut seen = None;
    let mut rounds = 0_u32;
    loop {
        thread::sleep(every);
        let Some(inner) = inner.upgrade().filter(|inner| !inner.is_closed()) else { return };
        let now = mark(&watch.path);
        rounds = rounds.wrapping_add(1);
        // Now and then also without a sign: two writes within the clock's step look like one.
        if now == seen && now.is_some() && !rounds.is_multiple_of(10) {
            continue;
        }
        seen = now;
        let result = watch.look(&inner);
        if let Err(error) = &result {
            tracing::warn!(%error, "rooms file is not applied; the rooms that run go on");
        }
        watch.report(&inner, result);
    }
}
