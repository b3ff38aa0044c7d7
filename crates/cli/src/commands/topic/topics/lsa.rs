//! `gyeol topics --method lsa`.

use gyeol_bundle::{Manifest, Packed};
use gyeol_topic::lsa::Lsa;
use gyeol_vectors::svd::{Method, TruncatedParams};
use serde_json::{Value, json};

use super::super::super::pool;
use super::super::mean_something;
use super::Source;
use crate::args::Common;
use crate::args::topic::Topics;
use crate::failure::{Failure, Result};

/// Dimensions unless another number is named.
const DIMENSIONS: usize = 100;

/// Fits topics and writes the model.
pub fn topics(common: &Common, args: &Topics) -> Result<()> {
    let k = match args.k[..] {
        [] => DIMENSIONS,
        [k] => k,
        _ => {
            return Err(Failure::Usage(
                "--method lsa takes one number of topics; the largest holds the others".into(),
            ));
        }
    };
    let lda = &args.lda;
    let given = [
        ("--inference", lda.inference.is_some()),
        ("--iterations", lda.iterations.is_some()),
        ("--alpha", lda.alpha.is_some()),
        ("--beta", lda.beta.is_some()),
        ("--fixed-priors", lda.fixed_priors),
        ("--learn-beta", lda.learn_beta),
        ("--samples", lda.samples.is_some()),
        ("--starts", lda.starts.is_some()),
        ("--holdout", lda.holdout.is_some()),
        ("--map", lda.map.is_some()),
        ("--no-map", lda.no_map),
        ("--resume", lda.resume),
    ];
    mean_something(&given, "--method lsa")?;
    let output = super::output(args)?;
    let mut source = Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
    source.by_korean_stems()?;
    let pool = pool(common);
    let (vectorizer, matrix) = source.fit(&pool)?;
    let method =
        if args.svd.as_deref() == Some("lanczos") { Method::lanczos() } else { Method::randomized() };
    let params = TruncatedParams { method, seed: common.seed.unwrap_or(0), ..TruncatedParams::new(k) };
    let lsa = Lsa::fit(vectorizer, &matrix, params, &pool)?;
    let data = super::data(&args.file, &source, matrix.rows())?;
    lsa.save(output, Manifest::new("topics", "lsa", data))?;
    let explained: f64 = lsa.explained().iter().sum();
    if common.json {
        let topics: Vec<Value> = (0..lsa.k())
            .map(|d| {
                let words = lsa.topic(d, args.words);
                json!({
                    "words": words.iter().map(|w| w.word).collect::<Vec<_>>(),
                    "weights": words.iter().map(|w| w.weight).collect::<Vec<_>>(),
                    "singular_value": lsa.sigma()[d],
                    "explained": lsa.explained()[d],
                })
            })
            .collect();
        return crate::output::json(&json!({
            "method": args.method,
            "documents": matrix.rows(),
            "terms": matrix.cols(),
            "explained": explained,
            "topics": topics,
        }));
    }
    if common.quiet {
        return Ok(());
    }
    let mut text = format!(
        "{} documents, {} terms, {} dimensions carry {:.1} % of the variance\n",
        matrix.rows(),
        matrix.cols(),
        lsa.k(),
        100.0 * explained
    );
    for d in 0..lsa.k() {
        let words: Vec<String> = lsa
            .topic(d, args.words)
            .iter()
            .map(|w| format!("{}{}", if w.weight < 0.0 { "-" } else { "" }, w.word))
            .collect();
        text += &format!("{:4}  {:9.3}  {}\n", d + 1, lsa.sigma()[d], words.join(" "));
    }
    crate::output::text(&text)
}
