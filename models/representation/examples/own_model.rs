//! A recommender of one's own: what others gave to who gave to the same streamers, judged against the baseline.
//! `docs/extend/model.md` quotes this file.
//!
//! `cargo run -p kairos-representation --example own_model`; its test runs with the others.

use std::path::Path;

use kairos_representation::{
    DataDigests, Dataset, Interaction, Interactions, Kind, Popularity, PopularityConfig, Reached,
    Recommender, RepresentationError, Result, evaluate,
};

// ANCHOR: model
/// Scores an item by how often it is in the same hands as those of the user's history.
struct Together {
    items: usize,
    /// `items` by `items`.
    counts: Vec<f32>,
}

impl Together {
    fn train(data: &Interactions) -> Self {
        let items = data.items();
        let mut counts = vec![0.0; items * items];
        for user in 0..data.users() as u32 {
            for &a in data.items_of(user) {
                for &b in data.items_of(user) {
                    counts[a as usize * items + b as usize] += 1.0;
                }
            }
        }
        Self { items, counts }
    }
}

impl Recommender for Together {
    // A model that is to be saved and served has a kind of its own; this one lives for a comparison.
    fn kind(&self) -> Kind {
        Kind::Popularity
    }

    fn items(&self) -> usize {
        self.items
    }

    // A user whom training did not know has a history all the same, so nobody is a special case.
    fn score(&self, _user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        out.fill(0.0);
        for &item in history.iter().filter(|item| (**item as usize) < self.items) {
            let row = &self.counts[item as usize * self.items..][..self.items];
            out.iter_mut().zip(row).for_each(|(score, count)| *score += count);
        }
        Ok(())
    }

    fn save(&self, _path: &Path, _data: &DataDigests, _reached: &Reached) -> Result<String> {
        Err(RepresentationError::Config {
            field: "model",
            reason: "is an example and has no file".to_owned(),
        })
    }
}
// ANCHOR_END: model

fn main() -> Result<()> {
    let (own, baseline) = run()?;
    println!("Recall@5: {own:.3}, by popularity {baseline:.3}");
    Ok(())
}

// ANCHOR: judge
/// Recall@5 of the model and of the baseline, on the last item of each user, which neither has seen.
fn run() -> Result<(f64, f64)> {
    // Two circles of streamers; a viewer gives in one of them.
    let rows = (0..200_u32).flat_map(|user| {
        (0..6_u32).map(move |time| {
            let item = (user * 7 + time * time) % 20 * 2 + user % 2;
            (time == 5, Interaction { user, item, value: 1.0, time: i64::from(time) })
        })
    });
    let (held, kept): (Vec<_>, Vec<_>) = rows.partition(|(last, _)| *last);
    let table = |rows: Vec<(bool, Interaction)>| {
        Interactions::from_rows(200, 40, rows.into_iter().map(|(_, interaction)| interaction))
    };
    let (train, test) = (table(kept)?, table(held)?);
    let recall = |model: &dyn Recommender| -> Result<f64> {
        Ok(evaluate(model, &train, &test, &[5])?.at(5).map_or(0.0, |at| at.recall))
    };
    let baseline = Popularity::train(&Dataset::new(train.clone()), &PopularityConfig::default())?;
    Ok((recall(&Together::train(&train))?, recall(&baseline)?))
}
// ANCHOR_END: judge

#[test]
fn who_gave_together_tells_more_than_popularity() {
    let (own, baseline) = run().unwrap();
    assert!(own > baseline + 0.1, "{own} against {baseline}");
}
