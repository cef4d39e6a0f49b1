//! The user's half and the room's half of a batch, which know nothing of each other.
//!
//! Invariants: one row for each user or room asked for; a path that isn't read has no list.

use super::listed::ListRows;
use super::{Known, Listed, Losing, NodeBatch, NodeRows, checked};
use crate::{GiftingError, Modality, Path, RoomInput, UserInput};
use candle_core::Tensor;
use rand::Rng;

/// Places in a history of the events that are read.
pub(crate) type Kept = Vec<usize>;

/// Users, `B` rows.
pub(crate) struct UserBatch {
    pub(crate) streamers: NodeBatch,
    pub(crate) users: NodeBatch,
    /// Who each row is, `[B]`.
    pub(crate) user: Tensor,
    pub(crate) history: Listed,
    pub(crate) paths: [Option<Listed>; 3],
    pub(crate) side: Option<Tensor>,
}

/// Rooms, `B` rows.
pub(crate) struct RoomBatch {
    pub(crate) streamers: NodeBatch,
    pub(crate) users: NodeBatch,
    /// Whose room each row is, `[B]`.
    pub(crate) streamer: Tensor,
    pub(crate) paths: [Option<Listed>; 3],
    pub(crate) segment: Option<SegmentBatch>,
    pub(crate) side: Option<Tensor>,
}

/// Segments: rows `[B, L, width]` and masks `[B, L]` of each modality that is read.
pub(crate) struct SegmentBatch(pub(crate) [Option<(Tensor, Tensor)>; 3]);

impl UserBatch {
    /// Users with the events of their histories that are read.
    pub(crate) fn new(
        known: &Known<'_>,
        inputs: &[(UserInput<'_>, Kept)],
        mut losing: Option<&mut Losing<'_>>,
    ) -> Result<Self, GiftingError> {
        let (mut streamers, mut users) = (NodeRows::new(known, false), NodeRows::new(known, true));
        let mut history = ListRows::new(true);
        let mut paths = Path::USER_SIDE.map(|path| known.config.reads(path).then(|| ListRows::new(false)));
        let mut user = Vec::with_capacity(inputs.len());
        for (input, kept) in inputs {
            user.push(users.place(known, input.id)?);
            let events = kept.iter().filter_map(|&at| input.history.get(at));
            history.events(known, &mut streamers, events, input.time_s)?;
            for (path, neighbours) in paths.iter_mut().zip(input.paths) {
                if let Some(path) = path {
                    path.neighbours(known, &mut streamers, neighbours)?;
                }
            }
        }
        let side = inputs.iter().map(|(input, _)| (input.id, input.side));
        Ok(Self {
            side: known.side("user", known.config.user_side, side)?,
            streamers: streamers.tensors(known, losing.as_deref_mut())?,
            users: users.tensors(known, losing)?,
            user: known.indices(user)?,
            history: history.tensors(known)?,
            paths: listed(known, paths)?,
        })
    }
}

impl RoomBatch {
    pub(crate) fn new(
        known: &Known<'_>,
        inputs: &[RoomInput<'_>],
        mut losing: Option<&mut Losing<'_>>,
    ) -> Result<Self, GiftingError> {
        let (mut streamers, mut users) = (NodeRows::new(known, false), NodeRows::new(known, true));
        let mut paths =
            Path::STREAMER_SIDE.map(|path| known.config.reads(path).then(|| ListRows::new(false)));
        let mut streamer = Vec::with_capacity(inputs.len());
        for input in inputs {
            streamer.push(streamers.place(known, input.streamer)?);
            for ((list, path), neighbours) in paths.iter_mut().zip(Path::STREAMER_SIDE).zip(input.paths) {
                if let Some(list) = list {
                    let nodes = if path.ends_at_users() { &mut users } else { &mut streamers };
                    list.neighbours(known, nodes, neighbours)?;
                }
            }
        }
        let side = inputs.iter().map(|input| (input.streamer, input.side));
        Ok(Self {
            side: known.side("room of streamer", known.config.room_side, side)?,
            streamers: streamers.tensors(known, losing.as_deref_mut())?,
            users: users.tensors(known, losing.as_deref_mut())?,
            streamer: known.indices(streamer)?,
            paths: listed(known, paths)?,
            segment: if known.config.reads_segments() {
                Some(segments(known, inputs, losing)?)
            } else {
                None
            },
        })
    }
}

fn listed(known: &Known<'_>, paths: [Option<ListRows>; 3]) -> Result<[Option<Listed>; 3], GiftingError> {
    let [a, b, c] = paths.map(|path| path.map(|path| path.tensors(known)).transpose());
    Ok([a?, b?, c?])
}

fn segments(
    known: &Known<'_>,
    inputs: &[RoomInput<'_>],
    mut losing: Option<&mut Losing<'_>>,
) -> Result<SegmentBatch, GiftingError> {
    let fusion = &known.config.fusion;
    let mut parts = [None, None, None];
    for ((part, modality), width) in parts.iter_mut().zip(Modality::ALL).zip(fusion.widths()) {
        if width == 0 {
            continue;
        }
        let rows = inputs.iter().map(|input| -> &[Vec<f32>] {
            let rows = input.segment.map_or(&[][..], |segment| segment.rows(modality));
            let lost =
                losing.as_deref_mut().is_some_and(|losing| losing.random.random_bool(losing.modalities));
            if lost { &[] } else { &rows[rows.len().saturating_sub(fusion.most_rows)..] }
        });
        let rows: Vec<&[Vec<f32>]> = rows.collect();
        let most = rows.iter().map(|rows| rows.len()).max().unwrap_or(0).max(1);
        let mut values = vec![0.0; rows.len() * most * width];
        let mut mask = vec![0.0; rows.len() * most];
        for (at, (rows, input)) in rows.iter().zip(inputs).enumerate() {
            for (place, row) in rows.iter().enumerate() {
                let what = || format!("{} row {place} of streamer {}", modality.name(), input.streamer);
                checked(what, row, width)?;
                values[(at * most + place) * width..][..width].copy_from_slice(row);
                mask[at * most + place] = 1.0;
            }
        }
        let values = known.tensor(values, &[rows.len(), most, width])?;
        *part = Some((values, known.tensor(mask, &[rows.len(), most])?));
    }
    Ok(SegmentBatch(parts))
}
