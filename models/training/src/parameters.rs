//! Named trainable tensors whose first values follow from a seed and their own name.
//!
//! Invariants: iteration is in the order of names; a parameter's first value doesn't depend on when or in
//! which order it is asked for; no global random generator is used.

use candle_core::{DType, Device, Result, Shape, Tensor, Var, bail};
use candle_nn::init::NormalOrUniform;
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The parameters of one model. Clones share their tensors.
#[derive(Debug, Clone)]
pub struct Parameters {
    seed: u64,
    device: Device,
    variables: Arc<Mutex<BTreeMap<String, Var>>>,
}

impl Parameters {
    /// No parameters yet; a model makes them by asking [`Parameters::builder`].
    #[must_use]
    pub fn new(seed: u64, device: Device) -> Self {
        Self { seed, device, variables: Arc::default() }
    }

    /// A builder that hands out existing parameters and makes missing ones from their initialisation.
    #[must_use]
    pub fn builder(&self, dtype: DType) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(self.clone()), dtype, self.device.clone())
    }

    /// Names and tensors in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (String, Var)> {
        self.lock().clone().into_iter()
    }

    /// A copy of the present values, detached from later training.
    ///
    /// # Errors
    /// When a tensor can't be copied.
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>> {
        self.iter().map(|(name, variable)| Ok((name, variable.as_tensor().detach().copy()?))).collect()
    }

    /// Puts values back that [`Parameters::snapshot`] took.
    ///
    /// # Errors
    /// When a name is unknown or a shape differs.
    pub fn restore(&self, values: &BTreeMap<String, Tensor>) -> Result<()> {
        let variables = self.lock();
        for (name, value) in values {
            match variables.get(name) {
                Some(variable) => variable.set(value)?,
                None => bail!("no parameter is called {name}"),
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Var>> {
        // A panic elsewhere can't leave the map half-changed: it is only ever inserted into.
        self.variables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimpleBackend for Parameters {
    fn get(&self, shape: Shape, name: &str, init: Init, dtype: DType, device: &Device) -> Result<Tensor> {
        let mut variables = self.lock();
        if let Some(variable) = variables.get(name) {
            if variable.shape() != &shape {
                bail!("parameter {name} has shape {:?}, asked for {shape:?}", variable.shape());
            }
            return Ok(variable.as_tensor().clone());
        }
        let values = first_values(self.seed, name, &shape, init);
        let variable = Var::from_tensor(&Tensor::from_vec(values, shape, device)?.to_dtype(dtype)?)?;
        let tensor = variable.as_tensor().clone();
        variables.insert(name.to_owned(), variable);
        Ok(tensor)
    }

    fn get_unchecked(&self, name: &str, _dtype: DType, _device: &Device) -> Result<Tensor> {
        match self.lock().get(name) {
            Some(variable) => Ok(variable.as_tensor().clone()),
            None => bail!("no parameter is called {name}"),
        }
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.lock().contains_key(name)
    }
}

fn first_values(seed: u64, name: &str, shape: &Shape, init: Init) -> Vec<f32> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    let mut random = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
    let mut uniform = move || random.random::<f64>();
    let draw = match init {
        Init::Const(value) => Draw::Constant(value),
        Init::Uniform { lo, up } => Draw::Uniform(lo, up),
        Init::Randn { mean, stdev } => Draw::Normal(mean, stdev),
        Init::Kaiming { dist, fan, non_linearity } => {
            let deviation = non_linearity.gain() / (fan.for_shape(shape).max(1) as f64).sqrt();
            let bound = 3.0_f64.sqrt() * deviation;
            match dist {
                NormalOrUniform::Normal => Draw::Normal(0.0, deviation),
                NormalOrUniform::Uniform => Draw::Uniform(-bound, bound),
            }
        }
    };
    let next = |_| match draw {
        Draw::Constant(value) => value as f32,
        Draw::Uniform(low, high) => (low + (high - low) * uniform()) as f32,
        Draw::Normal(mean, deviation) => (mean + deviation * normal(&mut uniform)) as f32,
    };
    (0..shape.elem_count()).map(next).collect()
}

#[derive(Clone, Copy)]
enum Draw {
    Constant(f64),
    Uniform(f64, f64),
    Normal(f64, f64),
}

/// Box-Muller; `1 - u` keeps the logarithm away from zero.
fn normal(uniform: &mut impl FnMut() -> f64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * uniform()).cos()
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use candle_core::{DType, Device, Tensor};
    use candle_nn::{Init, init::DEFAULT_KAIMING_NORMAL};

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().expect("op").to_vec1().expect("f32")
    }

    #[test]
    fn first_values_depend_on_seed_and_name_alone() {
        let make = |seed, names: [&str; 2]| {
            let parameters = Parameters::new(seed, Device::Cpu);
            for name in names {
                let builder = parameters.builder(DType::F32);
                builder.get_with_hints((4, 8), name, DEFAULT_KAIMING_NORMAL).expect("new");
            }
            parameters.iter().map(|(_, variable)| values(&variable)).collect::<Vec<_>>()
        };
        assert_eq!(make(3, ["a", "b"]), make(3, ["b", "a"]));
        assert_ne!(make(3, ["a", "b"]), make(4, ["a", "b"]));
        assert_ne!(make(3, ["a", "b"])[0], make(3, ["a", "b"])[1]);
    }

    #[test]
    fn random_values_have_the_spread_asked_for() {
        let parameters = Parameters::new(9, Device::Cpu);
        let init = Init::Randn { mean: 1.0, stdev: 0.5 };
        let drawn = values(&parameters.builder(DType::F32).get_with_hints(20_000, "x", init).expect("new"));
        let mean = drawn.iter().sum::<f32>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.02 && (variance.sqrt() - 0.5).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn snapshot_survives_training_and_can_be_restored() {
        let parameters = Parameters::new(1, Device::Cpu);
        parameters.builder(DType::F32).get_with_hints(2, "w", Init::Const(1.0)).expect("new");
        let kept = parameters.snapshot().expect("copy");
        let (_, variable) = parameters.iter().next().expect("one");
        variable.set(&Tensor::new(&[5.0_f32, 6.0], &Device::Cpu).expect("new")).expect("same shape");
        assert_eq!(values(&kept["w"]), [1.0, 1.0]);
        parameters.restore(&kept).expect("known names");
        assert_eq!(values(&variable), [1.0, 1.0]);
    }
}
