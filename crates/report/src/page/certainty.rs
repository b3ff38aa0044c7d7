//! How sure it is: promised against measured coverage, the width of the interval, and the quantiles against what came true.

use serde::Serialize;

use super::{Figure, Readings, Table};
use crate::picture::{self, Diagonal, Lines, Series};
use crate::text;

#[derive(Serialize)]
pub(crate) struct Certainty {
    lead: String,
    figures: Vec<Figure>,
    table: Table,
    chosen: usize,
    warnings: Option<Limited>,
}

/// Warnings of a limit, rung by rung.
#[derive(Serialize)]
struct Limited {
    see: String,
    table: Table,
}

pub(crate) fn certainty(view: &Readings) -> Certainty {
    let (best, voice) = (view.best, &view.voice);
    let args = [
        ("promised", voice.percent(view.protocol.interval_level, 0)),
        ("measured", voice.percent(best.coverage, 1)),
        ("width", text::with_unit(&voice.significant(best.width, 3), view.unit)),
    ];
    let scores: Vec<&str> = ["crps", "wql", "sql"]
        .into_iter()
        .filter(|name| view.report.rungs.iter().any(|rung| rung.test.contains_key(*name)))
        .collect();
    let mut table = view.columns(&["col-rung", "col-coverage", "col-width", "col-pinball"]);
    table.head.extend(scores.iter().map(|name| text::metric_name(name, voice.language)));
    let mut chosen = usize::MAX;
    for (i, rung) in view.details() {
        if i == view.report.best {
            chosen = table.rows.len();
        }
        let mut row = vec![
            view.titles[i].clone(),
            voice.percent(rung.coverage, 1),
            view.level(rung.width),
            view.level(rung.pinball),
        ];
        row.extend(scores.iter().map(|name| {
            let value = view.report.rungs[i].test.get(*name).map_or(f64::NAN, |score| score.value);
            if *name == "crps" { view.level(value) } else { voice.number(value, 4) }
        }));
        table.push(row);
    }
    let figures = [coverage(view), width(view), calibration(view)].into_iter().flatten().collect();
    let lead =
        if best.coverage.is_finite() && best.width.is_finite() { "certainty-lead" } else { "certainty-none" };
    Certainty { lead: view.t(lead, &args), figures, table, chosen, warnings: warnings(view) }
}

fn warnings(view: &Readings) -> Option<Limited> {
    let (best, voice) = (view.best.warnings.as_ref()?, &view.voice);
    let mut table = view.columns(&[
        "col-rung",
        "col-warned",
        "col-hits",
        "col-precision-warned",
        "col-recall-warned",
        "col-f-beta",
        "col-cost-warned",
        "col-threshold",
    ]);
    let share = |value: Option<f64>| value.map_or(text::MISSING.into(), |v| voice.percent(v, 1));
    let figure = |value: Option<f64>| value.map_or(text::MISSING.into(), |v| voice.number(v, 3));
    for (i, rung) in view.details() {
        let Some(w) = &rung.warnings else { continue };
        table.push(vec![
            view.titles[i].clone(),
            voice.count(w.warned as usize),
            voice.count(w.hits as usize),
            share(w.precision),
            share(w.recall),
            figure(w.f_beta),
            figure(w.cost),
            voice.percent(w.threshold, 1),
        ]);
    }
    // Both were written by people: whole numbers stay so.
    let plain = |v: f64| voice.number(v, if v.fract() == 0.0 { 0 } else { 2 });
    let args = [
        ("limit", text::with_unit(&plain(best.limit), &view.data.unit)),
        ("above", voice.count(best.above as usize)),
        ("readings", voice.count(best.readings as usize)),
        ("cost", plain(best.miss_cost)),
    ];
    let mut see = view.t(if best.above > 0 { "limit-see" } else { "limit-never" }, &args);
    if !best.chosen {
        see = format!("{see} {}", view.t("limit-not-chosen", &[]));
    }
    Some(Limited { see, table })
}

fn lines(view: &Readings, values: &[f64], key: &str, coverage: bool) -> Option<Figure> {
    if values.iter().filter(|v| v.is_finite()).count() < 2 {
        return None;
    }
    let (xs, x_title) = view.ahead(values.len());
    let write = |v: f64| if coverage { view.voice.percent(v, 1) } else { view.bare(v) };
    let name = view.t(if coverage { "coverage-measured" } else { "width-line" }, &[]);
    let mut table = Table::new(vec![x_title.clone(), name.clone()]);
    for (x, v) in xs.iter().zip(values) {
        table.push(vec![view.voice.number(*x, if x.fract() == 0.0 { 0 } else { 2 }), write(*v)]);
    }
    let level = view.protocol.interval_level;
    let promise = view.t("coverage-promised", &[("level", view.voice.percent(level, 0))]);
    let (least, _) = picture::extent(values.iter().copied())?;
    let (title, see) = (view.t(&format!("{key}-title"), &[]), view.t(&format!("{key}-see"), &[]));
    Some(Figure::draw("half", title, see, Some(table), &|words, width| {
        let lines = Lines {
            words: words.clone(),
            series: vec![Series { title: name.clone(), values: values.to_vec(), chosen: true }],
            xs: xs.clone(),
            x_title: x_title.clone(),
            y_title: String::new(),
            unit: if coverage { String::new() } else { view.unit.to_string() },
            from: Some(if coverage { (least.min(level) - 0.1).clamp(0.0, 0.7) } else { 0.0 }),
            to: coverage.then_some(1.0),
            rule: coverage.then(|| (level, promise.clone())),
            percent: coverage,
        };
        picture::lines(&lines, width, view.voice.language)
    }))
}

fn coverage(view: &Readings) -> Option<Figure> {
    lines(view, &view.best.coverage_by_step, "coverage", true)
}

fn width(view: &Readings) -> Option<Figure> {
    lines(view, &view.best.width_by_step, "width", false)
}

/// Nominal levels against the shares of truths that were not above the quantiles.
fn calibration(view: &Readings) -> Option<Figure> {
    let all = &view.best.calibration;
    if all.is_empty() {
        return None;
    }
    let (voice, titles) = (&view.voice, [view.t("axis-level", &[]), view.t("axis-below", &[])]);
    let mut table = Table::new(titles.to_vec());
    for quantile in all {
        // Levels such as 97.5 % need their decimal.
        let decimals = usize::from((1000.0 * quantile.level).round() % 10.0 != 0.0);
        table.push(vec![voice.percent(quantile.level, decimals), voice.percent(quantile.below, 1)]);
    }
    let worst = all.iter().map(|q| (q.below - q.level).abs()).fold(0.0, f64::max);
    let see = view.t("quantiles-see", &[("worst", voice.number(100.0 * worst, 1))]);
    Some(Figure::draw("half", view.t("quantiles-title", &[]), see, Some(table), &|words, width| {
        let [x_title, y_title] = titles.clone();
        let diagonal = Diagonal {
            words: words.clone(),
            points: all.iter().map(|q| (q.level, q.below)).collect(),
            line: true,
            x_title,
            y_title,
            shares: true,
        };
        picture::diagonal(&diagonal, width, voice.language)
    }))
}
