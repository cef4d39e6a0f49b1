//! Why a pair was scored as it was.
//!
//! A part's contribution is what the log odds lose when the part is taken away alone: a history or a metapath is read
//! as if it were empty, a modality as if it were missing. Parts may stand in for one another, so contributions need
//! not sum to the whole.
//!
//! Invariants: the first reason is that of the largest contribution, and equal ones keep the order of the parts.

use super::eight::Plain;
use super::packed::{Span, Weights};
use super::passes::{RoomPass, UserPass};
use super::scorer::{Read, Scorer, Scratch, ask};
use crate::{GiftingError, Modality, Path};
use serde::{Deserialize, Serialize};

/// A part of what a pair's score rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user's own history.
    History,
    /// The ends of a metapath.
    Path(Path),
    /// A modality of the running segment.
    Content(Modality),
}

/// A part, what it was worth, and who in it was looked at most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The part.
    pub origin: Origin,
    /// By how much it raised the log odds of a gift.
    pub contribution: f64,
    /// Who of its list got the most attention: a streamer, or a user where [`Path::ends_at_users`]. `None` of content,
    /// of an empty list and of compressed histories.
    pub node: Option<u64>,
    /// Share of attention that went there, the mean over heads; acts towards the same streamer are added up.
    pub attention: f64,
}

impl Scorer {
    /// All reasons of one pair, the largest contribution first. Content has none unless the room was passed with
    /// reasons.
    ///
    /// # Errors
    /// As [`Scorer::rooms`].
    pub fn reasons(
        &self,
        user: &UserPass,
        room: &RoomPass,
        pair_side: &[f32],
    ) -> Result<Vec<Reason>, GiftingError> {
        let side = self.config().pair_side;
        crate::batch::checked(|| String::from("side features of a pair"), pair_side, side)?;
        self.check(user, room)?;
        let d = self.config().width;
        let mut scratch = Scratch::default();
        let mut whole = vec![0.0; self.columns];
        self.fill(Plain, user, room, pair_side, &mut whole, &mut scratch);
        let mut rows = whole.clone();
        let mut reasons = Vec::new();
        for part in 0..=self.paths.len() {
            let mut looked: Vec<(u64, f64)> = Vec::new();
            let mut mixed = vec![0.0; d];
            let from = rows.len() + part * d;
            rows.extend_from_slice(&whole);
            let out = &mut rows[from..from + d];
            let origin = if part == 0 {
                let look = |read: &Read<'_>, weights: &Weights| match read {
                    Read::Nobody => {}
                    Read::Streamers(nodes) => note(&mut looked, nodes.iter().copied(), weights),
                    Read::Found(nodes, found) => {
                        note(&mut looked, found.iter().map(|(_, at)| nodes[*at]), weights);
                    }
                };
                self.read_history(Plain, user, room, &mut mixed, &mut scratch, look);
                self.history.mix(
                    Plain,
                    &room.history,
                    &[],
                    Span::default(),
                    &mut scratch.weights,
                    out,
                    |_| (),
                );
                Origin::History
            } else {
                let (at, attention) = &self.paths[part - 1];
                let Scratch { weights, lanes, spans, .. } = &mut scratch;
                let (query, lanes, span) = ask(*at, user, room, (lanes, spans));
                let ends = if *at < 3 { &user.ends[*at] } else { &room.ends[*at - 3] };
                let look = |weights: &Weights| note(&mut looked, ends.iter().copied(), weights);
                attention.mix(Plain, query, lanes, span, weights, &mut mixed, look);
                attention.mix(Plain, query, &[], Span::default(), weights, out, |_| ());
                Origin::Path(Path::ALL[*at])
            };
            let best = looked.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
            reasons.push(Reason {
                origin,
                contribution: 0.0,
                node: best.map(|(node, _)| node),
                attention: best.map_or(0.0, |(_, weight)| weight / self.config().heads as f64),
            });
        }
        for (modality, _) in &room.without {
            rows.extend_from_slice(&whole);
            let origin = Origin::Content(*modality);
            reasons.push(Reason { origin, contribution: 0.0, node: None, attention: 0.0 });
        }
        let content = 2 + self.paths.len();
        let heads = self.finish(rows, 1 + reasons.len(), |at| {
            let without = at.checked_sub(content).and_then(|at| room.without.get(at));
            (user.numbers.first(), without.map_or(room.numbers.first(), |(_, first)| first))
        })?;
        for (reason, less) in reasons.iter_mut().zip(&heads[1..]) {
            reason.contribution = f64::from(heads[0][0]) - f64::from(less[0]);
        }
        reasons.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
        Ok(reasons)
    }
}

/// Adds the weights of one head to those of their nodes.
fn note(looked: &mut Vec<(u64, f64)>, nodes: impl Iterator<Item = u64>, weights: &Weights) {
    for (at, node) in nodes.enumerate() {
        let weight = f64::from(weights.get(at));
        match looked.iter_mut().find(|(other, _)| *other == node) {
            Some((_, sum)) => *sum += weight,
            None => looked.push((node, weight)),
        }
    }
}
