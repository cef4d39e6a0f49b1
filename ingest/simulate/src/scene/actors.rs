//! Figures that walk about; they run in moments and, now and then, for no reason.

use rand::Rng;

use crate::canvas::{Canvas, Ink};

/// One figure.
pub(crate) struct Actor {
    home: f32,
    ground: f32,
    size: f32,
    reach: f32,
    pace: f32,
    phase: f32,
    shirt: Ink,
    skin: Ink,
}

/// A handful of figures, the farthest first.
pub(crate) fn cast(rng: &mut impl Rng, wide: f32, hue: f32) -> Vec<Actor> {
    let mut cast: Vec<Actor> = (0..rng.random_range(3..6))
        .map(|n| {
            let ground = rng.random_range(128.0..160.0_f32);
            Actor {
                home: wide * rng.random_range(0.3..0.68),
                ground,
                size: 0.75 + (ground - 128.0) / 40.0,
                reach: rng.random_range(20.0..60.0),
                pace: rng.random_range(0.25..0.6),
                phase: rng.random_range(0.0..std::f32::consts::TAU),
                shirt: Ink::hsv(if n % 2 == 0 { hue + 0.5 } else { hue + 0.08 }, 0.75, 0.9),
                skin: Ink::hsv(0.07, 0.45, rng.random_range(0.45..0.95)),
            }
        })
        .collect();
    cast.sort_by(|a, b| a.ground.total_cmp(&b.ground));
    cast
}

impl Actor {
    /// Draws the figure at media second `at`.
    pub(crate) fn draw(&self, canvas: &mut Canvas, at: f64, excitement: f32, rush: bool) {
        let at = at as f32;
        let way = at * self.pace + self.phase;
        let haste = if rush { 1.0 } else { excitement };
        let x = self.home + self.reach * (way.sin() + 0.35 * haste * (at * 2.6 + self.phase).sin());
        let stride = (at * (7.0 + 7.0 * haste) + self.phase).sin();
        let hop = if haste > 0.1 { 9.0 * haste * stride.abs() } else { 1.2 * stride.abs() };
        let s = self.size;
        let feet = self.ground;
        canvas.oval((x, feet), (9.0 * s, 2.6 * s), Ink::grey(0.0), 0.35);
        let y = feet - hop;
        let dark = Ink::rgb(0.12, 0.12, 0.18);
        for side in [-1.0, 1.0] {
            let step = side * stride * 3.2 * s;
            canvas.oval((x + side * 2.5 * s + step, y - 4.0 * s), (2.0 * s, 4.6 * s), dark, 1.0);
            let raise = 7.0 * haste * s;
            canvas.oval((x + side * 6.6 * s, y - 14.0 * s - raise), (1.9 * s, 4.8 * s), self.skin, 1.0);
        }
        canvas.oval((x, y - 13.5 * s), (5.6 * s, 7.4 * s), self.shirt, 1.0);
        canvas.disc((x, y - 24.5 * s), 5.2 * s, self.skin, 1.0);
        canvas.oval((x, y - 28.0 * s), (5.2 * s, 2.8 * s), dark, 1.0);
    }
}
