//! The digest tells contents apart and nothing else.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::score;
use kairos_clickhouse::{CommentRow, Format, Store, Writer, WriterOptions};

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
    let mut changed = score("room", 20, 1);
    changed.contributions.insert("picture".to_owned(), 1e-6);
    writer.write(changed).await.unwrap();
    writer.flush().await.unwrap();
    assert_ne!(store.digest(&streams).await.unwrap(), before);
}
