//! Parquet and Arrow IPC: types are already there, only narrowed to the five kinds of a table.
//!
//! Lengths that a file claims are checked before the libraries see them ([`arrow_lengths`], [`parquet_lengths`]), nested
//! columns are not unpacked at all, and batches are narrowed as they come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::column::page::{Page, PageReader as _};
use parquet::file::reader::FileReader as _;

use super::columns::Typed;
use super::csv::unique_names;
use super::gathered::{Gathered, is_read};
use super::parquet_lengths::{self, Pages};
use super::{ReadOptions, arrow_lengths, note};
use crate::table::{FILLED, Source, mask_of_runs};
use gyeol_base::{Budget, Error, Fault, Result};

/// Most rows of a batch.
const BATCH: usize = 65_536;

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
    let got = catch_unwind(AssertUnwindSafe(|| match kind {
        "Parquet" => file.parquet(bytes),
        "Arrow IPC file" => {
            let limit = file.limit();
            arrow_lengths::file(&mut std::io::Cursor::new(bytes), bytes.len() as u64, limit)
                .map_err(&broken)?;
            let open = |columns| arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), columns);
            let schema = open(None).map_err(|e| broken(e.to_string()))?.schema();
            let reader = open(Some(read_columns(&schema))).map_err(|e| broken(e.to_string()))?;
            file.gather(&schema, reader)
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
    }));
    let (schema, columns, rows) = match got {
        Ok(result) => result.map_err(|e| e.in_file(name))?,
        Err(_) => return Err(broken("its parts contradict one another".into())),
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

/// A schema in which texts keep the dictionary of their page: a long word that stands in every row is then held once.
fn with_dictionaries(schema: &Schema) -> Schema {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let value = match field.data_type() {
                DataType::LargeUtf8 => DataType::LargeUtf8,
                _ => DataType::Utf8,
            };
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(value));
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => field.clone(),
    };
    Schema::new_with_metadata(
        schema.fields().iter().map(field).collect::<Fields>(),
        schema.metadata().clone(),
    )
}

impl File<'_> {
    /// Most bytes that a batch or a column may unpack to.
    fn limit(&self) -> u64 {
        self.options.max_bytes.min(self.budget.left())
    }

    fn parquet(&mut self, bytes: &[u8]) -> Result<Columns> {
        let broken = self.broken;
        parquet_lengths::footer(bytes).map_err(broken)?;
        // The reader wants to own its bytes.
        self.budget.take(bytes.len() as u64)?;
        let owned = bytes::Bytes::copy_from_slice(bytes);
        let first = ArrowReaderMetadata::load(&owned, ArrowReaderOptions::new())
            .map_err(|e| broken(e.to_string()))?;
        let schema = first.schema().clone();
        let meta = first.metadata();
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
        let (mut held, mut repeated) = (0u64, 0u64);
        for &leaf in &leaves {
            let (mut most, mut longest) = (Pages::default(), 0);
            for (number, group) in meta.row_groups().iter().enumerate() {
                let column = group.column(leaf);
                let (start, length) = column.byte_range();
                let gzip = matches!(column.compression(), Compression::GZIP(_));
                let rows = u64::try_from(group.num_rows()).unwrap_or(0);
                let at = start..start.saturating_add(length);
                let pages = parquet_lengths::chunk(bytes, at, gzip, rows, self.limit()).map_err(broken)?;
                most.dictionary = most.dictionary.max(pages.dictionary);
                most.largest = most.largest.max(pages.largest);
                if pages.shared {
                    longest = longest.max(pages.largest);
                }
                if pages.named && pages.spelt {
                    longest = longest.max(longest_word(&owned, number, leaf).map_err(broken)?);
                }
            }
            held = held.saturating_add(most.dictionary).saturating_add(most.largest);
            repeated = repeated.saturating_add(longest);
        }
        // One page and one dictionary a column are held at a time.
        self.budget.take(held)?;
        let batch = (self.budget.left() / 4)
            .checked_div(repeated)
            .map_or(BATCH as u64, |rows| rows.clamp(1, BATCH as u64));
        let options = ArrowReaderOptions::new().with_schema(Arc::new(with_dictionaries(&schema)));
        let hinted = ArrowReaderMetadata::try_new(first.metadata().clone(), options).unwrap_or(first.clone());
        let reader: ParquetRecordBatchReader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(owned, hinted)
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

/// The length of the longest value in the dictionary of a column of texts.
fn longest_word(bytes: &bytes::Bytes, group: usize, leaf: usize) -> std::result::Result<u64, String> {
    let reader = parquet::file::serialized_reader::SerializedFileReader::new(bytes.clone())
        .map_err(|e| e.to_string())?;
    let group = reader.get_row_group(group).map_err(|e| e.to_string())?;
    if group.metadata().column(leaf).column_type() != parquet::basic::Type::BYTE_ARRAY {
        return Ok(0);
    }
    let mut pages = group.get_column_page_reader(leaf).map_err(|e| e.to_string())?;
    let Some(Page::DictionaryPage { buf, .. }) = pages.get_next_page().map_err(|e| e.to_string())? else {
        return Ok(0);
    };
    let (mut at, mut longest) = (0, 0);
    while let Some(length) = buf.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()) {
        let length = u32::from_le_bytes(length) as usize;
        longest = longest.max(length.min(buf.len()));
        at = at.saturating_add(4).saturating_add(length);
    }
    Ok(longest as u64)
}
