//! Encoding and scoring of units, provisionally and finally.

use kairos_encoders::{CommentView, EncodeError, Encoded, GiftView, PictureView, UnitInput, word_counts};
use kairos_highlight::{Head, ScoreUpdate, Scores, UnitFeatures, UnitScore, agreed_score};
use kairos_timeline::{MediaTime, Modality, PositionRange, Span};

use super::reactions::{Arrived, Reaction};
use super::units::UnitMedia;
use super::unserved::Pass;
use super::{ACTIVITY_BIN, Ending, Output, RoomJob, STATE_EVERY, SettledFeatures, UnitScored};

/// A settled unit whose longest decision delay is not over.
#[derive(Debug)]
pub(super) struct Undecided {
    missing: Vec<String>,
    comment_lag: Option<Span>,
    /// By which its comments were placed, estimated or assumed.
    lag: Span,
    positions: Option<PositionRange>,
    comments: u32,
    gift_value: f64,
    /// The model's scores at the delays so far.
    opinions: Vec<UnitScored>,
    /// What was last given.
    given: Option<UnitScored>,
}

impl RoomJob {
    /// Provisional pass over the next unit: its media is complete, its comments are not.
    pub(super) fn score_early(&mut self) {
        let index = self.next_early;
        self.next_early += 1;
        if !self.has_media() {
            // Chat alone has nothing to show before its comments, and nothing to lag behind.
            return;
        }
        let media = self.units.get(index);
        let features = {
            let empty = UnitMedia::default();
            let media = media.unwrap_or(&empty);
            let pictures = views(media);
            let input = self.input(index, &pictures, &media.sound);
            self.early.encode_but(&input, &|encoder| self.unserved.why(Pass::Early, encoder, index))
        };
        let positions = media.and_then(|media| media.positions.clone());
        let (features, missing) = self.checked(Pass::Early, index, features);
        // Longer delays wait until the newest unit has its comments.
        let scored = self.score(index, features).into_iter().find(|scored| scored.index == index);
        let has_content = self.units.get(index).is_some_and(UnitMedia::has_content);
        let content = scored.as_ref().map(|scored| has_content.then(|| content_score(scored)));
        self.compare_activity(index, content);
        if let Some(mut scored) = scored {
            scored.positions = positions;
            scored.missing = missing;
            self.give_score(scored);
        }
    }

    /// Pass over the next unit with the comments and gifts that react to it. The last unit of a
    /// stream takes everything that is left.
    pub(super) fn settle(&mut self, is_last: bool) {
        let index = self.next_settled;
        let lag = self.applied_lag.next();
        let border = if is_last { MediaTime::MAX } else { self.units.end(index) + lag };
        let reactions = self.reactions.take_before(border, &self.bridge);
        let media = self.units.settle(index);
        self.next_settled += 1;
        if !self.settings.keeps_for_clips {
            self.spool.forget_before(self.units.start(self.next_settled));
        }

        let said = self.said_in(index, !media.sound.is_empty());
        let start = self.units.start(index);
        let (comments, gifts) = reaction_views(&reactions, start + lag);
        let pictures = views(&media);
        let input = UnitInput {
            comments: (self.seen.comments > 0).then_some(comments.as_slice()),
            gifts: (self.seen.gifts > 0).then_some(gifts.as_slice()),
            speech: said.as_deref(),
            ..self.input(index, &pictures, &media.sound)
        };
        let why = |encoder: &str| self.unserved.why(Pass::Settled, encoder, index);
        let features = self.settled.encode_but(&input, &why);
        self.keep_unit(&input);
        // Only training reads them.
        let words = if self.scorer.is_none() { word_counts(&comments) } else { Vec::new() };
        let comment_count = comments.len() as u32;
        let gift_value = gifts.iter().map(|gift| gift.value).sum();
        let (features, missing) = self.checked(Pass::Settled, index, features);

        let mut positions = media.positions;
        for (_, arrived) in &reactions {
            self.ledger.note(&arrived.position, Ending::Scored, "");
            match &mut positions {
                Some(range) => range.extend(&arrived.position),
                None => positions = Some(PositionRange::of(&arrived.position)),
            }
        }
        self.out.push(Output::Features(Box::new(SettledFeatures {
            index,
            features: features.clone(),
            comments: comment_count,
            words,
            ends_at: self.bridge.wall_at(self.units.end(index)),
            positions: positions.clone(),
        })));
        self.undecided.insert(
            index,
            Undecided {
                missing,
                comment_lag: self.known_lag().map(|_| lag),
                lag,
                positions,
                comments: comment_count,
                gift_value,
                opinions: Vec::new(),
                given: None,
            },
        );
        for (delay, scored) in self.score_delays(index, features) {
            self.decide(delay, scored);
        }
        if self.next_settled % STATE_EVERY == 0 {
            self.give_state();
        }
    }

    fn input<'a>(&self, index: i64, pictures: &'a [PictureView<'a>], sound: &'a [f32]) -> UnitInput<'a> {
        UnitInput {
            start_us: self.units.start(index).as_micros(),
            duration_us: self.settings.unit.as_micros(),
            pictures,
            sound,
            ..UnitInput::default()
        }
    }

    /// Compares what happened in the unit with what was said in it, to learn how far comments lag. `content` is
    /// what the model makes of picture and sound, `Some(None)` where there are none; without a model their plain
    /// activity stands in for it.
    fn compare_activity(&mut self, index: i64, content: Option<Option<f64>>) {
        let first_bin = self.units.start(index).unit(ACTIVITY_BIN);
        let bins = self.units.end(index).unit(ACTIVITY_BIN) - first_bin;
        let later = self.comment_bins.split_off(&(first_bin + bins));
        let said = std::mem::replace(&mut self.comment_bins, later);
        let comments: u32 = said.values().sum();
        let happened = match content {
            Some(content) => vec![content; bins as usize],
            None => self.plain_activity(index, bins),
        };
        for (bin, happened) in (first_bin..).zip(happened) {
            self.lag.push(happened, said.get(&bin).copied().unwrap_or(0));
        }
        if let Some(lag) = self.known_lag() {
            self.applied_lag.follow(lag);
        }
        self.read(self.units.start(index), comments);
    }

    fn plain_activity(&mut self, index: i64, bins: i64) -> Vec<Option<f64>> {
        let empty = UnitMedia::default();
        let media = self.units.get(index).unwrap_or(&empty);
        let pictures = views(media);
        let activity = self.meter.measure(&self.input(index, &pictures, &media.sound));
        // A unit whose pictures contradict their size is reported when it is encoded.
        let (picture, sound) = activity.map_or((None, None), |activity| (activity.picture, activity.sound));
        let of = |curve: &Option<Vec<f32>>, bin: i64| curve.as_ref()?.get(bin as usize).copied();
        (0..bins).map(|bin| self.content_scale.activity(of(&picture, bin), of(&sound, bin))).collect()
    }

    /// The estimated comment lag, if it is sure enough to be used.
    fn known_lag(&self) -> Option<Span> {
        let estimate = self.lag.estimate()?;
        (estimate.confidence >= self.settings.lag_confidence).then(|| Span::from_secs_f64(estimate.lag_s))
    }

    /// Passes features on in the model's type, with what is missing from them; encoders that failed are reported, those that were not
    /// there in time remembered.
    fn checked(&mut self, pass: Pass, index: i64, encoded: Encoded) -> (UnitFeatures, Vec<String>) {
        for failure in encoded.failures {
            match &failure {
                EncodeError::Encoder { encoder, .. } if failure.is_unserved() => {
                    self.unserved.add(pass, encoder, failure.word(), index);
                }
                _ => {
                    let at = self.units.start(index);
                    self.fault(None, format!("unit at {at}: {failure}"));
                }
            }
        }
        let features = crate::features(encoded.features);
        let parts = encoded.without.iter().map(ToString::to_string);
        let missing = missing(&features).into_iter().map(str::to_owned).chain(parts).collect();
        (features, missing)
    }

    fn score(&mut self, index: i64, features: UnitFeatures) -> Vec<UnitScored> {
        self.score_delays(index, features).into_iter().map(|(_, scored)| scored).collect()
    }

    /// Scores that unit `index` completes, each with its place in the model's delays: its own, and those of older
    /// units whose longer delay ends with it.
    fn score_delays(&mut self, index: i64, features: UnitFeatures) -> Vec<(usize, UnitScored)> {
        let Some(scorer) = self.scorer.as_mut() else { return Vec::new() };
        let Ok(number) = u64::try_from(index - self.first) else { return Vec::new() };
        let scored = if number < scorer.units() {
            scorer.rescore(number, &features)
        } else {
            // A unit that can't be scored still counts, with everything masked.
            scorer.push(&features).or_else(|error| scorer.push(&UnitFeatures::default()).and(Err(error)))
        };
        match scored {
            Ok(scored) => {
                scored.into_iter().map(|scored| (scored.delay, self.unit_scored(&scored))).collect()
            }
            Err(error) => {
                let at = self.units.start(index);
                self.fault(None, format!("unit at {at}: {error}"));
                Vec::new()
            }
        }
    }

    fn unit_scored(&self, scored: &UnitScore) -> UnitScored {
        let index = i64::try_from(scored.index).map_or(i64::MAX, |number| number.saturating_add(self.first));
        let start = self.units.start(index);
        UnitScored {
            index,
            start,
            captured_at: self.bridge.wall_at(start).unwrap_or_default(),
            score: main_score(&scored.scores) as f32,
            heads: scored
                .scores
                .0
                .iter()
                .map(|(head, score)| (head.name().to_owned(), *score as f32))
                .collect(),
            contributions: scored
                .contributions
                .iter()
                .map(|(modality, scores)| (modality.name().to_owned(), main_score(scores) as f32))
                .collect(),
            missing: Vec::new(),
            comment_lag: None,
            delay: Span::ZERO,
            revision: 0,
            is_final: false,
            positions: None,
            comments: 0,
            gift_value: 0.0,
        }
    }

    /// Gives the score of a unit whose `delay`-th decision delay is over; the longest one is final.
    fn decide(&mut self, delay: usize, scored: UnitScored) {
        let is_final = delay + 1 >= self.delays.len();
        let Some(unit) = self.undecided.get(&scored.index) else { return };
        let scored = UnitScored {
            missing: unit.missing.clone(),
            comment_lag: unit.comment_lag,
            delay: unit.lag + self.delays.get(delay).copied().unwrap_or(Span::ZERO),
            revision: delay as u32 + 1,
            is_final,
            positions: unit.positions.clone(),
            comments: unit.comments,
            gift_value: unit.gift_value,
            ..scored
        };
        let opinion = scored.clone();
        let scored = tempered(&unit.opinions, scored, self.media_end.is_some());
        if is_final {
            self.undecided.remove(&scored.index);
        } else if let Some(unit) = self.undecided.get_mut(&scored.index) {
            unit.opinions.push(opinion);
            unit.given = Some(scored.clone());
        }
        self.give_score(scored);
    }

    /// The stream is over: the last units never see their longest delays, what is known of them is final.
    pub(super) fn decide_rest(&mut self) {
        for (_, unit) in std::mem::take(&mut self.undecided) {
            if let Some(given) = unit.given {
                let revision = given.revision + 1;
                self.give_score(UnitScored { revision, is_final: true, ..given });
            }
        }
    }

    fn give_score(&mut self, scored: UnitScored) {
        let changes = self.tracker.push(ScoreUpdate {
            unit: scored.index.unsigned_abs(),
            score: f64::from(scored.score),
            is_final: scored.is_final,
        });
        self.out.push(Output::Score(Box::new(scored)));
        self.out.extend(changes.into_iter().map(Output::Highlight));
    }

    /// The stream is over: what is still provisional becomes final.
    pub(super) fn track_end(&mut self) {
        self.out.extend(self.tracker.finish().into_iter().map(Output::Highlight));
    }
}

/// The newest of a unit's scores, tempered by those before it. Where there is picture or sound the moment is placed by
/// what is seen and heard, and looking back from further away only blurs it: every opinion counts. A chat gets
/// clearer with what follows: only the longest delay hears the one before it.
fn tempered(opinions: &[UnitScored], newest: UnitScored, has_media: bool) -> UnitScored {
    let count = match (has_media, newest.is_final) {
        (true, _) => opinions.len(),
        (false, true) => opinions.len().min(1),
        (false, false) => 0,
    };
    let earlier = &opinions[opinions.len() - count..];
    let mean = |of: &dyn Fn(&UnitScored) -> Option<f32>, own: f32| {
        let all: Vec<f64> = earlier.iter().filter_map(of).chain([own]).map(f64::from).collect();
        agreed_score(&all) as f32
    };
    if earlier.is_empty() {
        return newest;
    }
    let score = mean(&|opinion| Some(opinion.score), newest.score);
    let heads = newest.heads.iter().enumerate().map(|(at, (name, own))| {
        (name.clone(), mean(&|opinion| opinion.heads.get(at).map(|(_, score)| *score), *own))
    });
    UnitScored { score, heads: heads.collect(), ..newest }
}

/// The score as if nobody had said or given anything: the content's own part.
fn content_score(scored: &UnitScored) -> f64 {
    let said = [Modality::Comment.as_str(), Modality::Gift.as_str()];
    let part = scored.contributions.iter().filter(|(name, _)| said.contains(&name.as_str()));
    f64::from(scored.score) - part.map(|(_, value)| f64::from(*value)).sum::<f64>()
}

/// The highlight head, or the only one there is.
fn main_score(scores: &Scores) -> f64 {
    scores.get(Head::Highlight).or_else(|| scores.0.first().map(|(_, score)| *score)).unwrap_or(0.0)
}

fn views(media: &UnitMedia) -> Vec<PictureView<'_>> {
    media
        .pictures
        .iter()
        .map(|picture| PictureView {
            at_us: picture.at.as_micros(),
            width: picture.width,
            height: picture.height,
            rgb: &picture.rgb,
        })
        .collect()
}

fn reaction_views(
    reactions: &[(MediaTime, Arrived)],
    start: MediaTime,
) -> (Vec<CommentView<'_>>, Vec<GiftView<'_>>) {
    let (mut comments, mut gifts) = (Vec::new(), Vec::new());
    for (at, arrived) in reactions {
        let offset_us = (*at - start).as_micros();
        match &arrived.reaction {
            Reaction::Comment(comment) => {
                comments.push(CommentView { offset_us, user: &comment.user, text: &comment.text });
            }
            Reaction::Gift(gift) => {
                gifts.push(GiftView { offset_us, user: &gift.user, value: gift.value, count: gift.count });
            }
        }
    }
    (comments, gifts)
}

fn missing(features: &UnitFeatures) -> Vec<&'static str> {
    let present = [
        (Modality::Comment, features.comment.is_some()),
        (Modality::Gift, features.gift.is_some()),
        (Modality::Picture, features.picture.is_some()),
        (Modality::Sound, features.sound.is_some()),
        (Modality::Speech, features.speech.is_some()),
    ];
    present.into_iter().filter(|(_, present)| !present).map(|(modality, _)| modality.as_str()).collect()
}
