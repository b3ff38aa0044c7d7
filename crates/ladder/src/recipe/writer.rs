//! Writing a recipe down, with or without comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::{Table, Value};

use super::check::{as_moment, default_value};
use serde::Serialize;

use super::keys::{Key, Kind, Schema, Without};
use super::model::rung_kind;

/// What is said around the values.
pub(crate) struct Comments {
    /// Lines at the top.
    pub head: Vec<String>,
    /// Whether sections and keys are explained, and keys that are not set shown with their default.
    pub keys: bool,
    /// More about a key, by path: `columns.targets`, `clean[0]`.
    pub notes: BTreeMap<String, Vec<String>>,
    /// What a key that is not set might be, as TOML, by path: shown in place of any value of its kind.
    pub proposed: BTreeMap<String, String>,
}

impl Comments {
    pub(crate) fn none() -> Comments {
        Comments { head: Vec::new(), keys: false, notes: BTreeMap::new(), proposed: BTreeMap::new() }
    }
}

pub(crate) fn write(recipe: &impl Serialize, schema: &Schema, comments: &Comments) -> String {
    // A recipe is texts, numbers, lists and tables only, all of which TOML holds.
    let table = Table::try_from(recipe).unwrap_or_default();
    let mut out = String::new();
    for line in &comments.head {
        let _ = writeln!(out, "# {line}");
    }
    for section in schema.sections {
        let heading = |out: &mut String, commented: bool| {
            if !out.is_empty() {
                out.push('\n');
            }
            if comments.keys && !section.name.is_empty() {
                let _ = writeln!(out, "# {}", section.doc);
            }
            let mark = if commented { "# " } else { "" };
            match (section.name, section.many) {
                ("", _) => {}
                (name, true) => {
                    let _ = writeln!(out, "{mark}[[{name}]]");
                }
                (name, false) => {
                    let _ = writeln!(out, "{mark}[{name}]");
                }
            }
        };
        match (section.name, table.get(section.name)) {
            ("", _) => {
                heading(&mut out, false);
                keys(&mut out, schema, "", "", None, &table, comments);
            }
            (_, Some(Value::Table(inner))) => {
                heading(&mut out, false);
                keys(&mut out, schema, section.name, section.name, None, inner, comments);
            }
            (_, Some(Value::Array(items))) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    let Value::Table(inner) = item else { continue };
                    let word = if section.name == "rung" { "name" } else { "op" };
                    let of = inner.get(word).and_then(Value::as_str).map(rung_kind);
                    if index > 0 {
                        let _ = write!(out, "\n[[{}]]\n", section.name);
                    } else {
                        heading(&mut out, false);
                    }
                    keys(
                        &mut out,
                        schema,
                        section.name,
                        &format!("{}[{index}]", section.name),
                        of,
                        inner,
                        comments,
                    );
                }
            }
            _ if comments.keys => {
                heading(&mut out, true);
                if let Some(key) =
                    schema.keys.iter().find(|key| key.section == section.name && key.kind == Kind::Available)
                {
                    let _ = writeln!(out, "# {} {}", key.doc, takes(key));
                    let _ = writeln!(out, "# {} = {}", key.name, key.kind.example());
                }
                if section.name == "rung" {
                    let last = schema.rungs.last().unwrap_or(&"");
                    let _ = writeln!(out, "# name = \"{last}\"");
                }
            }
            _ => {}
        }
    }
    out
}

fn keys(
    out: &mut String,
    schema: &Schema,
    section: &str,
    path: &str,
    of: Option<&str>,
    table: &Table,
    comments: &Comments,
) {
    let many = path.contains('[');
    let mine =
        |key: &&Key| key.section == section && of.is_none_or(|of| key.of.is_empty() || key.of.contains(&of));
    if let Some(notes) = comments.notes.get(path) {
        for note in notes {
            let _ = writeln!(out, "# {note}");
        }
    }
    for key in schema.keys.iter().filter(mine) {
        if key.kind == Kind::Available && !table.is_empty() {
            if comments.keys {
                let _ = writeln!(out, "# {} {}", key.doc, takes(key));
            }
            for (name, value) in table {
                let _ = writeln!(out, "{} = {value}", column_key(name));
            }
            continue;
        }
        let explain = comments.keys && !many;
        let value = table.get(key.name).filter(|value| !(many && is_default(key, value)));
        let key_path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        if explain {
            let _ = writeln!(out, "# {} {}", key.doc, takes(key));
            for note in comments.notes.get(&key_path).into_iter().flatten() {
                let _ = writeln!(out, "#   {note}");
            }
        }
        match value {
            Some(value) => {
                let _ = writeln!(out, "{} = {}", key.name, inline(key, value));
            }
            None if explain => {
                let proposed = comments.proposed.get(&key_path).cloned();
                let _ = writeln!(out, "# {} = {}", key.name, proposed.unwrap_or_else(|| key.kind.example()));
            }
            None => {}
        }
    }
}

/// The name of a column as a key of TOML.
fn column_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { Value::from(name).to_string() }
}

/// What a key takes and what holds without it, for the end of its comment.
fn takes(key: &Key) -> String {
    let without = match key.default {
        Without::Value(text) => format!("; default {text}"),
        Without::Found(words) => format!("; without it: {words}"),
        Without::Needed => "; needed".to_owned(),
    };
    format!("({}{without})", key.kind.words())
}

fn is_default(key: &Key, value: &Value) -> bool {
    match key.default {
        Without::Value(text) => default_value(key, text).as_ref() == Some(value),
        _ => false,
    }
}

/// A value as TOML on one line: dates bare, whole numbers without a point.
fn inline(key: &Key, value: &Value) -> String {
    let dates = matches!(key.kind, Kind::Moment | Kind::Holidays);
    match value {
        Value::String(text) if dates => as_moment(text).unwrap_or_else(|| value.to_string()),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| inline(key, item)).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
