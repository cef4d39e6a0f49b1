//! Comments: reactions that come the room's lag after what they are about, small talk, raids, copies of copies.

use kairos_timeline::Modality;
use rand::Rng;
use rand::seq::IndexedRandom;

use crate::audience::{Audience, user_id};
use crate::clock::RoomClock;
use crate::moment::Moment;
use crate::seed::{Purpose, arrivals, log_normal, numbers};
use crate::words::{self, Language};

/// A comment before it has an id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// Wall seconds since the start.
    pub elapsed_s: f64,
    pub user: String,
    pub text: String,
    /// Wall seconds since what it is about; `None` for everything but reactions.
    pub delay_s: Option<f64>,
}

/// How a room chats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Habits {
    /// Median delay between what happens and the comments about it, seconds.
    pub lag_s: f64,
    /// Median of the part of the delay that differs from comment to comment (log-normal), seconds.
    pub reaction_s: f64,
    /// Messages per second at the peak of the strongest moments.
    pub peak_rate: f64,
    pub language: Language,
}

/// Sigma of the logarithm of the reaction time.
const REACTION_SIGMA: f64 = 0.6;
/// Small talk as a share of the peak rate.
const SMALL_TALK: f64 = 0.1;

/// All comments of a room in order of time.
pub(crate) fn comments(
    seed: u64,
    room: usize,
    habits: &Habits,
    moments: &[Moment],
    clock: &RoomClock,
    audience: &Audience,
) -> Vec<Said> {
    let mut rng = numbers(seed, room, Purpose::Chat);
    let mut said = small_talk(&mut rng, habits, clock, audience);
    said.extend(raids(&mut rng, habits, clock, audience));
    for moment in moments.iter().filter(|moment| moment.shows(Modality::Comment)) {
        said.extend(reactions(&mut rng, habits, moment, clock, audience));
    }
    said.sort_by(|a, b| a.elapsed_s.total_cmp(&b.elapsed_s));
    said
}

fn reactions(
    rng: &mut impl Rng,
    habits: &Habits,
    moment: &Moment,
    clock: &RoomClock,
    audience: &Audience,
) -> Vec<Said> {
    let rate = habits.peak_rate * moment.strength;
    let causes = arrivals(rng, moment.start_s, moment.end_s + 6.0, rate, |at| rate * moment.envelope(at));
    let wait = habits.lag_s - habits.reaction_s;
    let mut last: Option<String> = None;
    let mut said = Vec::with_capacity(causes.len());
    for cause in causes {
        let delay = wait + log_normal(rng, habits.reaction_s, REACTION_SIGMA);
        let text = match &last {
            Some(copied) if rng.random_bool(0.2) => copied.clone(),
            _ => reaction(rng, moment, habits.language),
        };
        last = Some(text.clone());
        said.push(Said {
            elapsed_s: clock.elapsed(cause.min(clock.seconds)) + delay,
            user: user_id(audience.talker(rng)),
            text,
            delay_s: Some(delay),
        });
    }
    said
}

/// A fifth of what comes in a moment is small talk all the same.
fn reaction(rng: &mut impl Rng, moment: &Moment, language: Language) -> String {
    let spoken = if rng.random_bool(0.8) { language } else { any_language(rng) };
    match rng.random_range(0..10) {
        0..=3 => {
            let emote = choose(words::emotes(moment.kind), rng);
            repeated(rng, emote)
        }
        4..=8 => choose(words::reactions(moment.kind, spoken), rng).to_owned(),
        _ => choose(words::small_talk(spoken), rng).to_owned(),
    }
}

fn small_talk(rng: &mut impl Rng, habits: &Habits, clock: &RoomClock, audience: &Audience) -> Vec<Said> {
    let base = (habits.peak_rate * SMALL_TALK).max(0.02);
    let (period, phase) = (rng.random_range(120.0..400.0), rng.random_range(0.0..std::f64::consts::TAU));
    // The room fills and empties: a slow swing by a factor of up to 2.
    let drift = |at: f64| (0.7 * (at / period * std::f64::consts::TAU + phase).sin()).exp();
    arrivals(rng, 0.0, clock.elapsed_at_end(), base * 2.02, |at| base * drift(at))
        .into_iter()
        .map(|elapsed_s| {
            let spoken = if rng.random_bool(0.85) { habits.language } else { any_language(rng) };
            let text = choose(words::small_talk(spoken), rng).to_owned();
            Said { elapsed_s, user: user_id(audience.talker(rng)), text, delay_s: None }
        })
        .collect()
}

/// Bursts about nothing on screen, about one in four minutes.
fn raids(rng: &mut impl Rng, habits: &Habits, clock: &RoomClock, audience: &Audience) -> Vec<Said> {
    let end = clock.elapsed_at_end();
    let mut said = Vec::new();
    for start in arrivals(rng, 0.0, end, 1.0 / 240.0, |_| 1.0 / 240.0) {
        let length = rng.random_range(6.0..14.0);
        let rate = habits.peak_rate * rng.random_range(0.4..0.9);
        for elapsed_s in arrivals(rng, start, (start + length).min(end), rate, |_| rate) {
            let text = choose(words::RAID, rng).to_owned();
            said.push(Said { elapsed_s, user: user_id(audience.talker(rng)), text, delay_s: None });
        }
    }
    said
}

fn any_language(rng: &mut impl Rng) -> Language {
    Language::ALL.choose(rng).copied().unwrap_or(Language::En)
}

fn choose(of: &'static [&'static str], rng: &mut impl Rng) -> &'static str {
    of.choose(rng).copied().unwrap_or("hi")
}

/// Emotes come in rows.
fn repeated(rng: &mut impl Rng, emote: &str) -> String {
    vec![emote; rng.random_range(1..=3)].join(" ")
}
