//! Which task a file is for, where nobody says: labelled texts and tables without a clock are examples, the rest is forecast
//! or, for texts, predicted word by word. Each guess comes with its evidence.

use std::collections::HashSet;

use gyeol_data::{ColumnData, ColumnKind, Roles, Table};
use gyeol_text::corpus::{Corpus, CorpusOptions, Labels, Look};

use super::examples::{ExamplesKind, ExamplesRecipe};

/// Texts that are looked at.
const SEEN: u64 = 2000;
/// Correlation of a column with itself a row before, below which rows do not follow one another.
const FOLLOWS: f64 = 0.3;
/// Share of dates before that of the row above, and after it, from which rows stand in no order of time.
const DISORDER: f64 = 0.25;
/// Different whole numbers up to which the last column is taken for classes.
const CODES: usize = 20;

/// What the user says of the examples; what is `None` is found.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Column or key of what should come out.
    pub label: Option<String>,
    /// Column or key of the text.
    pub column: Option<String>,
    /// `Some(true)` for numbers, `Some(false)` for classes.
    pub regression: Option<bool>,
}

/// A recipe that was guessed, with the words that say so.
#[derive(Debug, Clone)]
pub struct Guessed {
    /// The recipe.
    pub recipe: ExamplesRecipe,
    /// What was guessed and why.
    pub words: String,
}

impl ExamplesRecipe {
    /// The recipe for a file of labelled texts; none where no label is found. `asked` is true where the user named the
    /// task, so that few labels are enough.
    ///
    /// # Errors
    /// Of reading.
    pub fn of_texts(
        file: &str,
        options: CorpusOptions,
        said: &Said,
        asked: bool,
    ) -> gyeol_text::Result<Option<Guessed>> {
        let options = CorpusOptions {
            text: said.column.clone().or(options.text),
            label: said.label.clone().or(options.label),
            labels: Labels::Kept,
            ..options
        };
        let mut recipe = ExamplesRecipe::of(file, false);
        (recipe.data.column, recipe.data.label) = (options.text.clone(), options.label.clone());
        let corpus = Corpus::open(file, options)?;
        let folders = corpus.has_classes();
        if !folders && corpus.look()? == Look::Plain {
            return Ok(None);
        }
        let (mut seen, mut labelled, mut classes) = (0u64, 0u64, HashSet::new());
        let looked = corpus.each(|document| {
            seen += 1;
            if let Some(label) = document.label {
                labelled += 1;
                classes.insert(label.to_owned());
            }
            if seen < SEEN { Ok(()) } else { Err(gyeol_text::Error::stopped()) }
        });
        match looked {
            Err(e) if e.code() != "stopped" => return Err(e),
            _ => {}
        }
        // Folders are read one after another: the first of them says nothing of the others.
        let enough = labelled > 0
            && (folders || asked || (classes.len() >= 2 && classes.len() as u64 * 3 <= labelled));
        if !enough {
            return Ok(None);
        }
        let words = match folders {
            true => "each folder is a class: the class of a text is learnt; --task language-model learns the texts instead".into(),
            false => format!(
                "labels stand beside the texts ({} different ones in the first {labelled}): the class of a text is learnt; --task language-model learns the texts instead",
                classes.len()
            ),
        };
        recipe.data.kind = Some(ExamplesKind::Texts);
        let words = several_in(&classes).map_or(words.clone(), |several| format!("{words}; {several}"));
        Ok(Some(Guessed { recipe, words }))
    }

    /// The recipe for a table; none where it holds a clock, or rows that follow one another, and nobody said otherwise.
    pub fn of_table(table: &Table, roles: &Roles, file: &str, said: &Said) -> Option<Guessed> {
        let asked = said.regression.is_some() || said.label.is_some();
        let dates = roles.time().filter(|_| roles.id().is_none()).and_then(|time| no_clock(table, time));
        if roles.time().is_some() && !asked && dates.is_none() {
            return None;
        }
        let (label, why) = match &said.label {
            Some(label) => (label.clone(), "--label names it".to_owned()),
            None => {
                let class = classes_in(table, roles).filter(|_| said.regression != Some(true));
                let number = || {
                    let last = table.columns().iter().rfind(|c| c.kind.is_numeric())?;
                    let target = roles.targets().first().map(|t| (*t).to_owned());
                    Some((
                        target.unwrap_or_else(|| last.name.clone()),
                        "the last column of numbers".to_owned(),
                    ))
                };
                class.or_else(number)?
            }
        };
        let classes =
            !is_number(table.kind(&label)?) || classes_in(table, roles).is_some_and(|c| c.0 == label);
        let regression = said.regression.unwrap_or(!classes);
        let correlation = follows(table, &label);
        if regression && !asked && dates.is_none() {
            let features = table.columns().len() > 1;
            if !features || correlation.is_none_or(|r| r.abs() >= FOLLOWS) {
                return None;
            }
        }
        let mut recipe = ExamplesRecipe::of(file, regression);
        recipe.data.label = Some(label.clone());
        recipe.data.column.clone_from(&said.column);
        recipe.data.kind = Some(ExamplesKind::Table);
        let what = if regression { "a number" } else { "a class" };
        let rows = match correlation.filter(|_| regression && !asked) {
            Some(r) => {
                format!(" and rows do not follow one another (correlation with the row before {r:.2})")
            }
            None => String::new(),
        };
        let clock = dates.unwrap_or_else(|| "no clock".into());
        let words = format!(
            "{clock}{rows}: {what}, '{label}' ({why}), is learnt from the other columns; --label names another, --task forecast reads the rows as a series"
        );
        let words = if asked {
            format!("{what}, '{label}' ({why}), is learnt from the other columns")
        } else {
            words
        };
        Some(Guessed { recipe, words })
    }
}

/// What is said where labels look like several in one, such as "a;b".
fn several_in(classes: &HashSet<String>) -> Option<String> {
    [';', '|', ','].into_iter().find_map(|mark| {
        let several = |class: &&String| class.contains(mark);
        let example = classes.iter().filter(several).min()?;
        let parts = |class: &str| class.split(mark).map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        // A part that stands alone, or in another mixture, is a label of its own.
        let known = |part: &String| classes.iter().filter(|class| parts(class).contains(part)).count() > 1;
        parts(example).iter().any(known).then(|| {
            format!("labels such as '{example}' look like several in one: each mixture is a class of its own, for one label an example is learnt")
        })
    })
}

/// Kinds of numbers that can be regressed; true and false are classes.
fn is_number(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Number | ColumnKind::Integer)
}

/// The evidence that dates are a property of each row, and no clock: many stand twice, and they come in no order.
fn no_clock(table: &Table, time: &str) -> Option<String> {
    let ColumnData::Time(stamps) = table.data(time).ok()? else { return None };
    let stamps: Vec<i64> = stamps.into_iter().flatten().collect();
    let steps = stamps.len().checked_sub(1).filter(|&steps| steps >= 10)?;
    let back = stamps.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let on = stamps.windows(2).filter(|pair| pair[1] > pair[0]).count();
    let apart = stamps.iter().collect::<HashSet<_>>().len();
    let shuffled = back as f64 >= DISORDER * steps as f64 && on as f64 >= DISORDER * steps as f64;
    (shuffled && apart < stamps.len()).then(|| {
        format!(
            "'{time}' is no clock ({} % of its dates are before that of the row above, and {} stand twice)",
            back * 100 / steps,
            stamps.len() - apart
        )
    })
}

/// The column of classes, and why: one named so, or one of few names or of few whole numbers at the end.
fn classes_in(table: &Table, roles: &Roles) -> Option<(String, String)> {
    let Some(&label) = roles.labels().first() else {
        let last = table.columns().last().filter(|c| c.kind == ColumnKind::Boolean)?;
        return Some((last.name.clone(), "the last column, of two values".to_owned()));
    };
    let entry = roles.entry(label)?;
    let last = table.columns().last().is_some_and(|c| c.name == label);
    let few = || {
        let cells = table.texts(label).unwrap_or_default();
        cells.iter().flatten().collect::<HashSet<_>>().len() <= CODES
    };
    let numeric = is_number(table.kind(label)?);
    let sure = entry.reason.code == "named-like-label" || !numeric || (last && few());
    sure.then(|| (label.to_owned(), entry.reason.words.clone()))
}

/// Correlation of a column of numbers with itself a row before.
fn follows(table: &Table, column: &str) -> Option<f64> {
    let v = table.kind(column)?.is_numeric().then(|| table.numbers(column).ok()).flatten()?;
    let pairs: Vec<(f64, f64)> =
        v.windows(2).filter(|p| p[0].is_finite() && p[1].is_finite()).map(|p| (p[0], p[1])).collect();
    if pairs.len() < 10 {
        return None;
    }
    let n = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), p| (a + p.0 / n, b + p.1 / n));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
        ab += (x - a) * (y - b);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}
