//! The rungs on a common axis with their cost, and quality against cost.

use serde::Serialize;

use super::{Figure, Table, View};
use crate::model::{Interval, Pair, Role, RungReport, VerdictKind};
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
    tried: Vec<(String, Table)>,
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

/// The second metric of a row.
fn extra(view: &View, rung: &RungReport) -> String {
    let language = view.voice.language;
    let Some(metric) = text::second_metric(view.report) else { return String::new() };
    let Some(m) = rung.test.get(metric).filter(|m| m.value.is_finite()) else { return String::new() };
    let figure = text::second_figure(metric, m.value, language);
    if text::in_percent(metric) {
        figure
    } else if text::in_bits(metric) {
        view.t("lines-bits-short", &[("bits", figure)])
    } else {
        format!("{} {figure}", text::metric_name(metric, language))
    }
}

/// Range of the common axis: from zero, but where all rungs are near each other from just below the best.
fn axis(view: &View) -> (f64, f64) {
    let values = || view.report.rungs.iter().filter_map(|rung| view.error(rung));
    let cap = cut_above(values().map(|m| m.value)).unwrap_or(f64::INFINITY);
    let ends = values().filter(|m| m.value <= cap).flat_map(|m| [m.value, m.drawn().0, m.drawn().1]);
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
    let (report, language) = (view.report, view.voice.language);
    let (low, high) = axis(view);
    let scale = svg::Scale::linear(low, high, 0.0, 100.0);
    let at = |value: f64| format!("{:.2}", scale.at(value).clamp(0.0, 100.0));
    let signed = |v: f64| text::signed(v, view.digits, language);
    let best = report.best_rung();
    let rows = report.rungs.iter().enumerate().map(|(i, rung)| {
        let value = view.error(rung);
        let pair = text::pair_against(&report.pairs, &rung.name, &best.name).filter(|_| i != report.best);
        let seconds = text::fit_seconds(rung);
        let width = |m: Interval| (scale.at(m.drawn().1) - scale.at(m.drawn().0)).clamp(0.0, 100.0);
        let write = |of: &dyn Fn(Interval) -> String| value.map_or(String::new(), of);
        Row {
            title: view.titles[i].clone(),
            chosen: i == report.best,
            tie: pair.as_ref().is_some_and(Pair::tie),
            off: value.is_some_and(|m| m.value > high),
            difference: pair.as_ref().map_or(String::new(), |p| signed(p.difference)),
            difference_range: pair
                .map_or(String::new(), |p| text::range(&signed(p.low), &signed(p.high), language)),
            value: value.map_or(text::MISSING.to_string(), |m| view.value(m.value)),
            interval: write(&|m| view.range(m.low, m.high)),
            at: write(&|m| at(m.value)),
            from: write(&|m| at(m.drawn().0)),
            span: write(&|m| format!("{:.2}", width(m))),
            extra: extra(view, rung),
            fit: none_if(seconds == 0.0, || text::duration(seconds, language)),
            parameters: none_if(rung.parameters == 0, || text::count(rung.parameters, language)),
            answer: text::microseconds(rung.predict_us, language),
        }
    });
    let rows: Vec<Row> = rows.collect();
    let (ticks, decimals) = svg::ticks(low, high, 5);
    let see = match (low > 0.0, rows.iter().any(|row| row.off)) {
        (true, _) => "ladder-see-cut",
        (_, true) => "ladder-see-off",
        _ => "ladder-see",
    };
    let n = [("n", view.voice.count(text::judged(report)))];
    let judged = view.by_task("judged-windows", "judged-tokens", "judged-cases", &n);
    let metric = view.metric();
    let titled = text::sentence_case(&metric);
    let errors = view.t("col-error", &[]);
    Ladder {
        lead: lead(view),
        see: view.t(see, &[("judged", judged), ("metric", metric.clone())]),
        axis_title: if view.unit.is_empty() { metric } else { format!("{metric}, {}", view.unit) },
        ticks: ticks.iter().map(|&v| (at(v), text::number(v, decimals, language))).collect(),
        rows,
        best_at: view.error(best).map_or(String::new(), |m| at(m.value)),
        error_title: if report.forecast().is_some() { errors } else { titled },
        answer_title: view.by_task("col-answer", "col-token", "col-one-answer", &[]),
        cost: cost_figure(view),
        metrics: metrics(view),
        tried: tried(view),
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
            && rungs[i].role == Role::Learned
            && largest.is_none_or(|(_, _, gain)| before - error > gain)
        {
            largest = Some((from, i, before - error));
        }
        if best_before.is_none_or(|(_, before)| error < before) {
            best_before = Some((i, error));
        }
    }
    let Some((from, to, gain)) = largest.filter(|(_, _, gain)| *gain > 0.0) else {
        return view.t("ladder-lead-flat", &[]);
    };
    let args =
        [("from", view.phrases[from].clone()), ("to", view.phrases[to].clone()), ("gain", view.value(gain))];
    view.by_task("ladder-lead", "model-lead", "ladder-lead", &args)
}

fn cost_figure(view: &View) -> Figure {
    let language = view.voice.language;
    let points: Vec<CostPoint> = view
        .report
        .rungs
        .iter()
        .enumerate()
        .filter_map(|(i, rung)| {
            let (m, seconds) = (view.error(rung)?, text::fit_seconds(rung));
            let cost = text::duration(seconds, language);
            Some(CostPoint {
                title: view.titles[i].clone(),
                seconds,
                error: m.value,
                low: m.drawn().0,
                high: m.drawn().1,
                chosen: i == view.report.best,
                hint: format!("{}: {}, {cost}", view.titles[i], view.value(m.value)),
            })
        })
        .collect();
    let metric = view.metric();
    let mut table = Table::new(vec![view.t("col-rung", &[]), view.t("col-fit", &[]), metric.clone()]);
    for p in &points {
        table.push(vec![p.title.clone(), text::duration(p.seconds, language), view.value(p.error)]);
    }
    let title = view.by_task("cost-title", "cost-title-model", "cost-title-model", &[]);
    Figure::draw("full", title, view.t("cost-see", &[]), Some(table), &|words, width| {
        cost(words, &points, &metric, view.unit, width, language)
    })
}

/// Every metric of every rung with its interval, and what else is known of all.
fn metrics(view: &View) -> Table {
    let language = view.voice.language;
    let rungs = &view.report.rungs;
    let known = rungs.iter().flat_map(|rung| rung.test.keys());
    let mut names: Vec<&str> = Vec::new();
    for name in view.report.metrics.iter().chain(known).map(String::as_str) {
        if !names.contains(&name) && rungs.iter().any(|rung| rung.test.contains_key(name)) {
            names.push(name);
        }
    }
    let mut head = vec![view.t("col-rung", &[])];
    head.extend(names.iter().map(|n| {
        let name = text::metric_name(n, language);
        match view.unit {
            _ if text::in_percent(n) => format!("{name} (%)"),
            unit if text::in_unit(n) && !unit.is_empty() => format!("{name} ({unit})"),
            _ => name,
        }
    }));
    type Column<'a> = (&'static str, &'a dyn Fn(&RungReport) -> Option<String>);
    let columns: [Column; 4] = [
        ("col-smoothing", &|rung| Some(rung.words()?.smoothing.clone()).filter(|name| !name.is_empty())),
        ("col-size", &|rung| Some(rung.words()?.bytes).filter(|b| *b > 0).map(|b| text::bytes(b, language))),
        ("col-memory", &|rung| Some(rung.peak_memory).filter(|b| *b > 0).map(|b| text::bytes(b, language))),
        ("col-verdict", &|rung| {
            let curves = rungs.iter().any(|rung| rung.verdict.kind != VerdictKind::NoCurve);
            curves.then(|| text::verdict_short(&rung.verdict, language))
        }),
    ];
    let columns: Vec<&Column> =
        columns.iter().filter(|(_, of)| rungs.iter().any(|r| of(r).is_some())).collect();
    head.extend(columns.iter().map(|(key, _)| view.t(key, &[])));
    let mut table = Table::new(head);
    for (title, rung) in view.titles.iter().zip(rungs) {
        let mut row = vec![title.clone()];
        row.extend(names.iter().map(|name| match rung.test.get(*name) {
            Some(m) => {
                let digits = text::decimals(m.value, text::metric_figures(name));
                let write = |v: f64| text::number(v, digits, language);
                format!("{} ({})", write(m.value), text::range(&write(m.low), &write(m.high), language))
            }
            None => text::MISSING.to_string(),
        }));
        row.extend(columns.iter().map(|(_, of)| of(rung).unwrap_or(text::MISSING.to_string())));
        table.push(row);
    }
    table
}

/// What each rung was chosen from on the validation part, where there was a choice.
fn tried(view: &View) -> Vec<(String, Table)> {
    let language = view.voice.language;
    let several = view.report.rungs.iter().zip(&view.titles).filter(|(rung, _)| rung.tried.len() > 1);
    several
        .map(|(rung, title)| {
            let mut keys: Vec<&str> = Vec::new();
            for fact in rung.tried.iter().flat_map(|tried| &tried.setting) {
                if !keys.contains(&fact.key.as_str()) {
                    keys.push(&fact.key);
                }
            }
            let heads = keys.iter().map(|key| text::spoken("training", key, language));
            let trained = rung.tried.iter().any(|tried| tried.train.is_some());
            let more =
                trained.then(|| [view.t("col-on-train", &[]), view.t("col-gap", &[])]).into_iter().flatten();
            let mut table = Table::new(heads.chain([view.metric()]).chain(more).collect());
            for tried in &rung.tried {
                let said = |key: &str| tried.setting.iter().find(|fact| fact.key == key);
                let mut row: Vec<String> = keys
                    .iter()
                    .map(|key| said(key).map_or(text::MISSING.to_string(), |fact| fact.value.clone()))
                    .collect();
                let figure = |v: f64| view.voice.significant(v, text::metric_figures(&view.report.metric));
                row.push(figure(tried.value));
                if trained {
                    let of = |v: Option<f64>| v.map_or(text::MISSING.to_string(), figure);
                    row.extend([of(tried.train), of(tried.train.map(|train| tried.value - train))]);
                }
                table.push(row);
            }
            (view.t("tried-title", &[("rung", title.clone())]), table)
        })
        .collect()
}
