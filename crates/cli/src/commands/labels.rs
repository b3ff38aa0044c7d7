//! `gyeol explain` of taggers: gates, states and the units that each label leaned on, or the weights that spoke for it.

use std::path::Path;

use gyeol_bundle::Bundle;
use gyeol_models::tags_explained;
use gyeol_report::lesson::{Block, Section, Sheet, Tints};
use gyeol_report::terminal::display_width;
use gyeol_report::{Language, text};
use gyeol_sequence::{Tagger, TagsExplained};

use super::inside::{Read, Walk, pad, show};
use super::pool;
use super::reasons::one_text;
use super::sequences::token;
use crate::args::Common;
use crate::args::topic::Asked;
use crate::failure::{Failure, Result};
use crate::output;

/// Units that a label leaned on, and weights that spoke for it, on the terminal.
const MOST: usize = 3;
/// The least loss of ln P, or weight, that is told.
const LEAST: f64 = 0.05;

/// Says why a text is labelled as it is.
pub fn explain(common: &Common, asked: &Asked, bundle: Bundle, path: &Path, input: &str) -> Result<()> {
    for (option, given) in
        [("--at", asked.at.is_some()), ("--select", asked.select.is_some()), ("--reach", asked.reach)]
    {
        if given {
            return Err(Failure::Usage(format!("{option} does not go with taggers")));
        }
    }
    let rung = bundle.summary().rung;
    let model: Tagger = bundle.open_as().map_err(|e| e.in_file(path))?;
    let source = one_text(common, None, input, asked)?;
    let told = model.explain(&source, &pool(common))?;
    let language = output::language(common.language.as_deref(), None)?;
    let mut json = tags_explained(model.form, &told);
    json["rung"] = rung.clone().into();
    if told.layers.is_empty() {
        if let Some(option) = asked.of_nets() {
            return Err(Failure::Usage(format!("{option} goes with recurrent nets; this rung is none")));
        }
        if common.json {
            return output::json(&json);
        }
        return output::text(&table(&told, language));
    }
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let units = &told.tagged.units;
    let steps = units.iter().zip(&told.tagged.labels).enumerate().map(|(at, (unit, label))| {
        let leaned = told.leaned[at].iter().enumerate().map(|(unit, lost)| (token(&units[unit]), *lost));
        Read {
            name: token(unit),
            short: token(unit),
            value: told.probabilities[at],
            written: text::number(told.probabilities[at], 3, language),
            after: match most(leaned.collect(), language) {
                leaned if leaned.is_empty() => label.clone(),
                leaned => format!("{label} · {leaned}"),
            },
        }
    });
    let mut sentences = vec![t("inside-leaned-see", &[])];
    for (at, _) in told.layers.iter().enumerate().filter(|(_, layer)| layer.backward) {
        sentences.push(t("inside-backward", &[("layer", text::count(at + 1, language))]));
    }
    let walk = Walk {
        title: t("inside-labels-title", &[("rung", text::rung_title(&rung, language))]),
        deck: source,
        sentences,
        heads: [t("inside-text-unit", &[]), "P".to_owned(), t("inside-leaned", &[])],
        steps: steps.collect(),
        more: vec![Section {
            title: t("inside-leaned-map", &[]),
            blocks: vec![Block::Tints(Box::new(leaned(&told, language)))],
        }],
        layers: told.layers,
        json,
    };
    show(common, asked, walk, language)
}

/// The largest of some, by their size, with their signs.
fn most(mut all: Vec<(String, f64)>, language: Language) -> String {
    all.retain(|(_, value)| value.abs() >= LEAST);
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let told =
        all.iter().take(MOST).map(|(name, value)| format!("{name} {}", text::signed(*value, 1, language)));
    told.collect::<Vec<_>>().join(", ")
}

/// The map: a row a label, a column a unit.
fn leaned(told: &TagsExplained, language: Language) -> Tints {
    let t = |key: &str| text::message(key, &[], language);
    let units: Vec<String> = told.tagged.units.iter().map(|unit| token(unit)).collect();
    let name = |at: usize| format!("{} · {}", units[at], told.tagged.labels[at]);
    let rows: Vec<(String, Vec<f64>)> =
        told.leaned.iter().enumerate().map(|(at, row)| (name(at), row.clone())).collect();
    let full = told.leaned.iter().flatten().fold(f64::MIN_POSITIVE, |most, v| most.max(v.abs()));
    let table = Sheet::of_values(t("inside-text-unit"), units.iter().cloned(), &rows, |v| {
        text::signed(v, 2, language)
    });
    Tints {
        title: t("inside-leaned-map"),
        see: t("inside-leaned-see"),
        columns: units,
        bars: None,
        rows,
        full,
        table,
    }
}

/// A line a unit: its label, the runner-up, and what spoke for the one against the other.
fn table(told: &TagsExplained, language: Language) -> String {
    let t = |key: &str| text::message(key, &[], language);
    let units = told.tagged.units.iter().map(|unit| token(unit));
    let mut lines =
        vec![[t("inside-text-unit"), t("inside-label"), t("inside-runner-up"), t("inside-spoke")]];
    for (at, (unit, label)) in units.zip(&told.tagged.labels).enumerate() {
        let spoke = told.spoke.get(at);
        let names = spoke.map_or_else(Vec::new, |spoke| {
            let one = |(units, weight): &(Vec<(isize, String)>, f64)| {
                let units = units.iter().map(|(by, unit)| match unit.as_str() {
                    "" => format!("{by:+} –"),
                    unit => format!("{by:+} {}", token(unit)),
                });
                let name = units.collect::<Vec<_>>().join("/");
                (if name.is_empty() { t("inside-always") } else { name }, *weight)
            };
            spoke.weights.iter().map(one).collect()
        });
        let runner_up = spoke.map_or_else(String::new, |spoke| spoke.runner_up.clone());
        lines.push([unit, label.clone(), runner_up, most(names, language)]);
    }
    if told.spoke.is_empty() {
        lines.iter_mut().for_each(|line| line[2..].iter_mut().for_each(String::clear));
    }
    let width = |at: usize| lines.iter().map(|line| display_width(&line[at])).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths).map(|(cell, width)| pad(cell, width, false));
        let told = format!("  {}  {}", cells.collect::<Vec<_>>().join("  "), line[3]);
        out += &format!("{}\n", told.trim_end());
    }
    out
}
