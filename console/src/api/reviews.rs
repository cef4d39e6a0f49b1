//! What an editor decides about a highlight.

use axum::extract::State;
use axum::{Extension, Json};
use kairos_clickhouse::Review;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::highlight::{self, Filed};
use super::highlights::Listed;
use super::key::Key;
use crate::access::{By, Viewer};
use crate::problem::Problem;
use crate::request::{Given, Place};
use crate::serve::App;

/// The longest clip that can be exported.
const LONGEST_US: i64 = 3_600_000_000;

/// Characters of a note.
const LONGEST_NOTE: usize = 4_000;

/// What was decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Nothing yet: `open`, or an empty text.
    #[default]
    #[serde(rename = "", alias = "open")]
    Open,
    /// Worth a clip.
    Kept,
    /// Not worth one.
    Rejected,
}

/// A decision. It takes the place of the one before, whole.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    /// What was decided.
    #[serde(default)]
    verdict: Verdict,
    /// Where the trimmed interval starts, media time; null for the highlight's own borders.
    #[serde(default)]
    trim_from_us: Option<i64>,
    /// Where it ends; given exactly when the start is.
    #[serde(default)]
    trim_to_us: Option<i64>,
    /// What else there is to say.
    #[serde(default)]
    note: String,
}

fn check(decision: &Decision, filed: &Filed) -> Result<(), Problem> {
    if decision.note.chars().count() > LONGEST_NOTE {
        return Err(Problem::bad(format!("the note is longer than {LONGEST_NOTE} characters")));
    }
    let (from_us, to_us) = match (decision.trim_from_us, decision.trim_to_us) {
        (None, None) => return Ok(()),
        (Some(from_us), Some(to_us)) => (from_us, to_us),
        _ => return Err(Problem::bad("trim_from_us and trim_to_us go together")),
    };
    // Without a clip there is nothing that a trim could go beyond.
    let (first, last) = if filed.files.clip.is_empty() {
        (filed.listed.start_us.saturating_sub(LONGEST_US), filed.listed.end_us.saturating_add(LONGEST_US))
    } else {
        (filed.files.clip_from_us, filed.files.clip_to_us)
    };
    if from_us < first || to_us > last || from_us >= to_us {
        return Err(Problem::bad(format!(
            "the trim from {from_us} us to {to_us} us is empty or beyond the clip, which reaches from {first} us to {last} us"
        )));
    }
    Ok(())
}

#[utoipa::path(put, path = "/api/v1/highlights/{key}/review", tag = "highlights",
    params(("key" = String, Path, description = "`key` of a highlight")),
    request_body = Decision,
    responses((status = 200, body = Listed), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Decide about a highlight (editor)
pub(crate) async fn review(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Place(key): Place<String>,
    Given(decision): Given<Decision>,
) -> Result<Json<Listed>, Problem> {
    let key = Key::read(&key)?;
    let filed = highlight::find(&app, &key).await?;
    check(&decision, &filed)?;
    let Key(room, stream, model, highlight) = key;
    let verdict = match decision.verdict {
        Verdict::Open => "",
        Verdict::Kept => "kept",
        Verdict::Rejected => "rejected",
    };
    let reviewer = if viewer.by == By::Nothing { String::new() } else { viewer.name };
    let review = Review {
        room,
        stream,
        model,
        highlight,
        verdict: verdict.to_owned(),
        from_us: decision.trim_from_us,
        to_us: decision.trim_to_us,
        note: decision.note,
        reviewer,
        ..Review::default()
    };
    let review = app.desk.write(review).await?;
    metrics::counter!("kairos_console_reviews_total", "verdict" => verdict).increment(1);
    let listed = Listed {
        verdict: review.verdict,
        trim_from_us: review.from_us,
        trim_to_us: review.to_us,
        note: review.note,
        reviewer: review.reviewer,
        reviewed_us: review.reviewed_at,
        ..filed.listed
    };
    app.hub.tell_highlight(&listed);
    Ok(Json(listed))
}
