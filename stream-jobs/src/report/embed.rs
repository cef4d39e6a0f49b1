//! What goes into the page besides its markup: clips, data and addresses.
//!
//! Text inside `<script type="application/json">` is escaped so that no sequence of
//! user text ends the element, opens a comment or breaks a JavaScript reader.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::data::{HighlightCard, Report, RoomReport};

/// Indices of room and highlight whose clips go into the page.
pub(super) type Embedded = BTreeSet<(usize, usize)>;

/// Takes the clips of the best highlights first, as long as they fit.
pub(super) fn choose(report: &Report, budget: usize) -> Embedded {
    let mut candidates: Vec<(f32, usize, usize, usize)> = Vec::new();
    for (r, room) in report.rooms.iter().enumerate() {
        for (h, highlight) in room.highlights.iter().enumerate() {
            if let Some(bytes) = highlight.clip.as_ref().and_then(|clip| clip.bytes.as_ref()) {
                candidates.push((highlight.score, r, h, bytes.len()));
            }
        }
    }
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut left = budget;
    let mut chosen = Embedded::new();
    for (_, r, h, size) in candidates {
        if size <= left {
            left -= size;
            chosen.insert((r, h));
        }
    }
    chosen
}

/// A relative path as an address that cannot name another scheme or host.
pub(super) fn relative_url(path: &str) -> String {
    let mut url = String::from(".");
    for part in path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
        url.push('/');
        for byte in part.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    url
}

/// A thumbnail, if it is a picture inside its own address.
pub(super) fn thumbnail(highlight: &HighlightCard) -> Option<&str> {
    highlight.thumbnail.as_deref().filter(|uri| uri.starts_with("data:image/"))
}

/// Names of the modalities of a room, in the order in which they first appear.
pub(super) fn modalities(room: &RoomReport) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let contributing = room.units.iter().flat_map(|unit| unit.contributions.iter().map(|(name, _)| name));
    let missing = room.units.iter().flat_map(|unit| unit.missing.iter());
    for name in contributing.chain(missing) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The room's numbers by column, for the script; JSON that may stand in a script element.
pub(super) fn room_json(index: usize, room: &RoomReport, embedded: &Embedded) -> String {
    let names = modalities(room);
    let contributions: Vec<Vec<Value>> = names
        .iter()
        .map(|name| {
            let of = |unit: &super::data::UnitPoint| {
                unit.contributions
                    .iter()
                    .find(|(n, _)| n == name)
                    .map_or(Value::Null, |(_, x)| number(f64::from(*x)))
            };
            room.units.iter().map(of).collect()
        })
        .collect();
    let missing: Vec<Vec<usize>> = names
        .iter()
        .map(|name| {
            let units = room.units.iter().enumerate();
            units.filter(|(_, unit)| unit.missing.contains(name)).map(|(i, _)| i).collect()
        })
        .collect();
    let highlights: Vec<Value> = room
        .highlights
        .iter()
        .enumerate()
        .map(|(h, highlight)| highlight_json(index, h, highlight, embedded))
        .collect();
    let lag = room.lag.as_ref().map(|lag| {
        json!({
            "history": lag.history.iter().map(|(t, s)| [number(*t), number(*s)]).collect::<Vec<_>>(),
            "truth": lag.truth.map(number),
            "last": number(lag.seconds),
        })
    });
    let data = json!({
        "unit": number(room.unit_s),
        "duration": number(room.duration_s),
        "currency": room.counts.currency,
        "t": room.units.iter().map(|u| number(u.t_s)).collect::<Vec<_>>(),
        "score": room.units.iter().map(|u| number(f64::from(u.score))).collect::<Vec<_>>(),
        "provisional": room.units.iter().map(|u| u.provisional.map_or(Value::Null, |p| number(f64::from(p)))).collect::<Vec<_>>(),
        "comments": room.units.iter().map(|u| u.comments).collect::<Vec<_>>(),
        "gifts": room.units.iter().map(|u| number(u.gift_value)).collect::<Vec<_>>(),
        "modalities": names,
        "contributions": contributions,
        "missing": missing,
        "highlights": highlights,
        "truth": room.truth.iter().map(|t| json!([number(t.start_s), number(t.end_s), t.label])).collect::<Vec<_>>(),
        "lag": lag,
    });
    escape_for_script(&data.to_string())
}

fn highlight_json(r: usize, h: usize, highlight: &HighlightCard, embedded: &Embedded) -> Value {
    let clip = highlight.clip.as_ref().map(|clip| {
        json!({
            "start": number(clip.start_s),
            "duration": number(clip.duration_s),
            "embedded": embedded.contains(&(r, h)).then(|| clip_id(r, h)),
            "url": relative_url(&clip.path),
        })
    });
    json!({
        "start": number(highlight.start_s),
        "end": number(highlight.end_s),
        "peak": number(highlight.peak_s),
        "score": number(f64::from(highlight.score)),
        "state": highlight.state,
        "clip": clip,
    })
}

/// Identity of the element that holds an embedded clip.
pub(super) fn clip_id(room: usize, highlight: usize) -> String {
    format!("clip-{room}-{highlight}")
}

/// Four digits after the point are more than a screen can show; NaN and infinities are null.
fn number(x: f64) -> Value {
    let rounded = (x * 1e4).round() / 1e4;
    if rounded == 0.0 {
        return json!(0);
    }
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 { json!(rounded as i64) } else { json!(rounded) }
}

/// JSON that holds no character which HTML or JavaScript gives a meaning outside of strings.
pub(super) fn escape_for_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            _ => escaped.push(c),
        }
    }
    escaped
}
