//! What the microphone hears: hum, music and noise of the room, the streamer, moments, and noises that mean
//! nothing.

mod effects;
mod synth;

use std::sync::Arc;

use kairos_timeline::Modality;
use rand::Rng;

use crate::events::RoomEvents;
use crate::moment::Moment;
use crate::seed::{Purpose, arrivals, numbers};
use effects::{Distraction, Noise};
use synth::{Hiss, Music};

/// Samples per second, one channel.
pub(crate) const RATE: u32 = 24_000;

/// Levels change in steps of 5 ms.
const STEP: usize = RATE as usize / 200;

/// A phrase ready to be mixed in.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    /// First sample, counted from media time zero.
    pub first: u64,
    pub samples: Arc<[f32]>,
    pub gain: f32,
}

/// The sound of one room, made front to back.
pub(crate) struct Sound {
    moments: Vec<Moment>,
    clips: Vec<Clip>,
    distractions: Vec<(f64, Distraction)>,
    hum: f32,
    floor: f32,
    music: Music,
    hiss: Hiss,
    noise: Noise,
    at: u64,
}

impl Sound {
    /// The sound from media second `events.sound_starts_s` on.
    pub(crate) fn new(events: &RoomEvents, clips: Vec<Clip>) -> Self {
        let mut rng = numbers(events.seed, events.index, Purpose::Sound);
        let distractions = arrivals(&mut rng, 0.0, events.clock.seconds, 1.0 / 22.0, |_| 1.0 / 22.0)
            .into_iter()
            .map(|at| (at, Distraction::any(&mut rng)))
            .collect();
        Self {
            moments: events.moments.iter().filter(|m| m.shows(Modality::Sound)).cloned().collect(),
            clips,
            distractions,
            hum: if rng.random_bool(0.5) { 50.0 } else { 60.0 },
            floor: rng.random_range(0.001..0.008),
            music: Music::new(&mut rng),
            hiss: Hiss::new(rng.random()),
            noise: Noise::default(),
            at: (events.sound_starts_s * f64::from(RATE)).round() as u64,
        }
    }

    /// The next samples.
    pub(crate) fn fill(&mut self, out: &mut [f32]) {
        for step in out.chunks_mut(STEP) {
            self.fill_step(step);
        }
    }

    fn fill_step(&mut self, out: &mut [f32]) {
        let from = self.at;
        let now = from as f64 / f64::from(RATE);
        self.music.add(out, from);
        for (n, sample) in out.iter_mut().enumerate() {
            let turn = ((from + n as u64) % u64::from(RATE)) as f32 / RATE as f32 * std::f32::consts::TAU;
            *sample += 0.006 * (turn * self.hum).sin() + self.floor * self.hiss.next();
        }
        for moment in &self.moments {
            let level = (moment.strength.sqrt() * moment.envelope(now)) as f32;
            if level > 0.0 {
                self.noise.moment(moment, level, now - moment.start_s, out, &mut self.hiss);
            }
        }
        for (start, distraction) in &self.distractions {
            let age = now - start;
            if (0.0..distraction.seconds()).contains(&age) {
                self.noise.distraction(*distraction, age, out, &mut self.hiss);
            }
        }
        for clip in &self.clips {
            let end = clip.first + clip.samples.len() as u64;
            if clip.first >= from + out.len() as u64 || end <= from {
                continue;
            }
            for (n, sample) in out.iter_mut().enumerate() {
                let place = (from + n as u64).checked_sub(clip.first);
                let spoken = place.and_then(|place| clip.samples.get(place as usize));
                *sample += spoken.copied().unwrap_or(0.0) * clip.gain;
            }
        }
        for sample in out.iter_mut() {
            // A soft ceiling, as a streamer's limiter has.
            *sample = sample.tanh();
        }
        self.at += out.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;

    fn loudness(sound: &[f32], from: f64, to: f64) -> f32 {
        let cut = &sound[(from * f64::from(RATE)) as usize..(to * f64::from(RATE)) as usize];
        (cut.iter().map(|s| s * s).sum::<f32>() / cut.len() as f32).sqrt()
    }

    #[test]
    fn moments_that_sound_shows_are_heard_over_the_room() {
        let plan = Plan { minutes: 4.0, ..Plan::default() };
        let (mut louder, mut all) = (0, 0);
        for room in 0..8 {
            let events = RoomEvents::generate(&plan, room);
            let mut sound = vec![0.0; (plan.seconds() * f64::from(RATE)) as usize];
            Sound { at: 0, ..Sound::new(&events, Vec::new()) }.fill(&mut sound);
            for moment in events.moments.iter().filter(|m| m.shows(Modality::Sound)) {
                let before = loudness(&sound, (moment.start_s - 8.0).max(0.0), moment.start_s);
                louder += i32::from(loudness(&sound, moment.start_s, moment.end_s) > before);
                all += 1;
            }
            assert!(sound.iter().all(|sample| sample.abs() <= 1.0));
        }
        assert!(all > 10 && louder * 10 >= all * 8, "{louder} of {all}");
    }

    #[test]
    fn the_size_of_the_pieces_changes_no_sample() {
        let events = RoomEvents::generate(&Plan::default(), 1);
        let (mut one, mut two) = (vec![0.0; STEP * 60], vec![0.0; STEP * 60]);
        Sound::new(&events, Vec::new()).fill(&mut one);
        let mut sound = Sound::new(&events, Vec::new());
        two.chunks_mut(STEP * 7).for_each(|piece| sound.fill(piece));
        assert_eq!(one, two);
    }
}
