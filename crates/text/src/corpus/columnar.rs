//! Documents out of Parquet and Arrow files, a batch of rows at a time.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use gyeol_base::Fault;
use gyeol_data::acquire::{arrow_lengths, parquet_lengths};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::block::Block;
use super::parse::wanting;
use super::{Corpus, Format, Labels, Source, columns};
use gyeol_base::{Error, Result};

/// Bytes that a batch of an Arrow file may unpack to.
const UNPACKED: u64 = 2 << 30;
/// Rows of a batch; a block is a batch.
const ROWS: u64 = 4096;
/// Bytes that the values of a batch may take where the file says them once for many rows.
const REPEATED: u64 = 256 << 20;

/// Sends the documents of a file as blocks; false when nobody takes them any more.
pub(super) fn read(corpus: &Corpus, source: &Source, send: &mut dyn FnMut(Block) -> bool) -> Result<bool> {
    let path = &source.path;
    if path == "-" {
        return Err(Error::option(
            Fault::new("no-standard-input", "Parquet and Arrow files are not read from standard input")
                .cause("their directory is at their end")
                .next("name a file"),
        ));
    }
    // The readers check their input, but corrupt files have been known to make such libraries panic: a panic there is
    // one more way of saying that the file is broken.
    let got = gyeol_base::contained(|| match source.format {
        Format::Parquet => parquet(corpus, source, send),
        _ => arrow(corpus, source, send),
    });
    got.unwrap_or_else(|| Err(broken(path, "its parts contradict one another")))
}

fn broken(path: &str, what: impl std::fmt::Display) -> Error {
    Error::input(
        Fault::new("broken-columnar", format!("the file cannot be read: {what}"))
            .file(path)
            .cause("it was cut off while it was written or copied, altered, or uses a feature not read here")
            .next("copy or write it again; as a last resort export it as CSV"),
    )
}

fn open(path: &str) -> Result<std::fs::File> {
    std::fs::File::open(path).map_err(|source| Error::reading(path, source))
}

fn parquet(corpus: &Corpus, source: &Source, send: &mut dyn FnMut(Block) -> bool) -> Result<bool> {
    let path = &source.path;
    let mut file = std::io::BufReader::new(open(path)?);
    let length = file.get_ref().metadata().map_err(|e| Error::reading(path, e))?.len();
    parquet_lengths::footer(&mut file, length).map_err(|e| broken(path, e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?).map_err(|e| broken(path, e))?;
    let chosen = choose(corpus, source, builder.schema())?;
    let places = [Some(chosen.0), chosen.1].into_iter().flatten();
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let leaves: Vec<usize> =
        (0..builder.parquet_schema().num_columns()).filter(|&leaf| mask.leaf_included(leaf)).collect();
    let again = || std::fs::File::open(path).map_err(|e| e.to_string());
    let held = parquet_lengths::pages(&mut file, length, builder.metadata(), &leaves, u64::MAX, &again)
        .map_err(|e| broken(path, e))?;
    gyeol_base::Budget::new(UNPACKED).take(held.pages).map_err(|e| e.in_file(path))?;
    let batch = REPEATED.checked_div(held.repeated).unwrap_or(ROWS).clamp(1, ROWS) as usize;
    let rows = builder.metadata().file_metadata().num_rows().max(1) as u64;
    let reader = builder.with_projection(mask).with_batch_size(batch).build().map_err(|e| broken(path, e))?;
    // Columns keep their order in the projection.
    let places = match chosen.1 {
        None => (0, None),
        Some(label) if label < chosen.0 => (1, Some(0)),
        Some(_) => (0, Some(1)),
    };
    let mut row = 0;
    for batch in reader {
        let batch = batch.map_err(|e| broken(path, e))?;
        corpus.read.fetch_add(length * batch.num_rows() as u64 / rows, Ordering::Relaxed);
        if !send(block(corpus, source, &batch, places, row)?) {
            return Ok(false);
        }
        row += batch.num_rows() as u64;
    }
    Ok(true)
}

fn arrow(corpus: &Corpus, source: &Source, send: &mut dyn FnMut(Block) -> bool) -> Result<bool> {
    let path = &source.path;
    let mut file = std::io::BufReader::new(open(path)?);
    let length = file.get_ref().metadata().map_err(|e| Error::reading(path, e))?.len();
    arrow_lengths::file(&mut file, length, UNPACKED).map_err(|e| broken(path, e))?;
    let reader = arrow_ipc::reader::FileReader::try_new(file, None).map_err(|e| broken(path, e))?;
    let chosen = choose(corpus, source, &reader.schema())?;
    let mut row = 0;
    for batch in reader {
        let batch = batch.map_err(|e| broken(path, e))?;
        if !send(block(corpus, source, &batch, chosen, row)?) {
            return Ok(false);
        }
        row += batch.num_rows() as u64;
    }
    Ok(true)
}

/// Places of the text and the label.
fn choose(corpus: &Corpus, source: &Source, schema: &Schema) -> Result<(usize, Option<usize>)> {
    let names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    // One row of samples: text where the type is text, a number elsewhere.
    let sample = schema.fields().iter().map(|f| match f.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Dictionary(_, values) if **values == DataType::Utf8 => "te".to_owned(),
        _ => "0".to_owned(),
    });
    let choice = columns::choose(&source.path, &names, &[sample.collect()], true, &corpus.options)?;
    corpus.note_choice(source, "", &names, &choice);
    Ok((choice.text, choice.label))
}

fn block(
    corpus: &Corpus,
    source: &Source,
    batch: &RecordBatch,
    (text, label): (usize, Option<usize>),
    row: u64,
) -> Result<Block> {
    let path = &source.path;
    let cells = |at: usize| {
        let column: &dyn Array = batch.column(at);
        cells(column).ok_or_else(|| {
            Error::input(
                Fault::new(
                    "not-text",
                    format!("a column of {}, which is not read as text", column.data_type()),
                )
                .file(path)
                .column(batch.schema_ref().field(at).name())
                .next("name another column, or turn it into text where the file was made"),
            )
        })
    };
    let (texts, labels) = (cells(text)?, label.map(cells).transpose()?);
    let label_at = label.unwrap_or(text);
    let mut block = Block {
        path: Arc::from(path.as_str()),
        class: source.label.clone(),
        first_line: row + 1,
        ..Block::default()
    };
    let options = &corpus.options;
    for i in 0..batch.num_rows() {
        let label = labels.as_ref().map(|l| l(i).filter(|cell| !cell.trim().is_empty()));
        let line = row + i as u64 + 1;
        let cell = texts(i);
        let unlabelled = label == Some(None) && options.labels == Labels::Needed;
        if unlabelled && !options.skip_bad {
            return Err(wanting(
                "no-label",
                "no label",
                path,
                line,
                batch.schema_ref().field(label_at).name(),
            ));
        }
        if unlabelled || (cell.is_none() && options.skip_bad) {
            block.skipped.one(line);
            continue;
        }
        if cell.is_none() {
            block.nulls.one(line);
        }
        let from = block.text.len();
        block.text.push_str(&cell.unwrap_or_default());
        let bytes = block.text.len() - from;
        if bytes > corpus.options.max_document_bytes || block.text.len() > u32::MAX as usize {
            return Err(Error::limit(
                Fault::new(
                    "document-too-long",
                    format!("a document of {bytes} bytes, or a batch over 4 GiB"),
                )
                .file(path)
                .row((row as usize) + i + 1)
                .next("cut it into pieces"),
            ));
        }
        match label {
            Some(label) => block.push_labelled(from, i as u64, label.as_deref()),
            None => block.push(from, i as u64, None),
        }
    }
    Ok(block)
}

type Cells<'a> = Box<dyn Fn(usize) -> Option<Cow<'a, str>> + 'a>;

/// The cells of a column as text, `None` for a null; `None` in all for a type that is not read.
fn cells(column: &dyn Array) -> Option<Cells<'_>> {
    fn numbers<T: ArrowPrimitiveType>(column: &dyn Array) -> Option<Cells<'_>>
    where
        T::Native: std::fmt::Display,
    {
        let column = column.as_primitive_opt::<T>()?;
        Some(Box::new(|i| column.is_valid(i).then(|| column.value(i).to_string().into())))
    }
    fn entries<T: ArrowDictionaryKeyType>(column: &dyn Array) -> Option<Cells<'_>> {
        let column = column.as_dictionary_opt::<T>()?;
        let values = cells(column.values().as_ref())?;
        Some(Box::new(move |i| column.key(i).and_then(&values)))
    }
    macro_rules! texts {
        ($column:expr) => {{
            let column = $column;
            Some(Box::new(|i| column.is_valid(i).then(|| column.value(i).into())))
        }};
    }
    match column.data_type() {
        DataType::Utf8 => texts!(column.as_string_opt::<i32>()?),
        DataType::LargeUtf8 => texts!(column.as_string_opt::<i64>()?),
        DataType::Utf8View => texts!(column.as_string_view_opt()?),
        DataType::Boolean => {
            let column = column.as_boolean_opt()?;
            Some(Box::new(|i| column.is_valid(i).then(|| column.value(i).to_string().into())))
        }
        DataType::Int8 => numbers::<Int8Type>(column),
        DataType::Int16 => numbers::<Int16Type>(column),
        DataType::Int32 => numbers::<Int32Type>(column),
        DataType::Int64 => numbers::<Int64Type>(column),
        DataType::UInt8 => numbers::<UInt8Type>(column),
        DataType::UInt16 => numbers::<UInt16Type>(column),
        DataType::UInt32 => numbers::<UInt32Type>(column),
        DataType::UInt64 => numbers::<UInt64Type>(column),
        DataType::Float32 => numbers::<Float32Type>(column),
        DataType::Float64 => numbers::<Float64Type>(column),
        DataType::Dictionary(key, _) => match **key {
            DataType::Int8 => entries::<Int8Type>(column),
            DataType::Int16 => entries::<Int16Type>(column),
            DataType::Int32 => entries::<Int32Type>(column),
            DataType::Int64 => entries::<Int64Type>(column),
            DataType::UInt8 => entries::<UInt8Type>(column),
            DataType::UInt16 => entries::<UInt16Type>(column),
            DataType::UInt32 => entries::<UInt32Type>(column),
            DataType::UInt64 => entries::<UInt64Type>(column),
            _ => None,
        },
        _ => None,
    }
}
