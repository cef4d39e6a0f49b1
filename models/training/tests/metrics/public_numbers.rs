//! Metrics against published numbers on public annotations.
//!
//! Each rule of a published evaluation is a function here, tried on a small case worked out by hand; the
//! published numbers themselves need the data, found under `KAIROS_SHARED` (`data/metrics`), and are skipped
//! without it.

use crate::close;
use flate2::read::GzDecoder;
use kairos_training::metrics::{
    hit_rate_at, interpolated_average_precision, interval_average_precision, interval_mean_average_precision,
    interval_recall, kendall_tau_b, spearman,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// Whether a number is the published one, printed to this many digits.
fn published(name: &str, got: f64, want: &str) {
    let digits = want.split_once('.').map_or(0, |(_, digits)| digits.len());
    assert_eq!(format!("{got:.digits$}"), want, "{name} is {got}");
    println!("{name}: {got:.5}, published {want}");
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Lines of a JSON file, unpacked if it is packed; nothing when there are no public files.
fn lines<T: DeserializeOwned>(name: &str) -> Option<Vec<T>> {
    let Some(shared) = std::env::var_os("KAIROS_SHARED") else {
        println!("skipped {name}: KAIROS_SHARED is not set");
        return None;
    };
    let bytes = std::fs::read(PathBuf::from(shared).join("data/metrics").join(name)).expect("readable");
    let mut text = String::new();
    match name.ends_with(".gz") {
        true => GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("packed text"),
        false => bytes.as_slice().read_to_string(&mut text).expect("text"),
    };
    let parse = |line: &str| serde_json::from_str(line).expect("one record per line");
    Some(text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect())
}

/// A video's ratings: for each clip one by each annotator.
#[derive(Deserialize)]
struct Ratings {
    label: Vec<Vec<f64>>,
}

/// Mean Kendall tau-b and Spearman rho over all pairs of annotators.
fn agreement(video: &Ratings) -> (f64, f64) {
    let annotators = video.label[0].len();
    let of = |who: usize| -> Vec<f64> { video.label.iter().map(|clip| clip[who]).collect() };
    let (mut tau, mut rho) = (Vec::new(), Vec::new());
    for a in 0..annotators {
        for b in 0..a {
            tau.push(kendall_tau_b(&of(a), &of(b)).expect("nobody rates all clips alike"));
            rho.push(spearman(&of(a), &of(b)).expect("nobody rates all clips alike"));
        }
    }
    (mean(&tau), mean(&rho))
}

#[test]
fn agreement_of_three_annotators_is_the_mean_over_their_pairs() {
    let clips = [[1.0, 1.0, 2.0], [2.0, 3.0, 1.0], [3.0, 2.0, 1.0]];
    let (tau, rho) = agreement(&Ratings { label: clips.map(Vec::from).to_vec() });
    // Pairs: (first, second) 1/3; (first, third) -2 of 3 and 2 comparable; (second, third) the same.
    close(Some(tau), (1.0 / 3.0 - 2.0 * 2.0 / 6.0_f64.sqrt()) / 3.0);
    close(Some(rho), (0.5 - 2.0 * 0.75_f64.sqrt()) / 3.0);
}

/// Otani et al., "Rethinking the Evaluation of Video Summaries", CVPR 2019: human agreement on TVSum is tau
/// .177 and rho .204. It is tau-b, over pairs of annotators within a video, then over all 50 videos.
#[test]
fn human_agreement_on_tvsum_is_the_published_one() {
    let (Some(mut videos), Some(rest)) =
        (lines::<Ratings>("tvsum_train_release.jsonl"), lines("tvsum_val_release.jsonl"))
    else {
        return;
    };
    videos.extend(rest);
    let (tau, rho): (Vec<f64>, Vec<f64>) = videos.iter().map(agreement).unzip();
    assert_eq!(videos.len(), 50);
    published("TVSum tau", mean(&tau), "0.177");
    published("TVSum rho", mean(&rho), "0.204");
}

/// What QVHighlights' annotators say of one query.
#[derive(Deserialize)]
struct Query {
    qid: u64,
    duration: f64,
    relevant_clip_ids: Vec<usize>,
    saliency_scores: Vec<[u8; 3]>,
    relevant_windows: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct Prediction {
    qid: u64,
    pred_saliency_scores: Vec<f64>,
    pred_relevant_windows: Vec<(f64, f64, f64)>,
}

impl Query {
    /// For each rater, which clips of 2 seconds are "Very Good".
    fn very_good(&self) -> [Vec<bool>; 3] {
        let clips = (self.duration / 2.0) as usize;
        [0, 1, 2].map(|rater| {
            let mut good = vec![false; clips];
            for (&clip, ratings) in self.relevant_clip_ids.iter().zip(&self.saliency_scores) {
                good[clip] = ratings[rater] >= 4;
            }
            good
        })
    }
}

/// Mean over the raters of the average precision. Clips without a prediction score 0, predictions past the
/// last clip are dropped; a rater who finds no clip very good gives 0.
fn highlight_precision(query: &Query, scores: &[f64]) -> f64 {
    let each = query.very_good().map(|good| {
        let mut scores = scores.to_vec();
        scores.resize(good.len(), 0.0);
        interpolated_average_precision(&scores, &good).unwrap_or(0.0)
    });
    mean(&each)
}

/// Whether the best prediction is very good for any rater; one past the last clip is not.
fn highlight_hit(query: &Query, scores: &[f64]) -> f64 {
    let good = query.very_good();
    let any = |clip| good.iter().any(|one| one.get(clip) == Some(&true));
    let any: Vec<bool> = (0..scores.len()).map(any).collect();
    hit_rate_at(1, scores, &any).expect("there are predictions")
}

#[test]
fn highlights_of_three_raters_are_scored_one_by_one() {
    let query = Query {
        qid: 1,
        duration: 9.0,
        relevant_clip_ids: vec![1, 3],
        saliency_scores: vec![[4, 3, 3], [4, 4, 0]],
        relevant_windows: vec![],
    };
    // Four clips, the last without a prediction, which puts it second. Of clips 3 and 1 the first rater has
    // precision 1/2 at the second rank and 2/3 at the third, which counts for both; the second rater has 1/2,
    // the third nothing.
    let scores = [0.5, -0.5, -1.0];
    close(Some(highlight_precision(&query, &scores)), (2.0 / 3.0 + 0.5) / 3.0);
    close(Some(highlight_hit(&query, &scores)), 0.0);
    // A fifth prediction has no clip: dropped from the precision, and no hit when it is the best.
    close(Some(highlight_precision(&query, &[0.5, 0.9, 0.1, 0.6, 2.0])), (1.0 + 0.5) / 3.0);
    close(Some(highlight_hit(&query, &[0.5, 0.9, 0.1, 0.6, 2.0])), 0.0);
    close(Some(highlight_hit(&query, &[0.5, 0.9, 0.1, 0.6])), 1.0);
}

/// Moon et al., "Correlation-Guided Query-Dependency Calibration for Video Temporal Grounding" (CG-DETR), 2023,
/// table of QVHighlights' validation split; the evaluator is that of Lei et al., 2021.
#[test]
fn predictions_of_cg_detr_score_as_published() {
    let (Some(queries), Some(predictions)) = (
        lines::<Query>("highlight_val_release.jsonl"),
        lines::<Prediction>("cgdetr_best_val_preds.jsonl.gz"),
    ) else {
        return;
    };
    let queries: BTreeMap<u64, Query> = queries.into_iter().map(|query| (query.qid, query)).collect();
    let pairs: Vec<(&Query, Prediction)> =
        predictions.into_iter().map(|prediction| (&queries[&prediction.qid], prediction)).collect();
    assert_eq!(pairs.len(), 1550);
    let percent = |score: &dyn Fn(&Query, &Prediction) -> f64| {
        let each: Vec<f64> = pairs.iter().map(|(query, prediction)| score(query, prediction)).collect();
        100.0 * mean(&each)
    };
    let highlights = percent(&|query, found| highlight_precision(query, &found.pred_saliency_scores));
    published("CG-DETR highlight mAP", highlights, "40.79");
    let hits = percent(&|query, found| highlight_hit(query, &found.pred_saliency_scores));
    published("CG-DETR HIT@1", hits, "66.71");

    let moments = |least: &[f64]| {
        percent(&|query, found| {
            let (truth, found) = (&query.relevant_windows, &found.pred_relevant_windows);
            interval_mean_average_precision(truth, found, least).expect("every query has a window")
        })
    };
    published("CG-DETR moment mAP at .5", moments(&[0.5]), "65.57");
    published("CG-DETR moment mAP at .75", moments(&[0.75]), "45.73");
    let steps = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
    published("CG-DETR moment mAP .5 to .95", moments(&steps), "44.93");
    // The best window against each true one: a recall of some truth.
    let first = |least: f64| {
        percent(&|query, found| {
            let (start, end, _) = found.pred_relevant_windows[0];
            let met = interval_recall(&query.relevant_windows, &[(start, end)], least);
            f64::from(u8::from(met.expect("every query has a window") > 0.0))
        })
    };
    published("CG-DETR R1 at .5", first(0.5), "67.35");
    published("CG-DETR R1 at .7", first(0.7), "52.06");
}

#[test]
fn moments_are_matched_best_score_first() {
    let truth = [(0.0, 10.0), (20.0, 30.0)];
    // Right; wrong; wrong, for its truth is taken; right at .5 but not at .85.
    let found = [(0.0, 9.0, 0.9), (50.0, 60.0, 0.8), (1.0, 10.0, 0.7), (20.0, 28.0, 0.6)];
    close(interval_average_precision(&truth, &found, 0.5), (1.0 + 2.0 / 4.0) / 2.0);
    close(interval_average_precision(&truth, &found, 0.85), 0.5);
    close(interval_mean_average_precision(&truth, &found, &[0.5, 0.85]), f64::midpoint(0.75, 0.5));
    // Between two truths it takes the one it overlaps more.
    let both = [(0.0, 8.0), (0.0, 10.0)];
    close(interval_average_precision(&both, &[(0.0, 10.0, 2.0), (0.0, 7.0, 1.0)], 0.75), 1.0);
    close(interval_average_precision(&truth, &[], 0.5), 0.0);
}
