//! Topics of documents that were not in the fit, and how well their words are foretold.
//!
//! Word probabilities stay as they are; the topics of a document's words are shared out by the fixed point of the
//! collapsed bound of order zero (CVB0: Asuncion, Welling, Smyth & Teh 2009): γ_wk ∝ p(w | k) (α_k + Σ n γ − γ_wk). No
//! random number is drawn.

use gyeol_tensor::{Pool, Rng};

use super::model::Lda;
use gyeol_base::Result;
use gyeol_vectors::matrix::{Csr, Dense};

/// Most rounds over a document.
const ROUNDS: usize = 200;
/// Mean change of a topic's share that ends them.
const SETTLED: f64 = 1e-5;

/// Word probabilities by word, for documents to be read against.
#[derive(Debug, Clone)]
pub struct Folder {
    k: usize,
    alpha: Vec<f32>,
    /// (V, K).
    words: Vec<f32>,
}

/// How well the second halves of documents are foretold by the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// Documents that were scored: those with at least two tokens of the vocabulary.
    pub documents: u64,
    /// Tokens that were scored.
    pub tokens: u64,
    /// Mean log-probability of a token in nats.
    pub log_probability: f64,
    /// (log-probability, tokens) of each row; (0, 0) of those that were not scored.
    pub each: Vec<(f64, u64)>,
}

impl Completion {
    /// exp of the mean negative log-probability.
    pub fn perplexity(&self) -> f64 {
        (-self.log_probability).exp()
    }
}

impl Folder {
    /// For word probabilities (K, V) and α.
    ///
    /// # Panics
    /// If the lengths do not fit each other.
    pub fn new(words: &[f32], alpha: &[f64]) -> Folder {
        let k = alpha.len();
        let v = words.len() / k;
        assert_eq!(k * v, words.len(), "probabilities of {k} topics");
        let mut by_word = vec![0.0; words.len()];
        for topic in 0..k {
            for word in 0..v {
                by_word[word * k + topic] = words[topic * v + word];
            }
        }
        Folder { k, alpha: alpha.iter().map(|&a| a as f32).collect(), words: by_word }
    }

    pub(super) fn word(&self, column: u32) -> &[f32] {
        &self.words[column as usize * self.k..][..self.k]
    }

    /// p(k | d) of a document given as (column, count); that of α alone where it has no word.
    pub fn mix(&self, document: impl Iterator<Item = (u32, f64)>) -> Vec<f32> {
        let words: Vec<(&[f32], f32)> = document.map(|(c, n)| (self.word(c), n as f32)).collect();
        let k = self.k;
        // Shares of each word's topics, at first by the probabilities and α alone.
        let mut shares = vec![0f32; words.len() * k];
        let mut sums = self.alpha.clone();
        for ((word, n), share) in words.iter().zip(shares.chunks_exact_mut(k)) {
            share.iter_mut().zip(*word).zip(&self.alpha).for_each(|((s, p), a)| *s = p * a);
            normalise(share);
            sums.iter_mut().zip(&*share).for_each(|(t, s)| *t += n * s);
        }
        let tokens: f32 = words.iter().map(|(_, n)| n).sum();
        let mut before = sums.clone();
        for _ in 0..ROUNDS {
            for ((word, n), share) in words.iter().zip(shares.chunks_exact_mut(k)) {
                sums.iter_mut().zip(&*share).for_each(|(t, s)| *t -= n * s);
                // One token of the word is left out, the others of it stay.
                let others = n - 1.0;
                for ((s, p), t) in share.iter_mut().zip(*word).zip(&sums) {
                    *s = p * (t + others * *s).max(f32::MIN_POSITIVE);
                }
                normalise(share);
                sums.iter_mut().zip(&*share).for_each(|(t, s)| *t += n * s);
            }
            let change: f64 = sums.iter().zip(&before).map(|(a, b)| f64::from((a - b).abs())).sum();
            if change <= SETTLED * f64::from(tokens.max(1.0)) * k as f64 {
                break;
            }
            before.clone_from(&sums);
        }
        // Summed anew: what was taken away and added in single precision has left a trace.
        sums.clone_from(&self.alpha);
        for ((_, n), share) in words.iter().zip(shares.chunks_exact(k)) {
            sums.iter_mut().zip(share).for_each(|(t, s)| *t += n * s);
        }
        normalise(&mut sums);
        sums
    }

    /// p(k | d) of each row.
    ///
    /// # Panics
    /// If a column is not in the vocabulary.
    pub fn mixes(&self, rows: &Csr, pool: &Pool) -> Vec<Vec<f32>> {
        let mut mixes: Vec<Vec<f32>> = vec![Vec::new(); rows.rows()];
        pool.each_mut(&mut mixes, |_, doc, mix| *mix = self.mix(rows.row(doc)));
        mixes
    }

    /// Document completion (Wallach, Murray, Salakhutdinov & Mimno 2009): half of each document's tokens, drawn by the seed,
    /// give its topics; the others are scored by Σ_k p(k | d) p(w | k).
    ///
    /// # Panics
    /// If a column is not in the vocabulary.
    pub fn completion(&self, rows: &Csr, seed: u64, pool: &Pool) -> Completion {
        let mut each = vec![(0.0, 0u64); rows.rows()];
        pool.each_mut(&mut each, |_, doc, out| {
            let mut tokens: Vec<u32> =
                rows.row(doc).flat_map(|(column, n)| std::iter::repeat_n(column, n as usize)).collect();
            if tokens.len() < 2 {
                return;
            }
            Rng::stream(seed, doc as u64).shuffle(&mut tokens);
            let half = tokens.len() / 2;
            let (seen, hidden) = tokens.split_at_mut(half);
            seen.sort_unstable();
            let mix = self.mix(seen.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)));
            let probability = |&word: &u32| {
                let p = self.word(word).iter().zip(&mix).map(|(p, m)| f64::from(*p) * f64::from(*m));
                p.sum::<f64>().max(f64::MIN_POSITIVE).ln()
            };
            *out = (hidden.iter().map(probability).sum(), hidden.len() as u64);
        });
        let tokens: u64 = each.iter().map(|(_, n)| n).sum();
        let sum: f64 = each.iter().map(|(log, _)| log).sum();
        Completion {
            documents: each.iter().filter(|(_, n)| *n > 0).count() as u64,
            tokens,
            log_probability: if tokens > 0 { sum / tokens as f64 } else { 0.0 },
            each,
        }
    }
}

/// The topics of a document that was not in the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// p(k | d); none of a document without a known word, of which only the prior is left.
    pub mix: Option<Vec<f32>>,
    /// Its words that the model counts.
    pub tokens: f64,
}

fn normalise(values: &mut [f32]) {
    let sum: f32 = values.iter().sum();
    let by = 1.0 / sum.max(f32::MIN_POSITIVE);
    values.iter_mut().for_each(|v| *v *= by);
}

impl Lda {
    /// What other documents are read against.
    pub fn folder(&self) -> Folder {
        Folder::new(&self.words, &self.alpha)
    }

    /// p(k | d) of rows that the vectorizer made: a row a document.
    ///
    /// # Errors
    /// Rows of other columns.
    pub fn mixes(&self, rows: &Csr, pool: &Pool) -> Result<Dense> {
        rows.made_for(self.vectorizer.len(), "terms")?;
        let mixes = self.folder().mixes(rows, pool);
        Dense::new(rows.rows(), self.k(), mixes.into_iter().flatten().map(f64::from).collect())
    }

    /// What is known of the topics of rows that the vectorizer made.
    ///
    /// # Panics
    /// If a column is not in the vocabulary.
    pub fn read(&self, rows: &Csr, pool: &Pool) -> Vec<Reading> {
        let mixes = self.folder().mixes(rows, pool).into_iter().enumerate();
        let reading = |(doc, mix)| {
            let tokens = rows.parts(doc).1.iter().sum::<f64>();
            Reading { mix: (tokens > 0.0).then_some(mix), tokens }
        };
        mixes.map(reading).collect()
    }

    /// p(k | d) of other texts; words that the fit did not know are left out.
    pub fn infer(&self, texts: &[impl AsRef<str>], pool: &Pool) -> Vec<Vec<f32>> {
        self.folder().mixes(&self.vectorizer.transform_texts(texts), pool)
    }
}
