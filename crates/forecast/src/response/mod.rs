//! The response rung: what a reading answers to at its own hour, and the newest residual carried ahead.
//!
//! ```text
//! z_t = Σ_hour-of-week + holidays × hour + year × hour + Σ_covariates (x, its means) through hinges × hour + trend + r_t
//! ŷ_{t+h} = g⁻¹(response(t+h) + Σ_k w_{k, block of h} read_k(r before the origin))          g: as it is, or its logarithm
//! ```
//!
//! Ridge regression over rows on columns of deviation 1 (Hong, Wilson and Xie 2014 for the interactions of temperature, hour and
//! weekday; hinges as in Friedman 1991). Logarithm, trend and penalty are chosen on the validation windows; the weights of what is
//! carried are least squares over residuals of fits that did not see their row. Covariates that are not known ahead are themselves
//! forecast by a response of the calendar.

mod carry;
mod design;
mod fit;
mod pack;
mod scenarios;
mod terms;

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gyeol_base::Result;
use gyeol_learn::Linear;
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::prepare::{Prepared, PreparedSeries};
use crate::windows::Window;
use carry::Carry;
use design::{Design, Weather};
pub use design::{Slow, Term};
use scenarios::Scenarios;

fn unlocked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is explained: a target, or a covariate that is not known ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Signal {
    Target(usize),
    Covariate(usize),
}

impl Signal {
    /// In the units in which the response is linear: scaled, or the logarithm of the reading.
    fn value(self, p: &Prepared, series: usize, row: usize, log: bool) -> f64 {
        let s = &p.series[series];
        match self {
            Signal::Target(channel) if log => s.values[channel][row].ln(),
            Signal::Target(channel) => f64::from(s.scaled[channel][row]),
            Signal::Covariate(column) => self.covariate(p, series, column, row),
        }
    }

    fn covariate(self, p: &Prepared, series: usize, column: usize, row: usize) -> f64 {
        f64::from(p.series[series].covariates[row * p.covariate_width() + column])
    }

    /// What is scored.
    fn truth(self, p: &Prepared, series: usize, row: usize) -> f64 {
        match self {
            Signal::Target(channel) => p.series[series].truth[channel][row],
            Signal::Covariate(column) => self.covariate(p, series, column, row),
        }
    }

    fn scale(self, p: &Prepared, series: usize) -> f64 {
        match self {
            Signal::Target(channel) => p.series[series].scalers[channel].scale,
            Signal::Covariate(_) => 1.0,
        }
    }

    /// From the response's units to the signal's own.
    fn undone(self, p: &Prepared, series: usize, value: f64, log: bool) -> f64 {
        match self {
            Signal::Target(_) if log => value.exp(),
            Signal::Target(channel) => p.series[series].scalers[channel].inverse(value),
            Signal::Covariate(_) => value,
        }
    }

    /// Whether a row can be learnt from.
    fn whole(self, s: &PreparedSeries, row: usize) -> bool {
        match self {
            Signal::Target(channel) => row < s.history && s.row_whole(channel, row),
            Signal::Covariate(_) => row < s.history && (0..s.values.len()).any(|c| s.row_whole(c, row)),
        }
    }

    /// Whether logarithms can be taken of all that is learnt from.
    fn positive(self, p: &Prepared, rows: &[Range<usize>]) -> bool {
        let Signal::Target(channel) = self else { return false };
        let of = |(s, rows): (&PreparedSeries, &Range<usize>)| {
            s.values[channel][rows.clone()].iter().all(|v| v.is_nan() || *v > 0.0)
        };
        p.series.iter().zip(rows).all(of)
    }
}

/// The response of one signal; its fits are kept as tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Additive {
    design: Design,
    signal: Signal,
    log: bool,
    slow: Slow,
    ridge: f64,
    carry: Carry,
    /// Share of the carry that is learnt.
    learnt: f64,
    /// A fit a series.
    #[serde(skip)]
    fits: Vec<Linear>,
    /// Their mean, where there are several: what stands for a series that was never fitted.
    #[serde(skip)]
    mean: Option<Linear>,
    /// Of each fit, what its blocks of columns say on average over the rows learnt from.
    centres: Vec<Vec<f64>>,
}

/// Which fit stands for a row.
enum Stand<'a> {
    Only(&'a Linear),
    /// That which did not see the row: folds in blocks of so many rows.
    Folds(&'a [Linear], usize),
}

impl Stand<'_> {
    fn of(&self, row: usize) -> &Linear {
        match self {
            Stand::Only(fit) => fit,
            Stand::Folds(folds, block) => &folds[row / block % folds.len()],
        }
    }
}

impl Additive {
    /// With the mean of its fits.
    fn averaged(mut self) -> Additive {
        self.mean = (self.fits.len() > 1).then(|| {
            let mut mean = self.fits[0].clone();
            let share = 1.0 / self.fits.len() as f64;
            for fit in &self.fits[1..] {
                mean.weights.iter_mut().zip(&fit.weights).for_each(|(a, b)| *a += b);
                mean.bias.iter_mut().zip(&fit.bias).for_each(|(a, b)| *a += b);
            }
            mean.weights.iter_mut().chain(&mut mean.bias).for_each(|v| *v *= share);
            mean
        });
        self
    }

    /// The fit of a place; the mean of all fits of none.
    fn fit_of(&self, place: Option<usize>) -> &Linear {
        match (place, &self.mean) {
            (None, Some(mean)) => mean,
            (place, _) => &self.fits[place.unwrap_or(0)],
        }
    }

    fn response(
        &self,
        p: &Prepared,
        s: &PreparedSeries,
        row: usize,
        weather: &Weather,
        stand: &Stand<'_>,
        x: &mut Vec<(u32, f64)>,
    ) -> f64 {
        self.design.write(p, s, row, weather, x);
        let fit = stand.of(row);
        fit.bias[0] + x.iter().map(|&(i, v)| v * fit.weights[i as usize]).sum::<f64>()
    }

    /// What each of the rows has over the response; NaN where nothing was read.
    fn residuals(&self, p: &Prepared, series: usize, rows: &Range<usize>, stand: &Stand<'_>) -> Vec<f64> {
        let s = &p.series[series];
        let weather = self.weather(p, series, rows.clone());
        let mut x = Vec::new();
        rows.clone()
            .map(|row| {
                self.signal.value(p, series, row, self.log)
                    - self.response(p, s, row, &weather, stand, &mut x)
            })
            .collect()
    }

    fn weather(&self, p: &Prepared, series: usize, rows: Range<usize>) -> Weather {
        self.design.weather(0, rows, |column, row| self.signal.covariate(p, series, column, row))
    }

    /// Forecasts of windows of one series whose covariates are all known ahead, (windows, horizon) in the signal's own unit.
    fn forecast(&self, p: &Prepared, windows: &[Window], stand: &Stand<'_>) -> Vec<f64> {
        self.forecast_on(p, windows, stand, None)
    }

    /// The same where `ahead` gives the covariates of a window's rows ahead: (window, column, rows ahead).
    fn forecast_on(
        &self,
        p: &Prepared,
        windows: &[Window],
        stand: &Stand<'_>,
        ahead: Option<&Ahead>,
    ) -> Vec<f64> {
        let horizon = p.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        let Some(first) = windows.first() else { return out };
        let series = first.series as usize;
        let s = &p.series[series];
        let span = self.carry.span();
        let origins = windows.iter().map(|w| w.origin as usize);
        let (low, high) = (origins.clone().min().unwrap_or(0), origins.max().unwrap_or(0));
        let from = low.saturating_sub(span);
        let end = if ahead.is_some() { high } else { high + horizon };
        let weather = self.weather(p, series, from..end);
        let mut x = Vec::new();
        let response: Vec<f64> =
            (from..end).map(|row| self.response(p, s, row, &weather, stand, &mut x)).collect();
        let (mut residuals, mut carried, mut room) = (vec![0.0; span], vec![0.0; horizon], Vec::new());
        for (at, (w, out)) in windows.iter().zip(out.chunks_exact_mut(horizon)).enumerate() {
            let origin = w.origin as usize;
            // Nothing before the look-back is read: means of its first rows are over fewer rows.
            let begin = origin.saturating_sub(p.spec.look_back);
            let whole = if begin == 0 { 0 } else { begin + self.design.reach() };
            let rows = origin.saturating_sub(span)..origin + horizon;
            let own = (rows.start < whole || ahead.is_some())
                .then(|| self.known(p, w, ahead.map(|a| (a, at)), rows));
            let mut said = |row: usize| match &own {
                Some(own) if row < whole || ahead.is_some() && row >= origin => {
                    self.response(p, s, row, own, stand, &mut x)
                }
                _ => response[row - from],
            };
            for (k, r) in residuals.iter_mut().enumerate() {
                // Before the first row nothing is known: no residual.
                *r = match (origin + k).checked_sub(span) {
                    Some(row) => self.signal.value(p, series, row, self.log) - said(row),
                    None => 0.0,
                };
                if !r.is_finite() {
                    *r = 0.0;
                }
            }
            self.carry.ahead(&residuals, &mut carried, &mut room);
            for (j, (out, carried)) in out.iter_mut().zip(&carried).enumerate() {
                *out = self.signal.undone(p, series, said(origin + j) + carried, self.log);
            }
        }
        out
    }

    /// What the newest residuals before a window's origin carry to its rows ahead, in the response's units.
    fn carried(&self, p: &Prepared, w: &Window, stand: &Stand<'_>) -> Vec<f64> {
        let (series, origin, span) = (w.series as usize, w.origin as usize, self.carry.span());
        let first = origin.saturating_sub(span);
        let weather = self.known(p, w, None, first..origin);
        let (mut x, mut residuals) = (Vec::new(), vec![0.0; span]);
        for row in first..origin {
            let said = self.response(p, &p.series[series], row, &weather, stand, &mut x);
            let over = self.signal.value(p, series, row, self.log) - said;
            residuals[span + row - origin] = if over.is_finite() { over } else { 0.0 };
        }
        let mut carried = vec![0.0; p.spec.horizon];
        self.carry.ahead(&residuals, &mut carried, &mut Vec::new());
        carried
    }

    /// The covariates of rows around a window's origin as they are known there: read within its look-back, and ahead of it as they
    /// are known or forecast, of the `at`-th window of `ahead`.
    fn known(&self, p: &Prepared, w: &Window, ahead: Option<(&Ahead, usize)>, rows: Range<usize>) -> Weather {
        let origin = w.origin as usize;
        self.design.weather(origin.saturating_sub(p.spec.look_back), rows, |column, row| {
            let forecast = ahead.and_then(|(ahead, at)| ahead.value(at, column, row, origin));
            forecast.unwrap_or_else(|| self.signal.covariate(p, w.series as usize, column, row))
        })
    }
}

/// Covariates not known ahead, as they are forecast: by column, (windows, horizon).
struct Ahead {
    columns: Vec<(usize, Vec<f64>)>,
    horizon: usize,
}

impl Ahead {
    fn value(&self, window: usize, column: usize, row: usize, origin: usize) -> Option<f64> {
        let (_, values) = self.columns.iter().find(|(c, _)| *c == column)?;
        Some(values[window * self.horizon + row.checked_sub(origin)?])
    }
}

/// A fitted response rung.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseModel {
    /// Series in the order of their fits.
    ids: Vec<Option<String>>,
    targets: Vec<Additive>,
    /// Of the covariates that are not known ahead.
    covariates: Vec<Additive>,
    /// What these could be; none where their forecast alone is taken.
    scenarios: Option<Scenarios>,
}

impl ResponseModel {
    /// Fits on the rows of the `train` windows; `valid` chooses.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit(p: &Prepared, train: &[Window], valid: &[Window], pool: &Pool) -> Result<ResponseModel> {
        Ok(ResponseModel::fit_cross(p, train, valid, pool, false)?.0)
    }

    /// The same with the change from the last value that it forecasts for each training window, (windows, horizon) in scaled
    /// units, by fits that did not see the rows.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit_cross(
        p: &Prepared,
        train: &[Window],
        valid: &[Window],
        pool: &Pool,
        cross: bool,
    ) -> Result<(ResponseModel, Vec<f32>)> {
        let spec = &p.spec;
        let rows = rows_of(p, train);
        let past: Vec<usize> = (0..spec.past.len()).collect();
        let read: Vec<usize> = (0..p.covariate_width()).collect();
        // Every window once: covariates are those of all targets.
        let once = |windows: &[Window]| -> Vec<Window> {
            let mut once: Vec<Window> = windows.iter().map(|w| Window { channel: 0, ..*w }).collect();
            once.dedup();
            once
        };
        let most = if p.series.len() * spec.targets.len() > 24 { 400 } else { usize::MAX };
        let mut covariates = Vec::new();
        for &column in &past {
            let design = Design::new(p, &rows, &[], most);
            let (train, valid) = (once(train), once(valid));
            covariates
                .push(Additive::fit(p, design, Signal::Covariate(column), &rows, &train, &valid, pool)?.0);
        }
        let (mut targets, mut folds) = (Vec::new(), Vec::new());
        for channel in 0..spec.targets.len() {
            let own = |windows: &[Window]| -> Vec<Window> {
                windows.iter().copied().filter(|w| w.channel as usize == channel).collect()
            };
            let design = Design::new(p, &rows, &read, most);
            let (train, valid) = (own(train), own(valid));
            let (model, fold) =
                Additive::fit(p, design, Signal::Target(channel), &rows, &train, &valid, pool)?;
            targets.push(model);
            folds.push(fold);
        }
        let ids = p.series.iter().map(|s| s.id.clone()).collect();
        let averaged = |all: Vec<Additive>| all.into_iter().map(Additive::averaged).collect();
        let (targets, covariates) = (averaged(targets), averaged(covariates));
        let model = ResponseModel { ids, targets, covariates, scenarios: None };
        let mut changes = Vec::new();
        if cross {
            let block = fit::block(p);
            let stands = |channel: usize, series: usize| Stand::Folds(&folds[channel][series], block);
            changes = model.changes_by(p, train, pool, &stands);
        }
        Ok((model, changes))
    }

    /// The same ways fitted on the rows between two moments (milliseconds UTC, the second excluded): only what was read then.
    ///
    /// # Errors
    /// As the parts say.
    pub fn refit(&self, p: &Prepared, from: i64, until: i64, pool: &Pool) -> Result<ResponseModel> {
        let rows: Vec<Range<usize>> = p
            .series
            .iter()
            .map(|s| {
                let first = s.clock.index_at_or_after(from).min(s.history);
                first..s.clock.index_at_or_after(until).clamp(first, s.history)
            })
            .collect();
        let windows = crate::windows::between(p, from, until);
        let again = |models: &[Additive]| {
            let one = |m: &Additive| {
                let channel = match m.signal {
                    Signal::Target(channel) => channel as u32,
                    Signal::Covariate(_) => 0,
                };
                let own: Vec<Window> = windows.iter().copied().filter(|w| w.channel == channel).collect();
                m.refit(p, &rows, &own, pool).map(Additive::averaged)
            };
            models.iter().map(one).collect::<Result<Vec<_>>>()
        };
        let ids = p.series.iter().map(|s| s.id.clone()).collect();
        let ends: Vec<usize> = rows.iter().map(|rows| rows.end).collect();
        Ok(ResponseModel {
            ids,
            targets: again(&self.targets)?,
            covariates: again(&self.covariates)?,
            scenarios: self.again(p, &ends),
        })
    }

    /// The fit of a series; `None` of one that was never fitted.
    fn place(&self, s: &PreparedSeries) -> Option<usize> {
        if self.ids.len() == 1 { Some(0) } else { self.ids.iter().position(|id| *id == s.id) }
    }

    /// The fit of a target of a series.
    fn stand(&self, p: &Prepared, channel: usize, series: usize) -> Stand<'_> {
        Stand::Only(self.targets[channel].fit_of(self.place(&p.series[series])))
    }

    /// What is not known ahead of windows of the series with the fits at `fit`, as it is forecast; none where all is known.
    fn ahead(&self, p: &Prepared, windows: &[Window], fit: Option<usize>) -> Option<Ahead> {
        let columns = self.covariates.iter().map(|m| {
            let Signal::Covariate(column) = m.signal else { return (usize::MAX, Vec::new()) };
            (column, m.forecast(p, windows, &Stand::Only(m.fit_of(fit))))
        });
        let ahead = Ahead { columns: columns.collect(), horizon: p.spec.horizon };
        (!ahead.columns.is_empty()).then_some(ahead)
    }

    /// Forecasts in the targets' unit, (windows, horizon).
    pub fn predict(&self, p: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        let mut out = self.predict_by(p, windows, pool, &|channel, series| self.stand(p, channel, series));
        self.medians(p, windows, &mut out, pool);
        out
    }

    /// The change from the last value that it forecasts for each window, (windows, horizon) in scaled units; scenarios aside.
    pub fn changes(&self, p: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f32> {
        self.changes_by(p, windows, pool, &|channel, series| self.stand(p, channel, series))
    }

    fn changes_by<'a>(
        &'a self,
        p: &Prepared,
        windows: &[Window],
        pool: &Pool,
        stand: &(dyn Fn(usize, usize) -> Stand<'a> + Sync),
    ) -> Vec<f32> {
        let values = self.predict_by(p, windows, pool, stand);
        let mut out = Vec::with_capacity(values.len());
        for (w, values) in windows.iter().zip(values.chunks_exact(p.spec.horizon)) {
            let s = &p.series[w.series as usize];
            let channel = w.channel as usize;
            let last = f64::from(s.scaled[channel][w.origin as usize - 1]);
            out.extend(values.iter().map(|&v| (s.scalers[channel].transform(v) - last) as f32));
        }
        out
    }

    fn predict_by<'a>(
        &'a self,
        p: &Prepared,
        windows: &[Window],
        pool: &Pool,
        stand: &(dyn Fn(usize, usize) -> Stand<'a> + Sync),
    ) -> Vec<f64> {
        let horizon = p.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        // Stretches of windows of one series and target, in order of time.
        let mut order: Vec<usize> = (0..windows.len()).collect();
        order.sort_by_key(|&i| (windows[i].series, windows[i].channel, windows[i].origin));
        let same = |a: &usize, b: &usize| {
            (windows[*a].series, windows[*a].channel) == (windows[*b].series, windows[*b].channel)
        };
        let parts: Vec<&[usize]> = order.chunk_by(same).flat_map(|part| part.chunks(PART)).collect();
        let done: Vec<Mutex<Vec<f64>>> = parts.iter().map(|_| Mutex::new(Vec::new())).collect();
        pool.run(parts.len(), &|_, task| {
            let own: Vec<Window> = parts[task].iter().map(|&i| windows[i]).collect();
            let (series, channel) = (own[0].series as usize, own[0].channel as usize);
            let fit = self.place(&p.series[series]);
            let ahead = self.ahead(p, &own, fit);
            let values = self.targets[channel].forecast_on(p, &own, &stand(channel, series), ahead.as_ref());
            *unlocked(&done[task]) = values;
        });
        for (part, values) in parts.iter().zip(done) {
            let values = values.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (&i, values) in part.iter().zip(values.chunks_exact(horizon)) {
                out[i * horizon..(i + 1) * horizon].copy_from_slice(values);
            }
        }
        out
    }

    /// Numbers fitted.
    pub fn parameters(&self) -> usize {
        let fits = |m: &Additive| m.fits.iter().map(Linear::parameters).sum::<usize>();
        self.targets.iter().chain(&self.covariates).map(fits).sum()
    }

    /// Columns of the design, for people.
    pub fn columns(&self) -> usize {
        self.targets.first().map_or(0, |m| m.design.width())
    }

    /// What was chosen on validation for each target: logarithm, what moves slowly, penalty.
    pub fn chosen(&self) -> impl Iterator<Item = (bool, Slow, f64)> {
        self.targets.iter().map(|m| (m.log, m.slow, m.ridge))
    }

    /// True when it can read what `data` holds.
    pub fn fits(&self, data: &Prepared) -> bool {
        let whole = |m: &Additive| {
            m.design.fits(data)
                && m.carry.fits(data.spec.look_back)
                && m.fits.len() == self.ids.len()
                && m.centres.len() == self.ids.len()
                && m.centres.iter().all(|c| c.len() == m.design.blocks().len())
                && m.fits.iter().all(|f| f.inputs == m.design.width() && f.outputs == 1)
        };
        let signals = |models: &[Additive], of: fn(usize) -> Signal| {
            models.iter().enumerate().all(|(i, m)| m.signal == of(i))
        };
        !self.ids.is_empty()
            && self.targets.len() == data.spec.targets.len()
            && self.covariates.len() == data.spec.past.len()
            && signals(&self.targets, Signal::Target)
            && signals(&self.covariates, Signal::Covariate)
            && self.targets.iter().chain(&self.covariates).all(whole)
            && self.scenarios.as_ref().is_none_or(|s| s.fits(data, self.ids.len()))
            && data
                .series
                .iter()
                .all(|s| self.ids.len() == 1 || s.place.is_none() || self.ids.contains(&s.id))
    }
}

/// Windows that one task forecasts.
const PART: usize = 512;

/// The rows that windows cover, series by series.
fn rows_of(p: &Prepared, windows: &[Window]) -> Vec<Range<usize>> {
    let mut rows: Vec<Range<usize>> = p.series.iter().map(|_| 0..0).collect();
    for w in windows {
        let of = &mut rows[w.series as usize];
        let from = (w.origin as usize).saturating_sub(p.spec.look_back);
        let end = w.origin as usize + p.spec.horizon;
        *of = if of.start == of.end { from..end } else { of.start.min(from)..of.end.max(end) };
    }
    rows
}
