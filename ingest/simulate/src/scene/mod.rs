//! What the camera sees: a place, actors, the streamer's box, overlays, and the effects of moments.
//!
//! A frame depends on its media time and the room alone, never on the frame before it, so that frame rate and
//! gaps change nothing else.

mod actors;
mod backdrop;
mod effects;
mod letters;
mod overlay;
mod streamer;

use kairos_timeline::Modality;
use rand::Rng;

use crate::canvas::{Canvas, TALL};
use crate::events::RoomEvents;
use crate::moment::{Kind, Moment, shown_interest};
use crate::plan::Plan;
use crate::seed::{Purpose, arrivals, exponential, numbers};

use actors::Actor;
use backdrop::Place;
use overlay::ChatLine;

/// Units that the place is larger than the picture, so that the camera can pan and shake.
const SPARE: f32 = 40.0;

/// Everything drawn of one room.
pub(crate) struct Scene {
    place: Place,
    views: Vec<Canvas>,
    /// Where the camera cuts, seconds; the views take turns.
    cuts: Vec<f64>,
    /// Stretches in which everybody runs although nothing happens.
    rushes: Vec<(f64, f64)>,
    /// Flashes and banners that mean nothing.
    false_flashes: Vec<f64>,
    banners: Vec<f64>,
    actors: Vec<Actor>,
    chat: Vec<ChatLine>,
    hue: f32,
    seed: u64,
}

/// A frame's circumstances.
struct Shot<'a> {
    at: f64,
    /// Moments that pictures show, with how developed they are times their strength.
    on: Vec<(&'a Moment, f32)>,
    excitement: f32,
    speaking: bool,
}

impl Scene {
    pub(crate) fn new(plan: &Plan, events: &RoomEvents) -> Self {
        let mut rng = numbers(plan.seed, events.index, Purpose::Scene);
        let seconds = plan.seconds();
        let scale = plan.height as f32 / TALL;
        let place = Place::ALL[(events.index + plan.seed as usize % Place::ALL.len()) % Place::ALL.len()];
        let hue: f32 = rng.random();
        let seed = rng.random();
        let even = |units: f32| ((units * scale).round() as usize + 1) & !1;
        let (wide, tall) = (plan.width as usize + even(SPARE), plan.height as usize + even(12.0));
        let views = (0..3)
            .map(|view| {
                let mut canvas = Canvas::new(wide, tall, scale);
                backdrop::draw(&mut canvas, place, hue, seed, view);
                canvas
            })
            .collect();
        let mut cuts = Vec::new();
        let mut at = 0.0;
        while at < seconds {
            at += 4.0 + exponential(&mut rng, 9.0);
            cuts.push(at);
        }
        let mut every = |mean: f64| arrivals(&mut rng, 0.0, seconds, 1.0 / mean, |_| 1.0 / mean);
        let rushes = every(35.0).into_iter().map(|start| (start, start + 5.0)).collect();
        let (false_flashes, banners) = (every(50.0), every(45.0));
        Self {
            place,
            views,
            cuts,
            rushes,
            false_flashes,
            banners,
            actors: actors::cast(&mut rng, plan.width as f32 / scale, hue),
            chat: overlay::lines(events),
            hue,
            seed,
        }
    }

    /// Draws media second `at`.
    pub(crate) fn draw(&self, canvas: &mut Canvas, events: &RoomEvents, at: f64) {
        let on: Vec<(&Moment, f32)> = events
            .moments
            .iter()
            .filter(|moment| moment.shows(Modality::Picture))
            .map(|moment| (moment, (moment.envelope(at) * moment.strength.sqrt()) as f32))
            .filter(|(_, level)| *level > 0.0)
            .collect();
        let shot = Shot {
            at,
            on,
            excitement: shown_interest(&events.moments, Modality::Picture, at) as f32,
            speaking: events.phrases.iter().any(|phrase| (phrase.start_s..phrase.end_s).contains(&at)),
        };
        self.draw_place(canvas, &shot);
        let rush = self.rushes.iter().any(|&(from, to)| (from..to).contains(&at));
        for actor in &self.actors {
            actor.draw(canvas, at, shot.excitement, rush);
        }
        for &(moment, level) in &shot.on {
            effects::draw(canvas, moment, level, at, self.seed);
        }
        if let Some(since) =
            self.false_flashes.iter().map(|flash| at - flash).find(|s| (0.0..0.5).contains(s))
        {
            canvas.fill(canvas.all(), crate::canvas::Ink::grey(1.0), 0.35 * (1.0 - since as f32 * 2.0));
        }
        if let Some(since) = self.banners.iter().map(|banner| at - banner).find(|s| (0.0..5.0).contains(s)) {
            overlay::sponsor(canvas, since as f32, self.hue);
        }
        let joking =
            shot.on.iter().filter(|(m, _)| m.kind == Kind::Joke).map(|(_, level)| *level).fold(0.0, f32::max);
        streamer::draw(canvas, self.hue, &shot, joking);
        if events.traits.comments {
            overlay::chat(canvas, &self.chat, events.clock.elapsed(at));
        }
        overlay::frame(canvas, at, self.hue);
    }

    fn draw_place(&self, canvas: &mut Canvas, shot: &Shot<'_>) {
        let view = self.cuts.partition_point(|&cut| cut <= shot.at);
        let swing = (shot.at * 0.17 + view as f64).sin() as f32;
        let shaking: f32 = shot
            .on
            .iter()
            .filter(|(moment, _)| matches!(moment.kind, Kind::Goal | Kind::Takedown))
            .map(|(moment, level)| level * (-(shot.at - moment.start_s) / 2.5).exp() as f32)
            .fold(0.0, f32::max);
        let shake = |rate: f64| shaking * 5.0 * (shot.at * rate).sin() as f32;
        let (x, y) = (SPARE * (0.5 + 0.4 * swing) + shake(41.0), 6.0 + shake(53.0));
        canvas.copy_part(&self.views[view % self.views.len()], x, y);
        if self.place == Place::Stage {
            effects::spotlights(canvas, shot.at, self.hue, shot.excitement);
        }
    }
}
