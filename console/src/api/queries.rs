//! The named queries, run with bound parameters.
//!
//! Invariants: only texts that ship with the program are run; an answer is cut to a page.

use axum::Json;
use axum::extract::{RawQuery, State};
use kairos_clickhouse::{Format, NamedQuery, named_queries};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ask::Value;
use crate::problem::Problem;
use crate::request::Place;
use crate::serve::App;

/// One parameter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parameter {
    name: &'static str,
    /// ClickHouse's type.
    kind: &'static str,
    /// Null when a value must be given.
    default: Option<&'static str>,
    description: &'static str,
}

/// One query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Query {
    name: &'static str,
    description: &'static str,
    parameters: Vec<Parameter>,
    sql: &'static str,
}

/// All queries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queries {
    queries: Vec<Query>,
}

/// An answer as a table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Table {
    /// Names of the columns.
    columns: Vec<String>,
    /// Rows of texts; null where there is no value.
    rows: Vec<Vec<Option<String>>>,
    /// Whether there are more rows than were given.
    more: bool,
}

#[utoipa::path(get, path = "/api/v1/queries", tag = "analysis", responses((status = 200, body = Queries), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Named queries
pub(crate) async fn queries() -> Json<Queries> {
    let queries = named_queries().iter().map(|query| Query {
        name: query.name,
        description: query.description,
        parameters: query
            .parameters
            .iter()
            .map(|p| Parameter { name: p.name, kind: p.kind, default: p.default, description: p.description })
            .collect(),
        sql: query.sql,
    });
    Json(Queries { queries: queries.collect() })
}

/// The value of every parameter, given or default.
fn bind(query: &'static NamedQuery, given: &str) -> Result<Vec<(&'static str, Value)>, Problem> {
    let given: Vec<(String, String)> = form_urlencoded::parse(given.as_bytes()).into_owned().collect();
    let given: Vec<(&str, &str)> =
        given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let bound = query.bind(&given).map_err(|error| Problem::bad(error.to_string()))?;
    let bound = bound.into_iter().filter_map(|(name, value)| {
        // By the query's own name, which outlives the request.
        query.parameters.iter().find(|p| p.name == name).map(|p| (p.name, value.into()))
    });
    Ok(bound.collect())
}

/// A field of a tab separated answer.
fn field(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('0') => plain.push('\0'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Some(plain)
}

#[utoipa::path(get, path = "/api/v1/queries/{name}", tag = "analysis",
    params(("name" = String, Path, description = "Its name; its parameters go behind the `?`")),
    responses((status = 200, body = Table), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Run a named query
pub(crate) async fn query(
    State(app): State<App>,
    Place(name): Place<String>,
    RawQuery(given): RawQuery,
) -> Result<Json<Table>, Problem> {
    let query = named_queries().iter().find(|query| query.name == name).ok_or_else(|| {
        let known: Vec<&str> = named_queries().iter().map(|query| query.name).collect();
        Problem::not_found(format!("no query is named {name:?}; there are {}", known.join(", ")))
    })?;
    let values = bind(query, given.as_deref().unwrap_or_default())?;
    let limit = app.access.options.longest_page;
    let sql = format!("SELECT * FROM (\n{}\n) LIMIT {}", query.sql.trim_end(), limit + 1);
    let answer = app.tables.text(&sql, &values, Format::Tsv).await.map_err(|error| match error.code() {
        // A value that its type does not take: 6, 12 a level, 26, 27, 38, 41, 53, 69, 72 parsing, 456 and 457 parameters; 153 divides by
        // one that is zero.
        Some(6 | 12 | 26 | 27 | 38 | 41 | 53 | 69 | 72 | 130 | 153 | 321 | 456 | 457) => {
            Problem::bad(format!("a parameter of {name} is none that it can take"))
        }
        _ => Problem::from(error),
    })?;
    let mut lines = answer.lines();
    let columns: Vec<String> = lines.next().unwrap_or_default().split('\t').filter_map(field).collect();
    let mut rows: Vec<Vec<Option<String>>> =
        lines.map(|line| line.split('\t').map(field).collect()).collect();
    let more = crate::page::cut(&mut rows, limit).is_some();
    Ok(Json(Table { columns, rows, more }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were() {
        assert_eq!(field("\\N"), None);
        assert_eq!(field("a\\tb\\\\N\\'").as_deref(), Some("a\tb\\N'"));
        assert_eq!(field("").as_deref(), Some(""));
    }
}
