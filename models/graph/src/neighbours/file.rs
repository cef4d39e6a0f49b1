//! Neighbours on disk, beside the snapshot that they were computed from.
//!
//! Invariant: a file opens only with that snapshot, the same settings and the same reference time.

use std::path::Path;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::table::Table;
use super::tables::NeighbourTables;
use super::{Metapath, Neighbour};
use crate::container::{self, Column, Container, TABLES};
use crate::{Error, Graph, MetapathConfig, SwingConfig};

#[derive(Serialize, Deserialize)]
struct Meta {
    snapshot: String,
    as_of_us: i64,
    swing: SwingConfig,
    metapaths: MetapathConfig,
}

impl Meta {
    fn of(graph: &Graph) -> Self {
        Self {
            snapshot: graph.digest().iter().map(|byte| format!("{byte:02x}")).collect(),
            as_of_us: graph.as_of_us(),
            swing: graph.config().swing.clone(),
            metapaths: graph.config().metapaths.clone(),
        }
    }
}

impl NeighbourTables {
    /// Writes the tables of a graph that has just been compacted, with rows still to be computed filled in; bytes
    /// written.
    ///
    /// # Errors
    /// [`Error::OtherGraph`] if the graph has gifts that its snapshot file has not, [`Error::Io`] if the file can't be
    /// written.
    pub fn save(&mut self, graph: &Graph, path: &Path) -> Result<u64, Error> {
        if graph.is_ahead() {
            let (expected, found) = ("one without live gifts".to_owned(), "ahead of its file".to_owned());
            return Err(Error::OtherGraph { what: "graph", expected, found });
        }
        self.refresh(graph);
        let meta = serde_json::to_vec(&Meta::of(graph))
            .map_err(|failure| Error::io("writing", path)(std::io::Error::other(failure)))?;
        let flat = Metapath::ALL.map(|metapath| {
            let rows = if metapath.from_user() { graph.user_slots() } else { graph.streamer_slots() };
            let (start, row) = self.table(metapath).flat(rows);
            let names = ["start", "row"].map(|part| format!("{}-{part}", metapath.as_str()));
            (names, start, row)
        });
        let mut sections: Vec<(&str, &[u8])> = vec![("meta", &meta)];
        for (names, start, row) in &flat {
            sections.push((&names[0], bytemuck::cast_slice(start)));
            sections.push((&names[1], bytemuck::cast_slice(row)));
        }
        Ok(container::write(path, TABLES, &sections)?.1)
    }

    /// Maps the tables of a graph.
    ///
    /// # Errors
    /// [`Error::OtherGraph`] names what differs from the graph, [`Error::Damaged`] the section that is not as it was
    /// written.
    pub fn open(path: &Path, graph: &Graph) -> Result<Self, Error> {
        let file = Container::open(path, TABLES)?;
        let text: Column<u8> = file.column("meta", None)?;
        let meta: Meta = serde_json::from_slice(&text)
            .map_err(|problem| file.damaged("meta", "content", "JSON", problem))?;
        let this = Meta::of(graph);
        let same = |what, expected: String, found: String| match expected == found {
            true => Ok(()),
            false => Err(Error::OtherGraph { what, expected, found }),
        };
        same("snapshot", this.snapshot, meta.snapshot)?;
        same("as_of_us", this.as_of_us.to_string(), meta.as_of_us.to_string())?;
        same("swing", format!("{:?}", this.swing), format!("{:?}", meta.swing))?;
        same("metapaths", format!("{:?}", this.metapaths), format!("{:?}", meta.metapaths))?;
        let table = |path: Metapath| {
            let rows = if path.from_user() { graph.user_slots() } else { graph.streamer_slots() } as usize;
            let [start, row] = ["start", "row"].map(|part| format!("{}-{part}", path.as_str()));
            let entries: Column<Neighbour> = file.column(&row, None)?;
            let starts: Column<u32> = file.column(&start, Some(rows + 1))?;
            if starts.first() != Some(&0)
                || starts.last().map(|&end| end as usize) != Some(entries.len())
                || !starts.is_sorted()
            {
                let expected = format!("0 to {}, ascending", entries.len());
                return Err(file.damaged(&start, "range", expected, "otherwise"));
            }
            Ok(Table::new(starts, entries))
        };
        Ok(Self {
            ua: table(Metapath::UserStreamer)?,
            au: table(Metapath::StreamerUser)?,
            aa: table(Metapath::StreamerStreamer)?,
            aua: table(Metapath::StreamerUserStreamer)?,
            uaa: table(Metapath::UserStreamerStreamer)?,
            uaua: table(Metapath::UserStreamerUserStreamer)?,
            stale: FxHashSet::default(),
            as_of_us: meta.as_of_us,
        })
    }
}
