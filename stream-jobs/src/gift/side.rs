//! Side features of viewers, rooms and pairs: plain numbers of order 1 that need no id.
//!
//! Invariants: widths and meanings are part of a checkpoint ([`LAYOUT`]): whoever changes one changes it; nothing later
//! than the moment asked about is in them.

use super::users::User;
use super::viewers::{Viewer, Viewers};

/// Names the features below.
pub const LAYOUT: &str = "viewers-1";
/// Values of a user: gifts and value given ever.
pub const USER: usize = 2;
/// Values of a room: present viewers; clicks, comments, gifts and value of late.
pub const ROOM: usize = 5;
/// Values of a pair: how long ago the viewer came in (fading over 3 s, 10 s and 60 s, and as a logarithm), commented and
/// gave; comments, gifts and value here.
pub const PAIR: usize = 9;

fn logarithm(amount: f64) -> f32 {
    (0.5 * amount.max(0.0).ln_1p()) as f32
}

/// 1 at once, a third after `over_s`, 0 when it never was.
fn fading(now_us: i64, then_us: Option<i64>, over_s: f64) -> f32 {
    let Some(then_us) = then_us else { return 0.0 };
    let passed_s = (now_us - then_us).max(0) as f64 / 1e6;
    (-passed_s / over_s).exp() as f32
}

/// Of a user.
pub fn of_user(user: Option<&User>) -> [f32; USER] {
    let (gifts, value) = user.map_or((0, 0.0), |user| (user.gifts, user.value));
    [logarithm(f64::from(gifts)), logarithm(value)]
}

/// Of a room with `present` viewers.
pub fn of_room(viewers: &Viewers, present: usize, now_us: i64) -> [f32; ROOM] {
    [
        logarithm(present as f64),
        logarithm(viewers.clicks.at(now_us)),
        logarithm(viewers.comments.at(now_us)),
        logarithm(viewers.gifts.at(now_us)),
        logarithm(viewers.value.at(now_us)),
    ]
}

/// Of a viewer in a room.
pub fn of_pair(viewer: &Viewer, now_us: i64) -> [f32; PAIR] {
    let entered = Some(viewer.entered_us);
    [
        fading(now_us, entered, 3.0),
        fading(now_us, entered, 10.0),
        fading(now_us, entered, 60.0),
        logarithm((now_us - viewer.entered_us).max(0) as f64 / 1e6),
        fading(now_us, viewer.commented_us, 20.0),
        fading(now_us, viewer.gave_us, 30.0),
        logarithm(f64::from(viewer.comments)),
        logarithm(f64::from(viewer.gifts)),
        logarithm(viewer.value),
    ]
}
