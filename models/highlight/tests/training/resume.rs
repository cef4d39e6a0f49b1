//! A training that was killed goes on to the very same bytes.

use crate::rooms::{config, rooms, settings};
use candle_core::Device;
use kairos_highlight::{Config, HighlightError, Progress, TrainingConfig, TrainingRoom, split_rooms, train};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Trains two members for three epochs each and saves; dies after `epochs` of them in all.
fn run(
    settings: &TrainingConfig,
    state: Option<&Path>,
    out: &Path,
    epochs: usize,
) -> Result<usize, HighlightError> {
    let (rooms, validation): (Vec<TrainingRoom>, _) = split_rooms(rooms(5), 0.4, 1);
    let config = Config { members: 2, delays: vec![0.0, 4.0], width: 8, heads: 2, ..config() };
    let rooms: Vec<TrainingRoom> = rooms.into_iter().map(|room| delayed(room, &config)).collect();
    let validation: Vec<TrainingRoom> = validation.into_iter().map(|room| delayed(room, &config)).collect();
    let mut seen = 0;
    let mut note = |_: &Progress| {
        seen += 1;
        assert!(seen < epochs, "killed");
    };
    let (model, reached) = train(config, settings, &rooms, &validation, &Device::Cpu, state, &mut note)?;
    model.save(out, &reached)?;
    Ok(seen)
}

fn delayed(mut room: TrainingRoom, config: &Config) -> TrainingRoom {
    room.labels = TrainingRoom::delayed(&room.labels[0], config);
    room
}

fn quick() -> TrainingConfig {
    TrainingConfig { epochs: 3, sam_rho: 0.02, feature_dropout: 0.05, pool_rooms: 2, ..settings() }
}

fn bytes(folder: &Path) -> Vec<Vec<u8>> {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("saved");
    ["model.safetensors", "config.json", "metrics.json"].map(read).to_vec()
}

#[test]
fn killed_training_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = folder.path().join("whole");
    assert_eq!(run(&quick(), None, &whole, usize::MAX).expect("rooms are fine"), 6);
    // In the first member; then again, and in the second.
    let (state, out) = (folder.path().join("state"), folder.path().join("resumed"));
    for kills in [vec![1], vec![2, 3]] {
        let mut left = 6;
        for epochs in kills {
            let died = catch_unwind(AssertUnwindSafe(|| run(&quick(), Some(&state), &out, epochs)));
            assert!(died.is_err());
            left -= epochs;
        }
        assert_eq!(run(&quick(), Some(&state), &out, usize::MAX).expect("rooms are fine"), left);
        assert_eq!(bytes(&whole), bytes(&out));
        std::fs::remove_dir_all(&state).expect("removable");
    }
}

#[test]
fn state_of_another_training_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, out) = (folder.path().join("state"), folder.path().join("out"));
    let died = catch_unwind(AssertUnwindSafe(|| run(&quick(), Some(&state), &out, 1)));
    assert!(died.is_err());
    let other = TrainingConfig { seed: 6, ..quick() };
    let error = run(&other, Some(&state), &out, usize::MAX).expect_err("another seed").to_string();
    assert!(error.ends_with("it belongs to other rooms, settings or another architecture"), "{error}");
    let file = state.join("training.safetensors");
    let whole = std::fs::read(&file).expect("saved");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("writable");
    let error = run(&quick(), Some(&state), &out, usize::MAX).expect_err("half a file");
    assert!(matches!(error, HighlightError::State { .. }), "{error}");
}
