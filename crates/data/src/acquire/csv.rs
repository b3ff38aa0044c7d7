//! CSV of unknown make: the delimiter, the header and any lines before it are found out, cells are packed by column.

use csv::StringRecord;

use super::shape::{self, cells, reader};
use super::{ReadOptions, note};
use crate::table::Note;
use gyeol_base::{Budget, Error, Fault, Result, shorten};

/// Bytes that a cell takes beside those of its text: where it ends, and what it becomes.
pub(super) const CELL: u64 = 32;
/// Bytes that each of its text takes: the cells of a column, which grow by doubling, and the texts that they become.
pub(super) const TEXT: u64 = 3;

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
    /// Bytes of all cells.
    pub fn bytes(&self) -> usize {
        self.text.len()
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

/// Takes a CSV apart.
pub(super) fn parse(name: &str, text: &str, options: &ReadOptions, mut budget: Budget) -> Result<Sheet> {
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
    if looks_like_json(text) {
        return Err(Fault::new("json", "this is JSON, not a table of rows and cells")
            .file(name)
            .cause("an export for programs, such as DataFrame.to_json or the answer of a web service")
            .next("write readings as CSV: jq -r '(.[0]|keys_unsorted) as $k | $k, (.[]|[.[$k[]]]) | @csv' FILE > FILE.csv; texts as JSON lines: jq -c '.[]' FILE > FILE.jsonl")
            .input());
    }
    let start = after_lines(text, options.skip.unwrap_or(0));
    let delimiter = options.delimiter.unwrap_or_else(|| shape::find_delimiter(&text[start..]));
    if !delimiter.is_ascii() || matches!(delimiter, b'"' | b'\n' | b'\r' | 0) {
        return Err(Fault::new("bad-delimiter", format!("byte {delimiter} cannot stand between cells"))
            .file(name)
            .cause("an option with a slip")
            .next("use , ; | or a tab")
            .option());
    }
    let shape = shape::find(&text[start..], delimiter, options);
    let mut notes = Vec::new();
    let mut r = reader(&text[start..], delimiter);
    let mut record = StringRecord::new();
    let bad_csv = |e: csv::Error| {
        Fault::new("bad-csv", format!("not readable as CSV: {e}"))
            .file(name)
            .cause("a damaged file")
            .next("export it again")
            .input()
    };
    let at = |record: &StringRecord| line(text, start, record);
    let mut over: Option<String> = None;
    for _ in 0..shape.passed {
        r.read_record(&mut record).map_err(bad_csv)?;
        over.get_or_insert_with(|| quoted(&record, delimiter));
    }
    let mut header: Vec<Vec<String>> = Vec::new();
    while header.len() < shape.header && r.read_record(&mut record).map_err(bad_csv)? {
        check_cells(name, &at, &record, options)?;
        header
            .push(cells(&record, delimiter).map(|c| c.trim_start_matches('\u{feff}').to_string()).collect());
    }
    if let Some(names) = header.first_mut().filter(|_| shape.row_names) {
        names.insert(0, String::new());
    }
    let rows_of_names = header.len();
    if rows_of_names > 1 {
        notes.push(note(
            "joined-names",
            None,
            None,
            rows_of_names,
            format!("{rows_of_names} rows of names were joined"),
        ));
    }
    let mut names = shape::join_names(header, shape.width);
    // A delimiter at the end of a line makes no column.
    while names.len() > shape.width && names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    let stamps = names.iter().filter(|n| shape::is_date(n)).count();
    if stamps > 11 && stamps * 2 > names.len() {
        return Err(Fault::new("on-its-side", format!("the table lies on its side: {stamps} of {} columns are named by a time", names.len()))
            .file(name)
            .row(1)
            .cause("a pivot table, or an export with one row per meter and the times across the top")
            .next("turn rows into columns: in a spreadsheet copy and paste transposed; in pandas: pandas.read_csv(FILE, index_col=0).T.to_csv(OUT)")
            .input());
    }
    let mut columns: Vec<Cells> = vec![Cells::default(); names.len()];
    let (mut first_row, mut count) = (0, 0usize);
    let mut last = text.len();
    let mut strays: Option<(usize, usize, String)> = None;
    while r.read_record(&mut record).map_err(bad_csv)? {
        if columns.is_empty() {
            check_cells(name, &at, &record, options)?;
            let width = if record.len() > shape.width { shape.width.max(1) } else { record.len() };
            columns = vec![Cells::default(); width];
            names = (1..=width).map(|i| format!("column_{i}")).collect();
        }
        last = start + byte(&record);
        let width = columns.len();
        let extra_empty = || cells(&record, delimiter).skip(width).all(str::is_empty);
        let n = cells(&record, delimiter).count();
        if n != width && !(n > width && extra_empty()) {
            // A line of another kind, such as a closing one; a row of this table that lacks a cell is a fault.
            let dated = shape.dates.contains(&true)
                && !shape.dates.iter().zip(&record).any(|(is, c)| *is && shape::is_date(c));
            if count == 0 || !dated || strays.as_ref().is_some_and(|s| s.0 > 30 + count / 20) {
                return Err(ragged(name, &record, at(&record), width, rows_of_names > 0, delimiter));
            }
            strays.get_or_insert_with(|| (0, at(&record), quoted(&record, delimiter))).0 += 1;
            continue;
        }
        if first_row == 0 {
            first_row = at(&record);
            if let Some(head) = over.take() {
                passed_over(name, &shape, head, &record, first_row, rows_of_names, &mut notes)?;
            }
        }
        count += 1;
        if count.is_multiple_of(4096) {
            gyeol_base::in_time()?;
        }
        if count > options.max_rows {
            return Err(Fault::new("too-many-rows", format!("more than {} rows", options.max_rows))
                .file(name)
                .row(at(&record))
                .cause("a larger file than foreseen")
                .next("raise the limit, or cut the file into pieces")
                .limit());
        }
        budget
            .take_each(width, CELL)
            .and_then(|()| budget.take_each(record.as_slice().len(), TEXT))
            .map_err(|mut e| {
                e.fault_mut().row = Some(at(&record));
                e.in_file(name)
            })?;
        for (column, cell) in columns.iter_mut().zip(cells(&record, delimiter)) {
            if cell.len() > options.max_cell {
                return Err(huge(name, cell, at(&record), options));
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
    if let Some((n, row, first)) = strays {
        let words =
            format!("{n} lines that are no rows of the table were passed over, the first is '{first}'");
        notes.push(note("lines-passed-over", None, Some(row), n, words));
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

/// The line of the file on which a record begins, from 1; the reader began at byte `start`.
fn line(text: &str, start: usize, record: &StringRecord) -> usize {
    line_at(text, start + byte(record))
}

/// Where the text goes on after so many lines.
fn after_lines(text: &str, lines: usize) -> usize {
    if lines == 0 {
        return 0;
    }
    text.match_indices('\n').nth(lines - 1).map_or(text.len(), |(at, _)| at + 1)
}

fn looks_like_json(text: &str) -> bool {
    let mut signs = text.trim_start().chars().filter(|c| !c.is_whitespace());
    matches!((signs.next(), signs.next()), (Some('['), Some('{' | '[')) | (Some('{'), Some('"')))
}

fn quoted(record: &StringRecord, delimiter: u8) -> String {
    shorten(&record.iter().collect::<Vec<_>>().join(&char::from(delimiter).to_string()), 60)
}

/// Says which lines above the table were left out; names that do not fit the rows are a fault.
fn passed_over(
    name: &str,
    shape: &shape::Shape,
    head: String,
    row: &StringRecord,
    first_row: usize,
    rows_of_names: usize,
    notes: &mut Vec<Note>,
) -> Result<()> {
    if let Some(n) = shape.misfit {
        return Err(Fault::new(
            "names-misfit",
            format!("{n} names above rows of {} cells such as '{}'", shape.width, quoted(row, b',')),
        )
        .file(name)
        .row(first_row.saturating_sub(1))
        .cause("a decimal comma without quotation marks, a name that is missing, or row names without one")
        .next("mend the names, name the delimiter, or pass over the lines above: --skip N --no-header")
        .input());
    }
    let n = first_row.saturating_sub(rows_of_names + 1).max(shape.passed);
    notes.push(note(
        "lines-before-table",
        None,
        Some(1),
        n,
        format!("{n} lines before the table were passed over, the first is '{head}'"),
    ));
    Ok(())
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

fn check_cells(
    name: &str,
    at: &dyn Fn(&StringRecord) -> usize,
    record: &StringRecord,
    options: &ReadOptions,
) -> Result<()> {
    if record.len() > options.max_columns {
        return Err(Fault::new(
            "too-many-columns",
            format!("{} columns, more than the limit of {}", record.len(), options.max_columns),
        )
        .file(name)
        .row(at(record))
        .cause("the wrong delimiter, or a table that lies on its side")
        .next("name the delimiter, or turn rows into columns")
        .limit());
    }
    match record.iter().find(|c| c.len() > options.max_cell) {
        Some(cell) => Err(huge(name, cell, at(record), options)),
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
            quoted(record, delimiter)
        ),
    )
    .file(name)
    .row(at)
    .cause(cause)
    .next("mend that row, name the delimiter, or pass over lines above the table: --skip N")
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
