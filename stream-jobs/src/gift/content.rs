//! What is seen and said in a room, from the unit features that highlights are scored on.
//!
//! Invariants: nothing is encoded here; a modality that a unit lacks has no row for it, and one that all of them lack is
//! masked. MMBee takes three pictures of a segment; here they are those of the last three units.

use std::collections::VecDeque;

use kairos_gifting::Segment;
use kairos_highlight::UnitFeatures;

/// Units that a segment is made of.
pub const UNITS: usize = 3;

/// The last units of a room.
#[derive(Debug, Clone, Default)]
pub struct Content {
    units: VecDeque<UnitFeatures>,
}

impl Content {
    /// Takes the next unit.
    pub fn push(&mut self, features: &UnitFeatures) {
        if self.units.len() == UNITS {
            self.units.pop_front();
        }
        self.units.push_back(features.clone());
    }

    /// Rows of pictures, of speech (what the speech encoder makes of the sound, not sound features), and of comments.
    pub fn segment(&self) -> Segment {
        let rows = |of: fn(&UnitFeatures) -> Option<&Vec<f32>>| {
            self.units
                .iter()
                .filter_map(of)
                .map(|row| row.iter().map(|x| x.clamp(-8.0, 8.0)).collect())
                .collect()
        };
        Segment {
            pictures: rows(|unit| unit.picture.as_ref()),
            speech: rows(|unit| unit.speech.as_ref()),
            comments: rows(|unit| unit.comment.as_ref()),
        }
    }
}
