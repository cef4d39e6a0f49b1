//! How far a replay has come: a bar on a terminal, plain lines elsewhere.

use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use kairos_timeline::{MediaTime, Span};

/// Progress of all rooms of one replay.
pub struct Progress {
    bars: Option<MultiProgress>,
}

/// Progress of one room.
pub struct RoomProgress {
    room: String,
    total: Span,
    bar: Option<ProgressBar>,
    told_percent: Mutex<i64>,
}

impl Progress {
    /// Bars if the error output is a terminal.
    pub fn new() -> Self {
        let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self { bars: is_terminal.then(MultiProgress::new) }
    }

    /// A room of length `total`; zero where it is not known.
    pub fn room(&self, room: &str, total: Span) -> RoomProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(total.as_secs_f64() as u64));
            let style = ProgressStyle::with_template("{msg:24!} {wide_bar} {pos}/{len} s  {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(room.to_owned());
            bar
        });
        RoomProgress { room: room.to_owned(), total, bar, told_percent: Mutex::new(0) }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl RoomProgress {
    /// The room has come to `at`.
    pub fn reached(&self, at: MediaTime) {
        let seconds = at.as_secs_f64().max(0.0);
        if let Some(bar) = &self.bar {
            bar.set_position(seconds as u64);
            return;
        }
        if self.total <= Span::ZERO {
            return;
        }
        let percent = (seconds / self.total.as_secs_f64() * 100.0) as i64;
        if let Ok(mut told) = self.told_percent.lock()
            && percent >= *told + 20
        {
            *told = percent - percent % 20;
            eprintln!("{}: {}% ({at} of {})", self.room, *told, MediaTime::ZERO + self.total);
        }
    }

    /// The room is done.
    pub fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
