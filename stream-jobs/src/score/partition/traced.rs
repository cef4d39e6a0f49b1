//! Traces of the messages that results come of.
//!
//! A segment's first score comes with a later message, which completes the unit: the trace goes on with the score that
//! rests on the segment. Invariant: nothing of a result but its trace depends on this.

use kairos_timeline::Position;
use tracing::Span;

use super::{Event, Outbox};
use crate::live::{Arrival, Said};
use crate::telemetry::trace::Awaited;

/// A message whose turn it is.
pub struct Traced {
    /// All that is done with it.
    pub span: Span,
    /// Its place, where it is a segment.
    segment: Option<Position>,
}

impl Traced {
    /// Of a message.
    pub fn of(arrival: &Arrival) -> Self {
        let is_segment = matches!(arrival.said, Said::Segment(_)) && !arrival.span.is_disabled();
        let segment = is_segment.then(|| arrival.message.position.clone());
        Self { span: arrival.span.clone(), segment }
    }

    /// Notes whose traces go on with what is in `out`, which came of this message.
    pub fn follow(self, awaited: &mut Awaited, out: &mut Outbox) {
        if self.span.is_disabled() {
            return;
        }
        if let Some(segment) = &self.segment {
            awaited.wait(segment, &self.span);
        }
        for event in &out.events {
            if let Event::Score(score) = event
                && score.revision == 0
            {
                let at = &score.position;
                out.traces.extend(awaited.scored(&at.topic, at.partition, at.first_offset, at.last_offset));
            }
        }
        let is_among = out.traces.iter().any(|span| span.id() == self.span.id());
        if !out.is_empty() && !is_among {
            out.traces.push(self.span);
        }
    }
}
