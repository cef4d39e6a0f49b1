//! Hot paths: a live gift, a Swing list's worth of work, neighbour lookup, sampling. `cargo bench -p kairos-graph`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

use criterion::{Criterion, criterion_group, criterion_main};
use kairos_graph::{
    Builder, Gift, Graph, GraphConfig, NeighbourSampler, NeighbourTables, SampleOptions, Side,
};

const USERS: u64 = 20_000;
const STREAMERS: u64 = 5_000;

/// Heavy-tailed on both sides.
fn gift(number: u64) -> (String, String, i64) {
    let share =
        |salt: u64| ((number + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1 << 24) as f64;
    let user = (share(1).powf(2.2) * USERS as f64) as u64;
    let streamer = (share(7_919).powf(2.6) * STREAMERS as f64) as u64;
    (user.to_string(), streamer.to_string(), (number % 1_000_000) as i64 * 1_000_000)
}

fn graph() -> Graph {
    let mut builder = Builder::new(GraphConfig::default()).unwrap();
    for number in 0..200_000 {
        let (user, streamer, at_us) = gift(number);
        builder
            .push(&Gift {
                user: &user,
                streamer: &streamer,
                count: 1,
                value: 1.0 + number as f64 % 97.0,
                at_us,
            })
            .unwrap();
    }
    builder.finish(1_000_000_000_000, BTreeMap::new()).unwrap()
}

fn hot_paths(criterion: &mut Criterion) {
    let mut graph = graph();
    criterion.bench_function("swing, all lists", |b| b.iter(|| NeighbourTables::swing_only(&graph).unwrap()));
    let tables = NeighbourTables::build(&graph).unwrap();
    criterion.bench_function("neighbours of 1 user and 100 streamers", |b| {
        b.iter(|| {
            let own = tables.user(&graph, 77);
            let lists = (0..100).map(|streamer| tables.streamer(&graph, streamer * 40));
            own.shared.len() + lists.map(|lists| lists.shared.len()).sum::<usize>()
        });
    });
    let seeds: Vec<u32> = (0..1024).collect();
    for weighted in [false, true] {
        let sampler = NeighbourSampler::weighted(&graph);
        let options = SampleOptions { fan_outs: vec![10, 10], weighted, replace: false, seed: 1 };
        let name =
            if weighted { "sample 10, 10 of 1,024 users, weighted" } else { "sample 10, 10 of 1,024 users" };
        criterion.bench_function(name, |b| b.iter(|| sampler.sample(Side::Users, &seeds, &options)));
    }
    let mut number = 200_000;
    criterion.bench_function("live gift", |b| {
        b.iter(|| {
            number += 1;
            let (user, streamer, at_us) = gift(number);
            graph.apply(&Gift { user: &user, streamer: &streamer, count: 1, value: 3.0, at_us }).unwrap()
        });
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = hot_paths }
criterion_main!(benches);
