//! Who is let in, what is refused, and what files are served.

use crate::desk::{Desk, EDITOR, READER, SIZE, guarded};
use kairos_clickhouse::{ClipRow, Highlight, Store, Writer, WriterOptions};
use kairos_console::{Anonymous, ConsoleOptions, RateLimit};
use serde_json::json;

const JSON: (&str, &str) = ("content-type", "application/json");

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn nobody_reads_without_a_token_and_a_reader_changes_nothing() {
    let desk = Desk::open("console", guarded()).await;
    for path in ["/api/v1/rooms", "/api/v1/live", "/metrics", "/api/v1/me", "/nothing"] {
        let answer = desk.ask("GET", path, &[], "").await;
        answer.assert_problem(401, "log in");
        assert_eq!(answer.header("www-authenticate").as_deref(), Some("Bearer realm=\"kairos\""));
        desk.ask("GET", path, &[("authorization", "Bearer wrong-wrong-wrong")], "")
            .await
            .assert_problem(401, "not known");
    }
    let page = desk.ask("GET", "/highlights?room=a", &[("accept", "text/html")], "").await;
    assert_eq!(
        (page.status, page.header("location").as_deref()),
        (303, Some("/login?next=%2Fhighlights%3Froom%3Da"))
    );
    for open in ["/healthz", "/readyz", "/openapi.json", "/login", "/assets/app.js"] {
        assert_eq!(desk.ask("GET", open, &[], "").await.status, 200, "{open}");
    }
    let key = desk.first_key().await;
    for (method, what) in [("PUT", "review"), ("POST", "export")] {
        let path = format!("/api/v1/highlights/{key}/{what}");
        desk.ask(method, &path, &[("authorization", &bearer(READER)), JSON], "{}")
            .await
            .assert_problem(403, "editor");
        desk.ask(method, &path, &[JSON], "{}").await.assert_problem(401, "log in");
    }
    let me = desk.ask("GET", "/api/v1/me", &[("authorization", &bearer(READER))], "").await.json();
    assert_eq!((&me["editor"], &me["name"]), (&json!(false), &json!("reader")));
}

#[tokio::test]
async fn a_login_gives_a_cookie_that_only_our_own_pages_can_use() {
    let desk = Desk::open("console", guarded()).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let refused = desk.ask("POST", "/login", &[form], "token=wrong-wrong-wrong-wrong&next=%2Fsearch").await;
    assert_eq!((refused.status, refused.header("set-cookie")), (401, None));
    assert!(
        refused.text().contains("This token is not known.") && refused.text().contains("value=\"/search\"")
    );
    let login = desk.ask("POST", "/login", &[form], &format!("token={EDITOR}&next=%2Fsearch")).await;
    assert_eq!((login.status, login.header("location").as_deref()), (303, Some("/search")));
    let cookie = login.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(EDITOR),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with = [("cookie", cookie.as_str())];
    assert_eq!(desk.ask("GET", "/api/v1/me", &with, "").await.json()["editor"], true);
    let path = format!("/api/v1/highlights/{}/review", desk.first_key().await);
    let put = async |more: &[(&str, &str)]| {
        let headers = [&with, &[JSON][..], more].concat();
        desk.ask("PUT", &path, &headers, "{}").await
    };
    put(&[("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")])
        .await
        .assert_problem(403, "another site");
    put(&[]).await.assert_problem(403, "another site");
    assert_eq!(put(&[("sec-fetch-site", "same-origin")]).await.status, 200);
    let evil = [("origin", "http://evil.example"), form];
    desk.ask("POST", "/login", &evil, &format!("token={EDITOR}")).await.assert_problem(403, "another site");
    let out =
        desk.ask("POST", "/logout", &[("cookie", &cookie), ("sec-fetch-site", "same-origin")], "").await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn loopback_without_options_is_open_to_this_machine_only() {
    let desk = Desk::open("console", ConsoleOptions::default()).await;
    assert_eq!(desk.ask("GET", "/api/v1/me", &[], "").await.json()["editor"], true);
    desk.ask("GET", "/api/v1/me", &[("host", "rebound.example")], "").await.assert_problem(401, "log in");
    let path = format!("/api/v1/highlights/{}/review", desk.first_key_openly().await);
    let evil = [("origin", "http://evil.example"), JSON];
    desk.ask("PUT", &path, &evil, "{}").await.assert_problem(403, "another site");
    desk.ask("PUT", &path, &[("content-type", "text/plain")], "{}")
        .await
        .assert_problem(415, "application/json");
    desk.ask("PUT", &path, &[JSON], &format!("{{\"note\": \"{}\"}}", "x".repeat(100_000)))
        .await
        .assert_problem(413, "");
    desk.ask("DELETE", &path, &[], "").await.assert_problem(405, "method");
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_caution() {
    let desk = Desk::open("console", guarded()).await;
    for path in ["/login", "/api/v1/rooms", "/healthz", "/assets/base.css", "/nothing"] {
        let answer = desk.ask("GET", path, &[("origin", "https://evil.example")], "").await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    desk.get("/nothing").await.assert_problem(404, "nothing at this address");
    let token = format!("Bearer {READER}");
    let page = desk
        .ask("GET", "/nothing", &[("accept", "text/html,*/*"), ("authorization", token.as_str())], "")
        .await;
    assert_eq!(
        (page.status, page.text().contains("<main")),
        (404, true),
        "people get the screen, which says so"
    );
    let options = ConsoleOptions { origins: vec!["https://desk.example".to_owned()], ..guarded() };
    let open = Desk::open("console", options).await;
    let of = async |origin| {
        open.ask("GET", "/healthz", &[("origin", origin)], "").await.header("access-control-allow-origin")
    };
    assert_eq!(of("https://desk.example").await.as_deref(), Some("https://desk.example"));
    assert_eq!(of("https://desk.example.evil.example").await, None);
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_so() {
    let options = ConsoleOptions {
        rate: RateLimit { per_second: 0.01, burst: 30.0 },
        anonymous: Some(Anonymous::Reader),
        ..ConsoleOptions::default()
    };
    let desk = Desk::open("console", options).await;
    for _ in 0..30 {
        assert_eq!(desk.ask("GET", "/api/v1/me", &[], "").await.status, 200);
    }
    let answer = desk.ask("GET", "/api/v1/me", &[], "").await;
    answer.assert_problem(429, "too many");
    assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    assert_eq!(desk.ask("GET", "/healthz", &[], "").await.status, 200, "a probe is never turned away");
}

async fn put_clip(store: &Store, highlight: &str, clip: &str) {
    let mut writer = Writer::new(store, WriterOptions::default()).unwrap();
    let row = || ("trap".to_owned(), "trap-1".to_owned(), highlight.to_owned(), "m@1".to_owned());
    let (room, stream, highlight, model) = row();
    let mark = Highlight { room, stream, highlight, model, end_us: 9, ..Highlight::default() };
    writer.write(mark).await.unwrap();
    let (room, stream, highlight, model) = row();
    let thumbnail = clip.to_owned();
    let clip = ClipRow {
        room,
        stream,
        highlight,
        model,
        clip: clip.to_owned(),
        thumbnail,
        to_us: 9,
        ..ClipRow::default()
    };
    writer.write(clip).await.unwrap();
    writer.flush().await.unwrap();
}

#[tokio::test]
async fn files_come_from_below_the_clip_folder_and_from_nowhere_else() {
    let desk = Desk::open("console", guarded()).await;
    let outside = desk.scenery.clips.parent().unwrap().join("secret.mp4");
    std::fs::write(&outside, "secret").unwrap();
    std::fs::write(desk.scenery.clips.join("notes.txt"), "secret").unwrap();
    std::fs::create_dir_all(desk.scenery.clips.join("folder.mp4")).unwrap();
    let link = desk.scenery.clips.join("link.mp4");
    if !link.exists() {
        std::os::unix::fs::symlink(&outside, &link).unwrap();
    }
    let absolute = outside.display().to_string();
    let traps = [
        "../secret.mp4",
        "drawn/../../secret.mp4",
        &absolute,
        "link.mp4",
        "notes.txt",
        "folder.mp4",
        "missing.mp4",
        "..%2fsecret.mp4",
        "http://evil.example/a.mp4",
        "a\0.mp4",
        "./../secret.mp4",
        "/etc/passwd",
    ];
    for (n, trap) in traps.into_iter().enumerate() {
        put_clip(&desk.store, &format!("trap{n}"), trap).await;
        let page = desk.json("/api/v1/highlights?room=trap&limit=100").await;
        let own = page["highlights"]
            .as_array()
            .unwrap()
            .iter()
            .find(|h| h["highlight"] == format!("trap{n}"))
            .unwrap();
        for what in ["clip", "thumbnail"] {
            let answer =
                desk.get(&format!("/api/v1/highlights/{}/{what}", own["key"].as_str().unwrap())).await;
            answer.assert_problem(404, "no such file");
        }
    }
    for path in
        ["/assets/..%2f..%2fCargo.toml", "/assets/%2e%2e/Cargo.toml", "/assets//etc/passwd", "/../etc/passwd"]
    {
        let status = desk.get(path).await.status;
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
}

#[tokio::test]
async fn a_clip_is_served_in_the_parts_that_are_asked_for() {
    let desk = Desk::open("console", guarded()).await;
    let page = desk.json("/api/v1/highlights?room=mia-bakes&limit=1").await;
    let path = format!("/api/v1/highlights/{}/clip", page["highlights"][0]["key"].as_str().unwrap());
    let whole = desk.get(&path).await;
    assert_eq!((whole.status, whole.header("content-type").as_deref()), (200, Some("video/mp4")));
    assert_eq!(&whole.body[4..8], b"ftyp");
    let length = whole.body.len();
    let token = bearer(READER);
    let of = async |headers: &[(&str, &str)]| {
        desk.ask("GET", &path, &[&[("authorization", token.as_str())], headers].concat(), "").await
    };
    for (range, from, to) in
        [("bytes=0-99", 0, 100), ("bytes=100-", 100, length), ("bytes=-7", length - 7, length)]
    {
        let part = of(&[("range", range)]).await;
        assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[from..to]), "{range}");
        assert_eq!(part.header("content-range").unwrap(), format!("bytes {from}-{}/{length}", to - 1));
    }
    let beyond = of(&[("range", &format!("bytes={length}-"))]).await;
    assert_eq!((beyond.status, beyond.header("content-range").unwrap()), (416, format!("bytes */{length}")));
    let tag = whole.header("etag").unwrap();
    assert_eq!(of(&[("if-none-match", &tag)]).await.status, 304);
    assert_eq!(of(&[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await.body.len(), length);
    let kept = desk.get(&format!("{path}?download=true")).await;
    assert!(kept.header("content-disposition").unwrap().starts_with("attachment; filename=\"mia-bakes-h"));
}

#[tokio::test]
async fn a_trimmed_clip_is_exported_as_trimmed() {
    let desk = Desk::open("console", guarded()).await;
    let page = desk.json("/api/v1/highlights?room=asmr-loft&limit=1").await;
    let highlight = &page["highlights"][0];
    let at = format!("/api/v1/highlights/{}", highlight["key"].as_str().unwrap());
    let from = highlight["start_us"].as_i64().unwrap() + 500_000;
    let trim = json!({"trim_from_us": from, "trim_to_us": from + 3_200_000}).to_string();
    assert_eq!(desk.put(&format!("{at}/review"), EDITOR, &trim).await.status, 200);
    let answer = desk.ask("POST", &format!("{at}/export"), &[("authorization", &bearer(EDITOR))], "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let file = desk.scenery.clips.join("exported.mp4");
    std::fs::write(&file, &answer.body).unwrap();
    let probe = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"])
        .arg(&file)
        .output()
        .unwrap();
    let seconds: f64 = String::from_utf8(probe.stdout).unwrap().trim().parse().unwrap();
    assert!((seconds - 3.2).abs() < 0.08, "{seconds}");
}

#[tokio::test]
async fn hostile_texts_are_only_texts() {
    let desk = Desk::open("console", guarded()).await;
    let hostile = [
        "' OR 1=1 --",
        "'; DROP TABLE streams_rows; --",
        "{room:String}",
        "\\' UNION ALL SELECT 1",
        "%",
        "a\tb\nc\\N",
        "?",
        "`",
        "\0",
    ];
    for text in hostile {
        let q: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/api/v1/rooms?q={q}"),
            format!("/api/v1/rooms?after={q}"),
            format!("/api/v1/highlights?room={q}&stream={q}&model={q}&text={q}"),
            format!("/api/v1/search?q=x{q}&room={q}"),
            format!("/api/v1/queries/top-moments?room={q}"),
            format!("/api/v1/queries/rooms?{q}={q}"),
            format!("/api/v1/rooms/{}/streams/{}/comments", q.replace('+', "%20"), q.replace('+', "%20")),
            format!("/api/v1/rooms/{}", q.replace('+', "%20")),
        ] {
            let answer = desk.get(&path).await;
            assert!(matches!(answer.status, 200 | 400 | 404), "{path}: {} {}", answer.status, answer.text());
            if path.contains("highlights?") || path.contains("/comments") {
                assert!(!answer.text().contains("mia-bakes"), "{path} let everything through");
            }
        }
    }
    assert_eq!(desk.json("/api/v1/rooms").await["rooms"].as_array().unwrap().len() as i64, SIZE.rooms);
}
