//! A table to features: fitted on training rows, applied to any table that has the same columns, kept as JSON.

use std::fmt;

use gyeol_base::{Fault, Part, Result, Severity, Warning, shorten};
use gyeol_data::Table;
use gyeol_vectors::matrix::{Csr, Dense};
use serde::{Deserialize, Serialize};

use crate::DatePart;
use crate::encode::{Encoding, Form};
use crate::params::Columns;
use crate::read::{ColumnReading, Kind, because, read};

/// Features of which fewer than this share can be filled are kept sparse, from [`WIDE`] features on.
const SPARSE: f64 = 0.25;
const WIDE: usize = 32;

/// What a feature says of its column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureOf {
    /// Its number, flag, or place in an order.
    Value,
    /// Whether it is this level.
    Level(String),
    /// Whether it is one of the rare levels (or one that training did not have).
    Other,
    /// Whether its level hashes to this bucket.
    Bucket(u32),
    /// A part of its moment.
    Date(DatePart),
    /// Whether its cell is missing.
    Missing,
}

/// A feature's name: its column and what it says of it; shown as `city = Seoul`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureName {
    /// The column.
    pub column: String,
    /// What it says.
    pub level: FeatureOf,
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = &self.column;
        match &self.level {
            FeatureOf::Value => f.write_str(column),
            FeatureOf::Level(level) => write!(f, "{column} = {level}"),
            FeatureOf::Other => write!(f, "{column}: other"),
            FeatureOf::Bucket(bucket) => write!(f, "{column}: bucket {bucket}"),
            FeatureOf::Date(part) => write!(f, "{column}: {part}"),
            FeatureOf::Missing => write!(f, "{column}: missing"),
        }
    }
}

/// Features as a matrix, rows × features.
#[derive(Debug, Clone, PartialEq)]
pub enum Matrix {
    /// All numbers written down.
    Dense(Dense),
    /// Zeros left out.
    Sparse(Csr),
}

impl Matrix {
    /// (rows, features).
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Matrix::Dense(m) => (m.rows(), m.cols()),
            Matrix::Sparse(m) => (m.rows(), m.cols()),
        }
    }
}

/// Features of some rows, and what deserves a word.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// rows × features.
    pub features: Matrix,
    /// `unseen-levels`, `new-missing` (in a column that missed none in training), `infinite-numbers` (taken as missing),
    /// each with its column and count; `extra-columns`.
    pub warnings: Vec<Warning>,
}

/// A fitted encoder.
///
/// ```
/// use gyeol_columns::{ColumnsParams, Matrix};
/// use gyeol_data::{ColumnData, Table};
///
/// let cells = ["red", "blue", "red", "blue"].map(Some).into_iter().collect();
/// let table = Table::from_columns(vec![
///     ("width".into(), ColumnData::Number(vec![1.0, 3.0, f64::NAN, 2.0])),
///     ("colour".into(), ColumnData::Text(cells)),
///     ("sold".into(), ColumnData::Boolean(vec![Some(true), Some(false), Some(true), Some(false)])),
/// ])?;
/// let params = ColumnsParams { rare_min_count: 1, ..ColumnsParams::default() };
/// let encoder = params.check()?.fit(&table, &[0, 1, 2, 3], &["sold"])?;
/// let names: Vec<String> = encoder.names().iter().map(ToString::to_string).collect();
/// assert_eq!(names, ["width", "width: missing", "colour = blue", "colour = red"]);
/// let Matrix::Dense(features) = encoder.transform(&table, &[2])?.features else { panic!("wide") };
/// assert_eq!(features.row(0), [0.0, 1.0, 0.0, 1.0]); // the median, missing, red
/// assert_eq!(encoder.scales()[0], Some((2.0, (2.0f64 / 3.0).sqrt())));
/// # Ok::<(), gyeol_columns::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Encoder {
    columns: Vec<ColumnReading>,
    encodings: Vec<Encoding>,
    /// Columns that were not looked at: labels, ids, groups.
    skipped: Vec<String>,
}

/// An encoder as it lies in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    columns: Vec<ColumnReading>,
    encodings: Vec<Encoding>,
    skipped: Vec<String>,
}

impl From<Encoder> for Kept {
    fn from(e: Encoder) -> Kept {
        Kept { columns: e.columns, encodings: e.encodings, skipped: e.skipped }
    }
}

impl TryFrom<Kept> for Encoder {
    type Error = String;
    fn try_from(kept: Kept) -> Result<Encoder, String> {
        let fit = kept.columns.len() == kept.encodings.len() && kept.encodings.iter().all(Encoding::sound);
        let encoder = Encoder { columns: kept.columns, encodings: kept.encodings, skipped: kept.skipped };
        if fit { Ok(encoder) } else { Err("the encoder of columns was cut off or altered".into()) }
    }
}

impl Columns {
    /// Fits on these rows of a table; the columns named in `skip` (label, ids, groups) are not looked at.
    ///
    /// # Errors
    /// No rows (`no-rows`), a row that is not there (`row-outside`), an override or a skipped name without its column
    /// (`no-such-column`), a kind that the cells cannot be read as (`wrong-kind`), no feature at all (`no-features`).
    pub fn fit(&self, table: &Table, rows: &[usize], skip: &[&str]) -> Result<Encoder> {
        if rows.is_empty() {
            return Err(Fault::new("no-rows", "there is no row to fit on")
                .next("give a larger training part")
                .input());
        }
        within(table, rows)?;
        for name in self.0.columns.keys().map(String::as_str).chain(skip.iter().copied()) {
            if table.kind(name).is_none() {
                table.data(name)?;
            }
        }
        let (mut columns, mut encodings) = (Vec::new(), Vec::new());
        for info in table.columns().iter().filter(|info| !skip.contains(&info.name.as_str())) {
            let mut column = read(&info.name, &table.data(&info.name)?, rows, self.0.one_hot_max_levels);
            if let Some(own) = self.0.columns.get(&info.name) {
                let kind = own.kind.or(own.levels.is_some().then_some(Kind::Level));
                if let Some(kind) = kind.filter(|kind| *kind != column.kind) {
                    let words = format!(
                        "read as {kind} since it was said; it looked like {}: {}",
                        column.kind, column.reason.words
                    );
                    let guess = Part::Text(column.kind.name().to_owned());
                    column.reason = because("overruled", &[("guess", guess)], words);
                    column.kind = kind;
                }
            }
            let encoding = Encoding::fit(table, &info.name, column.kind, rows, &self.0)?;
            column.features = encoding.width();
            if let Form::OneHot { rare, .. } = &encoding.form
                && !rare.is_empty()
            {
                column.reason.parts.insert("rare".to_owned(), Part::Count(rare.len() as u64));
                let words = format!(
                    ", {} of them in fewer than {} rows and gathered",
                    rare.len(),
                    self.0.rare_min_count
                );
                column.reason.words.push_str(&words);
            }
            columns.push(column);
            encodings.push(encoding);
        }
        let skipped = skip.iter().map(|name| (*name).to_owned()).collect();
        let encoder = Encoder { columns, encodings, skipped };
        if encoder.width() == 0 {
            let reasons: Vec<String> = encoder
                .columns
                .iter()
                .take(8)
                .map(|c| format!("{} ({})", shorten(&c.name, 30), c.reason.code))
                .collect();
            return Err(Fault::new(
                "no-features",
                format!("no column gives a feature: {}", reasons.join(", ")),
            )
            .cause("all columns are empty, constant, ids, or texts")
            .next("say how a column is to be read, or give other columns")
            .input());
        }
        Ok(encoder)
    }
}

/// Every row must be there.
pub(crate) fn within(table: &Table, rows: &[usize]) -> Result<()> {
    match rows.iter().find(|&&row| row >= table.rows()) {
        None => Ok(()),
        Some(row) => {
            let found = format!("row {row} (from 0) of a table of {} rows", table.rows());
            Err(Fault::new("row-outside", found).next("cut the table that is encoded").input())
        }
    }
}

impl Encoder {
    /// Number of features.
    pub fn width(&self) -> usize {
        self.encodings.iter().map(Encoding::width).sum()
    }

    /// The name of every feature, in order.
    pub fn names(&self) -> Vec<FeatureName> {
        let of = |(column, encoding): (&ColumnReading, &Encoding)| {
            let column = column.name.clone();
            encoding.names().into_iter().map(move |level| FeatureName { column: column.clone(), level })
        };
        self.columns.iter().zip(&self.encodings).flat_map(of).collect()
    }

    /// What was taken from each feature and what it was then divided by, in order: (0, 1) for levels and marks, `None` where
    /// a feature is a share of quantiles.
    pub fn scales(&self) -> Vec<Option<(f64, f64)>> {
        self.encodings.iter().flat_map(Encoding::scales).collect()
    }

    /// How each column was read and why.
    pub fn columns(&self) -> &[ColumnReading] {
        &self.columns
    }

    /// Columns of free text, which are left to whatever reads texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|c| c.kind == Kind::Text).map(|c| c.name.as_str())
    }

    /// Features of these rows of a table. Sparse where a row fills fewer than a quarter of 32 or more features.
    ///
    /// # Errors
    /// A column that is not there (`missing-column`), a cell of another kind (`wrong-kind`), a row that is not there, more
    /// than 2²⁸ numbers in a dense matrix.
    pub fn transform(&self, table: &Table, rows: &[usize]) -> Result<Encoded> {
        within(table, rows)?;
        self.there(table)?;
        let mut warnings = Vec::new();
        let width = self.width();
        let filled: usize = self.encodings.iter().map(Encoding::filled).sum();
        let features = if width >= WIDE && (filled as f64) < SPARSE * width as f64 {
            // Walked twice: counted, then written to its place, so that memory holds no second copy of the numbers.
            let mut pointers = vec![0usize; rows.len() + 1];
            self.walk(table, rows, &mut Vec::new(), &mut |row, _, value| {
                pointers[row + 1] += usize::from(value != 0.0)
            })?;
            (0..rows.len()).for_each(|row| pointers[row + 1] += pointers[row]);
            let (mut next, all) = (pointers.clone(), pointers[rows.len()]);
            let (mut indices, mut data) = (vec![0u32; all], vec![0.0; all]);
            self.walk(table, rows, &mut warnings, &mut |row, feature, value| {
                if value != 0.0 {
                    (indices[next[row]], data[next[row]]) = (feature as u32, value);
                    next[row] += 1;
                }
            })?;
            Matrix::Sparse(Csr::new(width, pointers, indices, data)?)
        } else {
            let mut dense = Dense::zeros(rows.len(), width)?;
            self.walk(table, rows, &mut warnings, &mut |row, feature, value| {
                dense.row_mut(row)[feature] = value
            })?;
            Matrix::Dense(dense)
        };
        let known = |name: &str| {
            self.columns.iter().any(|c| c.name == name) || self.skipped.iter().any(|s| s == name)
        };
        let extra: Vec<&str> =
            table.columns().iter().map(|c| c.name.as_str()).filter(|name| !known(name)).collect();
        if !extra.is_empty() {
            let words = format!(
                "{} columns that the model does not know were left out: {}",
                extra.len(),
                shorten(&extra.join(", "), 200)
            );
            warnings.push(said("extra-columns", None, &[("count", Part::Count(extra.len() as u64))], words));
        }
        Ok(Encoded { features, warnings })
    }

    /// Gives `emit` every row with its cell of each column that is read, a column after the other, written in one way however
    /// the file was read: what the features are made from. `None` is a missing cell.
    ///
    /// # Errors
    /// As [`Encoder::transform`].
    pub fn each_cell(&self, table: &Table, emit: &mut dyn FnMut(usize, Option<&str>)) -> Result<()> {
        self.there(table)?;
        self.used().try_for_each(|(column, encoding)| encoding.form.cells(table, &column.name, emit))
    }

    /// That a table has every column that is read.
    pub(crate) fn there(&self, table: &Table) -> Result<()> {
        let gone: Vec<&str> = self
            .used()
            .map(|(column, _)| column.name.as_str())
            .filter(|name| table.kind(name).is_none())
            .collect();
        let Some(first) = gone.first() else { return Ok(()) };
        Err(Fault::new(
            "missing-column",
            format!(
                "{} columns that the model reads are not there: {}",
                gone.len(),
                shorten(&gone.join(", "), 200)
            ),
        )
        .file(&table.source().name)
        .column(*first)
        .cause("the table has other columns than the one the model was fitted on")
        .next("add the column; its cells may be empty")
        .input())
    }

    pub(crate) fn used(&self) -> impl Iterator<Item = (&ColumnReading, &Encoding)> {
        self.columns.iter().zip(&self.encodings).filter(|(_, encoding)| encoding.form != Form::Nothing)
    }

    fn walk(
        &self,
        table: &Table,
        rows: &[usize],
        warnings: &mut Vec<Warning>,
        emit: &mut dyn FnMut(usize, usize, f64),
    ) -> Result<()> {
        let mut first = 0;
        for (column, encoding) in self.used() {
            let name = column.name.as_str();
            let seen = encoding
                .apply(table, name, rows, &mut |row, feature, value| emit(row, first + feature, value))?;
            first += encoding.width();
            let count = |n: usize| ("count", Part::Count(n as u64));
            if seen.unseen > 0 {
                let example = seen.example.unwrap_or_default();
                let words = format!(
                    "{} cells of '{name}' have a level that training did not have, such as '{example}'",
                    seen.unseen
                );
                let parts = [count(seen.unseen), ("example", Part::Text(example))];
                warnings.push(said("unseen-levels", Some(name), &parts, words));
            }
            if seen.infinite > 0 {
                let words = format!("{} infinite numbers of '{name}' were taken as missing", seen.infinite);
                warnings.push(said("infinite-numbers", Some(name), &[count(seen.infinite)], words));
            }
            if seen.missing > 0 && column.missing == 0 {
                let words =
                    format!("{} cells of '{name}' are missing, where training missed none", seen.missing);
                warnings.push(said("new-missing", Some(name), &[count(seen.missing)], words));
            }
        }
        Ok(())
    }
}

fn said(code: &str, column: Option<&str>, parts: &[(&str, Part)], words: String) -> Warning {
    let parts = parts.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect();
    Warning {
        code: code.to_owned(),
        severity: Severity::Warn,
        column: column.map(str::to_owned),
        parts,
        words,
    }
}
