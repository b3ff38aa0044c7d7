//! The table after `run`: one line a rung, the chosen one marked, then the answer in sentences.

use super::grid::{Grid, Paint, wrap};
use crate::Language;
use crate::model::{Facts, Report};
use crate::text::{self, Step, message};

/// The ladder as a table of at most `width` columns, with the answer and the verdict below it.
pub fn table(report: &Report, width: usize, color: bool, language: Language) -> String {
    let paint = Paint(color);
    let inner = width.clamp(40, 200) - 2;
    let mut out = String::from("\n");
    for line in wrap(&deck(report, language), inner) {
        out.push_str(&format!("  {}\n", paint.strong(&line)));
    }
    out.push('\n');
    out.push_str(&grid(report, language).marked(inner, report.best, &paint));
    out.push('\n');
    let mut sentences = text::answer(report, language);
    if let Some(best) = report.rungs.get(report.best).filter(|r| !r.curve.is_empty()) {
        sentences.push(text::verdict(&best.verdict, language));
    }
    for sentence in sentences {
        for line in wrap(&sentence, inner) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

/// The data, and on what was judged.
fn deck(report: &Report, language: Language) -> String {
    let mut parts = vec![report.head.name.clone()];
    match &report.facts {
        Facts::Forecast(facts) => {
            let step = Step::parse(&facts.data.step);
            let horizon = step.length(facts.protocol.horizon as f64, language);
            let windows = text::count(facts.protocol.test.windows, language);
            parts.push(step.readings(facts.data.rows, language));
            parts.push(message("deck-ahead", &[("horizon", horizon)], language));
            parts.push(message("deck-judged", &[("windows", windows)], language));
        }
        Facts::Words(facts) => parts.push(text::texts_deck(facts, language)),
        Facts::Examples(facts) => parts.push(text::examples_deck(facts, language)),
        Facts::Plain { deck, .. } => parts.push(deck.clone()),
    }
    parts.join(" · ")
}

fn grid(report: &Report, language: Language) -> Grid {
    let value = |i: usize| report.rungs[i].test.get(&report.metric).filter(|m| m.value.is_finite());
    let best = report.rungs.get(report.best).and_then(|_| value(report.best)).map_or(f64::NAN, |m| m.value);
    let digits = text::decimals(best, text::metric_figures(&report.metric));
    let number = |v: f64| text::number(v, digits, language);
    let metric = text::metric_name(&report.metric, language);
    let second = text::second_metric(report);
    let counts = report.rungs.iter().all(|rung| rung.words().is_some_and(|words| words.order > 0));
    let (error, answer) = match &report.facts {
        Facts::Forecast(_) => (message("term-error", &[("metric", metric)], language), "term-answer"),
        Facts::Words(_) => (metric, "term-token"),
        Facts::Examples(_) | Facts::Plain { .. } => (metric, "term-one-answer"),
    };
    let head = vec![
        message("term-rung", &[], language),
        error,
        message("term-interval", &[], language),
        second.map_or(String::new(), |second| text::metric_name(second, language)),
        message("term-fit", &[], language),
        message(answer, &[], language),
        message(if counts { "term-ngrams" } else { "term-parameters" }, &[], language),
    ];
    let missing = || text::MISSING.to_string();
    let dash = |none: bool, words: String| if none { missing() } else { words };
    let row = |(i, title): (usize, String)| {
        let (rung, error) = (&report.rungs[i], value(i));
        let extra = second.map(|name| {
            rung.test.get(name).map_or_else(missing, |m| text::second_figure(name, m.value, language))
        });
        vec![
            title,
            error.map_or_else(missing, |m| text::with_unit(&number(m.value), &report.unit)),
            error.map_or_else(missing, |m| text::range(&number(m.low), &number(m.high), language)),
            extra.unwrap_or_default(),
            dash(text::fit_seconds(rung) == 0.0, text::duration(rung.fit_seconds, language)),
            text::microseconds(rung.predict_us, language),
            dash(rung.parameters == 0, text::count(rung.parameters, language)),
        ]
    };
    let rows = text::rung_titles(report, language).into_iter().enumerate().map(row).collect();
    Grid { head, rows, right: vec![false, true, true, true, true, true, true], drop: vec![5, 3, 6, 4, 2] }
}
