//! The table after `run` on texts: one line a rung, the chosen one marked, then the answer in sentences.

use super::grid::{Grid, Paint, wrap};
use crate::Language;
use crate::language::LanguageReport;
use crate::text::{self, message};

/// The ladder as a table of at most `width` columns, with the answer below it.
pub fn language_table(report: &LanguageReport, width: usize, color: bool, language: Language) -> String {
    let paint = Paint(color);
    let inner = width.clamp(40, 200) - 2;
    let grid = grid(report, language);
    let mut out = String::from("\n");
    let deck = format!("{} · {}", report.data.name, text::model_deck(report, language));
    for line in wrap(&deck, inner) {
        out.push_str(&format!("  {}\n", paint.strong(&line)));
    }
    out.push('\n');
    out.push_str(&grid.marked(inner, report.best, &paint));
    out.push('\n');
    for sentence in text::model_answer(report, language) {
        for line in wrap(&sentence, inner) {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

fn grid(report: &LanguageReport, language: Language) -> Grid {
    let best = report.rungs.get(report.best).and_then(text::perplexity).map_or(f64::NAN, |m| m.value);
    let digits = text::decimals(best, 4);
    let number = |v: f64| text::number(v, digits, language);
    let keys = ["term-rung", "term-interval", "term-fit", "term-token", "term-ngrams"];
    let [rung, interval, fit, token, ngrams] = keys.map(|key| message(key, &[], language));
    let metric = |name: &str| text::metric_name(name, language);
    let head = vec![rung, metric("perplexity"), interval, metric("bits_per_token"), fit, token, ngrams];
    let rows = report
        .rungs
        .iter()
        .zip(text::model_titles(report, language))
        .map(|(rung, title)| {
            let found = text::perplexity(rung);
            let missing = || text::MISSING.to_string();
            vec![
                title,
                found.map_or_else(missing, |m| number(m.value)),
                found.map_or_else(missing, |m| text::range(&number(m.low), &number(m.high), language)),
                rung.test.get("bits_per_token").map_or_else(missing, |m| text::number(m.value, 2, language)),
                text::duration(rung.fit_seconds, language),
                text::microseconds(rung.predict_us, language),
                text::count(rung.parameters as usize, language),
            ]
        })
        .collect();
    Grid { head, rows, right: vec![false, true, true, true, true, true, true], drop: vec![5, 3, 6, 4, 2] }
}
