//! Stretches of media time, and the steps that a curve over them is drawn in.
//!
//! Invariant: whatever a request asks for, an answer has at most as many steps as the options allow.

use serde::Deserialize;
use utoipa::IntoParams;

use super::scores::reach;
use crate::ask::Value;
use crate::options::ConsoleOptions;
use crate::problem::Problem;
use crate::serve::App;

/// Times beyond this are mistakes, and far from overflow.
pub(super) const FAR_US: i64 = 1 << 60;

/// A stretch of a stream, in steps.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepsAsked {
    /// Start, media time in microseconds; 0 if not given.
    from_us: Option<i64>,
    /// End (exclusive); the stream's end if not given.
    to_us: Option<i64>,
    /// At most so many steps, which are never shorter than a unit.
    points: Option<u32>,
}

/// A stretch in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) from_us: i64,
    pub(super) to_us: i64,
    pub(super) step_us: i64,
}

impl Steps {
    /// Checks a stretch and cuts it into steps of whole units.
    pub(super) fn of(
        from_us: Option<i64>,
        to_us: Option<i64>,
        points: Option<u32>,
        end_us: i64,
        unit_us: i64,
        options: &ConsoleOptions,
    ) -> Result<Self, Problem> {
        let (from_us, to_us) = (from_us.unwrap_or(0), to_us.unwrap_or(end_us.max(1)));
        stretch(from_us, to_us)?;
        let points = points.unwrap_or(1_000);
        if !(1..=options.points).contains(&points) {
            return Err(Problem::bad(format!("points {points} is not between 1 and {}", options.points)));
        }
        let unit_us = unit_us.max(1);
        let exact = (to_us - from_us + i64::from(points) - 1) / i64::from(points);
        let step_us = (exact + unit_us - 1) / unit_us * unit_us;
        Ok(Self { from_us, to_us, step_us })
    }

    /// What a question about these steps of a stream is bound to.
    pub(super) fn values(self, (room, stream): &(String, String)) -> [(&'static str, Value); 5] {
        [
            ("room", room.into()),
            ("stream", stream.into()),
            ("from_us", self.from_us.into()),
            ("to_us", self.to_us.into()),
            ("step_us", self.step_us.into()),
        ]
    }
}

impl StepsAsked {
    /// The steps of a stream, which ends where its scores do.
    pub(super) async fn over(&self, app: &App, place: &(String, String)) -> Result<Steps, Problem> {
        let (end_us, unit_us) = reach(app, place).await?;
        Steps::of(self.from_us, self.to_us, self.points, end_us, unit_us, &app.access.options)
    }
}

/// Refuses an instant beyond reason.
pub(super) fn near(name: &str, us: Option<i64>) -> Result<(), Problem> {
    match us {
        Some(us) if !(-FAR_US..=FAR_US).contains(&us) => {
            Err(Problem::bad(format!("{name} {us} is not between -{FAR_US} and {FAR_US}")))
        }
        _ => Ok(()),
    }
}

/// Refuses stretches that are empty, backwards or beyond reason. An open end before the start is an empty stream.
pub(super) fn stretch(from_us: i64, to_us: i64) -> Result<(), Problem> {
    if from_us >= to_us || from_us < -FAR_US || to_us > FAR_US {
        return Err(Problem::bad(format!("from {from_us} us to {to_us} us is no stretch of time")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_whole_units_and_never_too_many() {
        let options = ConsoleOptions::default();
        let of =
            |to, points, unit| Steps::of(None, Some(to), Some(points), 0, unit, &options).map(|s| s.step_us);
        assert_eq!(of(100, 100, 2), Ok(2));
        assert_eq!(of(100, 10, 2), Ok(10));
        assert_eq!(of(100, 30, 2), Ok(4));
        for (to, points, unit) in
            [(7_201_000_000, 1_000, 2_000_000), (99, 10, 2), (1, 1, 5), (1_000_000_007, 3_999, 3)]
        {
            let step = of(to, points, unit).unwrap();
            assert!(
                step % unit == 0 && (to + step - 1) / step <= i64::from(points),
                "{to} {points} {unit}: {step}"
            );
        }
        assert!(of(0, 10, 2).is_err() && of(10, 0, 2).is_err() && of(10, 9_999_999, 2).is_err());
        assert!(Steps::of(Some(i64::MIN), Some(i64::MAX), None, 0, 1, &options).is_err());
    }
}
