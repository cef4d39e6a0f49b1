//! The snapshot's file.
//!
//! Invariant: a file that opens can be read at every index without leaving its arrays.

use std::path::Path;

use super::{Meta, Nodes, Snapshot};
use crate::container::{self, Column, Container, GRAPH};
use crate::ids::IdTable;
use crate::{Error, GraphConfig};

const USERS: [&str; 6] = ["user-hash", "user-order", "user-end", "user-text", "user-last", "user-start"];
const STREAMERS: [&str; 6] =
    ["streamer-hash", "streamer-order", "streamer-end", "streamer-text", "streamer-last", "streamer-start"];

impl Snapshot {
    /// Writes the file, whole or not at all; its length in bytes.
    pub(crate) fn write(&self, path: &Path, meta: &Meta) -> Result<u64, Error> {
        let text = serde_json::to_vec(meta)
            .map_err(|failure| Error::io("writing", path)(std::io::Error::other(failure)))?;
        let mut sections: Vec<(&str, &[u8])> = vec![("meta", &text)];
        for (names, nodes) in [(USERS, &self.users), (STREAMERS, &self.streamers)] {
            sections.extend(names.into_iter().zip(nodes.ids.sections()));
            sections.extend([(names[4], nodes.last.as_bytes()), (names[5], nodes.start.as_bytes())]);
        }
        sections.extend([
            ("edge-streamer", self.edge_streamer.as_bytes()),
            ("edge-last", self.edge_last.as_bytes()),
            ("edge-count", self.edge_count.as_bytes()),
            ("edge-value", self.edge_value.as_bytes()),
            ("edge-mass", self.edge_mass.as_bytes()),
            ("in-user", self.in_user.as_bytes()),
            ("in-edge", self.in_edge.as_bytes()),
        ]);
        Ok(container::write(path, GRAPH, &sections)?.1)
    }

    /// Opens and checks a file. The settings that its sums were made with must be those given.
    pub(crate) fn open(path: &Path, config: &GraphConfig) -> Result<(Self, Meta), Error> {
        let file = Container::open(path, GRAPH)?;
        let text: Column<u8> = file.column("meta", None)?;
        let meta: Meta = serde_json::from_slice(&text)
            .map_err(|problem| file.damaged("meta", "content", "JSON", problem))?;
        let same = |field, expected: String, found: String| match expected == found {
            true => Ok(()),
            false => Err(Error::Settings { file: path.to_owned(), field, expected, found }),
        };
        same("basis", config.basis.as_str().to_owned(), meta.basis.as_str().to_owned())?;
        same("half_life_hours", config.half_life_hours.to_string(), meta.half_life_hours.to_string())?;

        let edge_streamer: Column<u32> = file.column("edge-streamer", None)?;
        let edges = Some(edge_streamer.len());
        let snapshot = Self {
            users: nodes(&file, USERS, edge_streamer.len())?,
            streamers: nodes(&file, STREAMERS, edge_streamer.len())?,
            edge_last: file.column("edge-last", edges)?,
            edge_count: file.column("edge-count", edges)?,
            edge_value: file.column("edge-value", edges)?,
            edge_mass: file.column("edge-mass", edges)?,
            in_user: file.column("in-user", edges)?,
            in_edge: file.column("in-edge", edges)?,
            edge_streamer,
            file_bytes: std::fs::metadata(path).map_err(Error::io("reading", path))?.len(),
            digest: *file.digest().as_bytes(),
        };
        below(&file, "edge-streamer", &snapshot.edge_streamer, snapshot.streamers.len())?;
        below(&file, "in-user", &snapshot.in_user, snapshot.users.len())?;
        below(&file, "in-edge", &snapshot.in_edge, snapshot.edges())?;
        let finite = |numbers: &[f32]| numbers.iter().all(|number| number.is_finite() && *number >= 0.0);
        for (name, column) in [("edge-value", &snapshot.edge_value), ("edge-mass", &snapshot.edge_mass)] {
            if !finite(column) {
                return Err(file.damaged(name, "sum", "finite, not negative", "otherwise"));
            }
        }
        Ok((snapshot, meta))
    }
}

fn nodes(file: &Container, names: [&str; 6], edges: usize) -> Result<Nodes, Error> {
    let ids = IdTable::open(file, [names[0], names[1], names[2], names[3]])?;
    let start: Column<u32> = file.column(names[5], Some(ids.len() + 1))?;
    let ends = (start.first().copied(), start.last().map(|&end| end as usize));
    if ends != (Some(0), Some(edges)) || !start.is_sorted() {
        return Err(file.damaged(names[5], "range", format!("0 to {edges}, ascending"), format!("{ends:?}")));
    }
    Ok(Nodes { last: file.column(names[4], Some(ids.len()))?, ids, start })
}

fn below(file: &Container, name: &str, indices: &[u32], limit: usize) -> Result<(), Error> {
    match indices.iter().find(|&&index| index as usize >= limit) {
        Some(index) => Err(file.damaged(name, "index", format!("below {limit}"), index)),
        None => Ok(()),
    }
}
