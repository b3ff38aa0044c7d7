//! The inner loop of collapsed Gibbs sampling for latent Dirichlet allocation (Griffiths & Steyvers 2004, equation 5):
//! each token of a block of documents draws its topic from
//!
//! p(z = k | rest) ∝ (n_dk + α_k) (n_wk + β) / (n_k + Vβ),
//!
//! where the counts leave out the token itself.
//!
//! Up to 128 topics, and for frequent words, all K numbers are worked out, sixteen topics at a time. That is less work than it sounds: (n_dk + α_k) / (n_k + Vβ)
//! changes at two places when a token moves, and is kept; what is left is a load, an addition, a multiplication and a
//! running sum for sixteen topics. The sums run down sixteen lanes side by side; one prefix sum over the lanes finds the
//! lane of the drawn number, and comparisons within the lane find the topic. Topic 16 j + l is lane l of vector j.
//!
//! With more topics the weight of a rare word is split (Yao, Mimno & McCallum 2009): Σ (n_dk + α_k) n_wk / (n_k + Vβ) over
//! the topics that the word has, and β Σ (n_dk + α_k) / (n_k + Vβ), whose sum is kept and which is looked into only when the
//! drawn number falls there.
//!
//! The order of operations is the same on every kernel path and no multiply-add is fused, so the topics drawn are the same
//! on every machine.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod rows;

pub use rows::GibbsRows;

use crate::Rng;

/// Topics side by side; rows of counts are padded to multiples of it.
pub const GIBBS_LANES: usize = 16;

/// Most topics.
pub const GIBBS_MOST_TOPICS: usize = 32_768;

/// Numbers in a row of counts of `topics` topics.
pub fn gibbs_stride(topics: usize) -> usize {
    topics.next_multiple_of(GIBBS_LANES)
}

/// Tokens of one document that stand one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocSlice {
    /// Row of the document in the block's counts.
    pub doc: u32,
    /// Its tokens.
    pub tokens: u32,
}

/// The tokens of a block and the counts that they move.
#[derive(Debug)]
pub struct GibbsBlock<'a> {
    /// Which tokens belong to which document, in order.
    pub slices: &'a [DocSlice],
    /// Word of each token: its row in `word_topics`.
    pub words: &'a [u32],
    /// Topic of each token, which the counts must hold.
    pub topics: &'a mut [u16],
    /// Tokens of each document by topic: rows of [`gibbs_stride`] numbers.
    pub doc_topics: &'a mut [i32],
    /// Tokens of each word by topic.
    pub word_topics: &'a mut GibbsRows,
    /// Tokens by topic: [`gibbs_stride`] numbers.
    pub topic_tokens: &'a mut [i32],
}

/// Dirichlet priors of the sampler.
#[derive(Debug, Clone, Copy)]
pub struct GibbsPriors<'a> {
    /// α of each topic.
    pub alpha: &'a [f32],
    /// β, the same of every word.
    pub beta: f32,
    /// Vβ, over the whole vocabulary.
    pub beta_sum: f32,
}

/// Room that a sweep needs; kept between sweeps so that none is allocated again.
#[derive(Debug, Default)]
pub struct GibbsScratch {
    alpha: Vec<f32>,
    inverse: Vec<f32>,
    weights: Vec<f32>,
    sums: Vec<[f32; GIBBS_LANES]>,
    uniform: Uniform,
}

/// What both bodies work on; every index in it was checked.
struct Sweep<'a> {
    slices: &'a [DocSlice],
    words: &'a [u32],
    topics: &'a mut [u16],
    doc_topics: &'a mut [i32],
    rows: &'a mut GibbsRows,
    topic_tokens: &'a mut [i32],
    k: usize,
    stride: usize,
    /// Padded with 0.
    alpha: &'a [f32],
    beta: f32,
    beta_sum: f32,
    /// 1 / (n_k + Vβ), and 0 in the padding.
    inverse: &'a mut [f32],
    /// (n_dk + α_k) / (n_k + Vβ) of the document at hand, and sixteen zeros.
    weights: &'a mut [f32],
    /// Running sums down the lanes.
    sums: &'a mut [[f32; GIBBS_LANES]],
    uniform: &'a mut Uniform,
    rng: &'a mut Rng,
}

/// Uniform numbers in [0, 1) with 24 random bits, made many at a time.
#[derive(Debug, Default)]
struct Uniform {
    numbers: Vec<f32>,
    used: usize,
}

impl Uniform {
    const MANY: usize = 512;

    fn clear(&mut self) {
        self.used = self.numbers.len();
    }

    #[inline(always)]
    fn next(&mut self, rng: &mut Rng) -> f32 {
        if self.used == self.numbers.len() {
            self.refill(rng);
        }
        self.used += 1;
        self.numbers[self.used - 1]
    }

    #[inline(never)]
    fn refill(&mut self, rng: &mut Rng) {
        const UNIT: f32 = 1.0 / (1 << 24) as f32;
        self.numbers.resize(Self::MANY, 0.0);
        for pair in self.numbers.chunks_exact_mut(2) {
            let bits = rng.next_u64();
            pair[0] = (bits >> 40) as f32 * UNIT;
            pair[1] = ((bits >> 8) & 0xff_ffff) as f32 * UNIT;
        }
        self.used = 0;
    }
}

/// Draws a new topic for every token of the block, in order.
///
/// # Panics
/// If lengths do not fit each other, a row or a topic lies outside, a prior is not positive, or the counts do not hold the
/// topics of the tokens.
pub fn gibbs_sweep(
    block: GibbsBlock<'_>,
    priors: GibbsPriors<'_>,
    scratch: &mut GibbsScratch,
    rng: &mut Rng,
) {
    let k = priors.alpha.len();
    let stride = gibbs_stride(k);
    assert!((1..=GIBBS_MOST_TOPICS).contains(&k), "{k} topics");
    assert!(priors.alpha.iter().chain([&priors.beta, &priors.beta_sum]).all(|p| *p > 0.0), "priors");
    assert_eq!(block.topic_tokens.len(), stride, "tokens by topic");
    assert_eq!(block.words.len(), block.topics.len(), "words and topics");
    let tokens: u64 = block.slices.iter().map(|s| u64::from(s.tokens)).sum();
    assert_eq!(tokens, block.words.len() as u64, "tokens of the slices");
    // One past the largest, so that an empty block needs no row.
    let rows = |most: Option<u32>| most.map_or(0, |m| m as usize + 1);
    assert!(rows(block.words.iter().copied().max()) <= block.word_topics.len(), "a word outside");
    assert_eq!(block.word_topics.k(), k, "topics of the words");
    assert!(
        rows(block.slices.iter().map(|s| s.doc).max()) * stride <= block.doc_topics.len(),
        "a document outside"
    );
    assert!(block.topics.iter().fold(true, |all, &t| all & (usize::from(t) < k)), "a topic outside");

    scratch.alpha.clear();
    scratch.alpha.extend_from_slice(priors.alpha);
    scratch.alpha.resize(stride, 0.0);
    scratch.inverse.clear();
    scratch.inverse.extend(block.topic_tokens[..k].iter().map(|&n| 1.0 / (n as f32 + priors.beta_sum)));
    scratch.inverse.resize(stride, 0.0);
    scratch.weights.clear();
    scratch.weights.resize(stride + GIBBS_LANES, 0.0);
    scratch.sums.resize(stride / GIBBS_LANES, [0.0; GIBBS_LANES]);
    scratch.uniform.clear();
    run(&mut Sweep {
        slices: block.slices,
        words: block.words,
        topics: block.topics,
        doc_topics: block.doc_topics,
        rows: block.word_topics,
        topic_tokens: block.topic_tokens,
        k,
        stride,
        alpha: &scratch.alpha,
        beta: priors.beta,
        beta_sum: priors.beta_sum,
        inverse: &mut scratch.inverse,
        weights: &mut scratch.weights,
        sums: &mut scratch.sums,
        uniform: &mut scratch.uniform,
        rng,
    });
}

/// A topic that is there: rounding can lead one vector past the last topic of a lane, or past the last lane.
#[inline(always)]
fn inside(topic: usize, k: usize) -> usize {
    if topic < k {
        topic
    } else if k > GIBBS_LANES {
        topic - GIBBS_LANES
    } else {
        k - 1
    }
}

#[cfg(target_arch = "x86_64")]
fn run(sweep: &mut Sweep<'_>) {
    use crate::path::{KernelPath, kernel_path};
    #[target_feature(enable = "avx2")]
    fn avx2(sweep: &mut Sweep<'_>) {
        portable::sweep(sweep);
    }
    match kernel_path() {
        // SAFETY: the path is given only after the processor said it has these instructions; `gibbs_sweep` has checked
        // every row and topic against the lengths of the slices.
        KernelPath::Avx512 => unsafe { avx512::sweep(sweep) },
        // SAFETY: as above.
        KernelPath::Avx2 => unsafe { avx2(sweep) },
        _ => portable::sweep(sweep),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn run(sweep: &mut Sweep<'_>) {
    portable::sweep(sweep);
}

#[cfg(test)]
mod tests;
