//! Graphs among items: by shared users and by content.
//!
//! Invariants: no item is its own neighbour; at most the asked number of neighbours per item, the stronger
//! first and of equals the smaller id; made from training rows and content alone.

mod neighbours;
mod swing;

pub use neighbours::{NeighbourConfig, Scaling, content_neighbours};
pub use swing::{SwingConfig, swing};

/// The `top` strongest of the positive weights, without place `own`.
fn strongest(mut found: Vec<(u32, f32)>, own: usize, top: usize) -> Vec<(u32, f32)> {
    found.retain(|&(at, weight)| at as usize != own && weight > 0.0);
    let stronger = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if top < found.len() {
        found.select_nth_unstable_by(top, stronger);
        found.truncate(top);
    }
    found
}
