//! `translate` and `tag`, and `evaluate` and `explain` of their models.

use std::io::Write;
use std::path::Path;

use gyeol_bundle::{Bundle, Summary};
use gyeol_data::ReadOptions;
use gyeol_ladder::recipe::{AnyRecipe, PairsRecipe, TagsRecipe};
use gyeol_ladder::tasks::{pairs, tags};
use gyeol_models::{Registry, attends, attention, labelled, leaned, leans, translation};
use gyeol_neural::net::{Drawn, Length};
use gyeol_report::lesson::{Block, Lesson, Section, Sheet, Tints};
use gyeol_report::text;
use gyeol_sequence::{Asked, Tagger, Translated, Translator};
use gyeol_tensor::Draw;
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Labels, Unit};
use serde_json::json;

use super::pool;
use super::reasons::one_text;
use crate::args::sequence::SequenceVerb;
use crate::args::topic::Asked as Explained;
use crate::args::{Common, Reading, Scoring, Wanted};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::until_stopped;

/// Texts that are translated at a time.
const AT_ONCE: usize = 256;
/// Letters of a token in a table.
const TOKEN: usize = 16;
/// Tokens of the source that the terminal shows beside a token said.
const MOST: usize = 4;

/// Runs a verb of sequences.
pub fn run(common: &Common, verb: SequenceVerb) -> Result<()> {
    match verb {
        SequenceVerb::Translate {
            model,
            texts,
            beam,
            alpha,
            sample,
            count,
            max,
            temperature,
            top_k,
            top_p,
        } => {
            let (model, _) = opened(&model)?;
            let by = Draw { temperature, top_k, top_p };
            let drawn = sample.then_some(Drawn { by, seed: common.seed.unwrap_or(0), first: 0 });
            let most = max.map(|max| max as usize);
            let (beam, length) = (usize::from(beam), Length::Gnmt(alpha));
            translate(
                common,
                &model,
                &texts,
                count as usize,
                Asked { beam, length, drawn, most, weights: false },
            )
        }
        SequenceVerb::Tag { model, texts } => {
            let (model, _) = Registry::standard().open_as::<Tagger>(&model)?;
            tag(common, &model, &texts)
        }
    }
}

/// The recipe of a file of pairs, of texts to be labelled or of tagged tokens, with what was seen; none for another task.
pub fn fitting(file: &str, wanted: &Wanted, reading: &Reading) -> Result<Option<(AnyRecipe, Vec<String>)>> {
    super::of_readings(file, Some(wanted), reading)?;
    let task = match wanted.task.as_deref() {
        Some(task @ ("translate" | "tag")) => task,
        _ => return Ok(None),
    };
    if file == "-" {
        return Err(Failure::Usage(
            "pairs and texts are read more than once: save them to a file and name it".into(),
        ));
    }
    if wanted.label.is_some() || (task == "translate" && wanted.column.is_some()) {
        let found = "--label and --column do not go with translate; its recipe names `source` and `target`";
        return Err(Failure::Usage(
            if task == "tag" { "--label does not go with tag" } else { found }.into(),
        ));
    }
    if task == "tag" {
        let options = CorpusOptions {
            text: wanted.column.clone(),
            encoding: reading.bytes.encoding.clone(),
            labels: Labels::Ignored,
            ..CorpusOptions::default()
        };
        let seen = TagsRecipe::fitting(file, options)?;
        return Ok(Some((AnyRecipe::Tag(Box::new(seen.recipe)), seen.words)));
    }
    // Cells of a first row that names numbers would be lost among these; where it cannot be names, it is a pair.
    let header = reading.bytes.named();
    let by = |header: bool| -> Result<gyeol_data::Table> {
        Ok(gyeol_data::read(file, &ReadOptions { header: Some(header), ..super::options(reading)? })?)
    };
    let (table, named) = match by(header.unwrap_or(true)) {
        Err(_) if header.is_none() => (by(false)?, false),
        table => (table?, header.unwrap_or(true)),
    };
    let seen = PairsRecipe::fitting(&table, file, named, header)?;
    Ok(Some((AnyRecipe::Translate(Box::new(seen.recipe)), seen.words)))
}

fn opened(path: &Path) -> Result<(Translator, Summary)> {
    Ok(Registry::standard().open_as::<Translator>(path)?)
}

/// Texts as they were typed, or the lines of one file or of standard input.
fn lines(texts: &[String]) -> Result<Vec<String>> {
    let file = match texts {
        [one] if one == "-" || Path::new(one).is_file() => one,
        many if many.iter().any(|text| text == "-") => {
            return Err(Failure::Usage("- stands for standard input, and goes alone".into()));
        }
        many => return Ok(many.to_vec()),
    };
    let options = CorpusOptions {
        format: Some(Format::Text),
        unit: Some(Unit::Line),
        labels: Labels::Ignored,
        ..CorpusOptions::default()
    };
    let mut all = Vec::new();
    Corpus::open(file, options)?.each(|document| {
        all.push(document.text.to_owned());
        Ok(())
    })?;
    Ok(all)
}

/// Each text `count` times; what is drawn hangs on the place of the text alone.
fn translate(
    common: &Common,
    model: &Translator,
    texts: &[String],
    count: usize,
    mut asked: Asked,
) -> Result<()> {
    let (lines, pool) = (lines(texts)?, pool(common));
    let mut out = std::io::stdout().lock();
    let all: Vec<&str> = lines.iter().flat_map(|line| std::iter::repeat_n(line.as_str(), count)).collect();
    for (at, some) in all.chunks(AT_ONCE).enumerate() {
        if let Some(drawn) = &mut asked.drawn {
            drawn.first = (at * AT_ONCE) as u64;
        }
        let said = model.translate(some, &asked, &pool).map_err(|e| further(e, at, count))?;
        for (source, said) in some.iter().zip(&said) {
            if common.json {
                writeln!(out, "{}", translation(source, said))?;
            } else {
                writeln!(out, "{}", said.text)?;
            }
        }
    }
    Ok(())
}

fn tag(common: &Common, model: &Tagger, texts: &[String]) -> Result<()> {
    let (lines, pool) = (lines(texts)?, pool(common));
    let mut out = std::io::stdout().lock();
    for (at, some) in lines.chunks(AT_ONCE).enumerate() {
        let said = model.tag(some, &pool).map_err(|e| further(e, at, 1))?;
        for one in &said {
            match model.form.text(one) {
                _ if common.json => writeln!(out, "{}", labelled(model.form, one))?,
                Some(text) => writeln!(out, "{text}")?,
                None => {
                    for (unit, label) in one.units.iter().zip(&one.labels) {
                        writeln!(out, "{unit}\t{label}")?;
                    }
                    writeln!(out)?;
                }
            }
        }
    }
    Ok(())
}

/// An error whose text is counted among those at once, counted among all of which each was asked `count` times.
fn further(mut e: gyeol_base::Error, at: usize, count: usize) -> gyeol_base::Error {
    if let Some(row) = &mut e.fault_mut().row {
        *row = (*row + at * AT_ONCE - 1) / count + 1;
    }
    e
}

/// `gyeol evaluate` of a tagger.
pub fn evaluate_tags(common: &Common, bundle: Bundle, args: &Scoring) -> Result<()> {
    let rung = bundle.summary().rung;
    let model: Tagger = bundle.open_as().map_err(|e| e.in_file(&args.model))?;
    if args.label.is_some() {
        return Err(Failure::Usage("--label goes with classifiers, regressions and translators".into()));
    }
    let mut recipe = TagsRecipe::of(&args.file, model.form);
    recipe.data.encoding.clone_from(&args.reading.bytes.encoding);
    recipe.seed = common.seed.unwrap_or(0);
    let mut counting = until_stopped();
    let found = tags::evaluate(&model, &recipe, &pool(common), &mut Stopping(&mut counting))?;
    let more = json!({ "rung": rung, "n": found.n.0, "units": found.n.1 });
    let all = found.metrics.iter().map(|(name, i)| (*name, [i.value, i.low, i.high]));
    scores(common, &rung, found.n.0, all, more)
}

/// `gyeol evaluate` on a file of pairs.
pub fn evaluate(common: &Common, bundle: Bundle, args: &Scoring) -> Result<()> {
    let summary = bundle.summary();
    let model: Translator = bundle.open_as().map_err(|e| e.in_file(&args.model))?;
    let mut recipe = PairsRecipe::of(&args.file);
    (recipe.data.source, recipe.data.target) = model.columns.clone();
    if let Some(label) = &args.label {
        recipe.data.target.clone_from(label);
    }
    recipe.data.header = args.reading.bytes.named();
    recipe.data.encoding.clone_from(&args.reading.bytes.encoding);
    recipe.seed = common.seed.unwrap_or(0);
    let mut counting = until_stopped();
    let found = pairs::evaluate(&model, &recipe, &pool(common), &mut Stopping(&mut counting))?;
    let mut more = json!({ "rung": summary.rung, "n": found.n });
    for (name, signature) in found.signatures {
        more["signatures"][name] = json!(signature);
    }
    let all = found.metrics.iter().map(|(name, i)| (*name, [i.value, i.low, i.high]));
    scores(common, &summary.rung, found.n, all, more)
}

/// Metrics with their intervals, as an object or a line each.
fn scores(
    common: &Common,
    rung: &str,
    n: usize,
    found: impl Iterator<Item = (&'static str, [f64; 3])>,
    mut more: serde_json::Value,
) -> Result<()> {
    if common.json {
        let metrics: serde_json::Map<String, serde_json::Value> = found
            .map(|(name, [value, low, high])| {
                (name.to_owned(), json!({ "value": value, "low": low, "high": high, "n": n }))
            })
            .collect();
        more["metrics"] = metrics.into();
        return output::json(&more);
    }
    let language = output::language(common.language.as_deref(), None)?;
    let mut told = format!("  {} · {}\n", text::rung_title(rung, language), text::count(n, language));
    for (name, [value, low, high]) in found {
        let number = |v: f64| text::significant(v, 4, language);
        let range =
            if low.is_finite() { format!("  {} – {}", number(low), number(high)) } else { String::new() };
        told += &format!("  {:<12} {}{range}\n", text::metric_name(name, language), number(value));
    }
    output::text(&told)
}

/// A watch that only may stop.
struct Stopping<'a>(&'a mut dyn FnMut(gyeol_ngram::Stage) -> bool);

impl gyeol_ladder::Watch for Stopping<'_> {
    fn step(&mut self, step: gyeol_ladder::Step<'_>) -> bool {
        match step {
            gyeol_ladder::Step::Counting(stage) => (self.0)(stage),
            _ => true,
        }
    }
}

/// `gyeol explain`: what a net looks at with each token that it says.
pub fn explain(common: &Common, asked: &Explained, bundle: Bundle, path: &Path, input: &str) -> Result<()> {
    if let Some(option) = asked.of_nets().filter(|option| *option != "--html") {
        return Err(Failure::Usage(format!("{option} goes with recurrent nets of words or of readings")));
    }
    let rung = bundle.summary().rung;
    let model: Translator = bundle.open_as().map_err(|e| e.in_file(path))?;
    let source = one_text(common, None, input, asked)?;
    if leans(&model) {
        if asked.html.is_some() {
            return Err(Failure::Usage("--html goes with nets with attention".into()));
        }
        let (said, lost) = model.leaned(&source, &pool(common))?;
        if common.json {
            return output::json(&leaned(&source, &said, &lost));
        }
        let language = output::language(common.language.as_deref(), None)?;
        return output::text(&losses(&said, &lost, language));
    }
    attends(&model).map_err(|e| e.in_file(path))?;
    let how = Asked { weights: true, ..Asked::default() };
    let said = model.translate(&[&source], &how, &pool(common))?.into_iter().next().unwrap_or_default();
    let language = output::language(common.language.as_deref(), None)?;
    if let Some(page) = &asked.html {
        output::one_result(common.json, page.to_str().unwrap_or_default())?;
        let html = gyeol_report::lesson_page(&lesson(&rung, &source, &said, language), language)?;
        output::bytes(page, html.as_bytes())?;
        if page.as_os_str() == "-" {
            return Ok(());
        }
    }
    if common.json {
        return output::json(&attention(&source, &said));
    }
    output::text(&table(&said, language))
}

pub(super) fn token(token: &str) -> String {
    let shown = token.replace('▁', " ");
    match shown.trim() {
        "" => "␣".to_owned(),
        plain => gyeol_base::shorten(plain, TOKEN),
    }
}

/// A row a token of the source: what ln P of the translation loses without it.
fn losses(said: &Translated, lost: &[(String, f64)], language: gyeol_report::Language) -> String {
    let mut out = format!("\n  {}\n  {}\n\n", said.text, text::message("leaned-see", &[], language));
    let width = |token: &str| gyeol_report::terminal::display_width(token);
    let widest = lost.iter().map(|(word, _)| width(&token(word))).max().unwrap_or(0);
    for (word, lost) in lost {
        let word = token(word);
        let pad = " ".repeat(widest.saturating_sub(width(&word)));
        out += &format!("  {word}{pad}  {}\n", text::signed(*lost, 2, language));
    }
    out
}

/// A row a token said: what was looked at most, with its share.
fn table(said: &Translated, language: gyeol_report::Language) -> String {
    let mut out = format!("\n  {}\n\n", said.text);
    let width = said.tokens.1.iter().map(|t| gyeol_report::terminal::display_width(&token(t))).max();
    for (word, row) in said.tokens.1.iter().zip(&said.weights) {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
        let looked: Vec<String> = order
            .iter()
            .take(MOST)
            .filter(|&&at| row[at] >= 0.05)
            .map(|&at| {
                let share = text::percent(f64::from(row[at]), 0, language);
                format!("{} {share}", token(&said.tokens.0[at]))
            })
            .collect();
        let word = token(word);
        let pad = width.unwrap_or(0).saturating_sub(gyeol_report::terminal::display_width(&word));
        out += &format!("  {word}{}  {}\n", " ".repeat(pad), looked.join(" · "));
    }
    out
}

/// The page: a map with a row a token said and a column a token read.
fn lesson(rung: &str, source: &str, said: &Translated, language: gyeol_report::Language) -> Lesson {
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let rows: Vec<(String, Vec<f64>)> = said
        .tokens
        .1
        .iter()
        .zip(&said.weights)
        .map(|(word, row)| (token(word), row.iter().map(|w| f64::from(*w)).collect()))
        .collect();
    let read: Vec<String> = said.tokens.0.iter().map(|word| token(word)).collect();
    let table = Sheet::of_values(t("attention-said", &[]), read.iter().cloned(), &rows, |w| {
        text::number(w, 2, language)
    });
    let map = Tints {
        title: t("attention-map", &[]),
        see: t("attention-see", &[]),
        columns: read,
        bars: None,
        rows,
        full: 1.0,
        table,
    };
    Lesson {
        title: t("attention-title", &[("rung", text::rung_title(rung, language))]),
        deck: source.to_owned(),
        sentence: said.text.clone(),
        chapters: vec![Section { title: t("attention-map", &[]), blocks: vec![Block::Tints(Box::new(map))] }],
    }
}
