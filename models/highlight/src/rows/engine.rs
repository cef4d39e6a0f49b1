//! A network laid out for scoring many windows at once on the processor.
//!
//! Invariants: gives what [`Network`] gives, up to the order of sums; every product has the windows' rows side by
//! side, so weights are read once for all of them.

use super::attend::{Attend, Block, Rows};
use super::kernels::{Dense, PlainNorm, add, gated, relu};
use crate::model::{self, Network};
use crate::{Config, HighlightError, Normalisation};
use candle_nn::Linear;

/// One layer's weights.
#[derive(Debug)]
struct Layer {
    /// Query, key and value of the rows that ask.
    qkv: Dense,
    /// Query alone.
    query: Dense,
    /// Key and value alone.
    kv: Dense,
    output: Dense,
    /// Up, or up and gate.
    up: Dense,
    gated: bool,
    down: Dense,
    first: PlainNorm,
    second: PlainNorm,
}

impl Layer {
    fn new(block: &model::Block) -> Result<Self, HighlightError> {
        let model::Block { attention, feed_forward, first, second } = block;
        let up: Vec<&Linear> = std::iter::once(&feed_forward.up).chain(&feed_forward.gate).collect();
        Ok(Self {
            qkv: Dense::new(&[&attention.query, &attention.key, &attention.value])?,
            query: Dense::new(&[&attention.query])?,
            kv: Dense::new(&[&attention.key, &attention.value])?,
            output: Dense::new(&[&attention.output])?,
            up: Dense::new(&up)?,
            gated: feed_forward.gate.is_some(),
            down: Dense::new(&[&feed_forward.down])?,
            first: PlainNorm::new(first)?,
            second: PlainNorm::new(second)?,
        })
    }

    fn feed(&self, rows: usize, x: Vec<f32>) -> Result<Vec<f32>, HighlightError> {
        let mut inner = self.up.forward(rows, x)?;
        if self.gated {
            inner = gated(&inner, self.up.width() / 2);
        } else {
            relu(&mut inner);
        }
        self.down.forward(rows, inner)
    }

    /// From rows with attention added to the layer's result.
    fn finish(&self, rows: usize, mut x: Vec<f32>, pre: bool) -> Result<Vec<f32>, HighlightError> {
        if pre {
            let mut normal = x.clone();
            self.second.apply(&mut normal);
            add(&mut x, &self.feed(rows, normal)?);
        } else {
            self.first.apply(&mut x);
            let fed = self.feed(rows, x.clone())?;
            add(&mut x, &fed);
            self.second.apply(&mut x);
        }
        Ok(x)
    }
}

#[derive(Debug)]
pub(crate) struct Engine {
    width: usize,
    pre: bool,
    perceiver_positions: bool,
    slopes: Vec<f32>,
    /// Position vectors, slot by slot.
    positions: Vec<f32>,
    content: Dense,
    streamers: Vec<f32>,
    perceiver: Vec<Layer>,
    perceiver_last: Option<PlainNorm>,
    decoder: Vec<Layer>,
    decoder_last: Option<PlainNorm>,
    output: Dense,
}

/// The aligned units of a recording, and what of them doesn't depend on the window.
pub(crate) struct Units {
    /// `e`, unit by unit.
    values: Vec<f32>,
    /// What each unit adds to the streamer's embedding.
    content: Vec<f32>,
    /// Row of the streamer.
    streamer: Option<usize>,
}

impl Engine {
    pub(crate) fn new(config: &Config, network: &Network) -> Result<Self, HighlightError> {
        let layers = |blocks: &[model::Block]| blocks.iter().map(Layer::new).collect::<Result<Vec<_>, _>>();
        let last = |norm: &Option<model::RowNorm>| norm.as_ref().map(PlainNorm::new).transpose();
        let slope = |head| if config.recency_bias { model::slope(head, config.heads) } else { 0.0 };
        Ok(Self {
            width: config.width,
            pre: config.normalisation == Normalisation::Pre,
            perceiver_positions: config.perceiver_positions,
            slopes: (0..config.heads).map(slope).collect(),
            positions: network.positions.first(config.look_back)?.flatten_all()?.to_vec1()?,
            content: Dense::new(&[&network.streamers.from_content])?,
            streamers: network.streamers.rows.flatten_all()?.to_vec1()?,
            perceiver: layers(&network.perceiver.layers)?,
            perceiver_last: last(&network.perceiver.last)?,
            decoder: layers(&network.decoder.layers)?,
            decoder_last: last(&network.decoder.last)?,
            output: Dense::new(&[&network.output])?,
        })
    }

    /// Aligned units `values` of a recording, ready for [`Engine::logits`].
    pub(crate) fn units(&self, values: Vec<f32>, streamer: Option<usize>) -> Result<Units, HighlightError> {
        // The streamer's embedding starts from the mean of the units so far; projecting them first is the same.
        let content = self.content.product(values.len() / self.width, values.clone())?;
        Ok(Units { values, content, streamer })
    }

    /// Logits `[rows, heads · delays]` of windows of `n` units that begin at `starts`: of every position, or of
    /// the last one of each window with `last_only`.
    pub(crate) fn logits(
        &self,
        units: &Units,
        starts: &[usize],
        n: usize,
        last_only: bool,
    ) -> Result<Vec<f32>, HighlightError> {
        let windows = starts.len();
        let rows = self.perceive(units, starts, n)?;
        let rows = self.decode(rows, windows, n, last_only)?;
        let count = if last_only { windows } else { windows * n };
        self.output.forward(count, rows)
    }

    fn perceive(&self, units: &Units, starts: &[usize], n: usize) -> Result<Vec<f32>, HighlightError> {
        let (d, windows) = (self.width, starts.len());
        let rows = windows * n;
        let mut kv = Vec::with_capacity(rows * d);
        let mut query = Vec::with_capacity(rows * d);
        let row = units.streamer.map_or(0, |row| row + 1) * d;
        let mut base = self.streamers[row..row + d].to_vec();
        add(&mut base, self.content.bias());
        let mut sum = vec![0.0; d];
        for &start in starts {
            kv.extend_from_slice(&units.values[start * d..(start + n) * d]);
            sum.fill(0.0);
            for (at, content) in units.content[start * d..(start + n) * d].chunks_exact(d).enumerate() {
                add(&mut sum, content);
                let share = 1.0 / (at + 1) as f32;
                query.extend(sum.iter().zip(&base).map(|(sum, base)| sum * share + base));
            }
        }
        if self.perceiver_positions {
            self.place(&mut kv, n);
            self.place(&mut query, n);
        }
        let mut attend = Attend::new(n, d, &self.slopes);
        for (at, layer) in self.perceiver.iter().enumerate() {
            let (mut normal_kv, mut normal) = (kv.clone(), query.clone());
            if self.pre {
                layer.first.apply(&mut normal_kv);
                layer.first.apply(&mut normal);
                // As released, the residual adds the normalised query.
                query.copy_from_slice(&normal);
            }
            let kv = layer.kv.forward(rows, normal_kv)?;
            let qkv = layer.qkv.forward(rows, normal)?;
            let mut mixed = vec![0.0; rows * d];
            for window in 0..windows {
                let kv = &kv[window * n * 2 * d..(window + 1) * n * 2 * d];
                let qkv = &qkv[window * n * 3 * d..(window + 1) * n * 3 * d];
                let in_kv = |from| Rows { values: kv, stride: 2 * d, from };
                let in_qkv = |from| Rows { values: qkv, stride: 3 * d, from };
                let blocks = [
                    Block { keys: in_kv(0), values: in_kv(d), own: false },
                    // The streamer's embedding is one row to each query; later rows are a sequence.
                    Block { keys: in_qkv(d), values: in_qkv(2 * d), own: at == 0 },
                ];
                attend.window(in_qkv(0), 0, &blocks, &mut mixed[window * n * d..(window + 1) * n * d]);
            }
            add(&mut query, &layer.output.forward(rows, mixed)?);
            query = layer.finish(rows, query, self.pre)?;
        }
        if let Some(last) = &self.perceiver_last {
            last.apply(&mut query);
        }
        self.place(&mut query, n);
        Ok(query)
    }

    fn decode(
        &self,
        mut x: Vec<f32>,
        windows: usize,
        n: usize,
        last_only: bool,
    ) -> Result<Vec<f32>, HighlightError> {
        let d = self.width;
        let rows = windows * n;
        let mut attend = Attend::new(n, d, &self.slopes);
        for (at, layer) in self.decoder.iter().enumerate() {
            let shorten = last_only && at + 1 == self.decoder.len();
            let mut normal = x.clone();
            if self.pre {
                layer.first.apply(&mut normal);
            }
            let (first, asked) = if shorten { (n - 1, 1) } else { (0, n) };
            // (queries, their row length), (keys and values, their row length, first column of the keys)
            let (queries, (kv, stride, keys)) = if shorten {
                x = ends(&x, n, d);
                let queries = (layer.query.forward(windows, ends(&normal, n, d))?, d);
                (Some(queries), (layer.kv.forward(rows, normal)?, 2 * d, 0))
            } else {
                (None, (layer.qkv.forward(rows, normal)?, 3 * d, d))
            };
            let (queries, query_stride) = queries.as_ref().map_or((&kv, stride), |(q, s)| (q, *s));
            let mut mixed = vec![0.0; windows * asked * d];
            for window in 0..windows {
                let part = &kv[window * n * stride..(window + 1) * n * stride];
                let block = |from| Rows { values: part, stride, from };
                let block = Block { keys: block(keys), values: block(keys + d), own: false };
                let size = asked * query_stride;
                let values = &queries[window * size..(window + 1) * size];
                let queries = Rows { values, stride: query_stride, from: 0 };
                let into = &mut mixed[window * asked * d..(window + 1) * asked * d];
                attend.window(queries, first, &[block], into);
            }
            add(&mut x, &layer.output.forward(windows * asked, mixed)?);
            x = layer.finish(windows * asked, x, self.pre)?;
        }
        if let Some(last) = &self.decoder_last {
            last.apply(&mut x);
        }
        Ok(x)
    }

    /// Adds positions to windows of `n` rows.
    fn place(&self, rows: &mut [f32], n: usize) {
        let positions = &self.positions[..n * self.width];
        rows.chunks_exact_mut(positions.len()).for_each(|window| add(window, positions));
    }
}

/// The last of each `n` rows.
fn ends(rows: &[f32], n: usize, width: usize) -> Vec<f32> {
    rows.chunks_exact(n * width).flat_map(|window| &window[(n - 1) * width..]).copied().collect()
}
