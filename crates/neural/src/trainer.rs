//! The trainer: epochs of iterations over mini-batches, with clipping, schedules, averaging, early stopping on
//! validation, and a state from which it goes on to the same bits.
//!
//! One *iteration* is one optimizer step on one *batch*; one *epoch* passes every training sample once, in an
//! order drawn from (seed, epoch).

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use gyeol_tensor::elementwise::{add, sum_of_squares};
use gyeol_tensor::{Pool, Real, Rng};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::optimizer::{Optimizer, OptimizerState};
use crate::schedule::Schedule;

/// Samples that one thread walks through the net together.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    /// Indices of the samples.
    pub samples: &'a [u32],
    /// Factor on every sample's gradient (one over the batch's size).
    pub scale: f64,
    /// Stream for random masks; none when nothing random may happen (validation).
    pub stream: Option<(u64, u64)>,
}

/// A net together with the samples it learns from.
pub trait Model<T: Real>: Sync {
    /// Weights packed for the products, once an iteration.
    type Packed: Send + Sync;
    /// A thread's room for one chunk.
    type Workspace: Send;

    /// Parameters of the net.
    fn layout(&self) -> &Layout;
    /// Room for packed weights.
    fn packed(&self) -> Self::Packed;
    /// Packs weights.
    fn pack(&self, params: &[T], packed: &mut Self::Packed);
    /// Room for chunks of up to `rows` samples.
    fn workspace(&self, rows: usize) -> Self::Workspace;
    /// Sum of the samples' losses; adds `scale` times its gradient to `gradient`.
    fn learn(
        &self,
        params: &[T],
        packed: &Self::Packed,
        workspace: &mut Self::Workspace,
        chunk: Chunk<'_>,
        gradient: &mut [T],
    ) -> f64;
    /// Sum of the samples' losses without anything random.
    fn loss(
        &self,
        params: &[T],
        packed: &Self::Packed,
        workspace: &mut Self::Workspace,
        chunk: Chunk<'_>,
    ) -> f64;
}

/// Hyper-parameters of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainParams {
    /// Most epochs.
    pub epochs: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Optimizer.
    pub optimizer: Optimizer,
    /// Learning rate before the schedule.
    pub learning_rate: f64,
    /// Schedule.
    pub schedule: Schedule,
    /// Largest norm of the whole gradient; none leaves it as it is.
    pub clip: Option<f64>,
    /// Factor of the exponential moving average of the parameters that is judged and kept (Polyak and Juditsky
    /// 1992); none keeps the last step's.
    pub average: Option<f64>,
    /// Epochs without a better validation loss after which training stops; none runs them all.
    pub patience: Option<usize>,
    /// Seed of initialisation, order and masks.
    pub seed: u64,
}

impl TrainParams {
    /// Refuses what cannot work.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if self.epochs == 0 {
            return bad("epochs", "0".into(), "at least 1");
        }
        if self.batch == 0 {
            return bad("batch", "0".into(), "at least 1");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return bad("learning_rate", self.learning_rate.to_string(), "a number above 0");
        }
        if self.clip.is_some_and(|c| c.is_nan() || c <= 0.0) {
            return bad("clip", format!("{:?}", self.clip), "above 0, or left out");
        }
        if self.average.is_some_and(|a| !(0.0..1.0).contains(&a)) {
            return bad("average", format!("{:?}", self.average), "in 0..1, or left out");
        }
        Ok(())
    }
}

/// One epoch of the learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean loss over the training samples while they were learnt from.
    pub train_loss: f64,
    /// Mean loss over the validation samples afterwards.
    pub valid_loss: f64,
    /// Learning rate of the last iteration.
    pub learning_rate: f64,
    /// Wall seconds.
    pub seconds: f64,
}

/// Everything a run needs to go on: after each epoch it can be saved, and a run continued from it ends in the
/// same bits as one that was never stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// Iterations done.
    pub iteration: usize,
    /// Parameters.
    pub params: Vec<T>,
    /// Moving average of them; empty without averaging.
    pub average: Vec<T>,
    /// Optimizer.
    pub optimizer: OptimizerState<T>,
    /// The kept parameters of the best epoch.
    pub best: Vec<T>,
    /// Their validation loss.
    pub best_loss: f64,
    /// Their epoch, from 1; 0 before the first.
    pub best_epoch: usize,
    /// The curve so far.
    pub curve: Vec<Epoch>,
}

/// What [`fit`] reports while it works.
#[derive(Debug)]
pub enum Fit<'a, T> {
    /// After each iteration.
    Iteration {
        /// Epoch in progress, from 1.
        epoch: usize,
        /// Iterations done in it.
        done: usize,
        /// Iterations an epoch.
        of: usize,
        /// Mean loss of the epoch so far.
        loss: f64,
    },
    /// After each epoch, with the state to save.
    Epoch(&'a State<T>),
}

/// Rows of a chunk, by the problem's size alone: 8 (a register tile) until there would be so many chunks that
/// their gradients outgrow the caches.
pub fn chunk_rows(batch: usize, parameters: usize) -> usize {
    let most_chunks = (2_000_000 / parameters.max(1)).clamp(4, 16);
    batch.div_ceil(most_chunks).max(8)
}

fn lock<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Mean loss over `samples`; the sum runs in chunk order.
pub fn evaluate<T: Real, M: Model<T>>(model: &M, params: &[T], samples: &[u32], pool: &Pool) -> f64 {
    const ROWS: usize = 16;
    let mut packed = model.packed();
    model.pack(params, &mut packed);
    let workspaces: Vec<Mutex<M::Workspace>> =
        (0..pool.threads()).map(|_| Mutex::new(model.workspace(ROWS))).collect();
    let chunks: Vec<&[u32]> = samples.chunks(ROWS).collect();
    let sums: Vec<Mutex<f64>> = chunks.iter().map(|_| Mutex::new(0.0)).collect();
    pool.run(chunks.len(), &|thread, task| {
        let chunk = Chunk { samples: chunks[task], scale: 0.0, stream: None };
        *lock(&sums[task]) = model.loss(params, &packed, &mut lock(&workspaces[thread]), chunk);
    });
    sums.iter().map(|s| *lock(s)).sum::<f64>() / samples.len().max(1) as f64
}

/// Loss sum and gradient of one batch, as a training step takes them (for checks).
pub fn gradient<T: Real, M: Model<T>>(model: &M, params: &[T], samples: &[u32]) -> (f64, Vec<T>) {
    let mut packed = model.packed();
    model.pack(params, &mut packed);
    let mut gradient = vec![T::ZERO; params.len()];
    let mut workspace = model.workspace(samples.len());
    let chunk = Chunk { samples, scale: 1.0, stream: None };
    let loss = model.learn(params, &packed, &mut workspace, chunk, &mut gradient);
    (loss, gradient)
}

/// A new state: parameters drawn from the seed.
fn start<T: Real, M: Model<T>>(model: &M, p: &TrainParams) -> State<T> {
    let params: Vec<T> = model.layout().initial(&mut Rng::stream(p.seed, 1));
    State {
        iteration: 0,
        average: if p.average.is_some() { params.clone() } else { Vec::new() },
        optimizer: p.optimizer.state(params.len()),
        best: params.clone(),
        params,
        best_loss: f64::INFINITY,
        best_epoch: 0,
        curve: Vec::new(),
    }
}

/// Trains until the epochs are over, patience ends, or `observe` answers false (asked after each iteration
/// and each epoch).
///
/// # Errors
/// [`Error::Parameter`]; [`Error::NotFinite`] with the place; [`Error::Stopped`] when `observe` answered
/// false; [`Error::StateMismatch`] when `resume` is of another net.
pub fn fit<T: Real, M: Model<T>>(
    model: &M,
    p: &TrainParams,
    train: &[u32],
    valid: &[u32],
    pool: &Pool,
    resume: Option<State<T>>,
    observe: &mut dyn FnMut(Fit<'_, T>) -> bool,
) -> Result<State<T>> {
    p.check()?;
    let layout = model.layout();
    let mut s = match resume {
        Some(state) if state.params.len() != layout.len() => {
            return Err(Error::StateMismatch { found: state.params.len(), expected: layout.len() });
        }
        Some(state) => state,
        None => start(model, p),
    };
    let decays: Vec<bool> =
        layout.slots().iter().flat_map(|s| std::iter::repeat_n(s.decays, s.len())).collect();
    let batch = p.batch.min(train.len().max(1));
    let rows = chunk_rows(batch, layout.len());
    let per_epoch = train.len().div_ceil(batch);
    let total = per_epoch * p.epochs;
    let mut packed = model.packed();
    let workspaces: Vec<Mutex<M::Workspace>> =
        (0..pool.threads()).map(|_| Mutex::new(model.workspace(rows))).collect();
    let parts: Vec<Mutex<(f64, Vec<T>)>> =
        (0..batch.div_ceil(rows)).map(|_| Mutex::new((0.0, vec![T::ZERO; layout.len()]))).collect();
    let mut sum = vec![T::ZERO; layout.len()];
    let mut order = train.to_vec();

    for epoch in s.curve.len() + 1..=p.epochs {
        if let Some(patience) = p.patience
            && s.best_epoch > 0
            && epoch > s.best_epoch + patience
        {
            break;
        }
        let begun = Instant::now();
        order.copy_from_slice(train);
        Rng::stream(p.seed, 2 + epoch as u64).shuffle(&mut order);
        let (mut loss, mut seen) = (0.0, 0usize);
        let mut learning_rate = p.learning_rate;
        for (done, samples) in order.chunks(batch).enumerate() {
            model.pack(&s.params, &mut packed);
            let scale = 1.0 / samples.len() as f64;
            let chunks: Vec<&[u32]> = samples.chunks(rows).collect();
            let (params, iteration) = (&s.params, s.iteration);
            pool.run(chunks.len(), &|thread, task| {
                let mut part = lock(&parts[task]);
                part.1.fill(T::ZERO);
                let stream = Some((p.seed, ((iteration as u64) << 16 | task as u64) ^ (1 << 63)));
                let chunk = Chunk { samples: chunks[task], scale, stream };
                part.0 = model.learn(params, &packed, &mut lock(&workspaces[thread]), chunk, &mut part.1);
            });
            sum.fill(T::ZERO);
            let mut batch_loss = 0.0;
            for part in parts.iter().take(chunks.len()) {
                let part = lock(part);
                batch_loss += part.0;
                add(&part.1, &mut sum);
            }
            learning_rate = p.learning_rate * p.schedule.factor(s.iteration, per_epoch, total);
            s.iteration += 1;
            let fail = |what, value, place| Error::NotFinite {
                what,
                value,
                epoch,
                iteration: s.iteration,
                place,
                learning_rate,
            };
            if !batch_loss.is_finite() {
                return Err(fail("loss", batch_loss, String::new()));
            }
            let norm = sum_of_squares(&sum).sqrt();
            if !norm.is_finite() {
                let at = sum.iter().position(|g| !g.is_finite()).unwrap_or(0);
                return Err(fail("gradient", norm, format!(" at {}", layout.name_at(at))));
            }
            if let Some(clip) = p.clip
                && norm > clip
            {
                let factor = T::from_f64(clip / norm);
                sum.iter_mut().for_each(|g| *g *= factor);
            }
            p.optimizer.step(&mut s.optimizer, learning_rate, &sum, &mut s.params, &decays);
            if let Some(decay) = p.average {
                // A short memory at first, so that the random start is forgotten.
                let i = s.iteration as f64;
                let d = decay.min((1.0 + i) / (10.0 + i));
                let (keep, take) = (T::from_f64(d), T::from_f64(1.0 - d));
                for (a, &v) in s.average.iter_mut().zip(&s.params) {
                    *a = keep * *a + take * v;
                }
            }
            loss += batch_loss;
            seen += samples.len();
            if !observe(Fit::Iteration { epoch, done: done + 1, of: per_epoch, loss: loss / seen as f64 }) {
                return Err(Error::Stopped { epoch: epoch - 1 });
            }
        }
        let judged = if p.average.is_some() { &s.average } else { &s.params };
        let valid_loss = evaluate(model, judged, valid, pool);
        if !valid_loss.is_finite() {
            return Err(Error::NotFinite {
                what: "loss",
                value: valid_loss,
                epoch,
                iteration: s.iteration,
                place: " on the validation part".into(),
                learning_rate,
            });
        }
        if valid_loss < s.best_loss {
            s.best_loss = valid_loss;
            s.best_epoch = epoch;
            s.best.copy_from_slice(judged);
        }
        s.curve.push(Epoch {
            epoch,
            train_loss: loss / seen.max(1) as f64,
            valid_loss,
            learning_rate,
            seconds: begun.elapsed().as_secs_f64(),
        });
        if !observe(Fit::Epoch(&s)) && epoch < p.epochs {
            return Err(Error::Stopped { epoch });
        }
    }
    Ok(s)
}
