//! Parquet files written group by group.
//!
//! Invariants: a group is in memory at a time; the same columns give the same bytes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use crate::DatasetError;

/// A column of a group. All fields of the schema are optional, so that a value's definition level is its depth.
pub(super) enum Column {
    Numbers(Vec<i64>),
    Doubles(Vec<f64>),
    Texts(Vec<String>),
    /// Lists of one width, one after the other.
    Lists(usize, Vec<f32>),
}

/// A file that is being written.
pub(super) struct Table {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
}

impl Table {
    /// `fields` in Parquet's own notation; columns in `plain` get no dictionary.
    pub(super) fn create(
        path: &Path,
        fields: &str,
        codec: Compression,
        plain: &[&str],
    ) -> Result<Self, DatasetError> {
        let file = File::create(path).map_err(DatasetError::io(path))?;
        let open = || {
            let schema = Arc::new(parse_message_type(&format!("message table {{ {fields} }}"))?);
            let mut properties = WriterProperties::builder()
                .set_compression(codec)
                .set_statistics_enabled(EnabledStatistics::None);
            for column in plain {
                properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), false);
            }
            SerializedFileWriter::new(file, schema, Arc::new(properties.build()))
        };
        let writer = open().map_err(damaged(path))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Writes one group of rows, its columns in the order of the schema.
    pub(super) fn group(&mut self, columns: &[Column]) -> Result<(), DatasetError> {
        let failed = damaged(&self.path);
        write_group(&mut self.writer, columns).map_err(failed)
    }

    pub(super) fn finish(self) -> Result<(), DatasetError> {
        let failed = damaged(&self.path);
        self.writer.close().map(drop).map_err(failed)
    }
}

fn damaged(path: &Path) -> impl Fn(ParquetError) -> DatasetError + use<> {
    let path = path.to_owned();
    move |source| DatasetError::Parquet { path: path.clone(), source }
}

fn write_group(file: &mut SerializedFileWriter<File>, columns: &[Column]) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else { break };
        match column {
            Column::Numbers(values) => {
                writer.typed::<Int64Type>().write_batch(values, Some(&vec![1; values.len()]), None)?;
            }
            Column::Doubles(values) => {
                writer.typed::<DoubleType>().write_batch(values, Some(&vec![1; values.len()]), None)?;
            }
            Column::Texts(texts) => {
                let values: Vec<ByteArray> =
                    texts.iter().map(|text| ByteArray::from(text.as_str())).collect();
                writer.typed::<ByteArrayType>().write_batch(&values, Some(&vec![1; values.len()]), None)?;
            }
            Column::Lists(width, values) => {
                let repetitions: Vec<i16> = (0..values.len()).map(|at| i16::from(at % width > 0)).collect();
                let definitions = vec![3; values.len()];
                writer.typed::<FloatType>().write_batch(values, Some(&definitions), Some(&repetitions))?;
            }
        }
        writer.close()?;
    }
    group.close()?;
    Ok(())
}
