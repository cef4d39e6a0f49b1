//! A small world whose truth is known: users and streamers belong to groups, and gifts stay within a group.
//!
//! A user's group shows in the graph alone: in the ends of its metapaths, not in its id, history or side features.

use kairos_gifting::{
    Config, Dataset, Event, Example, Fusion, Lists, Neighbour, NodeTable, Outcome, Path, RoomInput, Row,
    Segment, Snapshot, TrainingConfig, UserInput, Vectors,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub const GROUPS: u64 = 4;
pub const STREAMERS: u64 = 40;
/// When everything is asked.
pub const NOW: i64 = 1_000_000;

pub fn random(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

pub fn config() -> Config {
    Config {
        width: 8,
        heads: 2,
        streamer_slots: 64,
        user_slots: 256,
        content_width: 3,
        pretrained_width: 4,
        neighbours: 6,
        history: kairos_gifting::History::Search { by: kairos_gifting::Search::Category, top: 5 },
        longest_history: 50,
        fusion: Fusion {
            picture_width: 5,
            speech_width: 4,
            comment_width: 3,
            width: 8,
            heads: 2,
            queries: 2,
            feed_forward: 8,
            ..Fusion::default()
        },
        user_side: 2,
        room_side: 1,
        pair_side: 2,
        hidden: [16, 8],
        label: String::from("gift within a group"),
        ..Config::default()
    }
}

pub fn settings() -> TrainingConfig {
    TrainingConfig {
        epochs: 6,
        patience: 6,
        batch: 64,
        learning_rate: 1e-2,
        warmup: 5,
        dropout: 0.0,
        ..TrainingConfig::default()
    }
}

pub fn vector(random: &mut ChaCha8Rng, width: usize) -> Vec<f32> {
    (0..width).map(|_| random.random_range(-1.0..1.0)).collect()
}

pub fn neighbours(random: &mut ChaCha8Rng, count: usize, of: impl Fn(u64) -> bool) -> Vec<Neighbour> {
    let mut ends = Vec::new();
    while ends.len() < count {
        let node = random.random_range(0..STREAMERS);
        if of(node) {
            ends.push(Neighbour { node, weight: random.random_range(0.0..20.0) });
        }
    }
    ends
}

fn rows(random: &mut ChaCha8Rng, most: usize, width: usize) -> Vec<Vec<f32>> {
    (0..random.random_range(0..=most)).map(|_| vector(random, width)).collect()
}

/// A random example with some of everything, and often nothing of it.
pub fn example(random: &mut ChaCha8Rng) -> Example {
    let mut events: Vec<i64> =
        (0..random.random_range(0..60)).map(|_| NOW - random.random_range(1..500_000)).collect();
    events.sort_unstable();
    let event = |time_s: i64, random: &mut ChaCha8Rng| Event {
        streamer: random.random_range(0..STREAMERS + 10),
        time_s,
        weight: random.random_range(0.0..9.0),
        category: random.random_range(0..3),
    };
    let paths = |random: &mut ChaCha8Rng| {
        [(); 3].map(|()| {
            let count = random.random_range(0..9);
            neighbours(random, count, |_| true)
        })
    };
    let segment =
        Segment { pictures: rows(random, 3, 5), speech: rows(random, 2, 4), comments: rows(random, 4, 3) };
    Example {
        user: random.random_range(0..80),
        streamer: random.random_range(0..STREAMERS + 10),
        time_s: NOW,
        category: random.random_range(0..3),
        history: events.into_iter().map(|time_s| event(time_s, random)).collect(),
        user_paths: paths(random),
        streamer_paths: paths(random),
        segment: random.random_bool(0.8).then(|| Arc::new(segment)),
        user_side: vector(random, 2),
        room_side: vector(random, 1),
        pair_side: vector(random, 2),
        gift: random.random_bool(0.3),
        value: random.random_range(1.0..100.0),
    }
}

pub fn nodes(random: &mut ChaCha8Rng) -> NodeTable {
    let table = |random: &mut ChaCha8Rng, width: usize, count: u64| {
        let entries: Vec<(u64, Vec<f32>)> = (0..count).map(|id| (id, vector(random, width))).collect();
        Vectors::new(width, entries).expect("all of one width")
    };
    NodeTable {
        content: table(random, 3, STREAMERS),
        streamers: table(random, 4, STREAMERS),
        users: table(random, 4, 60),
    }
}

/// Users `from..to` of the grouped world, twelve examples each.
pub fn grouped(seed: u64, from: u64, to: u64) -> Dataset {
    let mut random = random(seed);
    let group = |id: u64| id % GROUPS;
    let mut rows = Vec::new();
    let (mut histories, mut users) = (Vec::new(), [const { Vec::new() }; 3]);
    for user in from..to {
        let mut event = |time_s: i64| Event {
            streamer: random.random_range(0..STREAMERS),
            time_s,
            weight: 1.0,
            category: 0,
        };
        histories.push((user, (0..8).map(|at| event(NOW - 100_000 + at * 60)).collect()));
        for list in &mut users {
            list.push((user, neighbours(&mut random, 5, |node| group(node) == group(user))));
        }
        for at in 0..12 {
            let streamer = random.random_range(0..STREAMERS);
            let gift = random.random_bool(if group(user) == group(streamer) { 0.9 } else { 0.05 });
            let value = if gift { (1 + 3 * group(user)) as f32 * random.random_range(0.5..2.0) } else { 0.0 };
            let outcome = Outcome { user, streamer, time_s: NOW + at, gift, value };
            rows.push(Row { outcome, category: 0, segment: None });
        }
    }
    let mut near =
        |streamer: u64| (streamer, neighbours(&mut random, 5, |node| group(node) == group(streamer)));
    let similar: Lists<Neighbour> = (0..STREAMERS).map(&mut near).collect();
    let fellows: Lists<Neighbour> = (0..STREAMERS).map(&mut near).collect();
    let snapshot = Snapshot {
        time_s: NOW - 10_000,
        users: users.map(|list| list.into_iter().collect()),
        streamers: [similar, fellows, Lists::default()],
    };
    Dataset {
        rows,
        histories: Arc::new(histories.into_iter().collect()),
        snapshots: Arc::new(vec![snapshot]),
        longest_history: 50,
        ..Dataset::default()
    }
}

/// The configuration of the grouped world: no content, no side features.
pub fn grouped_config() -> Config {
    let mut config = Config { content_width: 0, pretrained_width: 0, user_side: 0, room_side: 0, ..config() };
    config.pair_side = 0;
    config.fusion.enabled = false;
    config.paths.retain(|path| *path != Path::StreamerUser);
    config
}

pub fn inputs(examples: &[Example]) -> (Vec<UserInput<'_>>, Vec<RoomInput<'_>>) {
    (examples.iter().map(Example::user).collect(), examples.iter().map(Example::room).collect())
}
