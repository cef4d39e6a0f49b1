//! Finding a moment by words: by what was written and said, and by what it means, where vectors of units are kept.
//!
//! Each way of looking gives moments of ten seconds in its own order; numbers of different ways can't be compared, places can. A
//! moment's score is the sum of 1 / (60 + place) over the ways that found it (reciprocal rank fusion, Cormack et al. 2009).

mod fuse;
mod others;

use anyhow::Context;
use kairos_clickhouse::{Format, Store};
use kairos_model_server::Patience;
use kairos_transformers::TextEncoder;
use serde::Deserialize;

pub use fuse::{Found, Moment, fuse};
use others::OTHERS;

use crate::pretrained::Pretrained;
use crate::room::VectorKind;

/// Moments that each way of looking gives, per moment that is asked for.
const DEEPER: u32 = 5;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The words.
    pub words: &'a str,
    /// One room; empty for all.
    pub room: &'a str,
    /// How many moments.
    pub limit: u32,
    /// Temperature of the dual softmax, as a difference of cosines; `None` without it.
    pub dual_softmax: Option<f64>,
}

#[derive(Deserialize)]
struct Near {
    room: String,
    stream: String,
    second: i64,
    similarity: f64,
}

#[derive(Deserialize)]
struct Written {
    room: String,
    stream: String,
    second: f64,
    hits: serde_json::Value,
    texts: Vec<String>,
}

/// Looks in every way that the configured networks allow.
///
/// # Errors
/// If a network fails or ClickHouse does not answer.
pub async fn search(
    store: &Store,
    networks: &Pretrained,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Vec<Moment>> {
    let mut ways = vec![written(store, wanted).await?];
    if let Some(words) = networks.words_of_pictures() {
        ways.push(near(store, words.as_ref(), VectorKind::Picture, wanted).await?);
    }
    if let Some(texts) = networks.room(&Patience::for_ever()).text {
        for kind in [VectorKind::Comment, VectorKind::Speech] {
            ways.push(near(store, texts.as_ref(), kind, wanted).await?);
        }
    }
    let mut moments = fuse(ways);
    moments.truncate(wanted.limit as usize);
    Ok(moments)
}

fn lines<T: for<'a> Deserialize<'a>>(answer: &str) -> anyhow::Result<Vec<T>> {
    answer.lines().map(|line| serde_json::from_str(line).with_context(|| format!("a row: {line}"))).collect()
}

async fn written(store: &Store, wanted: &Wanted<'_>) -> anyhow::Result<Vec<Found>> {
    let limit = wanted.limit.saturating_mul(DEEPER).to_string();
    let params = [("words", wanted.words), ("room", wanted.room), ("limit", limit.as_str())];
    let rows: Vec<Written> = lines(&store.named("search", &params, Format::JsonEachRow).await?)?;
    let found = |row: Written| {
        // 64-bit numbers come as text.
        let hits = row.hits.as_str().and_then(|hits| hits.parse().ok()).or(row.hits.as_f64()).unwrap_or(0.0);
        let (room, stream, second) = (row.room, row.stream, row.second as i64);
        Found { room, stream, second, by: "words", measure: hits, texts: row.texts }
    };
    Ok(rows.into_iter().map(found).collect())
}

async fn near(
    store: &Store,
    encoder: &dyn TextEncoder,
    kind: VectorKind,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Vec<Found>> {
    let mut texts = vec![wanted.words];
    texts.extend(wanted.dual_softmax.iter().flat_map(|_| OTHERS));
    let vectors: Vec<String> = encoder.encode_texts(&texts)?.iter().map(|vector| array(vector)).collect();
    let others = format!("[{}]", vectors[1..].join(","));
    let temperature = wanted.dual_softmax.unwrap_or(1.0).to_string();
    let limit = wanted.limit.saturating_mul(DEEPER).to_string();
    let params = [
        ("vector", vectors[0].as_str()),
        ("encoder", encoder.digest()),
        ("kind", kind.as_str()),
        ("others", others.as_str()),
        ("temperature", temperature.as_str()),
        ("room", wanted.room),
        ("limit", limit.as_str()),
    ];
    let rows: Vec<Near> = lines(&store.named("search-vectors", &params, Format::JsonEachRow).await?)?;
    let found = |row: Near| {
        let Near { room, stream, second, similarity } = row;
        Found { room, stream, second, by: kind.as_str(), measure: similarity, texts: Vec::new() }
    };
    Ok(rows.into_iter().map(found).collect())
}

/// As ClickHouse reads it.
fn array(vector: &[f32]) -> String {
    let values: Vec<String> = vector.iter().map(|value| format!("{value:.6}")).collect();
    format!("[{}]", values.join(","))
}
