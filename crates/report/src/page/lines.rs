//! Lines of the test part word by word, and sentences that the rungs make up.

use serde::Serialize;

use super::Texts;
use crate::model::{LineExample, LineKind};

#[derive(Serialize)]
pub(crate) struct Lines {
    see: String,
    lines: Vec<Line>,
    /// Title of a rung, and its sentences.
    samples: Vec<(String, Vec<String>)>,
}

/// A line of the test part.
#[derive(Serialize)]
struct Line {
    kind: String,
    words: Vec<Word>,
    below: String,
}

#[derive(Serialize)]
struct Word {
    text: String,
    /// How strong its colour is, 0 to 100.
    shade: u32,
    hint: String,
}

/// Bits at which the colour of a word is strongest.
const STRONGEST: f64 = 16.0;

pub(crate) fn lines(view: &Texts, lines: &[LineExample]) -> Lines {
    let samples = view.report.rungs.iter().zip(&view.titles).filter_map(|(rung, title)| {
        let samples = &rung.words()?.samples;
        (!samples.is_empty()).then(|| (title.clone(), samples.clone()))
    });
    Lines {
        see: view.t("lines-see", &[("rung", view.best_title()), ("plain", view.titles[0].clone())]),
        lines: said(view, lines),
        samples: samples.collect(),
    }
}

fn said(view: &Texts, lines: &[LineExample]) -> Vec<Line> {
    let mean = |bits: &[f64]| bits.iter().sum::<f64>() / bits.len().max(1) as f64;
    lines
        .iter()
        .map(|line| Line {
            kind: view.t(
                match line.kind {
                    LineKind::Easy => "kind-easy",
                    LineKind::Typical => "kind-typical",
                    LineKind::Hard => "kind-hard",
                },
                &[],
            ),
            words: line
                .words
                .iter()
                .enumerate()
                .map(|(i, word)| Word {
                    text: word.chars().map(|c| if c.is_control() { '\u{b7}' } else { c }).collect(),
                    shade: (line.chosen[i] / STRONGEST * 100.0).clamp(0.0, 100.0) as u32,
                    // A model that is not made of n-grams had all words before in mind.
                    hint: view.t(
                        if line.matched[i] > 0 { "word-hint" } else { "word-hint-all" },
                        &[("bits", view.bits(line.chosen[i])), ("matched", line.matched[i].to_string())],
                    ),
                })
                .collect(),
            below: view.t(
                "lines-bits",
                &[
                    ("bits", view.bits(mean(&line.chosen))),
                    ("plain", view.titles[0].clone()),
                    ("other", view.bits(mean(&line.plain))),
                ],
            ),
        })
        .collect()
}
