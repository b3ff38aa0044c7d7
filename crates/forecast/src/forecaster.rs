//! A fitted rung with everything it needs to forecast from a table it has not seen: spec, scalers, cleaning,
//! intervals. This is what a bundle holds and a server serves.

use gyeol_data::clean::{self, CleanOp};
use gyeol_data::{Hierarchy, Readings, Role, Roles, Series, Step, Table};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::error::MUST_BE_KNOWN;
use crate::hierarchy::{self, Reconciliation};
use crate::interval::{Ends, Intervals};
use crate::prepare::{Prepared, PreparedSeries, Scalers, Spec};
use crate::refit::{Every, Refit};
use crate::rung::RungPredictor;
use crate::score::Yardsticks;
use crate::start::Refits;
use crate::windows::Window;
use gyeol_base::{Fault, Result, Warning};

/// A forecaster.
#[derive(Debug, Clone)]
pub struct Forecaster {
    /// Rung name.
    pub rung: String,
    /// What it reads.
    pub about: About,
    /// What forecasts.
    pub predictor: RungPredictor,
}

/// Everything about a forecaster but its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Inputs.
    pub spec: Spec,
    /// Fitted scalers.
    pub scalers: Scalers,
    /// Offsets of the interval, in scaled units.
    pub intervals: Intervals,
    /// What MASE and the range are taken against: fitted on the training rows.
    pub yardsticks: Yardsticks,
    /// Whether scores are taken in scaled units; not said by models of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaled: Option<bool>,
    /// Time column, where the table had one.
    pub time: Option<String>,
    /// Id column, where the table had one.
    pub id: Option<String>,
    /// Cleaning, in order.
    pub clean: Vec<CleanOp>,
    /// Unit of the targets, for people.
    pub unit: String,
    /// Series that the fit left out: they are not forecast.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// When the model is fitted again on the way, where the recipe judged it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<Refit>,
    /// Whether it was fitted again after it was judged: its scores are those of the fit before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub updated: bool,
    /// Milliseconds UTC between which readings were learnt from, or chose epochs and settings; not said by models of the first
    /// version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learnt: Option<(i64, i64)>,
    /// Which series are sums of others, where the recipe named parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<Hierarchy>,
    /// How their forecasts are made to add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation: Option<Reconciliation>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a table of readings gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecast {
    /// The values ahead.
    pub rows: Vec<ForecastRow>,
    /// What speaks against relying on them.
    pub warnings: Vec<Warning>,
}

impl From<Vec<ForecastRow>> for Forecast {
    fn from(rows: Vec<ForecastRow>) -> Self {
        Forecast { rows, warnings: Vec::new() }
    }
}

/// Which origins of a table are forecast from, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origins {
    /// The first, in milliseconds UTC.
    pub from: Option<i64>,
    /// Before which every row ahead lies.
    pub until: Option<i64>,
    /// Rows from one to the next, counted back from the last.
    pub step: usize,
    /// Beginnings of the clock to which origins are kept.
    pub at: Option<Every>,
    /// The last so many of each series that are left then.
    pub last: Option<usize>,
    /// When the model is fitted again on what was read by then.
    pub refit: Option<Refit>,
}

impl Default for Origins {
    /// Every origin, by the model as it is.
    fn default() -> Self {
        Origins { from: None, until: None, step: 1, at: None, last: None, refit: None }
    }
}

/// Forecasts from origins of a table.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// The table, prepared.
    pub data: Prepared,
    /// Origins.
    pub windows: Vec<Window>,
    /// Rows from one origin to the next.
    pub step: usize,
    /// Forecasts, (windows, horizon).
    pub forecasts: Vec<f64>,
    /// What speaks against relying on them.
    pub warnings: Vec<Warning>,
}

impl About {
    /// Ends the series of a hierarchy at one moment, the last that all of them have: a sum can begin nowhere else.
    ///
    /// # Errors
    /// `other-ends` where one ends more than a horizon before another.
    fn together(&self, readings: &mut Readings) -> Result<Vec<Warning>> {
        let Some(hierarchy) = &self.hierarchy else { return Ok(Vec::new()) };
        let places = hierarchy.places();
        let part = |s: &Series| s.id.as_deref().is_some_and(|id| places.contains_key(id)) && s.history > 0;
        let end = |s: &&Series| s.clock.at(s.history - 1);
        let own = || readings.series.iter().filter(|s| part(s));
        let (Some(first), Some(last)) = (own().min_by_key(end), own().max_by_key(end)) else {
            return Ok(Vec::new());
        };
        let until = end(&first);
        if until == end(&last) {
            return Ok(Vec::new());
        }
        let name = |s: &Series| s.id.clone().unwrap_or_default();
        let late = last.history - (last.clock.index_at_or_after(until) + 1).min(last.history);
        let found = format!("series '{}' ends {late} rows before '{}'", name(first), name(last));
        if late > self.spec.horizon {
            return Err(Fault::new(
                "other-ends",
                format!("{found}: no forecast of their sum can begin after both"),
            )
            .cause("a meter that stopped, or readings that have not come in yet")
            .next("end all series at one moment, or fill the rows that are missing")
            .input());
        }
        for s in readings.series.iter_mut().filter(|s| part(s)) {
            let rows = (s.clock.index_at_or_after(until) + 1).min(s.history);
            // What is known of later rows stays; readings of them would be of some series alone.
            s.target.iter_mut().for_each(|v| v[rows..].fill(f64::NAN));
            s.observed.iter_mut().for_each(|v| v[rows..].fill(false));
            s.complete[rows..].fill(false);
            s.history = rows;
        }
        let words =
            format!("{found}: the forecast of all series begins where the first ends, so that they add up");
        Ok(vec![Warning::new("other-ends", words)])
    }

    /// Makes forecasts of windows, (windows, horizon), add up where the recipe asked for it.
    pub fn reconciled(&self, data: &Prepared, windows: &[Window], forecasts: &mut [f64]) {
        if let (Some(hierarchy), Some(reconciliation)) = (&self.hierarchy, &self.reconciliation) {
            reconciliation.apply(hierarchy, data, windows, forecasts);
        }
    }
}

/// One forecast value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastRow {
    /// Series, where there are several.
    pub id: Option<String>,
    /// Milliseconds since 1970-01-01 UTC (a row number where the readings have no clock).
    pub time: i64,
    /// Target column.
    pub target: String,
    /// Forecast.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Quantiles, in the order of [`Intervals::levels`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<f64>,
    /// Probability of a value above the limit of the recipe, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
}

impl Forecaster {
    /// From its parts; quantiles are those of the predictor's scenarios where it has any.
    pub fn new(rung: String, mut about: About, predictor: RungPredictor) -> Forecaster {
        about.intervals = about.intervals.of(&predictor);
        Forecaster { rung, about, predictor }
    }

    /// Roles of the columns it reads.
    pub fn roles(&self) -> Roles {
        let a = &self.about;
        let mut roles = Roles::default();
        if let Some(time) = &a.time {
            roles.set(time, Role::Time);
        }
        if let Some(id) = &a.id {
            roles.set(id, Role::Id);
        }
        for (names, role) in
            [(&a.spec.targets, Role::Target), (&a.spec.past, Role::Past), (&a.spec.known, Role::Known)]
        {
            for name in names {
                roles.set(name, role);
            }
        }
        roles
    }

    /// A table's readings as the model takes them: cleaned, on their clock, with the moments at which rows became known.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`].
    pub(crate) fn readings(&self, table: Table) -> Result<Readings> {
        let roles = self.roles();
        self.cleaned(self.about.issued(table, &roles)?, &roles)
    }

    /// The same of a table that has one row a time.
    fn cleaned(&self, table: Table, roles: &Roles) -> Result<Readings> {
        let (table, _) = clean::apply(table, roles, &self.about.clean)?;
        let mut readings = Readings::from_table(&table, roles)?;
        self.about.spec.delays.publish(&mut readings, &table, roles)?;
        Ok(readings)
    }

    /// Forecasts the `horizon` rows after the last reading of every series of a table. Where values become known late, they begin as
    /// many rows later as are not known at an origin; a warning says up to when readings count.
    ///
    /// # Errors
    /// Where the table lacks a column, its clock differs or has gaps that cleaning does not mend, the history is
    /// shorter than the look-back, or a known covariate is missing in a forecast row.
    pub fn forecast(&self, table: Table, pool: &Pool) -> Result<Forecast> {
        self.forecast_readings(self.readings(table)?, pool)
    }

    /// The same, and a series that the fit never saw is forecast too: scaled by its own readings, by the mean of what was fitted of
    /// the others. Sums of a hierarchy stay those of the series that were fitted.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`]; `short-history` of a new series with fewer readings than are looked back on.
    pub fn forecast_new(&self, table: Table, pool: &Pool) -> Result<Forecast> {
        self.forecast_laid_out(self.readings(table)?, true, pool)
    }

    /// The same with what is known of the rows ahead in a table of its own: its rows go behind the readings, and both are
    /// cleaned as one.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`]; `nothing-ahead` where the model reads no column that is known ahead, `ahead-disagrees` where
    /// both tables have one row with two values, `ahead-too-short` where a row ahead lacks what must be known of it, and what is
    /// wrong with the table itself.
    pub fn forecast_ahead(&self, table: &Table, ahead: &Table, pool: &Pool) -> Result<Forecast> {
        let (about, roles) = (&self.about, self.roles());
        let (issued, known) = (about.issued(table.clone(), &roles)?, about.issued(ahead.clone(), &roles)?);
        let (table, ahead) = (&issued, &known);
        let joined = about.with_ahead(table, ahead)?;
        let readings = self.cleaned(joined, &roles).map_err(|mut e| {
            // Rows behind the readings are those of the other table.
            let fault = e.fault_mut();
            if fault.row.is_some_and(|row| row >= table.row_number(table.rows())) {
                (fault.file, fault.row) = (Some(ahead.source().name.clone()), None);
            }
            e
        })?;
        about.spec.same_step(&readings)?;
        about.reached(&readings, &ahead.source().name)?;
        self.forecast_readings(readings, pool)
    }

    /// The same for readings on their clock.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`].
    pub fn forecast_readings(&self, readings: Readings, pool: &Pool) -> Result<Forecast> {
        self.forecast_laid_out(readings, false, pool)
    }

    fn forecast_laid_out(&self, mut readings: Readings, new: bool, pool: &Pool) -> Result<Forecast> {
        let spec = &self.about.spec;
        spec.same_step(&readings)?;
        let mut warnings = self.about.together(&mut readings)?;
        warnings.extend(self.about.laid_out(&mut readings)?);
        let need = self.predictor.needs(spec.look_back);
        let unknown = |s: &Series| new && !self.about.scalers.series.iter().any(|known| known.id == s.id);
        for s in &mut readings.series {
            warnings.extend(spec.delays.count_until(spec, s));
            // What is not known of a new series its look-back must tell.
            let need = if unknown(s) { need.max(spec.look_back) } else { need };
            if s.history < need {
                let place = s.id.as_ref().map_or("the series".into(), |id| format!("series '{id}'"));
                return Err(crate::error::short_history(&place, s.history, need));
            }
            self.longer(s, s.history + spec.ahead());
        }
        warnings.extend(self.about.outside(&readings, spec.look_back));
        for s in readings.series.iter().filter(|s| unknown(s)) {
            let words = format!(
                "series '{}' is new to the model: it is scaled by its own {} readings and forecast by the mean of what was fitted of the others",
                s.id.as_deref().unwrap_or_default(),
                s.history
            );
            warnings.push(Warning::new("new-series", words));
        }
        let scalers = self.about.scalers.clone();
        let prepared = match new {
            true => Prepared::apply_to_new(&readings, spec.clone(), scalers)?,
            false => Prepared::apply(&readings, spec.clone(), scalers)?,
        };
        if !self.predictor.fits(&prepared) {
            return Err(crate::error::parts("its net reads other inputs than its spec names"));
        }
        let mut windows = Vec::new();
        for (i, s) in prepared.series.iter().enumerate() {
            for channel in 0..spec.targets.len() {
                self.whole(&readings.series[i], s, channel, s.history)?;
                let origin = (s.history + spec.delays.gap) as u32;
                windows.push(Window { series: i as u32, channel: channel as u32, origin });
            }
        }
        let mut values = self.predictor.predict(&prepared, &windows, pool);
        self.about.reconciled(&prepared, &windows, &mut values);
        let mut rows = Vec::new();
        for (w, values) in windows.iter().zip(values.chunks_exact(spec.horizon)) {
            let s = &prepared.series[w.series as usize];
            let channel = w.channel as usize;
            let at = self.about.intervals.at(&prepared, w);
            for (j, &value) in values.iter().enumerate() {
                let Ends { low, high, quantiles, over } = at.ends(j, value);
                rows.push(ForecastRow {
                    id: s.id.clone(),
                    time: s.clock.at(w.origin as usize + j),
                    target: spec.targets[channel].clone(),
                    value,
                    low,
                    high,
                    quantiles,
                    over,
                });
            }
        }
        Ok(Forecast { rows, warnings })
    }

    /// Forecasts from origins of a table whose rows ahead lie in the table.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`]; `no-origin` when there is no such origin.
    pub fn backtest(
        &self,
        table: Table,
        asked: &Origins,
        pool: &Pool,
        watch: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Backtest> {
        let &Origins { from, until, mut step, at, last, refit } = asked;
        let mut readings = self.readings(table)?;
        let spec = &self.about.spec;
        let mut warnings = self.about.laid_out(&mut readings)?;
        warnings.extend(self.about.outside(&readings, usize::MAX));
        let data = Prepared::apply(&readings, spec.clone(), self.about.scalers.clone())?;
        if !self.predictor.fits(&data) {
            return Err(crate::error::parts("its net reads other inputs than its spec names"));
        }
        let first = self.predictor.needs(spec.look_back) + spec.delays.gap;
        let (mut windows, mut holed) = (Vec::new(), 0);
        for (i, s) in data.series.iter().enumerate() {
            let begin = from.map_or(first, |ms| s.clock.index_at_or_after(ms).max(first));
            let end = until.map_or(s.history, |ms| s.clock.index_at_or_after(ms).min(s.history));
            let origins = begin..(end + 1).saturating_sub(spec.horizon);
            holed += crate::windows::whole_ones(&data, i, origins, &mut windows).1;
        }
        let there = windows.len();
        windows.retain(|w| data.is_known(w));
        let late = there - windows.len();
        if late > 0 {
            let found = format!(
                "{late} of {there} windows look back on a reading that was not known yet at their origin"
            );
            if windows.is_empty() {
                return Err(gyeol_base::Fault::new("not-known", found)
                    .cause("origins at another hour than the model was fitted for, or rows that came late")
                    .next("ask for origins at the hour of its fit (--from, --step)")
                    .input());
            }
            warnings.push(Warning::new("not-known", format!("{found}: they are left out")));
        }
        if windows.is_empty() {
            let longest = data.series.iter().max_by_key(|s| s.history);
            let asked = match (from, until) {
                (None, None) => "in the table",
                (Some(_), None) => "after the start asked for",
                (None, Some(_)) => "before the end asked for",
                (Some(_), Some(_)) => "between the start and the end asked for",
            };
            return Err(crate::error::no_origin(
                asked,
                spec.horizon,
                first,
                &longest.map_or("the table".into(), |s| s.name()),
                longest.map_or(0, |s| s.history),
                holed,
            ));
        }
        if let Some(at) = at {
            at.check(spec.step, "at")?;
            windows = crate::windows::begun(&data, windows, at, None);
            if windows.is_empty() {
                return Err(crate::error::no_beginning(at));
            }
            step = at.rows(spec.step);
        } else if step > 1 {
            windows = crate::windows::stepped(windows, step, None);
        }
        if let Some(last) = last {
            windows = crate::windows::newest(windows, last);
        }
        if let Some(hierarchy) = &self.about.hierarchy {
            // All series of an origin or none: sums over a part of them would say nothing.
            let gone = hierarchy::whole_origins(hierarchy, &data, &mut windows);
            if windows.is_empty() {
                let found = format!(
                    "no origin has a window of every series; {gone} windows of single series were found"
                );
                return Err(Fault::new("no-common-origin", found)
                    .next("fill the holes (clean: op = \"fill\"), or give a span that all series have")
                    .input());
            }
            if gone > 0 {
                let words = format!(
                    "{gone} windows are left out: at their origins another series of the sums has none"
                );
                warnings.push(Warning::new("not-all-series", words));
            }
        }
        let mut forecasts = match refit {
            None => self.predictor.predict(&data, &windows, pool),
            Some(refit) => {
                refit.check(spec.step)?;
                let from = self.about.learnt.map_or(i64::MIN, |(from, _)| from);
                refit.predict(&self.predictor, &data, &windows, from, &mut Refits::default(), pool, watch)?
            }
        };
        self.about.reconciled(&data, &windows, &mut forecasts);
        Ok(Backtest { data, windows, step, forecasts, warnings })
    }

    /// Gives a series room for rows ahead up to `rows`; what is known of them already stays.
    pub(crate) fn longer(&self, s: &mut Series, rows: usize) {
        let rows = rows.max(s.history);
        for column in s.target.iter_mut().chain(&mut s.past).chain(&mut s.known) {
            column.resize(rows, f64::NAN);
        }
        for column in &mut s.observed {
            column.resize(rows, false);
        }
        s.rows = rows;
    }

    /// Refuses a forecast whose look-back, or what is known of its rows, has a hole; names the first.
    pub(crate) fn whole(
        &self,
        readings: &Series,
        s: &PreparedSeries,
        channel: usize,
        origin: usize,
    ) -> Result<()> {
        let spec = &self.about.spec;
        let from = origin.saturating_sub(self.predictor.needs(spec.look_back));
        let end = origin + spec.ahead();
        let lacks_known = readings.known.iter().any(|v| v[origin..end].iter().any(|v| v.is_nan()));
        if s.whole(channel, origin, origin - from, 0) && !lacks_known {
            return Ok(());
        }
        // Each column from the row on, and up to the row, that is read of it.
        let back = [(&spec.targets[channel], &readings.target[channel], 0)].into_iter();
        let past = spec.past.iter().zip(&readings.past).enumerate();
        let back = back.chain(past.map(|(c, (name, v))| (name, v, spec.delays.lag(c))));
        let moved = |row: usize, lag: i64| usize::try_from(row as i64 + lag).unwrap_or(0);
        let back = back.map(|(name, v, lag)| (name, v, moved(from, lag)..moved(origin, lag)));
        let known = spec.known.iter().zip(&readings.known).map(|(name, v)| (name, v, from..end));
        let holes = back.chain(known).filter_map(|(name, v, mut rows)| {
            rows.find(|&row| v.get(row).is_none_or(|v| v.is_nan())).map(|row| (row, name))
        });
        let Some((row, name)) = holes.min() else { return Ok(()) };
        let why = if row < origin || !spec.known.contains(name) {
            "the forecast looks back on"
        } else {
            MUST_BE_KNOWN
        };
        let place = match spec.step {
            Step::Rows => format!("row {row} of the series"),
            _ => format!("{} (row {row} of the series)", s.clock.local(row).format("%Y-%m-%d %H:%M")),
        };
        Err(crate::error::missing(name, s.id.as_deref(), &place, row, why))
    }
}
