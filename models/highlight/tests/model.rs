//! The forward pass: causal, the same one by one and at once, and the same after a checkpoint.

mod rooms;

use candle_core::Device;
use kairos_highlight::{
    ContentCtr, Head, HighlightError, MODALITIES, Modality, Normalisation, Positions, Scorer, UnitFeatures,
    streamer_fingerprint,
};
use rooms::{config, model, units};
use std::sync::Arc;

#[test]
fn no_score_depends_on_a_later_unit() {
    for normalisation in [Normalisation::Pre, Normalisation::Post] {
        for positions in [Positions::Learned, Positions::Sinusoidal] {
            for own in [true, false] {
                let model = model(kairos_highlight::Config {
                    normalisation,
                    positions,
                    perceiver_positions: own,
                    recency_bias: own,
                    decoder_layers: 2,
                    ..config(8)
                });
                let (known, other) = (units(8, 1), units(8, 2));
                let before = model.score_window("anna", &known).expect("valid units");
                for at in 1..8 {
                    let mut changed = known.clone();
                    changed[at..].clone_from_slice(&other[at..]);
                    let after = model.score_window("anna", &changed).expect("valid units");
                    assert_eq!(before[..at], after[..at], "unit {at} changed the past");
                    assert_ne!(before[at], after[at], "unit {at} changed nothing");
                }
            }
        }
    }
}

#[test]
fn one_by_one_equals_the_whole_window() {
    let model = Arc::new(model(config(8)));
    let units = units(20, 3);
    let streamed = model.score_room("anna", &units).expect("valid units");
    for (at, score) in streamed.iter().enumerate() {
        let window = &units[(at + 1).saturating_sub(8)..=at];
        let whole = model.score_window("anna", window).expect("valid units");
        for head in [Head::Ctr, Head::Highlight] {
            let (a, b) = (score[0].scores.get(head), whole[window.len() - 1][0].get(head));
            let (Some(a), Some(b)) = (a, b) else { panic!("head {head:?} is missing") };
            assert!((a - b).abs() < 1e-5 && (0.0..=1.0).contains(&a), "unit {at}: {a} {b}");
        }
    }
}

#[test]
fn revisions_end_where_the_whole_room_does() {
    let model = Arc::new(model(config(6)));
    let units = units(15, 4);
    let bare: Vec<UnitFeatures> = units.iter().map(|unit| unit.clone().without(Modality::Comment)).collect();
    let mut scorer = Scorer::new(Arc::clone(&model), "anna", 4).expect("readable");
    let mut last = Vec::new();
    for at in 0..units.len() + 3 {
        if let Some(unit) = bare.get(at) {
            scorer.push(unit).expect("valid unit");
        }
        // Comments come three units late.
        if let Some(late) = at.checked_sub(3) {
            last.push(scorer.rescore(late as u64, &units[late]).expect("still kept"));
        }
    }
    assert_eq!(last, model.score_room("anna", &units).expect("valid units"));
}

#[test]
fn only_kept_units_can_be_scored_again() {
    let model = Arc::new(model(config(4)));
    let units = units(12, 5);
    let mut scorer = Scorer::new(model, "anna", 3).expect("readable");
    assert!(matches!(scorer.rescore(0, &units[0]), Err(HighlightError::NotKept { .. })));
    for unit in &units {
        scorer.push(unit).expect("valid unit");
    }
    assert!(scorer.rescore(9, &units[9]).is_ok());
    let refused = [scorer.rescore(8, &units[8]), scorer.rescore(12, &units[0])];
    assert!(
        refused
            .iter()
            .all(|result| matches!(result, Err(HighlightError::NotKept { first: 9, last: 11, .. })))
    );
}

#[test]
fn contribution_is_the_score_less_the_score_without() {
    let model = Arc::new(model(config(4)));
    let units = units(4, 6);
    let scored = model.score_room("anna", &units).expect("valid units");
    let last = &scored[3][0];
    for (modality, shares) in &last.contributions {
        let without: Vec<UnitFeatures> = units.iter().map(|unit| unit.clone().without(*modality)).collect();
        let hidden = model.score_room("anna", &without).expect("valid units");
        for &(head, share) in &shares.0 {
            let (full, less) = (last.scores.get(head), hidden[3][0].scores.get(head));
            let (Some(full), Some(less)) = (full, less) else { panic!("head {head:?} is missing") };
            assert!((full - less - share).abs() < 1e-5, "{modality}: {full} {less} {share}");
        }
    }
    assert_eq!(last.contributions.iter().map(|(name, _)| *name).collect::<Vec<_>>(), MODALITIES);
}

#[test]
fn scores_are_the_same_without_contributions() {
    let model = Arc::new(model(config(4)));
    let units = units(9, 6);
    let mut scorer = Scorer::new(Arc::clone(&model), "anna", 1).expect("readable").without_contributions();
    for (unit, full) in units.iter().zip(model.score_room("anna", &units).expect("valid units")) {
        let bare = scorer.push(unit).expect("valid unit");
        assert!(bare[0].contributions.is_empty());
        for (a, b) in bare[0].scores.0.iter().zip(&full[0].scores.0) {
            assert!((a.1 - b.1).abs() < 1e-6, "{a:?} {b:?}");
        }
    }
}

#[test]
fn unknown_streamers_start_from_content() {
    let known = [streamer_fingerprint("anna"), streamer_fingerprint("bo")];
    let mut streamers = known.to_vec();
    streamers.sort();
    let model = model(kairos_highlight::Config { streamers, ..config(4) });
    let units = units(4, 8);
    let score = |name: &str| model.score_window(name, &units).expect("valid units");
    assert_ne!(score("anna"), score("bo"));
    assert_eq!(score("carl"), score("dora"));
    assert_ne!(score("carl"), score("anna"));
}

#[test]
fn checkpoint_scores_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model");
    let made = model(config(5));
    let digest = made.save(&path, &serde_json::json!({"ap": 0.5})).expect("writable");
    let (loaded, metrics, again): (ContentCtr, serde_json::Value, String) =
        ContentCtr::load(&path, &Device::Cpu).expect("just saved");
    assert_eq!((metrics, again), (serde_json::json!({"ap": 0.5}), digest));
    let units = units(5, 9);
    assert_eq!(
        made.score_window("anna", &units).expect("valid units"),
        loaded.score_window("anna", &units).expect("valid units")
    );
}

#[test]
fn features_and_configurations_that_do_not_fit_are_named() {
    let model = Arc::new(model(config(4)));
    let mut unit = units(1, 1)[0].clone();
    unit.sound = Some(vec![1.0; 3]);
    let error = model.score_room("anna", &[unit.clone()]).expect_err("too narrow").to_string();
    assert_eq!(error, "sound features have 3 values, the model takes 4");
    unit.sound = Some(vec![1.0, f32::NAN, 0.0, 0.0]);
    let error = model.score_room("anna", &[unit]).expect_err("not a number").to_string();
    assert_eq!(error, "sound feature 1 is not a finite number");
    let refused = [
        kairos_highlight::Config { heads: 3, ..config(4) },
        kairos_highlight::Config { look_back: 0, ..config(4) },
        kairos_highlight::Config { dropout: 1.0, ..config(4) },
        kairos_highlight::Config { outputs: vec![Head::Ctr, Head::Ctr], ..config(4) },
        kairos_highlight::Config { inputs: kairos_highlight::Inputs::default(), ..config(4) },
    ];
    for config in refused {
        let error = ContentCtr::new(config, 1, &Device::Cpu).expect_err("not usable");
        assert!(matches!(error, HighlightError::Config { .. }), "{error}");
    }
}
