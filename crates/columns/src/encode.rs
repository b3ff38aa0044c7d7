//! One column to its features: fitted on training rows, then applied to any.

use std::collections::HashMap;

use gyeol_base::{Fault, Result, quantile, shorten};
use gyeol_data::{ColumnData, Table, Tz};
use gyeol_vectors::vectorize::murmur3_32;
use serde::{Deserialize, Serialize};

use crate::params::{ColumnParams, ColumnsParams, Levels};
use crate::read::levels;
use crate::scale::Scale;
use crate::{DatePart, FeatureOf, Fill, Kind};

/// What a column was fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Encoding {
    pub form: Form,
    /// Whether one more feature says where cells are missing.
    pub missing: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// Numbers and flags.
    Number { fill: f64, scale: Scale },
    /// Levels in order of their names; `other` gathers the rare ones, and unseen ones where `unseen` says so.
    OneHot { levels: Vec<String>, rare: Vec<String>, other: bool, unseen: bool },
    /// Places in an order; `fill` where missing or not listed.
    Ordinal { order: Vec<String>, fill: f64, scale: Scale },
    /// A bucket by MurmurHash3 of the level.
    Hashed { buckets: u32 },
    /// Parts of a moment.
    Date { parts: Vec<(DatePart, f64, Scale)> },
    /// Nothing: texts and dropped columns.
    Nothing,
}

/// What is worth saying after a column was applied.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub missing: usize,
    pub unseen: usize,
    pub example: Option<String>,
    pub infinite: usize,
}

/// Cells that are numbers, missing ones NaN; from texts too, since a file of a few rows may be read otherwise.
pub(crate) fn numbers(table: &Table, name: &str) -> Result<Vec<f64>> {
    match table.data(name)? {
        ColumnData::Text(cells) => {
            let number = |(row, cell): (usize, Option<&str>)| match cell.map(str::trim) {
                None | Some("") => Ok(f64::NAN),
                Some("true") => Ok(1.0),
                Some("false") => Ok(0.0),
                Some(text) => text.parse::<f64>().map_err(|_| {
                    Fault::new("wrong-kind", format!("'{}' is no number", shorten(text, 30)))
                        .row(table.row_number(row))
                        .column(name)
                        .cause("the model learned this column as numbers")
                        .next("mend the cell, or leave it empty")
                        .input()
                }),
            };
            cells.iter().enumerate().map(number).collect()
        }
        _ => table.numbers(name),
    }
}

/// Cells that are moments; a column without any cell is all missing.
pub(crate) fn moments(table: &Table, name: &str) -> Result<Vec<Option<i64>>> {
    match table.data(name)? {
        ColumnData::Time(cells) => Ok(cells),
        ColumnData::Text(cells) if cells.is_missing() => Ok(vec![None; cells.len()]),
        _ => table.times(name),
    }
}

pub(crate) fn zone_of(table: &Table) -> Result<Option<Tz>> {
    table.source().zone.as_deref().map(gyeol_data::clock::zone).transpose()
}

/// Finite values, sorted.
fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Levels with their places.
pub(crate) fn places(order: &[String]) -> HashMap<&str, f64> {
    order.iter().enumerate().map(|(place, level)| (level.as_str(), place as f64)).collect()
}

fn fill_of(fill: Fill, sorted: &[f64]) -> f64 {
    match fill {
        _ if sorted.is_empty() => 0.0,
        Fill::Median => quantile(sorted, 0.5),
        Fill::Mean => sorted.iter().map(|v| v / sorted.len() as f64).sum(),
    }
}

impl Encoding {
    pub const NOTHING: Encoding = Encoding { form: Form::Nothing, missing: false };

    /// Fits a column that is read as `kind` on the rows.
    pub fn fit(
        table: &Table,
        name: &str,
        kind: Kind,
        rows: &[usize],
        params: &ColumnsParams,
    ) -> Result<Encoding> {
        let none = ColumnParams::default();
        let own = params.columns.get(name).unwrap_or(&none);
        let (scaling, fill) = (own.scale.unwrap_or(params.scale), own.fill.unwrap_or(params.fill));
        let some_missing = |missing: bool| missing && params.missing_indicator;
        Ok(match kind {
            Kind::Text | Kind::Dropped => Encoding::NOTHING,
            Kind::Number | Kind::Flag => {
                let cells = numbers(table, name)?;
                let there = sorted(rows.iter().map(|&row| cells[row]));
                let scale = if kind == Kind::Flag { Scale::AS_IS } else { Scale::fit(scaling, &there) };
                let form = Form::Number { fill: fill_of(fill, &there), scale };
                Encoding { form, missing: some_missing(there.len() < rows.len()) }
            }
            Kind::Date => {
                let (cells, zone) = (moments(table, name)?, zone_of(table)?);
                let fitted = |&part: &DatePart| {
                    let values = sorted(rows.iter().filter_map(|&row| cells[row]).map(|m| part.of(m, zone)));
                    let scale = match part {
                        DatePart::YearSin | DatePart::YearCos => Scale::AS_IS,
                        _ => Scale::fit(scaling, &values),
                    };
                    (values.first() != values.last()).then(|| (part, fill_of(fill, &values), scale))
                };
                let parts = params.dates.iter().filter_map(fitted).collect();
                let missing = rows.iter().any(|&row| cells[row].is_none());
                Encoding { form: Form::Date { parts }, missing: some_missing(missing) }
            }
            Kind::Level => {
                let cells = table.texts(name)?;
                let missing = some_missing(rows.iter().any(|&row| cells[row].is_none()));
                Encoding { form: Form::of_levels(&cells, rows, own, params), missing }
            }
        })
    }

    /// Number of features.
    pub fn width(&self) -> usize {
        let own = match &self.form {
            Form::Number { .. } | Form::Ordinal { .. } => 1,
            Form::OneHot { levels, other, .. } => levels.len() + usize::from(*other),
            Form::Hashed { buckets } => *buckets as usize,
            Form::Date { parts } => parts.len(),
            Form::Nothing => 0,
        };
        own + usize::from(self.missing)
    }

    /// Most features of a row that are not zero.
    pub fn filled(&self) -> usize {
        let own = match &self.form {
            Form::Date { parts } => parts.len(),
            Form::Nothing => 0,
            _ => 1,
        };
        own + usize::from(self.missing)
    }

    /// What each feature says.
    pub fn names(&self) -> Vec<FeatureOf> {
        let mut out: Vec<FeatureOf> = match &self.form {
            Form::Number { .. } | Form::Ordinal { .. } => vec![FeatureOf::Value],
            Form::OneHot { levels, other, .. } => levels
                .iter()
                .cloned()
                .map(FeatureOf::Level)
                .chain(other.then_some(FeatureOf::Other))
                .collect(),
            Form::Hashed { buckets } => (0..*buckets).map(FeatureOf::Bucket).collect(),
            Form::Date { parts } => parts.iter().map(|(part, ..)| FeatureOf::Date(*part)).collect(),
            Form::Nothing => Vec::new(),
        };
        out.extend(self.missing.then_some(FeatureOf::Missing));
        out
    }

    /// Centre and divisor of each feature, `None` for shares of quantiles; levels and marks are as they are.
    pub fn scales(&self) -> Vec<Option<(f64, f64)>> {
        let of = |scale: &Scale| match scale {
            Scale::Affine { center, scale } => Some((*center, *scale)),
            Scale::Quantiles(_) => None,
        };
        let mut out = match &self.form {
            Form::Number { scale, .. } | Form::Ordinal { scale, .. } => vec![of(scale)],
            Form::Date { parts } => parts.iter().map(|(_, _, scale)| of(scale)).collect(),
            _ => Vec::new(),
        };
        out.resize(self.width(), Some((0.0, 1.0)));
        out
    }

    /// Gives `emit` the place in `rows`, the feature (from 0) and the number, wherever it is not zero.
    pub fn apply(
        &self,
        table: &Table,
        name: &str,
        rows: &[usize],
        emit: &mut dyn FnMut(usize, usize, f64),
    ) -> Result<Seen> {
        let (mut seen, last) = (Seen::default(), self.width().saturating_sub(1));
        let none = |seen: &mut Seen, at: usize, emit: &mut dyn FnMut(usize, usize, f64)| {
            seen.missing += 1;
            if self.missing {
                emit(at, last, 1.0);
            }
        };
        match &self.form {
            Form::Nothing => {}
            Form::Number { fill, scale } => {
                let cells = numbers(table, name)?;
                for (at, &row) in rows.iter().enumerate() {
                    let there = cells[row].is_finite();
                    emit(at, 0, scale.at(if there { cells[row] } else { *fill }));
                    if !there {
                        seen.infinite += usize::from(!cells[row].is_nan());
                        none(&mut seen, at, emit);
                    }
                }
            }
            Form::Date { parts } => {
                let (cells, zone) = (moments(table, name)?, zone_of(table)?);
                for (at, &row) in rows.iter().enumerate() {
                    for (k, (part, fill, scale)) in parts.iter().enumerate() {
                        emit(at, k, scale.at(cells[row].map_or(*fill, |moment| part.of(moment, zone))));
                    }
                    if cells[row].is_none() {
                        none(&mut seen, at, emit);
                    }
                }
            }
            Form::OneHot { .. } | Form::Ordinal { .. } | Form::Hashed { .. } => {
                let cells = table.texts(name)?;
                let places = match &self.form {
                    Form::Ordinal { order, .. } => places(order),
                    _ => HashMap::new(),
                };
                for (at, &row) in rows.iter().enumerate() {
                    let cell = cells[row].as_deref();
                    let (feature, known) = self.form.level(cell, &places);
                    if let Some((feature, value)) = feature {
                        emit(at, feature, value);
                    }
                    match cell {
                        None => none(&mut seen, at, emit),
                        Some(cell) if !known => {
                            seen.unseen += 1;
                            seen.example.get_or_insert_with(|| shorten(cell, 40));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(seen)
    }

    /// Whether what was read from a file can be applied without harm.
    pub fn sound(&self) -> bool {
        let rising = |names: &[String]| names.windows(2).all(|pair| pair[0] < pair[1]);
        match &self.form {
            Form::Number { fill, scale } => fill.is_finite() && scale.sound(),
            Form::OneHot { levels, rare, .. } => rising(levels) && rising(rare),
            Form::Ordinal { order, fill, scale } => !order.is_empty() && fill.is_finite() && scale.sound(),
            Form::Hashed { buckets } => *buckets > 0 && *buckets as usize <= crate::params::MOST_LEVELS,
            Form::Date { parts } => parts.iter().all(|(_, fill, scale)| fill.is_finite() && scale.sound()),
            Form::Nothing => true,
        }
    }
}

impl Form {
    /// Gives `emit` every cell of a column as text: numbers and moments by their value, levels by their name.
    pub fn cells(&self, table: &Table, name: &str, emit: &mut dyn FnMut(usize, Option<&str>)) -> Result<()> {
        match self {
            Form::Nothing => {}
            Form::Number { .. } => {
                // −0 is 0.
                let written = |v: f64| v.is_finite().then(|| (v + 0.0).to_string());
                numbers(table, name)?
                    .into_iter()
                    .enumerate()
                    .for_each(|(row, v)| emit(row, written(v).as_deref()));
            }
            Form::Date { .. } => {
                let written = |moment: Option<i64>| moment.map(|moment| moment.to_string());
                moments(table, name)?
                    .into_iter()
                    .enumerate()
                    .for_each(|(row, v)| emit(row, written(v).as_deref()));
            }
            Form::OneHot { .. } | Form::Ordinal { .. } | Form::Hashed { .. } => {
                table.texts(name)?.iter().enumerate().for_each(|(row, cell)| emit(row, cell.as_deref()));
            }
        }
        Ok(())
    }

    fn of_levels(
        cells: &[Option<String>],
        rows: &[usize],
        own: &ColumnParams,
        params: &ColumnsParams,
    ) -> Form {
        if let Some(Levels::Ordinal(order)) = &own.levels {
            let places = places(order);
            let there = sorted(
                rows.iter()
                    .filter_map(|&row| cells[row].as_deref())
                    .filter_map(|cell| places.get(cell).copied()),
            );
            let scale = Scale::fit(own.scale.unwrap_or(params.scale), &there);
            return Form::Ordinal {
                order: order.clone(),
                fill: fill_of(own.fill.unwrap_or(params.fill), &there),
                scale,
            };
        }
        let counts = levels(cells, rows);
        let hashed = match own.levels {
            Some(Levels::Hashed) => true,
            Some(Levels::OneHot) => counts.len() > crate::params::MOST_LEVELS,
            _ => counts.len() > params.one_hot_max_levels,
        };
        if hashed {
            return Form::Hashed { buckets: params.hash_buckets as u32 };
        }
        let (rare, levels): (Vec<_>, Vec<_>) =
            counts.into_iter().partition(|(_, count)| *count < params.rare_min_count);
        let names = |levels: Vec<(String, usize)>| {
            levels.into_iter().map(|(level, _)| level).collect::<Vec<String>>()
        };
        Form::OneHot {
            other: !rare.is_empty(),
            levels: names(levels),
            rare: names(rare),
            unseen: params.unseen_to_other,
        }
    }

    /// The feature of a level and its number, and whether training had the level.
    pub fn level(&self, cell: Option<&str>, places: &HashMap<&str, f64>) -> (Option<(usize, f64)>, bool) {
        match (self, cell) {
            (Form::OneHot { .. } | Form::Hashed { .. }, None) => (None, true),
            (Form::OneHot { levels, rare, other, unseen }, Some(cell)) => {
                let by = |level: &String| level.as_str().cmp(cell);
                match levels.binary_search_by(by) {
                    Ok(at) => (Some((at, 1.0)), true),
                    Err(_) => {
                        let rare = rare.binary_search_by(by).is_ok();
                        ((*other && (rare || *unseen)).then_some((levels.len(), 1.0)), rare)
                    }
                }
            }
            (Form::Hashed { buckets }, Some(cell)) => {
                (Some(((murmur3_32(cell.as_bytes(), 0) % buckets) as usize, 1.0)), true)
            }
            (Form::Ordinal { fill, scale, .. }, cell) => {
                let place = cell.and_then(|cell| places.get(cell).copied());
                (Some((0, scale.at(place.unwrap_or(*fill)))), cell.is_none() || place.is_some())
            }
            _ => (None, true),
        }
    }
}
