//! What viewers said and paid, and what was said aloud.

use axum::Json;
use axum::extract::State;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::check::{FAR_US, StepsAsked, stretch};
use crate::page::{self, cut, limit, pack};
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

const DENSITY: &str = include_str!("../../sql/density.sql");
const COMMENTS: &str = include_str!("../../sql/comments.sql");
const GIFTS: &str = include_str!("../../sql/gifts.sql");
const WORDS: &str = include_str!("../../sql/words.sql");

/// A stretch of a stream, page by page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsAsked {
    /// Start, media time in microseconds.
    from_us: Option<i64>,
    /// End (exclusive).
    to_us: Option<i64>,
    /// Words in the text, for comments.
    q: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Events of a page.
    limit: Option<u32>,
}

#[derive(Deserialize)]
struct Step {
    step: i64,
    comments: u64,
    late: u64,
    gifts: u64,
    value: f64,
    words: u64,
}

/// How much was going on, one value of each list per step; steps follow one another without a gap.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Density {
    /// Media time of the first step.
    from_us: i64,
    /// Length of a step.
    step_us: i64,
    /// Comments.
    comments: Vec<u64>,
    /// Those that came past the allowed lateness.
    late: Vec<u64>,
    /// Paid items.
    gifts: Vec<u64>,
    /// Their value, United States dollars.
    value: Vec<f64>,
    /// Words spoken.
    words: Vec<u64>,
}

/// One comment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Comment {
    media_us: i64,
    id: String,
    user: String,
    text: String,
    sent_us: i64,
    late: bool,
}

/// One paid item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Gift {
    media_us: i64,
    id: String,
    user: String,
    kind: String,
    name: String,
    count: u32,
    /// Exact, as text; null when free or unknown.
    amount: Option<String>,
    currency: String,
    /// United States dollars.
    value: f64,
    text: String,
    sent_us: i64,
    late: bool,
}

/// One spoken word, or a few.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Word {
    start_us: i64,
    end_us: i64,
    text: String,
    language: String,
    /// How sure the recognition is, 0 to 1.
    probability: f32,
}

/// A page of comments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentPage {
    /// By media time.
    comments: Vec<Comment>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// A page of paid items.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GiftPage {
    /// By media time.
    gifts: Vec<Gift>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Speech of a stretch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Words {
    /// By media time.
    words: Vec<Word>,
    /// Whether the stretch holds more than a page.
    more: bool,
}

impl EventsAsked {
    /// A page of the rows of a question about the stream in `place`, and where the next one begins. A row's key is what
    /// the question sorts by.
    async fn page<T: DeserializeOwned>(
        &self,
        app: &App,
        sql: &str,
        (room, stream): &(String, String),
        key: impl Fn(&T) -> (i64, &str),
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let limit = limit(self.limit, &app.access.options)?;
        let (from_us, to_us) = (self.from_us.unwrap_or(-FAR_US), self.to_us.unwrap_or(FAR_US));
        stretch(from_us, to_us)?;
        let (after_us, after_id): (i64, String) = match &self.after {
            Some(text) => page::after(text)?,
            None => (i64::MIN, String::new()),
        };
        let values = [
            ("room", room.into()),
            ("stream", stream.into()),
            ("from_us", from_us.into()),
            ("to_us", to_us.into()),
            ("q", (&self.q).into()),
            ("after_us", after_us.into()),
            ("after_id", (&after_id).into()),
            ("limit", (limit + 1).into()),
        ];
        let mut rows = app.tables.rows(sql, &values).await?;
        let next = cut(&mut rows, limit).map(|last| pack(&key(last)));
        Ok((rows, next))
    }
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/density", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), StepsAsked),
    responses((status = 200, body = Density), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Comments, gifts and words per step
pub(crate) async fn density(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<StepsAsked>,
) -> Result<Json<Density>, Problem> {
    let steps = asked.over(&app, &place).await?;
    let rows: Vec<Step> = app.tables.rows(DENSITY, &steps.values(&place)).await?;
    let length = (steps.to_us - steps.from_us + steps.step_us - 1) / steps.step_us;
    let length = usize::try_from(length).unwrap_or_default();
    let mut density = Density {
        from_us: steps.from_us,
        step_us: steps.step_us,
        comments: vec![0; length],
        late: vec![0; length],
        gifts: vec![0; length],
        value: vec![0.0; length],
        words: vec![0; length],
    };
    for row in rows {
        let Some(at) = usize::try_from(row.step).ok().filter(|at| *at < length) else { continue };
        density.comments[at] = row.comments;
        density.late[at] = row.late;
        density.gifts[at] = row.gifts;
        density.value[at] = row.value;
        density.words[at] = row.words;
    }
    Ok(Json(density))
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/comments", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), EventsAsked),
    responses((status = 200, body = CommentPage), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Comments by media time
pub(crate) async fn comments(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Json<CommentPage>, Problem> {
    let (comments, next) =
        asked.page(&app, COMMENTS, &place, |comment: &Comment| (comment.media_us, &comment.id)).await?;
    Ok(Json(CommentPage { comments, next }))
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/gifts", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), EventsAsked),
    responses((status = 200, body = GiftPage), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Paid items by media time
pub(crate) async fn gifts(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Json<GiftPage>, Problem> {
    let (gifts, next) = asked.page(&app, GIFTS, &place, |gift: &Gift| (gift.media_us, &gift.id)).await?;
    Ok(Json(GiftPage { gifts, next }))
}

#[utoipa::path(get, path = "/api/v1/rooms/{room}/streams/{stream}/words", tag = "timeline",
    params(("room" = String, Path), ("stream" = String, Path), EventsAsked),
    responses((status = 200, body = Words), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Speech of a stretch
pub(crate) async fn words(
    State(app): State<App>,
    Place(place): Place<(String, String)>,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Json<Words>, Problem> {
    let (words, next) = asked.page(&app, WORDS, &place, |word: &Word| (word.start_us, "")).await?;
    Ok(Json(Words { words, more: next.is_some() }))
}
