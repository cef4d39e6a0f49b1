//! The same seed gives the same bytes, and a training that was killed goes on to them.

use crate::world;
use candle_core::Device;
use kairos_gifting::{GiftingError, Progress, TrainingConfig, train};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Trains for three epochs and saves; dies after `epochs` of them.
fn run(
    settings: &TrainingConfig,
    state: Option<&Path>,
    out: &Path,
    epochs: usize,
) -> Result<usize, GiftingError> {
    let (examples, validation) = (world::grouped(1, 0, 20), world::grouped(2, 20, 30));
    let mut seen = 0;
    let mut note = |_: &Progress| {
        seen += 1;
        assert!(seen < epochs, "killed");
    };
    let config = world::grouped_config();
    let (ranker, reached) = train(config, settings, &examples, &validation, &Device::Cpu, state, &mut note)?;
    ranker.save(out, &reached)?;
    Ok(seen)
}

fn quick() -> TrainingConfig {
    TrainingConfig { epochs: 3, negatives_kept: 0.7, dropout: 0.1, ..world::settings() }
}

fn bytes(folder: &Path) -> Vec<Vec<u8>> {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("saved");
    ["model.safetensors", "config.json", "metrics.json"].map(read).to_vec()
}

#[test]
fn killed_training_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = folder.path().join("whole");
    assert_eq!(run(&quick(), None, &whole, usize::MAX).expect("fine examples"), 3);
    let (state, out) = (folder.path().join("state"), folder.path().join("resumed"));
    for epochs in [1, 1] {
        let died = catch_unwind(AssertUnwindSafe(|| run(&quick(), Some(&state), &out, epochs)));
        assert!(died.is_err());
    }
    assert_eq!(run(&quick(), Some(&state), &out, usize::MAX).expect("fine examples"), 1);
    assert_eq!(bytes(&whole), bytes(&out));
    let other = folder.path().join("other");
    run(&TrainingConfig { seed: 1, ..quick() }, None, &other, usize::MAX).expect("fine examples");
    assert_ne!(bytes(&whole)[0], bytes(&other)[0], "another seed is another ranker");
}

#[test]
fn state_of_another_training_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, out) = (folder.path().join("state"), folder.path().join("out"));
    let died = catch_unwind(AssertUnwindSafe(|| run(&quick(), Some(&state), &out, 1)));
    assert!(died.is_err());
    let other = TrainingConfig { seed: 6, ..quick() };
    let error = run(&other, Some(&state), &out, usize::MAX).expect_err("another seed").to_string();
    assert!(error.ends_with("it belongs to other examples, settings or another architecture"), "{error}");
    let file = state.join("training.safetensors");
    let whole = std::fs::read(&file).expect("saved");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("writable");
    let error = run(&quick(), Some(&state), &out, usize::MAX).expect_err("half a file");
    assert!(matches!(error, GiftingError::State { .. }), "{error}");
}

#[test]
fn settings_that_cannot_be_run_are_named() {
    let bad = TrainingConfig { negatives_kept: 0.0, ..quick() };
    let error = bad.validate().expect_err("nothing would be left").to_string();
    assert!(error.contains("negatives_kept"), "{error}");
    let nothing = world::grouped(1, 0, 0);
    let error = train(world::grouped_config(), &quick(), &nothing, &nothing, &Device::Cpu, None, &mut |_| {});
    assert!(matches!(error, Err(GiftingError::Training(_))));
}
