//! Timestamps, whether datetimes, nanoseconds, microseconds, milliseconds or seconds.
//!
//! Invariants: decided by type, then by size, value by value; the result is seconds on one clock. Datetimes without a
//! zone are taken as UTC, as the benchmark does.

/// Numbers are seconds below this, which is the year 5138 in seconds and 1973 in milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;
const MICROSECONDS_FROM: f64 = 1e14;
const NANOSECONDS_FROM: f64 = 1e17;

/// Seconds of a number by its size.
pub(crate) fn from_number(value: f64) -> Option<f64> {
    let size = value.abs();
    let seconds = if size >= NANOSECONDS_FROM {
        value / 1e9
    } else if size >= MICROSECONDS_FROM {
        value / 1e6
    } else if size >= MILLISECONDS_FROM {
        value / 1e3
    } else {
        value
    };
    seconds.is_finite().then_some(seconds)
}

/// Seconds of a text: a number or a datetime with or without zone. `Ok(None)` where it says that there is none.
pub(crate) fn from_text(text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() || ["null", "nat", "nan", "none"].iter().any(|none| text.eq_ignore_ascii_case(none)) {
        return Ok(None);
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number).map(Some).ok_or_else(|| format!("{text} is no time"));
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(Some(instant.as_microsecond() as f64 / 1e6));
    }
    let local = text
        .parse::<jiff::civil::DateTime>()
        .map_err(|_none| format!("{text:?} is neither a number nor a datetime"))?;
    let zoned = local.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| format!("{text:?}: {error}"))?;
    Ok(Some(zoned.timestamp().as_microsecond() as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_five_notations_is_one_number() {
        let seconds = 1_748_160_000.5;
        for number in
            [1_748_160_000.5, 1_748_160_000_500.0, 1_748_160_000_500_000.0, 1_748_160_000_500_000_000.0]
        {
            assert!((from_number(number).unwrap() - seconds).abs() < 1e-3, "{number}");
        }
        for text in [
            "1748160000500",
            "2025-05-25 08:00:00.500",
            "2025-05-25T08:00:00.5Z",
            "2025-05-25T16:00:00.5+08:00",
        ] {
            assert!((from_text(text).unwrap().unwrap() - seconds).abs() < 1e-3, "{text}");
        }
        assert_eq!(from_text("NaT"), Ok(None));
        assert!(from_text("yesterday").is_err());
    }
}
