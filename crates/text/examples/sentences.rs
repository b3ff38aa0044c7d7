//! Sentences of texts, for comparing with other programs: `sentences < IN > OUT`.
//!
//! `IN` holds one JSON string a line, `OUT` one JSON array of strings a line.

use std::io::{BufRead, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let mut found = Vec::new();
        gyeol_text::sentences::english::each(&text, &mut |s| found.push(s.to_owned()));
        serde_json::to_writer(&mut out, &found)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
