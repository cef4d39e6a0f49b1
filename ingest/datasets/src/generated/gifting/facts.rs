//! Users, streamers, rooms and titles.
//!
//! Categories tell something of tastes and styles, as real ones do, but not all: what they are wrong in, behaviour shows.
//!
//! Invariants: one row per user and streamer, one per room and day, one embedding per title; every streamer has three
//! titles.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use npyz::WriterBuilder;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::World;
use super::latent::{COMMUNITIES, Purpose, STYLES, Streamer, User, centres, normal, rng, user};
use super::rooms::{BEGIN_MS, DAY_MS, Rooms};
use super::table::{Csv, live_id, streamer_id, user_id};
use crate::DatasetError;

/// Numbers in a title's embedding.
const TITLE_WIDTH: usize = 128;
/// Titles of a streamer.
const TITLES: u32 = 3;

pub(super) fn write(
    folder: &Path,
    world: &World,
    streamers: &[Streamer],
    rooms: &Rooms,
) -> Result<(), DatasetError> {
    write_users(folder, world)?;
    write_streamers(folder, world, streamers)?;
    write_rooms(folder, world, streamers, rooms)?;
    write_titles(folder, world, streamers)
}

/// The true category with this chance, otherwise any.
fn told(truth: usize, of: usize, chance: f64, rng: &mut ChaCha8Rng) -> usize {
    if rng.random_bool(chance) { truth } else { rng.random_range(0..of) }
}

fn day(days: i64) -> Date {
    date(2025, 5, 5).saturating_add(days.days())
}

/// The range of a number that a release would show: `[10,100)`.
fn range(number: f64) -> String {
    let low = 10.0_f64.powf(number.max(1.0).log10().floor());
    format!("[{low},{})", low * 10.0)
}

fn write_users(folder: &Path, world: &World) -> Result<(), DatasetError> {
    let mut header = vec![
        "user_id",
        "age",
        "gender",
        "country",
        "device_brand",
        "device_price",
        "reg_timestamp",
        "fans_num",
        "follow_num",
        "first_watch_live_timestamp",
        "accu_watch_live_cnt",
        "accu_watch_live_duration",
        "is_live_streamer",
        "is_photo_author",
    ];
    const ONEHOT: [&str; 7] = [
        "onehot_feat0",
        "onehot_feat1",
        "onehot_feat2",
        "onehot_feat3",
        "onehot_feat4",
        "onehot_feat5",
        "onehot_feat6",
    ];
    header.extend(ONEHOT);
    let mut csv = Csv::create(folder, "user.csv", &header)?;
    let centres = centres(world);
    for number in 0..world.users {
        let User { community, wealth, clicks, .. } = user(world, &centres, number);
        let mut rng = rng(world, Purpose::Facts, u64::from(number) << 2);
        let ages = ["12-17", "18-23", "24-30", "31-40", "41-49", "50+"];
        let age = ages[told(community % ages.len(), ages.len(), 0.3, &mut rng)];
        // Dear devices, where there is money for gifts, and where there is none.
        let price = 2000.0 * f64::from(0.4 * wealth + 0.5 * normal(&mut rng)).exp();
        let mut line = vec![
            user_id(number).to_string(),
            age.to_owned(),
            ["F", "M"][rng.random_range(0..2)].to_owned(),
            "China".to_owned(),
            format!("brand{}", rng.random_range(0..9)),
            range(price),
            day(-rng.random_range(30..3000)).to_string(),
            range(f64::from(1.5 * normal(&mut rng) + 3.0).exp()),
            range(f64::from(normal(&mut rng) + 4.0).exp()),
            day(-rng.random_range(0..30)).to_string(),
            range(f64::from(clicks) * 5.0),
            range(f64::from(clicks) * 300.0),
            rng.random_range(0..2).to_string(),
            rng.random_range(0..2).to_string(),
        ];
        line.push(told(community, COMMUNITIES, 0.3, &mut rng).to_string());
        line.extend((1..7).map(|_| rng.random_range(0..20).to_string()));
        csv.line(&line)?;
    }
    csv.finish().map(drop)
}

fn write_streamers(folder: &Path, world: &World, streamers: &[Streamer]) -> Result<(), DatasetError> {
    let mut header = vec![
        "streamer_id",
        "gender",
        "age",
        "country",
        "device_brand",
        "device_price",
        "live_operation_tag",
        "fans_user_num",
        "fans_group_fans_num",
        "follow_user_num",
        "first_live_timestamp",
        "accu_live_cnt",
        "accu_live_duration",
        "accu_play_cnt",
        "accu_play_duration",
        "reg_timestamp",
    ];
    const ONEHOT: [&str; 7] = [
        "onehot_feat0",
        "onehot_feat1",
        "onehot_feat2",
        "onehot_feat3",
        "onehot_feat4",
        "onehot_feat5",
        "onehot_feat6",
    ];
    header.extend(ONEHOT);
    let mut csv = Csv::create(folder, "streamer.csv", &header)?;
    for (number, streamer) in (0_u32..).zip(streamers) {
        let mut rng = rng(world, Purpose::Facts, u64::from(number) << 2 | 1);
        let fans = f64::from(streamer.popularity) * 1e6 * f64::from(0.7 * normal(&mut rng)).exp();
        let mut line = vec![
            streamer_id(number).to_string(),
            ["F", "M"][rng.random_range(0..2)].to_owned(),
            ["18-23", "24-30", "31-40", "41+"][rng.random_range(0..4)].to_owned(),
            "China".to_owned(),
            format!("brand{}", rng.random_range(0..9)),
            range(f64::from(normal(&mut rng) + 8.0).exp()),
            format!("tag{}", told(streamer.style, STYLES, 0.5, &mut rng)),
            range(fans),
            range(fans / 50.0),
            range(f64::from(normal(&mut rng) + 5.0).exp()),
            day(-rng.random_range(30..2000)).to_string(),
            range(f64::from(normal(&mut rng) + 5.0).exp()),
            range(f64::from(normal(&mut rng) + 9.0).exp()),
            range(fans * 3.0),
            range(fans * 90.0),
            day(-rng.random_range(2000..4000)).to_string(),
        ];
        line.push(told(streamer.community, COMMUNITIES, 0.3, &mut rng).to_string());
        line.extend((1..7).map(|_| rng.random_range(0..20).to_string()));
        csv.line(&line)?;
    }
    csv.finish().map(drop)
}

fn write_rooms(
    folder: &Path,
    world: &World,
    streamers: &[Streamer],
    rooms: &Rooms,
) -> Result<(), DatasetError> {
    let header = [
        "p_date",
        "live_id",
        "streamer_id",
        "live_type",
        "start_timestamp",
        "end_timestamp",
        "live_content_category",
        "live_name_id",
    ];
    let mut csv = Csv::create(folder, "room.csv", &header)?;
    for (number, session) in (0_u32..).zip(&rooms.sessions) {
        let Some(streamer) = streamers.get(session.streamer as usize) else { continue };
        let mut rng = rng(world, Purpose::Facts, u64::from(number) << 2 | 2);
        let kind = rng.random_range(0..3_u32);
        let category = told(streamer.community, COMMUNITIES, 0.6, &mut rng);
        let title = session.streamer * TITLES + rng.random_range(0..TITLES);
        let days = [session.start_ms, session.end_ms].map(|time| (time - BEGIN_MS).div_euclid(DAY_MS));
        for today in days[0]..=days[1] {
            let line = [
                day(today).strftime("%Y%m%d").to_string(),
                live_id(number).to_string(),
                streamer_id(session.streamer).to_string(),
                kind.to_string(),
                session.start_ms.to_string(),
                session.end_ms.to_string(),
                category.to_string(),
                title.to_string(),
            ];
            csv.line(&line)?;
        }
    }
    csv.finish().map(drop)
}

fn write_titles(folder: &Path, world: &World, streamers: &[Streamer]) -> Result<(), DatasetError> {
    let path = folder.join("title_embeddings.npy");
    let failed = DatasetError::io(&path);
    let mut shared = rng(world, Purpose::Facts, 3);
    let mut row = || (0..TITLE_WIDTH).map(|_| normal(&mut shared)).collect::<Vec<f32>>();
    let communities: Vec<Vec<f32>> = (0..COMMUNITIES).map(|_| row()).collect();
    let file = BufWriter::new(File::create(&path).map_err(&failed)?);
    let shape = [streamers.len() as u64 * u64::from(TITLES), TITLE_WIDTH as u64];
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(file).begin_nd().map_err(&failed)?;
    for (number, streamer) in (0_u64..).zip(streamers) {
        let mut rng = rng(world, Purpose::Facts, (number + 1) << 2 | 3);
        for _ in 0..TITLES {
            for value in &communities[streamer.community] {
                writer.push(&(0.15 * value + 0.25 * normal(&mut rng))).map_err(&failed)?;
            }
        }
    }
    writer.finish().map_err(&failed)
}
