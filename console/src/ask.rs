//! Questions to the tables: a text that is part of the program, and values that are bound to it.
//!
//! Invariant: no value of a request ever enters the text of a statement.

use kairos_clickhouse::{Format, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A value for a placeholder such as `{room:String}`.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Real(f64),
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone().unwrap_or_default())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Number(yes.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<i64>> for Value {
    fn from(numbers: Vec<i64>) -> Self {
        Self::Numbers(numbers)
    }
}

/// The tables, with how long one question may take.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    store: Store,
    settings: String,
}

impl Tables {
    pub(crate) fn new(store: Store, patience: u32) -> Self {
        let settings = format!(
            "\nSETTINGS output_format_json_quote_64bit_integers = 0, max_execution_time = {patience}, \
             join_use_nulls = 0"
        );
        Self { store, settings }
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// The answer's rows.
    pub(crate) async fn rows<T: DeserializeOwned>(
        &self,
        sql: &str,
        values: &[(&str, Value)],
    ) -> Result<Vec<T>, Problem> {
        let answer = self.text(sql, values, Format::JsonEachRow).await?;
        let row = |line: &str| {
            serde_json::from_str(line)
                .map_err(|error| Problem::internal("reading an answer of the tables", &error))
        };
        answer.lines().map(row).collect()
    }

    /// The answer's first row, if there is one.
    pub(crate) async fn row<T: DeserializeOwned>(
        &self,
        sql: &str,
        values: &[(&str, Value)],
    ) -> Result<Option<T>, Problem> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The answer as text.
    pub(crate) async fn text(
        &self,
        sql: &str,
        values: &[(&str, Value)],
        format: Format,
    ) -> Result<String, kairos_clickhouse::Error> {
        self.store.query_with(&format!("{}{}", sql.trim_end(), self.settings), values, format).await
    }
}
