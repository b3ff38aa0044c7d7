//! Chapter 8: the layers of each net with their shapes, and the facts of each fit.

use serde::Serialize;

use super::View;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Inside {
    rungs: Vec<Rung>,
}

#[derive(Serialize)]
struct Rung {
    title: String,
    chosen: bool,
    parameters: String,
    layers: Vec<Layer>,
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
        .filter(|(_, rung)| !rung.layers.is_empty() || !rung.training.is_empty())
        .map(|(i, rung)| {
            let total = rung.layers.iter().map(|l| l.parameters).sum::<usize>().max(1) as f64;
            Rung {
                title: view.titles[i].clone(),
                chosen: i == view.report.best,
                parameters: view.t("parameters-count", &[("n", view.voice.count(rung.parameters))]),
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
                    .map(|(key, value)| (text::spoken("training", key, language), value.clone()))
                    .collect(),
            }
        })
        .collect();
    Inside { rungs }
}
