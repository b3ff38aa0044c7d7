//! What readings say against the forecast made from them: series left out, values outside all that training saw.

use gyeol_base::{Result, Warning};
use gyeol_data::{Readings, RowSplit, Scaler, Series, Split};

use crate::forecaster::About;
use crate::prepare::Spec;

/// A series or a column that a ladder leaves out, so that it neither stops nor shortens what the others are fitted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its id, or name.
    pub id: String,
    /// Why, in words.
    pub why: String,
}

/// Takes out of several series those that the training part cannot fit a scale or a window on; all stay where none would be left.
pub fn leave_out(readings: &mut Readings, split: &Split, spec: &Spec) -> Vec<LeftOut> {
    let mut out = Vec::new();
    for s in &readings.series {
        let RowSplit { train, .. } = split.rows(s);
        let rows = train.len().min(s.history.saturating_sub(train.start));
        let need = spec.look_back + spec.ahead();
        let still = s.target.iter().zip(&spec.targets).find_map(|(values, name)| {
            let mut read = values[train.clone()].iter().filter(|v| !v.is_nan());
            let first = read.next();
            match first {
                None => Some(format!("'{name}' has no reading in the training part")),
                Some(first) => read
                    .all(|v| v == first)
                    .then(|| format!("'{name}' is {first} in every row of the training part")),
            }
        });
        let short =
            (rows < need).then(|| format!("{rows} rows in the training part, where a window needs {need}"));
        if let Some(why) = short.or(still) {
            out.push(LeftOut { id: s.id.clone().unwrap_or_default(), why });
        }
    }
    if out.len() == readings.series.len() {
        return Vec::new();
    }
    readings.series.retain(|s| !out.iter().any(|left| s.id.as_deref() == Some(&left.id)));
    out
}

/// Covariates whose holes touch more than half of all windows: what they tell is not worth what they cost.
pub fn rare_columns(readings: &Readings, look_back: usize, horizon: usize) -> Vec<LeftOut> {
    let touched = |column: &dyn Fn(&Series) -> Vec<bool>, ahead: usize| {
        let (mut touched, mut all) = (0usize, 0usize);
        for s in &readings.series {
            let lacks = column(s);
            let mut since = usize::MAX;
            // The row before which a window ends, and how long ago the last hole was.
            for end in 0..s.history {
                since = if lacks[end] { 0 } else { since.saturating_add(1) };
                if end + 1 >= look_back + ahead {
                    touched += usize::from(since < look_back + ahead);
                    all += 1;
                }
            }
        }
        touched as f64 / all.max(1) as f64
    };
    let holes = |values: &[f64]| values.iter().map(|v| v.is_nan()).collect::<Vec<bool>>();
    let past = (0..readings.past.len()).map(|c| touched(&|s| holes(&s.past[c]), 0)).collect::<Vec<f64>>();
    let known =
        (0..readings.known.len()).map(|c| touched(&|s| holes(&s.known[c]), horizon)).collect::<Vec<f64>>();
    let found = readings.past.iter().zip(past).chain(readings.known.iter().zip(known));
    let rare = found.filter(|(_, share)| *share > 0.5);
    let why = |share: f64| format!("its missing readings touch {:.0} % of all windows", 100.0 * share);
    rare.map(|(name, share)| LeftOut { id: name.clone(), why: why(share) }).collect()
}

/// Readings this many times the range seen beyond its ends are said to lie outside it, each one …
const FAR: f64 = 1.0;
/// … and those only just outside where they are this share of all.
const MANY: f64 = 0.1;
const NEAR: f64 = 0.1;

impl About {
    /// Takes out the series that the fit left out, and adds those that are sums of others.
    ///
    /// # Errors
    /// As adding up says.
    pub(crate) fn laid_out(&self, readings: &mut Readings) -> Result<Vec<Warning>> {
        let warnings = self.without_left_out(readings);
        if let Some(hierarchy) = &self.hierarchy {
            hierarchy.without_total(readings, false)?;
            hierarchy.add_up(readings)?;
        }
        Ok(warnings)
    }

    /// Takes out the series that the fit left out.
    pub(crate) fn without_left_out(&self, readings: &mut Readings) -> Vec<Warning> {
        let left = |id: &Option<String>| id.as_ref().is_some_and(|id| self.left_out.contains(id));
        let gone = readings.series.iter().filter(|s| left(&s.id)).filter_map(|s| s.id.clone());
        let warnings = gone.map(|id| {
            Warning::new(
                "left-out",
                format!("series '{id}' is left out, as it was when the model was fitted"),
            )
        });
        let warnings = warnings.collect();
        readings.series.retain(|s| !left(&s.id));
        warnings
    }

    /// Columns whose latest readings, those that a forecast looks back on, lie outside all that training saw.
    pub(crate) fn outside(&self, readings: &Readings, look_back: usize) -> Vec<Warning> {
        let mut out = Vec::new();
        for s in &readings.series {
            let rows = s.history.saturating_sub(look_back)..s.history;
            let of = |id: &Option<String>| self.scalers.series.iter().find(|fitted| fitted.id == *id);
            let one = (self.scalers.series.len() == 1).then(|| &self.scalers.series[0]);
            let Some(fitted) = of(&s.id).or(one) else { continue };
            let targets = self.spec.targets.iter().zip(&s.target).zip(&fitted.targets);
            let covariates = self.spec.past.iter().chain(&self.spec.known).zip(s.past.iter().chain(&s.known));
            for ((name, values), scaler) in targets.chain(covariates.zip(&self.scalers.covariates)) {
                out.extend(outside(name, s.id.as_deref(), &values[rows.clone()], scaler));
            }
        }
        out
    }
}

fn outside(column: &str, series: Option<&str>, values: &[f64], scaler: &Scaler) -> Option<Warning> {
    let (low, high) = scaler.seen?;
    let range = high - low;
    let beyond = |v: &f64| (low - v).max(v - high);
    let read = || values.iter().filter(|v| !v.is_nan());
    let n = read().filter(|v| beyond(v) > NEAR * range).count();
    let farthest = read().copied().max_by(|a, b| beyond(a).total_cmp(&beyond(b)))?;
    if beyond(&farthest) <= FAR * range && n as f64 <= MANY * read().count() as f64 {
        return None;
    }
    let of = series.map_or(String::new(), |id| format!(" of series '{id}'"));
    let words = format!(
        "'{column}'{of}: {n} of the {} readings that the forecast looks back on lie outside all that training saw ({low} to {high}), \
         the farthest is {farthest}. Likely cause: another unit or another meter. Next: bring them to the unit of the training",
        read().count()
    );
    Some(Warning { column: Some(column.to_owned()), ..Warning::new("outside-training", words) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_data::ScalerKind;

    #[test]
    fn another_unit_is_said_and_a_record_is_not() {
        let scaler = Scaler::fit(ScalerKind::Standard, (0..100).map(f64::from));
        let said = |values: &[f64]| outside("load", None, values, &scaler).map(|w| w.words);
        let mut day: Vec<f64> = (0..24).map(|h| 50.0 + f64::from(h)).collect();
        assert_eq!(said(&day), None);
        day[20] = 120.0;
        assert_eq!(said(&day), None, "a record");
        day[20] = 1e9;
        assert!(said(&day).unwrap().contains("1 of the 24"));
        let kilo: Vec<f64> = (0..24).map(|h| 50_000.0 + f64::from(h)).collect();
        assert!(said(&kilo).unwrap().contains("24 of the 24 readings"));
        day[20] = f64::NAN;
        assert_eq!(said(&day), None);
    }
}
