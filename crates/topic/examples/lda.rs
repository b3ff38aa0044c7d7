//! Latent Dirichlet allocation measured: one JSON line. Files have a document a line, words apart by spaces.
//!
//! | call | what is measured |
//! |---|---|
//! | `lda speed FILE K THREADS SECONDS EVERY SEED` | tokens a second, and the likelihood by seconds; α 0.1, β 0.01, not learned |
//! | `lda quality TRAIN TEST K THREADS SWEEPS SEED SAMPLES` | completion perplexity of TEST, and the topics' words; α learned from 0.1 |
//! | `lda judge TRAIN TEST PHI ALPHA` | completion perplexity of another program's topics: PHI has (K, V) numbers of four bytes, ALPHA a number a line, words in the order in which TRAIN first has them |

use std::collections::HashMap;
use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_topic::lda::{Completion, Fit, Folder, Gibbs, LdaParams};
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
use serde_json::{Value, json};

type Any<T> = Result<T, Box<dyn std::error::Error>>;

/// Columns of words, in the order in which they first stand.
fn columns(text: &str) -> HashMap<&str, u32> {
    let mut ids = HashMap::new();
    for word in text.split_ascii_whitespace() {
        let next = ids.len() as u32;
        ids.entry(word).or_insert(next);
    }
    ids
}

/// Counts, and the words that have no column.
fn counts(text: &str, ids: &HashMap<&str, u32>) -> Any<(Csr, u64)> {
    let (mut triplets, mut unknown, mut rows) = (Vec::new(), 0, 0);
    for (doc, line) in text.lines().enumerate() {
        for word in line.split_ascii_whitespace() {
            match ids.get(word) {
                Some(&column) => triplets.push((doc as u32, column, 1.0)),
                None => unknown += 1,
            }
        }
        rows = doc + 1;
    }
    Ok((Csr::from_triplets(rows, ids.len(), triplets)?, unknown))
}

fn said(completion: &Completion, unknown: u64) -> Value {
    json!({
        "perplexity": completion.perplexity(),
        "documents": completion.documents,
        "scored": completion.tokens,
        "unknown": unknown,
    })
}

fn main() -> Any<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let at = |i: usize| args.get(i).map(String::as_str).ok_or("see the head of the file for the arguments");
    let number = |i: usize| -> Any<usize> { Ok(at(i)?.parse()?) };
    let text = std::fs::read_to_string(at(1)?)?;
    let ids = columns(&text);
    let (matrix, _) = counts(&text, &ids)?;
    let line = match at(0)? {
        "speed" => {
            let (k, pool) = (number(2)?, Pool::new(number(3)?));
            let (budget, every): (f64, usize) = (at(4)?.parse()?, number(5)?);
            let seed = number(6)? as u64;
            let params = LdaParams { alpha: Some(vec![0.1]), learn_every: 0, seed, ..LdaParams::new(k) };
            let mut gibbs = Gibbs::new(&matrix, &params.check()?)?;
            let (mut seconds, mut trace) = (0.0, Vec::new());
            while seconds < budget {
                let begun = Instant::now();
                (0..every).for_each(|_| gibbs.sweep(&pool));
                seconds += begun.elapsed().as_secs_f64();
                let likelihood = gibbs.log_likelihood(&pool) / gibbs.tokens() as f64;
                trace.push(json!([(seconds * 1e3).round() / 1e3, gibbs.sweeps(), likelihood]));
            }
            let rate = gibbs.tokens() as f64 * gibbs.sweeps() as f64 / seconds;
            json!({
                "program": "gyeol", "k": k, "threads": pool.threads(), "tokens": gibbs.tokens(), "words": ids.len(),
                "groups": gibbs.groups(), "sweeps": gibbs.sweeps(), "seconds": seconds, "tokens_per_s": rate.round(),
                "trace": trace,
            })
        }
        "quality" => {
            let (k, pool) = (number(3)?, Pool::new(number(4)?));
            let params = LdaParams {
                alpha: Some(vec![0.1]),
                iterations: number(5)?,
                seed: number(6)? as u64,
                samples: number(7)?,
                ..LdaParams::new(k)
            };
            let mut fit = Fit::new(Gibbs::new(&matrix, &params.check()?)?, 100);
            let begun = Instant::now();
            fit.run(&pool, |_, _| true);
            let seconds = begun.elapsed().as_secs_f64();
            // A vectorizer of the same columns gives the model its words.
            let mut words = vec![""; ids.len()];
            ids.iter().for_each(|(word, id)| words[*id as usize] = word);
            let vocabulary = Some(words.iter().map(|w| w.to_string()).collect());
            let params = VectorizerParams { vocabulary, ..VectorizerParams::count() };
            let (vectorizer, _) = params.check()?.fit_texts(&[""], sklearn_tokens())?;
            let model = fit.model(vectorizer)?;
            let other = std::fs::read_to_string(at(2)?)?;
            let (test, unknown) = counts(&other, &ids)?;
            let mut line = said(&model.folder().completion(&test, 1, &pool), unknown);
            let topics: Vec<Vec<&str>> =
                (0..k).map(|t| model.topic(t, 10).iter().map(|w| w.word).collect()).collect();
            line["topics"] = json!(topics);
            line["log_likelihood"] = json!(fit.curve().last().map(|(_, l)| l));
            line["alpha"] = json!(model.alpha());
            line["seconds"] = json!(seconds);
            line
        }
        "judge" => {
            let other = std::fs::read_to_string(at(2)?)?;
            let (test, unknown) = counts(&other, &ids)?;
            let bytes = std::fs::read(at(3)?)?;
            let words: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            let alpha = std::fs::read_to_string(at(4)?)?;
            let alpha = alpha.lines().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
            said(&Folder::new(&words, &alpha).completion(&test, 1, &Pool::new(0)), unknown)
        }
        other => return Err(format!("no call '{other}'").into()),
    };
    println!("{line}");
    Ok(())
}
