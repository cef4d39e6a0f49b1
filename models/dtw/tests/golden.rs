//! Values against an independent implementation: `tools/golden/dtw.py`, which lists every path, and, where
//! `KAIROS_SHARED` names a folder of reference data, the published losses' own values.

use kairos_dtw::{
    CostMatrix, DtwError, banded, cosine_cost, cosine_similarity, exact, soft, soft_with_gradient,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    alignments: Vec<Case>,
    similarities: Vec<Similarity>,
}

#[derive(Deserialize)]
struct Case {
    cost: Vec<Vec<f64>>,
    lambda: f64,
    exact: f64,
    soft: f64,
    gradient: Vec<Vec<f64>>,
    radius: usize,
    banded: Option<f64>,
}

#[derive(Deserialize)]
struct Similarity {
    x: Vec<f64>,
    y: Vec<f64>,
    similarity: f64,
}

fn matrix(rows: &[Vec<f64>]) -> CostMatrix {
    CostMatrix::new(rows.len(), rows[0].len(), rows.concat()).expect("a matrix of the reference is valid")
}

fn close(got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "got {got}, want {want}");
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/dtw.json")).expect("the fixture is what the tool wrote")
}

#[test]
fn every_variant_agrees_with_the_list_of_all_paths() {
    let fixture = fixture();
    assert!(fixture.alignments.len() >= 10);
    for case in &fixture.alignments {
        let cost = matrix(&case.cost);
        close(exact(&cost).cost, case.exact, 1e-12);
        close(soft(&cost, case.lambda).expect("lambda is positive"), case.soft, 1e-10);
        let full = soft_with_gradient(&cost, case.lambda).expect("lambda is positive");
        close(full.value, case.soft, 1e-10);
        for (&got, &want) in full.gradient.values().iter().zip(case.gradient.concat().iter()) {
            close(got, want, 1e-9);
        }
        match (banded(&cost, case.radius), case.banded) {
            (Ok(found), Some(want)) => close(found.cost, want, 1e-12),
            (Err(DtwError::NoPath { .. }), None) => {}
            (got, want) => panic!("banded gave {got:?}, want {want:?}"),
        }
    }
}

#[test]
fn similarity_adds_its_epsilon_to_the_product_of_norms() {
    for case in fixture().similarities {
        close(cosine_similarity(&case.x, &case.y).expect("same width"), case.similarity, 1e-12);
    }
    assert_eq!(cosine_similarity(&[0.0, 0.0], &[0.0, 0.0]), Ok(0.0));
}

#[derive(Deserialize)]
struct Published {
    soft_dtw: Vec<PublishedSoft>,
    cosine: Vec<PublishedCosine>,
}

#[derive(Deserialize)]
struct PublishedSoft {
    lam: f64,
    cost: Vec<Vec<f64>>,
    value: f64,
    gradient: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct PublishedCosine {
    text: Vec<Vec<f64>>,
    frames: Vec<Vec<f64>>,
    similarity: Vec<Vec<f64>>,
}

#[test]
fn soft_dtw_agrees_with_the_published_loss() {
    let Some(folder) = std::env::var_os("KAIROS_SHARED") else {
        eprintln!("skipped: KAIROS_SHARED is not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("data/golden/highlight_losses.json");
    let text = std::fs::read_to_string(&path).expect("the reference data holds the published losses");
    let published: Published = serde_json::from_str(&text).expect("its format is known");
    for case in &published.soft_dtw {
        let found = soft_with_gradient(&matrix(&case.cost), case.lam).expect("lambda is positive");
        close(found.value, case.value, 1e-6);
        for (&got, &want) in found.gradient.values().iter().zip(case.gradient.concat().iter()) {
            close(got, want, 1e-6);
        }
    }
    for case in &published.cosine {
        let cost = cosine_cost(&case.text, &case.frames).expect("same width");
        for (&got, &want) in cost.values().iter().zip(case.similarity.concat().iter()) {
            close(1.0 - got, want, 1e-6);
        }
    }
}
