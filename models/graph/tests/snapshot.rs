//! The snapshot's file: written whole, read as written, and anything else is refused by name.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod gifts;

use std::collections::BTreeMap;
use std::path::Path;

use gifts::{AS_OF, Event, assert_alike, built};
use kairos_graph::{Basis, Error, Graph, GraphConfig, NeighbourTables};

const EVENTS: [Event; 5] =
    [(0, 0, 1, 80, 100), (0, 1, 2, 16, 200), (1, 0, 1, 8, 300), (2, 1, 4, 800, 400), (0, 0, 1, 8, 500)];

fn written(folder: &Path) -> (std::path::PathBuf, Graph) {
    let path = folder.join("gifts.graph");
    let mut graph = built(&EVENTS, &GraphConfig::default());
    graph.set_position("kairos.gifts/3", 41);
    graph.compact(&path).unwrap();
    (path, graph)
}

fn refused(path: &Path) -> String {
    Graph::open(path, GraphConfig::default()).unwrap_err().to_string()
}

#[test]
fn a_snapshot_reads_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (path, graph) = written(folder.path());
    let read = Graph::open(&path, GraphConfig::default()).unwrap();
    assert_alike(&graph, &read);
    assert_eq!((read.users(), read.streamers(), read.edges(), read.gifts()), (3, 2, 4, 5));
    assert_eq!(read.positions(), &BTreeMap::from([("kairos.gifts/3".to_owned(), 41)]));
    assert_eq!(read.as_of_us(), AS_OF);
    assert_eq!(read.user("user-2").and_then(|user| read.user_id(user)), Some("user-2"));
    assert_eq!((read.user("user-3"), read.streamer("user-2"), read.user_id(3)), (None, None, None));
    let same = std::fs::read(&path).unwrap();
    written(folder.path());
    assert_eq!(same, std::fs::read(&path).unwrap(), "the same gifts give the same bytes");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing temporary stays: {left:?}");
}

#[test]
fn every_flipped_byte_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad.graph");
    let mut said = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        std::fs::write(&bad, flipped).unwrap();
        match Graph::open(&bad, GraphConfig::default()) {
            Err(Error::Damaged { file, section, expected, found, .. }) => {
                assert_eq!(file, bad);
                assert_ne!(expected, found);
                said.insert(section);
            }
            Err(other) => panic!("byte {at}: {other}"),
            // Between sections there is nothing to read.
            Ok(graph) => assert!(bytes[at] == 0 && graph.edges() == 4, "byte {at}"),
        }
    }
    for section in ["header", "file", "meta", "user-text", "edge-mass", "in-edge", "streamer-start"] {
        assert!(said.contains(section), "{section} is never named: {said:?}");
    }
}

#[test]
fn a_cut_file_is_refused_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = written(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let cut = folder.path().join("cut.graph");
    for length in (0..bytes.len()).step_by(7) {
        std::fs::write(&cut, &bytes[..length]).unwrap();
        assert!(matches!(
            Graph::open(&cut, GraphConfig::default()),
            Err(Error::Damaged { .. } | Error::Io { .. })
        ));
    }
    std::fs::write(&cut, &bytes[..bytes.len() - 64]).unwrap();
    let expected =
        format!("{}: section file: length is {}, expected {}", cut.display(), bytes.len() - 64, bytes.len());
    assert_eq!(refused(&cut), expected);
}

#[test]
fn another_version_kind_or_format_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut graph) = written(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let other = folder.path().join("other.graph");
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        std::fs::write(&other, bytes).unwrap();
        refused(&other)
    };
    assert!(changed(8, 2).ends_with("section header: version is 2, expected 1"));
    assert!(changed(0, b'X').ends_with("magic is XAIROSGR, expected KAIROSGR"));
    let tables = folder.path().join("tables");
    NeighbourTables::build(&graph).unwrap().save(&graph, &tables).unwrap();
    assert!(refused(&tables).ends_with("kind is nbrs, expected grph"));
    let missing = refused(&folder.path().join("missing"));
    assert!(missing.starts_with("opening "), "{missing}");
    let config = GraphConfig { half_life_hours: 1.0, ..GraphConfig::default() };
    let said = Graph::open(&path, config).unwrap_err().to_string();
    assert!(said.ends_with("made with half_life_hours = 720, the configuration says 1"), "{said}");
    let config = GraphConfig { basis: Basis::Count, ..GraphConfig::default() };
    assert!(matches!(Graph::open(&path, config), Err(Error::Settings { field: "basis", .. })));
    let nowhere = folder.path().join("no/folder");
    assert!(matches!(graph.compact(&nowhere), Err(Error::Io { .. })));
    assert_eq!(graph.edges(), 4, "a failed compaction leaves the graph as it was");
}

#[test]
fn tables_open_with_their_own_graph_only() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut graph) = written(folder.path());
    let path = folder.path().join("gifts.neighbours");
    let mut tables = NeighbourTables::build(&graph).unwrap();
    tables.save(&graph, &path).unwrap();
    let read = NeighbourTables::open(&path, &graph).unwrap();
    assert_eq!(gifts::lists(&graph, &read), gifts::lists(&graph, &tables));
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 64;
    bytes[last] ^= 1;
    std::fs::write(folder.path().join("bad"), bytes).unwrap();
    let said = NeighbourTables::open(&folder.path().join("bad"), &graph).unwrap_err().to_string();
    assert!(said.contains("section") && said.contains("checksum"), "{said}");
    gifts::applied(&mut graph, &[(7, 7, 1, 1, 1)]);
    assert!(matches!(tables.save(&graph, &path), Err(Error::OtherGraph { what: "graph", .. })));
    graph.compact(&folder.path().join("next.graph")).unwrap();
    let said = NeighbourTables::open(&path, &graph).unwrap_err().to_string();
    assert!(said.starts_with("neighbour tables are of another graph: snapshot is "), "{said}");
}
