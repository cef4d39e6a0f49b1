//! The page of small rooms, some of them hostile.

use super::*;

const HOSTILE: &str = "</script><script>alert('x')</script><!-- \"q\" 'a' & \u{2028}\u{2029} ]]>";

fn highlight(score: f32, bytes: Option<Vec<u8>>) -> HighlightCard {
    HighlightCard {
        id: "h".into(),
        start_s: 4.0,
        end_s: 10.0,
        peak_s: 6.0,
        score,
        clip: Some(ClipSource { path: "clips/h.mp4".into(), start_s: 3.0, duration_s: 8.0, bytes }),
        ..HighlightCard::default()
    }
}

fn room(highlights: Vec<HighlightCard>) -> RoomReport {
    let units = (0..8)
        .map(|i| UnitPoint {
            t_s: f64::from(i) * 2.0,
            provisional: Some(0.25),
            score: 0.1 * i as f32,
            contributions: vec![("picture".into(), 0.5), ("sound".into(), -0.25)],
            comments: 3,
            gift_value: 1.5,
            missing: if i == 2 { vec!["speech".into()] } else { vec![] },
        })
        .collect();
    RoomReport {
        room: "r1".into(),
        stream: "s1".into(),
        duration_s: 16.0,
        unit_s: 2.0,
        units,
        highlights,
        ..RoomReport::default()
    }
}

fn report(rooms: Vec<RoomReport>) -> Report {
    Report { title: "Replay".into(), digest: "ab12".into(), rooms, ..Report::default() }
}

/// The JSON of a room, as the page's own script reads it.
fn data(page: &str, index: usize) -> serde_json::Value {
    let start = page.split(&format!("id=\"data-{index}\">")).nth(1).expect("a data element");
    serde_json::from_str(start.split("</script>").next().expect("its end")).expect("JSON")
}

fn scripts_opened(page: &str) -> usize {
    page.to_lowercase().matches("<script").count()
}

#[test]
fn hostile_text_stays_text_wherever_it_stands() {
    let plain = render(&report(vec![room(vec![highlight(0.5, Some(vec![1]))])]));
    let text = || HOSTILE.to_owned();
    let mut hostile = room(vec![HighlightCard {
        id: text(),
        thumbnail: Some(format!("data:image/png,{HOSTILE}")),
        top_comments: vec![text()],
        why: vec![(text(), 0.5)],
        speech: Some(text()),
        ..highlight(0.5, Some(vec![1]))
    }]);
    (hostile.room, hostile.stream, hostile.title, hostile.started_at) =
        (text(), text(), text(), Some(text()));
    hostile.media = Some(MediaInfo { codec: text(), audio: Some(text()), ..MediaInfo::default() });
    hostile.truth = vec![Interval { start_s: 1.0, end_s: 2.0, label: text() }];
    hostile.faults = vec![text()];
    hostile.counts.currency = text();
    hostile.counts.others = vec![(text(), 1)];
    hostile.units[0].contributions.push((text(), 0.5));
    hostile.units[0].missing.push(text());
    let mut whole = report(vec![hostile]);
    (whole.title, whole.generated_by, whole.command, whole.digest) = (text(), text(), text(), text());
    let page = render(&whole);

    assert_eq!(scripts_opened(&page), scripts_opened(&plain));
    assert_eq!(page.matches("</script>").count(), scripts_opened(&page));
    assert!(!page.contains("alert('x')</script>"), "an end tag of a stranger's reached the page");
    assert!(!page.contains("\"q\" 'a'"), "a quote of a stranger's reached an attribute");
    assert_eq!(data(&page, 0)["truth"][0][2], HOSTILE, "and nothing of the text is lost");
}

#[test]
fn json_in_a_script_has_no_character_that_html_or_javascript_reads() {
    let escaped = embed::escape_for_script(&serde_json::json!({ "text": HOSTILE }).to_string());
    assert!(!escaped.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
    let back: serde_json::Value = serde_json::from_str(&escaped).expect("still JSON");
    assert_eq!(back["text"], HOSTILE);
}

#[test]
fn page_asks_nothing_of_a_network() {
    let page = render(&report(vec![room(vec![highlight(0.5, None)])]));
    for forbidden in ["http://", "https://", "//cdn", "@import", "src=\"/", "href=\"/"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn clip_path_cannot_name_a_scheme_or_a_host() {
    assert_eq!(embed::relative_url("clips/a b#1.mp4"), "./clips/a%20b%231.mp4");
    assert_eq!(embed::relative_url("javascript:alert(1)"), "./javascript%3Aalert%281%29");
    assert_eq!(embed::relative_url("//host/x.mp4"), "./host/x.mp4");
    assert_eq!(embed::relative_url("clips\\é.mp4"), "./clips/%C3%A9.mp4");
}

#[test]
fn thumbnail_that_is_no_data_picture_is_left_out() {
    let with = |uri: &str| {
        let card = HighlightCard { thumbnail: Some(uri.into()), ..highlight(0.5, None) };
        render(&report(vec![room(vec![card])]))
    };
    assert!(with("data:image/jpeg;base64,AA==").contains("<img src=\"data:image/jpeg;base64,AA==\""));
    assert!(!with("tracker.png").contains("<img"));
    assert!(!with("data:text/html,x").contains("<img"));
}

#[test]
fn best_clips_are_embedded_until_the_budget_is_spent() {
    let rooms = vec![
        room(vec![highlight(0.9, Some(vec![7; 60])), highlight(0.2, Some(vec![8; 60]))]),
        room(vec![highlight(0.5, Some(vec![9; 50])), highlight(0.4, None)]),
    ];
    let page = render_within(&report(rooms), 115);
    assert_eq!(data(&page, 0)["highlights"][0]["clip"]["embedded"], "clip-0-0");
    assert_eq!(data(&page, 1)["highlights"][0]["clip"]["embedded"], "clip-1-0");
    assert!(data(&page, 0)["highlights"][1]["clip"]["embedded"].is_null(), "it did not fit");
    assert!(data(&page, 1)["highlights"][1]["clip"]["embedded"].is_null(), "it had no bytes");
    assert_eq!(data(&page, 0)["highlights"][1]["clip"]["url"], "./clips/h.mp4");
    assert_eq!(page.matches("type=\"text/plain\"").count(), 2);
}

#[test]
fn units_become_columns_with_gaps_where_a_modality_is_missing() {
    let page = render(&report(vec![room(vec![])]));
    let data = data(&page, 0);
    assert_eq!(data["modalities"], serde_json::json!(["picture", "sound", "speech"]));
    assert_eq!(data["missing"], serde_json::json!([[], [], [2]]));
    assert_eq!(data["contributions"][1][0], -0.25);
    assert!(data["contributions"][2][0].is_null());
    assert_eq!(data["t"].as_array().map(Vec::len), Some(8));
    assert_eq!(data["score"][3], 0.3, "rounded to what a screen shows");
}

#[test]
fn numbers_that_are_none_make_a_gap_not_a_broken_page() {
    let mut odd = room(vec![highlight(f32::NAN, Some(vec![1]))]);
    odd.units[0].score = f32::NAN;
    odd.units[1].contributions[0].1 = f32::INFINITY;
    odd.duration_s = f64::NAN;
    odd.lag = Some(LagReport { seconds: f64::NAN, confidence: f64::NAN, ..LagReport::default() });
    let page = render(&report(vec![odd, RoomReport::default()]));
    assert!(data(&page, 0)["score"][0].is_null());
    assert!(data(&page, 0)["contributions"][0][1].is_null());
    assert_eq!(data(&page, 1)["t"], serde_json::json!([]));
}

#[test]
fn overview_is_shown_for_several_rooms_only() {
    assert!(!render(&report(vec![room(vec![])])).contains("<nav"));
    assert_eq!(render(&report(vec![room(vec![]), room(vec![])])).matches("class=\"spark\"").count(), 2);
    assert!(render(&report(vec![])).contains("No room was scored"));
}

#[test]
fn same_report_gives_the_same_bytes() {
    let report = report(vec![room(vec![highlight(0.5, Some(vec![1, 2, 3]))])]);
    assert_eq!(render(&report), render(&report.clone()));
}

#[test]
fn numbers_read_as_people_write_them() {
    assert_eq!(wording::clock(3725.9), "1:02:05");
    assert_eq!(wording::clock(59.999), "0:59");
    assert_eq!(wording::clock(f64::NAN), "0:00");
    assert_eq!(wording::count(1_234_567), "1\u{202f}234\u{202f}567");
    assert_eq!(wording::value(12.5, "USD"), "12.50\u{a0}USD");
    assert_eq!(wording::value(1234.5, ""), "1\u{202f}235");
    assert_eq!(wording::signed(-0.254), "−0.25");
}
