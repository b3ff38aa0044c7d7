//! Chapter 1: the answer, three figures, and when not to trust it.

use serde::Serialize;

use super::View;
use crate::model::DayNote;
use crate::text::{self, WEEKDAYS};

#[derive(Serialize)]
pub(crate) struct Answer {
    pub kicker: String,
    pub deck: String,
    pub sentence: String,
    pub advice: String,
    pub figures: Vec<Stat>,
    pub doubts: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Stat {
    pub value: String,
    pub unit: String,
    pub label: String,
    pub detail: String,
}

pub(crate) fn answer(view: &View) -> Answer {
    let mut sentences = text::answer(view.report, view.voice.language).into_iter();
    Answer {
        kicker: view.t("kicker", &[]),
        deck: deck(view),
        sentence: sentences.next().unwrap_or_default(),
        advice: sentences.collect::<Vec<_>>().join(" "),
        figures: figures(view),
        doubts: doubts(view),
    }
}

/// How much data, how far ahead, judged on how much: the line under the title.
pub(crate) fn deck(view: &View) -> String {
    let (report, voice) = (view.report, &view.voice);
    let mut parts = vec![view.step.readings(report.data.rows, voice.language)];
    if report.data.series > 1 {
        parts.push(view.t("deck-series", &[("n", voice.count(report.data.series))]));
    }
    if report.data.targets.len() > 1 {
        parts.push(view.t("deck-targets", &[("n", voice.count(report.data.targets.len()))]));
    }
    parts.push(
        view.t(
            "deck-ahead",
            &[("horizon", view.step.length(report.protocol.horizon as f64, voice.language))],
        ),
    );
    let windows = voice.count(report.protocol.test.windows);
    let judged = if view.step.has_clock() {
        let test = &report.protocol.test;
        let years = (year(view, test.from), year(view, test.to));
        let span = match years {
            (Some(a), Some(b)) if a == b => view.t("year", &[("year", a.to_string())]),
            (Some(a), Some(b)) => view.t("years-span", &[("from", a.to_string()), ("to", b.to_string())]),
            _ => String::new(),
        };
        view.t("deck-judged-in", &[("windows", windows), ("span", span)])
    } else {
        view.t("deck-judged", &[("windows", windows)])
    };
    parts.push(judged);
    parts.join(" · ")
}

fn year(view: &View, ms: i64) -> Option<i32> {
    text::moment(ms, view.voice.zone).map(|m| m.year)
}

fn figures(view: &View) -> Vec<Stat> {
    let best = view.report.best_rung();
    let language = view.voice.language;
    let mut out = Vec::new();
    let metric = text::metric_name(&view.report.metric, language);
    match view.error(best) {
        Some(error) => out.push(Stat {
            value: view.bare(error.value),
            unit: view.unit.to_string(),
            label: view.t("stat-error", &[("metric", metric)]),
            detail: view.t("stat-interval", &[("range", view.range(error.low, error.high))]),
        }),
        None => out.push(Stat {
            value: text::MISSING.to_string(),
            unit: String::new(),
            label: view.t("stat-error", &[("metric", metric)]),
            detail: String::new(),
        }),
    }
    if let (Some(i), Some(error)) = (view.naive(), view.error(best))
        && let Some(naive) = view.error(&view.report.rungs[i])
    {
        let change = error.value / naive.value - 1.0;
        out.push(Stat {
            value: text::with_percent(&text::signed(change * 100.0, 0, language), language),
            unit: String::new(),
            label: view.t("stat-gain", &[("naive", view.phrases[i].clone())]),
            detail: view.t("stat-gain-detail", &[("value", view.value(naive.value))]),
        });
    }
    out.push(Stat {
        value: text::duration(text::fit_seconds(best), language),
        unit: String::new(),
        label: view.t("stat-cost", &[]),
        detail: view.t(
            "stat-cost-detail",
            &[
                ("parameters", view.voice.count(best.parameters)),
                ("answer", text::microseconds(best.predict_us, language)),
            ],
        ),
    });
    out
}

/// What a careful reader should know before relying on the forecast, from the measured figures alone.
fn doubts(view: &View) -> Vec<String> {
    let (report, voice) = (view.report, &view.voice);
    let best = report.best_rung();
    let mut out = Vec::new();
    if report.protocol.known_ahead {
        out.push(view.t("doubt-known-ahead", &[]));
    }
    let steps: Vec<(usize, f64)> =
        best.mae_by_step.iter().copied().enumerate().filter(|(_, v)| v.is_finite()).collect();
    if let (Some(first), Some(worst)) = (steps.first(), steps.iter().max_by(|a, b| a.1.total_cmp(&b.1)))
        && worst.1 > 1.2 * first.1
        && worst.0 > first.0
    {
        let length = |i: usize| view.step.length(i as f64 + 1.0, voice.language);
        out.push(view.t(
            "doubt-ahead",
            &[
                ("near", length(first.0)),
                ("nearerror", view.level(first.1)),
                ("far", length(worst.0)),
                ("farerror", view.level(worst.1)),
            ],
        ));
    }
    if let Some((weekday, hour, error)) = worst_hour(&best.mae_by_weekday_hour) {
        let weekday = view.t(WEEKDAYS_LONG[weekday.min(6)], &[]);
        let args = [
            ("weekday", weekday),
            ("hour", text::clock_hour(hour, voice.language)),
            ("error", view.level(error)),
        ];
        out.push(view.t("doubt-hour", &args));
    } else if let Some((weekday, error)) = best
        .mae_by_weekday
        .iter()
        .copied()
        .enumerate()
        .filter(|d| d.1.is_finite())
        .max_by(|a, b| a.1.total_cmp(&b.1))
    {
        let weekday = view.t(WEEKDAYS_LONG[weekday.min(6)], &[]);
        out.push(view.t("doubt-weekday", &[("weekday", weekday), ("error", view.level(error))]));
    }
    if let Some(worst) = best.worst_days.first().filter(|d| d.mae.is_finite()) {
        let special = best.worst_days.iter().filter(|d| !d.notes.is_empty()).count();
        let holidays = best
            .worst_days
            .iter()
            .filter(|d| {
                d.notes.iter().any(|n| matches!(n, DayNote::Holiday { .. } | DayNote::NearHoliday { .. }))
            })
            .count();
        let date = if view.step.has_clock() {
            text::date_weekday(worst.origin, voice.zone, voice.language)
        } else {
            view.t("row-number", &[("n", worst.origin.to_string())])
        };
        let args = [
            ("date", date),
            ("error", view.level(worst.mae)),
            ("days", best.worst_days.len().to_string()),
            ("special", special.to_string()),
            ("holidays", holidays.to_string()),
        ];
        let key = match (special, holidays) {
            (0, _) => "doubt-worst",
            (_, 0) => "doubt-worst-special",
            _ => "doubt-worst-holidays",
        };
        out.push(view.t(key, &args));
    }
    if best.coverage.is_finite() && best.coverage > 0.0 {
        let promised = report.protocol.interval_level;
        let key = match best.coverage - promised {
            d if d < -0.02 => "doubt-coverage-low",
            d if d > 0.02 => "doubt-coverage-high",
            _ => "doubt-coverage",
        };
        let args = [("promised", voice.percent(promised, 0)), ("measured", voice.percent(best.coverage, 1))];
        out.push(view.t(key, &args));
    }
    out
}

/// Catalogue names of the weekdays in full, Monday first.
pub(crate) const WEEKDAYS_LONG: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Weekday, hour and value of the largest cell.
pub(crate) fn worst_hour(cells: &[Vec<f64>]) -> Option<(usize, usize, f64)> {
    let all =
        cells.iter().enumerate().flat_map(|(d, row)| row.iter().enumerate().map(move |(h, &v)| (d, h, v)));
    all.filter(|c| c.2.is_finite() && c.0 < WEEKDAYS.len()).max_by(|a, b| a.2.total_cmp(&b.2))
}
