//! Vectors of users and streamers, pretrained on what happened before the ranker's first sample, and what streamers'
//! titles say.
//!
//! Invariants: a vector knows nothing from the border on; titles are those of rooms before it, of a later streamer the
//! first room's, which is shown before anybody can enter.

use kairos_datasets::gifting::Records;
use kairos_gifting::{NodeTable, Vectors};
use kairos_representation::{Content, Dataset, Epoch, GraphCl, GraphClConfig, Interaction, Interactions};

use super::data::Source;

/// Who and what there was before a moment.
pub(super) struct Known {
    /// Users numbered below.
    pub(super) users: usize,
    /// Streamers numbered below.
    pub(super) streamers: usize,
    /// Rooms numbered below.
    pub(super) rooms: usize,
}

impl Known {
    pub(super) fn before(records: &Records, time_ms: i64) -> Self {
        let mut known = Self { users: 0, streamers: 0, rooms: 0 };
        let mut see = |user: u32, streamer: u32, live: u32| {
            known.users = known.users.max(user as usize + 1);
            known.streamers = known.streamers.max(streamer as usize + 1);
            known.rooms = known.rooms.max(live as usize + 1);
        };
        let impressions = records.impressions.iter().take_while(|one| one.time_ms < time_ms);
        impressions.for_each(|one| see(one.user, one.streamer, one.live));
        let gifts = records.gifts.iter().take_while(|one| one.time_ms < time_ms);
        gifts.for_each(|one| see(one.user, one.streamer, one.live));
        let reactions = records.reactions.iter().take_while(|one| one.time_ms < time_ms);
        reactions.for_each(|one| see(one.user, one.streamer, one.live));
        known
    }
}

/// Trains vectors on clicks and gifts before `border_ms` and collects titles of streamers seen before `end_ms`.
pub(super) fn pretrain(
    source: &Source,
    config: &GraphClConfig,
    border_ms: i64,
    end_ms: i64,
    progress: &mut dyn FnMut(&Epoch),
) -> anyhow::Result<NodeTable> {
    let records = &source.records;
    let known = Known::before(records, border_ms);
    let clicks =
        records.impressions.iter().take_while(|one| one.time_ms < border_ms).filter(|one| one.clicked);
    let clicks = clicks.map(|one| row(one.user, one.streamer, 1.0, one.time_ms));
    let gifts = records.gifts.iter().take_while(|one| one.time_ms < border_ms);
    let gifts = gifts.map(|one| row(one.user, one.streamer, one.value as f32 + 1.0, one.time_ms));
    let interactions = Interactions::from_rows(known.users, known.streamers, clicks.chain(gifts))?;
    let titles = titles(source, border_ms, end_ms);
    let mut data = Dataset::new(interactions);
    if let Some((width, rows)) = &titles {
        let values: Vec<f32> = rows.iter().take(known.streamers).flatten().copied().collect();
        if values.len() == known.streamers * width {
            data.content.push(Content::new("title", *width, values)?);
        }
    }
    let model = GraphCl::train(&data, config, None, progress)?;
    let vectors = model.vectors();
    let of = |ids: &[u64], count: usize, vector: &dyn Fn(u32) -> Option<Vec<f32>>| {
        let entries = ids.iter().zip(0_u32..).take(count);
        let entries: Vec<(u64, Vec<f32>)> =
            entries.filter_map(|(&id, number)| Some((id, vector(number)?))).collect();
        Vectors::new(vectors.width(), entries).unwrap_or_default()
    };
    let users = of(&source.users, known.users, &|user| vectors.user(user).map(<[f32]>::to_vec));
    let streamers = of(&source.streamers, known.streamers, &|one| vectors.item(one).map(<[f32]>::to_vec));
    Ok(NodeTable { content: content(source, titles), streamers, users })
}

fn row(user: u32, item: u32, value: f32, time: i64) -> Interaction {
    Interaction { user, item, value: value.max(f32::MIN_POSITIVE), time }
}

/// Titles of the streamers seen before a moment; rows of zeros where there is none.
fn titles(source: &Source, border_ms: i64, end_ms: i64) -> Option<(usize, Vec<Vec<f32>>)> {
    let records = &source.records;
    let width = records.titles.width();
    if width == 0 {
        return None;
    }
    let (known, all) = (Known::before(records, border_ms), Known::before(records, end_ms));
    let mut sums = vec![(vec![0.0_f32; width], false); all.streamers];
    for (room, live) in records.room_facts.iter().zip(0_u32..).take(all.rooms) {
        let Some((sum, met)) = sums.get_mut(room.streamer as usize) else { continue };
        // Rooms are numbered by their first event: the first of a streamer comes first.
        let counts = (live as usize) < known.rooms || !std::mem::replace(met, true);
        *met = true;
        if let Some(title) = records.title(live).filter(|_| counts) {
            sum.iter_mut().zip(title).for_each(|(sum, x)| *sum += x);
        }
    }
    let unit = |(mut sum, _): (Vec<f32>, bool)| {
        let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        let scale = if norm > 0.0 { (width as f32).sqrt() / norm } else { 0.0 };
        sum.iter_mut().for_each(|x| *x *= scale);
        sum
    };
    Some((width, sums.into_iter().map(unit).collect()))
}

fn content(source: &Source, titles: Option<(usize, Vec<Vec<f32>>)>) -> Vectors {
    let Some((width, rows)) = titles else { return Vectors::default() };
    let entries = source.streamers.iter().copied().zip(rows).filter(|(_, row)| row.iter().any(|&x| x != 0.0));
    Vectors::new(width, entries).unwrap_or_default()
}

/// A table with the titles of streamers that came after it was made; what it has stays.
pub(super) fn with_later_titles(
    mut nodes: NodeTable,
    source: &Source,
    width: usize,
    border_ms: i64,
) -> NodeTable {
    let Some((found, rows)) = titles(source, border_ms, i64::MAX).filter(|(found, _)| *found == width) else {
        return nodes;
    };
    let entries = source.streamers.iter().zip(rows).map(|(&id, row)| {
        let row = nodes.content.get(id).map_or(row, <[f32]>::to_vec);
        (id, row)
    });
    let entries: Vec<(u64, Vec<f32>)> = entries.filter(|(_, row)| row.iter().any(|&x| x != 0.0)).collect();
    nodes.content = Vectors::new(found, entries).unwrap_or_default();
    nodes
}

/// Values of a streamer's titles; 0 without any.
pub(super) fn content_width(source: &Source) -> usize {
    source.records.titles.width()
}
