//! Reading a room's features file.
//!
//! Invariants: units come in order of time whatever order the file has; every fault names the tensor and the unit.

use std::path::Path;

use safetensors::SafeTensors;

use super::numbers;
use crate::DatasetError;
use crate::room::{LabelledRoom, LabelledUnit, Modality, Split};

/// Reads one room. Without `room` in the metadata it is called as the file is.
///
/// # Errors
/// When the file is no safetensors, `time` is missing, no modality is there, a tensor has another number of rows or
/// a type that isn't understood, or a number is infinite, half missing or out of range.
pub fn read_room(path: &Path) -> Result<LabelledRoom, DatasetError> {
    let bytes = std::fs::read(path).map_err(DatasetError::io(path))?;
    let fault = |entry: &str, reason: String| DatasetError::features(path, entry, reason);
    let (_, header) =
        SafeTensors::read_metadata(&bytes).map_err(|error| fault("header", error.to_string()))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| fault("header", error.to_string()))?;
    let metadata = |key: &str| header.metadata().as_ref().and_then(|metadata| metadata.get(key)).cloned();
    let seconds = |key: &str| match metadata(key) {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(fault(key, format!("{text:?} is no number of seconds"))),
        },
    };
    let column = |name: &str| match tensors.tensor(name) {
        Err(_) => Ok(None),
        Ok(view) => match (view.shape(), numbers::all(&view)) {
            ([rows], Some(values)) | ([rows, 1], Some(values)) if *rows == values.len() => Ok(Some(values)),
            (shape, Some(_)) => Err(fault(name, format!("has shape {shape:?}, not [units]"))),
            (_, None) => Err(fault(name, format!("holds {:?}, which isn't understood", view.dtype()))),
        },
    };
    let times = column("time")?
        .ok_or_else(|| fault("time", format!("is missing; found {}", tensors.names().join(", "))))?;
    if let Some(at) = times.iter().position(|time| !time.is_finite()) {
        return Err(fault("time", format!("unit {} is {}", at + 1, times[at])));
    }
    let same = |name: &str, values: Option<Vec<f64>>| match values {
        Some(values) if values.len() != times.len() => {
            Err(fault(name, format!("has {} units, time has {}", values.len(), times.len())))
        }
        values => Ok(values),
    };
    let labels = same("label", column("label")?)?;
    let positives = same("positive", column("positive")?)?;
    let lengths = same("length", column("length")?)?;
    let unit_seconds = match seconds("unit_seconds")? {
        Some(length) if length > 0.0 => length,
        Some(length) => return Err(fault("unit_seconds", format!("{length} is no length"))),
        None => usual_step(&times).ok_or_else(|| fault("unit_seconds", "is missing".to_owned()))?,
    };
    let mut units = Vec::with_capacity(times.len());
    for (at, &at_s) in times.iter().enumerate() {
        let length_s = lengths.as_ref().map_or(unit_seconds, |lengths| lengths[at]);
        if !(length_s.is_finite() && length_s >= 0.0) {
            return Err(fault("length", format!("unit {} is {length_s}", at + 1)));
        }
        let label = labels.as_ref().map(|labels| labels[at]).filter(|label| !label.is_nan());
        if let Some(label) = label.filter(|label| !(0.0..=1.0).contains(label)) {
            return Err(fault("label", format!("unit {} is {label}, not within 0 and 1", at + 1)));
        }
        let positive = match positives.as_ref().map(|positives| positives[at]) {
            None | Some(-1.0) => None,
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            Some(other) => {
                return Err(fault("positive", format!("unit {} is {other}, not 0, 1 or -1", at + 1)));
            }
        };
        units.push(LabelledUnit {
            at_s,
            length_s,
            label: label.map(|l| l as f32),
            positive,
            ..Default::default()
        });
    }
    let mut any = false;
    for modality in Modality::ALL {
        let name = modality.name();
        let Ok(view) = tensors.tensor(name) else { continue };
        any = true;
        let values = numbers::all(&view)
            .ok_or_else(|| fault(name, format!("holds {:?}, which isn't understood", view.dtype())))?;
        let [rows, width] = view.shape() else {
            return Err(fault(name, format!("has shape {:?}, not [units, width]", view.shape())));
        };
        if *rows != units.len() || *width == 0 {
            return Err(fault(name, format!("has shape {:?}, time has {} units", view.shape(), units.len())));
        }
        for (at, (unit, row)) in units.iter_mut().zip(values.chunks(*width)).enumerate() {
            if row.iter().all(|value| value.is_nan()) {
                continue;
            }
            let row: Vec<f32> = row.iter().map(|value| *value as f32).collect();
            if let Some(place) = row.iter().position(|value| !value.is_finite()) {
                return Err(fault(
                    name,
                    format!("number {} of unit {} is {}", place + 1, at + 1, row[place]),
                ));
            }
            *unit.features_mut(modality) = Some(row);
        }
    }
    if !any {
        let names = Modality::ALL.map(Modality::name).join(", ");
        return Err(fault("features", format!("none of {names}; found {}", tensors.names().join(", "))));
    }
    units.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    let split = match metadata("split") {
        None => None,
        Some(name) => {
            Some(Split::from_name(&name).ok_or_else(|| fault("split", format!("{name:?} is no split")))?)
        }
    };
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(LabelledRoom {
        name: metadata("room").unwrap_or_else(stem),
        streamer: metadata("streamer"),
        split,
        started_at_s: seconds("started_at")?,
        unit_seconds,
        units,
    })
}

/// Median distance of neighbours in time.
fn usual_step(times: &[f64]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut steps: Vec<f64> =
        sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}
