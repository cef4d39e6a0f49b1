//! Ids for items to which the platform gave none.
//!
//! An id is a hash of what the item says and of its own time, not of where it stands, so that the same message in
//! two recordings has the same id and two viewers' equal texts have different ones.

use super::draft::{Draft, What};

/// Hexadecimal digits of a derived id: 80 bits, so that no room ever sees two by chance.
const DIGITS: usize = 20;

/// The id of `draft`.
pub fn derived_id(draft: &Draft) -> String {
    let mut hash = blake3::Hasher::new();
    let mut field = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    match &draft.key {
        Some(key) => field(key),
        None => {
            // The wall time says more than the offset, which a second recorder counts from another start.
            match (draft.at, draft.offset) {
                (Some(at), _) => field(&at.as_micros().to_string()),
                (None, Some(offset)) => field(&offset.as_micros().to_string()),
                (None, None) => field(""),
            }
            field(&draft.user);
            field(&draft.text);
            match &draft.what {
                What::Comment => {}
                What::Gift { kind, name, count, money, .. } => {
                    field(kind.as_str());
                    field(name);
                    field(&count.to_string());
                    if let Some(money) = money {
                        field(&money.amount.normalize().to_string());
                        field(&money.currency);
                    }
                }
                What::Feedback { kind, watched } => {
                    field(kind.as_str());
                    field(&watched.as_micros().to_string());
                }
            }
        }
    }
    let mut id = hash.finalize().to_hex().to_string();
    id.truncate(DIGITS);
    id
}
