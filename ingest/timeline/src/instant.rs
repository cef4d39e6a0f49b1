//! Instants and spans in whole microseconds.
//!
//! [`MediaTime`] and [`WallTime`] are separate types so that the compiler refuses to subtract one from the
//! other; both share [`Span`] for differences. Arithmetic saturates: a broken timestamp must not abort a room.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Signed distance between two instants of the same clock, microseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

/// Presentation time inside a stream: microseconds from its first picture (or first sound, if there is none).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaTime(i64);

/// Unix time, microseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(i64);

impl Span {
    /// No distance.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(i64::MAX);

    /// From whole microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// From seconds, rounded to the nearest microsecond; not-a-number becomes zero, infinities saturate.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * 1e6).round() as i64)
    }

    /// Whole microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Distance without sign.
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// This span times a whole number.
    pub const fn times(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl MediaTime {
    /// The first picture of a stream.
    pub const ZERO: Self = Self(0);
    /// Later than every picture.
    pub const MAX: Self = Self(i64::MAX);

    /// From whole microseconds since the first picture.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the first picture.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(Span::from_secs_f64(secs).as_micros())
    }

    /// Microseconds since the first picture.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds since the first picture.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Index of the unit of length `unit` that holds this instant; negative before the first picture.
    ///
    /// # Panics
    /// If `unit` is not positive: units are configuration and checked when it is read.
    pub const fn unit(self, unit: Span) -> i64 {
        assert!(unit.0 > 0, "unit length must be positive");
        self.0.div_euclid(unit.0)
    }
}

impl WallTime {
    /// From whole Unix microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole Unix milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Unix microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

macro_rules! instant_arithmetic {
    ($($instant:ident),*) => {$(
        impl Add<Span> for $instant {
            type Output = Self;
            fn add(self, span: Span) -> Self { Self(self.0.saturating_add(span.0)) }
        }
        impl AddAssign<Span> for $instant {
            fn add_assign(&mut self, span: Span) { *self = *self + span; }
        }
        impl Sub<Span> for $instant {
            type Output = Self;
            fn sub(self, span: Span) -> Self { Self(self.0.saturating_sub(span.0)) }
        }
        impl Sub for $instant {
            type Output = Span;
            fn sub(self, other: Self) -> Span { Span(self.0.saturating_sub(other.0)) }
        }
    )*};
}
instant_arithmetic!(MediaTime, WallTime);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_secs_f64())
    }
}

/// `h:mm:ss.mmm`, with a minus sign before the first picture.
impl fmt::Display for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.unsigned_abs() / 1_000;
        let sign = if self.0 < 0 { "-" } else { "" };
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        write!(f, "{sign}{hours}:{minutes:02}:{:02}.{:03}", millis / 1_000 % 60, millis % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_time_reads_as_a_clock() {
        assert_eq!(MediaTime::from_micros(3_723_045_999).to_string(), "1:02:03.045");
        assert_eq!(MediaTime::from_micros(-1_500_000).to_string(), "-0:00:01.500");
    }

    #[test]
    fn units_before_the_first_picture_are_negative() {
        let unit = Span::from_millis(2_000);
        assert_eq!(MediaTime::from_micros(-1).unit(unit), -1);
        assert_eq!(MediaTime::from_micros(1_999_999).unit(unit), 0);
        assert_eq!(MediaTime::from_micros(2_000_000).unit(unit), 1);
    }

    #[test]
    fn broken_timestamps_saturate() {
        assert_eq!(MediaTime::MAX + Span::from_millis(1), MediaTime::MAX);
        assert_eq!(Span::from_secs_f64(f64::NAN), Span::ZERO);
        assert_eq!(Span::from_secs_f64(f64::INFINITY), Span::MAX);
    }
}
