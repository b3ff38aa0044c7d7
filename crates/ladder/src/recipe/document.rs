//! `docs/recipe.md`, made from the same table as everything else.

use std::fmt::Write as _;

use super::keys::{Key, SCHEMAS, Schema, Without};
use super::model::Recipe;

/// The reference of all keys, as Markdown. A test keeps `docs/recipe.md` equal to it.
pub fn document() -> String {
    let mut out = String::from(
        "# The recipe\n\n\
         A recipe is a TOML file that says what a run does. `gyeol init FILE -o RECIPE` writes the one that fits a file, with\n\
         comments; `gyeol run RECIPE` follows it. Every key may be left out unless it is called needed. An unknown key is an\n\
         error that names the nearest known one.\n\n\
         <!-- Made from crates/ladder/src/recipe/keys; `UPDATE=1 cargo test -p gyeol-ladder recipe` writes it anew. -->\n",
    );
    for schema in SCHEMAS {
        let _ = write!(out, "\n# `task = \"{}\"`\n\n{}\n", schema.task, schema.doc);
        sections(&mut out, schema);
    }
    let _ = write!(
        out,
        "\n# An example: the built-in power load\n\n```toml\n{}```\n",
        Recipe::default_power().to_toml()
    );
    out
}

fn sections(out: &mut String, schema: &Schema) {
    for section in schema.sections {
        let title = match (section.name, section.many) {
            ("", _) => "At the top".to_owned(),
            (name, true) => format!("`[[{name}]]`"),
            (name, false) => format!("`[{name}]`"),
        };
        let _ = write!(out, "\n## {title}\n\n{}\n\n", section.doc);
        if section.name == "clean" {
            out.push_str("| `op` | what it does |\n|---|---|\n");
            for (word, doc) in schema.operations {
                let _ = writeln!(out, "| `{word}` | {doc} |");
            }
            out.push('\n');
        }
        let of = match section.name {
            "clean" => Some("op"),
            "rung" => Some("rung"),
            _ => None,
        };
        match of {
            Some(word) => {
                let _ =
                    writeln!(out, "| key | {word} | takes | without it | meaning |\n|---|---|---|---|---|");
            }
            None => out.push_str("| key | takes | without it | meaning |\n|---|---|---|---|\n"),
        }
        for key in schema.keys.iter().filter(|key| key.section == section.name) {
            let name = if of.is_some() {
                format!("`{}` | {}", key.name, of_words(key))
            } else {
                format!("`{}`", key.name)
            };
            let _ = writeln!(out, "| {name} | {} | {} | {} |", key.kind.words(), without(key), key.doc);
        }
    }
}

fn of_words(key: &Key) -> String {
    if key.of.is_empty() { "all".to_owned() } else { key.of.join(", ") }
}

fn without(key: &Key) -> String {
    match key.default {
        Without::Value(text) => format!("`{text}`"),
        Without::Found(words) => words.to_owned(),
        Without::Needed => "needed".to_owned(),
    }
}
