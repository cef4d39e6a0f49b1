//! News: a row that lands in the tables is at the listener's a moment later.

use std::time::Duration;

use crate::NEWS;
use crate::desk::{Desk, EDITOR, SIZE, fill, guarded};
use kairos_console::ConsoleOptions;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Reads until an event of a kind has come whole, or fails.
async fn event(socket: &mut TcpStream, text: &mut String, wanted: &str) -> serde_json::Value {
    let reading = async {
        loop {
            let found = text
                .split("\n\n")
                .find(|part| part.contains(wanted) && part.contains("data: ") && part.ends_with('}'));
            if let Some(data) = found.and_then(|part| part.split("data: ").nth(1)) {
                return serde_json::from_str(data).unwrap();
            }
            let mut bytes = [0; 8192];
            let n = socket.read(&mut bytes).await.unwrap();
            assert!(n > 0, "the answer ended: {text}");
            text.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .unwrap_or_else(|_| panic!("no {wanted} in {text}"))
}

#[tokio::test]
async fn a_new_score_and_a_review_reach_those_who_watch_the_room() {
    let _alone = NEWS.lock().await;
    let desk = Desk::open("screen", guarded()).await;
    let mut socket = desk.listen("/api/v1/live?room=mia-bakes").await;
    let mut text = String::new();
    // The first round only notes what is there.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let scenery = desk.scenery;
    for unit in SIZE.units..SIZE.units + 3 {
        fill::go_on(&desk.store, &scenery.pool, SIZE, scenery.now_us, unit).await.unwrap();
    }
    let score = event(&mut socket, &mut text, "event: score").await;
    assert_eq!((&score["room"], &score["media_us"]), (&"mia-bakes".into(), &(SIZE.units * 2_000_000).into()));
    assert!(score["contributions"]["picture"].is_number(), "{score}");
    assert!(!text.contains("north-pier"), "another room's news: {text}");
    let page = desk.json("/api/v1/highlights?room=mia-bakes&limit=1").await;
    let key = page["highlights"][0]["key"].as_str().unwrap();
    let put = desk.put(&format!("/api/v1/highlights/{key}/review"), EDITOR, r#"{"verdict": "kept"}"#).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let told = event(&mut socket, &mut text, "\"verdict\":\"kept\"").await;
    assert_eq!(told["key"], key);
    let operator = desk.json("/api/v1/operator").await;
    assert_eq!(operator["listeners"], 1);
    drop(socket);
    for _ in 0..50 {
        if desk.json("/api/v1/operator").await["listeners"] == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    panic!("a listener that left is still counted");
}

#[tokio::test]
async fn a_room_that_comes_into_view_tells_no_old_highlights() {
    let _alone = NEWS.lock().await;
    let desk = Desk::open("screen", guarded()).await;
    let _one_room = desk.listen("/api/v1/live?room=mia-bakes").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut all_rooms = desk.listen("/api/v1/live").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let page = desk.json("/api/v1/highlights?room=north-pier&limit=1").await;
    let key = page["highlights"][0]["key"].as_str().unwrap();
    desk.put(&format!("/api/v1/highlights/{key}/review"), EDITOR, r#"{"verdict": "kept"}"#).await;
    let mut text = String::new();
    let told = event(&mut all_rooms, &mut text, "\"verdict\":\"kept\"").await;
    assert_eq!(told["key"], key);
    let old = |part: &&str| part.contains("\"room\":\"north-pier\"") && part.contains("\"verdict\":\"\"");
    assert_eq!(text.split("\n\n").find(old), None);
}

#[tokio::test]
async fn stopping_ends_listeners_and_more_than_allowed_are_refused() {
    let desk = Desk::open("screen", ConsoleOptions { listeners: 1, ..guarded() }).await;
    let mut socket = desk.listen("/api/v1/live").await;
    let mut bytes = [0; 64];
    assert!(socket.read(&mut bytes).await.unwrap() > 0);
    desk.get("/api/v1/live").await.assert_problem(503, "too many listen");
    tokio::time::timeout(Duration::from_secs(5), desk.close()).await.unwrap().unwrap();
}
