//! Parquet and Arrow IPC: types are already there, only narrowed to the five kinds of a table.
//!
//! Lengths that a file claims are checked before the libraries see them ([`arrow_lengths`], [`parquet_lengths`]), nested
//! columns are not unpacked at all, and batches are narrowed as they come.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::columns::Typed;
use super::csv::unique_names;
use super::gathered::{Gathered, is_read};
use super::{ReadOptions, arrow_lengths, note, parquet_lengths};
use crate::table::{FILLED, Source, mask_of_runs};
use gyeol_base::{Budget, Error, Fault, Result};

/// Most rows of a batch.
const BATCH: u64 = 65_536;

/// The kind of file by its first bytes.
pub(super) fn kind(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"PAR1") {
        Some("Parquet")
    } else if bytes.starts_with(b"ARROW1") {
        Some("Arrow IPC file")
    } else if bytes.starts_with(&[0xff, 0xff, 0xff, 0xff]) && bytes.len() > 8 {
        Some("Arrow IPC stream")
    } else {
        None
    }
}

pub(super) fn read(
    name: &str,
    bytes: &[u8],
    kind: &'static str,
    options: &ReadOptions,
    mut budget: Budget,
    source: &mut Source,
) -> Result<(Vec<(String, Typed)>, Masks)> {
    let broken = |what: String| {
        Fault::new("broken-columnar", format!("the {kind} cannot be read: {what}"))
            .file(name)
            .cause("the file was cut off while it was written or copied, altered, or uses a feature not read here")
            .next("copy or write it again; as a last resort export it as CSV")
            .input()
    };
    let mut file = File { name, options, budget: &mut budget, broken: &broken };
    // The readers check their input, but corrupt files have been known to make such libraries panic: a panic there is
    // one more way of saying that the file is broken.
    let got = gyeol_base::contained(|| match kind {
        "Parquet" => file.parquet(bytes),
        "Arrow IPC file" => {
            let (mut from, length) = (std::io::Cursor::new(bytes), bytes.len() as u64);
            let schema = Arc::new(arrow_lengths::file(&mut from, length, file.limit()).map_err(&broken)?);
            let reader = arrow_ipc::reader::FileReader::try_new(from, Some(read_columns(&schema)));
            file.gather(&schema, reader.map_err(|e| broken(e.to_string()))?)
        }
        _ => {
            let limit = file.limit();
            arrow_lengths::stream(&mut std::io::Cursor::new(bytes), bytes.len() as u64, limit)
                .map_err(&broken)?;
            let open =
                |columns| arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(bytes), columns);
            let schema = open(None).map_err(|e| broken(e.to_string()))?.schema();
            let reader = open(Some(read_columns(&schema))).map_err(|e| broken(e.to_string()))?;
            file.gather(&schema, reader)
        }
    });
    let (schema, columns, rows) = match got {
        Some(result) => result.map_err(|e| e.in_file(name))?,
        None => return Err(broken("its parts contradict one another".into())),
    };
    if rows == 0 {
        return Err(Fault::new("header-only", "columns but no rows")
            .file(name)
            .cause("the export found no readings")
            .next("export a span that has readings")
            .input());
    }
    let mut names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    unique_names(&mut names, &mut source.notes);
    let mut out = Vec::new();
    let mut masks = Masks::new();
    for ((column, field), gathered) in names.into_iter().zip(schema.fields()).zip(columns) {
        let marks = field.metadata().get(FILLED);
        masks.extend(marks.and_then(|text| Some((column.clone(), mask_of_runs(text, rows)?))));
        match gathered {
            Some(gathered) => {
                let typed = gathered.finish(&column, field.data_type(), options, source);
                out.extend(typed.map(|typed| (column, typed)));
            }
            None => source.notes.push(note(
                "column-passed-over",
                Some(&column),
                None,
                rows,
                format!("'{column}' holds {}, which is not read", field.data_type()),
            )),
        }
    }
    if out.is_empty() {
        return Err(Fault::new("no-columns", "no column of a kind that is read")
            .file(name)
            .cause("a file of nested values")
            .next("flatten the columns to numbers, texts and times")
            .input());
    }
    Ok((out, masks))
}

/// Marks of invented cells by column, as an earlier cleaning left them in the file.
pub(super) type Masks = Vec<(String, Vec<bool>)>;
/// The schema of a file, what was gathered of each column that is read, and the count of rows.
type Columns = (SchemaRef, Vec<Option<Gathered>>, usize);

/// A file while it is read.
struct File<'a> {
    name: &'a str,
    options: &'a ReadOptions,
    budget: &'a mut Budget,
    broken: &'a dyn Fn(String) -> Error,
}

/// The columns of a schema that are read, by number.
fn read_columns(schema: &Schema) -> Vec<usize> {
    (0..schema.fields().len()).filter(|&i| is_read(schema.field(i).data_type())).collect()
}

impl File<'_> {
    /// Most bytes that a batch or a column may unpack to.
    fn limit(&self) -> u64 {
        self.options.max_bytes.min(self.budget.left())
    }

    fn parquet(&mut self, bytes: &[u8]) -> Result<Columns> {
        let broken = self.broken;
        parquet_lengths::footer(&mut std::io::Cursor::new(bytes), bytes.len() as u64).map_err(broken)?;
        // The reader wants to own its bytes.
        self.budget.take(bytes.len() as u64)?;
        let owned = bytes::Bytes::copy_from_slice(bytes);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(owned.clone()).map_err(|e| broken(e.to_string()))?;
        let (schema, meta) = (builder.schema().clone(), builder.metadata().clone());
        let count = |rows: i64| usize::try_from(rows).unwrap_or(usize::MAX);
        let rows =
            meta.row_groups().iter().map(|group| count(group.num_rows())).fold(0, usize::saturating_add);
        let rows = rows.max(count(meta.file_metadata().num_rows()));
        self.check_size(rows, schema.fields().len())?;
        let described = meta.file_metadata().schema_descr();
        let wanted = read_columns(&schema);
        let mask = ProjectionMask::roots(described, wanted.iter().copied());
        let leaves: Vec<usize> =
            (0..described.num_columns()).filter(|&leaf| mask.leaf_included(leaf)).collect();
        for &leaf in &leaves {
            // Values of a length that is told once, taken whole for every row.
            let each = u64::try_from(described.column(leaf).type_length()).unwrap_or(0);
            if each.saturating_mul(rows as u64) > self.limit() {
                let what = format!("{rows} rows of {each} bytes each in '{}'", described.column(leaf).path());
                return Err(Fault::new("too-many-bytes", what)
                    .cause("a small file that unpacks to an enormous one")
                    .next("leave that column out")
                    .limit());
            }
        }
        let mut from = std::io::Cursor::new(bytes);
        let again = || Ok(owned.clone());
        let held =
            parquet_lengths::pages(&mut from, bytes.len() as u64, &meta, &leaves, self.limit(), &again)
                .map_err(broken)?;
        // One page and one dictionary a column are held at a time.
        self.budget.take(held.pages)?;
        let written = self.budget.left() / 4;
        let batch = written.checked_div(held.repeated).unwrap_or(BATCH).clamp(1, BATCH);
        // A batch holds them written out.
        self.budget.take(batch.saturating_mul(held.repeated))?;
        let reader = builder
            .with_projection(mask)
            .with_batch_size(batch as usize)
            .build()
            .map_err(|e| broken(e.to_string()))?;
        self.gather(&schema, reader)
    }

    fn check_size(&self, rows: usize, columns: usize) -> Result<()> {
        for (what, code, n, limit) in [
            ("rows", "too-many-rows", rows, self.options.max_rows),
            ("columns", "too-many-columns", columns, self.options.max_columns),
        ] {
            if n > limit {
                return Err(Fault::new(code, format!("{n} {what}, more than the limit of {limit}"))
                    .file(self.name)
                    .cause("a larger file than foreseen")
                    .next("raise the limit, or cut the file into pieces")
                    .limit());
            }
        }
        Ok(())
    }

    /// Gathers the columns that are read from batches that hold these alone.
    fn gather(
        &mut self,
        schema: &SchemaRef,
        batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
    ) -> Result<Columns> {
        self.check_size(0, schema.fields().len())?;
        let wanted = read_columns(schema);
        let mut columns: Vec<Gathered> =
            wanted.iter().map(|&i| Gathered::new(schema.field(i).data_type())).collect();
        let mut rows = 0usize;
        for batch in batches {
            gyeol_base::in_time()?;
            let batch = batch.map_err(|e| (self.broken)(e.to_string()))?;
            rows = rows.saturating_add(batch.num_rows());
            self.check_size(rows, 0)?;
            for (column, array) in columns.iter_mut().zip(batch.columns()) {
                column.push(array, self.budget, self.options)?;
            }
        }
        let mut all: Vec<Option<Gathered>> = schema.fields().iter().map(|_| None).collect();
        for (at, column) in wanted.into_iter().zip(columns) {
            all[at] = Some(column);
        }
        Ok((schema.clone(), all, rows))
    }
}
