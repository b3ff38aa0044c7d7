//! Times topics by variational Bayes: `variational FILE WORDS TOPICS batch|online EPOCHS THREADS`, one JSON line.
//!
//! FILE has a document a line: ids of words below WORDS, a space between.

use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_topic::variational::{Learning, Vb, VbParams};
use gyeol_vectors::matrix::Csr;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, words, topics, learning, epochs, threads] = &args[..] else {
        return Err("give FILE WORDS TOPICS batch|online EPOCHS THREADS".into());
    };
    let text = std::fs::read_to_string(file)?;
    let mut places = Vec::new();
    for (row, line) in (0..).zip(text.lines()) {
        for word in line.split_whitespace() {
            places.push((row, word.parse()?, 1.0));
        }
    }
    let counts = Csr::from_triplets(text.lines().count(), words.parse()?, places)?;
    let learning = match learning.as_str() {
        "batch" => Learning::Batch,
        "online" => Learning::online(),
        other => return Err(format!("no learning '{other}'").into()),
    };
    let pool = Pool::new(threads.parse()?);
    let params = VbParams { learning, epochs: epochs.parse()?, ..VbParams::new(topics.parse()?) };
    let mut vb = Vb::new(params, counts.cols())?;
    let begun = Instant::now();
    vb.fit(&counts, &pool, |_| true)?;
    let seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let perplexity = vb.perplexity(&counts, &pool)?;
    let line = serde_json::json!({
        "program": "gyeol", "threads": pool.threads(), "seconds": seconds, "perplexity": perplexity,
        "perplexity_seconds": begun.elapsed().as_secs_f64(),
    });
    println!("{line}");
    Ok(())
}
