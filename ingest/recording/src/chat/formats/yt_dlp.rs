//! yt-dlp `live_chat.json`: one action of YouTube's live chat a line; also the bare responses that hold many.
//!
//! A paid message comes up to three times: as an item, as a ticker that repeats it, and again after a reload. All
//! share one id, which is how they are merged.

use std::io::{self, BufRead};

use kairos_timeline::{GiftKind, Span};
use serde_json::Value;

use super::{ChatFormat, FormatName, has_field, is_json};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::json::{JsonItems, Object, integer, text};
use crate::chat::money::parse_money;
use crate::chat::stamp::unix_time;

/// The reader.
pub struct YtDlp;

const MARKS: [&str; 4] =
    ["replayChatItemAction", "continuationContents", "addChatItemAction", "addLiveChatTickerItemAction"];

impl ChatFormat for YtDlp {
    fn name(&self) -> FormatName {
        FormatName::YtDlp
    }

    fn recognises(&self, head: &str) -> bool {
        is_json(head) && MARKS.iter().any(|name| has_field(head, name))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let is_item = |object: &Object| MARKS.iter().any(|name| object.contains_key(*name));
        // A response holds many actions, so these are numbered, not the lines.
        let mut index = 0_u64;
        JsonItems::new(input).for_each(out, is_item, |line, object, out| {
            index = index.max(line);
            if let Some(replay) = object.get("replayChatItemAction").and_then(Value::as_object) {
                let offset = integer(replay, "videoOffsetTimeMsec").map(Span::from_millis);
                actions(replay.get("actions"), offset, &mut index, out);
            } else if let Some(held) = object.get("continuationContents") {
                actions(held.pointer("/liveChatContinuation/actions"), None, &mut index, out);
            } else {
                action(&object, None, &mut index, out);
            }
        })
    }
}

fn actions(list: Option<&Value>, offset: Option<Span>, index: &mut u64, out: &mut Collector) {
    match list.and_then(Value::as_array) {
        Some(list) => {
            list.iter().filter_map(Value::as_object).for_each(|one| action(one, offset, index, out))
        }
        None => {
            out.skip(*index, SkipReason::Field("actions"));
            *index += 1;
        }
    }
}

fn action(action: &Object, offset: Option<Span>, index: &mut u64, out: &mut Collector) {
    // A response inside a replay wraps its actions once more.
    if let Some(replay) = action.get("replayChatItemAction").and_then(Value::as_object) {
        let own = integer(replay, "videoOffsetTimeMsec").map(Span::from_millis);
        return actions(replay.get("actions"), own.or(offset), index, out);
    }
    let item = |name: &str| action.get(name)?.get("item")?.as_object();
    let ticker = item("addLiveChatTickerItemAction");
    let Some((name, renderer)) = item("addChatItemAction").or(ticker).and_then(renderer) else {
        let name = action.keys().find(|key| key.ends_with("Action")).map_or("action", String::as_str);
        return out.ignore(name);
    };
    match event(*index, name, renderer, offset) {
        Ok(Some(draft)) => out.take(draft),
        Ok(None) => out.ignore(name),
        Err(reason) => out.skip(*index, reason),
    }
    *index += 1;
}

/// The renderer of an item; of a ticker item, the message that it repeats.
fn renderer(item: &Object) -> Option<(&str, &Object)> {
    let (name, value) = item.iter().find(|(name, _)| name.ends_with("Renderer"))?;
    match value.pointer("/showItemEndpoint/showLiveChatItemEndpoint/renderer").and_then(Value::as_object) {
        Some(shown) => renderer(shown),
        None => Some((name, value.as_object()?)),
    }
}

fn event(index: u64, name: &str, item: &Object, offset: Option<Span>) -> Result<Option<Draft>, SkipReason> {
    let author = item.get("authorName").map(run_text).unwrap_or_default();
    let user = text(item, "authorExternalChannelId").unwrap_or_else(|| author.clone());
    let price = item.get("purchaseAmountText").map(run_text).unwrap_or_default();
    let paid = |what: &str| {
        let money = parse_money(&price).ok_or(SkipReason::Field("purchaseAmountText"))?;
        Ok(Draft::gift(index, &*user, GiftKind::SuperChat, what, 1, Some(money)))
    };
    let draft = match name {
        "liveChatTextMessageRenderer" => Draft::comment(index, &*user, ""),
        "liveChatPaidMessageRenderer" => paid("super chat")?,
        "liveChatPaidStickerRenderer" => paid("super sticker")?,
        "liveChatMembershipItemRenderer" => {
            Draft::gift(index, &*user, GiftKind::Membership, "membership", 1, None)
        }
        "liveChatSponsorshipsGiftPurchaseAnnouncementRenderer" => {
            let header = item.get("header").and_then(|h| h.get("liveChatSponsorshipsHeaderRenderer"));
            let said = header.and_then(|h| h.get("primaryText")).map(run_text).unwrap_or_default();
            let number = said.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok());
            let count = number.filter(|count| (1..=1_000).contains(count)).unwrap_or(1);
            Draft::gift(index, &*user, GiftKind::SubscriptionGift, "membership gift", count, None)
        }
        _ => return Ok(None),
    };
    let at = integer(item, "timestampUsec").and_then(unix_time);
    if offset.is_none() && at.is_none() {
        return Err(SkipReason::Field("timestampUsec"));
    }
    let body = ["message", "headerSubtext"].iter().find_map(|field| item.get(*field)).map(run_text);
    let draft = Draft { offset, at, id: text(item, "id"), text: body.unwrap_or_default(), ..draft };
    Ok(Some(draft.with("user_name", author)))
}

/// `simpleText`, or the runs put together, emoji by their names.
fn run_text(value: &Value) -> String {
    if let Some(simple) = value.get("simpleText").and_then(Value::as_str) {
        return simple.to_owned();
    }
    let runs = value.get("runs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    runs.iter()
        .filter_map(|run| {
            let emoji = || run.pointer("/emoji/shortcuts/0").or_else(|| run.pointer("/emoji/emojiId"));
            run.get("text").or_else(emoji).and_then(Value::as_str)
        })
        .collect()
}
