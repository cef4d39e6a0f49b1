//! Analytics that ship as SQL files.
//!
//! Invariants: a file starts with its description and one `-- param` line per parameter; parameters are bound by
//! ClickHouse, never spliced into the text.

use std::sync::LazyLock;

use crate::{Error, Format, Store};

macro_rules! queries {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../queries/", $name, ".sql")))),*]
    };
}

const FILES: &[(&str, &str)] = queries![
    "compare-models",
    "evaluation-table",
    "gift-funnel",
    "graph-edges",
    "graph-neighbours",
    "graph-swing",
    "highlight-precision",
    "highlight-precision-labels",
    "labels-ctr",
    "labels-highlights",
    "labels-long-view",
    "labels-retention",
    "lag",
    "ledger",
    "rooms",
    "search",
    "search-vectors",
    "top-moments",
    "top-moments-day",
    "trend-days",
    "trend-hours",
];

static QUERIES: LazyLock<Vec<NamedQuery>> =
    LazyLock::new(|| FILES.iter().map(|(name, text)| NamedQuery::read(name, text)).collect());

/// One query.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedQuery {
    /// What it is called by.
    pub name: &'static str,
    /// What it answers, one sentence.
    pub description: &'static str,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// The text, comments included.
    pub sql: &'static str,
}

/// One parameter of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its ClickHouse type.
    pub kind: &'static str,
    /// The least and the largest value, where not all of the type will do.
    pub range: Option<(f64, f64)>,
    /// The value when none is given; `None` when one must be.
    pub default: Option<&'static str>,
    /// What it means.
    pub description: &'static str,
}

/// Every query, by name.
pub fn named_queries() -> &'static [NamedQuery] {
    &QUERIES
}

impl NamedQuery {
    fn read(name: &'static str, sql: &'static str) -> Self {
        let mut header = sql.lines().map_while(|line| line.strip_prefix("-- "));
        let description = header.next().unwrap_or_default();
        let parameters = header.filter_map(|line| Parameter::read(line.strip_prefix("param ")?)).collect();
        Self { name, description, parameters, sql }
    }

    /// The value of every parameter, given or default.
    ///
    /// # Errors
    /// [`Error::Parameter`] for one that the query does not have, that is missing, or whose type does not take the value.
    pub fn bind<'a>(&'a self, given: &[(&'a str, &'a str)]) -> Result<Vec<(&'a str, &'a str)>, Error> {
        let problem = |problem: String| Error::Parameter { query: self.name.to_owned(), problem };
        if let Some((name, _)) =
            given.iter().find(|(name, _)| self.parameters.iter().all(|p| p.name != *name))
        {
            let known: Vec<_> = self.parameters.iter().map(|p| p.name).collect();
            return Err(problem(format!("has no parameter {name:?}; there are {}", known.join(", "))));
        }
        let value = |parameter: &'a Parameter| {
            let given = given.iter().rev().find(|(name, _)| *name == parameter.name).map(|(_, value)| *value);
            let value = given.or(parameter.default).ok_or_else(|| {
                problem(format!("needs {} ({}): {}", parameter.name, parameter.kind, parameter.description))
            })?;
            if !parameter.takes(value) {
                return Err(problem(format!("{} {value:?} is no {}", parameter.name, parameter.kind)));
            }
            match parameter.range {
                Some((least, most)) if !value.parse().is_ok_and(|x: f64| (least..=most).contains(&x)) => {
                    Err(problem(format!("{} {value} is not within {least} and {most}", parameter.name)))
                }
                _ => Ok((parameter.name, value)),
            }
        };
        self.parameters.iter().map(value).collect()
    }
}

impl Parameter {
    /// Whether a text is a value of the parameter's type. ClickHouse itself takes a whole number that is too large, and
    /// cuts its upper bits off.
    fn takes(&self, text: &str) -> bool {
        match self.kind {
            "UInt8" => text.parse::<u8>().is_ok(),
            "UInt32" => text.parse::<u32>().is_ok(),
            "Int64" => text.parse::<i64>().is_ok(),
            "Float64" => text.parse::<f64>().is_ok_and(f64::is_finite),
            "Array(Float32)" => serde_json::from_str::<Vec<f32>>(text).is_ok(),
            "Array(Array(Float32))" => serde_json::from_str::<Vec<Vec<f32>>>(text).is_ok(),
            _ => true,
        }
    }

    /// `room String: the room`, `limit UInt32 = 20: how many` or `top Float64 0..1 = 0.3: share`.
    fn read(line: &'static str) -> Option<Self> {
        let (head, description) = line.split_once(": ")?;
        let (head, default) = match head.split_once(" =") {
            Some((head, default)) => (head, Some(default.trim())),
            None => (head, None),
        };
        let (name, kind) = head.split_once(' ')?;
        let (kind, range) = match kind.split_once(' ') {
            Some((kind, range)) => (kind, Some(range)),
            None => (kind, None),
        };
        let range = range.and_then(|range| {
            let (least, most) = range.split_once("..")?;
            Some((least.parse().ok()?, most.parse().ok()?))
        });
        Some(Self { name, kind, range, default, description })
    }
}

fn find(name: &str) -> Result<&'static NamedQuery, Error> {
    QUERIES.iter().find(|query| query.name == name).ok_or_else(|| {
        let known: Vec<_> = QUERIES.iter().map(|query| query.name).collect();
        Error::UnknownQuery { name: name.to_owned(), known: known.join(", ") }
    })
}

impl Store {
    /// Asks a named query.
    ///
    /// # Errors
    /// [`Error::UnknownQuery`] and [`Error::Parameter`] name what there is; otherwise as [`Store::query`].
    pub async fn named(&self, name: &str, params: &[(&str, &str)], format: Format) -> Result<String, Error> {
        let query = find(name)?;
        self.query_with(query.sql, &query.bind(params)?, format).await
    }

    /// The same into a writer, as [`Store::query_into`].
    ///
    /// # Errors
    /// As [`Store::named`] and [`Store::query_into`].
    pub async fn named_into(
        &self,
        name: &str,
        params: &[(&str, &str)],
        format: Format,
        out: &mut (dyn std::io::Write + Send),
    ) -> Result<(), Error> {
        let query = find(name)?;
        self.query_into(query.sql, &query.bind(params)?, format, out).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_too_large_is_refused_before_it_is_cut_short() {
        for (text, kind, taken) in [
            ("255", "UInt8", true),
            ("256", "UInt8", false),
            ("4294967296", "UInt32", false),
            ("-1", "UInt32", false),
            ("-1", "Int64", true),
            ("9223372036854775808", "Int64", false),
            ("0.5", "Float64", true),
            ("nan", "Float64", false),
            ("", "UInt32", false),
            ("", "String", true),
            ("[]", "Array(Float32)", true),
            ("[0.5,-1,2e-3]", "Array(Float32)", true),
            ("[0.5", "Array(Float32)", false),
            ("['a']", "Array(Float32)", false),
            ("[[1],[]]", "Array(Array(Float32))", true),
            ("[1]", "Array(Array(Float32))", false),
        ] {
            let parameter = Parameter { name: "n", kind, range: None, default: None, description: "" };
            assert_eq!(parameter.takes(text), taken, "{text} {kind}");
        }
        // Every default is one that may be given.
        for query in named_queries() {
            for parameter in &query.parameters {
                let known = [
                    "UInt8",
                    "UInt32",
                    "Int64",
                    "Float64",
                    "String",
                    "Array(Float32)",
                    "Array(Array(Float32))",
                ];
                assert!(known.contains(&parameter.kind), "{parameter:?}");
                assert!(parameter.default.is_none_or(|value| parameter.takes(value)), "{parameter:?}");
            }
        }
    }

    #[test]
    fn the_header_declares_exactly_the_parameters_of_the_text() {
        for query in named_queries() {
            assert!(query.description.ends_with('.'), "{}", query.name);
            let body: String = query.sql.lines().filter(|line| !line.starts_with("--")).collect();
            let used =
                body.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(inner, _)| inner);
            for placeholder in used.clone() {
                let declared =
                    query.parameters.iter().any(|p| format!("{}:{}", p.name, p.kind) == placeholder);
                assert!(declared, "{} uses {placeholder}", query.name);
            }
            for parameter in &query.parameters {
                let placeholder = format!("{}:{}", parameter.name, parameter.kind);
                assert!(
                    used.clone().any(|inner| inner == placeholder),
                    "{} never uses {placeholder}",
                    query.name
                );
            }
        }
    }

    #[test]
    fn values_outside_of_a_range_are_refused_and_it_is_named() {
        let query = named_queries().iter().find(|query| query.name == "labels-retention").unwrap();
        let bound = |value| query.bind(&[("room", "r"), ("stream", "s"), ("top", value)]);
        for taken in ["0", "0.3", "1"] {
            assert!(bound(taken).is_ok(), "{taken}");
        }
        let error = bound("-2.7e16").unwrap_err().to_string();
        assert_eq!(error, "query labels-retention: top -2.7e16 is not within 0 and 1");
        // What is declared as a range is read as one, and defaults lie in it.
        for (query, line) in FILES.iter().flat_map(|(name, text)| text.lines().map(move |line| (name, line)))
        {
            let Some(line) = line.strip_prefix("-- param ") else { continue };
            let parameter = Parameter::read(line).unwrap();
            assert_eq!(
                parameter.range.is_some(),
                line.split(": ").next().unwrap().contains(".."),
                "{query}: {line}"
            );
            if let (Some((least, most)), Some(default)) = (parameter.range, parameter.default) {
                assert!((least..=most).contains(&default.parse::<f64>().unwrap()), "{query}: {line}");
            }
        }
    }

    #[test]
    fn a_missing_parameter_is_named_with_its_meaning() {
        let query = named_queries().iter().find(|query| query.name == "top-moments").unwrap();
        let error = query.bind(&[]).unwrap_err().to_string();
        assert_eq!(error, "query top-moments: needs room (String): the room");
        let error = query.bind(&[("room", "a"), ("rom", "b")]).unwrap_err().to_string();
        assert!(error.contains("no parameter \"rom\"; there are room, stream, model, limit"), "{error}");
        let bound = query.bind(&[("room", "a"), ("limit", "3")]).unwrap();
        assert_eq!(bound, [("room", "a"), ("stream", ""), ("model", ""), ("limit", "3")]);
    }
}
