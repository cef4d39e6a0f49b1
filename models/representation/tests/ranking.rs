//! Lists and their metrics, against a slow ranking written out.

mod world;

use kairos_representation::{
    DataDigests, Dataset, Interaction, Interactions, Kind, Popularity, PopularityConfig, Query, Reached,
    Recommender, RepresentationError, Result, UNKNOWN_USER, evaluate, recommend, top,
};
use proptest::prelude::*;
use std::path::Path;

/// Scores as given, one row per user.
struct Fixed {
    items: usize,
    rows: Vec<Vec<f32>>,
}

impl Recommender for Fixed {
    fn kind(&self) -> Kind {
        Kind::Popularity
    }

    fn items(&self) -> usize {
        self.items
    }

    fn score(&self, user: u32, _history: &[u32], out: &mut [f32]) -> Result<()> {
        out.copy_from_slice(&self.rows[user as usize]);
        Ok(())
    }

    fn save(&self, _path: &Path, _data: &DataDigests, _reached: &Reached) -> Result<String> {
        Ok(String::new())
    }
}

/// Recall, precision and NDCG by sorting everything and looking places up one by one.
fn slowly(scores: &[f32], seen: &[u32], test: &[u32], k: usize) -> Option<(f64, f64, f64)> {
    let relevant: Vec<u32> = test.iter().copied().filter(|item| !seen.contains(item)).collect();
    let mut order: Vec<u32> = (0..scores.len() as u32).filter(|item| !seen.contains(item)).collect();
    order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
    let (mut hits, mut gain, mut best) = (0.0, 0.0, 0.0);
    for place in 0..k {
        let discount = 1.0 / ((place + 2) as f64).log2();
        if order.get(place).is_some_and(|item| relevant.contains(item)) {
            hits += 1.0;
            gain += discount;
        }
        if place < relevant.len() {
            best += discount;
        }
    }
    (!relevant.is_empty()).then(|| (hits / relevant.len() as f64, hits / k as f64, gain / best))
}

const USERS: usize = 7;
const ITEMS: usize = 15;

fn log() -> impl Strategy<Value = Interactions> {
    prop::collection::vec((0..USERS as u32, 0..ITEMS as u32), 1..60).prop_map(|rows| {
        let rows = rows.into_iter().map(|(user, item)| Interaction::new(user, item));
        Interactions::from_rows(USERS, ITEMS, rows).expect("ids are in range")
    })
}

proptest! {
    #[test]
    fn evaluation_agrees_with_the_slow_one(
        train in log(),
        test in log(),
        // Few distinct scores: ties are common.
        rows in prop::collection::vec(prop::collection::vec((0..5_u8).prop_map(f32::from), ITEMS), USERS),
    ) {
        let ks = [1, 3, 10, 20];
        let model = Fixed { items: ITEMS, rows: rows.clone() };
        let expected: Vec<Vec<(f64, f64, f64)>> = ks.iter().map(|&k| {
            (0..USERS as u32).filter_map(|user| {
                slowly(&rows[user as usize], train.items_of(user), test.items_of(user), k)
            }).collect()
        }).collect();
        match evaluate(&model, &train, &test, &ks) {
            Err(error) => {
                prop_assert!(matches!(error, RepresentationError::Empty("test")), "{error}");
                prop_assert!(expected[0].is_empty());
            }
            Ok(found) => {
                for (at, (&k, expected)) in ks.iter().zip(&expected).enumerate() {
                    prop_assert_eq!(found.users.len(), expected.len());
                    for (user, &(recall, precision, ndcg)) in found.users.iter().zip(expected) {
                        let own = user.at[at];
                        prop_assert_eq!(own.k, k);
                        prop_assert!((own.recall - recall).abs() < 1e-12, "{} {}", own.recall, recall);
                        prop_assert!((own.precision - precision).abs() < 1e-12);
                        prop_assert!((own.ndcg - ndcg).abs() < 1e-12);
                    }
                    let mean = expected.iter().map(|user| user.0).sum::<f64>() / expected.len() as f64;
                    prop_assert!((found.at(k).expect("asked for").recall - mean).abs() < 1e-12);
                }
            }
        }
    }
}

#[test]
fn equal_scores_are_ranked_by_the_smaller_id() {
    let ranked = top(&[1.0, 3.0, 3.0, f32::NAN, 3.0, 0.0], 5, &[4]);
    assert_eq!(ranked.iter().map(|pair| pair.0).collect::<Vec<_>>(), [1, 2, 0, 5, 3]);
    assert_eq!(top(&[0.5, 0.5, 0.5], 2, &[]), [(0, 0.5), (1, 0.5)]);
    assert_eq!(top(&[], 3, &[7]), []);
}

#[test]
fn seen_items_and_unknown_ids_are_no_trouble() {
    let (kept, _) = world::logs(1);
    let model = Popularity::train(&Dataset::new(kept.clone()), &PopularityConfig {}).expect("sound");
    let query = Query { user: UNKNOWN_USER, history: &[0, 99_999] };
    let list = recommend(&model, query, 5, kept.items_of(3)).expect("scores");
    assert_eq!(list.len(), 5);
    assert!(list.iter().all(|(item, _)| !kept.items_of(3).contains(item)));
    assert!(list.is_sorted_by(|a, b| a.1 >= b.1));
    assert!(model.score(0, &[], &mut [0.0; 3]).is_err());
}

#[test]
fn rows_that_cannot_be_used_are_named() {
    let row = |user, item, value| Interaction { user, item, value, time: 0 };
    let wrong = |rows: Vec<Interaction>| {
        Interactions::from_rows(2, 2, rows).expect_err("one row is wrong").to_string()
    };
    assert_eq!(wrong(vec![row(0, 0, 1.0), row(2, 0, 1.0)]), "interactions row 1: user 2 is not below 2");
    assert_eq!(wrong(vec![row(0, 5, 1.0)]), "interactions row 0: item 5 is not below 2");
    assert!(wrong(vec![row(0, 0, f32::NAN)]).contains("value NaN"));
    let merged = Interactions::from_rows(1, 2, vec![row(0, 1, 2.0), row(0, 1, 3.0)]).expect("sound");
    assert_eq!((merged.items_of(0), merged.values_of(0)), (&[1][..], &[5.0][..]));
}

#[test]
fn rows_held_out_are_a_share_of_each_user() {
    let (kept, _) = world::logs(1);
    let (rest, held) = kept.hold_out(0.2, 3, 9).expect("a share");
    assert_eq!(rest.len() + held.len(), kept.len());
    for user in 0..world::USERS as u32 {
        assert_eq!(held.items_of(user).len(), 1);
        assert!(held.items_of(user).iter().all(|item| !rest.items_of(user).contains(item)));
    }
    let again = kept.hold_out(0.2, 3, 9).expect("a share");
    assert_eq!((rest.digest(), held.digest()), (again.0.digest(), again.1.digest()));
    assert_ne!(kept.hold_out(0.2, 3, 10).expect("a share").1.digest(), held.digest());
}
