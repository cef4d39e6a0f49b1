//! The data dictionary: complete, and the same as the page that is committed.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use kairos_clickhouse::Format;

/// What follows this line is made from the tables; what is above is written by hand.
const FROM_HERE: &str = "<!-- From here on: `kairos sql --dictionary`. KAIROS_BLESS=1 cargo test -p kairos-clickhouse --test dictionary -->\n\n";

#[tokio::test]
async fn the_committed_page_is_what_the_tables_say() {
    let store = engine::store("dictionary", "page").await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tables.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (head, committed) = page.split_once(FROM_HERE).unwrap_or_else(|| panic!("no line {FROM_HERE}"));
    let made = store.dictionary().await.unwrap();
    if std::env::var_os("KAIROS_BLESS").is_some() {
        std::fs::write(&file, format!("{head}{FROM_HERE}{made}")).unwrap();
        return;
    }
    assert!(
        committed == made,
        "docs/tables.md is not what the tables say; run this test with KAIROS_BLESS=1"
    );
}

#[tokio::test]
async fn every_table_and_column_says_what_it_is_and_in_which_unit() {
    let store = engine::store("dictionary", "complete").await;
    let silent = "SELECT table || '.' || name AS silent FROM system.columns WHERE database = currentDatabase() AND (comment = '' \
        OR endsWith(name, '_us') AND NOT comment LIKE '%microseconds%' OR endsWith(name, '_ms') AND NOT comment LIKE '%milliseconds%' \
        OR endsWith(name, '_at') AND NOT comment LIKE '%wall time%') \
        UNION ALL SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''";
    assert_eq!(store.query(silent, Format::Tsv).await.unwrap(), "silent\n");
    let made = store.dictionary().await.unwrap();
    assert!(
        made.contains("| `comments_rows` | `room, stream, id` | `revision` | `toYYYYMM(sent_at)` | never |"),
        "{made}"
    );
    assert!(
        made.contains("\n### highlights\n") && made.contains("From `clips_rows`, `highlights_rows`."),
        "{made}"
    );
}
