//! A room's events into its media file, pictures and sound in order of time.

use std::path::Path;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::SimulateError;
use crate::canvas::{Canvas, TALL};
use crate::clock::RoomClock;
use crate::events::RoomEvents;
use crate::mux::{CLOCK, Mp4, SOUND_FRAME};
use crate::plan::Plan;
use crate::scene::Scene;
use crate::seed::{Purpose, numbers};
use crate::sound::{Clip, RATE, Sound};
use crate::speech::Phrase;
use crate::voice::{Manner, Voices};

/// Renders the room to `path`; returns its phrases with the ends that they have in the sound. `progress` is
/// told the media second that was reached, about once a second.
pub(crate) fn media(
    plan: &Plan,
    events: &RoomEvents,
    voices: &Voices,
    path: &Path,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<Phrase>, SimulateError> {
    let traits = &events.traits;
    let (phrases, clips) = spoken(events, voices)?;
    let mut file = Mp4::create(path, plan, &events.title, traits.video, traits.sound)?;
    let mut pictures = traits.video.then(|| Pictures::new(plan, events));
    let mut hearing = traits.sound.then(|| Hearing::new(events, clips));
    let mut told = 0.0;
    loop {
        let (seen, heard) =
            (pictures.as_ref().and_then(Pictures::next), hearing.as_ref().and_then(Hearing::next));
        let at = match (seen, heard) {
            (None, None) => break,
            (Some(seen), Some(heard)) => seen.min(heard),
            (one, other) => one.or(other).unwrap_or(0.0),
        };
        if seen.is_some_and(|seen| seen <= at) {
            if let Some(pictures) = &mut pictures {
                pictures.encode(events, &mut file)?;
            }
        } else if let Some(hearing) = &mut hearing {
            hearing.encode(&events.clock, &mut file)?;
        }
        if at >= told + 1.0 {
            told = at;
            progress(at);
        }
    }
    file.finish()?;
    Ok(phrases)
}

fn spoken(events: &RoomEvents, voices: &Voices) -> Result<(Vec<Phrase>, Vec<Clip>), SimulateError> {
    let mut phrases = events.phrases.clone();
    // Nothing is heard of what was said before the sound starts.
    phrases.retain(|phrase| phrase.start_s >= events.sound_starts_s);
    let mut clips = Vec::with_capacity(phrases.len());
    for phrase in &mut phrases {
        let manner = Manner::new(events.language, events.index, phrase.excited);
        let samples = voices.speak(&phrase.text, &manner)?;
        let seconds = samples.len() as f64 / f64::from(RATE);
        phrase.end_s = ((phrase.start_s + seconds).min(events.clock.seconds) * 1e3).round() / 1e3;
        let gain = if phrase.excited { 0.75 } else { 0.5 };
        clips.push(Clip { first: (phrase.start_s * f64::from(RATE)) as u64, samples, gain });
    }
    Ok((phrases, clips))
}

struct Pictures {
    scene: Scene,
    canvas: Canvas,
    /// Media time of the next picture, ticks.
    tick: i64,
    count: i64,
    end: i64,
    fps: i64,
    jitter: Option<ChaCha8Rng>,
    keyframe_every: f64,
    next_key: f64,
    lost: f64,
}

impl Pictures {
    fn new(plan: &Plan, events: &RoomEvents) -> Self {
        let scale = plan.height as f32 / TALL;
        Self {
            scene: Scene::new(plan, events),
            canvas: Canvas::new(plan.width as usize, plan.height as usize, scale),
            tick: 0,
            count: 0,
            end: (plan.seconds() * CLOCK as f64).round() as i64,
            fps: i64::from(plan.fps),
            jitter: events
                .traits
                .variable_frame_rate
                .then(|| numbers(plan.seed, events.index, Purpose::Frames)),
            keyframe_every: plan.keyframe_seconds,
            next_key: 0.0,
            lost: 0.0,
        }
    }

    fn next(&self) -> Option<f64> {
        (self.tick < self.end).then_some(self.tick as f64 / CLOCK as f64)
    }

    fn encode(&mut self, events: &RoomEvents, file: &mut Mp4) -> Result<(), SimulateError> {
        let at = self.tick as f64 / CLOCK as f64;
        self.scene.draw(&mut self.canvas, events, at);
        let lost = events.clock.elapsed(at) - at;
        // After a dropout the source starts anew: a keyframe, and the grid of keyframes from there.
        let resumed = lost - self.lost > 0.5;
        let key = resumed || at >= self.next_key - 1e-9;
        if key {
            self.next_key = if resumed { at } else { self.next_key } + self.keyframe_every;
        }
        self.lost = lost;
        file.picture(&self.canvas, self.tick + (lost * CLOCK as f64).round() as i64, key)?;
        self.count += 1;
        self.tick = match &mut self.jitter {
            None => self.count * CLOCK / self.fps,
            Some(rng) => self.tick + (CLOCK as f64 / self.fps as f64 * rng.random_range(0.5..1.5)) as i64,
        };
        Ok(())
    }
}

struct Hearing {
    sound: Sound,
    /// Next sample, counted from media time zero.
    at: u64,
    end: u64,
}

impl Hearing {
    fn new(events: &RoomEvents, clips: Vec<Clip>) -> Self {
        Self {
            sound: Sound::new(events, clips),
            at: (events.sound_starts_s * f64::from(RATE)).round() as u64,
            end: (events.clock.seconds * f64::from(RATE)).round() as u64,
        }
    }

    fn next(&self) -> Option<f64> {
        (self.at < self.end).then_some(self.at as f64 / f64::from(RATE))
    }

    fn encode(&mut self, clock: &RoomClock, file: &mut Mp4) -> Result<(), SimulateError> {
        let length = (self.end - self.at).min(SOUND_FRAME as u64) as usize;
        let mut samples = vec![0.0; length];
        self.sound.fill(&mut samples);
        let media_s = self.at as f64 / f64::from(RATE);
        let lost = ((clock.elapsed(media_s) - media_s) * f64::from(RATE)).round() as i64;
        file.sound(&samples, self.at as i64 + lost)?;
        self.at += length as u64;
        Ok(())
    }
}
