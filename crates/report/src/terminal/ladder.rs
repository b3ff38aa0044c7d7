//! The table after `run`: one line a rung, the chosen one marked, then the answer in sentences.

use super::grid::{Grid, Paint, wrap};
use crate::Language;
use crate::model::LadderReport;
use crate::text::{self, Step, message};

/// The ladder as a table of at most `width` columns, with the answer and the verdict below it.
pub fn ladder_table(report: &LadderReport, width: usize, color: bool, language: Language) -> String {
    let paint = Paint(color);
    let titles = text::rung_titles(report, language);
    let step = Step::parse(&report.data.step);
    let inner = width.clamp(40, 200) - 2;
    let horizon = step.length(report.protocol.horizon as f64, language);
    let deck = [
        report.data.name.clone(),
        step.readings(report.data.rows, language),
        message("deck-ahead", &[("horizon", horizon)], language),
        message("deck-judged", &[("windows", text::count(report.protocol.test.windows, language))], language),
    ]
    .join(" · ");
    let grid = grid(report, &titles, language);
    let mut out = String::from("\n");
    for line in wrap(&deck, inner) {
        out.push_str(&format!("  {}\n", paint.strong(&line)));
    }
    out.push('\n');
    out.push_str(&grid.marked(inner, report.best, &paint));
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

fn grid(report: &LadderReport, titles: &[String], language: Language) -> Grid {
    let unit = if report.protocol.scaled { "" } else { report.data.unit.as_str() };
    let best =
        report.rungs.get(report.best).and_then(|r| r.test.get(&report.metric)).map_or(f64::NAN, |m| m.value);
    let digits = text::decimals(best, 3);
    let number = |v: f64| text::number(v, digits, language);
    let metric = text::metric_name(&report.metric, language);
    let percent = !report.protocol.scaled && report.rungs.iter().any(|r| r.test.contains_key("mape"));
    let second = if percent { "mape" } else { "mae" };
    let with_second = second != report.metric && report.rungs.iter().any(|r| r.test.contains_key(second));
    let head = vec![
        message("term-rung", &[], language),
        message("term-error", &[("metric", metric)], language),
        message("term-interval", &[], language),
        if with_second { text::metric_name(second, language) } else { String::new() },
        message("term-fit", &[], language),
        message("term-answer", &[], language),
        message("term-parameters", &[], language),
    ];
    let rows = report
        .rungs
        .iter()
        .zip(titles)
        .map(|(rung, title)| {
            let error = rung.test.get(&report.metric).filter(|m| m.value.is_finite());
            let extra = rung.test.get(second).filter(|_| with_second).map(|m| match second {
                "mape" => text::with_percent(&text::number(m.value, 2, language), language),
                _ => text::number(m.value, 3, language),
            });
            let dash = |none: bool, words: String| if none { text::MISSING.to_string() } else { words };
            vec![
                title.clone(),
                error.map_or(text::MISSING.to_string(), |m| text::with_unit(&number(m.value), unit)),
                error.map_or(text::MISSING.to_string(), |m| {
                    text::range(&number(m.low), &number(m.high), language)
                }),
                if with_second { extra.unwrap_or(text::MISSING.to_string()) } else { String::new() },
                dash(text::fit_seconds(rung) == 0.0, text::duration(rung.fit_seconds, language)),
                text::microseconds(rung.predict_us, language),
                dash(rung.parameters == 0, text::count(rung.parameters, language)),
            ]
        })
        .collect();
    Grid { head, rows, right: vec![false, true, true, true, true, true, true], drop: vec![5, 3, 6, 4, 2] }
}
