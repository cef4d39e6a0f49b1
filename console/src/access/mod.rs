//! Who asks, and what that person may do.
//!
//! Invariants: a token in a header, a login cookie, a trusted proxy and nothing at all are told apart, in this order;
//! a wrong token is refused and never falls back to what a client without one may do.

mod login;
mod origin;
mod rate;
mod session;

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST};

pub(crate) use login::{form, login, logout};
pub(crate) use origin::is_own;
pub(crate) use rate::Buckets;
use session::Sessions;

use crate::options::{Anonymous, ConsoleOptions};
use crate::problem::Problem;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// Read everything.
    Reader,
    /// Read, review and export.
    Editor,
}

/// How somebody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Token,
    Cookie,
    Proxy,
    Nothing,
}

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) role: Option<Role>,
    pub(crate) name: String,
    pub(crate) by: By,
}

/// The rules.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) options: ConsoleOptions,
    anonymous: Anonymous,
    // Loopback is open to this machine's programs, not to a web page that calls itself by a name of its own.
    loopback_names_only: bool,
    sessions: Sessions,
}

impl Access {
    pub(crate) fn new(options: ConsoleOptions, listen: Option<SocketAddr>) -> Self {
        let loopback = listen.is_some_and(|address| address.ip().is_loopback());
        let unguarded =
            options.reader_tokens.is_empty() && options.editor_tokens.is_empty() && options.proxy.is_none();
        let anonymous = options.anonymous.unwrap_or(match (loopback, unguarded) {
            (true, true) => Anonymous::Editor,
            (true, false) => Anonymous::Reader,
            (false, _) => Anonymous::Nobody,
        });
        let loopback_names_only = options.anonymous.is_none();
        Self { anonymous, loopback_names_only, sessions: Sessions::new(&options), options }
    }

    /// Whether a login form makes sense here.
    pub(crate) fn has_tokens(&self) -> bool {
        !self.options.reader_tokens.is_empty() || !self.options.editor_tokens.is_empty()
    }

    /// The role of a token.
    pub(crate) fn role_of(&self, token: &str) -> Option<Role> {
        let any =
            |tokens: &[crate::Secret]| tokens.iter().fold(false, |found, known| found | known.is(token));
        let (editor, reader) = (any(&self.options.editor_tokens), any(&self.options.reader_tokens));
        if editor { Some(Role::Editor) } else { reader.then_some(Role::Reader) }
    }

    /// Whether what a proxy says is believed from this address.
    pub(crate) fn trusts(&self, peer: Option<IpAddr>) -> bool {
        let proxy = self.options.proxy.as_ref();
        proxy.is_some_and(|proxy| peer.is_some_and(|peer| proxy.trusted.contains(&peer)))
    }

    /// Recognises who asks.
    pub(crate) fn identify(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        now_us: i64,
    ) -> Result<Viewer, Problem> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(header) = text(AUTHORIZATION.as_str()) {
            let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
            let role = scheme.eq_ignore_ascii_case("bearer").then(|| self.role_of(token.trim())).flatten();
            let role =
                role.ok_or_else(|| unauthorized("the token in the Authorization header is not known"))?;
            return Ok(Viewer { role: Some(role), name: named(role).to_owned(), by: By::Token });
        }
        if let Some(role) = self.sessions.read(headers, now_us) {
            return Ok(Viewer { role: Some(role), name: named(role).to_owned(), by: By::Cookie });
        }
        if let Some(proxy) = self.options.proxy.as_ref().filter(|_| self.trusts(peer))
            && let Some(user) = text(&proxy.user).filter(|user| !user.is_empty())
        {
            let groups: Vec<&str> =
                text(&proxy.groups).unwrap_or_default().split(',').map(str::trim).collect();
            let any = |wanted: &[String]| wanted.iter().any(|group| groups.contains(&group.as_str()));
            let role = if any(&proxy.editors) {
                Some(Role::Editor)
            } else {
                (proxy.readers.is_empty() || any(&proxy.readers)).then_some(Role::Reader)
            };
            return Ok(Viewer { role, name: user.to_owned(), by: By::Proxy });
        }
        let open = !self.loopback_names_only || text(HOST.as_str()).is_some_and(is_loopback_name);
        let role = match self.anonymous {
            Anonymous::Reader if open => Some(Role::Reader),
            Anonymous::Editor if open => Some(Role::Editor),
            _ => None,
        };
        Ok(Viewer { role, name: "anonymous".to_owned(), by: By::Nothing })
    }
}

/// The answer to somebody who must log in first.
pub(crate) fn unauthorized(detail: &str) -> Problem {
    Problem::new(hyper::StatusCode::UNAUTHORIZED, detail)
}

/// A role's name.
pub(crate) const fn named(role: Role) -> &'static str {
    match role {
        Role::Reader => "reader",
        Role::Editor => "editor",
    }
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
