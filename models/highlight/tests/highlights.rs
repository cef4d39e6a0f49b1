//! Highlights appear, change, are decided and withdrawn as scores do.

use kairos_highlight::{Highlight, HighlightConfig, HighlightState, HighlightTracker, ScoreUpdate};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn tracker() -> HighlightTracker {
    HighlightTracker::new(HighlightConfig::default()).expect("the default is valid")
}

fn scores(from: u64, values: &[f64], is_final: bool) -> Vec<ScoreUpdate> {
    let units = values.iter().enumerate();
    units.map(|(at, &score)| ScoreUpdate { unit: from + at as u64, score, is_final }).collect()
}

fn last_states(events: &[Highlight]) -> Vec<Highlight> {
    let mut last = BTreeMap::new();
    for event in events {
        last.insert(event.id, *event);
    }
    last.into_values().collect()
}

#[test]
fn highlight_starts_where_scores_last_and_ends_where_they_drop() {
    let mut tracker = tracker();
    let events = tracker.extend(scores(0, &[0.1, 0.7, 0.9, 0.7, 0.65, 0.2, 0.1, 0.1, 0.1], true));
    let last = last_states(&events);
    assert_eq!(last.len(), 1);
    assert_eq!((last[0].start, last[0].end, last[0].peak, last[0].score), (1, 4, 2, 0.9));
    assert_eq!(last[0].state, HighlightState::Final);
    assert_eq!(events[0].state, HighlightState::Provisional);
    let revisions: Vec<u32> = events.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, (0..events.len() as u32).collect::<Vec<_>>());
}

#[test]
fn neighbours_within_the_gap_are_one() {
    let near = tracker().extend(scores(0, &[0.9, 0.9, 0.1, 0.1, 0.9, 0.9], false));
    let far = tracker().extend(scores(0, &[0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], false));
    let intervals = |events: &[Highlight]| {
        last_states(events).iter().map(|found| (found.start, found.end)).collect::<Vec<_>>()
    };
    assert_eq!(intervals(&near), [(0, 5)]);
    assert_eq!(intervals(&far), [(0, 1), (5, 6)]);
}

#[test]
fn too_short_is_none_and_too_long_is_cut() {
    assert_eq!(tracker().extend(scores(0, &[0.1, 0.95, 0.1, 0.1, 0.1], true)), []);
    let mut long = tracker();
    long.extend(scores(0, &[0.9; 70], false));
    let lengths: Vec<u64> = long.provisional().iter().map(|found| found.end - found.start + 1).collect();
    assert_eq!(lengths, [30, 30, 10]);
}

#[test]
fn revision_withdraws_and_final_never_changes() {
    let mut tracker = tracker();
    let first = tracker.extend(scores(0, &[0.1, 0.9, 0.9, 0.1], false));
    let gone = tracker.extend(scores(1, &[0.2, 0.2], true));
    let last = last_states(&[first.clone(), gone].concat());
    assert_eq!((last.len(), last[0].state, last[0].id), (1, HighlightState::Withdrawn, first[0].id));
    // Another highlight at the same place is another one.
    let again = tracker.extend(scores(1, &[0.9, 0.9], false));
    assert_eq!((again[0].id.start, again[0].id.repeat), (1, 1));
    let events = tracker.extend(scores(0, &[0.1, 0.9, 0.9, 0.1, 0.1, 0.1], true));
    assert_eq!(events.last().map(|event| event.state), Some(HighlightState::Final));
    assert_eq!(tracker.extend(scores(0, &[0.1; 4], true)), []);
}

#[test]
fn end_of_the_room_decides_what_is_left() {
    let mut tracker = tracker();
    tracker.extend(scores(0, &[0.9, 0.9], false));
    let end = tracker.finish();
    assert_eq!(end.iter().map(|found| found.state).collect::<Vec<_>>(), [HighlightState::Final]);
    assert!(tracker.provisional().is_empty() && tracker.finish().is_empty());
}

fn updates() -> impl Strategy<Value = Vec<ScoreUpdate>> {
    prop::collection::vec((0_u64..25, 0_u8..=10, any::<bool>()), 0..80).prop_map(|all| {
        let update = |(unit, score, is_final)| ScoreUpdate { unit, score: f64::from(score) / 10.0, is_final };
        all.into_iter().map(update).collect()
    })
}

proptest! {
    #[test]
    fn one_by_one_or_in_bulk_is_the_same(updates in updates(), cut in 0_usize..80) {
        let mut single = tracker();
        let mut one: Vec<Highlight> = updates.iter().flat_map(|update| single.push(*update)).collect();
        one.extend(single.finish());
        let (first, second) = updates.split_at(cut.min(updates.len()));
        let mut bulk = tracker();
        let mut many = bulk.extend(first.iter().copied());
        many.extend(bulk.extend(second.iter().copied()));
        many.extend(bulk.finish());
        prop_assert_eq!(one, many);
    }

    #[test]
    fn provisional_scores_first_or_not_end_alike(values in prop::collection::vec(0_u8..=10, 1..60)) {
        let values: Vec<f64> = values.iter().map(|value| f64::from(*value) / 10.0).collect();
        let finals = |provisional: bool| {
            let mut tracker = tracker();
            let mut events = Vec::new();
            for (at, &score) in values.iter().enumerate() {
                if provisional {
                    events.extend(tracker.push(ScoreUpdate { unit: at as u64, score: 1.0 - score, is_final: false }));
                }
                // The truth comes three units later.
                if !provisional || at >= 3 {
                    let unit = if provisional { at - 3 } else { at };
                    events.extend(tracker.push(ScoreUpdate { unit: unit as u64, score: values[unit], is_final: true }));
                }
            }
            let late = values.len().saturating_sub(if provisional { 3 } else { 0 });
            events.extend(tracker.extend(scores(late as u64, &values[late..], true)));
            events.extend(tracker.finish());
            let last = last_states(&events).into_iter().filter(|event| event.state == HighlightState::Final);
            last.map(|event| (event.start, event.end, event.peak)).collect::<std::collections::BTreeSet<_>>()
        };
        prop_assert_eq!(finals(true), finals(false));
    }

    #[test]
    fn every_identity_ends_once_and_final_ones_never_overlap(updates in updates()) {
        let mut tracker = tracker();
        let mut events = tracker.extend(updates);
        events.extend(tracker.finish());
        let mut ended = std::collections::BTreeSet::new();
        let mut revisions: BTreeMap<_, u32> = BTreeMap::new();
        for event in &events {
            prop_assert!(!ended.contains(&event.id), "{:?} changed after its end", event.id);
            prop_assert!(revisions.insert(event.id, event.revision).is_none_or(|before| event.revision == before + 1));
            prop_assert!(event.start <= event.peak && event.peak <= event.end);
            if event.state != HighlightState::Provisional {
                ended.insert(event.id);
            }
        }
        prop_assert!(last_states(&events).iter().all(|event| ended.contains(&event.id)));
        let mut finals: Vec<(u64, u64)> = events
            .iter()
            .filter(|event| event.state == HighlightState::Final)
            .map(|event| (event.start, event.end))
            .collect();
        finals.sort_unstable();
        prop_assert!(finals.windows(2).all(|pair| pair[0].1 < pair[1].0), "{:?}", finals);
    }
}
