//! `gyeol split`.

use std::path::Path;

use gyeol_text::corpus::Labels;
use gyeol_text::pairs::{Part, SplitParams, split as parts_of};
use serde_json::json;

use super::bar::Bar;
use super::{labelled, notes, spooled};
use crate::args::{Bytes, Common, Texts};
use crate::failure::{Failure, Result};
use crate::output;

/// Writes the three parts as JSON lines.
pub fn split(
    common: &Common,
    file: &str,
    out: &Path,
    (valid, test): (f64, f64),
    stratify: bool,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<()> {
    let spooled = spooled(file)?;
    let file = spooled.name.as_str();
    let pool = super::super::pool(common);
    let labels = if stratify { Labels::Needed } else { Labels::Kept };
    let first = labelled(file, texts, bytes, labels)?;
    let params = SplitParams { valid, test, stratify, seed: common.seed.unwrap_or(0) };
    let split = parts_of(&first, params, &pool)?;
    std::fs::create_dir_all(out).map_err(|e| {
        Failure::failed(
            "io",
            format!("cannot make the folder {}: {e}. Next: name another --out", out.display()),
        )
    })?;
    let second = labelled(file, texts, bytes, labels)?;
    let mut written: [Vec<u8>; 3] = Default::default();
    {
        let bar = Bar::new(common, &second);
        second.each(|document| {
            let row = match document.label {
                Some(label) => json!({ "text": document.text, "label": label }),
                None => json!({ "text": document.text }),
            };
            let into = &mut written[split.parts[document.number as usize] as usize];
            // Writing to memory cannot fail.
            let _ = serde_json::to_writer(&mut *into, &row);
            into.push(b'\n');
            if bar.moved() { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
        })?;
    }
    let names = ["train", "valid", "test"];
    for (name, rows) in names.iter().zip(&written) {
        output::bytes(&out.join(format!("{name}.jsonl")), rows)?;
    }
    notes(common, &first);
    let counts = [Part::Train, Part::Valid, Part::Test].map(|p| split.count(p));
    if common.json {
        return output::json(&json!({
            "train": counts[0], "valid": counts[1], "test": counts[2], "repeated": split.repeated,
        }));
    }
    if !common.quiet {
        let [train, valid, test] = counts;
        say!(
            "  {train} to train, {valid} to choose, {test} to test; {} repeats kept together",
            split.repeated
        );
    }
    Ok(())
}
