//! On what networks run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, anyhow};
use candle_core::{Device, utils};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// On what networks run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ComputeConfig {
    /// `auto`, `cpu`, `cuda`, or `cuda:N` for the GPU of that number: where encoders with weights and the gift model run, and training.
    /// `auto` takes the first GPU if kairos was built with the feature `cuda` and one answers, else the CPU. Highlights are always
    /// scored on the CPU, where it takes less than asking a GPU would.
    #[schemars(with = "String")]
    pub device: DeviceChoice,
}

/// Which device is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// A GPU if there is one.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            other => other
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("{other:?} is none of auto, cpu, cuda and cuda:N")),
        }
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl ComputeConfig {
    /// The device, the same whenever it is asked for; never panics, whatever the machine has.
    ///
    /// # Errors
    /// If a GPU is asked for by name and kairos was built without CUDA, or the GPU does not answer.
    pub fn open(&self) -> anyhow::Result<Device> {
        // Tensors of one GPU that was opened twice don't go together.
        static OPENED: Mutex<BTreeMap<DeviceChoice, Device>> = Mutex::new(BTreeMap::new());
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = opened.get(&self.device) {
            return Ok(device.clone());
        }
        let device = self.choose()?;
        opened.insert(self.device, device.clone());
        Ok(device)
    }

    fn choose(&self) -> anyhow::Result<Device> {
        match self.device {
            DeviceChoice::Cpu => Ok(Device::Cpu),
            DeviceChoice::Auto if !utils::cuda_is_available() => Ok(Device::Cpu),
            DeviceChoice::Auto => Ok(cuda(0).unwrap_or_else(|problem| {
                tracing::warn!("no GPU is used, networks run on the CPU: {problem:#}");
                Device::Cpu
            })),
            DeviceChoice::Cuda(number) => {
                cuda(number).with_context(|| format!("compute.device: {}", self.device))
            }
        }
    }
}

/// A GPU. The library below panics where the driver is missing or too old; that becomes an error.
fn cuda(number: usize) -> anyhow::Result<Device> {
    if !utils::cuda_is_available() {
        return Err(anyhow!("this kairos was built without CUDA (cargo build --features cuda)"));
    }
    let opened = std::panic::catch_unwind(|| Device::new_cuda(number));
    let opened = opened.map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        anyhow!("{}", said.unwrap_or("the CUDA driver could not be opened"))
    })?;
    // The first line says it; the rest is where in the library.
    opened.map_err(|error| anyhow!("{}", error.to_string().lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ComputeConfig, toml::de::Error> {
        toml::from_str(&format!("device = {text:?}"))
    }

    #[test]
    fn devices_are_read_as_they_are_written() -> anyhow::Result<()> {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
        ] {
            assert_eq!(read(text)?.device, choice);
            assert_eq!(choice.to_string(), text);
        }
        for wrong in ["gpu", "cuda:", "cuda:x", "CPU"] {
            let message = read(wrong).expect_err("no device").to_string();
            assert!(message.contains("none of auto, cpu, cuda and cuda:N"), "{message}");
        }
        Ok(())
    }

    #[test]
    fn without_a_gpu_auto_is_the_cpu_and_asking_for_one_is_an_error() -> anyhow::Result<()> {
        // On a machine with a GPU and the feature there is one to be had, and nothing to test here.
        if utils::cuda_is_available() && Device::new_cuda(0).is_ok() {
            return Ok(());
        }
        let of = |device| ComputeConfig { device }.open();
        assert!(matches!(of(DeviceChoice::Auto)?, Device::Cpu));
        assert!(matches!(of(DeviceChoice::Cpu)?, Device::Cpu));
        let message = format!("{:#}", of(DeviceChoice::Cuda(7)).expect_err("no GPU"));
        assert!(message.starts_with("compute.device: cuda:7: "), "{message}");
        Ok(())
    }
}
