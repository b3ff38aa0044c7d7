//! `gyeol inspect` of a corpus.

use std::path::Path;

use gyeol_data::{ColumnKind, Roles};
use gyeol_report::terminal;
use gyeol_text::corpus::{Format, Labels, Look};
use gyeol_text::profile::{ProfileParams, profile};

use super::bar::Bar;
use super::{kind, labelled, preparation, spooled};
use crate::args::{Common, Prepare, Reading, Texts};
use crate::failure::{Failure, Result};
use crate::output;

/// What is looked at.
pub struct Looked<'a> {
    pub file: &'a str,
    pub against: Option<&'a str>,
    pub html: Option<&'a Path>,
}

/// Whether a file holds texts rather than readings: by its name, by the options, and where a table holds no clock, by its
/// columns.
pub fn is_text(file: &str, texts: &Texts, reading: &Reading) -> Result<bool> {
    if file.starts_with("builtin:")
        || Path::new(file).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
    {
        return Ok(false);
    }
    super::super::of_readings(file, None, reading)?;
    if gyeol_data::database::is_database(file) {
        return Ok(false);
    }
    if texts.column.is_some() || texts.document.is_some() || texts.format.is_some() {
        return Ok(true);
    }
    if Path::new(file).is_dir() {
        return Ok(!holds_readings(Path::new(file)));
    }
    let format = kind(file, texts)?;
    let looked = || labelled(file, texts, &reading.bytes, Labels::Kept).and_then(|c| Ok(c.look()?));
    match format {
        Format::Html => return Ok(true),
        // Records without a text are readings in a form that tables do not have: the reader of tables says so.
        Format::JsonLines => {
            return match looked() {
                Err(Failure::Failed(e)) if e.code() == "no-text-column" => Ok(false),
                look => Ok(look? == Look::Texts),
            };
        }
        // Standard input is read once, so that it cannot be looked at; what only tables have was said of the others.
        Format::Text if file == "-" => return Ok(false),
        Format::Text
            if [&reading.bytes.delimiter, &reading.zone, &reading.date_format]
                .iter()
                .all(|r| r.is_none()) =>
        {
            return match looked() {
                Err(Failure::Failed(e)) if e.code() == "no-text-column" => Ok(false),
                look => Ok(match look? {
                    Look::Plain => !looks_like_a_table(file),
                    look => look == Look::Texts,
                }),
            };
        }
        _ => {}
    }
    // A table that cannot be read says so when it is inspected as one.
    let Ok(table) = super::super::table(file, reading) else {
        return Ok(format == Format::Tsv);
    };
    let roles = Roles::guess(&table);
    Ok(roles.time().is_none()
        && (!roles.texts().is_empty() || looked().is_ok_and(|look| look == Look::Texts)))
}

/// Whether a folder is one of Parquet or Arrow files, beside one another or in folders such as `year=2024`: those are one table. Other
/// files may be texts as well as readings, and a folder of them is a corpus here.
fn holds_readings(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let parted = |path: &Path| path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.contains('='));
    entries.flatten().map(|entry| entry.path()).any(|path| match path.is_dir() {
        true => parted(&path) && holds_readings(&path),
        false => gyeol_data::is_columnar(&path),
    })
}

/// A .txt file whose first lines have the same number (two or more) of cells is a table in disguise, and so is one that is
/// read as readings with a clock. A JSON array is one too, for the reader of tables to name.
fn looks_like_a_table(file: &str) -> bool {
    let Ok(bytes) = std::fs::read(file) else { return false };
    let head = &bytes[..bytes.len().min(1 << 16)];
    let whole = head.len() == bytes.len();
    let end = head.iter().rposition(|b| *b == b'\n').filter(|_| !whole).map_or(head.len(), |at| at + 1);
    match gyeol_data::read_bytes(file, &head[..end], &Default::default()) {
        Ok(table) => {
            let roles = Roles::guess(&table);
            let clocked = roles.time().and_then(|time| table.kind(time)) == Some(ColumnKind::Time);
            if clocked && !roles.targets().is_empty() && table.rows() > 2 {
                return true;
            }
        }
        Err(e) if e.code() == "json" => return true,
        Err(_) => {}
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let lines: Vec<&str> = head.lines().take(6).collect();
    [',', ';', '\t'].iter().any(|&d| {
        let counts: Vec<usize> = lines.iter().take(5).map(|l| l.matches(d).count()).collect();
        counts.len() >= 3 && counts[0] > 0 && counts.iter().all(|&c| c == counts[0])
    })
}

/// Looks at a corpus.
pub fn inspect(
    common: &Common,
    looked: &Looked<'_>,
    texts: &Texts,
    prepare: &Prepare,
    reading: &Reading,
) -> Result<()> {
    let Looked { file, against, html } = *looked;
    output::one_result(common.json, html.and_then(Path::to_str).unwrap_or_default())?;
    let bytes = &reading.bytes;
    let spooled = spooled(file)?;
    let chain = preparation(common, prepare, &spooled.name, texts, bytes)?;
    let texts_in = labelled(&spooled.name, texts, bytes, Labels::Kept)?;
    let other = against.map(|other| labelled(other, texts, bytes, Labels::Kept)).transpose()?;
    let pool = super::super::pool(common);
    let name =
        |path: &str| Path::new(path).file_name().map_or(path.to_owned(), |n| n.to_string_lossy().into());
    let (here, there) = (name(file), against.map(name).unwrap_or_default());
    let found = {
        let bar = Bar::new(common, &texts_in);
        let against = other.as_ref().map(|c| (there.as_str(), c));
        profile(&here, &texts_in, against, &chain, ProfileParams::default(), &pool, |_| bar.moved())?
    };
    let language = output::language(common.language.as_deref(), None)?;
    if let Some(path) = html {
        let page = gyeol_report::corpus_page(&found, &here, language)?;
        output::bytes(path, page.as_bytes())?;
        if path.as_os_str() == "-" {
            return Ok(());
        }
    }
    if common.json {
        let mut all = serde_json::to_value(&found)?;
        if let Some(all) = all.as_object_mut() {
            // The keys that every inspection has.
            all.insert("rows".into(), found.documents.into());
            all.insert(
                "columns".into(),
                serde_json::json!([{"name": "text", "type": "text", "role": "text", "nulls": found.empty}]),
            );
        }
        return output::json(&all);
    }
    output::text(&terminal::corpus_table(&found, output::width(), output::color(), language))
}
