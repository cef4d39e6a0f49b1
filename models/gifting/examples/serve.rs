//! Measures scoring while everything is warm: `serve ROUNDS [PART]`, milliseconds of one call, of the
//! cases whose name has PART in it.
//!
//! Each case is measured with all parts, without the metapaths (what the expansion adds is the difference), and as
//! plain SIM, call by call in turn. Prints the least, the median and the 99th percentile by the clock, and the mean time the processor worked on it,
//! which is the better number on a busy machine (Linux alone tells it).
//!
//! Invariants: generated users and rooms; `RAYON_NUM_THREADS=1` keeps it to one core.

#![expect(clippy::disallowed_methods, reason = "measures time and decides nothing by it")]

#[path = "../benches/crowd/mod.rs"]
mod crowd;

use crowd::Crowd;
use kairos_gifting::{Ablation, Config, GiftingError, History, RoomPass, Scorer, Search, UserPass};
use std::time::Instant;

/// Nanoseconds that this thread has been on a processor.
fn processor_ns() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}

/// Milliseconds of one kind of call: by the clock, sorted, and the mean on a processor.
struct Times {
    clock: Vec<f64>,
    worked: Option<f64>,
}

impl Times {
    fn at(&self, hundredths: usize) -> f64 {
        self.clock[(self.clock.len() * hundredths / 100).min(self.clock.len() - 1)]
    }

    fn words(&self) -> String {
        let worked = self.worked.map_or(String::from("-"), |worked| format!("{worked:.3}"));
        format!("{:9.3} {:9.3} {:9.3} {worked:>9}", self.at(0), self.at(50), self.at(99))
    }

    fn less(&self, other: &Self) -> String {
        let worked = self.worked.zip(other.worked).map(|(a, b)| format!("{:.3}", a - b));
        let by = |hundredths| self.at(hundredths) - other.at(hundredths);
        let worked = worked.unwrap_or(String::from("-"));
        format!("{:9.3} {:9.3} {:9.3} {worked:>9}", by(0), by(50), by(99))
    }
}

/// Calls every act once a round, so that whatever else the machine does meets all of them alike.
fn measured<const N: usize>(
    rounds: usize,
    mut acts: [Box<dyn FnMut() -> Result<f64, GiftingError> + '_>; N],
) -> Result<[Times; N], GiftingError> {
    let mut clock = [(); N].map(|()| Vec::with_capacity(rounds));
    let mut worked = [Some(0.0); N];
    let mut sum = 0.0;
    for round in 0..=rounds {
        for (at, act) in acts.iter_mut().enumerate() {
            let (before, since) = (processor_ns(), Instant::now());
            sum += act()?;
            let elapsed = since.elapsed().as_secs_f64() * 1e3;
            let after = processor_ns();
            // The first round only warms.
            if round > 0 {
                clock[at].push(elapsed);
                let on = after.zip(before).map(|(after, before)| (after - before) / 1e6 / rounds as f64);
                worked[at] = worked[at].zip(on).map(|(sum, on)| sum + on);
            }
        }
    }
    assert!(sum.is_finite(), "a probability is a number");
    let mut worked = worked.into_iter();
    Ok(clock.map(|mut clock| {
        clock.sort_by(f64::total_cmp);
        Times { clock, worked: worked.next().flatten() }
    }))
}

/// Passes of everybody and the scorer that reads them.
struct Warm {
    users: Vec<UserPass>,
    rooms: Vec<RoomPass>,
    scorer: Scorer,
}

impl Warm {
    fn new(crowd: &Crowd, config: Config) -> Result<Self, GiftingError> {
        let ranker = crowd.ranker(config)?;
        let (users, rooms) = crowd.passes(&ranker)?;
        Ok(Self { users, rooms, scorer: ranker.scorer()? })
    }

    /// One user after the other, before all rooms.
    fn for_user<'a>(&'a self, crowd: &'a Crowd) -> Box<dyn FnMut() -> Result<f64, GiftingError> + 'a> {
        let mut users = self.users.iter().cycle();
        let side = crowd.pair_side(self.rooms.len());
        Box::new(move || {
            let predictions = users.next().map(|user| self.scorer.rooms(user, &self.rooms, side));
            Ok(predictions.transpose()?.map_or(0.0, |predictions| predictions[0].probability))
        })
    }

    /// One room after the other, before all users.
    fn for_room<'a>(&'a self, crowd: &'a Crowd) -> Box<dyn FnMut() -> Result<f64, GiftingError> + 'a> {
        let mut rooms = self.rooms.iter().cycle();
        let side = crowd.pair_side(self.users.len());
        Box::new(move || {
            let predictions = rooms.next().map(|room| self.scorer.users(room, &self.users, side));
            Ok(predictions.transpose()?.map_or(0.0, |predictions| predictions[0].probability))
        })
    }
}

fn main() -> Result<(), GiftingError> {
    let rounds: usize = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(500).max(1);
    let crowd = Crowd::new(1000, 100, 2000);
    let category = History::Search { by: Search::Category, top: 32 };
    let inner = History::Search { by: Search::InnerProduct, top: 32 };
    let cases: [(&str, Config); 3] = [
        ("search by category", crowd::config(category)),
        ("search by inner product", crowd::config(inner)),
        ("dispatcher of 16 experts", crowd::config(History::Dispatcher { experts: 16 })),
    ];
    println!("{:36}{:^41}{:^41}", "", "one user, 100 rooms", "one room, 1000 users");
    let columns = format!("{:>9} {:>9} {:>9} {:>9}  ", "least", "median", "99 %", "processor");
    println!("{:36}{}", "", columns.repeat(2));
    let wanted = std::env::args().nth(2).unwrap_or_default();
    for (name, config) in cases.into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let parts = [Ablation::UserExpansion, Ablation::StreamerExpansion];
        let narrow = parts.into_iter().fold(config.clone(), Config::without);
        let (all, sim) = (Warm::new(&crowd, config.clone())?, Warm::new(&crowd, config.sim())?);
        let narrow = Warm::new(&crowd, narrow)?;
        let each = [&all, &narrow, &sim];
        let users = measured(rounds, each.map(|warm| warm.for_user(&crowd)))?;
        let rooms = measured(rounds, each.map(|warm| warm.for_room(&crowd)))?;
        for (at, what) in ["all", "without the expansion", "plain SIM"].into_iter().enumerate() {
            println!("{:36}{}  {}", format!("{what}, {name}"), users[at].words(), rooms[at].words());
        }
        println!("{:36}{}  {}", "  the expansion adds", users[0].less(&users[1]), rooms[0].less(&rooms[1]));
    }
    Ok(())
}
