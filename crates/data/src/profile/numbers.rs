//! Figures of one numeric column: quantiles, outliers, impossible readings, stuck runs, histogram.

use std::collections::HashSet;

use super::model::*;
use crate::units;
use gyeol_base::quantile;

/// What is known about the rows while a column is looked at.
pub(super) struct Rows<'a> {
    /// Rows of each series in time order.
    pub groups: &'a [Vec<usize>],
    /// Stamp of each row.
    pub at: &'a [Option<i64>],
    /// Whether the rows have an order at all.
    pub ordered: bool,
}

impl Rows<'_> {
    fn reading(&self, values: &[f64], row: usize) -> ReadingAt {
        ReadingAt {
            row,
            at: self.at.get(row).copied().flatten(),
            value: values[row].is_finite().then_some(values[row]),
        }
    }
}

const EXAMPLES: usize = 5;

pub(super) fn numbers(name: &str, values: &[f64], rows: &Rows<'_>) -> NumberProfile {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let some = |x: f64| x.is_finite().then_some(x);
    let q = |p: f64| some(quantile(&sorted, p));
    let mean = if sorted.is_empty() { f64::NAN } else { sorted.iter().sum::<f64>() / n };
    let variance = sorted.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let infinite = values.iter().filter(|x| x.is_infinite()).count();
    let (stuck, stuck_runs) = stuck(values, rows, &sorted);
    NumberProfile {
        min: sorted.first().copied(),
        max: sorted.last().copied(),
        mean: some(mean),
        deviation: some(variance.sqrt()),
        p01: q(0.01),
        q1: q(0.25),
        median: q(0.5),
        q3: q(0.75),
        p99: q(0.99),
        zeros: values.iter().filter(|x| **x == 0.0).count(),
        negatives: values.iter().filter(|x| **x < 0.0).count(),
        infinite,
        noise: noise(values, rows),
        outliers: outliers(values, rows, &sorted),
        impossible: impossible(name, values, rows, &sorted),
        stuck,
        stuck_runs,
        histogram: histogram(&sorted),
        sparkline: sparkline(values, rows),
        correlations: Vec::new(),
        autocorrelation: Vec::new(),
        periods: Vec::new(),
        typical_week: None,
        leakage: None,
        foresight: None,
        drift: Vec::new(),
    }
}

/// Median of the absolute deviations from the median, scaled to a normal deviation.
fn robust_deviation(mut v: Vec<f64>) -> Option<f64> {
    if v.is_empty() {
        return None;
    }
    v.sort_unstable_by(f64::total_cmp);
    let median = quantile(&v, 0.5);
    let mut away: Vec<f64> = v.iter().map(|x| (x - median).abs()).collect();
    away.sort_unstable_by(f64::total_cmp);
    Some(1.4826 * quantile(&away, 0.5))
}

/// Second differences of white noise have six times its variance; a smooth signal has nearly none.
fn noise(values: &[f64], rows: &Rows<'_>) -> Option<f64> {
    if !rows.ordered {
        return None;
    }
    let second: Vec<f64> = rows
        .groups
        .iter()
        .flat_map(|g| g.windows(3).map(|w| values[w[0]] - 2.0 * values[w[1]] + values[w[2]]))
        .filter(|x| x.is_finite())
        .collect();
    if second.len() < 10 {
        return None;
    }
    robust_deviation(second).map(|s| s / 6f64.sqrt())
}

fn outliers(values: &[f64], rows: &Rows<'_>, sorted: &[f64]) -> Option<Outliers> {
    if sorted.len() < 20 || sorted.first() == sorted.last() {
        return None;
    }
    let (q1, q3) = (quantile(sorted, 0.25), quantile(sorted, 0.75));
    let iqr = q3 - q1;
    if iqr <= 0.0 {
        return None;
    }
    let (low, high) = (q1 - 3.0 * iqr, q3 + 3.0 * iqr);
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let mut found: Vec<(f64, usize)> = Vec::new();
    for (row, x) in values.iter().enumerate() {
        if x.is_finite() && (*x < low || *x > high) {
            found.push(((low - x).max(x - high) / iqr + 1.0, row));
        }
    }
    let method = if rows.ordered { "mad" } else { "iqr" };
    if rows.ordered {
        // A spike stands above or below both of its neighbours; a steep ramp or the top of a season does not.
        let mut residuals: Vec<(f64, usize)> = Vec::with_capacity(values.len());
        let mut changes = Vec::with_capacity(values.len());
        for group in rows.groups {
            changes.extend(group.windows(2).map(|w| values[w[1]] - values[w[0]]).filter(|d| d.is_finite()));
            for w in group.windows(3) {
                let (x, p, n) = (values[w[1]], values[w[0]], values[w[2]]);
                let excess = (x - p.max(n)).max(p.min(n) - x);
                if (x + p + n).is_finite() && excess > 0.0 {
                    residuals.push((excess, w[1]));
                }
            }
        }
        let scale = robust_deviation(changes).unwrap_or(0.0);
        let bound = (8.0 * scale).max(0.5 * iqr);
        let far = |row: usize| values[row] < low || values[row] > high;
        found.extend(
            residuals
                .iter()
                .filter(|(r, row)| r.abs() > bound && !far(*row))
                .map(|(r, row)| (r.abs() / iqr, *row)),
        );
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let examples = found.iter().take(EXAMPLES).map(|(_, row)| rows.reading(values, *row)).collect();
    Some(Outliers { method: method.into(), count: found.len(), low, high, examples })
}

fn says(name: &str, list: &[&str]) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    list.iter().any(|w| words.contains(w) || (!w.is_ascii() && lower.contains(w)))
}

/// Whether a name speaks of electric load or consumption, which is not negative.
pub(super) fn is_load(name: &str) -> bool {
    says(
        name,
        &[
            "load",
            "demand",
            "consumption",
            "usage",
            "부하",
            "수요",
            "사용량",
            "소비량",
            "전력량",
            "verbrauch",
            "last",
        ],
    )
}

fn is_temperature(name: &str) -> bool {
    says(name, &["temperature", "temp", "temperatur", "기온", "온도", "외기온"])
}

fn impossible(name: &str, values: &[f64], rows: &Rows<'_>, sorted: &[f64]) -> Vec<Impossible> {
    let mut out = Vec::new();
    let mut add = |code: &str, bound: Option<f64>, bad: &dyn Fn(usize) -> bool| {
        let hits: Vec<usize> = (0..values.len()).filter(|&r| bad(r)).collect();
        if !hits.is_empty() {
            let examples = hits.iter().take(EXAMPLES).map(|&r| rows.reading(values, r)).collect();
            out.push(Impossible { code: code.into(), count: hits.len(), bound, examples });
        }
    };
    add("infinite", None, &|r| values[r].is_infinite());
    let (q1, q3) = (quantile(sorted, 0.25), quantile(sorted, 0.75));
    let iqr = q3 - q1;
    let mut sentinels = Vec::new();
    for s in [-9999.0, -999.0, -99.0, 9999.0, 99999.0, 999_999.0, -32768.0, 32767.0, 65535.0] {
        // Only when it stands alone, far from everything else.
        let beyond = s < q1 - 5.0 * iqr || s > q3 + 5.0 * iqr;
        let lonely = match sorted.binary_search_by(|x| x.total_cmp(&s)) {
            Ok(_) if s < q1 => sorted.iter().find(|x| **x > s).is_some_and(|x| x - s > iqr),
            Ok(_) => sorted.iter().rev().find(|x| **x < s).is_some_and(|x| s - x > iqr),
            Err(_) => false,
        };
        if iqr > 0.0 && beyond && lonely {
            sentinels.push(s);
            add("sentinel", Some(s), &|r| values[r] == s);
        }
    }
    let real = |x: f64| x.is_finite() && !sentinels.contains(&x);
    if is_load(name) {
        // A load that comes down to nothing, or feeds in, does so over some rows or again and again; a fault is one reading
        // that its neighbours know nothing of.
        let low = 0.5 * q1;
        let sudden: HashSet<usize> = rows
            .groups
            .iter()
            .flat_map(|g| g.windows(3))
            .filter(|w| low > 0.0 && rows.ordered && values[w[1]] <= 0.0)
            .filter(|w| values[w[0]] > low && values[w[2]] > low)
            .map(|w| w[1])
            .collect();
        let once = |is: &dyn Fn(f64) -> bool| {
            let hits: Vec<usize> =
                sudden.iter().copied().filter(|r| is(values[*r]) && real(values[*r])).collect();
            let all = sorted.iter().filter(|x| is(**x) && real(**x)).count();
            let true_ones = hits.len() < all || hits.len() * 200 > sorted.len() || regular(&hits, rows.at);
            if true_ones { HashSet::new() } else { hits.into_iter().collect() }
        };
        let negatives = once(&|x| x < 0.0);
        add("negative-load", Some(0.0), &|r| negatives.contains(&r));
        let zeros = once(&|x| x == 0.0);
        add("zero-load", Some(0.0), &|r| zeros.contains(&r));
    }
    // Readings that are off by whole orders: outside a hundred times the range that nearly all others keep to.
    let (p01, p99) = (quantile(sorted, 0.01), quantile(sorted, 0.99));
    let range = p99 - p01;
    if sorted.len() >= 100 && range > 0.0 {
        for (code, bound, sign) in
            [("far-above", p99 + 50.0 * range, 1.0), ("far-below", p01 - 50.0 * range, -1.0)]
        {
            let beyond = |x: f64| real(x) && (x - bound) * sign > 0.0;
            let near = |x: f64| !beyond(x) && ((x - p99).max(p01 - x)) > 10.0 * range && real(x);
            let hits: Vec<usize> = (0..values.len()).filter(|r| beyond(values[*r])).collect();
            // One in a thousand, or one in two hundred where each stands alone and they do not recur.
            let alone = || {
                let pairs = rows.groups.iter().flat_map(|g| g.windows(2));
                rows.ordered && !pairs.clone().any(|w| beyond(values[w[0]]) && beyond(values[w[1]]))
            };
            let few = hits.len() * 1000 <= sorted.len().max(1000)
                || hits.len() * 200 <= sorted.len() && alone() && !regular(&hits, rows.at);
            if few && !sorted.iter().any(|x| near(*x)) {
                add(code, Some(rounded(bound)), &|r| beyond(values[r]));
            }
        }
    }
    if is_temperature(name) {
        // Coldest and hottest air ever measured, with a margin; without a unit, the wider scale.
        let (low, high) = match units::unit_of_name(name).as_deref() {
            Some("°C") => (-90.0, 60.0),
            Some("K") => (180.0, 335.0),
            _ => (-130.0, 140.0),
        };
        add("temperature-too-low", Some(low), &|r| real(values[r]) && values[r] < low);
        add("temperature-too-high", Some(high), &|r| real(values[r]) && values[r] > high);
    }
    if says(name, &["humidity", "rh", "습도", "luftfeuchte"]) {
        add("humidity-out-of-range", Some(100.0), &|r| {
            real(values[r]) && !(0.0..=110.0).contains(&values[r])
        });
    }
    out
}

/// Whether readings recur: most of them at one hour of the week, or nearly all in one quarter of the day.
fn regular(hits: &[usize], at: &[Option<i64>]) -> bool {
    const DAY: i64 = crate::clock::DAY_MS;
    let of = |span: i64| -> Vec<i64> {
        let mut v: Vec<i64> =
            hits.iter().filter_map(|r| Some(at.get(*r).copied().flatten()?.rem_euclid(span))).collect();
        v.sort_unstable();
        v
    };
    let week = of(7 * DAY).chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap_or(0);
    let day = of(DAY);
    let within = |from: &i64| day.iter().filter(|t| (*t - from).rem_euclid(DAY) <= DAY / 4).count();
    let quarter = day.iter().take(1000).map(within).max().unwrap_or(0);
    hits.len() >= 3 && week * 2 >= hits.len() || hits.len() >= 6 && quarter * 10 >= hits.len() * 9
}

/// Two digits of a bound, away from zero.
fn rounded(x: f64) -> f64 {
    let unit = 10f64.powf(x.abs().log10().floor() - 1.0);
    if unit.is_finite() && unit > 0.0 { (x.abs() / unit).ceil() * unit * x.signum() } else { x }
}

/// The longest run of one value, when it is longer than this column's usual runs by far.
fn stuck(values: &[f64], rows: &Rows<'_>, sorted: &[f64]) -> (Option<StuckRun>, usize) {
    let mut distinct = 0usize;
    let mut last = f64::NAN;
    for &x in sorted {
        if x != last {
            distinct += 1;
            last = x;
        }
        if distinct > 20 {
            break;
        }
    }
    if !rows.ordered || distinct <= 20 {
        return (None, 0);
    }
    let zeros_are_usual = sorted.iter().filter(|x| **x == 0.0).count() * 20 > sorted.len();
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (g, group) in rows.groups.iter().enumerate() {
        let mut i = 0;
        while i < group.len() {
            let x = values[group[i]];
            let mut end = i + 1;
            while end < group.len() && values[group[end]] == x {
                end += 1;
            }
            if x.is_finite() && !(x == 0.0 && zeros_are_usual) {
                runs.push((end - i, g, i));
            }
            i = end;
        }
    }
    let mut lengths: Vec<f64> = runs.iter().map(|r| r.0 as f64).collect();
    lengths.sort_unstable_by(f64::total_cmp);
    let threshold = (4.0 * quantile(&lengths, 0.99)).max(8.0);
    let long: Vec<_> = runs.iter().filter(|r| r.0 as f64 >= threshold).collect();
    let longest = long.iter().max_by_key(|r| (r.0, std::cmp::Reverse(r.1), std::cmp::Reverse(r.2)));
    let run = longest.map(|&&(length, g, i)| {
        let (first, end) = (rows.groups[g][i], rows.groups[g][i + length - 1]);
        let at = |r: usize| rows.at.get(r).copied().flatten();
        StuckRun { value: values[first], row: first, from: at(first), to: at(end), rows: length }
    });
    (run, long.len())
}

fn histogram(sorted: &[f64]) -> Histogram {
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else { return Histogram::default() };
    let (a, b) = (quantile(sorted, 0.002), quantile(sorted, 0.998));
    let margin = 0.5 * (b - a);
    let (mut low, mut high) = (min.max(a - margin), max.min(b + margin));
    if !(high - low).is_finite() {
        return Histogram::default();
    }
    if low >= high {
        let pad = if low == 0.0 { 0.5 } else { low.abs() * 0.01 };
        (low, high) = (low - pad, low + pad);
    }
    let bins = ((sorted.len() as f64).sqrt().ceil() as usize).clamp(1, 40);
    let width = (high - low) / bins as f64;
    let edges: Vec<f64> = (0..=bins).map(|i| if i == bins { high } else { low + width * i as f64 }).collect();
    let mut counts = vec![0; bins];
    for &x in sorted.iter().filter(|x| **x >= low && **x <= high) {
        counts[(((x - low) / width) as usize).min(bins - 1)] += 1;
    }
    Histogram { edges, counts }
}

fn sparkline(values: &[f64], rows: &Rows<'_>) -> Vec<Option<f64>> {
    let Some(order) = rows.groups.iter().max_by_key(|g| g.len()) else { return Vec::new() };
    let points = order.len().min(60);
    (0..points)
        .map(|i| {
            let part = &order[i * order.len() / points..(i + 1) * order.len() / points];
            let (mut sum, mut n) = (0.0, 0usize);
            for &r in part {
                if values[r].is_finite() {
                    sum += values[r];
                    n += 1;
                }
            }
            (n > 0).then(|| sum / n as f64)
        })
        .collect()
}
