//! The shape of a CSV of unknown make: the sign between its cells, the lines before its table, and the rows that name
//! its columns.
//!
//! | guess | evidence, from the first 300 rows |
//! |---|---|
//! | delimiter | most rows have the same number of cells, with names above |
//! | first row of the table | the columns of dates hold dates there, and most columns of values hold values |
//! | names | words above columns of values; two or three such rows (a group above, a unit below) are joined |
//! | lines passed over | what stands above the names |

use csv::{ReaderBuilder, StringRecord};

use super::{ReadOptions, dates, numbers};
use crate::units;

/// Rows that may name the columns together.
const HEADER_ROWS: usize = 3;

/// Where the table lies in the text.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Records before the names, or before the first row where there are none.
    pub passed: usize,
    /// Records that name the columns.
    pub header: usize,
    /// Cells of a row.
    pub width: usize,
    /// Whether each column holds dates, for telling rows of the table from other lines.
    pub dates: Vec<bool>,
    /// Whether any column holds values.
    pub valued: bool,
    /// Whether the first column holds names of rows and has none itself.
    pub row_names: bool,
    /// Number of names in a row of nothing but names right above the table that has one cell more or less than it.
    pub misfit: Option<usize>,
}

pub(super) fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
}

/// The cells of a record. Between blanks, several of which may stand together, there are no empty cells.
pub(super) fn cells(record: &StringRecord, delimiter: u8) -> impl Iterator<Item = &str> {
    record.iter().filter(move |c| delimiter != b' ' || !c.is_empty())
}

/// Whole lines from the start of the text, at most about 256 kB.
fn sample(text: &str) -> &str {
    const LIMIT: usize = 256 << 10;
    if text.len() <= LIMIT {
        return text;
    }
    let mut end = LIMIT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text[..end].rfind('\n') {
        Some(at) => &text[..=at],
        None => &text[..end],
    }
}

type Rows = Vec<Vec<String>>;

/// The first rows; a delimiter at the end of most of them makes no cell.
fn sample_rows(text: &str, delimiter: u8) -> Rows {
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    let mut r = reader(sample(text), delimiter);
    while rows.len() < 300 && matches!(r.read_record(&mut record), Ok(true)) {
        rows.push(cells(&record, delimiter).take(5000).map(str::to_string).collect());
    }
    let (mut width, _) = usual_width(&rows);
    // Only where it has no name: a last column that has one may be empty.
    let unnamed = |r: &Vec<String>| r.len() != width || r.last().is_some_and(String::is_empty);
    if width > 1 && rows.iter().all(unnamed) {
        width -= 1;
    }
    for row in rows.iter_mut().filter(|r| r.len() > width && r[width..].iter().all(String::is_empty)) {
        row.truncate(width);
    }
    rows
}

/// The most frequent number of cells in a row and the share of rows that have it.
fn usual_width(rows: &Rows) -> (usize, f64) {
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    let best = widths.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    best.map_or((0, 0.0), |run| (run[0], run.len() as f64 / rows.len() as f64))
}

/// The delimiter under which most rows have the same number of cells, with names
/// above them: a sign that stands in every row but not in the names is part of a cell. Ties go to the signs that are not also a decimal sign, so that `1,5;2,5`
/// is two numbers and not three.
pub(super) fn find_delimiter(text: &str) -> u8 {
    let mut best = (0.0, b',');
    for delimiter in [b'\t', b';', b'|', b',', b' '] {
        let rows = sample_rows(text, delimiter);
        let (width, share) = usual_width(&rows);
        if width < 2 {
            continue;
        }
        let shape = lay(&rows, width, share, &ReadOptions::default());
        let named = shape.header > 0 && (shape.passed == 0 || shape.valued);
        // A space only when nothing else works: it also stands inside stamps and names.
        let score = if delimiter == b' ' { share * 0.5 } else { share } - if named { 0.0 } else { 0.05 };
        if score > best.0 + 0.02 {
            best = (score, delimiter);
        }
    }
    best.1
}

pub(super) fn is_date(cell: &str) -> bool {
    [dates::Order::Day, dates::Order::Month].iter().any(|o| dates::parse(cell, *o).is_some())
}

fn is_number(cell: &str) -> bool {
    [numbers::Decimal::Point, numbers::Decimal::Comma].iter().any(|d| numbers::parse(cell, *d).is_some())
}

fn is_value(cell: &str) -> bool {
    is_number(cell)
        || is_date(cell)
        || dates::time_of_day(cell).is_some()
        || numbers::unit_of_cell(cell).is_some()
}

/// What stands below: per column, whether its cells are values, and whether they are dates.
struct Below {
    valued: Vec<bool>,
    dates: Vec<bool>,
}

impl Below {
    /// From the rows of the table's width after the first few, which may be names.
    fn of(rows: &Rows, width: usize) -> Below {
        let regular: Vec<&Vec<String>> = rows.iter().filter(|r| r.len() == width).collect();
        let skip = HEADER_ROWS.min(regular.len() / 2).max(usize::from(regular.len() > 1));
        let mostly = |i: usize, is: &dyn Fn(&str) -> bool| {
            let present = regular[skip..].iter().map(|r| r[i].as_str()).filter(|c| !numbers::is_missing(c));
            let (fit, all) = present.fold((0, 0), |(fit, all), c| (fit + usize::from(is(c)), all + 1));
            all > 0 && fit * 10 >= all * 8
        };
        let valued: Vec<bool> = (0..width).map(|i| mostly(i, &is_value)).collect();
        let dates = (0..width).map(|i| valued[i] && mostly(i, &is_date)).collect();
        Below { valued, dates }
    }

    /// Words above values, and values above values. What is no date is a word above dates, and a date above numbers.
    fn heads(&self, row: &[String]) -> (usize, usize) {
        let (mut words, mut values) = (0, 0);
        for (i, cell) in row.iter().enumerate() {
            if cell.is_empty() || !self.valued.get(i).copied().unwrap_or(false) {
                continue;
            }
            let fits = |c: &str| {
                if is_date(c) && !is_number(c) { self.dates[i] } else { !self.dates[i] && is_value(c) }
            };
            *if numbers::is_missing(cell) || fits(cell) { &mut values } else { &mut words } += 1;
        }
        (words, values)
    }

    /// Whether a row belongs to the table: a date among its dates, or no word there and values in at least half of the
    /// other columns.
    fn holds(&self, row: &[String]) -> bool {
        let at = |is: &dyn Fn(&str) -> bool| (0..row.len()).any(|i| self.dates[i] && is(&row[i]));
        let (words, values) = self.heads(row);
        at(&is_date) || !at(&|c| !c.is_empty() && !numbers::is_missing(c)) && words <= values && values > 0
    }
}

/// Whether the first row names the columns of a table of words: none of its cells appears below it.
fn names_words(rows: &[Vec<String>]) -> bool {
    let Some(first) = rows.first() else { return false };
    let seen = |i: usize, head: &String| rows[1..].iter().any(|r| r.get(i) == Some(head));
    let met = first.iter().enumerate().any(|(i, head)| !head.is_empty() && seen(i, head));
    !met && !first.iter().any(|c| is_value(c))
}

/// Finds the table.
pub(super) fn find(text: &str, delimiter: u8, options: &ReadOptions) -> Shape {
    let rows = sample_rows(text, delimiter);
    let (width, share) = usual_width(&rows);
    lay(&rows, width, share, options)
}

fn lay(rows: &Rows, width: usize, share: f64, options: &ReadOptions) -> Shape {
    let below = Below::of(rows, width);
    let regular = |i: usize| rows.get(i).is_some_and(|r| r.len() == width);
    let first = (0..rows.len()).find(|&i| regular(i)).unwrap_or(0);
    let valued = below.valued.contains(&true);
    let mut shape = Shape { width, dates: below.dates.clone(), valued, ..Shape::default() };
    if !valued || rows.len() < 2 {
        shape.passed = if width < 2 || share < 0.5 || options.skip.is_some() { 0 } else { first };
        let named = || names_words(rows.get(shape.passed..).unwrap_or(&[]));
        shape.header = usize::from(options.header.unwrap_or_else(named));
        return shape;
    }
    let body = (first..rows.len()).find(|&i| regular(i) && below.holds(&rows[i])).unwrap_or(rows.len());
    // Names stand right above the table. Rows above them join in where they hold nothing but words.
    let used = |i: usize| rows[i].iter().filter(|c| !c.is_empty()).count();
    let mut top = body;
    while top > first && body - top < HEADER_ROWS && regular(top - 1) {
        let (words, values) = below.heads(&rows[top - 1]);
        let names = if top == body { words > values || used(top - 1) * 2 >= width } else { values == 0 };
        let title = used(top - 1) < 2 || used(top - 1) == 2 && width > 3;
        if !names || title && top < body {
            break;
        }
        top -= 1;
    }
    (shape.passed, shape.header) = match (options.skip, options.header) {
        (Some(_), Some(h)) => (0, usize::from(h)),
        (Some(_), None) => (0, body.min(HEADER_ROWS)),
        (None, Some(true)) => (top, (body - top).max(1)),
        (None, Some(false)) => (first, 0),
        (None, None) => (top, body - top),
    };
    if top == body && options.header.is_none() && top > 0 && !regular(top - 1) {
        let above = &rows[top - 1];
        let words = above.len().abs_diff(width) == 1
            && above.len() > 1
            && !above.iter().any(|c| is_value(c) || c.is_empty());
        // Row names without a name of their own, as R writes them.
        let number = |i: usize| rows[i][0].parse::<usize>().ok();
        let counted = regular(body + 1) && number(body) == Some(1) && number(body + 1) == Some(2);
        if words && counted && above.len() < width {
            (shape.passed, shape.header, shape.row_names) = (top - 1, 1, true);
            return shape;
        }
        shape.misfit = words.then_some(above.len());
    }
    if shape.passed >= rows.len() {
        (shape.passed, shape.header) = (0, usize::from(options.header.unwrap_or(true)));
    }
    shape
}

/// The names that stand in one to three rows: groups reach to the right until the next, a unit goes in brackets.
pub(super) fn join_names(mut rows: Rows, width: usize) -> Vec<String> {
    let Some(mut names) = rows.pop() else { return Vec::new() };
    names.resize(width.max(names.len()), String::new());
    rows.iter_mut().for_each(|r| r.resize(names.len(), String::new()));
    for row in rows.iter_mut().rev() {
        let gaps = row.iter().skip(1).any(String::is_empty);
        for i in 2..row.len() {
            if gaps && row[i].is_empty() && !names[i].is_empty() {
                row[i] = row[i - 1].clone();
            }
        }
        for (name, above) in names.iter_mut().zip(row.iter()).filter(|(_, a)| !a.is_empty()) {
            *name = match name.trim_matches(['(', ')', '[', ']']) {
                "" | "-" => above.clone(),
                unit if units::find(unit).is_some() => format!("{above} ({unit})"),
                _ => format!("{above} {name}"),
            };
        }
    }
    names
}
