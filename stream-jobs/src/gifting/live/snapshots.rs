//! Metapath neighbours through time: a snapshot of the graph every so often.
//!
//! Invariants: a snapshot knows the gifts before its moment and no other; moments are whole steps since 1970, so that they
//! don't depend on what is asked; the graph is the one that serves live.

use kairos_datasets::gifting::{GiftEvent, Records, Sample};
use kairos_gifting::{Lists, Neighbour, Snapshot};
use kairos_graph::Gift;

use super::data::Source;
use crate::config::Config;
use crate::graph::LiveGraph;

/// Snapshots for the users and streamers of `samples` (in order of time), each taken at the last step before them.
pub(super) fn snapshots(
    config: &Config,
    source: &Source,
    samples: &[Sample],
) -> anyhow::Result<Vec<Snapshot>> {
    let step = i64::from(config.gifting.live.snapshot_hours) * 3_600_000;
    let mut gifts = source.records.gifts.iter().peekable();
    let mut graph = LiveGraph::empty(config)?;
    let mut all = Vec::new();
    for window in samples.chunk_by(|a, b| a.time_ms.div_euclid(step) == b.time_ms.div_euclid(step)) {
        let Some(first) = window.first() else { continue };
        let moment = first.time_ms.div_euclid(step) * step;
        while let Some(gift) = gifts.next_if(|gift| gift.time_ms < moment) {
            give(&mut graph, &source.records, gift)?;
        }
        graph.refresh()?;
        all.push(Snapshot {
            time_s: moment.div_euclid(1000),
            users: lists(window.iter().map(|sample| sample.user), |user| {
                let name = source.records.users.name(user)?;
                Some((*source.users.get(user as usize)?, graph.of_user(name)))
            }),
            streamers: lists(window.iter().map(|sample| sample.streamer), |streamer| {
                let name = source.records.streamers.name(streamer)?;
                Some((*source.streamers.get(streamer as usize)?, graph.of_streamer(name)))
            }),
        });
    }
    Ok(all)
}

/// The graph of all gifts before a moment.
pub(super) fn graph_before(config: &Config, source: &Source, time_ms: i64) -> anyhow::Result<LiveGraph> {
    let mut graph = LiveGraph::empty(config)?;
    for gift in source.records.gifts.iter().take_while(|gift| gift.time_ms < time_ms) {
        give(&mut graph, &source.records, gift)?;
    }
    Ok(graph)
}

fn give(graph: &mut LiveGraph, records: &Records, gift: &GiftEvent) -> anyhow::Result<()> {
    let (Some(user), Some(streamer)) = (records.users.name(gift.user), records.streamers.name(gift.streamer))
    else {
        return Ok(());
    };
    let at_us = gift.time_ms.saturating_mul(1000);
    Ok(graph.give(&Gift { user, streamer, count: 1, value: gift.value, at_us })?)
}

fn lists(
    numbers: impl Iterator<Item = u32>,
    of: impl Fn(u32) -> Option<(u64, [Vec<Neighbour>; 3])>,
) -> [Lists<Neighbour>; 3] {
    let mut numbers: Vec<u32> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut each: [Vec<(u64, Vec<Neighbour>)>; 3] = Default::default();
    for (id, found) in numbers.into_iter().filter_map(of) {
        for (each, found) in each.iter_mut().zip(found) {
            if !found.is_empty() {
                each.push((id, found));
            }
        }
    }
    each.map(|each| each.into_iter().collect())
}
