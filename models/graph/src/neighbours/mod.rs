//! Neighbours of streamers and users: Swing and metapaths, kept up to date with the graph.
//!
//! Source: MMBee (arXiv 2407.00056), graph-guided interest expansion. Invariants: what is kept equals what a full
//! computation on the same graph gives; of paths to the same node the best one is kept; order is weight, then the last
//! gift on the path, then platform id, so it depends on no index and no thread.

mod file;
mod paths;
mod rank;
mod strongest;
mod swing;
mod table;
mod tables;
mod update;

pub use tables::{NeighbourTables, StreamerNeighbours, UserNeighbours};
pub use update::Refreshed;

use bytemuck::{Pod, Zeroable};

/// No node.
const NONE: u32 = u32::MAX;

/// A node at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Neighbour {
    /// Its index; the metapath tells the side.
    pub node: u32,
    /// Product of the edge weights along the path: w_UA for gifts, Swing between streamers.
    pub weight: f32,
    /// Second of the last gift on the path; 0 on a path without gifts.
    pub last: u32,
    via_streamer: u32,
    via_user: u32,
}

impl Neighbour {
    /// The end of one edge.
    const fn near(node: u32, weight: f32, last: u32) -> Self {
        Self { node, weight, last, via_streamer: NONE, via_user: NONE }
    }

    /// The streamer in between on U->A->A and U->A->U->A: the one that the user gives to already.
    pub fn via_streamer(&self) -> Option<u32> {
        (self.via_streamer != NONE).then_some(self.via_streamer)
    }

    /// The user in between on A->U->A and U->A->U->A: the one who gives to both streamers.
    pub fn via_user(&self) -> Option<u32> {
        (self.via_user != NONE).then_some(self.via_user)
    }
}

/// A chain of node kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metapath {
    /// User -> streamer: those whom the user gives to.
    UserStreamer,
    /// User -> streamer -> streamer: those like them, by Swing.
    UserStreamerStreamer,
    /// User -> streamer -> user -> streamer: those whom their other givers give to.
    UserStreamerUserStreamer,
    /// Streamer -> streamer: like ones, by Swing.
    StreamerStreamer,
    /// Streamer -> user -> streamer: whom the givers also give to.
    StreamerUserStreamer,
    /// Streamer -> user: the givers.
    StreamerUser,
}

impl Metapath {
    /// All, in the order of the files.
    pub const ALL: [Self; 6] = [
        Self::UserStreamer,
        Self::UserStreamerStreamer,
        Self::UserStreamerUserStreamer,
        Self::StreamerStreamer,
        Self::StreamerUserStreamer,
        Self::StreamerUser,
    ];

    /// Its short name, `uaua` for U->A->U->A.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserStreamer => "ua",
            Self::UserStreamerStreamer => "uaa",
            Self::UserStreamerUserStreamer => "uaua",
            Self::StreamerStreamer => "aa",
            Self::StreamerUserStreamer => "aua",
            Self::StreamerUser => "au",
        }
    }

    /// Whether it starts at a user.
    pub const fn from_user(self) -> bool {
        matches!(self, Self::UserStreamer | Self::UserStreamerStreamer | Self::UserStreamerUserStreamer)
    }
}
