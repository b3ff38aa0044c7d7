//! Cuts each line of standard input into sentences: one a line, an empty line after each input line.
//!
//! `--stops-only` lets stops alone end a sentence; `--features` writes what the weights are fitted on instead: for each
//! gap one label byte (0, 1, 2 for unknown), the prior as f32 and the slots as u16, little-endian.

use std::io::{BufRead, Write, stdin, stdout};

use gyeol_text::sentences::korean::{KoreanSentences, examples};

fn main() -> std::io::Result<()> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let mut out = std::io::BufWriter::new(stdout().lock());
    let splitter = KoreanSentences { without_stops: mode != "--stops-only", ..KoreanSentences::default() };
    for line in stdin().lock().lines() {
        // A line holds one text; U+2028 stands for a line end within it.
        let text = line?.replace('\u{2028}', "\n");
        let mut written = Ok(());
        if mode == "--features" {
            examples(&text, &mut |evidence, label| {
                let mut row = vec![label.map_or(2, u8::from)];
                row.extend(evidence.prior.to_le_bytes());
                row.extend(evidence.slots.iter().flat_map(|slot| slot.to_le_bytes()));
                written = out.write_all(&row);
            });
        } else {
            splitter.each(&text, &mut |sentence| {
                written = writeln!(out, "{}", sentence.replace('\n', "\u{2028}"));
            });
            writeln!(out)?;
        }
        written?;
    }
    out.flush()
}
