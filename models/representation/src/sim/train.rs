//! Learning to tell chosen items from drawn ones.
//!
//! Invariants: binary cross-entropy over all targets of a step; the best validated weights stay.

use super::{Sim, SimConfig, rows};
use crate::learning::{Progress, Watch, cross_entropy};
use crate::{Dataset, Interactions, Kind, Recommender, Result};
use kairos_training::{AdamW, AdamWSettings};

pub(super) fn train(
    data: &Dataset,
    config: &SimConfig,
    validation: Option<&Interactions>,
    progress: &mut Progress<'_>,
) -> Result<Sim> {
    data.check()?;
    let rows = &data.interactions;
    let mut model = Sim::new(config, rows.items())?;
    let settings = AdamWSettings { weight_decay: config.weight_decay, ..AdamWSettings::default() };
    let mut optimiser = AdamW::new(&model.parameters, settings)?;
    let mut watch = Watch::new(Kind::Sim, rows, validation, config.judge_every, config.patience);
    for epoch in 1..=config.epochs {
        let (mut sum, mut count) = (0.0, 0_usize);
        for step in rows::steps(rows, config, model.network.nobody(), epoch) {
            let step = step?;
            let logits = model.network.forward(&step.histories, &step.targets, &step.mask)?;
            let loss = cross_entropy(&logits, &step.labels)?;
            optimiser.step(&loss.backward()?, config.learning_rate)?;
            sum += f64::from(loss.to_scalar::<f32>()?);
            count += 1;
        }
        let mean = sum / count.max(1) as f64;
        let now = || Ok(Box::new(model.clone()) as Box<dyn Recommender>);
        if watch.after(epoch, mean, progress, || model.parameters.snapshot(), now)? {
            break;
        }
    }
    if let Some((epoch, best)) = watch.best() {
        model.config.epochs = epoch;
        model.parameters.restore(&best)?;
    }
    Ok(model)
}
