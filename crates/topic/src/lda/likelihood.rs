//! The likelihood of a state of the sampler, through histograms of its counts.
//!
//! What log p(w, z | α, β) and the estimates of the priors need of the counts is how often each number stands in them. The
//! numbers are small, so that a table of them is soon made and the slow functions are called once a number.

use gyeol_tensor::Pool;
use gyeol_tensor::gibbs::{GibbsRows, gibbs_stride};
use libm::lgamma;

/// Numbers from here on are listed one by one.
pub(super) const TABLE: usize = 512;

/// How often each count stands in the state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Histograms {
    /// Documents by topic: how often topic k has n tokens in a document, (K, [`TABLE`]).
    pub doc: Vec<u64>,
    /// (topic, tokens) of those that the table cannot hold.
    pub doc_large: Vec<(usize, u64)>,
    /// Tokens of each document.
    pub lengths: Vec<u64>,
    /// Words by topic, all topics together.
    pub word: Vec<u64>,
    /// Those that the table cannot hold.
    pub word_large: Vec<u64>,
    /// Tokens by topic.
    pub topics: Vec<u64>,
}

#[derive(Default, Clone)]
struct Part {
    table: Vec<u64>,
    large: Vec<(usize, u64)>,
    lengths: Vec<u64>,
}

impl Part {
    fn count(&mut self, topic: usize, place: usize, n: i32) {
        if (n as usize) < TABLE {
            self.table[place * TABLE + n as usize] += 1;
        } else {
            self.large.push((topic, n as u64));
        }
    }
}

/// Documents, a table a topic.
fn of_documents(rows: &[i32], stride: usize, k: usize) -> Part {
    let mut part = Part { table: vec![0; k * TABLE], ..Part::default() };
    for row in rows.chunks_exact(stride) {
        part.lengths.push(row.iter().map(|&n| n as u64).sum());
        for (topic, &n) in row[..k].iter().enumerate().filter(|(_, n)| **n > 0) {
            part.count(topic, topic, n);
        }
    }
    part
}

/// Words, all topics in one table.
fn of_words(rows: &GibbsRows) -> Part {
    let mut part = Part { table: vec![0; TABLE], ..Part::default() };
    rows.numbers().iter().filter(|n| **n > 0).for_each(|&n| part.count(0, 0, n));
    part
}

pub(super) fn histograms(
    docs: &[i32],
    words: &[GibbsRows],
    topics: &[i32],
    k: usize,
    pool: &Pool,
) -> Histograms {
    let stride = gibbs_stride(k);
    // Cut by the sizes alone; a table a topic is not small, so that parts are not many.
    let many = (docs.len() / stride).div_ceil(16).max(1) * stride;
    let mut document_parts: Vec<(&[i32], Part)> = docs.chunks(many).map(|c| (c, Part::default())).collect();
    let mut word_parts: Vec<(&GibbsRows, Part)> = words.iter().map(|w| (w, Part::default())).collect();
    pool.each_mut(&mut document_parts, |_, _, (rows, out)| *out = of_documents(rows, stride, k));
    pool.each_mut(&mut word_parts, |_, _, (rows, out)| *out = of_words(rows));
    let mut all = Histograms {
        doc: vec![0; k * TABLE],
        doc_large: Vec::new(),
        lengths: Vec::new(),
        word: vec![0; TABLE],
        word_large: Vec::new(),
        topics: topics[..k].iter().map(|&n| n as u64).collect(),
    };
    let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
    for (_, part) in document_parts {
        add(&mut all.doc, &part.table);
        all.doc_large.extend(part.large);
        all.lengths.extend(part.lengths);
    }
    for (_, part) in word_parts {
        add(&mut all.word, &part.table);
        all.word_large.extend(part.large.into_iter().map(|(_, n)| n));
    }
    all
}

/// log p(w, z | α, β) in nats.
pub(super) fn log_likelihood(h: &Histograms, alpha: &[f64], beta: f64, words: usize) -> f64 {
    let total: f64 = alpha.iter().sum();
    let mut sum = 0.0;
    for (a, table) in alpha.iter().zip(h.doc.chunks_exact(TABLE)) {
        let zero = lgamma(*a);
        for (n, &times) in table.iter().enumerate().filter(|(_, times)| **times > 0) {
            sum += times as f64 * (lgamma(n as f64 + a) - zero);
        }
    }
    for &(topic, n) in &h.doc_large {
        sum += lgamma(n as f64 + alpha[topic]) - lgamma(alpha[topic]);
    }
    let zero = lgamma(total);
    for &n in &h.lengths {
        sum += zero - lgamma(n as f64 + total);
    }
    let zero = lgamma(beta);
    for (n, &times) in h.word.iter().enumerate().filter(|(_, times)| **times > 0) {
        sum += times as f64 * (lgamma(n as f64 + beta) - zero);
    }
    for &n in &h.word_large {
        sum += lgamma(n as f64 + beta) - zero;
    }
    let total = beta * words as f64;
    let zero = lgamma(total);
    for &n in &h.topics {
        sum += zero - lgamma(n as f64 + total);
    }
    sum
}
