//! The language of a room: given, or learnt from what its windows turn out to be.
//!
//! Finding out costs the recogniser a second look at the sound, so an agreed answer is kept and only checked
//! now and then. The answer depends on the room's own windows in their order.

/// Windows with words that must agree before a language is kept.
const AGREEING: u32 = 3;
/// Windows after which a kept language is found out anew.
const RECHECK: u32 = 32;

/// What is known of a room's language.
#[derive(Clone, Debug)]
pub(crate) struct RoomLanguage {
    given: Option<String>,
    candidate: Option<String>,
    agreed: u32,
    since_check: u32,
}

impl RoomLanguage {
    pub(crate) fn new(given: Option<&str>) -> Self {
        Self { given: given.map(str::to_owned), candidate: None, agreed: 0, since_check: 0 }
    }

    /// The language in which the next window is to be read; `None` when the recogniser is to find out.
    pub(crate) fn assumed(&self) -> Option<&str> {
        if self.given.is_some() {
            return self.given.as_deref();
        }
        let kept = self.agreed >= AGREEING && self.since_check < RECHECK;
        self.candidate.as_deref().filter(|_| kept)
    }

    /// Learns from a window that held words; `assumed` says whether the recogniser was told its language.
    pub(crate) fn learn(&mut self, found: Option<&str>, assumed: bool) {
        if assumed {
            self.since_check = self.since_check.saturating_add(1);
            return;
        }
        self.since_check = 0;
        if found.is_some() && found == self.candidate.as_deref() {
            self.agreed = self.agreed.saturating_add(1);
        } else {
            self.candidate = found.map(str::to_owned);
            self.agreed = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_language_is_never_doubted() {
        let mut room = RoomLanguage::new(Some("de"));
        room.learn(Some("en"), false);
        assert_eq!(room.assumed(), Some("de"));
    }

    #[test]
    fn agreeing_windows_fix_the_language_and_it_is_checked_now_and_then() {
        let mut room = RoomLanguage::new(None);
        for found in ["en", "fr", "en", "en"] {
            room.learn(Some(found), false);
            assert_eq!(room.assumed(), None);
        }
        room.learn(Some("en"), false);
        assert_eq!(room.assumed(), Some("en"));
        for _ in 0..RECHECK {
            room.learn(Some("en"), true);
        }
        assert_eq!(room.assumed(), None);
        room.learn(Some("en"), false);
        assert_eq!(room.assumed(), Some("en"));
    }
}
