//! Cost of scoring while everything is warm, of making passes, and of long histories by how they are read.

mod crowd;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use crowd::Crowd;
use kairos_gifting::{GiftingError, History, Search};
use std::hint::black_box;

const READINGS: [(&str, History); 3] = [
    ("category", History::Search { by: Search::Category, top: 32 }),
    ("inner product", History::Search { by: Search::InnerProduct, top: 32 }),
    ("dispatcher", History::Dispatcher { experts: 16 }),
];

fn warm(criterion: &mut Criterion) -> Result<(), GiftingError> {
    let crowd = Crowd::new(1000, 100, 2000);
    let mut group = criterion.benchmark_group("warm");
    for (name, config) in [("all", crowd::config(READINGS[0].1)), ("sim", crowd::config(READINGS[0].1).sim())]
    {
        let ranker = crowd.ranker(config)?;
        let (users, rooms) = crowd.passes(&ranker)?;
        let scorer = ranker.scorer()?;
        group.bench_function(BenchmarkId::new("user before 100 rooms", name), |bencher| {
            bencher.iter(|| black_box(scorer.rooms(&users[0], &rooms, crowd.pair_side(100))));
        });
        group.bench_function(BenchmarkId::new("room before 1000 users", name), |bencher| {
            bencher.iter(|| black_box(scorer.users(&rooms[0], &users, crowd.pair_side(1000))));
        });
        group.bench_function(BenchmarkId::new("reasons of a pair", name), |bencher| {
            bencher.iter(|| black_box(scorer.reasons(&users[0], &rooms[0], crowd.pair_side(1))));
        });
        group.bench_function(BenchmarkId::new("pass of a user", name), |bencher| {
            bencher.iter(|| black_box(crowd.user_pass(&ranker)));
        });
        group.bench_function(BenchmarkId::new("pass of a room", name), |bencher| {
            bencher.iter(|| black_box(crowd.room_pass(&ranker)));
        });
    }
    group.finish();
    Ok(())
}

fn histories(criterion: &mut Criterion) -> Result<(), GiftingError> {
    let mut group = criterion.benchmark_group("history");
    for events in [256, 1024, 4096, 16_384] {
        let crowd = Crowd::new(1, 100, events);
        for (name, history) in READINGS {
            let ranker = crowd.ranker(crowd::config(history))?;
            let (users, rooms) = crowd.passes(&ranker)?;
            let scorer = ranker.scorer()?;
            group.bench_function(BenchmarkId::new(format!("pass, {name}"), events), |bencher| {
                bencher.iter(|| black_box(crowd.user_pass(&ranker)));
            });
            group.bench_function(BenchmarkId::new(format!("100 rooms, {name}"), events), |bencher| {
                bencher.iter(|| black_box(scorer.rooms(&users[0], &rooms, crowd.pair_side(100))));
            });
        }
    }
    group.finish();
    Ok(())
}

fn all(criterion: &mut Criterion) {
    warm(criterion).expect("generated inputs are fine");
    histories(criterion).expect("generated inputs are fine");
}

criterion_group!(benches, all);
criterion_main!(benches);
