//! Which column or key holds the text, and which the label.

use gyeol_base::Fault;

use super::CorpusOptions;
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

/// Where the text and the label are, by their places among the columns.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub text: usize,
    pub label: Option<usize>,
    /// Whether the text is the column with the most letters, neither named nor called as texts usually are.
    pub guessed: bool,
}

/// Chooses among named columns; `samples` are some rows of their cells.
pub(super) fn choose(
    path: &str,
    names: &[String],
    samples: &[Vec<String>],
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
        usual.iter().find_map(|u| {
            names.iter().position(|n| n.trim().eq_ignore_ascii_case(u)).filter(|i| Some(*i) != taken)
        })
    };
    let text = match &options.text {
        Some(wanted) => named(wanted)?,
        None => among(&TEXT, None).or_else(|| longest(names.len(), samples)).ok_or_else(|| {
            Error::input(
                Fault::new("no-text-column", "no column that looks like text")
                    .file(path)
                    .cause(format!("the columns are: {}", list(names)))
                    .next("name the one with the text: --column NAME"),
            )
        })?,
    };
    let label = match &options.label {
        Some(wanted) => Some(named(wanted)?),
        None => among(&LABEL, Some(text)),
    };
    let guessed = options.text.is_none() && among(&TEXT, None).is_none();
    Ok(Choice { text, label, guessed })
}

/// The column with the most characters, where those are not numbers.
fn longest(columns: usize, samples: &[Vec<String>]) -> Option<usize> {
    let length = |c: usize| -> usize {
        let cells = samples.iter().filter_map(|row| row.get(c));
        cells.filter(|cell| cell.trim().parse::<f64>().is_err()).map(|cell| cell.chars().count()).sum()
    };
    (0..columns).filter(|&c| length(c) > 0).max_by_key(|&c| (length(c), std::cmp::Reverse(c)))
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
        let choice = choose("f", &names, &rows, &options).unwrap();
        assert_eq!(choice, Choice { text: 1, label: Some(2), guessed: false });
        let names = ["a", "b", "c"].map(String::from);
        let rows = [["123456789012345678", "words", "x"].map(String::from).to_vec()];
        assert_eq!(choose("f", &names, &rows, &options).unwrap().text, 1);
        let rows = [["1", "2", "3"].map(String::from).to_vec()];
        assert_eq!(choose("f", &names, &rows, &options).unwrap_err().code(), "no-text-column");
        let options = CorpusOptions { text: Some("d".into()), ..options };
        let message = choose("f", &names, &rows, &options).unwrap_err().to_string();
        assert!(message.contains("no column 'd'") && message.contains("'a', 'b', 'c'"), "{message}");
    }
}
