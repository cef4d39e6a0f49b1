//! Gifts to a vector: how many, how much, by whom, and against what the stream has shown before.
//!
//! | value | |
//! |---|---|
//! | 0, 1 | `ln(1 + events) / 3`, `ln(1 + items) / 5` |
//! | 2, 3 | `ln(1 + value) / 8` of the unit and of its largest event |
//! | 4, 5 | `ln(1 + givers) / 3`, share of new givers |
//! | 6 | share of the value in large events (at least four times the running mean of events) |
//! | 7 | share of the value from the largest giver |
//! | 8..11 | log ratio of events per second to its running mean over 60, 300, 1800 s |
//! | 11..14 | the same of value per second |
//! | 14 | `ln(1 + seconds since the last gift) / 6` |
//! | 15 | whether nobody gave |
//!
//! A value that is negative or not a number counts as nothing.

use crate::baseline::Baseline;
use crate::seen::SeenUsers;
use crate::text::hash;
use crate::{EncodeError, Encoder, GiftView, Modality, UnitInput, fingerprint};

const WIDTH: usize = 16;
const WINDOWS_S: [f64; 3] = [60.0, 300.0, 1_800.0];
const LARGE: f64 = 4.0;
const GIVER_SEED: u64 = 0x6769_7665;

/// Encoder of a room's gifts. Keeps running rates and the givers seen; at most about 130 KiB.
#[derive(Clone, Debug)]
pub struct GiftEncoder {
    events: [Baseline; 3],
    values: [Baseline; 3],
    /// Average over events, not over time: the time constant is in events.
    event_value: Baseline,
    last_gift_us: Option<i64>,
    givers: SeenUsers,
}

impl GiftEncoder {
    /// An encoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: WINDOWS_S.map(Baseline::new),
            values: WINDOWS_S.map(Baseline::new),
            event_value: Baseline::new(50.0),
            last_gift_us: None,
            givers: SeenUsers::default(),
        }
    }
}

impl Default for GiftEncoder {
    fn default() -> Self {
        Self::new()
    }
}

fn worth(gift: &GiftView<'_>) -> f64 {
    // Above any real gift, far below where sums of squares overflow.
    if gift.value.is_nan() { 0.0 } else { gift.value.clamp(0.0, 1e12) }
}

impl Encoder for GiftEncoder {
    fn name(&self) -> &str {
        "gift-statistics"
    }

    fn digest(&self) -> String {
        fingerprint::of_algorithm(self.name(), 1, &format!("{WIDTH} {WINDOWS_S:?} {LARGE}"))
    }

    fn modality(&self) -> Modality {
        Modality::Gift
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let Some(gifts) = unit.gifts else { return Ok(None) };
        let mut events: Vec<(u64, f64)> =
            gifts.iter().map(|gift| (hash(GIVER_SEED, gift.user.as_bytes()), worth(gift))).collect();
        events.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let value: f64 = events.iter().map(|event| event.1).sum();
        let largest = events.iter().map(|event| event.1).fold(0.0, f64::max);
        let items: u64 = gifts.iter().map(|gift| u64::from(gift.count)).sum();
        let (mut givers, mut new_givers, mut top_giver) = (0_usize, 0_usize, 0.0_f64);
        for of_one in events.chunk_by(|a, b| a.0 == b.0) {
            givers += 1;
            new_givers += usize::from(self.givers.insert(of_one[0].0));
            top_giver = top_giver.max(of_one.iter().map(|event| event.1).sum());
        }
        let mean = self.event_value.mean();
        let is_large = |worth: f64| mean.is_some_and(|mean| worth > 0.0 && worth >= LARGE * mean);
        let large: f64 = events.iter().map(|event| event.1).filter(|&worth| is_large(worth)).sum();

        let (seconds, count) = (unit.seconds(), gifts.len() as f64);
        let (event_rate, value_rate) = (count / seconds, value / seconds);
        let log = |x: f64, scale: f64| ((1.0 + x).ln() / scale).min(4.0) as f32;
        let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole) as f32 } else { 0.0 };
        let silent_us = self.last_gift_us.map_or(0, |last| unit.end_us().saturating_sub(last).max(0));
        let mut vector = vec![
            log(count, 3.0),
            log(items as f64, 5.0),
            log(value, 8.0),
            log(largest, 8.0),
            log(givers as f64, 3.0),
            share(new_givers as f64, givers as f64),
            share(large, value),
            share(top_giver, value),
        ];
        vector.extend(self.events.iter().map(|baseline| baseline.log_ratio(event_rate, 0.02)));
        vector.extend(self.values.iter().map(|baseline| baseline.log_ratio(value_rate, 0.1)));
        vector.push(if gifts.is_empty() { log(silent_us as f64 / 1e6, 6.0) } else { 0.0 });
        vector.push(f32::from(u8::from(gifts.is_empty())));

        self.events.iter_mut().for_each(|baseline| baseline.update(event_rate, seconds));
        self.values.iter_mut().for_each(|baseline| baseline.update(value_rate, seconds));
        if !gifts.is_empty() {
            self.event_value.update(value / count, count);
            self.last_gift_us = Some(unit.end_us());
        }
        Ok(Some(vector))
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}
