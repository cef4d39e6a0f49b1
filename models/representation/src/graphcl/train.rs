//! The training loop: links and contrast in one loss.
//!
//! Invariants: two views per epoch; nodes contrasted in a step are those of its pairs, in the order of their ids.

use super::graph::{joint, mask, normalised, view};
use super::network::{Hidden, Network};
use super::{GraphCl, GraphClConfig, Link};
use crate::learning::{Batch, Progress, Watch, batches, bpr, info_nce, sampled_softmax};
use crate::sparse::SparseProduct;
use crate::{Dataset, Interactions, Kind, Recommender, Result, random};
use candle_core::{Device, Tensor};
use kairos_training::{AdamW, AdamWSettings, Parameters};
use rand::Rng;

/// Added to the logit of a drawn item that the user has chosen after all.
const OUT: f32 = -1e9;
/// Draws before a user is taken to have chosen everything.
const DRAWS: usize = 32;

pub(super) fn train(
    data: &Dataset,
    config: &GraphClConfig,
    validation: Option<&Interactions>,
    progress: &mut Progress<'_>,
) -> Result<GraphCl> {
    data.check()?;
    config.check()?;
    let rows = &data.interactions;
    let known: Vec<u32> =
        (0..).zip(rows.item_degrees()).filter(|&(_, degree)| degree > 0).map(|(item, _)| item).collect();
    let graph = joint(data, config)?;
    let strength = graph.row_sums();
    let whole = SparseProduct::symmetric(normalised(&graph));
    let parameters = Parameters::new(config.seed, Device::Cpu);
    let network = Network::new(data, config, &parameters)?;
    let settings = AdamWSettings { weight_decay: 0.0, ..AdamWSettings::default() };
    let mut optimiser = AdamW::new(&parameters, settings)?;
    let mut watch = Watch::new(Kind::GraphCl, rows, validation, config.judge_every, config.patience);
    let model = || -> Result<GraphCl> {
        let cosine = config.link == Link::SampledSoftmax;
        let vectors = network.vectors(&whole, &strength, cosine)?;
        Ok(GraphCl { config: config.clone(), vectors })
    };
    for epoch in 1..=config.epochs {
        let number = 2 * epoch as u64;
        let views = (config.contrast > 0.0)
            .then(|| [number, number + 1].map(|at| SparseProduct::symmetric(view(&graph, config, at))));
        let steps = batches(rows, config.batch, config.seed, epoch);
        let mut sum = 0.0;
        for (at, batch) in steps.iter().enumerate() {
            let step = Step { rows, known: &known, config, number: (epoch as u64) << 32 | at as u64 };
            let mut loss = step.link(&network, &whole, batch)?;
            if let Some(views) = &views {
                loss = (loss + (step.contrast(&network, views, batch)? * config.contrast)?)?;
            }
            optimiser.step(&loss.backward()?, config.learning_rate)?;
            sum += f64::from(loss.to_scalar::<f32>()?);
        }
        let mean = sum / steps.len().max(1) as f64;
        let boxed = || Ok(Box::new(model()?) as Box<dyn Recommender>);
        if watch.after(epoch, mean, progress, || parameters.snapshot(), boxed)? {
            break;
        }
    }
    let best = watch.best();
    if let Some((_, weights)) = &best {
        parameters.restore(weights)?;
    }
    let mut made = model()?;
    if let Some((epoch, _)) = best {
        made.config.epochs = epoch;
    }
    Ok(made)
}

struct Step<'a> {
    rows: &'a Interactions,
    /// Items that somebody chose, never empty.
    known: &'a [u32],
    config: &'a GraphClConfig,
    /// Of all steps of the training.
    number: u64,
}

impl Step<'_> {
    fn hide(&self, purpose: &str, number: u64, share: f64) -> candle_core::Result<Option<Tensor>> {
        if share == 0.0 {
            return Ok(None);
        }
        let items = self.rows.items();
        let mask = mask(self.config.seed, purpose, number, items, share);
        Ok(Some(Tensor::from_vec(mask, (items, 1), &Device::Cpu)?))
    }

    fn link(&self, network: &Network, graph: &SparseProduct, batch: &Batch) -> candle_core::Result<Tensor> {
        let ids = self.hide("ids", self.number, self.config.id_drop)?;
        let inputs = network.inputs(&Hidden { ids, attributes: None })?;
        let encoded = network.encode(&inputs, graph)?;
        let (first, size) = (self.rows.users() as u32, batch.users.len());
        let drawn = self.draw(batch);
        let items = batch.positives.iter().chain(&drawn).map(|&item| item + first);
        let places = Tensor::from_iter(batch.users.iter().copied().chain(items), &Device::Cpu)?;
        let found = encoded.index_select(&places, 0)?;
        let (user, positive) = (found.narrow(0, 0, size)?, found.narrow(0, size, size)?);
        let negative = found.narrow(0, 2 * size, drawn.len())?;
        let loss = match self.config.link {
            Link::Bpr => bpr(&user, &positive, &negative)?,
            Link::SampledSoftmax => {
                let own = self.own(batch, &drawn)?;
                sampled_softmax(&user, &positive, &negative, &own, self.config.link_temperature)?
            }
        };
        let raw = inputs.index_select(&places, 0)?.sqr()?.sum_all()?;
        loss + (raw * (0.5 * self.config.penalty / size.max(1) as f64))?
    }

    /// Items to compare with, among those that somebody chose: that nobody has chosen an item yet says nothing
    /// against its content.
    fn draw(&self, batch: &Batch) -> Vec<u32> {
        let mut random = random::stream(self.config.seed, "negatives", self.number);
        let mut draw = || self.known[random.random_range(0..self.known.len())];
        match self.config.link {
            Link::Bpr => {
                let mut outside = |chosen: &[u32]| {
                    let mut item = draw();
                    for _ in 0..DRAWS {
                        if chosen.binary_search(&item).is_err() {
                            break;
                        }
                        item = draw();
                    }
                    item
                };
                batch.users.iter().map(|&user| outside(self.rows.items_of(user))).collect()
            }
            Link::SampledSoftmax => {
                (0..self.config.negatives.min(self.known.len())).map(|_| draw()).collect()
            }
        }
    }

    /// Rules out drawn items that a user has chosen.
    fn own(&self, batch: &Batch, drawn: &[u32]) -> candle_core::Result<Tensor> {
        let mut mask = vec![0.0_f32; batch.users.len() * drawn.len()];
        for (row, &user) in mask.chunks_mut(drawn.len()).zip(&batch.users) {
            let chosen = self.rows.items_of(user);
            for (out, item) in row.iter_mut().zip(drawn) {
                if chosen.binary_search(item).is_ok() {
                    *out = OUT;
                }
            }
        }
        Tensor::from_vec(mask, (batch.users.len(), drawn.len()), &Device::Cpu)
    }

    fn contrast(
        &self,
        network: &Network,
        views: &[SparseProduct; 2],
        batch: &Batch,
    ) -> candle_core::Result<Tensor> {
        let first = self.rows.users() as u32;
        let users = self.nodes(batch.users.iter().copied())?;
        let items = self.nodes(batch.positives.iter().map(|&item| item + first))?;
        let mut seen = Vec::with_capacity(2);
        for (side, graph) in views.iter().enumerate() {
            let number = 2 * self.number + side as u64;
            let attributes = self.hide("attributes", number, self.config.attribute_mask)?;
            let encoded = network.encode(&network.inputs(&Hidden { ids: None, attributes })?, graph)?;
            let rows = |nodes: &Tensor| network.head(&encoded.index_select(nodes, 0)?);
            seen.push((rows(&users)?, rows(&items)?));
        }
        let tau = self.config.temperature;
        info_nce(&seen[0].0, &seen[1].0, tau)? + info_nce(&seen[0].1, &seen[1].1, tau)?
    }

    /// Distinct nodes, ascending, at most as many as are contrasted, evenly spread.
    fn nodes(&self, nodes: impl Iterator<Item = u32>) -> candle_core::Result<Tensor> {
        let mut nodes: Vec<u32> = nodes.collect();
        nodes.sort_unstable();
        nodes.dedup();
        let step = nodes.len().div_ceil(self.config.contrasted.max(1)).max(1);
        Tensor::from_iter(nodes.into_iter().step_by(step), &Device::Cpu)
    }
}
