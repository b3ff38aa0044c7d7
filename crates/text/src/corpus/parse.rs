//! From raw bytes to documents: checked as UTF-8, freed of the form they came in.

use std::fmt;

use gyeol_base::Fault;
use memchr::{memchr, memchr_iter};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use super::Invalid;
use super::block::Block;
use super::cut::{Layout, RawBlock};
use super::stream::undecodable;
use gyeol_base::{Error, Result};

/// The documents of a raw block.
pub(super) fn parse(raw: RawBlock, invalid: Invalid) -> Result<Block> {
    let RawBlock { path, class, layout, bytes, offset, first_line } = raw;
    let text = utf8(&path, bytes, offset, first_line, invalid)?;
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
        Layout::Table { delimiter, quoting, columns, text: at, label } => {
            table(&mut block, &text, (*delimiter, *quoting), *columns, *at, *label)?;
        }
        Layout::Objects { text: key, label } => objects(&mut block, &text, key, label.as_deref())?,
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

fn table(
    block: &mut Block,
    text: &str,
    form: (u8, bool),
    columns: usize,
    at: usize,
    label: Option<usize>,
) -> Result<()> {
    block.text.reserve(text.len());
    let mut reader = records(text, form);
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
            let quotes = if form.1 { "off" } else { "on" };
            return Err(Error::input(
                Fault::new("ragged-row", format!("{} cells where the header has {columns}", record.len()))
                    .file(&*block.path)
                    .row((block.first_line + line) as usize)
                    .cause("a delimiter or a line end inside a cell, or another use of quotes")
                    .next(format!("mend the row, name the --delimiter, or try --quotes {quotes}")),
            ));
        }
        let from = block.text.len();
        block.text.push_str(&record[at]);
        let label = label.map(|l| record[l].to_owned());
        block.push(from, line, label.as_deref());
    }
}

/// What an object holds for us.
#[derive(Default)]
struct Found {
    text: Option<String>,
    label: Option<String>,
    /// A key that holds something else than text, number or truth value.
    wrong: Option<&'static str>,
}

struct Seed<'a> {
    text: &'a str,
    label: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Found;
    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<Found, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
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
                    Scalar(Err(kind)) => found.wrong = Some(kind),
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

fn objects(block: &mut Block, text: &str, key: &str, label: Option<&str>) -> Result<()> {
    block.text.reserve(text.len());
    for (line, json) in text.lines().enumerate() {
        if json.trim().is_empty() {
            continue;
        }
        let fault = |code, found: String| {
            Fault::new(code, found).file(&*block.path).row(block.first_line as usize + line)
        };
        let mut de = serde_json::Deserializer::from_str(json);
        let found = Seed { text: key, label }.deserialize(&mut de).and_then(|f| de.end().map(|()| f));
        let found = found.map_err(|e| {
            let what = e.to_string();
            let cause = if what.contains("surrogate") || what.contains("hex escape") {
                "half of a surrogate pair stands alone, which is no character, or an escape is cut off"
            } else {
                "the line was cut off, or the file holds one JSON list over many lines"
            };
            Error::input(
                fault("broken-json", format!("not a JSON object: {what}"))
                    .cause(cause)
                    .next("write one whole object a line (jq -c '.[]' turns a list into that)"),
            )
        })?;
        if let Some(kind) = found.wrong {
            return Err(Error::input(
                fault("not-text", format!("{kind} where text is expected"))
                    .column(key)
                    .next("name the key with the text: --column KEY"),
            ));
        }
        let Some(words) = found.text else {
            return Err(Error::input(
                fault("missing-key", format!("no key '{key}'"))
                    .cause("another kind of object than those before it")
                    .next("name the key with the text (--column KEY), or mend the line"),
            ));
        };
        if label.is_some() && found.label.is_none() {
            return Err(Error::input(
                fault("missing-key", format!("no key '{}'", label.unwrap_or_default()))
                    .cause("an object without a label")
                    .next("give it one, or leave the line out"),
            ));
        }
        let from = block.text.len();
        block.text.push_str(&words);
        block.push(from, line as u64, found.label.as_deref());
    }
    Ok(())
}
