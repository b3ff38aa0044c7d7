//! `predict` and `evaluate` of classifiers and regressions.

use std::path::Path;

use gyeol_bundle::Bundle;
use gyeol_data::{ColumnData, Table};
use gyeol_ladder::tasks::examples::evaluate as scores_of;
use gyeol_report::text;
use gyeol_supervised::{
    Classifier, ClusterModel, ComponentModel, Examples, Machine, Placed, Regressor, Said,
};
use gyeol_text::corpus::{Corpus, CorpusOptions, Labels, Look};
use serde_json::json;

use super::{delimiter, options, pool, table};
use crate::args::{Common, Reading};
use crate::failure::{Failure, Result};
use crate::output;

/// Classes up to which each gets a column of probabilities.
const WIDE: usize = 100;

/// The machine that a bundle holds; the bundle itself where it holds something else.
pub fn machine(bundle: Bundle, path: &Path) -> Result<(Option<Bundle>, Option<Machine>)> {
    let of = |e: gyeol_bundle::Error| e.in_file(path);
    if bundle.is::<Classifier>() {
        return Ok((None, Some(bundle.open_as::<Classifier>().map_err(of)?.0)));
    }
    if bundle.is::<Regressor>() {
        return Ok((None, Some(bundle.open_as::<Regressor>().map_err(of)?.0)));
    }
    Ok((Some(bundle), None))
}

/// Whether it is asked with tables: a mean of numbers, which reads nothing, was fitted on one too.
pub(super) fn of_table(machine: &Machine) -> bool {
    machine.reads_columns() || machine.classes().is_empty() && !machine.reads_texts()
}

/// How a file of texts is read; `column` is where they stood at the fit.
pub(super) fn texts_of(
    column: Option<&str>,
    file: &str,
    reading: &Reading,
    label: Option<&str>,
) -> Result<CorpusOptions> {
    let plain = CorpusOptions {
        encoding: reading.bytes.encoding.clone(),
        delimiter: delimiter(reading.bytes.delimiter.as_deref())?,
        header: reading.bytes.named(),
        labels: Labels::Ignored,
        label: label.map(str::to_owned),
        ..CorpusOptions::default()
    };
    if file == "-" || Corpus::open(file, plain.clone())?.look().is_ok_and(|look| look == Look::Plain) {
        return Ok(plain);
    }
    Ok(CorpusOptions { text: column.map(str::to_owned), ..plain })
}

pub(super) fn table_of(file: &str, reading: &Reading, target: &str) -> Result<Table> {
    let plain = options(reading)?;
    let options = gyeol_data::ReadOptions { reshape: Some(false), labels: vec![target.to_owned()], ..plain };
    Ok(gyeol_data::read(file, &options)?)
}

pub(super) fn say(common: &Common, warnings: &[gyeol_data::Warning]) {
    if !common.quiet {
        warnings.iter().for_each(|warning| say!("gyeol: warning: {}", warning.words));
    }
}

/// The texts of a file.
fn read_texts(common: &Common, column: Option<&str>, file: &str, reading: &Reading) -> Result<Vec<String>> {
    let corpus = Corpus::open(file, texts_of(column, file, reading, None)?)?;
    let mut texts = Vec::new();
    corpus.each(|document| {
        texts.push(document.text.to_owned());
        Ok(())
    })?;
    if !common.quiet {
        corpus.notes().iter().for_each(|note| say!("  {note}"));
    }
    Ok(texts)
}

/// `gyeol predict` of clusters and components; the bundle itself where it holds something else.
pub fn placed(
    common: &Common,
    bundle: Bundle,
    path: &Path,
    (file, out): (&str, Option<&str>),
    reading: &Reading,
) -> Result<Option<Bundle>> {
    let of = |e: gyeol_bundle::Error| e.in_file(path);
    if bundle.is::<ClusterModel>() {
        let model = bundle.open_as::<ClusterModel>().map_err(of)?;
        return place(common, &model, file, out, reading).map(|()| None);
    }
    if bundle.is::<ComponentModel>() {
        let model = bundle.open_as::<ComponentModel>().map_err(of)?;
        return place(common, &model, file, out, reading).map(|()| None);
    }
    Ok(Some(bundle))
}

fn place(
    common: &Common,
    model: &impl Placed,
    file: &str,
    out: Option<&str>,
    reading: &Reading,
) -> Result<()> {
    let pool = pool(common);
    let (columns, warnings) = if model.reads_texts() {
        model.place(Some(&read_texts(common, model.text_column(), file, reading)?), None, &pool)?
    } else {
        // As `cluster` and `reduce` read it.
        model.place(None, Some(&table(file, reading)?), &pool)?
    };
    say(common, &warnings);
    if common.json {
        let lines: Vec<String> =
            gyeol_models::row_objects(&columns).iter().map(ToString::to_string).collect();
        output::text(&format!("{}\n", lines.join("\n")))?;
        if out.is_none() {
            return Ok(());
        }
    }
    Ok(gyeol_data::write(out.unwrap_or("-"), &Table::from_columns(columns)?)?)
}

/// `gyeol predict`.
pub fn predict(
    common: &Common,
    machine: &Machine,
    file: &str,
    out: Option<&str>,
    reading: &Reading,
) -> Result<()> {
    let pool = pool(common);
    let (said, warnings) = if of_table(machine) {
        machine.ask(None, Some(&table_of(file, reading, &machine.target)?), &pool)?
    } else {
        let texts = read_texts(common, machine.text_column(), file, reading)?;
        machine.ask(Some(&texts), None, &pool)?
    };
    say(common, &warnings);
    if common.json {
        // A line an example.
        let lines: Vec<String> =
            gyeol_models::answers(machine, &said).iter().map(ToString::to_string).collect();
        output::text(&format!("{}\n", lines.join("\n")))?;
        if out.is_none() {
            return Ok(());
        }
    }
    let columns = match &said {
        Said::Values(values) => vec![(machine.target.clone(), ColumnData::Number(values.clone()))],
        Said::Classes(p) => {
            let names = machine.classes();
            let found = machine.decide(&said);
            let class = found.iter().map(|&class| Some(&names[class as usize])).collect();
            let sure = found.iter().enumerate().map(|(row, &class)| p.at(row, class as usize)).collect();
            let mut columns = vec![
                (machine.target.clone(), ColumnData::Text(class)),
                ("probability".to_owned(), ColumnData::Number(sure)),
            ];
            if names.len() <= WIDE {
                for (k, name) in names.iter().enumerate() {
                    let shares = (0..p.rows()).map(|row| p.at(row, k)).collect();
                    columns.push((format!("p({name})"), ColumnData::Number(shares)));
                }
            }
            if machine.target == "probability" {
                columns[0].0 = "class".into();
            }
            columns
        }
    };
    Ok(gyeol_data::write(out.unwrap_or("-"), &Table::from_columns(columns)?)?)
}

/// `gyeol evaluate`.
pub fn evaluate(
    common: &Common,
    machine: &Machine,
    file: &str,
    label: Option<&str>,
    reading: &Reading,
) -> Result<()> {
    let language = output::language(common.language.as_deref(), None)?;
    let target = label.unwrap_or(&machine.target);
    let examples = if of_table(machine) {
        let text = machine.text_column();
        Examples::from_table(table_of(file, reading, target)?, target, text, machine.classes().is_empty())?
    } else {
        if file == "-" {
            return Err(Failure::Usage(
                "labelled texts are read more than once: save them to a file and name it".into(),
            ));
        }
        // A name that no file said, but reading gave, is found again in the same way.
        let named = Some(target).filter(|_| label.is_some() || machine.target != "label");
        Examples::of_texts(file, texts_of(machine.text_column(), file, reading, named)?, |_| true)?
    };
    if !common.quiet {
        examples.notes.iter().for_each(|note| say!("  {note}"));
    }
    let found = scores_of(machine, examples, common.seed.unwrap_or(0), &pool(common))?;
    say(common, &found.warnings);
    let ends = |v: f64| Some(v).filter(|v| v.is_finite());
    if common.json {
        let metrics: serde_json::Map<String, serde_json::Value> = found
            .metrics
            .iter()
            .map(|(name, m)| {
                (name.clone(), json!({ "value": m.value, "low": ends(m.low), "high": ends(m.high), "n": found.examples }))
            })
            .collect();
        return output::json(&json!({
            "rung": machine.rung, "n": found.examples, "unseen": found.unseen, "seen_in_fit": found.seen_in_fit,
            "metrics": metrics,
            "confusion": { "labels": found.labels, "counts": found.counts },
            "warnings": found.warnings.iter().map(|w| w.words.as_str()).collect::<Vec<_>>(),
        }));
    }
    let n = |v: f64| text::significant(v, 5, language);
    let counts = [("n", text::count(found.examples, language))];
    output::text(&format!(
        "  {} · {}\n",
        text::rung_title(&machine.rung, language),
        text::message("judged-cases", &counts, language)
    ))?;
    if let Some(seen) = found.seen_in_fit.filter(|seen| *seen > 0) {
        let counts = [("seen", text::count(seen, language)), ("n", text::count(found.examples, language))];
        output::text(&format!("  {}\n", text::message("evaluate-seen-examples", &counts, language)))?;
    }
    if found.unseen > 0 {
        let counts = [("n", text::count(found.unseen, language))];
        output::text(&format!("  {}\n", text::message("evaluate-unseen", &counts, language)))?;
    }
    for (name, m) in &found.metrics {
        let range = match m.low.is_finite() {
            true => text::range(&n(m.low), &n(m.high), language),
            false => String::new(),
        };
        output::text(&format!("  {:20} {:>10}   {range}\n", text::metric_name(name, language), n(m.value)))?;
    }
    let missed: Vec<_> = found.mistaken.iter().take(10).collect();
    if !missed.is_empty() {
        output::text(&format!("\n  {}\n", text::message("mistaken-title", &[], language)))?;
    }
    for (right, said, n) in missed {
        output::text(&format!("  {:>8}  {right} → {said}\n", text::count(*n as usize, language)))?;
    }
    Ok(())
}
