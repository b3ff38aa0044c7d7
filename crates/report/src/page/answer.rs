//! The head of a ladder's page: the answer, three figures, and when not to trust it.

use serde::Serialize;

use super::{Readings, Texts, View};
use crate::model::{Chapter, DayNote, Facts, FrequencyClass, Note};
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
        kicker: view.by_task("kicker", "model-kicker", "plain-kicker", &[]),
        deck: deck(view),
        sentence: sentences.next().unwrap_or_default(),
        advice: sentences.collect::<Vec<_>>().join(" "),
        figures: figures(view),
        doubts: doubts(view),
    }
}

/// On what was judged: the line under the title.
fn deck(view: &View) -> String {
    match &view.report.facts {
        Facts::Forecast(_) => Readings::new(view).map_or(String::new(), |view| readings_deck(&view)),
        Facts::Words(facts) => text::texts_deck(facts, view.voice.language),
        Facts::Examples(facts) => text::examples_deck(facts, view.voice.language),
        Facts::Plain { deck, .. } => deck.clone(),
    }
}

/// How much data, how far ahead, judged on how much: the line under the title.
fn readings_deck(view: &Readings) -> String {
    let voice = &view.voice;
    let mut parts = vec![view.step.readings(view.data.rows, voice.language)];
    if view.data.series > 1 {
        parts.push(view.t("deck-series", &[("n", voice.count(view.data.series))]));
    }
    if view.data.targets.len() > 1 {
        parts.push(view.t("deck-targets", &[("n", voice.count(view.data.targets.len()))]));
    }
    parts.push(
        view.t("deck-ahead", &[("horizon", view.step.length(view.protocol.horizon as f64, voice.language))]),
    );
    let windows = voice.count(view.protocol.test.windows);
    let judged = if view.step.has_clock() {
        let test = &view.protocol.test;
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

fn year(view: &Readings, ms: i64) -> Option<i32> {
    text::moment(ms, view.voice.zone).map(|m| m.year)
}

fn figures(view: &View) -> Vec<Stat> {
    let best = view.report.best_rung();
    let language = view.voice.language;
    let metric = [("metric", view.metric())];
    let error = view.error(best);
    let mut out = vec![Stat {
        value: error.map_or(text::MISSING.to_string(), |m| view.bare(m.value)),
        unit: error.map_or(String::new(), |_| view.unit.to_string()),
        label: view.by_task("stat-error", "stat-perplexity", "stat-metric", &metric),
        detail: error
            .map_or(String::new(), |m| view.t("stat-interval", &[("range", view.range(m.low, m.high))])),
    }];
    let of = |name: &str| best.test.get(name).map(|m| m.value);
    if let (Some(token), Some(character)) = (of("bits_per_token"), of("bits_per_character")) {
        out.push(Stat {
            value: view.voice.number(token, 2),
            unit: String::new(),
            label: view.t("stat-bits", &[]),
            detail: view.t("stat-bits-detail", &[("bits", view.voice.number(character, 2))]),
        });
    }
    if let (Some(i), Some(error)) = (view.naive(), error)
        && let Some(naive) = view.error(&view.report.rungs[i])
    {
        let change = error.value / naive.value - 1.0;
        out.push(Stat {
            value: text::with_percent(&text::signed(change * 100.0, 0, language), language),
            unit: String::new(),
            label: view.t("stat-gain", &[("naive", view.phrases[i].clone())]),
            detail: view.by_task(
                "stat-gain-detail",
                "stat-gain-plain",
                "stat-gain-plain",
                &[("value", view.value(naive.value))],
            ),
        });
    }
    let cost = [
        ("parameters", view.voice.count(best.parameters)),
        ("size", text::bytes(best.words().map_or(0, |words| words.bytes), language)),
        ("answer", text::microseconds(best.predict_us, language)),
    ];
    out.push(Stat {
        value: text::duration(text::fit_seconds(best), language),
        unit: String::new(),
        label: view.t("stat-cost", &[]),
        detail: view.by_task("stat-cost-detail", "stat-model-detail", "stat-cost-plain", &cost),
    });
    out
}

/// What a careful reader should know before relying on it, from the measured figures alone.
fn doubts(view: &View) -> Vec<String> {
    let of_readings = Readings::new(view).map(|view| readings_doubts(&view));
    let of_texts = Texts::new(view).map(|view| texts_doubts(&view));
    let said = view.report.notes.iter().filter_map(|note| match note {
        Note::Doubt(words) => Some(words.clone()),
        _ => None,
    });
    let of_examples = view.report.examples().map(|facts| super::examples::doubts(view, facts));
    said.chain(of_readings.or(of_texts).or(of_examples).unwrap_or_default()).collect()
}

fn readings_doubts(view: &Readings) -> Vec<String> {
    let (best, voice) = (view.best, &view.voice);
    let mut out = Vec::new();
    if view.protocol.known_ahead {
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
        let promised = view.protocol.interval_level;
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

fn texts_doubts(view: &Texts) -> Vec<String> {
    let test = &view.facts.test;
    let mut doubts = Vec::new();
    let classes = view.report.chapters.iter().find_map(|chapter| match chapter {
        Chapter::Classes(classes) => Some(classes.as_slice()),
        _ => None,
    });
    let classes = classes.unwrap_or_default();
    let percent = |share: f64| view.voice.percent(share, 1);
    let class = |holds: &dyn Fn(&FrequencyClass) -> bool| {
        let classes = classes.iter().zip(&view.best.bits_by_class).filter(|(c, _)| holds(c));
        let (bits, tokens) =
            classes.fold((0.0, 0), |(bits, n), (c, b)| (bits + b * c.tokens as f64, n + c.tokens));
        (tokens > 0 && bits.is_finite()).then(|| bits / tokens as f64)
    };
    if test.unknown > 0
        && let Some(bits) = class(&|c| c.to == 0)
    {
        let share = percent(view.share(test.unknown, test.tokens));
        doubts.push(view.t("doubt-unknown", &[("share", share), ("bits", view.bits(bits))]));
    }
    if view.share(test.repeated, test.lines) >= 0.005 {
        let share = percent(view.share(test.repeated, test.lines));
        doubts.push(view.t("doubt-repeated", &[("share", share)]));
    }
    if let (Some(rare), Some(common)) = (class(&|c| c.from >= 1 && c.to <= 10), class(&|c| c.from > 1000)) {
        doubts.push(view.t("doubt-rare", &[("bits", view.bits(rare)), ("common", view.bits(common))]));
    }
    if let Some(unseen) =
        view.best.unseen.get(view.best.order.wrapping_sub(1)).filter(|_| view.best.order > 1)
    {
        let args = [("share", percent(*unseen)), ("order", view.best.order.to_string())];
        doubts.push(view.t("doubt-sparse", &args));
    }
    if !view.best.warnings.is_empty() {
        doubts.push(view.t("doubt-discounts", &[]));
    }
    doubts
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
