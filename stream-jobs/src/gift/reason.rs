//! Why a viewer was ranked as it was, in words: the path that counted most, the modality that counted most, and what
//! the viewer did here.
//!
//! Invariant: depends on the prediction's inputs alone. Numbers in brackets are what a part added to the log odds.

use std::fmt::Write as _;

use kairos_gifting::{Origin, Path, Reason};

use super::audience::Audience;
use crate::graph::Named;

pub(super) fn words(
    audience: &Audience,
    room: &str,
    streamer: &str,
    user: &str,
    reasons: &[Reason],
    now_us: i64,
) -> String {
    let raised = || reasons.iter().filter(|reason| reason.contribution > 0.0);
    let remembered = raised().find_map(|reason| {
        let text = match reason.origin {
            Origin::Path(path) => {
                let named = audience.graph.named(path, user, streamer, reason.node?)?;
                along(path, &named, reason.contribution)
            }
            Origin::History => {
                let (towards, at_us) = audience.people.users.get(user)?.named(reason.node?)?;
                let ago = ago(now_us - at_us);
                format!("past acts, most of all towards {towards} {ago} ({:+.2})", reason.contribution)
            }
            Origin::Content(_) => return None,
        };
        Some((reason.contribution, text))
    });
    let content = raised().find_map(|reason| match reason.origin {
        Origin::Content(modality) => {
            Some((reason.contribution, format!("{} ({:+.2})", modality.name(), reason.contribution)))
        }
        _ => None,
    });
    let mut parts: Vec<(f64, String)> = remembered.into_iter().chain(content).collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let parts = parts.into_iter().map(|(_, text)| text).chain(here(audience, room, user, now_us));
    parts.collect::<Vec<_>>().join("; ")
}

fn along(path: Path, named: &Named, contribution: f64) -> String {
    let name = match path {
        Path::UserStreamer => "U-A",
        Path::UserStreamerStreamer => "U-A-A",
        Path::UserStreamerUserStreamer => "U-A-U-A",
        Path::StreamerStreamer => "A-A",
        Path::StreamerUserStreamer => "A-U-A",
        Path::StreamerUser => "A-U",
    };
    let Named { node, via, weight } = named;
    match via {
        Some(via) => format!("{name} via {via} to {node} (weight {weight:.3}, {contribution:+.2})"),
        None => format!("{name} to {node} (weight {weight:.3}, {contribution:+.2})"),
    }
}

fn here(audience: &Audience, room: &str, user: &str, now_us: i64) -> Option<String> {
    let viewers = &audience.people.rooms.get(room)?.viewers;
    let viewer = viewers.get(user)?;
    let mut text = format!("came in {}", ago(now_us - viewer.entered_us));
    for (count, what) in [(viewer.comments, "comments"), (viewer.gifts, "gifts")] {
        if count > 0 {
            // Writing to a string can't fail.
            write!(text, ", {count} {what}").ok();
        }
    }
    Some(text)
}

fn ago(passed_us: i64) -> String {
    match passed_us.max(0) / 1_000_000 {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7_200 => format!("{} min ago", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}
