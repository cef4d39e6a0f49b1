//! Lightor research data: TSV with the start in the file's name, and its JSONL form with offsets.

use std::io::{self, BufRead};

use super::{ChatFormat, FormatName, has_field, is_json};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::json::{JsonItems, Object, float, text};
use crate::chat::lines::{Line, for_each_line};
use crate::chat::stamp::{seconds, unix_time};

/// Reader of `id, video, user, text, 0, unix_ms`.
pub struct LightorTsv;

/// Reader of `{"video", "t", "user", "text"}`.
pub struct LightorJsonl;

impl ChatFormat for LightorTsv {
    fn name(&self) -> FormatName {
        FormatName::LightorTsv
    }

    fn recognises(&self, head: &str) -> bool {
        head.lines().take(100).any(|line| row(0, line).is_ok())
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        for_each_line(input, |number, line| match line {
            Line::TooLong => out.skip(number, SkipReason::TooLong),
            Line::Text(line) if line.is_empty() => {}
            Line::Text(line) => match row(number, &line) {
                Ok((video, draft)) => {
                    out.broadcast.room.get_or_insert(video);
                    out.take(draft);
                }
                Err(reason) => out.skip(number, reason),
            },
        })
    }
}

fn row(number: u64, line: &str) -> Result<(String, Draft), SkipReason> {
    let cells: Vec<&str> = line.trim_end_matches(['\r', '\n']).split('\t').collect();
    // Tabs inside the text belong to it: the two last cells are counted from the end.
    let [id, video, user, text @ .., _, time] = cells.as_slice() else { return Err(SkipReason::Malformed) };
    if text.is_empty() {
        return Err(SkipReason::Malformed);
    }
    let at = time.trim().parse().ok().and_then(unix_time).ok_or(SkipReason::Field("unix_ms"))?;
    let draft = Draft { at: Some(at), ..Draft::comment(number, *user, text.join("\t")) };
    Ok(((*video).to_owned(), Draft { id: Some((*id).to_owned()), ..draft }))
}

impl ChatFormat for LightorJsonl {
    fn name(&self) -> FormatName {
        FormatName::LightorJsonl
    }

    fn recognises(&self, head: &str) -> bool {
        is_json(head) && ["t", "user", "text"].iter().all(|name| has_field(head, name))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let is_item = |object: &Object| object.contains_key("t") && object.contains_key("text");
        JsonItems::new(input).for_each(out, is_item, |index, object, out| {
            if out.broadcast.room.is_none() {
                out.broadcast.room = text(&object, "video");
            }
            let offset = float(&object, "t").and_then(|secs| seconds(&secs.to_string()));
            match (offset, text(&object, "user"), text(&object, "text")) {
                (None, ..) => out.skip(index, SkipReason::Field("t")),
                (_, None, _) => out.skip(index, SkipReason::Field("user")),
                (_, _, None) => out.skip(index, SkipReason::Field("text")),
                (offset, Some(user), Some(text)) => {
                    out.take(Draft { offset, ..Draft::comment(index, user, text) });
                }
            }
        })
    }
}
