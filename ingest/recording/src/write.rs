//! Comments, gifts and feedback as JSON, one event a line: the values of the topics, and what this crate reads back
//! unchanged.
//!
//! * comment: `{"room","id","user","sent_at","text",...}`; `sent_at` in Unix microseconds
//! * gift: `{"room","id","user","sent_at","kind","name","count","money":{"amount":"6000","currency":"JPY"}|null,
//!   "value","text",...}`; `kind` is `gift`, `super_chat`, `membership` or `subscription_gift`, `value` in dollars
//! * feedback: `{"room","id","user","sent_at","kind","watched"}`; `kind` is `impression`, `click` or `watch`,
//!   `watched` in microseconds

use std::io::{self, Write};

use kairos_timeline::{Comment, Feedback, Gift};
use serde::Serialize;

use crate::chat::Event;

/// Writes comments.
///
/// # Errors
/// If `out` fails.
pub fn write_comments<'a>(
    out: impl Write,
    comments: impl IntoIterator<Item = &'a Comment>,
) -> io::Result<()> {
    write_lines(out, comments)
}

/// Writes gifts.
///
/// # Errors
/// If `out` fails.
pub fn write_gifts<'a>(out: impl Write, gifts: impl IntoIterator<Item = &'a Gift>) -> io::Result<()> {
    write_lines(out, gifts)
}

/// Writes feedback.
///
/// # Errors
/// If `out` fails.
pub fn write_feedback<'a>(
    out: impl Write,
    feedback: impl IntoIterator<Item = &'a Feedback>,
) -> io::Result<()> {
    write_lines(out, feedback)
}

/// Writes events of all kinds, each with its `type` in front.
///
/// # Errors
/// If `out` fails.
pub fn write_events<'a>(out: impl Write, events: impl IntoIterator<Item = &'a Event>) -> io::Result<()> {
    write_lines(out, events)
}

fn write_lines<T: Serialize>(mut out: impl Write, items: impl IntoIterator<Item = T>) -> io::Result<()> {
    for item in items {
        serde_json::to_writer(&mut out, &item)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
