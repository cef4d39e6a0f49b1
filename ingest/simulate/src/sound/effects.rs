//! How moments sound, and what else makes noise.

use std::f32::consts::TAU;

use rand::Rng;

use super::RATE;
use super::synth::Hiss;
use crate::moment::{Kind, Moment};

/// A noise that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distraction {
    /// A door: one deep blow.
    Door,
    /// Keys of a keyboard.
    Keys,
    /// The tone of an alert.
    Alert,
    /// People behind the microphone, talking across each other.
    Murmur,
}

impl Distraction {
    pub(super) fn any(rng: &mut impl Rng) -> Self {
        [Self::Door, Self::Keys, Self::Alert, Self::Murmur][rng.random_range(0..4)]
    }

    pub(super) const fn seconds(self) -> f64 {
        match self {
            Self::Door => 0.7,
            Self::Keys => 3.0,
            Self::Alert => 1.2,
            Self::Murmur => 6.0,
        }
    }
}

/// The state of the filters that turn hiss into voices and blows.
#[derive(Debug, Clone, Default)]
pub(super) struct Noise {
    fast: f32,
    slow: f32,
}

impl Noise {
    /// Hiss between about 300 and 1800 Hz: many people at once.
    fn crowd(&mut self, hiss: &mut Hiss) -> f32 {
        let white = hiss.next();
        self.fast += 0.38 * (white - self.fast);
        self.slow += 0.075 * (white - self.slow);
        (self.fast - self.slow) * 2.0
    }

    /// Adds a moment at `level` whose start lies `age` seconds back.
    pub(super) fn moment(&mut self, moment: &Moment, level: f32, age: f64, out: &mut [f32], hiss: &mut Hiss) {
        for (n, sample) in out.iter_mut().enumerate() {
            let t = age as f32 + n as f32 / RATE as f32;
            let crowd = self.crowd(hiss);
            let sound = match moment.kind {
                Kind::Goal => {
                    let horn =
                        if t < 2.2 { 0.09 * ((t * 311.0).fract() + (t * 392.0).fract() - 1.0) } else { 0.0 };
                    crowd * (0.34 + 0.08 * (t * 3.1).sin()) + horn
                }
                Kind::Takedown => {
                    let since = t % 1.1;
                    let blow = (since * 62.0 * TAU).sin() * (-since * 8.0).exp();
                    let crack = hiss.next() * (-since * 16.0).exp();
                    0.4 * crack + 0.4 * blow + 0.1 * crowd
                }
                Kind::Joke => {
                    let ha = (t * 4.6 * TAU).sin().max(0.0).powi(2);
                    let voices = (t * 196.0).fract() + (t * 251.0).fract() + (t * 331.0).fract() - 1.5;
                    ha * (0.22 * crowd + 0.05 * voices)
                }
                Kind::GiftRain => {
                    const NOTES: [f32; 5] = [1_047.0, 1_175.0, 1_319.0, 1_568.0, 1_760.0];
                    let (note, since) = ((t / 0.13) as usize, t % 0.13);
                    let tone = NOTES[(note * 3 + note / 5) % NOTES.len()];
                    0.17 * (since * tone * TAU).sin() * (-since * 14.0).exp() + 0.07 * crowd
                }
                Kind::CloseCall => {
                    let beat = t % 0.9;
                    let thump = |since: f32| {
                        if since < 0.0 { 0.0 } else { (since * 55.0 * TAU).sin() * (-since * 14.0).exp() }
                    };
                    let rising = 180.0 * t + 14.0 * t * t;
                    0.5 * thump(beat) + 0.4 * thump(beat - 0.25) + 0.05 * (rising * TAU).sin() + 0.05 * crowd
                }
            };
            *sample += sound * level;
        }
    }

    /// Adds a noise that began `age` seconds ago.
    pub(super) fn distraction(&mut self, what: Distraction, age: f64, out: &mut [f32], hiss: &mut Hiss) {
        let length = what.seconds() as f32;
        for (n, sample) in out.iter_mut().enumerate() {
            let t = age as f32 + n as f32 / RATE as f32;
            *sample += match what {
                Distraction::Door => {
                    0.4 * (t * 48.0 * TAU).sin() * (-t * 9.0).exp() + 0.12 * hiss.next() * (-t * 30.0).exp()
                }
                Distraction::Keys => {
                    let since = t % 0.17;
                    0.1 * hiss.next() * (-since * 90.0).exp()
                }
                Distraction::Alert => {
                    let tone = if t < 0.4 { 880.0 } else { 660.0 };
                    0.12 * (t * tone * TAU).sin() * (-(t % 0.4) * 4.0).exp()
                }
                Distraction::Murmur => {
                    let swell = (t / length * std::f32::consts::PI).sin().max(0.0);
                    0.1 * swell * self.crowd(hiss) * (1.0 + 0.5 * (t * 9.0).sin())
                }
            };
        }
    }
}
