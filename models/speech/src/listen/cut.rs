//! Where speech without a pause is cut: at its quietest point.

use super::speaking::Chunk;
use crate::VOICE_CHUNK;

/// Chunks over which loudness is averaged, so that a closed lip is not taken for a pause.
const AVERAGED: usize = 3;

/// Middle of the quietest three chunks that start at `from` or later; of equals the last.
///
/// `chunks` are the window's chunks in order. The answer is the window's end when nothing starts that late.
pub(super) fn quietest(chunks: &[Chunk], from: u64) -> u64 {
    let middle = (AVERAGED * VOICE_CHUNK / 2) as u64;
    let end = chunks.last().map_or(from, |chunk| chunk.start + VOICE_CHUNK as u64);
    chunks
        .windows(AVERAGED)
        .filter(|run| run[0].start >= from)
        .map(|run| (run.iter().map(|chunk| chunk.power).sum::<f64>(), run[0].start + middle))
        .min_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map_or(end, |(_, cut)| cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(powers: &[f64]) -> Vec<Chunk> {
        let chunk = |(i, &power): (usize, &f64)| Chunk { start: i as u64 * 512, probability: 0.9, power };
        powers.iter().enumerate().map(chunk).collect()
    }

    #[test]
    fn cut_lies_in_the_quietest_pause_of_the_later_part() {
        let loud = chunks(&[0.0, 0.0, 0.0, 5.0, 5.0, 1.0, 1.0, 1.0, 5.0, 0.5, 5.0]);
        assert_eq!(quietest(&loud, 3 * 512), 5 * 512 + 768);
        assert_eq!(quietest(&loud, 0), 768);
    }

    #[test]
    fn among_equals_the_last_and_without_any_the_end() {
        assert_eq!(quietest(&chunks(&[1.0; 6]), 0), 3 * 512 + 768);
        assert_eq!(quietest(&chunks(&[1.0; 2]), 0), 1024);
        assert_eq!(quietest(&[], 77), 77);
    }
}
