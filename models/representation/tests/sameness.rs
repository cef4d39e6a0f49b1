//! The same data and seed give the same scores, whatever else changes.

mod world;

use kairos_representation::{Dataset, Evidence, Interactions, Kind, Recommender, Settings, evaluate, train};
use rayon::ThreadPoolBuilder;

/// Small models that train in a moment.
fn settings(seed: u64) -> Settings {
    let mut settings = Settings::default();
    settings.graph_filter.vectors = 8;
    settings.lightgcn.width = 8;
    settings.lightgcn.epochs = 3;
    settings.lightgcn.batch = 128;
    settings.sim.width = 8;
    settings.sim.hidden = 8;
    settings.sim.epochs = 2;
    settings.sim.found = 3;
    settings.graphcl.width = 8;
    settings.graphcl.epochs = 3;
    settings.graphcl.batch = 128;
    settings.graphcl.negatives = 16;
    settings.graphcl.judge_every = 1;
    settings.ease.lambda = 5.0;
    for evidence in &mut settings.mmbee.evidence {
        match evidence {
            Evidence::GraphFilter(config) => config.vectors = config.vectors.min(8),
            Evidence::GraphCl(config) => *config = settings.graphcl.clone(),
            _ => {}
        }
    }
    settings.with_seed(seed)
}

fn learnt(kind: Kind, data: &Dataset, held: Option<&Interactions>, seed: u64) -> Box<dyn Recommender> {
    train(kind, data, held, &settings(seed), &mut |_| {}).expect("trains")
}

fn bits(model: &dyn Recommender, data: &Dataset) -> Vec<u32> {
    let mut scores = vec![0.0; model.items()];
    let mut bits = Vec::new();
    for user in [0, 1, 7, 119, u32::MAX] {
        let history = data.interactions.history_of(user);
        model.score(user, &history, &mut scores).expect("scores");
        assert!(scores.iter().all(|score| score.is_finite()), "{} of user {user}", model.kind());
        bits.extend(scores.iter().map(|score| score.to_bits()));
    }
    bits
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(work)
}

#[test]
fn scores_do_not_depend_on_the_number_of_threads() {
    let (data, held) = world::dataset(3);
    for kind in Kind::ALL {
        let with =
            |threads| on_threads(threads, || bits(learnt(kind, &data, Some(&held), 5).as_ref(), &data));
        assert_eq!(with(1), with(3), "{kind}");
    }
}

#[test]
fn another_seed_gives_other_vectors() {
    let (data, _) = world::dataset(3);
    for kind in [Kind::LightGcn, Kind::Sim, Kind::GraphCl] {
        let with = |seed| bits(learnt(kind, &data, None, seed).as_ref(), &data);
        assert_ne!(with(1), with(2), "{kind}");
    }
}

#[test]
fn validation_and_test_rows_do_not_reach_vectors_or_graphs() {
    let (data, held) = world::dataset(3);
    let other = world::logs(77).1;
    for kind in [Kind::Popularity, Kind::Ease, Kind::GraphFilter] {
        let with = |held| bits(learnt(kind, &data, Some(held), 1).as_ref(), &data);
        assert_eq!(with(&held), with(&other), "{kind}");
    }
    // Models that stop by validation rows learn the same until then: judged once, after all epochs, other rows
    // change nothing.
    let mut settings = settings(1);
    settings.lightgcn.judge_every = settings.lightgcn.epochs;
    settings.sim.judge_every = settings.sim.epochs;
    settings.graphcl.judge_every = settings.graphcl.epochs;
    for kind in [Kind::LightGcn, Kind::Sim, Kind::GraphCl] {
        let with = |held: Option<&Interactions>| {
            bits(train(kind, &data, held, &settings, &mut |_| {}).expect("trains").as_ref(), &data)
        };
        assert_eq!(with(Some(&held)), with(Some(&other)), "{kind}");
        assert_eq!(with(Some(&held)), with(None), "{kind}");
    }
}

#[test]
fn every_model_beats_popularity_where_there_are_circles() {
    let (data, held) = world::dataset(3);
    let recall = |kind| {
        let mut settings = settings(2);
        settings.lightgcn.epochs = 30;
        settings.sim.epochs = 30;
        settings.sim.batch = 64;
        settings.sim.learning_rate = 1e-2;
        settings.graphcl.epochs = 20;
        let model = train(kind, &data, Some(&held), &settings, &mut |_| {}).expect("trains");
        evaluate(model.as_ref(), &data.interactions, &held, &[5]).expect("judged").at[0].recall
    };
    let popular = recall(Kind::Popularity);
    for kind in Kind::ALL.into_iter().skip(1) {
        let found = recall(kind);
        assert!(found > popular + 0.15, "{kind}: {found}, popularity: {popular}");
    }
}
