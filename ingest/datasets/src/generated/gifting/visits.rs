//! What one user clicks, watches, says and gives.
//!
//! Invariants: visits of a user don't overlap; a gift is given within the visit; what is drawn depends on the user's
//! number, the seed and the bias alone.

use std::collections::HashMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::World;
use super::latent::{COMMUNITIES, Purpose, Streamer, Taste, User, centres, cosine, normal, rng, user};
use super::rooms::{BEGIN_MS, DAY_MS, Rooms, Session};

/// The parts of the log-odds of a gift, beside the bias.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Odds {
    pub(super) generosity: f64,
    pub(super) affinity: f64,
    pub(super) content: f64,
    pub(super) recency: f64,
}

impl Odds {
    pub(super) fn probability(&self, bias: f64) -> f64 {
        sigmoid(bias + self.generosity + self.affinity + self.content + self.recency)
    }
}

fn sigmoid(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// One visit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Visit {
    pub(super) session: u32,
    pub(super) time_ms: i64,
    pub(super) watch_ms: i64,
    pub(super) odds: Odds,
    /// When and how much.
    pub(super) gift: Option<(i64, u64)>,
    pub(super) comment_ms: Option<i64>,
    pub(super) like_ms: Option<i64>,
    /// Shown before it, not clicked.
    pub(super) shown: Vec<(u32, i64)>,
}

/// What visits depend on.
pub(super) struct Visits<'a> {
    pub(super) world: &'a World,
    pub(super) streamers: &'a [Streamer],
    pub(super) rooms: &'a Rooms,
}

/// What a user remembers of a streamer.
#[derive(Default)]
struct Memory {
    visits: u32,
    last_gift_ms: Option<i64>,
}

/// Weight of what pictures, speech and comments show; squares sum to about 1.
const PARTS: [f32; 3] = [0.75, 0.5, 0.45];

impl Visits<'_> {
    /// All visits of a user, in order of time.
    pub(super) fn of(&self, centres: &[Taste], number: u32, bias: f64) -> Vec<Visit> {
        let user = user(self.world, centres, number);
        let mut rng = rng(self.world, Purpose::Visits, u64::from(number));
        let times = self.times(&user, &mut rng);
        let mut memories: HashMap<u32, Memory> = HashMap::new();
        let (mut visits, mut weights) = (Vec::new(), Vec::new());
        for (at, &time_ms) in times.iter().enumerate() {
            self.weigh(&user, time_ms, &memories, &mut weights);
            let Some(number) = draw(&weights, &mut rng, |&(_, weight)| weight) else { continue };
            let Some((session, streamer)) = self.session(number) else { continue };
            let next = times.get(at + 1).copied().unwrap_or(i64::MAX);
            let memory = memories.entry(session.streamer).or_default();
            let mut visit = self.visit(&user, &mut rng, (number, session, streamer), time_ms, memory);
            visit.watch_ms = visit.watch_ms.min(next.saturating_sub(time_ms).saturating_sub(1000)).max(0);
            self.act(&user, &mut rng, &mut visit, bias, memory);
            let mut shown = self.world.shown_per_click.floor() as u32;
            shown += u32::from(rng.random_bool(self.world.shown_per_click.fract()));
            for before in 1..=shown {
                let popularity =
                    |&(number, _): &(u32, f32)| self.session(number).map_or(0.0, |(_, one)| one.popularity);
                if let Some(other) = draw(&weights, &mut rng, popularity).filter(|&other| other != number) {
                    visit.shown.push((other, time_ms - i64::from(before) * 3000));
                }
            }
            visits.push(visit);
        }
        visits
    }

    /// The bias that makes the wanted gift rate, from as many users as make a million clicks.
    pub(super) fn calibrate(&self) -> f64 {
        const CLICKS: f64 = 1e6;
        let wanted = self.world.gift_rate;
        let expected = self.world.clicks_per_user * f64::from(self.world.users);
        let stride = (expected / CLICKS).ceil().max(1.0) as usize;
        let centres = centres(self.world);
        let mut bias = (wanted / (1.0 - wanted)).ln() - 1.0;
        // Who gave lately depends on the bias, a little: the second step sees it.
        for _ in 0..2 {
            let mut odds = Vec::new();
            for number in (0..self.world.users).step_by(stride) {
                odds.extend(self.of(&centres, number, bias).into_iter().map(|visit| visit.odds));
            }
            if odds.is_empty() {
                return bias;
            }
            let (mut low, mut high) = (-40.0, 40.0);
            for _ in 0..50 {
                bias = (low + high) / 2.0;
                let mean = odds.iter().map(|odds| odds.probability(bias)).sum::<f64>() / odds.len() as f64;
                if mean > wanted { high = bias } else { low = bias }
            }
        }
        bias
    }

    fn session(&self, number: u32) -> Option<(&Session, &Streamer)> {
        let session = self.rooms.sessions.get(number as usize)?;
        Some((session, self.streamers.get(session.streamer as usize)?))
    }

    /// When the user looks around, in order; most in the evening.
    fn times(&self, user: &User, rng: &mut ChaCha8Rng) -> Vec<i64> {
        let days = f64::from(self.world.days);
        let first = (user.joined * days).floor();
        let mut times = Vec::with_capacity(user.clicks as usize);
        for _ in 0..user.clicks {
            let day = (first + rng.random_range(0.0..1.0) * (days - first)).floor().min(days - 1.0);
            let hour =
                if rng.random_bool(0.7) { 14.0 + 2.0 * normal(rng) } else { rng.random_range(0.0..24.0) };
            times.push(BEGIN_MS + day as i64 * DAY_MS + (f64::from(hour.rem_euclid(24.0)) * 3.6e6) as i64);
        }
        times.sort_unstable();
        times.dedup_by(|later, first| *later - *first < 5000);
        times
    }

    /// Rooms that are on, by popularity, taste and habit.
    fn weigh(
        &self,
        user: &User,
        time_ms: i64,
        memories: &HashMap<u32, Memory>,
        weights: &mut Vec<(u32, f32)>,
    ) {
        weights.clear();
        for number in self.rooms.on(time_ms) {
            let Some((session, streamer)) = self.session(number) else { continue };
            let visits = memories.get(&session.streamer).map_or(0, |memory| memory.visits.min(4));
            let taste = (1.8 * cosine(&user.taste, &streamer.taste)).exp();
            weights.push((number, streamer.popularity * taste * (1.0 + visits as f32)));
        }
    }

    /// A visit before anything happens in it, and what a gift in it depends on.
    fn visit(
        &self,
        user: &User,
        rng: &mut ChaCha8Rng,
        (number, session, streamer): (u32, &Session, &Streamer),
        time_ms: i64,
        memory: &Memory,
    ) -> Visit {
        let affinity = cosine(&user.taste, &streamer.taste);
        let moment = self.rooms.moment(session, time_ms);
        let content = moment.map_or(0.0, |moment| {
            let excitement: f32 =
                moment.excitement.iter().zip(PARTS).map(|(part, weight)| part * weight).sum();
            let topic = self.topic(moment.topic);
            excitement * (0.3 + 0.7 * cosine(&user.taste, &topic).max(0.0))
        });
        const FADES_MS: f64 = 3.0 * 86_400_000.0;
        let recency = memory.last_gift_ms.map_or(0.0, |last| (-((time_ms - last) as f64) / FADES_MS).exp());
        let odds = Odds {
            generosity: f64::from(user.generosity),
            affinity: self.world.taste * 2.5 * f64::from(affinity - 0.5),
            content: self.world.content * 1.6 * f64::from(content),
            recency: 1.2 * recency,
        };
        let stays = 10.5 + 1.2 * normal(rng) + 0.6 * affinity + 0.3 * content;
        let watch_ms = (f64::from(stays).exp() as i64).max(500).min(session.end_ms - time_ms);
        Visit {
            session: number,
            time_ms,
            watch_ms,
            odds,
            gift: None,
            comment_ms: None,
            like_ms: None,
            shown: Vec::new(),
        }
    }

    fn act(&self, user: &User, rng: &mut ChaCha8Rng, visit: &mut Visit, bias: f64, memory: &mut Memory) {
        memory.visits += 1;
        // Drawn whether needed or not, so that a gift doesn't change what follows.
        let (chance, size): (f64, f32) = (rng.random(), normal(rng));
        let mut instants = [0; 3].map(|_| visit.time_ms + rng.random_range(0..=visit.watch_ms)).into_iter();
        let mut instant = || instants.next().unwrap_or(visit.time_ms);
        if chance < visit.odds.probability(bias) {
            // The middle gift costs 20; the dearest thing there is 20 x 744 x 12.
            let value = 20.0 * f64::from(user.wealth + 2.66 * size).exp();
            let time_ms = instant();
            visit.gift = Some((time_ms, value.clamp(1.0, 178_560.0).round() as u64));
            memory.last_gift_ms = Some(time_ms);
        }
        let interest = 0.5 * visit.odds.affinity + 0.5 * visit.odds.content;
        visit.comment_ms = rng.random_bool(sigmoid(interest - 3.2)).then(&mut instant);
        visit.like_ms = rng.random_bool(sigmoid(interest - 3.3)).then(&mut instant);
    }

    fn topic(&self, topic: u8) -> Taste {
        self.rooms.topics.get(usize::from(topic) % COMMUNITIES).copied().unwrap_or_default()
    }
}

/// One of the entries, in proportion to its weight.
fn draw(entries: &[(u32, f32)], rng: &mut ChaCha8Rng, weight: impl Fn(&(u32, f32)) -> f32) -> Option<u32> {
    let total: f32 = entries.iter().map(&weight).sum();
    let mut left = rng.random::<f32>() * total;
    for entry in entries {
        left -= weight(entry);
        if left < 0.0 {
            return Some(entry.0);
        }
    }
    entries.last().map(|entry| entry.0)
}
