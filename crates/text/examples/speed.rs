//! Our side of `bench/text/compare.py`: `speed CASE FILE [ROUNDS]` prints one JSON line.
//!
//! `FILE` is a text, a document a line. The best of the rounds counts; a round is the whole text on one thread, unless
//! the case says otherwise.

use std::time::Instant;

use gyeol_text::Tokenize;
use gyeol_text::words::{Scheme, ScikitLearn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(case), Some(file)) = (args.next(), args.next()) else {
        return Err("usage: speed CASE FILE [ROUNDS]".into());
    };
    let rounds: usize = args.next().map_or(Ok(3), |r| r.parse())?;
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    #[cfg(feature = "subword")]
    if let Some(model) = case.strip_prefix("batch:") {
        return batch(model, &lines, rounds);
    }
    let scheme: Scheme = if case == "scikit-learn-lower" { Scheme::ScikitLearn } else { case.parse()? };
    let mut best = f64::INFINITY;
    let (mut units, mut bytes) = (0usize, 0usize);
    for _ in 0..rounds {
        (units, bytes) = (0, 0);
        let begun = Instant::now();
        let mut count = |token: &str| {
            units += 1;
            bytes += token.len();
        };
        if case == "scikit-learn-lower" {
            let mut lowered = String::new();
            lines.iter().for_each(|line| ScikitLearn::each_lower(line, &mut lowered, &mut count));
        } else {
            lines.iter().for_each(|line| scheme.each(line, &mut count));
        }
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let line = serde_json::json!({
        "program": "gyeol", "case": case, "seconds": best, "tokens": units, "token_bytes": bytes,
        "mb_per_s": text.len() as f64 / 1e6 / best,
    });
    println!("{line}");
    Ok(())
}

/// Ids of all documents by a `tokenizer.json`, on all threads.
#[cfg(feature = "subword")]
fn batch(model: &str, lines: &[&str], rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut best = f64::INFINITY;
    let mut tokens = 0;
    for _ in 0..rounds {
        let model = gyeol_text::words::Subword::read(model.as_ref())?;
        let begun = Instant::now();
        tokens = model.encode_batch(lines)?.iter().map(Vec::len).sum();
        best = best.min(begun.elapsed().as_secs_f64());
    }
    let bytes: usize = lines.iter().map(|l| l.len()).sum();
    let line = serde_json::json!({
        "program": "gyeol", "case": "batch", "seconds": best, "tokens": tokens, "tokens_per_s": tokens as f64 / best,
        "mb_per_s": bytes as f64 / 1e6 / best,
    });
    println!("{line}");
    Ok(())
}
