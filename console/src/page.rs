//! Where a page of a long list begins: the sorting key of the item before it.
//!
//! Invariants: a page begins at a key and not at a number, so items that come and go above it move nothing; a
//! cursor is opaque to clients, and one that was tampered with is refused, not believed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::options::ConsoleOptions;
use crate::problem::Problem;

/// Writes a key as text for addresses.
pub(crate) fn pack<T: Serialize>(key: &T) -> String {
    // Strings and numbers always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads what [`pack`] wrote; nothing else.
pub(crate) fn unpack<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Reads the place behind which a page begins.
pub(crate) fn after<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    unpack(text).ok_or_else(|| Problem::bad(format!("after {text:?} is none that this server gave")))
}

/// How many items a request gets.
pub(crate) fn limit(asked: Option<u32>, options: &ConsoleOptions) -> Result<u32, Problem> {
    match asked {
        None => Ok(options.page),
        Some(n) if (1..=options.longest_page).contains(&n) => Ok(n),
        Some(n) => Err(Problem::bad(format!("limit {n} is not between 1 and {}", options.longest_page))),
    }
}

/// Cuts a list that was asked one item longer than its page; when there is more, the page's last item.
pub(crate) fn cut<T>(items: &mut Vec<T>, limit: u32) -> Option<&T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    items.last().filter(|_| more)
}
