//! What a client of ClickHouse's HTTP interface asked for.
//!
//! Invariant: names of settings are plain words, so they can stand in a `SET`; values of parameters never enter the
//! text of a statement.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::http::request::Parts;

use super::engine::Body;
use super::frames;

/// One request, understood.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) statement: Statement,
    pub(super) database: Option<String>,
    pub(super) format: Option<String>,
    pub(super) params: Vec<(String, String)>,
    pub(super) settings: Vec<(String, String)>,
}

/// What is to be run.
#[derive(Debug)]
pub(super) enum Statement {
    /// Any text that carries its data in it.
    Query(String),
    /// An `INSERT` whose rows came in the body.
    Insert { sql: String, format: String, data: Body },
}

impl Default for Statement {
    fn default() -> Self {
        Self::Query(String::new())
    }
}

impl Request {
    /// Understands a request whose body has arrived.
    pub(super) async fn read(parts: &Parts, body: Bytes) -> Result<Self, String> {
        let mut request = Self::default();
        let mut sql = String::new();
        let mut compressed = false;
        let url = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        for (name, value) in url {
            match name.as_ref() {
                "query" => sql = value.into_owned(),
                "database" => request.database = Some(value.into_owned()),
                "default_format" => request.format = Some(value.into_owned()),
                "decompress" => compressed = value == "1",
                "compress" if value == "1" => return Err("answers are not compressed here".to_owned()),
                // Belong to HTTP or to sessions, which the front has none of.
                "compress" | "query_id" | "session_id" | "session_timeout" | "session_check" | "role"
                | "wait_end_of_query" | "buffer_size" | "user" | "password" => {}
                name if name.starts_with("enable_http_") || name.starts_with("send_progress_") => {}
                name => request.field(name, value.into_owned())?,
            }
        }
        let kind = parts.headers.get(hyper::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let body = match kind.and_then(|kind| multer::parse_boundary(kind).ok()) {
            Some(boundary) => request.form(body, boundary, &mut sql).await?,
            None => body,
        };
        let data = if compressed { frames::decompress(body)? } else { vec![body] };
        request.statement = statement(sql, data)?;
        Ok(request)
    }

    /// Whether the statement leaves its traces in the session.
    pub(super) fn changes_session(&self) -> bool {
        let Statement::Query(sql) = &self.statement else { return false };
        // Behind a comment anything may stand.
        let first = sql.trim_start().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        !["SELECT", "WITH", "INSERT", "CREATE", "DESCRIBE", "SHOW", "EXPLAIN", "ALTER", "DROP", "OPTIMIZE"]
            .iter()
            .any(|known| first.eq_ignore_ascii_case(known))
            || sql.contains(';')
    }

    fn field(&mut self, name: &str, value: String) -> Result<(), String> {
        if let Some(param) = name.strip_prefix("param_") {
            self.params.push((param.to_owned(), value));
        } else if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty() {
            self.settings.push((name.to_owned(), value));
        } else {
            return Err(format!("{name:?} is no setting"));
        }
        Ok(())
    }

    /// Takes the fields of a form; its field `query` continues the text.
    async fn form(&mut self, body: Bytes, boundary: String, sql: &mut String) -> Result<Bytes, String> {
        let mut form = multer::Multipart::new(Full::new(body).into_data_stream(), boundary);
        while let Some(field) = form.next_field().await.map_err(|error| error.to_string())? {
            let name = field.name().unwrap_or_default().to_owned();
            let value = field.text().await.map_err(|error| error.to_string())?;
            if name == "query" { sql.push_str(&value) } else { self.field(&name, value)? }
        }
        Ok(Bytes::new())
    }
}

/// The text of the address and the body are one text, except where the body holds the rows of an `INSERT`.
fn statement(sql: String, data: Body) -> Result<Statement, String> {
    let empty = data.iter().all(Bytes::is_empty);
    let begins = sql.trim_start();
    let is_insert = begins.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("insert"));
    if is_insert
        && !empty
        && let Some((head, format)) = split_format(&sql)
    {
        return Ok(Statement::Insert { sql: head.to_owned(), format: format.to_owned(), data });
    }
    let body =
        String::from_utf8(data.concat()).map_err(|_not_text| "the query is no UTF-8 text".to_owned())?;
    Ok(Statement::Query(if sql.is_empty() || body.is_empty() {
        sql + &body
    } else {
        format!("{sql}\n{body}")
    }))
}

/// `INSERT INTO t(a) FORMAT RowBinary` into what stands before `FORMAT` and the format's name.
fn split_format(sql: &str) -> Option<(&str, &str)> {
    let (head, format) = sql.trim_end().rsplit_once(char::is_whitespace)?;
    let (head, word) = head.trim_end().rsplit_once(char::is_whitespace)?;
    let plain = format.chars().all(|c| c.is_ascii_alphanumeric());
    (word.eq_ignore_ascii_case("format") && plain).then_some((head, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_an_insert_are_told_from_its_text() {
        let rows = vec![Bytes::from_static(b"\xff\x00")];
        let Ok(Statement::Insert { sql, format, .. }) =
            statement("insert into t(a) format RowBinary".into(), rows)
        else {
            panic!("no insert");
        };
        assert_eq!((sql.as_str(), format.as_str()), ("insert into t(a)", "RowBinary"));
        let Ok(Statement::Query(sql)) =
            statement(String::new(), vec![Bytes::from_static(b"INSERT INTO t VALUES (1)")])
        else {
            panic!("no query");
        };
        assert_eq!(sql, "INSERT INTO t VALUES (1)");
        assert!(statement(String::new(), vec![Bytes::from_static(b"\xff")]).is_err());
    }

    #[test]
    fn settings_are_words_and_nothing_else() {
        let mut request = Request::default();
        request.field("max_threads", "2".into()).unwrap();
        request.field("param_room", "x' OR 1".into()).unwrap();
        assert!(request.field("a = 1, b", "2".into()).is_err());
        assert_eq!(request.params, [("room".to_owned(), "x' OR 1".to_owned())]);
    }

    #[test]
    fn a_statement_that_may_change_the_session_is_known() {
        let changes = |sql: &str| {
            Request { statement: Statement::Query(sql.to_owned()), ..Request::default() }.changes_session()
        };
        assert!(changes("SET max_threads = 1"));
        assert!(changes("USE other"));
        assert!(changes("/* hidden */ SET a = 1"));
        assert!(changes("SELECT 1; SET a = 1"));
        assert!(!changes("  select 1"));
    }
}
