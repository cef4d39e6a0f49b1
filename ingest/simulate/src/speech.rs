//! When the streamer says what: chatter all along, a line or two in moments that speech shows.

use kairos_timeline::Modality;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::phrases;
use crate::seed::{Purpose, exponential, numbers};
use crate::words::Language;

/// Something said, in media time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phrase {
    /// Where it begins, seconds.
    pub start_s: f64,
    /// Where it ends, seconds: as rendered in media, estimated from its letters where there is no media.
    pub end_s: f64,
    /// The words.
    pub text: String,
    /// Whether it belongs to a moment and is said louder.
    pub excited: bool,
}

/// Seconds that a phrase of `letters` letters takes at most; also the room that is kept for it.
fn allowance(letters: usize) -> f64 {
    0.5 + letters as f64 * 0.075
}

/// All phrases in order; no two overlap.
pub(crate) fn phrases(
    seed: u64,
    room: usize,
    seconds: f64,
    language: Language,
    moments: &[Moment],
) -> Vec<Phrase> {
    let mut rng = numbers(seed, room, Purpose::Speech);
    let mut said: Vec<Phrase> = Vec::new();
    let mut say = |start: f64, text: &str, excited: bool| {
        let end = start + allowance(text.chars().count());
        let free = said.iter().all(|other| end <= other.start_s || start >= other.end_s);
        if free && end < seconds {
            let round = |value: f64| (value * 1e3).round() / 1e3;
            said.push(Phrase { start_s: round(start), end_s: round(end), text: text.to_owned(), excited });
        }
    };
    for moment in moments.iter().filter(|moment| moment.shows(Modality::Speech)) {
        let mut at = moment.start_s + rng.random_range(0.3..1.5);
        for text in phrases::of_moment(moment.kind, language) {
            if at < moment.end_s {
                say(at, text, true);
            }
            at += allowance(text.chars().count()) + rng.random_range(0.2..3.0);
        }
    }
    let mut at = rng.random_range(1.0..4.0);
    while at < seconds {
        let text = phrases::chatter(language).choose(&mut rng).copied().unwrap_or("hello");
        say(at, text, false);
        at += allowance(text.chars().count()) + 0.5 + exponential(&mut rng, 5.0);
    }
    said.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use crate::moment::moments;

    #[test]
    fn nobody_speaks_over_themselves_and_moments_are_called() {
        let traits = Plan::default().traits(0);
        for room in 0..20 {
            let moments = moments(2, room, 300.0, &traits);
            let said = phrases(2, room, 300.0, Language::De, &moments);
            assert!(said.windows(2).all(|pair| pair[0].end_s <= pair[1].start_s + 1e-6));
            let called = moments
                .iter()
                .filter(|m| m.shows(Modality::Speech))
                .all(|m| said.iter().any(|p| p.excited && p.start_s >= m.start_s && p.start_s < m.end_s));
            assert!(called, "room {room}");
        }
    }
}
