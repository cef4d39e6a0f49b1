//! Measures scoring while everything is warm: `serve ROUNDS [PART]`, milliseconds of one call, of the
//! cases whose name has PART in it.
//!
//! Prints the least, the median and the 99th percentile by the clock, and the mean time the processor worked on it,
//! which is the better number on a busy machine (Linux alone tells it).
//!
//! Invariants: generated users and rooms; `RAYON_NUM_THREADS=1` keeps it to one core.

#![expect(clippy::disallowed_methods, reason = "measures time and decides nothing by it")]

#[path = "../benches/crowd/mod.rs"]
mod crowd;

use crowd::Crowd;
use kairos_gifting::{Config, GiftingError, History, Search};
use std::time::Instant;

/// Nanoseconds that this thread has been on a processor.
fn processor_ns() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}

fn measured(
    rounds: usize,
    mut act: impl FnMut() -> Result<f64, GiftingError>,
) -> Result<String, GiftingError> {
    let mut times = Vec::with_capacity(rounds);
    let mut sum = act()?;
    let before = processor_ns();
    for _ in 0..rounds {
        let since = Instant::now();
        sum += act()?;
        times.push(since.elapsed().as_secs_f64() * 1e3);
    }
    let worked = processor_ns().zip(before).map(|(after, before)| (after - before) / 1e6 / rounds as f64);
    assert!(sum.is_finite(), "a probability is a number");
    times.sort_by(f64::total_cmp);
    let worked = worked.map_or(String::from("-"), |worked| format!("{worked:.3}"));
    Ok(format!("{:9.3} {:9.3} {:9.3} {worked:>9}", times[0], times[rounds / 2], times[rounds * 99 / 100]))
}

fn main() -> Result<(), GiftingError> {
    let rounds: usize = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(500).max(1);
    let crowd = Crowd::new(1000, 100, 2000);
    let category = History::Search { by: Search::Category, top: 32 };
    let inner = History::Search { by: Search::InnerProduct, top: 32 };
    let cases: [(&str, Config); 4] = [
        ("all, search by category", crowd::config(category)),
        ("plain SIM, by category", crowd::config(category).sim()),
        ("all, search by inner product", crowd::config(inner)),
        ("all, dispatcher of 16 experts", crowd::config(History::Dispatcher { experts: 16 })),
    ];
    println!("{:32}{:^41}{:^41}", "", "one user, 100 rooms", "one room, 1000 users");
    let columns = format!("{:>9} {:>9} {:>9} {:>9}  ", "least", "median", "99 %", "processor");
    println!("{:32}{}", "", columns.repeat(2));
    let wanted = std::env::args().nth(2).unwrap_or_default();
    for (name, config) in cases.into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let ranker = crowd.ranker(config)?;
        let (users, rooms) = crowd.passes(&ranker)?;
        let scorer = ranker.scorer()?;
        let (mut at, mut room) = (0, 0);
        let for_user = measured(rounds, || {
            at = (at + 1) % users.len();
            Ok(scorer.rooms(&users[at], &rooms, crowd.pair_side(100))?[0].probability)
        })?;
        let for_room = measured(rounds, || {
            room = (room + 1) % rooms.len();
            Ok(scorer.users(&rooms[room], &users, crowd.pair_side(1000))?[0].probability)
        })?;
        println!("{name:32}{for_user}  {for_room}");
    }
    Ok(())
}
