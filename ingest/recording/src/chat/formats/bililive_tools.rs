//! biliLive-tools XML for Bilibili, Douyu, Huya and Douyin: relative times, prices in thousandths of a yuan apiece
//! whatever the platform's own coin.
//!
//! The recorder merges combos itself; where a combo is written twice with the same id, the first counts.

use std::io::{self, BufRead};

use super::danmaku::{NOTES, Parameters, note, priced, user};
use super::{ChatFormat, FormatName, has_element};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::xml::{Element, for_each_element};

/// The reader.
pub struct BililiveTools;

impl ChatFormat for BililiveTools {
    fn name(&self) -> FormatName {
        FormatName::BililiveTools
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('<') && (has_element(head, "platform") || has_element(head, "video_start_time"))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        for_each_element(
            input,
            &["d", "gift", "sc", "guard"],
            NOTES,
            out,
            |index, element, out| match index {
                Some(index) if element.name == "d" => out.take_or_skip(index, comment(index, &element)),
                Some(index) => out.take_or_skip(index, priced(index, &element)),
                None => note(&element, &mut out.broadcast),
            },
        )
    }
}

fn comment(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let p = Parameters::of(element)?;
    let who = user(&[element.get("uid"), p.get(7), p.get(6), element.get("user")]);
    let draft = Draft { offset: Some(p.offset), at: p.time(4), ..Draft::comment(index, who, &element.text) };
    Ok(draft.with("user_name", element.get("user")))
}
