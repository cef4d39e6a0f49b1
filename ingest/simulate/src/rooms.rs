//! All rooms of a plan, several at a time.
//!
//! Rooms share nothing but spoken phrases, which are the same whoever asks first, so the number of threads
//! changes no byte.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::SimulateError;
use crate::events::RoomEvents;
use crate::files;
use crate::plan::Plan;
use crate::render;
use crate::truth::RoomTruth;
use crate::voice::Voices;

/// How far a room has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the room.
    pub room: usize,
    /// Media seconds that are rendered.
    pub done_s: f64,
    /// Media seconds in all.
    pub of_s: f64,
    /// Whether all files of the room are written.
    pub finished: bool,
}

enum News {
    Progress(Progress),
    Done(usize, Box<Result<RoomTruth, SimulateError>>),
}

/// Writes the rooms of `plan` into folders `room-000`, `room-001` and so on under `out`; files of earlier runs in
/// those folders are replaced. Rooms are rendered on as many threads as the machine offers; `progress` is called
/// on the caller's thread. FFmpeg's own messages below errors are switched off for the process.
///
/// # Errors
/// If the plan is out of range, an encoder is missing, or something can't be written: the error of the first room
/// that failed. No further rooms are started then.
pub fn write_rooms(
    plan: &Plan,
    out: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<RoomTruth>, SimulateError> {
    plan.check()?;
    if plan.media {
        ffmpeg_next::init().map_err(|source| SimulateError::Media {
            step: "start ffmpeg",
            path: out.to_owned(),
            source,
        })?;
        ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Error);
    }
    let voices = Voices::find();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(plan.rooms);
    // Enough that a worker seldom waits for the caller to draw its progress bar, once per media second.
    let (tell, news) = mpsc::sync_channel(64);
    let mut results: Vec<Option<Result<RoomTruth, SimulateError>>> = (0..plan.rooms).map(|_| None).collect();
    thread::scope(|scope| {
        for worker in 0..threads {
            let (tell, next, stop, voices) = (tell.clone(), &next, &stop, &voices);
            let work = move || {
                while !stop.load(Ordering::Relaxed) {
                    let room = next.fetch_add(1, Ordering::Relaxed);
                    if room >= plan.rooms {
                        break;
                    }
                    let written = write_room(plan, room, out, voices, &tell);
                    if written.is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    if tell.send(News::Done(room, Box::new(written))).is_err() {
                        break;
                    }
                }
            };
            if let Err(source) =
                thread::Builder::new().name(format!("simulate-{worker}")).spawn_scoped(scope, work)
            {
                return Err(SimulateError::Write { path: out.to_owned(), source });
            }
        }
        drop(tell);
        for item in news {
            match item {
                News::Progress(at) => progress(at),
                News::Done(room, written) => {
                    if written.is_ok() {
                        let of_s = plan.seconds();
                        progress(Progress { room, done_s: of_s, of_s, finished: true });
                    }
                    results[room] = Some(*written);
                }
            }
        }
        Ok(())
    })?;
    let mut truths = Vec::with_capacity(plan.rooms);
    let mut failed = None;
    for (room, result) in results.into_iter().enumerate() {
        match result {
            Some(Ok(truth)) => truths.push(truth),
            Some(Err(error)) => return Err(error),
            // Not started because another room failed; that room's error comes first if there is one.
            None => failed = failed.or(Some(SimulateError::Worker { room })),
        }
    }
    failed.map_or(Ok(truths), Err)
}

fn write_room(
    plan: &Plan,
    room: usize,
    out: &Path,
    voices: &Voices,
    tell: &mpsc::SyncSender<News>,
) -> Result<RoomTruth, SimulateError> {
    let events = RoomEvents::generate(plan, room);
    let folder = out.join(events.room.as_str());
    files::prepare(&folder)?;
    let mut phrases = events.phrases.clone();
    let rendered = events.traits.video || events.traits.sound;
    if rendered {
        let mut report = |done_s| {
            let at = Progress { room, done_s, of_s: plan.seconds(), finished: false };
            if tell.send(News::Progress(at)).is_err() {
                tracing::debug!(room, "nobody listens to the progress any more");
            }
        };
        phrases = render::media(plan, &events, voices, &folder.join(files::MEDIA), &mut report)?;
    }
    let voice = (!phrases.is_empty() && rendered).then(|| voices.name());
    let truth = RoomTruth::of(&events, phrases, voice);
    files::write(&folder, &events, &truth)?;
    Ok(truth)
}
