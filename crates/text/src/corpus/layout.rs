//! What the beginning of a file says of its form: lines, a table and its columns, or objects and their keys.
//!
//! A name that tells the kind of file (`.csv`, `.jsonl`) is believed. Without one (`.txt`, standard input) a file is a table
//! of texts only where all rows seen have the same number of cells and one more thing speaks for it: a usual name above
//! a column, or a column of classes or numbers beside one of sentences. Each guess becomes a note, and `--format`,
//! `--delimiter`, `--header`, `--no-header`, `--column` and `--label` overrule it.

use gyeol_base::{Error, Fault, Result};
use serde_json::{Map, Value};

use super::cut::{Layout, element};
use super::parse::records;
use super::{Corpus, Format, Labels, Source, Unit, columns};

/// Rows and objects that are looked at.
const SEEN: usize = 200;
/// What stands between cells, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What a look at the beginning of a corpus finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Lines, paragraphs, whole files or pages.
    Plain,
    /// A table or objects with a column of texts: named as texts are, or made of sentences.
    Texts,
    /// A table or objects without one.
    Other,
}

/// How a source is cut, and what its beginning holds.
pub(super) struct Form {
    pub layout: Layout,
    /// Bytes and lines before the first document.
    pub skipped: (usize, u64),
    pub look: Look,
}

impl Corpus {
    /// What the beginning holds, of the first file where there are many.
    ///
    /// # Errors
    /// Of reading, and of a table without a column of texts.
    pub fn look(&self) -> Result<Look> {
        let Some(source) = self.sources.first().filter(|s| !s.format.is_columnar()) else {
            return Ok(Look::Other);
        };
        let stream = self.stream(source)?;
        Ok(self.form(source, &stream.beginning())?.look)
    }

    /// Whether it is one plain file of lines in UTF-8: what can be read as it stands.
    ///
    /// # Errors
    /// As [`Corpus::look`].
    pub fn is_plain_lines(&self) -> Result<bool> {
        let [source] = &self.sources[..] else { return Ok(false) };
        if source.format != Format::Text || source.unit != Unit::Line {
            return Ok(false);
        }
        let stream = self.stream(source)?;
        let form = self.form(source, &stream.beginning())?;
        Ok(form.layout == Layout::Lines && stream.encoding().0 == "UTF-8" && !stream.returns())
    }

    /// The form of a source that begins with `text`, whole lines of it.
    pub(super) fn form(&self, source: &Source, text: &str) -> Result<Form> {
        let plain = Layout::plain(source.format, source.unit);
        let plain = Form { layout: plain, skipped: (0, 0), look: Look::Plain };
        match source.format {
            Format::Csv | Format::Tsv => self.table(source, text, None),
            Format::JsonLines => self.keys(source, text),
            Format::Text
                if self.options.format.is_none()
                    && self.options.unit.is_none()
                    && source.unit == Unit::Line =>
            {
                let options = &self.options;
                if holds_objects(text) {
                    self.note(format!("{}: every line is a JSON object, and is read as one", source.name));
                    return self.keys(source, text);
                }
                let asked = options.delimiter.is_some() || options.header.is_some();
                match disguised(text, options.delimiter) {
                    Disguise::Table(delimiter) => self.table(source, text, Some(delimiter)),
                    _ if asked || options.text.is_some() || options.label.is_some() => {
                        self.table(source, text, Some(delimiter_of(text)))
                    }
                    Disguise::Columns { cells, texts } => {
                        self.note(format!(
                            "{}: read as lines, though each has {cells} cells by tabs; --format tsv reads a column",
                            source.name
                        ));
                        Ok(Form { look: if texts { Look::Texts } else { Look::Plain }, ..plain })
                    }
                    Disguise::Lines => {
                        if let Some(what) = more_than_text(text) {
                            self.note(format!("{}: {what}", source.name));
                        }
                        Ok(plain)
                    }
                }
            }
            _ => Ok(plain),
        }
    }

    /// Reads the header of a table and some rows; `found` is the delimiter where the name does not tell a table.
    fn table(&self, source: &Source, text: &str, found: Option<u8>) -> Result<Form> {
        let options = &self.options;
        // Excel's line about the delimiter, which is no row.
        let (begin, named) = separator_line(text).map_or((0, None), |(end, d)| (end, Some(d)));
        let delimiter = options.delimiter.or(named).or(found).unwrap_or_else(|| match source.format {
            Format::Tsv => b'\t',
            _ => delimiter_of(text),
        });
        let csv = source.format == Format::Csv || (source.format == Format::Text && delimiter != b'\t');
        let quoting = options.quoting.unwrap_or(csv);
        let mut reader = records(&text[begin..], (delimiter, quoting));
        let mut record = csv::StringRecord::new();
        let (mut rows, mut first) = (Vec::<Vec<String>>::new(), 0);
        while rows.len() <= SEEN && reader.read_record(&mut record).is_ok_and(|more| more) {
            if rows.is_empty() {
                first = (begin + reader.position().byte() as usize).min(text.len());
                first += usize::from(text[..first].ends_with('\r') && text[first..].starts_with('\n'));
            }
            rows.push(record.iter().map(str::to_owned).collect());
        }
        if rows.is_empty() {
            return Err(Error::input(
                Fault::new("empty-file", "no header")
                    .file(&source.name)
                    .next("give a file with a header and rows"),
            ));
        }
        let header = options.header.unwrap_or_else(|| columns::has_header(&rows));
        let names: Vec<String> = match header {
            true => rows.remove(0),
            false => (1..=rows[0].len()).map(|c| c.to_string()).collect(),
        };
        let choice = columns::choose(&source.name, &names, &rows, header, options)?;
        let mut said = String::new();
        if found.is_some() || (csv && delimiter != b',') {
            let name =
                if delimiter == b'\t' { "tabs".into() } else { format!("\"{}\"", char::from(delimiter)) };
            said = format!("a table, its cells split at {name}; ");
        }
        if !header {
            said += "row 1 is a text like the others, no header; ";
        }
        self.note_choice(source, &said, &names, &choice);
        let look = look_of(&names, &rows, choice.text, header);
        let from = if header { first } else { begin };
        let skipped = (from, lines_in(&text[..from]));
        let layout = Layout::Table {
            delimiter,
            quoting,
            columns: names.len(),
            text: choice.text,
            label: choice.label,
        };
        Ok(Form { layout, skipped, look })
    }

    /// Reads the keys of the first objects.
    fn keys(&self, source: &Source, text: &str) -> Result<Form> {
        let array = text.trim_start().starts_with('[');
        if array {
            self.note(format!("{}: one JSON list, each of its elements a text", source.name));
        }
        let mut objects: Vec<Map<String, Value>> = Vec::new();
        let begin = text.find('[').filter(|_| array).map_or(0, |at| at + 1);
        if array {
            let mut at = begin;
            while objects.len() < SEEN
                && let Some((from, to)) = element(text.as_bytes(), &mut at)
            {
                objects.extend(serde_json::from_str::<Map<_, _>>(&text[from..to]).ok());
            }
        } else {
            // A line that cannot be read is for the parser to complain of.
            let lines = text.lines().filter(|l| !l.trim().is_empty()).take(SEEN);
            objects.extend(lines.filter_map(|line| serde_json::from_str(line).ok()));
        }
        let mut names: Vec<String> = Vec::new();
        for key in objects.iter().flat_map(Map::keys) {
            if !names.contains(key) {
                names.push(key.clone());
            }
        }
        let (wanted, options) = (&self.options.text, &self.options);
        let skipped = (begin, lines_in(&text[..begin]));
        let form = |text: String, label, look| Form {
            layout: Layout::Objects { text, label, array },
            skipped,
            look,
        };
        if names.is_empty() {
            // The parser says where the first broken line is.
            let label = options.label.clone().filter(|_| options.labels != Labels::Ignored);
            return Ok(form(wanted.clone().unwrap_or("text".into()), label, Look::Texts));
        }
        let cell = |o: &Map<String, Value>, name: &String| match o.get(name) {
            Some(Value::String(s)) => s.clone(),
            Some(Value::Null) | None => String::new(),
            Some(v @ (Value::Number(_) | Value::Bool(_))) => v.to_string(),
            _ => "0".to_owned(),
        };
        let rows: Vec<Vec<String>> =
            objects.iter().map(|o| names.iter().map(|n| cell(o, n)).collect()).collect();
        let choice = columns::choose(&source.name, &names, &rows, true, options)?;
        self.note_choice(source, "", &names, &choice);
        let label = choice.label.map(|l| names[l].clone());
        let look = look_of(&names, &rows, choice.text, true);
        Ok(form(names[choice.text].clone(), label, look))
    }

    /// Tells which columns were taken, unless all of it was asked for.
    pub(super) fn note_choice(
        &self,
        source: &Source,
        said: &str,
        names: &[String],
        choice: &columns::Choice,
    ) {
        let options = &self.options;
        if said.is_empty() && options.text.is_some() && (choice.label.is_none() || options.label.is_some()) {
            return;
        }
        let by_letters =
            options.text.is_none() && !columns::has_usual_name(&names[choice.text..=choice.text]);
        let why = if by_letters { ", the one with the most letters" } else { "" };
        let label = choice.label.map_or(String::new(), |l| format!("; label is column '{}'", names[l]));
        self.note(format!("{}: {said}text is column '{}'{why}{label}", source.name, names[choice.text]));
    }
}

/// The end of a first line such as `sep=;`, and the delimiter that it names.
fn separator_line(text: &str) -> Option<(usize, u8)> {
    let end = text.find('\n')? + 1;
    let line = text[..end].trim_end_matches(['\r', '\n']).trim_matches('"');
    match line.strip_prefix("sep=").or(line.strip_prefix("SEP="))?.as_bytes() {
        &[d] if d.is_ascii() => Some((end, d)),
        _ => None,
    }
}

/// What plain lines hold beside their texts, by the marks of three common forms.
fn more_than_text(text: &str) -> Option<&'static str> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(SEEN).collect();
    let names = ["From", "To", "Subject", "Date", "Message-ID", "Received", "Content-Type", "Newsgroups"];
    let head = |l: &&&str| l.split_once(':').is_some_and(|(name, _)| names.contains(&name));
    if lines.len() > 1 && lines.iter().all(|l| l.starts_with("__label__")) {
        return Some(
            "the labels (__label__…) are read as words; LABEL, a tab and the text on each line make labels of them",
        );
    }
    if lines.iter().take(12).filter(head).count() >= 3 {
        return Some("mail, whose heads are read as lines like others");
    }
    let times = lines.iter().filter(|l| l.contains(" --> ")).count();
    (times >= 2 && 4 * times >= lines.len()).then_some("subtitles, whose numbers and times are read as lines")
}

fn lines_in(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}

fn look_of(names: &[String], rows: &[Vec<String>], text: usize, header: bool) -> Look {
    let named = header && columns::is_text(&names[text]);
    if named || columns::is_prose(rows, text) { Look::Texts } else { Look::Other }
}

/// What plain text may be in disguise.
enum Disguise {
    Lines,
    /// A table of texts with this delimiter.
    Table(u8),
    /// So many cells by tabs in every line, all of them texts or nothing that tells what they are.
    Columns {
        cells: usize,
        texts: bool,
    },
}

fn disguised(text: &str, delimiter: Option<u8>) -> Disguise {
    let mut found = Disguise::Lines;
    for d in [b'\t', b',', b';', b'|'].into_iter().filter(|&d| delimiter.is_none_or(|only| only == d)) {
        let Some(rows) = regular(text, d) else { continue };
        let columns = rows[0].len();
        let short = |name: &String| !name.trim().is_empty() && name.split_whitespace().count() <= 3;
        if columns::has_usual_name(&rows[0]) && rows[0].iter().all(short) {
            return Disguise::Table(d);
        }
        // After the comma of a sentence stands a blank.
        let apart = d == b'\t' || rows.iter().all(|row| row[1..].iter().all(|cell| !cell.starts_with(' ')));
        let number = |cell: &String| cell.trim().parse::<i64>().is_ok();
        let classes = |c: usize| {
            columns::is_classes(&rows, c) || (d == b'\t' && rows.iter().skip(1).all(|row| number(&row[c])))
        };
        let prose = (0..columns).find(|&c| columns::is_prose(&rows, c));
        if rows.len() >= 3 && apart && prose.is_some_and(|p| (0..columns).any(|c| c != p && classes(c))) {
            return Disguise::Table(d);
        }
        if d == b'\t' && rows.len() >= 3 {
            let texts = (0..columns).all(|c| columns::is_prose(&rows, c));
            found = Disguise::Columns { cells: columns, texts };
        }
    }
    found
}

/// The first rows, where there are two or more and all have the same number, two or more, of cells.
fn regular(text: &str, delimiter: u8) -> Option<Vec<Vec<String>>> {
    let mut reader = records(text, (delimiter, delimiter != b'\t'));
    let rows: Vec<Vec<String>> = reader
        .records()
        .take(SEEN)
        .map_while(|row| row.ok())
        .map(|row| row.iter().map(str::to_owned).collect())
        .collect();
    let columns = rows.first()?.len();
    (columns >= 2 && rows.len() >= 2 && rows.iter().all(|row| row.len() == columns)).then_some(rows)
}

/// Whether the first lines are JSON objects, or one list of objects begins.
fn holds_objects(text: &str) -> bool {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix('[') {
        return rest.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
    }
    let object = |line: &str| serde_json::from_str::<Map<String, Value>>(line).is_ok_and(|o| !o.is_empty());
    let mut lines = text.lines().filter(|l| !l.trim().is_empty()).take(5).peekable();
    lines.peek().is_some() && lines.all(object)
}

/// The delimiter that gives the first rows one number of cells, two or more; else whichever the first line has most of.
fn delimiter_of(text: &str) -> u8 {
    let regular = DELIMITERS.into_iter().filter_map(|d| regular(text, d).map(|rows| (rows[0].len(), d)));
    if let Some((_, d)) = regular.rev().max_by_key(|(columns, _)| *columns) {
        return d;
    }
    let header = text.lines().next().unwrap_or_default();
    let count = |d: u8| memchr::memchr_iter(d, header.as_bytes()).count();
    let best = DELIMITERS.into_iter().rev().max_by_key(|&d| count(d));
    best.filter(|&d| count(d) > 0).unwrap_or(b',')
}
