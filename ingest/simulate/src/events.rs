//! Everything that happens in a room, decided before a single picture is drawn.

use kairos_timeline::{Comment, Feedback, Gift, RoomId, StreamId, WallTime};
use rand::Rng;
use rand::seq::IndexedRandom;

use crate::audience::Audience;
use crate::chat::{self, Habits};
use crate::clock::{self, RoomClock};
use crate::feedback::{self, Appeal};
use crate::gifts;
use crate::moment::{self, Moment};
use crate::plan::{Plan, Traits};
use crate::seed::{Purpose, log_normal, numbers};
use crate::speech::{self, Phrase};
use crate::words::Language;

/// One room's truth and events, without media. Cheap: a room-hour takes well under a second.
#[derive(Debug, Clone)]
pub struct RoomEvents {
    /// Number of the room.
    pub index: usize,
    /// Its id, `room-000`.
    pub room: RoomId,
    /// Its broadcast, `room-000-simulated`.
    pub stream: StreamId,
    /// Begins with "Simulated".
    pub title: String,
    /// The streamer.
    pub streamer: String,
    /// What it has and lacks.
    pub traits: Traits,
    /// Media time to wall time.
    pub clock: RoomClock,
    /// Moments of interest.
    pub moments: Vec<Moment>,
    /// Median delay between what happens and comments about it, seconds; `None` without comments.
    pub comment_lag_s: Option<f64>,
    /// Delay of every comment that reacts to something, seconds, in no useful order.
    pub reaction_delays_s: Vec<f64>,
    /// Comments in order of time.
    pub comments: Vec<Comment>,
    /// Gifts in order of time.
    pub gifts: Vec<Gift>,
    /// Feedback in order of time.
    pub feedback: Vec<Feedback>,
    /// What the streamer says.
    pub phrases: Vec<Phrase>,
    /// Interest of each whole media second, 0 to 1.
    pub interest: Vec<f64>,
    /// Click-through rate of each whole media second.
    pub ctr: Vec<f64>,
    /// Media second at which the sound starts; 0 unless it is late.
    pub sound_starts_s: f64,
    pub(crate) seed: u64,
    pub(crate) language: Language,
}

/// 2026-01-03T18:00:00Z: rooms start there and later.
const FIRST_START_SECONDS: i64 = 1_767_463_200;

const STREAMERS: [&str; 10] =
    ["Ada", "Bruno", "Chidi", "Dana", "Emi", "Faruk", "Greta", "Hugo", "Ines", "Jun"];
const SHOWS: [&str; 6] =
    ["cup night", "ranked climb", "late talk", "speedrun practice", "arena finals", "chill evening"];

impl RoomEvents {
    /// Decides what happens in room number `index` of the plan.
    pub fn generate(plan: &Plan, index: usize) -> Self {
        let seed = plan.seed;
        let traits = plan.traits(index);
        let mut rng = numbers(seed, index, Purpose::Room);
        let room = RoomId::nearest(&format!("room-{index:03}"), "room");
        let stream = StreamId::nearest(&format!("{room}-simulated"), "stream");
        let streamer = STREAMERS.choose(&mut rng).copied().unwrap_or("Ada").to_owned();
        let show = SHOWS.choose(&mut rng).copied().unwrap_or("evening");
        let language = Language::ALL.choose(&mut rng).copied().unwrap_or(Language::En);
        let started_at = WallTime::from_millis((FIRST_START_SECONDS + index as i64 * 2_220) * 1_000);
        let lag_s: f64 = (rng.random_range(5.0..40.0_f64) * 10.0).round() / 10.0;
        let reaction_s = (lag_s * 0.5).min(rng.random_range(2.0..4.0));
        // From 0.2 to 30 messages a second, as many small rooms as large ones on a logarithmic scale; by the golden
        // ratio, so that a few rooms already show all sizes and the first is lively.
        let size = (0.5 + 0.1 * rng.random::<f64>() + index as f64 * 0.618_034).fract();
        let peak_rate = 0.2 * 150.0_f64.powf(size);
        let habits = Habits { lag_s, reaction_s, peak_rate, language };
        let appeal = Appeal {
            impressions: 1.0 + log_normal(&mut rng, 1.0 + peak_rate * 0.5, 0.3),
            base_ctr: rng.random_range(0.04..0.11),
            gain: rng.random_range(3.0..5.0),
        };
        let late = rng.random_range(1.5..4.0_f64);
        let sound_starts_s = if traits.late_sound { (late * 10.0).round() / 10.0 } else { 0.0 };

        let seconds = plan.seconds();
        let moments = moment::moments(seed, index, seconds, &traits);
        let dropouts =
            if traits.dropouts { clock::dropouts(seed, index, seconds, &moments) } else { Vec::new() };
        let clock = RoomClock { started_at, dropouts, seconds };
        let audience = Audience::new(plan, index);
        let (interest, ctr) = feedback::per_second(&moments, &appeal, seconds);
        let (feedback, clicks) =
            feedback::feedback(seed, index, &room, &appeal, (&interest, &ctr), &clock, &audience);
        let gifts = gifts::gifts(seed, index, &room, &clicks, &moments, &clock, &audience);
        let said = if traits.comments {
            chat::comments(seed, index, &habits, &moments, &clock, &audience)
        } else {
            Vec::new()
        };
        let reaction_delays_s = said.iter().filter_map(|said| said.delay_s).collect();
        let comments = said
            .into_iter()
            .enumerate()
            .map(|(n, said)| Comment {
                room: room.clone(),
                id: format!("{room}-c{n:06}"),
                user: said.user,
                sent_at: clock.wall(said.elapsed_s),
                text: said.text,
                other: serde_json::Map::new(),
            })
            .collect();
        let phrases = if plan.speech && traits.sound {
            speech::phrases(seed, index, seconds, language, &moments)
        } else {
            Vec::new()
        };
        Self {
            index,
            title: format!("Simulated: {streamer}, {show} (room {index})"),
            room,
            stream,
            streamer: format!("{streamer} (simulated)"),
            traits,
            clock,
            moments,
            comment_lag_s: traits.comments.then_some(lag_s),
            reaction_delays_s,
            comments,
            gifts,
            feedback,
            phrases,
            interest,
            ctr,
            sound_starts_s,
            seed,
            language,
        }
    }
}
