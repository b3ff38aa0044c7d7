//! Made-up hourly load and temperature of four years, and their profile.

use std::collections::BTreeMap;

use gyeol_data::profile::*;
use gyeol_data::{ColumnKind, Role, Source};

pub const HOUR: i64 = 3_600_000;
/// 2011-01-01 00:00 in New York.
pub const START: i64 = 1_293_858_000_000;
pub const ROWS: usize = 35_064;

/// A small generator of repeatable numbers in −1 … 1, bell-shaped.
pub struct Noise(pub u64);

impl Noise {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn bell(&mut self) -> f64 {
        (0..6).map(|_| self.uniform()).sum::<f64>() / 3.0 - 1.0
    }
}

/// Load in MW and temperature in °F, one an hour.
pub fn readings() -> (Vec<f64>, Vec<f64>) {
    let shape = [
        -0.62, -0.78, -0.86, -0.88, -0.8, -0.55, -0.05, 0.4, 0.55, 0.55, 0.52, 0.5, 0.46, 0.42, 0.4, 0.45,
        0.62, 0.9, 1.0, 0.9, 0.7, 0.4, 0.0, -0.36,
    ];
    let mut noise = Noise(7);
    let (mut weather, mut slow) = (0.0f64, 0.0f64);
    let (mut load, mut temperature) = (Vec::with_capacity(ROWS), Vec::with_capacity(ROWS));
    for i in 0..ROWS {
        let (hour, day) = (i % 24, i / 24);
        let year = (day as f64 - 20.0) / 365.25 * std::f64::consts::TAU;
        weather = 0.995 * weather + 1.9 * noise.bell();
        slow = 0.98 * slow + 26.0 * noise.bell();
        let t = 50.0 - 24.0 * year.cos()
            + 8.0 * ((hour as f64 - 15.0) / 24.0 * std::f64::consts::TAU).cos()
            + weather;
        let weekend = match (day + 5) % 7 {
            5 => 0.72,
            6 => 0.62,
            _ => 1.0,
        };
        let need = if t > 62.0 { 55.0 * (t - 62.0) } else { 14.0 * (62.0 - t) };
        load.push(
            (2550.0 + 560.0 * shape[hour] * weekend + 240.0 * (weekend - 1.0) + need + slow).max(1500.0),
        );
        temperature.push(t);
    }
    (load, temperature)
}

pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut out = values.to_vec();
    out.sort_by(f64::total_cmp);
    out
}

fn numbers(values: &[f64], target: bool) -> NumberProfile {
    let order = sorted(values);
    let q = |share: f64| Some(quantile(&order, share));
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let (low, high) = (order[0], order[order.len() - 1]);
    let bins = 24;
    let mut counts = vec![0; bins];
    for v in values {
        counts[(((v - low) / (high - low) * bins as f64) as usize).min(bins - 1)] += 1;
    }
    let edges = (0..=bins).map(|i| low + (high - low) * i as f64 / bins as f64).collect();
    let sparkline =
        values.chunks(values.len() / 60).map(|c| Some(c.iter().sum::<f64>() / c.len() as f64)).collect();
    let part = &values[..8760];
    let correlate = |lag: usize| {
        let n = part.len() - lag;
        (0..n).map(|i| (part[i] - mean) * (part[i + lag] - mean)).sum::<f64>() / n as f64 / deviation.powi(2)
    };
    let autocorrelation = (1..=192).map(|lag| LagValue { lag, r: correlate(lag).clamp(-1.0, 1.0) }).collect();
    let periods = [(24, "1 day"), (168, "1 week")]
        .map(|(rows, label)| Period { rows, label: label.to_string(), strength: correlate(rows) })
        .to_vec();
    let mut slots: Vec<Vec<f64>> = vec![Vec::new(); 168];
    for (i, v) in values.iter().enumerate() {
        slots[(i / 24 + 5) % 7 * 24 + i % 24].push(*v);
    }
    let slots: Vec<Vec<f64>> = slots.iter().map(|s| sorted(s)).collect();
    let slot = |share: f64| slots.iter().map(|s| Some(quantile(s, share))).collect();
    NumberProfile {
        min: Some(low),
        max: Some(high),
        mean: Some(mean),
        deviation: Some(deviation),
        p01: q(0.01),
        q1: q(0.25),
        median: q(0.5),
        q3: q(0.75),
        p99: q(0.99),
        zeros: 0,
        negatives: values.iter().filter(|v| **v < 0.0).count(),
        infinite: 0,
        noise: Some(deviation * 0.05),
        outliers: None,
        impossible: vec![],
        stuck: None,
        stuck_runs: 0,
        histogram: Histogram { edges, counts },
        sparkline,
        correlations: vec![],
        autocorrelation,
        periods,
        typical_week: target.then(|| TypicalWeek {
            slots_per_day: 24,
            median: slot(0.5),
            q1: slot(0.25),
            q3: slot(0.75),
        }),
        leakage: None,
        foresight: None,
        drift: ["valid", "test"]
            .iter()
            .zip([0.06, 0.11])
            .map(|(part, shift)| Drift {
                part: part.to_string(),
                mean_shift: shift,
                deviation_ratio: 1.0 + shift / 2.0,
                stability_index: shift / 3.0,
                ks: shift / 2.0,
            })
            .collect(),
    }
}

fn scatter(load: &[f64], temperature: &[f64]) -> Scatter {
    let bins = (0..24)
        .map(|i| {
            let (from, to) = (2.0 + 4.0 * i as f64, 6.0 + 4.0 * i as f64);
            let inside = temperature.iter().zip(load).filter(|(t, _)| **t >= from && **t < to);
            let loads = sorted(&inside.map(|(_, l)| *l).collect::<Vec<_>>());
            let x = (from + to) / 2.0;
            if loads.is_empty() {
                return ScatterBin { x, count: 0, mean: 0.0, q10: 0.0, median: 0.0, q90: 0.0 };
            }
            ScatterBin {
                x,
                count: loads.len(),
                mean: loads.iter().sum::<f64>() / loads.len() as f64,
                q10: quantile(&loads, 0.1),
                median: quantile(&loads, 0.5),
                q90: quantile(&loads, 0.9),
            }
        })
        .collect();
    let points = temperature.iter().zip(load).step_by(61).map(|(t, l)| (*t, *l)).collect();
    Scatter { target: "load".into(), covariate: "T".into(), bins, points }
}

fn column(
    name: &str,
    kind: ColumnKind,
    role: Role,
    unit: Option<&str>,
    numbers: Option<NumberProfile>,
) -> ColumnProfile {
    ColumnProfile {
        name: name.to_string(),
        kind,
        role,
        reason: Reason { code: "named".into(), parts: BTreeMap::new(), words: String::new() },
        unit: unit.map(str::to_string),
        rows: ROWS,
        nulls: 0,
        filled: if name == "load" { 3 } else { 0 },
        distinct: ROWS,
        constant: false,
        numbers,
        classes: vec![],
        examples: vec![],
    }
}

pub fn profile() -> Profile {
    let (load, temperature) = readings();
    let at = |row: usize| START + row as i64 * HOUR;
    let gap = |row: usize, rows: usize| Gap { series: None, from: at(row), to: at(row + rows - 1), rows };
    let warning = |severity, code: &str, column: &str, parts: Vec<(&str, Part)>| Warning {
        code: code.to_string(),
        severity,
        column: Some(column.to_string()),
        parts: parts.into_iter().map(|(name, part)| (name.to_string(), part)).collect(),
        words: String::new(),
    };
    let gaps = vec![
        ("gaps", Part::Count(2)),
        ("rows", Part::Count(3)),
        ("from", Part::Time(at(9_420))),
        ("to", Part::Time(at(9_421))),
    ];
    let far =
        vec![("count", Part::Count(41)), ("at", Part::Time(at(4_961))), ("value", Part::Number(4_685.0))];
    Profile {
        source: Source {
            name: "new-england-load".into(),
            sha256: "6f1c2b9f3f8c6ad2b7d1e5c0a94d3f26c8b9015e7a4f6d3c2b1a09f8e7d6c5b4".into(),
            bytes: 312_448,
            format: "built-in".into(),
            zone: Some("America/New_York".into()),
            ..Source::default()
        },
        rows: ROWS,
        columns: vec![
            column("time", ColumnKind::Time, Role::Time, None, None),
            column("load", ColumnKind::Number, Role::Target, Some("MW"), Some(numbers(&load, true))),
            column("T", ColumnKind::Number, Role::Past, Some("°F"), Some(numbers(&temperature, false))),
        ],
        clock: Some(ClockProfile {
            column: "time".into(),
            step: Some("1 h".into()),
            step_ms: Some(HOUR),
            per_day: Some(24),
            zone: Some("America/New_York".into()),
            from: Some(START),
            to: Some(at(ROWS - 1)),
            missing: 0,
            gaps: vec![gap(9_420, 2), gap(21_700, 1)],
            gap_count: 2,
            missing_rows: 3,
            irregular: 0,
            first_irregular: None,
            duplicates: 0,
            first_duplicate: None,
            unsorted: 0,
            first_unsorted: None,
            dst_jumps: vec![],
            zones: vec![],
        }),
        series: vec![],
        duplicate_rows: 0,
        duplicate_examples: vec![],
        parts: [("train", 0, 17_544), ("valid", 17_544, 26_304), ("test", 26_304, ROWS)]
            .map(|(name, from, to)| PartSpan {
                name: name.into(),
                from: at(from),
                to: at(to),
                rows: to - from,
            })
            .to_vec(),
        scatters: vec![scatter(&load, &temperature)],
        warnings: vec![
            warning(Severity::Warn, "gaps", "time", gaps),
            warning(Severity::Note, "outliers", "load", far),
        ],
    }
}
