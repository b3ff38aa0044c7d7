//! From a recipe to three parts of distinct sequences.

use std::collections::HashSet;
use std::path::Path;

use gyeol_base::{Error, Fault, Result, shorten};
use gyeol_sequence::{Form, MOST_UNITS, Tagged};
use gyeol_tensor::Rng;
use gyeol_text::corpus::{Corpus, sha256_of};

use crate::recipe::TagsRecipe;
use crate::watch::{Step, Watch};

/// Stream of the draw.
const STREAM: u64 = 0x7a95;

/// The parts, with what reading left out: sequences, each with its line.
pub struct Prepared {
    pub(super) parts: [Vec<(Tagged, u64)>; 3],
    pub(super) sha256: String,
    /// Texts without a unit, and such as stood before.
    pub(super) empty: u64,
    pub(super) repeated: u64,
    pub(super) notes: Vec<String>,
}

/// A line of a token and its tag.
fn token<'l>(line: &'l str, file: &str, number: u64) -> Result<(&'l str, &'l str)> {
    let cells: Vec<&str> = match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    };
    match (cells.first(), cells.last()) {
        (Some(token), Some(tag)) if cells.len() > 1 && !token.is_empty() && !tag.is_empty() => {
            Ok((token, tag))
        }
        _ => Err(Fault::new("no-tag", format!("'{}' is no token with a tag", shorten(line, 40)))
            .file(file)
            .row(number as usize)
            .cause("a column that is missing, or a plain text where labels = \"tokens\"")
            .next("write a token, a tab and its tag on a line; for texts set labels = \"spacing\" or \"sentence-ends\"")
            .input()),
    }
}

/// Reads sequences, each with the line on which it begins.
pub(super) fn read(recipe: &TagsRecipe, file: &str, notes: &mut Vec<String>) -> Result<Vec<(Tagged, u64)>> {
    let corpus = Corpus::open(file, recipe.corpus_options()?)?;
    let most = recipe.data.most.unwrap_or(usize::MAX);
    let mut all: Vec<(Tagged, u64)> = Vec::new();
    let mut open: Option<(Tagged, u64)> = None;
    // A passage with the texts that it has so far.
    let mut gathered: Option<((Tagged, u64), usize)> = None;
    let done = corpus.each(|document| {
        if all.len() >= most {
            return Err(Error::stopped());
        }
        match recipe.data.labels {
            form @ Form::Spacing => all.push((form.of_text(document.text), document.line)),
            form @ (Form::SentenceEnds | Form::SentenceEndsByWord) => {
                let (one, held) = gathered.get_or_insert_with(|| ((Tagged::default(), document.line), 0));
                one.0.append(form, form.of_text(document.text));
                *held += 1;
                if *held >= recipe.data.passage {
                    all.extend(gathered.take().map(|(one, _)| one));
                }
            }
            Form::Tokens if document.text.trim().is_empty() => all.extend(open.take()),
            Form::Tokens => {
                let (unit, label) = token(document.text, file, document.line)?;
                let (one, _) = open.get_or_insert_with(|| (Tagged::default(), document.line));
                one.units.push(unit.to_owned());
                one.labels.push(label.to_owned());
            }
        }
        Ok(())
    });
    match done {
        // As many as were wanted.
        Err(e) if e.code() == "stopped" => {}
        done => _ = done?,
    }
    if all.len() < most {
        all.extend(open.or_else(|| gathered.map(|(one, _)| one)));
    }
    notes.extend(corpus.notes());
    if let Some((one, line)) = all.iter().find(|(one, _)| one.units.len() > MOST_UNITS) {
        let found = format!(
            "'{}' has {} units; up to {MOST_UNITS} are read at once",
            shorten(&one.units[..20].concat(), 20),
            one.units.len()
        );
        return Err(Fault::new("too-long", found)
            .file(file)
            .row(*line as usize)
            .cause("a whole document in place of a sentence or a paragraph")
            .next("cut it into lines, or leave it out")
            .limit());
    }
    Ok(all)
}

/// Reads and splits.
///
/// # Errors
/// As the stations say; too few texts (`too-few-texts`), one that is too long (`too-long`), a line without a tag (`no-tag`).
pub(super) fn prepare(recipe: &TagsRecipe, beside: Option<&Path>, watch: &mut dyn Watch) -> Result<Prepared> {
    if !watch.step(Step::Reading { part: "split", bytes: 0, of: None }) {
        return Err(Error::stopped());
    }
    let found = beside.map(|folder| folder.join(&recipe.data.file)).filter(|path| path.exists());
    let file =
        found.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| recipe.data.file.clone());
    let mut notes = Vec::new();
    let all = read(recipe, &file, &mut notes)?;
    let sha256 = sha256_of(std::slice::from_ref(&file))?;
    let (mut empty, mut repeated) = (0, 0);
    let mut known = HashSet::new();
    let mut kept = Vec::new();
    for (one, line) in all {
        if one.units.is_empty() {
            empty += 1;
        } else if known.insert(one.units.clone()) {
            kept.push((one, line));
        } else {
            repeated += 1;
        }
    }
    let n = kept.len();
    let share = |of: f64| ((n as f64 * of).round() as usize).max(1);
    let (test, valid) = (share(recipe.split.test), share(recipe.split.valid));
    if n < 3 || test + valid >= n {
        let found = format!("{n} distinct texts with a unit ({empty} empty, {repeated} repeated)");
        return Err(Fault::new("too-few-texts", found)
            .file(&file)
            .cause("an empty file, or the whole file taken for one text")
            .next("give at least three texts, a line each, or lower `valid` and `test` in [split]")
            .input());
    }
    let mut order: Vec<usize> = (0..n).collect();
    Rng::stream(recipe.seed, STREAM).shuffle(&mut order);
    let mut part_of = vec![0; n];
    order[..test].iter().for_each(|&at| part_of[at] = 2);
    order[test..test + valid].iter().for_each(|&at| part_of[at] = 1);
    let mut parts: [Vec<(Tagged, u64)>; 3] = Default::default();
    for (one, part) in kept.into_iter().zip(part_of) {
        parts[part].push(one);
    }
    Ok(Prepared { parts, sha256, empty, repeated, notes })
}
