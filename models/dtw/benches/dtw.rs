//! How long one alignment takes at the sizes the models use.

use criterion::{Criterion, criterion_group, criterion_main};
use kairos_dtw::{CostMatrix, Streaming, banded, exact, soft, soft_with_gradient};
use std::hint::black_box;

fn alignments(bench: &mut Criterion) {
    for size in [32_usize, 256] {
        let made = CostMatrix::from_fn(size, size, |row, col| ((row * 37 + col * 91) % 101) as f64 / 50.0);
        let Ok(cost) = made else { return };
        bench.bench_function(&format!("exact {size}"), |b| b.iter(|| exact(black_box(&cost))));
        bench
            .bench_function(&format!("banded {size} radius 16"), |b| b.iter(|| banded(black_box(&cost), 16)));
        bench.bench_function(&format!("soft {size}"), |b| b.iter(|| soft(black_box(&cost), 0.1)));
        bench.bench_function(&format!("soft gradient {size}"), |b| {
            b.iter(|| soft_with_gradient(black_box(&cost), 0.1));
        });
    }
    let Ok(mut streaming) = Streaming::new(121, 0.99, 0.1) else { return };
    let row: Vec<f64> = (0..121).map(|at| f64::from(at * 37 % 101) / 50.0).collect();
    bench.bench_function("streaming row of 121 offsets", |b| b.iter(|| streaming.push(black_box(&row))));
}

criterion_group!(benches, alignments);
criterion_main!(benches);
