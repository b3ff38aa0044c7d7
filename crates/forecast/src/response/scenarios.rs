//! What covariates could be where nobody knows them ahead: those of the same days of past years, each year shifted by some days
//! either way (Hyndman and Fan 2010; Hong, Wilson and Xie 2014; Xie and Hong 2018 for the shifts).
//!
//! ```text
//! x_{t+h} = climate(t + h - k years + d days) + a e^{-h/τ} (mean of the day before t - mean of the day before that place)
//! ŷ_{t+h}(level) = g⁻¹(median + stretch (quantile_level - median))   of response(x) + carried + noise, over scenarios and noise
//! ```
//!
//! The climate is what was read until the end of training (of a fit on the way: until that fit), and of it nothing from the origin
//! on. The noise is what validation readings had over the response to the weather that came, by block of the horizon; a and τ, and
//! then the stretch, are those with the least pinball loss on validation windows.

use gyeol_base::{Result, quantile};
use gyeol_bundle::{Bundle, Tensor};
use gyeol_data::Step;
use gyeol_learn::Linear;
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use super::fit::{each, of_series};
use super::{Additive, Ahead, ResponseModel, Stand};
use crate::adaptive::pinball;
use crate::error::{parameter, parts};
use crate::prepare::{Prepared, PreparedSeries};
use crate::windows::Window;

const DAY_MS: i64 = 86_400_000;
/// Most years that are gone back.
const YEARS: i64 = 60;
/// Fewest scenarios that say something.
const FEWEST: usize = 4;
/// Numbers that stand for the noise of a block.
const NOISE: usize = 11;
/// Share of the newest anomaly that a scenario is moved by, and the days over which it fades.
const ANOMALIES: [(f64, f64); 5] = [(0.0, 1.0), (0.7, 2.0), (0.5, 4.0), (0.3, 10.0), (0.2, 30.0)];
/// Factors on the distance of quantiles from the median; none is the first.
const STRETCHES: [f64; 6] = [1.0, 0.8, 0.9, 1.1, 1.2, 1.35];
/// Share of the loss that a stretch must lessen: a year of validation holds a dozen months that differ.
const LESS: f64 = 0.99;
/// Levels that both are chosen by.
const LEVELS: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// Validation windows of a target that both are chosen on.
const WINDOWS: usize = 40;

/// Past years, and how forecasts are made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scenarios {
    /// Days by which a year is shifted either way.
    days: usize,
    /// Share of the newest anomaly, days over which it fades.
    anomaly: (f64, f64),
    /// First row ahead of each block of the noise.
    starts: Vec<usize>,
    /// By target and block, in the response's units, ascending.
    noise: Vec<Vec<Vec<f64>>>,
    /// By target.
    stretch: Vec<f64>,
    /// Milliseconds UTC of the first row of each series' climate.
    first: Vec<i64>,
    /// Of each series, (rows, covariates not known ahead) in scaled units; NaN where nothing was read.
    #[serde(skip)]
    climate: Vec<Vec<f32>>,
}

impl Scenarios {
    /// What was read of covariates before a row of each series.
    fn gathered(&self, p: &Prepared, ends: &[usize]) -> Scenarios {
        let (width, past) = (p.covariate_width(), p.spec.past.len());
        let of = |(s, &end): (&PreparedSeries, &usize)| {
            let mut values = Vec::with_capacity(end * past);
            for row in 0..end {
                let lacking = s.lacking.get(row).copied().unwrap_or(false);
                let read = &s.covariates[row * width..][..past];
                values.extend(read.iter().map(|&v| if lacking { f32::NAN } else { v }));
            }
            values
        };
        Scenarios {
            first: p.series.iter().map(|s| s.clock.at(0)).collect(),
            climate: p.series.iter().zip(ends).map(of).collect(),
            ..self.clone()
        }
    }

    /// The covariates ahead of a window under each scenario, as if each were a window of its own; none where too few are known.
    fn ahead(&self, p: &Prepared, w: &Window, fit: usize) -> Option<(Ahead, usize)> {
        let Step::Millis(step) = p.spec.step else { return None };
        let past = p.spec.past.len();
        let (day, horizon) = (p.spec.step.per_day()?.max(1), p.spec.horizon);
        let s = &p.series[w.series as usize];
        let origin = w.origin as usize;
        let at = s.clock.at(origin);
        let climate = &self.climate[fit];
        let rows = climate.len() / past;
        let width = p.covariate_width();
        // Means of the day before a row.
        let mean = |values: &[f32], width: usize, column: usize, end: usize| {
            let rows = end.saturating_sub(day)..end;
            let n = rows.len().max(1) as f64;
            rows.map(|row| f64::from(values[row * width + column])).sum::<f64>() / n
        };
        let now: Vec<f64> = (0..past).map(|c| mean(&s.covariates, width, c, origin)).collect();
        let (share, fading) = self.anomaly;
        let fades: Vec<f64> = (0..horizon).map(|j| (-(j as f64) / (fading * day as f64)).exp()).collect();
        let mut columns: Vec<(usize, Vec<f64>)> = (0..past).map(|c| (c, Vec::new())).collect();
        let mut found = 0;
        for year in 1..=YEARS {
            let back = (365.2425 * year as f64).round() as i64;
            for shift in -(self.days as i64)..=self.days as i64 {
                let start = at - (back - shift) * DAY_MS;
                let place = (start - self.first[fit]).div_euclid(step);
                let Ok(place) = usize::try_from(place) else { continue };
                let whole = place >= day
                    && place + horizon <= rows
                    && start + horizon as i64 * step <= at
                    && climate[(place - day) * past..(place + horizon) * past].iter().all(|v| !v.is_nan());
                if !whole {
                    continue;
                }
                found += 1;
                for (c, values) in &mut columns {
                    let moved = share * (now[*c] - mean(climate, past, *c, place));
                    values.extend(
                        fades
                            .iter()
                            .enumerate()
                            .map(|(j, fades)| f64::from(climate[(place + j) * past + *c]) + moved * fades),
                    );
                }
            }
        }
        (found >= FEWEST).then_some((Ahead { columns, horizon }, found))
    }

    /// Quantiles of a target's rows ahead, (horizon, levels) in its unit; none where too few scenarios are known.
    fn quantiles(
        &self,
        model: &Additive,
        p: &Prepared,
        w: &Window,
        fit: usize,
        levels: &[f64],
    ) -> Option<Vec<f64>> {
        let (ahead, scenarios) = self.ahead(p, w, fit)?;
        let (horizon, channel, series) = (p.spec.horizon, w.channel as usize, w.series as usize);
        let said = simulated(model, p, w, fit, &ahead, scenarios);
        let mut out = Vec::with_capacity(horizon * levels.len());
        let mut all = Vec::new();
        for j in 0..horizon {
            let noise = &self.noise[channel][self.starts.partition_point(|&s| s <= j) - 1];
            all.clear();
            for z in said.chunks_exact(horizon) {
                all.extend(noise.iter().map(|n| z[j] + n));
            }
            all.sort_unstable_by(f64::total_cmp);
            let median = quantile(&all, 0.5);
            out.extend(levels.iter().map(|&level| {
                let z = median + self.stretch[channel] * (quantile(&all, level) - median);
                model.signal.undone(p, series, z, model.log)
            }));
        }
        Some(out)
    }

    /// True where it has a place for every target and row ahead of what `data` holds.
    pub(super) fn fits(&self, data: &Prepared, series: usize) -> bool {
        let past = data.spec.past.len();
        let targets = data.spec.targets.len();
        let sorted = |n: &Vec<f64>| !n.is_empty() && n.iter().all(|v| v.is_finite()) && n.is_sorted();
        past > 0
            && self.days <= 60
            && self.anomaly.0.is_finite()
            && self.anomaly.1 > 0.0
            && self.starts.first() == Some(&0)
            && self.starts.is_sorted_by(|a, b| a < b)
            && self.noise.len() == targets
            && self.noise.iter().all(|n| n.len() == self.starts.len() && n.iter().all(sorted))
            && self.stretch.len() == targets
            && self.stretch.iter().all(|s| s.is_finite() && *s > 0.0)
            && self.first.len() == series
            && self.climate.len() == series
            && self.climate.iter().all(|c| c.len().is_multiple_of(past))
    }

    pub(super) fn pack(&self, bundle: &mut Bundle, name: &str) -> Result<serde_json::Value> {
        for (i, climate) in self.climate.iter().enumerate() {
            let tensor = Tensor::f32([climate.len()], climate.clone())?;
            bundle.tensors.insert(format!("{name}.climate.{i}"), tensor);
        }
        serde_json::to_value(self).map_err(parts)
    }

    pub(super) fn unpack(value: &serde_json::Value, bundle: &Bundle, name: &str) -> Result<Scenarios> {
        let mut read: Scenarios = serde_json::from_value(value.clone()).map_err(parts)?;
        for i in 0..read.first.len() {
            let tensor = bundle.tensor(&format!("{name}.climate.{i}"), 1)?;
            let values = tensor.as_f32().ok_or_else(|| parts("a climate is kept in single precision"))?;
            read.climate.push(values.to_vec());
        }
        Ok(read)
    }
}

/// What a target answers to each scenario with what is carried, (scenarios, horizon) in the response's units.
fn simulated(
    model: &Additive,
    p: &Prepared,
    w: &Window,
    fit: usize,
    ahead: &Ahead,
    scenarios: usize,
) -> Vec<f64> {
    let (horizon, origin) = (p.spec.horizon, w.origin as usize);
    let s = &p.series[w.series as usize];
    let design = &model.design;
    let Linear { weights, bias, .. } = &model.fits[fit];
    let carried = model.carried(p, w, &Stand::Only(&model.fits[fit]));
    // What the covariates have no part in, once for all scenarios.
    let covered = design.covered();
    let none = design.weather(origin, origin..origin + horizon, |_, _| 0.0);
    let mut x = Vec::new();
    let rest: Vec<f64> = (0..horizon)
        .map(|j| {
            design.write(p, s, origin + j, &none, &mut x);
            let others = x.iter().filter(|(i, _)| !covered.contains(&(*i as usize)));
            bias[0] + carried[j] + others.map(|&(i, v)| v * weights[i as usize]).sum::<f64>()
        })
        .collect();
    let weights = &weights[covered];
    let (columns, means) = design.read();
    let columns: Vec<usize> = columns.collect();
    // As elsewhere means reach back to the look-back's first row at the most.
    let from = origin.saturating_sub(p.spec.look_back);
    let reach = origin - from.max(origin.saturating_sub(design.reach()));
    let per_row = columns.len() * (1 + means.len());
    let mut values = vec![0.0; per_row * horizon];
    let mut out = Vec::with_capacity(scenarios * horizon);
    let mut sums = Vec::new();
    for scenario in 0..scenarios {
        for (c, &column) in columns.iter().enumerate() {
            let read = |row: usize| {
                ahead
                    .value(scenario, column, row, origin)
                    .unwrap_or_else(|| model.signal.covariate(p, w.series as usize, column, row))
            };
            sums.clear();
            sums.push(0.0);
            for row in origin - reach..origin + horizon {
                sums.push(sums[sums.len() - 1] + read(row));
            }
            for j in 0..horizon {
                let out = &mut values[j * per_row + c * (1 + means.len())..];
                let end = reach + j + 1;
                out[0] = read(origin + j);
                for (out, &mean) in out[1..].iter_mut().zip(means) {
                    let start = end.saturating_sub(mean);
                    *out = (sums[end] - sums[start]) / (end - start) as f64;
                }
            }
        }
        out.extend((0..horizon).map(|j| {
            rest[j] + design.answered(weights, design.group(s, origin + j), &values[j * per_row..][..per_row])
        }));
    }
    out
}

impl ResponseModel {
    /// The same model, whose covariates that are not known ahead are those of past years shifted by up to `days` days: forecasts
    /// are medians over these, and [`ResponseModel::quantiles`] tells the rest. `train` and `valid` are the windows it was
    /// fitted on.
    ///
    /// # Errors
    /// `parameter` where there is nothing to make scenarios of: no such covariate, no clock of days or finer, no whole year
    /// before the validation windows.
    pub fn with_scenarios(
        mut self,
        p: &Prepared,
        train: &[Window],
        valid: &[Window],
        days: usize,
        pool: &Pool,
    ) -> Result<ResponseModel> {
        let refuse = |why: &str| Err(parameter("scenarios", days, why));
        if p.spec.past.is_empty() {
            return refuse("0: no column is read that is unknown ahead (`columns.past`)");
        }
        if !matches!(p.spec.step, Step::Millis(ms) if ms <= DAY_MS && p.spec.step.per_day().is_some()) {
            return refuse("0: the readings have no clock of days or parts of a day");
        }
        let ends: Vec<usize> = super::rows_of(p, train).iter().map(|rows| rows.end).collect();
        let day = p.spec.step.per_day().unwrap_or(1);
        let mut starts = vec![0, day, 3 * day, 7 * day];
        starts.retain(|&s| s < p.spec.horizon);
        starts.dedup();
        let targets = p.spec.targets.len();
        let made = Scenarios {
            days,
            anomaly: ANOMALIES[0],
            noise: (0..targets).map(|channel| self.noise(p, valid, channel, &starts)).collect(),
            starts,
            stretch: vec![1.0; targets],
            first: Vec::new(),
            climate: Vec::new(),
        };
        let made = made.gathered(p, &ends);
        let chosen: Vec<Window> = (0..p.series.len())
            .flat_map(|series| {
                let most = (WINDOWS * targets / p.series.len()).max(2 * targets);
                of_series(valid, series, most)
            })
            .collect();
        let loss = |scenarios: &Scenarios, channel: Option<usize>| {
            let own = chosen.iter().filter(|w| channel.is_none_or(|c| c == w.channel as usize));
            let of = |w: &Window| self.loss(scenarios, p, w);
            let (sum, n) = own.filter_map(of).fold((0.0, 0.0), |(a, n), l| (a + l, n + 1.0));
            if n > 0.0 { sum / n } else { f64::INFINITY }
        };
        let tried = each(ANOMALIES.len(), pool, |at| {
            Ok(loss(&Scenarios { anomaly: ANOMALIES[at], ..made.clone() }, None))
        })?;
        if tried.iter().all(|loss| loss.is_infinite()) {
            return refuse("0: no validation window has a whole year of readings before it");
        }
        let anomaly = ANOMALIES[gyeol_judge::least(tried).unwrap_or(0)];
        let mut made = Scenarios { anomaly, ..made };
        let tried = each(STRETCHES.len(), pool, |at| {
            let with = Scenarios { stretch: vec![STRETCHES[at]; targets], ..made.clone() };
            Ok((0..targets).map(|channel| loss(&with, Some(channel))).collect::<Vec<f64>>())
        })?;
        for (channel, stretch) in made.stretch.iter_mut().enumerate() {
            let best = gyeol_judge::least(tried.iter().map(|losses| losses[channel])).unwrap_or(0);
            if tried[best][channel] < LESS * tried[0][channel] {
                *stretch = STRETCHES[best];
            }
        }
        self.scenarios = Some(made);
        Ok(self)
    }

    /// What readings had over the response to the weather that came, by block of the horizon.
    fn noise(&self, p: &Prepared, valid: &[Window], channel: usize, starts: &[usize]) -> Vec<Vec<f64>> {
        let model = &self.targets[channel];
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); starts.len()];
        for series in 0..p.series.len() {
            let own = valid.iter().copied().filter(|w| w.channel as usize == channel);
            let own = of_series(&own.collect::<Vec<_>>(), series, 400);
            let scaler = &p.series[series].scalers[channel];
            let said = model.forecast(p, &own, &self.stand(p, channel, series));
            for (w, said) in own.iter().zip(said.chunks_exact(p.spec.horizon)) {
                for (j, &value) in said.iter().enumerate() {
                    let z = if model.log { value.ln() } else { scaler.transform(value) };
                    let over = model.signal.value(p, series, w.origin as usize + j, model.log) - z;
                    if over.is_finite() {
                        found[starts.partition_point(|&s| s <= j) - 1].push(over);
                    }
                }
            }
        }
        let of = |mut values: Vec<f64>| {
            values.sort_unstable_by(f64::total_cmp);
            match values.is_empty() {
                true => vec![0.0],
                false => (0..NOISE).map(|i| quantile(&values, (i as f64 + 0.5) / NOISE as f64)).collect(),
            }
        };
        found.into_iter().map(of).collect()
    }

    /// Mean pinball loss of a window, in scaled units.
    fn loss(&self, scenarios: &Scenarios, p: &Prepared, w: &Window) -> Option<f64> {
        let (series, channel) = (w.series as usize, w.channel as usize);
        let fit = self.place(&p.series[series])?;
        let said = scenarios.quantiles(&self.targets[channel], p, w, fit, &LEVELS)?;
        let truth = &p.series[series].truth[channel][w.origin as usize..];
        let (mut sum, mut n) = (0.0, 0.0);
        for (&y, said) in truth.iter().zip(said.chunks_exact(LEVELS.len())).filter(|(y, _)| !y.is_nan()) {
            sum += LEVELS.iter().zip(said).map(|(&level, &q)| pinball(y, q, level)).sum::<f64>();
            n += LEVELS.len() as f64;
        }
        (n > 0.0).then(|| sum / n / p.series[series].scalers[channel].scale)
    }

    /// Quantiles of the rows ahead of a window by its scenarios, (horizon, levels) in the target's unit; none of a model without
    /// scenarios, or where too few are known.
    pub fn quantiles(&self, p: &Prepared, w: &Window, levels: &[f64]) -> Option<Vec<f64>> {
        let model = &self.targets[w.channel as usize];
        let fit = self.place(&p.series[w.series as usize])?;
        self.scenarios.as_ref()?.quantiles(model, p, w, fit, levels)
    }

    /// Medians over the scenarios where there are any, in place of forecasts (windows, horizon).
    pub(super) fn medians(&self, p: &Prepared, windows: &[Window], out: &mut [f64], pool: &Pool) {
        if self.scenarios.is_none() {
            return;
        }
        let said = each(windows.len(), pool, |at| Ok(self.quantiles(p, &windows[at], &[0.5])));
        for (out, said) in out.chunks_exact_mut(p.spec.horizon).zip(said.into_iter().flatten()) {
            if let Some(said) = said {
                out.copy_from_slice(&said);
            }
        }
    }

    /// The same scenarios with what was read before a row of each series.
    pub(super) fn again(&self, p: &Prepared, ends: &[usize]) -> Option<Scenarios> {
        self.scenarios.as_ref().map(|s| s.gathered(p, ends))
    }

    /// Days by which past years are shifted either way, share of the newest anomaly, days over which it fades; none of a model
    /// without scenarios.
    pub fn scenarios(&self) -> Option<(usize, f64, f64)> {
        self.scenarios.as_ref().map(|s| (s.days, s.anomaly.0, s.anomaly.1))
    }
}
