//! A typical, a good and the worst day, and a picker for others.

use serde::Serialize;

use super::blocks::PHONE;
use super::{Readings, Table};
use crate::model::{DayExample, DayKind};
use crate::picture::{self, Words};
use crate::text;

/// Bytes that the days behind the picker may take together; beyond it they are thinned evenly.
const PICKER_BYTES: usize = 380_000;

#[derive(Serialize)]
pub(crate) struct Days {
    see: String,
    cards: Vec<Card>,
    others: Vec<Card>,
}

#[derive(Serialize, Clone)]
struct Card {
    kind: String,
    title: String,
    error: String,
    svg: String,
    table: Table,
}

pub(crate) fn days(view: &Readings, days: &[DayExample]) -> Days {
    let shown = |d: &&DayExample| d.kind != DayKind::Other;
    let cards = days.iter().filter(shown).map(|d| card(view, d)).collect();
    let mut picked: Vec<&DayExample> = days.iter().filter(|d| d.kind == DayKind::Other).collect();
    picked.sort_by(|a, b| {
        let key = |d: &DayExample| d.times.first().copied().unwrap_or(0);
        key(a).cmp(&key(b)).then_with(|| a.series.cmp(&b.series)).then_with(|| a.target.cmp(&b.target))
    });
    let mut others: Vec<Card> = picked.into_iter().map(|d| card(view, d)).collect();
    let size =
        |c: &Card| c.svg.len() + c.table.rows.iter().flatten().map(|cell| cell.len() + 9).sum::<usize>();
    let total: usize = others.iter().map(size).sum();
    let every = total.div_ceil(PICKER_BYTES).max(1);
    others = others.into_iter().step_by(every).collect();
    let naive = naive_label(view);
    let level = view.voice.percent(view.protocol.interval_level, 0);
    Days { see: view.t("days-see", &[("level", level), ("naive", naive)]), cards, others }
}

/// What the dashed line is called at its end.
fn naive_label(view: &Readings) -> String {
    view.t(if view.step.has_hours() { "day-naive-yesterday" } else { "day-naive-season" }, &[])
}

fn card(view: &Readings, day: &DayExample) -> Card {
    let voice = &view.voice;
    let mut title = match day.times.first() {
        Some(&first) if view.step.has_clock() => text::date_weekday(first, voice.zone, voice.language),
        Some(&first) => view.t("row-number", &[("n", voice.number(first as f64, 0))]),
        None => text::MISSING.to_string(),
    };
    if view.step.has_hours()
        && let Some(m) = day.times.first().and_then(|&ms| text::moment(ms, voice.zone))
        && (m.hour, m.minute) != (0, 0)
    {
        title = text::date_time(day.times[0], voice.zone, voice.language);
    }
    let mut names = Vec::new();
    if let Some(series) = &day.series {
        names.push(series.clone());
    }
    if view.data.targets.len() > 1 {
        names.push(day.target.clone());
    }
    if !names.is_empty() {
        title = format!("{title} · {}", names.join(" · "));
    }
    let kind = match day.kind {
        DayKind::Typical => "day-typical",
        DayKind::Good => "day-good",
        DayKind::Worst => "day-worst",
        DayKind::Other => "day-other",
    };
    let kind = view.t(kind, &[]);
    let error = view.t("day-error", &[("error", view.level(day.mae))]);
    let empty = Vec::new();
    let forecast = day.forecasts.first();
    let drawn = picture::Day {
        words: Words { title: format!("{kind}, {title}"), description: error.clone() },
        times: &day.times,
        zone: voice.zone,
        step: view.step,
        history: &day.history,
        truth: &day.truth,
        naive: &day.naive,
        value: forecast.map_or(&empty, |f| &f.value),
        low: forecast.map_or(&empty, |f| &f.low),
        high: forecast.map_or(&empty, |f| &f.high),
        naive_label: naive_label(view),
        unit: &view.data.unit,
    };
    let svg = picture::day(&drawn, PHONE - 20.0, voice.language);
    Card { kind, title, error, svg, table: table(view, day, &drawn) }
}

fn table(view: &Readings, day: &DayExample, drawn: &picture::Day) -> Table {
    let voice = &view.voice;
    let all = drawn.value.iter().chain(drawn.naive).copied();
    let (low, high) = picture::extent(all).unwrap_or((0.0, 1.0));
    let digits = text::decimals(low.abs().max(high.abs()), 4);
    let write = |v: Option<f64>| voice.number(v.unwrap_or(f64::NAN), digits);
    let keys = ["col-time", "day-truth", "day-forecast", "col-interval"];
    let mut head: Vec<String> = keys.iter().map(|k| view.t(k, &[])).collect();
    head.push(drawn.naive_label.clone());
    // Days that carry the other rungs too show them here, where they do not crowd the picture.
    let others: Vec<_> = day.forecasts.iter().skip(1).collect();
    head.extend(others.iter().map(|f| {
        let rung = view.report.rungs.iter().position(|r| r.name == f.rung);
        rung.map_or_else(|| text::rung_title(&f.rung, voice.language), |i| view.titles[i].clone())
    }));
    let mut table = Table::new(head);
    let rows = day.times.len().max(drawn.value.len());
    for i in 0..rows {
        let time = match (day.times.get(i), view.step.has_clock()) {
            (Some(&ms), true) if view.step.has_hours() => match text::moment(ms, voice.zone) {
                Some(m) if i == 0 || (m.hour, m.minute) == (0, 0) => {
                    text::date_time(ms, voice.zone, voice.language)
                }
                Some(m) => format!("{:02}:{:02}", m.hour, m.minute),
                None => text::MISSING.to_string(),
            },
            (Some(&ms), true) => text::date(ms, voice.zone, voice.language),
            _ => format!("+{}", i + 1),
        };
        let range = match (drawn.low.get(i), drawn.high.get(i)) {
            (Some(&a), Some(&b)) => text::range(&write(Some(a)), &write(Some(b)), voice.language),
            _ => text::MISSING.to_string(),
        };
        let truth = day.truth.get(i).copied().flatten();
        let mut row = vec![
            time,
            write(truth),
            write(drawn.value.get(i).copied()),
            range,
            write(drawn.naive.get(i).copied()),
        ];
        row.extend(others.iter().map(|f| write(f.value.get(i).copied())));
        table.push(row);
    }
    table
}
