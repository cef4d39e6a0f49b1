//! Pictures that a source shows a second time.
//!
//! A live playlist is joined some segments before its end, after a lost connection too: what comes first was there
//! before. Pictures have no names, so keyframes are known again by their bytes. Invariants: only a run of keyframes that
//! ended the last connection, in its order, is taken for shown before, so that a picture that stands still or a film
//! that is shown in a loop goes on; memory is bounded.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::unit::{Kind, Unit};

/// Keyframes that are remembered: minutes of them.
const REMEMBERED: usize = 256;

/// Units without a keyframe after which none is waited for: a source that shows pictures no more can still be heard.
const WITHOUT: usize = 2_048;

/// Where a connection is against the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before its first keyframe, by so many units.
    Unknown(usize),
    /// The keyframe that comes next was there if it is this one.
    Before(usize),
    /// Behind all that was there.
    New,
}

/// The last keyframes of a source.
#[derive(Debug)]
pub(crate) struct Seen {
    keyframes: VecDeque<u64>,
    place: Place,
}

impl Default for Seen {
    fn default() -> Self {
        Self { keyframes: VecDeque::new(), place: Place::New }
    }
}

impl Seen {
    /// The source is read anew, and may begin with what it has shown already.
    pub(crate) fn read_anew(&mut self) {
        self.place = if self.keyframes.is_empty() { Place::New } else { Place::Unknown(0) };
    }

    /// Whether `unit` was shown before the source was read anew.
    pub(crate) fn knows(&mut self, unit: &Unit) -> bool {
        if unit.kind != Kind::Picture || !unit.key {
            self.place = match self.place {
                Place::Unknown(units) if units < WITHOUT => Place::Unknown(units + 1),
                Place::Unknown(_) => Place::New,
                place => place,
            };
            return self.place != Place::New;
        }
        let keyframe = digest(unit);
        let found = match self.place {
            Place::Unknown(_) => self.keyframes.iter().rposition(|known| *known == keyframe),
            Place::Before(at) => (self.keyframes.get(at) == Some(&keyframe)).then_some(at),
            Place::New => None,
        };
        self.place = found.map_or(Place::New, |at| Place::Before(at + 1));
        if found.is_none() {
            self.keyframes.push_back(keyframe);
            if self.keyframes.len() > REMEMBERED {
                self.keyframes.pop_front();
            }
        }
        found.is_some()
    }
}

fn digest(unit: &Unit) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Ok(bytes) = unit.buffer.map_readable() {
        bytes.as_slice().hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::sample::{picture, picture_of, sound};

    /// Which of these keyframes, told apart by their sizes, are new.
    fn new_of(seen: &mut Seen, sizes: &[usize]) -> Vec<usize> {
        sizes.iter().copied().filter(|size| !seen.knows(&picture_of(0, true, *size))).collect()
    }

    #[test]
    fn what_was_shown_before_is_known_again_with_all_that_belongs_to_it() {
        let mut seen = Seen::default();
        assert!(!seen.knows(&sound(0)), "nothing was shown yet");
        assert_eq!(new_of(&mut seen, &[1, 2, 3, 4]), [1, 2, 3, 4]);
        seen.read_anew();
        assert!(seen.knows(&sound(0)) && seen.knows(&picture(0, false)), "before the first keyframe");
        assert!(new_of(&mut seen, &[3, 4]).is_empty());
        assert!(seen.knows(&picture(0, false)), "of the last keyframe that was there");
        assert_eq!(new_of(&mut seen, &[5, 6]), [5, 6]);
        assert!(!seen.knows(&sound(0)));
    }

    #[test]
    fn a_source_that_shows_nothing_any_more_is_still_heard() {
        let mut seen = Seen::default();
        assert!(!seen.knows(&picture(0, true)));
        seen.read_anew();
        assert!((0..WITHOUT).all(|_| seen.knows(&sound(0))));
        assert!(!seen.knows(&sound(0)));
    }

    #[test]
    fn a_loop_goes_on_and_so_does_a_source_that_shows_something_else() {
        let mut seen = Seen::default();
        assert_eq!(new_of(&mut seen, &[1, 2, 1, 2, 1]).len(), 5, "one connection");
        seen.read_anew();
        assert_eq!(new_of(&mut seen, &[2, 1, 2, 1, 2]), [2, 1, 2], "behind the last that was there");
        seen.read_anew();
        assert_eq!(new_of(&mut seen, &[7, 2]), [7, 2]);
    }
}
