//! Generated pictures, sounds and comments; nothing random, nothing read.

#![allow(dead_code, reason = "each test binary uses some of these")]

use kairos_encoders::{CommentView, GiftView, PictureView, UnitInput};

/// A picture from a function of column and row.
pub fn picture(width: u32, height: u32, of: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| of(x, y)).collect()
}

/// White noise by a linear congruence.
pub fn noise(samples: usize, level: f32) -> Vec<f32> {
    let mut state = 1_u64;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * level
        })
        .collect()
}

/// A sine at 16 kHz.
pub fn tone(hz: f32, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (std::f32::consts::TAU * hz * i as f32 / 16_000.0).sin() * 0.5).collect()
}

/// Comments 50 ms apart.
pub fn comments<'a>(texts: &[&'a str], users: &'a [String]) -> Vec<CommentView<'a>> {
    (0..)
        .zip(texts.iter().zip(users))
        .map(|(i, (text, user))| CommentView { offset_us: i * 50_000, user, text })
        .collect()
}

/// A unit of two seconds with every modality, different for every index.
pub fn with_unit<T>(index: i64, use_it: impl FnOnce(&UnitInput<'_>) -> T) -> T {
    let start_us = index * 2_000_000;
    let rgb = picture(160, 90, |x, y| [(x as i64 * index) as u8, (y * 2) as u8, (x + y) as u8]);
    let pictures = [PictureView { at_us: start_us + 500_000, width: 160, height: 90, rgb: &rgb }];
    let mut sound = tone(200.0 + 40.0 * index as f32, 32_000);
    sound.iter_mut().zip(noise(32_000, 0.1)).for_each(|(x, n)| *x += n);
    let users: Vec<String> = (0..4).map(|i| format!("u{}", i + index)).collect();
    let comments = comments(&["gg", "LOOOL", "PogChamp", "again?"], &users);
    let gifts = [GiftView { offset_us: 9, user: "u1", value: index as f64, count: 1 }];
    use_it(&UnitInput {
        start_us,
        duration_us: 2_000_000,
        pictures: &pictures,
        sound: &sound,
        comments: Some(&comments[..1 + index as usize % 4]),
        speech: Some("and here we go again"),
        gifts: Some(&gifts),
    })
}
