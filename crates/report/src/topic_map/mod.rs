//! What the topic map shows, as plain data: whoever fits a topic model fills it, the page draws it.
//!
//! A topic is a distribution over words: `p(word | topic)`, not negative, summing to one. After LDAvis (C. Sievert and
//! K. E. Shirley, *LDAvis: A method for visualizing and interpreting topics*, 2014): circles placed by the distances
//! between topics, words ordered by relevance.

use gyeol_base::{Fault, Result};
use serde::{Deserialize, Serialize};

/// Above so many topics the square of distances is not drawn.
pub const SQUARE: usize = 100;

/// For how many words a topic, the most relevant at each λ, a page of `topics` topics has room: the more topics, the
/// fewer words of each the slider can bring up.
pub fn room(topics: usize) -> usize {
    match topics {
        0..=50 => 30,
        51..=100 => 20,
        _ => 12,
    }
}

/// Places of topics in the plane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// (x, y) of each topic, in the unit of the distances, their centre at (0, 0).
    pub points: Vec<(f64, f64)>,
    /// Share of the squared distances that the plane keeps, 0 to 1.
    pub kept: f64,
}

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
    /// Words worth showing, as (index into [`TopicMap::words`], `p(word | topic)`), the most relevant at
    /// [`TopicMap::lambda`] first.
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
    /// Jensen–Shannon distances, topics × topics, row by row.
    pub distances: Vec<f64>,
    /// Where each topic lies.
    pub places: Places,
    /// Topics in an order that brings near ones together; needed up to [`SQUARE`] topics.
    pub order: Vec<usize>,
    /// λ of the relevance by which the words of each topic are ordered.
    pub lambda: f64,
    /// Log-likelihood a word by iteration.
    pub curve: Vec<(u64, f64)>,
    /// Other numbers of topics, where they were tried.
    pub scan: Option<Vec<ScanRow>>,
}

impl TopicMap {
    /// What makes the map impossible to draw, if anything: an index that points nowhere, sizes that do not agree.
    pub(crate) fn check(&self) -> Result<()> {
        let k = self.topics.len();
        let wrong = |what: String| {
            Err(Fault::new("bad-topic-map", format!("the topic map cannot be drawn: {what}"))
                .cause("it was cut or edited")
                .next("fit the model again")
                .input())
        };
        if k == 0 {
            return wrong("it has no topic".into());
        }
        if self.distances.len() != k * k {
            return wrong(format!("{} distances for {k} topics, not {}", self.distances.len(), k * k));
        }
        if self.places.points.len() != k {
            return wrong(format!("{} places for {k} topics", self.places.points.len()));
        }
        let mut order = self.order.clone();
        order.sort_unstable();
        if k <= SQUARE && !order.iter().copied().eq(0..k) {
            return wrong(format!("its order does not name each of {k} topics once"));
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
    fn an_index_that_points_nowhere_is_named() {
        let topic = |number| Topic { number, share: 0.5, ..Topic::default() };
        let map = TopicMap {
            topics: vec![topic(1), topic(2)],
            distances: vec![0.0, 1.0, 1.0, 0.0],
            places: Places { points: vec![(-0.5, 0.0), (0.5, 0.0)], kept: 1.0 },
            order: vec![0, 1],
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
        says(&|m| m.order[0] = 1, "does not name each");
        says(&|m| m.topics[1].number = 1, "number 1");
        says(&|m| m.topics[1].words.push((0, 0.5)), "word 0 of 0");
        says(
            &|m| m.topics[0].documents.push(Document { mix: vec![(2, 1.0)], ..Document::default() }),
            "topic 2 of 2",
        );
        says(&|m| m.words.push(Word { topics: vec![(9, 1.0)], ..Word::default() }), "topic 9 of 2");
    }
}
