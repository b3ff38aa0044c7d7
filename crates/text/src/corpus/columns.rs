//! What the cells of a table say of it: whether its first row names the columns, which column holds the text and which the
//! label.
//!
//! | guess | evidence |
//! |---|---|
//! | the first row names the columns | a usual name in it; words above a column of numbers; a cell above a column of classes that is none of them |
//! | the first row is one of the others | a number above numbers; a class above classes; a sentence above sentences |
//! | text | a usual name, else the column with the most letters |
//! | label | a usual name; else, beside sentences, the one column of a few short values that recur |

use gyeol_base::Fault;

use super::{CorpusOptions, Labels};
use gyeol_base::{Error, Result};

/// Names that a column of text usually has, the likeliest first.
const TEXT: [&str; 16] = [
    "text",
    "document",
    "sentence",
    "review",
    "content",
    "body",
    "message",
    "comment",
    "article",
    "tweet",
    "본문",
    "문서",
    "문장",
    "내용",
    "리뷰",
    "텍스트",
];
/// Names that a column of labels usually has.
const LABEL: [&str; 12] = [
    "label",
    "class",
    "category",
    "sentiment",
    "target",
    "topic",
    "y",
    "라벨",
    "레이블",
    "분류",
    "감성",
    "범주",
];

/// Different values up to which a column of an unusual name is taken for classes, and how often each stands at the least, on
/// average.
const FEW: usize = 20;
const OFTEN: usize = 5;

/// Where the text and the label are, by their places among the columns.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub text: usize,
    pub label: Option<usize>,
}

/// Chooses among named columns; `samples` are some rows of their cells, `header` says that the names are the file's own.
pub(super) fn choose(
    path: &str,
    names: &[String],
    samples: &[Vec<String>],
    header: bool,
    options: &CorpusOptions,
) -> Result<Choice> {
    let named = |wanted: &str| {
        names.iter().position(|n| n == wanted).ok_or_else(|| {
            Error::input(
                Fault::new("unknown-column", format!("no column '{}'", gyeol_base::shorten(wanted, 60)))
                    .file(path)
                    .cause(format!("the columns are: {}", list(names)))
                    .next("name one of these"),
            )
        })
    };
    let among = |usual: &[&str], taken: Option<usize>| {
        usual.iter().find_map(|u| names.iter().position(|n| is(n, u)).filter(|i| Some(*i) != taken))
    };
    let label = options.label.as_deref().map(named).transpose()?;
    let text = match &options.text {
        Some(wanted) => named(wanted)?,
        None => {
            let labels = |c: usize| Some(c) == label || (header && is_label(&names[c]));
            let letters = || most_letters(names.len(), samples, labels);
            let any = || most_letters(names.len(), samples, |c| Some(c) == label);
            among(&TEXT, label).or_else(letters).or_else(any).ok_or_else(|| {
                Error::input(
                    Fault::new("no-text-column", "no column that looks like text")
                        .file(path)
                        .cause(format!("the columns are: {}", list(names)))
                        .next("name the one with the text: --column NAME"),
                )
            })?
        }
    };
    let classes = |&c: &usize| c != text && is_classes(samples, c);
    let label = match label {
        _ if options.labels == Labels::Ignored => None,
        None if header => among(&LABEL, Some(text)).or_else(|| only_classes(names, samples, text)),
        None => (0..names.len()).rev().find(classes),
        named => named,
    };
    Ok(Choice { text, label })
}

/// The one column of a few values that recur, beside a column of sentences: words, truth values, or marks such as 1 to 5.
fn only_classes(names: &[String], samples: &[Vec<String>], text: usize) -> Option<usize> {
    let few = |c: &usize| {
        let values: std::collections::HashSet<&str> =
            column(samples, *c).map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let filled = column(samples, *c).filter(|cell| !cell.trim().is_empty()).count();
        // Years, counts and lengths are whole numbers too.
        let mark = |cell: &&str| cell.parse::<f64>().is_ok_and(|v| v.fract() == 0.0 && v.abs() <= 10.0);
        let number = |cell: &&str| cell.parse::<f64>().is_ok();
        values.len() <= FEW
            && values.len() * OFTEN <= filled
            && (values.iter().all(mark) || !values.iter().any(number))
    };
    let mut found = (0..names.len()).filter(|&c| c != text && is_classes(samples, c)).filter(few);
    found.next().filter(|_| found.next().is_none() && is_prose(samples, text))
}

/// Whether a name is the usual one.
fn is(name: &str, usual: &str) -> bool {
    name.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(usual)
}

/// Whether any of the names is one that columns of texts or labels usually have.
pub(super) fn has_usual_name(names: &[String]) -> bool {
    names.iter().any(|n| TEXT.iter().chain(&LABEL).any(|usual| is(n, usual)))
}

/// Whether a name is one that columns of texts usually have.
pub(super) fn is_text(name: &str) -> bool {
    TEXT.iter().any(|usual| is(name, usual))
}

fn is_label(name: &str) -> bool {
    LABEL.iter().any(|usual| is(name, usual))
}

/// Whether the first of the rows names the columns.
pub(super) fn has_header(rows: &[Vec<String>]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return true };
    if rest.is_empty() || has_usual_name(first) {
        return true;
    }
    let number = |cell: &str| cell.trim().parse::<f64>().is_ok();
    let (mut above_classes, mut is_row) = (false, false);
    for (c, name) in first.iter().enumerate() {
        let filled = || column(rest, c).filter(|cell| !cell.trim().is_empty());
        if filled().next().is_none() {
            continue;
        }
        if filled().all(number) && !is_classes(rest, c) && !number(name) {
            return true;
        }
        if is_classes(rest, c) {
            let known = filled().any(|cell| cell == name);
            above_classes |= !known;
            is_row |= known;
        } else if filled().all(number) {
            is_row = true;
        }
    }
    let sentence = || {
        most_letters(first.len(), rest, |_| false)
            .is_some_and(|c| first[c].split_whitespace().count() >= 5 && is_prose(rest, c))
    };
    !is_row && (above_classes || !sentence())
}

/// Whether a column holds classes: a few short values that recur.
pub(super) fn is_classes(rows: &[Vec<String>], c: usize) -> bool {
    let mut values = std::collections::HashSet::new();
    let mut filled = 0;
    for cell in column(rows, c).map(str::trim).filter(|cell| !cell.is_empty()) {
        if cell.chars().count() > 40 || cell.split_whitespace().count() > 3 || cell.ends_with(['.', '!', '?'])
        {
            return false;
        }
        values.insert(cell);
        filled += 1;
    }
    (2..=(filled / 2).max(2)).contains(&values.len()) && values.len() < filled
}

/// Whether a column holds sentences: some words a cell, or a dozen letters where words are not parted.
pub(super) fn is_prose(rows: &[Vec<String>], c: usize) -> bool {
    let (mut cells, mut words, mut length) = (0, 0, 0);
    for cell in column(rows, c).filter(|cell| !cell.trim().is_empty()) {
        cells += 1;
        words += cell.split_whitespace().filter(|w| w.contains(char::is_alphabetic)).count();
        length += letters(cell);
    }
    cells > 0 && (words >= 3 * cells || length >= 12 * cells)
}

fn column(rows: &[Vec<String>], c: usize) -> impl Iterator<Item = &str> {
    rows.iter().filter_map(move |row| row.get(c)).map(String::as_str)
}

/// Letters of a cell that is made of letters, and not of digits with a few between (a moment, a code).
fn letters(cell: &str) -> usize {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    if letters > digits { letters } else { 0 }
}

/// The column with the most letters.
fn most_letters(columns: usize, samples: &[Vec<String>], taken: impl Fn(usize) -> bool) -> Option<usize> {
    let length = |c: usize| -> usize { column(samples, c).map(letters).sum() };
    (0..columns).filter(|&c| length(c) > 0 && !taken(c)).max_by_key(|&c| (length(c), std::cmp::Reverse(c)))
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> =
        names.iter().take(30).map(|n| format!("'{}'", gyeol_base::shorten(n, 40))).collect();
    let more = if names.len() > 30 { format!(" and {} more", names.len() - 30) } else { String::new() };
    shown.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_come_before_long_cells() {
        let names = ["id", "Document", "label", "note"].map(String::from);
        let rows = [["1", "short", "0", "a much longer note than the document"].map(String::from).to_vec()];
        let options = CorpusOptions::default();
        let choice = choose("f", &names, &rows, true, &options).unwrap();
        assert_eq!(choice, Choice { text: 1, label: Some(2) });
        let names = ["a", "b", "c"].map(String::from);
        let rows = [["123456789012345678", "words", "x"].map(String::from).to_vec()];
        assert_eq!(choose("f", &names, &rows, true, &options).unwrap().text, 1);
        let rows = [["1", "2", "3"].map(String::from).to_vec()];
        assert_eq!(choose("f", &names, &rows, true, &options).unwrap_err().code(), "no-text-column");
        let options = CorpusOptions { text: Some("d".into()), ..options };
        let message = choose("f", &names, &rows, true, &options).unwrap_err().to_string();
        assert!(message.contains("no column 'd'") && message.contains("'a', 'b', 'c'"), "{message}");
    }
}
