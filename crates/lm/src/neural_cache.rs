//! A net that remembers where it was in a like state: the words that came then are likelier now (Grave, Joulin and Usunier
//! 2017, "Improving neural language models with a continuous cache", eq. 3 to 5).
//!
//! ```text
//! h_t (P)             what the softmax reads once word t was read
//! cache               (h_i, w_{i+1}) of the last N words, i < t
//! P_cache(w | …)      Σ_i [w_{i+1} = w] e^{θ h_t · h_i} / Σ_i e^{θ h_t · h_i}
//! P(w | …)            (1 - λ) P_net(w) + λ P_cache(w)           P_net alone while the cache is empty
//! ```
//!
//! θ = 0 is a plain cache of words. Unknown words are not remembered, for two of them are seldom the same.

use std::sync::Arc;

use gyeol_base::{Fault, Result};
use gyeol_ngram::{SENTENCE_END, SENTENCE_START, Scored, ScoresWords, UNKNOWN, WordId};

use crate::any::AnyLm;
use crate::net::{NetLm, NetState};

/// Words that share one allocation.
const BLOCK: usize = 64;
/// Rounds in which λ is learnt.
const ROUNDS: usize = 50;

/// N, θ and λ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuralCacheParams {
    /// N.
    pub size: usize,
    /// θ.
    pub theta: f64,
    /// λ.
    pub share: f64,
}

/// A recurrent net of words with its cache.
#[derive(Debug)]
pub struct NeuralCacheLm {
    net: NetLm,
    params: NeuralCacheParams,
}

/// What the net remembers, and the states in which words came.
#[derive(Debug, Clone)]
pub struct NeuralCacheState {
    net: NetState,
    seen: Seen,
}

/// Hidden vectors and the words that came after them, the newest last; older blocks are shared between states.
#[derive(Debug, Clone, Default)]
struct Seen {
    blocks: Vec<Arc<Block>>,
}

#[derive(Debug, Clone, Default)]
struct Block {
    /// (words, P).
    hidden: Vec<f32>,
    words: Vec<WordId>,
}

impl Seen {
    fn push(&mut self, hidden: &[f32], word: WordId, size: usize) {
        if word == UNKNOWN || word == SENTENCE_START {
            return;
        }
        if self.blocks.last().is_none_or(|block| block.words.len() == BLOCK) {
            self.blocks.push(Arc::default());
            // One block more than the cache holds, since the newest is not full.
            let more = self.blocks.len().saturating_sub(size.div_ceil(BLOCK) + 1);
            self.blocks.drain(..more);
        }
        if let Some(last) = self.blocks.last_mut() {
            let last = Arc::make_mut(last);
            last.hidden.extend_from_slice(hidden);
            last.words.push(word);
        }
    }

    /// The words of the newest `size` entries with h · h_i, the newest first.
    fn products(&self, h: &[f32], size: usize) -> Vec<(WordId, f32)> {
        let entries = self
            .blocks
            .iter()
            .rev()
            .flat_map(|block| block.words.iter().zip(block.hidden.chunks_exact(h.len())).rev());
        entries.take(size).map(|(&word, old)| (word, dot(h, old))).collect()
    }
}

/// Σ a b by sixteen running sums, added in order.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        (0..LANES).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

impl NeuralCacheLm {
    /// Most words that are remembered.
    pub const MOST: usize = 1 << 16;

    /// A net with a cache.
    ///
    /// # Errors
    /// A net over a window, which has no hidden state that goes on; numbers outside their range.
    pub fn new(net: NetLm, params: NeuralCacheParams) -> Result<NeuralCacheLm> {
        let sound = (1..=Self::MOST).contains(&params.size)
            && (0.0..=100.0).contains(&params.theta)
            && (0.0..1.0).contains(&params.share);
        if !sound {
            let NeuralCacheParams { size, theta, share } = params;
            return Err(Fault::new(
                "cache-size",
                format!("a cache of {size} words, θ {theta}, share {share}"),
            )
            .cause("it holds 1 to 65,536 words, θ is from 0 to 100, and its share below 1")
            .next("give other numbers")
            .input());
        }
        net.recurrent()?;
        Ok(NeuralCacheLm { net, params })
    }

    /// The net.
    pub fn net(&self) -> &NetLm {
        &self.net
    }

    /// N, θ and λ.
    pub fn params(&self) -> NeuralCacheParams {
        self.params
    }

    /// The size, θ and share that give the words of a stream of lines the most probability; the share of each pair by
    /// expectation maximisation. `go_on` is asked now and then.
    ///
    /// # Errors
    /// A net over a window; no sizes or no θ; `stopped`.
    pub fn tuned(
        net: &NetLm,
        lines: &[Vec<WordId>],
        sizes: &[usize],
        thetas: &[f64],
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<NeuralCacheParams> {
        net.recurrent()?;
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        let Some(&largest) = sizes.last().filter(|_| !thetas.is_empty()) else {
            return Err(Fault::new("cache-size", "no size, or no θ").next("give one of each").input());
        };
        let pairs = sizes.len() * thetas.len();
        let (mut alone, mut cached) = (Vec::new(), vec![Vec::new(); pairs]);
        let (mut state, mut seen) = (net.start(), Seen::default());
        let mut words = 0;
        for line in lines {
            let ids: Vec<WordId> =
                [SENTENCE_START].into_iter().chain(line.iter().copied()).chain([SENTENCE_END]).collect();
            state = net.score_reading(&ids, state, &mut |scored, h| {
                alone.push(scored.log10);
                let of = likely(&seen.products(h, largest), &sizes, thetas, scored.word);
                cached.iter_mut().zip(of).for_each(|(all, p)| all.push(p.log10() as f32));
                seen.push(h, scored.word, largest);
            });
            words += ids.len() - 1;
            if !go_on(words) {
                return Err(gyeol_base::Error::stopped());
            }
        }
        let mut best = (f64::INFINITY, NeuralCacheParams { size: largest, theta: thetas[0], share: 0.0 });
        for (at, cached) in cached.into_iter().enumerate() {
            let both = [std::mem::take(&mut alone), cached];
            // All of the mass on the cache would give what is not in it nothing.
            let share = AnyLm::shares(&both, ROUNDS)[1].min(0.99);
            let [back, cached] = both;
            alone = back;
            let of = |(a, c): (&f32, &f32)| {
                ((1.0 - share) * 10f64.powf(f64::from(*a)) + share * 10f64.powf(f64::from(*c))).ln()
            };
            let loss = -alone.iter().zip(&cached).map(of).sum::<f64>();
            let (size, theta) = (sizes[at / thetas.len()], thetas[at % thetas.len()]);
            if loss < best.0 {
                best = (loss, NeuralCacheParams { size, theta, share });
            }
        }
        Ok(best.1)
    }

    /// P_cache of a word; none where the cache is empty.
    fn cached(&self, seen: &Seen, h: &[f32], asked: WordId) -> Option<f64> {
        let products = seen.products(h, self.params.size);
        let of = likely(&products, &[self.params.size], &[self.params.theta], asked);
        of.first().copied().filter(|_| !products.is_empty())
    }

    fn mixed(&self, seen: &Seen, h: &[f32], net: Scored) -> Scored {
        match self.cached(seen, h, net.word) {
            None => net,
            Some(cached) => {
                let share = self.params.share;
                let p = (1.0 - share) * 10f64.powf(f64::from(net.log10)) + share * cached;
                Scored::new(net.word, p.log10() as f32)
            }
        }
    }
}

/// P_cache of a word for each size and θ, sizes rising; 0 where it is not there, or nothing is.
fn likely(products: &[(WordId, f32)], sizes: &[usize], thetas: &[f64], asked: WordId) -> Vec<f64> {
    let most = products.iter().map(|p| p.1).fold(f32::NEG_INFINITY, f32::max);
    let mut out = vec![0.0; sizes.len() * thetas.len()];
    for (t, &theta) in thetas.iter().enumerate() {
        let (mut all, mut of, mut at) = (0f64, 0f64, 0);
        for (s, &size) in sizes.iter().enumerate() {
            let upto = size.min(products.len()).max(at);
            for &(word, product) in &products[at..upto] {
                let e = f64::from((theta as f32 * (product - most)).exp());
                all += e;
                of += if word == asked { e } else { 0.0 };
            }
            at = upto;
            if all > 0.0 {
                out[s * thetas.len() + t] = of / all;
            }
        }
    }
    out
}

impl ScoresWords for NeuralCacheLm {
    type State = NeuralCacheState;

    fn vocabulary_len(&self) -> usize {
        self.net.vocabulary_len()
    }

    fn id(&self, word: &[u8]) -> WordId {
        self.net.id(word)
    }

    fn word(&self, id: WordId) -> &str {
        self.net.word(id)
    }

    fn start(&self) -> NeuralCacheState {
        NeuralCacheState { net: self.net.start(), seen: Seen::default() }
    }

    fn score(&self, before: &NeuralCacheState, word: WordId) -> (Scored, NeuralCacheState) {
        let h = self.net.reading(&before.net);
        let (scored, net) = self.net.score(&before.net, word);
        let out = self.mixed(&before.seen, h, scored);
        let mut seen = before.seen.clone();
        seen.push(h, scored.word, self.params.size);
        (out, NeuralCacheState { net, seen })
    }

    fn after(&self, before: &NeuralCacheState, word: WordId) -> NeuralCacheState {
        let word = self.net.words().known(word);
        let mut seen = before.seen.clone();
        seen.push(self.net.reading(&before.net), word, self.params.size);
        NeuralCacheState { net: self.net.after(&before.net, word), seen }
    }

    fn score_run(
        &self,
        words: &[WordId],
        state: NeuralCacheState,
        each: &mut impl FnMut(Scored),
    ) -> NeuralCacheState {
        let NeuralCacheState { net, mut seen } = state;
        let net = self.net.score_reading(words, net, &mut |scored, h| {
            each(self.mixed(&seen, h, scored));
            seen.push(h, scored.word, self.params.size);
        });
        NeuralCacheState { net, seen }
    }

    fn distribution(&self, state: &NeuralCacheState, out: &mut Vec<f64>) {
        self.net.distribution(&state.net, out);
        let h = self.net.reading(&state.net);
        let products = state.seen.products(h, self.params.size);
        if products.is_empty() {
            return;
        }
        let most = products.iter().map(|p| p.1).fold(f32::NEG_INFINITY, f32::max);
        let of = |product: f32| (self.params.theta * f64::from(product - most)).exp();
        let all: f64 = products.iter().map(|p| of(p.1)).sum();
        let share = self.params.share;
        out.iter_mut().for_each(|p| *p *= 1.0 - share);
        products.iter().for_each(|&(word, product)| out[word as usize] += share * of(product) / all);
    }
}
