//! TwitchDownloader JSON: one object whose `comments` array holds the chat.
//!
//! The array is read item by item, so the file may be larger than memory. A hundred bits are one dollar to the
//! streamer; what a subscription costs differs by country and is not in the file.

use std::io::{self, BufRead};

use kairos_timeline::GiftKind;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{ChatFormat, FormatName, has_field, is_json};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::json::{JsonItems, Object, float, integer, text};
use crate::chat::money;
use crate::chat::stamp::{parse_time, seconds};

/// The reader.
pub struct TwitchDownloader;

/// How far into the file `comments` may begin: chapters and embedded emotes may stand before it.
const LONGEST_HEAD: usize = 64 << 20;

impl ChatFormat for TwitchDownloader {
    fn name(&self) -> FormatName {
        FormatName::TwitchDownloader
    }

    fn recognises(&self, head: &str) -> bool {
        is_json(head)
            && (has_field(head, "content_offset_seconds")
                || (has_field(head, "streamer") && has_field(head, "video"))
                || head.starts_with("{\"comments\""))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let mut items = JsonItems::new(input);
        let mut wanted = 1 << 16;
        let (head, start) = loop {
            let head = items.peek(wanted);
            let found = find(head, b"\"comments\"");
            if found.is_some() || head.len() < wanted || wanted >= LONGEST_HEAD {
                // Without the key, the outermost object is entered instead.
                let start = found.unwrap_or(1).min(head.len());
                break (String::from_utf8_lossy(&head[..start]).into_owned(), start);
            }
            wanted *= 2;
        };
        broadcast(&head, out);
        items.advance(start);
        let is_item = |object: &Object| object.contains_key("content_offset_seconds");
        items.for_each(out, is_item, |index, object, out| match item(index, &object) {
            Ok(Some(draft)) => out.take(draft),
            Ok(None) => out.ignore("announcement of gifted subscriptions"),
            Err(reason) => out.skip(index, reason),
        })
    }
}

fn find(head: &[u8], wanted: &[u8]) -> Option<usize> {
    head.windows(wanted.len()).position(|window| window == wanted)
}

/// Streamer and video stand in front of the comments; each is read alone, so damage to one costs only it.
fn broadcast(head: &str, out: &mut Collector) {
    let object = |name: &str| -> Option<Object> {
        let (_, rest) = head.split_once(&format!("\"{name}\""))?;
        let rest = rest.trim_start().strip_prefix(':')?;
        serde_json::Deserializer::from_str(rest).into_iter::<Object>().next()?.ok()
    };
    if let Some(streamer) = object("streamer") {
        out.broadcast.streamer = text(&streamer, "name");
        out.broadcast.room = text(&streamer, "name").or_else(|| text(&streamer, "id"));
    }
    if let Some(video) = object("video") {
        out.broadcast.title = text(&video, "title");
    }
}

fn item(index: u64, object: &Object) -> Result<Option<Draft>, SkipReason> {
    let field = |name| object.get(name).and_then(Value::as_object);
    let offset = float(object, "content_offset_seconds").and_then(|secs| seconds(&secs.to_string()));
    let offset = offset.ok_or(SkipReason::Field("content_offset_seconds"))?;
    let message = field("message").ok_or(SkipReason::Field("message"))?;
    let commenter = field("commenter").cloned().unwrap_or_default();
    let user = text(&commenter, "_id").or_else(|| text(&commenter, "name")).unwrap_or_default();
    let notice = message.get("user_notice_params").and_then(Value::as_object);
    let notice = notice.and_then(|notice| text(notice, "msg_id").or_else(|| text(notice, "msg-id")));
    let bits = integer(message, "bits_spent").and_then(|bits| u32::try_from(bits).ok()).unwrap_or(0);
    let draft = match notice.as_deref() {
        Some("submysterygift") => return Ok(None),
        Some("subgift" | "anonsubgift") => {
            Draft::gift(index, user, GiftKind::SubscriptionGift, "subscription", 1, None)
        }
        Some("sub" | "resub" | "primepaidupgrade" | "giftpaidupgrade") => {
            Draft::gift(index, user, GiftKind::Membership, "subscription", 1, None)
        }
        _ if bits > 0 => {
            let money = money::coins(Decimal::from(bits), 100, "USD");
            Draft::gift(index, user, GiftKind::Gift, "bits", bits, money)
        }
        _ => Draft::comment(index, user, ""),
    };
    let at = text(object, "created_at").and_then(|at| parse_time(&at));
    let (id, body) = (text(object, "_id"), text(message, "body").unwrap_or_default());
    let draft = Draft { offset: Some(offset), at, id, text: body, ..draft };
    let name = text(&commenter, "display_name").or_else(|| text(&commenter, "name"));
    Ok(Some(draft.with("user_name", name.unwrap_or_default())))
}
