//! Range and labels of an axis.
//!
//! Invariants: a range is finite and wide enough for its labels to differ, whatever the values.

use std::ops::Range;

/// Largest magnitude that is drawn: differences of such numbers are still finite.
const LARGEST: f64 = 1e100;

pub(super) fn drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Range that shows all values with a small margin; `0..1` without values.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let ends = values.filter(|&value| drawable(value)).fold(None, |ends: Option<(f64, f64)>, value| {
        Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    });
    let Some((low, high)) = ends else { return 0.0..1.0 };
    // Steps between labels below the precision of the numbers would never get from one end to the other.
    let least = (low.abs().max(high.abs()) * 1e-6).max(1e-12);
    let span = high - low;
    let margin = if span < least { least } else { span * 0.03 };
    low - margin..high + margin
}

/// Writes a number with as many digits as tell labels apart on an axis this long.
pub(super) fn label(value: f64, range: &Range<f64>) -> String {
    let span = range.end - range.start;
    let largest = range.start.abs().max(range.end.abs());
    if largest >= 1e6 || span < 1e-5 {
        return format!("{value:.3e}");
    }
    let digits = (1.0 - span.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.digits$}");
    if text.trim_start_matches('-').bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{label, range};

    #[test]
    fn range_is_never_empty() {
        assert_eq!(range([].into_iter()), 0.0..1.0);
        for values in
            [[3.0, 3.0], [0.0, 0.0], [-1e99, 1e99], [1e90, 1e90], [f64::NAN, 2.0], [f64::INFINITY, 0.0]]
        {
            let range = range(values.into_iter());
            assert!(
                range.start < range.end && range.start.is_finite() && range.end.is_finite(),
                "{values:?}"
            );
        }
    }

    #[test]
    fn labels_are_as_long_as_the_axis_needs() {
        assert_eq!(label(0.30000000000000004, &(0.0..1.0)), "0.3");
        assert_eq!(label(0.25, &(0.2..0.31)), "0.25");
        assert_eq!(label(-1e-17, &(-1.0..1.0)), "0.0");
        assert_eq!(label(400.0, &(0.0..1000.0)), "400");
        assert_eq!(label(2e6, &(0.0..5e6)), "2.000e6");
    }
}
