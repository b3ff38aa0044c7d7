//! From readings to what models read: scaled columns, calendar columns, and the scalers that undo them.
//!
//! Everything fitted here is fitted on the training rows alone and travels in the bundle, so that a forecast
//! applies exactly what training applied.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use gyeol_data::clock::DAY_MS;
use gyeol_data::{Clock, Readings, RowSplit, Scaler, ScalerKind, Series, Split, Step};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarSpec};
use crate::known::{Delays, shifted};
use crate::season::{Season, seasons};
use crate::windows::Window;
use gyeol_base::Result;

/// What a forecaster must know of its inputs; travels in the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Target columns.
    pub targets: Vec<String>,
    /// Covariates known up to the origin only.
    pub past: Vec<String>,
    /// Covariates known for the forecast rows too.
    pub known: Vec<String>,
    /// Rows looked back.
    pub look_back: usize,
    /// Rows forecast.
    pub horizon: usize,
    /// Step of the clock.
    pub step: Step,
    /// Zone of the wall clock.
    pub zone: Option<String>,
    /// Calendar columns.
    pub calendar: CalendarSpec,
    /// Seasons, shortest first.
    pub seasons: Vec<Season>,
    /// Scaling.
    pub scaler: ScalerKind,
    /// When columns become known.
    #[serde(default, skip_serializing_if = "Delays::is_none")]
    pub delays: Delays,
}

impl Spec {
    /// Spec for readings; `season_rows` names seasons in rows where the clock does not.
    ///
    /// # Errors
    /// `parameter` for a look-back or horizon of 0 or beyond any use.
    pub fn new(
        readings: &Readings,
        look_back: usize,
        horizon: usize,
        calendar: CalendarSpec,
        season_rows: &[usize],
        scaler: ScalerKind,
    ) -> Result<Spec> {
        for (name, value) in [("look_back", look_back), ("horizon", horizon)] {
            if value == 0 || value > MOST_ROWS {
                return Err(crate::error::parameter(
                    name,
                    value.to_string(),
                    format!("between 1 and {MOST_ROWS} rows"),
                ));
            }
        }
        Ok(Spec {
            targets: readings.targets.clone(),
            past: readings.past.clone(),
            known: readings.known.clone(),
            look_back,
            horizon,
            step: readings.step,
            zone: readings.zone.map(|z| z.name().to_string()),
            calendar,
            seasons: seasons(readings.step, season_rows),
            scaler,
            delays: Delays::default(),
        })
    }

    /// The same where values become known late.
    ///
    /// # Errors
    /// `too-late` where more rows lie between the newest target and the forecast than a window may have.
    pub fn known(mut self, delays: Delays) -> Result<Spec> {
        if delays.embargo > MOST_ROWS - self.horizon {
            let found = format!("up to {} rows are not known at an origin", delays.embargo);
            return Err(gyeol_base::Fault::new("too-late", found)
                .cause("rows that came years later, or a delay for a coarser clock")
                .next("correct `available`, or leave the column out")
                .input());
        }
        self.delays = delays;
        Ok(self)
    }

    /// Rows from the first target that an origin does not know to the end of its forecast.
    pub fn ahead(&self) -> usize {
        self.delays.gap + self.horizon
    }

    /// Whether readings stand on the clock of this spec.
    ///
    /// # Errors
    /// `other-step`.
    pub fn same_step(&self, readings: &Readings) -> Result<()> {
        if readings.step == self.step {
            return Ok(());
        }
        Err(crate::error::other_step(&readings.step.label(), &self.step.label()))
    }

    /// Seasons short enough for the look-back to hold the value that each forecast row repeats.
    pub fn near_seasons(&self) -> impl Iterator<Item = &Season> {
        self.seasons.iter().filter(|s| s.rows <= self.look_back)
    }
}

const MOST_ROWS: usize = 100_000;

/// Scalers of one series' targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesScalers {
    /// Id, where there are several series.
    pub id: Option<String>,
    /// One a target.
    pub targets: Vec<Scaler>,
}

/// Everything fitted by preparation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scalers {
    /// Per series.
    pub series: Vec<SeriesScalers>,
    /// One a past covariate, then one a known covariate, over all series.
    pub covariates: Vec<Scaler>,
}

/// One series, ready.
#[derive(Debug, Clone)]
pub struct PreparedSeries {
    /// Id, where there are several.
    pub id: Option<String>,
    /// Its place among the series that were fitted; `None` of one that the fit never saw.
    pub place: Option<usize>,
    /// Clock.
    pub clock: Clock,
    /// Rows, future ones included.
    pub rows: usize,
    /// Rows with readings.
    pub history: usize,
    /// Scaled targets, by channel and row.
    pub scaled: Vec<Vec<f32>>,
    /// Targets in their own unit; NaN where not observed (missing, or made by cleaning): not scored.
    pub truth: Vec<Vec<f64>>,
    /// By row, when all is known that a window reads whose first unread target is there; empty where all is known at once.
    ready: Vec<i64>,
    /// Rows after which a forecast may begin: everything before the origin was really read.
    pub complete: Vec<bool>,
    /// By channel and row, how many rows before it lack the target or a covariate, and how many lack the target or a covariate
    /// known ahead: holes that cleaning left, which no window may touch.
    holes: Vec<Holes>,
    /// Targets in their own unit, cleaned values included: what baselines repeat.
    pub values: Vec<Vec<f64>>,
    /// Scalers of the targets.
    pub scalers: Vec<Scaler>,
    /// Scaled covariates, row-major (rows, past + known).
    pub covariates: Vec<f32>,
    /// Rows in which a covariate that is not known ahead is missing; empty where there is no such column.
    pub(crate) lacking: Vec<bool>,
    /// Calendar columns, row-major (rows, calendar width): one for all series that begin at one moment, as long as the longest.
    pub calendar: Arc<Vec<f32>>,
    /// Calendar bin of each row, likewise.
    pub bins: Arc<Vec<u16>>,
}

/// Counts of rows with holes before each row, and before the end.
#[derive(Debug, Clone)]
struct Holes {
    back: Vec<u32>,
    ahead: Vec<u32>,
}

impl PreparedSeries {
    /// True where no cell that a window reads is missing: target and covariates of the `look_back` rows before the origin, and
    /// target and known covariates of the `horizon` rows from it on (beyond the history, the known covariates alone).
    pub fn whole(&self, channel: usize, origin: usize, look_back: usize, horizon: usize) -> bool {
        let Holes { back, ahead } = &self.holes[channel];
        let end = (origin + horizon).min(self.rows);
        back[origin] == back[origin.saturating_sub(look_back)] && ahead[end] == ahead[origin]
    }

    /// True where neither the target nor anything read beside it is missing in a row.
    pub(crate) fn row_whole(&self, channel: usize, row: usize) -> bool {
        let back = &self.holes[channel].back;
        back[row] == back[row + 1]
    }

    /// "the series" or "series 'x'".
    pub fn name(&self) -> String {
        match &self.id {
            Some(id) => format!("series '{id}'"),
            None => "the series".into(),
        }
    }
}

/// Calendar columns of a clock's rows, and the bin of each.
type Told = (Arc<Vec<f32>>, Arc<Vec<u16>>);

/// All series, ready. Origins are those of the forecasts that are asked for; see [`crate::Delays`] for what rungs read.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Spec.
    pub spec: Spec,
    /// Series.
    pub series: Arc<Vec<PreparedSeries>>,
    /// Fitted scalers.
    pub scalers: Scalers,
    /// Columns of the calendar.
    pub calendar_width: usize,
    /// Their names.
    pub calendar_names: Vec<String>,
    /// Bins of the calendar.
    pub calendar_bins: usize,
    /// The same readings as rungs see them, where values become known late.
    late: Option<Box<Prepared>>,
}

impl Prepared {
    /// Fits scalers on the training rows of `split` and prepares every row.
    ///
    /// # Errors
    /// `constant-target`.
    pub fn fit(readings: &Readings, split: &Split, spec: Spec) -> Result<Prepared> {
        let mut scalers = Scalers { series: Vec::new(), covariates: Vec::new() };
        for series in &readings.series {
            let train = split.rows(series).train;
            let mut targets = Vec::new();
            for (column, values) in spec.targets.iter().zip(&series.target) {
                let rows = &values[train.clone()];
                let scaler = Scaler::fit(spec.scaler, rows.iter().copied());
                let mut seen = rows.iter().filter(|v| !v.is_nan());
                if let Some(&first) = seen.next()
                    && seen.all(|&v| v == first)
                {
                    return Err(crate::error::constant_target(column, &of_series(&series.id), first));
                }
                targets.push(scaler);
            }
            scalers.series.push(SeriesScalers { id: series.id.clone(), targets });
        }
        let covariates = spec.past.len() + spec.known.len();
        for c in 0..covariates {
            let all = readings.series.iter().flat_map(|s| {
                let column = s.past.iter().chain(&s.known).nth(c);
                column.map(|v| &v[split.rows(s).train]).unwrap_or(&[]).iter().copied()
            });
            scalers.covariates.push(Scaler::fit(spec.scaler, all));
        }
        Prepared::apply(readings, spec, scalers)
    }

    /// Prepares readings with scalers fitted before.
    ///
    /// # Errors
    /// `unknown-series`, `other-step`.
    pub fn apply(readings: &Readings, spec: Spec, scalers: Scalers) -> Result<Prepared> {
        Prepared::with(readings, spec, scalers, false)
    }

    /// The same, and a series that the fit never saw is scaled by its own readings, all of which lie before what is forecast.
    ///
    /// # Errors
    /// `other-step`.
    pub fn apply_to_new(readings: &Readings, spec: Spec, scalers: Scalers) -> Result<Prepared> {
        Prepared::with(readings, spec, scalers, true)
    }

    fn with(readings: &Readings, spec: Spec, scalers: Scalers, new: bool) -> Result<Prepared> {
        spec.same_step(readings)?;
        let calendar = Calendar::new(&spec.calendar, spec.step, spec.zone.as_deref(), &spec.seasons)?;
        let calendar_names = calendar.columns();
        let calendar_width = calendar_names.len();
        let places: HashMap<Option<&str>, usize> =
            scalers.series.iter().enumerate().rev().map(|(at, s)| (s.id.as_deref(), at)).collect();
        // The clock says the same to every series: what it says is written once for all that begin together.
        let mut longest: HashMap<i64, usize> = HashMap::new();
        for s in &readings.series {
            let rows = longest.entry(s.clock.start).or_default();
            *rows = s.rows.max(*rows);
        }
        let mut told: HashMap<i64, Told> = HashMap::new();
        let mut out = Vec::new();
        for series in &readings.series {
            let alone = scalers.series.len() == 1 && scalers.series[0].id.is_none();
            let place = match alone {
                true => Some(0),
                false => places.get(&series.id.as_deref()).copied(),
            };
            let own = |values: &Vec<f64>| Scaler::fit(spec.scaler, values[..series.history].iter().copied());
            let fitted: Option<Vec<Scaler>> = match place {
                Some(place) => Some(scalers.series[place].targets.clone()),
                None => new.then(|| series.target.iter().map(own).collect()),
            };
            let Some(fitted) = fitted else {
                let known: Vec<&str> =
                    scalers.series.iter().filter_map(|s| s.id.as_deref()).take(12).collect();
                return Err(crate::error::unknown_series(
                    &series.id.clone().unwrap_or_default(),
                    &known.join(", "),
                ));
            };
            let rows = series.rows;
            // Past covariates beyond the history are not known; they are never read, and 0 (the mean) stands there.
            let width = spec.past.len() + spec.known.len();
            let mut covariates = vec![0f32; rows * width];
            let past: Vec<Cow<'_, [f64]>> = series
                .past
                .iter()
                .enumerate()
                .map(|(c, column)| match spec.delays.lag(c) {
                    0 => Cow::Borrowed(column.as_slice()),
                    lag => Cow::Owned(shifted(column, lag, f64::NAN)),
                })
                .collect();
            let known = series.known.iter().map(|column| Cow::Borrowed(column.as_slice()));
            for (c, column) in past.iter().cloned().chain(known).enumerate() {
                for (row, v) in column.iter().enumerate() {
                    if !v.is_nan() {
                        covariates[row * width + c] = scalers.covariates[c].held(*v) as f32;
                    }
                }
            }
            let lacking = match series.past.is_empty() {
                true => Vec::new(),
                false => {
                    (0..rows).map(|row| past.iter().any(|v| v.get(row).is_none_or(|v| v.is_nan()))).collect()
                }
            };
            let (columns, bins) = told
                .entry(series.clock.start)
                .or_insert_with(|| {
                    let rows = longest.get(&series.clock.start).copied().unwrap_or(rows);
                    let mut columns = Vec::with_capacity(rows * calendar_width);
                    let mut bins = Vec::with_capacity(rows);
                    for row in 0..rows {
                        calendar.write(&series.clock, row, &mut columns);
                        bins.push(calendar.bin(&series.clock, row) as u16);
                    }
                    (Arc::new(columns), Arc::new(bins))
                })
                .clone();
            let scaled = |(v, s): (&Vec<f64>, &Scaler)| v.iter().map(|&x| s.held(x) as f32).collect();
            let seen = |(v, o): (&Vec<f64>, &Vec<bool>)| {
                v.iter().zip(o).map(|(&x, &o)| if o { x } else { f64::NAN }).collect()
            };
            out.push(PreparedSeries {
                id: series.id.clone(),
                place,
                clock: series.clock,
                rows,
                history: series.history,
                scaled: series.target.iter().zip(&fitted).map(scaled).collect(),
                truth: series.target.iter().zip(&series.observed).map(seen).collect(),
                ready: spec.delays.ready(&spec, series),
                complete: complete(series, &spec.delays),
                holes: series.target.iter().map(|target| holes(series, &past, target)).collect(),
                values: series.target.clone(),
                scalers: fitted,
                lacking,
                covariates,
                calendar: columns,
                bins,
            });
        }
        let calendar_bins = calendar.bins();
        let mut prepared = Prepared {
            calendar_bins,
            calendar_names,
            spec,
            series: Arc::new(out),
            scalers,
            calendar_width,
            late: None,
        };
        if prepared.spec.delays.gap > 0 {
            let mut read = prepared.clone();
            read.spec.horizon = read.spec.ahead();
            read.spec.delays = Delays::default();
            prepared.late = Some(Box::new(read));
        }
        Ok(prepared)
    }

    /// What rungs read: the same rows, with windows from the first target that is not known on.
    pub(crate) fn read(&self) -> &Prepared {
        self.late.as_deref().unwrap_or(self)
    }

    /// Windows as rungs read them.
    pub(crate) fn read_from<'w>(&self, windows: &'w [Window]) -> Cow<'w, [Window]> {
        match self.spec.delays.gap as u32 {
            0 => Cow::Borrowed(windows),
            gap => Cow::Owned(windows.iter().map(|w| Window { origin: w.origin - gap, ..*w }).collect()),
        }
    }

    /// What was asked for of forecasts that rungs made, (windows, gap + horizon) to (windows, horizon).
    pub(crate) fn asked(&self, said: Vec<f64>) -> Vec<f64> {
        match self.spec.delays.gap {
            0 => said,
            gap => said.chunks_exact(self.spec.ahead()).flat_map(|rows| &rows[gap..]).copied().collect(),
        }
    }

    /// Whether all that a window reads was known at its origin, by the rules of the recipe.
    pub fn is_known(&self, w: &Window) -> bool {
        let s = &self.series[w.series as usize];
        let read = (w.origin as usize).saturating_sub(self.spec.delays.gap);
        s.ready.get(read).is_none_or(|ready| *ready <= s.clock.at(w.origin as usize))
    }

    /// Rows of the parts within series `index`.
    pub fn rows(&self, split: &Split, index: usize) -> RowSplit {
        let clock = &self.series[index].clock;
        let rows = self.series[index].rows;
        let of = |r: &std::ops::Range<i64>| {
            let from = clock.index_at_or_after(r.start).min(rows);
            from..clock.index_at_or_after(r.end).min(rows).max(from)
        };
        RowSplit { train: of(&split.train), valid: of(&split.valid), test: of(&split.test) }
    }

    /// Rows after which the clock has gone round its hours (weekdays, months).
    pub(crate) fn round(&self) -> usize {
        match self.spec.step {
            Step::Rows => self.spec.seasons.first().map_or(1, |season| season.rows),
            step => step.per_day().filter(|&rows| rows > 1).unwrap_or(self.hours()),
        }
    }

    /// Into how many hours of a day (weekdays, months, places of a season) the clock is told apart.
    pub(crate) fn hours(&self) -> usize {
        hours_of(&self.spec)
    }

    /// The hour of a row.
    pub(crate) fn hour(&self, series: &PreparedSeries, row: usize) -> usize {
        match self.spec.step {
            Step::Rows => row % self.round() * self.hours() / self.round(),
            _ => series.bins[row] as usize % self.hours(),
        }
    }

    /// Columns of a covariate row.
    pub fn covariate_width(&self) -> usize {
        self.spec.past.len() + self.spec.known.len()
    }
}

/// Into how many hours of a day (weekdays, months, places of a season) a clock is told apart.
pub(crate) fn hours_of(spec: &Spec) -> usize {
    match spec.step {
        Step::Millis(DAY_MS) => 7,
        Step::Millis(ms) if ms < DAY_MS => 24,
        Step::Months(_) => 12,
        Step::Rows => spec.seasons.first().map_or(1, |season| season.rows.min(24)),
        Step::Millis(_) => 1,
    }
}

/// Where a target, or what is read beside it, is missing.
fn holes(series: &Series, past: &[Cow<'_, [f64]>], target: &[f64]) -> Holes {
    let counted = |lacks: &dyn Fn(usize) -> bool| {
        let mut seen = 0;
        let before = (0..series.rows).map(|row| {
            let before = seen;
            seen += u32::from(lacks(row));
            before
        });
        let mut counts: Vec<u32> = before.collect();
        counts.push(seen);
        counts
    };
    let known = |row: usize| series.known.iter().any(|v| v[row].is_nan());
    let now = |row: usize| row < series.history && target[row].is_nan();
    Holes {
        back: counted(&|row| target[row].is_nan() || known(row) || past.iter().any(|v| v[row].is_nan())),
        ahead: counted(&|row| now(row) || known(row)),
    }
}

/// Whether everything that is known with the target of a row was really read. Of a covariate that is known ahead of the targets (or
/// later) the row where it is read decides as well: what cleaning put there may have come from after it.
fn complete(series: &Series, delays: &Delays) -> Vec<bool> {
    let mut complete = series.complete.clone();
    for lag in delays.lags.iter().filter(|lag| **lag != 0) {
        let there = shifted(&series.complete, *lag, false);
        complete.iter_mut().zip(there).for_each(|(row, there)| *row &= there);
    }
    complete
}

fn of_series(id: &Option<String>) -> String {
    id.as_ref().map(|id| format!(" of series '{id}'")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gyeol_data::Availability;

    use super::*;

    #[test]
    fn a_covariate_that_is_known_late_lacks_where_it_is_read() {
        let rows = 200;
        let clock = Clock { start: 0, step: Step::Millis(DAY_MS), zone: None };
        let mut temperature: Vec<f64> = (0..rows).map(|i| f64::from(i % 7)).collect();
        temperature[50] = f64::NAN;
        let rows = rows as usize;
        let load = (0..rows).map(|i| (i % 5) as f64).collect();
        let readings = crate::common::readings(clock, load, vec![temperature], vec![]);
        let at = |i: usize| clock.at(i);
        let split = Split { train: at(0)..at(120), valid: at(120)..at(160), test: at(160)..at(200) };
        let rules = BTreeMap::from([("temperature".to_owned(), Availability::Rows(2))]);
        let delays = Delays::of(&rules, &readings, 2, 1, &split).unwrap();
        assert_eq!((delays.gap, delays.lag(0)), (0, -2));
        let spec = Spec::new(&readings, 7, 2, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
        let data = Prepared::fit(&readings, &split, spec.known(delays).unwrap()).unwrap();
        // Row 52 holds what was read at row 50; before the first rows nothing was.
        let lacking: Vec<usize> = (0..rows).filter(|&row| data.series[0].lacking[row]).collect();
        assert_eq!(lacking, [0, 1, 52]);
    }
}
