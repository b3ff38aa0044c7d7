//! A fitted model, and its file: a bundle (safetensors).

use gyeol_base::{Error, Fault, Result};
use gyeol_bundle::{Bundle, Packed, Tensor, bad_manifest};
use serde::{Deserialize, Serialize};

use super::starts::Starts;
use crate::lsa::model::KIND;
use gyeol_vectors::largest;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::vectorize::Vectorizer;

/// How the topics were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inference {
    /// Collapsed Gibbs sampling.
    Gibbs,
    /// Variational Bayes.
    Variational,
}

/// How a model came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// How the topics were found.
    pub inference: Inference,
    /// Sweeps or passes.
    pub iterations: usize,
    /// States averaged.
    pub samples: usize,
    /// Seed.
    pub seed: u64,
    /// Documents of the fit.
    pub documents: u64,
    /// Their tokens that are in the vocabulary.
    pub tokens: u64,
    /// (iteration, log-likelihood per token in nats): of words and topics together for Gibbs, the bound for variational
    /// Bayes.
    pub curve: Vec<(usize, f64)>,
    /// The starts that were compared, for Gibbs sampling from several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Starts>,
}

/// A word of a topic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TopicWord<'a> {
    /// Column of the word.
    pub column: u32,
    /// The word.
    pub word: &'a str,
    /// p(w | k).
    pub probability: f32,
}

/// A fitted latent Dirichlet allocation.
///
/// ```
/// use gyeol_tensor::Pool;
/// use gyeol_topic::lda::{Fit, Gibbs, LdaParams};
/// use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
///
/// let texts = ["bread butter honey bread", "butter honey jam", "storm wind rain", "wind rain storm rain"];
/// let (vectorizer, counts) = VectorizerParams::count().check()?.fit_texts(&texts, sklearn_tokens())?;
/// let pool = Pool::new(1);
/// let params = LdaParams { iterations: 100, ..LdaParams::new(2) }.check()?;
/// let mut fit = Fit::new(Gibbs::new(&counts, &params)?, 20);
/// fit.run(&pool, |_, sweep| sweep.sweep < 1000);
/// let model = fit.model(vectorizer)?;
/// let mix = model.infer(&["rain and wind"], &pool);
/// let weather = if mix[0][0] > mix[0][1] { 0 } else { 1 };
/// assert!(model.topic(weather, 3).iter().any(|w| w.word == "storm"));
/// # Ok::<(), gyeol_topic::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lda {
    pub(super) vectorizer: Vectorizer,
    pub(super) alpha: Vec<f64>,
    pub(super) beta: f64,
    /// p(w | k): (K, V).
    pub(super) words: Vec<f32>,
    pub(super) shares: Vec<f64>,
    /// p(k | d): (documents, K).
    pub(super) documents: Vec<f32>,
    pub(super) facts: Facts,
}

/// Whether numbers are probabilities that sum to one in each row.
fn distributions(rows: &[f32], length: usize) -> bool {
    rows.chunks(length.max(1)).all(|row| {
        let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
        row.iter().all(|p| *p >= 0.0) && (sum - 1.0).abs() < 1e-3
    })
}

impl Lda {
    /// A model of its parts: `words` are p(w | k) as (K, V), `documents` are p(k | d).
    ///
    /// # Errors
    /// Parts that do not fit each other, numbers that are no probabilities, priors that are not positive.
    pub fn new(
        vectorizer: Vectorizer,
        alpha: Vec<f64>,
        beta: f64,
        words: Vec<f32>,
        shares: Vec<f64>,
        documents: Vec<f32>,
        facts: Facts,
    ) -> Result<Lda> {
        let k = alpha.len();
        let wrong = |found: String| {
            Err(Error::input(
                Fault::new("other-sizes", found)
                    .cause("parts of different models")
                    .next("fit the model again"),
            ))
        };
        let fits = k > 0
            && words.len() == k * vectorizer.len()
            && shares.len() == k
            && documents.len() as u64 == facts.documents * k as u64;
        if !fits {
            return wrong(format!(
                "{k} topics, {} terms, {} word and {} document probabilities do not fit each other",
                vectorizer.len(),
                words.len(),
                documents.len()
            ));
        }
        if !alpha.iter().chain([&beta]).all(|p| p.is_finite() && *p > 0.0) {
            return wrong("a prior that is no positive number".into());
        }
        if !shares.iter().all(|s| (0.0..=1.0).contains(s)) {
            return wrong("a topic's share that is none".into());
        }
        if !distributions(&words, vectorizer.len()) || !distributions(&documents, k) {
            return wrong("probabilities that do not sum to one".into());
        }
        Ok(Lda { vectorizer, alpha, beta, words, shares, documents, facts })
    }

    /// What turns texts into counts.
    pub fn vectorizer(&self) -> &Vectorizer {
        &self.vectorizer
    }

    /// Topics.
    pub fn k(&self) -> usize {
        self.alpha.len()
    }

    /// α of each topic.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// β of each word.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Share of the tokens of the fit that each topic has.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// How the model came about.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// p(w | k) of every word.
    ///
    /// # Panics
    /// If there is no such topic.
    pub fn words(&self, topic: usize) -> &[f32] {
        &self.words[topic * self.vectorizer.len()..][..self.vectorizer.len()]
    }

    /// p(k | d) of a document of the fit.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn document(&self, doc: usize) -> &[f32] {
        &self.documents[doc * self.k()..][..self.k()]
    }

    /// p(k | d) of the documents of the fit: a row a document.
    ///
    /// # Errors
    /// More numbers than a dense matrix may have.
    pub fn document_topics(&self) -> Result<Dense> {
        let numbers = self.documents.iter().map(|&p| f64::from(p)).collect();
        Dense::new(self.documents.len() / self.k(), self.k(), numbers)
    }

    /// p(k | w) of the words: a row a term.
    ///
    /// # Errors
    /// More numbers than a dense matrix may have.
    pub fn word_topics(&self) -> Result<Dense> {
        let (k, terms) = (self.k(), self.vectorizer.len());
        let mut rows = Dense::zeros(terms, k)?;
        for word in 0..terms {
            let row = rows.row_mut(word);
            for (topic, p) in row.iter_mut().enumerate() {
                *p = f64::from(self.words(topic)[word]) * self.shares[topic];
            }
            let sum: f64 = row.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            row.iter_mut().for_each(|p| *p /= sum);
        }
        Ok(rows)
    }

    /// The most probable words of a topic.
    ///
    /// # Panics
    /// If there is no such topic.
    pub fn topic(&self, topic: usize, words: usize) -> Vec<TopicWord<'_>> {
        let p = self.words(topic);
        let best = largest(p.len(), words, |i| f64::from(p[i]));
        best.into_iter()
            .map(|column| TopicWord {
                column,
                word: self.vectorizer.term(column),
                probability: p[column as usize],
            })
            .collect()
    }

    /// The documents of the fit that show a topic most, with their share of it.
    ///
    /// # Panics
    /// If there is no such topic.
    pub fn documents_of(&self, topic: usize, documents: usize) -> Vec<(u32, f32)> {
        let rows = self.documents.len() / self.k();
        let share = |doc: usize| self.document(doc)[topic];
        let best = largest(rows, documents, |doc| f64::from(share(doc)));
        best.into_iter().map(|doc| (doc, share(doc as usize))).collect()
    }
}

impl Packed for Lda {
    const KIND: &'static str = KIND;
    const RUNG: Option<&'static str> = Some("lda");

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        bundle.manifest.model = serde_json::json!({ "beta": self.beta, "facts": self.facts });
        let (k, v) = (self.k(), self.vectorizer.len());
        let documents = self.documents.len() / k;
        let mut put = |name: &str, tensor: Tensor| bundle.tensors.insert(name.to_owned(), tensor);
        put("vectorizer", Tensor::bytes(self.vectorizer.to_json().into_bytes()));
        put("words", Tensor::f32([k, v], self.words.clone())?);
        put("documents", Tensor::f32([documents, k], self.documents.clone())?);
        put("alpha", Tensor::f64([k], self.alpha.clone())?);
        put("shares", Tensor::f64([k], self.shares.clone())?);
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Lda> {
        let m = &bundle.manifest.model;
        let vectorizer = Vectorizer::from_json("vectorizer", &bundle.text("vectorizer")?)?;
        let beta = m["beta"].as_f64().ok_or_else(|| bad_manifest("no beta"))?;
        let facts = Facts::deserialize(&m["facts"]).map_err(bad_manifest)?;
        let double = |name: &str| Ok::<_, Error>(bundle.tensor(name, 1)?.to_f64());
        let single = |name: &str| Ok::<_, Error>(bundle.f32(name, 2)?.to_vec());
        let (alpha, shares) = (double("alpha")?, double("shares")?);
        Lda::new(vectorizer, alpha, beta, single("words")?, shares, single("documents")?, facts)
            .map_err(|e| bad_manifest(&e.fault().found))
    }

    /// Words of topics and both priors; shares of documents follow from them.
    fn parameters(&self) -> u64 {
        (self.words.len() + self.alpha.len() + 1) as u64
    }
}
