//! Identities of rooms and streams.
//!
//! Both end up in file names, topic keys and SQL, so only a small alphabet is let in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text can't be an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind} id {text:?} must be 1 to 128 letters, digits, '.', '_', '-' or ':', and start with a letter or digit"
)]
pub struct IdentityError {
    kind: &'static str,
    text: String,
}

fn check(kind: &'static str, text: &str) -> Result<(), IdentityError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && text.len() <= 128 && text.chars().all(allowed) {
        Ok(())
    } else {
        Err(IdentityError { kind, text: text.chars().take(160).collect() })
    }
}

macro_rules! identity {
    ($name:ident, $kind:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// If it is empty, too long or holds other characters than the alphabet.
            pub fn new(text: impl Into<String>) -> Result<Self, IdentityError> {
                let text = text.into();
                check($kind, &text)?;
                Ok(Self(text))
            }

            /// The nearest identity to any text: other characters become `-`, empty text becomes `fallback`.
            pub fn nearest(text: &str, fallback: &str) -> Self {
                let mapped: String = text
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() || "._-:".contains(c) { c } else { '-' })
                    .skip_while(|c| !c.is_ascii_alphanumeric())
                    .take(128)
                    .collect();
                let mapped = mapped.trim_end_matches('-');
                Self(if mapped.is_empty() { fallback.to_owned() } else { mapped.to_owned() })
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentityError;
            fn try_from(text: String) -> Result<Self, IdentityError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

identity!(RoomId, "room", "A live room; the key of every topic.");
identity!(StreamId, "stream", "One broadcast of a room: media time starts anew with each.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_quotes_are_no_identities() {
        for bad in ["", "../etc", "a/b", "a b", "a'b", ".hidden", &"x".repeat(129)] {
            assert!(RoomId::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(RoomId::new("douyu:9999").unwrap().as_str(), "douyu:9999");
    }

    #[test]
    fn any_file_name_has_a_nearest_identity() {
        assert_eq!(RoomId::nearest("录播 room 5 (final)", "room").as_str(), "room-5--final");
        assert_eq!(RoomId::nearest("直播", "room").as_str(), "room");
    }

    #[test]
    fn broken_identities_do_not_deserialise() {
        assert!(serde_json::from_str::<RoomId>("\"a/b\"").is_err());
    }
}
