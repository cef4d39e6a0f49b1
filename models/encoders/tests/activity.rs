//! Activity curves show what began where it began.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod rooms;

use kairos_encoders::{
    ActivityMeter, CommentView, PictureView, UnitInput, comment_activity, picture_activity, sound_activity,
};
use rooms::{noise, picture, tone};

const BIN_US: i64 = 500_000;

fn peak(curve: &[f32]) -> usize {
    (0..curve.len()).max_by(|&a, &b| curve[a].total_cmp(&curve[b])).unwrap()
}

#[test]
fn onset_falls_into_its_bin_at_any_sample_rate() {
    for rate in [8_000_u32, 16_000, 44_100] {
        let mut sound = noise(4 * rate as usize, 0.001);
        let from = (2.6 * rate as f32) as usize;
        sound.iter_mut().zip(0..).skip(from).for_each(|(x, i)| *x += (i as f32 * 0.3).sin() * 0.5);
        let curve = sound_activity(&sound, rate, BIN_US);
        assert_eq!(curve.len(), 8);
        assert_eq!(peak(&curve), 5, "{curve:?}");
        assert!(
            curve[5] > 0.1 && curve.iter().enumerate().all(|(i, &x)| i == 5 || x < 0.1 * curve[5]),
            "{curve:?}"
        );
    }
}

#[test]
fn onset_on_the_border_of_units_is_not_lost() {
    let mut meter = ActivityMeter::new(BIN_US);
    let (silence, tone) = (vec![0.0; 32_000], tone(440.0, 32_000));
    let mut measure = |unit: i64, sound: &[f32]| {
        let unit =
            UnitInput { start_us: unit * 2_000_000, duration_us: 2_000_000, sound, ..UnitInput::default() };
        meter.measure(&unit).unwrap().sound.unwrap()
    };
    assert_eq!(measure(0, &silence), [0.0; 4]);
    let curve = measure(1, &tone);
    assert!(curve[0] > 0.05 && curve[1..].iter().all(|&x| x < 0.1 * curve[0]), "{curve:?}");
}

#[test]
fn cut_falls_into_its_bin() {
    let (red, blue) = (picture(32, 18, |_, _| [230, 0, 0]), picture(32, 18, |x, y| [0, 0, (x * y) as u8]));
    let view = |at_us: i64| PictureView {
        at_us,
        width: 32,
        height: 18,
        rgb: if at_us < 11_100_000 { &red } else { &blue },
    };
    let pictures: Vec<_> = (0..8).map(|i| view(10_000_000 + i * 250_000)).collect();
    let curve = picture_activity(&pictures, 10_000_000, 2_000_000, BIN_US).unwrap();
    assert_eq!(curve.len(), 4);
    assert!(curve[2] > 1.0 && curve[0] == 0.0 && curve[1] == 0.0 && curve[3] == 0.0, "{curve:?}");
}

#[test]
fn comments_count_in_their_bins_and_missing_ones_are_none() {
    let comment = |offset_us| CommentView { offset_us, user: "u", text: "x" };
    let comments = [comment(-5), comment(499_999), comment(500_000), comment(9_000_000)];
    assert_eq!(comment_activity(&comments, 2_000_000, BIN_US), [2.0, 1.0, 0.0, 1.0]);
    let unit = UnitInput { duration_us: 2_000_000, ..UnitInput::default() };
    let activity = ActivityMeter::new(BIN_US).measure(&unit).unwrap();
    assert!(activity.sound.is_none() && activity.picture.is_none() && activity.comments.is_none());
}
