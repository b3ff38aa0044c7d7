//! `gyeol clean` of texts.

use std::io::{BufWriter, Write};
use std::path::Path;

use gyeol_base::WholeFile;
use gyeol_text::clean::{Cleaner, CleaningReport, RULES};
use gyeol_text::corpus::{Block, Format, Labels, format_of};
use serde_json::json;

use super::bar::Bar;
use super::tokenize::output_failed;
use super::{labelled, notes};
use crate::args::{Common, Reading, Texts};
use crate::failure::{Failure, Result};
use crate::output;

/// What is applied where nothing is named: what hardly anybody wants to keep.
const USUAL: [&str; 5] = ["encoding-repair", "html", "entities", "controls", "whitespace"];

/// How texts are cleaned.
pub struct Wanted<'a> {
    pub output: &'a str,
    pub rules: &'a [String],
    pub placeholders: bool,
    pub drop_empty: bool,
}

/// Lists the rules.
pub fn rules(common: &Common) -> Result<()> {
    let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    if common.json {
        return output::json(&json!({ "rules": names, "usual": USUAL }));
    }
    let lines = names
        .iter()
        .map(|n| format!("  {n}{}\n", if USUAL.contains(n) { " (applied where none is named)" } else { "" }));
    output::text(&lines.collect::<String>())
}

/// Cleans every text; JSON lines, CSV and TSV keep the label, plain text is a line a text.
pub fn clean(
    common: &Common,
    file: &str,
    wanted: &Wanted<'_>,
    texts: &Texts,
    reading: &Reading,
) -> Result<()> {
    output::one_result(common.json, wanted.output)?;
    let format = format_of(wanted.output);
    if matches!(format, Format::Parquet | Format::Arrow | Format::Html) {
        let words =
            format!("{}: texts are written as .txt, .jsonl, .csv or .tsv; choose one of them", wanted.output);
        return Err(Failure::Usage(words));
    }
    let packed = [".gz", ".zst"].iter().any(|e| wanted.output.to_ascii_lowercase().ends_with(e));
    if packed {
        return Err(Failure::Usage(format!("{}: write it plain, then pack it", wanted.output)));
    }
    let names: Vec<&str> = match wanted.rules {
        [] => USUAL.to_vec(),
        rules => rules.iter().map(String::as_str).collect(),
    };
    let cleaner = Cleaner::named(&names)?.placeholders(wanted.placeholders);
    let corpus = labelled(file, texts, &reading.bytes, Labels::Kept)?;
    let mut report = cleaner.report(3);
    let (mut rows_in, mut rows_out) = (0u64, 0u64);
    let failed = |e: std::io::Error| {
        let next = "check that the folder exists, may be written to and has room";
        Failure::failed("io", format!("cannot write {}: {e}. Next: {next}", wanted.output))
    };
    let mut whole = match wanted.output {
        "-" => None,
        path => Some(WholeFile::create(Path::new(path)).map_err(failed)?),
    };
    {
        let out: Box<dyn Write + '_> = match &mut whole {
            Some(file) => Box::new(file),
            None => Box::new(std::io::stdout().lock()),
        };
        let mut out = BufWriter::with_capacity(1 << 18, out);
        let mut begun = false;
        let bar = Bar::new(common, &corpus);
        corpus.map(
            &super::super::pool(common),
            |_, block| write_block(block, &cleaner, format, wanted.drop_empty),
            |_, part: Part| {
                if !begun && part.labelled.is_some() {
                    begun = true;
                    header(&mut out, format, part.labelled == Some(true)).map_err(output_failed)?;
                }
                out.write_all(&part.bytes).map_err(output_failed)?;
                report.merge(part.report);
                rows_in += part.rows_in;
                rows_out += part.rows_out;
                if bar.moved() { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
            },
        )?;
        out.flush().map_err(failed)?;
    }
    if let Some(whole) = whole {
        whole.commit().map_err(failed)?;
    }
    notes(common, &corpus);
    say(common, rows_in, rows_out, &report)
}

fn say(common: &Common, rows_in: u64, rows_out: u64, report: &CleaningReport) -> Result<()> {
    if common.json {
        return output::json(&json!({ "rows_in": rows_in, "rows_out": rows_out, "changes": report.rules }));
    }
    if common.quiet {
        return Ok(());
    }
    say!("  {rows_in} texts in, {rows_out} texts out");
    for rule in &report.rules {
        say!("  {:16} {} places in {} texts", rule.rule.name(), rule.places, rule.documents);
        for sample in &rule.samples {
            let shown = |text: &str| {
                text.chars().map(|c| if c.is_control() { '\u{b7}' } else { c }).collect::<String>()
            };
            say!("      {}  →  {}", shown(&sample.before), shown(&sample.after));
        }
    }
    Ok(())
}

struct Part {
    bytes: Vec<u8>,
    report: CleaningReport,
    rows_in: u64,
    rows_out: u64,
    /// Whether the documents have labels; `None` without documents.
    labelled: Option<bool>,
}

fn header(out: &mut impl Write, format: Format, labelled: bool) -> std::io::Result<()> {
    match (format, labelled) {
        (Format::Csv, true) => out.write_all(b"text,label\n"),
        (Format::Tsv, true) => out.write_all(b"text\tlabel\n"),
        (Format::Csv | Format::Tsv, false) => out.write_all(b"text\n"),
        _ => Ok(()),
    }
}

fn write_block(block: &Block, cleaner: &Cleaner, format: Format, drop_empty: bool) -> Part {
    let mut part = Part {
        bytes: Vec::with_capacity(block.bytes()),
        report: cleaner.report(3),
        rows_in: 0,
        rows_out: 0,
        labelled: None,
    };
    for document in block.documents() {
        part.rows_in += 1;
        part.labelled = Some(block.has_labels());
        let text = cleaner.clean_counted(document.text, &mut part.report);
        if drop_empty && text.trim().is_empty() {
            continue;
        }
        part.rows_out += 1;
        let out = &mut part.bytes;
        // Writing to memory cannot fail.
        match format {
            Format::JsonLines => {
                let row = match document.label {
                    Some(label) => json!({ "text": text, "label": label }),
                    None => json!({ "text": text }),
                };
                let _ = serde_json::to_writer(&mut *out, &row);
                out.push(b'\n');
            }
            Format::Csv => {
                cell(out, &text);
                if block.has_labels() {
                    out.push(b',');
                    cell(out, document.label.unwrap_or_default());
                }
                out.push(b'\n');
            }
            Format::Tsv => {
                out.extend_from_slice(one_line(&text).as_bytes());
                if block.has_labels() {
                    out.push(b'\t');
                    out.extend_from_slice(one_line(document.label.unwrap_or_default()).as_bytes());
                }
                out.push(b'\n');
            }
            _ => {
                out.extend_from_slice(one_line(&text).as_bytes());
                out.push(b'\n');
            }
        }
    }
    part
}

/// A CSV cell as RFC 4180 has it.
fn cell(out: &mut Vec<u8>, text: &str) {
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Line ends and tabulators as blanks, so that a text is a line and a cell.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r', '\t'])
        .map(str::trim_end)
        .filter(|piece| !piece.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
