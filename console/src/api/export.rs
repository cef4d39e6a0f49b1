//! A clip cut to what the editor trimmed it to.
//!
//! Invariants: what is exported is exactly the reviewed interval, one picture at most beside it; the clip that it is cut
//! from stays as it is; a few cuts run at once and the others wait.

use axum::extract::State;
use axum::response::Response;
use hyper::{HeaderMap, StatusCode};
use kairos_clips::{ClipError, ClipFolder, ClipNames, ClipPolicy, ClipRequest, ClipSegment, ClipStore};
use tokio::sync::Semaphore;

use super::highlight::{Filed, find};
use super::key::Key;
use crate::media::{self, Folder};
use crate::problem::Problem;
use crate::request::Place;
use crate::serve::App;

/// Cuts at once: each keeps a core busy and holds its clip in memory.
static SLOTS: Semaphore = Semaphore::const_new(2);

/// The largest clip that is cut, bytes.
const LARGEST: u64 = 512 << 20;

#[utoipa::path(post, path = "/api/v1/highlights/{key}/export", tag = "highlights",
    params(("key" = String, Path, description = "`key` of a highlight")),
    responses((status = 200, description = "The clip, cut to the trim", content_type = "video/mp4"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
/// The clip cut to its trim (editor)
pub(crate) async fn export(State(app): State<App>, Place(key): Place<String>) -> Result<Response, Problem> {
    let filed = find(&app, &Key::read(&key)?).await?;
    if filed.files.clip.is_empty() {
        return Err(Problem::not_found("this highlight has no clip yet"));
    }
    let source = app.folder.find(&filed.files.clip).await?;
    let name = format!("{}-{}", filed.listed.room, filed.listed.highlight);
    let Some((from_us, to_us)) = filed.listed.trim_from_us.zip(filed.listed.trim_to_us) else {
        let mut whole = media::send(&source, &HeaderMap::new()).await?;
        media::as_download(&mut whole, &format!("{name}.mp4"));
        return Ok(whole);
    };
    let length = tokio::fs::metadata(&source.path).await.map_or(u64::MAX, |about| about.len());
    if length > LARGEST {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the clip is larger than {LARGEST} bytes"),
        ));
    }
    let bytes =
        tokio::fs::read(&source.path).await.map_err(|error| Problem::internal("reading a clip", &error))?;
    let slot = SLOTS.acquire().await.map_err(|closed| Problem::internal("waiting for a cut", &closed))?;
    let cut = tokio::task::spawn_blocking(move || cut(&filed, bytes, from_us, to_us)).await;
    drop(slot);
    let (folder, path) = cut.map_err(|broken| Problem::internal("cutting a clip", &broken))??;
    let found = Folder::new(folder.path().to_owned()).find(&path).await?;
    let ending = path.rsplit_once('.').map_or("mp4", |(_, ending)| ending);
    let mut response = media::send(&found, &HeaderMap::new()).await?;
    media::as_download(&mut response, &format!("{name}-{}.{ending}", from_us / 1_000));
    // The open file outlives its name.
    drop(folder);
    Ok(response)
}

fn cut(
    filed: &Filed,
    bytes: Vec<u8>,
    from_us: i64,
    to_us: i64,
) -> Result<(tempfile::TempDir, String), Problem> {
    let failed = |error: ClipError| match error {
        ClipError::NoMaterial { .. } | ClipError::Media { .. } => {
            tracing::warn!(%error, "clip not exported");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the clip can't be cut: {error}"))
        }
        error => Problem::internal("cutting a clip", &error),
    };
    let dir = tempfile::tempdir().map_err(|error| Problem::internal("making a folder", &error))?;
    let store = ClipStore::new(ClipFolder::open(dir.path()).map_err(failed)?, &ClipPolicy::default())
        .map_err(failed)?;
    let segments = [ClipSegment {
        start_us: filed.files.clip_from_us,
        duration_us: filed.files.clip_to_us - filed.files.clip_from_us,
        bytes: bytes.into(),
    }];
    let request = ClipRequest {
        names: ClipNames { room: "export", stream: "clip", highlight: "trimmed" },
        from_us,
        to_us,
        peak_us: None,
        segments: &segments,
    };
    let clip = store.cut(&request).map_err(failed)?;
    Ok((dir, clip.path))
}
