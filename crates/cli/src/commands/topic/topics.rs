//! `gyeol topics`.

use gyeol_bundle::DataHash;
use gyeol_text::corpus::sha256_of;
use gyeol_topic::lsa::Lsa;
use gyeol_topic::svd::{Method, TruncatedParams};
use serde_json::{Value, json};

use super::super::pool;
use super::Source;
use crate::args::Common;
use crate::args::topic::Topics;
use crate::failure::Result;
use crate::output;

/// Fits topics and writes the model.
pub fn topics(common: &Common, args: &Topics) -> Result<()> {
    let source = Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
    let pool = pool(common);
    let (vectorizer, matrix) = source.fit(&pool)?;
    let method = if args.svd == "lanczos" { Method::lanczos() } else { Method::randomized() };
    let params = TruncatedParams { method, seed: common.seed.unwrap_or(0), ..TruncatedParams::new(args.k) };
    let lsa = Lsa::fit(vectorizer, &matrix, params, &pool)?;
    let name =
        std::path::Path::new(&args.file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let data = DataHash {
        name,
        sha256: sha256_of(std::slice::from_ref(&source.spooled.name))?,
        rows: matrix.rows() as u64,
    };
    lsa.write(&args.output, data)?;
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
        return output::json(&json!({
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
    output::text(&text)
}
