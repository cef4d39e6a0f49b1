//! From a statement of a migration to the statements that do the same on a cluster.
//!
//! Invariants: what the sharded table holds is what the plain one holds, column by column; a table is there on the shards
//! before its `Distributed` table names it, and a column leaves the `Distributed` table before it leaves the shards; all
//! of it can be repeated as often as the migration can.

use super::{Cluster, SHARD_PATH, WINDOW};
use crate::Error;

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS ";
const ALTER_TABLE: &str = "ALTER TABLE ";
const VIEWS: [&str; 2] = ["CREATE VIEW IF NOT EXISTS ", "CREATE OR REPLACE VIEW "];
const ENGINE: &str = "ENGINE = ReplacingMergeTree(";
const DEDUPLICATION: &str = "SETTINGS non_replicated_deduplication_window = 1000";

/// What an `ALTER` says of a table or a column, a view's too.
const OF_MEANING: [&str; 2] = ["COMMENT COLUMN ", "MODIFY COMMENT "];
/// What it does to the columns, which a `Distributed` table has too.
const OF_COLUMNS: [&str; 3] = ["ADD COLUMN ", "MODIFY COLUMN ", "RENAME COLUMN "];
const DROP_COLUMN: &str = "DROP COLUMN ";
/// What it does to how rows are kept, which is the shards' affair.
const OF_STORAGE: [&str; 6] =
    ["MODIFY ORDER BY ", "MODIFY TTL ", "REMOVE TTL", "MODIFY SETTING ", "ADD INDEX ", "DROP INDEX "];
/// What every table of rows is called by. Views, and the record of migrations, are the same on every server.
const SHARDED: &str = "_rows";

/// The statements that stand for one of a migration, in their order.
///
/// # Errors
/// [`Error::ClusterForm`] for a statement whose form on a cluster is not known.
pub(crate) fn statements(cluster: &Cluster, database: &str, statement: &str) -> Result<Vec<String>, Error> {
    let unknown =
        |problem: &str| Error::ClusterForm { problem: problem.to_owned(), statement: statement.to_owned() };
    let sql = without_comments(statement);
    if let Some((name, rest)) = named(&sql, CREATE_TABLE) {
        return table(cluster, database, name, rest).map_err(unknown);
    }
    if let Some((name, rest)) = named(&sql, ALTER_TABLE) {
        return alter(cluster, name, rest).map_err(unknown);
    }
    for create in VIEWS {
        if let Some((name, rest)) = named(&sql, create) {
            return Ok(vec![format!("{create}{name}{}{rest}", cluster.on())]);
        }
    }
    // Rows go through the `Distributed` tables, once, from where the migration runs.
    if sql.starts_with("INSERT INTO ") { Ok(vec![sql]) } else { Err(unknown("no statement of a known kind")) }
}

fn table(cluster: &Cluster, database: &str, name: &str, rest: &str) -> Result<Vec<String>, &'static str> {
    let (columns, engine) = rest.split_once(ENGINE).ok_or("no ReplacingMergeTree")?;
    let (version, keys) = engine.split_once(')').ok_or("no end of the engine")?;
    let keys = keys.strip_suffix(DEDUPLICATION).ok_or("no deduplication window")?;
    let key = sharding_key(keys)?;
    let window = if cluster.has_keeper() { "replicated" } else { "non_replicated" };
    let on = cluster.on();
    let local = local(name);
    Ok(vec![
        format!(
            "{CREATE_TABLE}{local}{on}{columns}ENGINE = {}{keys}SETTINGS {window}_deduplication_window = {WINDOW}",
            cluster.engine(SHARD_PATH, version)
        ),
        format!(
            "{CREATE_TABLE}{name}{on} AS {database}.{local}\nENGINE = Distributed('{}', '{database}', '{local}', {key})",
            cluster.name()
        ),
    ])
}

/// By room where the identity has one: what belongs together is together. Else by the two columns that the identity
/// begins with (a topic's partition, a job's partition, a run's model or video).
fn sharding_key(keys: &str) -> Result<String, &'static str> {
    let identity =
        keys.split_once("ORDER BY (").and_then(|(_, rest)| rest.split_once(')')).ok_or("no identity")?.0;
    let columns: Vec<&str> = identity.split(", ").collect();
    let is_name =
        |column: &&str| !column.is_empty() && column.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match columns.as_slice() {
        columns if !columns.iter().all(is_name) => Err("an identity of more than columns"),
        columns if columns.contains(&"room") => Ok("cityHash64(room)".to_owned()),
        [one, two, ..] => Ok(format!("cityHash64({one}, {two})")),
        _ => Err("an identity of one column"),
    }
}

fn alter(cluster: &Cluster, name: &str, rest: &str) -> Result<Vec<String>, &'static str> {
    let commands = commands(rest);
    let begins = |command: &str, with: &[&str]| with.iter().any(|word| command.starts_with(word));
    let form = |name: &str, commands: &[&str]| {
        format!("{ALTER_TABLE}{name}{}\n    {}", cluster.on(), commands.join(",\n    "))
    };
    if !name.ends_with(SHARDED) {
        let told = commands.iter().all(|command| begins(command, &OF_MEANING));
        return if told { Ok(vec![form(name, &commands)]) } else { Err("an alteration of no table of rows") };
    }
    let dropped = commands.iter().any(|command| command.starts_with(DROP_COLUMN));
    let changed = commands.iter().any(|command| begins(command, &OF_COLUMNS));
    if dropped && changed {
        return Err("columns come and go at once");
    }
    let of_columns = |command: &&str| {
        command.starts_with(DROP_COLUMN) || begins(command, &OF_COLUMNS) || begins(command, &OF_MEANING)
    };
    if !commands.iter().all(|command| of_columns(command) || begins(command, &OF_STORAGE)) {
        return Err("an alteration of an unknown kind");
    }
    let shown: Vec<&str> = commands.iter().copied().filter(|command| of_columns(command)).collect();
    let mut forms = vec![form(&local(name), &commands)];
    if !shown.is_empty() {
        forms.insert(usize::from(!dropped), form(name, &shown));
    }
    Ok(forms)
}

/// Name of a shard's table.
fn local(name: &str) -> String {
    format!("{name}_local")
}

/// The name after some words, and what follows it, white space first.
fn named<'a>(sql: &'a str, words: &str) -> Option<(&'a str, &'a str)> {
    let rest = sql.strip_prefix(words)?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    Some(rest.split_at(end))
}

/// The parts of an `ALTER` between the commas that stand in no brackets and in no text. A quote in a text is doubled, so it
/// ends the text and begins it again.
fn commands(rest: &str) -> Vec<&str> {
    let (mut commands, mut from, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in rest.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                commands.push(rest[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    commands.push(rest[from..].trim());
    commands
}

/// Comments stand in lines of their own.
fn without_comments(statement: &str) -> String {
    let lines = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
