//! The lines after `inspect` of a corpus: what it is, how long its texts are, its classes, what deserves attention.

use gyeol_data::profile::Severity;
use gyeol_text::profile::CorpusProfile;

use super::grid::{Grid, Paint, finding_lines, wrap};
use crate::Language;
use crate::text::{self, message};

/// Classes shown.
const CLASSES: usize = 20;

/// What was found in a corpus, in lines of at most `width` columns.
pub fn corpus_table(p: &CorpusProfile, width: usize, color: bool, language: Language) -> String {
    let paint = Paint(color);
    let inner = width.clamp(40, 200) - 2;
    let t = |key: &str| message(key, &[], language);
    let count = |n: u64| text::count(n as usize, language);
    let mut out = String::from("\n");
    for line in wrap(&crate::page::corpus_deck(p, language), inner) {
        out.push_str(&format!("  {}\n", paint.strong(&line)));
    }
    out.push('\n');
    let heads = [
        "term-length",
        "term-least",
        "term-q25",
        "term-median",
        "term-q75",
        "term-q95",
        "term-most",
        "term-mean",
    ];
    let row = |name: &str, l: &gyeol_text::profile::Lengths| {
        let mut cells = vec![t(name)];
        cells.extend([0, 2, 3, 4, 5, 7].map(|i| count(l.quantiles[i])));
        cells.push(text::number(l.mean, 1, language));
        cells
    };
    let grid = Grid {
        head: heads.iter().map(|k| t(k)).collect(),
        rows: vec![
            row("term-tokens", &p.tokens_a_document),
            row("term-characters", &p.characters_a_document),
        ],
        right: vec![false, true, true, true, true, true, true, true],
        drop: vec![2, 4, 7],
    };
    table(&mut out, &grid, inner, &paint);
    let rest: u64 = p.classes.iter().skip(CLASSES).map(|c| c.documents).sum();
    if !p.classes.is_empty() {
        let mut rows: Vec<Vec<String>> = p
            .classes
            .iter()
            .take(CLASSES)
            .map(|c| {
                let label = c.label.chars().map(|l| if l.is_control() { ' ' } else { l }).collect();
                let share = text::percent(c.share, 1, language);
                vec![label, count(c.documents), share, text::number(c.mean_tokens, 1, language)]
            })
            .collect();
        if rest > 0 {
            rows.push(vec![t("corpus-other-classes"), count(rest), String::new(), String::new()]);
        }
        let head = ["corpus-class", "corpus-documents", "corpus-share", "corpus-mean-tokens"];
        let head = head.iter().map(|k| t(k)).collect();
        out.push('\n');
        table(
            &mut out,
            &Grid { head, rows, right: vec![false, true, true, true], drop: vec![3] },
            inner,
            &paint,
        );
    }
    let laws = message(
        "term-laws",
        &[
            ("beta", text::number(p.growth.beta, 2, language)),
            ("slope", text::number(p.zipf.slope, 2, language)),
            ("once", text::percent(p.once as f64 / p.types.max(1) as f64, 0, language)),
        ],
        language,
    );
    out.push('\n');
    for line in wrap(&laws, inner) {
        out.push_str(&format!("  {line}\n"));
    }
    let findings = crate::page::corpus_findings(p, language);
    let notes = p.notes.iter().map(|n| (Severity::Note, n.clone()));
    for (severity, words) in findings.into_iter().chain(notes) {
        finding_lines(&mut out, severity, &words, inner, &paint, language);
    }
    out
}

fn table(out: &mut String, grid: &Grid, inner: usize, paint: &Paint) {
    for (i, line) in grid.lines(inner).iter().enumerate() {
        out.push_str(&format!("  {}\n", if i == 0 { paint.soft(line) } else { line.clone() }));
    }
}
