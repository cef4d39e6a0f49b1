//! The cluster form of the migrations, as text.

mod engine;

use super::*;
use crate::migrate::{MIGRATIONS, statements as of_file};

fn cluster() -> Cluster {
    Cluster::new("live").unwrap()
}

/// Every statement of the schema with what stands for it.
fn forms() -> Vec<(&'static str, Vec<String>)> {
    let of = |sql| (sql, statements(&cluster(), "kairos", sql).unwrap());
    MIGRATIONS.iter().flat_map(|(_, text)| of_file(text)).map(of).collect()
}

fn form(sql: &str) -> Vec<String> {
    statements(&cluster(), "kairos", sql).unwrap()
}

#[test]
fn the_files_are_those_that_servers_have_applied() {
    // Never edited, only added to: the digest is of the first nineteen.
    let text: String = MIGRATIONS[..19].iter().map(|(name, text)| format!("{name}\n{text}")).collect();
    assert_eq!(
        blake3::hash(text.as_bytes()).to_hex().as_str(),
        "a32b46452dd7baef0fead9acf0c1b0b35c5003774dacb8db4a3a8f60dfd4610c"
    );
}

#[test]
fn no_table_is_left_on_one_server() {
    for (sql, forms) in forms() {
        for form in &forms {
            let is_rows = form.starts_with("INSERT INTO ");
            assert_eq!(form.contains(" ON CLUSTER 'live'"), !is_rows, "{form}");
            if form.contains("MergeTree") {
                assert!(
                    form.contains("ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/"),
                    "{form}"
                );
                assert!(!form.contains("non_replicated"), "{form}");
            }
        }
        if sql.contains("CREATE TABLE") {
            let [local, distributed] = forms.as_slice() else { panic!("{forms:?}") };
            let name = local.split_whitespace().nth(5).unwrap();
            assert!(distributed.contains(&format!(" AS kairos.{name}\n")), "{distributed}");
            assert!(
                distributed.contains(&format!("Distributed('live', 'kairos', '{name}', ")),
                "{distributed}"
            );
        }
    }
    let applied = cluster().applied_table();
    assert!(applied.contains("('/clickhouse/tables/{database}/{table}', '{shard}-{replica}')"), "{applied}");
}

#[test]
fn all_revisions_of_a_row_are_on_one_shard() {
    let mut keys = std::collections::BTreeMap::<_, Vec<_>>::new();
    for (sql, forms) in forms() {
        let Some((_, identity)) = sql.split_once("ORDER BY (").filter(|_| sql.contains("CREATE TABLE"))
        else {
            continue;
        };
        let identity: Vec<_> = identity.split_once(')').unwrap().0.split(", ").collect();
        let key = forms[1].split_once("cityHash64(").unwrap().1.split_once(')').unwrap().0;
        assert!(key.split(", ").all(|column| identity.contains(&column)), "{key} of {identity:?}");
        assert_eq!(key == "room", identity.contains(&"room"), "{key} of {identity:?}");
        let table = forms[1].split_whitespace().nth(5).unwrap();
        keys.entry(key.to_owned()).or_default().push(table.to_owned());
    }
    let by_room = keys.remove("room").unwrap();
    assert_eq!(by_room.len(), 17, "{by_room:?}");
    let others: Vec<_> = keys.iter().map(|(key, tables)| (key.as_str(), tables.join(" "))).collect();
    let expected = [
        ("job, partition", "checkpoints_rows"),
        ("run, model", "evaluations_rows"),
        ("run, video", "evaluation_scores_rows"),
        ("topic, partition", "ledger_rows"),
    ];
    assert_eq!(others, expected.map(|(key, table)| (key, table.to_owned())));
}

#[test]
fn a_table_is_a_replicated_one_and_a_distributed_one() {
    let sql = "-- What.\nCREATE TABLE IF NOT EXISTS a_rows\n(\n    room String,\n    revision UInt32\n)\n\
        ENGINE = ReplacingMergeTree(revision)\nORDER BY (stream, room)\nSETTINGS non_replicated_deduplication_window = 1000";
    let expected = [
        "CREATE TABLE IF NOT EXISTS a_rows_local ON CLUSTER 'live'\n(\n    room String,\n    revision UInt32\n)\n\
        ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', revision)\n\
        ORDER BY (stream, room)\nSETTINGS replicated_deduplication_window = 10000",
        "CREATE TABLE IF NOT EXISTS a_rows ON CLUSTER 'live' AS kairos.a_rows_local\n\
        ENGINE = Distributed('live', 'kairos', 'a_rows_local', cityHash64(room))",
    ];
    assert_eq!(form(sql), expected);
}

#[test]
fn an_alteration_reaches_both_tables_and_never_shows_a_column_that_shards_lack() {
    let come = form(
        "ALTER TABLE a_rows\n    ADD COLUMN IF NOT EXISTS b Decimal(38, 9) AFTER a,\n    MODIFY ORDER BY (a, b)",
    );
    let expected = [
        "ALTER TABLE a_rows_local ON CLUSTER 'live'\n    ADD COLUMN IF NOT EXISTS b Decimal(38, 9) AFTER a,\n    \
        MODIFY ORDER BY (a, b)",
        "ALTER TABLE a_rows ON CLUSTER 'live'\n    ADD COLUMN IF NOT EXISTS b Decimal(38, 9) AFTER a",
    ];
    assert_eq!(come, expected);
    let go = form("ALTER TABLE a_rows\n    DROP COLUMN IF EXISTS b");
    let tables: Vec<_> = go.iter().map(|sql| sql.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(tables, ["a_rows", "a_rows_local"]);
    assert_eq!(form("ALTER TABLE a_rows\n    MODIFY TTL a + INTERVAL 1 DAY").len(), 1);
    assert_eq!(form("ALTER TABLE a_rows\n    REMOVE TTL").len(), 1);
}

#[test]
fn what_a_column_means_is_told_of_both_tables_and_of_views() {
    let commands = "MODIFY COMMENT 'whose, (and ''when'')',\n    COMMENT COLUMN a 'a unit, \"s\"'";
    let tables = form(&format!("ALTER TABLE a_rows\n    {commands}"));
    let told = |name| format!("ALTER TABLE {name} ON CLUSTER 'live'\n    {commands}");
    assert_eq!(tables, [told("a_rows_local"), told("a_rows")]);
    assert_eq!(form(&format!("ALTER TABLE a\n    {commands}")), [told("a")]);
}

#[test]
fn views_and_rows_stay_what_they_are() {
    let view = form("-- One.\nCREATE OR REPLACE VIEW a AS SELECT * FROM a_rows FINAL\nLIMIT 1 BY room");
    assert_eq!(
        view,
        ["CREATE OR REPLACE VIEW a ON CLUSTER 'live' AS SELECT * FROM a_rows FINAL\nLIMIT 1 BY room"]
    );
    let rows = "INSERT INTO a_rows\nSELECT * FROM b_rows FINAL";
    assert_eq!(form(rows), [rows]);
}

#[test]
fn a_statement_of_an_unknown_kind_is_named() {
    for (sql, problem) in [
        ("DROP TABLE a_rows", "known kind"),
        ("CREATE TABLE IF NOT EXISTS a (x Int8) ENGINE = Memory", "no ReplacingMergeTree"),
        ("ALTER TABLE a_rows DELETE WHERE 1", "unknown kind"),
        ("ALTER TABLE a\n    DROP COLUMN b", "no table of rows"),
        ("ALTER TABLE a_rows ADD COLUMN b Int8, DROP COLUMN c", "come and go"),
        (
            "CREATE TABLE IF NOT EXISTS a_rows (x Int8) ENGINE = ReplacingMergeTree(x)\nORDER BY (x)\n\
          SETTINGS non_replicated_deduplication_window = 1000",
            "one column",
        ),
        (
            "CREATE TABLE IF NOT EXISTS a_rows (x Int8) ENGINE = ReplacingMergeTree(x)\nORDER BY (x, lower(room))\n\
          SETTINGS non_replicated_deduplication_window = 1000",
            "more than columns",
        ),
        ("", "known kind"),
    ] {
        let error = statements(&cluster(), "kairos", sql).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains(sql), "{error}");
    }
}

#[test]
fn a_clusters_name_can_not_leave_its_quotes() {
    assert_eq!(Cluster::new("eu-west_1.live").unwrap().on(), " ON CLUSTER 'eu-west_1.live'");
    for name in ["", "a'b", "a b", "{cluster}", &"x".repeat(65)] {
        assert!(matches!(Cluster::new(name), Err(Error::Cluster { .. })), "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_rewriting(text in "(ALTER TABLE a|CREATE TABLE IF NOT EXISTS |CREATE OR REPLACE VIEW |)[ -~\\né]{0,60}") {
        if let Ok(forms) = statements(&cluster(), "kairos", &text) {
            proptest::prop_assert!(!forms.is_empty());
        }
    }
}
