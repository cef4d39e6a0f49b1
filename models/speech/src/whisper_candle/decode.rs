//! Greedy decoding with Whisper's rules for timestamps (Radford et al. 2022, section 4.5, and its code).
//!
//! No sampling: the same sound gives the same tokens.

use super::decoder::Decoder;
use super::vocabulary::Vocabulary;
use crate::{Abort, SpeechError};

/// Latest first timestamp: one second.
const LATEST_START: u32 = 50;

/// What the decoder wrote.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Tokens and the logarithms of their probabilities, without the end.
    pub(super) tokens: Vec<(u32, f32)>,
    pub(super) no_speech: f32,
    pub(super) average_log_probability: f32,
}

/// Settings of one decoding.
pub(super) struct Task<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    /// Tokens that are never written.
    pub(super) suppressed: &'a [u32],
    pub(super) prompt: Vec<u32>,
    /// Most tokens that are written.
    pub(super) limit: usize,
    /// Timestamps up to the end of the sound.
    pub(super) last_timestamp: u32,
}

impl Task<'_> {
    /// Writes down what the decoder has heard.
    pub(super) fn decode(&self, decoder: &mut Decoder, abort: &Abort) -> Result<Decoded, SpeechError> {
        let mut decoded = Decoded::default();
        decoder.rewind();
        let mut hidden = decoder.write(&self.prompt)?;
        let mut last = self.prompt.len() - 1;
        decoded.no_speech = self.no_speech(&decoder.log_probabilities(&hidden, 0)?);
        let mut written = Vec::new();
        let mut sum = 0.0;
        for _ in 0..self.limit {
            if abort.take() {
                return Err(SpeechError::Aborted);
            }
            let mut scores = decoder.log_probabilities(&hidden, last)?;
            self.apply_rules(&written, &mut scores);
            let Some((token, score)) = best(&scores) else { break };
            // Renormalised over what the rules leave, as Whisper counts it.
            let score = score - log_sum_exp(&scores);
            sum += score;
            if token == self.vocabulary.end {
                break;
            }
            written.push(token);
            decoded.tokens.push((token, score));
            hidden = decoder.write(&[token])?;
            last = 0;
        }
        decoded.average_log_probability = sum / (decoded.tokens.len() + 1) as f32;
        Ok(decoded)
    }

    fn no_speech(&self, scores: &[f32]) -> f32 {
        let score = self.vocabulary.no_speech.and_then(|id| scores.get(id as usize));
        score.map_or(0.0, |score| score.exp())
    }

    /// Rules out what may not follow `written`.
    fn apply_rules(&self, written: &[u32], scores: &mut [f32]) {
        let first = self.vocabulary.timestamps;
        let is_time = |token: &u32| *token >= first;
        for &token in self.suppressed {
            rule_out(scores, token, token + 1);
        }
        rule_out(scores, first + self.last_timestamp + 1, u32::MAX);
        let Some(last) = written.last() else {
            rule_out(scores, 0, first);
            rule_out(scores, first + LATEST_START.min(self.last_timestamp) + 1, u32::MAX);
            return;
        };
        // Timestamps come in pairs around text, except at the very beginning.
        let last_is_time = is_time(last);
        let pair_is_closed = written.len() < 2 || is_time(&written[written.len() - 2]);
        if last_is_time && pair_is_closed {
            rule_out(scores, first, u32::MAX);
        } else if last_is_time {
            rule_out(scores, 0, self.vocabulary.end);
        }
        if let Some(latest) = written.iter().rev().find(|token| is_time(token)) {
            // Time goes on; only a phrase may begin where the last has ended.
            let from = if last_is_time && !pair_is_closed { *latest } else { latest + 1 };
            rule_out(scores, first, from);
        }
        let times = scores.get(first as usize..).unwrap_or_default();
        let text = scores.get(..first as usize).unwrap_or_default();
        if log_sum_exp(times) > text.iter().copied().fold(f32::NEG_INFINITY, f32::max) {
            rule_out(scores, 0, first);
        }
    }
}

/// The most likely of the languages for what the decoder has heard.
pub(super) fn language(decoder: &mut Decoder, vocabulary: &Vocabulary) -> Result<Option<u32>, SpeechError> {
    decoder.rewind();
    let hidden = decoder.write(&[vocabulary.start])?;
    let scores = decoder.log_probabilities(&hidden, 0)?;
    let score = |id: u32| scores.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
    let languages = vocabulary.languages().iter().map(|(_, id)| *id);
    Ok(languages.max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a))))
}

fn rule_out(scores: &mut [f32], from: u32, to: u32) {
    let to = (to as usize).min(scores.len());
    if let Some(scores) = scores.get_mut(from as usize..to) {
        scores.fill(f32::NEG_INFINITY);
    }
}

/// The best token, of equals the first; `None` when all are ruled out.
fn best(scores: &[f32]) -> Option<(u32, f32)> {
    let best = (0u32..).zip(scores.iter().copied()).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    best.1.is_finite().then_some(best)
}

fn log_sum_exp(scores: &[f32]) -> f32 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !most.is_finite() {
        return f32::NEG_INFINITY;
    }
    most + scores.iter().map(|score| (score - most).exp()).sum::<f32>().ln()
}
