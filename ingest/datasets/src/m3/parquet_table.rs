//! Rows of a Parquet file, read column by column in batches of rows.
//!
//! Invariants: only the columns that are asked for are read; a batch of rows is in memory at a time; a list column is
//! a leaf that repeats once.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray, Int96};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::columns::Quantity;
use super::table::{Cell, Chosen, Visit};
use crate::DatasetError;

/// Rows per batch: 128 floats each make 2 MiB with levels.
const BATCH: usize = 2048;

fn open(path: &Path) -> Result<(SerializedFileReader<File>, Vec<String>), DatasetError> {
    let file = File::open(path).map_err(DatasetError::io(path))?;
    let length = file.metadata().map_err(DatasetError::io(path))?.len();
    let reader = guarded(path, || SerializedFileReader::new(file))?;
    guarded(path, || lie_within(reader.metadata(), length))?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let top =
        |leaf: &std::sync::Arc<ColumnDescriptor>| leaf.path().parts().first().cloned().unwrap_or_default();
    let names = schema.columns().iter().map(top).collect();
    Ok((reader, names))
}

fn damaged(path: &Path) -> impl Fn(ParquetError) -> DatasetError {
    move |source| DatasetError::Parquet { path: path.to_owned(), source }
}

/// Runs the reader so that damage on which it would panic is an error as well. Its state isn't used afterwards.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, DatasetError> {
    let caught = catch_unwind(AssertUnwindSafe(read));
    let panicked = |_payload| Err(ParquetError::General("the file is damaged".to_owned()));
    caught.unwrap_or_else(panicked).map_err(damaged(path))
}

/// Checks what the reader takes for granted: that columns lie within the file.
fn lie_within(metadata: &ParquetMetaData, length: u64) -> Result<(), ParquetError> {
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let begin = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let end = u64::try_from(begin).ok().zip(u64::try_from(column.compressed_size()).ok());
        let end = end.and_then(|(begin, size)| begin.checked_add(size));
        if end.is_none_or(|end| end > length) {
            return Err(ParquetError::EOF(format!("column {} lies outside the file", column.column_path())));
        }
    }
    Ok(())
}

pub(super) fn column_names(path: &Path) -> Result<Vec<String>, DatasetError> {
    open(path).map(|(_, names)| names)
}

pub(super) fn scan(path: &Path, quantities: &[Quantity], visit: &mut Visit<'_>) -> Result<(), DatasetError> {
    let (reader, names) = open(path)?;
    let chosen = Chosen::of(path, &names, quantities)?;
    let mut row = 0_u64;
    let mut cells = vec![Cell::Null; quantities.len()];
    for group in 0..reader.num_row_groups() {
        let group = guarded(path, || reader.get_row_group(group))?;
        let before = row;
        let open = |column: &Option<usize>| match column {
            Some(column) => {
                let descriptor = group.metadata().column(*column).column_descr();
                let reader = guarded(path, || group.get_column_reader(*column))?;
                Ok(Some((reader, descriptor)))
            }
            None => Ok(None),
        };
        let mut columns = chosen.0.iter().map(open).collect::<Result<Vec<_>, DatasetError>>()?;
        loop {
            let read = |column: &mut Option<(ColumnReader, &ColumnDescriptor)>| match column {
                Some((reader, descriptor)) => guarded(path, || batch(reader, descriptor)).map(Some),
                None => Ok(None),
            };
            let batches = columns.iter_mut().map(read).collect::<Result<Vec<_>, DatasetError>>()?;
            let rows = batches.iter().flatten().map(Vec::len).max().unwrap_or(0);
            if rows == 0 {
                let any = batches.iter().any(Option::is_some);
                if any && i64::try_from(row - before) != Ok(group.metadata().num_rows()) {
                    let reason = format!("{} rows instead of {}", row - before, group.metadata().num_rows());
                    return Err(damaged(path)(ParquetError::EOF(reason)));
                }
                break;
            }
            if batches.iter().flatten().any(|batch| batch.len() != rows) {
                return Err(damaged(path)(ParquetError::EOF("columns of different lengths".to_owned())));
            }
            let mut batches: Vec<_> = batches.into_iter().map(|batch| batch.map(Vec::into_iter)).collect();
            for _ in 0..rows {
                row += 1;
                for (cell, batch) in cells.iter_mut().zip(&mut batches) {
                    *cell = batch.as_mut().and_then(Iterator::next).unwrap_or(Cell::Null);
                }
                match visit(&cells) {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err((quantity, reason)) => {
                        let column =
                            chosen.0.get(quantity).copied().flatten().and_then(|column| names.get(column));
                        let column = column.map_or(quantities[quantity].name, String::as_str).to_owned();
                        return Err(DatasetError::Cell { path: path.to_owned(), row, column, reason });
                    }
                }
            }
        }
    }
    Ok(())
}

/// The next rows of one column; empty at the end.
fn batch(reader: &mut ColumnReader, descriptor: &ColumnDescriptor) -> Result<Vec<Cell>, ParquetError> {
    use ColumnReader as R;
    match reader {
        R::BoolColumnReader(reader) => rows(reader, descriptor, |value| Cell::Whole(i64::from(value))),
        R::Int32ColumnReader(reader) => rows(reader, descriptor, |value| Cell::Whole(i64::from(value))),
        R::Int64ColumnReader(reader) => {
            let per_second = ticks_per_second(descriptor);
            rows(reader, descriptor, |value| match per_second {
                Some(ticks) => Cell::Instant(value as f64 / ticks),
                None => Cell::Whole(value),
            })
        }
        R::Int96ColumnReader(reader) => rows(reader, descriptor, |value: Int96| {
            let (days, nanoseconds) =
                (value.data()[2], u64::from(value.data()[1]) << 32 | u64::from(value.data()[0]));
            const JULIAN_DAY_OF_1970: f64 = 2_440_588.0;
            Cell::Instant((f64::from(days) - JULIAN_DAY_OF_1970) * 86_400.0 + nanoseconds as f64 / 1e9)
        }),
        R::FloatColumnReader(reader) => rows(reader, descriptor, |value| Cell::Number(f64::from(value))),
        R::DoubleColumnReader(reader) => rows(reader, descriptor, Cell::Number),
        R::ByteArrayColumnReader(reader) => rows(reader, descriptor, |value: ByteArray| {
            Cell::Text(String::from_utf8_lossy(value.data()).into_owned())
        }),
        R::FixedLenByteArrayColumnReader(reader) => rows(reader, descriptor, |value: FixedLenByteArray| {
            Cell::Text(String::from_utf8_lossy(value.data()).into_owned())
        }),
    }
}

fn ticks_per_second(descriptor: &ColumnDescriptor) -> Option<f64> {
    match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Timestamp(kind)), _) => Some(match kind.unit {
            TimeUnit::MILLIS => 1e3,
            TimeUnit::MICROS => 1e6,
            TimeUnit::NANOS => 1e9,
        }),
        (_, ConvertedType::TIMESTAMP_MILLIS) => Some(1e3),
        (_, ConvertedType::TIMESTAMP_MICROS) => Some(1e6),
        _ => None,
    }
}

fn rows<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    descriptor: &ColumnDescriptor,
    cell: impl Fn(T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    let (most, repeated) = (descriptor.max_def_level(), descriptor.max_rep_level());
    if repeated > 1 {
        return Err(ParquetError::NYI(format!("lists of lists in column {}", descriptor.name())));
    }
    let (records, _, levels) =
        reader.read_records(BATCH, Some(&mut definitions), Some(&mut repetitions), &mut values)?;
    let mut values = values.into_iter();
    if repeated == 0 {
        let present = |at: usize| most == 0 || definitions.get(at) == Some(&most);
        let next = |at: usize| if present(at) { values.next().map_or(Cell::Null, &cell) } else { Cell::Null };
        return Ok((0..records).map(next).collect());
    }
    let mut lists: Vec<Vec<f32>> = Vec::with_capacity(records);
    for at in 0..levels {
        if repetitions.get(at) == Some(&0) || lists.is_empty() {
            lists.push(Vec::new());
        }
        let defined = definitions.get(at).copied().unwrap_or(most);
        let Some(list) = lists.last_mut() else { break };
        if defined == most {
            match values.next().map(&cell) {
                Some(Cell::Number(value)) => list.push(value as f32),
                Some(Cell::Whole(value)) => list.push(value as f32),
                _ => {
                    return Err(ParquetError::General(format!(
                        "column {} holds no numbers",
                        descriptor.name()
                    )));
                }
            }
        } else if defined + 1 == most && most > 1 {
            list.push(f32::NAN);
        }
    }
    Ok(lists.into_iter().map(Cell::List).collect())
}
