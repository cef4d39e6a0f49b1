//! biliup XML: comments with relative and wall time, paid items (`<s>`) with wall time only, in whole seconds.
//!
//! Prices are thousandths of a yuan apiece. Since two clicks fit into one second, equal items are not merged.

use std::io::{self, BufRead};

use kairos_timeline::GiftKind;

use super::danmaku::{Parameters, count, price, user};
use super::{ChatFormat, FormatName, has_element};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::stamp::unix_time;
use crate::chat::xml::{Element, for_each_element};

/// The reader.
pub struct Biliup;

impl ChatFormat for Biliup {
    fn name(&self) -> FormatName {
        FormatName::Biliup
    }

    fn recognises(&self, head: &str) -> bool {
        let first_p = || head.split_once("<d p=\"").and_then(|(_, rest)| rest.split('"').next());
        head.starts_with('<')
            && (head.contains("<s timestamp=\"")
                || head.contains("<o timestamp=\"")
                || (first_p().is_some_and(|p| p.matches(',').count() == 7 && p.ends_with(",0"))
                    && !has_element(head, "metadata")))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        for_each_element(input, &["d", "s", "o"], &[], out, |index, element, out| {
            let Some(index) = index else { return };
            match element.name.as_str() {
                "d" => out.take_or_skip(index, comment(index, &element)),
                "s" => out.take_or_skip(index, paid(index, &element)),
                _ => out.ignore("raw message"),
            }
        })
    }
}

fn comment(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let p = Parameters::of(element)?;
    let who = user(&[element.get("uid"), p.get(6), element.get("user")]);
    let draft = Draft { offset: Some(p.offset), at: p.time(4), ..Draft::comment(index, who, &element.text) };
    Ok(draft.with("user_name", element.get("user")))
}

fn paid(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let at = unix_time(element.number("timestamp")?).ok_or(SkipReason::Field("timestamp"))?;
    let kind = match element.need("type")? {
        "gift" => GiftKind::Gift,
        "super_chat" => GiftKind::SuperChat,
        "guard_buy" => GiftKind::Membership,
        _ => return Err(SkipReason::Field("type")),
    };
    let count = count(element, "num")?;
    let who = user(&[element.get("uid"), element.get("username")]);
    let draft = Draft::gift(index, who, kind, element.get("giftname"), count, price(element, count)?);
    let draft = Draft { at: Some(at), repeats_merge: false, text: element.text.clone(), ..draft };
    Ok(draft.with("user_name", element.get("username")))
}
