//! CSV of unknown make: the delimiter, the header and any lines before it are found out, cells are packed by column.

use csv::{ReaderBuilder, StringRecord};

use super::{ReadOptions, dates, numbers};
use crate::table::Note;
use gyeol_base::{Error, Fault, Result, shorten};

/// The cells of one column, packed one after another.
#[derive(Debug, Default, Clone)]
pub(super) struct Cells {
    text: String,
    /// Where each cell ends; the limits keep a column below 4 GiB.
    ends: Vec<u32>,
}

impl Cells {
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    pub fn get(&self, i: usize) -> &str {
        let from = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        self.text.get(from..self.ends[i] as usize).unwrap_or("")
    }
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i))
    }
}

/// A CSV taken apart, nothing interpreted yet.
#[derive(Debug)]
pub(super) struct Sheet {
    pub delimiter: u8,
    pub names: Vec<String>,
    pub columns: Vec<Cells>,
    /// Line of the file on which the first row of cells stands, from 1.
    pub first_row: usize,
    pub notes: Vec<Note>,
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
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

fn sample_rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    let mut r = reader(sample(text), delimiter);
    while rows.len() < 300 && matches!(r.read_record(&mut record), Ok(true)) {
        rows.push(record.iter().take(5000).map(str::to_string).collect());
    }
    rows
}

/// The most frequent number of cells in a row and the share of rows that have it.
fn usual_width(rows: &[Vec<String>]) -> (usize, f64) {
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    let best = widths.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
    best.map_or((0, 0.0), |run| (run[0], run.len() as f64 / rows.len() as f64))
}

/// The delimiter under which most rows have the same number of cells. Ties go to the signs that are not also a
/// decimal sign, so that `1,5;2,5` is two numbers and not three.
fn find_delimiter(text: &str) -> u8 {
    let mut best = (0.0, b',');
    for delimiter in [b'\t', b';', b'|', b',', b' '] {
        let rows = sample_rows(text, delimiter);
        let (width, share) = usual_width(&rows);
        if width < 2 {
            continue;
        }
        // A space only when nothing else works: it also stands inside stamps and names.
        let score = if delimiter == b' ' { share * 0.5 } else { share };
        if score > best.0 + 0.02 {
            best = (score, delimiter);
        }
    }
    best.1
}

fn number_or_date(cell: &str) -> bool {
    numbers::parse(cell, numbers::Decimal::Point).is_some()
        || numbers::parse(cell, numbers::Decimal::Comma).is_some()
        || dates::parse(cell, dates::Order::DayFirst).is_some()
        || dates::parse(cell, dates::Order::MonthFirst).is_some()
        || cell.contains(':') && dates::time_of_day(cell).is_some()
}

/// Whether the first row names the columns: it differs in kind from what stands below it.
fn has_header(rows: &[Vec<String>]) -> bool {
    let Some(first) = rows.first() else { return false };
    let below = &rows[1..];
    if below.is_empty() {
        return !first.iter().any(|c| number_or_date(c));
    }
    let (mut yes, mut no) = (0, 0);
    for (i, head) in first.iter().enumerate() {
        let present = below.iter().filter_map(|r| r.get(i)).filter(|c| !numbers::is_missing(c));
        let (mut valued, mut total, mut same) = (0, 0, 0);
        for cell in present {
            total += 1;
            valued += usize::from(number_or_date(cell));
            same += usize::from(cell == head);
        }
        if total == 0 {
            continue;
        }
        let mostly = valued * 10 >= total * 8;
        // A word above dates settles it, even where the other columns are called 1, 2, 3 … 24.
        let dated = |c: &str| {
            dates::parse(c, dates::Order::DayFirst).is_some()
                || dates::parse(c, dates::Order::MonthFirst).is_some()
        };
        let dates_below = below.iter().filter_map(|r| r.get(i)).take(20).all(|c| dated(c));
        if mostly && dates_below && !head.is_empty() && !number_or_date(head) {
            return true;
        }
        match (mostly, number_or_date(head), head.is_empty()) {
            (true, false, false) => yes += 1,
            (true, true, _) => no += 1,
            (false, false, false) if same > 0 => no += 1,
            _ => {}
        }
    }
    if yes == no { no == 0 && !first.iter().any(|c| number_or_date(c)) } else { yes > no }
}

/// Lines before the table, such as the name of a meter: at most 30, each with fewer cells in use than the table has.
fn preamble(rows: &[Vec<String>]) -> usize {
    let (width, share) = usual_width(rows);
    if width < 2 || share < 0.5 {
        return 0;
    }
    let used = |r: &Vec<String>| r.iter().filter(|c| !c.is_empty()).count();
    let few = |r: &Vec<String>| used(r) <= 2 && (r.len() != width || used(r) * 2 <= width && width > 2);
    let n = rows.iter().take(31).take_while(|r| few(r)).count();
    if n > 30 || n == rows.len() { 0 } else { n }
}

/// Takes a CSV apart.
pub(super) fn parse(name: &str, text: &str, options: &ReadOptions) -> Result<Sheet> {
    if text.len() >= u32::MAX as usize {
        return Err(Fault::new("too-many-bytes", format!("{} bytes of text, more than 4 GiB", text.len()))
            .file(name)
            .cause("a larger file than CSV is good for")
            .next("cut it into pieces, or export it as Parquet")
            .limit());
    }
    if text.trim().is_empty() {
        return Err(Fault::new("empty-file", "the file is empty")
            .file(name)
            .cause("the export failed, or another file was meant")
            .next("give a file with a header and rows")
            .input());
    }
    let delimiter = options.delimiter.unwrap_or_else(|| find_delimiter(text));
    if !delimiter.is_ascii() || matches!(delimiter, b'"' | b'\n' | b'\r' | 0) {
        return Err(Fault::new("bad-delimiter", format!("byte {delimiter} cannot stand between cells"))
            .file(name)
            .cause("an option with a slip")
            .next("use , ; | or a tab")
            .option());
    }
    let mut rows = sample_rows(text, delimiter);
    let skipped = preamble(&rows);
    rows.drain(..skipped);
    let header = options.header.unwrap_or_else(|| has_header(&rows));
    let mut notes = Vec::new();
    if skipped > 0 {
        notes.push(Note {
            code: "lines-before-table".into(),
            column: None,
            row: Some(1),
            count: skipped,
            words: format!("{skipped} lines before the table were passed over"),
        });
    }

    let mut r = reader(text, delimiter);
    let mut record = StringRecord::new();
    let bad_csv = |e: csv::Error| {
        Fault::new("bad-csv", format!("not readable as CSV: {e}"))
            .file(name)
            .cause("a damaged file")
            .next("export it again")
            .input()
    };
    for _ in 0..skipped {
        r.read_record(&mut record).map_err(bad_csv)?;
    }
    let mut names: Vec<String> = Vec::new();
    if header && r.read_record(&mut record).map_err(bad_csv)? {
        check_cells(name, text, &record, options)?;
        names = record.iter().map(|c| c.trim_start_matches('\u{feff}').to_string()).collect();
        // A delimiter at the end of every line makes a last column without name and cells.
        let trailing = rows.len() > 1
            && rows[1..].iter().all(|r| r.len() + 1 == names.len() || r.last().is_some_and(String::is_empty));
        if names.len() > 1 && names.last().is_some_and(String::is_empty) && trailing {
            names.pop();
        }
    }
    let mut columns: Vec<Cells> = vec![Cells::default(); names.len()];
    let mut first_row = 0;
    let mut count = 0usize;
    let mut last = text.len();
    while r.read_record(&mut record).map_err(bad_csv)? {
        if columns.is_empty() {
            check_cells(name, text, &record, options)?;
            let mut width = record.len();
            let trailing = rows.len() > 1
                && width > 1
                && rows.iter().all(|r| r.len() == width && r.last().is_some_and(String::is_empty));
            if trailing {
                width -= 1;
            }
            columns = vec![Cells::default(); width];
            names = (1..=width).map(|i| format!("column_{i}")).collect();
        }
        if first_row == 0 {
            first_row = line(text, &record);
        }
        count += 1;
        if count > options.max_rows {
            return Err(Fault::new("too-many-rows", format!("more than {} rows", options.max_rows))
                .file(name)
                .row(line(text, &record))
                .cause("a larger file than foreseen")
                .next("raise the limit, or cut the file into pieces")
                .limit());
        }
        last = byte(&record);
        let width = columns.len();
        let extra_empty = record.len() > width && record.iter().skip(width).all(str::is_empty);
        if record.len() != width && !extra_empty {
            return Err(ragged(name, &record, line(text, &record), width, header, delimiter));
        }
        for (column, cell) in columns.iter_mut().zip(record.iter()) {
            if cell.len() > options.max_cell {
                return Err(huge(name, cell, line(text, &record), options));
            }
            column.push(cell);
        }
    }
    if open_quote(&text[last.min(text.len())..]) {
        return Err(Fault::new("open-quote", "a quotation mark that is opened and never closed")
            .file(name)
            .row(line_at(text, last))
            .cause("a mark for inches or a slip of the pen in a cell without quotation marks around it")
            .next("close it, double it, or take it out")
            .input());
    }
    if count == 0 {
        return Err(Fault::new("header-only", "a header but no rows")
            .file(name)
            .row(1)
            .cause("the export found no readings, or the header option is wrong")
            .next("export a span that has readings")
            .input());
    }
    unique_names(&mut names, &mut notes);
    Ok(Sheet { delimiter, names, columns, first_row, notes })
}

fn byte(record: &StringRecord) -> usize {
    record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(0)
}

/// The line of the file on which a record begins, from 1.
fn line(text: &str, record: &StringRecord) -> usize {
    line_at(text, byte(record))
}

/// Counted here because a record's own position stands before the line ends that precede it.
fn line_at(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let blank = bytes[at..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    bytes[..at + blank].iter().filter(|b| **b == b'\n').count() + 1
}

/// Whether the last record swallowed the rest of the file behind a quotation mark that nothing closes.
fn open_quote(last: &str) -> bool {
    last.trim_matches(['\r', '\n']).contains('\n') && last.bytes().filter(|b| *b == b'"').count() % 2 == 1
}

fn check_cells(name: &str, text: &str, record: &StringRecord, options: &ReadOptions) -> Result<()> {
    if record.len() > options.max_columns {
        return Err(Fault::new(
            "too-many-columns",
            format!("{} columns, more than the limit of {}", record.len(), options.max_columns),
        )
        .file(name)
        .row(line(text, record))
        .cause("the wrong delimiter, or a table that lies on its side")
        .next("name the delimiter, or turn rows into columns")
        .limit());
    }
    match record.iter().find(|c| c.len() > options.max_cell) {
        Some(cell) => Err(huge(name, cell, line(text, record), options)),
        None => Ok(()),
    }
}

fn huge(name: &str, cell: &str, at: usize, options: &ReadOptions) -> Error {
    Fault::new(
        "huge-cell",
        format!(
            "a cell of {} bytes, more than the limit of {}, beginning with '{}'",
            cell.len(),
            options.max_cell,
            shorten(cell, 30)
        ),
    )
    .file(name)
    .row(at)
    .cause("a quotation mark that is opened and never closed, or the wrong delimiter")
    .next("close the quotation mark on that row, or name the delimiter")
    .limit()
}

fn ragged(name: &str, record: &StringRecord, at: usize, width: usize, header: bool, delimiter: u8) -> Error {
    let multi = record.iter().any(|c| c.contains('\n'));
    let cause = if multi {
        "a quotation mark that is opened and never closed".to_string()
    } else if record.len() > width && delimiter == b',' {
        "a decimal comma or a comma in a text without quotation marks, or lines of another table before this one"
            .to_string()
    } else if record.len() < width {
        "a row that was cut off, or lines of another table in this file".to_string()
    } else {
        format!("a '{}' inside a text without quotation marks", char::from(delimiter))
    };
    Fault::new(
        "ragged-row",
        format!(
            "{} cells where the {} has {width}: '{}'",
            record.len(),
            if header { "header" } else { "first row" },
            shorten(&record.iter().collect::<Vec<_>>().join(&char::from(delimiter).to_string()), 60)
        ),
    )
    .file(name)
    .row(at)
    .cause(cause)
    .next("mend that row, or name the delimiter")
    .input()
}

/// Gives every column a name of its own.
pub(super) fn unique_names(names: &mut [String], notes: &mut Vec<Note>) {
    let mut seen = std::collections::HashSet::new();
    for (i, name) in names.iter_mut().enumerate() {
        let given = name.clone();
        if name.is_empty() {
            *name = format!("column_{}", i + 1);
        }
        let base = name.clone();
        let mut n = 2;
        while !seen.insert(name.clone()) {
            *name = format!("{base}_{n}");
            n += 1;
        }
        if *name != given {
            notes.push(Note {
                code: "renamed-column".into(),
                column: Some(name.clone()),
                row: None,
                count: 1,
                words: if given.is_empty() {
                    format!("column {} has no name and is called '{name}'", i + 1)
                } else {
                    format!("a second column called '{given}' is called '{name}'")
                },
            });
        }
    }
}
