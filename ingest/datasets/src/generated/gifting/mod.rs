//! A world of viewers and streamers in KuaiLive's layout, of which the truth is known.
//!
//! What is planted, and what finds it:
//! * tastes: users and streamers lie near the centres of communities, and like each other by the cosine of their vectors.
//!   A user with few gifts is known best through others who gave to the same streamers (U-A-A, U-A-U-A);
//! * what is on now: every segment has a topic, shown alike by pictures, speech and comments, and an excitement of three
//!   independent parts, each visible in one modality only. In which direction of the embedding a part lies depends on the
//!   style of the streamer, and its sign too, so that no reading that is the same for all streamers finds it;
//! * excitement counts as far as the topic is to the user's taste; generosity differs from user to user; who gave to a
//!   streamer lately gives sooner again;
//! * streamers' audiences follow a power law; users' clicks, and the values of gifts, are log-normal (the latter cut off at
//!   the top).
//!
//! The chance of a gift is sigmoid(bias + generosity + affinity + content + recency), with the bias such that the gift rate
//! is the wanted one; `truth.parquet` has it, and its parts, for every click. The shape (gifts per click, Gini coefficient
//! over users, share of the most generous users, tail of the values) is that of the public set.
//!
//! Invariants: the same world gives the same bytes; what a user does depends on no other user. Memory: 16 bytes per
//! segment, 40 per room, one user's clicks, and one group of rows per Parquet file.

mod events;
mod facts;
mod known;
mod latent;
mod rooms;
mod segments;
mod shape;
mod table;
mod truth;
mod visits;

use std::path::Path;

use crate::DatasetError;

pub use known::{KnownChance, read_truth};
pub use shape::Shape;

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// Users.
    pub users: u32,
    /// Streamers.
    pub streamers: u32,
    /// Days from the first to the last click.
    pub days: u32,
    /// Of everything that is random.
    pub seed: u64,
    /// Mean clicks per user.
    pub clicks_per_user: f64,
    /// Rooms shown without a click, per click.
    pub shown_per_click: f64,
    /// Mean live sessions of a streamer per day.
    pub lives_per_day: f64,
    /// Length of a segment in seconds.
    pub segment_seconds: u32,
    /// Numbers in an embedding of a picture, of speech, of a comment.
    pub width: usize,
    /// Wanted gifts per click.
    pub gift_rate: f64,
    /// How much of what is on now a gift depends on; 0 for not at all, 1 as planted.
    pub content: f64,
    /// How much of taste a gift depends on.
    pub taste: f64,
}

impl Default for World {
    /// 5,000 users, 800 streamers, 21 days, in the public set's shape.
    fn default() -> Self {
        Self {
            users: 5000,
            streamers: 800,
            days: 21,
            seed: 0,
            clicks_per_user: 150.0,
            shown_per_click: 1.0,
            lives_per_day: 0.5,
            segment_seconds: 300,
            width: 16,
            gift_rate: 0.0148,
            content: 1.0,
            taste: 1.0,
        }
    }
}

impl World {
    /// Small enough for a test: 60 users, 12 streamers, 4 days, with more gifts than in the public set.
    #[must_use]
    pub fn tiny() -> Self {
        Self {
            users: 60,
            streamers: 12,
            days: 4,
            clicks_per_user: 20.0,
            lives_per_day: 2.0,
            segment_seconds: 600,
            width: 6,
            gift_rate: 0.1,
            ..Self::default()
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Users, with and without clicks.
    pub users: u32,
    /// Streamers.
    pub streamers: u32,
    /// Rooms.
    pub rooms: u64,
    /// Lines of `click.csv`.
    pub clicks: u64,
    /// Lines of `negative.csv`.
    pub shown: u64,
    /// Lines of `comment.csv`.
    pub comments: u64,
    /// Lines of `like.csv`.
    pub likes: u64,
    /// Lines of `gift.csv`.
    pub gifts: u64,
    /// Rows of `segments.parquet`.
    pub segment_rows: u64,
    /// The bias that makes the gift rate.
    pub bias: f64,
    /// How gifts are distributed.
    pub shape: Shape,
    /// Area under the curve of the true chance against the gifts that came: no model does better, but by luck.
    pub oracle_auc: f64,
    /// The same within users, weighted by their clicks, over users with and without gifts in their clicks.
    pub oracle_gauc: f64,
}

/// Simulates a world and writes its folder: KuaiLive's files, `segments.parquet` and `truth.parquet`.
///
/// # Errors
/// When the world has no users, streamers, days or segments, or the file system refuses.
pub fn write_kuailive(folder: &Path, world: &World) -> Result<Summary, DatasetError> {
    check(world).map_err(|reason| DatasetError::layout(folder, reason))?;
    std::fs::create_dir_all(folder).map_err(DatasetError::io(folder))?;
    let streamers = latent::streamers(world);
    let rooms = rooms::Rooms::simulate(world, &streamers);
    facts::write(folder, world, &streamers, &rooms)?;
    let segment_rows = segments::write(folder, world, &streamers, &rooms)?;
    let visits = visits::Visits { world, streamers: &streamers, rooms: &rooms };
    let bias = visits.calibrate();
    events::write(folder, &visits, bias, segment_rows)
}

fn check(world: &World) -> Result<(), String> {
    let counts = [
        ("users", world.users),
        ("streamers", world.streamers),
        ("days", world.days),
        ("segment_seconds", world.segment_seconds),
    ];
    if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return Err(format!("a world needs {name} above 0"));
    }
    if !(world.gift_rate > 0.0 && world.gift_rate < 1.0) {
        return Err(format!("a gift rate of {} isn't between 0 and 1", world.gift_rate));
    }
    let amounts = [
        ("clicks_per_user", world.clicks_per_user),
        ("shown_per_click", world.shown_per_click),
        ("lives_per_day", world.lives_per_day),
        ("content", world.content),
        ("taste", world.taste),
    ];
    match amounts.into_iter().find(|(_, amount)| !(amount.is_finite() && *amount >= 0.0 && *amount <= 1e6)) {
        Some((name, amount)) => Err(format!("{name} of {amount} isn't between 0 and 1,000,000")),
        None if world.width < 4 || world.width > 4096 => {
            Err(format!("a width of {} isn't between 4 and 4,096", world.width))
        }
        None if world.days > 3650 => Err(format!("{} days are more than 3,650", world.days)),
        None => Ok(()),
    }
}
