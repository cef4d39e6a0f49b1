//! The streamer's box: head, headphones, a mouth that moves while there is speech; leans in at a joke.

use super::Shot;
use crate::canvas::{Area, Canvas, Ink, TALL};

/// Draws the box in the lower left corner; `joking` (0 to 1) enlarges it.
pub(crate) fn draw(canvas: &mut Canvas, hue: f32, shot: &Shot<'_>, joking: f32) {
    let zoom = 1.0 + 0.55 * joking;
    let (wide, tall) = (74.0 * zoom, 56.0 * zoom);
    let (left, top) = (7.0, TALL - 9.0 - tall);
    let border = Ink::hsv(hue + 0.5 + 0.1 * shot.excitement, 0.7, 0.95);
    canvas.rounded(Area(left - 2.0, top - 2.0, wide + 4.0, tall + 4.0), 7.0, border, 1.0);
    let inside = Area(left, top, wide, tall);
    canvas.rounded(inside, 5.5, Ink::hsv(hue + 0.6, 0.45, 0.24), 1.0);
    // A lamp and a shelf, so that the box isn't a plain colour.
    canvas.glow((left + wide * 0.84, top + tall * 0.25), 17.0 * zoom, Ink::hsv(hue, 0.6, 1.0), 0.6);
    canvas.fill(Area(left + 3.0, top + tall * 0.3, wide * 0.22, 1.6 * zoom), Ink::hsv(0.08, 0.5, 0.5), 1.0);
    for book in 0..4 {
        let x = left + 4.0 + book as f32 * 3.6 * zoom;
        let ink = Ink::hsv(hue + 0.21 * book as f32, 0.6, 0.75);
        canvas.fill(Area(x, top + tall * 0.3 - 8.0 * zoom, 2.8 * zoom, 8.0 * zoom), ink, 1.0);
    }
    let at = shot.at as f32;
    let bounce = shot.excitement * (at * 11.0).sin() * 2.6 + (at * 1.3).sin() * 0.9;
    let (cx, cy) = (left + wide * 0.5 + (at * 0.7).sin() * 2.0, top + tall * 0.5 + bounce);
    let skin = Ink::hsv(0.065, 0.42, 0.9);
    let dark = Ink::rgb(0.1, 0.09, 0.13);
    let z = zoom;
    let shoulders = Area(cx - 19.0 * z, cy + 11.0 * z, 38.0 * z, (top + tall - cy - 11.0 * z).max(4.0));
    canvas.rounded(shoulders, 7.0_f32.min(shoulders.3 / 2.0), Ink::hsv(hue + 0.3, 0.6, 0.72), 1.0);
    if shot.excitement > 0.3 {
        for side in [-1.0, 1.0] {
            let lift = 5.0 * shot.excitement * (1.0 + (at * 9.0 + side).sin());
            canvas.oval((cx + side * 22.0 * z, cy + (9.0 - lift) * z), (3.6 * z, 6.5 * z), skin, 1.0);
        }
    }
    canvas.disc((cx, cy - 2.0 * z), 13.4 * z, dark, 1.0);
    canvas.oval((cx, cy + 0.5 * z), (11.0 * z, 12.5 * z), skin, 1.0);
    canvas.oval((cx, cy - 10.0 * z), (10.6 * z, 4.6 * z), dark, 1.0);
    canvas.ring((cx, cy - 2.0 * z), 13.6 * z, 1.6 * z, border, 0.9);
    for side in [-1.0, 1.0] {
        canvas.oval((cx + side * 13.0 * z, cy + 1.0 * z), (3.2 * z, 5.0 * z), border, 1.0);
        let blink = if (at * 0.31).fract() < 0.03 || joking > 0.4 { 0.5 } else { 1.8 };
        canvas.oval((cx + side * 4.3 * z, cy - 1.0 * z), (1.5 * z, blink * z), dark, 1.0);
    }
    let talk = if shot.speaking { (at * 17.0).sin().abs() * (1.6 + 2.0 * shot.excitement) } else { 0.0 };
    let open = talk + 3.0 * joking * (at * 14.0).sin().abs() + 0.7;
    canvas.oval((cx, cy + 6.5 * z), (4.0 * z, open * z), Ink::rgb(0.45, 0.08, 0.1), 1.0);
}
