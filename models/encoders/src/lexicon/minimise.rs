//! Minimising a strictly convex function: L-BFGS (Liu and Nocedal 1989) with backtracking.
//!
//! Written here because the loss and its gradient come from one pass over the rows, which solvers that ask for them
//! separately would do twice. Convexity makes every accepted step's curvature positive, so the Armijo rule is enough
//! for a line search. Everything runs in one fixed order, on one thread apart from the function itself.

use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 8;
/// Share of the promised decrease that a step must bring (Armijo).
const SUFFICIENT: f64 = 1e-4;
const MOST_HALVINGS: usize = 30;
/// Relative decrease at which the search has converged.
const CONVERGED: f64 = 1e-9;

/// A past step: its difference in place and in gradient, and one over their product.
struct Step {
    place: Vec<f64>,
    gradient: Vec<f64>,
    scale: f64,
}

/// Goes from `start` downhill for at most `iterations` steps; `function` gives value and gradient at a place.
/// The value at the returned place is never above that at the start.
pub(super) fn minimise(
    start: Vec<f64>,
    iterations: usize,
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    let mut place = start;
    let (mut value, mut gradient) = function(&place);
    let mut steps: VecDeque<Step> = VecDeque::with_capacity(MEMORY);
    for _ in 0..iterations {
        let direction = direction(&gradient, &steps);
        let slope = dot(&direction, &gradient);
        if slope.is_nan() || slope >= 0.0 {
            break;
        }
        let mut length =
            if steps.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1e-12) } else { 1.0 };
        let mut accepted = None;
        for _ in 0..MOST_HALVINGS {
            let next: Vec<f64> = place.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let (next_value, next_gradient) = function(&next);
            if next_value <= value + SUFFICIENT * length * slope {
                accepted = Some((next, next_value, next_gradient));
                break;
            }
            length *= 0.5;
        }
        let Some((next, next_value, next_gradient)) = accepted else { break };
        let moved: Vec<f64> = next.iter().zip(&place).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-14 * dot(&moved, &moved) {
            if steps.len() == MEMORY {
                steps.pop_front();
            }
            steps.push_back(Step { place: moved, gradient: turned, scale: 1.0 / curvature });
        }
        let decrease = value - next_value;
        (place, value, gradient) = (next, next_value, next_gradient);
        if decrease <= CONVERGED * value.abs() {
            break;
        }
    }
    place
}

/// The quasi-Newton direction by the two-loop recursion.
fn direction(gradient: &[f64], steps: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = step.scale * dot(&step.place, &direction);
        direction.iter_mut().zip(&step.gradient).for_each(|(d, g)| *d -= share * g);
        shares.push(share);
    }
    if let Some(last) = steps.back() {
        let scale = 1.0 / (last.scale * dot(&last.gradient, &last.gradient));
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (step, share) in steps.iter().zip(shares.iter().rev()) {
        let correction = share - step.scale * dot(&step.gradient, &direction);
        direction.iter_mut().zip(&step.place).for_each(|(d, s)| *d += correction * s);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badly_scaled_bowl_is_solved() {
        let scales = [1.0, 50.0, 0.02, 7.0];
        let bowl = |x: &[f64]| {
            let value = x.iter().zip(scales).map(|(x, s)| 0.5 * s * (x - s) * (x - s)).sum();
            (value, x.iter().zip(scales).map(|(x, s)| s * (x - s)).collect())
        };
        let found = minimise(vec![0.0; 4], 60, bowl);
        for (x, s) in found.iter().zip(scales) {
            assert!((x - s).abs() < 1e-2, "{found:?}");
        }
    }

    #[test]
    fn function_that_fails_leaves_the_start() {
        assert_eq!(minimise(vec![3.0], 5, |_| (f64::NAN, vec![f64::NAN])), [3.0]);
    }
}
