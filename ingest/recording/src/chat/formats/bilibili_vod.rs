//! Bilibili's XML for uploaded videos: comments only, placed by their offset in the video.
//!
//! The wall time says when somebody wrote under the finished video, perhaps years later, so it places nothing and
//! is kept as `posted_at` only.

use std::io::{self, BufRead};

use super::danmaku::Parameters;
use super::{ChatFormat, FormatName, has_element};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::xml::{Element, for_each_element};

/// The reader.
pub struct BilibiliVod;

impl ChatFormat for BilibiliVod {
    fn name(&self) -> FormatName {
        FormatName::BilibiliVod
    }

    fn recognises(&self, head: &str) -> bool {
        head.starts_with('<')
            && (has_element(head, "i") || has_element(head, "d") || has_element(head, "chatid"))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        for_each_element(input, &["d"], &["chatid"], out, |index, element, out| match index {
            Some(index) => out.take_or_skip(index, comment(index, &element)),
            None => {
                let id = element.text.trim();
                out.broadcast.room = Some(id.to_owned()).filter(|id| !id.is_empty() && id != "0");
            }
        })
    }
}

fn comment(index: u64, element: &Element) -> Result<Draft, SkipReason> {
    let p = Parameters::of(element)?;
    let id = Some(p.get(7).to_owned()).filter(|id| !id.is_empty() && id != "0");
    let draft = Draft { offset: Some(p.offset), id, ..Draft::comment(index, p.get(6), &element.text) };
    Ok(match p.time(4) {
        Some(at) => draft.with("posted_at", at.as_micros()),
        None => draft,
    })
}
