//! Times words, vocabulary and ids of a file in one pass: `vocabulary FILE [SCHEME] [THREADS] [ROUNDS]`, one JSON line.

use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_text::encode::fit_encode;
use gyeol_text::prepare::PreparationParams;
use gyeol_text::vocabulary::VocabularyParams;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let at = |i: usize, default: &str| args.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let (file, scheme) = (args.first().ok_or("name a file")?, at(1, "word"));
    let (threads, rounds): (usize, usize) = (at(2, "0").parse()?, at(3, "5").parse()?);
    let pool = Pool::new(threads);
    let params =
        PreparationParams { language: "en".into(), scheme: scheme.clone(), ..PreparationParams::default() };
    let chain = params.check()?.plain()?;
    let mut best = f64::INFINITY;
    let (mut bytes, mut tokens, mut words) = (0, 0, 0);
    for _ in 0..rounds {
        let begun = Instant::now();
        let corpus = Corpus::open(file, CorpusOptions::default())?;
        let (vocabulary, encoded) =
            fit_encode(&corpus, &chain, VocabularyParams::default(), &pool, |totals| {
                bytes = totals.bytes;
                true
            })?;
        best = best.min(begun.elapsed().as_secs_f64());
        (tokens, words) = (encoded.ids().len(), vocabulary.words().count());
    }
    println!(
        "{{\"what\":\"words, vocabulary, ids\",\"scheme\":\"{scheme}\",\"threads\":{},\"bytes\":{bytes},\"tokens\":{tokens},\"words\":{words},\"seconds\":{best:.4},\"mb_per_s\":{:.1}}}",
        pool.threads(),
        bytes as f64 / 1e6 / best
    );
    Ok(())
}
