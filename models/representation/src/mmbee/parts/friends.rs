//! What a user's friends chose: metapath U->U->A.
//!
//! `f(u, a) = |F_u|^-1 Σ_{v ∈ F_u} y_va` with `y` the logarithm of amounts over its mean. Invariants: a user without friends, or unknown, gets zeros.

use crate::checkpoint::{Tensors, csr_into};
use crate::sparse::Csr;
use crate::{Dataset, RepresentationError, Result};

/// Friendships and what everybody chose.
pub(crate) struct Friends {
    friends: Csr,
    chosen: Csr,
}

impl Friends {
    pub(super) fn new(data: &Dataset) -> Result<Self> {
        let Some(social) = &data.social else {
            return Err(RepresentationError::Empty("social graph"));
        };
        Ok(Self { friends: social.graph().normalised(1.0, 0.0), chosen: data.interactions.amounts() })
    }

    pub(super) fn score(&self, user: u32, out: &mut [f32]) {
        out.fill(0.0);
        for (friend, weight) in self.friends.pairs(user as usize) {
            for (item, value) in self.chosen.pairs(friend) {
                out[item] += weight * value;
            }
        }
    }

    pub(super) fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        csr_into(&mut tensors, "friends", &self.friends)?;
        csr_into(&mut tensors, "chosen", &self.chosen)?;
        Ok(tensors)
    }

    pub(super) fn restore(items: usize, tensors: &Tensors) -> Result<Self> {
        let chosen = tensors.csr("chosen", items)?;
        let friends = tensors.csr("friends", chosen.rows())?;
        RepresentationError::size("users of friendships", chosen.rows(), friends.rows())?;
        Ok(Self { friends, chosen })
    }
}
