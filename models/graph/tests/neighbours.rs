//! Swing and metapaths against a plain computation, and kept current against computed anew.

mod gifts;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use gifts::{Named, applied, built, edges, events, lists};
use kairos_graph::{Graph, GraphConfig, MetapathConfig, NeighbourTables, SwingConfig};
use proptest::prelude::*;

/// Small enough that every limit is met.
fn tight() -> GraphConfig {
    GraphConfig {
        half_life_hours: 300.0,
        swing: SwingConfig { alpha: 0.7, top_k: 4, max_user_degree: 5, max_streamer_users: 6 },
        metapaths: MetapathConfig { top_k: 3, fan_out: 4, only_new: true },
        ..GraphConfig::default()
    }
}

/// The graph by platform ids.
struct Plain {
    config: GraphConfig,
    by_user: BTreeMap<String, BTreeMap<String, (f32, u32)>>,
    by_streamer: BTreeMap<String, BTreeMap<String, (f32, u32)>>,
}

fn sorted(mut row: Named, most: usize) -> Named {
    row.sort_by(|a, b| {
        b.1.total_cmp(&a.1).then(b.2.cmp(&a.2)).then(a.0.cmp(&b.0)).then(a.3.cmp(&b.3)).then(a.4.cmp(&b.4))
    });
    let mut seen = BTreeSet::new();
    row.retain(|path| seen.insert(path.0.clone()));
    row.truncate(most);
    row
}

impl Plain {
    fn of(graph: &Graph) -> Self {
        let (mut by_user, mut by_streamer) = (BTreeMap::new(), BTreeMap::new());
        for ((user, streamer), (last, _, _, weight)) in edges(graph) {
            let edge = (weight, last);
            by_user.entry(user.clone()).or_insert_with(BTreeMap::new).insert(streamer.clone(), edge);
            by_streamer.entry(streamer).or_insert_with(BTreeMap::new).insert(user, edge);
        }
        Self { config: graph.config().clone(), by_user, by_streamer }
    }

    /// As the formula says: every ordered pair of users of both streamers.
    fn swing(&self, a: &str) -> Named {
        let swing = &self.config.swing;
        let mut users: Vec<(Reverse<u32>, &String)> = (self.by_streamer[a].iter())
            .filter(|(user, _)| (2..=swing.max_user_degree).contains(&self.by_user[*user].len()))
            .map(|(user, (_, last))| (Reverse(*last), user))
            .collect();
        users.sort();
        users.truncate(swing.max_streamer_users);
        let mut sums: BTreeMap<&String, u64> = BTreeMap::new();
        for (_, u) in &users {
            for (_, v) in users.iter().filter(|(_, v)| v != u) {
                let shared: Vec<_> =
                    self.by_user[*u].keys().filter(|b| self.by_user[*v].contains_key(*b)).collect();
                let term = (4_294_967_296.0 / (swing.alpha + shared.len() as f64)).round() as u64;
                for b in shared.into_iter().filter(|b| *b != a) {
                    *sums.entry(b).or_default() += term;
                }
            }
        }
        let mut list: Vec<_> = sums.into_iter().map(|(b, sum)| (Reverse(sum), b)).collect();
        list.sort();
        list.truncate(swing.top_k);
        list.into_iter()
            .map(|(sum, b)| (b.clone(), (sum.0 as f64 / 4_294_967_296.0) as f32, 0, None, None))
            .collect()
    }

    fn near(row: &BTreeMap<String, (f32, u32)>, most: usize) -> Named {
        sorted(
            row.iter().map(|(id, (weight, last))| (id.clone(), *weight, *last, None, None)).collect(),
            most,
        )
    }

    fn lists(&self) -> BTreeMap<(&'static str, String), Named> {
        let MetapathConfig { top_k, fan_out, only_new } = self.config.metapaths;
        let ua = |user: &String, most| Self::near(&self.by_user[user], most);
        let au = |streamer: &String, most| Self::near(&self.by_streamer[streamer], most);
        let mut lists = BTreeMap::new();
        for a in self.by_streamer.keys() {
            let mut similar = self.swing(a);
            similar.truncate(top_k);
            let mut shared = Vec::new();
            for (u, w1, t1, ..) in au(a, fan_out) {
                for (b, w2, t2, ..) in ua(&u, fan_out).into_iter().filter(|path| path.0 != *a) {
                    shared.push((b, w1 * w2, t1.max(t2), None, Some(u.clone())));
                }
            }
            lists.insert(("aa", a.clone()), similar);
            lists.insert(("aua", a.clone()), sorted(shared, top_k));
            lists.insert(("au", a.clone()), au(a, top_k));
        }
        for (u, given) in &self.by_user {
            let new = |b: &String| !only_new || !given.contains_key(b);
            let (mut similar, mut shared) = (Vec::new(), Vec::new());
            for (a, w1, t1, ..) in ua(u, fan_out) {
                let mut hop = self.swing(&a);
                hop.truncate(fan_out);
                similar.extend(
                    hop.into_iter()
                        .filter(|path| new(&path.0))
                        .map(|(b, w2, ..)| (b, w1 * w2, t1, Some(a.clone()), None)),
                );
                for (v, w2, t2, ..) in au(&a, fan_out).into_iter().filter(|path| path.0 != *u) {
                    for (b, w3, t3, ..) in
                        ua(&v, fan_out).into_iter().filter(|path| path.0 != a && new(&path.0))
                    {
                        shared.push((b, w1 * w2 * w3, t1.max(t2).max(t3), Some(a.clone()), Some(v.clone())));
                    }
                }
            }
            lists.insert(("ua", u.clone()), ua(u, top_k));
            lists.insert(("uaa", u.clone()), sorted(similar, top_k));
            lists.insert(("uaua", u.clone()), sorted(shared, top_k));
        }
        lists
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn lists_are_those_of_the_formulas(events in events(14, 9, 110), only_new in any::<bool>()) {
        let mut config = tight();
        config.metapaths.only_new = only_new;
        let graph = built(&events, &config);
        let found = lists(&graph, &NeighbourTables::build(&graph).unwrap());
        prop_assert_eq!(found, Plain::of(&graph).lists());
    }

    #[test]
    fn kept_current_equals_computed_anew(
        events in events(16, 10, 160),
        start in 0..80usize,
        batch in 1..9usize,
        refresh_at in 0..6usize,
        users in prop_oneof![Just(1000u32), 8..16u32],
        streamers in prop_oneof![Just(1000u32), 5..9u32],
    ) {
        let config = GraphConfig { max_users: users, max_streamers: streamers, ..tight() };
        let (before, after) = events.split_at(start.min(events.len()));
        let mut graph = Graph::empty(config).unwrap();
        graph.set_as_of_us(gifts::AS_OF).unwrap();
        applied(&mut graph, before);
        graph.take_changes();
        let mut tables = NeighbourTables::build(&graph).unwrap();
        for (step, some) in after.chunks(batch).enumerate() {
            applied(&mut graph, some);
            let changes = graph.take_changes();
            let refreshed = tables.update(&graph, &changes).unwrap();
            prop_assert!(!refreshed.all);
            let anew = lists(&graph, &NeighbourTables::build(&graph).unwrap());
            prop_assert_eq!(&lists(&graph, &tables), &anew, "on reading");
            if step == refresh_at {
                tables.refresh(&graph);
                prop_assert_eq!(tables.stale_users(), 0);
                prop_assert_eq!(&lists(&graph, &tables), &anew, "stored");
            }
        }
    }

    #[test]
    fn swing_of_a_grown_graph_equals_swing_of_a_built_one(events in events(20, 8, 150), start in 0..60usize) {
        let (before, after) = events.split_at(start.min(events.len()));
        let mut graph = built(before, &tight());
        let mut tables = NeighbourTables::build(&graph).unwrap();
        applied(&mut graph, after);
        let changes = graph.take_changes();
        tables.update(&graph, &changes).unwrap();
        let whole = built(&events, &tight());
        let anew = NeighbourTables::swing_only(&whole).unwrap();
        for streamer in 0..graph.streamer_slots() {
            let other = whole.streamer(graph.streamer_id(streamer).unwrap()).unwrap();
            let path = kairos_graph::Metapath::StreamerStreamer;
            let grown = gifts::named(&graph, path, tables.swing(streamer));
            prop_assert_eq!(grown, gifts::named(&whole, path, anew.swing(other)));
        }
    }
}

#[test]
fn compaction_keeps_the_tables_current() {
    let folder = tempfile::tempdir().unwrap();
    let events: Vec<_> = (0..300u32)
        .map(|i| ((i * 7 % 23) as u8, (i * 5 % 11) as u8, 1, (i * 37 % 900) as u16, i * 977))
        .collect();
    let mut graph = built(&events[..200], &tight());
    let mut tables = NeighbourTables::build(&graph).unwrap();
    applied(&mut graph, &events[200..]);
    let changes = graph.take_changes();
    tables.update(&graph, &changes).unwrap();
    graph.compact(&folder.path().join("graph")).unwrap();
    let changes = graph.take_changes();
    assert!(!changes.all && !changes.is_empty());
    tables.update(&graph, &changes).unwrap();
    let anew = lists(&graph, &NeighbourTables::build(&graph).unwrap());
    assert_eq!(lists(&graph, &tables), anew);
    tables.save(&graph, &folder.path().join("tables")).unwrap();
    let read = NeighbourTables::open(&folder.path().join("tables"), &graph).unwrap();
    assert_eq!(lists(&graph, &read), anew);
    graph.set_as_of_us(1).unwrap();
    let changes = graph.take_changes();
    assert!(tables.update(&graph, &changes).unwrap().all);
}

#[test]
fn a_gift_touches_only_what_depends_on_it() {
    // Two worlds without a common streamer.
    let world = |user: u8, streamer: u8| {
        (0..40u32).map(move |i| {
            (user + (i * 7 % 8) as u8, streamer + (i * 3 % 5) as u8, 1, (i % 11) as u16 * 8 + 8, i)
        })
    };
    let events: Vec<_> = world(0, 0).chain(world(100, 100)).collect();
    let mut graph = built(&events, &tight());
    let mut tables = NeighbourTables::build(&graph).unwrap();
    applied(&mut graph, &[(0, 1, 1, 200, 90)]);
    let changes = graph.take_changes();
    let done = tables.update(&graph, &changes).unwrap();
    assert_eq!((done.all, done.users), (false, 1));
    assert!(done.swing <= 5 && done.streamers <= 5 && done.stale <= 7, "{done:?}");
    assert_eq!(tables.refresh(&graph), done.stale);
    let anew = lists(&graph, &NeighbourTables::build(&graph).unwrap());
    assert_eq!(lists(&graph, &tables), anew);
}

#[test]
fn lists_do_not_depend_on_threads() {
    let events: Vec<_> = (0..4_000u32)
        .map(|i| ((i * 131 % 251) as u8, (i * 17 % 97) as u8, 1 + i % 3, (i * 37 % 900) as u16, i * 31))
        .collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let graph = built(&events, &GraphConfig::default());
            lists(&graph, &NeighbourTables::build(&graph).unwrap())
        })
    };
    assert_eq!(with(1), with(5));
}
