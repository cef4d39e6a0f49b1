//! What a viewer did, as far as predictions go, and the order of acts.
//!
//! Invariant: acts are told apart by room, time, kind and the platform's id; the order is that of time, whatever the order
//! of arrival.

use kairos_timeline::FeedbackKind;
use serde::{Deserialize, Serialize};

use crate::room::Output;

/// An act of a viewer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub user: String,
    /// The platform's id of the event.
    pub id: String,
    /// Platform wall time, Unix microseconds.
    pub at_us: i64,
    /// What.
    pub what: What,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// Came in.
    Click,
    /// Stayed until then, Unix microseconds: known only then.
    Watch(i64),
    /// Said something.
    Comment,
    /// Gave.
    Gift {
        /// Items.
        count: u32,
        /// Value of all of them, United States dollars.
        value: f64,
        /// To whom, where the source says.
        streamer: Option<String>,
    },
}

/// The place of an act among those of its room.
pub type Order = (i64, u8, String);

impl Act {
    /// The act behind an output of a room's job; `None` for everything else, impressions included: who was shown a room
    /// is not in it.
    pub fn of(output: &Output) -> Option<Self> {
        match output {
            Output::Comment(placed) => {
                let event = &placed.event;
                Some(Self::new(&event.user, &event.id, event.sent_at.as_micros(), What::Comment))
            }
            Output::Gift(placed) => {
                let event = &placed.event;
                let streamer = event.other.get("streamer").and_then(serde_json::Value::as_str);
                let what = What::Gift {
                    count: event.count,
                    value: event.value,
                    streamer: streamer.filter(|told| !told.is_empty()).map(str::to_owned),
                };
                Some(Self::new(&event.user, &event.id, event.sent_at.as_micros(), what))
            }
            Output::Feedback(placed) => {
                let event = &placed.event;
                let what = match event.kind {
                    FeedbackKind::Click => What::Click,
                    FeedbackKind::Watch => What::Watch((event.sent_at + event.watched).as_micros()),
                    _ => return None,
                };
                Some(Self::new(&event.user, &event.id, event.sent_at.as_micros(), what))
            }
            _ => None,
        }
    }

    fn new(user: &str, id: &str, at_us: i64, what: What) -> Self {
        Self { user: user.to_owned(), id: id.to_owned(), at_us, what }
    }

    /// Its place.
    pub fn order(&self) -> Order {
        let kind = match self.what {
            What::Click => 0,
            What::Watch(_) => 1,
            What::Comment => 2,
            What::Gift { .. } => 3,
        };
        (self.at_us, kind, self.id.clone())
    }
}
