//! Chapter 2: the rungs on a common axis with their cost, and quality against cost.

use serde::Serialize;

use super::{Figure, Table, View, Voice};
use crate::model::{Interval, Pair};
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
    /// Title of the column of the metric.
    error_title: String,
    /// Title of the column of costs of an answer.
    answer_title: String,
    cost: Figure,
    metrics: Table,
}

/// A rung as this chapter needs it, whatever its task.
pub(crate) struct Entry {
    pub title: String,
    pub value: Option<Interval>,
    /// Against the chosen rung.
    pub pair: Option<Pair>,
    /// A second figure.
    pub extra: String,
    /// Seconds to fit; 0 where there is nothing to fit.
    pub seconds: f64,
    pub parameters: usize,
    pub answer: String,
}

/// What is drawn.
pub(crate) struct Frame<'a> {
    pub voice: Voice<'a>,
    pub entries: Vec<Entry>,
    /// Index of the chosen rung.
    pub best: usize,
    pub unit: &'a str,
    /// Decimals of the metric.
    pub digits: usize,
    pub metric: String,
    pub lead: String,
    /// On what was judged, with its count.
    pub judged: String,
    pub error_title: String,
    pub answer_title: String,
    pub cost_title: String,
    pub metrics: Table,
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
fn axis(frame: &Frame) -> (f64, f64) {
    let values = || frame.entries.iter().filter_map(|e| e.value);
    let cap = cut_above(values().map(|m| m.value)).unwrap_or(f64::INFINITY);
    let ends = values().filter(|m| m.value <= cap).flat_map(|m| [m.value, m.low, m.high]);
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
    let best = report.best_rung();
    let entries = report
        .rungs
        .iter()
        .enumerate()
        .map(|(i, rung)| Entry {
            title: view.titles[i].clone(),
            value: view.error(rung),
            pair: text::pair_against(&report.pairs, &rung.name, &best.name).filter(|_| i != report.best),
            extra: extra(view, rung),
            seconds: text::fit_seconds(rung),
            parameters: rung.parameters,
            answer: text::microseconds(rung.predict_us, voice.language),
        })
        .collect();
    framed(Frame {
        voice: view.voice,
        entries,
        best: report.best,
        unit: view.unit,
        digits: view.digits,
        metric: text::metric_name(&report.metric, voice.language),
        lead: lead(view),
        judged: view.t("judged-windows", &[("windows", voice.count(report.protocol.test.windows))]),
        error_title: view.t("col-error", &[]),
        answer_title: view.t("col-answer", &[]),
        cost_title: view.t("cost-title", &[]),
        metrics: metrics(view),
    })
}

/// Draws the chapter.
pub(crate) fn framed(frame: Frame) -> Ladder {
    let language = frame.voice.language;
    let (low, high) = axis(&frame);
    let scale = svg::Scale::linear(low, high, 0.0, 100.0);
    let at = |value: f64| format!("{:.2}", scale.at(value).clamp(0.0, 100.0));
    let bare = |value: f64| text::number(value, frame.digits, language);
    let signed = |v: f64| text::signed(v, frame.digits, language);
    let rows = frame
        .entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            let (value, pair) = (entry.value, entry.pair.as_ref());
            let interval = |m: Interval| text::range(&bare(m.low), &bare(m.high), language);
            Row {
                title: entry.title.clone(),
                chosen: i == frame.best,
                tie: pair.is_some_and(Pair::tie),
                off: value.is_some_and(|m| m.value > high),
                difference: pair.map_or(String::new(), |p| signed(p.difference)),
                difference_range: pair
                    .map_or(String::new(), |p| text::range(&signed(p.low), &signed(p.high), language)),
                value: value
                    .map_or(text::MISSING.to_string(), |m| text::with_unit(&bare(m.value), frame.unit)),
                interval: value.map_or(String::new(), interval),
                at: value.map_or(String::new(), |m| at(m.value)),
                from: value.map_or(String::new(), |m| at(m.low)),
                span: value.map_or(String::new(), |m| {
                    format!("{:.2}", (scale.at(m.high) - scale.at(m.low)).clamp(0.0, 100.0))
                }),
                extra: entry.extra.clone(),
                fit: none_if(entry.seconds == 0.0, || text::duration(entry.seconds, language)),
                parameters: none_if(entry.parameters == 0, || text::count(entry.parameters, language)),
                answer: entry.answer.clone(),
            }
        })
        .collect();
    let (ticks, decimals) = svg::ticks(low, high, 5);
    let ticks: Vec<(String, String)> =
        ticks.iter().map(|&v| (at(v), text::number(v, decimals, language))).collect();
    let axis_title = if frame.unit.is_empty() {
        frame.metric.clone()
    } else {
        format!("{}, {}", frame.metric, frame.unit)
    };
    let off = frame.entries.iter().filter_map(|e| e.value).any(|m| m.value > high);
    let see = match (low > 0.0, off) {
        (true, _) => "ladder-see-cut",
        (_, true) => "ladder-see-off",
        _ => "ladder-see",
    };
    let best = frame.entries.get(frame.best).and_then(|e| e.value);
    Ladder {
        see: frame.voice.t(see, &[("judged", frame.judged.clone()), ("metric", frame.metric.clone())]),
        axis_title,
        ticks,
        rows,
        best_at: best.map_or(String::new(), |m| at(m.value)),
        cost: cost_figure(&frame),
        lead: frame.lead,
        error_title: frame.error_title,
        answer_title: frame.answer_title,
        metrics: frame.metrics,
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

fn cost_figure(frame: &Frame) -> Figure {
    let voice = &frame.voice;
    let language = voice.language;
    let value = |v: f64| text::with_unit(&text::number(v, frame.digits, language), frame.unit);
    let points: Vec<CostPoint> = frame
        .entries
        .iter()
        .enumerate()
        .filter_map(|(i, entry)| {
            let m = entry.value?;
            let cost = text::duration(entry.seconds, language);
            Some(CostPoint {
                title: entry.title.clone(),
                seconds: entry.seconds,
                error: m.value,
                low: m.low,
                high: m.high,
                chosen: i == frame.best,
                hint: format!("{}: {}, {cost}", entry.title, value(m.value)),
            })
        })
        .collect();
    let mut table = Table::new(vec![voice.t("col-rung", &[]), voice.t("col-fit", &[]), frame.metric.clone()]);
    for p in &points {
        table.push(vec![p.title.clone(), text::duration(p.seconds, language), value(p.error)]);
    }
    let see = voice.t("cost-see", &[]);
    Figure::draw("full", frame.cost_title.clone(), see, Some(table), &|words, width| {
        cost(words, &points, &frame.metric, frame.unit, width, language)
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
