//! Training the parts and choosing among them.
//!
//! Invariants: the choice sees the rows held out, parts don't, save to know when to stop; with no validation rows
//! the parts that were taken are trained again on all rows, for as many epochs as were best.

use super::parts::Part;
use super::selection::select;
use super::table::Table;
use super::{Chosen, Evidence, Mmbee, MmbeeConfig};
use crate::learning::Progress;
use crate::{Dataset, Interactions, RepresentationError, Result};

/// Users with fewer items keep them all when rows are held out.
const LEAST: usize = 3;
/// Largest number of items of a user who counts for popularity as a backfill, in medians over users.
const BACKFILL_CAP: f64 = 10.0;

pub(super) fn train(
    data: &Dataset,
    config: &MmbeeConfig,
    validation: Option<&Interactions>,
    progress: &mut Progress<'_>,
) -> Result<Mmbee> {
    data.check()?;
    config.check()?;
    let evidence: Vec<Evidence> = config.evidence.iter().flat_map(|evidence| evidence.on(data)).collect();
    if evidence.is_empty() {
        return Err(RepresentationError::config("evidence", "nothing of it is in the data"));
    }
    let selection = &config.selection;
    match validation.filter(|rows| !rows.is_empty()) {
        Some(held) => {
            RepresentationError::size("validation items", data.interactions.items(), held.items())?;
            choose(data, config, evidence, held, progress)
        }
        None => {
            let (kept, held) = data.interactions.hold_out(selection.hold_out, LEAST, selection.seed)?;
            let part = Dataset { interactions: kept, ..data.clone() };
            let chosen = choose(&part, config, evidence, &held, progress)?.chosen;
            train_chosen(data, chosen, progress)
        }
    }
}

pub(super) fn train_chosen(
    data: &Dataset,
    chosen: Vec<Chosen>,
    progress: &mut Progress<'_>,
) -> Result<Mmbee> {
    data.check()?;
    let train = |chosen: &Chosen| Part::train(&chosen.evidence, data, None, progress);
    let parts = chosen.iter().map(train).collect::<Result<_>>()?;
    Ok(Mmbee { items: data.interactions.items(), chosen, parts })
}

fn choose(
    data: &Dataset,
    config: &MmbeeConfig,
    evidence: Vec<Evidence>,
    held: &Interactions,
    progress: &mut Progress<'_>,
) -> Result<Mmbee> {
    let mut table = Table::new(&data.interactions, held, evidence.len(), config.selection.scores);
    let mut trained = Vec::with_capacity(evidence.len());
    for evidence in evidence {
        let part = Part::train(&evidence, data, Some(held), progress)?;
        table.add(&part, &data.interactions)?;
        trained.push(Some((part.settled(evidence), part)));
    }
    let mut made = Mmbee { items: data.interactions.items(), chosen: Vec::new(), parts: Vec::new() };
    for (at, weight) in select(&table, &config.selection)? {
        if let Some((evidence, part)) = trained.get_mut(at).and_then(Option::take) {
            made.chosen.push(Chosen { evidence, weight });
            made.parts.push(part);
        }
    }
    let known = made.chosen.iter().any(|chosen| matches!(chosen.evidence, Evidence::Popularity { .. }));
    if config.selection.backfill > 0.0 && !known {
        let evidence = Evidence::Popularity { cap: BACKFILL_CAP };
        made.parts.push(Part::train(&evidence, data, None, progress)?);
        made.chosen.push(Chosen { evidence, weight: config.selection.backfill });
    }
    Ok(made)
}
