//! What training makes of the grouped world.

use crate::world;
use candle_core::Device;
use kairos_gifting::{
    Ablation, Config, Examples, History, Prediction, Ranker, Reached, TrainingConfig, train,
};

fn run(config: Config, settings: &TrainingConfig) -> (Ranker, Reached) {
    let (examples, validation) = (world::grouped(1, 0, 120), world::grouped(2, 120, 180));
    train(config, settings, &examples, &validation, &Device::Cpu, None, &mut |_| {}).expect("fine examples")
}

#[test]
fn graph_finds_givers_where_plain_sim_cannot() {
    let (ranker, full) = run(world::grouped_config(), &world::settings());
    let (_, sim) = run(world::grouped_config().sim(), &TrainingConfig { epochs: 3, ..world::settings() });
    let (full_gauc, sim_gauc) = (full.gauc.expect("both outcomes"), sim.gauc.expect("both outcomes"));
    assert!(full_gauc > 0.85 && full_gauc > sim_gauc + 0.2, "{full_gauc} {sim_gauc}");
    assert!(full.calibration_error.expect("probabilities") < 0.15, "{full:?}");
    let level = full.predicted_to_observed.expect("gifts");
    assert!((0.9..1.1).contains(&level), "{full:?}");
    let level = full.value_predicted_to_observed.expect("gifts");
    assert!((0.7..1.4).contains(&level), "{full:?}");
    assert!(full.value_spearman.expect("values") > 0.4, "{full:?}");
    // A group's gifts are worth 1, 4, 7 or 10, and the mean given a gift follows.
    let data = world::grouped(2, 120, 180);
    let mut given = [(0.0, 0); 4];
    for index in 0..data.len() {
        let example = data.load(index).expect("in range");
        if example.gift {
            let p: Prediction =
                ranker.predict(std::slice::from_ref(&example), data.nodes()).expect("fine input")[0];
            let of = &mut given[(example.user % world::GROUPS) as usize];
            *of = (of.0 + p.value / p.probability, of.1 + 1);
        }
    }
    let means = given.map(|(sum, count)| sum / f64::from(count));
    assert!(means[0] < means[1] && means[1] < means[3], "{means:?}");
}

#[test]
fn left_out_negatives_do_not_raise_probabilities() {
    let settings = TrainingConfig { negatives_kept: 0.3, ..world::settings() };
    let (examples, validation) = (world::grouped(1, 0, 120), world::grouped(2, 120, 180));
    let config = world::grouped_config();
    let (ranker, reached) = train(config, &settings, &examples, &validation, &Device::Cpu, None, &mut |_| {})
        .expect("fine examples");
    // Without any calibration: the mean of the raw odds' probabilities is right already.
    let raw: f64 = (0..validation.len())
        .map(|index| {
            let example = validation.load(index).expect("in range");
            let odds = ranker.predict(&[example], validation.nodes()).expect("fine input")[0].log_odds;
            1.0 / (1.0 + (-odds).exp())
        })
        .sum();
    assert!((0.75..1.35).contains(&(raw / reached.gifts as f64)), "{raw} {reached:?}");
    assert!((0.9..1.1).contains(&reached.predicted_to_observed.expect("gifts")), "{reached:?}");
}

#[test]
fn compressed_histories_train_too() {
    let config = Config { history: History::Dispatcher { experts: 2 }, ..world::grouped_config() };
    let config = config.without(Ablation::StreamerExpansion);
    let (_, reached) = run(config, &TrainingConfig { epochs: 8, ..world::settings() });
    assert!(reached.gauc.expect("both outcomes") > 0.65, "{reached:?}");
}
