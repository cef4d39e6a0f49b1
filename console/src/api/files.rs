//! Clips and their pictures.

use axum::extract::State;
use axum::response::Response;
use hyper::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::highlight::{files, find};
use super::key::Key;
use crate::media;
use crate::problem::Problem;
use crate::request::{Asked, Place};
use crate::serve::App;

/// How a clip is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipAsked {
    /// Whether a browser should keep it as a file.
    #[serde(default)]
    download: bool,
}

async fn file(app: &App, path: &str, what: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    if path.is_empty() {
        return Err(Problem::not_found(format!("this highlight has no {what} yet")));
    }
    media::send(&app.folder.find(path).await?, headers).await
}

#[utoipa::path(get, path = "/api/v1/highlights/{key}/clip", tag = "highlights",
    params(("key" = String, Path, description = "`key` of a highlight"), ClipAsked),
    responses((status = 200, description = "The clip", content_type = "video/mp4"),
        (status = 206, description = "The part that a Range header asked for", content_type = "video/mp4"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// The clip
pub(crate) async fn clip(
    State(app): State<App>,
    Place(key): Place<String>,
    Asked(asked): Asked<ClipAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let filed = find(&app, &Key::read(&key)?).await?;
    let mut response = file(&app, &filed.files.clip, "clip", &headers).await?;
    if asked.download {
        let ending = filed.files.clip.rsplit_once('.').map_or("mp4", |(_, ending)| ending);
        media::as_download(
            &mut response,
            &format!("{}-{}.{ending}", filed.listed.room, filed.listed.highlight),
        );
    }
    Ok(response)
}

#[utoipa::path(get, path = "/api/v1/highlights/{key}/thumbnail", tag = "highlights",
    params(("key" = String, Path, description = "`key` of a highlight")),
    responses((status = 200, description = "The picture", content_type = "image/jpeg"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// The picture
pub(crate) async fn thumbnail(
    State(app): State<App>,
    Place(key): Place<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A list asks for dozens at once: one small question for each.
    let files = files(&app, &Key::read(&key)?).await?;
    file(&app, files.as_ref().map_or("", |files| &files.thumbnail), "picture", &headers).await
}
