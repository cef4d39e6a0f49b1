//! The cluster form in the real engine, as far as one process goes: a cluster of this process alone, defined by a
//! configuration file. The engine has no Keeper that replicates, so replicated tables are made here and not written to;
//! everything else runs with plain tables in their place.

use std::path::Path;

use tempfile::TempDir;
use tokio::sync::Mutex;

use super::*;
use crate::embedded::{Door, Embedded};
use crate::rows::DIGESTED;
use crate::{
    CommentRow, Format, GiftRow, LedgerEntry, Retention, Store, StreamRow, Table, Writer, WriterOptions,
    named_queries,
};

// A process has one engine.
static TURN: Mutex<()> = Mutex::const_new(());

/// `one` shard that is this process; `two` that both are, so that every row is read twice.
const CONFIGURATION: &str = "<clickhouse>
    <tcp_port>19000</tcp_port>
    <zookeeper><implementation>testkeeper</implementation></zookeeper>
    <macros><shard>01</shard><replica>a</replica></macros>
    <remote_servers>
        <one><shard>SERVER</shard></one>
        <two><shard>SERVER</shard><shard>SERVER</shard></two>
    </remote_servers>
</clickhouse>";
const SERVER: &str = "<internal_replication>true</internal_replication>\
    <replica><host>127.0.0.1</host><port>19000</port></replica>";

async fn engine(folder: &Path) -> Store {
    let file = folder.join("configuration.xml");
    std::fs::write(&file, CONFIGURATION.replace("SERVER", SERVER)).unwrap();
    let more = [format!("--config-file={}", file.display())];
    let engine = Embedded::open_with(&folder.join("data"), Door::own().unwrap(), &more).unwrap();
    Store::of_engine(engine).await.unwrap()
}

/// An empty database with the tables of one form.
async fn migrated(store: &Store, database: &str, cluster: Option<&str>) -> Store {
    let store = store.clone().with_database(database).unwrap();
    let store = match cluster {
        Some(name) => store.with_form(Cluster::new(name).unwrap().without_keeper()),
        None => store,
    };
    store.migrate().await.unwrap_or_else(|error| panic!("{error}"));
    store
}

async fn run(store: &Store, sql: &str) {
    store.raw(sql).execute().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn ask(store: &Store, sql: &str) -> String {
    store.query(sql, Format::Tsv).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Rows of every kind of sharding key, in two revisions, written twice.
async fn fill(store: &Store) {
    let (stream, id, job) = ("s".to_owned(), "c".to_owned(), "job".to_owned());
    for revision in [1, 2, 0, 2] {
        let mut writer = Writer::new(store, WriterOptions::default()).unwrap();
        for number in 0..20 {
            let (room, stream) = (format!("room-{number}"), stream.clone());
            let about = || (room.clone(), stream.clone());
            let (room, stream) = about();
            writer
                .write(StreamRow { room, stream, started_at: revision, ..StreamRow::default() })
                .await
                .unwrap();
            let (room, stream) = about();
            let text = format!("{number} {revision}");
            let comment =
                CommentRow { room, stream, id: id.clone(), text, media_us: Some(1), ..CommentRow::default() };
            writer.write(CommentRow { revision: revision as u32, ..comment }).await.unwrap();
            let (room, stream) = about();
            let user = format!("user-{}", number % 3);
            let gift = GiftRow { room, stream, user, count: 1, value: 2.0, ..GiftRow::default() };
            writer.write(GiftRow { revision: revision as u32, ..gift }).await.unwrap();
            let (room, stream) = about();
            let entry = LedgerEntry { room, stream, topic: "media".to_owned(), ..LedgerEntry::default() };
            let (first_offset, last_offset) = (number, number);
            writer.write(LedgerEntry { first_offset, last_offset, ..entry }).await.unwrap();
        }
        let state = "{}".to_owned();
        let place = crate::Checkpoint { job: job.clone(), partition: 3, state, progress: revision as u64 };
        writer.write(place).await.unwrap();
        writer.flush().await.unwrap();
    }
}

#[tokio::test]
async fn the_engine_reads_every_statement_and_makes_every_table() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    store.outside("CREATE DATABASE kairos").execute().await.unwrap();
    let store = store.with_database("kairos").unwrap();
    let mut tables = 0;
    let applied = vec![Cluster::new("one").unwrap().applied_table()];
    let forms = MIGRATIONS.iter().flat_map(|(_, text)| of_file(text));
    let forms = forms.map(|sql| statements(&Cluster::new("one").unwrap(), "kairos", sql).unwrap());
    for form in std::iter::once(applied).chain(forms).flatten() {
        let read = store.query_with("SELECT formatQuery({sql:String})", &[("sql", &form)], Format::Tsv).await;
        let read = read.unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(read.contains("ON CLUSTER"), form.contains(" ON CLUSTER 'one'"), "{read}");
        if form.starts_with("CREATE TABLE") {
            run(&store, &form.replace(" ON CLUSTER 'one'", "")).await;
            tables += 1;
        }
    }
    let engines =
        "SELECT engine, count() FROM system.tables WHERE database = 'kairos' GROUP BY engine ORDER BY engine";
    let half = tables / 2;
    let expected =
        format!("engine\tcount()\nDistributed\t{half}\nReplicatedReplacingMergeTree\t{}\n", half + 1);
    assert_eq!(ask(&store, engines).await, expected);
    let paths = "SELECT countIf(zookeeper_path = '/clickhouse/tables/01/kairos/' || table AND replica_name = 'a') AS sharded, \
        countIf(zookeeper_path = '/clickhouse/tables/kairos/' || table AND replica_name = '01-a') AS whole \
        FROM system.replicas WHERE database = 'kairos'";
    assert_eq!(ask(&store, paths).await, format!("sharded\twhole\n{half}\t1\n"));
    store.close().await.unwrap();
}

#[tokio::test]
async fn both_forms_have_the_same_columns_keys_and_views() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let single = migrated(&store, "single", None).await;
    let sharded = migrated(&store, "sharded", Some("one")).await;
    sharded.migrate().await.unwrap();
    assert_eq!(
        ask(&single, "SELECT * FROM schema_migrations FINAL ORDER BY name").await,
        ask(&sharded, "SELECT * FROM schema_migrations FINAL ORDER BY name").await
    );
    let columns = "SELECT replaceRegexpOne(table, '_local$', '') AS of, name, type, position, compression_codec, \
        is_in_sorting_key, is_in_partition_key FROM system.columns WHERE database = currentDatabase()";
    let kept = ask(&single, &format!("{columns} AND endsWith(table, '_rows') ORDER BY of, position")).await;
    assert!(kept.lines().count() > 100, "{kept}");
    assert_eq!(
        kept,
        ask(&sharded, &format!("{columns} AND endsWith(table, '_local') ORDER BY of, position")).await
    );
    let columns = "SELECT table, name, type, comment, position FROM system.columns WHERE database = currentDatabase() \
        AND NOT endsWith(table, '_local') ORDER BY table, position";
    assert_eq!(
        ask(&single, columns).await,
        ask(&sharded, columns).await,
        "tables and views of the same names"
    );
    assert_eq!(single.dictionary().await.unwrap(), sharded.dictionary().await.unwrap());
    let plain = "SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND endsWith(name, '_rows') \
        AND (engine != 'Distributed' OR NOT has((SELECT groupArray(name) FROM system.tables \
        WHERE database = currentDatabase()), name || '_local'))";
    assert_eq!(ask(&sharded, plain).await, "name\tengine\n");
    store.close().await.unwrap();
}

#[tokio::test]
async fn rows_go_through_the_distributed_tables_and_come_back_once() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let single = migrated(&store, "single", None).await;
    let sharded = migrated(&store, "sharded", Some("one")).await;
    fill(&single).await;
    fill(&sharded).await;
    let streams = sharded.streams().await.unwrap();
    assert_eq!(streams, ["s"]);
    assert_eq!(single.digest(&streams).await.unwrap(), sharded.digest(&streams).await.unwrap());
    for (view, storage, _) in
        DIGESTED.iter().copied().chain([("checkpoints", "checkpoints_rows", &[] as &[&str])])
    {
        let rows = format!("SELECT count() FROM {view}");
        assert_eq!(ask(&single, &rows).await, ask(&sharded, &rows).await, "{view}");
        let [all, local] =
            ["", "_local"].map(|suffix| format!("SELECT count() AS rows FROM {storage}{suffix}"));
        assert_eq!(ask(&sharded, &all).await, ask(&sharded, &local).await, "{storage}");
    }
    assert_eq!(ask(&sharded, "SELECT progress FROM checkpoints").await, "progress\n2\n");
    for store in [&single, &sharded] {
        let rolled = store.rollup().await.unwrap();
        assert_eq!(rolled.iter().map(|rolled| rolled.hours).collect::<Vec<_>>(), [0, 20, 20, 0]);
    }
    for query in named_queries() {
        let given: Vec<_> =
            query.parameters.iter().filter(|p| p.default.is_none()).map(|p| (p.name, "1")).collect();
        let answers = [&single, &sharded].map(|store| store.named(query.name, &given, Format::Tsv));
        let [plain, spread] = answers;
        let (plain, spread) =
            (plain.await.unwrap(), spread.await.unwrap_or_else(|e| panic!("{}: {e}", query.name)));
        assert_eq!(plain, spread, "{}", query.name);
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_that_comes_again_is_known_by_its_token_on_its_shard() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let sharded = migrated(&store, "sharded", Some("one")).await;
    for token in ["a", "a", "b"] {
        let mut insert = sharded.client().insert::<CommentRow>(CommentRow::STORAGE).await.unwrap();
        insert = insert.with_setting("insert_deduplication_token", token);
        insert.write(&CommentRow { room: "r".to_owned(), ..CommentRow::default() }).await.unwrap();
        insert.end().await.unwrap();
    }
    assert_eq!(ask(&sharded, "SELECT count() AS rows FROM comments_rows_local").await, "rows\n2\n");
    store.close().await.unwrap();
}

#[tokio::test]
async fn every_query_is_allowed_over_several_shards() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let sharded = migrated(&store, "sharded", Some("two")).await;
    // Both shards are the same tables here: what went to either is read twice. No tokens, which either would know.
    let rows = "INSERT INTO gifts_rows (room, user, id, count, value) \
        SELECT toString(number), toString(number % 3), 'g', 1, 2 FROM numbers(20)";
    run(&sharded, rows).await;
    assert_eq!(ask(&sharded, "SELECT count() AS rows FROM gifts").await, "rows\n40\n");
    sharded.rollup().await.unwrap();
    assert_eq!(ask(&sharded, "SELECT uniqExact(room) AS rooms FROM gift_hours").await, "rooms\n20\n");
    for query in named_queries() {
        let given: Vec<_> =
            query.parameters.iter().filter(|p| p.default.is_none()).map(|p| (p.name, "1")).collect();
        let answer = sharded.named(query.name, &given, Format::Tsv).await;
        answer.unwrap_or_else(|error| panic!("{}: {error}", query.name));
    }
    sharded.digest(&["s".to_owned()]).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn tables_of_one_form_are_not_taken_for_those_of_the_other() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let bare = store.clone().with_database("bare").unwrap().on_cluster("one").unwrap();
    let error = bare.migrate().await.unwrap_err();
    assert_eq!(error.code(), Some(392), "a server that runs nothing on clusters says so: {error}");
    let single = migrated(&store, "single", None).await;
    let sharded = migrated(&store, "sharded", Some("one")).await;
    let plain = store.clone().with_database(sharded.database()).unwrap();
    let error = plain.migrate().await.unwrap_err();
    assert!(matches!(&error, Error::OtherForm { clustered: false, .. }), "{error}");
    assert!(error.to_string().contains("distributed over a cluster"), "{error}");
    let single = single.with_form(Cluster::new("one").unwrap().without_keeper());
    let error = single.migrate().await.unwrap_err();
    assert!(matches!(&error, Error::OtherForm { clustered: true, .. }), "{error}");
    store.close().await.unwrap();
}

#[tokio::test]
async fn lifetimes_belong_to_the_shards_tables() {
    let _turn = TURN.lock().await;
    let folder = TempDir::new().unwrap();
    let store = engine(folder.path()).await;
    let sharded = migrated(&store, "sharded", Some("one")).await;
    let lifetimes = "SELECT name AS table FROM system.tables WHERE database = currentDatabase() \
        AND engine_full LIKE '% TTL written_at + toIntervalDay(30)%' ORDER BY table";
    let retention = Retention { comments: Some(30), ledger: Some(30), ..Retention::default() };
    for (retention, expected) in [
        (&retention, "table\ncomments_rows_local\nledger_rows_local\n"),
        (&retention, "table\ncomments_rows_local\nledger_rows_local\n"),
        (&Retention::default(), "table\n"),
    ] {
        sharded.retain(retention).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(ask(&sharded, lifetimes).await, expected);
    }
    store.close().await.unwrap();
}
