//! What lies over the picture: the chat as it scrolls, the live sign, the word SIMULATED, a sponsor's banner.

use kairos_timeline::Span;

use super::letters;
use crate::canvas::{Area, Canvas, Ink, TALL};
use crate::events::RoomEvents;
use crate::seed::scatter;

/// A comment on screen.
pub(crate) struct ChatLine {
    /// Wall seconds since the start.
    elapsed_s: f64,
    hue: f32,
    /// Length of each drawn line, 0 to 1.
    length: f32,
    emote: bool,
}

/// The room's comments as the overlay shows them.
pub(crate) fn lines(events: &RoomEvents) -> Vec<ChatLine> {
    let started = events.clock.started_at;
    events
        .comments
        .iter()
        .map(|comment| {
            let user = comment
                .user
                .bytes()
                .fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
            ChatLine {
                elapsed_s: Span::as_secs_f64(comment.sent_at - started),
                hue: scatter(user, 5),
                length: (comment.text.chars().count() as f32 / 22.0).clamp(0.12, 1.0),
                emote: !comment.text.is_ascii() || comment.text.chars().any(char::is_uppercase),
            }
        })
        .collect()
}

/// Draws the newest comments up to wall second `elapsed_s` in a column on the right.
pub(crate) fn chat(canvas: &mut Canvas, lines: &[ChatLine], elapsed_s: f64) {
    let (wide, top, tall) = (76.0, 26.0, 118.0);
    let left = canvas.wide() - wide - 6.0;
    canvas.rounded(Area(left, top, wide, tall), 5.0, Ink::rgb(0.05, 0.05, 0.09), 0.62);
    let known = lines.partition_point(|line| line.elapsed_s <= elapsed_s);
    let step = 11.5;
    let shown = ((tall - 8.0) / step) as usize;
    for (place, line) in lines[..known].iter().rev().take(shown).enumerate() {
        let y = top + tall - 10.0 - place as f32 * step;
        let fresh = (elapsed_s - line.elapsed_s) as f32;
        let slide = if place == 0 { (0.3 - fresh).max(0.0) * 30.0 } else { 0.0 };
        let (x, name) = (left + 4.0 + slide, Ink::hsv(line.hue, 0.6, 0.95));
        canvas.disc((x + 3.0, y + 1.5), 3.0, name, 1.0);
        canvas.rounded(Area(x + 8.0, y - 2.4, 13.0 + 9.0 * line.hue, 2.8), 1.2, name, 0.9);
        let across = (wide - 18.0) * line.length;
        if line.emote {
            for n in 0..((across / 8.0) as usize + 1).min(5) {
                canvas.disc((x + 11.0 + n as f32 * 7.5, y + 4.0), 2.6, Ink::rgb(1.0, 0.82, 0.25), 1.0);
            }
        } else {
            canvas.rounded(Area(x + 8.0, y + 2.4, across, 2.8), 1.2, Ink::grey(0.85), 0.9);
        }
    }
}

/// The live sign with a blinking dot and a running bar, and the word that says what this is.
pub(crate) fn frame(canvas: &mut Canvas, at: f64, hue: f32) {
    canvas.rounded(Area(7.0, 7.0, 31.0, 11.0), 3.0, Ink::rgb(0.88, 0.12, 0.16), 1.0);
    let blink = if at.fract() < 0.5 { 1.0 } else { 0.35 };
    canvas.disc((12.5, 12.5), 2.2, Ink::grey(1.0), blink);
    letters::write(canvas, "LIVE", (18.0, 10.0), 1.0, Ink::grey(1.0), 1.0);
    let viewers = 26.0 + 14.0 * (at / 47.0).sin() as f32;
    canvas.rounded(Area(42.0, 7.0, 50.0, 11.0), 3.0, Ink::grey(0.0), 0.45);
    canvas.rounded(Area(46.0, 10.8, viewers, 3.4), 1.6, Ink::hsv(hue + 0.5, 0.5, 0.95), 1.0);
    let dot = 2.0;
    let text = "SIMULATED";
    let wide = text.len() as f32 * 4.0 * dot;
    let left = (canvas.wide() - wide - 8.0).floor();
    canvas.rounded(Area(left - 4.0, 5.0, wide + 6.0, 16.0), 3.0, Ink::grey(0.0), 0.5);
    letters::write(canvas, text, (left, 8.0), dot, Ink::grey(1.0), 0.95);
}

/// A banner that slides in and out along the lower edge and means nothing.
pub(crate) fn sponsor(canvas: &mut Canvas, since: f32, hue: f32) {
    let shown = (since / 0.6).min((5.0 - since) / 0.6).clamp(0.0, 1.0);
    let (left, top) = (canvas.wide() * 0.36, TALL - 26.0 * shown);
    canvas.rounded(Area(left, top, 104.0, 20.0), 4.0, Ink::hsv(hue + 0.33, 0.6, 0.9), 0.92);
    canvas.disc((left + 12.0, top + 10.0), 6.5, Ink::grey(1.0), 0.95);
    canvas.rounded(Area(left + 24.0, top + 5.0, 60.0, 4.0), 1.8, Ink::grey(1.0), 0.9);
    canvas.rounded(Area(left + 24.0, top + 12.0, 40.0, 3.0), 1.4, Ink::grey(1.0), 0.7);
}
