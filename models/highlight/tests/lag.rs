//! The comment lag is found in generated rooms, whatever the content curve looks like.

use kairos_highlight::{LagConfig, LagEstimate, LagEstimator};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What of the content can be seen.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Content {
    Full,
    /// One value every 2 to 10 s.
    Sparse,
    /// Noisier, and some moments make no sound.
    SoundOnly,
}

struct Room {
    lag_s: f64,
    bins: Vec<(Option<f64>, u32)>,
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

fn poisson(random: &mut ChaCha8Rng, mean: f64) -> u32 {
    let (mut left, mut count) = ((-mean).exp(), 0);
    let mut product = random.random::<f64>();
    while product > left && count < 1000 {
        product *= random.random::<f64>();
        count += 1;
        left = left.max(f64::MIN_POSITIVE);
    }
    count
}

/// Ten minutes: a moment every 45 to 90 s lasting 6 to 15 s, as much that moves and nobody minds, comments after the
/// lag with a log-normal spread, chatter that drifts.
fn room(seed: u64, content: Content) -> Room {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count = 1200;
    let lag_s = random.random_range(5.0..40.0);
    let reaction_s = random.random_range(2.0..4.0_f64).min(lag_s / 2.0);
    let rate = random.random_range(1.0..4.0);
    let mut activity: Vec<f64> = (0..count).map(|_| 1.0 + 0.35 * normal(&mut random).abs()).collect();
    let mut comments = vec![0_u32; count];
    let mut at = random.random_range(5.0..40.0);
    while at < 600.0 {
        let length = random.random_range(6.0..15.0);
        let strength = random.random_range(0.4..1.0);
        let heard = content != Content::SoundOnly || random.random::<f64>() < 0.8;
        for (bin, value) in activity.iter_mut().enumerate() {
            let inside = (at..at + length).contains(&(bin as f64 / 2.0));
            *value += if inside && heard { 2.0 * strength } else { 0.0 };
        }
        for _ in 0..poisson(&mut random, rate * strength * length) {
            let cause = at + random.random::<f64>() * length;
            let delay = lag_s - reaction_s + reaction_s * (0.6 * normal(&mut random)).exp();
            if let Some(bin) = comments.get_mut(((cause + delay) * 2.0) as usize) {
                *bin += 1;
            }
        }
        at += random.random_range(45.0..90.0);
    }
    // As often, something moves that nobody writes about.
    let mut at = random.random_range(10.0..60.0);
    while at < 600.0 {
        let length = random.random_range(3.0..10.0);
        let strength = random.random_range(0.3..0.8);
        for (bin, value) in activity.iter_mut().enumerate() {
            *value += if (at..at + length).contains(&(bin as f64 / 2.0)) { 2.0 * strength } else { 0.0 };
        }
        at += random.random_range(50.0..110.0);
    }
    let phase = random.random_range(0.0..6.0);
    for (bin, comments) in comments.iter_mut().enumerate() {
        let drift = (0.7 * (bin as f64 / 80.0 + phase).sin()).exp();
        *comments += poisson(&mut random, 0.5 * 0.1 * rate * drift);
    }
    let mut next = 0;
    let bins = (0..count).map(|bin| {
        let seen = match content {
            Content::Sparse if bin < next => None,
            Content::Sparse => {
                next = bin + random.random_range(4..=20);
                Some(activity[bin])
            }
            Content::SoundOnly => Some((activity[bin] + 0.3 * normal(&mut random)).max(0.0)),
            Content::Full => Some(activity[bin]),
        };
        (seen, comments[bin])
    });
    Room { lag_s, bins: bins.collect() }
}

fn estimate(room: &Room) -> Option<LagEstimate> {
    // The last estimate is all that is looked at; making few of them keeps the test short.
    let config = LagConfig { every_s: 60.0, ..LagConfig::default() };
    let mut estimator = LagEstimator::new(config).expect("the settings are valid");
    room.bins.iter().fold(None, |_, &(activity, comments)| estimator.push(activity, comments))
}

fn hits(content: Content) -> usize {
    let mut hits = 0;
    for seed in 0..40 {
        let room = room(seed, content);
        let found = estimate(&room);
        let near = found.is_some_and(|found| (found.lag_s - room.lag_s).abs() <= 3.0);
        eprintln!("{content:?} {seed}: {:.1} s, {found:?}", room.lag_s);
        hits += usize::from(near);
    }
    hits
}

#[test]
fn lag_is_found_within_three_seconds_in_nine_rooms_of_ten() {
    assert!(hits(Content::Full) >= 36);
}

#[test]
fn sparse_pictures_are_enough() {
    assert!(hits(Content::Sparse) >= 36);
}

#[test]
fn sound_alone_is_enough() {
    assert!(hits(Content::SoundOnly) >= 36);
}

#[test]
fn nothing_is_said_without_evidence() {
    let room = room(3, Content::Full);
    let run = |bins: Vec<(Option<f64>, u32)>| estimate(&Room { lag_s: 0.0, bins });
    assert_eq!(run(room.bins.iter().map(|&(_, comments)| (None, comments)).collect()), None);
    assert_eq!(run(room.bins.iter().map(|&(activity, _)| (activity, 0)).collect()), None);
    assert_eq!(run(room.bins.iter().map(|&(_, comments)| (Some(1.0), comments)).collect()), None);
    assert_eq!(run(room.bins[..120].to_vec()), None);
}

#[test]
fn chatter_about_nothing_is_trusted_less() {
    let mean = |about_something: bool| {
        let rooms = (0..20).map(|seed| {
            let mut made = room(seed, Content::Full);
            if !about_something {
                let other = room(seed + 100, Content::Full);
                let swapped = made.bins.iter().zip(other.bins.iter().rev());
                made.bins = swapped.map(|(mine, theirs)| (mine.0, theirs.1)).collect();
            }
            estimate(&made).map_or(0.0, |found| found.confidence)
        });
        rooms.sum::<f64>() / 20.0
    };
    let (real, chance) = (mean(true), mean(false));
    assert!(real > 2.0 * chance, "{real} {chance}");
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let refused = [
        LagConfig { bin_s: 0.0, ..LagConfig::default() },
        LagConfig { history_s: 60.0, ..LagConfig::default() },
        LagConfig { every_s: f64::NAN, ..LagConfig::default() },
    ];
    assert!(refused.iter().all(|config| LagEstimator::new(*config).is_err()));
}
