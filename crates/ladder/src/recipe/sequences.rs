//! Looking at a file of pairs, or of texts and tagged tokens, and writing the recipe that fits it, with the evidence.

use std::collections::{HashMap, HashSet};

use gyeol_base::{Fault, Result};
use gyeol_data::Table;
use gyeol_sequence::{Form, Units};
use gyeol_text::corpus::{Corpus, CorpusOptions};

use super::keys::{pairs, tags};
use super::pairs::{PairsMetric, PairsRecipe, Shared};
use super::tags::TagsRecipe;
use super::writer::{self, Comments};

/// Rows and texts that are looked at.
const SEEN: usize = 5000;
/// Most classes of a column of classes.
const CLASSES: usize = 100;
/// Share of Hangul among letters from which a text is Korean.
const KOREAN: f64 = 0.2;
/// Names of columns that say what they hold: of sources, then of targets.
const NAMES: [&[&str]; 2] = [
    &["source", "src", "from", "input", "question", "prompt", "class", "label", "topic", "원문", "질문"],
    &["target", "tgt", "to", "output", "answer", "reply", "translation", "text", "번역", "답변", "본문"],
];

/// A recipe that was written for a file, and what was seen there.
#[derive(Debug, Clone)]
pub struct Seen<R> {
    /// The recipe.
    pub recipe: R,
    /// The evidence, a sentence each.
    pub words: Vec<String>,
}

impl PairsRecipe {
    /// The recipe with every key explained, under some lines about the pairs.
    pub fn commented(&self, head: Vec<String>) -> String {
        writer::write(self, &pairs::SCHEMA, &Comments { head, keys: true, ..Comments::none() })
    }

    /// The recipe for a table called `file`; `named` says whether its first row was read as names of columns, and `said` whether
    /// the user said that it is or is none. Without it the first row is looked at.
    ///
    /// # Errors
    /// No two columns of texts (`no-pairs`).
    pub fn fitting(table: &Table, file: &str, named: bool, said: Option<bool>) -> Result<Seen<PairsRecipe>> {
        let mut columns: Vec<Vec<String>> = Vec::new();
        for column in table.columns() {
            let cells = table.texts(&column.name)?.into_iter().take(SEEN).map(Option::unwrap_or_default);
            let first = named.then(|| column.name.clone());
            columns
                .push(first.into_iter().chain(cells).take(SEEN).map(|cell| cell.trim().to_owned()).collect());
        }
        let header = named && said.unwrap_or_else(|| header(&columns));
        let name = |at: usize| match header {
            true => columns[at][0].clone(),
            false => (at + 1).to_string(),
        };
        let body = |at: usize| &columns[at][usize::from(header)..];
        let filled = |at: &usize| {
            let cells = body(*at);
            cells.iter().filter(|cell| !cell.is_empty()).count() * 10 >= cells.len() * 9 && !cells.is_empty()
        };
        // Columns without gaps; such as hold only one value, or numbers that rise row by row, tell nothing.
        let tells = |at: &usize| {
            let distinct: HashSet<&String> = body(*at).iter().collect();
            let numbers: Vec<f64> = body(*at).iter().filter_map(|cell| cell.parse().ok()).collect();
            let counts = numbers.len() == body(*at).len() && numbers.windows(2).all(|w| w[0] < w[1]);
            distinct.len() > 1 && !counts
        };
        let useful: Vec<usize> = (0..columns.len()).filter(filled).filter(tells).collect();
        let named = |side: usize| {
            let known = |at: &&usize| header && NAMES[side].contains(&name(**at).to_lowercase().as_str());
            useful.iter().find(known).copied()
        };
        let source = named(0).or_else(|| useful.iter().find(|at| named(1) != Some(**at)).copied());
        let target = named(1).filter(|at| source != Some(*at)).or_else(|| {
            let others = useful.iter().filter(|at| source != Some(**at));
            others.copied().next()
        });
        let (Some(mut source), Some(mut target)) = (source, target) else {
            let found =
                format!("{} columns, {} of them with texts in nearly every row", columns.len(), useful.len());
            return Err(Fault::new("no-pairs", found)
                .file(file)
                .cause("a file of one text a row, another delimiter, or columns with gaps")
                .next("give a column for each side, or write the recipe by hand (docs/guide/sequences.md)")
                .input());
        };
        let classes = |at: usize| {
            let distinct: HashSet<&String> = body(at).iter().collect();
            (distinct.len() <= CLASSES && distinct.len() * 5 <= body(at).len()).then_some(distinct.len())
        };
        // A column of classes beside one of texts is what texts are written for.
        if classes(target).is_some() && classes(source).is_none() && (named(0), named(1)) == (None, None) {
            std::mem::swap(&mut source, &mut target);
        }
        let mut recipe = PairsRecipe::of(file);
        (recipe.data.source, recipe.data.target) = (name(source), name(target));
        let mut words = vec![match header {
            true => format!("row 1 names the columns; source '{}', target '{}'", name(source), name(target)),
            false => {
                format!("no row names columns; source in column {}, target in {}", source + 1, target + 1)
            }
        }];
        if let (Some(n), None) = (classes(source), classes(target)) {
            (recipe.split.by, recipe.score.metric) = (Shared::Targets, PairsMetric::Perplexity);
            words.push(format!(
                "sources are {n} classes in the first {} rows: texts are written for them, and judged by perplexity",
                body(source).len()
            ));
        } else {
            words.push(shared(body(source), body(target)));
        }
        let side = |at: usize, what: &str| -> (Units, String) { units(body(at), what) };
        let of = [side(source, "sources"), side(target, "targets")];
        (recipe.text.source_units, recipe.text.target_units) = (of[0].0, of[1].0);
        words.extend(of.map(|(_, told)| told));
        Ok(Seen { recipe, words })
    }
}

/// Whether the first row names the columns: distinct words of letters, one of them a known name or none found below.
fn header(columns: &[Vec<String>]) -> bool {
    let first: Vec<&str> = columns.iter().filter_map(|cells| cells.first().map(String::as_str)).collect();
    let distinct: HashSet<&&str> = first.iter().collect();
    let word = |cell: &&str| {
        !cell.is_empty()
            && cell.chars().count() <= 24
            && !cell.contains(char::is_whitespace)
            && !cell.starts_with(|c: char| c.is_ascii_digit())
    };
    let known = |cell: &&str| NAMES.iter().any(|names| names.contains(&cell.to_lowercase().as_str()));
    let again = first.iter().zip(columns).any(|(cell, cells)| cells[1..].iter().any(|other| other == cell));
    let blanks =
        |cells: &Vec<String>| cells[1..].iter().filter(|cell| cell.contains(' ')).count() * 2 > cells.len();
    first.len() > 1
        && distinct.len() == first.len()
        && first.iter().all(word)
        && !again
        && (first.iter().any(known) || columns.iter().any(blanks))
}

/// What is said of texts that stand in several pairs.
fn shared(sources: &[String], targets: &[String]) -> String {
    let several = |side: &[String]| {
        let mut counts: HashMap<&String, usize> = HashMap::new();
        side.iter().for_each(|text| *counts.entry(text).or_default() += 1);
        counts.values().filter(|n| **n > 1).count()
    };
    let both = sources.iter().zip(targets).collect::<HashSet<_>>().len();
    format!(
        "of the first {} rows {} are repeated; {} sources and {} targets stand in several pairs, which stay on one side of the split",
        sources.len(),
        sources.len() - both,
        several(sources),
        several(targets)
    )
}

fn hangul(texts: &[String]) -> f64 {
    let letters = texts.iter().flat_map(|text| text.chars()).filter(|c| c.is_alphabetic());
    let (mut all, mut korean) = (0usize, 0usize);
    for letter in letters {
        all += 1;
        korean += usize::from(('가'..='힣').contains(&letter));
    }
    korean as f64 / all.max(1) as f64
}

/// Units of a side: characters where most words come once, or texts are a word or two; else words.
fn units(texts: &[String], what: &str) -> (Units, String) {
    let cut: Vec<Vec<String>> = texts.iter().map(|text| Units::Word.cut(text)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    cut.iter().flatten().for_each(|token| *counts.entry(token).or_default() += 1);
    let (tokens, once) =
        (cut.iter().map(Vec::len).sum::<usize>(), counts.values().filter(|n| **n == 1).count());
    let rare = once as f64 / counts.len().max(1) as f64;
    let blanks = texts.iter().filter(|text| text.contains(' ')).count() * 2 > texts.len();
    let by_word = counts.len() <= CLASSES || (blanks && rare < 0.6);
    let units = if by_word { Units::Word } else { Units::Character };
    let mut lengths: Vec<usize> = match units {
        Units::Word => cut.iter().map(Vec::len).collect(),
        _ => texts.iter().map(|text| text.chars().count()).collect(),
    };
    lengths.sort_unstable();
    let at = |share: f64| {
        lengths.get((lengths.len() as f64 * share) as usize).or(lengths.last()).copied().unwrap_or(0)
    };
    let told = format!(
        "{what}: {}, {tokens} words of which {} are different and {:.0} % of these come once: read by {units}; half have up to {} of them, 99 % up to {}",
        if hangul(texts) >= KOREAN { "Korean" } else { "not Korean" },
        counts.len(),
        rare * 100.0,
        at(0.5),
        at(0.99),
    );
    (units, told)
}

impl TagsRecipe {
    /// The recipe with every key explained, under some lines about the texts.
    pub fn commented(&self, head: Vec<String>) -> String {
        writer::write(self, &tags::SCHEMA, &Comments { head, keys: true, ..Comments::none() })
    }

    /// The recipe for a file of texts or of tagged tokens.
    ///
    /// # Errors
    /// Of reading; a file without a text (`too-few-texts`).
    pub fn fitting(file: &str, options: CorpusOptions) -> Result<Seen<TagsRecipe>> {
        let lines = TagsRecipe::of(file, Form::Tokens).corpus_options()?;
        // Tables and packed columns are no lines of tokens.
        let lines = CorpusOptions { encoding: options.encoding.clone(), ..lines };
        if let Ok(lines) = first(file, lines)
            && let Some(words) = tokens(&lines)
        {
            return Ok(Seen { recipe: TagsRecipe::of(file, Form::Tokens), words: vec![words] });
        }
        let texts = first(file, options.clone())?;
        let texts: Vec<String> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
        if texts.is_empty() {
            return Err(Fault::new("too-few-texts", "no text")
                .file(file)
                .next("give a file with texts")
                .input());
        }
        let korean = hangul(&texts);
        let sentences: usize = texts
            .iter()
            .map(|text| {
                let form = Form::SentenceEndsByWord;
                form.sentences(&form.of_text(text)).len()
            })
            .sum();
        let each = sentences as f64 / texts.len() as f64;
        let form = if korean >= KOREAN { Form::Spacing } else { Form::SentenceEndsByWord };
        let mut recipe = TagsRecipe::of(file, form);
        recipe.data.column.clone_from(&options.text);
        recipe.data.passage = if each >= 2.0 { 1 } else { 4 };
        let mut words = vec![format!(
            "no tagged tokens but texts, {} looked at, {:.1} sentences each: {} % of their letters are Hangul",
            texts.len(),
            each,
            (korean * 100.0).round()
        )];
        words.push(match form {
            Form::Spacing => "Korean: blanks are taken out and learnt to be put back; labels = \"sentence-ends\" learns where sentences end".to_owned(),
            _ => "where sentences end is learnt word by word; labels = \"spacing\" learns blanks".to_owned(),
        });
        Ok(Seen { recipe, words })
    }
}

/// The first texts of a file.
fn first(file: &str, options: CorpusOptions) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let done = Corpus::open(file, options)?.each(|document| {
        texts.push(document.text.to_owned());
        if texts.len() < SEEN { Ok(()) } else { Err(gyeol_text::Error::stopped()) }
    });
    match done {
        Err(e) if e.code() != "stopped" => Err(e),
        _ => Ok(texts),
    }
}

/// The evidence that lines are tokens with tags: each has a token and a tag, tags are few, and empty lines come between.
fn tokens(lines: &[String]) -> Option<String> {
    let cells = |line: &String| -> Option<(String, String)> {
        let cells: Vec<&str> = match line.contains('\t') {
            true => line.split('\t').map(str::trim).collect(),
            false => line.split_whitespace().collect(),
        };
        let (token, tag) = (cells.first()?, cells.last()?);
        (cells.len() > 1 && !token.contains(' ') && !tag.contains(' '))
            .then(|| ((*token).into(), (*tag).into()))
    };
    let full: Vec<&String> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
    let found: Vec<(String, String)> = full.iter().filter_map(|line| cells(line)).collect();
    let tags: HashSet<&String> = found.iter().map(|(_, tag)| tag).collect();
    let gaps = lines.len() - full.len();
    let fits = found.len() == full.len() && !found.is_empty() && gaps > 0 && tags.len() * 2 <= found.len();
    fits.then(|| {
        format!(
            "each of {} lines is a token and a tag, {} tags, with {gaps} empty lines between sequences",
            full.len(),
            tags.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[&[&str]]) -> Vec<Vec<String>> {
        (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at].to_owned()).collect()).collect()
    }

    #[test]
    fn a_header_is_known_by_its_names_and_what_stands_below() {
        assert!(header(&columns(&[&["source", "target"], &["a", "b"]])));
        assert!(header(&columns(&[
            &["de", "en"],
            &["das Haus hier", "the house"],
            &["ein Haus", "a house"]
        ])));
        assert!(!header(&columns(&[&["ham", "hi there"], &["spam", "win now"]])));
        assert!(!header(&columns(&[&["ham", "hi"], &["ham", "win now"], &["spam", "win now"]])));
        assert!(!header(&columns(&[&["one", "1"], &["two", "2"]])));
    }

    #[test]
    fn tokens_with_tags_are_known_by_their_lines() {
        let lines = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
        let tagged = "the\tD\nload\tN\n\nthe\tD\nwind\tN\nfell\tV\n\na\tD\nb\tN\nc\tN\n\n";
        assert!(tokens(&lines(tagged)).is_some_and(|words| words.contains("3 tags")));
        assert!(
            tokens(&lines(tagged.replace("\n\n", "\n").trim_end())).is_none(),
            "one sequence is no evidence"
        );
        assert!(tokens(&lines("the load fell\n\nit rose")).is_none());
    }

    #[test]
    fn units_are_words_where_these_come_again() {
        let texts = |of: &dyn Fn(usize) -> String| (0..200).map(of).collect::<Vec<_>>();
        assert_eq!(units(&texts(&|n| format!("the load {} rose by {}", n % 3, n % 10)), "x").0, Units::Word);
        let (found, told) = units(&texts(&|n| format!("낱말{n}이 {n}번째로{n} 왔다{n}")), "sources");
        assert!(told.contains("Korean") && told.starts_with("sources"), "{told}");
        assert_eq!(found, Units::Word, "digits stand alone, so that its parts come again");
        let letters = |n: usize| [n / 26, n % 26, n % 7].map(|i| char::from(b'a' + i as u8)).iter().collect();
        assert_eq!(units(&texts(&letters), "x").0, Units::Character);
    }
}
