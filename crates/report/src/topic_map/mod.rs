//! What the topic map shows, as plain data: whoever fits a topic model fills it, the page draws it.
//!
//! A topic is a distribution over words: `p(word | topic)`, not negative, summing to one. A model with signed
//! loadings fits in by their squares (the squares of a unit singular vector sum to one) and, as a topic's share,
//! the square of its singular value over the sum of all.
//!
//! After LDAvis (C. Sievert and K. E. Shirley, *LDAvis: A method for visualizing and interpreting topics*, 2014):
//! circles placed by the distances between topics, words ordered by [`relevance`].
//!
//! - [`distances`], [`places`], [`seriation`]: where topics lie
//! - [`relevance`], [`worth_showing`]: which words speak for a topic

mod eigen;
mod geometry;

use serde::{Deserialize, Serialize};

pub use geometry::{Places, distances, jensen_shannon, places, seriation};

/// How the model was fitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Name for people: `LDA, collapsed Gibbs`.
    pub name: String,
    /// Documents.
    pub documents: u64,
    /// Tokens counted.
    pub tokens: u64,
    /// Distinct words.
    pub vocabulary: u64,
    /// Passes over all tokens.
    pub iterations: Option<u64>,
    /// Sum of the Dirichlet prior of documents over topics.
    pub alpha: Option<f64>,
    /// Dirichlet prior of a word in a topic.
    pub beta: Option<f64>,
    /// Seed.
    pub seed: Option<u64>,
    /// Log-likelihood a word at the end, nats.
    pub log_likelihood: Option<f64>,
    /// Perplexity of documents that the fit did not see.
    pub perplexity: Option<f64>,
}

/// Coherences of a topic, or their means over all topics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Coherence {
    /// UMass (Mimno and others, 2011).
    pub umass: Option<f64>,
    /// UCI (Newman and others, 2010).
    pub uci: Option<f64>,
    /// NPMI (Aletras and Stevenson, 2013).
    pub npmi: Option<f64>,
    /// C_V (Röder and others, 2015).
    pub cv: Option<f64>,
}

/// A word of the map.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// As it is written.
    pub text: String,
    /// Occurrences in all documents.
    pub count: f64,
    /// Occurrences by topic, as (index into [`TopicMap::topics`], occurrences), those above zero.
    pub topics: Vec<(usize, f64)>,
}

/// A document that shows a topic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What it is called: an id, or its line.
    pub name: String,
    /// Its beginning; the page shows 200 characters of it.
    pub text: String,
    /// Its strongest topics, as (index into [`TopicMap::topics`], share of its tokens), the strongest first.
    pub mix: Vec<(usize, f64)>,
}

/// A topic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// The number by which the model knows it; no two the same.
    pub number: u64,
    /// Share of all tokens, 0 to 1.
    pub share: f64,
    /// Its part of the Dirichlet prior of documents.
    pub alpha: Option<f64>,
    /// Its coherences.
    pub coherence: Coherence,
    /// Words worth showing ([`worth_showing`]), as (index into [`TopicMap::words`], `p(word | topic)`).
    pub words: Vec<(usize, f64)>,
    /// Documents that show it most, the strongest first.
    pub documents: Vec<Document>,
}

/// What a fit with another number of topics reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanRow {
    /// Topics.
    pub topics: usize,
    /// Perplexity of documents that the fit did not see.
    pub perplexity: Option<f64>,
    /// Log-likelihood a word, nats.
    pub log_likelihood: Option<f64>,
    /// Means over the topics.
    pub coherence: Coherence,
    /// Wall seconds of the fit.
    pub seconds: Option<f64>,
}

/// Everything that the topic map shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicMap {
    /// Name of the documents for people.
    pub title: String,
    /// Version of the program.
    pub version: String,
    /// The command that repeats it; empty where there is none.
    pub command: String,
    /// SHA-256 of the bytes read, lower-case hex; empty where it is not known.
    pub sha256: String,
    /// How the model was fitted.
    pub method: Method,
    /// Words that some topic shows.
    pub words: Vec<Word>,
    /// The topics.
    pub topics: Vec<Topic>,
    /// Jensen–Shannon distances, topics × topics, row by row ([`distances`]).
    pub distances: Vec<f64>,
    /// Where each topic lies ([`places`]).
    pub places: Places,
    /// Log-likelihood a word by iteration.
    pub curve: Vec<(u64, f64)>,
    /// Other numbers of topics, where they were tried.
    pub scan: Option<Vec<ScanRow>>,
}

/// Relevance of a word to a topic, λ ln p(w|t) + (1 − λ) ln (p(w|t) / p(w)) (Sievert and Shirley 2014, equation 1).
///
/// At λ = 1 the frequent words lead, at 0 those that hardly stand elsewhere. What cannot be told (a probability of
/// zero) is −∞.
///
/// ```
/// use gyeol_report::topic_map::relevance;
/// assert_eq!(relevance(0.5, 0.25, 1.0), 0.5f64.ln());
/// assert_eq!(relevance(0.5, 0.25, 0.0), 2f64.ln());
/// ```
pub fn relevance(in_topic: f64, overall: f64, lambda: f64) -> f64 {
    if !(in_topic > 0.0 && overall > 0.0) {
        return f64::NEG_INFINITY;
    }
    lambda * in_topic.ln() + (1.0 - lambda) * (in_topic / overall).ln()
}

/// Steps of λ at which the words worth showing lead: 0, 0.1 … 1.
const LAMBDAS: usize = 10;

/// Indices of the words that are among the `top` most relevant at some λ of 0, 0.1 … 1, ascending; `in_topic` and
/// `overall` are p(w|t) and p(w) of the same words. Ties go to the earlier word.
///
/// ```
/// use gyeol_report::topic_map::worth_showing;
/// // The first leads at λ = 1, the last at λ = 0; the one between never does.
/// assert_eq!(worth_showing(&[0.6, 0.3, 0.1], &[0.9, 0.6, 0.02], 1), [0, 2]);
/// ```
pub fn worth_showing(in_topic: &[f64], overall: &[f64], top: usize) -> Vec<usize> {
    let mut chosen = std::collections::BTreeSet::new();
    let usable: Vec<usize> = (0..in_topic.len().min(overall.len()))
        .filter(|&w| relevance(in_topic[w], overall[w], 1.0).is_finite())
        .collect();
    let top = top.min(usable.len());
    if top == 0 {
        return Vec::new();
    }
    for step in 0..=LAMBDAS {
        let lambda = step as f64 / LAMBDAS as f64;
        let mut scored: Vec<(f64, usize)> =
            usable.iter().map(|&w| (relevance(in_topic[w], overall[w], lambda), w)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        scored.select_nth_unstable_by(top - 1, order);
        chosen.extend(scored[..top].iter().map(|s| s.1));
    }
    chosen.into_iter().collect()
}

impl TopicMap {
    /// What makes the map impossible to draw, if anything: an index that points nowhere, sizes that do not agree.
    pub(crate) fn check(&self) -> crate::Result<()> {
        let k = self.topics.len();
        let wrong = |what: String| Err(crate::Error::TopicMap(what));
        if k == 0 {
            return wrong("it has no topic".into());
        }
        if self.distances.len() != k * k {
            return wrong(format!("{} distances for {k} topics, not {}", self.distances.len(), k * k));
        }
        if self.places.points.len() != k {
            return wrong(format!("{} places for {k} topics", self.places.points.len()));
        }
        let mut numbers = std::collections::BTreeSet::new();
        for (i, topic) in self.topics.iter().enumerate() {
            if !numbers.insert(topic.number) {
                return wrong(format!("two topics have the number {}", topic.number));
            }
            if let Some((w, _)) = topic.words.iter().find(|(w, _)| *w >= self.words.len()) {
                return wrong(format!("topic {i} names word {w} of {}", self.words.len()));
            }
            let mixes = topic.documents.iter().flat_map(|d| &d.mix);
            if let Some((t, _)) = mixes.into_iter().find(|(t, _)| *t >= k) {
                return wrong(format!("a document of topic {i} names topic {t} of {k}"));
            }
        }
        let counts = self.words.iter().flat_map(|w| w.topics.iter().map(move |(t, _)| (w, *t)));
        if let Some((word, t)) = counts.into_iter().find(|(_, t)| *t >= k) {
            return wrong(format!("word '{}' names topic {t} of {k}", word.text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worth_showing_agrees_with_sorting_everything() {
        // A fixed scramble stands in for a topic.
        let value = |i: u64, m: u64| ((i * m + 7) % 101 + 1) as f64 / 5000.0;
        let p: Vec<f64> = (0..60).map(|i| if i == 9 { 0.0 } else { value(i, 37) }).collect();
        let q: Vec<f64> = (0..60).map(|i| value(i, 53)).collect();
        let mut expected = std::collections::BTreeSet::new();
        for step in 0..=10 {
            let mut all: Vec<usize> = (0..60).filter(|i| *i != 9).collect();
            let score = |w: usize| relevance(p[w], q[w], step as f64 / 10.0);
            all.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
            expected.extend(all[..5].iter().copied());
        }
        assert_eq!(worth_showing(&p, &q, 5), expected.into_iter().collect::<Vec<_>>());
        assert_eq!(worth_showing(&p, &q, 1000).len(), 59);
        assert!(worth_showing(&p, &q, 0).is_empty() && worth_showing(&[0.0], &[0.5], 3).is_empty());
    }

    #[test]
    fn an_index_that_points_nowhere_is_named() {
        let topic = |number| Topic { number, share: 0.5, ..Topic::default() };
        let map = TopicMap {
            topics: vec![topic(1), topic(2)],
            distances: vec![0.0, 1.0, 1.0, 0.0],
            places: places(&[0.0, 1.0, 1.0, 0.0], 2),
            ..TopicMap::default()
        };
        assert!(map.check().is_ok());
        let says = |change: &dyn Fn(&mut TopicMap), part: &str| {
            let mut map = map.clone();
            change(&mut map);
            let said = map.check().unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
        };
        says(&|m| m.topics.clear(), "no topic");
        says(&|m| m.distances.truncate(3), "3 distances for 2 topics");
        says(&|m| m.places.points.clear(), "0 places for 2");
        says(&|m| m.topics[1].number = 1, "number 1");
        says(&|m| m.topics[1].words.push((0, 0.5)), "word 0 of 0");
        says(
            &|m| m.topics[0].documents.push(Document { mix: vec![(2, 1.0)], ..Document::default() }),
            "topic 2 of 2",
        );
        says(&|m| m.words.push(Word { topics: vec![(9, 1.0)], ..Word::default() }), "topic 9 of 2");
    }
}
