//! The trainer: epochs of iterations over mini-batches, with clipping, schedules, averaging, early stopping on
//! validation, and a state from which it goes on to the same bits.
//!
//! One *iteration* is one optimizer step on one *batch*; one *epoch* passes every training sample once, in an
//! order drawn from (seed, epoch), or as they come.

mod fit;
mod step;

use gyeol_tensor::{Buffer, Pool, Real};
use serde::{Deserialize, Serialize};

use crate::embedding::TableGradient;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::optimizer::{Optimizer, OptimizerState};
use crate::schedule::Schedule;

pub use fit::fit;
pub use step::{chunk_rows, evaluate, gradient};

/// Samples that one thread walks through the net together.
#[derive(Debug)]
pub struct Chunk<'a, T> {
    /// Indices of the samples.
    pub samples: &'a [u32],
    /// Factor on every output's gradient (one over the batch's weight).
    pub scale: f64,
    /// Stream for random masks; none when nothing random may happen (validation).
    pub stream: Option<(u64, u64)>,
    /// Stream of what all chunks of a step draw alike; none where nothing random may happen.
    pub shared: Option<(u64, u64)>,
    /// State that these rows carry from the batch before, then to the batch after; empty without streams.
    pub carry: &'a mut [T],
}

/// Rows that go on from batch to batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// Rows of every batch: sample number `batch * rows + row` is row `row` of a batch.
    pub rows: usize,
    /// Numbers of state of a row.
    pub carry: usize,
}

/// Gradient of a chunk.
#[derive(Debug, Clone)]
pub struct Gradient<T: Real> {
    /// Of all parameters but the tables.
    pub dense: Buffer<T>,
    /// Of the tables, by the rows that were looked up.
    pub tables: Vec<TableGradient<T>>,
}

/// What the trainer trains: a net together with the samples it learns from.
pub trait Trainable<T: Real>: Sync {
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
    /// Packs the weights that a step of training walks with, on the pool where that is worth it.
    fn pack_on(&self, params: &[T], packed: &mut Self::Packed, pool: &Pool) {
        let _ = pool;
        self.pack(params, packed);
    }
    /// Room for chunks of up to `rows` samples.
    fn workspace(&self, rows: usize) -> Self::Workspace;
    /// Sum of the outputs' losses; `gradient` becomes `scale` times its gradient, whatever stood there before.
    fn learn(
        &self,
        params: &[T],
        packed: &Self::Packed,
        workspace: &mut Self::Workspace,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64;
    /// Sum of the outputs' losses without anything random.
    fn loss(
        &self,
        params: &[T],
        packed: &Self::Packed,
        workspace: &mut Self::Workspace,
        chunk: Chunk<'_, T>,
    ) -> f64;
    /// Outputs of these samples that the sum of losses runs over; a mean loss is that sum over this.
    fn weight(&self, samples: &[u32]) -> f64 {
        samples.len() as f64
    }
    /// Rows that go on from batch to batch, where samples are pieces of streams; they are then taken in order.
    fn streams(&self) -> Option<Streams> {
        None
    }
    /// Puts the samples of one step into the order in which they are dealt to threads; the step stays of the same samples.
    fn arrange(&self, samples: &mut [u32]) {
        let _ = samples;
    }
    /// For each table, the most rows that `rows` samples look up, and their width.
    fn table_rows(&self, rows: usize) -> Vec<(usize, usize)> {
        let _ = rows;
        Vec::new()
    }
}

/// Hyper-parameters of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainParams {
    /// Most epochs.
    pub epochs: usize,
    /// Samples a batch.
    pub batch: usize,
    /// Batches whose gradients are added before an optimizer step.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// Optimizer.
    pub optimizer: Optimizer,
    /// Learning rate before the schedule.
    pub learning_rate: f64,
    /// Schedule.
    pub schedule: Schedule,
    /// Largest norm of the whole gradient; none leaves it as it is.
    pub clip: Option<f64>,
    /// Largest absolute value of a number of the gradient, after `clip`; none leaves them as they are.
    #[serde(default)]
    pub clip_value: Option<f64>,
    /// Weight of the sum of absolute weights in the loss (L1).
    #[serde(default)]
    pub l1: f64,
    /// Weight of half the sum of squared weights in the loss (L2). AdamW's weight decay, apart from the gradient, is
    /// the optimizer's.
    #[serde(default)]
    pub l2: f64,
    /// Factor of the exponential moving average of the parameters that is judged and kept (Polyak and Juditsky
    /// 1992); none keeps the last step's.
    pub average: Option<f64>,
    /// Epochs whose validation losses may lie above an older one before the parameters begin to be averaged, every later
    /// step alike, and that average is judged and kept (NT-ASGD: Merity, Keskar and Socher 2018); none never begins.
    #[serde(default)]
    pub triggered: Option<usize>,
    /// Epochs without a better validation loss after which training stops; none runs them all.
    pub patience: Option<usize>,
    /// Seed of initialisation, order and masks.
    pub seed: u64,
    /// Take the samples of each epoch in an order of its own; otherwise as they come. Streams are never shuffled.
    #[serde(default = "yes")]
    pub shuffle: bool,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

impl TrainParams {
    /// Mini-batches of `batch` for `epochs` epochs at a constant rate, nothing clipped or penalised, all epochs run.
    pub fn new(epochs: usize, batch: usize, optimizer: Optimizer, learning_rate: f64) -> Self {
        TrainParams {
            epochs,
            batch,
            accumulate: 1,
            optimizer,
            learning_rate,
            schedule: Schedule::Constant,
            clip: None,
            clip_value: None,
            l1: 0.0,
            l2: 0.0,
            average: None,
            triggered: None,
            patience: None,
            seed: 0,
            shuffle: true,
        }
    }

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
        if self.clip_value.is_some_and(|c| c.is_nan() || c <= 0.0) {
            return bad("clip_value", format!("{:?}", self.clip_value), "above 0, or left out");
        }
        if self.accumulate == 0 {
            return bad("accumulate", "0".into(), "at least 1");
        }
        for (name, v) in [("l1", self.l1), ("l2", self.l2)] {
            if !(v >= 0.0 && v.is_finite()) {
                return bad(name, v.to_string(), "0 or a number above 0");
            }
        }
        if self.average.is_some_and(|a| !(0.0..1.0).contains(&a)) {
            return bad("average", format!("{:?}", self.average), "in 0..1, or left out");
        }
        if self.average.is_some() && self.triggered.is_some() {
            return bad("triggered", format!("{:?}", self.triggered), "left out beside another average");
        }
        Ok(())
    }

    /// Whether an average of the parameters is kept.
    fn averages(&self) -> bool {
        self.average.is_some() || self.triggered.is_some()
    }
}

/// Epochs done when the average begins ([`TrainParams::triggered`]): the first after which the validation loss is above the
/// least of those that are more than `bears` epochs old.
fn triggered(valid: &[Epoch], bears: usize) -> Option<usize> {
    (bears + 1..=valid.len()).find(|&done| {
        let older = valid[..done - 1 - bears].iter().map(|e| e.valid_loss);
        valid[done - 1].valid_loss > older.fold(f64::INFINITY, f64::min)
    })
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
        /// Mean loss of this iteration alone.
        batch_loss: f64,
        /// Norm of the gradient before clipping.
        norm: f64,
        /// Learning rate of the iteration.
        learning_rate: f64,
    },
    /// After each epoch, with the state to save.
    Epoch(&'a State<T>),
}
