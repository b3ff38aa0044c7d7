//! Rhythms of a series: autocorrelation, dominant periods, the typical week.

use crate::Tz;
use chrono::{Datelike, Timelike};

use super::model::*;
use crate::clock::{DAY_MS, Step, local_time};
use gyeol_base::quantile;

/// At most so many rows at the end of a series go into autocorrelations: more cost time and change little.
pub(super) const ROWS: usize = 30_000;
/// Points of an autocorrelation that are kept for drawing.
const POINTS: usize = 400;

/// Values of one series in time order and its step.
pub(super) struct Ordered<'a> {
    pub values: &'a [f64],
    pub step: Option<Step>,
}

/// Correlation of a series with itself `lag` rows back, over the pairs where both are there.
fn correlation_at(v: &[f64], lag: usize, mean: f64, variance: f64) -> f64 {
    let (mut sum, mut n) = (0.0, 0usize);
    for (a, b) in v[lag..].iter().zip(v) {
        let p = (a - mean) * (b - mean);
        if p.is_finite() {
            sum += p;
            n += 1;
        }
    }
    if n == 0 { f64::NAN } else { sum / n as f64 / variance }
}

fn moments(v: &[f64]) -> Option<(f64, f64)> {
    let n = v.iter().filter(|x| x.is_finite()).count();
    if n < 8 {
        return None;
    }
    let mean = v.iter().filter(|x| x.is_finite()).sum::<f64>() / n as f64;
    let variance =
        v.iter().filter(|x| x.is_finite()).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
    (variance > mean * mean * 1e-24 && variance > 0.0 && variance.is_finite()).then_some((mean, variance))
}

fn autocorrelation(v: &[f64], lags: usize) -> Vec<f64> {
    match moments(v) {
        Some((mean, variance)) => (1..=lags).map(|lag| correlation_at(v, lag, mean, variance)).collect(),
        None => Vec::new(),
    }
}

/// Without its straight line: a trend would make every lag look like a rhythm.
fn without_trend(v: &[f64]) -> Vec<f64> {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, y) in v.iter().enumerate().filter(|(_, y)| y.is_finite()) {
        let x = i as f64;
        n += 1.0;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    if !slope.is_finite() {
        return v.to_vec();
    }
    v.iter().enumerate().map(|(i, y)| y - slope * i as f64).collect()
}

/// Autocorrelation for drawing and the dominant periods, the strongest first.
pub(super) fn rhythm(series: &Ordered<'_>) -> (Vec<LagValue>, Vec<Period>) {
    let v = &series.values[series.values.len().saturating_sub(ROWS)..];
    let wanted = match series.step.and_then(|s| s.per_day()) {
        Some(per_day) if per_day > 1 => (15 * per_day).clamp(100, 1500),
        _ => 420,
    };
    let lags = wanted.min(v.len() / 2);
    if lags < 2 {
        return (Vec::new(), Vec::new());
    }
    let raw = autocorrelation(v, lags);
    let every = raw.len().div_ceil(POINTS).max(1);
    let drawn = raw
        .iter()
        .enumerate()
        .filter(|(i, r)| (i + 1) % every == 0 && r.is_finite())
        .map(|(i, r)| LagValue { lag: i + 1, r: *r })
        .collect();
    let flat = autocorrelation(&without_trend(v), lags);
    let label = |rows: usize| label(rows, series.step);
    let naturals: Vec<usize> = match series.step {
        Some(s) => s
            .per_day()
            .filter(|n| *n > 1)
            .map_or_else(|| s.season().into_iter().collect(), |n| vec![n, 7 * n]),
        None => Vec::new(),
    };
    let mut peaks: Vec<(usize, f64)> = Vec::new();
    for i in 1..flat.len().saturating_sub(1) {
        let near = (i + 1) / 8 + 1;
        let around = &flat[i.saturating_sub(near)..(i + near + 1).min(flat.len())];
        let (top, low) = around.iter().fold((f64::MIN, f64::MAX), |(t, l), r| (t.max(*r), l.min(*r)));
        // A peak that stands out of its surroundings, and of chance (1.96/√n).
        if flat[i] == top && flat[i] > 0.15 && top - low > 0.05 && flat[i] > 3.0 / (v.len() as f64).sqrt() {
            // A slope under the peak moves its top by a row or two: natural spans take it to themselves.
            let natural =
                naturals.iter().copied().find(|n| (i + 1).abs_diff(*n) * 12 <= *n && *n <= flat.len());
            let lag = natural.filter(|n| flat[n - 1] > flat[i] - 0.1).unwrap_or(i + 1);
            if peaks.iter().all(|(l, _)| *l != lag) {
                peaks.push((lag, flat[lag - 1]));
            }
        }
    }
    let mut kept: Vec<(usize, f64)> = Vec::new();
    for &(lag, r) in &peaks {
        // Two days repeat because one day does: a multiple must be stronger to count.
        let echo = kept.iter().any(|(p, s)| {
            let times = (lag as f64 / *p as f64).round();
            // A week stands out of the days around it even where one day is more alike than one week.
            let out =
                |other: Option<usize>| other.and_then(|o| flat.get(o - 1)).is_some_and(|o| r > o + 0.02);
            times >= 2.0
                && (lag as f64 - times * *p as f64).abs() <= (times * 0.5).max(1.0)
                && r < s + 0.02
                && !(times >= 3.0 && out(lag.checked_sub(*p)) && out(lag.checked_add(*p)))
        });
        if !echo {
            kept.push((lag, r));
        }
    }
    kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    kept.truncate(4);
    let mut periods: Vec<Period> =
        kept.into_iter().map(|(rows, strength)| Period { rows, label: label(rows), strength }).collect();
    periods.extend(year(series));
    periods.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    (drawn, periods)
}

/// The rhythm of the year, from daily means.
fn year(series: &Ordered<'_>) -> Option<Period> {
    let per_day = series.step?.per_day().filter(|n| *n > 1)?;
    let days: Vec<f64> = series
        .values
        .chunks_exact(per_day)
        .map(|day| {
            let (s, n) = day.iter().filter(|x| x.is_finite()).fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
            s / n
        })
        .collect();
    if days.len() < 730 {
        return None;
    }
    let (mean, variance) = moments(&days)?;
    let r = correlation_at(&days, 365, mean, variance);
    let half = correlation_at(&days, 137, mean, variance);
    (r > 0.15 && r > half + 0.05).then(|| Period { rows: 365 * per_day, label: "1 year".into(), strength: r })
}

/// A number of rows for people.
pub(super) fn label(rows: usize, step: Option<Step>) -> String {
    match (step, i64::try_from(rows)) {
        (Some(Step::Millis(ms)), Ok(n)) => Step::Millis(ms.saturating_mul(n)).label(),
        (Some(Step::Months(m)), Ok(n)) => {
            Step::Months(m.saturating_mul(u32::try_from(n).unwrap_or(u32::MAX))).label()
        }
        _ => format!("{rows} rows"),
    }
}

/// Median and quartiles of each slot of the week; `None` for steps longer than a day.
pub(super) fn typical_week(
    values: &[f64],
    at: &[Option<i64>],
    step: Option<Step>,
    zone: Option<Tz>,
) -> Option<TypicalWeek> {
    let Some(Step::Millis(ms)) = step else { return None };
    if ms > DAY_MS || ms <= 0 {
        return None;
    }
    let slots = usize::try_from(DAY_MS / ms).ok()?.clamp(1, 24);
    let mut cells: Vec<Vec<f64>> = vec![Vec::new(); 7 * slots];
    for (x, t) in values.iter().zip(at) {
        let Some(t) = t.filter(|_| x.is_finite()) else { continue };
        let local = local_time(t, zone);
        let second = local.num_seconds_from_midnight() as usize;
        let slot = (second * slots / 86_400).min(slots - 1);
        cells[local.weekday().num_days_from_monday() as usize * slots + slot].push(*x);
    }
    // Two weeks at least, or a median is one reading.
    let covered = cells.iter().filter(|c| c.len() >= 2).count();
    if covered * 2 < cells.len() {
        return None;
    }
    for c in &mut cells {
        c.sort_unstable_by(f64::total_cmp);
    }
    let q = |p: f64| cells.iter().map(|c| (!c.is_empty()).then(|| quantile(c, p))).collect();
    Some(TypicalWeek { slots_per_day: slots, median: q(0.5), q1: q(0.25), q3: q(0.75) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR_MS;

    #[test]
    fn a_day_and_a_week_are_found_in_a_made_load() {
        let v: Vec<f64> = (0..24 * 7 * 20)
            .map(|i| {
                let day = (i as f64 * std::f64::consts::TAU / 24.0).sin();
                let weekend = if (i / 24) % 7 >= 5 { -2.0 } else { 0.0 };
                day + weekend + 0.001 * i as f64
            })
            .collect();
        let (acf, periods) = rhythm(&Ordered { values: &v, step: Some(Step::Millis(HOUR_MS)) });
        assert_eq!(acf.len(), 360);
        let labels: Vec<&str> = periods.iter().map(|p| p.label.as_str()).collect();
        assert_eq!(labels[0], "1 week", "{labels:?}");
        assert!(labels.contains(&"1 day"), "{labels:?}");
    }

    #[test]
    fn noise_has_no_rhythm() {
        let mut s = 1u64;
        let v: Vec<f64> = (0..3000)
            .map(|_| {
                s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (s >> 33) as f64
            })
            .collect();
        assert!(rhythm(&Ordered { values: &v, step: None }).1.is_empty());
    }
}
