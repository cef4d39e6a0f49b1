//! Cost of the encoders that need no weights, per unit of two seconds, and of training a lexicon.
//!
//! Divide 2 s by the time printed for the speed against real time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kairos_encoders::{
    ActivityMeter, CommentEncoder, CommentView, Encoder, EncoderSet, GiftView, Lexicon, LexiconEncoder,
    LexiconRoom, LexiconSettings, PictureView, UnitInput, word_counts,
};
use std::sync::Arc;

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

/// Texts of a chat of about 3,000 different words, common ones much more often; about five words each.
fn chat(count: usize, seed: u64) -> Vec<String> {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let mut text = || {
        let words = 1 + (random() * 8.0) as usize;
        let words: Vec<String> =
            (0..words).map(|_| format!("w{}x", (3_000.0_f64.powf(random()) * 16.0) as u32)).collect();
        words.join(" ")
    };
    (0..count).map(|_| text()).collect()
}

fn views(texts: &[String]) -> Vec<CommentView<'_>> {
    (0..)
        .zip(texts)
        .map(|(i, text)| CommentView { offset_us: i * 1_000, user: &text[..text.len().min(4)], text })
        .collect()
}

fn lexicon_room(seed: u64, units: usize, delays: usize) -> LexiconRoom {
    let texts = chat(3 * units, seed);
    let words = texts.chunks(3).map(|texts| word_counts(&views(texts))).collect();
    let labels = (0..units).map(|unit| f32::from(u8::from((unit as u64 + seed) % 40 < 8))).collect();
    LexiconRoom { words, labels: vec![labels; delays] }
}

fn comments(criterion: &mut Criterion) {
    let rooms: Vec<LexiconRoom> = (0..6).map(|seed| lexicon_room(seed, 200, 5)).collect();
    let rooms: Vec<&LexiconRoom> = rooms.iter().collect();
    let settings = LexiconSettings { iterations: 3, ..LexiconSettings::default() };
    let Ok(lexicon) = Lexicon::fit(&rooms, 2.0, &settings) else { return };
    let lexicon = Arc::new(lexicon);
    for per_unit in [3, 40] {
        let texts = chat(400 * per_unit, 9);
        let units: Vec<Vec<CommentView<'_>>> = texts.chunks(per_unit).map(views).collect();
        let encoders: [Box<dyn Encoder>; 2] =
            [Box::new(CommentEncoder::new()), Box::new(LexiconEncoder::new(Arc::clone(&lexicon)))];
        for mut encoder in encoders {
            let mut at = 0_usize;
            let name = format!("{}, a unit of {per_unit} comments", encoder.name());
            criterion.bench_function(&name, |b| {
                b.iter(|| {
                    let unit = UnitInput {
                        start_us: at as i64 * 2_000_000,
                        duration_us: 2_000_000,
                        comments: Some(&units[at % units.len()]),
                        ..UnitInput::default()
                    };
                    at += 1;
                    encoder.encode(black_box(&unit)).ok()
                })
            });
        }
    }
}

fn training(criterion: &mut Criterion) {
    let rooms: Vec<LexiconRoom> = (0..40).map(|seed| lexicon_room(seed, 1_300, 5)).collect();
    let rooms: Vec<&LexiconRoom> = rooms.iter().collect();
    let mut group = criterion.benchmark_group("lexicon");
    group.sample_size(10);
    group.bench_function("fit of 40 rooms of 1,300 units, 5 delays", |b| {
        b.iter(|| Lexicon::fit(black_box(&rooms), 2.0, &LexiconSettings::default()).is_ok())
    });
    group.finish();
}

criterion_group!(benches, cost, comments, training);
criterion_main!(benches);
