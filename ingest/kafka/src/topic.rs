//! The topics and their names.
//!
//! All topics are keyed by room id and have the same number of partitions, so that with the murmur2
//! partitioner and `range` assignment one worker holds everything of a room.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A topic of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// Encoded segments.
    Media,
    /// Chat messages.
    Comments,
    /// Paid items.
    Gifts,
    /// Impressions, clicks and watch times.
    Feedback,
    /// Scores of units.
    Scores,
    /// Highlights, provisional and final.
    Highlights,
    /// Who is likely to send a gift.
    GiftPredictions,
    /// Messages that could not be processed.
    DeadLetters,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Media,
        Self::Comments,
        Self::Gifts,
        Self::Feedback,
        Self::Scores,
        Self::Highlights,
        Self::GiftPredictions,
        Self::DeadLetters,
    ];

    /// The topics that streaming jobs read.
    pub const INPUTS: [Self; 4] = [Self::Media, Self::Comments, Self::Gifts, Self::Feedback];

    /// Name without prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Comments => "comments",
            Self::Gifts => "gifts",
            Self::Feedback => "feedback",
            Self::Scores => "scores",
            Self::Highlights => "highlights",
            Self::GiftPredictions => "gift-predictions",
            Self::DeadLetters => "dead-letters",
        }
    }

    /// The JSON Schema of an input topic: of the value where it is JSON, of the headers for media; `None` for
    /// the topics whose formats belong to the sinks.
    pub const fn schema(self) -> Option<&'static str> {
        match self {
            Self::Media => Some(include_str!("../schemas/media-headers.json")),
            Self::Comments => Some(include_str!("../schemas/comment.json")),
            Self::Gifts => Some(include_str!("../schemas/gift.json")),
            Self::Feedback => Some(include_str!("../schemas/feedback.json")),
            Self::DeadLetters => Some(include_str!("../schemas/dead-letter-headers.json")),
            Self::Scores | Self::Highlights | Self::GiftPredictions => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names of the topics under one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { prefix: "kairos".to_owned() }
    }
}

impl Names {
    /// Names that begin with `prefix` and a full stop.
    ///
    /// # Errors
    /// If a topic of that name could not exist: Kafka takes letters, digits, `.`, `_` and `-`.
    pub fn new(prefix: &str) -> Result<Self, Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if prefix.is_empty() || prefix.len() > 200 || !prefix.chars().all(allowed) {
            let reason = format!("{prefix:?} must be 1 to 200 letters, digits, '.', '_' or '-'");
            return Err(Error::Setting { field: "prefix", reason });
        }
        Ok(Self { prefix: prefix.to_owned() })
    }

    /// Full name of a topic, such as `kairos.media`.
    pub fn of(&self, topic: Topic) -> String {
        format!("{}.{topic}", self.prefix)
    }

    /// The topic of a full name; `None` when it is none of ours.
    pub fn topic(&self, name: &str) -> Option<Topic> {
        name.strip_prefix(&self.prefix)?.strip_prefix('.')?.parse().ok()
    }
}

impl FromStr for Topic {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|topic| topic.as_str()).collect();
            format!("{text:?} is not one of {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_prefix_and_lead_back() {
        let names = Names::new("staging.kairos").unwrap();
        assert_eq!(names.of(Topic::GiftPredictions), "staging.kairos.gift-predictions");
        for topic in Topic::ALL {
            assert_eq!(names.topic(&names.of(topic)), Some(topic));
            assert_eq!(Names::default().topic(&names.of(topic)), None);
        }
        assert_eq!(Names::default().of(Topic::Media), "kairos.media");
    }

    #[test]
    fn a_prefix_that_kafka_refuses_is_refused_here() {
        for bad in ["", "a b", "räume", "a/b", &"x".repeat(201)] {
            assert!(Names::new(bad).is_err(), "{bad:?}");
        }
    }
}
