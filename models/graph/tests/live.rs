//! Live gifts, compaction and eviction: a graph that grew equals one that was built.

mod gifts;

use gifts::{AS_OF, applied, assert_alike, built, each, edges, edges_back, events};
use kairos_graph::{Graph, GraphConfig, Node, Stats};
use proptest::prelude::*;

fn config() -> GraphConfig {
    GraphConfig { half_life_hours: 100.0, ..GraphConfig::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn live_gifts_and_compaction_equal_one_build(events in events(12, 9, 120), first in 0..60usize, second in 0..60usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph");
        let whole = built(&events, &config());
        let (before, rest) = events.split_at(first.min(events.len()));
        let (middle, after) = rest.split_at(second.min(rest.len()));
        let mut graph = built(before, &config());
        graph.compact(&path).unwrap();
        applied(&mut graph, middle);
        prop_assert_eq!(edges(&graph), edges_back(&graph));
        let compaction = graph.compact(&path).unwrap();
        prop_assert_eq!((compaction.users, compaction.streamers), (None, None));
        applied(&mut graph, after);
        assert_alike(&graph, &whole);
        prop_assert_eq!(edges(&graph), edges_back(&graph));
        prop_assert_eq!(graph.edges(), whole.edges());
        graph.compact(&path).unwrap();
        let read = Graph::open(&path, config()).unwrap();
        assert_alike(&read, &whole);
        prop_assert_eq!(read.gifts(), events.len() as u64);
    }

    #[test]
    fn eviction_leaves_no_trace_of_the_evicted(events in events(30, 14, 150), users in 1..12u32, streamers in 1..9u32) {
        let folder = tempfile::tempdir().unwrap();
        let limits = GraphConfig { max_users: users, max_streamers: streamers, ..config() };
        let mut graph = Graph::empty(limits).unwrap();
        let half = events.len() / 2;
        applied(&mut graph, &events[..half]);
        graph.compact(&folder.path().join("graph")).unwrap();
        for event in &events[half..] {
            applied(&mut graph, std::slice::from_ref(event));
            prop_assert!(graph.users() <= users as usize && graph.streamers() <= streamers as usize);
            let (user, streamer) = gifts::ids(event);
            let (user, streamer) = (graph.user(&user).unwrap(), graph.streamer(&streamer).unwrap());
            prop_assert!(graph.edge(user, streamer).is_some(), "the gift itself stays");
        }
        let kept = edges(&graph);
        prop_assert_eq!(&kept, &edges_back(&graph));
        prop_assert_eq!(kept.len(), graph.edges());
        let alive = (0..graph.user_slots()).filter(|&user| graph.user_id(user).is_some());
        prop_assert_eq!(alive.count(), graph.users());
        prop_assert!(graph.user_slots() as usize <= 2 * users as usize, "slots are used again");
        let evicted = graph.evicted();
        graph.compact(&folder.path().join("graph")).unwrap();
        prop_assert_eq!(graph.user_slots() as usize, graph.users());
        prop_assert_eq!(graph.evicted(), evicted);
        let after = edges(&graph);
        prop_assert_eq!(kept.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    }
}

#[test]
fn the_longest_inactive_go_first() {
    let limits = GraphConfig { max_users: 3, ..config() };
    let mut graph = Graph::empty(limits).unwrap();
    applied(&mut graph, &[(0, 0, 1, 8, 50), (1, 0, 1, 8, 10), (2, 1, 1, 8, 30), (1, 1, 1, 8, 60)]);
    applied(&mut graph, &[(3, 0, 1, 8, 70)]);
    let known = |user: &str| graph.user(user).is_some();
    assert_eq!(["user-0", "user-1", "user-2", "user-3"].map(known), [true, true, false, true]);
    assert_eq!(graph.evicted(), [1, 0]);
    assert_eq!(graph.streamer_degree(graph.streamer("1").unwrap()), 1);
    let changes = graph.take_changes();
    assert_eq!(changes.evicted_users.len(), 1);
}

#[test]
fn a_killed_job_resumes_from_the_snapshot_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph");
    let events: Vec<_> =
        (0..200u32).map(|i| ((i % 13) as u8, (i % 7) as u8, 1, (i % 90) as u16, i * 60)).collect();
    let mut job = Graph::empty(config()).unwrap();
    job.set_as_of_us(AS_OF).unwrap();
    for (offset, event) in events.iter().enumerate().take(150) {
        applied(&mut job, std::slice::from_ref(event));
        job.set_position("gifts/0", offset as i64 + 1);
        if offset == 99 {
            job.compact(&path).unwrap();
        }
    }
    drop(job);
    let mut resumed = Graph::open(&path, config()).unwrap();
    let from = resumed.positions()["gifts/0"] as usize;
    assert_eq!(from, 100);
    applied(&mut resumed, &events[from..]);
    assert_alike(&resumed, &built(&events, &config()));
}

#[test]
fn weights_fade_with_the_reference_time() {
    let mut graph = built(&[(0, 0, 1, 80, 0)], &config());
    let (user, streamer) = (graph.user("user-0").unwrap(), graph.streamer("0").unwrap());
    let edge = graph.edge(user, streamer).unwrap();
    let half_life_us = 100 * 3_600_000_000;
    assert_eq!(graph.weight_at(&edge, 0).unwrap(), 11f32.ln());
    assert_eq!(graph.weight_at(&edge, half_life_us).unwrap(), 6f32.ln());
    graph.set_as_of_us(2 * half_life_us).unwrap();
    assert_eq!(graph.neighbours(Node::Streamer(streamer)).collect::<Vec<_>>(), [(user, 3.5f32.ln())]);
    assert!(graph.take_changes().all);
    assert!(graph.set_as_of_us(-1).is_err());
}

#[test]
fn a_refused_gift_changes_nothing() {
    let mut graph = built(&[(0, 0, 1, 80, 0)], &config());
    let before = Stats::of(&graph, None, 3);
    each(&[(5, 5, 1, 8, 1)], |gift| {
        for bad in [
            kairos_graph::Gift { value: f64::INFINITY, ..*gift },
            kairos_graph::Gift { count: 0, ..*gift },
            kairos_graph::Gift { at_us: i64::MAX, ..*gift },
            kairos_graph::Gift { streamer: "", ..*gift },
        ] {
            assert!(graph.apply(&bad).is_err());
        }
    });
    assert_eq!(Stats::of(&graph, None, 3), before);
    assert!(graph.take_changes().is_empty());
}

#[test]
fn statistics_count_what_is_there() {
    let mut graph = built(&[(0, 0, 1, 80, 10), (1, 0, 2, 40, 20), (1, 1, 3, 8, 30)], &config());
    applied(&mut graph, &[(2, 1, 1, 400, 40), (1, 0, 1, 0, 50)]);
    let tables = kairos_graph::NeighbourTables::build(&graph).unwrap();
    let stats = Stats::of(&graph, Some(&tables), 1);
    assert_eq!((stats.users, stats.streamers, stats.edges, stats.gifts), (3, 2, 4, 5));
    assert_eq!((stats.count, stats.value, stats.last_gifts), (8, 66.0, Some([10, 50])));
    assert_eq!((stats.user_degrees.max, stats.user_degrees.mean), (2, 4.0 / 3.0));
    assert_eq!(stats.user_degrees.doubling, [0, 2, 1]);
    let top = &stats.top_streamers[0];
    assert_eq!((top.streamer.as_str(), top.users, top.count, top.value), ("1", 2, 4, 51.0));
    assert_eq!((stats.live_edges, stats.bytes_per_edge), (1, 28.0));
    let tables = stats.tables.unwrap();
    assert_eq!((tables.swing_edges, tables.neighbours["ua"], tables.neighbours["aua"]), (0, 4, 2));
}
