//! Running items: the first batches, and those of requests, so that none fails for another's.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kairos_transformers::{TransformerError, Unserved};

use crate::ServerError;
use crate::clock::Clock;
use crate::kind::Kind;
use crate::queue::Batch;

/// Vectors, in the order that was asked for, or why there are none.
pub(crate) type Answer = Result<Vec<Vec<f32>>, TransformerError>;

pub(crate) fn warm_up<K: Kind>(encoder: &K::Encoder, budget: usize) -> Result<(), ServerError> {
    let clock = Clock::start();
    for batch in K::first_batches(encoder, budget) {
        run::<K>(encoder, &batch.iter().collect::<Vec<_>>())?;
    }
    tracing::info!(seconds = clock.now().as_secs_f64(), "the {} is warm", K::NAME);
    Ok(())
}

/// Runs items; a panic is a failure.
fn run<K: Kind>(encoder: &K::Encoder, items: &[&K::Item]) -> Answer {
    let ran = catch_unwind(AssertUnwindSafe(|| K::run(encoder, items)));
    let problem = match ran {
        Ok(Ok(vectors)) if vectors.len() != items.len() => {
            format!("it gave {} vectors for {} items", vectors.len(), items.len())
        }
        Ok(ran) => return ran,
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
        }
    };
    Err(Unserved::Failed { problem }.into())
}

/// The vectors of each request's items. Where the batch fails each request runs alone, so that it fails for its own only.
pub(crate) fn encode<K: Kind>(batch: &Batch<K>) -> Vec<(u64, Vec<usize>, Answer)> {
    let mut requests: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, item) in batch.items.iter().enumerate() {
        requests.entry(item.request).or_default().push(at);
    }
    let of = |at: &[usize]| -> Vec<&K::Item> { at.iter().map(|&at| &batch.items[at].item).collect() };
    let all: Vec<usize> = (0..batch.items.len()).collect();
    let mut whole = run::<K>(&batch.encoder, &of(&all));
    let is_alone = requests.len() == 1;
    let answer = |(request, at): (u64, Vec<usize>)| {
        let places = at.iter().map(|&at| batch.items[at].place).collect();
        let answer = match &mut whole {
            Ok(vectors) => Ok(at.iter().map(|&at| std::mem::take(&mut vectors[at])).collect()),
            Err(_) if is_alone => std::mem::replace(&mut whole, Ok(Vec::new())),
            Err(_) => run::<K>(&batch.encoder, &of(&at)),
        };
        (request, places, answer)
    };
    requests.into_iter().map(answer).collect()
}
