//! Where it errs: by rows ahead, by weekday and hour, on which days, to which side.

use serde::Serialize;

use super::answer::{WEEKDAYS_LONG, worst_hour};
use super::{Figure, Readings, Table};
use crate::model::{Chapter, DayNote, ForecastDetail};
use crate::picture::{self, Heat, Lines, Series};
use crate::text::{self, WEEKDAYS};

#[derive(Serialize)]
pub(crate) struct Errors {
    steps: Option<Figure>,
    heat: Option<Figure>,
    sides: Vec<Figure>,
    peaks: Option<Peaks>,
    worst: Option<Worst>,
}

#[derive(Serialize)]
struct Peaks {
    see: String,
    table: Table,
    chosen: usize,
}

#[derive(Serialize)]
struct Worst {
    see: String,
    table: Table,
}

pub(crate) fn errors(view: &Readings) -> Errors {
    let best = view.best;
    Errors {
        steps: by_step(view),
        heat: by_hour(view, best).or_else(|| by_weekday(view, best)),
        sides: [residuals(view, best), bias(view, best)].into_iter().flatten().collect(),
        peaks: peaks(view),
        worst: worst(view, best),
    }
}

/// One line a rung over the rows ahead.
fn by_step(view: &Readings) -> Option<Figure> {
    let series: Vec<Series> = view
        .details()
        .filter(|(_, rung)| rung.mae_by_step.iter().filter(|v| v.is_finite()).count() > 1)
        .map(|(i, rung)| Series {
            title: view.titles[i].clone(),
            values: rung.mae_by_step.clone(),
            chosen: i == view.report.best,
        })
        .collect();
    let rows = series.iter().map(|s| s.values.len()).max()?;
    let (xs, x_title) = view.ahead(rows);
    let mut head = vec![x_title.clone()];
    head.extend(series.iter().map(|s| s.title.clone()));
    let mut table = Table::new(head);
    for (i, x) in xs.iter().enumerate() {
        let mut row = vec![view.voice.number(*x, if x.fract() == 0.0 { 0 } else { 2 })];
        row.extend(series.iter().map(|s| view.bare(s.values.get(i).copied().unwrap_or(f64::NAN))));
        table.push(row);
    }
    let title = view.t("errors-steps-title", &[]);
    let see = view.t("errors-steps-see", &[("rung", view.best_phrase())]);
    Some(Figure::draw("full", title, see, Some(table), &|words, width| {
        let lines = Lines {
            words: words.clone(),
            series: series.clone(),
            xs: xs.clone(),
            x_title: x_title.clone(),
            y_title: String::new(),
            unit: view.unit.to_string(),
            from: Some(0.0),
            to: None,
            rule: None,
            percent: false,
        };
        picture::lines(&lines, width, view.voice.language)
    }))
}

fn by_hour(view: &Readings, best: &ForecastDetail) -> Option<Figure> {
    let (weekday, hour, error) = worst_hour(&best.mae_by_weekday_hour)?;
    let names: Vec<String> = WEEKDAYS.iter().map(|k| view.t(k, &[])).collect();
    let hours = best.mae_by_weekday_hour.iter().map(Vec::len).max().unwrap_or(0);
    let mut head = vec![view.t("col-weekday", &[])];
    head.extend((0..hours).map(|h| format!("{h:02}")));
    let mut table = Table::new(head);
    for (row, name) in best.mae_by_weekday_hour.iter().zip(&names) {
        let mut cells = vec![name.clone()];
        cells.extend(row.iter().map(|v| text::significant(*v, 3, view.voice.language)));
        table.push(cells);
    }
    let args = [
        ("weekday", view.t(WEEKDAYS_LONG[weekday.min(6)], &[])),
        ("hour", text::clock_hour(hour, view.voice.language)),
        ("error", view.level(error)),
    ];
    let (title, see) = (view.t("heat-title", &[]), view.t("heat-see", &args));
    Some(Figure::draw("full", title, see, Some(table), &|words, width| {
        let heat = Heat {
            words: words.clone(),
            rows: &best.mae_by_weekday_hour,
            row_names: names.clone(),
            write: &|v| view.level(v),
        };
        picture::heat(&heat, width, view.voice.language)
    }))
}

fn by_weekday(view: &Readings, best: &ForecastDetail) -> Option<Figure> {
    let bars: Vec<(String, f64)> =
        WEEKDAYS_LONG.iter().zip(&best.mae_by_weekday).map(|(k, v)| (view.t(k, &[]), *v)).collect();
    let worst = bars.iter().filter(|b| b.1.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let args = [("weekday", worst.0.clone()), ("error", view.level(worst.1))];
    let mut table = Table::new(vec![view.t("col-weekday", &[]), view.t("col-error", &[])]);
    for (name, value) in &bars {
        table.push(vec![name.clone(), view.level(*value)]);
    }
    let (title, see) = (view.t("weekday-title", &[]), view.t("weekday-see", &args));
    Some(Figure::draw("half", title, see, Some(table), &|words, width| {
        picture::bars(words, &bars, &|v| view.level(v), width)
    }))
}

fn residuals(view: &Readings, best: &ForecastDetail) -> Option<Figure> {
    let whole = best.residual_edges.len() == best.residual_counts.len() + 1;
    if !whole || best.residual_counts.iter().all(|c| *c == 0) {
        return None;
    }
    let mut table = view.columns(&["col-from", "col-to", "col-count"]);
    for (edges, count) in best.residual_edges.windows(2).zip(&best.residual_counts) {
        table.push(vec![view.bare(edges[0]), view.bare(edges[1]), view.voice.number(*count as f64, 0)]);
    }
    let (title, see) = (view.t("residual-title", &[]), view.t("residual-see", &[]));
    Some(Figure::draw("half", title, see, Some(table), &|words, width| {
        picture::histogram(
            words,
            &best.residual_edges,
            &best.residual_counts,
            view.unit,
            width,
            view.voice.language,
        )
    }))
}

fn bias(view: &Readings, best: &ForecastDetail) -> Option<Figure> {
    if best.bias_by_step.iter().filter(|v| v.is_finite()).count() < 2 {
        return None;
    }
    let (xs, x_title) = view.ahead(best.bias_by_step.len());
    let mut table = Table::new(vec![x_title.clone(), view.t("col-bias", &[])]);
    for (x, v) in xs.iter().zip(&best.bias_by_step) {
        let digits = if x.fract() == 0.0 { 0 } else { 2 };
        table.push(vec![view.voice.number(*x, digits), text::signed(*v, view.digits, view.voice.language)]);
    }
    // The same axis as the errors themselves, so that a small bias looks small.
    let reach = best
        .mae_by_step
        .iter()
        .chain(&best.bias_by_step)
        .filter(|v| v.is_finite())
        .fold(0.0, |m: f64, v| m.max(v.abs()));
    let (title, see) = (view.t("bias-title", &[]), view.t("bias-see", &[]));
    Some(Figure::draw("half", title, see, Some(table), &|words, width| {
        let lines = Lines {
            words: words.clone(),
            series: vec![Series {
                title: view.t("bias-line", &[]),
                values: best.bias_by_step.clone(),
                chosen: true,
            }],
            xs: xs.clone(),
            x_title: x_title.clone(),
            y_title: String::new(),
            unit: view.unit.to_string(),
            from: Some(-reach),
            to: Some(reach),
            rule: Some((0.0, String::new())),
            percent: false,
        };
        picture::lines(&lines, width, view.voice.language)
    }))
}

fn peaks(view: &Readings) -> Option<Peaks> {
    let mut table = view.columns(&[
        "col-rung",
        "col-peak-height",
        "col-peak-percent",
        "col-peak-time",
        "col-peak-hit",
        "col-days",
    ]);
    let mut chosen = usize::MAX;
    let language = view.voice.language;
    for (i, rung) in view.details() {
        let Some(peak) = &rung.peak else { continue };
        if i == view.report.best {
            chosen = table.rows.len();
        }
        table.push(vec![
            view.titles[i].clone(),
            view.level(peak.height_mae),
            text::with_percent(&text::number(peak.height_mape, 2, language), language),
            view.step.length((peak.time_mae * 10.0).round() / 10.0, language),
            view.voice.percent(peak.time_hit, 0),
            view.voice.count(peak.days),
        ]);
    }
    let peak = view.best.peak.as_ref()?;
    let args = [
        ("height", view.level(peak.height_mae)),
        ("time", view.step.length((peak.time_mae * 10.0).round() / 10.0, language)),
        ("hit", view.voice.percent(peak.time_hit, 0)),
    ];
    let mut see = view.t("peak-see", &args);
    if let Some(month) = &view.best.peak_month {
        let args = [
            ("height", view.level(month.height_mae)),
            ("percent", text::with_percent(&text::number(month.height_mape, 2, language), language)),
            ("hit", view.voice.percent(month.day_hit, 0)),
            ("months", view.voice.count(month.months)),
        ];
        see = format!("{see} {}", view.t("peak-month", &args));
    }
    Some(Peaks { see, table, chosen })
}

fn worst(view: &Readings, best: &ForecastDetail) -> Option<Worst> {
    if best.worst_days.is_empty() {
        return None;
    }
    let voice = &view.voice;
    let mut table = view.columns(&["col-day", "col-error", "col-mean", "col-special"]);
    for day in &best.worst_days {
        let date = if view.step.has_clock() {
            text::date_weekday(day.origin, voice.zone, voice.language)
        } else {
            view.t("row-number", &[("n", voice.number(day.origin as f64, 0))])
        };
        let mut notes: Vec<String> = day.notes.iter().map(|n| note(view, n)).collect();
        if notes.is_empty() {
            notes.push(view.t("note-none", &[]));
        }
        table.push(vec![date, view.level(day.mae), view.level(day.mean), notes.join("; ")]);
    }
    let days = voice.count(best.worst_days.len());
    Some(Worst { see: view.t("worst-see", &[("days", days)]), table })
}

fn note(view: &Readings, note: &DayNote) -> String {
    match note {
        DayNote::Holiday { name } => view.t("note-holiday", &[("name", view.holiday(name))]),
        DayNote::NearHoliday { name } => view.t("note-near-holiday", &[("name", view.holiday(name))]),
        DayNote::Extreme { column, value, high } => {
            let args = [("column", column.clone()), ("value", view.covariate(column, *value))];
            view.t(if *high { "note-high" } else { "note-low" }, &args)
        }
        DayNote::Jump { percent } => {
            let size = [("percent", view.voice.percent(percent.abs() / 100.0, 0))];
            view.t(if *percent < 0.0 { "note-fall" } else { "note-rise" }, &size)
        }
        DayNote::Stuck => view.t("note-stuck", &[]),
    }
}

impl Readings<'_> {
    /// A value of a column, in its unit and no finer than a hundredth of its deviation.
    fn covariate(&self, column: &str, value: f64) -> String {
        let table = self.report.chapters.iter().find_map(|chapter| match chapter {
            Chapter::Data(data) => Some(&data.profile),
            _ => None,
        });
        let known = table.and_then(|profile| profile.columns.iter().find(|c| c.name == column));
        let deviation = known.and_then(|c| c.numbers.as_ref()?.deviation).filter(|d| *d > 0.0);
        let digits = text::decimals(deviation.unwrap_or(value), 3);
        let unit = known.and_then(|c| c.unit.as_deref()).unwrap_or_default();
        text::with_unit(&self.voice.number(value, digits), unit)
    }

    /// A holiday's name in the reader's language where the catalogue knows it.
    fn holiday(&self, name: &str) -> String {
        let plain: String = name.chars().filter(|c| *c != '\'' && *c != '’' && *c != '.').collect();
        let key = format!("holiday-{}", plain.to_lowercase().replace(' ', "-"));
        if text::has_message(&key) { self.t(&key, &[]) } else { name.to_string() }
    }
}
