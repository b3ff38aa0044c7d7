//! What a rung is made of: the layers of a net with their shapes, the counts of an n-gram model, the facts of each fit.

use serde::Serialize;

use super::{Table, View};
use crate::model::WordsDetail;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Inside {
    /// What the letters of the layers mean; empty where no rung has layers.
    lead: String,
    rungs: Vec<Rung>,
}

#[derive(Serialize)]
struct Rung {
    title: String,
    chosen: bool,
    parameters: String,
    layers: Vec<Layer>,
    /// What the counts are, and the counts of an n-gram model.
    counts_see: String,
    counts: Option<Table>,
    warnings: Vec<String>,
    facts: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Layer {
    name: String,
    x: String,
    w: String,
    b: String,
    y: String,
    parameters: String,
    /// Percent of the rung's parameters.
    share: String,
}

pub(crate) fn inside(view: &View) -> Inside {
    let language = view.voice.language;
    let rungs = view
        .report
        .rungs
        .iter()
        .enumerate()
        .filter(|(_, rung)| !rung.layers.is_empty() || !rung.training.is_empty() || rung.words().is_some())
        .map(|(i, rung)| {
            let words = rung.words();
            let counts = words.filter(|words| !words.counts.is_empty());
            let total = rung.layers.iter().map(|l| l.parameters).sum::<usize>().max(1) as f64;
            Rung {
                title: view.titles[i].clone(),
                chosen: i == view.report.best,
                parameters: view.t(
                    if counts.is_some() { "ngrams-count" } else { "parameters-count" },
                    &[("n", view.voice.count(rung.parameters))],
                ),
                counts_see: counts.map_or(String::new(), |words| {
                    let args = [("rung", view.titles[i].clone()), ("smoothing", words.smoothing.clone())];
                    view.t("inside-ngrams-see", &args)
                }),
                counts: counts.map(|words| ngrams(view, words)),
                warnings: words.map_or(Vec::new(), |words| words.warnings.clone()),
                layers: rung
                    .layers
                    .iter()
                    .map(|l| Layer {
                        name: text::spoken("layer", &l.name, language),
                        x: l.x.clone(),
                        w: l.w.clone(),
                        b: if matches!(l.b.trim(), "-" | "–") { String::new() } else { l.b.clone() },
                        y: l.y.clone(),
                        parameters: view.voice.count(l.parameters),
                        share: format!("{:.1}", l.parameters as f64 / total * 100.0),
                    })
                    .collect(),
                facts: rung
                    .training
                    .iter()
                    .map(|fact| (text::spoken("training", &fact.key, language), fact.value.clone()))
                    .collect(),
            }
        })
        .collect();
    let layers = view.report.rungs.iter().any(|rung| !rung.layers.is_empty());
    Inside { lead: if layers { view.t("inside-lead", &[]) } else { String::new() }, rungs }
}

/// N-grams by length, and what was taken off their counts.
fn ngrams(view: &View, words: &WordsDetail) -> Table {
    let mut table = view.columns(&["col-length", "col-ngrams", "col-discounts"]);
    for (n, count) in words.counts.iter().enumerate() {
        let discounts = words.discounts.get(n).map_or(text::MISSING.to_string(), |d| {
            d.iter().map(|v| view.voice.number(f64::from(*v), 4)).collect::<Vec<_>>().join("  ")
        });
        table.push(vec![(n + 1).to_string(), view.voice.count(*count as usize), discounts]);
    }
    table
}
