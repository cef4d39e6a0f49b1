//! Wall times as the formats write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kairos_timeline::{Span, WallTime};

/// RFC 3339 with an offset, or a date and time in UTC (`2017-11-30 02:46:33`, `... UTC`).
pub fn parse_time(text: &str) -> Option<WallTime> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(WallTime::from_micros(stamp.as_microsecond()));
    }
    let civil = text.trim_end_matches("UTC").trim_end();
    let stamp = civil.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(WallTime::from_micros(stamp.timestamp().as_microsecond()))
}

/// Unix time whose unit shows in its size: seconds, milliseconds or microseconds. Times before September 2001
/// (a billion seconds) are not told apart from counters and refused.
pub fn unix_time(number: i64) -> Option<WallTime> {
    match number {
        1_000_000_000..100_000_000_000 => Some(WallTime::from_micros(number.checked_mul(1_000_000)?)),
        1_000_000_000_000..100_000_000_000_000 => Some(WallTime::from_millis(number)),
        1_000_000_000_000_000..100_000_000_000_000_000 => Some(WallTime::from_micros(number)),
        _ => None,
    }
}

/// Seconds as text to a span; not finite or longer than a century is refused.
pub fn seconds(text: &str) -> Option<Span> {
    let secs: f64 = text.trim().parse().ok()?;
    (secs.is_finite() && secs.abs() < 3.2e9).then(|| Span::from_secs_f64(secs))
}

/// `h:mm:ss` or `m:ss`, negative before the start.
pub fn clock(text: &str) -> Option<Span> {
    let (negative, text) = text.trim().strip_prefix('-').map_or((false, text.trim()), |rest| (true, rest));
    let mut total = 0.0;
    for part in text.split(':') {
        total = total * 60.0 + part.parse::<f64>().ok().filter(|p| p.is_finite() && *p >= 0.0)?;
    }
    let span = seconds(&total.to_string())?;
    Some(if negative { -span } else { span })
}

/// A start time in a file's name: Unix seconds or milliseconds, or `2019-08-31 12.30.00` with any separators (UTC).
pub fn start_in_name(name: &str) -> Option<WallTime> {
    let runs: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let unix = runs.iter().filter(|run| run.len() == 10 || run.len() == 13);
    if let Some(at) = unix.filter_map(|run| unix_time(run.parse().ok()?)).next() {
        return Some(at);
    }
    let digits: Vec<&str> =
        runs.iter().copied().filter(|run| [2, 4, 6, 8, 14].contains(&run.len())).collect();
    (0..digits.len()).find_map(|from| {
        let joined: String = digits.get(from..)?.concat();
        let part = |a: usize, b: usize| joined.get(a..b);
        let text = format!(
            "{}-{}-{} {}:{}:{}",
            part(0, 4)?,
            part(4, 6)?,
            part(6, 8)?,
            part(8, 10)?,
            part(10, 12)?,
            part(12, 14)?
        );
        parse_time(&text).filter(|at| at.as_micros() > 1_000_000_000_000_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_in_every_spelling() {
        let at = WallTime::from_micros(1_512_009_993_000_000);
        for text in ["2017-11-30 02:46:33 UTC", "2017-11-30T02:46:33Z", "2017-11-30T10:46:33+08:00"] {
            assert_eq!(parse_time(text), Some(at), "{text}");
        }
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn the_unit_of_unix_time_shows_in_its_size() {
        let at = Some(WallTime::from_micros(1_512_009_993_000_000));
        for number in [1_512_009_993, 1_512_009_993_000, 1_512_009_993_000_000] {
            assert_eq!(unix_time(number), at);
        }
        assert_eq!(unix_time(12), None);
    }

    #[test]
    fn offsets_read_as_clocks() {
        assert_eq!(clock("1:02:03"), Some(Span::from_millis(3_723_000)));
        assert_eq!(clock("-0:06"), Some(Span::from_millis(-6_000)));
        assert_eq!(clock("soon"), None);
    }

    #[test]
    fn the_start_is_found_in_a_name() {
        let at = parse_time("2019-08-31 12:30:00");
        assert_eq!(start_in_name("chat_2019-08-31_12-30-00.txt"), at);
        assert_eq!(start_in_name("1567254600_chat.txt"), at);
        assert_eq!(start_in_name("chat.txt"), None);
    }
}
