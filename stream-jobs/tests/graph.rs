//! The gift graph in ClickHouse and in the process: the same gifts give the same edges, Swing lists and neighbours.

#![allow(clippy::unwrap_used, reason = "a test that can not go on may panic, in its helpers too")]

use std::collections::BTreeMap;

use kairos_clickhouse::{Error, GiftRow, GraphQuery, PathNeighbour, Store, Target, Writer, WriterOptions};
use kairos_graph::{
    Builder, Gift, Graph, GraphConfig, Metapath, MetapathConfig, NeighbourTables, SwingConfig,
};

const START_US: i64 = 1_790_000_000_000_000;
const AS_OF_US: i64 = START_US + 40 * 86_400_000_000;

/// Heavy-tailed gifts over 40 days, without equal values.
fn gifts() -> impl Iterator<Item = GiftRow> {
    (0..1_500u64).map(|id| {
        let share = |salt: u64| {
            let mixed =
                (id + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93);
            (mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 40) as f64 / (1u64 << 24) as f64
        };
        let room = format!("room {}", (share(1).powi(2) * 40.0) as u32);
        GiftRow {
            stream: format!("{room}/1"),
            room,
            id: id.to_string(),
            user: format!("viewer-{}", (share(2).powi(2) * 120.0) as u32),
            count: 1 + (share(3) * 9.0) as u32,
            value: share(4).powi(3) * 300.0,
            sent_at: START_US + (share(5) * 40.0 * 86_400e6) as i64,
            ..GiftRow::default()
        }
    })
}

/// Small enough that every limit is met.
fn config() -> GraphConfig {
    GraphConfig {
        half_life_hours: 240.0,
        swing: SwingConfig { alpha: 0.7, top_k: 9, max_user_degree: 14, max_streamer_users: 20 },
        metapaths: MetapathConfig { top_k: 6, fan_out: 7, only_new: true },
        ..GraphConfig::default()
    }
}

fn query(config: &GraphConfig) -> GraphQuery {
    GraphQuery {
        half_life_hours: config.half_life_hours,
        basis: config.basis.as_str().to_owned(),
        as_of_us: AS_OF_US,
        alpha: config.swing.alpha,
        swing_top_k: config.swing.top_k as u32,
        max_user_degree: config.swing.max_user_degree as u32,
        max_streamer_users: config.swing.max_streamer_users as u32,
        top_k: config.metapaths.top_k as u32,
        fan_out: config.metapaths.fan_out as u32,
        only_new: config.metapaths.only_new,
    }
}

async fn filled(folder: &std::path::Path) -> Store {
    let store = Store::connect(Target::Embedded { data_dir: folder.join("clickhouse") }).await.unwrap();
    store.migrate().await.unwrap();
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    for gift in gifts() {
        writer.write(gift).await.unwrap();
    }
    writer.flush().await.unwrap();
    store
}

async fn built(store: &Store) -> Graph {
    let mut builder = Builder::new(config()).unwrap();
    let read = store.each_gift(|gift| {
        let (user, streamer) = (gift.user.as_str(), gift.streamer.as_str());
        let gift = Gift { user, streamer, count: gift.count, value: gift.value, at_us: gift.sent_at };
        builder.push(&gift).unwrap();
        Ok::<(), Error>(())
    });
    assert_eq!(read.await.unwrap(), 1_500);
    builder.finish(AS_OF_US, BTreeMap::new()).unwrap()
}

/// The in-process lists as the query's rows.
fn rows(graph: &Graph, tables: &NeighbourTables, path: Metapath) -> Vec<PathNeighbour> {
    let user = |index| graph.user_id(index).unwrap().to_owned();
    let streamer = |index| graph.streamer_id(index).unwrap().to_owned();
    let slots = if path.from_user() { graph.user_slots() } else { graph.streamer_slots() };
    let mut nodes: Vec<_> = (0..slots)
        .map(|index| (if path.from_user() { user(index) } else { streamer(index) }, index))
        .collect();
    nodes.sort();
    let mut rows = Vec::new();
    for (node, index) in nodes {
        for found in tables.neighbours(graph, path, index).iter() {
            rows.push(PathNeighbour {
                path: path.as_str().to_owned(),
                node: node.clone(),
                neighbour: if path == Metapath::StreamerUser {
                    user(found.node)
                } else {
                    streamer(found.node)
                },
                weight: found.weight,
                last: found.last,
                via_streamer: found.via_streamer().map(streamer).unwrap_or_default(),
                via_user: found.via_user().map(user).unwrap_or_default(),
            });
        }
    }
    rows
}

#[tokio::test]
async fn clickhouse_and_the_process_agree_on_the_graph() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path()).await;
    let graph = built(&store).await;
    let tables = NeighbourTables::build(&graph).unwrap();
    let query = query(&config());
    let close = |a: f32, b: f32| (a - b).abs() <= 1e-5 * a.abs().max(1e-3);

    let edges = store.gift_edges(&query).await.unwrap();
    assert_eq!(edges.len(), graph.edges());
    for edge in edges {
        let (user, streamer) = (graph.user(&edge.user).unwrap(), graph.streamer(&edge.streamer).unwrap());
        let ours = graph.edge(user, streamer).unwrap();
        assert_eq!((ours.last, u64::from(ours.count)), (edge.last, edge.items));
        assert!(close(ours.value as f32, edge.value as f32) && close(graph.weight(&ours), edge.weight));
    }

    let swing = store.swing_edges(&query).await.unwrap();
    let mut ours = Vec::new();
    for index in 0..graph.streamer_slots() {
        let id = graph.streamer_id(index).unwrap();
        ours.extend(tables.swing(index).iter().enumerate().map(|(place, other)| {
            (id.to_owned(), place, graph.streamer_id(other.node).unwrap().to_owned(), other.weight)
        }));
    }
    ours.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    assert!(ours.len() > 200, "{}", ours.len());
    let ours: Vec<_> = ours.into_iter().map(|(streamer, _, other, score)| (streamer, other, score)).collect();
    let theirs: Vec<_> = swing.into_iter().map(|edge| (edge.streamer, edge.other, edge.score)).collect();
    assert_eq!(ours, theirs, "Swing is summed in whole numbers: equal to the bit");

    for path in Metapath::ALL {
        let ours = rows(&graph, &tables, path);
        let theirs = store.path_neighbours(&query, path.as_str(), "").await.unwrap();
        assert!(ours.len() > 50, "{path:?}: {}", ours.len());
        assert_eq!(ours.len(), theirs.len(), "{path:?}");
        for (a, b) in ours.iter().zip(&theirs) {
            assert!(close(a.weight, b.weight), "{a:?} {b:?}");
            assert_eq!(
                PathNeighbour { weight: 0.0, ..a.clone() },
                PathNeighbour { weight: 0.0, ..b.clone() }
            );
        }
    }
    store.close().await.unwrap();
}
