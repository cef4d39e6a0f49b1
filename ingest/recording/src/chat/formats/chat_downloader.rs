//! chat-downloader JSON and JSONL, of YouTube and Twitch, with the new (`money`) and the old (`amount`) form of
//! payments.
//!
//! The old form has no ids and repeats every ticker item with its `ticker_duration`, so items are told apart by
//! time, author, message and amount.

use std::io::{self, BufRead};

use kairos_timeline::{GiftKind, Money, Span, WallTime};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{ChatFormat, FormatName, has_field, is_json};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::json::{JsonItems, Object, float, integer, text};
use crate::chat::money::{coins, parse_money};
use crate::chat::stamp::{clock, seconds, unix_time};

/// The reader.
pub struct ChatDownloader;

impl ChatFormat for ChatDownloader {
    fn name(&self) -> FormatName {
        FormatName::ChatDownloader
    }

    fn recognises(&self, head: &str) -> bool {
        let timed = ["time_in_seconds", "time_text", "timestamp"].iter().any(|name| has_field(head, name));
        is_json(head) && timed && (has_field(head, "message") || has_field(head, "message_type"))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let is_item = |object: &Object| {
            ["time_in_seconds", "time_text", "timestamp"].iter().any(|name| object.contains_key(*name))
                && ["author", "message", "message_type", "name"].iter().any(|name| object.contains_key(*name))
        };
        JsonItems::new(input).for_each(out, is_item, |index, object, out| match item(index, &object) {
            Ok(Taken::Item(draft)) => out.take(*draft),
            Ok(Taken::Other(kind)) => out.ignore(kind),
            Err(reason) => out.skip(index, reason),
        })
    }
}

enum Taken {
    Item(Box<Draft>),
    Other(String),
}

fn item(index: u64, object: &Object) -> Result<Taken, SkipReason> {
    let kind = text(object, "message_type").unwrap_or_default();
    let body = text(object, "message").unwrap_or_default();
    let author = object.get("author").and_then(Value::as_object);
    let name = author
        .and_then(|author| text(author, "display_name").or_else(|| text(author, "name")))
        .or_else(|| text(object, "author"))
        .or_else(|| text(object, "name"))
        .unwrap_or_default();
    let user = author.and_then(|author| text(author, "id")).unwrap_or_else(|| name.clone());
    let money = paid(object);
    let gift = |kind, name: &str, count, money| Draft::gift(index, user.clone(), kind, name, count, money);
    let bits = integer(object, "bits").and_then(|bits| u32::try_from(bits).ok()).unwrap_or(0);
    let plain = kind.trim_start_matches("ticker_");
    let sticker = plain.contains("sticker");
    let draft = match plain {
        "mystery_subscription_gift" => return Ok(Taken::Other(kind)),
        _ if plain.contains("gift_purchase") || plain.ends_with("subscription_gift") => {
            gift(GiftKind::SubscriptionGift, "membership gift", 1, money)
        }
        _ if bits > 0 => gift(GiftKind::Gift, "bits", bits, coins(Decimal::from(bits), 100, "USD")),
        _ if money.is_some() || plain.starts_with("paid_") => {
            gift(GiftKind::SuperChat, if sticker { "super sticker" } else { "super chat" }, 1, money)
        }
        "membership_item" | "sponsor_item" | "subscription" | "resubscription" => {
            gift(GiftKind::Membership, "membership", 1, None)
        }
        // An old ticker item without an amount: a new member.
        _ if object.contains_key("ticker_duration") => gift(GiftKind::Membership, "membership", 1, None),
        "" | "text_message" | "highlighted_message" | "action_message" => Draft::comment(index, &*user, ""),
        _ if body.is_empty() => return Ok(Taken::Other(kind)),
        _ => Draft::comment(index, &*user, ""),
    };
    let (offset, at) = times(object);
    if offset.is_none() && at.is_none() {
        return Err(SkipReason::Field("time_in_seconds"));
    }
    let id = text(object, "message_id").or_else(|| text(object, "id"));
    let amount = object.get("amount").map(Value::to_string).unwrap_or_default();
    let when = at.map(|at| at.as_micros().to_string()).or_else(|| Some(offset?.as_micros().to_string()));
    let key = Some(format!("{}\u{0}{user}\u{0}{body}\u{0}{amount}", when.unwrap_or_default()));
    let repeats_merge = draft.repeats_merge;
    let draft = Draft { offset, at, id, key, text: body, repeats_merge, ..draft };
    Ok(Taken::Item(Box::new(draft.with("user_name", name))))
}

fn times(object: &Object) -> (Option<Span>, Option<WallTime>) {
    let written = float(object, "time_in_seconds").and_then(|secs| seconds(&secs.to_string()));
    let offset = written.or_else(|| clock(&text(object, "time_text")?));
    (offset, integer(object, "timestamp").and_then(unix_time))
}

fn paid(object: &Object) -> Option<Money> {
    let Some(money) = object.get("money").and_then(Value::as_object) else {
        return parse_money(&text(object, "amount")?);
    };
    let exact = text(money, "amount").and_then(|amount| amount.parse::<Decimal>().ok());
    let code = text(money, "currency").filter(|code| code.len() == 3);
    match exact.zip(code) {
        Some((amount, currency)) => (amount > Decimal::ZERO).then_some(Money { amount, currency }),
        None => parse_money(&text(money, "text")?),
    }
}
