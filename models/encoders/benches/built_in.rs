//! Cost of the encoders that need no weights, per unit of two seconds.
//!
//! Divide 2 s by the time printed for the speed against real time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kairos_encoders::{ActivityMeter, CommentView, EncoderSet, GiftView, PictureView, UnitInput};

fn cost(criterion: &mut Criterion) {
    let pictures: Vec<Vec<u8>> = (0..4_usize)
        .map(|p| (0..160 * 90 * 3_usize).map(|i| ((i * i + p * 7919 + i / 480) % 251) as u8).collect())
        .collect();
    let pictures: Vec<PictureView<'_>> = (0..)
        .zip(&pictures)
        .map(|(i, rgb)| PictureView { at_us: i * 500_000, width: 160, height: 90, rgb })
        .collect();
    let sound: Vec<f32> = (0..32_000).map(|i| ((i % 131) as f32 / 65.0 - 1.0) * 0.3).collect();
    let texts =
        ["PogChamp that was insane", "LOOOOL", "主播好厉害666", "did you see that? wow!!", "KEKW KEKW KEKW"];
    let users: Vec<String> = (0..40).map(|i| format!("user{i}")).collect();
    let comments: Vec<CommentView<'_>> = (0..)
        .zip(&users)
        .map(|(i, user)| CommentView { offset_us: i * 50_000, user, text: texts[i as usize % texts.len()] })
        .collect();
    let gifts = [GiftView { offset_us: 3, user: "user1", value: 4.0, count: 2 }];
    let unit = UnitInput {
        start_us: 0,
        duration_us: 2_000_000,
        pictures: &pictures,
        sound: &sound,
        comments: Some(&comments),
        speech: Some("well that is what i call a comeback look at this"),
        gifts: Some(&gifts),
    };
    let mut set = EncoderSet::built_in();
    criterion.bench_function("all of a unit", |b| b.iter(|| set.encode(black_box(&unit))));
    let parts = [
        ("4 pictures", UnitInput { pictures: &pictures, ..UnitInput::default() }),
        ("2 s of sound", UnitInput { sound: &sound, duration_us: 2_000_000, ..UnitInput::default() }),
        ("40 comments", UnitInput { comments: Some(&comments), ..UnitInput::default() }),
    ];
    for (name, part) in parts {
        criterion.bench_function(name, |b| b.iter(|| set.encode(black_box(&part))));
    }
    let mut meter = ActivityMeter::new(500_000);
    criterion.bench_function("activity of a unit", |b| {
        b.iter(|| meter.measure(black_box(&unit)).map(|a| a.bin_us).ok())
    });
}

criterion_group!(benches, cost);
criterion_main!(benches);
