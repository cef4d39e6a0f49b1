//! How far a training has come: a line that changes on a terminal, plain lines elsewhere.
//!
//! Invariants: nothing of it is in a result.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Tells whoever waits.
pub struct Progress {
    bar: Option<ProgressBar>,
    stage: String,
}

impl Progress {
    /// A spinner if the error output is a terminal.
    #[must_use]
    pub fn new() -> Self {
        let bar = std::io::IsTerminal::is_terminal(&std::io::stderr()).then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, stage: String::new() }
    }

    /// Something new begins.
    pub fn stage(&mut self, stage: impl Into<String>) {
        self.stage = stage.into();
        match &self.bar {
            Some(bar) => bar.set_message(self.stage.clone()),
            None => eprintln!("{}", self.stage),
        }
    }

    /// Where it stands; `worth` says whether that is worth a line of its own off a terminal.
    pub fn at(&self, text: &str, worth: bool) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("{}: {text}", self.stage)),
            None if worth => eprintln!("{}: {text}", self.stage),
            None => {}
        }
    }

    /// A line that stays.
    pub fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
