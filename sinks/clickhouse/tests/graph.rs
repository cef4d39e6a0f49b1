//! The gift graph's queries over gifts whose answers are known by hand.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ask, assert_numbers, cells, write_twice};
use kairos_clickhouse::{Error, GiftRow, GraphQuery, Store};

const DAY_US: i64 = 86_400_000_000;

/// Users 1 and 2 give to rooms a and b, user 3 to b and c, user 4 to c alone; someone unnamed to a.
async fn filled(test: &str) -> Store {
    let store = engine::store("graph", test).await;
    let gift = |id: usize, (user, room, value, day): (&str, &str, f64, i64)| GiftRow {
        room: room.to_owned(),
        stream: format!("{room}-1"),
        id: id.to_string(),
        user: user.to_owned(),
        count: 2,
        value,
        sent_at: 20_000 * DAY_US + day * DAY_US,
        ..GiftRow::default()
    };
    let gifts = [
        ("1", "a", 4.0, 0),
        ("1", "a", 3.0, 10),
        ("1", "b", 1.0, 10),
        ("2", "a", 6.0, 10),
        ("2", "b", 2.0, 0),
        ("3", "b", 5.0, 10),
        ("3", "c", 7.0, 10),
        ("4", "c", 9.0, 10),
        ("", "a", 100.0, 3),
    ];
    let rows: Vec<_> = gifts.into_iter().enumerate().map(|(id, row)| gift(id, row)).collect();
    write_twice(&store, &rows).await;
    store
}

#[tokio::test]
async fn edges_sum_and_fade() {
    let store = filled("edges").await;
    let query = GraphQuery { half_life_hours: 240.0, ..GraphQuery::default() };
    let edges = store.gift_edges(&query).await.unwrap();
    let masses: Vec<_> =
        edges.iter().map(|edge| (edge.user.as_str(), edge.streamer.as_str(), edge.mass)).collect();
    let expected = [
        ("1", "a", 5.0),
        ("1", "b", 1.0),
        ("2", "a", 6.0),
        ("2", "b", 1.0),
        ("3", "b", 5.0),
        ("3", "c", 7.0),
    ];
    assert_eq!(masses[..6], expected);
    assert_eq!((edges[0].items, edges[0].value, edges[0].weight), (4, 7.0, 6f32.ln()));
    let count = GraphQuery { basis: "count".to_owned(), half_life_hours: 0.0, ..query };
    assert_eq!(store.gift_edges(&count).await.unwrap()[0].mass, 4.0);
    let mut seen = Vec::new();
    let read = store.each_gift(|gift| {
        seen.push(gift.sent_at);
        Ok::<(), Error>(())
    });
    assert_eq!(read.await.unwrap(), 8, "the gift without a giver is no edge");
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn swing_counts_pairs_of_users() {
    let store = filled("swing").await;
    let answer = ask(&store, "graph-swing", &[("alpha", "0.5")]).await;
    // Users 1 and 2 share a and b: twice 1 / (0.5 + 2). Users 1 and 3 share b alone.
    assert_eq!(
        cells(&answer, "streamer").zip(cells(&answer, "other")).collect::<Vec<_>>(),
        [("a", "b"), ("b", "a")]
    );
    assert_numbers(&answer, "score", &[0.8, 0.8]);
    let answer = ask(&store, "graph-swing", &[("max_user_degree", "1")]).await;
    assert_eq!(answer.lines().count(), 1);
}

#[tokio::test]
async fn neighbours_say_which_way_they_were_found() {
    let store = filled("neighbours").await;
    let query = GraphQuery { half_life_hours: 0.0, ..GraphQuery::default() };
    let found = store.path_neighbours(&query, "uaua", "1").await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let path = &found[0];
    let ids = [&path.neighbour, &path.via_streamer, &path.via_user].map(String::as_str);
    assert_eq!(ids, ["c", "b", "3"]);
    assert_eq!(path.weight, 2f32.ln() * 6f32.ln() * 8f32.ln());
    let all = GraphQuery { only_new: false, ..query.clone() };
    assert!(store.path_neighbours(&all, "uaua", "1").await.unwrap().len() > 1);
    let found = store.path_neighbours(&query, "au", "c").await.unwrap();
    assert_eq!(found.iter().map(|path| path.neighbour.as_str()).collect::<Vec<_>>(), ["4", "3"]);
}
