//! What whisper.cpp has decoded, as segments of words.

use whisper_rs::{WhisperContext, WhisperError, WhisperSegment, WhisperState, get_lang_str};

use crate::pieces::{Piece, words};
use crate::{SAMPLE_RATE, Segment, Transcript, timing};

/// Centiseconds to seconds.
const TICK_S: f32 = 0.01;
/// How far beyond the window a token may lie before its times are not believed, seconds.
const SLACK_S: f32 = 0.5;

/// Segments of the last run over `sound`.
pub(super) fn transcript(
    context: &WhisperContext,
    state: &WhisperState,
    sound: &[f32],
) -> Result<Transcript, WhisperError> {
    let language = get_lang_str(state.full_lang_id_from_state());
    let segments = state
        .as_iter()
        .map(|segment| read(context, &segment, language, sound))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Transcript { language: language.map(str::to_owned), segments })
}

fn read(
    context: &WhisperContext,
    segment: &WhisperSegment<'_>,
    language: Option<&str>,
    sound: &[f32],
) -> Result<Segment, WhisperError> {
    let length_s = sound.len() as f32 / SAMPLE_RATE as f32;
    let mut pieces = Vec::new();
    let mut log_probability = 0.0;
    let mut tokens = 0.0;
    for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
        let data = token.token_data();
        log_probability += data.plog;
        tokens += 1.0;
        if data.id >= context.token_eot() {
            continue;
        }
        pieces.push(Piece {
            bytes: token.to_bytes()?.to_vec(),
            start_s: data.t0 as f32 * TICK_S,
            end_s: data.t1 as f32 * TICK_S,
            log_probability: data.plog,
        });
    }
    let outside = |piece: &Piece| piece.start_s < 0.0 || piece.end_s > length_s + SLACK_S;
    if pieces.iter().any(outside) {
        // The decoder gave no end, and whisper.cpp assumed half a minute.
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.bytes.len()).collect();
        let from_s = segment.start_timestamp() as f32 * TICK_S;
        for (piece, place) in pieces.iter_mut().zip(timing::spread(sound, from_s, length_s, &lengths)) {
            (piece.start_s, piece.end_s) = place;
        }
    }
    Ok(Segment {
        words: words(&pieces, language, length_s),
        no_speech: segment.no_speech_probability(),
        average_log_probability: log_probability / f32::max(tokens, 1.0),
    })
}
