//! The report of a replay: one HTML file that shows every scored room by itself.
//!
//! * The file asks nothing of a network: style, script, data, thumbnails and, up to
//!   a budget, clips are inside it. Clips beyond the budget are relative links.
//! * Titles, comments, speech and names come from strangers. They reach the page
//!   only as escaped text or as escaped JSON, never as markup or script.
//! * The same [`Report`] gives the same bytes.

mod cards;
mod data;
mod embed;
mod page;
#[cfg(test)]
mod tests;
mod wording;

pub use data::{
    ClipSource, Counts, HighlightCard, HighlightState, Interval, LagReport, MediaInfo, Report, RoomReport,
    UnitPoint,
};

/// Bytes of clips that [`render`] puts into the file itself, before base64.
pub const EMBED_BUDGET: usize = 24 << 20;

/// The page of `report`, with at most [`EMBED_BUDGET`] bytes of clips inside.
pub fn render(report: &Report) -> String {
    render_within(report, EMBED_BUDGET)
}

/// The page of `report`, with at most `budget` bytes of clips inside.
///
/// Clips of the best highlights are taken first, whatever their room; a clip that
/// does not fit, or whose bytes are not given, is linked by its relative path.
pub fn render_within(report: &Report, budget: usize) -> String {
    page::page(report, &embed::choose(report, budget)).into_string()
}
