//! Small curves of many rooms, in one question.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rooms::Room;
use crate::problem::Problem;
use crate::serve::App;

const CURVES: &str = include_str!("../../sql/curves.sql");

/// The best score of each step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Curve {
    /// Media time of the first step.
    from_us: i64,
    /// Length of a step.
    step_us: i64,
    /// One score per step; null where nothing was scored.
    high: Vec<Option<f32>>,
}

#[derive(Deserialize)]
struct Row {
    room: String,
    step: i64,
    high: f32,
}

/// The curves of these rooms' last broadcasts, in at most so many steps.
pub(super) async fn of(app: &App, rooms: &[Room], steps: u32) -> Result<BTreeMap<String, Curve>, Problem> {
    let mut curves = BTreeMap::new();
    let (mut names, mut streams, mut models, mut froms, mut widths) =
        (vec![], vec![], vec![], vec![], vec![]);
    let count = i64::from(steps);
    for room in rooms.iter().filter(|room| room.unit_us > 0) {
        let (from_us, step_us) = if room.live {
            ((room.media_us - count * room.unit_us).max(0), room.unit_us)
        } else {
            let units = (room.media_us + room.unit_us - 1) / room.unit_us;
            (0, room.unit_us * ((units + count - 1) / count).max(1))
        };
        names.push(room.room.clone());
        streams.push(room.stream.clone());
        models.push(room.model.clone());
        froms.push(from_us);
        widths.push(step_us);
        let length = ((room.media_us - from_us + step_us - 1) / step_us).clamp(0, count + 1);
        let high = vec![None; usize::try_from(length).unwrap_or_default()];
        curves.insert(room.room.clone(), Curve { from_us, step_us, high });
    }
    if names.is_empty() {
        return Ok(curves);
    }
    let values = [
        ("rooms", names.into()),
        ("streams", streams.into()),
        ("models", models.into()),
        ("froms", froms.into()),
        ("steps", widths.into()),
    ];
    for Row { room, step, high } in app.tables.rows(CURVES, &values).await? {
        let slot = usize::try_from(step).ok().and_then(|step| curves.get_mut(&room)?.high.get_mut(step));
        if let Some(slot) = slot {
            *slot = Some(high);
        }
    }
    Ok(curves)
}
