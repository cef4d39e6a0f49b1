//! Several curves over one axis, such as training and validation loss over steps.
//!
//! Invariants: curves are drawn and listed in the order they are given in.

use super::axis::{drawable, label, range};
use super::{COLOURS, FONT, PlotError};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;

/// An SVG picture of 800 by 480 pixels. A curve is its name and its points, joined in the order they are
/// given in.
///
/// # Errors
/// When drawing fails.
pub fn curves_svg(
    title: &str,
    x_label: &str,
    y_label: &str,
    curves: &[(&str, Vec<(f64, f64)>)],
) -> Result<String, PlotError> {
    let mut svg = String::new();
    draw(&mut svg, title, [x_label, y_label], curves)
        .map_err(|source| PlotError::Drawing { title: title.to_owned(), source })?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    title: &str,
    [x_label, y_label]: [&str; 2],
    curves: &[(&str, Vec<(f64, f64)>)],
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let shown = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().copied().filter(|&(x, y)| drawable(x) && drawable(y)).collect()
    };
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        curves.iter().map(|(name, points)| (*name, shown(points))).collect();
    let all = || curves.iter().flat_map(|(_, points)| points);
    let (x, y) = (range(all().map(|point| point.0)), range(all().map(|point| point.1)));

    let root = SVGBackend::with_string(svg, (800, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_desc(x_label)
        .y_desc(y_label)
        .axis_desc_style((FONT, 15))
        .label_style((FONT, 13))
        .x_label_formatter(&|value| label(*value, &x))
        .y_label_formatter(&|value| label(*value, &y))
        .draw()?;
    for (at, (name, points)) in curves.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        if let [alone] = points[..] {
            chart.draw_series([Circle::new(alone, 3, colour.filled())])?;
        }
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    if !curves.is_empty() {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font((FONT, 14))
            .draw()?;
    }
    root.present()
}
