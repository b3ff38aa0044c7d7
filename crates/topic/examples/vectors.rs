//! Times what is made of a text, a document a line: `vectors CASE FILE [THREADS] [ROUNDS] [OUT]`, one JSON line.
//!
//! | case | what is timed |
//! |---|---|
//! | `count`, `tfidf` | the whole way from the file to the matrix; OUT, where it is named, gets it as `.npz` |
//! | `svd`, `lanczos` | 100 singular values of the 50,000 most frequent terms (sub-linear tf), with explained variance; OUT gets the matrix |
//! | `neighbours` | the ten nearest of every document by the cosine; OUT gets a line a document |

use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_topic::lsa::Lsa;
use gyeol_vectors::matrix::{Csr, Numbers, write_npz};
use gyeol_vectors::similarity::{Index, Measure};
use gyeol_vectors::svd::{Method, TruncatedParams};
use gyeol_vectors::vectorize::{Tf, TfIdf, Vectorizer, VectorizerParams, Weight, sklearn_tokens};
use serde_json::{Value, json};

type Any<T> = Result<T, Box<dyn std::error::Error>>;

fn matrix(file: &str, params: VectorizerParams, pool: &Pool) -> Any<(Vectorizer, Csr, u64)> {
    let corpus = Corpus::open(file, CorpusOptions::default())?;
    let mut bytes = 0;
    let (vectorizer, matrix) = params.check()?.fit(&corpus, sklearn_tokens(), pool, |totals| {
        bytes = totals.bytes;
        true
    })?;
    Ok((vectorizer, matrix, bytes))
}

/// Seconds of each round, and what came out last.
fn timed<T>(rounds: usize, mut work: impl FnMut() -> Any<T>) -> Any<(Vec<f64>, T)> {
    let mut seconds = Vec::new();
    loop {
        let begun = Instant::now();
        let made = work()?;
        seconds.push(begun.elapsed().as_secs_f64());
        if seconds.len() >= rounds {
            return Ok((seconds, made));
        }
    }
}

fn main() -> Any<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let at = |i: usize, default: &str| args.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let (case, file) = (at(0, "tfidf"), args.get(1).ok_or("name a file")?);
    let (threads, rounds): (usize, usize) = (at(2, "0").parse()?, at(3, "5").parse()?);
    let pool = Pool::new(threads);
    let mut line: Value = json!({"program": "gyeol", "case": case, "threads": pool.threads()});
    let seconds = match case.as_str() {
        "count" | "tfidf" => {
            let params = if case == "count" { VectorizerParams::count() } else { VectorizerParams::tfidf() };
            let (seconds, (vectorizer, matrix, bytes)) =
                timed(rounds, || self::matrix(file, params.clone(), &pool))?;
            line["terms"] = vectorizer.len().into();
            line["nonzeros"] = matrix.nonzeros().into();
            let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
            line["mb_per_s"] = json!(bytes as f64 / 1e6 / best);
            if let Some(out) = args.get(4) {
                write_npz(out.as_ref(), &matrix, Numbers::Float)?;
            }
            seconds
        }
        "svd" | "lanczos" => {
            let weight = Weight::TfIdf(TfIdf { tf: Tf::Log, ..TfIdf::default() });
            let params = VectorizerParams { max_terms: Some(50_000), weight, ..VectorizerParams::tfidf() };
            let (vectorizer, matrix, _) = self::matrix(file, params, &pool)?;
            if let Some(out) = args.get(4) {
                write_npz(out.as_ref(), &matrix, Numbers::Float)?;
            }
            let method = if case == "svd" { Method::randomized() } else { Method::lanczos() };
            let params = TruncatedParams { method, ..TruncatedParams::new(100) };
            let (seconds, lsa) = timed(rounds, || Ok(Lsa::fit(vectorizer.clone(), &matrix, params, &pool)?))?;
            line["explained"] = json!(lsa.explained().iter().sum::<f64>());
            line["nonzeros"] = matrix.nonzeros().into();
            line["sigma"] = json!([lsa.sigma()[0], lsa.sigma()[49], lsa.sigma()[99]]);
            seconds
        }
        "neighbours" => {
            let (_, matrix, _) = self::matrix(file, VectorizerParams::tfidf(), &pool)?;
            let (seconds, near) =
                timed(rounds, || Ok(Index::new(&matrix, Measure::Cosine)?.search(&matrix, 10, &pool)?))?;
            if let Some(out) = args.get(4) {
                let row = |n: &Vec<gyeol_vectors::similarity::Near>| {
                    n.iter().map(|n| format!("{}:{:.12}", n.row, n.score)).collect::<Vec<_>>().join(" ")
                };
                std::fs::write(out, near.iter().map(|n| row(n) + "\n").collect::<String>())?;
            }
            line["sum"] = json!(near.iter().flatten().map(|n| n.score).sum::<f64>());
            seconds
        }
        other => return Err(format!("no case '{other}'").into()),
    };
    line["seconds"] = json!(seconds);
    println!("{line}");
    Ok(())
}
