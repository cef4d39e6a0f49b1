//! Passes and scorer say what the network says that is trained.

use crate::world::{self, random};
use candle_core::Device;
use kairos_gifting::{
    Ablation, Complement, Config, Example, GiftingError, History, Modality, Origin, Path, Pool, Ranker,
    Search,
};
use rand::seq::IndexedRandom;

/// Every way of reading histories and segments, and every ablation.
fn configs() -> Vec<Config> {
    let base = world::config();
    let mut all = vec![base.clone(), base.clone().sim()];
    let with_history = |history| Config { history, ..world::config() };
    all.push(with_history(History::Search { by: Search::InnerProduct, top: 4 }));
    all.push(with_history(History::Dispatcher { experts: 3 }));
    let mut other = base.clone();
    (other.fusion.complement, other.fusion.pool) = (Complement::Orthogonal, Pool::Concat);
    (other.width, other.heads) = (12, 1);
    all.push(other);
    // Heads of eight and of sixteen numbers, which have loops of their own.
    all.extend([(16, 2), (16, 1)].map(|(width, heads)| Config { width, heads, ..base.clone() }));
    let parts = [
        Ablation::Fusion,
        Ablation::UserExpansion,
        Ablation::StreamerExpansion,
        Ablation::StreamerSimilarity,
        Ablation::GraphPretraining,
        Ablation::Path(Path::StreamerUser),
    ];
    all.extend(parts.into_iter().map(|part| base.clone().without(part)));
    all
}

/// A ranker that knows half of the streamers.
pub fn ranker(config: Config) -> Ranker {
    let mut ranker = Ranker::new(config, 7, &Device::Cpu).expect("usable");
    let rooms: Vec<Example> = (0..world::STREAMERS / 2)
        .map(|streamer| Example { streamer, room_side: vec![0.0], ..Example::default() })
        .collect();
    let side = ranker.config().room_side;
    let inputs: Vec<_> = rooms
        .iter()
        .map(|room| {
            let mut input = room.room();
            input.side = &input.side[..side];
            input
        })
        .collect();
    let nodes = world::nodes(&mut random(3));
    ranker.admit_streamers(&inputs, world::NOW, &nodes).expect("fine inputs");
    ranker
}

#[test]
fn scorer_equals_the_network_in_every_configuration() {
    let mut random = random(1);
    let nodes = world::nodes(&mut random);
    let examples: Vec<Example> = (0..40).map(|_| world::example(&mut random)).collect();
    let (users, rooms) = world::inputs(&examples);
    for config in configs() {
        let ranker = ranker(config);
        let want = ranker.predict(&examples, &nodes).expect("fine inputs");
        let users = ranker.user_passes(&users, &nodes).expect("fine inputs");
        let rooms = ranker.room_passes(&rooms, &nodes, false).expect("fine inputs");
        let scorer = ranker.scorer().expect("copied");
        for (at, want) in want.iter().enumerate() {
            let got =
                scorer.rooms(&users[at], &rooms[at..=at], &examples[at].pair_side).expect("same ranker");
            let config = scorer.config();
            assert!((got[0].log_odds - want.log_odds).abs() < 1e-4, "{at} {got:?} {want:?} {config:?}");
            assert!((got[0].value / want.value - 1.0).abs() < 1e-3, "{at} {got:?} {want:?} {config:?}");
        }
    }
}

#[test]
fn many_at_once_get_what_each_gets_alone() {
    let mut random = random(2);
    let nodes = world::nodes(&mut random);
    let examples: Vec<Example> = (0..90).map(|_| world::example(&mut random)).collect();
    let ranker = ranker(world::config());
    let scorer = ranker.scorer().expect("copied");
    let (users, rooms) = world::inputs(&examples);
    let users = ranker.user_passes(&users, &nodes).expect("fine inputs");
    let rooms = ranker.room_passes(&rooms, &nodes, false).expect("fine inputs");
    let side: Vec<f32> = examples.iter().flat_map(|example| example.pair_side.clone()).collect();
    let by_user = scorer.rooms(&users[0], &rooms, &side).expect("same ranker");
    let by_room = scorer.users(&rooms[0], &users, &side).expect("same ranker");
    for at in 0..examples.len() {
        let side = &side[2 * at..2 * at + 2];
        let alone = scorer.rooms(&users[0], &rooms[at..=at], side).expect("same ranker");
        assert!((alone[0].log_odds - by_user[at].log_odds).abs() < 1e-5);
        let alone = scorer.users(&rooms[0], &users[at..=at], side).expect("same ranker");
        assert!((alone[0].log_odds - by_room[at].log_odds).abs() < 1e-5);
    }
    assert!(scorer.rooms(&users[0], &[], &[]).expect("nothing to do").is_empty());
}

#[test]
fn pass_of_another_ranker_is_refused() {
    let mut random = random(4);
    let nodes = world::nodes(&mut random);
    let examples = [world::example(&mut random)];
    let (users, rooms) = world::inputs(&examples);
    let (one, other) = (ranker(world::config()), ranker(world::config().without(Ablation::GraphPretraining)));
    let room = one.room_passes(&rooms, &nodes, false).expect("fine inputs");
    let user = other.user_passes(&users, &nodes).expect("fine inputs");
    let error = one.scorer().expect("copied").rooms(&user[0], &room, &examples[0].pair_side);
    assert!(matches!(error, Err(GiftingError::Foreign { what: "user pass" })), "{error:?}");
    let user = one.user_passes(&users, &nodes).expect("fine inputs");
    let error = one.scorer().expect("copied").rooms(&user[0], &room, &[]);
    assert!(matches!(error, Err(GiftingError::Width { expected: 2, got: 0, .. })), "{error:?}");
}

#[test]
fn reasons_are_what_the_score_loses_without_a_part() {
    let mut random = random(5);
    let nodes = world::nodes(&mut random);
    let full = |example: &Example| {
        example.segment.as_ref().is_some_and(|segment| !segment.pictures.is_empty())
            && example.user_paths.iter().chain(&example.streamer_paths).all(|path| !path.is_empty())
    };
    let examples: Vec<Example> = (0..200).map(|_| world::example(&mut random)).filter(full).collect();
    let example = examples.choose(&mut random).expect("some have everything");
    let ranker = ranker(world::config());
    let scorer = ranker.scorer().expect("copied");
    let user = ranker.user_passes(&[example.user()], &nodes).expect("fine inputs");
    let room = ranker.room_passes(&[example.room()], &nodes, true).expect("fine inputs");
    let reasons = scorer.reasons(&user[0], &room[0], &example.pair_side).expect("same ranker");
    assert!(reasons.windows(2).all(|pair| pair[0].contribution >= pair[1].contribution));
    let whole = ranker.predict(std::slice::from_ref(example), &nodes).expect("fine inputs")[0].log_odds;
    let mut less = vec![(Origin::History, Example { history: Vec::new(), ..example.clone() })];
    let mut without = example.clone();
    without.streamer_paths[2].clear();
    less.push((Origin::Path(Path::StreamerUser), without));
    let mut without = example.clone();
    without.user_paths[1].clear();
    less.push((Origin::Path(Path::UserStreamerStreamer), without));
    let segment = example.segment.as_ref().expect("chosen so").without(Modality::Picture);
    less.push((
        Origin::Content(Modality::Picture),
        Example { segment: Some(segment.into()), ..example.clone() },
    ));
    for (origin, without) in less {
        let reason = reasons.iter().find(|reason| reason.origin == origin).expect("told of");
        let want = whole - ranker.predict(&[without], &nodes).expect("fine inputs")[0].log_odds;
        assert!((reason.contribution - want).abs() < 1e-4, "{reason:?} {want}");
    }
    for (reason, at) in reasons.iter().filter_map(|reason| match reason.origin {
        Origin::Path(path) => Some((reason, Path::ALL.iter().position(|other| *other == path)?)),
        _ => None,
    }) {
        let ends = if at < 3 { &example.user_paths[at] } else { &example.streamer_paths[at - 3] };
        assert!(ends.iter().any(|end| Some(end.node) == reason.node), "{reason:?} {ends:?}");
        assert!(reason.attention > 0.0 && reason.attention < 1.0, "{reason:?}");
    }
}
