//! Training the parts and choosing among them.
//!
//! Invariants: the choice sees validation rows, parts don't, save to know when to stop; parts that weren't taken
//! are dropped as soon as they have been judged.

use super::parts::Part;
use super::selection::select;
use super::table::Table;
use super::{Chosen, Evidence, Mmbee, MmbeeConfig};
use crate::learning::Progress;
use crate::{Dataset, Interactions, RepresentationError, Result};

/// Users with fewer items keep them all when rows are held out.
const LEAST: usize = 3;

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
            choose(data, config, evidence, held, true, progress)
        }
        None => {
            let (kept, held) =
                data.interactions.hold_out(selection.hold_out, LEAST, selection.seed)?;
            let part = Dataset { interactions: kept, ..data.clone() };
            let chosen = choose(&part, config, evidence, &held, false, progress)?.chosen;
            let train = |chosen: &Chosen| Part::train(&chosen.evidence, data, None, progress);
            let parts = chosen.iter().map(train).collect::<Result<_>>()?;
            Ok(Mmbee { items: data.interactions.items(), chosen, parts })
        }
    }
}

fn choose(
    data: &Dataset,
    config: &MmbeeConfig,
    evidence: Vec<Evidence>,
    held: &Interactions,
    stop_early: bool,
    progress: &mut Progress<'_>,
) -> Result<Mmbee> {
    let mut table = Table::new(&data.interactions, held, evidence.len(), config.selection.scores);
    let mut trained = Vec::with_capacity(evidence.len());
    for evidence in evidence {
        let part = Part::train(&evidence, data, stop_early.then_some(held), progress)?;
        table.add(&part, &data.interactions)?;
        trained.push(Some((evidence, part)));
    }
    let mut made = Mmbee { items: data.interactions.items(), chosen: Vec::new(), parts: Vec::new() };
    for (at, weight) in select(&table, &config.selection)? {
        if let Some((evidence, part)) = trained.get_mut(at).and_then(Option::take) {
            made.chosen.push(Chosen { evidence, weight });
            made.parts.push(part);
        }
    }
    Ok(made)
}
