//! What a checkpoint of a live ranker holds beside its weights: node vectors, the graph, the table, a card.
//!
//! Invariants: everything that serving needs is in one folder; node vectors are a checkpoint of their own in it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use kairos_gifting::{NodeTable, Reached, Vectors};
use kairos_training::{Checkpoint, TensorSpec};
use serde::{Deserialize, Serialize};

use super::Scores;

/// Folder of the node vectors inside a checkpoint.
pub const NODES_FOLDER: &str = "representation";
/// The gift graph inside a checkpoint, as of the end of validation.
pub const GRAPH_FILE: &str = "graph.snapshot";
/// Kind of the node vectors' checkpoint.
const KIND: &str = "gift-nodes";

/// What a ranker reached, on what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveReached {
    /// Seed of samples, node vectors and ranker.
    pub seed: u64,
    /// Clicks and gifts before it pretrained the node vectors, Unix milliseconds.
    pub pretrain_end_ms: i64,
    /// Visits before it were trained on, Unix milliseconds.
    pub train_end_ms: i64,
    /// Visits before it chose and calibrated, those from it on judge, Unix milliseconds.
    pub validation_end_ms: i64,
    /// Share of the visits without a gift in training and validation.
    pub negatives_kept: f64,
    /// On the validation visits, thinned out as they were.
    pub validation: Reached,
    /// On the test visits.
    pub test: Scores,
    /// Share of the visits without a gift in the test.
    pub test_negatives_kept: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeConfig {
    /// Rows and width of each table by name.
    tables: BTreeMap<String, (usize, usize)>,
}

/// Writes the vectors of these users and streamers.
pub(super) fn write_nodes(
    checkpoint: &Path,
    nodes: &NodeTable,
    users: &[u64],
    streamers: &[u64],
) -> anyhow::Result<()> {
    let (mut tables, mut tensors) = (BTreeMap::new(), BTreeMap::new());
    for (name, vectors, ids) in [
        ("users", &nodes.users, users),
        ("streamers", &nodes.streamers, streamers),
        ("content", &nodes.content, streamers),
    ] {
        let rows: Vec<(u64, &[f32])> = ids.iter().filter_map(|&id| Some((id, vectors.get(id)?))).collect();
        let width = rows.first().map_or(0, |(_, row)| row.len());
        if width == 0 {
            continue;
        }
        let values: Vec<f32> = rows.iter().flat_map(|(_, row)| row.iter().copied()).collect();
        let ids: Vec<i64> = rows.iter().map(|(id, _)| id.cast_signed()).collect();
        tables.insert(name.to_owned(), (rows.len(), width));
        tensors
            .insert(format!("{name}.vectors"), Tensor::from_vec(values, (rows.len(), width), &Device::Cpu)?);
        tensors.insert(format!("{name}.ids"), Tensor::from_vec(ids, rows.len(), &Device::Cpu)?);
    }
    let nothing = BTreeMap::<String, f64>::new();
    Checkpoint::save(&checkpoint.join(NODES_FOLDER), KIND, &NodeConfig { tables }, &nothing, &tensors)?;
    Ok(())
}

/// Reads the node vectors of a checkpoint.
///
/// # Errors
/// Names the file and what doesn't fit.
pub fn read_nodes(checkpoint: &Path) -> anyhow::Result<NodeTable> {
    let declare = |config: &NodeConfig| {
        let specs = config.tables.iter().flat_map(|(name, &(rows, width))| {
            let vectors = TensorSpec { shape: vec![rows, width], dtype: DType::F32 };
            let ids = TensorSpec { shape: vec![rows], dtype: DType::I64 };
            [(format!("{name}.vectors"), vectors), (format!("{name}.ids"), ids)]
        });
        specs.collect()
    };
    let folder = checkpoint.join(NODES_FOLDER);
    let loaded: Checkpoint<NodeConfig, BTreeMap<String, f64>> =
        Checkpoint::load(&folder, KIND, &Device::Cpu, declare)?;
    let table = |name: &str| -> anyhow::Result<Vectors> {
        let Some(&(_, width)) = loaded.config.tables.get(name) else { return Ok(Vectors::default()) };
        let get = |part: &str| {
            let name = format!("{name}.{part}");
            loaded.tensors.get(&name).with_context(|| format!("{}: no tensor {name}", folder.display()))
        };
        let ids: Vec<i64> = get("ids")?.to_vec1()?;
        let rows: Vec<Vec<f32>> = get("vectors")?.to_vec2()?;
        let entries = ids.into_iter().map(i64::cast_unsigned).zip(rows);
        Ok(Vectors::new(width, entries).unwrap_or_default())
    };
    Ok(NodeTable { content: table("content")?, streamers: table("streamers")?, users: table("users")? })
}

/// Writes the card, and the table where models were compared.
pub(super) fn write_card(
    checkpoint: &Path,
    note: &str,
    table: &str,
    compared: Option<&str>,
) -> anyhow::Result<()> {
    let write = |name: &str, text: &str| {
        let file = checkpoint.join(name);
        std::fs::write(&file, text).with_context(|| file.display().to_string())
    };
    let card = format!(
        "# {}\n\n{note}\n\n{table}\nOn visits after everything that was learned from. `{NODES_FOLDER}/` holds vectors of \
         users and streamers, `{GRAPH_FILE}` the gift graph as of the end of validation, `metrics.json` all numbers.\n",
        kairos_gifting::KIND
    );
    write("README.md", &card)?;
    if let Some(entries) = compared {
        write("baselines.md", table)?;
        write("baselines.json", entries)?;
    }
    Ok(())
}
