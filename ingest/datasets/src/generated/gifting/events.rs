//! Clicks, gifts, impressions, comments and likes.
//!
//! Invariants: rows are user by user, as a table sorted by user would be; readers put them in order of time.

use std::path::Path;

use super::Summary;
use super::latent::centres;
use super::shape::Shape;
use super::table::{Csv, live_id, streamer_id, user_id};
use super::truth::Truth;
use super::visits::{Visit, Visits};
use crate::DatasetError;

const EVENT: [&str; 4] = ["user_id", "live_id", "streamer_id", "timestamp"];

pub(super) fn write(
    folder: &Path,
    visits: &Visits<'_>,
    bias: f64,
    segment_rows: u64,
) -> Result<Summary, DatasetError> {
    let with = |column| [EVENT.as_slice(), &[column]].concat();
    let mut clicks = Csv::create(folder, "click.csv", &with("watch_live_time"))?;
    let mut gifts = Csv::create(folder, "gift.csv", &with("gift_price"))?;
    let mut shown = Csv::create(folder, "negative.csv", &EVENT)?;
    let mut comments = Csv::create(folder, "comment.csv", &EVENT)?;
    let mut likes = Csv::create(folder, "like.csv", &EVENT)?;
    let mut truth = Truth::create(folder)?;
    let (mut given, mut values) = (Vec::new(), Vec::new());
    let streamer = |session: u32| visits.rooms.sessions.get(session as usize).map_or(0, |one| one.streamer);
    let centres = centres(visits.world);
    for user in 0..visits.world.users {
        let of_user = visits.of(&centres, user, bias);
        let mut total = 0.0;
        for visit in &of_user {
            let at = |session: u32, time_ms: i64| {
                [user_id(user), live_id(session), streamer_id(streamer(session)), time_ms, 0]
            };
            let mut click = at(visit.session, visit.time_ms);
            click[4] = visit.watch_ms;
            clicks.numbers(&click)?;
            if let Some((time_ms, value)) = visit.gift {
                let mut gift = at(visit.session, time_ms);
                gift[4] = i64::try_from(value).unwrap_or(i64::MAX);
                gifts.numbers(&gift)?;
                total += value as f64;
                values.push(value as f64);
            }
            for &(session, time_ms) in &visit.shown {
                shown.numbers(&at(session, time_ms)[..4])?;
            }
            for (csv, time_ms) in [(&mut comments, visit.comment_ms), (&mut likes, visit.like_ms)] {
                if let Some(time_ms) = time_ms {
                    csv.numbers(&at(visit.session, time_ms)[..4])?;
                }
            }
        }
        given.push(total);
        truth.user(user, &of_user, |visit: &Visit| streamer(visit.session), bias)?;
    }
    let clicks = clicks.finish()?;
    let (oracle_auc, oracle_gauc) = truth.finish()?;
    Ok(Summary {
        users: visits.world.users,
        streamers: visits.world.streamers,
        rooms: visits.rooms.sessions.len() as u64,
        clicks,
        shown: shown.finish()?,
        comments: comments.finish()?,
        likes: likes.finish()?,
        gifts: gifts.finish()?,
        segment_rows,
        bias,
        shape: Shape::of(&given, &values, clicks),
        oracle_auc,
        oracle_gauc,
    })
}
