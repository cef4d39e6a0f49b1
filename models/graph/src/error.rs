//! What can go wrong.
//!
//! Invariant: an error of a file names the file, its section, what was expected and what was found.

use std::path::{Path, PathBuf};

/// An error of the gift graph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read or written.
    #[error("{what} {file}", file = file.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is not what its header says, or no file of this kind.
    #[error("{file}: section {section}: {what} is {found}, expected {expected}", file = file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The part of it.
        section: String,
        /// What was compared.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The file was made with settings that its numbers depend on, and they differ from the ones given.
    #[error("{file}: made with {field} = {found}, the configuration says {expected}", file = file.display())]
    Settings {
        /// The file.
        file: PathBuf,
        /// The setting.
        field: &'static str,
        /// The configuration's.
        expected: String,
        /// The file's.
        found: String,
    },
    /// A setting is outside its range.
    #[error("setting {field}: {problem}")]
    Config {
        /// The setting.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A gift that can't be an edge.
    #[error("gift of user {user:?} to streamer {streamer:?}: {field} {problem}")]
    Gift {
        /// Who gave.
        user: String,
        /// Who received.
        streamer: String,
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// More of something than its index can count.
    #[error("too many {what}: at most {limit}")]
    TooMany {
        /// Nodes, edges or bytes of ids.
        what: &'static str,
        /// How many fit.
        limit: u64,
    },
    /// Neighbour tables that belong to another graph, or to another moment of it.
    #[error("neighbour tables are of another graph: {what} is {found}, expected {expected}")]
    OtherGraph {
        /// What was compared.
        what: &'static str,
        /// The graph's.
        expected: String,
        /// The tables'.
        found: String,
    },
    /// A node that is not in the graph.
    #[error("no {side} {index} in the graph")]
    NoNode {
        /// `user` or `streamer`.
        side: &'static str,
        /// The index asked for.
        index: u32,
    },
}

impl Error {
    pub(crate) fn io(what: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, file: file.to_owned(), source }
    }
}
