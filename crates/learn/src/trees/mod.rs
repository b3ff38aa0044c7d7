//! Boosted trees: a sum of small regression trees, each fitted to the gradient of the loss at the sum of those before
//! (Friedman 2001), by histograms, leaf by leaf (Chen and Guestrin 2016, "XGBoost"; Ke et al. 2017, "LightGBM").
//!
//! ```text
//! F_0 = the best constant,   F_m = F_{m-1} + η T_m,   g_i = ∂L/∂F, h_i = ∂²L/∂F²
//! gain of a split = G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ),   value of a leaf = −G/(H+λ)       eq. 5, 7 of XGBoost
//! ```
//!
//! | loss | g | h | leaf |
//! |---|---|---|---|
//! | squared | F − y | 1 | −G/(H+λ) |
//! | absolute, pinball | slope of the loss | 1 | quantile of y − F (as in scikit-learn) |
//! | logistic | p − y | p (1 − p) | −G/(H+λ) |
//! | softmax, a tree a class and round | p_k − y_k | p_k (1 − p_k) | −G/(H+λ) |
//!
//! Columns are cut into at most 255 bins by the quantiles of the training rows; a missing number (NaN) has a bin of its own and
//! goes the way that gains more. Sums of a column's bins run over the rows in order, whatever the thread.

mod bins;
mod grow;
mod loss;
mod model;

use gyeol_base::{Error, Fault, Result};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::Dense;
use std::borrow::Cow;

use crate::features::Features;
use bins::Binned;
use grow::Grower;
pub use loss::TreeLoss;
pub use model::{TreeParts, Trees};

/// Columns of a sparse matrix up to which it is written down.
pub const MOST_SPARSE: usize = 4096;
/// Numbers that are written down or binned at once.
const MOST: usize = 1 << 30;

/// What should come out.
#[derive(Debug, Clone, Copy)]
pub enum Answers<'a> {
    /// A number each.
    Values(&'a [f64]),
    /// One of so many classes each.
    Classes(&'a [u32], usize),
}

/// How trees are grown.
#[derive(Debug, Clone, PartialEq)]
pub struct TreesParams {
    /// Most rounds.
    pub rounds: usize,
    /// η.
    pub learning_rate: f64,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Least rows of a leaf.
    pub min_rows: usize,
    /// Least sum of h of a leaf.
    pub min_weight: f64,
    /// λ.
    pub l2: f64,
    /// Most bins of a column, up to 255.
    pub bins: usize,
    /// Share of the rows that each round draws.
    pub rows: f64,
    /// Share of the columns that each tree draws.
    pub columns: f64,
    /// Of numbers; of classes it is the logistic one or softmax.
    pub loss: TreeLoss,
    /// Rounds without a better validation loss after which it stops; all are grown without a validation part.
    pub patience: usize,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for TreesParams {
    fn default() -> Self {
        TreesParams {
            rounds: 100,
            learning_rate: 0.1,
            leaves: 31,
            min_rows: 20,
            min_weight: 1e-3,
            l2: 0.0,
            bins: 255,
            rows: 1.0,
            columns: 1.0,
            loss: TreeLoss::Squared,
            patience: 20,
            seed: 0,
        }
    }
}

/// A round of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// From 1.
    pub round: usize,
    /// Mean loss of the training rows.
    pub train_loss: f64,
    /// Mean loss of the validation rows; of the training rows without them.
    pub valid_loss: f64,
}

/// Fitted trees with how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct TreesFit {
    /// Trees up to the best round.
    pub model: Trees,
    /// Losses, round by round.
    pub curve: Vec<Round>,
    /// The round of the least validation loss; the last without a validation part.
    pub best_round: usize,
    /// Validation loss of the best constant.
    pub naive: f64,
}

fn wrong(code: &'static str, found: String, next: &str) -> Error {
    Fault::new(code, found).next(next).input()
}

/// All numbers written down.
pub(crate) fn written<'a>(x: Features<'a>) -> Result<Cow<'a, Dense>> {
    match x {
        Features::Dense(x) => Ok(Cow::Borrowed(x)),
        Features::Sparse(x) if x.cols() > MOST_SPARSE || x.rows().saturating_mul(x.cols()) > MOST / 8 => {
            Err(wrong(
                "too-wide",
                format!("trees on {} sparse rows of {} columns", x.rows(), x.cols()),
                "give at most 4096 columns, such as with max_terms, or a linear machine",
            ))
        }
        Features::Sparse(x) => Ok(Cow::Owned(x.to_dense()?)),
    }
}

impl TreesParams {
    /// Refuses what cannot work.
    ///
    /// # Errors
    /// A number outside its range.
    pub fn check(&self) -> Result<()> {
        let share = |v: f64| v > 0.0 && v <= 1.0;
        let sound = [
            ("rounds", self.rounds as f64, self.rounds > 0 && self.rounds <= 100_000, "1 to 100000"),
            (
                "learning_rate",
                self.learning_rate,
                self.learning_rate > 0.0 && self.learning_rate <= 10.0,
                "above 0, up to 10",
            ),
            ("leaves", self.leaves as f64, (2..=65_536).contains(&self.leaves), "2 to 65536"),
            ("bins", self.bins as f64, (2..=255).contains(&self.bins), "2 to 255"),
            ("l2", self.l2, self.l2 >= 0.0 && self.l2.is_finite(), "0 or more"),
            (
                "min_weight",
                self.min_weight,
                self.min_weight >= 0.0 && self.min_weight.is_finite(),
                "0 or more",
            ),
            ("rows", self.rows, share(self.rows), "above 0, up to 1"),
            ("columns", self.columns, share(self.columns), "above 0, up to 1"),
        ];
        if let Some((name, value, _, allowed)) = sound.iter().find(|s| !s.2) {
            let found = format!("{name} is {value}");
            return Err(Fault::new("parameter", found).next(format!("choose {allowed}")).option());
        }
        self.loss.check()
    }

    /// Grows trees; `observe` is told of each round, and false stops.
    ///
    /// # Errors
    /// Parameters outside their range; no rows or columns, infinite numbers (NaN is a missing one), answers that do not fit,
    /// one class alone; a sparse matrix of more than 4096 columns (`too-wide`); `stopped`.
    pub fn fit(
        &self,
        x: Features<'_>,
        answers: Answers<'_>,
        valid: Option<(Features<'_>, Answers<'_>)>,
        pool: &Pool,
        observe: &mut dyn FnMut(&Round) -> bool,
    ) -> Result<TreesFit> {
        self.check()?;
        let (n, p) = (x.rows(), x.cols());
        if n == 0 {
            return Err(crate::error::no_rows());
        }
        if p == 0 || n > u32::MAX as usize || n.saturating_mul(p) > MOST {
            return Err(wrong(
                "too-wide",
                format!("trees on {n} rows of {p} columns"),
                "give 1 to 2^30 numbers in all",
            ));
        }
        let loss = self.loss.of(&answers);
        loss.check_answers(n, &answers)?;
        let x = written(x)?;
        let judged = match valid.filter(|(x, _)| x.rows() > 0) {
            Some((x, answers)) => {
                x.made_for(p)?;
                loss.check_answers(x.rows(), &answers)?;
                Some((written(x)?, answers))
            }
            None => None,
        };
        let binned = Binned::new(&x, self.bins, self.seed, pool)?;
        let base = loss.base(&answers);
        let k = base.len();
        let mut model = Trees::empty(p, loss, base);
        let mut scores: Vec<f64> = (0..n).flat_map(|_| model.base().to_vec()).collect();
        let mut on_valid = judged
            .as_ref()
            .map(|(x, _)| (0..x.rows()).flat_map(|_| model.base().to_vec()).collect::<Vec<_>>());
        let of_valid = |scores: &Option<Vec<f64>>, train: f64| match (scores, &judged) {
            (Some(scores), Some((_, answers))) => loss.mean(scores, answers),
            _ => train,
        };
        let naive = of_valid(&on_valid, loss.mean(&scores, &answers));
        let (mut curve, mut best): (Vec<Round>, (f64, usize)) = (Vec::new(), (f64::INFINITY, 0));
        let mut grower = Grower::new(self, &binned, pool);
        let mut slopes = vec![[0.0; 2]; n];
        for round in 1..=self.rounds {
            let mut rng = Rng::stream(self.seed, round as u64);
            let drawn: Vec<u32> = match self.rows < 1.0 {
                true => (0..n as u32).filter(|_| rng.uniform() < self.rows).collect(),
                false => (0..n as u32).collect(),
            };
            // All classes of a round learn from the scores before it.
            let before = if k > 1 { loss.softmax(&scores, k, pool) } else { Vec::new() };
            for class in 0..k {
                loss.slopes(&answers, &scores, &before, class, &mut slopes, pool);
                let columns = self.drawn_columns(p, &mut rng);
                let mut tree = grower.grow(drawn.clone(), &slopes, &columns);
                if let Some(share) = loss.quantile()
                    && let Answers::Values(y) = answers
                {
                    tree.leaves_by(|rows| {
                        loss::quantile(rows.iter().map(|&i| y[i as usize] - scores[i as usize * k]), share)
                    });
                }
                tree.shrink(self.learning_rate);
                tree.add(&binned, &mut scores, k, class, drawn.len() == n, pool);
                model.push(&tree, &binned);
                if let (Some(scores), Some((x, _))) = (&mut on_valid, &judged) {
                    model.add_last(x, scores, class, pool);
                }
            }
            let train_loss = loss.mean(&scores, &answers);
            let valid_loss = of_valid(&on_valid, train_loss);
            let last = Round { round, train_loss, valid_loss };
            curve.push(last);
            if judged.is_none() || valid_loss < best.0 {
                best = (valid_loss, round);
            }
            if !observe(&last) {
                return Err(Error::stopped());
            }
            if round >= best.1 + self.patience.max(1) {
                break;
            }
        }
        model.truncate(best.1);
        Ok(TreesFit { model, curve, best_round: best.1, naive })
    }

    fn drawn_columns(&self, p: usize, rng: &mut Rng) -> Vec<u32> {
        let mut all: Vec<u32> = (0..p as u32).collect();
        if self.columns < 1.0 {
            rng.shuffle(&mut all);
            all.truncate(((p as f64 * self.columns).ceil() as usize).max(1));
            all.sort_unstable();
        }
        all
    }
}
