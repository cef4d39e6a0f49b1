//! Who is recognised as what.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::*;
use crate::{ProxyHeaders, Secret};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn role(
    options: &ConsoleOptions,
    listen: &str,
    peer: &str,
    pairs: &[(&str, &str)],
) -> Result<Option<Role>, u16> {
    let access = Access::new(options.clone(), Some(listen.parse().unwrap()));
    let viewer = access.identify(&headers(pairs), Some(peer.parse().unwrap()), 0);
    viewer.map(|viewer| viewer.role).map_err(|problem| problem.status().as_u16())
}

#[test]
fn loopback_is_open_to_its_own_names_and_nothing_else_is() {
    let none = ConsoleOptions::default();
    let ask = |listen, host| role(&none, listen, "127.0.0.1", &[("host", host)]);
    assert_eq!(ask("127.0.0.1:80", "localhost:80"), Ok(Some(Role::Editor)));
    assert_eq!(ask("[::1]:80", "[::1]:80"), Ok(Some(Role::Editor)));
    assert_eq!(ask("127.0.0.1:80", "rebound.example:80"), Ok(None));
    assert_eq!(ask("0.0.0.0:80", "localhost"), Ok(None));
    let tokens = ConsoleOptions { editor_tokens: vec![Secret::new("0123456789abcdef")], ..none };
    assert_eq!(role(&tokens, "127.0.0.1:80", "127.0.0.1", &[("host", "localhost")]), Ok(Some(Role::Reader)));
}

#[test]
fn a_wrong_token_is_refused_even_where_everybody_may_read() {
    let options = ConsoleOptions {
        anonymous: Some(Anonymous::Reader),
        editor_tokens: vec![Secret::new("0123456789abcdef")],
        ..ConsoleOptions::default()
    };
    let ask = |value| role(&options, "0.0.0.0:80", "10.0.0.1", &[("authorization", value)]);
    assert_eq!(ask("Bearer 0123456789abcdef"), Ok(Some(Role::Editor)));
    assert_eq!(ask("bearer 0123456789abcdef"), Ok(Some(Role::Editor)));
    assert_eq!(ask("Bearer 0123456789abcdeF"), Err(401));
    assert_eq!(ask("Basic 0123456789abcdef"), Err(401));
    assert_eq!(role(&options, "0.0.0.0:80", "10.0.0.1", &[]), Ok(Some(Role::Reader)));
}

#[test]
fn identity_headers_count_from_the_proxy_alone() {
    let proxy = ProxyHeaders {
        trusted: vec!["10.0.0.9".parse().unwrap()],
        user: "x-user".to_owned(),
        groups: "x-groups".to_owned(),
        readers: vec!["viewers".to_owned()],
        editors: vec!["desk".to_owned()],
    };
    let options = ConsoleOptions { proxy: Some(proxy), ..ConsoleOptions::default() };
    let ask = |peer, groups| role(&options, "0.0.0.0:80", peer, &[("x-user", "mia"), ("x-groups", groups)]);
    assert_eq!(ask("10.0.0.9", "a, desk"), Ok(Some(Role::Editor)));
    assert_eq!(ask("10.0.0.9", "viewers"), Ok(Some(Role::Reader)));
    assert_eq!(ask("10.0.0.9", "others"), Ok(None));
    assert_eq!(ask("10.0.0.8", "desk"), Ok(None));
}
