//! The page's skeleton: head, overview, one section per room.
//!
//! Whatever can be read without a script is markup; the script draws the curves and
//! plays the clips.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::cards;
use super::data::{MediaInfo, Report, RoomReport};
use super::embed::{self, Embedded};
use super::wording::{clock, count, value};

const STYLE: &str = include_str!("report.css");
/// In the order in which they use one another.
const SCRIPTS: [&str; 4] = [
    include_str!("timeline.js"),
    include_str!("lanes.js"),
    include_str!("chart.js"),
    include_str!("report.js"),
];

/// Forbids every request that leaves the report's own folder, should an escape ever fail.
const POLICY: &str = "default-src 'none'; img-src data:; media-src 'self' file: blob:; \
                      style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(super) fn page(report: &Report, embedded: &Embedded) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.page {
                    p.brand { (report.generated_by) }
                    h1 { (report.title) }
                    (summary(report))
                }
                main {
                    @if report.rooms.len() > 1 { (overview(report)) }
                    @if report.rooms.is_empty() { p.empty { "No room was scored." } }
                    @for (index, room) in report.rooms.iter().enumerate() { (section(index, room, embedded)) }
                }
                footer {
                    dl {
                        dt { "Digest of all rows" }
                        dd { code { (report.digest) } }
                        dt { "Made by" }
                        dd { code { (report.command) } }
                    }
                }
                @for script in SCRIPTS { script { (PreEscaped(script)) } }
            }
        }
    }
}

fn summary(report: &Report) -> Markup {
    let seconds: f64 = report.rooms.iter().map(|room| room.duration_s).sum();
    let highlights: usize = report.rooms.iter().map(|room| room.highlights.len()).sum();
    let comments: u64 = report.rooms.iter().map(|room| room.counts.comments).sum();
    html! {
        p.summary {
            (plural(report.rooms.len() as u64, "room")) " · " (clock(seconds)) " of stream · "
            (plural(highlights as u64, "highlight")) " · " (plural(comments, "comment"))
        }
    }
}

fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

fn overview(report: &Report) -> Markup {
    html! {
        nav.overview aria-label="Rooms" {
            @for (index, room) in report.rooms.iter().enumerate() {
                a href=(format!("#room-{index}")) {
                    span.name {
                        b { (name(room)) }
                        small { (clock(room.duration_s)) " · " (plural(room.highlights.len() as u64, "highlight")) }
                    }
                    canvas.spark data-room=(index) aria-hidden="true" {}
                    span.figure { b { (count(room.counts.comments)) } small { "comments" } }
                    span.figure { b { (value(room.counts.gift_value, &room.counts.currency)) } small { "gifts" } }
                }
            }
        }
    }
}

fn name(room: &RoomReport) -> &str {
    if room.title.is_empty() { &room.room } else { &room.title }
}

fn section(index: usize, room: &RoomReport, embedded: &Embedded) -> Markup {
    html! {
        section.room id=(format!("room-{index}")) data-room=(index) aria-label=(name(room)) {
            div.head {
                h2 { (name(room)) @if room.simulated { " " span.badge { "simulated" } } }
                p.meta {
                    span { "room " code { (room.room) } }
                    span { "stream " code { (room.stream) } }
                    span { (clock(room.duration_s)) " in units of " (room.unit_s) " s" }
                    @if let Some(started) = &room.started_at { span { "from " (started) } }
                    @if let Some(media) = &room.media { span { (media_words(media)) } }
                }
            }
            (tiles(room))
            @if !room.faults.is_empty() {
                div.faults role="note" {
                    b { (plural(room.faults.len() as u64, "fault")) }
                    ul { @for fault in &room.faults { li { (fault) } } }
                }
            }
            div.workspace {
                div.chart data-room=(index) {
                    div.bar {
                        div.legend {}
                        div.tools role="group" aria-label="Zoom" {
                            button type="button" data-do="out" title="Zoom out (−)" aria-label="Zoom out" { "−" }
                            button type="button" data-do="in" title="Zoom in (+)" aria-label="Zoom in" { "+" }
                            button type="button" data-do="all" title="Whole recording (0)" { "All" }
                        }
                    }
                    div.plot {
                        canvas.lanes tabindex="0" role="application" aria-label=(format!("Timeline of {}: arrow keys move, plus and minus zoom, n and p go to highlights, Enter plays", name(room))) {}
                        div.readout hidden {}
                    }
                    canvas.map aria-hidden="true" {}
                    p.keys {
                        "Drag to move, pinch or Ctrl + wheel to zoom, double click for closer; click a highlight to play it. Keys: "
                        kbd { "←" } kbd { "→" } " " kbd { "+" } kbd { "−" } " " kbd { "n" } kbd { "p" } " " kbd { "Enter" }
                    }
                    p.sr aria-live="polite" {}
                }
                (cards::stage(room))
            }
            (cards::cards(index, room))
            (cards::table(room))
            script type="application/json" id=(format!("data-{index}")) {
                (PreEscaped(embed::room_json(index, room, embedded)))
            }
            @for (h, highlight) in room.highlights.iter().enumerate() {
                @if embedded.contains(&(index, h)) && let Some(bytes) = highlight.clip.as_ref().and_then(|c| c.bytes.as_ref()) {
                    script type="text/plain" id=(embed::clip_id(index, h)) { (PreEscaped(STANDARD.encode(bytes))) }
                }
            }
        }
    }
}

fn media_words(media: &MediaInfo) -> String {
    let mut words = Vec::new();
    if !media.codec.is_empty() {
        words.push(format!("{} {}×{}", media.codec, media.width, media.height));
        if media.fps > 0.0 {
            words.push(format!("{} fps", (media.fps * 100.0).round() / 100.0));
        }
    }
    words.extend(media.audio.clone());
    words.join(", ")
}

fn tiles(room: &RoomReport) -> Markup {
    let counts = &room.counts;
    html! {
        div.tiles {
            div.tile { b { (count(room.highlights.len() as u64)) } span { "highlights" } }
            div.tile { b { (count(counts.comments)) } span { "comments" } }
            div.tile { b { (value(counts.gift_value, &counts.currency)) } span { "in " (plural(counts.gifts, "gift")) } }
            div.tile { b { (count(counts.users)) } span { "people" } }
            @if let Some(lag) = &room.lag {
                div.tile {
                    b { @if lag.history.is_empty() { "–" } @else { (format!("{:.1} s", lag.seconds)) } }
                    span {
                        "comment lag, " (format!("{:.0} %", lag.confidence.clamp(0.0, 1.0) * 100.0)) " sure"
                        @if let Some(truth) = lag.truth { " (truth " (format!("{truth:.1}")) " s)" }
                    }
                    meter min="0" max="1" value=(lag.confidence.clamp(0.0, 1.0)) aria-label="confidence of the lag" {}
                }
            }
        }
    }
}
