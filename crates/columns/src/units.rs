//! Features of a row in units of the table: what stands in each cell, and what a step of one unit moves.

use gyeol_base::Result;
use gyeol_data::Table;

use crate::encode::{Form, moments, numbers, places, zone_of};
use crate::encoder::within;
use crate::scale::Scale;
use crate::{Encoder, FeatureName};

/// A feature that stands in a row. Of an affine scale the feature is (value - centre) / scale.
#[derive(Debug, Clone, PartialEq)]
pub struct InUnits {
    /// Place of the feature among all.
    pub feature: usize,
    /// Its column and what it says of it.
    pub name: FeatureName,
    /// The number in the cell, the place in an order, a part of a moment, 1 of a level that it is; none where it is missing.
    pub value: Option<f64>,
    /// What stands for a missing value.
    pub filled: Option<f64>,
    /// Centre and scale in units of the column; none of a scale that is no straight line.
    pub scale: Option<(f64, f64)>,
}

impl Encoder {
    /// The features of one row that stand in it, in order; levels that it is not are left out.
    ///
    /// # Errors
    /// As [`Encoder::transform`].
    pub fn in_units(&self, table: &Table, row: usize) -> Result<Vec<InUnits>> {
        within(table, &[row])?;
        self.there(table)?;
        let table = table.at_rows(&[row])?;
        let names = self.names();
        let (mut out, mut first) = (Vec::new(), 0);
        for (column, encoding) in self.used() {
            let mut say = |k: usize, value: Option<f64>, filled: f64, scale: &Scale| {
                let scale = match scale {
                    Scale::Affine { center, scale } => Some((*center, *scale)),
                    Scale::Quantiles(_) => None,
                };
                let filled = value.is_none().then_some(filled);
                out.push(InUnits {
                    feature: first + k,
                    name: names[first + k].clone(),
                    value,
                    filled,
                    scale,
                });
            };
            let name = column.name.as_str();
            let missing = match &encoding.form {
                Form::Nothing => false,
                Form::Number { fill, scale } => {
                    let value = numbers(&table, name)?.first().copied().filter(|v| v.is_finite());
                    say(0, value, *fill, scale);
                    value.is_none()
                }
                Form::Date { parts } => {
                    let (moment, zone) =
                        (moments(&table, name)?.first().copied().flatten(), zone_of(&table)?);
                    for (k, (part, fill, scale)) in parts.iter().enumerate() {
                        say(k, moment.map(|moment| part.of(moment, zone)), *fill, scale);
                    }
                    moment.is_none()
                }
                Form::Ordinal { order, fill, scale } => {
                    let cell = table.texts(name)?.into_iter().next().flatten();
                    let place = cell.as_deref().and_then(|cell| places(order).get(cell).copied());
                    say(0, place, *fill, scale);
                    cell.is_none()
                }
                Form::OneHot { .. } | Form::Hashed { .. } => {
                    let cell = table.texts(name)?.into_iter().next().flatten();
                    if let (Some((k, value)), _) = encoding.form.level(cell.as_deref(), &Default::default()) {
                        say(k, Some(value), 0.0, &Scale::AS_IS);
                    }
                    cell.is_none()
                }
            };
            if missing && encoding.missing {
                say(encoding.width() - 1, Some(1.0), 0.0, &Scale::AS_IS);
            }
            first += encoding.width();
        }
        Ok(out)
    }
}
