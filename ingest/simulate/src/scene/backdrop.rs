//! The place behind it all, drawn once per camera view.

use crate::canvas::{Area, Canvas, Ink};
use crate::seed::scatter;

/// Where a room's stream takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Pitch,
    City,
    Hills,
    Space,
    Stage,
}

impl Place {
    pub(crate) const ALL: [Self; 5] = [Self::Pitch, Self::City, Self::Hills, Self::Space, Self::Stage];
}

/// Draws one of the views of a place; another view has another seed and another horizon.
pub(crate) fn draw(canvas: &mut Canvas, place: Place, hue: f32, seed: u64, view: u64) {
    let seed = seed.wrapping_add(view * 7_919);
    let horizon = 96.0 - 10.0 * view as f32;
    match place {
        Place::Pitch => pitch(canvas, hue, seed, horizon - 28.0),
        Place::City => city(canvas, hue, seed, horizon + 38.0),
        Place::Hills => hills(canvas, hue, seed, horizon),
        Place::Space => space(canvas, hue, seed),
        Place::Stage => stage(canvas, hue, seed, horizon + 34.0),
    }
}

/// From one colour at the top to another at `bottom`.
fn sky(canvas: &mut Canvas, top: Ink, low: Ink, bottom: f32) {
    let all = canvas.all();
    canvas.fill(all, top, 1.0);
    canvas.paint(Area(0.0, 0.0, all.2, bottom), low, |_, y| (y / bottom).powi(2));
}

fn pitch(canvas: &mut Canvas, hue: f32, seed: u64, horizon: f32) {
    let Area(_, _, wide, tall) = canvas.all();
    sky(canvas, Ink::rgb(0.06, 0.08, 0.16), Ink::rgb(0.16, 0.2, 0.32), horizon);
    for n in 0..700 {
        let x = scatter(seed, n) * wide;
        let y = horizon * (0.35 + 0.62 * scatter(seed, n + 10_000));
        let ink = Ink::hsv(hue + 0.12 * (scatter(seed, n + 20_000) - 0.5), 0.55, 0.35 + 0.5 * y / horizon);
        canvas.disc((x, y), 1.5, ink, 0.85);
    }
    canvas.fill(Area(0.0, horizon - 5.0, wide, 7.0), Ink::hsv(hue, 0.7, 0.55), 1.0);
    canvas.fill(Area(0.0, horizon + 2.0, wide, tall - horizon), Ink::rgb(0.16, 0.48, 0.2), 1.0);
    let (cx, depth) = (wide / 2.0, tall - horizon);
    canvas.paint(Area(0.0, horizon + 2.0, wide, depth), Ink::rgb(0.2, 0.56, 0.25), |x, y| {
        let spread = 0.35 + (y - horizon) / depth;
        f32::from(((x - cx) / spread / 26.0).rem_euclid(2.0) < 1.0)
    });
    let chalk = Ink::grey(0.92);
    canvas.paint(Area(0.0, horizon + 10.0, wide, depth), chalk, |x, y| {
        let ((dx, dy), middle) = (((x - cx) / 54.0, (y - horizon - depth * 0.55) / 19.0), (x - cx).abs());
        let circle = ((dx * dx + dy * dy).sqrt() - 1.0).abs() * 22.0;
        (1.0 - circle.min(middle)).clamp(0.0, 0.7)
    });
    for lamp in [0.14, 0.38, 0.62, 0.86] {
        canvas.glow((wide * lamp, 4.0), 46.0, Ink::rgb(1.0, 0.98, 0.85), 0.55);
        canvas.disc((wide * lamp, 5.0), 3.0, Ink::grey(1.0), 1.0);
    }
}

fn city(canvas: &mut Canvas, hue: f32, seed: u64, street: f32) {
    let Area(_, _, wide, tall) = canvas.all();
    sky(canvas, Ink::hsv(hue, 0.75, 0.16), Ink::hsv(hue + 0.08, 0.6, 0.62), street);
    canvas.disc((wide * (0.25 + 0.5 * scatter(seed, 1)), 38.0), 15.0, Ink::hsv(hue + 0.1, 0.12, 0.95), 0.9);
    for layer in 0..2_u64 {
        let (mut x, mut n) = (-10.0, layer * 1_000);
        while x < wide {
            let across = 18.0 + 20.0 * scatter(seed, n);
            let top = street - 26.0 - (74.0 - 26.0 * layer as f32) * scatter(seed, n + 1);
            canvas.fill(
                Area(x, top, across, street - top),
                Ink::hsv(hue, 0.6, 0.2 - 0.1 * layer as f32),
                1.0,
            );
            let rows = ((street - top) / 7.0) as u64;
            for window in 0..rows * 4 {
                if scatter(seed.wrapping_add(n), window + 50) > 0.62 {
                    let (column, row) = (window % 4, window / 4);
                    let place = Area(
                        x + across * (0.12 + 0.22 * column as f32),
                        top + 4.0 + row as f32 * 7.0,
                        across * 0.12,
                        3.2,
                    );
                    canvas.fill(place, Ink::rgb(1.0, 0.85, 0.5), 0.45 + 0.35 * layer as f32);
                }
            }
            x += across + 2.0;
            n += 2;
        }
    }
    canvas.fill(Area(0.0, street, wide, tall - street), Ink::hsv(hue, 0.35, 0.17), 1.0);
    canvas.fill(Area(0.0, street, wide, 2.0), Ink::hsv(hue + 0.5, 0.7, 0.8), 0.8);
    let mut x = 4.0;
    while x < wide {
        canvas.fill(Area(x, street + 24.0, 18.0, 2.0), Ink::rgb(0.9, 0.8, 0.45), 0.7);
        x += 34.0;
    }
}

fn hills(canvas: &mut Canvas, hue: f32, seed: u64, horizon: f32) {
    let Area(_, _, wide, tall) = canvas.all();
    sky(canvas, Ink::rgb(0.33, 0.62, 0.93), Ink::hsv(hue, 0.35, 1.0), horizon + 20.0);
    let sun = (wide * (0.2 + 0.6 * scatter(seed, 3)), horizon - 42.0);
    canvas.glow(sun, 60.0, Ink::rgb(1.0, 0.95, 0.7), 0.8);
    canvas.disc(sun, 13.0, Ink::rgb(1.0, 0.95, 0.72), 1.0);
    for cloud in 0..5 {
        let (x, y) = (wide * scatter(seed, 20 + cloud), 14.0 + 36.0 * scatter(seed, 40 + cloud));
        for (puff, dx, radius) in [(0, -11.0, 6.0), (1, 0.0, 8.5), (2, 11.0, 6.5)] {
            canvas.oval((x + dx, y + puff as f32), (radius * 1.5, radius), Ink::grey(1.0), 0.7);
        }
    }
    for layer in 0..3_u64 {
        let base = horizon + 4.0 + 24.0 * layer as f32;
        let (a, b) = (scatter(seed, 60 + layer) * 6.0, scatter(seed, 70 + layer) * 6.0);
        let ink = Ink::hsv(0.28 + 0.16 * (hue - 0.5), 0.35 + 0.18 * layer as f32, 0.72 - 0.14 * layer as f32);
        canvas.paint(Area(0.0, base - 24.0, wide, tall), ink, |x, y| {
            let ridge = base - 11.0 * (x / 34.0 + a).sin() - 7.0 * (x / 15.0 + b).sin();
            (y - ridge + 0.5).clamp(0.0, 1.0)
        });
    }
    for tree in 0..9 {
        let (x, y) = (wide * scatter(seed, 90 + tree), horizon + 44.0 + 10.0 * scatter(seed, 110 + tree));
        canvas.fill(Area(x - 1.2, y, 2.4, 12.0), Ink::rgb(0.35, 0.22, 0.12), 1.0);
        canvas.disc((x, y - 2.0), 7.5, Ink::hsv(0.36, 0.65, 0.4), 1.0);
        canvas.disc((x - 2.0, y - 4.0), 4.0, Ink::hsv(0.34, 0.6, 0.52), 1.0);
    }
}

fn space(canvas: &mut Canvas, hue: f32, seed: u64) {
    let Area(_, _, wide, tall) = canvas.all();
    sky(canvas, Ink::rgb(0.02, 0.02, 0.07), Ink::hsv(hue, 0.8, 0.2), tall);
    for cloud in 0..7 {
        let at = (wide * scatter(seed, cloud), tall * scatter(seed, cloud + 10));
        let ink = Ink::hsv(hue + 0.25 * scatter(seed, cloud + 20), 0.75, 0.7);
        canvas.glow(at, 46.0 + 40.0 * scatter(seed, cloud + 30), ink, 0.34);
    }
    for star in 0..220 {
        let at = (wide * scatter(seed, star + 100), tall * scatter(seed, star + 1_000));
        canvas.disc(
            at,
            0.5 + 0.8 * scatter(seed, star + 2_000),
            Ink::grey(1.0),
            0.4 + 0.6 * scatter(seed, star),
        );
    }
    let at = (wide * (0.35 + 0.4 * scatter(seed, 7)), 62.0);
    canvas.glow(at, 58.0, Ink::hsv(hue + 0.5, 0.5, 1.0), 0.4);
    canvas.disc(at, 31.0, Ink::hsv(hue + 0.5, 0.55, 0.75), 1.0);
    canvas.paint(Area(at.0 - 31.0, at.1 - 31.0, 62.0, 62.0), Ink::hsv(hue + 0.55, 0.7, 0.35), |x, y| {
        let (dx, dy) = (x - at.0, y - at.1);
        let bands = 0.25 + 0.25 * (dy / 4.0 + (dx / 18.0).sin()).sin();
        let shade = ((dx + dy) / 40.0).clamp(0.0, 0.8);
        if dx * dx + dy * dy < 930.0 { (bands + shade).min(0.95) } else { 0.0 }
    });
    let ground = tall - 44.0;
    canvas.paint(Area(0.0, ground - 8.0, wide, 60.0), Ink::hsv(hue + 0.05, 0.3, 0.3), |x, y| {
        (y - ground - 4.0 * (x / 23.0).sin() - 2.0 * (x / 7.0).sin() + 0.5).clamp(0.0, 1.0)
    });
}

fn stage(canvas: &mut Canvas, hue: f32, seed: u64, floor: f32) {
    let Area(_, _, wide, tall) = canvas.all();
    canvas.fill(canvas.all(), Ink::hsv(hue, 0.75, 0.3), 1.0);
    canvas.paint(Area(0.0, 0.0, wide, floor), Ink::hsv(hue, 0.85, 0.1), |x, y| {
        let fold = (x / 6.5 + 0.6 * (y / 40.0).sin() + 6.0 * scatter(seed, 1)).sin();
        0.45 + 0.4 * fold
    });
    canvas.paint(Area(0.0, 0.0, wide, 22.0), Ink::hsv(hue + 0.04, 0.8, 0.42), |x, y| {
        let hem = 14.0 + 5.0 * (x / 14.0).sin().abs();
        (hem - y).clamp(0.0, 1.0)
    });
    canvas.fill(Area(0.0, floor, wide, tall - floor), Ink::rgb(0.36, 0.23, 0.14), 1.0);
    canvas.paint(Area(0.0, floor, wide, tall - floor), Ink::rgb(0.22, 0.13, 0.08), |x, y| {
        let spread = 0.6 + (y - floor) / 60.0;
        f32::from(((x - wide / 2.0) / spread).rem_euclid(15.0) < 1.0) * 0.8
    });
    for lamp in 0..12 {
        let x = wide * (lamp as f32 + 0.5) / 12.0;
        canvas.glow((x, floor + 1.0), 12.0, Ink::rgb(1.0, 0.85, 0.55), 0.7);
        canvas.disc((x, floor + 1.0), 2.0, Ink::rgb(1.0, 0.95, 0.8), 1.0);
    }
}
