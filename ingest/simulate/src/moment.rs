//! Moments of interest: when something happens that viewers click on, stay for, comment and pay.
//!
//! Interest is the hidden truth of a room; every modality is a noisy witness of it, and none sees every moment.

use kairos_timeline::Modality;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::plan::Traits;
use crate::seed::{Purpose, numbers};

/// What happens in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A goal: flash, banner, confetti, a roaring crowd.
    Goal,
    /// An opponent is taken down: shock rings, red edges, bursts of noise.
    Takedown,
    /// A joke: the streamer leans in and laughs.
    Joke,
    /// Gifts pour in: falling boxes, golden light, chimes.
    GiftRain,
    /// A close call: dark edges, a heartbeat, a rising tone.
    CloseCall,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Goal, Self::Takedown, Self::Joke, Self::GiftRain, Self::CloseCall];
}

/// One moment of interest, in media time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Where it begins, seconds.
    pub start_s: f64,
    /// Where it ends, seconds.
    pub end_s: f64,
    /// How interesting it is, 0.35 to 1.
    pub strength: f64,
    /// What happens.
    pub kind: Kind,
    /// The modalities that show it; at least two where the room has two. Feedback always follows interest.
    pub shown_in: Vec<Modality>,
}

/// How long interest takes to rise and, after the end, to fall by a factor e; seconds.
const RISE: f64 = 1.5;
const FALL: f64 = 2.5;

impl Moment {
    /// How far the moment is developed at media second `at`, 0 to 1: rises, holds, fades after the end.
    pub fn envelope(&self, at: f64) -> f64 {
        if at < self.start_s {
            0.0
        } else if at <= self.end_s {
            ((at - self.start_s) / RISE).min(1.0)
        } else {
            let fade = (-(at - self.end_s) / FALL).exp();
            if fade < 0.01 { 0.0 } else { fade }
        }
    }

    /// Whether `modality` shows the moment.
    pub fn shows(&self, modality: Modality) -> bool {
        self.shown_in.contains(&modality)
    }
}

/// Interest at media second `at`: the strongest moment that is on, 0 to 1.
pub(crate) fn interest(moments: &[Moment], at: f64) -> f64 {
    moments.iter().map(|moment| moment.strength * moment.envelope(at)).fold(0.0, f64::max)
}

/// As [`interest`], of the moments that `modality` shows.
pub(crate) fn shown_interest(moments: &[Moment], modality: Modality, at: f64) -> f64 {
    moments
        .iter()
        .filter(|moment| moment.shows(modality))
        .map(|moment| moment.strength * moment.envelope(at))
        .fold(0.0, f64::max)
}

/// The moments of a room: every 40 to 100 s, 6 to 20 s long; at least one in media of 20 s or more.
pub(crate) fn moments(seed: u64, room: usize, seconds: f64, traits: &Traits) -> Vec<Moment> {
    let mut rng = numbers(seed, room, Purpose::Moments);
    let mut found = Vec::new();
    let mut start = rng.random_range(10.0..40.0_f64).min(seconds * 0.4);
    loop {
        let length = rng.random_range(6.0..20.0_f64).min(seconds * 0.3);
        let strength = rng.random_range(0.35..1.0);
        let kind = Kind::ALL.choose(&mut rng).copied().unwrap_or(Kind::Goal);
        let shown_in = witnesses(&mut rng, traits);
        if start + length > seconds - 2.0 {
            return found;
        }
        found.push(Moment {
            start_s: round(start),
            end_s: round(start + length),
            strength: round(strength),
            kind,
            shown_in,
        });
        start += rng.random_range(40.0..100.0);
    }
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Draws until two modalities that the room has show the moment.
fn witnesses(rng: &mut impl Rng, traits: &Traits) -> Vec<Modality> {
    let likely = |modality| match modality {
        Modality::Picture if traits.video => 0.85,
        Modality::Sound if traits.sound => 0.85,
        Modality::Speech if traits.sound => 0.75,
        Modality::Comment if traits.comments => 0.9,
        Modality::Gift => 0.8,
        _ => 0.0,
    };
    let mut shown = Vec::new();
    for _ in 0..50 {
        shown = Modality::ALL.into_iter().filter(|&m| rng.random_bool(likely(m))).collect();
        if shown.iter().filter(|&&m| m != Modality::Gift).count() >= 2 {
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;

    #[test]
    fn moments_come_apart_and_keep_their_length() {
        let traits = Plan::default().traits(0);
        for room in 0..50 {
            let found = moments(3, room, 600.0, &traits);
            assert!((5..=16).contains(&found.len()), "{}", found.len());
            for pair in found.windows(2) {
                assert!((40.0..100.1).contains(&(pair[1].start_s - pair[0].start_s)));
            }
            assert!(
                found.iter().all(|m| (5.9..20.1).contains(&(m.end_s - m.start_s)) && m.shown_in.len() >= 2)
            );
        }
    }

    #[test]
    fn even_half_a_minute_has_its_moment() {
        let traits = Plan::default().traits(0);
        assert!((0..50).all(|room| !moments(3, room, 30.0, &traits).is_empty()));
    }

    #[test]
    fn no_modality_sees_every_moment() {
        let traits = Plan::default().traits(0);
        let all: Vec<Moment> = (0..60).flat_map(|room| moments(5, room, 600.0, &traits)).collect();
        for modality in Modality::ALL {
            let share = all.iter().filter(|m| m.shows(modality)).count() as f64 / all.len() as f64;
            assert!((0.6..0.97).contains(&share), "{modality:?} {share}");
        }
    }

    #[test]
    fn interest_rises_holds_and_fades() {
        let moment = Moment { start_s: 10.0, end_s: 20.0, strength: 0.8, kind: Kind::Joke, shown_in: vec![] };
        let at = |t| interest(std::slice::from_ref(&moment), t);
        assert_eq!((at(9.9), at(15.0), at(40.0)), (0.0, 0.8, 0.0));
        assert!(at(10.5) < at(11.0) && at(21.0) > at(23.0));
    }
}
