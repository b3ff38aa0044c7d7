//! Chapter 2: the rungs on a common axis with their cost, and quality against cost.

use serde::Serialize;

use super::{Figure, Table, View};
use crate::picture::{CostPoint, cost, cut_above, extent};
use crate::svg;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Ladder {
    lead: String,
    see: String,
    axis_title: String,
    ticks: Vec<(String, String)>,
    rows: Vec<Row>,
    /// Position of the chosen rung, in percent of the axis.
    best_at: String,
    cost: Figure,
    metrics: Table,
}

#[derive(Serialize)]
struct Row {
    title: String,
    chosen: bool,
    tie: bool,
    value: String,
    interval: String,
    /// Percent of the axis, empty where there is no figure.
    at: String,
    from: String,
    span: String,
    /// Beyond the axis, which is cut so that the others can be told apart.
    off: bool,
    difference: String,
    difference_range: String,
    extra: String,
    fit: String,
    parameters: String,
    answer: String,
}

/// The second metric of a row: a percentage where there is one.
fn extra(view: &View, rung: &crate::model::RungReport) -> String {
    let language = view.voice.language;
    match (rung.test.get("mape"), rung.test.get("mae"), view.report.metric.as_str()) {
        (Some(mape), _, _) if !view.report.protocol.scaled && mape.value.is_finite() => {
            text::with_percent(&text::number(mape.value, 2, language), language)
        }
        (_, Some(mae), "mse") => {
            format!("{} {}", text::metric_name("mae", language), text::number(mae.value, 3, language))
        }
        _ => String::new(),
    }
}

/// Range of the common axis: from zero, but where all rungs are near each other from just below the best.
fn axis(view: &View) -> (f64, f64) {
    let rungs = || view.report.rungs.iter().filter_map(|r| view.error(r));
    let cap = cut_above(rungs().map(|m| m.value)).unwrap_or(f64::INFINITY);
    let ends = rungs().filter(|m| m.value <= cap).flat_map(|m| [m.value, m.low, m.high]);
    let (low, high) = extent(ends).unwrap_or((0.0, 1.0));
    if cap.is_finite() {
        return (0.0, high * 1.1);
    }
    if low > 0.7 * high {
        (low - (high - low) * 0.15, high + (high - low) * 0.1)
    } else {
        (low.min(0.0), high * 1.03)
    }
}

pub(crate) fn ladder(view: &View) -> Ladder {
    let (report, voice) = (view.report, &view.voice);
    let language = voice.language;
    let (low, high) = axis(view);
    let scale = svg::Scale::linear(low, high, 0.0, 100.0);
    let at = |value: f64| format!("{:.2}", scale.at(value).clamp(0.0, 100.0));
    let best = report.best_rung();
    let rows = report
        .rungs
        .iter()
        .enumerate()
        .map(|(i, rung)| {
            let error = view.error(rung);
            let pair = text::pair_against(report, &rung.name, &best.name).filter(|_| i != report.best);
            let signed = |v: f64| text::signed(v, view.digits, language);
            let tie = pair.as_ref().is_some_and(|p| p.tie());
            let difference = pair.as_ref().map_or(String::new(), |p| signed(p.difference));
            let range = pair
                .as_ref()
                .map_or(String::new(), |p| text::range(&signed(p.low), &signed(p.high), language));
            Row {
                title: view.titles[i].clone(),
                chosen: i == report.best,
                tie,
                off: error.is_some_and(|m| m.value > high),
                difference,
                difference_range: range,
                value: error.map_or(text::MISSING.to_string(), |m| view.value(m.value)),
                interval: error.map_or(String::new(), |m| view.range(m.low, m.high)),
                at: error.map_or(String::new(), |m| at(m.value)),
                from: error.map_or(String::new(), |m| at(m.low)),
                span: error.map_or(String::new(), |m| {
                    format!("{:.2}", (scale.at(m.high) - scale.at(m.low)).clamp(0.0, 100.0))
                }),
                extra: extra(view, rung),
                fit: none_if(text::fit_seconds(rung) == 0.0, || text::duration(rung.fit_seconds, language)),
                parameters: none_if(rung.parameters == 0, || voice.count(rung.parameters)),
                answer: text::microseconds(rung.predict_us, language),
            }
        })
        .collect();
    let (ticks, decimals) = svg::ticks(low, high, 5);
    let ticks: Vec<(String, String)> =
        ticks.iter().map(|&v| (at(v), text::number(v, decimals, language))).collect();
    let metric = text::metric_name(&report.metric, language);
    let axis_title = if view.unit.is_empty() { metric.clone() } else { format!("{metric}, {}", view.unit) };
    let windows = voice.count(report.protocol.test.windows);
    let off = report.rungs.iter().filter_map(|r| view.error(r)).any(|m| m.value > high);
    let see = match (low > 0.0, off) {
        (true, _) => "ladder-see-cut",
        (_, true) => "ladder-see-off",
        _ => "ladder-see",
    };
    Ladder {
        lead: lead(view),
        see: view.t(see, &[("windows", windows), ("metric", metric)]),
        axis_title,
        ticks,
        rows,
        best_at: view.error(best).map_or(String::new(), |m| at(m.value)),
        cost: cost_figure(view),
        metrics: metrics(view),
    }
}

fn none_if(none: bool, write: impl FnOnce() -> String) -> String {
    if none { text::MISSING.to_string() } else { write() }
}

/// The largest step between neighbours on the ladder, said in a sentence.
fn lead(view: &View) -> String {
    let rungs = &view.report.rungs;
    let errors: Vec<(usize, f64)> =
        rungs.iter().enumerate().filter_map(|(i, r)| view.error(r).map(|m| (i, m.value))).collect();
    let mut best_before: Option<(usize, f64)> = None;
    let mut largest: Option<(usize, usize, f64)> = None;
    for &(i, error) in &errors {
        if let Some((from, before)) = best_before
            && text::learnable(&rungs[i].name)
            && largest.is_none_or(|(_, _, gain)| before - error > gain)
        {
            largest = Some((from, i, before - error));
        }
        if best_before.is_none_or(|(_, before)| error < before) {
            best_before = Some((i, error));
        }
    }
    match largest {
        Some((from, to, gain)) if gain > 0.0 => view.t(
            "ladder-lead",
            &[
                ("from", view.phrases[from].clone()),
                ("to", view.phrases[to].clone()),
                ("gain", view.value(gain)),
            ],
        ),
        _ => view.t("ladder-lead-flat", &[]),
    }
}

fn cost_figure(view: &View) -> Figure {
    let language = view.voice.language;
    let points: Vec<CostPoint> = view
        .report
        .rungs
        .iter()
        .enumerate()
        .filter_map(|(i, rung)| {
            let m = view.error(rung)?;
            let cost = text::duration(text::fit_seconds(rung), language);
            Some(CostPoint {
                title: view.titles[i].clone(),
                seconds: text::fit_seconds(rung),
                error: m.value,
                low: m.low,
                high: m.high,
                chosen: i == view.report.best,
                hint: format!("{}: {}, {cost}", view.titles[i], view.value(m.value)),
            })
        })
        .collect();
    let mut table = Table::new(["col-rung", "col-fit", "col-error"].map(|k| view.t(k, &[])).to_vec());
    for p in &points {
        table.push(vec![p.title.clone(), text::duration(p.seconds, language), view.value(p.error)]);
    }
    Figure::draw("full", view.t("cost-title", &[]), view.t("cost-see", &[]), Some(table), &|words, width| {
        cost(words, &points, view.unit, width, language)
    })
}

/// Every metric of every rung with its interval.
fn metrics(view: &View) -> Table {
    let language = view.voice.language;
    let order = ["mae", "mse", "rmse", "mape", "smape", "mase", "mae_range"];
    let mut names: Vec<&str> =
        order.into_iter().filter(|m| view.report.rungs.iter().any(|r| r.test.contains_key(*m))).collect();
    for rung in &view.report.rungs {
        names.extend(rung.test.keys().map(String::as_str).filter(|k| !order.contains(k)));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|n| seen.insert(*n));
    let mut head = vec![view.t("col-rung", &[])];
    head.extend(names.iter().map(|n| {
        let name = text::metric_name(n, language);
        match (*n, view.unit) {
            ("mape" | "smape" | "mae_range", _) => format!("{name} (%)"),
            ("mae" | "rmse", unit) if !unit.is_empty() => format!("{name} ({unit})"),
            _ => name,
        }
    }));
    head.push(view.t("col-memory", &[]));
    head.push(view.t("col-verdict", &[]));
    let mut table = Table::new(head);
    for (i, rung) in view.report.rungs.iter().enumerate() {
        let mut row = vec![view.titles[i].clone()];
        row.extend(names.iter().map(|name| match rung.test.get(*name) {
            Some(m) => {
                let digits = text::decimals(m.value, 3);
                let write = |v: f64| text::number(v, digits, language);
                format!("{} ({})", write(m.value), text::range(&write(m.low), &write(m.high), language))
            }
            None => text::MISSING.to_string(),
        }));
        row.push(text::bytes(rung.peak_memory, language));
        row.push(text::verdict_short(&rung.verdict, language));
        table.push(row);
    }
    table
}
