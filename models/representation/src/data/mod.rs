//! What is learnt from: who did what with which item, what the items look like, who knows whom.
//!
//! Invariants: plain numbers, no files; ids are positions from 0; every value is finite; the digest of equal
//! data is equal whatever order its rows came in.

mod content;
mod interactions;
mod social;

pub use content::Content;
pub(crate) use interactions::amount_of;
pub use interactions::{Interaction, Interactions};
pub use social::Social;

use crate::{RepresentationError, Result};
use serde::{Deserialize, Serialize};

/// All that a model may be trained on. Validation and test rows are no part of it: what isn't here can't leak.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Users x items.
    pub interactions: Interactions,
    /// Content of the items, one matrix per modality; none is fine.
    pub content: Vec<Content>,
    /// Who knows whom among the users.
    pub social: Option<Social>,
}

/// Digests of a [`Dataset`], which a checkpoint carries to say what it was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataDigests {
    /// Users of the training data.
    pub users: usize,
    /// Items of the training data.
    pub items: usize,
    /// BLAKE3 of the interactions, in hex.
    pub interactions: String,
    /// Name and BLAKE3 of each content matrix.
    pub content: Vec<(String, String)>,
    /// BLAKE3 of the social graph.
    pub social: Option<String>,
}

impl Dataset {
    /// Interactions alone.
    #[must_use]
    pub fn new(interactions: Interactions) -> Self {
        Self { interactions, content: Vec::new(), social: None }
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// When there are no interactions, or content or social graph are of another number of items or users.
    pub fn check(&self) -> Result<()> {
        if self.interactions.is_empty() {
            return Err(RepresentationError::Empty("interactions"));
        }
        for content in &self.content {
            RepresentationError::size("content rows", self.interactions.items(), content.rows())?;
        }
        match &self.social {
            Some(social) => {
                RepresentationError::size("social graph users", self.interactions.users(), social.users())
            }
            None => Ok(()),
        }
    }

    /// What it is, in a few bytes.
    #[must_use]
    pub fn digests(&self) -> DataDigests {
        DataDigests {
            users: self.interactions.users(),
            items: self.interactions.items(),
            interactions: self.interactions.digest(),
            content: self.content.iter().map(|c| (c.name().to_owned(), c.digest())).collect(),
            social: self.social.as_ref().map(Social::digest),
        }
    }
}
