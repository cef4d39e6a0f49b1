//! How each kind of moment looks.

use crate::canvas::{Area, Canvas, Ink, TALL};
use crate::moment::{Kind, Moment};
use crate::seed::scatter;

/// Draws a moment that is developed to `level`, 0 to 1, at media second `at`.
pub(crate) fn draw(canvas: &mut Canvas, moment: &Moment, level: f32, at: f64, seed: u64) {
    let age = (at - moment.start_s) as f32;
    // Another moment of the same kind scatters differently.
    let seed = seed ^ (moment.start_s * 1e3) as u64;
    match moment.kind {
        Kind::Goal => goal(canvas, level, age, seed),
        Kind::Takedown => takedown(canvas, level, age, seed),
        Kind::Joke => joke(canvas, level, age, seed),
        Kind::GiftRain => gift_rain(canvas, level, age, seed),
        Kind::CloseCall => close_call(canvas, level, age),
    }
}

/// Beams that swing over a stage, faster and brighter when something happens.
pub(crate) fn spotlights(canvas: &mut Canvas, at: f64, hue: f32, excitement: f32) {
    let wide = canvas.wide();
    for lamp in 0..3 {
        let (foot, turn) =
            (wide * (0.25 + 0.25 * lamp as f32), at as f32 * (0.5 + excitement) + lamp as f32 * 2.1);
        let lean = 0.45 * turn.sin();
        let ink = Ink::hsv(hue + 0.17 + 0.2 * lamp as f32, 0.45, 1.0);
        canvas.paint(Area(0.0, 8.0, wide, 130.0), ink, |x, y| {
            let away = (x - foot - lean * y).abs() / (4.0 + y * 0.16);
            (1.0 - away).max(0.0) * (0.22 + 0.25 * excitement)
        });
    }
}

fn flash(canvas: &mut Canvas, ink: Ink, level: f32, age: f32, lasts: f32) {
    let left = (1.0 - age / lasts).max(0.0);
    if left > 0.0 {
        canvas.fill(canvas.all(), ink, 0.75 * left * level.max(0.5));
    }
}

fn goal(canvas: &mut Canvas, level: f32, age: f32, seed: u64) {
    let wide = canvas.wide();
    flash(canvas, Ink::grey(1.0), level, age, 0.9);
    for piece in 0..90 {
        let speed = 36.0 + 50.0 * scatter(seed, piece);
        let fall = (age * speed + 220.0 * scatter(seed, piece + 100)) % 220.0 - 20.0;
        let x = wide * scatter(seed, piece + 200) + 8.0 * (age * 4.0 + piece as f32).sin();
        let turn = 0.6 + 0.4 * (age * 9.0 + piece as f32).sin();
        let ink = Ink::hsv(scatter(seed, piece + 300), 0.8, 1.0);
        canvas.fill(Area(x, fall, 3.4, 3.8 * turn), ink, level);
    }
    let slide = (1.0 - (age / 0.7).min(1.0)).powi(2);
    let (left, top) = (wide * 0.22 - slide * wide, 58.0);
    let across = wide * 0.5;
    let ink = Ink::hsv(0.13, 0.85, 1.0);
    canvas.rounded(Area(left, top, across, 30.0), 6.0, Ink::rgb(0.08, 0.08, 0.2), 0.85 * level);
    canvas.fill(Area(left, top + 2.5, across, 2.5), ink, level);
    canvas.fill(Area(left, top + 25.0, across, 2.5), ink, level);
    for ball in 0..5 {
        let lift = 4.0 * (age * 7.0 + ball as f32 * 0.9).sin();
        let at = (left + across * (0.14 + 0.18 * ball as f32), top + 15.0 + lift);
        canvas.disc(at, 6.8, Ink::grey(1.0), level);
        canvas.disc(at, 2.8, Ink::grey(0.1), level);
    }
}

fn takedown(canvas: &mut Canvas, level: f32, age: f32, seed: u64) {
    let wide = canvas.wide();
    let red = Ink::rgb(0.95, 0.1, 0.08);
    edges(canvas, red, 0.85 * level * (0.7 + 0.3 * (age * 8.0).sin()));
    for shot in 0..14 {
        let since = age - shot as f32 * 1.1;
        if !(0.0..1.0).contains(&since) {
            continue;
        }
        let at = (wide * (0.32 + 0.36 * scatter(seed, shot)), 60.0 + 60.0 * scatter(seed, shot + 50));
        canvas.glow(at, 40.0 * (1.0 - since), Ink::rgb(1.0, 0.85, 0.4), level);
        canvas.ring(at, 8.0 + 70.0 * since, 4.5, Ink::rgb(1.0, 0.75, 0.3), level * (1.0 - since));
        for spark in 0..10 {
            let turn = std::f32::consts::TAU * scatter(seed, shot * 20 + spark);
            let reach = (20.0 + 40.0 * scatter(seed, spark)) * since;
            canvas.disc(
                (at.0 + reach * turn.cos(), at.1 + reach * turn.sin()),
                1.8,
                Ink::rgb(1.0, 0.95, 0.6),
                level,
            );
        }
    }
    let at = (wide * 0.5, 84.0);
    canvas.ring(at, 17.0, 1.4, red, level);
    for (dx, dy, across, down) in
        [(-26.0, -0.8, 16.0, 1.6), (10.0, -0.8, 16.0, 1.6), (-0.8, -26.0, 1.6, 16.0), (-0.8, 10.0, 1.6, 16.0)]
    {
        canvas.fill(Area(at.0 + dx, at.1 + dy, across, down), red, level);
    }
}

fn joke(canvas: &mut Canvas, level: f32, age: f32, seed: u64) {
    let wide = canvas.wide();
    canvas.fill(canvas.all(), Ink::hsv(0.13, 0.7, 1.0), 0.12 * level);
    for face in 0..16 {
        let rise = (age * (34.0 + 26.0 * scatter(seed, face)) + 230.0 * scatter(seed, face + 30)) % 230.0;
        let x = wide * (0.24 + 0.52 * scatter(seed, face + 60)) + 7.0 * (age * 3.0 + face as f32).sin();
        let (y, size) = (TALL + 20.0 - rise, 6.5 + 4.0 * scatter(seed, face + 90));
        canvas.disc((x, y), size, Ink::rgb(1.0, 0.82, 0.2), level);
        for side in [-1.0, 1.0] {
            canvas.oval(
                (x + side * size * 0.38, y - size * 0.2),
                (size * 0.2, size * 0.09),
                Ink::grey(0.1),
                level,
            );
            canvas.oval(
                (x + side * size * 0.75, y + size * 0.1),
                (size * 0.16, size * 0.3),
                Ink::rgb(0.3, 0.65, 1.0),
                level,
            );
        }
        let open = 0.2 + 0.2 * (age * 12.0 + face as f32).sin().abs();
        canvas.oval((x, y + size * 0.35), (size * 0.45, size * open), Ink::rgb(0.5, 0.12, 0.1), level);
    }
}

fn gift_rain(canvas: &mut Canvas, level: f32, age: f32, seed: u64) {
    let wide = canvas.wide();
    let gold = Ink::rgb(1.0, 0.8, 0.25);
    edges(canvas, gold, 0.6 * level);
    canvas.glow((wide * 0.5, 20.0), 120.0, gold, 0.55 * level * (0.8 + 0.2 * (age * 5.0).sin()));
    for gift in 0..26 {
        let fall =
            (age * (48.0 + 40.0 * scatter(seed, gift)) + 230.0 * scatter(seed, gift + 40)) % 230.0 - 24.0;
        let (x, size) =
            (wide * (0.05 + 0.9 * scatter(seed, gift + 80)), 8.0 + 6.0 * scatter(seed, gift + 120));
        let hue = scatter(seed, gift + 160);
        canvas.rounded(Area(x, fall, size, size), 1.5, Ink::hsv(hue, 0.75, 0.95), level);
        canvas.fill(Area(x + size * 0.4, fall, size * 0.2, size), gold, level);
        canvas.fill(Area(x, fall + size * 0.4, size, size * 0.2), gold, level);
        canvas.disc((x + size * 0.32, fall - 1.2), 1.9, gold, level);
        canvas.disc((x + size * 0.68, fall - 1.2), 1.9, gold, level);
    }
}

fn close_call(canvas: &mut Canvas, level: f32, age: f32) {
    let wide = canvas.wide();
    let beat = (age * 2.2 * std::f32::consts::PI).sin().max(0.0).powi(3);
    edges(canvas, Ink::grey(0.0), level);
    edges(canvas, Ink::rgb(0.55, 0.1, 0.75), level * (0.3 + 0.6 * beat));
    let (left, across) = (wide * 0.3, wide * 0.34);
    canvas.rounded(Area(left - 2.0, 26.0, across + 4.0, 11.0), 4.0, Ink::grey(0.05), 0.85 * level);
    let life = 0.08 + 0.5 * (-age / 3.0).exp();
    canvas.rounded(Area(left, 28.0, across * life, 7.0), 3.0, Ink::rgb(1.0, 0.2 + 0.4 * beat, 0.2), level);
    let at = (left - 12.0, 31.0);
    let size = 5.0 + 2.2 * beat;
    let red = Ink::rgb(0.95, 0.15, 0.2);
    canvas.disc((at.0 - size * 0.45, at.1 - 1.0), size * 0.62, red, level);
    canvas.disc((at.0 + size * 0.45, at.1 - 1.0), size * 0.62, red, level);
    canvas.paint(Area(at.0 - size, at.1 - 1.0, 2.0 * size, size * 1.5), red, |x, y| {
        f32::from((x - at.0).abs() * 1.3 + (y - at.1) < size * 1.2) * level
    });
}

/// Colours the picture from the edges inwards.
fn edges(canvas: &mut Canvas, ink: Ink, opacity: f32) {
    let wide = canvas.wide();
    canvas.paint(canvas.all(), ink, |x, y| {
        let (dx, dy) = (x / wide * 2.0 - 1.0, y / TALL * 2.0 - 1.0);
        let out = (dx * dx).max(dy * dy);
        out * out * opacity
    });
}
