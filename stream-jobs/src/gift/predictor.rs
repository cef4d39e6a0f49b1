//! Who is likely to give in a room: the ranker asked about everybody who is there.
//!
//! A pure function of the acts and units in their order: no clock, no map order. What a user's numbers come to is computed
//! once and kept, each for itself: in a batch the last bits would depend on who else is in it, and so on when the job was
//! started. Invariant: users are ranked by probability, then id.

use std::sync::Arc;

use kairos_gifting::{NodeTable, RoomInput, Segment, UserPass};
use lru::LruCache;

use super::act::Act;
use super::audience::{Audience, Own};
use super::model::GiftModel;
use super::{GiftConfig, reason};
use crate::graph::{LiveGraph, id_of};

/// What is expected of a viewer.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The viewer.
    pub user: String,
    /// Probability of a gift within the ranker's horizon.
    pub probability: f64,
    /// Probability times value, United States dollars.
    pub expected_value: f64,
    /// Why, in words.
    pub reason: String,
}

/// A ranker, and everything it is told.
pub struct Predictor {
    model: Arc<GiftModel>,
    config: GiftConfig,
    audience: Audience,
    nodes: NodeTable,
    /// By what users look like: most are alike.
    kept: LruCache<u128, Arc<UserPass>>,
    kept_bytes: usize,
}

impl std::fmt::Debug for Predictor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Predictor").field("model", &self.model.name()).finish_non_exhaustive()
    }
}

impl Predictor {
    /// A ranker before anybody came, with the graph so far.
    pub fn new(model: Arc<GiftModel>, config: GiftConfig, graph: LiveGraph) -> Self {
        let audience = Audience::new(config.clone(), graph);
        Self {
            model,
            config,
            audience,
            nodes: NodeTable::default(),
            kept: LruCache::unbounded(),
            kept_bytes: 0,
        }
    }

    /// The ranker.
    pub fn model(&self) -> &Arc<GiftModel> {
        &self.model
    }

    /// People and graph.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// People and graph, to be kept and taken up again.
    pub fn audience_mut(&mut self) -> &mut Audience {
        &mut self.audience
    }

    /// Takes an act in a room.
    ///
    /// # Errors
    /// If a gift can't be an edge; the viewer is counted all the same.
    pub fn observe(&mut self, room: &str, act: &Act) -> Result<(), kairos_graph::Error> {
        self.audience.observe(room, act)
    }

    /// The likeliest givers of a room as of `now_us`, Unix microseconds, with what is seen and said in it.
    ///
    /// # Errors
    /// If the ranker refuses an input.
    pub fn predict(&mut self, room: &str, content: &Segment, now_us: i64) -> anyhow::Result<Vec<Predicted>> {
        let asked = self.audience.asked(room, now_us)?;
        if asked.viewers.is_empty() {
            return Ok(Vec::new());
        }
        let [a, b, c] = &asked.paths;
        let input = RoomInput {
            streamer: id_of(&asked.streamer),
            category: 0,
            paths: [a, b, c],
            segment: Some(content),
            side: &asked.side,
        };
        let Some(room_pass) = self.model.ranker().room_passes(&[input], &self.nodes, true)?.pop() else {
            return Ok(Vec::new());
        };
        let (mut passes, mut side) = (Vec::with_capacity(asked.viewers.len()), Vec::new());
        for viewer in &asked.viewers {
            passes.push(self.pass(&viewer.user, &viewer.own)?);
            side.extend(viewer.pair);
        }
        let predictions = self.model.scorer().users(&room_pass, &passes, &side)?;
        let mut ranked: Vec<(usize, f64)> =
            predictions.iter().enumerate().map(|(at, prediction)| (at, prediction.probability)).collect();
        // Viewers come by id, so equal ones stay in its order.
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut found = Vec::with_capacity(self.config.top);
        for (at, probability) in ranked.into_iter().take(self.config.top) {
            let viewer = &asked.viewers[at];
            let reasons = self.model.scorer().reasons(&passes[at], &room_pass, &viewer.pair)?;
            found.push(Predicted {
                user: viewer.user.clone(),
                probability,
                expected_value: predictions[at].value,
                reason: reason::words(&self.audience, room, &asked.streamer, &viewer.user, &reasons, now_us),
            });
        }
        Ok(found)
    }

    fn pass(&mut self, user: &str, own: &Own) -> anyhow::Result<Arc<UserPass>> {
        let id = id_of(user);
        // A user without a row of its own is all that is told of it.
        let known = self.model.ranker().knows_user(id).then_some(id);
        let key = own.fingerprint(known);
        if let Some(pass) = self.kept.get(&key) {
            return Ok(Arc::clone(pass));
        }
        let mut passes = self.model.ranker().user_passes(&[own.input(id)], &self.nodes)?;
        let pass = passes.pop().ok_or_else(|| anyhow::anyhow!("user {user}: the ranker gave no pass"))?;
        let pass = Arc::new(pass);
        self.kept_bytes += pass.bytes();
        self.kept.put(key, Arc::clone(&pass));
        while self.kept_bytes > self.config.passes_mib << 20 {
            let Some((_, oldest)) = self.kept.pop_lru() else { break };
            self.kept_bytes -= oldest.bytes();
        }
        Ok(pass)
    }
}
