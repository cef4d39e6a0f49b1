//! Files of clips and thumbnails, whole or in part.
//!
//! Invariants: a file is served only if its real path, links followed, lies below the clip folder and its kind is one
//! that clips have; a file is read in pieces and never held whole.

use std::io::SeekFrom;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::response::Response;
use bytes::BytesMut;
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, IF_RANGE, RANGE,
};
use hyper::{HeaderMap, StatusCode};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::body;
use crate::problem::Problem;

/// Bytes read at once.
const PIECE: usize = 128 << 10;

const KINDS: [(&str, &str); 9] = [
    ("mp4", "video/mp4"),
    ("m4a", "audio/mp4"),
    ("webm", "video/webm"),
    ("ts", "video/mp2t"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
];

/// The folder with clips.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// A file found below the folder.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    kind: &'static str,
}

impl Folder {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Finds a file by its path below the folder.
    pub(crate) async fn find(&self, path: &str) -> Result<Found, Problem> {
        let missing = || Problem::not_found("there is no such file in the clip folder");
        let relative = Path::new(path);
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        let ending = relative.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let kind = KINDS.iter().find(|(known, _)| Some(*known) == ending.as_deref());
        let (Some((_, kind)), true, false) = (kind, plain, path.contains('\0')) else {
            return Err(missing());
        };
        let folder = tokio::fs::canonicalize(&self.0).await.map_err(|_no_folder| missing())?;
        let path = tokio::fs::canonicalize(folder.join(relative)).await.map_err(|_no_file| missing())?;
        if !path.starts_with(&folder) || !path.is_file() {
            return Err(missing());
        }
        Ok(Found { path, kind })
    }
}

/// The part of a file that a `Range` header asks for: first byte and the one after the last. `None` when the header
/// asks for nothing that can be given.
fn part(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (from, to) = match (first.is_empty(), last.is_empty()) {
        (true, _) => (length.saturating_sub(number(last)?), length),
        (false, true) => (number(first)?, length),
        (false, false) => (number(first)?, number(last)?.saturating_add(1).min(length)),
    };
    (from < to).then_some((from, to))
}

/// Answers with a file, or with the part of it that was asked for.
pub(crate) async fn send(found: &Found, headers: &HeaderMap) -> Result<Response, Problem> {
    let failed = |error: std::io::Error| Problem::internal("reading a clip", &error);
    let mut file = File::open(&found.path).await.map_err(failed)?;
    let about = file.metadata().await.map_err(failed)?;
    let length = about.len();
    // A revised clip keeps its name.
    let modified = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let tag = format!("\"{length:x}-{:x}\"", modified.unwrap_or_default().as_nanos());
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let mut answer = Response::builder()
        .header(CONTENT_TYPE, found.kind)
        .header(ACCEPT_RANGES, "bytes")
        .header(CACHE_CONTROL, "private, no-cache")
        .header(ETAG, &tag);
    let broken = |error: hyper::http::Error| Problem::internal("answering with a clip", &error);
    if text(IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return answer.status(StatusCode::NOT_MODIFIED).body(Body::empty()).map_err(broken);
    }
    // Several ranges at once are allowed to be answered with the whole file.
    let range = text(RANGE).filter(|range| !range.contains(',') && range.starts_with("bytes="));
    let range = range.filter(|_| text(IF_RANGE).is_none_or(|known| known == tag));
    let (mut at, end) = match range.map(|range| part(range, length)) {
        None => (0, length),
        Some(Some(part)) => part,
        Some(None) => {
            let answer = answer.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return answer
                .header(CONTENT_RANGE, format!("bytes */{length}"))
                .body(Body::empty())
                .map_err(broken);
        }
    };
    if range.is_some() {
        answer = answer
            .status(StatusCode::PARTIAL_CONTENT)
            .header(CONTENT_RANGE, format!("bytes {at}-{}/{length}", end - 1));
    }
    file.seek(SeekFrom::Start(at)).await.map_err(failed)?;
    // Two pieces wait while a third is read: enough to keep a connection busy.
    let (sender, content) = body::channel(2);
    tokio::spawn(async move {
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            let mut piece = BytesMut::with_capacity(wanted);
            let read = (&mut file).take(wanted as u64).read_buf(&mut piece).await;
            let piece = match read {
                Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    at += n as u64;
                    Ok(piece.freeze())
                }
                Err(error) => Err(error),
            };
            let ended = piece.is_err();
            if sender.send(piece).await.is_err() || ended {
                return;
            }
        }
    });
    answer.header(CONTENT_LENGTH, end - at).body(content).map_err(broken)
}

/// Marks an answer as a file to be kept under a name.
pub(crate) fn as_download(response: &mut Response, name: &str) {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        response.headers_mut().insert(hyper::header::CONTENT_DISPOSITION, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_understood_or_refused() {
        assert_eq!(part("bytes=0-", 10), Some((0, 10)));
        assert_eq!(part("bytes=2-3", 10), Some((2, 4)));
        assert_eq!(part("bytes=2-99", 10), Some((2, 10)));
        assert_eq!(part("bytes=-3", 10), Some((7, 10)));
        assert_eq!(part("bytes=-30", 10), Some((0, 10)));
        for nothing in
            ["bytes=10-", "bytes=3-2", "bytes=-0", "bytes=a-b", "bytes=-", "bytes=5-18446744073709551615x"]
        {
            assert_eq!(part(nothing, 10), None, "{nothing}");
        }
        assert_eq!(part("bytes=0-18446744073709551615", 10), Some((0, 10)));
        assert_eq!(part("bytes=0-", 0), None);
    }
}
