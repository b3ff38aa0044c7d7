//! The E step over a block of documents, and the sums that the M step needs.
//!
//! Documents are independent given the topics. What they add to a word is Σ_d ratio_dw θ_dk β_wk: the transpose of the
//! ratios, sparse, times the θ of the documents, so that it is summed word by word over the documents in order, whichever
//! threads found the θ.

use gyeol_tensor::dirichlet::{Document, Found, exp_digamma, infer};
use gyeol_tensor::{Pool, SparseRows, sparse_times_f64};

use super::Vb;
use gyeol_vectors::matrix::Csr;

/// Numbers that the documents of one task touch in a round, about.
const TASK: usize = 1 << 17;
/// Words whose expectations one task computes.
const WORDS: usize = 64;

/// What a block of documents gives.
pub(super) struct Step {
    /// γ: a row of `width` numbers a document.
    pub gamma: Vec<f64>,
    /// The words of the block, rising.
    pub words: Vec<u32>,
    /// Each column of the block as the number of its word among them.
    pub local: Vec<u32>,
    /// e^(E log β) of the words: a row of `width` numbers a word.
    pub table: Vec<f64>,
    /// What the documents add to each of those words: a row of `width` numbers a word. Empty when not asked for.
    pub added: Vec<f64>,
}

/// Some documents of the block and where their results go.
struct Task<'a> {
    first: usize,
    gamma: &'a mut [f64],
    theta: &'a mut [f64],
    ratio: &'a mut [f64],
}

impl Vb {
    /// e^(E log β) of some words: a row of `width` numbers a word.
    pub(super) fn expected(&self, words: &[u32], pool: &Pool) -> Vec<f64> {
        let width = self.width;
        let mut scales = self.totals.clone();
        exp_digamma(&mut scales);
        let mut rows = vec![0.0; words.len() * width];
        pool.split_mut([&mut rows], WORDS * width, |range, [rows]| {
            let words = &words[range.start / width..];
            for (row, &word) in rows.chunks_exact_mut(width).zip(words) {
                row.copy_from_slice(self.lambda_of(word));
            }
            exp_digamma(rows);
            for row in rows.chunks_exact_mut(width) {
                row[..self.params.topics].iter_mut().zip(&scales).for_each(|(value, scale)| *value /= scale);
            }
        });
        rows
    }

    /// Topics of the rows `from..to`; γ begins at `start(document of the block, γ)`.
    pub(super) fn step(
        &self,
        counts: &Csr,
        (from, to): (usize, usize),
        start: &(impl Fn(usize, &mut [f64]) + Sync),
        sums: bool,
        pool: &Pool,
    ) -> Step {
        let (width, topics) = (self.width, self.params.topics);
        let pointers = &counts.pointers()[from..=to];
        let range = pointers[0]..pointers[to - from];
        let (columns, numbers) = (&counts.indices()[range.clone()], &counts.data()[range]);
        let (words, local) = self.words_of(columns);
        let table = self.expected(&words, pool);
        let documents = to - from;
        let mut gamma = vec![0.0; documents * width];
        let mut theta = vec![0.0; documents * width];
        let mut ratio = vec![0.0; columns.len()];
        let at = |document: usize| pointers[document] - pointers[0];
        let mut tasks: Vec<Task<'_>> = Vec::new();
        let (mut gammas, mut thetas, mut ratios) = (&mut gamma[..], &mut theta[..], &mut ratio[..]);
        let mut first = 0;
        while first < documents {
            let mut last = first + 1;
            while last < documents && (at(last + 1) - at(first)) * width <= TASK {
                last += 1;
            }
            let (gamma, thetas_left) = (gammas.split_at_mut((last - first) * width), thetas);
            let theta = thetas_left.split_at_mut((last - first) * width);
            let ratio = ratios.split_at_mut(at(last) - at(first));
            tasks.push(Task { first, gamma: gamma.0, theta: theta.0, ratio: ratio.0 });
            (gammas, thetas, ratios, first) = (gamma.1, theta.1, ratio.1, last);
        }
        pool.each_mut(&mut tasks, |_, _, task| {
            let mut rows = Vec::new();
            let mut sums = vec![0.0; width];
            let mut ratio = &mut *task.ratio;
            let results = task.gamma.chunks_exact_mut(width).zip(task.theta.chunks_exact_mut(width));
            for (i, (gamma, theta)) in results.enumerate() {
                let here = at(task.first + i)..at(task.first + i + 1);
                rows.clear();
                for &word in &local[here.clone()] {
                    let begin = word as usize * width;
                    rows.extend_from_slice(&table[begin..begin + width]);
                }
                start(task.first + i, &mut gamma[..topics]);
                let document = Document {
                    rows: &rows,
                    counts: &numbers[here.clone()],
                    width,
                    topics,
                    prior: self.params.document_prior(),
                    least_change: self.params.least_change,
                    rounds: self.params.rounds,
                };
                let (mine, rest) = std::mem::take(&mut ratio).split_at_mut(here.len());
                infer(document, Found { gamma, theta, sums: &mut sums, ratio: mine });
                ratio = rest;
            }
        });
        let added = if sums {
            let mut added = transposed_times(&local, &ratio, pointers, words.len(), &theta, width, pool);
            pool.split_mut([&mut added], WORDS * width, |range, [added]| {
                added.iter_mut().zip(&table[range]).for_each(|(a, t)| *a *= t);
            });
            added
        } else {
            Vec::new()
        };
        Step { gamma, words, local, table, added }
    }

    /// The different words of some columns, and each column as the number of its word among them.
    fn words_of(&self, columns: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut place = vec![0u32; self.words];
        columns.iter().for_each(|&c| place[c as usize] = 1);
        let words: Vec<u32> = (0..self.words as u32).filter(|&w| place[w as usize] == 1).collect();
        words.iter().zip(0..).for_each(|(&w, i)| place[w as usize] = i);
        let local = columns.iter().map(|&c| place[c as usize]).collect();
        (words, local)
    }
}

/// (words, documents) times (documents, width), from ratios that lie document by document.
fn transposed_times(
    local: &[u32],
    ratio: &[f64],
    pointers: &[usize],
    words: usize,
    theta: &[f64],
    width: usize,
    pool: &Pool,
) -> Vec<f64> {
    let mut begins = vec![0usize; words + 1];
    local.iter().for_each(|&w| begins[w as usize + 1] += 1);
    for word in 0..words {
        begins[word + 1] += begins[word];
    }
    let mut next = begins.clone();
    let (mut indices, mut values) = (vec![0u32; local.len()], vec![0.0; local.len()]);
    for (document, ends) in pointers.windows(2).enumerate() {
        for i in ends[0] - pointers[0]..ends[1] - pointers[0] {
            let at = &mut next[local[i] as usize];
            indices[*at] = document as u32;
            values[*at] = ratio[i];
            *at += 1;
        }
    }
    let mut out = vec![0.0; words * width];
    let sparse = SparseRows { pointers: &begins, indices: &indices, values: &values };
    sparse_times_f64(sparse, theta, width, &mut out, pool);
    out
}
