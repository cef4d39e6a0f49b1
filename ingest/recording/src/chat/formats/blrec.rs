//! blrec XML: relative times, prices in gold coins apiece.
//!
//! A guard appears as `<guard>` and again as `<toast>` when the room is told of it; the toast counts only where
//! no guard of the same user and level lies within ten seconds.

use std::io::{self, BufRead};

use kairos_timeline::Span;

use super::danmaku::{NOTES, Parameters, note, priced, user};
use super::{ChatFormat, FormatName, has_element};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::xml::{Element, for_each_element};

/// The reader.
pub struct Blrec;

/// Guard and toast of one purchase lie closer than this.
const SAME_PURCHASE: Span = Span::from_millis(10_000);

impl ChatFormat for Blrec {
    fn name(&self) -> FormatName {
        FormatName::Blrec
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('<')
            && (has_element(head, "record_start_time")
                || head.contains("cointype=\"")
                || (head.contains("\" uid=\"") && has_element(head, "d") && !has_element(head, "s")))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        let mut toasts = Vec::new();
        let items = &["d", "gift", "sc", "guard", "toast"];
        let result = for_each_element(input, items, NOTES, out, |index, element, out| match index {
            Some(index) if element.name == "d" => out.take_or_skip(index, comment(index, &element)),
            Some(index) if element.name == "toast" => match priced(index, &element) {
                Ok(toast) => toasts.push(toast),
                Err(reason) => out.skip(index, reason),
            },
            Some(index) => out.take_or_skip(index, priced(index, &element)),
            None => note(&element, &mut out.broadcast),
        });
        take_toasts(toasts, out);
        result
    }
}

fn comment(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let p = Parameters::of(element)?;
    let who = user(&[element.get("uid"), p.get(6), element.get("user")]);
    let id = Some(p.get(7).to_owned()).filter(|id| !id.is_empty() && id != "0");
    let draft =
        Draft { offset: Some(p.offset), at: p.time(4), id, ..Draft::comment(index, who, &element.text) };
    Ok(draft.with("user_name", element.get("user")))
}

fn take_toasts(toasts: Vec<Draft>, out: &mut Collector) {
    let mut guards: Vec<Option<Draft>> =
        out.drafts.iter().filter(|draft| draft.other.contains_key("level")).cloned().map(Some).collect();
    for toast in toasts {
        let twin = guards.iter_mut().find(|guard| {
            guard.as_ref().is_some_and(|guard| {
                let apart = guard.offset.zip(toast.offset).map(|(a, b)| (a - b).abs());
                guard.user == toast.user
                    && guard.other.get("level") == toast.other.get("level")
                    && apart.is_some_and(|apart| apart <= SAME_PURCHASE)
            })
        });
        match twin {
            // Each guard explains one toast.
            Some(guard) => {
                *guard = None;
                out.repeat();
            }
            None => out.take(toast),
        }
    }
}
