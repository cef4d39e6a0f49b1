//! One room's job: decoded media, comments, gifts and feedback in, scores and highlights out.
//!
//! A pure function of its inputs in their order: no clock, no random source, no map order, no thread. Live jobs
//! and replays drive the same code, which is why their rows agree.
//!
//! A unit is scored several times. Provisionally as soon as its media is complete, while the comments about it are
//! still being typed (they are masked); when the room is past the unit's end by the comment lag plus the allowed
//! lateness, with the comments and gifts that react to it; and again after each of the model's decision delays, when
//! what followed is known too. The longest delay is final.

mod attention;
mod intake;
mod ledger;
mod moments;
mod output;
mod pace;
mod reactions;
mod score;
mod settings;
mod speech;
mod spool;
mod units;
mod unserved;

pub use intake::Decoded;
pub use ledger::{Ending, Entry};
pub use moments::{Moments, UnitVector, VectorKind};
pub use output::{Fault, Output, Placed, RoomState, SettledFeatures, UnitScored};
pub use settings::{RoomSettings, Scoring, Waits};
pub use spool::Spool;
pub use unserved::{Pass, Unserved};

use kairos_decode::{SegmentDecoder, Sound};
use kairos_encoders::{ActivityMeter, EncoderSet};
use kairos_highlight::{HighlightTracker, LagConfig, LagEstimator, Scorer};
use kairos_speech::SpeechTrack;
use kairos_timeline::{
    Bridge, Comment, Feedback, Gift, MediaTime, Modality, Position, Segment, Span, Watermarks,
};

use attention::{Budget, ContentScale, Level};
use ledger::Ledger;
use pace::AppliedLag;
use reactions::{Arrived, Reaction, Reactions};

use crate::speech::RoomSpeech;
use units::OpenUnits;

/// An event further ahead of the room's newest than this has a broken clock.
const FURTHEST_AHEAD: Span = Span::from_millis(24 * 3_600_000);
/// Length of the bins in which content activity and comments are compared to find the lag.
const ACTIVITY_BIN: Span = Span::from_millis(500);
/// Units between two rows of `room_state`.
const STATE_EVERY: i64 = 15;

/// What a room's job is given.
#[derive(Debug)]
pub enum Input {
    /// A segment and what was decoded of it.
    Media(Box<Decoded>),
    /// A segment that is not to be decoded, and why.
    Skipped(Box<Segment>, String),
    /// Somebody said something.
    Comment(Position, Comment),
    /// Somebody paid.
    Gift(Position, Gift),
    /// Somebody was shown the room, came in, or left.
    Feedback(Position, Feedback),
    /// The last samples, which the decoder held back for a next segment.
    LastSound(Sound),
    /// No more media comes; reactions to it may.
    MediaOver,
    /// An item that could not be read.
    Broken(Fault),
}

/// The job of one room's stream.
pub struct RoomJob {
    settings: RoomSettings,
    bridge: Bridge,
    watermarks: Watermarks,
    units: OpenUnits,
    reactions: Reactions,
    /// Encoders of the provisional pass: pictures and sound as soon as they are there.
    early: EncoderSet,
    /// Encoders of the final pass: every modality, in order of units, when the unit settles.
    settled: EncoderSet,
    scorer: Option<Scorer>,
    waits: Waits,
    unserved: Unserved,
    /// The model's decision delays.
    delays: Vec<Span>,
    /// Settled units that wait for their longest delay, which bounds their number.
    undecided: std::collections::BTreeMap<i64, score::Undecided>,
    speech: Option<RoomSpeech>,
    reads_speech: bool,
    /// Words of the units that are still open.
    said: SpeechTrack,
    moments: Option<Moments>,
    tracker: HighlightTracker,
    meter: ActivityMeter,
    lag: LagEstimator,
    applied_lag: AppliedLag,
    spool: Spool,
    looker: SegmentDecoder,
    sound_level: Level,
    comment_level: Level,
    content_scale: ContentScale,
    budget: Budget,
    ledger: Ledger,
    /// Comments per activity bin that were not yet compared with the content.
    comment_bins: std::collections::BTreeMap<i64, u32>,
    /// Index of the unit that the models know as their first.
    first: i64,
    next_early: i64,
    next_settled: i64,
    media_end: Option<MediaTime>,
    seen: Seen,
    out: Vec<Output>,
}

/// What the room has seen so far.
#[derive(Debug, Default)]
struct Seen {
    comments: u64,
    gifts: u64,
    late: u64,
    drops: u64,
    frame_rate: f64,
    next_sequence: Option<u64>,
}

impl RoomJob {
    /// A job at the start of a stream. `scoring` is `None` to extract features only.
    ///
    /// # Errors
    /// If an encoder or the model can't be set up.
    pub fn new(settings: RoomSettings, scoring: Scoring) -> anyhow::Result<Self> {
        let first = settings.begins_at.max(MediaTime::ZERO).unit(settings.unit);
        let mut bridge = Bridge::default();
        if let Some(started_at) = settings.started_at {
            bridge.anchor(MediaTime::ZERO, started_at)?;
        }
        Ok(Self {
            bridge,
            watermarks: Watermarks::new(settings.idle, settings.allowed),
            units: OpenUnits::new(settings.unit, first),
            reactions: Reactions::default(),
            early: scoring.early,
            settled: scoring.settled,
            scorer: scoring.scorer,
            waits: scoring.waits,
            unserved: Unserved::default(),
            delays: scoring.delays,
            undecided: std::collections::BTreeMap::new(),
            reads_speech: scoring.reads_speech && scoring.speech.is_some(),
            speech: scoring.speech,
            said: SpeechTrack::new(),
            moments: scoring.moments,
            tracker: HighlightTracker::new(settings.highlights)?,
            meter: ActivityMeter::new(ACTIVITY_BIN.as_micros()),
            lag: LagEstimator::new(LagConfig::default())?,
            applied_lag: AppliedLag::new(settings.default_lag, settings.unit),
            spool: Spool::new(settings.spool_length, settings.spool_bytes),
            looker: SegmentDecoder::new(settings.looking_again()),
            sound_level: Level::default(),
            comment_level: Level::default(),
            content_scale: ContentScale::default(),
            budget: Budget::new(0.25, 30.0),
            ledger: Ledger::default(),
            comment_bins: std::collections::BTreeMap::new(),
            first,
            next_early: first,
            next_settled: first,
            media_end: None,
            seen: Seen::default(),
            out: Vec::new(),
            settings,
        })
    }

    /// Takes one input and gives what follows from it.
    pub fn push(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::Media(decoded) => self.take_media(*decoded),
            Input::Skipped(segment, why) => self.skip_media(&segment, &why),
            Input::Comment(position, comment) => self.take_comment(position, comment),
            Input::Gift(position, gift) => self.take_gift(position, gift),
            Input::Feedback(position, feedback) => self.take_feedback(position, feedback),
            Input::LastSound(sound) => {
                self.hear(&sound);
                self.units.add_sound(&sound);
            }
            Input::MediaOver => self.end_media(),
            Input::Broken(fault) => self.take_broken(fault),
        }
        self.advance();
        std::mem::take(&mut self.out)
    }

    /// The stream has ended: settles everything that is open.
    pub fn finish(&mut self) -> Vec<Output> {
        for modality in Modality::ALL {
            self.watermarks.finish(modality);
        }
        self.hear_last();
        self.keep_last_words();
        let last_reaction = self.reactions.newest(&self.bridge).map(|at| at - self.applied_lag.peek());
        let end = self.media_end.max(last_reaction.map(|at| at + Span::from_micros(1)));
        if let Some(end) = end.filter(|&end| end > MediaTime::ZERO) {
            let last = (end - Span::from_micros(1)).unit(self.settings.unit);
            while self.next_settled <= last {
                if self.next_early <= self.next_settled {
                    self.score_early();
                }
                self.settle(self.next_settled == last);
            }
        }
        for arrived in self.reactions.rest() {
            self.seen.late += 1;
            self.ledger.note(&arrived.position, Ending::Late, "after its unit was settled");
        }
        self.decide_rest();
        self.track_end();
        self.give_state();
        self.out.extend(self.ledger.drain().into_iter().map(Output::Ledger));
        std::mem::take(&mut self.out)
    }

    /// What became of offsets since the last call. Without calls all of it comes at the end.
    pub fn drain_ledger(&mut self) -> Vec<Entry> {
        self.ledger.drain()
    }

    /// Goes without what it went without before.
    pub fn build_again(&mut self, unserved: Unserved) {
        self.unserved = unserved;
    }

    /// How inputs from now on wait for encoders: those that are `known` were taken before and had what they had.
    pub fn wait(&self, known: bool) {
        self.waits.until(known);
    }

    /// What its units went without.
    pub fn unserved(&self) -> &Unserved {
        &self.unserved
    }

    /// The recent encoded media, for clips.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// Up to where media has come.
    pub fn media_end(&self) -> Option<MediaTime> {
        self.media_end
    }

    /// Index of the next unit that will be settled: everything before it is final.
    pub fn settled_units(&self) -> i64 {
        self.next_settled
    }

    fn has_media(&self) -> bool {
        self.settings.expects_media || self.media_end.is_some()
    }

    /// Scores and settles whatever the watermarks have closed.
    fn advance(&mut self) {
        let Some(now) = self.watermarks.now() else { return };
        let media = [Modality::Picture, Modality::Sound];
        let closed = if self.has_media() { self.watermarks.closed(&media) } else { Some(now) };
        while closed.is_some_and(|closed| self.units.end(self.next_early) <= closed) {
            self.score_early();
        }
        while self.next_settled < self.next_early {
            let end = self.units.end(self.next_settled);
            let waits_for = end + self.applied_lag.peek() + self.settings.allowed;
            if now < waits_for || !self.speech_is_cut(end, now, waits_for) {
                break;
            }
            self.settle(false);
        }
    }

    fn take_comment(&mut self, position: Position, comment: Comment) {
        self.seen.comments += 1;
        let at = self.bridge.media_at(comment.sent_at);
        if let Some(at) = at.filter(|&at| at >= MediaTime::ZERO) {
            let bin = at.unit(ACTIVITY_BIN);
            if bin >= self.units.start(self.next_early).unit(ACTIVITY_BIN) {
                *self.comment_bins.entry(bin).or_default() += 1;
            }
        }
        let late =
            self.take_reaction(position.clone(), at, Modality::Comment, Reaction::Comment(comment.clone()));
        self.out.push(Output::Comment(Box::new(Placed { event: comment, at, late, position })));
    }

    fn take_gift(&mut self, position: Position, gift: Gift) {
        self.seen.gifts += 1;
        let at = self.bridge.media_at(gift.sent_at);
        let late = self.take_reaction(position.clone(), at, Modality::Gift, Reaction::Gift(gift.clone()));
        self.out.push(Output::Gift(Box::new(Placed { event: gift, at, late, position })));
    }

    fn take_feedback(&mut self, position: Position, feedback: Feedback) {
        let at = self.bridge.media_at(feedback.sent_at);
        self.ledger.note(&position, Ending::Scored, "kept as a label");
        self.out.push(Output::Feedback(Box::new(Placed { event: feedback, at, late: false, position })));
    }

    /// Files a comment or gift where it belongs; `true` if it came too late to change a score.
    fn take_reaction(
        &mut self,
        position: Position,
        at: Option<MediaTime>,
        modality: Modality,
        reaction: Reaction,
    ) -> bool {
        // Without a clock yet the event waits: the bridge places it when its unit settles.
        if let Some(at) = at {
            let newest = self.watermarks.now().unwrap_or(MediaTime::ZERO);
            if at < self.units.start(self.first) {
                self.ledger.note(&position, Ending::Skipped, "before the first picture");
                return false;
            }
            if at - newest > FURTHEST_AHEAD {
                self.ledger.note(&position, Ending::Dead, "time is more than a day ahead of the room");
                self.fault(
                    Some(position),
                    format!("event at {at} is more than a day ahead of the room at {newest}"),
                );
                return false;
            }
            if self.reactions.is_late(at) {
                let behind = self.reactions.lateness(at);
                self.seen.late += 1;
                self.ledger.note(&position, Ending::Late, "after its unit was settled");
                tracing::debug!(room = %self.settings.room, %position, %at, %behind, "late event");
                return true;
            }
            self.watermarks.advance(modality, at);
        }
        self.reactions.add(Arrived { reaction, position });
        false
    }

    fn take_broken(&mut self, fault: Fault) {
        if let Some(position) = &fault.position {
            self.ledger.note(position, Ending::Dead, &fault.what);
        }
        self.out.push(Output::Fault(fault));
    }

    fn fault(&mut self, position: Option<Position>, what: String) {
        self.out.push(Output::Fault(Fault { position, what }));
    }

    fn give_state(&mut self) {
        let estimate = self.lag.estimate();
        self.out.push(Output::State(RoomState {
            at: self.units.start(self.next_settled),
            comment_lag: estimate.as_ref().map(|lag| Span::from_secs_f64(lag.lag_s)),
            lag_confidence: estimate.map_or(0.0, |lag| lag.confidence),
            frame_rate: self.seen.frame_rate,
            comments: self.seen.comments,
            gifts: self.seen.gifts,
            late: self.seen.late,
            drops: self.seen.drops,
        }));
    }
}
