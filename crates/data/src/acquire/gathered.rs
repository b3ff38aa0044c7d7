//! Columns of Parquet and Arrow, gathered batch by batch: only what a table keeps of a batch outlives it, and its memory
//! is counted before it is taken.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use chrono::DateTime;

use super::columns::{Offsets, Typed};
use super::csv::{CELL, Cells, TEXT};
use super::{ReadOptions, note, numbers};
use crate::table::{ColumnData, Source};
use gyeol_base::{Budget, Result};

/// Whether columns of this type are read.
pub(super) fn is_read(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => matches!(**values, DataType::Utf8 | DataType::LargeUtf8),
        DataType::Decimal128(..) | DataType::Timestamp(..) => true,
        DataType::Float16 | DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => false,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            false
        }
        DataType::Decimal256(..)
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Interval(_) => false,
        other => !other.is_nested(),
    }
}

/// One column so far.
pub(super) enum Gathered {
    Number(Vec<f64>),
    Integer(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    Days(Vec<Option<i64>>),
    Millis(Vec<Option<i64>>),
    Texts {
        cells: Cells,
        /// Whether each cell is there.
        there: Vec<bool>,
        /// The first row with a cell above the limit; nothing is kept then.
        huge: Option<usize>,
    },
}

impl Gathered {
    /// An empty column of this type.
    pub fn new(kind: &DataType) -> Gathered {
        match kind {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Gathered::Integer(Vec::new()),
            DataType::Boolean => Gathered::Boolean(Vec::new()),
            DataType::Date32 => Gathered::Days(Vec::new()),
            DataType::Date64 | DataType::Timestamp(..) => Gathered::Millis(Vec::new()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                Gathered::Texts { cells: Cells::default(), there: Vec::new(), huge: None }
            }
            _ => Gathered::Number(Vec::new()),
        }
    }

    /// Takes over what a batch holds of the column.
    pub fn push(&mut self, array: &ArrayRef, budget: &mut Budget, options: &ReadOptions) -> Result<()> {
        budget.take_each(array.len(), CELL)?;
        match self {
            Gathered::Number(to) => numbers_of(to, array),
            Gathered::Integer(to) => integers_of(to, array),
            Gathered::Boolean(to) => to.extend(array.as_boolean().iter()),
            Gathered::Days(to) => {
                let days = array.as_primitive::<Date32Type>().iter();
                to.extend(days.map(|d| d.map(|d| i64::from(d) * 86_400_000)));
            }
            Gathered::Millis(to) => millis_of(to, array),
            Gathered::Texts { cells, there, huge } => {
                let mut push = |cell: Option<&str>| {
                    let text = cell.unwrap_or("");
                    if text.len() > options.max_cell || cells.bytes() + text.len() > u32::MAX as usize {
                        huge.get_or_insert(there.len());
                        *cells = Cells::default();
                    }
                    there.push(cell.is_some());
                    if huge.is_none() {
                        budget.take_each(text.len(), TEXT)?;
                        cells.push(text);
                    }
                    Ok(())
                };
                match array.data_type() {
                    DataType::Utf8 => array.as_string::<i32>().iter().try_for_each(&mut push)?,
                    DataType::LargeUtf8 => array.as_string::<i64>().iter().try_for_each(&mut push)?,
                    DataType::Utf8View => array.as_string_view().iter().try_for_each(&mut push)?,
                    _ => named(array, &mut push)?,
                }
            }
        }
        Ok(())
    }

    /// The whole column; `None` where it holds a cell above the limit, which is noted.
    pub fn finish(
        self,
        name: &str,
        kind: &DataType,
        options: &ReadOptions,
        source: &mut Source,
    ) -> Option<Typed> {
        Some(match self {
            Gathered::Number(values) => Typed::Plain(ColumnData::Number(values)),
            Gathered::Integer(values) => Typed::Plain(ColumnData::Integer(values)),
            Gathered::Boolean(values) => Typed::Plain(ColumnData::Boolean(values)),
            Gathered::Days(millis) => stamps(millis, false, Offsets::None),
            Gathered::Millis(millis) => {
                let zone = match kind {
                    DataType::Timestamp(_, zone) => zone.as_ref(),
                    _ => return Some(stamps(millis, false, Offsets::None)),
                };
                zoned(zone, options, source);
                // With a zone the values are UTC and the zone says how people see them.
                let offsets = if zone.is_some() { Offsets::Fixed(0) } else { Offsets::None };
                let timed = millis.iter().flatten().any(|ms| ms.rem_euclid(86_400_000) != 0);
                stamps(millis, timed, offsets)
            }
            Gathered::Texts { huge: Some(row), .. } => {
                let words = format!(
                    "'{name}' has a cell above the limit of {} bytes and was passed over",
                    options.max_cell
                );
                source.notes.push(note("huge-cell", Some(name), Some(row + 1), 1, words));
                return None;
            }
            Gathered::Texts { cells, there, .. } => texts(name, &cells, &there, options, source),
        })
    }
}

fn zoned(zone: Option<&Arc<str>>, options: &ReadOptions, source: &mut Source) {
    if let Some(zone) = zone
        && source.zone.is_none()
        && options.zone.is_none()
    {
        source.zone = crate::clock::zone(zone).ok().map(|z| z.name().to_string());
    }
}

fn stamps(millis: Vec<Option<i64>>, timed: bool, offsets: Offsets) -> Typed {
    let local = millis
        .into_iter()
        .map(|ms| ms.and_then(DateTime::from_timestamp_millis).map(|t| t.naive_utc()))
        .collect();
    Typed::Stamps { local, timed, offsets }
}

/// Texts, or the stamps that are often stored as texts; everything else that is text stays text.
fn texts(name: &str, cells: &Cells, there: &[bool], options: &ReadOptions, source: &mut Source) -> Typed {
    let mut notes = Vec::new();
    let guess = super::columns::infer(
        name,
        cells,
        &numbers::Evidence::default(),
        numbers::Decimal::Point,
        b',',
        1,
        options,
        &mut notes,
    );
    if matches!(guess, Typed::Stamps { .. } | Typed::TimeOfDay(_)) {
        source.notes.extend(notes);
        return guess;
    }
    drop(guess);
    let cells = cells.iter().zip(there).map(|(cell, there)| there.then_some(cell));
    Typed::Plain(ColumnData::Text(cells.collect()))
}

/// Cells that name values of a dictionary; what names none of them is missing.
fn named(array: &ArrayRef, push: &mut dyn FnMut(Option<&str>) -> Result<()>) -> Result<()> {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return Ok(()) };
    let values = dictionary.values();
    let word = |at: usize| match values.data_type() {
        _ if at >= values.len() || values.is_null(at) => None,
        DataType::Utf8 => Some(values.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => Some(values.as_string::<i64>().value(at)),
        _ => None,
    };
    // The library's own normalised keys cannot be had of an empty dictionary, which a column of nulls has.
    let keys = dictionary.keys();
    let mut all = Keys(Vec::new());
    all.take(keys);
    for (row, key) in all.0.into_iter().enumerate() {
        push(if keys.is_null(row) { None } else { key.and_then(word) })?;
    }
    Ok(())
}

/// Keys of a dictionary, of whatever width.
struct Keys(Vec<Option<usize>>);

impl Keys {
    fn take(&mut self, keys: &dyn Array) {
        macro_rules! widths {
            ($($kind:ident => $width:ty),*) => {
                match keys.data_type() {
                    $(DataType::$kind => {
                        let keys = keys.as_primitive::<$width>().values();
                        self.0.extend(keys.iter().map(|key| usize::try_from(*key).ok()));
                    })*
                    _ => self.0.resize(keys.len(), None),
                }
            };
        }
        widths!(Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
                UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type);
    }
}

fn whole<T: ArrowPrimitiveType>(to: &mut Vec<Option<i64>>, array: &ArrayRef)
where
    T::Native: Into<i64>,
{
    to.extend(array.as_primitive::<T>().iter().map(|x| x.map(Into::into)));
}

fn integers_of(to: &mut Vec<Option<i64>>, array: &ArrayRef) {
    match array.data_type() {
        DataType::Int8 => whole::<Int8Type>(to, array),
        DataType::Int16 => whole::<Int16Type>(to, array),
        DataType::Int32 => whole::<Int32Type>(to, array),
        DataType::UInt8 => whole::<UInt8Type>(to, array),
        DataType::UInt16 => whole::<UInt16Type>(to, array),
        DataType::UInt32 => whole::<UInt32Type>(to, array),
        _ => whole::<Int64Type>(to, array),
    }
}

fn real<T: ArrowPrimitiveType>(to: &mut Vec<f64>, array: &ArrayRef, f: impl Fn(T::Native) -> f64) {
    to.extend(array.as_primitive::<T>().iter().map(|x| x.map_or(f64::NAN, &f)));
}

fn numbers_of(to: &mut Vec<f64>, array: &ArrayRef) {
    match array.data_type() {
        DataType::UInt64 => real::<UInt64Type>(to, array, |x| x as f64),
        DataType::Float32 => real::<Float32Type>(to, array, f64::from),
        DataType::Float64 => real::<Float64Type>(to, array, |x| x),
        DataType::Decimal128(_, scale) => {
            let factor = 10f64.powi(-i32::from(*scale));
            real::<Decimal128Type>(to, array, |x| x as f64 * factor);
        }
        // A column of nulls.
        _ => to.resize(to.len() + array.len(), f64::NAN),
    }
}

fn moments<T: ArrowPrimitiveType<Native = i64>>(
    to: &mut Vec<Option<i64>>,
    array: &ArrayRef,
    f: impl Fn(i64) -> Option<i64>,
) {
    to.extend(array.as_primitive::<T>().iter().map(|x| x.and_then(&f)));
}

fn millis_of(to: &mut Vec<Option<i64>>, array: &ArrayRef) {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            moments::<TimestampSecondType>(to, array, |x| x.checked_mul(1000));
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => moments::<TimestampMillisecondType>(to, array, Some),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moments::<TimestampMicrosecondType>(to, array, |x| Some(x.div_euclid(1000)));
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            moments::<TimestampNanosecondType>(to, array, |x| Some(x.div_euclid(1_000_000)));
        }
        _ => moments::<Date64Type>(to, array, Some),
    }
}
