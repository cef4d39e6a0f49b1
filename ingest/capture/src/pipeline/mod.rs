//! One connection to a source: a GStreamer pipeline that demuxes, parses and hands over units, never decoding.
//!
//! Nothing here can hold up its owner: pipelines start and stop on threads of their own, with a deadline, units come
//! through a bounded channel, and whoever sends into it is released when the owner goes.

mod build;
mod feed;
mod fetch;
mod playlist;
mod track;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use kairos_timeline::WallTime;

use crate::options::{CaptureOptions, wait};
use crate::source::{Source, SourceKind};
use crate::stream::{Kind, Unit};

pub(crate) use feed::Feed;

/// Units between the source's threads and the room's: about a second of pictures and sound.
const UNITS: usize = 128;

/// How often, and how far apart, a pipeline says that its source has no end before that is believed. Units wait meanwhile.
const ANSWERS: u32 = 5;
const BETWEEN_ANSWERS: Duration = Duration::from_millis(20);

/// Why a connection gives no more units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Over {
    /// The sender said that it is done.
    Ended,
    /// Anything else; without secrets.
    Broken(String),
}

/// What the threads of a connection tell its owner beside units.
#[derive(Debug, Default)]
pub(crate) struct News {
    over: Option<Over>,
    /// The sender went without saying so: what looks like an end is none.
    lost: Option<String>,
    pictures: bool,
    sound: bool,
    ignored: Vec<String>,
    /// Presentation time of the first picture, and when it was captured.
    first_picture: Option<gst::ClockTime>,
    first_date: Option<WallTime>,
    /// The playlist has an end.
    recorded: bool,
    /// The sender's clock at a presentation time.
    sent: Option<(gst::ClockTime, WallTime)>,
    /// It is to come.
    clock_expected: bool,
    closing: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<News>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, News> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first reason counts: what follows is its consequence.
    fn over(&self, over: Over) {
        let mut news = self.lock();
        let over = match (over, &news.lost) {
            (Over::Ended, Some(lost)) => Over::Broken(lost.clone()),
            (over, _) => over,
        };
        news.over.get_or_insert(over);
    }
}

/// A running connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pipeline: gst::Pipeline,
    units: Option<Receiver<Unit>>,
    shared: Shared,
}

/// What came of waiting for a unit.
#[derive(Debug)]
pub(crate) enum Next {
    Unit(Box<Unit>),
    Nothing,
    Over(Over),
}

impl Connection {
    /// Builds and starts the pipeline of a source. A source that is pushed to us gives back where to put it.
    pub(crate) fn open(source: &Source, options: &CaptureOptions) -> Result<(Self, Option<Feed>), String> {
        let pipeline = gst::Pipeline::new();
        let shared = Shared::default();
        let (sender, units) = mpsc::sync_channel(UNITS);
        let feed = build::build(&pipeline, source, options, &shared, &sender)?;
        listen(&pipeline, source, &shared);
        let connection = Self { pipeline, units: Some(units), shared };
        connection.start(source, options, sender)?;
        Ok((connection, feed))
    }

    fn start(
        &self,
        source: &Source,
        options: &CaptureOptions,
        sender: SyncSender<Unit>,
    ) -> Result<(), String> {
        let (pipeline, shared, source) = (self.pipeline.clone(), self.shared.clone(), source.clone());
        let timeout = wait(options.connect_timeout_ms);
        let run = move || {
            let playlist = match source.kind {
                SourceKind::Http => playlist::read(&source, timeout),
                _ => None,
            };
            if let Some(playlist) = playlist {
                let mut news = shared.lock();
                news.recorded = playlist.recorded;
                news.clock_expected = playlist.first.is_some();
                news.first_date = playlist.first.filter(|_| playlist.recorded);
            }
            if shared.lock().closing {
                return;
            }
            if pipeline.set_state(gst::State::Playing).is_err() {
                // The bus usually knows better; it is asked first.
                std::thread::sleep(Duration::from_millis(50));
                shared.over(Over::Broken("the source could not be started".to_owned()));
            }
            if let Some(playlist) = playlist.filter(|playlist| playlist.first.is_some() && !playlist.recorded)
            {
                // The one that the demuxer read came between this one and the first: only what both say holds.
                let same = playlist::read(&source, timeout) == Some(playlist);
                let mut news = shared.lock();
                news.first_date = playlist.first.filter(|_| same);
                news.clock_expected = same;
            }
            if shared.lock().closing && pipeline.set_state(gst::State::Null).is_err() {
                tracing::warn!("a connection that was closed while it started did not stop");
            }
            // Held until the tracks have their own.
            drop(sender);
        };
        let thread = std::thread::Builder::new().name("capture-start".to_owned()).spawn(run);
        thread.map(drop).map_err(|error| format!("thread: {error}"))
    }

    /// Waits at most `limit` for a unit. What came before the end is handed over before the end.
    pub(crate) fn next(&self, limit: Duration) -> Next {
        let Some(units) = &self.units else { return Next::Over(Over::Ended) };
        match units.recv_timeout(limit) {
            Ok(unit) => Next::Unit(Box::new(unit)),
            Err(RecvTimeoutError::Timeout) => {
                self.shared.lock().over.clone().map_or(Next::Nothing, Next::Over)
            }
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(limit);
                self.shared.lock().over.clone().map_or(Next::Nothing, Next::Over)
            }
        }
    }

    /// Whether the source has a track of pictures.
    pub(crate) fn has_pictures(&self) -> bool {
        self.shared.lock().pictures
    }

    /// Whether the sender is to tell its clock and has not done so.
    pub(crate) fn expects_clock(&self) -> bool {
        let news = self.shared.lock();
        news.clock_expected && news.sent.is_none()
    }

    /// Tracks that can't be kept, since the last call.
    pub(crate) fn ignored(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().ignored)
    }

    /// Whether the source is a recording with an end, rather than live.
    ///
    /// What the playlist said is asked first. A pipeline that is still being built may have no answer yet, so that a
    /// "no" is believed only after it was heard a few times.
    pub(crate) fn is_recording(&self) -> bool {
        (0..ANSWERS).any(|answer| {
            if answer > 0 {
                std::thread::sleep(BETWEEN_ANSWERS);
            }
            self.shared.lock().recorded || self.has_length()
        })
    }

    fn has_length(&self) -> bool {
        let mut query = gst::query::Seeking::new(gst::Format::Time);
        let seekable = self.pipeline.query(&mut query) && query.result().0;
        seekable && self.pipeline.query_duration::<gst::ClockTime>().is_some()
    }

    /// Closes the connection within `limit`; `false` when it did not and was left to itself.
    pub(crate) fn close(mut self, limit: Duration) -> bool {
        // Whoever waits to send is released, else the pipeline would wait for them.
        drop(self.units.take());
        self.shared.lock().closing = true;
        let (done, closed) = mpsc::channel();
        let pipeline = self.pipeline.clone();
        let run = move || {
            let null = pipeline.set_state(gst::State::Null).is_ok();
            // Nobody waits any more when it took too long.
            done.send(null).unwrap_or_default();
        };
        let thread = std::thread::Builder::new().name("capture-stop".to_owned()).spawn(run);
        thread.is_ok() && closed.recv_timeout(limit).is_ok()
    }
}

/// Errors and the end, from the bus.
fn listen(pipeline: &gst::Pipeline, source: &Source, shared: &Shared) {
    let (source, shared) = (source.clone(), shared.clone());
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Eos(_) => shared.over(Over::Ended),
            gst::MessageView::Error(error) => {
                let detail = error.debug().unwrap_or_default();
                // The last line of the detail is the cause; the others are source files and functions.
                let cause = detail.lines().last().filter(|line| !line.contains(".c(")).unwrap_or_default();
                let text = format!("{} {cause}", error.error());
                let lost = shared.lock().lost.clone();
                let text = lost.map_or(text.clone(), |lost| format!("{lost}; {text}"));
                shared.over(Over::Broken(source.scrub(text.trim())));
            }
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

impl News {
    /// Claims the track of a kind; only the first of each is kept.
    fn claim(&mut self, kind: Kind) -> bool {
        let taken = match kind {
            Kind::Picture => &mut self.pictures,
            Kind::Sound => &mut self.sound,
        };
        !std::mem::replace(taken, true)
    }
}
