//! File names of clips, from a template and from identities that strangers chose.
//!
//! Invariants: a name has only letters, digits, `-`, `_` and `.` between its slashes, no part starts with a dot,
//! so it can't leave the folder; different identities give different names.

use crate::error::ClipError;

/// The longest an identity may be inside a name before it is shortened, bytes.
const LONGEST_ID: usize = 64;

/// What a name is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipNames<'a> {
    /// The room's identity.
    pub room: &'a str,
    /// The broadcast's identity.
    pub stream: &'a str,
    /// The highlight's identity.
    pub highlight: &'a str,
}

/// A checked template such as `{room}/{stream}-{start}-{highlight}.mp4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Room,
    Stream,
    Start,
    Highlight,
}

impl NameTemplate {
    /// Reads a template; an ending `.mp4` may be written, the real one is put on when the clip is cut.
    ///
    /// # Errors
    /// [`ClipError::Name`]: an unknown placeholder, a character that isn't safe, an absolute or climbing
    /// path, or no `{highlight}` (two highlights would share a file).
    pub fn parse(template: &str) -> Result<Self, ClipError> {
        let refuse = |reason| Err(ClipError::Name { name: template.to_owned(), reason });
        let mut rest = template.strip_suffix(".mp4").unwrap_or(template);
        let mut parts = Vec::new();
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else { return refuse("has an unclosed placeholder") };
            parts.push(Part::Text(rest[..open].to_owned()));
            parts.push(match &rest[open + 1..open + length] {
                "room" => Part::Room,
                "stream" => Part::Stream,
                "start" => Part::Start,
                "highlight" => Part::Highlight,
                _ => return refuse("knows only {room}, {stream}, {start} and {highlight}"),
            });
            rest = &rest[open + length + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        if !parts.contains(&Part::Highlight) {
            return refuse("must contain {highlight}");
        }
        let template = Self(parts);
        let sample = template.fill(ClipNames { room: "r", stream: "s", highlight: "h" }, 0);
        check(&sample)?;
        Ok(template)
    }

    /// The relative path without its ending. `start_us` is written in milliseconds.
    pub fn fill(&self, names: ClipNames<'_>, start_us: i64) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Room => safe(names.room),
                Part::Stream => safe(names.stream),
                Part::Highlight => safe(names.highlight),
                Part::Start => format!("{:09}", start_us.max(0) / 1000),
            })
            .collect()
    }
}

/// Refuses a relative path that is not made of safe parts.
pub(crate) fn check(path: &str) -> Result<(), ClipError> {
    let refuse = |reason| Err(ClipError::Name { name: path.to_owned(), reason });
    for part in path.split('/') {
        if part.is_empty() {
            return refuse("has an empty part, or is absolute");
        }
        if part.starts_with('.') {
            return refuse("has a part that starts with a dot");
        }
        if !part.bytes().all(is_safe) {
            return refuse("has a character other than letters, digits, '-', '_' and '.'");
        }
    }
    Ok(())
}

const fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// An identity as a file name: kept where it is safe, otherwise replaced and told apart by a digest of the whole.
fn safe(id: &str) -> String {
    let fine = !id.is_empty() && id.len() <= LONGEST_ID && !id.starts_with('.') && id.bytes().all(is_safe);
    if fine {
        return id.to_owned();
    }
    let kept: String =
        id.chars().map(|c| if c.is_ascii() && is_safe(c as u8) { c } else { '_' }).take(40).collect();
    format!("{}-{}", kept.replace('.', "_"), &blake3::hash(id.as_bytes()).to_hex()[..12])
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    fn default_template() -> NameTemplate {
        NameTemplate::parse("{room}/{stream}-{start}-{highlight}.mp4").unwrap()
    }

    #[test]
    fn plain_identities_stay_readable() {
        let names = ClipNames { room: "22490", stream: "live-7", highlight: "h_3" };
        assert_eq!(default_template().fill(names, 65_432_100), "22490/live-7-000065432-h_3");
    }

    #[test]
    fn path_traversal_stays_inside_the_folder() {
        for id in
            ["..", "../../etc/passwd", "/etc/passwd", "a/../..", "..\\..", ".ssh", "", "a\0b", "直播间", "C:"]
        {
            let path = default_template().fill(ClipNames { room: id, stream: id, highlight: id }, 5);
            check(&path).unwrap();
            assert_eq!(path.matches('/').count(), 1, "{path}");
        }
    }

    #[test]
    fn identities_that_look_alike_get_different_files() {
        assert_ne!(safe("a/b"), safe("a_b"));
        assert_ne!(safe("直播"), safe("房间"));
        assert_ne!(safe(&"x".repeat(65)), safe(&"x".repeat(66)));
    }

    #[test]
    fn climbing_and_unknown_templates_are_refused() {
        for bad in [
            "../{highlight}",
            "/{highlight}",
            "{highlight}/../x",
            "{room}",
            "{highlight",
            "{user}-{highlight}",
            "a//{highlight}",
            "a b {highlight}",
            ".{highlight}",
            "{highlight}\0",
        ] {
            assert!(NameTemplate::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_identity_leaves_the_folder(room in ".*", stream in ".*", highlight in ".*", start in any::<i64>()) {
            let path = default_template().fill(ClipNames { room: &room, stream: &stream, highlight: &highlight }, start);
            prop_assert!(check(&path).is_ok());
            prop_assert!(Path::new(&path).components().all(|c| matches!(c, Component::Normal(_))));
        }
    }
}
