//! Highlight cards, the stage on which a clip plays, and the table of counts.

use maud::{Markup, html};

use super::data::{HighlightCard, HighlightState, RoomReport};
use super::embed;
use super::wording::{clock, count, score, signed, value};

/// Cards that are open from the start; a day's recording has hundreds.
const SHOWN: usize = 12;

/// Where the chosen highlight is shown and played.
pub(super) fn stage(room: &RoomReport) -> Markup {
    html! {
        @if !room.highlights.is_empty() {
            aside.stage aria-label="Player" {
                div.screen {
                    video controls preload="none" playsinline {}
                    p.none hidden { "No clip was cut for this highlight." }
                }
                div.about {}
            }
        }
    }
}

/// All highlights of a room, best first.
pub(super) fn cards(index: usize, room: &RoomReport) -> Markup {
    let best = room.highlights.iter().map(|h| h.score).fold(0.0_f32, f32::max);
    html! {
        h3 { "Highlights" }
        @if room.highlights.is_empty() {
            p.empty { "Nothing stood out in this room." }
        } @else {
            ol.cards {
                @for (h, highlight) in room.highlights.iter().enumerate().take(SHOWN) { (card(index, h, highlight, best)) }
            }
            @if room.highlights.len() > SHOWN {
                details.rest {
                    summary { (room.highlights.len() - SHOWN) " more" }
                    ol.cards {
                        @for (h, highlight) in room.highlights.iter().enumerate().skip(SHOWN) { (card(index, h, highlight, best)) }
                    }
                }
            }
        }
    }
}

fn card(room: usize, index: usize, highlight: &HighlightCard, best: f32) -> Markup {
    let share = if best > 0.0 { (highlight.score / best * 100.0).clamp(2.0, 100.0) } else { 0.0 };
    html! {
        li.card id=(format!("highlight-{room}-{index}")) data-highlight=(index) {
            button.play type="button" aria-label=(format!("Highlight {} at {}", index + 1, clock(highlight.peak_s))) {
                @if let Some(uri) = embed::thumbnail(highlight) {
                    img src=(uri) alt="" loading="lazy" decoding="async";
                } @else {
                    span.blank aria-hidden="true" {}
                }
                @if highlight.clip.is_some() { span.triangle aria-hidden="true" {} }
                span.time { (clock(highlight.start_s)) "–" (clock(highlight.end_s)) }
            }
            div.text {
                p.line {
                    b { "#" (index + 1) }
                    span.state.(state_word(highlight.state)) { (state_word(highlight.state)) }
                    span.score { (score(highlight.score)) }
                }
                div.level aria-hidden="true" { i style=(format!("width:{share:.1}%")) {} }
                (why(&highlight.why))
                @if let Some(speech) = &highlight.speech { blockquote { (speech) } }
                @if !highlight.top_comments.is_empty() {
                    ul.comments { @for comment in &highlight.top_comments { li dir="auto" { (comment) } } }
                }
                @if let Some(clip) = &highlight.clip {
                    a.file href=(embed::relative_url(&clip.path)) { "clip file" }
                }
            }
        }
    }
}

fn state_word(state: HighlightState) -> &'static str {
    match state {
        HighlightState::Provisional => "provisional",
        HighlightState::Final => "final",
        HighlightState::Withdrawn => "withdrawn",
    }
}

fn why(parts: &[(String, f32)]) -> Markup {
    let largest = parts.iter().map(|(_, x)| x.abs()).filter(|x| x.is_finite()).fold(0.0_f32, f32::max);
    html! {
        @if largest > 0.0 {
            ul.why {
                @for (name, x) in parts.iter().filter(|(_, x)| x.is_finite()) {
                    li {
                        span.name { (name) }
                        span.bar { i.(if *x < 0.0 { "less" } else { "more" }) data-modality=(name) style=(format!("width:{:.1}%", x.abs() / largest * 50.0)) {} }
                        span.amount { (signed(*x)) }
                    }
                }
            }
        }
    }
}

/// What was counted, late and skipped events included.
pub(super) fn table(room: &RoomReport) -> Markup {
    let counts = &room.counts;
    let mut rows = vec![
        ("units scored".to_owned(), count(room.units.len() as u64)),
        ("comments".to_owned(), count(counts.comments)),
        ("gifts".to_owned(), count(counts.gifts)),
        ("value of gifts".to_owned(), value(counts.gift_value, &counts.currency)),
        ("people who commented or gave".to_owned(), count(counts.users)),
        ("late events".to_owned(), count(counts.late)),
        ("skipped events".to_owned(), count(counts.skipped)),
    ];
    rows.extend(counts.others.iter().map(|(name, n)| (name.clone(), count(*n))));
    for name in embed::modalities(room) {
        let without = room.units.iter().filter(|unit| unit.missing.contains(&name)).count();
        if without > 0 {
            rows.push((format!("units without {name}"), count(without as u64)));
        }
    }
    html! {
        details.counts {
            summary { "Counts" }
            table { tbody { @for (name, number) in &rows { tr { th scope="row" { (name) } td { (number) } } } } }
        }
    }
}
