//! Open-ended dynamic time warping over rows that arrive one by one, against a moving window of columns.
//!
//! Row `t` brings the costs of aligning it with the columns `t - offset` for `offset` in `0..offsets`. A
//! path may start at any offset and end at any offset, so the cheapest end tells how far the rows run
//! behind the columns.
//!
//! Invariants: memory is O(offsets), whatever the number of rows; the state after `t` rows is a function
//! of those rows alone; a path never moves back in rows or columns.

use crate::DtwError;
use crate::cost::summable;

/// The state of the alignment: the cheapest path that ends at each offset of the newest row.
#[derive(Debug, Clone)]
pub struct Streaming {
    memory: f64,
    penalty: f64,
    rows: u64,
    ends: Vec<End>,
}

/// What the newest row tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamingStep {
    /// Number of the row, from 0.
    pub row: u64,
    /// How many columns the row lies behind the column it is aligned with.
    pub offset: usize,
    /// Cost of the best path that ends in this row, older costs discounted.
    pub cost: f64,
    /// `cost` per cell of the path, with the cells discounted alike.
    pub mean_cost: f64,
    /// Number of the row in which that path started.
    pub started: u64,
    /// Offset at which that path started.
    pub started_offset: usize,
}

#[derive(Debug, Clone, Copy)]
struct End {
    cost: f64,
    cells: f64,
    started: u64,
    started_offset: usize,
}

impl Streaming {
    /// An empty alignment over `offsets` columns per row. Every new row multiplies what older rows cost by
    /// `memory`: 1 forgets nothing, and `0.5_f64.powf(1.0 / n)` has a half-life of `n` rows. Every step that
    /// changes the offset adds `penalty`, so that a path through uneventful rows stays where it is.
    ///
    /// # Errors
    /// When there are no offsets, `memory` is not in `(0, 1]`, or `penalty` is negative or not summable.
    pub fn new(offsets: usize, memory: f64, penalty: f64) -> Result<Self, DtwError> {
        if offsets == 0 {
            return Err(DtwError::Empty { rows: 1, cols: 0 });
        }
        if !(memory > 0.0 && memory <= 1.0) {
            return Err(DtwError::Parameter { name: "memory", range: "in (0, 1]", value: memory });
        }
        if !(penalty >= 0.0 && summable(penalty)) {
            return Err(DtwError::Parameter { name: "penalty", range: "0 or more", value: penalty });
        }
        Ok(Self { memory, penalty, rows: 0, ends: vec![UNREACHABLE; offsets] })
    }

    /// Adds a row: `costs[offset]` is the cost of aligning it with the column `offset` before it.
    /// Positive infinity marks a column that does not exist. `None` while no column can be reached.
    ///
    /// # Errors
    /// When the row has another width, or a cost is neither summable nor positive infinity. The state is
    /// then unchanged.
    pub fn push(&mut self, costs: &[f64]) -> Result<Option<StreamingStep>, DtwError> {
        if costs.len() != self.ends.len() {
            return Err(DtwError::Length { what: "row", expected: self.ends.len(), got: costs.len() });
        }
        let row = self.rows;
        if let Some(col) = costs.iter().position(|&cost| !summable(cost) && cost != f64::INFINITY) {
            let row = usize::try_from(row).unwrap_or(usize::MAX);
            return Err(DtwError::NotSummable { row, col, value: costs[col] });
        }
        let older = self.ends.clone();
        let open = older.iter().all(|end| end.cost == f64::INFINITY);
        for offset in (0..costs.len()).rev() {
            let fresh = End { cost: 0.0, cells: 0.0, started: row, started_offset: offset };
            let mut best = if open { fresh } else { self.aged(older[offset]) };
            if !open {
                // The same column again lies one offset further; the next column of this row one nearer.
                let same_column = offset.checked_sub(1).map(|at| self.aged(older[at]));
                let same_row = self.ends.get(offset + 1).copied();
                for end in [same_column, same_row].into_iter().flatten() {
                    if end.cost + self.penalty < best.cost {
                        best = End { cost: end.cost + self.penalty, ..end };
                    }
                }
            }
            self.ends[offset] = End { cost: best.cost + costs[offset], cells: best.cells + 1.0, ..best };
        }
        self.rows += 1;
        Ok(self.step(row))
    }

    /// Cost of the cheapest path that ends at each offset of the newest row; infinite where none does.
    pub fn costs(&self) -> impl Iterator<Item = f64> + '_ {
        self.ends.iter().map(|end| end.cost)
    }

    /// Number of rows so far.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    fn aged(&self, end: End) -> End {
        End { cost: end.cost * self.memory, cells: end.cells * self.memory, ..end }
    }

    fn step(&self, row: u64) -> Option<StreamingStep> {
        let mut best: Option<(usize, End)> = None;
        for (offset, &end) in self.ends.iter().enumerate() {
            if end.cost < best.map_or(f64::INFINITY, |(_, best)| best.cost) {
                best = Some((offset, end));
            }
        }
        best.map(|(offset, end)| StreamingStep {
            row,
            offset,
            cost: end.cost,
            mean_cost: end.cost / end.cells,
            started: end.started,
            started_offset: end.started_offset,
        })
    }
}

const UNREACHABLE: End = End { cost: f64::INFINITY, cells: 0.0, started: 0, started_offset: 0 };
