//! Gifts: about 1.5 % of clicks lead to one, moments make it likelier, and few viewers give nearly all.
//!
//! The shape follows what large live platforms report: P99/P50 of a gift near 700, Gini over givers near 0.94.

use kairos_timeline::{Gift, GiftKind, Modality, Money, RoomId};
use rand::Rng;
use rust_decimal::Decimal;

use crate::audience::{Audience, user_id};
use crate::clock::RoomClock;
use crate::feedback::Click;
use crate::moment::{Kind, Moment, shown_interest};
use crate::seed::{Purpose, exponential, log_normal, numbers};

/// Share of clicks that lead to a gift.
pub(crate) const PER_CLICK: f64 = 0.0148;
/// Spread between the gifts of one viewer; with the spread between viewers (2.2) it makes 2.82, and
/// `exp(2.326 * 2.82)` is about 700: P99 over P50.
const VALUE_SIGMA: f64 = 1.76;
/// What half of the gifts cost at most, coins.
const MEDIAN_COINS: f64 = 20.0;
/// The most that is bought at once. It cuts the tail where a few gifts would outweigh all others, and so brings the
/// Gini coefficient over givers down to what is reported.
const MOST_COINS: f64 = 200_000.0;
/// Coins to United States dollars.
const DOLLARS_PER_COIN: f64 = 0.01;

/// Catalogue: name and price, coins.
const CATALOGUE: [(&str, u32); 7] = [
    ("heart", 1),
    ("rose", 10),
    ("coffee", 50),
    ("crown", 200),
    ("rocket", 2_000),
    ("castle", 20_000),
    ("galaxy", 100_000),
];

/// Gifts in order of time.
pub(crate) fn gifts(
    seed: u64,
    room: usize,
    id: &RoomId,
    clicks: &[Click],
    moments: &[Moment],
    clock: &RoomClock,
    audience: &Audience,
) -> Vec<Gift> {
    let mut rng = numbers(seed, room, Purpose::Gifts);
    let urges: Vec<f64> = clicks.iter().map(|click| urge(click, moments, audience)).collect();
    let mean = urges.iter().sum::<f64>() / urges.len().max(1) as f64;
    let mut given = Vec::new();
    for (click, urge) in clicks.iter().zip(&urges) {
        let decided = rng.random_bool((PER_CLICK * urge / mean).clamp(0.0, 1.0));
        let wait = exponential(&mut rng, 5.0);
        let coins = log_normal(&mut rng, MEDIAN_COINS * audience.generosity[click.user], VALUE_SIGMA);
        let paid = payment(&mut rng, coins.clamp(1.0, MOST_COINS));
        if decided {
            given.push((clock.elapsed(click.media_s) + 1.0 + wait, click.user, paid));
        }
    }
    given.sort_by(|a, b| a.0.total_cmp(&b.0));
    given
        .into_iter()
        .enumerate()
        .map(|(n, (elapsed, user, paid))| Gift {
            room: id.clone(),
            id: format!("{id}-g{n:05}"),
            user: user_id(user),
            sent_at: clock.wall(elapsed),
            kind: paid.kind,
            name: paid.name.to_owned(),
            count: paid.count,
            money: Some(Money { amount: Decimal::from(paid.coins), currency: "coin".to_owned() }),
            value: paid.coins as f64 * DOLLARS_PER_COIN,
            text: paid.text.to_owned(),
            other: serde_json::Map::new(),
        })
        .collect()
}

/// How much likelier than usual this click leads to a gift.
fn urge(click: &Click, moments: &[Moment], audience: &Audience) -> f64 {
    let raining = moments
        .iter()
        .any(|m| m.kind == Kind::GiftRain && m.shows(Modality::Gift) && m.envelope(click.media_s) > 0.1);
    let pull = if raining { 10.0 } else { 4.0 };
    audience.readiness[click.user] * (1.0 + pull * shown_interest(moments, Modality::Gift, click.media_s))
}

struct Payment {
    kind: GiftKind,
    name: &'static str,
    count: u32,
    coins: u32,
    text: &'static str,
}

/// The dearest item that fits, as often as it fits; the rest is rounded to whole items.
fn payment(rng: &mut impl Rng, coins: f64) -> Payment {
    let paid_comment = rng.random_bool(0.08);
    let whole = coins.round().max(1.0) as u32;
    if paid_comment && whole >= 20 {
        let text = if rng.random_bool(0.5) { "keep it up" } else { "greetings to the chat" };
        return Payment { kind: GiftKind::SuperChat, name: "super chat", count: 1, coins: whole, text };
    }
    // Combos of cheap items are common, so one item below the dearest that fits is taken now and then.
    let fits = CATALOGUE.iter().filter(|(_, price)| *price <= whole).count().max(1);
    let index = fits.saturating_sub(1 + usize::from(rng.random_bool(0.4)));
    let (name, price) = CATALOGUE[index];
    let count = (coins / f64::from(price)).round().max(1.0) as u32;
    Payment { kind: GiftKind::Gift, name, count, coins: count.saturating_mul(price), text: "" }
}
