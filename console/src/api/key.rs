//! Which highlight an address means.

use serde::{Deserialize, Serialize};

use super::highlights::Listed;
use crate::ask::Value;
use crate::page::{pack, unpack};
use crate::problem::Problem;

/// A highlight's identity, one text in addresses. What no server wrote names no highlight: not found, like a key of one that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key(pub(crate) String, pub(crate) String, pub(crate) String, pub(crate) String);

impl Key {
    pub(crate) fn of(listed: &Listed) -> Self {
        let Listed { room, stream, model, highlight, .. } = listed;
        Self(room.clone(), stream.clone(), model.clone(), highlight.clone())
    }

    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        unpack(text).ok_or_else(|| Problem::not_found(format!("no highlight has the key {text:?}")))
    }

    pub(crate) fn write(&self) -> String {
        pack(self)
    }

    pub(crate) fn values(&self) -> [(&'static str, Value); 4] {
        [
            ("room", (&self.0).into()),
            ("stream", (&self.1).into()),
            ("model", (&self.2).into()),
            ("highlight", (&self.3).into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_and_anything_else_is_refused() {
        let key = Key("räum/1".into(), "s?".into(), "m@1".into(), "h&".into());
        let text = key.write();
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{text}");
        assert_eq!(Key::read(&text).unwrap(), key);
        for bad in ["", "..", "!!!", "e30", "WyJhIl0"] {
            assert_eq!(Key::read(bad).unwrap_err().status().as_u16(), 404, "{bad}");
        }
    }
}
