//! Parameters of a run of whisper.cpp, and the calls back from it that end one early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use whisper_rs::{FullParams, SamplingStrategy};

use crate::{Abort, SAMPLE_RATE};

/// Sound after the last timestamp that is worth another pass, milliseconds. A window ends with padding and
/// silence: without this limit nearly every window would be encoded twice, the second time to make something up.
const WORTH_ANOTHER_PASS_MS: u32 = 1_000;

/// Samples with which [`Run::positions_only`] runs: a tenth of a second, which whisper.cpp sets itself up for and
/// then finds too short to encode.
pub(super) const POSITIONS_ONLY: usize = SAMPLE_RATE as usize / 10;

/// Parameters for one language, made once.
pub(super) struct Run {
    parameters: FullParams<'static, 'static>,
    /// The same with a language given, so that none is looked for.
    silent: FullParams<'static, 'static>,
    watch: Arc<Watch>,
}

/// What the calls back look at.
#[derive(Default)]
struct Watch {
    length_ms: AtomicU32,
    enough: AtomicBool,
}

impl Run {
    pub(super) fn new(language: Option<&'static str>, threads: i32, abort: Abort) -> Self {
        let watch = Arc::new(Watch::default());
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        parameters.set_n_threads(threads);
        parameters.set_language(Some(language.unwrap_or("auto")));
        parameters.set_no_context(true);
        parameters.set_n_max_text_ctx(0);
        parameters.set_token_timestamps(true);
        parameters.set_suppress_blank(true);
        parameters.set_suppress_nst(true);
        // No sampling at higher temperatures: it is random and up to six times the work. What is not sure enough
        // is dropped by the filters, which know the thresholds; the library's own would drop it silently.
        parameters.set_temperature_inc(0.0);
        parameters.set_no_speech_thold(1.0);
        for print in [
            FullParams::set_print_special,
            FullParams::set_print_progress,
            FullParams::set_print_realtime,
            FullParams::set_print_timestamps,
        ] {
            print(&mut parameters, false);
        }
        let seen = Arc::clone(&watch);
        // Called before each pass with the share of the window that is done.
        parameters.set_progress_callback_safe(move |percent: i32| {
            let left = u32::try_from((100 - percent).clamp(0, 100)).unwrap_or(0);
            let left_ms = seen.length_ms.load(Ordering::Relaxed) / 100 * left;
            if percent > 0 && left_ms < WORTH_ANOTHER_PASS_MS {
                seen.enough.store(true, Ordering::Relaxed);
            }
        });
        let seen = Arc::clone(&watch);
        // Boxed here: whisper-rs calls what it is given as if it were a boxed closure.
        let stop: Box<dyn FnMut() -> bool> =
            Box::new(move || abort.is_raised() || seen.enough.load(Ordering::Relaxed));
        parameters.set_abort_callback_safe(stop);
        let mut silent = parameters.clone();
        silent.set_language(Some("en"));
        Self { parameters, silent, watch }
    }

    /// Parameters for a window of so many samples.
    pub(super) fn parameters(&self, samples: usize, positions: u32) -> FullParams<'static, 'static> {
        let length_ms = u32::try_from(samples * 1_000 / SAMPLE_RATE as usize).unwrap_or(u32::MAX);
        self.watch.length_ms.store(length_ms, Ordering::Relaxed);
        self.watch.enough.store(false, Ordering::Relaxed);
        let mut parameters = self.parameters.clone();
        parameters.set_audio_ctx(i32::try_from(positions).unwrap_or(0));
        // Nobody says more than this; a decoder in a loop stops here instead of at its 224th token.
        let tokens = 24 + length_ms / 1_000 * 12;
        parameters.set_max_tokens(i32::try_from(tokens.min(220)).unwrap_or(220));
        parameters
    }

    /// Parameters that set the encoder's positions and nothing else.
    pub(super) fn positions_only(&self, positions: u32) -> FullParams<'static, 'static> {
        let mut parameters = self.silent.clone();
        parameters.set_audio_ctx(i32::try_from(positions).unwrap_or(0));
        parameters
    }

    /// Whether the last run was ended because the rest was not worth another pass.
    pub(super) fn had_enough(&self) -> bool {
        self.watch.enough.load(Ordering::Relaxed)
    }
}
