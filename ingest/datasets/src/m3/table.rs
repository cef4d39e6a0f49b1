//! Rows of a table, whatever the file format.
//!
//! Invariants: a row's cells are in the order of the quantities asked for; a column that a file doesn't have is `Null`.

use std::path::Path;

use super::columns::Quantity;
use super::{csv_table, instant, parquet_table};
use crate::DatasetError;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Whole(i64),
    Number(f64),
    /// Seconds, from a column that says it holds datetimes.
    Instant(f64),
    Text(String),
    List(Vec<f32>),
}

impl Cell {
    /// Whole number, also where it was stored as text or, as programs do beside missing values, as a float.
    pub(crate) fn id(&self) -> Result<Option<i64>, String> {
        let whole = |value: f64| {
            (value.fract() == 0.0 && value.abs() < 9.0e15)
                .then_some(value as i64)
                .ok_or(format!("{value} is no whole number"))
        };
        match self {
            Self::Null => Ok(None),
            Self::Whole(id) => Ok(Some(*id)),
            Self::Number(value) if value.is_nan() => Ok(None),
            Self::Number(value) => whole(*value).map(Some),
            Self::Text(text) if text.trim().is_empty() => Ok(None),
            Self::Text(text) => match text.trim().parse::<i64>() {
                Ok(id) => Ok(Some(id)),
                Err(_) => match text.trim().parse::<f64>() {
                    Ok(value) => whole(value).map(Some),
                    Err(_) => {
                        Err(format!("{:?} is no whole number", text.chars().take(24).collect::<String>()))
                    }
                },
            },
            Self::Instant(_) | Self::List(_) => Err("is no whole number".to_owned()),
        }
    }

    /// Seconds, by type and size.
    pub(crate) fn instant(&self) -> Result<Option<f64>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Instant(seconds) => Ok(Some(*seconds)),
            Self::Whole(value) => Ok(instant::from_number(*value as f64)),
            Self::Number(value) => Ok(instant::from_number(*value)),
            Self::Text(text) => instant::from_text(text),
            Self::List(_) => Err("is a list, not a time".to_owned()),
        }
    }

    /// A plain number.
    pub(crate) fn number(&self) -> Result<Option<f64>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Whole(value) => Ok(Some(*value as f64)),
            Self::Number(value) | Self::Instant(value) => Ok(Some(*value).filter(|value| value.is_finite())),
            Self::Text(text) if text.trim().is_empty() => Ok(None),
            Self::Text(text) => {
                let value = text.trim().parse::<f64>().map_err(|_none| format!("{text:?} is no number"))?;
                Ok(Some(value).filter(|value| value.is_finite()))
            }
            Self::List(_) => Err("is a list, not a number".to_owned()),
        }
    }

    /// Finite numbers; text in brackets is understood.
    pub(crate) fn list(&self) -> Result<Vec<f32>, String> {
        let list = match self {
            Self::List(list) => list.clone(),
            Self::Text(text) => crate::klive::parse_list(text.as_bytes())?,
            _ => return Err("is no list".to_owned()),
        };
        match list.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(format!("number {} of the list is {}", at + 1, list[at])),
            None => Ok(list),
        }
    }
}

/// What a visitor says of a row it can't use: which quantity and why.
pub(crate) type Refusal = (usize, String);
/// Takes rows; says whether to go on.
pub(crate) type Visit<'a> = dyn FnMut(&[Cell]) -> Result<bool, Refusal> + 'a;

/// Which column of a file holds each quantity.
#[derive(Debug, PartialEq)]
pub(crate) struct Chosen(pub(crate) Vec<Option<usize>>);

impl Chosen {
    pub(crate) fn of(path: &Path, names: &[String], quantities: &[Quantity]) -> Result<Self, DatasetError> {
        let column = |quantity: &Quantity| {
            let place = |alias: &&str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(alias));
            match quantity.aliases.iter().find_map(place) {
                None if quantity.required => Err(DatasetError::Column {
                    path: path.to_owned(),
                    quantity: quantity.name,
                    expected: quantity.aliases.to_vec(),
                    found: names.to_vec(),
                }),
                found => Ok(found),
            }
        };
        quantities.iter().map(column).collect::<Result<_, _>>().map(Self)
    }
}

/// Names of a file's columns.
pub(crate) fn column_names(path: &Path) -> Result<Vec<String>, DatasetError> {
    if is_parquet(path) { parquet_table::column_names(path) } else { csv_table::column_names(path) }
}

/// Visits the rows of a file in their order until the visitor has enough.
pub(crate) fn scan(path: &Path, quantities: &[Quantity], visit: &mut Visit<'_>) -> Result<(), DatasetError> {
    if is_parquet(path) {
        parquet_table::scan(path, quantities, visit)
    } else {
        csv_table::scan(path, quantities, visit)
    }
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}
