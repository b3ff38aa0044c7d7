//! One table of typed columns over an arrow `RecordBatch`, with where it came from and which cells were invented.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow_schema::{Field, Schema};
use serde::{Deserialize, Serialize};

use crate::texts::Texts;
use gyeol_base::{Fault, Result, shorten};

/// What kind of values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Floating-point numbers; a missing cell is null.
    Number,
    /// Whole numbers.
    Integer,
    /// True or false.
    Boolean,
    /// Anything else.
    Text,
    /// A moment: milliseconds since 1970-01-01 UTC, or of the table's own clock when no zone is known.
    Time,
}

impl ColumnKind {
    /// Number, integer or boolean: readable with [`Table::numbers`].
    pub fn is_numeric(self) -> bool {
        matches!(self, ColumnKind::Number | ColumnKind::Integer | ColumnKind::Boolean)
    }
}

/// A column's name and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// Name as in the header.
    pub name: String,
    /// Kind of its values.
    pub kind: ColumnKind,
}

/// The values of one column, as handed to [`Table::from_columns`].
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Whole numbers; `None` is missing.
    Integer(Vec<Option<i64>>),
    /// True or false; `None` is missing.
    Boolean(Vec<Option<bool>>),
    /// Texts; `None` is missing.
    Text(Texts),
    /// Milliseconds since 1970-01-01 UTC (or of the table's own clock); `None` is missing.
    Time(Vec<Option<i64>>),
}

impl ColumnData {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            ColumnData::Number(v) => v.len(),
            ColumnData::Integer(v) => v.len(),
            ColumnData::Boolean(v) => v.len(),
            ColumnData::Text(v) => v.len(),
            ColumnData::Time(v) => v.len(),
        }
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind these values make a column.
    pub fn kind(&self) -> ColumnKind {
        match self {
            ColumnData::Number(_) => ColumnKind::Number,
            ColumnData::Integer(_) => ColumnKind::Integer,
            ColumnData::Boolean(_) => ColumnKind::Boolean,
            ColumnData::Text(_) => ColumnKind::Text,
            ColumnData::Time(_) => ColumnKind::Time,
        }
    }

    /// The same column with the rows in the order of `index`; `None` makes a missing cell.
    pub(crate) fn take(&self, index: &[Option<usize>]) -> ColumnData {
        fn pick<T: Clone>(v: &[Option<T>], index: &[Option<usize>]) -> Vec<Option<T>> {
            index.iter().map(|i| i.and_then(|i| v[i].clone())).collect()
        }
        match self {
            ColumnData::Number(v) => {
                ColumnData::Number(index.iter().map(|i| i.map_or(f64::NAN, |i| v[i])).collect())
            }
            ColumnData::Integer(v) => ColumnData::Integer(pick(v, index)),
            ColumnData::Boolean(v) => ColumnData::Boolean(pick(v, index)),
            ColumnData::Text(v) => ColumnData::Text(index.iter().map(|i| i.and_then(|i| v.get(i))).collect()),
            ColumnData::Time(v) => ColumnData::Time(pick(v, index)),
        }
    }
}

/// Something that reading decided or altered, told to the user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// A stable word, such as `ambiguous-dates` or `missing-spring-hour`.
    pub code: String,
    /// The column concerned.
    pub column: Option<String>,
    /// The first row concerned, from 1 with a CSV header as row 1.
    pub row: Option<usize>,
    /// Cells or rows concerned.
    pub count: usize,
    /// The same in English words.
    pub words: String,
}

/// Where a table came from and how it was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// File name as given, `-` for standard input, or the name of a built-in set.
    pub name: String,
    /// SHA-256 of the bytes as they were read (before unpacking), lower-case hex; empty for tables built in memory.
    pub sha256: String,
    /// Number of bytes read (before unpacking).
    pub bytes: u64,
    /// How it was understood, in words: `CSV, ';' between cells, decimal comma, UTF-8, gzip`.
    pub format: String,
    /// The zone that local times were read in; `None` when the clock has none.
    pub zone: Option<String>,
    /// The number that the first row has in messages: its line in the file (2 after a header in line 1), 1 for tables
    /// without lines or with rows moved since.
    #[serde(default = "one")]
    pub first_row: usize,
    /// What reading decided or altered.
    pub notes: Vec<Note>,
}

fn one() -> usize {
    1
}

impl Default for Source {
    fn default() -> Self {
        Source {
            name: String::new(),
            sha256: String::new(),
            bytes: 0,
            format: String::new(),
            zone: None,
            first_row: 1,
            notes: Vec::new(),
        }
    }
}

/// Typed columns of equal length.
///
/// ```
/// use gyeol_data::{ColumnData, Table};
/// let table = Table::from_columns(vec![
///     ("time".into(), ColumnData::Time(vec![Some(0), Some(3_600_000)])),
///     ("load".into(), ColumnData::Number(vec![512.0, f64::NAN])),
/// ])?;
/// assert_eq!(table.rows(), 2);
/// assert!(table.numbers("load")?[1].is_nan());
/// # Ok::<(), gyeol_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    batch: RecordBatch,
    columns: Vec<ColumnInfo>,
    filled: BTreeMap<String, Vec<bool>>,
    source: Source,
}

impl Table {
    /// Builds a table; columns must be named, differently, and equally long.
    pub fn from_columns(columns: Vec<(String, ColumnData)>) -> Result<Table> {
        let Some(rows) = columns.first().map(|(_, d)| d.len()) else {
            return Err(Fault::new("no-columns", "a table without any column")
                .cause("nothing was left after dropping columns, or the file holds none")
                .next("keep at least one column")
                .input());
        };
        let mut seen = HashSet::new();
        let (mut arrays, mut infos) = (Vec::new(), Vec::new());
        for (name, data) in columns {
            if !seen.insert(name.clone()) {
                return Err(Fault::new("repeated-column", "this name appears twice")
                    .column(&name)
                    .cause("two columns with one name")
                    .next("rename one of them")
                    .input());
            }
            if data.len() != rows {
                return Err(Fault::new(
                    "unequal-columns",
                    format!("{} cells where the first column has {rows}", data.len()),
                )
                .column(&name)
                .cause("columns of different length")
                .next("give every column the same number of cells")
                .input());
            }
            infos.push(ColumnInfo { name, kind: data.kind() });
            arrays.push(array(data));
        }
        Table::of_arrays(infos, arrays)
    }

    /// A table of columns that are checked already.
    fn of_arrays(columns: Vec<ColumnInfo>, arrays: Vec<ArrayRef>) -> Result<Table> {
        let field =
            |(c, array): (&ColumnInfo, &ArrayRef)| Field::new(&c.name, array.data_type().clone(), true);
        let fields: Vec<Field> = columns.iter().zip(&arrays).map(field).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|e| Fault::new("arrow", format!("arrow refused the columns: {e}")).input())?;
        Ok(Table { batch, columns, filled: BTreeMap::new(), source: Source::default() })
    }

    /// The same table, known to come from `source`.
    pub fn with_source(mut self, source: Source) -> Table {
        self.source = source;
        self
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Names and kinds, in the order of the file.
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// The kind of a column, `None` when there is no such column.
    pub fn kind(&self, name: &str) -> Option<ColumnKind> {
        self.columns.iter().find(|c| c.name == name).map(|c| c.kind)
    }

    /// Where the table came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The number of a row in messages: its line in the file, or its number from 1 once rows have moved.
    pub fn row_number(&self, row: usize) -> usize {
        row.saturating_add(self.source.first_row)
    }

    /// The arrow batch underneath.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The cells of a column that cleaning invented (`true`), `None` when it invented none.
    pub fn filled(&self, name: &str) -> Option<&[bool]> {
        self.filled.get(name).map(Vec::as_slice)
    }

    /// Marks cells as invented; a mask without any `true` clears the marks.
    pub fn set_filled(&mut self, name: &str, mask: Vec<bool>) -> Result<()> {
        self.position(name)?;
        if mask.len() != self.rows() {
            return Err(Fault::new(
                "unequal-columns",
                format!("a mask of {} cells for {} rows", mask.len(), self.rows()),
            )
            .column(name)
            .input());
        }
        if mask.iter().any(|&m| m) {
            self.filled.insert(name.to_string(), mask);
        } else {
            self.filled.remove(name);
        }
        Ok(())
    }

    fn position(&self, name: &str) -> Result<usize> {
        self.columns.iter().position(|c| c.name == name).ok_or_else(|| {
            let near = self
                .columns
                .iter()
                .map(|c| (strsim::jaro_winkler(&c.name.to_lowercase(), &name.to_lowercase()), &c.name))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let names: Vec<&str> = self.columns.iter().take(12).map(|c| c.name.as_str()).collect();
            Fault::new("no-such-column", "there is no such column")
                .file(&self.source.name)
                .column(name)
                .cause(match near {
                    Some((s, n)) if s > 0.75 => format!("a slip of the pen for '{n}'"),
                    _ => "the file has other columns than expected".to_string(),
                })
                .next(format!("name one of: {}", shorten(&names.join(", "), 200)))
                .input()
        })
    }

    fn wrong_kind(&self, name: &str, kind: ColumnKind, wanted: &str) -> gyeol_base::Error {
        let example = match self.texts(name) {
            Ok(texts) => {
                texts.into_iter().flatten().next().map(|t| format!(" such as '{}'", shorten(&t, 30)))
            }
            Err(_) => None,
        };
        Fault::new(
            "wrong-kind",
            format!("this column holds {}{}, not {wanted}", kind_words(kind), example.unwrap_or_default()),
        )
        .file(&self.source.name)
        .column(name)
        .cause("cells that could not be read as the kind asked for, or the wrong column in this role")
        .next("give the column another role, or mend the cells that are not of this kind")
        .input()
    }

    /// The cells as numbers, NaN where missing; integers and booleans (1 and 0) too. Fails for texts and times.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let at = self.position(name)?;
        let array = self.batch.column(at);
        if let Some(a) = array.as_any().downcast_ref::<Float64Array>() {
            return Ok(a.iter().map(|x| x.unwrap_or(f64::NAN)).collect());
        }
        if let Some(a) = array.as_any().downcast_ref::<Int64Array>() {
            return Ok(a.iter().map(|x| x.map_or(f64::NAN, |x| x as f64)).collect());
        }
        if let Some(a) = array.as_any().downcast_ref::<BooleanArray>() {
            return Ok(a.iter().map(|x| x.map_or(f64::NAN, |x| f64::from(u8::from(x)))).collect());
        }
        Err(self.wrong_kind(name, self.columns[at].kind, "numbers"))
    }

    /// The cells as whole numbers, `None` where missing; fails for any other kind than integer.
    pub fn integers(&self, name: &str) -> Result<Vec<Option<i64>>> {
        let at = self.position(name)?;
        match self.batch.column(at).as_any().downcast_ref::<Int64Array>() {
            Some(a) => Ok(a.iter().collect()),
            None => Err(self.wrong_kind(name, self.columns[at].kind, "whole numbers")),
        }
    }

    /// The cells as milliseconds since 1970-01-01 UTC (of the table's own clock without a zone).
    pub fn times(&self, name: &str) -> Result<Vec<Option<i64>>> {
        let at = self.position(name)?;
        match self.batch.column(at).as_any().downcast_ref::<TimestampMillisecondArray>() {
            Some(a) => Ok(a.iter().collect()),
            None => Err(self.wrong_kind(name, self.columns[at].kind, "times")),
        }
    }

    /// The cells as texts, `None` where missing; every kind can be written as text.
    pub fn texts(&self, name: &str) -> Result<Vec<Option<String>>> {
        let at = self.position(name)?;
        Ok(match self.data_at(at) {
            ColumnData::Text(v) => v.iter().map(|x| x.map(str::to_owned)).collect(),
            ColumnData::Number(v) => v.iter().map(|x| (!x.is_nan()).then(|| x.to_string())).collect(),
            ColumnData::Integer(v) => v.iter().map(|x| x.map(|x| x.to_string())).collect(),
            ColumnData::Boolean(v) => v.iter().map(|x| x.map(|x| x.to_string())).collect(),
            ColumnData::Time(v) => v.iter().map(|x| x.map(crate::clock::iso)).collect(),
        })
    }

    /// The cells as texts, packed; a column of texts is not copied.
    pub fn packed_texts(&self, name: &str) -> Result<Texts> {
        match self.data(name)? {
            ColumnData::Text(texts) => Ok(texts),
            _ => Ok(self.texts(name)?.into()),
        }
    }

    /// Shows each cell as text with its row, without keeping them: a text column of millions of rows is not copied.
    pub fn each_text(&self, name: &str, seen: &mut dyn FnMut(usize, Option<&str>)) -> Result<()> {
        let at = self.position(name)?;
        match self.batch.column(at).as_any().downcast_ref::<StringArray>() {
            Some(a) => a.iter().enumerate().for_each(|(row, cell)| seen(row, cell)),
            None => self.texts(name)?.iter().enumerate().for_each(|(row, cell)| seen(row, cell.as_deref())),
        }
        Ok(())
    }

    /// The cells of a column as owned values.
    pub fn data(&self, name: &str) -> Result<ColumnData> {
        Ok(self.data_at(self.position(name)?))
    }

    fn data_at(&self, at: usize) -> ColumnData {
        let any = self.batch.column(at).as_any();
        if let Some(a) = any.downcast_ref::<Float64Array>() {
            return ColumnData::Number(a.iter().map(|x| x.unwrap_or(f64::NAN)).collect());
        }
        if let Some(a) = any.downcast_ref::<Int64Array>() {
            return ColumnData::Integer(a.iter().collect());
        }
        if let Some(a) = any.downcast_ref::<BooleanArray>() {
            return ColumnData::Boolean(a.iter().collect());
        }
        if let Some(a) = any.downcast_ref::<TimestampMillisecondArray>() {
            return ColumnData::Time(a.iter().collect());
        }
        match any.downcast_ref::<StringArray>() {
            Some(a) => ColumnData::Text(Texts(a.clone())),
            None => ColumnData::Text(Texts::missing(self.rows())),
        }
    }

    /// All columns as owned values, in order.
    pub fn to_columns(&self) -> Vec<(String, ColumnData)> {
        self.columns.iter().enumerate().map(|(i, c)| (c.name.clone(), self.data_at(i))).collect()
    }

    /// The table with its rows in the order of `index` (`None` makes an empty row); marks of filled cells move along.
    pub(crate) fn take(&self, index: &[Option<usize>]) -> Result<Table> {
        // One column after the other: of no more than one is there a copy in between.
        let arrays = (0..self.columns.len()).map(|at| array(self.data_at(at).take(index))).collect();
        let mut out = Table::of_arrays(self.columns.clone(), arrays)?.with_source(self.source.clone());
        // Rows have moved: lines of the file no longer say where they are.
        if index.iter().enumerate().any(|(i, row)| *row != Some(i)) {
            out.source.first_row = 1;
        }
        for (name, mask) in &self.filled {
            out.filled.insert(name.clone(), index.iter().map(|i| i.is_some_and(|i| mask[i])).collect());
        }
        Ok(out)
    }

    /// The rows at these places (from 0), in this order.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn at_rows(&self, rows: &[usize]) -> Result<Table> {
        self.take(&rows.iter().map(|&row| Some(row)).collect::<Vec<_>>())
    }

    /// The table with one column's values replaced or, when it is new, added; marks of filled cells stay.
    pub fn with_column(&self, name: &str, data: ColumnData) -> Result<Table> {
        let rows = self.rows();
        if data.len() != rows {
            let found = format!("{} cells where the first column has {rows}", data.len());
            return Err(Fault::new("unequal-columns", found)
                .column(name)
                .cause("columns of different length")
                .next("give every column the same number of cells")
                .input());
        }
        // The other columns are shared.
        let (mut columns, mut arrays) = (self.columns.clone(), self.batch.columns().to_vec());
        let info = ColumnInfo { name: name.to_owned(), kind: data.kind() };
        match columns.iter().position(|c| c.name == name) {
            Some(at) => (columns[at], arrays[at]) = (info, array(data)),
            None => {
                columns.push(info);
                arrays.push(array(data));
            }
        }
        let mut out = Table::of_arrays(columns, arrays)?.with_source(self.source.clone());
        out.filled = self.filled.clone();
        Ok(out)
    }

    /// The table without some columns; fails when one is not there or none would be left.
    pub fn without(&self, names: &[String]) -> Result<Table> {
        for name in names {
            self.position(name)?;
        }
        let left = self.columns.iter().zip(self.batch.columns()).filter(|(c, _)| !names.contains(&c.name));
        let (columns, arrays): (Vec<ColumnInfo>, Vec<ArrayRef>) =
            left.map(|(c, a)| (c.clone(), a.clone())).unzip();
        if columns.is_empty() {
            return Table::from_columns(Vec::new());
        }
        let mut out = Table::of_arrays(columns, arrays)?.with_source(self.source.clone());
        out.filled = self
            .filled
            .iter()
            .filter(|(n, _)| !names.contains(n))
            .map(|(n, m)| (n.clone(), m.clone()))
            .collect();
        Ok(out)
    }

    /// The batch as it is written to files: times carry UTC in their type when the table has a zone.
    pub(crate) fn export_batch(&self) -> RecordBatch {
        if self.source.zone.is_none() && self.filled.is_empty() {
            return self.batch.clone();
        }
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for (i, field) in self.batch.schema().fields().iter().enumerate() {
            let array = self.batch.column(i);
            let times = array.as_any().downcast_ref::<TimestampMillisecondArray>();
            let array = match (times, &self.source.zone) {
                (Some(times), Some(zone)) => Arc::new(times.clone().with_timezone(zone.as_str())) as ArrayRef,
                _ => array.clone(),
            };
            let mut out = Field::new(field.name(), array.data_type().clone(), true);
            if let Some(mask) = self.filled.get(field.name()) {
                out = out.with_metadata([(FILLED.to_string(), runs(mask))].into());
            }
            fields.push(out);
            arrays.push(array);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap_or_else(|_| self.batch.clone())
    }

    /// Rows `from..to` (cut to what is there).
    pub fn slice(&self, from: usize, to: usize) -> Result<Table> {
        let index: Vec<Option<usize>> = (from.min(self.rows())..to.min(self.rows())).map(Some).collect();
        self.take(&index)
    }
}

/// Cells as arrow keeps them.
fn array(data: ColumnData) -> ArrayRef {
    match data {
        ColumnData::Number(v) => {
            Arc::new(Float64Array::from_iter(v.into_iter().map(|x| (!x.is_nan()).then_some(x))))
        }
        ColumnData::Integer(v) => Arc::new(Int64Array::from(v)),
        ColumnData::Boolean(v) => Arc::new(BooleanArray::from(v)),
        ColumnData::Text(v) => Arc::new(v.0),
        ColumnData::Time(v) => Arc::new(TimestampMillisecondArray::from(v)),
    }
}

/// Key under which Parquet and Arrow files keep the marks of invented cells.
pub(crate) const FILLED: &str = "gyeol.filled";

/// A mask as runs of marked cells: `3+2,10+1` marks rows 3, 4 and 10.
fn runs(mask: &[bool]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut row = 0;
    for run in mask.chunk_by(|a, b| a == b) {
        if run[0] {
            out.push(format!("{row}+{}", run.len()));
        }
        row += run.len();
    }
    out.join(",")
}

/// Reads what [`runs`] wrote; `None` when it is no such text or reaches beyond the rows.
pub(crate) fn mask_of_runs(text: &str, rows: usize) -> Option<Vec<bool>> {
    let mut mask = vec![false; rows];
    for run in text.split(',') {
        let (from, length) = run.split_once('+')?;
        let (from, length) = (from.parse::<usize>().ok()?, length.parse::<usize>().ok()?);
        mask.get_mut(from..from.checked_add(length)?)?.fill(true);
    }
    Some(mask)
}

pub(crate) fn kind_words(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "numbers",
        ColumnKind::Integer => "whole numbers",
        ColumnKind::Boolean => "true/false",
        ColumnKind::Text => "text",
        ColumnKind::Time => "times",
    }
}
