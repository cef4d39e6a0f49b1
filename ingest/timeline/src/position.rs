//! Where an input came from, so that every row and every error can name it.

use std::fmt;
use std::sync::Arc;

/// One message of a topic, or one item of a recording's file (topic = file name, partition 0, offset = item).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Topic or file name.
    pub topic: Arc<str>,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// Offset of the message, or index of the item in its file, from 0.
    pub offset: i64,
}

/// The inputs that a row rests on: both offsets inclusive, in one topic and partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PositionRange {
    /// Topic or file name.
    pub topic: Arc<str>,
    /// Partition; 0 in a file.
    pub partition: i32,
    /// First offset.
    pub first: i64,
    /// Last offset.
    pub last: i64,
}

impl Position {
    /// The item `offset` of a recorded file.
    pub fn in_file(name: impl Into<Arc<str>>, offset: i64) -> Self {
        Self { topic: name.into(), partition: 0, offset }
    }
}

impl PositionRange {
    /// A range of one.
    pub fn of(position: &Position) -> Self {
        Self {
            topic: position.topic.clone(),
            partition: position.partition,
            first: position.offset,
            last: position.offset,
        }
    }

    /// Widens the range; positions of another topic or partition leave it as it is.
    pub fn extend(&mut self, position: &Position) {
        if position.topic == self.topic && position.partition == self.partition {
            self.first = self.first.min(position.offset);
            self.last = self.last.max(position.offset);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]@{}", self.topic, self.partition, self.offset)
    }
}
