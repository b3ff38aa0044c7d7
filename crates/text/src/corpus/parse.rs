//! From raw bytes to documents: checked as UTF-8, freed of the form they came in.

use std::fmt;

use gyeol_base::Fault;
use memchr::{memchr, memchr_iter};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use super::block::Block;
use super::cut::{Layout, RawBlock, element};
use super::stream::undecodable;
use super::{CorpusOptions, Invalid, Labels};
use gyeol_base::{Error, Result};

/// The documents of a raw block.
pub(super) fn parse(raw: RawBlock, options: &CorpusOptions) -> Result<Block> {
    let RawBlock { path, class, layout, bytes, offset, first_line } = raw;
    let text = utf8(&path, bytes, offset, first_line, options.invalid)?;
    let mut block = Block { path, class, first_line, ..Block::default() };
    match &*layout {
        Layout::Lines => {
            block.documents.reserve(text.len() / 64);
            block.text = text;
            lines(&mut block);
        }
        Layout::Paragraphs => {
            block.text = text;
            paragraphs(&mut block);
        }
        Layout::Whole => {
            block.documents.push((0, text.len() as u32, 0));
            block.text = text;
        }
        Layout::Page => {
            super::page::text_of(&text, &mut block.text);
            block.documents.push((0, block.text.len() as u32, 0));
        }
        Layout::Table { .. } => table(&mut block, &text, &layout, options)?,
        Layout::Objects { .. } => objects(&mut block, &text, &layout, options)?,
    }
    Ok(block)
}

fn utf8(path: &str, bytes: Vec<u8>, offset: u64, first_line: u64, invalid: Invalid) -> Result<String> {
    let line = |at: usize, bytes: &[u8]| first_line as usize + memchr_iter(b'\n', &bytes[..at]).count();
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) if invalid == Invalid::Replace => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        Err(e) => {
            let (at, bytes) = (e.utf8_error().valid_up_to(), e.as_bytes());
            return Err(undecodable(path, offset + at as u64, bytes[at], line(at, bytes), "UTF-8"));
        }
    };
    if let Some(at) = memchr(0, text.as_bytes()) {
        if invalid == Invalid::Refuse {
            return Err(Error::input(
                Fault::new("nul-bytes", format!("a NUL character at byte {}", offset + at as u64))
                    .file(path)
                    .row(line(at, text.as_bytes()))
                    .cause("a binary file, a disk error, or UTF-16 without its byte-order mark")
                    .next("name the encoding with --encoding (such as utf-16le), or put a space there with --invalid replace"),
            ));
        }
        text = text.replace('\0', " ");
    }
    Ok(text)
}

fn lines(block: &mut Block) {
    let bytes = block.text.as_bytes();
    let mut from = 0;
    for (line, end) in memchr_iter(b'\n', bytes)
        .chain((!bytes.ends_with(b"\n") && !bytes.is_empty()).then_some(bytes.len()))
        .enumerate()
    {
        let to = if end > from && bytes[end - 1] == b'\r' { end - 1 } else { end };
        block.documents.push((from as u32, to as u32, line as u32));
        from = end + 1;
    }
}

fn paragraphs(block: &mut Block) {
    let (mut from, mut first, mut to) = (0, 0, None);
    let mut at = 0;
    for (line, piece) in block.text.split_inclusive('\n').enumerate() {
        let filled = piece.trim_end().len();
        if filled == 0 {
            if let Some(to) = to.take() {
                block.documents.push((from as u32, to as u32, first));
            }
        } else {
            if to.is_none() {
                (from, first) = (at, line as u32);
            }
            to = Some(at + filled);
        }
        at += piece.len();
    }
    if let Some(to) = to {
        block.documents.push((from as u32, to as u32, first));
    }
}

/// A reader of records as the layout has them.
pub(super) fn records(text: &str, (delimiter, quoting): (u8, bool)) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(text.as_bytes())
}

/// A row that cannot be used: left out and counted where that was asked for, else the error.
fn refuse(block: &mut Block, line: u64, error: Error, options: &CorpusOptions) -> Result<()> {
    if !options.skip_bad {
        return Err(error);
    }
    block.skipped.one(block.first_line + line);
    Ok(())
}

/// The fault of a row without a text, or without a label where one is needed.
pub(super) fn wanting(code: &'static str, found: &str, path: &str, row: u64, column: &str) -> Error {
    Error::input(
        Fault::new(code, found)
            .file(path)
            .row(row as usize)
            .column(column)
            .cause("a row that was not filled in, or the wrong column")
            .next("leave such rows out with --skip-bad, or name the columns with --column and --label"),
    )
}

fn table(block: &mut Block, text: &str, layout: &Layout, options: &CorpusOptions) -> Result<()> {
    let Layout::Table { delimiter, quoting, columns, text: at, label } = *layout else { return Ok(()) };
    block.text.reserve(text.len());
    let mut reader = records(text, (delimiter, quoting));
    let mut record = csv::StringRecord::new();
    let bytes = text.as_bytes();
    let (mut counted, mut line) = (0, 0);
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(e) => {
                return Err(Error::input(
                    Fault::new("broken-record", e.to_string()).file(&*block.path).next("mend the file"),
                ));
            }
        }
        // The reader's place is before the second half of "\r\n" and before empty lines.
        let mut begin = record.position().map_or(0, |p| p.byte() as usize);
        begin += bytes[begin..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        line += memchr_iter(b'\n', &bytes[counted..begin]).count() as u64;
        counted = begin;
        if record.len() != columns {
            let quotes = if quoting { "off" } else { "on" };
            let fault = Fault::new("ragged-row", format!("{} cells where the first row has {columns}", record.len()))
                .file(&*block.path)
                .row((block.first_line + line) as usize)
                .cause("a delimiter or a line end inside a cell, or another use of quotes")
                .next(format!(
                    "mend the row, leave such rows out with --skip-bad, name the --delimiter, or try --quotes {quotes}"
                ));
            refuse(block, line, Error::input(fault), options)?;
            continue;
        }
        push(block, &record[at], label.map(|l| Some(&record[l])), line, options)?;
    }
}

/// Adds a document; `label` is the cell where the source has labels, `None` within where this row has none.
fn push(
    block: &mut Block,
    text: &str,
    label: Option<Option<&str>>,
    line: u64,
    options: &CorpusOptions,
) -> Result<()> {
    let label = label.map(|cell| cell.filter(|cell| !cell.trim().is_empty()));
    if label == Some(None) && options.labels == Labels::Needed {
        let error = wanting("no-label", "no label", &block.path, block.first_line + line, "label");
        return refuse(block, line, error, options);
    }
    let from = block.text.len();
    block.text.push_str(text);
    match label {
        Some(label) => block.push_labelled(from, line, label),
        None => block.push(from, line, None),
    }
    Ok(())
}

/// What an object holds for us.
#[derive(Default)]
struct Found {
    text: Option<String>,
    label: Option<String>,
    /// What the keys hold that is no text, number or truth value.
    wrong: Option<&'static str>,
    wrong_label: Option<&'static str>,
}

struct Seed<'a> {
    text: &'a str,
    label: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Found;
    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<Found, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// An element of a list of texts.
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Found, E> {
        Ok(Found { text: Some(text.to_owned()), ..Found::default() })
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Found, M::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if key == self.text {
                match map.next_value::<Scalar>()? {
                    Scalar(Ok(text)) => found.text = Some(text),
                    Scalar(Err(kind)) => found.wrong = Some(kind),
                }
            } else if Some(&*key) == self.label {
                match map.next_value::<Scalar>()? {
                    Scalar(Ok(text)) => found.label = Some(text),
                    Scalar(Err("null")) => {}
                    Scalar(Err(kind)) => found.wrong_label = Some(kind),
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// A text, number or truth value as text; else the word for what it is.
struct Scalar(Result<String, &'static str>);

impl<'de> serde::Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Scalar(match serde_json::Value::deserialize(d)? {
            serde_json::Value::String(s) => Ok(s),
            serde_json::Value::Number(n) => Ok(n.to_string()),
            serde_json::Value::Bool(b) => Ok(b.to_string()),
            serde_json::Value::Null => Err("null"),
            serde_json::Value::Array(_) => Err("a list"),
            serde_json::Value::Object(_) => Err("an object"),
        }))
    }
}

fn objects(block: &mut Block, text: &str, layout: &Layout, options: &CorpusOptions) -> Result<()> {
    let Layout::Objects { text: key, label, array } = layout else { return Ok(()) };
    block.text.reserve(text.len());
    if !array {
        for (line, json) in text.lines().enumerate().filter(|(_, json)| !json.trim().is_empty()) {
            object(block, json, line as u64, (key, label.as_deref()), options)?;
        }
        return Ok(());
    }
    let bytes = text.as_bytes();
    let (mut at, mut line, mut counted) = (0, 0, 0);
    while let Some((from, to)) = element(bytes, &mut at) {
        line += memchr_iter(b'\n', &bytes[counted..from]).count() as u64;
        counted = from;
        object(block, &text[from..to], line, (key, label.as_deref()), options)?;
    }
    match text[at..].trim().trim_start_matches(',').trim() {
        "" | "]" => Ok(()),
        _ => Err(Error::input(
            Fault::new("broken-json", "the list does not go on with an element, nor end")
                .file(&*block.path)
                .row((block.first_line + line) as usize)
                .cause("the file was cut off, or something stands behind the list")
                .next("copy the file again, or write one object a line (jq -c '.[]' FILE)"),
        )),
    }
}

fn object(
    block: &mut Block,
    json: &str,
    line: u64,
    (key, label): (&str, Option<&str>),
    options: &CorpusOptions,
) -> Result<()> {
    let row = block.first_line + line;
    let read = |json: &str| {
        let mut de = serde_json::Deserializer::from_str(json);
        Seed { text: key, label }.deserialize(&mut de).and_then(|f| de.end().map(|()| f))
    };
    let found = read(json).or_else(|e| match options.invalid {
        Invalid::Replace => read(&without_lone_surrogates(json)),
        Invalid::Refuse => Err(e),
    });
    let found = match found {
        Ok(found) => found,
        Err(e) => {
            let what = e.to_string();
            let (cause, next) = if what.contains("surrogate") || what.contains("hex escape") {
                (
                    "half of a surrogate pair stands alone, which is no character, or an escape is cut off",
                    "put U+FFFD there with --invalid replace, or leave the line out with --skip-bad",
                )
            } else {
                (
                    "the line was cut off, or the file is one JSON document over many lines",
                    "write one whole object a line (jq -c '.[]' turns a list into that)",
                )
            };
            let fault = Fault::new("broken-json", format!("not a JSON object: {what}"));
            let fault = fault.file(&*block.path).row(row as usize).cause(cause).next(next);
            return refuse(block, line, Error::input(fault), options);
        }
    };
    let wrong = match (found.wrong, &found.text, found.wrong_label) {
        (None, Some(_), None) => None,
        (Some("null"), ..) => {
            Some(wanting("not-text", "null where the text is expected", &block.path, row, key))
        }
        (Some(kind), ..) => Some(not_text(block, row, kind, key)),
        (None, None, _) => Some(wanting("missing-key", &format!("no key '{key}'"), &block.path, row, key)),
        (None, Some(_), Some(kind)) => Some(not_text(block, row, kind, label.unwrap_or_default())),
    };
    match (wrong, &found.text) {
        (Some(error), _) => refuse(block, line, error, options),
        (None, text) => push(
            block,
            text.as_deref().unwrap_or_default(),
            label.map(|_| found.label.as_deref()),
            line,
            options,
        ),
    }
}

fn not_text(block: &Block, row: u64, kind: &str, key: &str) -> Error {
    Error::input(
        Fault::new("not-text", format!("{kind} where text is expected"))
            .file(&*block.path)
            .row(row as usize)
            .column(key)
            .next("name another key with --column or --label, or leave such rows out with --skip-bad"),
    )
}

/// JSON with U+FFFD in place of each escape of half a surrogate pair.
fn without_lone_surrogates(json: &str) -> String {
    let half = |at: usize| {
        let hex = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(hex, 16).ok().filter(|code| (0xd800..0xe000).contains(code))
    };
    let mut out = String::with_capacity(json.len());
    let (mut at, mut done) = (0, 0);
    while let Some(found) = memchr(b'\\', &json.as_bytes()[at..]) {
        at += found;
        at += match (half(at), half(at + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..)) => 12,
            (Some(_), _) => {
                out += &json[done..at];
                out += "\\ufffd";
                done = at + 6;
                6
            }
            // Whatever is escaped is one character, of any length.
            (None, _) => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    out + &json[done..]
}
