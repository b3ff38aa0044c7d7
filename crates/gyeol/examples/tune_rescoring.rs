//! N-best lists of a recogniser put in order anew by a language model: the weights of least error are found on some lists and
//! judged on others.
//!
//! `cargo run --release -p gyeol --example tune_rescoring`

use gyeol::ngram::rescore::{Candidate, Hypothesis, List, Tuned, Tuning, features, tune};
use gyeol::ngram::{Layout, NgramModel, Options, Source, Unit, errors, estimate};
use gyeol::prelude::*;
use gyeol::tensor::Rng;

/// Sentences of which the recogniser mishears the verb now and then, by a higher acoustic score for the wrong one.
fn heard(count: usize, seed: u64) -> Vec<(String, List)> {
    let mut rng = Rng::new(seed);
    (0..count)
        .map(|i| {
            let (noun, verb, other) =
                [("the loads", "fall", "falls"), ("the load", "falls", "fall")][rng.below(2) as usize];
            let right = format!("{noun} {verb} at night");
            let hypothesis = |text: String, acoustic: f64| Hypothesis { text, acoustic };
            let hypotheses = vec![
                hypothesis(right.clone(), -10.0 + rng.normal()),
                hypothesis(format!("{noun} {other} at night"), -10.0 + rng.normal()),
            ];
            (right, List { id: i.to_string(), row: 1, hypotheses })
        })
        .collect()
}

fn run() -> Result<(Tuned, u64)> {
    let pool = Pool::new(0);
    let texts: String = heard(500, 1).into_iter().map(|(right, _)| right + "\n").collect();
    let options = Options { order: 3, ..Options::default() };
    let made = estimate(&mut Source::from_text(texts), &options, &pool, &mut |_| true)?;
    let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;

    let candidates = |lists: &[(String, List)]| -> Result<Vec<Vec<Candidate>>> {
        let of = |(right, list): &(String, List)| {
            let features = features(&model, list).into_iter();
            features
                .zip(&list.hypotheses)
                .map(|(features, heard)| {
                    Ok(Candidate { features, errors: errors(right, &heard.text, Unit::Word)?.total() })
                })
                .collect()
        };
        lists.iter().map(of).collect()
    };
    let tuned = tune(&candidates(&heard(200, 2))?, &Tuning::default(), &pool, &mut |_| true)?;
    let others: u64 = candidates(&heard(200, 3))?
        .iter()
        .map(|list| {
            let score = |c: &Candidate| tuned.weights.score(&c.features);
            list.iter().max_by(|a, b| score(a).total_cmp(&score(b))).map_or(0, |best| best.errors)
        })
        .sum();
    println!("{:?}", tuned.weights);
    println!("word errors: {} before, {} after; on other lists {others}", tuned.errors_before, tuned.errors);
    Ok((tuned, others))
}

fn main() -> Result<()> {
    run().map(|_| ())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_language_model_mends_what_was_misheard() {
        let (tuned, others) = super::run().unwrap();
        assert!(tuned.errors_before > 50 && tuned.errors * 20 < tuned.errors_before && others < 10);
    }
}
