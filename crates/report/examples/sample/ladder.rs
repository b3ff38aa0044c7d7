//! A made-up ladder on the made-up readings: the shape of a real report, with figures near the published ones.

use std::collections::BTreeMap;

use gyeol_report::model::*;

use super::readings::{HOUR, Noise, START, profile, readings};

const TEST_FROM: usize = 26_304;

struct Plan {
    name: &'static str,
    mae: f64,
    seconds: f64,
    us: f64,
    parameters: usize,
    inputs: &'static [&'static str],
    epochs: usize,
    best_epoch: usize,
}

const PLANS: [Plan; 9] = [
    Plan {
        name: "last-value",
        mae: 517.34,
        seconds: 0.0,
        us: 0.02,
        parameters: 0,
        inputs: &["target"],
        epochs: 0,
        best_epoch: 0,
    },
    Plan {
        name: "seasonal-naive:day",
        mae: 162.99,
        seconds: 0.0,
        us: 0.02,
        parameters: 0,
        inputs: &["target"],
        epochs: 0,
        best_epoch: 0,
    },
    Plan {
        name: "seasonal-naive:week",
        mae: 174.48,
        seconds: 0.0,
        us: 0.02,
        parameters: 0,
        inputs: &["target"],
        epochs: 0,
        best_epoch: 0,
    },
    Plan {
        name: "linear",
        mae: 132.0,
        seconds: 1.9,
        us: 4.1,
        parameters: 9_288,
        inputs: &["target", "T", "calendar"],
        epochs: 0,
        best_epoch: 0,
    },
    Plan {
        name: "mlp",
        mae: 83.9,
        seconds: 31.0,
        us: 11.0,
        parameters: 58_648,
        inputs: &["target", "T", "calendar", "day-before", "week-before", "centred"],
        epochs: 9,
        best_epoch: 7,
    },
    Plan {
        name: "rnn",
        mae: 92.8,
        seconds: 74.0,
        us: 140.0,
        parameters: 9_120,
        inputs: &["target", "T", "calendar", "day-before", "week-before", "centred"],
        epochs: 8,
        best_epoch: 8,
    },
    Plan {
        name: "gru",
        mae: 83.1,
        seconds: 118.0,
        us: 210.0,
        parameters: 17_840,
        inputs: &["target", "T", "calendar", "day-before", "week-before", "centred"],
        epochs: 7,
        best_epoch: 6,
    },
    Plan {
        name: "lstm:plain",
        mae: 115.4,
        seconds: 96.0,
        us: 230.0,
        parameters: 18_712,
        inputs: &["target", "T"],
        epochs: 9,
        best_epoch: 8,
    },
    Plan {
        name: "lstm",
        mae: 81.4,
        seconds: 124.0,
        us: 240.0,
        parameters: 22_168,
        inputs: &["target", "T", "calendar", "day-before", "week-before", "centred"],
        epochs: 9,
        best_epoch: 6,
    },
];

fn around(value: f64, share: f64) -> Interval {
    Interval { value, low: value * (1.0 - share), high: value * (1.0 + share) }
}

fn metrics(mae: f64) -> BTreeMap<String, Interval> {
    [
        ("mae", mae),
        ("rmse", mae * 1.38),
        ("mape", mae * 0.0298),
        ("smape", mae * 0.0296),
        ("mase", mae / 158.0),
        ("mae_range", mae / 2_900.0),
    ]
    .map(|(name, value)| (name.to_string(), around(value, 0.026)))
    .into()
}

fn verdict(plan: &Plan) -> Verdict {
    let kind = match plan.name {
        "mlp" | "gru" => VerdictKind::WellFitted,
        "rnn" => VerdictKind::StillLearning,
        "lstm:plain" => VerdictKind::Overfitted,
        "lstm" => VerdictKind::SlightlyOverfitted,
        _ => VerdictKind::NoCurve,
    };
    let curve = curve(plan);
    let at = |epoch: usize| curve.iter().find(|p| p.epoch == epoch);
    let (best, last) = (at(plan.best_epoch), curve.last());
    Verdict {
        kind,
        best_epoch: plan.best_epoch,
        epochs: plan.epochs,
        train_at_best: best.map_or(0.0, |p| p.train_loss),
        valid_at_best: best.map_or(0.0, |p| p.valid_loss),
        train_last: last.map_or(0.0, |p| p.train_loss),
        valid_last: last.map_or(0.0, |p| p.valid_loss),
    }
}

fn curve(plan: &Plan) -> Vec<EpochPoint> {
    let floor = plan.mae / 560.0;
    (1..=plan.epochs)
        .map(|epoch| {
            let e = epoch as f64;
            let past = (e - plan.best_epoch as f64).max(0.0);
            let rise = if plan.name == "lstm:plain" { 0.05 } else { 0.014 };
            EpochPoint {
                epoch,
                train_loss: floor * (0.86 + 1.5 * (-0.62 * e).exp()) - 0.0022 * e,
                valid_loss: floor * (1.0 + 0.9 * (-0.75 * e).exp() + rise * past),
                learning_rate: 0.004 * (1.0 - (e / plan.epochs as f64 - 0.3).abs()).max(0.02),
                seconds: plan.seconds / plan.epochs as f64,
            }
        })
        .collect()
}

fn by_step(plan: &Plan) -> Vec<f64> {
    let shape: Vec<f64> = (1..=24)
        .map(|h| {
            let h = h as f64;
            match plan.name {
                "last-value" => 0.16 + 1.25 * (h / 24.0 * std::f64::consts::PI).sin().powf(0.8),
                n if n.starts_with("seasonal") => 1.0 + 0.01 * (h * 0.4).sin(),
                _ => 0.42 + 0.62 * (1.0 - (-h / 7.0).exp()) + 0.012 * h,
            }
        })
        .collect();
    let mean = shape.iter().sum::<f64>() / 24.0;
    shape.iter().map(|s| s / mean * plan.mae).collect()
}

fn by_hour(plan: &Plan) -> Vec<Vec<f64>> {
    let mut noise = Noise(plan.parameters as u64 + 3);
    let cell = |day: usize, hour: usize, noise: &mut Noise| {
        let h = hour as f64;
        let ramp = (-(h - 7.0).powi(2) / 8.0).exp() + 0.9 * (-(h - 18.0).powi(2) / 14.0).exp();
        let monday = if day == 0 { 1.25 } else { 1.0 };
        plan.mae * (0.62 + 0.55 * ramp * monday + 0.12 * noise.bell() + if day > 4 { 0.05 } else { 0.0 })
    };
    (0..7).map(|day| (0..24).map(|hour| cell(day, hour, &mut noise)).collect()).collect()
}

fn worst(plan: &Plan) -> Vec<BadDay> {
    let day = |d: usize, share: f64, notes: Vec<DayNote>| BadDay {
        origin: START + (TEST_FROM + d * 24) as i64 * HOUR,
        mae: plan.mae * share,
        mean: 3_100.0 - 20.0 * share,
        notes,
    };
    let name = |n: &str| n.to_string();
    vec![
        day(184, 3.9, vec![DayNote::Holiday { name: name("Independence Day") }]),
        day(
            6,
            3.6,
            vec![
                DayNote::Extreme { column: name("T"), value: 4.2, high: false },
                DayNote::Jump { percent: 14.0 },
            ],
        ),
        day(330, 3.4, vec![DayNote::Holiday { name: name("Thanksgiving") }]),
        day(245, 3.1, vec![DayNote::Extreme { column: name("T"), value: 89.4, high: true }]),
        day(358, 2.9, vec![DayNote::Holiday { name: name("Christmas Day") }]),
        day(331, 2.8, vec![DayNote::NearHoliday { name: name("Thanksgiving") }]),
        day(182, 2.6, vec![DayNote::Extreme { column: name("T"), value: 90.1, high: true }]),
        day(21, 2.5, vec![DayNote::Jump { percent: 12.0 }]),
        day(145, 2.4, vec![DayNote::Holiday { name: name("Memorial Day") }]),
        day(268, 2.3, vec![]),
    ]
}

fn layers(plan: &Plan) -> Vec<LayerRow> {
    let layer = |name: &str, x: &str, w: &str, b: &str, y: &str, parameters: usize| LayerRow {
        name: name.into(),
        x: x.into(),
        w: w.into(),
        b: b.into(),
        y: y.into(),
        parameters,
    };
    match plan.name {
        "mlp" => vec![
            layer("dense", "(B, 432)", "(432, 128)", "(128)", "(B, 128)", 55_424),
            layer("dense", "(B, 128)", "(128, 24)", "(24)", "(B, 24)", 3_096),
        ],
        "linear" => vec![layer("dense", "(B, 386)", "(386, 24)", "(24)", "(B, 24)", 9_288)],
        "rnn" | "gru" | "lstm" | "lstm:plain" => {
            let cell = plan.name.split(':').next().unwrap_or("lstm").to_uppercase();
            vec![
                layer(&cell, "(168, B, 2)", "(66, 256)", "(256)", "(B, 64)", 17_152),
                layer("dense", "(24, B, 78)", "(78, 64)", "(64)", "(24, B, 64)", 5_056),
                layer("dense", "(24, B, 64)", "(64, 1)", "(1)", "(24, B)", 65),
            ]
        }
        _ => vec![],
    }
}

fn rung(plan: &Plan) -> RungReport {
    let net = plan.epochs > 0;
    let steps = by_step(plan);
    let edges: Vec<f64> = (0..=30).map(|i| plan.mae * 5.0 * (i as f64 / 15.0 - 1.0)).collect();
    let counts = edges.windows(2).map(|e| {
        let z: f64 = ((e[0] + e[1]) / 2.0 - 4.0) / (plan.mae * 1.3);
        (60_000.0 * (-z.abs().powf(1.5)).exp()) as u64
    });
    let fact = |k: &str, v: &str| Fact { key: k.into(), value: v.into() };
    let input = |name: &&str| match *name {
        "target" => Input::Target,
        "calendar" => Input::Calendar,
        "day-before" => Input::DayBefore,
        "week-before" => Input::WeekBefore,
        "centred" => Input::Centred,
        column => Input::Column(column.into()),
    };
    let detail = ForecastDetail {
        mae_by_step: steps.clone(),
        bias_by_step: (0..24).map(|h| plan.mae * 0.12 * (h as f64 / 4.0).sin()).collect(),
        coverage_by_step: (0..24).map(|h| 0.905 - 0.0011 * h as f64 + 0.006 * (h as f64).sin()).collect(),
        width_by_step: steps.iter().map(|s| s * 3.9).collect(),
        coverage: 0.889,
        width: plan.mae * 3.9,
        pinball: plan.mae * 0.31,
        calibration: (1..10)
            .map(|i| f64::from(i) / 10.0)
            .map(|level| Calibrated { level, below: level + 0.03 * (level * 9.0).sin() })
            .collect(),
        mae_by_weekday_hour: by_hour(plan),
        mae_by_weekday: by_hour(plan).iter().map(|r| r.iter().sum::<f64>() / 24.0).collect(),
        residual_edges: edges.clone(),
        residual_counts: counts.collect(),
        peak: Some(Peak {
            height_mae: plan.mae * 1.1,
            height_mape: plan.mae * 0.029,
            time_mae: 0.4 + plan.mae / 160.0,
            time_hit: 0.74 - plan.mae / 900.0,
            days: 365,
        }),
        peak_month: None,
        warnings: None,
        worst_days: worst(plan),
        levels: None,
    };
    RungReport {
        name: plan.name.into(),
        file: "rungs/model.gyeol".into(),
        role: if plan.seconds > 0.0 { Role::Learned } else { Role::Naive },
        plain: plan.name.ends_with(":plain"),
        inputs: plan.inputs.iter().map(input).collect(),
        valid: metrics(plan.mae * 0.97).into_iter().map(|(k, v)| (k, v.value)).collect(),
        test: metrics(plan.mae),
        parameters: plan.parameters,
        fit_seconds: plan.seconds,
        predict_us: plan.us,
        peak_memory: if plan.seconds > 0.0 { 180_000_000 + plan.parameters as u64 * 4_000 } else { 0 },
        verdict: verdict(plan),
        curve: curve(plan),
        tried: vec![],
        layers: layers(plan),
        training: match net {
            true => vec![
                fact("optimizer", "AdamW"),
                fact("schedule", "one cycle, 0.004"),
                fact("loss", "L1"),
                fact("batch", "128"),
                fact("epochs", &plan.epochs.to_string()),
                fact("iterations", &(plan.epochs * 136).to_string()),
            ],
            false if plan.name == "linear" => vec![fact("ridge", "10")],
            false => vec![],
        },
        detail: Detail::Forecast(Box::new(detail)),
    }
}

fn day(load: &[f64], d: usize, kind: DayKind, error: f64, noise: &mut Noise) -> DayExample {
    let origin = TEST_FROM + d * 24;
    let truth = &load[origin..origin + 24];
    let mut drift = 0.0;
    let forecast = |scale: f64, noise: &mut Noise, drift: &mut f64| -> Vec<f64> {
        let value = |t: &f64| {
            *drift = 0.85 * *drift + scale * noise.bell();
            t + *drift + scale * 0.35
        };
        truth.iter().map(value).collect()
    };
    let value = forecast(error, noise, &mut drift);
    let rung = |name: &str, value: &[f64]| DayForecast {
        rung: name.into(),
        value: value.to_vec(),
        low: value.iter().enumerate().map(|(h, v)| v - 70.0 - 6.0 * h as f64).collect(),
        high: value.iter().enumerate().map(|(h, v)| v + 70.0 + 6.0 * h as f64).collect(),
    };
    DayExample {
        kind,
        series: None,
        target: "load".into(),
        times: (0..24).map(|h| START + (origin + h) as i64 * HOUR).collect(),
        history: load[origin - 48..origin].to_vec(),
        truth: truth.iter().map(|v| Some(*v)).collect(),
        naive: load[origin - 24..origin].to_vec(),
        mae: value.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / 24.0,
        forecasts: vec![rung("lstm", &value)],
    }
}

/// The report.
pub fn report() -> Report {
    let (load, _) = readings();
    let at = |row: usize| START + row as i64 * HOUR;
    let span =
        |from: usize, to: usize, windows| Span { from: at(from), to: at(to - 1), rows: to - from, windows };
    let mut noise = Noise(11);
    let mut days = vec![
        day(&load, 71, DayKind::Typical, 190.0, &mut noise),
        day(&load, 288, DayKind::Good, 60.0, &mut noise),
        day(&load, 184, DayKind::Worst, 720.0, &mut noise),
    ];
    days.extend((0..52).map(|w| day(&load, w * 7 + w % 7, DayKind::Other, 170.0, &mut noise)));
    let best = PLANS.len() - 1;
    let pair = |other: &Plan| {
        let difference = PLANS[best].mae - other.mae;
        let reach = if other.name == "gru" { 2.1 } else { 0.6 + difference.abs() * 0.16 };
        Pair {
            a: "lstm".into(),
            b: other.name.into(),
            difference,
            low: difference - reach,
            high: difference + reach,
        }
    };
    let data = DataFacts {
        rows: 35_064,
        series: 1,
        targets: vec!["load".into()],
        unit: "MW".into(),
        step: "1 h".into(),
        zone: "America/New_York".into(),
    };
    let protocol = Protocol {
        look_back: 168,
        horizon: 24,
        train: span(0, 17_544, 17_353),
        valid: span(17_544, 26_304, 8_737),
        test: span(26_304, 35_064, 8_737),
        columns: [("time", "time"), ("load", "target"), ("T", "past")]
            .map(|(name, role)| ColumnRole { name: name.into(), role: role.into() })
            .to_vec(),
        calendar: ["hour", "weekday", "day of year", "holiday (US)"].map(String::from).to_vec(),
        known_ahead: false,
        interval_level: 0.9,
        adaptive: false,
        scaled: false,
        mase_season: 24,
        unscored: 0,
        skipped: 0,
    };
    let change = |operation: &str, column: &str, detail: &str| ChangeRow {
        operation: operation.into(),
        column: column.into(),
        touched: 3,
        detail: detail.into(),
    };
    let table = DataChapter {
        profile: profile(),
        changes: vec![
            change("regular-clock", "", "1 h, America/New_York"),
            change("fill", "load", "linear, at most 6 rows"),
        ],
    };
    Report {
        head: head("forecast", "New England load", "gyeol run"),
        facts: Facts::Forecast(Box::new(ForecastFacts { data, protocol })),
        metrics: ["mae", "rmse", "mape", "smape", "mase", "mae_range"].map(String::from).to_vec(),
        metric: "mae".into(),
        unit: "MW".into(),
        rungs: PLANS.iter().map(rung).collect(),
        best,
        pairs: PLANS[..best].iter().map(pair).collect(),
        chapters: vec![
            Chapter::Answer,
            Chapter::Ladder,
            Chapter::Days(days),
            Chapter::Errors,
            Chapter::Learning,
            Chapter::Certainty,
            Chapter::Data(Box::new(table)),
            Chapter::Inside,
            Chapter::Protocol,
        ],
        notes: vec![Note::BuiltIn],
    }
}

/// Where a made-up run came from.
pub fn head(task: &str, name: &str, command: &str) -> Head {
    Head {
        task: task.into(),
        name: name.into(),
        sha256: "6f1c2b9f3f8c6ad2b7d1e5c0a94d3f26c8b9015e7a4f6d3c2b1a09f8e7d6c5b4".into(),
        version: "0.1.0".into(),
        machine: "2 cores, AVX-512".into(),
        threads: 2,
        seed: 0,
        command: command.into(),
        recipe: "[data]\nbuilt_in = \"new-england-load\"\n\n[protocol]\nlook_back = 168\nhorizon = 24\n"
            .into(),
        bootstrap_block: 168,
        bootstrap_draws: 1_000,
        stretches: 365,
        margin: 0.02,
    }
}
