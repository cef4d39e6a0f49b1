//! The list of highlights: filters, order, pages.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::near;
use super::key::Key;
use crate::ask::Value;
use crate::page::{self, cut, limit, pack};
use crate::problem::Problem;
use crate::request::Asked;
use crate::serve::App;

/// The list without its end: what follows says where the page begins.
pub(crate) const LISTED: &str =
    concat!(include_str!("../../sql/highlight_columns.sql"), include_str!("../../sql/highlights.sql"));
const NEWEST: &str = include_str!("../../sql/highlights_newest.sql");
const BEST: &str = include_str!("../../sql/highlights_best.sql");

/// How sure a highlight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sure {
    /// More revisions may come.
    Provisional,
    /// Holds.
    Final,
}

/// What to list by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Wanted {
    /// All.
    #[default]
    Any,
    /// Nobody has decided.
    Open,
    /// Somebody has decided.
    Reviewed,
    /// Kept ones.
    Kept,
    /// Rejected ones.
    Rejected,
}

/// Order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    /// By wall time, the latest first.
    #[default]
    Newest,
    /// By score, the highest first.
    Best,
}

/// Which highlights.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighlightsAsked {
    /// One room.
    room: Option<String>,
    /// One broadcast.
    stream: Option<String>,
    /// One model.
    model: Option<String>,
    /// How sure.
    #[param(inline)]
    state: Option<Sure>,
    /// What editors said.
    #[serde(default)]
    #[param(inline)]
    verdict: Wanted,
    /// Score at the peak, at least.
    min_score: Option<f64>,
    /// Words in the comments or the speech of the interval, in the title or in the note.
    text: Option<String>,
    /// Start of the interval, Unix microseconds: from here on.
    from_us: Option<i64>,
    /// Start of the interval, Unix microseconds: before this.
    to_us: Option<i64>,
    /// The order.
    #[serde(default)]
    #[param(inline)]
    sort: Order,
    /// `next` of the page before.
    after: Option<String>,
    /// Highlights of a page.
    limit: Option<u32>,
}

/// One highlight in a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Listed {
    /// What addresses call it.
    #[serde(default)]
    pub(crate) key: String,
    /// The room.
    pub(crate) room: String,
    /// The broadcast.
    pub(crate) stream: String,
    /// The model, `name@digest`.
    pub(crate) model: String,
    /// Its id.
    pub(crate) highlight: String,
    /// The broadcast's title.
    pub(crate) title: String,
    /// Unix time of its start.
    pub(crate) at_us: i64,
    /// Start, media time.
    pub(crate) start_us: i64,
    /// End (exclusive), media time.
    pub(crate) end_us: i64,
    /// Best moment, media time.
    pub(crate) peak_us: i64,
    /// Score there.
    pub(crate) score: f32,
    /// How sure it is.
    pub(crate) state: Sure,
    /// Whether there is a clip.
    pub(crate) has_clip: bool,
    /// Whether there is a picture.
    pub(crate) has_thumbnail: bool,
    /// From 0, one more with each change.
    pub(crate) revision: u32,
    /// `kept`, `rejected`, or empty.
    pub(crate) verdict: String,
    /// Where the trimmed interval starts; null while not trimmed.
    pub(crate) trim_from_us: Option<i64>,
    /// Where it ends.
    pub(crate) trim_to_us: Option<i64>,
    /// What the editor noted.
    pub(crate) note: String,
    /// Who decided.
    pub(crate) reviewer: String,
    /// When, Unix microseconds; 0 while nobody has.
    pub(crate) reviewed_us: i64,
}

#[derive(Deserialize)]
struct Row {
    total: u64,
    #[serde(flatten)]
    listed: Listed,
}

/// A page of highlights.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HighlightPage {
    /// In the order asked for.
    highlights: Vec<Listed>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
    /// How many pass the filter, those of earlier pages included; on later pages null.
    total: Option<u64>,
}

impl Listed {
    /// With its key.
    pub(crate) fn keyed(mut self) -> Self {
        self.key = Key::of(&self).write();
        self
    }
}

/// The values of a filter.
fn values(asked: &HighlightsAsked, rooms: Vec<String>) -> Vec<(&'static str, Value)> {
    let state = match asked.state {
        None => "",
        Some(Sure::Provisional) => "provisional",
        Some(Sure::Final) => "final",
    };
    let verdict = match asked.verdict {
        Wanted::Any => "any",
        Wanted::Open => "open",
        Wanted::Reviewed => "reviewed",
        Wanted::Kept => "kept",
        Wanted::Rejected => "rejected",
    };
    vec![
        ("rooms", rooms.into()),
        ("stream", (&asked.stream).into()),
        ("model", (&asked.model).into()),
        ("state", state.into()),
        ("verdict", verdict.into()),
        ("min_score", asked.min_score.unwrap_or(-1e30).into()),
        ("text", asked.text.as_deref().unwrap_or_default().trim().into()),
        ("from_us", asked.from_us.unwrap_or(i64::MIN).into()),
        ("to_us", asked.to_us.unwrap_or(i64::MAX).into()),
    ]
}

type Last = (f64, i64, Key);

#[utoipa::path(get, path = "/api/v1/highlights", tag = "highlights", params(HighlightsAsked),
    responses((status = 200, body = HighlightPage), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Highlights, filtered
pub(crate) async fn highlights(
    State(app): State<App>,
    Asked(asked): Asked<HighlightsAsked>,
) -> Result<Json<HighlightPage>, Problem> {
    let limit = limit(asked.limit, &app.access.options)?;
    near("from_us", asked.from_us)?;
    near("to_us", asked.to_us)?;
    if asked.min_score.is_some_and(|score| !score.is_finite()) {
        return Err(Problem::bad("min_score is no number"));
    }
    let after: Option<Last> = asked.after.as_deref().map(page::after).transpose()?;
    let first = after.is_none();
    let mut values = values(&asked, asked.room.iter().cloned().collect());
    values.push(("limit", (limit + 1).into()));
    let mut sql = LISTED.to_owned();
    let (score, at_us, Key(room, stream, model, highlight)) =
        after.unwrap_or_else(|| (0.0, 0, Key(String::new(), String::new(), String::new(), String::new())));
    values.extend([
        ("key_score", score.into()),
        ("key_us", at_us.into()),
        ("key_room", (&room).into()),
        ("key_stream", (&stream).into()),
        ("key_model", (&model).into()),
        ("key_highlight", (&highlight).into()),
    ]);
    let end = if asked.sort == Order::Best { BEST } else { NEWEST };
    // Before the first page there is no key.
    sql.push_str(end.find("ORDER BY").filter(|_| first).map_or(end, |order| &end[order..]));
    let mut rows: Vec<Row> = app.tables.rows(&sql, &values).await?;
    let total = first.then(|| rows.first().map_or(0, |row| row.total));
    let next =
        cut(&mut rows, limit).map(|Row { listed: last, .. }| pack(&(last.score, last.at_us, Key::of(last))));
    let highlights = rows.into_iter().map(|row| row.listed.keyed()).collect();
    Ok(Json(HighlightPage { highlights, next, total }))
}

/// The values of a filter that lets all highlights of some rooms pass.
pub(crate) fn filter(rooms: Vec<String>) -> Vec<(&'static str, Value)> {
    values(&HighlightsAsked::default(), rooms)
}
