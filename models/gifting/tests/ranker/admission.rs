//! Ids that turn up after training.

use crate::serving::ranker;
use crate::world::{self, random};
use candle_core::Device;
use kairos_gifting::{Admission, Config, Example, Ranker};

#[test]
fn streamer_that_gets_a_row_is_scored_as_before() {
    let mut random = random(11);
    let nodes = world::nodes(&mut random);
    let mut ranker = ranker(world::config());
    let examples: Vec<Example> = (0..30)
        .map(|_| Example { streamer: world::STREAMERS - 1, ..world::example(&mut random) })
        .map(|mut example| {
            // Only as the one asked about: as somebody's neighbour it had no neighbours of its own to lean on.
            for path in example.user_paths.iter_mut().chain(&mut example.streamer_paths) {
                path.retain(|end| end.node != world::STREAMERS - 1);
            }
            example.history.retain(|event| event.streamer != world::STREAMERS - 1);
            example
        })
        .collect();
    let examples: Vec<Example> = examples
        .iter()
        .map(|e| Example { streamer_paths: examples[0].streamer_paths.clone(), ..e.clone() })
        .collect();
    let before = ranker.predict(&examples, &nodes).expect("fine inputs");
    assert!(!ranker.knows_streamer(world::STREAMERS - 1));
    let done = ranker.admit_streamers(&[examples[0].room()], world::NOW, &nodes).expect("fine inputs");
    assert!(matches!(done[..], [Admission::New(_)]) && ranker.knows_streamer(world::STREAMERS - 1));
    let after = ranker.predict(&examples, &nodes).expect("fine inputs");
    for (before, after) in before.iter().zip(&after) {
        assert!((before.log_odds - after.log_odds).abs() < 1e-5, "{before:?} {after:?}");
    }
    assert_eq!(ranker.expire(world::NOW + 1), 21);
    assert!(!ranker.knows_streamer(world::STREAMERS - 1));
}

#[test]
fn unknown_ids_are_told_apart_by_content_and_neighbours_alone() {
    let mut random = random(12);
    let nodes = world::nodes(&mut random);
    let ranker = Ranker::new(world::config(), 1, &Device::Cpu).expect("usable");
    // Beyond the table: no attributes.
    let example = Example { user: 1000, streamer: 1000, ..world::example(&mut random) };
    let other = Example { user: 2000, streamer: 2000, ..example.clone() };
    let mut near = example.clone();
    near.streamer_paths[0] = world::neighbours(&mut random, 3, |_| true);
    let all = [example, other, near];
    let odds: Vec<f64> =
        ranker.predict(&all, &nodes).expect("fine inputs").iter().map(|p| p.log_odds).collect();
    assert!((odds[0] - odds[1]).abs() < 1e-6, "{odds:?}");
    assert!((odds[0] - odds[2]).abs() > 1e-6, "{odds:?}");
}

#[test]
fn tables_stay_as_small_as_configured() {
    let config = Config { streamer_slots: 8, ..world::config() };
    let ranker = ranker(config);
    let known = (0..world::STREAMERS).filter(|&id| ranker.knows_streamer(id)).count();
    assert_eq!(known, 8);
}
