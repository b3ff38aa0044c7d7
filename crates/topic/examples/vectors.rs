//! Times what is made of a text, a document a line: `vectors CASE FILE [THREADS] [ROUNDS] [OUT]`, one JSON line.
//!
//! `count` and `tfidf` are the whole way from the file to the matrix; OUT, where it is named, gets it as `.npz`.

use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_topic::matrix::{Numbers, write_npz};
use gyeol_topic::vectorize::{VectorizerParams, sklearn_tokens};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let at = |i: usize, default: &str| args.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let (case, file) = (at(0, "tfidf"), args.get(1).ok_or("name a file")?);
    let (threads, rounds): (usize, usize) = (at(2, "0").parse()?, at(3, "5").parse()?);
    let pool = Pool::new(threads);
    let params = if case == "count" { VectorizerParams::count() } else { VectorizerParams::tfidf() };
    let valid = params.check()?;
    let mut seconds = Vec::new();
    let mut line = json!({});
    for _ in 0..rounds {
        let begun = Instant::now();
        let corpus = Corpus::open(file, CorpusOptions::default())?;
        let mut bytes = 0;
        let (vectorizer, matrix) = valid.fit(&corpus, sklearn_tokens(), &pool, |totals| {
            bytes = totals.bytes;
            true
        })?;
        seconds.push(begun.elapsed().as_secs_f64());
        line = json!({"documents": matrix.rows(), "terms": vectorizer.len(), "nonzeros": matrix.nonzeros(), "bytes": bytes});
        if let Some(out) = args.get(4) {
            write_npz(out.as_ref(), &matrix, Numbers::Float)?;
        }
    }
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let rate = line["bytes"].as_f64().unwrap_or_default() / 1e6 / best;
    line["program"] = "gyeol".into();
    line["case"] = case.into();
    line["threads"] = pool.threads().into();
    line["seconds"] = json!(seconds);
    line["mb_per_s"] = json!((rate * 10.0).round() / 10.0);
    println!("{line}");
    Ok(())
}
