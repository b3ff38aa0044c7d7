//! How many topics do these texts have? Numbers are tried on documents held out, the fewest as good as the best is kept, and
//! the map of the topics is drawn.
//!
//! `cargo run --release -p gyeol --example how_many_topics -- [PAGE.html]`

use std::collections::HashMap;

use gyeol::ladder::tasks::topics::{self, Counts, HELD, MEASURES, Way};
use gyeol::prelude::*;
use gyeol::report::topic_map_page;
use gyeol::tensor::Rng;
use gyeol::text::corpus::{Corpus, CorpusOptions};
use gyeol::text::prepare::PreparationParams;
use gyeol::topic::lda::LdaParams;
use gyeol::vectors::vectorize::VectorizerParams;

/// Texts that are each drawn from one of three kinds.
fn made_up(documents: usize) -> Vec<String> {
    let kinds = [
        ["bread", "butter", "honey", "oven", "salt", "flour"],
        ["storm", "rain", "wind", "cloud", "hail", "thunder"],
        ["meter", "load", "grid", "watt", "plant", "turbine"],
    ];
    let mut rng = Rng::new(4);
    (0..documents)
        .map(|document| {
            let words = kinds[document % kinds.len()];
            (0..15).map(|_| words[rng.below(6) as usize]).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The number of topics that was chosen, and the page of their map.
fn run() -> Result<(usize, String)> {
    let texts = made_up(300);
    let path = std::env::temp_dir().join(format!("gyeol-topics-{}.txt", std::process::id()));
    std::fs::write(&path, texts.join("\n")).map_err(|e| Error::writing(&path, e))?;
    let corpus = Corpus::open(&path.display().to_string(), CorpusOptions::default())?;
    let chain =
        PreparationParams { language: "en".into(), ..PreparationParams::default() }.check()?.plain()?;
    let pool = Pool::new(0);
    let counts = Counts::of(&corpus, &chain, VectorizerParams::default(), true, &pool, |_| true)?;
    let data = gyeol::bundle::DataHash { name: "made up".into(), rows: 300, ..Default::default() };

    // Which number? Words of the documents held out are foretold from each other.
    let ways: Vec<Way> = [2, 3, 9]
        .into_iter()
        .map(|k| Ok(Way::Gibbs(LdaParams { iterations: 100, ..LdaParams::new(k) }.check()?)))
        .collect::<Result<_>>()?;
    let numbers = topics::choose(&counts, &data, &ways, HELD, 0, &pool, &mut ())?;
    for (place, row) in numbers.rows.iter().enumerate() {
        let mark = if place == numbers.chosen { "  chosen" } else { "" };
        println!("{:2} topics  perplexity {:6.2}{mark}", row.k, row.completion.perplexity());
    }

    // Then all documents; the state beside the model lets a stopped fit go on.
    let (way, state) = (&ways[numbers.chosen], topics::state_of(&path));
    let model = topics::fit_all(&counts, &data, way, &state, false, &pool, &mut ())?;
    let scores = topics::coherence(&model, counts.sequences.as_deref(), &pool)?;
    for topic in 0..model.k() {
        let words: Vec<&str> = model.topic(topic, 4).iter().map(|w| w.word).collect();
        println!("{topic}: {}", words.join(" "));
    }
    if let Some(scores) = &scores {
        println!("{} {:.3}", MEASURES[2].0, scores[2].mean);
    }
    let mut beginnings = |documents: &[u32]| -> Result<HashMap<u64, String>> {
        Ok(documents.iter().map(|&d| (u64::from(d), texts[d as usize].clone())).collect())
    };
    let map = topics::map(&model, &data, scores.as_deref(), Some(&numbers), &mut beginnings, &pool)?;
    let _ = std::fs::remove_file(&path);
    Ok((model.k(), topic_map_page(&map, Language::English)?))
}

fn main() -> Result<()> {
    let (_, page) = run()?;
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, page).map_err(|e| Error::writing(&path, e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_kinds_are_three_topics() {
        let (k, page) = super::run().unwrap();
        assert_eq!(k, 3);
        assert!(page.contains("turbine") && page.contains("<svg"));
    }
}
