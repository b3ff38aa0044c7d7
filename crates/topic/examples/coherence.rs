//! Times the four coherences: `coherence TEXTS TOPICS THREADS [ROUNDS]`, one JSON line a measure and one for all four at once.
//!
//! Both files have ids of words, a space between: TEXTS a document a line, TOPICS a topic a line.

use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_topic::coherence::{Coherence, CoherenceParams, MEASURES};

fn lists(file: &str) -> Result<Vec<Vec<u32>>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().map(|l| l.split_whitespace().map(str::parse).collect()).collect::<Result<_, _>>()?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [texts, topics, threads, rest @ ..] = &args[..] else {
        return Err("give TEXTS TOPICS THREADS [ROUNDS]".into());
    };
    let rounds: usize = rest.first().map_or(Ok(1), |r| r.parse())?;
    let (texts, topics) = (lists(texts)?, lists(topics)?);
    let pool = Pool::new(threads.parse()?);
    let all: Vec<CoherenceParams> = MEASURES.iter().map(|(_, m)| CoherenceParams::new(*m)).collect();
    for params in all.iter().map(std::slice::from_ref).chain([&all[..]]) {
        let (mut best, mut scores) = (f64::INFINITY, Vec::new());
        for _ in 0..rounds {
            let begun = Instant::now();
            let mut coherence = Coherence::new(&topics, params)?;
            coherence.add(&texts, &pool);
            scores = coherence.scores()?;
            best = best.min(begun.elapsed().as_secs_f64());
        }
        let names: Vec<String> = scores.iter().map(|s| s.params.measure.to_string()).collect();
        let means: Vec<f64> = scores.iter().map(|s| s.mean).collect();
        let line = serde_json::json!({
            "program": "gyeol", "threads": pool.threads(), "measures": names, "seconds": best, "means": means,
        });
        println!("{line}");
    }
    Ok(())
}
