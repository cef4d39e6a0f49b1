//! Lists of nodes, one for each row of a batch, padded to the longest.
//!
//! Invariants: a padded place is node 0 and masked; there is at least one place.

use super::{Known, NodeRows};
use crate::{Event, GiftingError, Neighbour};
use candle_core::Tensor;

/// Buckets of an event's age: under a minute, two, four and so on; the last one holds all that is older than a year.
pub(crate) const AGES: usize = 20;

/// Lists of `n` places for each of `B` rows.
pub(crate) struct Listed {
    /// Rows B.
    pub(crate) rows: usize,
    /// Places n.
    pub(crate) places: usize,
    /// Node at each place, `[B · n]`.
    pub(crate) nodes: Tensor,
    /// 1 where there is one, `[B, n]`.
    pub(crate) mask: Tensor,
    /// `ln(1 + weight)`, `[B, n, 1]`.
    pub(crate) weights: Tensor,
    /// Bucket of the age, `[B · n]`; of events.
    pub(crate) ages: Option<Tensor>,
}

/// A place in a list.
#[derive(Clone, Copy, Default)]
struct Place {
    node: u32,
    weight: f32,
    age: u32,
}

/// Lists under construction.
pub(super) struct ListRows {
    aged: bool,
    lists: Vec<Vec<Place>>,
}

impl ListRows {
    pub(super) const fn new(aged: bool) -> Self {
        Self { aged, lists: Vec::new() }
    }

    pub(super) fn neighbours(
        &mut self,
        known: &Known<'_>,
        nodes: &mut NodeRows,
        neighbours: &[Neighbour],
    ) -> Result<(), GiftingError> {
        let first = &neighbours[..neighbours.len().min(known.config.neighbours)];
        let place = |neighbour: &Neighbour| {
            let weight = logarithm(neighbour.weight, || format!("weight of neighbour {}", neighbour.node))?;
            Ok(Place { node: nodes.place(known, neighbour.node)?, weight, age: 0 })
        };
        self.lists.push(first.iter().map(place).collect::<Result<_, GiftingError>>()?);
        Ok(())
    }

    pub(super) fn events<'a>(
        &mut self,
        known: &Known<'_>,
        nodes: &mut NodeRows,
        events: impl Iterator<Item = &'a Event>,
        time_s: i64,
    ) -> Result<(), GiftingError> {
        let place = |event: &Event| {
            let weight = logarithm(event.weight, || format!("weight of an act towards {}", event.streamer))?;
            let age = bucket(time_s.saturating_sub(event.time_s));
            Ok(Place { node: nodes.place(known, event.streamer)?, weight, age })
        };
        self.lists.push(events.map(place).collect::<Result<_, GiftingError>>()?);
        Ok(())
    }

    pub(super) fn tensors(self, known: &Known<'_>) -> Result<Listed, GiftingError> {
        let rows = self.lists.len();
        let places = self.lists.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let count = rows * places;
        let mut all = vec![Place::default(); count];
        let mut mask = vec![0.0; count];
        for (row, list) in self.lists.iter().enumerate() {
            all[row * places..][..list.len()].copy_from_slice(list);
            mask[row * places..][..list.len()].fill(1.0);
        }
        let ages =
            if self.aged { Some(known.indices(all.iter().map(|place| place.age).collect())?) } else { None };
        Ok(Listed {
            rows,
            places,
            nodes: known.indices(all.iter().map(|place| place.node).collect())?,
            mask: known.tensor(mask, &[rows, places])?,
            weights: known.tensor(all.iter().map(|place| place.weight).collect(), &[rows, places, 1])?,
            ages,
        })
    }
}

fn logarithm(weight: f32, what: impl Fn() -> String) -> Result<f32, GiftingError> {
    if weight.is_finite() {
        Ok(weight.max(0.0).ln_1p())
    } else {
        Err(GiftingError::NotFinite { what: what(), index: 0 })
    }
}

fn bucket(age_s: i64) -> u32 {
    let minutes = u64::try_from(age_s / 60).unwrap_or(0);
    (u64::BITS - minutes.leading_zeros()).min(AGES as u32 - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn ages_double_from_bucket_to_bucket() {
        let buckets = [-5, 0, 59, 60, 119, 120, 3600, i64::MAX].map(bucket);
        assert_eq!(buckets, [0, 0, 0, 1, 1, 2, 6, 19]);
    }
}
