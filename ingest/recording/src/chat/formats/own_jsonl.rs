//! The JSON of this project's topics, one event a line: what the simulator writes and `kcat` prints.
//!
//! A field `type` (`comment`, `gift`, `feedback`) tells the kind; without it the fields do. Unknown fields of
//! comments and gifts are kept, a missing room is the recording's, a missing id is made from the content.

use std::io::{self, BufRead};

use kairos_timeline::{FeedbackKind, GiftKind, Money, Span, WallTime};
use serde_json::Value;

use super::{ChatFormat, FormatName, has_field, is_json};
use crate::chat::draft::{Collector, Draft, SkipReason, What};
use crate::chat::json::{JsonItems, Object, float, integer, text};

/// The reader.
pub struct OwnJsonl;

impl ChatFormat for OwnJsonl {
    fn name(&self) -> FormatName {
        FormatName::OwnJsonl
    }

    fn recognises(&self, head: &str) -> bool {
        is_json(head) && has_field(head, "sent_at") && has_field(head, "user")
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let is_item = |object: &Object| object.contains_key("sent_at");
        JsonItems::new(input).for_each(out, is_item, |index, object, out| {
            if out.broadcast.room.is_none() {
                out.broadcast.room = text(&object, "room");
            }
            out.take_or_skip(index, item(index, object));
        })
    }
}

fn item(index: u64, mut object: Object) -> Result<Draft, SkipReason> {
    let at = integer(&object, "sent_at").map(WallTime::from_micros).ok_or(SkipReason::Field("sent_at"))?;
    let user = text(&object, "user").ok_or(SkipReason::Field("user"))?;
    let kind = text(&object, "kind").unwrap_or_default();
    let stated = text(&object, "type").unwrap_or_default();
    let feedback = ["impression", "click", "watch"].contains(&kind.as_str());
    let id = text(&object, "id");
    let body = text(&object, "text");
    let what = match stated.as_str() {
        "feedback" => feedback_of(&kind, &object)?,
        "gift" => gift_of(&object)?,
        "comment" => What::Comment,
        _ if feedback => feedback_of(&kind, &object)?,
        _ if object.contains_key("value") || object.contains_key("count") => gift_of(&object)?,
        _ if body.is_some() => What::Comment,
        _ => return Err(SkipReason::Field("text")),
    };
    for known in ["room", "id", "user", "sent_at", "text", "type"] {
        object.remove(known);
    }
    if what != What::Comment {
        for known in ["kind", "name", "count", "money", "value", "watched"] {
            object.remove(known);
        }
    }
    let draft = Draft::comment(index, user, body.unwrap_or_default());
    let repeats_merge = what != What::Comment;
    Ok(Draft { at: Some(at), id, what, repeats_merge, other: object, ..draft })
}

fn feedback_of(kind: &str, object: &Object) -> Result<What, SkipReason> {
    let kind = serde_json::from_value::<FeedbackKind>(kind.into()).ok().ok_or(SkipReason::Field("kind"))?;
    Ok(What::Feedback { kind, watched: Span::from_micros(integer(object, "watched").unwrap_or(0).max(0)) })
}

fn gift_of(object: &Object) -> Result<What, SkipReason> {
    let field = |name: &str| object.get(name).cloned().unwrap_or_default();
    let kind = match field("kind") {
        Value::Null => GiftKind::Gift,
        kind => serde_json::from_value(kind).ok().ok_or(SkipReason::Field("kind"))?,
    };
    let money: Option<Money> =
        serde_json::from_value(field("money")).ok().ok_or(SkipReason::Field("money"))?;
    let count = integer(object, "count").unwrap_or(1);
    let count = u32::try_from(count).ok().filter(|n| *n > 0).ok_or(SkipReason::Field("count"))?;
    let value = float(object, "value");
    Ok(What::Gift { kind, name: text(object, "name").unwrap_or_default(), count, money, value })
}
