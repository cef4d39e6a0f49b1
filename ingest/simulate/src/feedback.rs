//! Impressions, clicks and watches: the click-through rate of each second follows its interest.

use kairos_timeline::{Feedback, FeedbackKind, RoomId, Span};
use rand::Rng;

use crate::audience::{Audience, user_id};
use crate::clock::RoomClock;
use crate::moment::{Moment, interest};
use crate::seed::{Purpose, arrivals, exponential, log_normal, numbers};

/// The most that viewers click, whatever happens.
const CTR_CEILING: f64 = 0.6;

/// How a room is shown and clicked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Appeal {
    /// Impressions per second.
    pub impressions: f64,
    /// Click-through rate when nothing happens.
    pub base_ctr: f64,
    /// How many times the base is added at interest 1.
    pub gain: f64,
}

/// A click, for the gifts that may follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Click {
    pub media_s: f64,
    pub user: usize,
}

/// Interest and click-through rate of every whole second of the media.
pub(crate) fn per_second(moments: &[Moment], appeal: &Appeal, seconds: f64) -> (Vec<f64>, Vec<f64>) {
    let interests: Vec<f64> =
        (0..seconds.ceil() as usize).map(|s| interest(moments, s as f64 + 0.5)).collect();
    let rates =
        interests.iter().map(|i| (appeal.base_ctr * (1.0 + appeal.gain * i)).min(CTR_CEILING)).collect();
    (interests, rates)
}

/// Feedback in order of time, and the clicks in it.
pub(crate) fn feedback(
    seed: u64,
    room: usize,
    id: &RoomId,
    appeal: &Appeal,
    (interests, ctr): (&[f64], &[f64]),
    clock: &RoomClock,
    audience: &Audience,
) -> (Vec<Feedback>, Vec<Click>) {
    let mut rng = numbers(seed, room, Purpose::Feedback);
    let mut events = Vec::new();
    let mut clicks = Vec::new();
    for media_s in arrivals(&mut rng, 0.0, clock.seconds, appeal.impressions, |_| appeal.impressions) {
        let user = audience.visitor(&mut rng);
        let elapsed = clock.elapsed(media_s);
        events.push((elapsed, user, FeedbackKind::Impression, Span::ZERO));
        let second = media_s as usize;
        if !rng.random_bool(ctr.get(second).copied().unwrap_or(0.0)) {
            continue;
        }
        let clicked = elapsed + rng.random_range(0.1..0.7);
        events.push((clicked, user, FeedbackKind::Click, Span::ZERO));
        clicks.push(Click { media_s, user });
        let held = interests.get(second).copied().unwrap_or(0.0);
        let watched = log_normal(&mut rng, 9.0 * (1.0 + 2.0 * held), 1.2) + exponential(&mut rng, 1.0);
        let watched = Span::from_millis((watched * 1e3).round() as i64);
        events.push((clicked + 0.3, user, FeedbackKind::Watch, watched));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    let events = events
        .into_iter()
        .enumerate()
        .map(|(n, (elapsed, user, kind, watched))| Feedback {
            room: id.clone(),
            id: format!("{id}-f{n:06}"),
            user: user_id(user),
            sent_at: clock.wall(elapsed),
            kind,
            watched,
        })
        .collect();
    (events, clicks)
}
