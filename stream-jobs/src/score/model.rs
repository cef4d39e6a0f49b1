//! The model that streams are scored by, and another one for those that begin later, while the job runs.
//!
//! Invariant: a stream is scored to its end by the model that it began with, as long as its worker keeps the partition; no message waits
//! for a model to be loaded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use anyhow::{Context, anyhow};
use kairos_timeline::Span;

use crate::config::Config;
use crate::live::{Opening, Patience};
use crate::scoring::Model;
use crate::speech::Speech;

/// What is needed to open rooms by `config`; `live`: what speech recognition and shared encoders don't give in time is left out.
///
/// # Errors
/// If the checkpoint can't be loaded.
pub fn opening(config: &Config, live: bool) -> anyhow::Result<Opening> {
    let seconds = |seconds: u32| Span::from_millis(i64::from(seconds) * 1_000);
    let patience = Patience {
        media: seconds(config.score.media_wait_s),
        silence: seconds(config.score.room_idle_s),
        ending: Span::from_millis(i64::from(config.lateness.idle_ms)),
    };
    let model = Model::load(config)?.with_speech(Speech::open(config, live)?)?.with_moments();
    let model = if live { model.live(config) } else { model };
    if let Some(advice) = Speech::advice(config) {
        tracing::info!(trouble = "model", "{advice}");
    }
    Ok(Opening { config: config.clone(), model, patience })
}

/// What streams that begin now are opened with; all workers look at the same.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Arc<Opening>>>);

impl Current {
    /// Begins with one.
    pub fn new(opening: Opening) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(opening))))
    }

    /// The one of now.
    pub fn get(&self) -> Arc<Opening> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, opening: Opening) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opening);
    }
}

/// Loads the checkpoint again when the process is told to (SIGHUP), on a thread of its own.
pub struct Reload {
    current: Current,
    asked: Arc<AtomicBool>,
    loading: Option<JoinHandle<anyhow::Result<Opening>>>,
}

impl Reload {
    /// Listens from now on.
    ///
    /// # Errors
    /// If the signal can't be listened for.
    pub fn listen(current: Current) -> anyhow::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGHUP, asked.clone())
            .context("listening for SIGHUP")?;
        Ok(Self { current, asked, loading: None })
    }

    /// Begins to load when that was asked for, and takes what is loaded. A checkpoint that can't be used changes nothing.
    pub fn look(&mut self) {
        if let Some(loading) = self.loading.take_if(|loading| loading.is_finished()) {
            self.take(loading.join().unwrap_or_else(|_panic| Err(anyhow!("loading it panicked"))));
        }
        if self.loading.is_none() && self.asked.swap(false, Ordering::AcqRel) {
            // What is wrong with the next one is told anew.
            tracing::info!(trouble_over = "model", "the checkpoint is loaded again");
            let config = self.current.get().config.clone();
            let thread = std::thread::Builder::new().name("model".into());
            match thread.spawn(move || opening(&config, true)) {
                Ok(loading) => self.loading = Some(loading),
                Err(error) => self.take(Err(error.into())),
            }
        }
    }

    fn take(&self, loaded: anyhow::Result<Opening>) {
        let known = self.current.get().model.name().to_owned();
        match loaded {
            Ok(opening) if opening.model.name() == known => {
                tracing::info!(
                    trouble_over = "checkpoint",
                    model = known,
                    "the checkpoint holds the model that is used already"
                );
            }
            Ok(opening) => {
                let model = opening.model.name().to_owned();
                self.current.set(opening);
                tracing::info!(
                    trouble_over = "checkpoint",
                    model,
                    before = known,
                    "streams that begin from now on are scored by another model"
                );
            }
            Err(error) => {
                tracing::error!(
                    trouble = "checkpoint",
                    "the checkpoint can't be used, {known} goes on: {error:#}"
                );
            }
        }
    }
}
