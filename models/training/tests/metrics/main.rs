//! Metrics against values worked out by hand, against their own definitions and against published numbers.

mod calibration;
mod public_numbers;
mod ranking;
mod retrieval;

fn close(got: Option<f64>, want: f64) {
    assert!(got.is_some_and(|got| (got - want).abs() < 1e-12), "got {got:?}, want {want}");
}
