//! Streams of JSON objects: an array, one object a line, or objects simply following one another.
//!
//! Each object is parsed where it begins, in bounded memory. After a broken one the reader looks for the next
//! place where an object parses that `is_item` accepts, so one lost quote does not swallow the neighbours.

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::draft::{Collector, SkipReason};
use super::lines::MAX_ITEM;

/// A JSON object.
pub type Object = Map<String, Value>;

/// How much is read at a time.
const CHUNK: usize = 1 << 16;

/// Reads objects from a byte stream.
pub struct JsonItems<'a> {
    input: &'a mut dyn BufRead,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    /// Last byte passed over that is no white space.
    before: Option<u8>,
    /// Input error met, if any.
    error: Option<io::Error>,
}

impl<'a> JsonItems<'a> {
    /// Reads from the beginning of `input`.
    pub fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, buffer: Vec::new(), at: 0, ended: false, before: None, error: None }
    }

    /// Bytes in front that are held, at least `wanted` unless the input is shorter.
    pub fn peek(&mut self, wanted: usize) -> &[u8] {
        while self.buffer.len() - self.at < wanted && self.refill() {}
        &self.buffer[self.at..]
    }

    /// Passes over `count` bytes.
    pub fn advance(&mut self, count: usize) {
        let to = (self.at + count).min(self.buffer.len());
        let passed = self.buffer.get(self.at..to).unwrap_or_default();
        self.before = passed.iter().rev().copied().find(|b| !b.is_ascii_whitespace()).or(self.before);
        self.at = to;
    }

    /// Calls `each` with every item and its number. Objects that parse but are no items are counted as ignored.
    pub fn for_each(
        mut self,
        out: &mut Collector,
        is_item: impl Fn(&Object) -> bool,
        mut each: impl FnMut(u64, Object, &mut Collector),
    ) -> io::Result<()> {
        let mut index = 0_u64;
        let mut searching = false;
        while self.find_object() {
            // An object behind a colon is a field of something, not an item.
            if self.before == Some(b':') {
                self.advance(1);
                continue;
            }
            match self.parse() {
                Parsed::Object(object, length) if is_item(&object) => {
                    each(index, object, out);
                    index += 1;
                    searching = false;
                    self.advance(length);
                }
                Parsed::Object(..) if searching => self.advance(1),
                Parsed::Object(_, length) => {
                    out.ignore("object that is no chat item");
                    self.advance(length);
                }
                Parsed::Broken(reason) => {
                    if !searching {
                        out.skip(index, reason);
                        index += 1;
                    }
                    self.advance(1);
                    searching = !self.next_line_begins_object();
                }
            }
        }
        self.error.map_or(Ok(()), Err)
    }

    /// Where items stand one a line, the line after a broken one is a safe place to go on.
    fn next_line_begins_object(&mut self) -> bool {
        let held = self.peek(CHUNK);
        let Some(found) = held.windows(2).position(|pair| pair == b"\n{") else { return false };
        self.advance(found + 1);
        true
    }

    fn find_object(&mut self) -> bool {
        loop {
            if let Some(found) = self.buffer[self.at..].iter().position(|&byte| byte == b'{') {
                self.advance(found);
                return true;
            }
            self.advance(self.buffer.len());
            if !self.refill() {
                return false;
            }
        }
    }

    fn parse(&mut self) -> Parsed {
        loop {
            let held = &self.buffer[self.at..];
            let mut values = serde_json::Deserializer::from_slice(held).into_iter::<Object>();
            match values.next() {
                Some(Ok(object)) => return Parsed::Object(object, values.byte_offset()),
                Some(Err(error)) if error.is_eof() => {
                    if held.len() > MAX_ITEM {
                        return Parsed::Broken(SkipReason::TooLong);
                    }
                    // Doubling keeps the repeated parsing of one long object linear in its length.
                    let wanted = held.len() * 2;
                    if !self.refill() {
                        return Parsed::Broken(SkipReason::Truncated);
                    }
                    self.peek(wanted);
                }
                _ => return Parsed::Broken(SkipReason::Malformed),
            }
        }
    }

    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.at > CHUNK {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let before = self.buffer.len();
        let mut chunk = io::Read::take(&mut *self.input, CHUNK as u64);
        if let Err(error) = io::Read::read_to_end(&mut chunk, &mut self.buffer) {
            self.error = Some(error);
            self.ended = true;
        }
        self.ended |= self.buffer.len() == before;
        self.buffer.len() > before
    }
}

enum Parsed {
    Object(Object, usize),
    Broken(SkipReason),
}

/// A field as text; numbers are written out.
pub fn text(object: &Object, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field as a whole number, also when it stands in quotes.
pub fn integer(object: &Object, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A field as a finite number, also when it stands in quotes.
pub fn float(object: &Object, name: &str) -> Option<f64> {
    match object.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|float: &f64| float.is_finite())
}
