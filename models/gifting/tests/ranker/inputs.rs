//! Nothing later than its moment reaches an example; nothing that can't be used reaches the network.

use crate::world::{self, random};
use candle_core::Device;
use kairos_gifting::{Config, Event, Example, Examples, GiftingError, Ranker, Vectors, history_before};
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn future_acts_and_snapshots_change_no_example() {
    let data = world::grouped(1, 0, 10);
    let mut changed = data.clone();
    let mut histories: Vec<(u64, Vec<Event>)> = Vec::new();
    for user in 0..10 {
        let mut acts = data.histories.get(user).to_vec();
        acts.push(Event { streamer: 3, time_s: world::NOW + 100, weight: 50.0, category: 0 });
        histories.push((user, acts));
    }
    changed.histories = Arc::new(histories.into_iter().collect());
    let mut snapshots = data.snapshots.to_vec();
    snapshots.push(kairos_gifting::Snapshot { time_s: world::NOW + 100, ..Default::default() });
    changed.snapshots = Arc::new(snapshots);
    let ranker = Ranker::new(world::grouped_config(), 1, &Device::Cpu).expect("usable");
    let load = |data: &kairos_gifting::Dataset| -> Vec<Example> {
        (0..data.len()).map(|index| data.load(index).expect("in range")).collect()
    };
    let (before, after) = (load(&data), load(&changed));
    assert_eq!(before, after);
    assert!(before.iter().all(|example| example.history.len() == 8 && !example.user_paths[0].is_empty()));
    let scores = |examples: &[Example]| ranker.predict(examples, data.nodes()).expect("fine inputs");
    assert_eq!(scores(&before), scores(&after));
}

#[test]
fn what_is_wrong_is_named() {
    let mut random = random(8);
    let nodes = world::nodes(&mut random);
    let ranker = Ranker::new(world::config(), 1, &Device::Cpu).expect("usable");
    let good = world::example(&mut random);
    let tell = |change: &dyn Fn(&mut Example)| {
        let mut example = good.clone();
        change(&mut example);
        ranker.predict(&[example], &nodes).expect_err("unusable").to_string()
    };
    let error = tell(&|example| example.user_side = vec![1.0]);
    assert!(
        error.contains("side features of user") && error.contains("has 1 values, the ranker takes 2"),
        "{error}"
    );
    let error = tell(&|example| example.room_side = vec![f32::NAN]);
    assert!(
        error.contains("side features of room") && error.contains("value 0 is not a finite number"),
        "{error}"
    );
    let error = tell(&|example| {
        let mut segment = example.segment.as_deref().cloned().unwrap_or_default();
        segment.speech = vec![vec![0.0; 4], vec![0.0; 5]];
        example.segment = Some(segment.into());
    });
    assert!(error.contains("speech row 1") && error.contains("has 5 values"), "{error}");
    let error = tell(&|example| {
        example.user_paths[0] = vec![kairos_gifting::Neighbour { node: 9, weight: f32::INFINITY }];
    });
    assert!(error.contains("weight of neighbour 9"), "{error}");
    let refused = Ranker::new(Config { heads: 3, ..world::config() }, 1, &Device::Cpu).expect_err("8 / 3");
    assert!(matches!(refused, GiftingError::Config { ref field, .. } if field == "width"), "{refused}");
    let parsed = serde_json::from_str::<Config>(r#"{"widht": 8}"#).expect_err("misspelt").to_string();
    assert!(parsed.contains("widht"), "{parsed}");
}

#[test]
fn nothing_known_at_all_is_still_scored() {
    let ranker = Ranker::new(world::config(), 1, &Device::Cpu).expect("usable");
    let example = Example {
        user_side: vec![0.0; 2],
        room_side: vec![0.0],
        pair_side: vec![0.0; 2],
        ..Example::default()
    };
    let nodes = kairos_gifting::NodeTable::default();
    let predicted = ranker.predict(&[example], &nodes).expect("nothing is wrong with nothing");
    assert!(
        (0.0..=1.0).contains(&predicted[0].probability) && predicted[0].value.is_finite(),
        "{predicted:?}"
    );
    assert!(ranker.predict(&[], &nodes).expect("nothing to do").is_empty());
}

#[test]
fn vectors_of_unequal_width_make_no_table() {
    assert!(Vectors::new(2, [(1, vec![0.0; 2]), (2, vec![0.0; 3])]).is_none());
    let table = Vectors::new(2, [(5, vec![1.0, 2.0]), (3, vec![3.0, 4.0])]).expect("both of 2");
    assert_eq!((table.get(3), table.get(4)), (Some(&[3.0, 4.0][..]), None));
}

proptest! {
    #[test]
    fn history_ends_before_the_moment(times in prop::collection::vec(-50..50_i64, 0..40), moment in -60..60_i64) {
        let mut times = times;
        times.sort_unstable();
        let event = |time_s: &i64| Event { streamer: 1, time_s: *time_s, weight: 1.0, category: 0 };
        let history: Vec<Event> = times.iter().map(event).collect();
        let before = history_before(&history, moment);
        prop_assert!(before.iter().all(|event| event.time_s < moment));
        prop_assert_eq!(before.len(), times.iter().filter(|time| **time < moment).count());
        let mut future = before.to_vec();
        future.extend((0..5).map(|at| event(&(moment + at))));
        prop_assert_eq!(history_before(&future, moment), before);
    }
}
