//! One generated room: when something happens in it, and the rows that tell of it.

use kairos_clickhouse::{CommentRow, FrameScore, GiftPrediction, GiftRow, RoomState, SpokenWord};

use super::talk::{CHEERS, COMMENTS, GIFTS, PEOPLE, REASONS, ROOMS, SPEECH, chance, noise, pick};

pub const UNIT_US: i64 = 2_000_000;
pub const MODELS: [&str; 2] = ["contentctr@4f2a9c", "kuaihl@91c07e"];

/// Units from one highlight to the next, about.
const APART: i64 = 18;

/// A room and its broadcast.
#[derive(Debug, Clone)]
pub struct Scene {
    pub n: i64,
    pub room: String,
    pub stream: String,
    pub title: String,
    pub started_us: i64,
    pub lag_us: i64,
}

/// A stretch in which something happens.
#[derive(Debug, Clone, Copy)]
pub struct Bump {
    pub id: i64,
    pub start: i64,
    pub length: i64,
    pub height: f64,
}

impl Scene {
    pub fn new(n: i64, started_us: i64) -> Self {
        let (name, title) = ROOMS[n as usize % ROOMS.len()];
        let again = n / ROOMS.len() as i64;
        let room = if again == 0 { name.to_owned() } else { format!("{name}-{again}") };
        let title = if again == 0 { title.to_owned() } else { format!("{title} ({})", again + 1) };
        let lag_us = 3_000_000 + (noise(n as u64) % 6_000) as i64 * 1_000;
        Self { n, stream: format!("{room}-1122"), room, title, started_us, lag_us }
    }

    fn seed(&self, unit: i64, what: u64) -> u64 {
        noise((self.n as u64) << 40 ^ (unit as u64) << 8 ^ what)
    }

    /// The highlights that start in some units.
    pub fn bumps(&self, units: std::ops::Range<i64>) -> impl Iterator<Item = Bump> {
        let scene = self.clone();
        (units.start / APART - 1..=units.end / APART).filter(|id| *id >= 0).filter_map(move |id| {
            let start = id * APART + (scene.seed(id, 1) % 8) as i64;
            let height = 0.35 + 0.6 * chance(scene.seed(id, 2));
            let length = 4 + (scene.seed(id, 3) % 4) as i64;
            let bump = Bump { id, start, length, height };
            (units.contains(&start) && chance(scene.seed(id, 4)) < 0.9).then_some(bump)
        })
    }

    /// How much is going on, 0 to 1.
    pub fn level(&self, unit: i64) -> f64 {
        let bump = self.bumps(unit - 8..unit + 1).map(|bump| {
            let at = (unit - bump.start) as f64 + 0.5;
            let x = at / bump.length as f64;
            if x < 1.0 {
                bump.height * (std::f64::consts::PI * x).sin().powf(0.6)
            } else {
                bump.height * 0.4 * (1.0 - x).exp()
            }
        });
        let slow = 0.05 + 0.03 * ((unit + self.n * 31) as f64 / 47.0).sin();
        (bump.fold(slow, f64::max) + 0.04 * (chance(self.seed(unit, 5)) - 0.5)).clamp(0.0, 1.0)
    }

    /// A unit's score by a model at a delay.
    pub fn score(&self, unit: i64, model: usize, delay_ms: u32) -> FrameScore {
        let level = self.level(unit);
        let wobble = (chance(self.seed(unit, 6 + model as u64 + u64::from(delay_ms))) - 0.5)
            * if delay_ms == 0 { 0.22 } else { 0.05 + 0.2 * model as f64 };
        let score = (level * (1.0 + wobble)) as f32;
        let share = |what: u64, weight: f64| {
            (weight * (score as f64 - 0.06) * (0.5 + chance(self.seed(unit / 3, what)))) as f32
        };
        let quiet = chance(self.seed(unit / 60, 20)) < 0.12;
        let mut missing = vec![];
        if quiet {
            missing.push("speech".to_owned());
        }
        let contributions = [
            ("picture", share(21, 0.34)),
            ("sound", share(22, 0.22)),
            ("comment", if delay_ms == 0 { share(23, 0.1) } else { share(23, 0.42) }),
            ("gift", share(24, 0.12)),
            ("speech", if quiet { 0.0 } else { share(25, -0.14) }),
        ];
        FrameScore {
            room: self.room.clone(),
            stream: self.stream.clone(),
            media_us: unit * UNIT_US,
            unit_us: UNIT_US,
            captured_at: self.started_us + unit * UNIT_US,
            score,
            scores: [("click".to_owned(), score * 0.9), ("stay".to_owned(), score * 1.05)].into(),
            contributions: contributions.map(|(name, amount)| (name.to_owned(), amount)).into(),
            missing,
            comment_lag_us: (unit > 20).then(|| self.lag_us + (self.seed(unit / 30, 26) % 800_000) as i64),
            delay_ms,
            r#final: delay_ms > 0,
            model: MODELS[model].to_owned(),
            revision: u32::from(delay_ms > 0),
            topic: "kairos.media".to_owned(),
            partition: (self.n % 8) as i32,
            first_offset: unit,
            last_offset: unit,
        }
    }

    /// Comments that were sent in a unit; they speak of what was on the air a lag earlier.
    pub fn comments(&self, unit: i64) -> Vec<CommentRow> {
        let about = (unit * UNIT_US - self.lag_us).div_euclid(UNIT_US);
        let level = if about >= 0 { self.level(about) } else { 0.0 };
        let count =
            (level * 9.0 * (0.4 + chance(self.seed(unit, 30))) + chance(self.seed(unit, 31)) * 1.3) as u64;
        (0..count)
            .map(|k| {
                let seed = self.seed(unit, 40 + k);
                let media_us = unit * UNIT_US + (seed % UNIT_US as u64) as i64;
                let cheers = level > 0.3 && chance(seed ^ 7) < 0.7;
                CommentRow {
                    room: self.room.clone(),
                    stream: self.stream.clone(),
                    id: format!("c{unit}-{k}"),
                    user: format!("{}{}", pick(&PEOPLE, seed ^ 1), seed % 40),
                    text: if cheers { pick(&CHEERS, seed ^ 2) } else { pick(&COMMENTS, seed ^ 3) }.to_owned(),
                    sent_at: self.started_us + media_us,
                    media_us: Some(media_us),
                    late: chance(seed ^ 5) < 0.02,
                    topic: "kairos.comments".to_owned(),
                    partition: (self.n % 8) as i32,
                    offset: unit * 100 + k as i64,
                    revision: 0,
                }
            })
            .collect()
    }

    /// A gift that came in a unit, sometimes.
    pub fn gift(&self, unit: i64) -> Option<GiftRow> {
        let seed = self.seed(unit, 60);
        if chance(seed) > 0.02 + 0.3 * self.level(unit) {
            return None;
        }
        let (name, value) = GIFTS[((chance(seed ^ 1).powi(3)) * GIFTS.len() as f64) as usize];
        let count = 1 + (seed % 5) as u32;
        let media_us = unit * UNIT_US + 700_000;
        Some(GiftRow {
            room: self.room.clone(),
            stream: self.stream.clone(),
            id: format!("g{unit}"),
            user: format!("{}{}", pick(&PEOPLE, seed ^ 2), seed % 12),
            kind: "gift".to_owned(),
            name: name.to_owned(),
            count,
            value: value * f64::from(count),
            currency: "USD".to_owned(),
            sent_at: self.started_us + media_us,
            media_us: Some(media_us),
            topic: "kairos.gifts".to_owned(),
            partition: (self.n % 8) as i32,
            offset: unit,
            ..GiftRow::default()
        })
    }

    /// Words spoken from a unit on, now and then.
    pub fn words(&self, unit: i64) -> Vec<SpokenWord> {
        let seed = self.seed(unit, 70);
        if unit % 4 != 0 || chance(seed) > 0.6 {
            return vec![];
        }
        let line = pick(&SPEECH, seed ^ 1);
        let words = line.split(' ').enumerate().map(|(k, text)| {
            let start_us = unit * UNIT_US + k as i64 * 420_000;
            SpokenWord {
                room: self.room.clone(),
                stream: self.stream.clone(),
                start_us,
                end_us: start_us + 380_000,
                text: text.to_owned(),
                language: "en".to_owned(),
                probability: 0.8,
                model: "whisper@0c11d2".to_owned(),
                ..SpokenWord::default()
            }
        });
        words.collect()
    }

    pub fn state(&self, unit: i64) -> RoomState {
        RoomState {
            room: self.room.clone(),
            stream: self.stream.clone(),
            media_us: unit * UNIT_US,
            comment_lag_us: (unit > 20).then(|| self.lag_us + (self.seed(unit / 30, 26) % 800_000) as i64),
            lag_confidence: (unit as f32 / 300.0).min(0.92),
            fps: if self.n % 7 == 3 { 17.5 } else { 25.0 } + (self.seed(unit, 80) % 10) as f32 / 20.0,
            drops: if self.n % 7 == 3 { unit as u64 / 3 } else { unit as u64 / 400 },
            late: unit as u64 / 50,
            comments: unit as u64 * 2,
            gifts: unit as u64 / 12,
            revision: 0,
        }
    }

    pub fn prediction(&self, unit: i64, k: u64) -> GiftPrediction {
        let seed = self.seed(k as i64, 90);
        let probability = (0.03 + 0.7 * chance(seed).powi(3)) as f32;
        GiftPrediction {
            room: self.room.clone(),
            stream: self.stream.clone(),
            streamer: self.room.clone(),
            media_us: unit * UNIT_US,
            user: format!("{}{}", PEOPLE[k as usize % PEOPLE.len()], k % 12),
            probability,
            expected_value: f64::from(probability) * (0.2 + 6.0 * chance(seed ^ 1).powi(2)),
            reason: pick(&REASONS, seed ^ 2).to_owned(),
            model: "mmbee@0b77d1".to_owned(),
            revision: 0,
        }
    }
}
