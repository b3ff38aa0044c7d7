//! Training a net on lines of words: one long stream, cut into rows that are read side by side, the state carried on
//! (truncated back-propagation; Zaremba et al. 2014).

use gyeol_base::{Fault, Result};
use gyeol_neural::net::{
    Batch, Input, LayerSummary, Learner, Net, NetParams, Output, Reads, Samples, TokenStreams,
};
use gyeol_neural::{Cell, Epoch, Fit, Optimizer, Schedule, StackParams, State, TrainParams, fit};
use gyeol_ngram::{SENTENCE_END, WordId};
use gyeol_tensor::{Pool, Precision, Real};
use serde::{Deserialize, Serialize};

use crate::classes::Classes;
use crate::net::NetLm;
use crate::words::Words;

/// Classes of the first cluster of an adaptive softmax, and how much each further one is.
const CLUSTERS: [usize; 2] = [2000, 10_000];
const SHRINK: usize = 4;

/// How a net is made and trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetLmParams {
    /// Kind of cell.
    pub cell: Cell,
    /// Units of a layer.
    pub units: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// Share of embeddings, of outputs between layers and of the last output that is dropped while it learns; drawn once
    /// a window (Gal and Ghahramani 2016).
    pub dropout: f64,
    /// Whether the softmax is adaptive (Grave et al. 2017).
    pub adaptive: bool,
    /// Rows that the text is cut into.
    pub rows: usize,
    /// Words of a window of back-propagation.
    pub steps: usize,
    /// Epochs of the one-cycle schedule.
    pub epochs: usize,
    /// Highest learning rate of AdamW.
    pub learning_rate: f64,
    /// Of AdamW.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// What products are rounded to.
    pub precision: Precision,
    /// Seed.
    pub seed: u64,
}

/// A trained net with how it came about.
#[derive(Debug)]
pub struct Trained {
    /// The net of the epoch with the least validation loss.
    pub model: NetLm,
    /// Losses a token (natural logarithms) by epoch.
    pub curve: Vec<Epoch>,
    /// The epoch that was kept, from 1.
    pub best_epoch: usize,
    /// Validation loss of the classes' shares in the training part, whatever came before.
    pub naive: f64,
    /// Layers with their shapes.
    pub layers: Vec<LayerSummary>,
}

/// The training stream and the validation stream behind one another.
struct Both {
    train: TokenStreams,
    valid: TokenStreams,
}

impl<T: Real> Samples<T> for Both {
    fn longest(&self) -> usize {
        <TokenStreams as Samples<T>>::longest(&self.train)
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>) {
        let first = self.train.len() as u32;
        if samples.first().is_none_or(|&sample| sample < first) {
            return self.train.gather(samples, batch);
        }
        let samples: Vec<u32> = samples.iter().map(|sample| sample - first).collect();
        self.valid.gather(&samples, batch);
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        let first = self.train.len() as u32;
        let (train, valid): (Vec<u32>, Vec<u32>) = samples.iter().partition(|&&sample| sample < first);
        let valid: Vec<u32> = valid.iter().map(|sample| sample - first).collect();
        <TokenStreams as Samples<T>>::weight(&self.train, &train)
            + <TokenStreams as Samples<T>>::weight(&self.valid, &valid)
    }
    fn streams(&self) -> Option<usize> {
        <TokenStreams as Samples<T>>::streams(&self.train)
    }
}

/// Lines as one stream of classes: what ended a line stands before the next.
fn stream(lines: &[Vec<WordId>], classes: &Classes) -> Vec<u32> {
    let end = classes.of(SENTENCE_END);
    let words = lines.iter().flat_map(|line| line.iter().map(|&word| classes.of(word)).chain([end]));
    std::iter::once(end).chain(words).collect()
}

impl NetLmParams {
    /// A net that suits so many words of training text over so many classes: small enough that a word is met often
    /// enough, and as many epochs as some four million words of training allow.
    pub fn suited(cell: Cell, tokens: usize, classes: usize) -> NetLmParams {
        let units = match tokens {
            0..50_000 => 64,
            50_000..400_000 => 128,
            _ => 200,
        };
        NetLmParams {
            cell,
            units,
            layers: if tokens < 400_000 { 1 } else { 2 },
            embedding: units,
            dropout: if tokens < 5_000_000 { 0.35 } else { 0.1 },
            adaptive: classes > 20_000,
            rows: 20.min((tokens / 400).max(1)),
            steps: 35,
            epochs: (4_000_000 / tokens.max(1)).clamp(1, 30),
            learning_rate: 3e-3,
            weight_decay: 1e-2,
            clip: 1.0,
            precision: Precision::F32,
            seed: 0,
        }
    }

    /// The shape over so many classes.
    pub fn shape(&self, classes: usize) -> NetParams {
        let stack = StackParams {
            layers: self.layers,
            dropout: if self.layers > 1 { self.dropout } else { 0.0 },
            locked: true,
            precision: self.precision,
            ..StackParams::new(self.cell, self.embedding, self.units)
        };
        let cutoffs: Vec<usize> = CLUSTERS.into_iter().filter(|&at| at < classes).collect();
        NetParams {
            input: Input::Tokens { vocabulary: classes },
            stack,
            dropout: self.dropout,
            reads: Reads::Every,
            projection: (self.units != self.embedding).then_some(self.embedding),
            output: match self.adaptive && !cutoffs.is_empty() {
                true => Output::Adaptive { classes, cutoffs, shrink: SHRINK },
                false => Output::Classes { classes },
            },
        }
    }

    fn training(&self) -> TrainParams {
        let optimizer = Optimizer::adam_w(self.weight_decay);
        let mut params = TrainParams::new(self.epochs, self.rows, optimizer, self.learning_rate);
        params.schedule = Schedule::OneCycle;
        params.clip = Some(self.clip);
        params.seed = self.seed;
        params
    }

    /// Trains on lines of word numbers. `observe` is told of each step and, with the state to go on from, each epoch; false
    /// stops. `counts` are those of the words in the training part, by number.
    ///
    /// # Errors
    /// Too little text for the rows; sizes outside their range; a loss that is no number; `stopped`.
    pub fn fit(
        &self,
        (train, valid): (&[Vec<WordId>], &[Vec<WordId>]),
        words: Words,
        counts: &[u64],
        pool: &Pool,
        resume: Option<State<f32>>,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<Trained> {
        let classes = Classes::of_counts(counts);
        let shape = self.shape(classes.len());
        let net = Net::new(&shape)?;
        let (learnt, judged) = (stream(train, &classes), stream(valid, &classes));
        let fewest = judged.len().min(learnt.len());
        if self.rows == 0 || fewest < 2 * self.rows {
            let found = format!("{fewest} words for {} rows of a stream", self.rows);
            return Err(Fault::new("too-little-text", found)
                .cause("the training or the validation part holds fewer than two words a row")
                .next("give more text, or fewer rows")
                .input());
        }
        let naive = naive(&learnt, &judged, classes.len());
        let both = Both {
            train: TokenStreams::new(&net, learnt, self.rows, self.steps)?,
            valid: TokenStreams::new(&net, judged, self.rows, self.steps)?,
        };
        let ids: Vec<u32> = (0..(both.train.len() + both.valid.len()) as u32).collect();
        let (learns, judges) = ids.split_at(both.train.len());
        let learner = Learner { net: &net, samples: &both };
        let state = fit(&learner, &self.training(), learns, judges, pool, resume, observe)?;
        let model = NetLm::new(words, classes, &shape, state.best, pool.threads())?;
        Ok(Trained { layers: model.layers(), model, curve: state.curve, best_epoch: state.best_epoch, naive })
    }
}

/// Mean of -ln of the share that each class of `judged` has in `learnt`, each class counted once more.
fn naive(learnt: &[u32], judged: &[u32], classes: usize) -> f64 {
    let mut counts = vec![1.0; classes];
    learnt.iter().for_each(|&class| counts[class as usize] += 1.0);
    let all: f64 = counts.iter().sum();
    judged.iter().map(|&class| -f64::ln(counts[class as usize] / all)).sum::<f64>() / judged.len() as f64
}
