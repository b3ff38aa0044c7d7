//! Collapsed Gibbs sampling (Griffiths & Steyvers 2004), in blocks that share neither documents nor words.
//!
//! Tokens by topic, n_k, are the one count that blocks share. Within an epoch each block goes on from what stood at its
//! beginning and its own moves; the moves of all are added up before the next epoch. Word and document counts are always
//! up to date. A small corpus is one block, and then this is the sampler of the paper to the letter.
//!
//! Each block of each sweep has its own random numbers, by the seed and its place: the same topics are drawn on any number
//! of threads, and a sampler that was stopped goes on as if it had not been.

use gyeol_base::Fault;
use gyeol_tensor::gibbs::{GibbsBlock, GibbsPriors, GibbsRows, GibbsScratch, gibbs_stride, gibbs_sweep};
use gyeol_tensor::{Pool, Rng};

use super::infer::Folder;
use super::layout::{Block, Layout, frequencies};
use super::likelihood::{self, Histograms};
use super::params::{LdaParams, LdaValid, counts};
use super::prior;
use gyeol_base::{Error, Result};
use gyeol_vectors::matrix::Csr;

/// Most bytes of counts.
const MOST_BYTES: u64 = 1 << 36;

/// A sampler: a topic for every token, and the counts of them.
#[derive(Debug)]
pub struct Gibbs {
    params: LdaParams,
    layout: Layout,
    blocks: Vec<Block>,
    stride: usize,
    alpha: Vec<f64>,
    beta: f64,
    /// Rows of documents.
    doc_topics: Vec<i32>,
    /// Rows of words, a table a group.
    word_topics: Vec<GibbsRows>,
    topic_tokens: Vec<i32>,
    words: usize,
    tokens: u64,
    sweeps: usize,
    workers: Vec<Worker>,
}

/// What a block needs for itself while it is sampled.
#[derive(Debug, Default)]
struct Worker {
    topic_tokens: Vec<i32>,
    scratch: GibbsScratch,
}

struct Task<'a> {
    block: &'a mut Block,
    docs: &'a mut [i32],
    words: &'a mut GibbsRows,
    worker: &'a mut Worker,
    number: u64,
}

impl Gibbs {
    /// Puts the tokens of a matrix of counts in order and gives each a topic by chance.
    ///
    /// # Errors
    /// A matrix of something else than counts, without tokens, or with more than memory should be asked for.
    pub fn new(matrix: &Csr, params: &LdaValid) -> Result<Gibbs> {
        let tokens = counts(matrix)?;
        let params = params.params().clone();
        let stride = gibbs_stride(params.k);
        let frequency = frequencies(matrix);
        let word_bytes = GibbsRows::bytes(params.k, frequency.iter().copied());
        let bytes = matrix.rows() as u64 * stride as u64 * 4 + word_bytes;
        if bytes > MOST_BYTES {
            let found = format!(
                "{} documents and {} words by {} topics need {} GiB of counts",
                matrix.rows(),
                matrix.cols(),
                params.k,
                bytes >> 30
            );
            return Err(Error::limit(
                Fault::new("counts-size", found)
                    .next("ask for fewer topics, drop rare words (--min-df), or use online inference"),
            ));
        }
        let layout = Layout::new(matrix, tokens, &frequency, word_bytes);
        let blocks = layout.blocks(matrix);
        let workers = (0..layout.groups).map(|_| Worker::default()).collect();
        let mut gibbs = Gibbs {
            doc_topics: vec![0; matrix.rows() * stride],
            word_topics: layout
                .words
                .iter()
                .map(|w| GibbsRows::new(params.k, w.iter().map(|&w| frequency[w as usize])))
                .collect(),
            topic_tokens: vec![0; stride],
            alpha: params.alphas(),
            beta: params.beta,
            words: matrix.cols(),
            tokens,
            sweeps: 0,
            workers,
            blocks,
            layout,
            stride,
            params,
        };
        let (seed, k) = (gibbs.params.seed, gibbs.params.k as u64);
        for (number, block) in gibbs.blocks.iter_mut().enumerate() {
            // Streams of the sweeps are counted from below.
            let mut rng = Rng::stream(seed, u64::MAX - number as u64);
            block.topics.iter_mut().for_each(|t| *t = rng.below(k) as u16);
        }
        gibbs.recount();
        Ok(gibbs)
    }

    /// Options.
    pub fn params(&self) -> &LdaParams {
        &self.params
    }

    /// Tokens.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Documents.
    pub fn documents(&self) -> usize {
        self.doc_topics.len() / self.stride
    }

    /// Words of the vocabulary.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Sweeps that were made.
    pub fn sweeps(&self) -> usize {
        self.sweeps
    }

    /// α of each topic, as it stands.
    pub fn alpha(&self) -> &[f64] {
        &self.alpha
    }

    /// β as it stands.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Blocks that can be sampled side by side.
    pub fn groups(&self) -> usize {
        self.layout.groups
    }

    /// Draws every token's topic anew, and learns the priors where it is time.
    pub fn sweep(&mut self, pool: &Pool) {
        let alpha: Vec<f32> = self.alpha.iter().map(|&a| a as f32).collect();
        let priors = GibbsPriors {
            alpha: &alpha,
            beta: self.beta as f32,
            beta_sum: (self.beta * self.words as f64) as f32,
        };
        pool.each_mut(&mut self.word_topics, |_, _, rows| rows.settle());
        for epoch in 0..self.layout.groups {
            self.epoch(epoch, priors, pool);
        }
        self.sweeps += 1;
        let p = &self.params;
        if p.learn_every > 0 && self.sweeps >= p.burn_in.max(1) && self.sweeps.is_multiple_of(p.learn_every) {
            let histograms = self.histograms(pool);
            self.alpha = prior::alpha(&self.alpha, &histograms);
            if self.params.learn_beta {
                self.beta = prior::beta(self.beta, self.words, &histograms);
            }
        }
    }

    fn epoch(&mut self, epoch: usize, priors: GibbsPriors<'_>, pool: &Pool) {
        let groups = self.layout.groups;
        let stride = self.stride;
        let first = (self.sweeps * groups * groups + epoch * groups) as u64;
        let mut words: Vec<&mut GibbsRows> = self.word_topics.iter_mut().collect();
        words.rotate_left(epoch);
        let mut rest = &mut self.doc_topics[..];
        let mut tasks = Vec::with_capacity(groups);
        let rows = self.blocks.chunks_exact_mut(groups).zip(words).zip(&mut self.workers).enumerate();
        for (i, ((blocks, words), worker)) in rows {
            let (docs, after) = rest.split_at_mut((self.layout.docs[i + 1] - self.layout.docs[i]) * stride);
            rest = after;
            worker.topic_tokens.clone_from(&self.topic_tokens);
            let block = &mut blocks[(i + epoch) % groups];
            tasks.push(Task { block, docs, words, worker, number: first + i as u64 });
        }
        let seed = self.params.seed;
        pool.each_mut(&mut tasks, |_, _, task| {
            let mut rng = Rng::stream(seed, task.number);
            let block = GibbsBlock {
                slices: &task.block.slices,
                words: &task.block.words,
                topics: &mut task.block.topics,
                doc_topics: task.docs,
                word_topics: task.words,
                topic_tokens: &mut task.worker.topic_tokens,
            };
            gibbs_sweep(block, priors, &mut task.worker.scratch, &mut rng);
        });
        drop(tasks);
        let before = self.topic_tokens.clone();
        for worker in &self.workers {
            let moved = self.topic_tokens.iter_mut().zip(&worker.topic_tokens).zip(&before);
            moved.for_each(|((n, after), before)| *n += after - before);
        }
    }

    pub(super) fn histograms(&self, pool: &Pool) -> Histograms {
        likelihood::histograms(&self.doc_topics, &self.word_topics, &self.topic_tokens, self.params.k, pool)
    }

    /// log p(w, z | α, β) of the topics as they are, in nats over all tokens (Griffiths & Steyvers 2004, equations 2 and 3).
    pub fn log_likelihood(&self, pool: &Pool) -> f64 {
        likelihood::log_likelihood(&self.histograms(pool), &self.alpha, self.beta, self.words)
    }

    /// Tokens of a document by topic.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn document(&self, doc: usize) -> &[i32] {
        &self.doc_topics[doc * self.stride..][..self.params.k]
    }

    /// (topic, tokens) of a word, zeros left out.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn word(&self, word: usize) -> impl Iterator<Item = (usize, i32)> {
        let (group, row) = self.layout.places[word];
        self.word_topics[usize::from(group)].each(row as usize)
    }

    /// Tokens by topic.
    pub fn topic_tokens(&self) -> &[i32] {
        &self.topic_tokens[..self.params.k]
    }

    /// Topics of all tokens: document after document, in an order within it that follows from the matrix and K.
    pub fn topics(&self) -> Vec<u16> {
        let mut topics = Vec::with_capacity(self.tokens as usize);
        self.layout.in_order(&self.blocks, |_, number, range| {
            topics.extend_from_slice(&self.blocks[number].topics[range]);
        });
        topics
    }

    /// Goes on from the topics, priors and sweeps of an earlier sampler of the same matrix and K.
    ///
    /// # Errors
    /// Topics or priors that do not fit.
    pub fn restore(&mut self, topics: &[u16], alpha: &[f64], beta: f64, sweeps: usize) -> Result<()> {
        let k = self.params.k;
        let fits = topics.iter().all(|&t| usize::from(t) < k);
        let priors = alpha.iter().chain([&beta]).all(|p| p.is_finite() && *p > 0.0);
        if topics.len() as u64 != self.tokens || !fits || alpha.len() != k || !priors {
            let found = format!("{} topics and {} priors", topics.len(), alpha.len());
            return Err(Error::input(
                Fault::new("other-state", found)
                    .cause(format!("the matrix has {} tokens, and {k} topics are asked for", self.tokens))
                    .next("go on with the texts and options of the first run, or begin anew"),
            ));
        }
        let mut rest = topics;
        let mut moved: Vec<(usize, std::ops::Range<usize>, &[u16])> = Vec::new();
        self.layout.in_order(&self.blocks, |_, number, range| {
            let (mine, after) = rest.split_at(range.len());
            rest = after;
            moved.push((number, range, mine));
        });
        for (number, range, mine) in moved {
            self.blocks[number].topics[range].copy_from_slice(mine);
        }
        self.stand(alpha.to_vec(), beta, sweeps);
        self.recount();
        Ok(())
    }

    /// Draws a topic for every token by p(w | k) p(k | d); the priors and sweeps are left as they are.
    pub(super) fn draw(&mut self, folder: &Folder, mixes: &[Vec<f32>], pool: &Pool) {
        let (layout, k, seed) = (&self.layout, self.params.k, self.params.seed);
        pool.each_mut(&mut self.blocks, |_, number, block| {
            let (i, g) = (number / layout.groups, number % layout.groups);
            let mut rng = Rng::stream(seed, u64::MAX - number as u64);
            let mut sums = vec![0f32; k];
            let docs = block.slices.iter().flat_map(|s| std::iter::repeat_n(s.doc, s.tokens as usize));
            for ((doc, &row), topic) in docs.zip(&block.words).zip(&mut block.topics) {
                let word = folder.word(layout.words[g][row as usize]);
                let mut sum = 0.0;
                for ((s, p), m) in sums.iter_mut().zip(word).zip(&mixes[layout.docs[i] + doc as usize]) {
                    sum += p * m;
                    *s = sum;
                }
                let u = rng.uniform() as f32 * sum;
                *topic = sums.partition_point(|&s| s <= u).min(k - 1) as u16;
            }
        });
        self.recount();
    }

    /// Takes priors and sweeps made from an earlier sampler.
    pub(super) fn stand(&mut self, alpha: Vec<f64>, beta: f64, sweeps: usize) {
        (self.alpha, self.beta, self.sweeps) = (alpha, beta, sweeps);
    }

    fn recount(&mut self) {
        self.doc_topics.fill(0);
        self.word_topics.iter_mut().for_each(GibbsRows::clear);
        self.topic_tokens.fill(0);
        for (number, block) in self.blocks.iter().enumerate() {
            let (i, g) = (number / self.layout.groups, number % self.layout.groups);
            let docs =
                block.slices.iter().flat_map(|s| std::iter::repeat_n(s.doc as usize, s.tokens as usize));
            for ((doc, &row), &topic) in docs.zip(&block.words).zip(&block.topics) {
                let topic = usize::from(topic);
                self.doc_topics[(self.layout.docs[i] + doc) * self.stride + topic] += 1;
                self.word_topics[g].add(row as usize, topic);
                self.topic_tokens[topic] += 1;
            }
        }
    }
}
