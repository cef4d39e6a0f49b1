//! Who knows whom: an undirected graph of users.
//!
//! Invariants: symmetric, no loops, neighbours distinct and ascending.

use crate::sparse::Csr;
use crate::{RepresentationError, Result};

/// Friendship or trust among users.
#[derive(Debug, Clone, PartialEq)]
pub struct Social {
    graph: Csr,
}

impl Social {
    /// From pairs in any order and direction; a pair counts once, loops are left out.
    ///
    /// # Errors
    /// When an id is not below `users`.
    pub fn from_pairs(users: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> Result<Self> {
        let mut triples = Vec::new();
        for (row, (a, b)) in pairs.into_iter().enumerate() {
            for (field, id) in [("user", a), ("friend", b)] {
                if id as usize >= users {
                    let reason = format!("{id} is not below {users}");
                    return Err(RepresentationError::Row { what: "social graph", row, field, reason });
                }
            }
            if a != b {
                triples.extend([(a, b, 1.0), (b, a, 1.0)]);
            }
        }
        let mut graph = Csr::from_triples(users, users, triples);
        graph.map(|_, _, _| 1.0);
        Ok(Self { graph })
    }

    /// Number of users, those without friends included.
    #[must_use]
    pub fn users(&self) -> usize {
        self.graph.rows()
    }

    /// A user's friends, ascending.
    #[must_use]
    pub fn friends_of(&self, user: u32) -> &[u32] {
        self.graph.row(user as usize).0
    }

    /// The matrix of ones, users x users.
    #[must_use]
    pub fn graph(&self) -> &Csr {
        &self.graph
    }

    /// BLAKE3 of size and pairs, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.users() as u64).to_le_bytes());
        for user in 0..self.users() {
            for friend in self.graph.row(user).0 {
                hasher.update(&(user as u32).to_le_bytes());
                hasher.update(&friend.to_le_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}
