//! Pictures of a training for reports, as SVG: loss curves and reliability diagrams.
//!
//! Invariants: the same numbers give the same bytes, on a machine with or without fonts; points that can't be
//! drawn (not finite, or larger than 1e100) are left out.

mod axis;
mod curves;
mod reliability;

pub use curves::curves_svg;
pub use reliability::reliability_svg;

use plotters::drawing::DrawingAreaErrorKind;
use plotters::style::RGBColor;

/// Why a picture can't be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The drawing itself failed.
    #[error("plot {title:?}: {source}")]
    Drawing {
        /// Title of the picture.
        title: String,
        /// What failed.
        source: DrawingAreaErrorKind<std::io::Error>,
    },
}

/// Colours that stay apart for colour-blind readers (Okabe and Ito, 2008), and on paper.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

const FONT: &str = "sans-serif";
