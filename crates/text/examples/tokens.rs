//! Tokens of texts by a named scheme, for comparing with other programs: `tokens SCHEME < IN > OUT`.
//!
//! `IN` holds one JSON string a line, `OUT` one JSON array of strings a line.

use std::io::{BufRead, Write};

use gyeol_text::Tokenize;
use gyeol_text::words::Scheme;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scheme: Scheme = std::env::args().nth(1).unwrap_or_default().parse()?;
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &scheme.tokens(&text))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
