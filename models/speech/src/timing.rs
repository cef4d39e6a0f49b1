//! Places tokens in time where the model tells only when their phrase begins and ends.
//!
//! Tokens share the voiced part of the phrase by the length of their text; pauses get none of it.

use crate::SAMPLE_RATE;

/// Samples of a frame whose loudness is looked at: 10 ms.
const FRAME: usize = SAMPLE_RATE as usize / 100;

/// Start and end, in seconds, of each token between `from_s` and `to_s` of `samples`.
///
/// `lengths` are how much text each token holds; one without text gets no time.
pub(crate) fn spread(samples: &[f32], from_s: f32, to_s: f32, lengths: &[usize]) -> Vec<(f32, f32)> {
    let seconds = samples.len() as f32 / SAMPLE_RATE as f32;
    let from_s = from_s.clamp(0.0, seconds);
    let to_s = to_s.clamp(from_s, seconds);
    let voiced = voiced_frames(samples, from_s, to_s);
    let total: usize = lengths.iter().sum();
    let place = |text: usize| {
        if voiced.is_empty() || total == 0 {
            return from_s;
        }
        let at = text as f32 / total as f32 * voiced.len() as f32;
        let frame = (at as usize).min(voiced.len() - 1);
        // Within a frame in proportion, so that many tokens in one frame keep their order.
        let within = (at - frame as f32).clamp(0.0, 1.0);
        (from_s + (voiced[frame] as f32 + within) * FRAME as f32 / SAMPLE_RATE as f32).min(to_s)
    };
    let mut text = 0;
    lengths
        .iter()
        .map(|length| {
            let start = place(text);
            text += length;
            (start, place(text).max(start))
        })
        .collect()
}

/// Frames, counted from `from_s`, that are louder than half of the phrase's mean; all when none is.
fn voiced_frames(samples: &[f32], from_s: f32, to_s: f32) -> Vec<usize> {
    let sample = |seconds: f32| ((seconds * SAMPLE_RATE as f32) as usize).min(samples.len());
    let levels: Vec<f32> = samples[sample(from_s)..sample(to_s)]
        .chunks(FRAME)
        .map(|frame| frame.iter().map(|value| value.abs()).sum::<f32>() / frame.len() as f32)
        .collect();
    let mean = levels.iter().sum::<f32>() / levels.len().max(1) as f32;
    let voiced: Vec<usize> = (0..levels.len()).filter(|&i| levels[i] > 0.5 * mean).collect();
    if voiced.is_empty() { (0..levels.len()).collect() } else { voiced }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 0.021
    }

    #[test]
    fn a_pause_between_words_belongs_to_neither() {
        let mut sound = vec![0.0; 32_000];
        sound[..8_000].fill(0.5);
        sound[24_000..].fill(0.5);
        let places = spread(&sound, 0.0, 2.0, &[4, 4]);
        assert!(near(places[0].0, 0.0) && near(places[1].1, 2.0), "{places:?}");
        assert!(near(places[0].1, 1.5) || near(places[0].1, 0.5), "{places:?}");
        let thirds = spread(&sound, 0.0, 2.0, &[2, 2, 4]);
        assert!(near(thirds[0].1, 0.25) && near(thirds[2].0, 1.5), "{thirds:?}");
    }

    #[test]
    fn steady_sound_is_shared_by_length_of_text() {
        let places = spread(&vec![0.3; 16_000], 0.0, 1.0, &[1, 3]);
        assert!(near(places[0].1, 0.25) && near(places[1].1, 1.0), "{places:?}");
    }

    #[test]
    fn places_are_ordered_and_inside_whatever_is_asked() {
        for (from, to) in [(0.0, 0.0), (5.0, 1.0), (-3.0, 99.0), (0.5, 0.5)] {
            let places = spread(&vec![0.0; 16_000], from, to, &[0, 3, 0, 9]);
            assert!(places.iter().all(|place| 0.0 <= place.0 && place.0 <= place.1 && place.1 <= 1.0));
            assert!(places.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 1e-6));
        }
        assert!(spread(&[], 0.0, 1.0, &[]).is_empty());
    }
}
