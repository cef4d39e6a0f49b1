//! Whether a request that changes something comes from our own screen.
//!
//! Invariant: what a browser sends along by itself (a cookie, a login at a proxy, an open loopback) is worth nothing
//! in a request that another site has made it send.

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};

use super::By;

/// Whether a changing request may pass.
pub(crate) fn is_own(headers: &HeaderMap, by: By, allowed: &[String]) -> bool {
    // No browser adds this header by itself.
    if by == By::Token {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN.as_str());
    if origin.is_some_and(|origin| allowed.iter().any(|own| own == origin)) {
        return true;
    }
    match (text("sec-fetch-site"), origin) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(HOST.as_str())
        }
        // No browser of this decade: a program, which carries no cookie by accident.
        (None, None) => by != By::Cookie,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(by: By, pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_own(&headers.collect(), by, &["https://desk.example".to_owned()])
    }

    #[test]
    fn another_sites_form_changes_nothing() {
        assert!(!own(By::Cookie, &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]));
        assert!(!own(By::Nothing, &[("sec-fetch-site", "same-site")]));
        assert!(!own(By::Proxy, &[("origin", "http://evil.example"), ("host", "kairos.example")]));
        assert!(!own(By::Nothing, &[("origin", "null"), ("host", "null")]));
        assert!(!own(By::Cookie, &[("host", "kairos.example")]));
    }

    #[test]
    fn the_screen_a_program_and_an_allowed_site_may() {
        assert!(own(By::Cookie, &[("sec-fetch-site", "same-origin")]));
        assert!(own(By::Cookie, &[("origin", "http://kairos.example"), ("host", "kairos.example")]));
        assert!(own(By::Token, &[("sec-fetch-site", "cross-site")]));
        assert!(own(By::Nothing, &[("host", "localhost")]));
        assert!(own(By::Cookie, &[("sec-fetch-site", "cross-site"), ("origin", "https://desk.example")]));
    }
}
