//! What the XML dialects of Bilibili's format share: the `p` attribute, users, prices in thousandths of a yuan.

use std::str::FromStr;

use kairos_timeline::{GiftKind, Money, Span, WallTime};
use rust_decimal::Decimal;

use crate::chat::draft::{Broadcast, Draft, SkipReason};
use crate::chat::money;
use crate::chat::stamp::{parse_time, seconds, unix_time};
use crate::chat::xml::Element;

/// Metadata elements of the dialects that have them.
pub const NOTES: &[&str] =
    &["user_name", "room_id", "room_title", "title", "record_start_time", "video_start_time", "platform"];

/// The comma-separated `p` attribute.
pub struct Parameters<'a> {
    /// Seconds from the start of the recording.
    pub offset: Span,
    fields: Vec<&'a str>,
}

impl<'a> Parameters<'a> {
    /// Of a `<d>` element.
    pub fn of(element: &'a Element) -> Result<Self, SkipReason> {
        let fields: Vec<&str> = element.need("p")?.split(',').map(str::trim).collect();
        let offset = fields.first().and_then(|text| seconds(text)).ok_or(SkipReason::Field("p"))?;
        Ok(Self { offset, fields })
    }

    /// One field, `""` when it is missing.
    pub fn get(&self, index: usize) -> &'a str {
        self.fields.get(index).copied().unwrap_or("")
    }

    /// A Unix time in seconds or milliseconds.
    pub fn time(&self, index: usize) -> Option<WallTime> {
        unix_time(self.get(index).parse().ok()?)
    }
}

/// The first of `ids` that names somebody; recorders write 0 or nothing where they do not know.
pub fn user<'a>(ids: &[&'a str]) -> &'a str {
    ids.iter().copied().find(|id| !id.is_empty() && *id != "0").unwrap_or("")
}

/// `ts` of a gift, super chat or guard.
pub fn offset(element: &Element) -> Result<Span, SkipReason> {
    seconds(element.need("ts")?).ok_or(SkipReason::Field("ts"))
}

/// A count that is missing is one; one that is no number costs the item, since its price would be wrong.
pub fn count(element: &Element, name: &'static str) -> Result<u32, SkipReason> {
    let text = element.get(name).trim();
    if text.is_empty() {
        Ok(1)
    } else {
        u32::from_str(text).ok().filter(|n| *n > 0).ok_or(SkipReason::Field(name))
    }
}

/// `price` thousandths of a yuan apiece, `count` of them. A price of zero is free.
pub fn price(element: &Element, count: u32) -> Result<Option<Money>, SkipReason> {
    let each: Decimal = element.number("price")?;
    let all = each.checked_mul(Decimal::from(count)).ok_or(SkipReason::Field("price"))?;
    Ok(money::coins(all, 1_000, "CNY"))
}

/// Guards without a price of their own cost the list price of their level.
pub fn guard_list_price(level: &str, count: u32) -> Option<Money> {
    let amount = money::guard_price(level)?.checked_mul(Decimal::from(count))?;
    Some(Money { amount, currency: "CNY".to_owned() })
}

/// Name of a guard level.
pub fn guard_name(level: &str) -> &'static str {
    match level {
        "1" => "总督",
        "2" => "提督",
        "3" => "舰长",
        _ => "guard",
    }
}

/// Gift, super chat or guard as blrec and biliLive-tools write them: `ts`, price in thousandths apiece.
pub fn priced(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let who = user(&[element.get("uid"), element.get("user")]);
    let named = |fallback: &str| {
        let name = element.first(&["giftname", "name", "role"]);
        if name.is_empty() { fallback.to_owned() } else { name.to_owned() }
    };
    let draft = match element.name.as_str() {
        "gift" => {
            let count = count(element, "giftcount")?;
            let silver = element.get("cointype").contains('银') || element.get("cointype") == "silver";
            let money = if silver { None } else { price(element, count)? };
            Draft::gift(index, who, GiftKind::Gift, named("gift"), count, money)
        }
        "sc" => Draft::gift(index, who, GiftKind::SuperChat, "super chat", 1, price(element, 1)?),
        _ => {
            let level = element.get("level");
            let number = if element.get("num").is_empty() { "giftcount" } else { "num" };
            let number = if element.get("count").is_empty() { number } else { "count" };
            let count = count(element, number)?;
            let listed = || guard_list_price(level, count);
            let money = if element.get("price").is_empty() {
                listed()
            } else {
                price(element, count)?.or_else(listed)
            };
            Draft::gift(index, who, GiftKind::Membership, named(guard_name(level)), count, money)
                .with("level", level)
        }
    };
    let at = element.get("timestamp").parse().ok().and_then(unix_time);
    let mut draft = Draft { offset: Some(offset(element)?), at, text: element.text.clone(), ..draft };
    draft.id = Some(element.get("id").to_owned()).filter(|id| !id.is_empty());
    Ok(draft.with("user_name", element.get("user")))
}

/// Takes a metadata element.
pub fn note(element: &Element, broadcast: &mut Broadcast) {
    let text = element.text.trim();
    if text.is_empty() {
        return;
    }
    let place = match element.name.as_str() {
        "user_name" => &mut broadcast.streamer,
        "room_id" => &mut broadcast.room,
        "room_title" | "title" => &mut broadcast.title,
        "record_start_time" | "video_start_time" => {
            let at = text.parse().ok().and_then(unix_time).or_else(|| parse_time(text));
            broadcast.started_at = at.or(broadcast.started_at);
            return;
        }
        _ => return,
    };
    *place = Some(text.to_owned());
}
