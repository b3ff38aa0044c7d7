//! Parquet and Arrow IPC: types are already there, only narrowed to the five kinds of a table.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use chrono::DateTime;

use super::columns::{Offsets, Typed};
use super::csv::{Cells, unique_names};
use super::{ReadOptions, arrow_lengths, note, numbers};
use crate::table::{ColumnData, FILLED, Source, mask_of_runs};
use gyeol_base::{Error, Fault, Result};

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
    source: &mut Source,
) -> Result<(Vec<(String, Typed)>, Masks)> {
    let broken = |what: String| {
        Fault::new("broken-columnar", format!("the {kind} cannot be read: {what}"))
            .file(name)
            .cause("the file was cut off while it was written or copied, altered, or uses a feature not read here")
            .next("copy or write it again; as a last resort export it as CSV")
            .input()
    };
    // The readers check their input, but corrupt files have been known to make such libraries panic: a panic there is
    // one more way of saying that the file is broken.
    let got = catch_unwind(AssertUnwindSafe(|| match kind {
        "Parquet" => parquet(name, bytes, options, &broken),
        "Arrow IPC file" => {
            arrow_lengths::file(&mut std::io::Cursor::new(bytes), bytes.len() as u64, options.max_bytes)
                .map_err(&broken)?;
            let reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None)
                .map_err(|e| broken(e.to_string()))?;
            let schema = reader.schema();
            gather(name, reader.map(|b| b.map_err(|e| broken(e.to_string()))), schema, options)
        }
        _ => {
            arrow_lengths::stream(&mut std::io::Cursor::new(bytes), bytes.len() as u64, options.max_bytes)
                .map_err(&broken)?;
            let reader = arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(bytes), None)
                .map_err(|e| broken(e.to_string()))?;
            let schema = reader.schema();
            gather(name, reader.map(|b| b.map_err(|e| broken(e.to_string()))), schema, options)
        }
    }));
    let (schema, batches) = match got {
        Ok(result) => result?,
        Err(_) => return Err(broken("its parts contradict one another".into())),
    };
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
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
    for (i, column) in names.into_iter().enumerate() {
        let arrays: Vec<&ArrayRef> = batches.iter().map(|b| b.column(i)).collect();
        let marks = schema.field(i).metadata().get(FILLED);
        masks.extend(marks.and_then(|text| Some((column.clone(), mask_of_runs(text, rows)?))));
        match typed(&column, schema.field(i).data_type(), &arrays, options, source) {
            Some(t) => out.push((column, t)),
            None => source.notes.push(note(
                "column-passed-over",
                Some(&column),
                None,
                rows,
                format!("'{column}' holds {}, which is not read", schema.field(i).data_type()),
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
type Batches = (SchemaRef, Vec<RecordBatch>);

fn parquet(
    name: &str,
    bytes: &[u8],
    options: &ReadOptions,
    broken: &dyn Fn(String) -> Error,
) -> Result<Batches> {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    // The reader wants to own its bytes.
    let owned = bytes::Bytes::copy_from_slice(bytes);
    let builder = ParquetRecordBatchReaderBuilder::try_new(owned).map_err(|e| broken(e.to_string()))?;
    let meta = builder.metadata();
    let rows = meta.file_metadata().num_rows();
    let unpacked: i64 =
        meta.row_groups().iter().map(|g| g.total_byte_size().max(0)).fold(0, i64::saturating_add);
    let columns = meta.file_metadata().schema_descr().num_columns();
    check_size(name, usize::try_from(rows).unwrap_or(usize::MAX), columns, options)?;
    if unpacked as u64 > options.max_bytes {
        return Err(Fault::new(
            "too-many-bytes",
            format!("{unpacked} bytes after unpacking, more than the limit of {}", options.max_bytes),
        )
        .file(name)
        .cause("a larger file than foreseen, or a small one that unpacks to an enormous one")
        .next("raise the limit if the file is sound")
        .limit());
    }
    let schema = builder.schema().clone();
    let reader = builder.with_batch_size(65_536).build().map_err(|e| broken(e.to_string()))?;
    gather(name, reader.map(|b| b.map_err(|e| broken(e.to_string()))), schema, options)
}

fn check_size(name: &str, rows: usize, columns: usize, options: &ReadOptions) -> Result<()> {
    for (what, code, n, limit) in [
        ("rows", "too-many-rows", rows, options.max_rows),
        ("columns", "too-many-columns", columns, options.max_columns),
    ] {
        if n > limit {
            return Err(Fault::new(code, format!("{n} {what}, more than the limit of {limit}"))
                .file(name)
                .cause("a larger file than foreseen")
                .next("raise the limit, or cut the file into pieces")
                .limit());
        }
    }
    Ok(())
}

fn gather(
    name: &str,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    schema: SchemaRef,
    options: &ReadOptions,
) -> Result<Batches> {
    check_size(name, 0, schema.fields().len(), options)?;
    let (mut rows, mut bytes, mut out) = (0usize, 0u64, Vec::new());
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows();
        bytes += batch.get_array_memory_size() as u64;
        check_size(name, rows, 0, options)?;
        if bytes > options.max_bytes.saturating_mul(4) {
            return Err(Fault::new("too-many-bytes", format!("more than {bytes} bytes after unpacking"))
                .file(name)
                .cause("a small file that unpacks to an enormous one")
                .next("raise the limit if the file is sound")
                .limit());
        }
        out.push(batch);
    }
    Ok((schema, out))
}

fn numbers_of<T: ArrowPrimitiveType>(arrays: &[&ArrayRef], f: impl Fn(T::Native) -> f64) -> ColumnData {
    let cells = arrays.iter().flat_map(|a| a.as_primitive::<T>().iter());
    ColumnData::Number(cells.map(|x| x.map_or(f64::NAN, &f)).collect())
}

fn integers_of<T: ArrowPrimitiveType>(arrays: &[&ArrayRef]) -> ColumnData
where
    T::Native: Into<i64>,
{
    ColumnData::Integer(
        arrays.iter().flat_map(|a| a.as_primitive::<T>().iter()).map(|x| x.map(Into::into)).collect(),
    )
}

fn millis_of<T: ArrowPrimitiveType<Native = i64>>(
    arrays: &[&ArrayRef],
    f: impl Fn(i64) -> Option<i64>,
) -> Vec<Option<i64>> {
    arrays.iter().flat_map(|a| a.as_primitive::<T>().iter()).map(|x| x.and_then(&f)).collect()
}

fn stamps(millis: Vec<Option<i64>>, timed: bool, offsets: Offsets) -> Typed {
    let local = millis
        .into_iter()
        .map(|ms| ms.and_then(DateTime::from_timestamp_millis).map(|t| t.naive_utc()))
        .collect();
    Typed::Stamps { local, timed, offsets }
}

fn typed(
    name: &str,
    data_type: &DataType,
    arrays: &[&ArrayRef],
    options: &ReadOptions,
    source: &mut Source,
) -> Option<Typed> {
    let plain = |d| Some(Typed::Plain(d));
    match data_type {
        DataType::Int8 => plain(integers_of::<Int8Type>(arrays)),
        DataType::Int16 => plain(integers_of::<Int16Type>(arrays)),
        DataType::Int32 => plain(integers_of::<Int32Type>(arrays)),
        DataType::Int64 => plain(integers_of::<Int64Type>(arrays)),
        DataType::UInt8 => plain(integers_of::<UInt8Type>(arrays)),
        DataType::UInt16 => plain(integers_of::<UInt16Type>(arrays)),
        DataType::UInt32 => plain(integers_of::<UInt32Type>(arrays)),
        DataType::UInt64 => plain(numbers_of::<UInt64Type>(arrays, |x| x as f64)),
        DataType::Float32 => plain(numbers_of::<Float32Type>(arrays, f64::from)),
        DataType::Float64 => plain(numbers_of::<Float64Type>(arrays, |x| x)),
        DataType::Decimal128(_, scale) => {
            let factor = 10f64.powi(-i32::from(*scale));
            plain(numbers_of::<Decimal128Type>(arrays, |x| x as f64 * factor))
        }
        DataType::Boolean => {
            plain(ColumnData::Boolean(arrays.iter().flat_map(|a| a.as_boolean().iter()).collect()))
        }
        DataType::Null => plain(ColumnData::Number(vec![f64::NAN; arrays.iter().map(|a| a.len()).sum()])),
        DataType::Date32 => {
            let days = arrays.iter().flat_map(|a| a.as_primitive::<Date32Type>().iter());
            Some(stamps(days.map(|d| d.map(|d| i64::from(d) * 86_400_000)).collect(), false, Offsets::None))
        }
        DataType::Date64 => Some(stamps(millis_of::<Date64Type>(arrays, Some), false, Offsets::None)),
        DataType::Timestamp(unit, zone) => {
            let millis = match unit {
                TimeUnit::Second => millis_of::<TimestampSecondType>(arrays, |x| x.checked_mul(1000)),
                TimeUnit::Millisecond => millis_of::<TimestampMillisecondType>(arrays, Some),
                TimeUnit::Microsecond => {
                    millis_of::<TimestampMicrosecondType>(arrays, |x| Some(x.div_euclid(1000)))
                }
                TimeUnit::Nanosecond => {
                    millis_of::<TimestampNanosecondType>(arrays, |x| Some(x.div_euclid(1_000_000)))
                }
            };
            // With a zone the values are UTC and the zone says how people see them.
            let offsets = if zone.is_some() { Offsets::Fixed(0) } else { Offsets::None };
            if let Some(zone) = zone
                && source.zone.is_none()
                && options.zone.is_none()
            {
                source.zone = crate::clock::zone(zone).ok().map(|z| z.name().to_string());
            }
            let timed = millis.iter().flatten().any(|ms| ms.rem_euclid(86_400_000) != 0);
            Some(stamps(millis, timed, offsets))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            texts(name, data_type, arrays, options, source)
        }
        _ => None,
    }
}

fn texts(
    name: &str,
    data_type: &DataType,
    arrays: &[&ArrayRef],
    options: &ReadOptions,
    source: &mut Source,
) -> Option<Typed> {
    let mut values: Vec<Option<String>> = Vec::new();
    for array in arrays {
        match data_type {
            DataType::Utf8 => values.extend(array.as_string::<i32>().iter().map(|x| x.map(str::to_string))),
            DataType::LargeUtf8 => {
                values.extend(array.as_string::<i64>().iter().map(|x| x.map(str::to_string)));
            }
            DataType::Utf8View => {
                values.extend(array.as_string_view().iter().map(|x| x.map(str::to_string)));
            }
            _ => {
                let dictionary = array.as_any_dictionary_opt()?;
                let words: Vec<Option<String>> = match dictionary.values().data_type() {
                    DataType::Utf8 => {
                        dictionary.values().as_string::<i32>().iter().map(|x| x.map(str::to_string)).collect()
                    }
                    DataType::LargeUtf8 => {
                        dictionary.values().as_string::<i64>().iter().map(|x| x.map(str::to_string)).collect()
                    }
                    _ => return None,
                };
                let keys = dictionary.keys();
                for (i, key) in dictionary.normalized_keys().into_iter().enumerate() {
                    values.push(if keys.is_null(i) { None } else { words.get(key).cloned().flatten() });
                }
            }
        }
    }
    if let Some(row) = values.iter().position(|v| v.as_ref().is_some_and(|v| v.len() > options.max_cell)) {
        source.notes.push(note(
            "huge-cell",
            Some(name),
            Some(row + 1),
            1,
            format!("'{name}' has a cell above the limit of {} bytes and was passed over", options.max_cell),
        ));
        return None;
    }
    // Stamps are often stored as text; everything else that is text stays text.
    let mut cells = Cells::default();
    values.iter().for_each(|v| cells.push(v.as_deref().unwrap_or("")));
    let mut notes = Vec::new();
    let guess = super::columns::infer(
        name,
        &cells,
        &numbers::Evidence::default(),
        numbers::Decimal::Point,
        b',',
        1,
        options,
        &mut notes,
    );
    if matches!(guess, Typed::Stamps { .. } | Typed::TimeOfDay(_)) {
        source.notes.extend(notes);
        return Some(guess);
    }
    Some(Typed::Plain(ColumnData::Text(values)))
}
