//! Where to look more closely: the candidates of attentive decoding.
//!
//! Keyframes are cheap and enough most of the time. Where sound or comments rise clearly above what is usual in
//! this room, pictures are sampled densely. What is usual is a running mean and deviation of the past only, and a
//! budget bounds the share of the stream that is decoded densely, so that a loud room can't cost without limit.

/// Half-life of the running statistics, in observations.
const HALF_LIFE: f64 = 60.0;
/// Deviations above the mean that make a candidate.
const THRESHOLD: f64 = 2.0;
/// Observations before anything is called unusual.
const WARM_UP: u32 = 5;

/// Running level of one curve.
#[derive(Debug, Clone, Default)]
pub struct Level {
    mean: f64,
    variance: f64,
    seen: u32,
}

impl Level {
    /// Whether `value` stands out against what was seen before; then learns it.
    pub fn stands_out(&mut self, value: f64) -> bool {
        let deviation = self.variance.sqrt().max(0.05 * self.mean.abs()).max(1e-6);
        let unusual = self.seen >= WARM_UP && value > self.mean + THRESHOLD * deviation;
        let rate = (1.0 - 0.5_f64.powf(1.0 / HALF_LIFE)).max(1.0 / f64::from(self.seen + 1));
        let step = value - self.mean;
        self.mean += rate * step;
        self.variance = (1.0 - rate) * (self.variance + rate * step * step);
        self.seen = self.seen.saturating_add(1);
        unusual
    }

    /// `value` against the mean of what was seen before, at most ten times it; then learns it.
    pub fn relative(&mut self, value: f64) -> f64 {
        let mean = if self.seen == 0 { value } else { self.mean };
        self.stands_out(value);
        if mean > 1e-9 { (value / mean).min(10.0) } else { 0.0 }
    }
}

/// Brings picture and sound activity, which have scales of their own, to one: each against its mean so far.
#[derive(Debug, Clone, Default)]
pub struct ContentScale {
    picture: Level,
    sound: Level,
}

impl ContentScale {
    /// How much happened in one bin, 1 being usual; `None` where neither was looked at.
    pub fn activity(&mut self, picture: Option<f32>, sound: Option<f32>) -> Option<f64> {
        let picture = picture.map(|value| self.picture.relative(f64::from(value)));
        let sound = sound.map(|value| self.sound.relative(f64::from(value)));
        match (picture, sound) {
            (Some(picture), Some(sound)) => Some(0.5 * (picture + sound)),
            (one, other) => one.or(other),
        }
    }
}

/// A token bucket over stream time: at most `share` of it is decoded densely, with bursts.
#[derive(Debug, Clone)]
pub struct Budget {
    share: f64,
    most: f64,
    left: f64,
}

impl Budget {
    /// `share` of the stream, and `most` seconds at once.
    pub fn new(share: f64, most: f64) -> Self {
        Self { share, most, left: most }
    }

    /// `seconds` of the stream went by.
    pub fn pass(&mut self, seconds: f64) {
        self.left = (self.left + self.share * seconds).min(self.most);
    }

    /// Asks for `seconds`; `false` when the budget is used up.
    pub fn spend(&mut self, seconds: f64) -> bool {
        let granted = self.left >= seconds;
        if granted {
            self.left -= seconds;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_stands_out_and_the_usual_does_not() {
        let mut level = Level::default();
        let noise = |i: u32| 1.0 + 0.1 * f64::from(i % 3);
        assert!((0..100).all(|i| !level.stands_out(noise(i))));
        assert!(level.stands_out(5.0));
        assert!(!level.stands_out(noise(0)));
    }

    #[test]
    fn silence_is_no_candidate() {
        let mut level = Level::default();
        assert!((0..50).all(|_| !level.stands_out(0.0)));
    }

    #[test]
    fn a_loud_room_keeps_to_its_budget() {
        let mut budget = Budget::new(0.25, 20.0);
        let mut spent = 0.0_f64;
        for _ in 0..1_000 {
            budget.pass(2.0);
            spent += if budget.spend(2.0) { 2.0 } else { 0.0 };
        }
        assert!((spent - (20.0 + 0.25 * 2_000.0)).abs() < 5.0, "{spent}");
    }
}
