//! What every table, view and column means, as the tables at hand say it themselves.
//!
//! Invariant: everything comes from ClickHouse's own catalogue (comments, types, keys, lifetimes), so that the page can't
//! tell of other tables than there are; both forms of the schema give the same page.

use clickhouse::Row;
use serde::Deserialize;

use crate::retention::Lifetime;
use crate::{Error, Store};

/// Tables of one server, and the shards' on a cluster under the name without `_local`.
const TABLES: &str = r"SELECT
    replaceRegexpOne(name, '_rows_local$', '_rows') AS name,
    comment,
    toBool(engine = 'View') AS is_view,
    sorting_key,
    partition_key,
    extract(engine_full, 'MergeTree\\([^)]*?(\\w+)\\)') AS version,
    extract(engine_full, ' TTL (.+?)(?: SETTINGS |$)') AS lifetime,
    arraySort(arrayDistinct(extractAll(as_select, '\\w+_rows\\b'))) AS reads
FROM system.tables
WHERE database = {database:String} AND engine != 'Distributed'
ORDER BY name";

const COLUMNS: &str = r"SELECT
    replaceRegexpOne(table, '_rows_local$', '_rows') AS of_table,
    name,
    type AS kind,
    comment
FROM system.columns
WHERE database = {database:String}
    AND table NOT IN (SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'Distributed')
ORDER BY of_table, position";

#[derive(Debug, Row, Deserialize)]
struct Described {
    name: String,
    comment: String,
    is_view: bool,
    sorting_key: String,
    partition_key: String,
    version: String,
    lifetime: String,
    reads: Vec<String>,
}

#[derive(Debug, Row, Deserialize)]
struct Column {
    of_table: String,
    name: String,
    kind: String,
    comment: String,
}

impl Store {
    /// The data dictionary in Markdown: every view with its columns, and how the rows behind them are kept.
    ///
    /// # Errors
    /// If ClickHouse does not answer.
    pub async fn dictionary(&self) -> Result<String, Error> {
        let tables = self.raw(TABLES).param("database", self.database());
        let tables = tables.fetch_all::<Described>().await.map_err(Error::query("tables"))?;
        let columns = self.raw(COLUMNS).param("database", self.database());
        let columns = columns.fetch_all::<Column>().await.map_err(Error::query("columns"))?;
        Ok(page(&tables, &columns))
    }
}

fn page(tables: &[Described], columns: &[Column]) -> String {
    let mut page = String::from("## What is read\n");
    for view in tables.iter().filter(|table| table.is_view) {
        let reads: Vec<_> = view.reads.iter().map(|name| code(name)).collect();
        line(&mut page, &format!("\n### {}\n\n{} From {}.\n", view.name, view.comment, reads.join(", ")));
        describe(&mut page, columns.iter().filter(|column| column.of_table == view.name));
    }
    line(&mut page, "\n## How rows are kept\n");
    line(&mut page, "| table | one row for each | of those the one with the highest | partition | dropped |");
    line(&mut page, "|---|---|---|---|---|");
    for table in tables.iter().filter(|table| !table.is_view) {
        let dropped = match Lifetime::read(table.lifetime.clone()) {
            Lifetime::Ever => "never".to_owned(),
            Lifetime::Days(days) => format!("{days} days after it was written"),
            Lifetime::Other(found) => code(&found),
        };
        let [name, identity, version, partition] =
            [&table.name, &table.sorting_key, &table.version, &table.partition_key].map(|text| code(text));
        line(&mut page, &format!("| {name} | {identity} | {version} | {partition} | {dropped} |"));
    }
    line(&mut page, "\nWhat no view shows:\n\n| table | column | type | what it is |\n|---|---|---|---|");
    for table in tables.iter().filter(|table| !table.is_view) {
        let views: Vec<_> = tables.iter().filter(|view| view.reads.contains(&table.name)).collect();
        let is_shown = |column: &Column| {
            views.iter().any(|view| columns.iter().any(|c| c.of_table == view.name && c.name == column.name))
        };
        for column in columns.iter().filter(|column| column.of_table == table.name && !is_shown(column)) {
            line(&mut page, &format!("| {} {}", code(&table.name), row(column)));
        }
    }
    page
}

fn describe<'a>(page: &mut String, columns: impl Iterator<Item = &'a Column>) {
    line(page, "| column | type | what it is |\n|---|---|---|");
    for column in columns {
        line(page, &row(column));
    }
}

fn row(Column { name, kind, comment, .. }: &Column) -> String {
    format!("| {} | {} | {} |", code(name), code(kind), comment.replace('|', "\\|"))
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}
