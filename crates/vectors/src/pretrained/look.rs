//! How a file of vectors is written, told from its beginning.

use gyeol_base::{Fault, Result, shorten};

use super::input::Input;
use super::{Form, WIDEST, fasttext};

/// Lines that say how many numbers a line has, where no first line does.
const LINES: usize = 100;

/// What was found.
pub(super) struct Look {
    pub form: Form,
    /// By what.
    pub because: String,
    /// Numbers of a vector; 0 where the file says it later.
    pub dimension: usize,
    /// Words, where the first line says how many.
    pub rows: Option<u64>,
}

/// Places of the last `count` runs of separators, the last one first.
pub(super) fn separators(line: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let blank = |i: &usize| matches!(line[*i], b' ' | b'\t');
    let mut end = line.len();
    std::iter::from_fn(move || {
        let last = (0..end).rev().find(|i| blank(i))?;
        let first = (0..last).rev().find(|i| !blank(i)).map_or(0, |i| i + 1);
        end = first;
        Some((first, last + 1))
    })
}

/// A line without its end and the blanks before that.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).map_or(0, |i| i + 1);
    &line[..end]
}

/// A number of a vector.
pub(super) fn number(field: &[u8]) -> Option<f32> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// The two numbers of a first line that has nothing else.
fn header(line: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(trimmed(line)).ok()?;
    let mut fields = text.split_ascii_whitespace().map(str::parse::<u64>);
    match (fields.next()?, fields.next()?, fields.next()) {
        (Ok(rows), Ok(dimension), None) => Some((rows, dimension)),
        _ => None,
    }
}

/// Numbers at the end of a line, that of a word before them not counted.
fn numbers(line: &[u8]) -> usize {
    let mut end = line.len();
    let mut count = 0;
    for (first, after) in separators(line) {
        if number(&line[after..end]).is_none() {
            break;
        }
        (count, end) = (count + 1, first);
    }
    count
}

fn not_vectors(input: &Input, found: String) -> gyeol_base::Error {
    Fault::new("not-vectors", found)
        .file(input.path())
        .cause("another kind of file than vectors of word2vec, GloVe or fastText")
        .next("look at its first lines; an archive is unpacked first, and a form that is not told right is named (vectors_format)")
        .input()
}

/// Looks at the beginning of a file; `form` overrules what it says of the form.
pub(super) fn look(input: &Input, form: Option<Form>) -> Result<Look> {
    let (head, _) = input.head();
    if head.starts_with(b"PK\x03\x04") {
        return Err(not_vectors(input, "this is a ZIP archive".into()));
    }
    let magic = head.starts_with(&fasttext::MAGIC.to_le_bytes());
    if form == Some(Form::FastText) || (form.is_none() && magic) {
        if !magic {
            return Err(not_vectors(input, "it does not begin as a model of fastText does".into()));
        }
        let because = format!("its first four bytes are the number {} of fastText's models", fasttext::MAGIC);
        return Ok(Look { form: Form::FastText, because, dimension: 0, rows: None });
    }
    let end = head.iter().position(|&b| b == b'\n');
    let (first, rest) = match end {
        Some(end) => (&head[..end], &head[end + 1..]),
        None => (head, &[][..]),
    };
    let said = header(first).filter(|_| form != Some(Form::Glove));
    let Some((rows, dimension)) = said else {
        if matches!(form, Some(Form::Word2vec | Form::Word2vecBinary)) {
            let shown = shorten(&String::from_utf8_lossy(first), 40);
            let found =
                format!("the first line is '{shown}', and not two whole numbers: words, numbers of each");
            return Err(not_vectors(input, found));
        }
        return glove(input, form.is_some());
    };
    let shown = format!("{rows} {dimension}");
    if rows == 0 || dimension == 0 || dimension > WIDEST as u64 {
        let found = format!("the first line, '{shown}', speaks of {rows} words of {dimension} numbers");
        let next = format!("a vector has 1 to {WIDEST} numbers; give another file");
        return Err(Fault::new("not-vectors", found).file(input.path()).next(next).input());
    }
    let line = rest.split(|&b| b == b'\n').next().unwrap_or_default();
    let text = std::str::from_utf8(line).is_ok() && numbers(trimmed(line)) > 0;
    let form = form.unwrap_or(if text { Form::Word2vec } else { Form::Word2vecBinary });
    // A row has a letter of a word, what parts it from the numbers, and the numbers: a blank and a digit each, or four bytes.
    let least = if form == Form::Word2vec { 2 * dimension + 1 } else { 4 * dimension + 2 };
    let left = input.size().map(|size| (size + 1).saturating_sub(first.len() as u64 + 1));
    if left.is_some_and(|left| rows.saturating_mul(least) > left) {
        let found = format!(
            "the first line, '{shown}', speaks of {rows} words of {dimension} numbers, more than the file has bytes for"
        );
        return Err(super::cut_off(found).file(input.path()).input());
    }
    let what = if form == Form::Word2vec { "a line of text each" } else { "bytes" };
    let because = format!("its first line is two whole numbers, '{shown}', and what follows is {what}");
    Ok(Look { form, because, dimension: dimension as usize, rows: Some(rows) })
}

/// Lines without a first one: as many numbers as most of the lines at the beginning have.
fn glove(input: &Input, named: bool) -> Result<Look> {
    let (head, whole) = input.head();
    let mut lines: Vec<&[u8]> = head.split(|&b| b == b'\n').collect();
    if !whole {
        lines.pop();
    }
    let lengths: Vec<usize> = lines
        .iter()
        .map(|line| trimmed(line))
        .filter(|line| !line.is_empty())
        .take(LINES)
        .map(numbers)
        .collect();
    // Of equally many lines those that come first.
    let dimension = lengths.iter().fold((0, 0), |most, &length| {
        let lines = lengths.iter().filter(|&&other| other == length).count();
        if lines > most.1 { (length, lines) } else { most }
    });
    let dimension = dimension.0;
    // A line of a word and one or two numbers is any list of words with counts.
    if dimension < if named { 1 } else { 3 } {
        let shown = shorten(&String::from_utf8_lossy(lines.first().copied().unwrap_or_default()), 40);
        return Err(not_vectors(
            input,
            format!("the first line is '{shown}', and not a word with its numbers"),
        ));
    }
    if dimension > WIDEST {
        return Err(not_vectors(input, format!("lines of {dimension} numbers, where {WIDEST} are the most")));
    }
    let because =
        format!("its first lines are a word and {dimension} numbers each, without one that says how many");
    Ok(Look { form: Form::Glove, because, dimension, rows: None })
}
