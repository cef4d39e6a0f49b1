//! The digest tells contents apart and nothing else.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::score;
use kairos_clickhouse::{CommentRow, Format, FrameScore, HighlightLabel, Store, Writer, WriterOptions};

async fn write(store: &Store, order: impl Iterator<Item = i64>, rows: usize, revisions: &[u32]) {
    let options = WriterOptions { rows, ..WriterOptions::default() };
    let mut writer = Writer::new(store, options).unwrap();
    for unit in order {
        for revision in revisions {
            writer.write(score("room", unit, *revision)).await.unwrap();
        }
        let id = unit.to_string();
        let comment =
            CommentRow { room: "room".into(), stream: "room-1".into(), id, ..CommentRow::default() };
        writer.write(comment).await.unwrap();
    }
    writer.flush().await.unwrap();
}

#[tokio::test]
async fn digest_does_not_depend_on_order_batches_merges_or_threads() {
    let streams = ["room-1".to_owned()];
    let one = engine::store("digest", "one").await;
    write(&one, 0..300, 1_000, &[1]).await;
    let other = engine::store("digest", "other").await;
    write(&other, (0..300).rev(), 70, &[1, 0]).await;
    write(&other, 100..150, 7, &[1]).await;
    let digest = one.digest(&streams).await.unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(digest, other.digest(&streams).await.unwrap());
    other.query("OPTIMIZE TABLE frame_scores_rows FINAL", Format::Tsv).await.unwrap();
    assert_eq!(digest, other.digest(&streams).await.unwrap());
}

fn highlight_label() -> HighlightLabel {
    HighlightLabel { room: "room".into(), stream: "room-1".into(), end_us: 1, ..HighlightLabel::default() }
}

#[tokio::test]
async fn digest_covers_every_delay_in_a_stable_order() {
    let streams = ["room-1".to_owned()];
    let delays = [0, 5_000, 10_000];
    let row = |unit, delay_ms| FrameScore { delay_ms, ..score("room", unit, 0) };
    let mut digests = Vec::new();
    for (test, turned) in [("delays", false), ("delays_turned", true)] {
        let store = engine::store("digest", test).await;
        let mut rows: Vec<_> = (0..100).flat_map(|unit| delays.map(|delay| row(unit, delay))).collect();
        if turned {
            rows.reverse();
        }
        // Parts of 30 rows break up units and delays.
        for part in rows.chunks(30) {
            engine::write_twice(&store, part).await;
        }
        digests.push(store.digest(&streams).await.unwrap());
        store.query("OPTIMIZE TABLE frame_scores_rows FINAL", Format::Tsv).await.unwrap();
        digests.push(store.digest(&streams).await.unwrap());
        // A delay that the view of newest scores does not show.
        engine::write_twice(&store, &[row(7, 2_500)]).await;
        assert_ne!(store.digest(&streams).await.unwrap(), digests[0]);
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[tokio::test]
async fn digest_sees_one_changed_value_and_ignores_other_streams() {
    let store = engine::store("digest", "changed").await;
    write(&store, 0..50, 1_000, &[0]).await;
    let streams = ["room-1".to_owned()];
    let before = store.digest(&streams).await.unwrap();
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    writer.write(score("elsewhere", 1, 0)).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(store.digest(&streams).await.unwrap(), before);
    assert_ne!(store.digest(&["room-1".to_owned(), "elsewhere-1".to_owned()]).await.unwrap(), before);
    writer.write(highlight_label()).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(store.digest(&streams).await.unwrap(), before, "a label is no row of the stream's job");
    let mut changed = score("room", 20, 1);
    changed.contributions.insert("picture".to_owned(), 1e-6);
    writer.write(changed).await.unwrap();
    writer.flush().await.unwrap();
    assert_ne!(store.digest(&streams).await.unwrap(), before);
}
