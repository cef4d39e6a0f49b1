//! Live sessions and what happens in them.
//!
//! Invariants: sessions of a streamer don't overlap; a session has at least two segments, the last maybe cut short.

use rand::Rng;

use super::World;
use super::latent::{COMMUNITIES, Purpose, Streamer, Taste, centres, normal, rng};

/// The first instant: 5 May 2025, 0:00 UTC.
pub(super) const BEGIN_MS: i64 = 1_746_403_200_000;
pub(super) const DAY_MS: i64 = 86_400_000;
/// Sessions are looked up by these.
const BUCKET_MS: i64 = 600_000;

/// What is on during a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub(super) topic: u8,
    /// What only pictures, only speech, only comments show.
    pub(super) excitement: [f32; 3],
}

/// One live session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Session {
    pub(super) streamer: u32,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    first_moment: usize,
    pub(super) segments: u32,
}

/// All sessions in order of begin.
pub(super) struct Rooms {
    pub(super) sessions: Vec<Session>,
    moments: Vec<Moment>,
    /// Sessions that are on within a bucket.
    buckets: Vec<Vec<u32>>,
    segment_ms: i64,
    /// What each topic is to a taste.
    pub(super) topics: Vec<Taste>,
}

impl Rooms {
    pub(super) fn simulate(world: &World, streamers: &[Streamer]) -> Self {
        let mut sessions = Vec::new();
        let segment_ms = i64::from(world.segment_seconds) * 1000;
        for number in 0..world.streamers {
            sessions.extend(of_streamer(world, number, segment_ms));
        }
        sessions.sort_by_key(|session| (session.start_ms, session.streamer));
        let last = sessions.iter().map(|session| session.end_ms).max().unwrap_or(BEGIN_MS);
        let mut buckets = vec![Vec::new(); ((last - BEGIN_MS) / BUCKET_MS + 1) as usize];
        let mut moments = Vec::new();
        for (number, session) in (0_u32..).zip(&mut sessions) {
            session.first_moment = moments.len();
            let community = streamers.get(session.streamer as usize).map_or(0, |streamer| streamer.community);
            moments.extend(of_session(world, number, community, session.segments));
            let (from, to) =
                ((session.start_ms - BEGIN_MS) / BUCKET_MS, (session.end_ms - BEGIN_MS) / BUCKET_MS);
            for bucket in buckets.iter_mut().take(to as usize + 1).skip(from as usize) {
                bucket.push(number);
            }
        }
        Self { sessions, moments, buckets, segment_ms, topics: centres(world) }
    }

    /// Sessions that are on, and of which a segment is over, at an instant.
    pub(super) fn on(&self, time_ms: i64) -> impl Iterator<Item = u32> {
        let bucket = usize::try_from((time_ms - BEGIN_MS) / BUCKET_MS).unwrap_or(0);
        let bucket = self.buckets.get(bucket).map(Vec::as_slice).unwrap_or_default();
        bucket.iter().copied().filter(move |&number| {
            let session = self.sessions.get(number as usize);
            session.is_some_and(|one| one.start_ms + self.segment_ms <= time_ms && time_ms < one.end_ms)
        })
    }

    /// What the latest segment that is over showed.
    pub(super) fn moment(&self, session: &Session, time_ms: i64) -> Option<&Moment> {
        let over = usize::try_from((time_ms - session.start_ms) / self.segment_ms).ok()?.checked_sub(1)?;
        self.moments_of(session).get(over)
    }

    /// What the segments of a session show.
    pub(super) fn moments_of(&self, session: &Session) -> &[Moment] {
        let range = session.first_moment..session.first_moment + session.segments as usize;
        self.moments.get(range).unwrap_or_default()
    }

    /// When a segment is over.
    pub(super) fn segment_end_ms(&self, session: &Session, segment: usize) -> i64 {
        session.end_ms.min(session.start_ms + self.segment_ms * (segment as i64 + 1))
    }
}

/// Sessions of one streamer: about two hours, most in the evening.
fn of_streamer(world: &World, streamer: u32, segment_ms: i64) -> Vec<Session> {
    let mut rng = rng(world, Purpose::Room, u64::from(streamer) << 1);
    let mut sessions: Vec<Session> = Vec::new();
    for day in 0..i64::from(world.days) {
        let mut count = world.lives_per_day.floor() as u32;
        count += u32::from(rng.random_bool(world.lives_per_day.fract()));
        for _ in 0..count.min(24) {
            let hour = if rng.random_bool(0.6) {
                13.0 + 1.8 * f64::from(normal(&mut rng))
            } else {
                rng.random_range(0.0..24.0)
            };
            let start_ms = BEGIN_MS + day * DAY_MS + (hour.rem_euclid(24.0) * 3.6e6) as i64;
            let minutes = (4.6 + 0.5 * f64::from(normal(&mut rng))).exp().clamp(20.0, 480.0);
            let length = ((minutes * 6e4) as i64).max(2 * segment_ms);
            let overlaps = |other: &Session| {
                start_ms < other.end_ms + 60_000 && other.start_ms < start_ms + length + 60_000
            };
            if !sessions.iter().rev().take(48).any(overlaps) {
                let segments = u32::try_from((length + segment_ms - 1) / segment_ms).unwrap_or(u32::MAX);
                sessions.push(Session {
                    streamer,
                    start_ms,
                    end_ms: start_ms + length,
                    first_moment: 0,
                    segments,
                });
            }
        }
    }
    sessions
}

/// Topics stay for a while, most of them the streamer's own; excitement wanders and has peaks.
fn of_session(world: &World, session: u32, community: usize, segments: u32) -> Vec<Moment> {
    let mut rng = rng(world, Purpose::Room, u64::from(session) << 1 | 1);
    let mut topic = community;
    let mut excitement = [0; 3].map(|_| normal(&mut rng));
    let next = |_| {
        if rng.random_bool(0.3) {
            topic = if rng.random_bool(0.5) { community } else { rng.random_range(0..COMMUNITIES) };
        }
        // Variance 1 at every step; half of it is gone after one and a half segments.
        const STAY: f32 = 0.6;
        for value in &mut excitement {
            *value = STAY * *value + (1.0 - STAY * STAY).sqrt() * normal(&mut rng);
        }
        Moment { topic: topic as u8, excitement }
    };
    (0..segments).map(next).collect()
}
