//! The first look at a recipe: every key known, every value of its kind and in its range, defaults filled in.
//!
//! The text is read twice: once for its values, once for the places of its keys, so that each error names its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::error::{Place, RecipeError, Result, nearest};
use super::keys::{Key, Kind, Schema, Without};
use super::model::rung_kind;

/// Longest text that is taken for a recipe.
const MOST_BYTES: usize = 1 << 20;

/// Lines of the keys by path: `forecast.horizon`, `rung[2].hidden`.
#[derive(Debug)]
pub(crate) struct Lines {
    origin: Arc<str>,
    lines: BTreeMap<String, u32>,
}

impl Lines {
    /// The place of a key, or of the recipe where the key was left out.
    pub(crate) fn place(&self, path: &str) -> Place {
        Place { origin: self.origin.clone(), line: self.lines.get(path).copied() }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.lines.contains_key(path)
    }
}

/// A recipe whose keys are known and whose values are of the right kind, with the defaults filled in.
pub(crate) fn check(text: &str, origin: &str, schema: &'static Schema) -> Result<(Table, Lines)> {
    if text.len() > MOST_BYTES {
        let found = format!("it has {} bytes, and no recipe has more than {MOST_BYTES}", text.len());
        return Err(RecipeError::NotARecipe { origin: origin.to_owned(), found });
    }
    let syntax = |error: toml::de::Error| RecipeError::Syntax {
        place: Place { origin: origin.into(), line: error.span().map(|span| line_of(text, span.start)) },
        message: error.message().trim().replace('\n', " "),
    };
    let places = DeTable::parse(text).map_err(syntax)?;
    let values: Table = text.parse().map_err(syntax)?;
    let mut walk = Walk { text, schema, lines: Lines { origin: origin.into(), lines: BTreeMap::new() } };
    let mut table = walk.top(places.get_ref(), &values)?;
    defaults(&mut table, schema, &walk.lines)?;
    Ok((table, walk.lines))
}

/// A checked recipe as the values of its task, whose own rules are still to be asked.
pub(crate) fn read<R: DeserializeOwned>(
    text: &str,
    origin: &str,
    schema: &'static Schema,
) -> Result<(R, Lines)> {
    let (table, lines) = check(text, origin, schema)?;
    let recipe = table.try_into().map_err(|error: toml::de::Error| RecipeError::Syntax {
        place: lines.place(""),
        message: error.message().to_owned(),
    })?;
    Ok((recipe, lines))
}

/// A recipe that says its task alone: what is left out has its default.
pub(crate) fn left_out<R: DeserializeOwned>(schema: &'static Schema) -> R {
    let read = read(&format!("task = \"{}\"\n", schema.task), "the default recipe", schema);
    // Every default is proven sound by a test.
    read.map_or_else(|_| unreachable!("the defaults of the keys are sound"), |(recipe, _)| recipe)
}

/// What the report calls what is read: the given name, else the file's up to its first dot.
pub(crate) fn title(name: Option<&String>, file: Option<&String>) -> String {
    if let Some(name) = name {
        return name.clone();
    }
    let file = file.map_or("", String::as_str);
    let name = std::path::Path::new(file).file_name().map(|n| n.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| file.to_owned());
    name.split('.').find(|part| !part.is_empty()).unwrap_or(&name).to_owned()
}

fn line_of(text: &str, offset: usize) -> u32 {
    // A recipe has at most a million bytes, so its lines fit.
    text.as_bytes().iter().take(offset).fold(1, |line, byte| line + u32::from(*byte == b'\n'))
}

struct Walk<'a> {
    text: &'a str,
    schema: &'static Schema,
    lines: Lines,
}

impl Walk<'_> {
    fn place(&self, offset: usize) -> Place {
        Place { origin: self.lines.origin.clone(), line: Some(line_of(self.text, offset)) }
    }

    fn top(&mut self, places: &DeTable, values: &Table) -> Result<Table> {
        let mut out = Table::new();
        for (offset, name, place_of_value, value) in in_order(places, values) {
            let place = self.place(offset);
            let Some(section) = self.schema.find_section(name) else {
                let entry = self.entry("", name, "", None, value, &place)?;
                out.insert(name.to_owned(), entry);
                continue;
            };
            self.lines.lines.insert(name.to_owned(), line_of(self.text, offset));
            let wrong = |expected: &str| RecipeError::WrongKind {
                place: place.clone(),
                key: name.to_owned(),
                expected: expected.to_owned(),
                found: describe(value).into(),
                example: if section.many { format!("[[{name}]]") } else { format!("[{name}]") },
            };
            let checked = match (section.many, place_of_value.get_ref(), value) {
                (false, DeValue::Table(inner), Value::Table(values)) => {
                    Value::Table(self.section(name, name, inner, values, None)?)
                }
                (true, DeValue::Array(items), Value::Array(values)) => {
                    let mut list = Vec::new();
                    for (index, (item, value)) in items.iter().zip(values).enumerate() {
                        let (DeValue::Table(inner), Value::Table(values)) = (item.get_ref(), value) else {
                            return Err(wrong("a list of tables"));
                        };
                        let prefix = format!("{name}[{index}]");
                        let first = inner.keys().map(|key| key.span().start).min();
                        let offset = first.unwrap_or(item.span().start);
                        self.lines.lines.insert(prefix.clone(), line_of(self.text, offset));
                        let of = self.discriminate(name, &prefix, values)?;
                        list.push(Value::Table(self.section(name, &prefix, inner, values, Some(of))?));
                    }
                    Value::Array(list)
                }
                (false, ..) => return Err(wrong("a section")),
                (true, ..) => return Err(wrong("a list of tables")),
            };
            out.insert(name.to_owned(), checked);
        }
        Ok(out)
    }

    /// Which operation or rung a `[[clean]]` or `[[rung]]` is, since its other keys depend on it.
    fn discriminate(&self, section: &str, prefix: &str, values: &Table) -> Result<&'static str> {
        let (name, allowed): (&str, Vec<&'static str>) = match section {
            "clean" => ("op", self.schema.operations.iter().map(|(word, _)| *word).collect()),
            _ => ("name", self.schema.rungs.to_vec()),
        };
        let place = self.lines.place(prefix);
        let key = format!("{section}.{name}");
        let Some(value) = values.get(name) else {
            let why = format!("a [[{section}]] says with it which one it is ({})", allowed.join(", "));
            return Err(RecipeError::Missing { place, key, why });
        };
        let Some(word) = value.as_str() else {
            let (expected, found) = ("a text".to_owned(), describe(value).into());
            return Err(RecipeError::WrongKind {
                place,
                key,
                expected,
                found,
                example: format!("\"{}\"", allowed[0]),
            });
        };
        let kind = if section == "rung" { rung_kind(word) } else { word };
        if let Some(known) = allowed.iter().find(|known| **known == kind) {
            return Ok(known);
        }
        let nearest = nearest(kind, allowed.iter().copied());
        let allowed = allowed.into_iter().map(str::to_owned).collect();
        Err(RecipeError::NotAllowed { place, key, found: show(word), allowed, nearest })
    }

    fn section(
        &mut self,
        name: &str,
        prefix: &str,
        places: &DeTable,
        values: &Table,
        of: Option<&str>,
    ) -> Result<Table> {
        let mut out = Table::new();
        for (offset, key, _, value) in in_order(places, values) {
            let place = self.place(offset);
            out.insert(key.to_owned(), self.entry(name, key, prefix, of, value, &place)?);
        }
        Ok(out)
    }

    fn entry(
        &mut self,
        section: &str,
        name: &str,
        prefix: &str,
        of: Option<&str>,
        value: &Value,
        place: &Place,
    ) -> Result<Value> {
        let Some(key) = self.schema.find(section, name, of) else {
            return Err(unknown(self.schema, section, name, of, value, place));
        };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if let Some(line) = place.line {
            self.lines.lines.insert(path, line);
        }
        one(key, value, place)
    }
}

/// Keys and values in the order in which they were written, so that the first mistake is the one that is named.
fn in_order<'t>(
    places: &'t DeTable,
    values: &'t Table,
) -> Vec<(usize, &'t str, &'t Spanned<DeValue<'t>>, &'t Value)> {
    let mut entries: Vec<_> = places
        .iter()
        .filter_map(|(key, place)| {
            let name: &str = key.get_ref();
            Some((key.span().start, name, place, values.get(name)?))
        })
        .collect();
    entries.sort_by_key(|entry| entry.0);
    entries
}

fn unknown(
    schema: &Schema,
    section: &str,
    name: &str,
    of: Option<&str>,
    value: &Value,
    place: &Place,
) -> RecipeError {
    let place = place.clone();
    // A key of another rung or operation is known, but not here.
    if let (Some(of), Some(key)) = (of, schema.find(section, name, None)) {
        let kind = if section == "rung" { "rung" } else { "operation" };
        return RecipeError::Contradiction {
            place,
            what: format!("`{name}` is set, but the {kind} `{of}` has no such thing"),
            cause: "a key copied from another one".to_owned(),
            next: format!("leave it out; it belongs to {}", key.of.join(", ")),
        };
    }
    let table = matches!(value, Value::Table(_)) || is_tables(value);
    let elsewhere = schema.keys.iter().find(|key| key.name == name && key.section != section).map(Key::path);
    let known: Vec<&str> = if section.is_empty() && table {
        schema.sections.iter().map(|section| section.name).filter(|name| !name.is_empty()).collect()
    } else {
        schema.names(section, of).collect()
    };
    let near =
        nearest(name, known).or(elsewhere).or_else(|| nearest(name, schema.keys.iter().map(|key| key.name)));
    RecipeError::UnknownKey {
        place,
        what: if table { "section" } else { "key" },
        key: show(name),
        section: section.to_owned(),
        nearest: near,
    }
}

fn is_tables(value: &Value) -> bool {
    matches!(value, Value::Array(items) if items.iter().any(Value::is_table))
}

/// A value of one key, checked and brought to its usual form: single texts to lists, dates to texts.
fn one(key: &Key, value: &Value, place: &Place) -> Result<Value> {
    let wrong = |value: &Value| RecipeError::WrongKind {
        place: place.clone(),
        key: key.path(),
        expected: key.kind.words(),
        found: describe(value).into(),
        example: format!("{} = {}", key.name, key.kind.example()),
    };
    let outside = |found: String, low: String, high: String| RecipeError::OutOfRange {
        place: place.clone(),
        key: key.path(),
        found,
        range: format!("{low} to {high}"),
    };
    let bad = |problem: String, next: &str| RecipeError::BadText {
        place: place.clone(),
        key: key.path(),
        problem,
        next: next.to_owned(),
    };
    let whole = |value: &Value, low: u64, high: u64| match value {
        Value::Integer(number) => match u64::try_from(*number) {
            Ok(whole) if (low..=high).contains(&whole) => Ok(value.clone()),
            _ => Err(outside(number.to_string(), low.to_string(), high.to_string())),
        },
        other => Err(wrong(other)),
    };
    let real = |value: &Value, low: f64, high: f64| {
        let number = match value {
            Value::Integer(number) => *number as f64,
            Value::Float(number) => *number,
            other => return Err(wrong(other)),
        };
        if number >= low && number <= high {
            return Ok(Value::Float(number));
        }
        Err(outside(number.to_string(), low.to_string(), high.to_string()))
    };
    let text = |value: &Value| match value {
        Value::String(text) if text.trim().is_empty() => {
            Err(bad("it is empty".to_owned(), "write a text, or leave the key out"))
        }
        Value::String(_) => Ok(value.clone()),
        other => Err(wrong(other)),
    };
    let moment = |value: &Value| {
        let written = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Datetime(moment) => moment.to_string(),
            other => return Err(wrong(other)),
        };
        match as_moment(&written) {
            Some(moment) => Ok(Value::String(moment)),
            None => {
                let next = "write 2013-01-31 or 2013-01-31 06:00:00, without an offset: `data.zone` says whose clock it is";
                Err(bad(format!("\"{}\" is not a date", show(&written)), next))
            }
        }
    };
    let list = |value: &Value, item: &dyn Fn(&Value) -> Result<Value>| match value {
        Value::Array(items) => Ok(Value::Array(items.iter().map(item).collect::<Result<_>>()?)),
        single => Ok(Value::Array(vec![item(single)?])),
    };
    match key.kind {
        Kind::Text => text(value),
        Kind::Flag if value.is_bool() => Ok(value.clone()),
        Kind::Flag => Err(wrong(value)),
        Kind::Choice(words) => match value {
            Value::String(word) if words.contains(&word.as_str()) => Ok(value.clone()),
            Value::String(word) if key.path() == "split.by" && SHUFFLED.contains(&word.as_str()) => {
                Err(RecipeError::ShuffledSplit { place: place.clone(), found: word.clone() })
            }
            Value::String(word) => Err(RecipeError::NotAllowed {
                place: place.clone(),
                key: key.path(),
                found: show(word),
                allowed: words.iter().map(|word| (*word).to_owned()).collect(),
                nearest: nearest(word, words.iter().copied()),
            }),
            other => Err(wrong(other)),
        },
        Kind::Whole(low, high) => whole(value, low, high),
        Kind::Real(low, high) => real(value, low, high),
        Kind::Moment => moment(value),
        Kind::Texts => list(value, &text),
        Kind::Wholes(low, high) => list(value, &|value| whole(value, low, high)),
        Kind::Reals(low, high) => list(value, &|value| real(value, low, high)),
        Kind::Available => {
            let known = match value {
                Value::String(text) => gyeol_data::Availability::parse(text).is_some(),
                Value::Table(inner) => inner.len() == 1 && inner.get("column").is_some_and(Value::is_str),
                _ => false,
            };
            if known { Ok(value.clone()) } else { Err(wrong(value)) }
        }
        Kind::Holidays => match value {
            Value::String(_) => text(value),
            Value::Array(_) => list(value, &moment),
            other => Err(wrong(other)),
        },
    }
}

/// Words by which people ask for a split in random order.
const SHUFFLED: &[&str] =
    &["random", "shuffle", "shuffled", "stratified", "k-fold", "kfold", "cross-validation"];

/// A date or local date-time in its one form, `2013-01-31` or `2013-01-31 06:00:00`.
pub(crate) fn as_moment(text: &str) -> Option<String> {
    // TOML wants seconds; people leave them out.
    let full = if text.len() == "2013-01-31 06:00".len() { format!("{text}:00") } else { text.to_owned() };
    let moment: toml::value::Datetime = full.parse().ok()?;
    if moment.offset.is_some() {
        return None;
    }
    let date = moment.date?;
    match moment.time {
        None => Some(date.to_string()),
        Some(time) => Some(format!("{date} {}", time.to_string().split('.').next()?)),
    }
}

/// What a value is, in words short enough for one line.
fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text \"{}\"", show(text)),
        Value::Integer(number) => format!("the whole number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(flag) => format!("{flag}"),
        Value::Datetime(moment) => format!("the date {moment}"),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Table(_) => "a table".to_owned(),
    }
}

/// A text of the recipe for one line of a message.
fn show(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    shown
}

/// Fills in what was left out and has a default; names what was left out and has none.
fn defaults(table: &mut Table, schema: &Schema, lines: &Lines) -> Result<()> {
    for section in schema.sections {
        match (section.name, section.many) {
            ("", _) => fill(table, schema, "", None, &lines.place(""))?,
            (name, false) => {
                let place = lines.place(name);
                let entry = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(inner) = entry {
                    fill(inner, schema, name, None, &place)?;
                }
            }
            (name, true) => {
                let Some(Value::Array(items)) = table.get_mut(name) else { continue };
                for (index, item) in items.iter_mut().enumerate() {
                    let Value::Table(inner) = item else { continue };
                    let word = if name == "rung" { "name" } else { "op" };
                    let of = inner.get(word).and_then(Value::as_str).map(|word| rung_kind(word).to_owned());
                    fill(inner, schema, name, of.as_deref(), &lines.place(&format!("{name}[{index}]")))?;
                }
            }
        }
    }
    Ok(())
}

fn fill(table: &mut Table, schema: &Schema, section: &str, of: Option<&str>, place: &Place) -> Result<()> {
    for key in schema.keys.iter().filter(|key| key.section == section) {
        let here = of.is_none_or(|of| key.of.is_empty() || key.of.contains(&of));
        if !here || table.contains_key(key.name) {
            continue;
        }
        match key.default {
            Without::Value(text) => {
                if let Some(value) = default_value(key, text) {
                    table.insert(key.name.to_owned(), value);
                }
            }
            Without::Needed => {
                let why = match of {
                    Some(of) => format!("`{of}` cannot do without it ({})", key.doc.trim_end_matches('.')),
                    None => key.doc.trim_end_matches('.').to_owned(),
                };
                return Err(RecipeError::Missing { place: place.clone(), key: key.path(), why });
            }
            Without::Found(_) => {}
        }
    }
    Ok(())
}

/// The default of a key as a checked value; a test proves that every one is sound.
pub(crate) fn default_value(key: &Key, text: &str) -> Option<Value> {
    let table: Table = format!("value = {text}").parse().ok()?;
    one(key, table.get("value")?, &Place { origin: key.path().into(), line: None }).ok()
}
