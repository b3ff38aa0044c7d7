//! `gyeol explain MODEL CORPUS --select UNIT`: where a unit is highest and lowest, with the words around.

use std::path::Path;

use gyeol_base::Fault;
use gyeol_models::{LmModel, chosen};
use gyeol_neural::net::Part;
use gyeol_ngram::WordId;
use gyeol_report::terminal::display_width;
use gyeol_report::{Language, text};
use gyeol_text::corpus::Corpus;
use serde_json::{Value, json};

use super::examples;
use super::inside::{fitted, pad};
use crate::args::Common;
use crate::args::topic::Asked;
use crate::failure::{Failure, Result};
use crate::output;

/// Words on either side.
const AROUND: usize = 8;

/// Where a unit has a value.
struct Place {
    value: f32,
    /// From 1.
    text: u64,
    /// From 1.
    word: usize,
    before: String,
    token: String,
    after: String,
}

/// The texts with the largest values, or the least of them, the first of equals first.
struct Ends {
    most: usize,
    low: bool,
    places: Vec<Place>,
}

impl Ends {
    /// Takes the strongest word of a text, if it is among them; the first step, `</s>`, is no word.
    fn take(&mut self, values: &[f32], text: u64, words: &[String]) {
        let sign = if self.low { -1.0 } else { 1.0 };
        let Some((at, value)) = (1..values.len())
            .map(|at| (at, values[at]))
            .reduce(|best, next| if sign * next.1 > sign * best.1 { next } else { best })
        else {
            return;
        };
        let rank = self.places.partition_point(|place| sign * place.value >= sign * value);
        if rank >= self.most {
            return;
        }
        let word = at - 1;
        let place = Place {
            value,
            text,
            word: at,
            before: words[word.saturating_sub(AROUND)..word].join(" "),
            token: words[word].clone(),
            after: words[at..(at + AROUND).min(words.len())].join(" "),
        };
        self.places.insert(rank, place);
        self.places.truncate(self.most);
    }

    fn to_json(&self) -> Vec<Value> {
        let one = |place: &Place| {
            json!({
                "value": place.value, "text": place.text, "word": place.word,
                "before": place.before, "token": place.token, "after": place.after,
            })
        };
        self.places.iter().map(one).collect()
    }
}

fn is_there(input: &str, option: &str) -> Result<()> {
    if input != "-" && !Path::new(input).exists() {
        return Err(Fault::new(
            "no-corpus",
            format!("{option} looks through a corpus, and there is no such file"),
        )
        .file(input)
        .next("name a file or a folder of texts, or - for standard input")
        .input()
        .into());
    }
    Ok(())
}

/// Distances that are shown.
const DISTANCES: [usize; 13] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96];
/// Columns of the longest bar.
const BAR: f64 = 40.0;

/// Reads a corpus and shows how far back the net hears.
pub fn reach(common: &Common, asked: &Asked, model: &LmModel, input: &str) -> Result<()> {
    let Some((_, net)) = model.model.net_within() else { unreachable!("a net was asked for") };
    is_there(input, "--reach")?;
    let corpus = Corpus::open(input, examples::texts_of(None, input, &asked.reading, None)?)?;
    let mut lines: Vec<Vec<WordId>> = Vec::new();
    corpus.each(|document| {
        let line = model.lines.line(document.text);
        lines.push(line.split_whitespace().map(|word| net.words().text_id(word.as_bytes())).collect());
        Ok(())
    })?;
    let mut go_on = crate::progress::until_stopped();
    let found =
        net.reach(&lines, DISTANCES[DISTANCES.len() - 1], &mut || go_on(gyeol_ngram::Stage::Scoring(0)))?;
    let first = found.first().map_or(0.0, |reach| reach.norm);
    let share = |norm: f64| if first > 0.0 { norm / first } else { 0.0 };
    if common.json {
        let all = found.iter().map(|reach| {
            json!({ "distance": reach.distance, "norm": reach.norm, "share": share(reach.norm), "predictions": reach.positions })
        });
        return output::json(&json!({ "reach": all.collect::<Vec<_>>() }));
    }
    let language = output::language(common.language.as_deref(), None)?;
    let count = found.first().map_or(0, |reach| reach.positions);
    let mut out = format!(
        "  {}\n\n  {}\n",
        text::message("reach-head", &[("count", text::count(count, language))], language),
        text::message("reach-columns", &[], language),
    );
    for reach in found.iter().filter(|reach| DISTANCES.contains(&reach.distance)) {
        let bar = "█".repeat((share(reach.norm).min(2.0) * BAR).round() as usize);
        out += &format!(
            "  {:>5}  {:>9.2e}  {:>6.1} %  {bar}\n",
            reach.distance,
            reach.norm,
            100.0 * share(reach.norm)
        );
    }
    output::text(&out)
}

/// Reads a corpus and shows where a unit is strongest.
pub fn select(common: &Common, asked: &Asked, model: &LmModel, input: &str, unit: usize) -> Result<()> {
    let Some((_, net)) = model.model.net_within() else { unreachable!("a net was asked for") };
    let gyeol_lm::Shape::Recurrent(shape) = net.shape() else {
        unreachable!("a recurrent net was asked for")
    };
    let stack = &shape.stack;
    chosen(stack.cell, stack.layers, asked.layer, asked.gate)?;
    let layer = asked.layer.unwrap_or(stack.layers) - 1;
    let part = asked.gate.unwrap_or_else(|| Part::memory(stack.cell));
    if !(1..=stack.hidden).contains(&unit) {
        return Err(Failure::Usage(format!(
            "--select names unit {unit} of a layer of {}; they are numbered from 1",
            stack.hidden
        )));
    }
    is_there(input, "--select")?;
    let ends = |low| Ends { most: usize::from(asked.places), low, places: Vec::new() };
    let (mut highest, mut lowest) = (ends(false), ends(true));
    let (mut texts, mut count) = (0u64, 0usize);
    let corpus = Corpus::open(input, examples::texts_of(None, input, &asked.reading, None)?)?;
    corpus.each(|document| {
        texts += 1;
        let words: Vec<String> =
            model.lines.line(document.text).split_whitespace().map(str::to_owned).collect();
        let ids: Vec<WordId> = words.iter().map(|word| net.words().text_id(word.as_bytes())).collect();
        let layers = net.layers_over(&ids)?;
        let rows = layers[layer].part(part).unwrap_or_default().chunks(stack.hidden);
        let values: Vec<f32> = rows.map(|row| row[unit - 1]).collect();
        count += words.len();
        highest.take(&values, texts, &words);
        lowest.take(&values, texts, &words);
        Ok(())
    })?;
    if !common.quiet {
        corpus.notes().iter().for_each(|note| say!("  {note}"));
    }
    if count == 0 {
        return Err(Fault::new("no-words", "no text with a word")
            .file(input)
            .next("give texts")
            .input()
            .into());
    }
    if common.json {
        return output::json(&json!({
            "layer": layer + 1, "gate": part.name(), "unit": unit, "texts": texts, "words": count,
            "highest": highest.to_json(), "lowest": lowest.to_json(),
        }));
    }
    let language = output::language(common.language.as_deref(), None)?;
    let args = [
        ("cell", stack.cell.title().to_owned()),
        ("layer", text::count(layer + 1, language)),
        ("layers", text::count(stack.layers, language)),
        ("part", text::message(&format!("part-{part}"), &[], language)),
        ("unit", text::count(unit, language)),
        ("texts", text::count(usize::try_from(texts).unwrap_or(usize::MAX), language)),
        ("words", text::count(count, language)),
    ];
    let mut out = format!("  {}\n", text::message("select-head", &args, language));
    for (key, ends) in [("select-highest", &highest), ("select-lowest", &lowest)] {
        out += &format!("\n  {}\n", text::message(key, &[], language));
        out += &told(ends, output::width(), language);
    }
    output::text(&out)
}

/// A line a place, the words that were found below one another.
fn told(ends: &Ends, width: usize, language: Language) -> String {
    let values: Vec<String> =
        ends.places.iter().map(|place| text::signed(f64::from(place.value), 2, language)).collect();
    let of = |texts: &[String]| texts.iter().map(|text| display_width(text)).max().unwrap_or(0);
    let value = of(&values);
    let room = (width.saturating_sub(value + 8)) / 2;
    let mut out = String::new();
    for (place, written) in ends.places.iter().zip(&values) {
        // Of what stands before, the end is nearest.
        let mut before = String::new();
        for word in place.before.split(' ').rev() {
            let longer = format!("{word} {before}");
            if display_width(&longer) > room.saturating_sub(4) {
                break;
            }
            before = longer;
        }
        let line = format!(
            "  {}  {}[{}] {}",
            pad(written, value, true),
            pad(&before, room.saturating_sub(4), true),
            place.token,
            place.after
        );
        out += &format!("{}\n", fitted(line.trim_end(), width));
    }
    out
}
