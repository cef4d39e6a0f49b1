//! Flat XML chat files, element by element.
//!
//! Recorders that are killed leave no closing tag, and some write what no parser takes, so the file is cut at
//! every start of a known element first and each piece is parsed alone: a broken element cannot take its
//! neighbours along. This is safe because `<` never stands unescaped inside an attribute or text.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::draft::{Collector, SkipReason};
use super::lines::MAX_ITEM;

/// One element with its attributes and text.
#[derive(Debug, Default)]
pub struct Element {
    /// Name.
    pub name: String,
    attributes: BTreeMap<String, String>,
    /// Text up to the closing tag.
    pub text: String,
}

impl Element {
    /// Value of an attribute, `""` when it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// Value of an attribute that must be there.
    pub fn need(&self, name: &'static str) -> Result<&str, SkipReason> {
        self.attributes.get(name).map(String::as_str).ok_or(SkipReason::Field(name))
    }

    /// First of `names` that is there and not empty or `0`.
    pub fn first(&self, names: &[&str]) -> &str {
        names.iter().map(|name| self.get(name)).find(|v| !v.is_empty() && *v != "0").unwrap_or("")
    }

    /// An attribute as a number.
    pub fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, SkipReason> {
        self.need(name)?.trim().parse().ok().ok_or(SkipReason::Field(name))
    }
}

/// Calls `each` with every element named in `items` (numbered from 0, broken ones counted and noted in `out`) and
/// with every one named in `notes` (no number: metadata, whose damage is no loss of an item).
pub fn for_each_element(
    input: &mut dyn BufRead,
    items: &[&str],
    notes: &[&str],
    out: &mut Collector,
    mut each: impl FnMut(Option<u64>, Element, &mut Collector),
) -> io::Result<()> {
    let mut index = 0_u64;
    let mut pending: Option<Pending> = None;
    let mut piece = Vec::new();
    let mut finish = |pending: Option<Pending>, at_end: bool, out: &mut Collector| {
        let Some(pending) = pending else { return };
        match (pending.parse(at_end), pending.index) {
            (Ok(element), index) => each(index, element, out),
            (Err(reason), Some(index)) => out.skip(index, reason),
            (Err(_), None) => {}
        }
    };
    // Whether the previous piece ended at a `<`, so that this one begins with a tag.
    let mut at_tag = false;
    loop {
        piece.clear();
        let read = Read::take(&mut *input, MAX_ITEM as u64).read_until(b'<', &mut piece);
        let ended = piece.is_empty() || read.is_err();
        let next_at_tag = piece.last() == Some(&b'<');
        let body = if next_at_tag { &piece[..piece.len() - 1] } else { &piece[..] };
        let name = if at_tag { name_at(body) } else { "" };
        let is_item = items.contains(&name);
        if is_item || notes.contains(&name) {
            finish(pending.take(), false, out);
            pending = Some(Pending::new(is_item.then_some(index)));
            index += u64::from(is_item);
        }
        if let Some(open) = &mut pending {
            open.append(body, at_tag);
            if at_tag && open.is_closed_by(body) {
                finish(pending.take(), false, out);
            }
        }
        if ended {
            finish(pending.take(), true, out);
            return read.map(drop);
        }
        at_tag = next_at_tag;
    }
}

/// An element whose end has not been seen.
struct Pending {
    index: Option<u64>,
    bytes: Vec<u8>,
    too_long: bool,
}

fn name_at(piece: &[u8]) -> &str {
    let end = piece.iter().position(|b| b" \t\r\n/>".contains(b)).unwrap_or(piece.len());
    std::str::from_utf8(&piece[..end]).unwrap_or_default()
}

impl Pending {
    fn new(index: Option<u64>) -> Self {
        Self { index, bytes: Vec::new(), too_long: false }
    }

    fn append(&mut self, body: &[u8], at_tag: bool) {
        if self.bytes.len() + body.len() > MAX_ITEM {
            self.too_long = true;
        } else {
            if at_tag {
                self.bytes.push(b'<');
            }
            self.bytes.extend_from_slice(body);
        }
    }

    fn is_closed_by(&self, piece: &[u8]) -> bool {
        let own = self.bytes.get(1..).map(name_at).unwrap_or_default();
        piece.strip_prefix(b"/").map(name_at) == Some(own)
    }

    fn parse(&self, at_end: bool) -> Result<Element, SkipReason> {
        if self.too_long {
            return Err(SkipReason::TooLong);
        }
        let text = String::from_utf8_lossy(&self.bytes);
        let mut reader = Reader::from_str(&text);
        let malformed = |_| if at_end { SkipReason::Truncated } else { SkipReason::Malformed };
        let mut element = match reader.read_event().map_err(malformed)? {
            Event::Empty(start) => return open(&start),
            Event::Start(start) => open(&start)?,
            _ => return Err(SkipReason::Malformed),
        };
        loop {
            match reader.read_event().map_err(malformed)? {
                Event::Text(part) => element.text.push_str(&part),
                Event::CData(part) => element.text.push_str(&part),
                Event::GeneralRef(name) => {
                    let reference = format!("&{};", &*name);
                    element
                        .text
                        .push_str(&unescape(&reference).unwrap_or_else(|_| reference.as_str().into()));
                }
                Event::End(_) => return Ok(element),
                Event::Eof if at_end => return Err(SkipReason::Truncated),
                // The closing tag is missing but the next element begins: the text is whole.
                Event::Eof => {
                    element.text.truncate(element.text.trim_end().len());
                    return Ok(element);
                }
                _ => {}
            }
        }
    }
}

fn open(start: &BytesStart<'_>) -> Result<Element, SkipReason> {
    let mut element = Element { name: start.name().into_inner().to_owned(), ..Element::default() };
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.ok().ok_or(SkipReason::Malformed)?;
        let value =
            unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), |v| v.into_owned());
        element.attributes.insert(attribute.key.into_inner().to_owned(), value);
    }
    Ok(element)
}
