//! Logging in with a token, in a browser, without a script.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use hyper::header::{LOCATION, SET_COOKIE};
use hyper::{StatusCode, Uri};

use crate::clock;
use crate::serve::App;

const PAGE: &str = include_str!("../../screen/login.html");

/// Where to go afterwards: a path of this site and nothing else.
fn next_of(query: &[u8]) -> String {
    let pair = form_urlencoded::parse(query).find(|(name, _)| name == "next");
    let next = pair.map(|(_, next)| next.into_owned()).unwrap_or_default();
    let plain = next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    // `//host` would be another site.
    if plain && next.starts_with('/') && !next.starts_with("//") { next } else { "/".to_owned() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn page(status: StatusCode, next: &str, message: &str) -> Response {
    let hidden = if message.is_empty() { "hidden" } else { "" };
    let text = PAGE
        .replace("{next}", &escape(next))
        .replace("{hidden}", hidden)
        .replace("{message}", &escape(message));
    (status, Html(text)).into_response()
}

fn to(location: &str, cookie: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, cookie)]).into_response()
}

/// The form.
pub(crate) async fn form(State(app): State<App>, uri: Uri) -> Response {
    let message = if app.access.has_tokens() { "" } else { "No token is configured here." };
    page(StatusCode::OK, &next_of(uri.query().unwrap_or_default().as_bytes()), message)
}

/// Takes the form.
pub(crate) async fn login(State(app): State<App>, body: Bytes) -> Response {
    let token =
        form_urlencoded::parse(&body).find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    let next = next_of(&body);
    match token.and_then(|token| app.access.role_of(token.trim())) {
        Some(role) => to(&next, &app.access.sessions.write(role, clock::unix_us())),
        None => {
            metrics::counter!("kairos_console_logins_refused_total").increment(1);
            page(StatusCode::UNAUTHORIZED, &next, "This token is not known.")
        }
    }
}

/// Forgets who was logged in.
pub(crate) async fn logout(State(app): State<App>) -> Response {
    to("/login", &app.access.sessions.clear())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_nowhere_but_here() {
        assert_eq!(next_of(b"next=/highlights%3Froom%3Da"), "/highlights?room=a");
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "/a\r\nb"]
        {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("next", elsewhere).finish();
            assert_eq!(next_of(query.as_bytes()), "/", "{elsewhere}");
        }
        assert_eq!(escape("\"><script>"), "&quot;&gt;&lt;script&gt;");
    }
}
