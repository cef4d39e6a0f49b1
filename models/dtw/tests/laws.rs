//! Laws of alignment, checked on generated matrices.

use kairos_dtw::{CostMatrix, DtwError, Streaming, banded, exact, soft, soft_with_gradient};
use proptest::prelude::*;

fn matrices() -> impl Strategy<Value = CostMatrix> {
    (1_usize..8, 1_usize..8).prop_flat_map(|(rows, cols)| {
        prop::collection::vec(0.0_f64..3.0, rows * cols).prop_map(move |values| {
            CostMatrix::new(rows, cols, values).expect("finite and of the right size")
        })
    })
}

proptest! {
    #[test]
    fn a_sequence_aligns_with_itself_for_nothing(x in prop::collection::vec(-5.0_f64..5.0, 1..20)) {
        let cost = CostMatrix::from_fn(x.len(), x.len(), |a, b| (x[a] - x[b]).abs()).expect("finite");
        let found = exact(&cost);
        prop_assert_eq!(found.cost, 0.0);
        prop_assert_eq!(found.path, (0..x.len()).map(|at| (at, at)).collect::<Vec<_>>());
    }

    #[test]
    fn transposing_changes_no_cost(cost in matrices(), lambda in 0.01_f64..2.0) {
        let turned = cost.transposed();
        prop_assert!((exact(&cost).cost - exact(&turned).cost).abs() < 1e-12);
        let (a, b) = (soft(&cost, lambda).expect("positive"), soft(&turned, lambda).expect("positive"));
        prop_assert!((a - b).abs() < 1e-9);
    }

    #[test]
    fn path_is_monotone_and_adds_up(cost in matrices()) {
        let found = exact(&cost);
        let sum: f64 = found.path.iter().map(|&(row, col)| cost.get(row, col).expect("inside")).sum();
        prop_assert!((sum - found.cost).abs() < 1e-9);
        prop_assert_eq!(found.path[0], (0, 0));
        prop_assert_eq!(found.path[found.path.len() - 1], (cost.rows() - 1, cost.cols() - 1));
        for pair in found.path.windows(2) {
            let step = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            prop_assert!(matches!(step, (1, 1) | (1, 0) | (0, 1)));
        }
    }

    #[test]
    fn wide_band_is_exact_and_narrow_band_costs_more(cost in matrices(), radius in 0_usize..8) {
        let full = exact(&cost);
        prop_assert_eq!(&banded(&cost, 8).expect("wide"), &full);
        match banded(&cost, radius) {
            Ok(found) => {
                prop_assert!(found.cost >= full.cost);
                prop_assert!(found.path.iter().all(|&(row, col)| row.abs_diff(col) <= radius));
            }
            Err(error) => {
                prop_assert!(radius < cost.rows().abs_diff(cost.cols()));
                let no_path = matches!(error, DtwError::NoPath { .. });
                prop_assert!(no_path);
            }
        }
    }

    #[test]
    fn soft_is_at_most_exact_and_meets_it_as_lambda_vanishes(cost in matrices(), lambda in 0.01_f64..2.0) {
        let hard = exact(&cost).cost;
        prop_assert!(soft(&cost, lambda).expect("positive") <= hard + 1e-9);
        prop_assert!((soft(&cost, 1e-9).expect("positive") - hard).abs() < 1e-6);
    }

    #[test]
    fn gradient_is_the_slope(cost in matrices(), lambda in 0.05_f64..2.0) {
        let found = soft_with_gradient(&cost, lambda).expect("positive");
        prop_assert!((found.value - soft(&cost, lambda).expect("positive")).abs() < 1e-12);
        let step = 1e-5;
        for at in 0..cost.values().len() {
            let moved = |by: f64| {
                let mut values = cost.values().to_vec();
                values[at] += by;
                let moved = CostMatrix::new(cost.rows(), cost.cols(), values).expect("finite");
                soft(&moved, lambda).expect("positive")
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            prop_assert!((slope - found.gradient.values()[at]).abs() < 1e-5);
        }
    }

    #[test]
    fn rows_one_by_one_give_the_whole_matrix(
        rows in prop::collection::vec(prop::collection::vec(0.0_f64..3.0, 5), 1..12),
        memory in 0.5_f64..1.0,
        penalty in 0.0_f64..0.5,
    ) {
        // The whole matrix in its own coordinates: row t, column t - offset + 4, everything kept.
        let (count, cols) = (rows.len(), rows.len() + 4);
        let mut total = vec![vec![f64::INFINITY; cols]; count];
        for row in 0..count {
            for col in row..row + 5 {
                let older = |col: usize| if row > 0 { total[row - 1][col] * memory } else { 0.0 };
                let mut before = if col > 0 || row == 0 { older(col.saturating_sub(1)) } else { f64::INFINITY };
                if row > 0 {
                    before = before.min(older(col) + penalty);
                    before = before.min(if col > row { total[row][col - 1] + penalty } else { f64::INFINITY });
                }
                total[row][col] = before + rows[row][row + 4 - col];
            }
        }
        let mut streaming = Streaming::new(5, memory, penalty).expect("valid");
        for (row, costs) in rows.iter().enumerate() {
            let step = streaming.push(costs).expect("finite").expect("every column exists");
            let want: Vec<f64> = (0..5).map(|offset| total[row][row + 4 - offset]).collect();
            let got: Vec<f64> = streaming.costs().collect();
            prop_assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-9), "{:?} {:?}", got, want);
            prop_assert!((step.cost - want.iter().copied().fold(f64::INFINITY, f64::min)).abs() < 1e-9);
            prop_assert_eq!(step.row, row as u64);
        }
    }
}

#[test]
fn one_cell_is_its_own_alignment() {
    let cost = CostMatrix::new(1, 1, vec![0.7]).expect("valid");
    let found = soft_with_gradient(&cost, 0.1).expect("positive");
    assert_eq!((found.value, found.gradient.values()), (0.7, &[1.0][..]));
}

#[test]
fn constant_delay_is_found_by_the_stream() {
    let delay = 7;
    let content = |t: i64| if t.rem_euclid(23) < 3 { 1.0 } else { 0.0 };
    let mut streaming = Streaming::new(16, 0.98, 0.1).expect("valid");
    let mut last = None;
    for t in 0..200_i64 {
        let costs: Vec<f64> =
            (0..16)
                .map(|offset| {
                    if t < offset {
                        f64::INFINITY
                    } else {
                        f64::abs(content(t - delay) - content(t - offset))
                    }
                })
                .collect();
        last = streaming.push(&costs).expect("finite");
    }
    assert_eq!(last.map(|step| step.offset), Some(7));
}

#[test]
fn wrong_input_is_refused_by_name() {
    assert_eq!(CostMatrix::new(0, 3, vec![]), Err(DtwError::Empty { rows: 0, cols: 3 }));
    assert!(matches!(
        CostMatrix::new(1, 2, vec![0.0, f64::NAN]),
        Err(DtwError::NotSummable { row: 0, col: 1, .. })
    ));
    assert!(matches!(CostMatrix::new(2, 2, vec![0.0; 3]), Err(DtwError::Length { expected: 4, got: 3, .. })));
    let cost = CostMatrix::new(1, 1, vec![0.0]).expect("valid");
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(soft(&cost, lambda), Err(DtwError::Parameter { name: "lambda", .. })));
    }
    assert!(Streaming::new(0, 1.0, 0.0).is_err() && Streaming::new(3, 1.5, 0.0).is_err());
    assert!(Streaming::new(3, 1.0, -1.0).is_err() && Streaming::new(3, 1.0, f64::NAN).is_err());
    let mut streaming = Streaming::new(2, 1.0, 0.0).expect("valid");
    assert!(streaming.push(&[0.0]).is_err() && streaming.push(&[0.0, f64::NAN]).is_err());
    assert_eq!(streaming.rows(), 0);
    assert_eq!(streaming.push(&[f64::INFINITY; 2]), Ok(None));
}
