//! Training on generated chat: planted words are found, gradients are right, folds keep groups apart.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use super::fit::{LexiconRoom, LexiconSettings};
use super::objective::Objective;
use super::rows::Rows;
use super::*;
use crate::{CommentView, EncodeError};

const DELAYS: usize = 5;

fn counts(texts: &[String]) -> WordCounts {
    let view = |text: &String| word_counts(&[CommentView { offset_us: 0, user: "u", text }]);
    let mut all: Vec<(u32, f32)> = texts.iter().flat_map(view).collect();
    all.sort_unstable_by_key(|token| token.0);
    all.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|token| token.1).sum())).collect()
}

fn random(state: &mut u64) -> f32 {
    *state = crate::text::mix(*state);
    (*state >> 40) as f32 / (1_u64 << 24) as f32
}

/// A room whose audience says "goalazo" from a highlight's start on, "snooze" otherwise, among forty other words.
pub(super) fn room(seed: u64, units: usize) -> LexiconRoom {
    let mut state = seed.wrapping_mul(977) + 1;
    let is_highlight: Vec<bool> = (0..units).map(|unit| (unit + seed as usize * 7) % 40 < 8).collect();
    let unit = |&highlight: &bool| {
        let planted = if highlight { "goalazo" } else { "snooze" };
        let texts: Vec<String> = (0..3)
            .map(|_| {
                let word = format!("word{}", ["a", "b", "c", "d", "e"][(random(&mut state) * 5.0) as usize]);
                if random(&mut state) < 0.5 { format!("{word} {planted}") } else { word }
            })
            .collect();
        counts(&texts)
    };
    let words = is_highlight.iter().map(unit).collect();
    // The decision at unit r with delay d is about unit r - d.
    let label = |delay: usize, unit: usize| match unit.checked_sub(delay) {
        Some(unit) => f32::from(u8::from(is_highlight[unit])),
        None => f32::NAN,
    };
    let labels = (0..DELAYS).map(|delay| (0..units).map(|unit| label(delay, unit)).collect()).collect();
    LexiconRoom { words, labels }
}

fn rooms(count: u64) -> Vec<LexiconRoom> {
    (0..count).map(|seed| room(seed, 120)).collect()
}

fn fit(rooms: &[LexiconRoom]) -> Lexicon {
    Lexicon::fit(&rooms.iter().collect::<Vec<_>>(), 2.0, &LexiconSettings::default()).unwrap()
}

fn weight_of(lexicon: &Lexicon, word: &str) -> f32 {
    let bucket = counts(&[word.to_owned()])[0].0;
    lexicon.weight(0, 0, bucket).unwrap()
}

#[test]
fn planted_words_are_recovered() {
    let lexicon = fit(&rooms(9));
    let (up, down) = (weight_of(&lexicon, "goalazo"), weight_of(&lexicon, "snooze"));
    assert!(up > 0.5 && down < -0.3, "{up} {down}");
    assert!(weight_of(&lexicon, "wordc").abs() < 0.3 * up);
    let unseen = room(77, 200);
    let features = lexicon.features(&unseen.words, 2.0);
    let mean = |wanted: f32, delay: usize| {
        let labels = unseen.labels[delay].iter().zip(&features);
        let logits: Vec<f32> = labels
            .filter(|(label, _)| **label == wanted)
            .map(|(_, row)| row[WINDOWS * DELAYS + delay])
            .collect();
        logits.iter().sum::<f32>() / logits.len() as f32
    };
    for delay in 0..DELAYS {
        assert!(mean(1.0, delay) > mean(0.0, delay) + 1.0, "delay {delay}");
    }
}

#[test]
fn parts_of_windows_add_up_to_the_logits() {
    let lexicon = fit(&rooms(4));
    for row in lexicon.features(&room(5, 80).words, 2.0) {
        assert_eq!(row.len(), lexicon.width());
        for delay in 0..DELAYS {
            let parts: f32 = (0..WINDOWS).map(|window| row[window * DELAYS + delay]).sum();
            assert!((parts + lexicon.bias()[delay] - row[WINDOWS * DELAYS + delay]).abs() < 1e-5);
        }
    }
}

#[test]
fn later_units_change_no_earlier_row() {
    let lexicon = fit(&rooms(4));
    let words = room(5, 120).words;
    let whole = lexicon.features(&words, 2.0);
    for cut in [1, 35, 80] {
        assert_eq!(lexicon.features(&words[..cut], 2.0), whole[..cut]);
    }
}

#[test]
fn gradient_is_the_slope() {
    let rooms = rooms(3);
    let rooms: Vec<&LexiconRoom> = rooms.iter().collect();
    let idf = vec![0.7_f32; BUCKETS];
    let rows = Rows::of(&rooms, &idf, 2.0);
    let objective = Objective::new(&rows, 3e-3).unwrap();
    let mut state = 5;
    let mut place: Vec<f64> =
        objective.start().iter().map(|x| x + f64::from(random(&mut state)) - 0.5).collect();
    let (_, gradient) = objective.at(&place);
    let group = objective.group_len();
    let busiest = (0..group).max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs())).unwrap();
    for at in [busiest, group - 1, group + 3, group + busiest / 4 * 4, 2 * group - 4] {
        let step = 1e-5;
        let kept = place[at];
        let mut value_at = |x: f64| {
            place[at] = x;
            objective.at(&place).0
        };
        let slope = (value_at(kept + step) - value_at(kept - step)) / (2.0 * step);
        place[at] = kept;
        assert!((slope - gradient[at]).abs() < 1e-7, "{at}: {slope} {}", gradient[at]);
    }
    assert!(gradient[busiest].abs() > 1e-3);
}

#[test]
fn number_of_threads_changes_no_bit() {
    let rooms = rooms(7);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&rooms))
    };
    let (one, four) = (on(1), on(4));
    assert_eq!(one, four);
    assert_eq!(one.digest(), four.digest());
}

#[test]
fn groups_share_a_fold_and_the_mean_is_about_the_mean() {
    let rooms = rooms(8);
    let groups = [3, 3, 1, 1, 0, 9, 9, 4];
    let settings = LexiconSettings { folds: 3, ..LexiconSettings::default() };
    let fitted = Lexicon::cross_fit(&rooms, 2.0, &settings, &groups).unwrap();
    assert_eq!(fitted.models.len(), 3);
    for (a, b) in [(0, 1), (2, 3), (5, 6)] {
        assert_eq!(fitted.folds[a], fitted.folds[b]);
    }
    let others: Vec<&LexiconRoom> =
        rooms.iter().zip(&fitted.folds).filter(|(_, fold)| **fold != 1).map(|(room, _)| room).collect();
    assert_eq!(fitted.models[1], Lexicon::fit(&others, 2.0, &settings).unwrap());
    let unseen = room(50, 60).words;
    let of_models: Vec<_> = fitted.models.iter().map(|model| model.features(&unseen, 2.0)).collect();
    for (row, mean) in fitted.mean.features(&unseen, 2.0).iter().enumerate() {
        for (at, mean) in mean.iter().enumerate() {
            let expected = of_models.iter().map(|features| features[row][at]).sum::<f32>() / 3.0;
            assert!((mean - expected).abs() < 0.05, "{mean} {expected}");
        }
    }
}

#[test]
fn rooms_that_cannot_train_are_named() {
    let message = |result: Result<Lexicon, EncodeError>| result.unwrap_err().to_string();
    let settings = LexiconSettings::default();
    let fit = |rooms: &[LexiconRoom]| Lexicon::fit(&rooms.iter().collect::<Vec<_>>(), 2.0, &settings);
    assert_eq!(message(fit(&[])), "cannot train a lexicon: 0 rooms with labels of 0 delays");
    let mut blind = rooms(2);
    blind.iter_mut().flat_map(|room| &mut room.labels).for_each(|labels| labels.fill(f32::NAN));
    assert_eq!(message(fit(&blind)), "cannot train a lexicon: none of the 2 rooms has a known label");
    let mut silent = rooms(2);
    silent.iter_mut().for_each(|room| room.words.iter_mut().for_each(Vec::clear));
    assert_eq!(message(fit(&silent)), "cannot train a lexicon: no word is in enough of the 2 rooms");
    let mut broken = rooms(2);
    broken[1].labels[3][7] = 1.5;
    let expected = "room 1 cannot train a lexicon: label 1.5 of delay 3 in unit 7 is not in 0..=1";
    assert_eq!(message(fit(&broken)), expected);
    broken[1] = room(1, 20);
    broken[1].words[2] = vec![(9, 1.0), (8, 1.0)];
    assert!(message(fit(&broken)).contains("words of unit 2"));
    broken[1].labels.pop();
    assert!(message(fit(&broken)).contains("labels of 4 delays, expected 5"));
    let one_group = Lexicon::cross_fit(&rooms(2), 2.0, &settings, &[1, 1]).unwrap_err().to_string();
    assert_eq!(one_group, "cannot train a lexicon: 1 groups in 5 folds, cross-fitting needs two of each");
}
