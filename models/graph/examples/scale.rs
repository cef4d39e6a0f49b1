//! A graph of the size of a platform's day, measured: build, map, Swing, live gifts, sampling, lookup.
//!
//! `cargo run --release -p kairos-graph --example scale -- [EDGES] [USERS] [STREAMERS] [FOLDER]`; 10,000,000 edges between
//! 1,000,000 users and 450,000 streamers when not told otherwise. Givers and streamers are heavy-tailed, as published
//! for KuaiLive: the top 1 % of users give most. Invariant: the same numbers draw the same gifts.
//!
//! `scale dump EDGES USERS STREAMERS FILE` writes the pairs as little-endian u32 for other samplers, and `scale sample`
//! times neighbour sampling alone on them (`bench/graph`).

// Timing is what this is for; a measurement that cannot go on has failed.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kairos_graph::{
    Builder, Gift, Graph, GraphConfig, NeighbourSampler, NeighbourTables, SampleOptions, Side,
};
use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

/// 21 days.
const SPAN_S: i64 = 21 * 86_400;

/// Heavy-tailed pairs: a power law over ranks, scattered over the numbers.
struct Pairs {
    random: SplitMix64,
    users: u32,
    streamers: u32,
}

impl Pairs {
    fn next(&mut self) -> (u32, u32) {
        let user = self.rank(self.users, 2.2);
        let streamer = self.rank(self.streamers, 2.6);
        (user, streamer)
    }

    /// Rank r is drawn with density ~ r^(1/power - 1).
    fn rank(&mut self, count: u32, power: f64) -> u32 {
        let rank = (self.random.random::<f64>().powf(power) * f64::from(count)) as u64;
        (rank.wrapping_mul(0x9e37_79b1) % u64::from(count)) as u32
    }
}

/// Processor seconds of this process, all threads; where the system does not tell, none. A busy machine stretches the
/// clock, not these.
fn processor_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap_or_default() / 100.0).sum()
}

fn timed<T>(what: &str, unit: &str, amount: f64, work: impl FnOnce() -> T) -> T {
    let (start, processor) = (Instant::now(), processor_seconds());
    let result = work();
    let (clock, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - processor);
    let rate = amount / processor.max(1e-2);
    println!(
        "{what:<32} {clock:>9.2} s clock {processor:>8.2} s processor {rate:>12.0} {unit} per processor-second"
    );
    result
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let verb = match arguments.first().map(String::as_str) {
        Some("dump" | "sample") => arguments.remove(0),
        _ => "scale".to_owned(),
    };
    let number =
        |place: usize, default: u32| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    let (edges, users, streamers) = (number(0, 10_000_000), number(1, 1_000_000), number(2, 450_000));
    let folder = arguments.get(3).map_or_else(std::env::temp_dir, PathBuf::from);
    match verb.as_str() {
        "dump" => dump(edges, users, streamers, &folder),
        "sample" => sample(&folder, arguments.get(4).map(String::as_str).unwrap_or("10,10")),
        _ => scale(edges, users, streamers, &folder),
    }
}

/// So many different pairs, by draws until there are.
fn distinct(edges: u32, users: u32, streamers: u32) -> Vec<(u32, u32)> {
    let mut pairs = Pairs { random: SplitMix64::seed_from_u64(1), users, streamers };
    let mut drawn: Vec<(u32, u32)> = Vec::new();
    while drawn.len() < edges as usize {
        drawn.extend((0..edges as usize - drawn.len()).map(|_| pairs.next()));
        drawn.sort_unstable();
        drawn.dedup();
    }
    drawn
}

fn dump(edges: u32, users: u32, streamers: u32, file: &Path) {
    let bytes: Vec<u8> = distinct(edges, users, streamers)
        .into_iter()
        .flat_map(|(user, streamer)| [user.to_le_bytes(), streamer.to_le_bytes()])
        .flatten()
        .collect();
    fs::write(file, bytes).unwrap();
}

/// Builds from pairs in a file, then samples batches of 1,024 users.
fn sample(file: &Path, fan_outs: &str) {
    let bytes = fs::read(file).unwrap();
    let word = |at: &[u8]| u32::from_le_bytes(at.try_into().unwrap());
    let mut builder = Builder::new(GraphConfig::default()).unwrap();
    for pair in bytes.chunks_exact(8) {
        let (user, streamer) = (word(&pair[..4]).to_string(), word(&pair[4..]).to_string());
        let gift = Gift { user: &user, streamer: &streamer, count: 1, value: 1.0, at_us: 0 };
        builder.push(&gift).unwrap();
    }
    let graph = builder.finish(0, BTreeMap::new()).unwrap();
    let fan_outs: Vec<usize> = fan_outs.split(',').map(|text| text.parse().unwrap()).collect();
    let sampler = NeighbourSampler::uniform(&graph);
    let mut best = f64::INFINITY;
    let mut edges = 0;
    for round in 0..5u64 {
        let start = processor_seconds();
        edges = 0;
        for batch in 0..100u32 {
            let first = batch * 1024 % (graph.user_slots() - 1024);
            let seeds: Vec<u32> = (first..first + 1024).collect();
            let options = SampleOptions {
                fan_outs: fan_outs.clone(),
                weighted: false,
                replace: false,
                seed: round << 32 | u64::from(batch),
            };
            let sample = sampler.sample(Side::Users, &seeds, &options);
            edges += sample.hops.iter().map(|hop| hop.sources.len()).sum::<usize>();
        }
        best = best.min(processor_seconds() - start);
    }
    println!(
        "{{\"edges\": {edges}, \"seconds\": {best:.6}, \"edges_per_second\": {:.0}}}",
        edges as f64 / best
    );
}

fn scale(edges: u32, users: u32, streamers: u32, folder: &Path) {
    let path = folder.join("scale.graph");
    let config = GraphConfig::default();
    let pairs = distinct(edges, users, streamers);
    let mut random = SplitMix64::seed_from_u64(2);
    let mut gift = |(user, streamer): (u32, u32)| {
        let value = (1.0 / (1.0 - random.random::<f64>())).powf(1.3);
        (user, streamer, value, random.random_range(0..SPAN_S) * 1_000_000)
    };
    let gifts: Vec<_> = pairs.iter().map(|&pair| gift(pair)).collect();
    let as_given = |&(user, streamer, value, at_us): &(u32, u32, f64, i64),
                    run: &mut dyn FnMut(&Gift<'_>)| {
        let (user, streamer) = (user.to_string(), streamer.to_string());
        run(&Gift { user: &user, streamer: &streamer, count: 1, value: value.min(1e6), at_us });
    };
    let count = gifts.len() as f64;
    let mut graph = timed("build", "edges", count, || {
        let mut builder = Builder::new(config.clone()).unwrap();
        gifts.iter().for_each(|one| as_given(one, &mut |gift| builder.push(gift).unwrap()));
        builder.finish(SPAN_S * 1_000_000, BTreeMap::new()).unwrap()
    });
    timed("write, sync, open and check", "edges", count, || graph.compact(&path).unwrap());
    drop(graph);
    let mut graph = timed("map and check", "edges", count, || Graph::open(&path, config).unwrap());
    let size = fs::metadata(&path).unwrap().len();
    println!(
        "{} users, {} streamers, {} edges; file {size} bytes, {:.1} per edge with ids, {} in edge arrays",
        graph.users(),
        graph.streamers(),
        graph.edges(),
        size as f64 / count,
        graph.bytes_per_edge(),
    );
    timed("Swing", "edges", count, || NeighbourTables::swing_only(&graph).unwrap());
    let mut tables =
        timed("all neighbour tables", "edges", count, || NeighbourTables::build(&graph).unwrap());
    println!("neighbours {:?}, {} bytes in memory", tables.counts(&graph), tables.heap_bytes());

    let mut live: Vec<_> = gifts.iter().step_by((gifts.len() / 1_000_000).max(1)).copied().collect();
    live.sort_by_key(|&(user, streamer, ..)| {
        (u64::from(user) << 32 | u64::from(streamer)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    let fresh: Vec<_> = live
        .iter()
        .map(|&(user, streamer, value, at)| (user, (streamer * 7 + 1) % streamers, value, at))
        .collect();
    let mut some = fresh.chunks(1_000.min(fresh.len()));
    for batch in some.by_ref().take(3) {
        batch.iter().for_each(|one| {
            as_given(one, &mut |gift| {
                graph.apply(gift).unwrap();
            })
        });
        let changes = graph.take_changes();
        let done = timed("update tables, batch of gifts", "gifts", batch.len() as f64, || {
            tables.update(&graph, &changes).unwrap()
        });
        println!("{done:?}");
    }
    lookup(&graph, &tables);
    timed("live gifts, known edges", "gifts", live.len() as f64, || {
        live.iter().for_each(|one| {
            as_given(one, &mut |gift| {
                graph.apply(gift).unwrap();
            })
        });
    });
    timed("live gifts, new edges", "gifts", fresh.len() as f64, || {
        fresh.iter().for_each(|one| {
            as_given(one, &mut |gift| {
                graph.apply(gift).unwrap();
            })
        });
    });
    timed("compact", "edges", graph.edges() as f64, || graph.compact(&path).unwrap());
    for weighted in [false, true] {
        let sampler =
            if weighted { NeighbourSampler::weighted(&graph) } else { NeighbourSampler::uniform(&graph) };
        let seeds: Vec<u32> = (0..graph.user_slots()).step_by(7).take(100 * 1024).collect();
        let mut drawn = 0;
        let mut draw = || {
            for (seed, batch) in seeds.chunks(1024).enumerate() {
                let options =
                    SampleOptions { fan_outs: vec![10, 10], weighted, replace: false, seed: seed as u64 };
                let sample = sampler.sample(Side::Users, batch, &options);
                drawn += sample.hops.iter().map(|hop| hop.sources.len()).sum::<usize>();
            }
        };
        let start = processor_seconds();
        draw();
        let (kind, seconds) = (if weighted { "weighted" } else { "uniform" }, processor_seconds() - start);
        println!(
            "sample {kind} 10, 10 of 1,024 users: {:.0} edges per processor-second",
            drawn as f64 / seconds
        );
    }
    fs::remove_file(path).unwrap();
}

/// All metapaths of one user and of 100 streamers.
fn lookup(graph: &Graph, tables: &NeighbourTables) {
    let streamers: Vec<u32> =
        (0..graph.streamer_slots()).step_by(1 + graph.streamer_slots() as usize / 100).collect();
    for (kind, stale) in [("users with stored rows", false), ("users with rows marked stale", true)] {
        let mut users: Vec<u32> =
            (0..graph.user_slots()).filter(|&user| tables.is_stale(user) == stale).collect();
        users.truncate(2_000);
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..2 {
            times.clear();
            for &user in &users {
                let start = Instant::now();
                let own = tables.user(graph, user);
                total += own.given.len() + own.similar.len() + own.shared.len();
                for &streamer in &streamers {
                    let lists = tables.streamer(graph, streamer);
                    total += lists.similar.len() + lists.shared.len() + lists.givers.len();
                }
                times.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
        times.sort_unstable_by(f64::total_cmp);
        if let (Some(half), Some(most)) = (times.get(times.len() / 2), times.get(times.len() * 99 / 100)) {
            println!(
                "lookup 1 user, {} streamers, {kind}: {half:.1} us median, {most:.1} us p99 ({total})",
                streamers.len()
            );
        }
    }
}
