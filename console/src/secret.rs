//! Texts that must not be printed.
//!
//! Invariants: neither `Debug` nor serialisation shows the text; comparison takes the same time whatever differs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// A token. It is compared by digest and never shown.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether the text is this one.
    pub fn is(&self, text: &str) -> bool {
        // `Hash` compares in constant time.
        blake3::hash(self.0.as_bytes()) == blake3::hash(text.as_bytes())
    }

    /// Characters, for checks.
    pub(crate) fn length(&self) -> usize {
        self.0.chars().count()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_and_never_shown() {
        let secret = Secret::new("s3cret-s3cret");
        assert!(secret.is("s3cret-s3cret") && !secret.is("s3cret-s3creT") && !secret.is(""));
        let shown = format!("{secret:?} {}", serde_json::to_string(&secret).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
