//! BililiveRecorder XML: relative times, and the platform's original event in `raw`.
//!
//! Gifts have no price attribute: what was paid stands in `raw` as `total_coin`, and only gold coins are money
//! (1000 for one yuan). Super chats are priced in yuan, guards by their level.

use std::io::{self, BufRead};

use kairos_timeline::{GiftKind, Money};
use rust_decimal::Decimal;

use super::danmaku::{Parameters, count, guard_list_price, guard_name, offset, user};
use super::{ChatFormat, FormatName};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::json::{Object, integer, text};
use crate::chat::money;
use crate::chat::stamp::parse_time;
use crate::chat::xml::{Element, for_each_element};

/// The reader.
pub struct BililiveRecorder;

impl ChatFormat for BililiveRecorder {
    fn name(&self) -> FormatName {
        FormatName::BililiveRecorder
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('<') && (head.contains("<BililiveRecorder") || head.contains(" raw=\""))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let notes = &["BililiveRecorderRecordInfo", "BililiveRecorderXmlStyle"];
        for_each_element(
            input,
            &["d", "gift", "sc", "guard"],
            notes,
            out,
            |index, element, out| match index {
                Some(index) => out.take_or_skip(index, item(index, &element)),
                None if element.name == "BililiveRecorderRecordInfo" => {
                    let field = |name| Some(element.get(name).to_owned()).filter(|text| !text.is_empty());
                    out.broadcast.room = field("roomid");
                    out.broadcast.streamer = field("name");
                    out.broadcast.title = field("title");
                    out.broadcast.started_at = parse_time(element.get("start_time"));
                }
                None => {}
            },
        )
    }
}

fn item(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    if element.name == "d" {
        let p = Parameters::of(element)?;
        let draft = Draft::comment(index, user(&[p.get(6), element.get("user")]), &element.text);
        return Ok(
            Draft { offset: Some(p.offset), at: p.time(4), ..draft }.with("user_name", element.get("user"))
        );
    }
    let raw: Object = serde_json::from_str(element.get("raw")).unwrap_or_default();
    let raw_uid = text(&raw, "uid").unwrap_or_default();
    let who = user(&[element.get("uid"), &raw_uid, element.get("user")]);
    let (draft, id) = match element.name.as_str() {
        "gift" => {
            let paid = text(&raw, "coin_type").as_deref() == Some("gold");
            let coins = integer(&raw, "total_coin").filter(|_| paid).map_or(Decimal::ZERO, Decimal::from);
            let (name, count) = (element.get("giftname"), count(element, "giftcount")?);
            (Draft::gift(index, who, GiftKind::Gift, name, count, money::coins(coins, 1_000, "CNY")), "tid")
        }
        "sc" => {
            let amount: Decimal = element.number("price")?;
            let money = (amount > Decimal::ZERO).then(|| Money { amount, currency: "CNY".to_owned() });
            (Draft::gift(index, who, GiftKind::SuperChat, "super chat", 1, money), "id")
        }
        _ => {
            let (level, count) = (element.get("level"), count(element, "count")?);
            let money = guard_list_price(level, count);
            let draft = Draft::gift(index, who, GiftKind::Membership, guard_name(level), count, money);
            (draft.with("level", level), "payflow_id")
        }
    };
    let id = text(&raw, id).filter(|id| !id.is_empty() && id != "0");
    let draft = Draft { offset: Some(offset(element)?), id, text: element.text.clone(), ..draft };
    Ok(draft.with("user_name", element.get("user")))
}
