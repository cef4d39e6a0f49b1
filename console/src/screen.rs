//! The screen's files, inside of the program.
//!
//! Invariants: no file comes from elsewhere; a script or style is sent compressed where that is understood, and is
//! asked for again only when it has changed.

use std::io::Write;
use std::sync::LazyLock;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::HeaderMap;
use hyper::StatusCode;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};

use crate::problem::Problem;
use crate::request::Place;
use crate::serve::App;

struct File {
    name: &'static str,
    text: &'static str,
    packed: Bytes,
    tag: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../screen/", $name)))),*]
    };
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let files = files![
        "index.html",
        "icon.svg",
        "base.css",
        "parts.css",
        "pages.css",
        "app.js",
        "api.js",
        "dom.js",
        "format.js",
        "theme.js",
        "keys.js",
        "live.js",
        "spark.js",
        "chart.js",
        "lanes.js",
        "list.js",
        "filters.js",
        "player.js",
        "trim.js",
        "why.js",
        "rooms.js",
        "room.js",
        "highlights.js",
        "search.js",
        "compare.js",
        "gifting.js",
        "operator.js",
        "queries.js",
    ];
    files.into_iter().map(|(name, text)| File { name, text, packed: pack(text), tag: tag(text) }).collect()
});

fn pack(text: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; an empty answer would be seen at once.
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default().into()
}

fn tag(text: &str) -> String {
    format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..20])
}

fn send(name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let file = FILES.iter().find(|file| file.name == name);
    let file = file.ok_or_else(|| Problem::not_found(format!("the screen has no file {name:?}")))?;
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let common = [(ETAG, file.tag.as_str()), (CACHE_CONTROL, "no-cache"), (VARY, "accept-encoding")];
    if text(IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|one| one.trim() == file.tag)) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let packs = text(ACCEPT_ENCODING).is_some_and(|kinds| {
        kinds
            .split(',')
            .any(|kind| matches!(kind.trim().split_once(';').map_or(kind.trim(), |(k, _)| k.trim()), "gzip"))
    });
    Ok(if packs {
        (common, [(CONTENT_TYPE, kind), (CONTENT_ENCODING, "gzip")], file.packed.clone()).into_response()
    } else {
        (common, [(CONTENT_TYPE, kind)], file.text).into_response()
    })
}

async fn asset(Place(name): Place<String>, headers: HeaderMap) -> Result<Response, Problem> {
    send(&name, &headers)
}

async fn index(headers: HeaderMap) -> Result<Response, Problem> {
    send("index.html", &headers)
}

/// What is at an address that nothing is at: for people the screen, which says so, for programs a problem document.
pub(crate) async fn nothing(headers: HeaderMap) -> Response {
    let reads = headers.get(ACCEPT).and_then(|kinds| kinds.to_str().ok()).unwrap_or_default();
    let missing = Problem::not_found("there is nothing at this address");
    match send("index.html", &headers) {
        Ok(page) if reads.contains("text/html") => (StatusCode::NOT_FOUND, page).into_response(),
        _ => missing.into_response(),
    }
}

pub(crate) fn routes() -> Router<App> {
    let pages = [
        "/",
        "/rooms/{room}",
        "/rooms/{room}/{stream}",
        "/highlights",
        "/highlights/{key}",
        "/search",
        "/compare",
        "/gifting",
        "/operator",
        "/queries",
    ];
    let router = Router::new().route("/assets/{name}", get(asset));
    let router = router.route("/favicon.ico", get(async |headers: HeaderMap| send("icon.svg", &headers)));
    pages.into_iter().fold(router, |router, page| router.route(page, get(index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_stays_small_and_loads_nothing_from_elsewhere() {
        let scripts = FILES.iter().filter(|file| file.name.ends_with(".js"));
        let packed: usize = scripts.map(|file| file.packed.len()).sum();
        assert!(packed < 60_000, "{packed} bytes of compressed script");
        for file in FILES.iter() {
            assert!(!file.text.contains("https://"), "{} names another site", file.name);
            assert!(!file.text.contains("innerHTML"), "{} writes markup from data", file.name);
        }
    }
}
