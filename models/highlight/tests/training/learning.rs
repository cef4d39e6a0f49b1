//! What training learns, and what it refuses.

use crate::rooms::{config, room, rooms, settings};
use candle_core::Device;
use kairos_highlight::{
    Config, ContentCtr, Head, HighlightError, Modality, Progress, Reached, Rooms, TrainingConfig,
    TrainingRoom, UnitFeatures, split_rooms, train,
};

fn run(epochs: usize) -> (ContentCtr, Reached, Vec<Progress>) {
    let (rooms, validation) = split_rooms(rooms(12), 0.33, 1);
    let settings = TrainingConfig { epochs, ..settings() };
    let mut seen = Vec::new();
    let mut note = |progress: &Progress| seen.push(*progress);
    let (model, reached) = train(config(), &settings, &rooms, &validation, &Device::Cpu, None, &mut note)
        .expect("rooms are fine");
    (model, reached, seen)
}

#[test]
fn model_learns_and_beats_the_message_rate() {
    let (model, reached, seen) = run(20);
    let (ap, baseline) = (reached.average_precision, reached.baseline_average_precision);
    assert!(ap > baseline.map(|value| value + 0.1) && ap > Some(0.8), "{reached:?}");
    assert!(reached.kendall_tau_b > Some(0.2) && reached.epoch >= 1, "{reached:?}");
    assert!(seen.len() > 1 && seen[seen.len() - 1].loss < seen[0].loss, "{seen:?}");
    // Calibrated: a unit that is on scores high, one that is off scores low, in a room never seen.
    let fresh = room(999);
    let scored = std::sync::Arc::new(model).score_room("nobody", &fresh.units).expect("valid units");
    let mean = |on: bool| {
        let chosen = scored.iter().zip(&fresh.labels[0]).filter(|(_, label)| (**label > 0.5) == on);
        let values: Vec<f64> = chosen.filter_map(|(score, _)| score[0].scores.get(Head::Highlight)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    assert!(mean(true) > 0.6 && mean(false) < 0.25, "{} {}", mean(true), mean(false));
}

#[test]
fn same_seed_gives_the_same_checkpoint() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let save = |name: &str| {
        let (model, reached, _) = run(2);
        model.save(&folder.path().join(name), &reached).expect("writable")
    };
    assert_eq!(save("one"), save("two"));
    let files = ["model.safetensors", "config.json", "metrics.json"];
    for file in files {
        let read = |name: &str| std::fs::read(folder.path().join(name).join(file)).expect("saved");
        assert_eq!(read("one"), read("two"), "{file}");
    }
    let (loaded, reached, _): (ContentCtr, Reached, String) =
        ContentCtr::load(&folder.path().join("one"), &Device::Cpu).expect("just saved");
    assert!(loaded.config().calibration.len() == 2 && reached.validation_rooms == 4);
}

#[test]
fn history_tells_of_every_epoch_of_every_member() {
    let (rooms, validation) = split_rooms(rooms(6), 0.33, 1);
    let config = Config { members: 2, ..config() };
    let settings = TrainingConfig { epochs: 3, ..settings() };
    let mut seen = Vec::new();
    let mut note = |progress: &Progress| seen.push(*progress);
    let (_, reached) =
        train(config, &settings, &rooms, &validation, &Device::Cpu, None, &mut note).expect("rooms are fine");
    let told: Vec<_> =
        seen.iter().map(|p| (p.member - 1, p.epoch, p.loss, p.validation_loss, p.best)).collect();
    let kept: Vec<_> =
        reached.history.iter().map(|e| (e.member, e.epoch, e.loss, e.validation_loss, e.best)).collect();
    assert_eq!(told, kept);
    assert_eq!(
        kept.iter().map(|e| (e.0, e.1)).collect::<Vec<_>>(),
        [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    );
    assert!(kept.iter().all(|e| e.3.is_some_and(|loss| loss > 0.0)) && kept[0].2 != kept[3].2, "{kept:?}");
}

/// A room where a moment is felt at once and written about two units later.
fn slow_room(seed: usize) -> TrainingRoom {
    let config = slow_config();
    let labels: Vec<f32> = (0..60).map(|at| if (at * 7 + seed * 3) % 11 < 2 { 1.0 } else { 0.0 }).collect();
    let comments = |at: usize| if at >= 2 { labels[at - 2] } else { 0.0 };
    TrainingRoom {
        name: format!("slow {seed}"),
        units: (0..60)
            .map(|at| UnitFeatures { comment: Some(vec![comments(at), 0.5]), ..UnitFeatures::default() })
            .collect(),
        labels: TrainingRoom::delayed(&labels, &config),
        ..TrainingRoom::default()
    }
}

fn slow_config() -> Config {
    let mut config = Config { delays: vec![0.0, 4.0], look_back: 4, ..config() };
    config.inputs.picture = None;
    config
}

#[test]
fn waiting_for_what_is_written_later_pays() {
    let rooms: Vec<TrainingRoom> = (0..6).map(slow_room).collect();
    let validation: Vec<TrainingRoom> = (100..103).map(slow_room).collect();
    let settings = TrainingConfig { epochs: 6, modality_dropout: 0.0, ..settings() };
    let (_, reached) =
        train(slow_config(), &settings, &rooms, &validation, &Device::Cpu, None, &mut |_| {}).expect("fine");
    let (at_once, later) = (&reached.delays[0], &reached.delays[1]);
    assert_eq!((at_once.seconds, later.seconds), (0.0, 4.0));
    assert!(later.average_precision > Some(0.95), "{reached:?}");
    assert!(at_once.average_precision < later.average_precision.map(|ap| ap - 0.1), "{reached:?}");
}

#[test]
fn delayed_labels_are_those_of_older_units() {
    let config = Config { delays: vec![0.0, 3.0, 4.0], ..config() };
    let shifted = TrainingRoom::delayed(&[0.1, 0.2, 0.3], &config);
    assert_eq!(shifted[0], [0.1, 0.2, 0.3]);
    // Three seconds are two units of two seconds each.
    for row in &shifted[1..] {
        assert!(row[0].is_nan() && row[1].is_nan() && row[2] == 0.1, "{row:?}");
    }
    assert_eq!(TrainingRoom::delayed(&[], &config), vec![Vec::<f32>::new(); 3]);
}

#[test]
fn every_option_trains() {
    let (rooms, validation) = split_rooms(rooms(4), 0.25, 1);
    let options = [
        TrainingConfig { sam_rho: 0.05, feature_dropout: 0.1, pool_rooms: 2, ..settings() },
        TrainingConfig { listwise_weight: 0.5, difference_weight: 1.0, live_mean_weight: 1.0, ..settings() },
    ];
    for settings in options {
        let settings = TrainingConfig { epochs: 2, ..settings };
        let config = Config { gated: true, norm: kairos_highlight::Norm::Rms, ..config() };
        let (_, reached) =
            train(config, &settings, &rooms, &validation, &Device::Cpu, None, &mut |_| {}).expect("fine");
        assert!(reached.history[1].loss < reached.history[0].loss, "{:?}", reached.history);
    }
}

#[test]
fn loss_that_is_no_number_is_said() {
    let (rooms, validation) = split_rooms(rooms(3), 0.33, 1);
    let settings = TrainingConfig { learning_rate: 1e30, warmup: 0, epochs: 3, ..settings() };
    let refused = train(config(), &settings, &rooms, &validation, &Device::Cpu, None, &mut |_| {});
    let error = refused.map(|_| ()).expect_err("astray").to_string();
    assert!(
        error.starts_with("training: gradients of step ") && error.ends_with("are not finite"),
        "{error}"
    );
}

/// Rooms made when they are asked for.
struct Made(usize);

impl Rooms for Made {
    fn len(&self) -> usize {
        self.0
    }

    fn units(&self, _index: usize) -> usize {
        90
    }

    fn load(&self, index: usize) -> Result<TrainingRoom, HighlightError> {
        if index < 5 {
            return Ok(room(index));
        }
        Err(HighlightError::Room { room: format!("room {index}"), reason: String::from("no such file") })
    }
}

#[test]
fn rooms_loaded_one_at_a_time_train_the_same_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = TrainingConfig { epochs: 2, pool_rooms: 2, ..settings() };
    let save = |rooms: &dyn Rooms| {
        let (model, reached) = train(config(), &settings, rooms, &Made(1), &Device::Cpu, None, &mut |_| {})
            .expect("rooms are fine");
        model.save(&folder.path().join("model"), &reached).expect("writable")
    };
    assert_eq!(save(&Made(5)), save(&rooms(5)));
    assert_eq!(save(&Made(5)), save(&rooms(5).as_slice()));
    let refused = train(config(), &settings, &Made(6), &Made(1), &Device::Cpu, None, &mut |_| {});
    assert_eq!(refused.map(|_| ()).expect_err("unreadable").to_string(), "room room 5: no such file");
}

#[test]
fn rooms_that_cannot_be_used_are_named() {
    let validation = rooms(1);
    let mut short = room(2);
    short.labels[0].pop();
    let mut wild = room(3);
    wild.labels[0][4] = 1.5;
    let mut unlabelled = room(4);
    unlabelled.labels[0].fill(f32::NAN);
    for (room, expected) in [
        (short, "room room 2: 89 labels for 90 units"),
        (wild, "room room 3: label of unit 4 is 1.5, must be in 0..=1"),
        (unlabelled, "training: no unit of the training rooms has a label"),
    ] {
        let refused = train(config(), &settings(), &vec![room], &validation, &Device::Cpu, None, &mut |_| {});
        assert_eq!(refused.map(|_| ()).expect_err("not usable").to_string(), expected);
    }
    let refused = train(config(), &settings(), &Vec::new(), &validation, &Device::Cpu, None, &mut |_| {});
    assert!(matches!(refused, Err(HighlightError::Training(_))));
    let strange = TrainingConfig { clip: 0.0, ..settings() };
    let refused = train(config(), &strange, &validation, &validation, &Device::Cpu, None, &mut |_| {});
    assert!(matches!(refused, Err(HighlightError::Config { .. })));
}

/// What no training room had was not learnt from, whatever stands in the weights.
#[test]
fn a_modality_that_no_room_had_is_missing_whatever_comes() {
    let (rooms, validation) = split_rooms(rooms(6), 0.33, 1);
    let mut wider = config();
    wider.inputs.speech = wider.inputs.comment.clone();
    let settings = TrainingConfig { epochs: 2, ..settings() };
    let (model, _) =
        train(wider, &settings, &rooms, &validation, &Device::Cpu, None, &mut |_| {}).expect("fine rooms");
    assert!(model.reads(Modality::Comment) && !model.reads(Modality::Speech) && !model.reads(Modality::Gift));
    let folder = tempfile::tempdir().expect("a temporary folder");
    model.save(folder.path(), &Reached::default()).expect("writable");
    let (model, _, _): (ContentCtr, Reached, String) =
        ContentCtr::load(folder.path(), &Device::Cpu).expect("just saved");
    assert!(model.reads(Modality::Picture) && !model.reads(Modality::Speech));
    let model = std::sync::Arc::new(model);
    let units = room(99).units;
    let spoken: Vec<UnitFeatures> =
        units.iter().map(|unit| UnitFeatures { speech: Some(vec![1.0, 2.0]), ..unit.clone() }).collect();
    assert_eq!(model.score_room("x", &units).unwrap(), model.score_room("x", &spoken).unwrap());
    assert_eq!(model.score_rows("x", &units).unwrap(), model.score_rows("x", &spoken).unwrap());
}
