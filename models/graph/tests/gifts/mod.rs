//! Gifts for the tests of a file, and what a graph says of them by platform id.

// Every test file takes what it needs.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;

use kairos_graph::{Builder, Gift, Graph, GraphConfig, Metapath, Neighbour, NeighbourTables};
use proptest::prelude::*;

/// User, streamer, items, value, second.
pub type Event = (u8, u8, u32, u16, u32);

pub const AS_OF: i64 = 2_000_000_000_000;

pub fn events(users: u8, streamers: u8, most: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0..users, 0..streamers, 1..5u32, 0..900u16, 0..2_000_000u32), 0..most)
}

pub fn ids(event: &Event) -> (String, String) {
    (format!("user-{}", event.0), format!("{}", event.1))
}

pub fn each(events: &[Event], mut each: impl FnMut(&Gift<'_>)) {
    for event in events {
        let (user, streamer) = ids(event);
        let (count, value, at_us) =
            (event.2, f64::from(event.3) / 8.0, i64::from(event.4) * 1_000_000 + 999_999);
        each(&Gift { user: &user, streamer: &streamer, count, value, at_us });
    }
}

pub fn built(events: &[Event], config: &GraphConfig) -> Graph {
    let mut builder = Builder::new(config.clone()).unwrap();
    each(events, |gift| builder.push(gift).unwrap());
    builder.finish(AS_OF, BTreeMap::new()).unwrap()
}

pub fn applied(graph: &mut Graph, events: &[Event]) {
    each(events, |gift| {
        graph.apply(gift).unwrap();
    });
}

/// Every edge by platform ids: last second, items, value, weight.
pub fn edges(graph: &Graph) -> BTreeMap<(String, String), (u32, u32, f64, f32)> {
    let mut edges = BTreeMap::new();
    for user in 0..graph.user_slots() {
        graph.each_streamer(user, |streamer, edge| {
            let ids =
                (graph.user_id(user).unwrap().to_owned(), graph.streamer_id(streamer).unwrap().to_owned());
            edges.insert(ids, (edge.last, edge.count, edge.value, graph.weight(edge)));
        });
    }
    edges
}

/// The same edges seen from the streamers.
pub fn edges_back(graph: &Graph) -> BTreeMap<(String, String), (u32, u32, f64, f32)> {
    let mut edges = BTreeMap::new();
    for streamer in 0..graph.streamer_slots() {
        graph.each_user(streamer, |user, edge| {
            let ids =
                (graph.user_id(user).unwrap().to_owned(), graph.streamer_id(streamer).unwrap().to_owned());
            edges.insert(ids, (edge.last, edge.count, edge.value, graph.weight(edge)));
        });
    }
    edges
}

pub fn assert_alike(a: &Graph, b: &Graph) {
    let (x, y) = (edges(a), edges(b));
    assert_eq!(x.keys().collect::<Vec<_>>(), y.keys().collect::<Vec<_>>());
    for (ids, edge) in &x {
        let other = &y[ids];
        assert_eq!((edge.0, edge.1), (other.0, other.1), "{ids:?}");
        assert!((edge.2 - other.2).abs() <= 1e-6 * edge.2.max(1.0), "{ids:?}: {edge:?} {other:?}");
        assert!((edge.3 - other.3).abs() <= 1e-5 * edge.3.max(1e-3), "{ids:?}: {edge:?} {other:?}");
    }
}

/// A list with platform ids: node, weight, last second, streamer and user in between.
pub type Named = Vec<(String, f32, u32, Option<String>, Option<String>)>;

pub fn named(graph: &Graph, path: Metapath, row: &[Neighbour]) -> Named {
    let streamer = |index: u32| graph.streamer_id(index).unwrap().to_owned();
    let user = |index: u32| graph.user_id(index).unwrap().to_owned();
    row.iter()
        .map(|neighbour| {
            let node =
                if path == Metapath::StreamerUser { user(neighbour.node) } else { streamer(neighbour.node) };
            let (via_streamer, via_user) =
                (neighbour.via_streamer().map(streamer), neighbour.via_user().map(user));
            (node, neighbour.weight, neighbour.last, via_streamer, via_user)
        })
        .collect()
}

/// Every list of the tables by the path and the platform id of its node.
pub fn lists(graph: &Graph, tables: &NeighbourTables) -> BTreeMap<(&'static str, String), Named> {
    let mut lists = BTreeMap::new();
    for path in Metapath::ALL {
        let slots = if path.from_user() { graph.user_slots() } else { graph.streamer_slots() };
        for index in 0..slots {
            let id = if path.from_user() { graph.user_id(index) } else { graph.streamer_id(index) };
            let row = tables.neighbours(graph, path, index);
            match id {
                Some(id) => {
                    lists.insert((path.as_str(), id.to_owned()), named(graph, path, &row));
                }
                None => assert!(row.is_empty(), "{path:?} of an evicted node"),
            }
        }
    }
    lists
}
