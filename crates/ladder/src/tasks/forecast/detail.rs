//! What the report says of one rung beyond its scores: errors by row ahead, by weekday and hour, the daily peak,
//! coverage, the worst days.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike};
use gyeol_data::calendar::Holidays;
use gyeol_data::{Split, Step};
use gyeol_forecast::adaptive::pinball as loss;
use gyeol_forecast::limit::{Limit, Warned};
use gyeol_forecast::{Intervals, Prepared, Window};
use gyeol_report::model::{BadDay, Calibrated, DayNote, ForecastDetail, MonthlyPeak, Peak, Warnings};

/// What all rungs share of the days they forecast.
pub struct Shared {
    /// Lowest and highest 2 % of the daily mean of each covariate in the training part.
    extremes: Vec<(String, f64, f64)>,
    /// Daily means of the covariates, by series, day and column, in their own unit.
    covariates: Vec<Vec<Vec<f64>>>,
}

/// The test windows with what all rungs share.
pub struct TestWindows<'a> {
    /// Data.
    pub data: &'a Prepared,
    /// Windows judged.
    pub windows: &'a [Window],
    /// True when errors are shown in scaled units.
    pub scaled: bool,
    /// Holidays, for naming days.
    pub holidays: Option<&'a Holidays>,
    /// What the rungs share.
    pub shared: &'a Shared,
}

#[derive(Default, Clone, Copy)]
struct Mean {
    sum: f64,
    n: f64,
}

impl Mean {
    fn add(&mut self, v: f64) {
        self.sum += v;
        self.n += 1.0;
    }
    fn get(self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.0 }
    }
}

impl Shared {
    /// From the raw readings.
    pub fn new(data: &Prepared, split: &Split, raw: &gyeol_data::Readings) -> Self {
        let per_day = data.spec.step.per_day().unwrap_or(1).max(1);
        let names: Vec<&String> = data.spec.past.iter().chain(&data.spec.known).collect();
        let mut covariates = Vec::new();
        let mut train: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
        for (index, s) in raw.series.iter().enumerate() {
            let train_rows = data.rows(split, index).train;
            let columns: Vec<Vec<f64>> = s
                .past
                .iter()
                .chain(&s.known)
                .map(|c| (0..c.len()).map(|i| mean(&c[i..(i + per_day).min(c.len())])).collect())
                .collect();
            for (all, column) in train.iter_mut().zip(&columns) {
                all.extend(
                    column[train_rows.clone()]
                        .iter()
                        .step_by(per_day)
                        .copied()
                        .filter(|v: &f64| v.is_finite()),
                );
            }
            covariates.push(columns);
        }
        let extremes = names
            .into_iter()
            .zip(train)
            .filter(|(_, v)| v.len() >= 50)
            .map(|(name, mut v)| {
                v.sort_unstable_by(f64::total_cmp);
                let q = |p| gyeol_base::quantile(&v, p);
                (name.clone(), q(0.02), q(0.98))
            })
            .collect();
        Shared { extremes, covariates }
    }
}

impl TestWindows<'_> {
    fn unit(&self, w: &Window) -> f64 {
        let scaler = &self.data.series[w.series as usize].scalers[w.channel as usize];
        if self.scaled { 1.0 / scaler.scale } else { 1.0 }
    }

    /// True where a window begins a day (or on any clock without hours, where windows follow each other whole).
    pub fn begins_day(&self, w: &Window) -> bool {
        let s = &self.data.series[w.series as usize];
        match self.data.spec.step.per_day() {
            Some(n) if n > 1 => {
                let t = s.clock.local(w.origin as usize);
                t.hour() == 0 && t.minute() == 0 && t.second() == 0
            }
            _ => {
                let first = self.windows.first().map_or(0, |f| f.origin);
                ((w.origin - first.min(w.origin)) as usize).is_multiple_of(self.data.spec.horizon)
            }
        }
    }

    /// Mean absolute error of one window in the unit shown; `None` where nothing was observed.
    pub fn window_error(&self, w: &Window, forecast: &[f64]) -> Option<f64> {
        let truth = self.truth(w);
        let mut m = Mean::default();
        for (p, y) in forecast.iter().zip(truth) {
            if !y.is_nan() {
                m.add((p - y).abs() * self.unit(w));
            }
        }
        (m.n > 0.0).then(|| m.get())
    }

    /// Truth of a window, NaN where not observed.
    pub fn truth(&self, w: &Window) -> &[f64] {
        let s = &self.data.series[w.series as usize];
        let origin = w.origin as usize;
        &s.truth[w.channel as usize][origin..origin + self.data.spec.horizon]
    }

    /// Everything about a rung's forecasts (windows, horizon).
    pub fn detail(&self, forecasts: &[f64], intervals: &Intervals) -> ForecastDetail {
        let spec = &self.data.spec;
        let horizon = spec.horizon;
        let mut mae = vec![Mean::default(); horizon];
        let mut bias = mae.clone();
        let mut coverage = mae.clone();
        let mut width = mae.clone();
        let mut pinball = Mean::default();
        let mut warned = Warned::default();
        let mut below = vec![Mean::default(); intervals.levels.len()];
        let mut hours = vec![vec![Mean::default(); 24]; 7];
        let mut days = vec![Mean::default(); 7];
        let sub_daily = matches!(spec.step, Step::Millis(ms) if ms < 86_400_000);
        let daily = matches!(spec.step, Step::Millis(ms) if ms <= 86_400_000);
        let mut residuals = Vec::new();
        let tail = (1.0 - intervals.level) / 2.0;
        intervals.each(self.data, self.windows, forecasts, &mut |i, j, ends| {
            let (w, p) = (&self.windows[i], forecasts[i * horizon + j]);
            let (y, unit) = (self.truth(w)[j], self.unit(w));
            if y.is_nan() {
                return;
            }
            let (low, high) = (ends.low, ends.high);
            mae[j].add((p - y).abs() * unit);
            bias[j].add((p - y) * unit);
            coverage[j].add(f64::from(u8::from(y >= low && y <= high)));
            width[j].add((high - low) * unit);
            for (at, level) in [(low, tail), (p, 0.5), (high, 1.0 - tail)] {
                pinball.add(loss(y, at, level) * unit);
            }
            for (share, q) in below.iter_mut().zip(&ends.quantiles) {
                share.add(f64::from(u8::from(y <= *q)));
            }
            if let (Some(limit), Some(over)) = (&intervals.limit, ends.over) {
                warned.add(limit, over, y);
            }
            residuals.push((p - y) * unit);
            if daily {
                let s = &self.data.series[w.series as usize];
                let t: NaiveDateTime = s.clock.local(w.origin as usize + j);
                let day = t.weekday().num_days_from_monday() as usize;
                days[day].add((p - y).abs() * unit);
                if sub_daily {
                    hours[day][t.hour() as usize].add((p - y).abs() * unit);
                }
            }
        });
        let all = |m: &[Mean]| {
            m.iter().fold(Mean::default(), |a, b| Mean { sum: a.sum + b.sum, n: a.n + b.n }).get()
        };
        let list = |m: &[Mean]| m.iter().map(|m| m.get()).collect::<Vec<f64>>();
        let (residual_edges, residual_counts) = histogram(&mut residuals);
        ForecastDetail {
            coverage: all(&coverage),
            width: all(&width),
            pinball: pinball.get(),
            calibration: calibration(&intervals.levels, &below),
            mae_by_step: list(&mae),
            bias_by_step: list(&bias),
            coverage_by_step: list(&coverage),
            width_by_step: list(&width),
            mae_by_weekday_hour: if sub_daily { hours.iter().map(|h| list(h)).collect() } else { Vec::new() },
            mae_by_weekday: if daily { list(&days) } else { Vec::new() },
            residual_edges,
            residual_counts,
            peak: self.peak(forecasts),
            peak_month: self.peak_of_month(forecasts),
            warnings: intervals.limit.as_ref().map(|limit| warnings(limit, &warned)),
            worst_days: self.worst_days(forecasts),
            levels: None,
        }
    }

    /// The highest reading of each day whose forecast was made at its beginning.
    fn peak(&self, forecasts: &[f64]) -> Option<Peak> {
        let horizon = self.data.spec.horizon;
        let per_day = self.data.spec.step.per_day().filter(|&n| n > 1 && n <= horizon)?;
        let (mut height, mut percent, mut time, mut hit) =
            (Mean::default(), Mean::default(), Mean::default(), Mean::default());
        for (w, forecast) in self.windows.iter().zip(forecasts.chunks_exact(horizon)) {
            let truth = &self.truth(w)[..per_day];
            if !self.begins_day(w) || truth.iter().any(|y| y.is_nan()) {
                continue;
            }
            let (at, top) = highest(truth);
            let (at_forecast, top_forecast) = highest(&forecast[..per_day]);
            height.add((top - top_forecast).abs() * self.unit(w));
            if top != 0.0 {
                percent.add(100.0 * ((top - top_forecast) / top).abs());
            }
            time.add(at.abs_diff(at_forecast) as f64);
            hit.add(f64::from(u8::from(at == at_forecast)));
        }
        (height.n > 0.0).then(|| Peak {
            height_mae: height.get(),
            height_mape: percent.get(),
            time_mae: time.get(),
            time_hit: hit.get(),
            days: height.n as usize,
        })
    }

    /// The highest reading of each whole month, by the forecasts made at the beginning of its days.
    fn peak_of_month(&self, forecasts: &[f64]) -> Option<MonthlyPeak> {
        let horizon = self.data.spec.horizon;
        let per_day = self.data.spec.step.per_day().filter(|&n| n > 1 && n <= horizon)?;
        /// Days of a month, its highest reading and its highest forecast, each with its day.
        type Month = (u32, (f64, u32), (f64, u32));
        let mut months: BTreeMap<(u32, u32, i32, u32), Month> = BTreeMap::new();
        for (w, forecast) in self.windows.iter().zip(forecasts.chunks_exact(horizon)) {
            let truth = &self.truth(w)[..per_day];
            if !self.begins_day(w) || truth.iter().any(|y| y.is_nan()) {
                continue;
            }
            let date = self.data.series[w.series as usize].clock.local(w.origin as usize).date();
            let none = (0, (f64::NEG_INFINITY, 0), (f64::NEG_INFINITY, 0));
            let month = months.entry((w.series, w.channel, date.year(), date.month())).or_insert(none);
            month.0 += 1;
            for (best, top) in
                [(&mut month.1, highest(truth).1), (&mut month.2, highest(&forecast[..per_day]).1)]
            {
                if top > best.0 {
                    *best = (top, date.day());
                }
            }
        }
        let (mut height, mut percent, mut hit) = (Mean::default(), Mean::default(), Mean::default());
        for ((series, channel, year, month), (days, (top, day), (top_forecast, day_forecast))) in months {
            let whole = NaiveDate::from_ymd_opt(year, month, 1)
                .map_or(0, |first| u32::from(first.num_days_in_month()));
            if days < whole {
                continue;
            }
            height.add((top - top_forecast).abs() * self.unit(&Window { series, channel, origin: 0 }));
            if top != 0.0 {
                percent.add(100.0 * ((top - top_forecast) / top).abs());
            }
            hit.add(f64::from(u8::from(day == day_forecast)));
        }
        (height.n > 0.0).then(|| MonthlyPeak {
            height_mae: height.get(),
            height_mape: percent.get(),
            day_hit: hit.get(),
            months: height.n as usize,
        })
    }

    fn worst_days(&self, forecasts: &[f64]) -> Vec<BadDay> {
        let horizon = self.data.spec.horizon;
        let mut days: Vec<(f64, usize)> = Vec::new();
        for (i, (w, forecast)) in self.windows.iter().zip(forecasts.chunks_exact(horizon)).enumerate() {
            if self.begins_day(w)
                && let Some(e) = self.window_error(w, forecast)
            {
                days.push((e, i));
            }
        }
        days.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        days.truncate(10);
        days.into_iter()
            .map(|(mae, i)| {
                let w = &self.windows[i];
                let s = &self.data.series[w.series as usize];
                BadDay {
                    origin: s.clock.at(w.origin as usize),
                    mae,
                    mean: mean(self.truth(w)),
                    notes: self.notes(w),
                }
            })
            .collect()
    }

    /// What was special on the day a window forecasts.
    fn notes(&self, w: &Window) -> Vec<DayNote> {
        let s = &self.data.series[w.series as usize];
        let origin = w.origin as usize;
        let mut notes = Vec::new();
        if let (Some(h), Step::Millis(_)) = (self.holidays, self.data.spec.step) {
            let date = s.clock.local(origin).date();
            let named = |d: Option<chrono::NaiveDate>| d.and_then(|d| h.name(d)).map(str::to_string);
            if let Some(name) = named(Some(date)) {
                notes.push(DayNote::Holiday { name });
            } else if let Some(name) = named(date.checked_sub_days(Days::new(1)))
                .or_else(|| named(date.checked_add_days(Days::new(1))))
            {
                notes.push(DayNote::NearHoliday { name });
            }
        }
        for (c, (column, low, high)) in self.shared.extremes.iter().enumerate() {
            let value = self.shared.covariates[w.series as usize].get(c).and_then(|v| v.get(origin)).copied();
            if let Some(value) = value.filter(|v| v.is_finite() && (v < low || v > high)) {
                notes.push(DayNote::Extreme { column: column.clone(), value, high: value > *high });
            }
        }
        let values = &s.values[w.channel as usize];
        let day = self.data.spec.step.per_day().unwrap_or(self.data.spec.horizon).min(self.data.spec.horizon);
        if origin >= day {
            let (before, now) = (mean(&values[origin - day..origin]), mean(&values[origin..origin + day]));
            let percent = 100.0 * (now / before - 1.0);
            if percent.is_finite() && percent.abs() >= 12.0 {
                notes.push(DayNote::Jump { percent });
            }
        }
        let mut run = 1;
        for pair in self.truth(w).windows(2) {
            run = if pair[0] == pair[1] { run + 1 } else { 1 };
            if run == 6 {
                notes.push(DayNote::Stuck);
                break;
            }
        }
        notes
    }
}

fn warnings(limit: &Limit, warned: &Warned) -> Warnings {
    Warnings {
        limit: limit.value,
        miss_cost: limit.miss_cost,
        threshold: limit.threshold,
        chosen: limit.chosen,
        readings: warned.readings(),
        above: warned.hits + warned.misses,
        warned: warned.hits + warned.false_alarms,
        hits: warned.hits,
        precision: warned.precision(),
        recall: warned.recall(),
        f_beta: warned.f_beta(limit.miss_cost),
        cost: warned.cost(limit.miss_cost),
        brier: (warned.readings() > 0).then(|| warned.brier / warned.readings() as f64),
    }
}

fn calibration(levels: &[f64], below: &[Mean]) -> Vec<Calibrated> {
    let of = |(&level, share): (&f64, &Mean)| Calibrated { level, below: share.get() };
    levels.iter().zip(below).map(of).collect()
}

fn mean(v: &[f64]) -> f64 {
    let seen: Vec<f64> = v.iter().copied().filter(|x| x.is_finite()).collect();
    seen.iter().sum::<f64>() / seen.len().max(1) as f64
}

fn highest(v: &[f64]) -> (usize, f64) {
    v.iter().copied().enumerate().fold((0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a })
}

/// 41 bins around zero that hold 99 % of the residuals; what lies beyond goes to the outermost.
fn histogram(residuals: &mut [f64]) -> (Vec<f64>, Vec<u64>) {
    const BINS: usize = 41;
    if residuals.is_empty() {
        return (Vec::new(), Vec::new());
    }
    residuals.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let half = residuals[(residuals.len() - 1) * 99 / 100].abs().max(f64::MIN_POSITIVE);
    let width = 2.0 * half / BINS as f64;
    let mut counts = vec![0u64; BINS];
    for r in residuals.iter() {
        counts[(((r + half) / width).max(0.0) as usize).min(BINS - 1)] += 1;
    }
    ((0..=BINS).map(|i| -half + i as f64 * width).collect(), counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_data::{Clock, ScalerKind};
    use gyeol_forecast::Spec;
    use gyeol_forecast::calendar::CalendarSpec;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_peak_of_a_month_is_that_of_whole_months_alone() {
        // From the first of January 2023 on 59 + 20 days: two whole months and a piece. A day's peak is 100 + its number, at noon.
        let (days, step) = (79, Step::Millis(HOUR));
        let start = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let clock = Clock { start: start.and_utc().timestamp_millis(), step, zone: None };
        let reading = |row: usize| if row % 24 == 12 { 100.0 + (row / 24) as f64 } else { 50.0 };
        let rows = 24 * days;
        let raw = crate::common::readings(clock, (0..rows).map(reading).collect(), vec![], vec![]);
        let at = |day: usize| clock.at(24 * day);
        let split = Split { train: at(0)..at(40), valid: at(40)..at(60), test: at(60)..at(79) };
        let calendar = CalendarSpec::default();
        let spec = Spec::new(&raw, 24, 24, calendar, &[], ScalerKind::Standard).unwrap();
        let data = Prepared::fit(&raw, &split, spec).unwrap();
        let windows: Vec<Window> =
            (0..days).map(|day| Window { series: 0, channel: 0, origin: 24 * day as u32 }).collect();
        let shared = Shared::new(&data, &split, &raw);
        let of = |windows: &[Window], forecasts: &[f64]| {
            TestWindows { data: &data, windows, scaled: false, holidays: None, shared: &shared }
                .peak_of_month(forecasts)
        };
        let mut forecasts: Vec<f64> = (0..rows).map(reading).collect();
        // The last of January, its highest day, is forecast 6 too low: the day before stays the highest forecast. In
        // February all are 2 too high. What March errs is of no account.
        forecasts[24 * 30 + 12] -= 6.0;
        (31..59).for_each(|day| forecasts[24 * day + 12] += 2.0);
        (59..79).for_each(|day| forecasts[24 * day + 12] += 1000.0);
        let found = of(&windows, &forecasts).unwrap();
        assert_eq!((found.months, found.day_hit), (2, 0.5));
        // January: 130 against 129, February: 158 against 160.
        assert!((found.height_mae - 1.5).abs() < 1e-9, "{found:?}");
        assert!((found.height_mape - 50.0 * (1.0 / 130.0 + 2.0 / 158.0)).abs() < 1e-9, "{found:?}");
        assert_eq!(of(&windows[1..31], &forecasts[24..24 * 31]), None);
    }
}
