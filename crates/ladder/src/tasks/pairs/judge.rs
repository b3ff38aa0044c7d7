//! What a translator does with pairs, as sums of each pair: what it says against the target, or how probable it finds it.
//!
//! Perplexity is exp(-Σ ln P / tokens) over all tokens of all targets, the end of each counted and unknown tokens too, which
//! all rungs take for the same one: they share a vocabulary.

use std::collections::HashMap;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_judge::{Metric, Outcomes, Partial, TranslationSums};
use gyeol_ngram::Stage;
use gyeol_sequence::Translator;
use gyeol_tensor::Pool;

use super::reader::Drawing;
use crate::recipe::{PairsMetric, PairsRecipe};
use crate::task::Answered;
use crate::watch::{Step, Watch};

/// Sources that are translated before the watch is asked again.
const AT_ONCE: usize = 512;

/// What a pair adds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairSums {
    /// What was said against the target; nothing where targets are expected.
    pub translation: TranslationSums,
    /// ln P of the target.
    pub ln: f64,
    /// Its tokens, the end with them.
    pub tokens: f64,
    /// Of those unknown.
    pub unknown: f64,
}

impl Partial for PairSums {
    fn add(&mut self, o: &Self) {
        self.translation.add(&o.translation);
        self.ln += o.ln;
        self.tokens += o.tokens;
        self.unknown += o.unknown;
    }
    fn minus(&self, o: &Self) -> Self {
        PairSums {
            translation: self.translation.minus(&o.translation),
            ln: self.ln - o.ln,
            tokens: self.tokens - o.tokens,
            unknown: self.unknown - o.unknown,
        }
    }
}

/// The metrics by which a recipe judges, the ordering one first.
pub(super) fn metrics(by: PairsMetric) -> Vec<Metric<PairSums>> {
    match by.order() {
        Some(order) => TranslationSums::metrics(order)
            .into_iter()
            .map(|metric| Metric::new(metric.name(), move |s: &PairSums| metric.of(&s.translation)))
            .collect(),
        None => vec![
            Metric::new("perplexity", |s: &PairSums| (-s.ln / s.tokens).exp()),
            Metric::new("bits_per_token", |s: &PairSums| -s.ln / s.tokens * std::f64::consts::LOG2_E),
        ],
    }
}

/// What a translator said on a part.
pub struct Told {
    /// Of each pair; empty where targets are expected.
    pub(super) said: Vec<String>,
    /// Texts that were answered and the seconds that they took together.
    pub(super) texts: usize,
    pub(super) seconds: f64,
    /// Texts drawn for a check of their class.
    pub(super) drawn: Option<Drawing>,
}

/// What a translator does with pairs, by the metrics of the task; `watch` may stop it.
pub(super) fn judged(
    model: &Translator,
    recipe: &PairsRecipe,
    pairs: &[(&str, &str)],
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Answered<PairSums, Told>> {
    let since = Instant::now();
    let mut go_on = |done: usize| match watch.step(Step::Counting(Stage::Scoring(done as u64))) {
        true => Ok(()),
        false => Err(Error::stopped()),
    };
    if recipe.score.metric.order().is_none() {
        let mut units = Vec::with_capacity(pairs.len());
        for some in pairs.chunks(AT_ONCE) {
            let found = model.likelihoods(some, pool)?;
            units.extend(found.iter().map(|one| PairSums {
                ln: one.ln,
                tokens: one.tokens as f64,
                unknown: one.unknown as f64,
                ..PairSums::default()
            }));
            go_on(units.len())?;
        }
        let seconds = since.elapsed().as_secs_f64();
        let answers = Told { said: Vec::new(), texts: pairs.len(), seconds, drawn: None };
        return Ok(Answered { outcomes: Outcomes::new(units, metrics(recipe.score.metric)), answers });
    }
    // A source with several targets is translated once.
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sources: Vec<&str> = Vec::new();
    let of: Vec<usize> = pairs
        .iter()
        .map(|(source, _)| {
            *places.entry(source).or_insert_with(|| {
                sources.push(source);
                sources.len() - 1
            })
        })
        .collect();
    let mut said: Vec<String> = Vec::with_capacity(sources.len());
    for some in sources.chunks(AT_ONCE) {
        said.extend(model.translate(some, &recipe.asked(), pool)?.into_iter().map(|one| one.text));
        go_on(said.len())?;
    }
    let seconds = since.elapsed().as_secs_f64();
    let unit = |((_, right), &at): (&(&str, &str), &usize)| PairSums {
        translation: TranslationSums::of(&said[at], right),
        ..PairSums::default()
    };
    let outcomes = Outcomes::new(pairs.iter().zip(&of).map(unit).collect(), metrics(recipe.score.metric));
    let said = of.iter().map(|&at| said[at].clone()).collect();
    Ok(Answered { outcomes, answers: Told { said, texts: sources.len(), seconds, drawn: None } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perplexity_is_that_of_the_formula() {
        // Three tokens of probabilities 1/2, 1/4, 1/8 in two texts: the geometric mean is 1/4.
        let unit = |p: f64, tokens| PairSums { ln: p.ln(), tokens, ..PairSums::default() };
        let found = Outcomes::new(vec![unit(0.125, 2.0), unit(0.125, 1.0)], metrics(PairsMetric::Perplexity));
        let values = found.values();
        assert!((values["perplexity"] - 4.0).abs() < 1e-12 && (values["bits_per_token"] - 2.0).abs() < 1e-12);
    }
}
