//! What the API answers over real tables: lists, filters, pages, curves.

use std::collections::BTreeSet;

use crate::desk::{Desk, EDITOR, READER, SIZE, guarded};
use serde_json::{Value, json};

async fn open() -> Desk {
    Desk::open("console", guarded()).await
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name}: {value}"))
}

#[tokio::test]
async fn rooms_come_with_their_state_and_curve() {
    let desk = open().await;
    let page = desk.json("/api/v1/rooms?curve=60&limit=3").await;
    let rooms = list(&page, "rooms");
    assert_eq!(rooms.len(), 3);
    let next = page["next"].as_str().unwrap();
    let rest = desk.json(&format!("/api/v1/rooms?after={next}")).await;
    assert_eq!(list(&rest, "rooms").len() as i64, SIZE.rooms - 3);
    assert_eq!(rest["next"], Value::Null);
    for room in rooms {
        let curve = list(&room["curve"], "high");
        assert!((50..=60).contains(&curve.len()), "{}", curve.len());
        assert!(curve.iter().any(|high| high.as_f64().is_some_and(|high| high > 0.2)));
        assert!(room["highlights"].as_u64().unwrap() > 5 && room["fps"].as_f64().unwrap() > 10.0, "{room}");
        assert_eq!(room["media_us"], SIZE.units * 2_000_000);
    }
    let lives = |page: &Value| list(page, "rooms").iter().filter(|room| room["live"] == true).count() as i64;
    assert_eq!(lives(&page) + lives(&rest), SIZE.live);
    let found = desk.json("/api/v1/rooms?q=SOURDOUGH").await;
    assert_eq!(found["rooms"][0]["room"], "mia-bakes");
    desk.get("/api/v1/rooms/nobody").await.assert_problem(404, "nobody");
    desk.get("/api/v1/rooms?limit=0").await.assert_problem(400, "limit 0");
    desk.get("/api/v1/rooms?colour=red").await.assert_problem(400, "colour");
}

#[tokio::test]
async fn a_thinned_curve_keeps_its_peak_and_its_dip() {
    let desk = open().await;
    let of = async |query: &str| {
        desk.json(&format!("/api/v1/rooms/mia-bakes/streams/mia-bakes-1122/scores?{query}")).await
    };
    let whole = of("").await;
    assert_eq!(list(&whole, "high").len() as i64, SIZE.units);
    let thin = of("points=7").await;
    let numbers = |value: &Value, name: &str| -> Vec<f64> {
        list(value, name).iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let highest = |values: Vec<f64>| values.into_iter().fold(f64::MIN, f64::max);
    let lowest = |values: Vec<f64>| values.into_iter().fold(f64::MAX, f64::min);
    assert!(list(&thin, "high").len() <= 7);
    assert_eq!(highest(numbers(&thin, "high")), highest(numbers(&whole, "high")));
    assert_eq!(lowest(numbers(&thin, "low")), lowest(numbers(&whole, "low")));
    let first = numbers(&of("delay_ms=0").await, "high");
    assert_ne!(first, numbers(&whole, "high"), "scores at once are others than scores after a while");
    assert_eq!(numbers(&of("delay_ms=15000").await, "high"), numbers(&whole, "high"));
    assert_eq!(list(&of("from_us=20000000&to_us=40000000").await, "high").len(), 10);
    for (name, values) in whole["contributions"].as_object().unwrap() {
        assert_eq!(values.as_array().unwrap().len() as i64, SIZE.units, "{name}");
    }
    let at = "/api/v1/rooms/mia-bakes/streams/mia-bakes-1122/scores";
    desk.get(&format!("{at}?from_us=9&to_us=9")).await.assert_problem(400, "no stretch");
    desk.get(&format!("{at}?points=100000000")).await.assert_problem(400, "points");
    desk.get(&format!("{at}?model=nobody")).await.assert_problem(404, "contentctr@4f2a9c");
}

#[tokio::test]
async fn density_adds_up_to_the_pages_of_events() {
    let desk = open().await;
    let at = "/api/v1/rooms/kuro-plays/streams/kuro-plays-1122";
    let density = desk.json(&format!("{at}/density?points=50")).await;
    let sum = |name: &str| list(&density, name).iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    for (kind, limit) in [("comments", 90), ("gifts", 5)] {
        let (mut seen, mut ids, mut after) = (0, BTreeSet::new(), String::new());
        loop {
            let page = desk
                .json(&format!("{at}/{kind}?limit={limit}&to_us={}&from_us=0{after}", SIZE.units * 2_000_000))
                .await;
            seen += list(&page, kind).len() as u64;
            ids.extend(list(&page, kind).iter().map(|event| event["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!((sum(kind), seen), (seen, ids.len() as u64), "{kind}");
        assert!(seen > limit, "{seen} {kind} on more than one page");
    }
    let words = desk.json(&format!("{at}/words?limit=1000")).await;
    assert_eq!(sum("words"), list(&words, "words").len() as u64);
    let some = desk.json(&format!("{at}/comments?q=CLIP&limit=1000")).await;
    assert!(
        list(&some, "comments").iter().all(|c| c["text"].as_str().unwrap().to_lowercase().contains("clip"))
    );
    desk.get(&format!("{at}/comments?after=e30")).await.assert_problem(400, "after");
}

#[tokio::test]
async fn pages_of_highlights_hold_each_once_in_order() {
    let desk = open().await;
    for (sort, key) in [("newest", "at_us"), ("best", "score")] {
        let (mut keys, mut values, mut after, mut total) = (BTreeSet::new(), Vec::new(), String::new(), None);
        loop {
            let page = desk
                .json(&format!("/api/v1/highlights?limit=7&sort={sort}&model=contentctr%404f2a9c{after}"))
                .await;
            total = total.or(page["total"].as_u64());
            for highlight in list(&page, "highlights") {
                assert!(keys.insert(highlight["key"].as_str().unwrap().to_owned()), "twice: {highlight}");
                values.push(highlight[key].as_f64().unwrap());
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!((keys.len(), total), (desk.scenery.highlights, Some(desk.scenery.highlights as u64)));
        assert!(values.is_sorted_by(|a, b| a >= b), "{sort}: {values:?}");
    }
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let desk = open().await;
    let of = async |query: &str| {
        let page =
            desk.json(&format!("/api/v1/highlights?limit=500&model=contentctr%404f2a9c&{query}")).await;
        list(&page, "highlights").clone()
    };
    assert!(of("room=mia-bakes").await.iter().all(|h| h["room"] == "mia-bakes"));
    assert!(of("min_score=0.7").await.iter().all(|h| h["score"].as_f64().unwrap() >= 0.7));
    assert!(of("state=provisional").await.is_empty());
    assert_eq!(of("state=final").await.len(), desk.scenery.highlights);
    assert!(of("stream=nobody").await.is_empty());
    let all = of("").await;
    let middle = all[all.len() / 2]["at_us"].as_i64().unwrap();
    let (before, after) = (of(&format!("to_us={middle}")).await, of(&format!("from_us={middle}")).await);
    assert_eq!(before.len() + after.len(), all.len());
    let some = of("text=goosebumps").await;
    assert!(!some.is_empty() && some.len() < all.len(), "{}", some.len());
    for highlight in some.iter().take(3) {
        let key = highlight["key"].as_str().unwrap();
        let (from, to) = (&highlight["start_us"], &highlight["end_us"]);
        let at = format!(
            "/api/v1/rooms/{}/streams/{}",
            highlight["room"].as_str().unwrap(),
            highlight["stream"].as_str().unwrap()
        );
        let said = desk.json(&format!("{at}/comments?from_us={from}&to_us={to}&q=goosebumps")).await;
        assert!(!list(&said, "comments").is_empty(), "{key}");
    }
    assert!(of("text=100%25").await.is_empty(), "no pattern, just text");
}

#[tokio::test]
async fn a_review_is_stored_told_and_filtered_by() {
    let desk = open().await;
    let page = desk.json("/api/v1/highlights?room=fenix-arena&limit=2").await;
    let key = page["highlights"][0]["key"].as_str().unwrap().to_owned();
    let about = desk.json(&format!("/api/v1/highlights/{key}")).await;
    assert!(about["peak"]["contributions"]["picture"].is_number(), "{about}");
    assert!(about["clip_from_us"].as_i64().unwrap() < about["start_us"].as_i64().unwrap());
    let at = format!("/api/v1/highlights/{key}/review");
    let (from, to) =
        (about["clip_from_us"].as_i64().unwrap() + 1_000_000, about["clip_to_us"].as_i64().unwrap());
    let body = json!({"verdict": "kept", "trim_from_us": from, "trim_to_us": to, "note": "it's \"good\" \\ \u{1f525}"});
    desk.put(&at, READER, &body.to_string()).await.assert_problem(403, "editor");
    let stored = desk.put(&at, EDITOR, &body.to_string()).await;
    assert_eq!(stored.status, 200, "{}", stored.text());
    let again = desk.json(&format!("/api/v1/highlights/{key}")).await;
    for name in ["verdict", "trim_from_us", "trim_to_us", "note"] {
        assert_eq!((&again[name], &stored.json()[name]), (&body[name], &body[name]), "{name}");
    }
    assert_eq!(again["reviewer"], "editor");
    let kept = desk.json("/api/v1/highlights?verdict=kept&room=fenix-arena").await;
    assert_eq!((list(&kept, "highlights").len(), &kept["highlights"][0]["key"]), (1, &json!(key)));
    let open = desk.json("/api/v1/highlights?verdict=open&room=fenix-arena&limit=500").await;
    assert!(list(&open, "highlights").iter().all(|h| h["key"] != json!(key)));
    for (bad, words) in [
        (json!({"verdict": "maybe"}), "maybe"),
        (json!({"trim_from_us": from}), "go together"),
        (json!({"trim_from_us": to, "trim_to_us": from}), "empty or beyond"),
        (json!({"trim_from_us": from - 60_000_000, "trim_to_us": to}), "beyond the clip"),
        (json!({"note": "x".repeat(5_000)}), "longer than"),
        (json!({"reviewer": "somebody else"}), "reviewer"),
    ] {
        desk.put(&at, EDITOR, &bad.to_string()).await.assert_problem(400, words);
    }
    assert_eq!(desk.put(&at, EDITOR, r#"{"verdict": ""}"#).await.json()["trim_from_us"], Value::Null);
    desk.get("/api/v1/highlights/e30").await.assert_problem(404, "no highlight has the key");
}

#[tokio::test]
async fn search_finds_moments_in_comments_and_speech() {
    let desk = open().await;
    let of = async |q: &str| {
        let found = desk.json(&format!("/api/v1/search?q={q}&limit=50")).await;
        list(&found, "moments").clone()
    };
    let moments = of("Clip").await;
    assert!(moments.iter().all(|m| m["found"].as_u64().unwrap() >= 1) && !moments.is_empty());
    assert!(moments.is_sorted_by(|a, b| a["found"].as_u64() >= b["found"].as_u64()));
    let spoken = of("oven%20hot").await;
    assert!(!spoken.is_empty(), "words of one sentence, spoken one by one");
    assert!(spoken.iter().all(|m| m["speech"].as_str().unwrap().contains("oven is hot")), "{spoken:?}");
    assert!(of("nobodysaysthis").await.is_empty());
    desk.get("/api/v1/search?q=%20").await.assert_problem(400, "1 to 200");
}

#[tokio::test]
async fn two_models_are_compared_and_predictions_have_reasons() {
    let desk = open().await;
    let at = "/api/v1/rooms/mia-bakes/streams/mia-bakes-1122";
    let two = desk.json(&format!("{at}/compare?a=contentctr%404f2a9c&b=kuaihl%4091c07e&points=100")).await;
    assert_eq!(two["agreement"]["units"], SIZE.units);
    assert!(two["agreement"]["rank_correlation"].as_f64().unwrap() > 0.5, "{}", two["agreement"]);
    assert_eq!(list(&two, "apart").len(), 10);
    let one = desk.json(&format!("{at}/compare?a=contentctr%404f2a9c&b=contentctr%404f2a9c")).await;
    assert_eq!(
        (&one["agreement"]["shared_top"], &one["agreement"]["mean_difference"]),
        (&json!(20), &json!(0.0))
    );
    let likely = desk.json(&format!("{at}/predictions")).await;
    let likely = list(&likely, "predictions");
    assert!(likely.is_sorted_by(|a, b| a["expected_value"].as_f64() >= b["expected_value"].as_f64()));
    assert!(likely.len() > 10 && likely.iter().all(|p| !p["reason"].as_str().unwrap().is_empty()));
}

#[tokio::test]
async fn named_queries_run_with_bound_parameters() {
    let desk = open().await;
    let known = desk.json("/api/v1/queries").await;
    assert!(list(&known, "queries").len() > 10);
    let table = desk.json("/api/v1/queries/top-moments?room=mia-bakes&limit=3").await;
    assert_eq!((list(&table, "rows").len(), &table["columns"][0]), (3, &json!("stream")));
    desk.get("/api/v1/queries/top-moments").await.assert_problem(400, "needs room");
    desk.get("/api/v1/queries/top-moments?room=a&limit=many")
        .await
        .assert_problem(400, "limit \"many\" is no UInt32");
    desk.get("/api/v1/queries/labels-ctr?unit_ms=4294967296").await.assert_problem(400, "is no UInt32");
    desk.get("/api/v1/queries/labels-ctr?unit_ms=0").await.assert_problem(400, "0 is not within 1 and");
    desk.get("/api/v1/queries/labels-retention?top=-2e16").await.assert_problem(400, "is not within 0 and 1");
    desk.get("/api/v1/queries/top-moments?room=a&rom=b").await.assert_problem(400, "no parameter \"rom\"");
    desk.get("/api/v1/queries/drop-everything").await.assert_problem(404, "top-moments");
    let operator = desk.json("/api/v1/operator").await;
    let ledger = list(&operator, "ledger");
    assert!(ledger.iter().all(|line| line["unaccounted"] == 0) && ledger.len() == 12, "{ledger:?}");
    assert_eq!(operator["reasons"][0]["topic"], "kairos.comments");
}
