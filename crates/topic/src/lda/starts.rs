//! Several short starts, of which the best goes on: sampling rarely leaves the basin it began in, so a few chains are begun on
//! nine tenths of the documents, judged by the words of the tenth (completion: Wallach, Murray, Salakhutdinov & Mimno 2009),
//! and the one that predicts them best gives all documents their topics.

use gyeol_base::Result;
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::Csr;
use serde::{Deserialize, Serialize};

use super::fit::{Fit, Sweep, probabilities};
use super::gibbs::Gibbs;
use super::infer::Folder;
use super::params::{LdaParams, LdaValid};

/// One document of so many is held out while starts are compared.
const HELD: usize = 10;
/// A start makes this share of the sweeps, but no fewer than [`LEAST`] while the fit has twice as many.
const SHARE: usize = 10;
const LEAST: usize = 20;
/// Random streams of the documents held out, and of the starts after it; sweeps and blocks are far from both.
const STREAM: u64 = 1 << 62;

/// The starts that were compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Starts {
    /// Perplexity of each by document completion on the same documents held out.
    pub perplexity: Vec<f64>,
    /// The place of the least of them.
    pub chosen: usize,
    /// Sweeps of each.
    pub sweeps: usize,
}

impl LdaParams {
    /// Sweeps of a start; 0 where there is nothing to choose from.
    fn short(&self) -> usize {
        if self.starts > 1 { (self.iterations / SHARE).max(LEAST).min(self.iterations / 2) } else { 0 }
    }
}

/// Where a start stands.
struct Stand {
    perplexity: f64,
    folder: Folder,
    /// (documents fitted, K).
    mixes: Vec<f32>,
    alpha: Vec<f64>,
    beta: f64,
}

impl Fit {
    /// A fit of all documents that goes on from the best of several short starts, or from one where only one is asked for or
    /// no document held out can be judged. The likelihood is worked out as in [`Fit::new`]. `progress` is told of each sweep
    /// of the starts; `None` where it stops them.
    ///
    /// # Errors
    /// As [`Gibbs::new`].
    pub fn begin(
        matrix: &Csr,
        valid: &LdaValid,
        every: usize,
        pool: &Pool,
        mut progress: impl FnMut(Sweep) -> bool,
    ) -> Result<Option<Fit>> {
        let (params, rows) = (valid.params(), matrix.rows());
        let mut fit = Fit::new(Gibbs::new(matrix, valid)?, every);
        let sweeps = params.short();
        let mut order: Vec<usize> = (0..rows).collect();
        Rng::stream(params.seed, STREAM).shuffle(&mut order);
        let (held, train) = order.split_at_mut(rows / HELD);
        held.sort_unstable();
        train.sort_unstable();
        let (out, counts) = (matrix.select(held.iter().copied()), matrix.select(train.iter().copied()));
        let judged = (0..out.rows()).any(|doc| out.parts(doc).1.iter().sum::<f64>() > 1.0);
        if sweeps == 0 || !judged || counts.nonzeros() == 0 {
            return Ok(Some(fit));
        }
        let mut perplexity = Vec::with_capacity(params.starts);
        let mut best: Option<Stand> = None;
        for start in 0..params.starts {
            let seed = Rng::stream(params.seed, STREAM + 1 + start as u64).next_u64();
            let mut gibbs = Gibbs::new(&counts, &valid.seeded(seed))?;
            for sweep in 1..=sweeps {
                gibbs.sweep(pool);
                let (sweep, of) = (start * sweeps + sweep, params.starts * sweeps);
                if !progress(Sweep { sweep, of, log_likelihood: None }) {
                    return Ok(None);
                }
            }
            let (words, mixes) = probabilities(&gibbs);
            let folder = Folder::new(&words, gibbs.alpha());
            // The same halves of the same documents for every start.
            let found = folder.completion(&out, params.seed, pool).perplexity();
            perplexity.push(found);
            if best.as_ref().is_none_or(|b| found < b.perplexity) {
                let (alpha, beta) = (gibbs.alpha().to_vec(), gibbs.beta());
                best = Some(Stand { perplexity: found, folder, mixes, alpha, beta });
            }
        }
        if let Some(best) = best {
            let mut mixes = vec![Vec::new(); rows];
            train.iter().zip(best.mixes.chunks_exact(params.k)).for_each(|(&d, mix)| mixes[d] = mix.to_vec());
            held.iter().zip(best.folder.mixes(&out, pool)).for_each(|(&d, mix)| mixes[d] = mix);
            fit.gibbs_mut().draw(&best.folder, &mixes, pool);
            fit.gibbs_mut().stand(best.alpha, best.beta, sweeps);
            let chosen = perplexity.iter().position(|p| *p == best.perplexity).unwrap_or(0);
            fit.set_starts(Some(Starts { perplexity, chosen, sweeps }));
        }
        Ok(Some(fit))
    }
}
