//! Lemmas of words, one a line, for comparing with a treebank: `lemmas < IN > OUT`.

use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", gyeol_text::normalise::lemma(&line?))?;
    }
    Ok(())
}
