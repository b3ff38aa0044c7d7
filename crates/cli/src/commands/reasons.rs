//! `gyeol explain MODEL INPUT`: the terms that an answer is made of.

use std::path::Path;

use gyeol_base::Fault;
use gyeol_bundle::{Bundle, Packed};
use gyeol_forecast::Forecaster;
use gyeol_models::{LmModel, by_class, explained};
use gyeol_report::{Language, text};
use gyeol_sequence::{Tagger, Translator};
use gyeol_supervised::{Explained, Machine, Reasons, Said, Term};
use gyeol_text::corpus::Corpus;

use super::models::is_counts;
use super::{examples, inside, pool};
use crate::args::Common;
use crate::args::topic::Asked;
use crate::failure::{Failure, Result};
use crate::output;

/// Cells of the longest bar, and the longest name.
const BAR: f64 = 16.0;
const NAME: usize = 32;
/// Terms shown, unless another number is asked for.
const TERMS: usize = 20;
/// Rungs whose answers can be told apart.
const TOLD: [&str; 10] = [
    "logistic",
    "nbsvm",
    "naive-bayes",
    "svm",
    "perceptron",
    "linear",
    "ridge",
    "lasso",
    "elastic-net",
    "knn",
];

/// Shows why a machine answers as it does.
pub fn explain(common: &Common, asked: &Asked) -> Result<()> {
    if let (Some(model), Some(most)) = (&asked.model, asked.plane) {
        return super::plane::plane(common, model, usize::from(most), asked.html.as_deref());
    }
    let (Some(model), Some(input)) = (&asked.model, &asked.input) else {
        return Err(Failure::Usage("explain takes a lesson, or a model and what it is asked".into()));
    };
    if model.as_os_str() == "-" && input == "-" {
        return Err(Failure::Usage("model and examples cannot both come from standard input".into()));
    }
    if is_counts(model) {
        let verbs = gyeol_models::Registry::standard().commands(LmModel::KIND, "ngram");
        return Err(inside::of_counts(verbs).in_file(model).into());
    }
    let (other, machine) = examples::machine(Bundle::open(model)?, model)?;
    let Some(machine) = machine else {
        let standard = gyeol_models::Registry::standard();
        let bundle = other.unwrap_or_else(|| unreachable!("no machine was in it"));
        if asked.terms.is_some() && !bundle.is::<Forecaster>() {
            return Err(Failure::Usage("--terms goes with classifiers, regressions and forecasts".into()));
        }
        if bundle.is::<LmModel>() {
            return inside::words(common, asked, bundle, model, input);
        }
        if bundle.is::<Tagger>() {
            return super::labels::explain(common, asked, bundle, model, input);
        }
        if bundle.is::<Translator>() {
            return super::sequences::explain(common, asked, bundle, model, input);
        }
        if bundle.is::<Forecaster>() {
            return super::terms::readings(common, asked, bundle, model, input);
        }
        return Err(standard.wrong_kind(&bundle, "classify or regress").in_file(model).into());
    };
    if let Some(option) = asked.of_nets() {
        return Err(Failure::Usage(format!("{option} goes with recurrent nets of words or of readings")));
    }
    let language = output::language(common.language.as_deref(), None)?;
    let pool = pool(common);
    let found = if examples::of_table(&machine) {
        let table = examples::table_of(input, &asked.reading, &machine.target)?;
        let row = place(asked.row, table.rows(), input)?;
        machine.explain(None, Some(&table.at_rows(&[row])?), &pool)
    } else {
        let text = one_text(common, machine.text_column(), input, asked)?;
        machine.explain(Some(&[text]), None, &pool)
    };
    let found = found.map_err(|e| match (e.code(), beside(model)) {
        ("not-explained", Some(others)) if !matches!(machine.head, gyeol_supervised::Head::Mixture(_)) => {
            e.with_next(format!("explain one of {others}, of the same run"))
        }
        _ => e,
    })?;
    examples::say(common, &found.warnings);
    if common.json {
        return output::json(&explained(&machine, &found));
    }
    output::text(&told(&machine, &found, asked.terms.unwrap_or(TERMS), language))
}

/// The place of an example, from 0.
fn place(row: u64, rows: usize, input: &str) -> Result<usize> {
    let at = usize::try_from(row).unwrap_or(usize::MAX);
    if at <= rows {
        return Ok(at.saturating_sub(1));
    }
    Err(Fault::new("row-outside", format!("example {row} of {rows}"))
        .file(input)
        .next(format!("name one from 1 to {rows} with --row"))
        .input()
        .into())
}

/// The text that is asked: of a file, or as it was typed.
pub fn one_text(common: &Common, column: Option<&str>, input: &str, asked: &Asked) -> Result<String> {
    if input != "-" && !Path::new(input).exists() {
        place(asked.row, 1, input)?;
        return Ok(input.to_owned());
    }
    let corpus = Corpus::open(input, examples::texts_of(column, input, &asked.reading, None)?)?;
    let (mut count, mut found) = (0u64, None);
    corpus.each(|document| {
        count += 1;
        if count == asked.row {
            found = Some(document.text.to_owned());
        }
        Ok(())
    })?;
    if !common.quiet {
        corpus.notes().iter().for_each(|note| say!("  {note}"));
    }
    place(asked.row, usize::try_from(count).unwrap_or(usize::MAX), input)?;
    Ok(found.unwrap_or_default())
}

/// Bundles of the same run whose answers can be told apart.
fn beside(model: &Path) -> Option<String> {
    let folder = model.parent()?;
    let places = [folder.join("rungs"), folder.to_owned()];
    let files =
        places.iter().flat_map(|folder| TOLD.iter().map(move |rung| folder.join(format!("{rung}.gyeol"))));
    let names: Vec<String> =
        files.filter(|file| file.is_file() && file != model).map(|file| file.display().to_string()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn told(machine: &Machine, found: &Explained, most: usize, language: Language) -> String {
    let n = |v: f64| text::significant(v, 4, language);
    let signed = |v: f64| format!("{}{}", if v < 0.0 { '−' } else { '+' }, n(v.abs()));
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let (class, answer) = match &found.said {
        Said::Classes(p) => {
            let class = found.said.classes().first().copied().unwrap_or(0) as usize;
            let args = [
                ("target", machine.target.clone()),
                ("class", machine.classes().get(class).cloned().unwrap_or_default()),
                ("p", text::percent(p.at(0, class), 1, language)),
            ];
            (class, t("explain-class", &args))
        }
        Said::Values(values) => {
            let value = n(values.first().copied().unwrap_or(f64::NAN));
            (0, t("explain-value", &[("target", machine.target.clone()), ("value", value)]))
        }
    };
    let mut out = format!("  {answer}\n");
    match &found.reasons {
        Reasons::Terms { intercept, terms, scores } => {
            let own = |scores: &[f64]| by_class(machine, scores).get(class).copied().unwrap_or(0.0);
            let of = |term: &Term| own(&term.contributions);
            let largest = terms.iter().map(|t| of(t).abs()).fold(f64::MIN_POSITIVE, f64::max);
            let kind = if machine.classes().is_empty() { "explain-sum-value" } else { "explain-sum-class" };
            out +=
                &format!("  {}\n\n", t(kind, &[("score", n(own(scores))), ("intercept", n(own(intercept)))]));
            let shown = &terms[..most.min(terms.len())];
            let name = |term: &Term| {
                // The spaces at both ends of a run of letters are part of it.
                let name = if term.name.trim() == term.name {
                    term.name.clone()
                } else {
                    term.name.replace(' ', "␣")
                };
                let name = gyeol_base::shorten(&name, NAME);
                match (term.value, term.filled) {
                    _ if term.word || term.name.contains(" = ") => name,
                    (Some(value), _) => format!("{name}: {}", n(value)),
                    (None, Some(filled)) => format!("{name}: – ({})", n(filled)),
                    (None, None) => name,
                }
            };
            for term in shown {
                let (value, bar) = (of(term), (of(term).abs() / largest * BAR).round() as usize);
                let unit = match term.coefficients.as_slice() {
                    [w] if machine.classes().is_empty() && !term.word => format!("  × {}", n(*w)),
                    _ => String::new(),
                };
                out += &format!("  {:>10}  {:16}  {}{unit}\n", signed(value), "█".repeat(bar), name(term));
            }
            let rest = &terms[shown.len()..];
            if !rest.is_empty() {
                let sum = rest.iter().map(of).sum::<f64>();
                let count = text::count(rest.len(), language);
                out += &format!("  {:>10}  {:16}  {}\n", signed(sum), "", t("explain-rest", &[("n", count)]));
            }
        }
        Reasons::Without { terms, scores } => {
            let own = |scores: &[f64]| by_class(machine, scores).get(class).copied().unwrap_or(0.0);
            let of = |term: &Term| own(&term.contributions);
            let largest = terms.iter().map(|t| of(t).abs()).fold(f64::MIN_POSITIVE, f64::max);
            let kind =
                if machine.classes().is_empty() { "explain-without-value" } else { "explain-without-class" };
            out += &format!("  {}\n\n", t(kind, &[("score", n(own(scores)))]));
            for term in &terms[..most.min(terms.len())] {
                let (value, bar) = (of(term), (of(term).abs() / largest * BAR).round() as usize);
                let name = gyeol_base::shorten(&term.name, NAME);
                out += &format!("  {:>10}  {:16}  {name}\n", signed(value), "█".repeat(bar));
            }
        }
        Reasons::Neighbours(near) => {
            out += &format!("  {}\n\n", t("explain-near", &[("n", text::count(near.len(), language))]));
            for near in near {
                let said = match (near.class, near.value) {
                    (Some(class), _) => machine.classes().get(class as usize).cloned().unwrap_or_default(),
                    (None, Some(value)) => n(value),
                    (None, None) => String::new(),
                };
                out += &format!("  {:>10}  {said}\n", n(near.distance));
            }
        }
    }
    out
}
