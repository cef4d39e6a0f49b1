//! Why a pair was scored as it was.
//!
//! A part's contribution is what the log odds lose when the part is taken away alone: a history or a metapath is read
//! as if it were empty, a modality as if it were missing. Parts may stand in for one another, so contributions need
//! not sum to the whole.
//!
//! Invariants: the first reason is that of the largest contribution, and equal ones keep the order of the parts.

use super::attend::{Asked, Weights, mix};
use super::eight::{Eight, Work, widest};
use super::kernels::Lane;
use super::packed::Span;
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
        let (mut rows, mut reasons) = widest(Parts { scorer: self, user, room, pair_side });
        let whole = rows[..self.columns].to_vec();
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

/// The pair's row of the first layer, and one row without each part that is a list; the parts, contributions to come.
struct Parts<'a> {
    scorer: &'a Scorer,
    user: &'a UserPass,
    room: &'a RoomPass,
    pair_side: &'a [f32],
}

impl Work for Parts<'_> {
    type Output = (Vec<f32>, Vec<Reason>);

    #[inline(always)]
    fn on(self, eight: impl Eight) -> Self::Output {
        let Self { scorer, user, room, pair_side } = self;
        let (d, heads) = (scorer.config().width, scorer.config().heads);
        let mut scratch = Scratch::default();
        let mut whole = vec![0.0; scorer.columns];
        scorer.fill(eight, user, room, pair_side, &mut whole, &mut scratch);
        let (mut rows, mut reasons) = (whole.clone(), Vec::new());
        let mut mixed = vec![0.0; d];
        for part in 0..=scorer.paths.len() {
            let mut looked = Looked { heads, nodes: Vec::new() };
            let (asked, origin) =
                if part == 0 {
                    scorer.read_history(eight, user, room, &mut mixed, &mut scratch, |read, weights| {
                        match read {
                            Read::Nobody => {}
                            Read::Streamers(nodes) => looked.note(nodes.iter().copied(), weights),
                            Read::Found(nodes, found) => {
                                looked.note(found.iter().map(|(_, at)| nodes[*at]), weights);
                            }
                        }
                    });
                    let span = Span::default();
                    (Asked { attention: &scorer.history, query: &room.history, span }, Origin::History)
                } else {
                    let path = &scorer.paths[part - 1];
                    let asked = ask(path, user, room);
                    let (each, weights) = (std::iter::once(asked), &mut scratch.weights);
                    let ends = match path.0.checked_sub(3) {
                        None => {
                            mix(eight, scorer.history.shape, each, &user.lanes, weights, &mut mixed);
                            &user.ends[path.0]
                        }
                        Some(at) => {
                            mix(eight, scorer.history.shape, each, &room.lanes, weights, &mut mixed);
                            &room.ends[at]
                        }
                    };
                    looked.note(ends.iter().copied(), weights);
                    (asked, Origin::Path(Path::ALL[path.0]))
                };
            let from = rows.len() + part * d;
            rows.extend_from_slice(&whole);
            // As if the list were empty.
            let nothing = std::iter::once(Asked { span: Span::default(), ..asked });
            let (weights, out) = (&mut scratch.weights, &mut rows[from..from + d]);
            mix::<Lane>(eight, scorer.history.shape, nothing, &[], weights, out);
            reasons.push(looked.reason(origin));
        }
        (rows, reasons)
    }
}

/// How much attention went to whom.
struct Looked {
    heads: usize,
    nodes: Vec<(u64, f64)>,
}

impl Looked {
    /// Adds the weights of all heads of one list.
    fn note(&mut self, nodes: impl Iterator<Item = u64>, weights: &Weights) {
        for (at, node) in nodes.enumerate() {
            let weight = (0..self.heads).map(|head| f64::from(weights.get(head, at))).sum::<f64>();
            match self.nodes.iter_mut().find(|(other, _)| *other == node) {
                Some((_, sum)) => *sum += weight,
                None => self.nodes.push((node, weight)),
            }
        }
    }

    fn reason(self, origin: Origin) -> Reason {
        let best = self.nodes.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
        Reason {
            origin,
            contribution: 0.0,
            node: best.map(|(node, _)| node),
            attention: best.map_or(0.0, |(_, weight)| weight / self.heads as f64),
        }
    }
}
