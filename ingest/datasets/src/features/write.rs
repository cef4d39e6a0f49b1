//! Writing a room's features file.
//!
//! Invariants: the header is in order of names (the tensor library would write metadata in the order of a hash map),
//! so that the same room gives the same bytes; the file appears whole or not at all.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::EXTENSION;
use crate::DatasetError;
use crate::room::{LabelledRoom, Modality};

/// A tensor as it goes into the file.
struct Column {
    name: &'static str,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Writes one room to `path`, replacing what is there.
///
/// # Errors
/// When units of one modality differ in width, a number isn't finite, or the file can't be written.
pub fn write_room(path: &Path, room: &LabelledRoom) -> Result<(), DatasetError> {
    if path.extension().is_none_or(|extension| extension != EXTENSION) {
        return Err(DatasetError::layout(path, format!("features files end in .{EXTENSION}")));
    }
    let columns = columns(path, room)?;
    let mut header = Map::new();
    let mut metadata = Map::new();
    metadata.insert("room".to_owned(), json!(room.name));
    metadata.insert("unit_seconds".to_owned(), json!(room.unit_seconds.to_string()));
    let optional = [
        ("streamer", room.streamer.clone()),
        ("split", room.split.map(|split| split.name().to_owned())),
        ("started_at", room.started_at_s.map(|seconds| seconds.to_string())),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            metadata.insert(key.to_owned(), json!(value));
        }
    }
    header.insert("__metadata__".to_owned(), Value::Object(metadata));
    let mut begin = 0;
    for column in &columns {
        let end = begin + column.bytes.len();
        let entry = json!({"dtype": column.dtype, "shape": column.shape, "data_offsets": [begin, end]});
        header.insert(column.name.to_owned(), entry);
        begin = end;
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(DatasetError::io(path))?;
    let mut write = |bytes: &[u8]| file.write_all(bytes).map_err(DatasetError::io(path));
    write(&(header.len() as u64).to_le_bytes())?;
    write(&header)?;
    for column in &columns {
        write(&column.bytes)?;
    }
    file.persist(path).map_err(|error| DatasetError::io(path)(error.error))?;
    Ok(())
}

/// Wide types first, as the format wants tensors aligned.
fn columns(path: &Path, room: &LabelledRoom) -> Result<Vec<Column>, DatasetError> {
    let units = &room.units;
    let rows = units.len();
    let mut columns = Vec::new();
    let seconds = |name, of: fn(&crate::room::LabelledUnit) -> f64| {
        if let Some(at) = units.iter().position(|unit| !of(unit).is_finite()) {
            return Err(DatasetError::features(path, name, format!("unit {} is {}", at + 1, of(&units[at]))));
        }
        let bytes = units.iter().flat_map(|unit| of(unit).to_le_bytes()).collect();
        Ok(Column { name, dtype: "F64", shape: vec![rows], bytes })
    };
    columns.push(seconds("length", |unit| unit.length_s)?);
    columns.push(seconds("time", |unit| unit.at_s)?);
    for modality in Modality::ALL {
        let name = modality.name();
        let Some(width) = units.iter().find_map(|unit| unit.features(modality)).map(<[f32]>::len) else {
            continue;
        };
        let mut bytes = Vec::with_capacity(rows * width * 4);
        for (at, unit) in units.iter().enumerate() {
            let missing;
            let row = match unit.features(modality) {
                Some(row) => row,
                None => {
                    missing = vec![f32::NAN; width];
                    &missing
                }
            };
            let finite = unit.features(modality).is_none_or(|row| row.iter().all(|value| value.is_finite()));
            if row.len() != width || width == 0 || !finite {
                let reason = format!("unit {} isn't {width} finite numbers", at + 1);
                return Err(DatasetError::features(path, name, reason));
            }
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        }
        columns.push(Column { name, dtype: "F32", shape: vec![rows, width], bytes });
    }
    if columns.len() == 2 && rows > 0 {
        return Err(DatasetError::features(path, "features", "no unit has any"));
    }
    if units.iter().any(|unit| unit.label.is_some()) {
        let bytes = units.iter().flat_map(|unit| unit.label.unwrap_or(f32::NAN).to_le_bytes()).collect();
        columns.push(Column { name: "label", dtype: "F32", shape: vec![rows], bytes });
    }
    if units.iter().any(|unit| unit.positive.is_some()) {
        let bytes = units.iter().map(|unit| unit.positive.map_or(-1_i8, i8::from).cast_unsigned()).collect();
        columns.push(Column { name: "positive", dtype: "I8", shape: vec![rows], bytes });
    }
    Ok(columns)
}
