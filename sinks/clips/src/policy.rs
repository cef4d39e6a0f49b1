//! How highlights become clips: how much before and after, how long at most, what is merged, how files are named.
//!
//! Invariant: a checked policy never produces an empty window, nor one longer than its maximum.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ClipError;
use crate::merge::{Interval, Merged, merge};
use crate::name::NameTemplate;

/// Settings of clip cutting, as in the configuration file. All times are seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClipPolicy {
    /// Material kept before a highlight's start.
    pub pre_roll: f64,
    /// Material kept after a highlight's end.
    pub post_roll: f64,
    /// Longest clip, rolls included; a longer highlight is trimmed around its peak.
    pub max_length: f64,
    /// Highlights whose windows lie at most this far apart become one clip.
    pub merge_gap: f64,
    /// File name below the clip folder; `{room}`, `{stream}`, `{start}` (milliseconds of media time) and
    /// `{highlight}` are filled in. The ending is set by what the clip holds (`.mp4`, `.m4a`).
    pub name: String,
    /// Width of thumbnails in pixels.
    pub thumbnail_width: u32,
    /// Constant rate factor of re-encoded pictures, 0 (lossless) to 51; less is better and bigger.
    pub quality: u8,
}

impl Default for ClipPolicy {
    fn default() -> Self {
        Self {
            pre_roll: 2.0,
            post_roll: 2.0,
            max_length: 90.0,
            merge_gap: 1.0,
            name: "{room}/{stream}-{start}-{highlight}.mp4".to_owned(),
            thumbnail_width: 480,
            quality: 18,
        }
    }
}

impl ClipPolicy {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`ClipError::Policy`] or [`ClipError::Name`] with the setting that is out of range.
    pub fn check(&self) -> Result<(), ClipError> {
        let day = 86_400.0;
        let bad = |field, reason| Err(ClipError::Policy { field, reason });
        for (field, value) in
            [("pre_roll", self.pre_roll), ("post_roll", self.post_roll), ("merge_gap", self.merge_gap)]
        {
            if !(0.0..=day).contains(&value) {
                return bad(field, "must be between 0 and 86400 seconds");
            }
        }
        if !(0.1..=3600.0).contains(&self.max_length) {
            return bad("max_length", "must be between 0.1 and 3600 seconds");
        }
        if !(16..=4096).contains(&self.thumbnail_width) {
            return bad("thumbnail_width", "must be between 16 and 4096 pixels");
        }
        if self.quality > 51 {
            return bad("quality", "must be between 0 and 51");
        }
        NameTemplate::parse(&self.name).map(|_| ())
    }

    /// The window of one highlight: rolls added, never before media time 0, at most `max_length` long with
    /// `peak_us` kept inside in the proportion it had.
    pub fn window(&self, highlight: Interval, peak_us: i64) -> Interval {
        let from_us = highlight.from_us.saturating_sub(micros(self.pre_roll)).max(0);
        let to_us = highlight.to_us.saturating_add(micros(self.post_roll)).max(from_us + 1);
        let (length, max) = (to_us.saturating_sub(from_us), micros(self.max_length));
        if length <= max {
            return Interval { from_us, to_us };
        }
        let share = (peak_us.clamp(from_us, to_us) - from_us) as f64 / length as f64;
        let from_us = from_us + ((length - max) as f64 * share) as i64;
        Interval { from_us, to_us: from_us + max }
    }

    /// Windows of all highlights (interval and peak each), neighbours merged as far as `max_length` allows.
    pub fn plan(&self, highlights: &[(Interval, i64)]) -> Vec<Merged> {
        let windows: Vec<Interval> = highlights.iter().map(|&(h, peak_us)| self.window(h, peak_us)).collect();
        merge(&windows, micros(self.merge_gap), Some(micros(self.max_length)))
    }
}

fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unknown_setting_is_refused() {
        assert!(serde_json::from_str::<ClipPolicy>(r#"{"pre_rol": 1.0}"#).is_err());
        let policy: ClipPolicy = serde_json::from_str(r#"{"pre_roll": 1.0}"#).unwrap();
        assert_eq!((policy.pre_roll, policy.post_roll), (1.0, 2.0));
        policy.check().unwrap();
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let policy = ClipPolicy { max_length: f64::NAN, ..ClipPolicy::default() };
        assert!(policy.check().unwrap_err().to_string().contains("max_length"));
        let policy = ClipPolicy { name: "../{highlight}".to_owned(), ..ClipPolicy::default() };
        assert!(policy.check().is_err());
    }

    proptest! {
        #[test]
        fn window_holds_the_peak_and_keeps_to_the_maximum(
            from_us in 0_i64..100_000_000, length in 1_i64..400_000_000, at in 0.0_f64..1.0,
        ) {
            let policy = ClipPolicy::default();
            let peak = from_us + (length as f64 * at) as i64;
            let window = policy.window(Interval { from_us, to_us: from_us + length }, peak);
            prop_assert!(window.from_us <= peak && peak <= window.to_us);
            prop_assert!(window.to_us - window.from_us <= 90_000_000);
            prop_assert!(window.from_us >= 0 && window.to_us > window.from_us);
        }
    }

    #[test]
    fn close_highlights_become_one_clip() {
        let policy = ClipPolicy::default();
        let at = |from: i64, to: i64| {
            (Interval { from_us: from * 1_000_000, to_us: to * 1_000_000 }, from * 1_000_000)
        };
        let plan = policy.plan(&[at(10, 14), at(18, 20), at(60, 70)]);
        assert_eq!(plan.len(), 2);
        assert_eq!(plan[0].interval, Interval { from_us: 8_000_000, to_us: 22_000_000 });
        assert_eq!(plan[0].members, [0, 1]);
    }
}
