//! Generated users and rooms of the size that live serving sees.

use candle_core::Device;
use kairos_gifting::{
    Config, Event, Fusion, GiftingError, History, Neighbour, NodeTable, Ranker, RoomInput, RoomPass, Segment,
    UserInput, UserPass, Vectors,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const STREAMERS: u64 = 10_000;
const USERS: u64 = 20_000;
const NOW_S: i64 = 1_750_000_000;

/// Everything on: a ranker of default widths that reads node vectors, segments and side features.
pub fn config(history: History) -> Config {
    Config {
        history,
        longest_history: 1 << 14,
        content_width: 32,
        pretrained_width: 32,
        fusion: Fusion { picture_width: 84, speech_width: 64, comment_width: 135, ..Fusion::default() },
        user_side: 8,
        room_side: 8,
        pair_side: 4,
        ..Config::default()
    }
}

/// Inputs that a ranker reads, and the vectors they name.
pub struct Crowd {
    nodes: NodeTable,
    histories: Vec<Vec<Event>>,
    user_paths: Vec<[Vec<Neighbour>; 3]>,
    streamer_paths: Vec<[Vec<Neighbour>; 3]>,
    segments: Vec<Segment>,
    side: Vec<f32>,
}

fn vector(random: &mut ChaCha8Rng, width: usize) -> Vec<f32> {
    (0..width).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn rows(random: &mut ChaCha8Rng, count: usize, width: usize) -> Vec<Vec<f32>> {
    (0..count).map(|_| vector(random, width)).collect()
}

fn ends(random: &mut ChaCha8Rng, most: u64) -> Vec<Neighbour> {
    (0..16)
        .map(|_| Neighbour { node: random.random_range(0..most), weight: random.random_range(0.0..9.0) })
        .collect()
}

impl Crowd {
    /// So many users, with histories of so many events in twenty categories, and so many rooms.
    pub fn new(users: usize, rooms: usize, events: usize) -> Self {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut table = |width: usize, count: u64| {
            let entries: Vec<(u64, Vec<f32>)> = (0..count).map(|id| (id, vector(random, width))).collect();
            Vectors::new(width, entries).unwrap_or_default()
        };
        let nodes = NodeTable {
            content: table(32, STREAMERS),
            streamers: table(32, STREAMERS),
            users: table(32, USERS),
        };
        let event = |at: usize, random: &mut ChaCha8Rng| Event {
            streamer: random.random_range(0..STREAMERS),
            time_s: NOW_S - 600 * (events - at) as i64,
            weight: random.random_range(0.0..9.0),
            category: random.random_range(0..20),
        };
        Self {
            nodes,
            histories: (0..users).map(|_| (0..events).map(|at| event(at, random)).collect()).collect(),
            user_paths: (0..users).map(|_| [(); 3].map(|()| ends(random, STREAMERS))).collect(),
            streamer_paths: (0..rooms)
                .map(|_| [STREAMERS, STREAMERS, USERS].map(|most| ends(random, most)))
                .collect(),
            segments: (0..rooms)
                .map(|_| Segment {
                    pictures: self::rows(random, 3, 84),
                    speech: self::rows(random, 1, 64),
                    comments: self::rows(random, 8, 135),
                })
                .collect(),
            side: vector(random, 4000),
        }
    }

    pub fn user_inputs(&self) -> Vec<UserInput<'_>> {
        let each = self.histories.iter().zip(&self.user_paths).zip(0..);
        each.map(|((history, [a, b, c]), id)| UserInput {
            id,
            time_s: NOW_S,
            history,
            paths: [a, b, c],
            side: &self.side[..8],
        })
        .collect()
    }

    pub fn room_inputs(&self) -> Vec<RoomInput<'_>> {
        let each = self.streamer_paths.iter().zip(&self.segments).zip(0..);
        each.map(|(([a, b, c], segment), streamer)| RoomInput {
            streamer,
            category: streamer as u32 % 20,
            paths: [a, b, c],
            segment: Some(segment),
            side: &self.side[..8],
        })
        .collect()
    }

    /// A ranker that knows these rooms' streamers.
    pub fn ranker(&self, config: Config) -> Result<Ranker, GiftingError> {
        let mut ranker = Ranker::new(config, 1, &Device::Cpu)?;
        ranker.admit_streamers(&self.room_inputs(), NOW_S, &self.nodes)?;
        Ok(ranker)
    }

    pub fn passes(&self, ranker: &Ranker) -> Result<(Vec<UserPass>, Vec<RoomPass>), GiftingError> {
        let rooms = ranker.room_passes(&self.room_inputs(), &self.nodes, false)?;
        Ok((ranker.user_passes(&self.user_inputs(), &self.nodes)?, rooms))
    }

    /// The first user's pass alone.
    #[allow(dead_code, reason = "the example has no use for it")]
    pub fn user_pass(&self, ranker: &Ranker) -> Result<Vec<UserPass>, GiftingError> {
        ranker.user_passes(&self.user_inputs()[..1], &self.nodes)
    }

    /// The first room's pass alone.
    #[allow(dead_code, reason = "the example has no use for it")]
    pub fn room_pass(&self, ranker: &Ranker) -> Result<Vec<RoomPass>, GiftingError> {
        ranker.room_passes(&self.room_inputs()[..1], &self.nodes, false)
    }

    pub fn pair_side(&self, pairs: usize) -> &[f32] {
        &self.side[..4 * pairs]
    }
}
