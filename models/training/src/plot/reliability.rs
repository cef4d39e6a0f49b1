//! The reliability diagram: share of positives over score, beside the diagonal of perfect calibration.
//!
//! Invariants: both axes show `0..=1`; a dot's area grows with its bin's count.

use super::axis::label;
use super::{COLOURS, FONT, PlotError};
use crate::metrics::ReliabilityBin;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;

/// Radius in pixels of the largest bin's dot, and of one that would else be too small to see.
const LARGEST_DOT: f64 = 11.0;
const SMALLEST_DOT: f64 = 2.0;

/// An SVG picture of 520 by 540 pixels of the points that [`reliability`](crate::metrics::reliability) gives.
///
/// # Errors
/// When drawing fails.
pub fn reliability_svg(title: &str, bins: &[ReliabilityBin]) -> Result<String, PlotError> {
    let mut svg = String::new();
    draw(&mut svg, title, bins).map_err(|source| PlotError::Drawing { title: title.to_owned(), source })?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    title: &str,
    bins: &[ReliabilityBin],
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let unit = 0.0..1.0;
    let within = |value: f64| (0.0..=1.0).contains(&value);
    let shown: Vec<&ReliabilityBin> =
        bins.iter().filter(|bin| within(bin.mean_score) && within(bin.positive_share)).collect();
    let largest = shown.iter().map(|bin| bin.count).max().unwrap_or(1).max(1);
    let point = |bin: &&ReliabilityBin| (bin.mean_score, bin.positive_share);

    let root = SVGBackend::with_string(svg, (520, 540)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 20))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(52)
        .build_cartesian_2d(unit.clone(), unit.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("mean score")
        .y_desc("share of positives")
        .axis_desc_style((FONT, 15))
        .label_style((FONT, 13))
        .x_label_formatter(&|value| label(*value, &unit))
        .y_label_formatter(&|value| label(*value, &unit))
        .draw()?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], BLACK.mix(0.4)))?;
    chart.draw_series(LineSeries::new(shown.iter().map(point), COLOURS[0].stroke_width(2)))?;
    chart.draw_series(shown.iter().map(|bin| {
        let share = bin.count as f64 / largest as f64;
        let radius = (LARGEST_DOT * share.sqrt()).max(SMALLEST_DOT).round() as i32;
        Circle::new(point(bin), radius, COLOURS[0].mix(0.6).filled())
    }))?;
    root.present()
}
