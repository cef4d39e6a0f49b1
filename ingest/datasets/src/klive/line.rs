//! One line of a shard: five fields, of which two are lists.
//!
//! Invariants: a separator within brackets or quotes doesn't separate; nothing is guessed within one line.

use std::fmt;

/// Names of the five fields, in their order.
pub(super) const FIELDS: [&str; 5] = ["live_id", "timestamp", "lvtr", "image feature", "text feature"];

/// What stands between the fields of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `\t`
    Tab,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// One or more blanks.
    Space,
}

impl Separator {
    /// In the order in which they are tried: those that occur in lists come last.
    pub(super) const ALL: [Self; 4] = [Self::Tab, Self::Semicolon, Self::Comma, Self::Space];

    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Tab => b'\t',
            Self::Semicolon => b';',
            Self::Comma => b',',
            Self::Space => b' ',
        }
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tab => "tab",
            Self::Semicolon => "semicolon",
            Self::Comma => "comma",
            Self::Space => "space",
        })
    }
}

/// What is wrong with a line: index into [`FIELDS`] and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: usize,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(field: usize, reason: impl Into<String>) -> Self {
        Self { field: field.min(FIELDS.len() - 1), reason: reason.into() }
    }
}

/// A line as numbers; the lists as long as they are.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) lvtr: Option<f32>,
    pub(super) picture: Vec<f32>,
    pub(super) text: Vec<f32>,
}

/// Cuts a line into at most `limit` fields and whatever follows them, trimmed.
pub(super) fn split(line: &[u8], separator: Separator, limit: usize) -> (Vec<&[u8]>, &[u8]) {
    let mut fields = Vec::with_capacity(limit);
    let (mut begin, mut depth, mut quote) = (0, 0_usize, None);
    for (at, &byte) in line.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[' | b'(') => depth += 1,
            (None, b']' | b')') => depth = depth.saturating_sub(1),
            _ if byte == separator.byte() && depth == 0 => {
                let field = line[begin..at].trim_ascii();
                begin = at + 1;
                if separator == Separator::Space && field.is_empty() {
                    continue;
                }
                fields.push(field);
                if fields.len() == limit {
                    return (fields, line[begin..].trim_ascii());
                }
            }
            _ => {}
        }
    }
    let last = line[begin..].trim_ascii();
    if separator != Separator::Space || !last.is_empty() {
        fields.push(last);
    }
    (fields, &[])
}

/// Live id and timestamp, in seconds.
pub(super) fn parse_head(line: &[u8], separator: Separator) -> Result<(&str, f64), Fault> {
    let (fields, _) = split(line, separator, 2);
    head(&fields)
}

fn head<'a>(fields: &[&'a [u8]]) -> Result<(&'a str, f64), Fault> {
    let live = fields.first().map(|field| text(field)).unwrap_or_default();
    if live.is_empty() {
        return Err(Fault::new(0, "is empty or no text"));
    }
    let time = fields.get(1).ok_or_else(|| Fault::new(1, "the line ends before it"))?;
    let seconds = number(time).ok_or_else(|| Fault::new(1, format!("{} is no number", shown(time))))?;
    Ok((live, seconds))
}

/// Everything of a line, with live id and timestamp checked.
pub(super) fn parse(line: &[u8], separator: Separator) -> Result<Row, Fault> {
    let (fields, rest) = split(line, separator, FIELDS.len());
    head(&fields)?;
    let field = |at: usize| fields.get(at).copied().ok_or_else(|| Fault::new(at, "the line ends before it"));
    let lvtr = rate(field(2)?)?;
    let picture = list(field(3)?).map_err(|reason| Fault::new(3, reason))?;
    let text = list(field(4)?).map_err(|reason| Fault::new(4, reason))?;
    if !rest.is_empty() {
        return Err(Fault::new(4, format!("followed by {}, a sixth field", shown(rest))));
    }
    Ok(Row { lvtr, picture, text })
}

/// An empty LVTR, NaN and the released code's padding (-1) are no label.
fn rate(field: &[u8]) -> Result<Option<f32>, Fault> {
    let word = text(field);
    if word.is_empty() || word.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    match word.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(Some(value)),
        Ok(-1.0) => Ok(None),
        Ok(_) => Err(Fault::new(2, format!("{} is not within 0 and 1", shown(field)))),
        Err(_) => Err(Fault::new(2, format!("{} is no number", shown(field)))),
    }
}

/// Reads `[1, 2]`, `"1,2"`, `1 2` and the like; empty lists are allowed.
pub(crate) fn list(field: &[u8]) -> Result<Vec<f32>, String> {
    let mut inner = field;
    for (open, close) in [(b'"', b'"'), (b'\'', b'\''), (b'[', b']'), (b'(', b')')] {
        if inner.first() == Some(&open) {
            if inner.len() < 2 || inner.last() != Some(&close) {
                return Err(format!("{} isn't closed", shown(field)));
            }
            inner = inner[1..inner.len() - 1].trim_ascii();
        }
    }
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let between = [b',', b';'].into_iter().find(|byte| inner.contains(byte));
    // Straight to f32: by way of f64 it would be rounded twice.
    let parse = |(at, word): (usize, &[u8])| {
        let parsed = std::str::from_utf8(word.trim_ascii()).ok().and_then(|word| word.parse::<f32>().ok());
        match parsed {
            Some(value) if value.is_finite() => Ok(value),
            _ => Err(format!("number {} of the list is {}", at + 1, shown(word))),
        }
    };
    match between {
        Some(byte) => inner.split(|&b| b == byte).enumerate().map(parse).collect(),
        None => {
            let words = inner.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
            words.enumerate().map(parse).collect()
        }
    }
}

/// A finite number.
pub(super) fn number(field: &[u8]) -> Option<f64> {
    text(field).parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Without quotes around it; empty where the bytes are no text.
pub(super) fn text(field: &[u8]) -> &str {
    let word = std::str::from_utf8(field).unwrap_or_default().trim();
    let quoted = |quote| word.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(word)
}

/// The begin of a field as it goes into a message.
fn shown(field: &[u8]) -> String {
    const LONGEST: usize = 24;
    let text = String::from_utf8_lossy(field);
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
