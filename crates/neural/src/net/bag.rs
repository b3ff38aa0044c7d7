//! A bag of features: the mean of their embeddings, then a feed-forward net; without a hidden layer fastText's classifier
//! (Joulin et al. 2017, "Bag of tricks for efficient text classification"), with some a deep averaging network (Iyyer et
//! al. 2015).
//!
//! ```text
//! h_b = Σ_j x_bj E_j / Σ_j |x_bj|        x (B, R) sparse, E (R, D), h (B, D); 0 without a feature
//! o   = Mlp(h)                           (B, K)
//! ```
//!
//! Backward: dE_j = Σ_b dh_b x_bj / Σ|x_b|, for the rows that occur in the batch alone. Each row of E has one rate, by the
//! squares of its gradients so far (Duchi et al. 2011, one sum a row):
//! G_j += |dE_bj|² / D, E_j −= η dE_bj / √G_j, example by example.
//!
//! A batch is cut into chunks of examples for h and the net, and E into blocks of rows for the update; both by the problem's
//! size, and a row meets the examples in their order, so that the bits are the same on any number of threads.

use std::time::Instant;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Pool, Real, Rng, SparseRows};
use serde::{Deserialize, Serialize};

use super::{
    LayerSummary, Mlp, MlpPacked, MlpParams, MlpTape, Output, Summary, Targets, learner::check_classes,
};
use crate::error::{Error, Result};
use crate::optimizer::{Optimizer, OptimizerState, Step};
use crate::trainer::Epoch;

/// Most numbers of a table: 1 GiB of `f32`.
const MOST: usize = 1 << 28;
/// Examples of a chunk.
const CHUNK: usize = 32;
/// Blocks that a table is cut into.
const BLOCKS: usize = 16;

/// Shape of a bag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BagParams {
    /// R: features.
    pub rows: usize,
    /// D: numbers of an embedding.
    pub width: usize,
    /// Units of the hidden layers; none is fastText's.
    pub hidden: Vec<usize>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// Probability with which a hidden unit is dropped, and, while it learns, a feature.
    pub dropout: f64,
    /// What comes out.
    pub output: Output,
}

/// How a bag is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BagTraining {
    /// Epochs over which the rate falls to zero.
    pub epochs: usize,
    /// Epochs that are walked, where fewer than those.
    pub until: Option<usize>,
    /// Examples of a batch.
    pub batch: usize,
    /// η at the beginning.
    pub learning_rate: f64,
    /// Epochs without a better validation loss after which training stops; none walks them all.
    pub patience: Option<usize>,
    /// Seed of the beginning, the order and what is dropped.
    pub seed: u64,
}

/// Examples: sparse rows with what should come out.
#[derive(Debug, Clone, Copy)]
pub struct BagRows<'a, T> {
    /// x.
    pub x: SparseRows<'a, f64>,
    /// A class each; empty for values.
    pub classes: &'a [u32],
    /// (B, K); empty for classes.
    pub values: &'a [T],
}

/// The shape of a bag, checked.
#[derive(Debug, Clone)]
pub struct Bag {
    params: BagParams,
    mlp: Mlp,
}

/// What was learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct BagFit<T> {
    /// E (R, D); rows that no example has are zero.
    pub table: Vec<T>,
    /// Parameters of the net above.
    pub above: Vec<T>,
    /// Losses, epoch by epoch.
    pub curve: Vec<Epoch>,
    /// The epoch whose parameters these are: of the least validation loss, the last where there is no validation part.
    pub best_epoch: usize,
}

/// A chunk's room.
struct Room<T: Real> {
    h: Buffer<T>,
    dh: Buffer<T>,
    /// What each mean was divided by.
    sums: Vec<f64>,
    values: Vec<T>,
    classes: Vec<u32>,
    tape: MlpTape<T>,
    gradient: Vec<T>,
    loss: f64,
}

impl Bag {
    /// Checks a shape.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn new(params: &BagParams) -> Result<Bag> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if params.rows == 0 || params.rows > u32::MAX as usize {
            return bad("rows", params.rows.to_string(), "between 1 and 4294967295");
        }
        if params.width == 0 || params.rows.checked_mul(params.width).is_none_or(|size| size > MOST) {
            let value = format!("{} rows of {}", params.rows, params.width);
            return bad("width", value, "at least 1, with at most 268435456 numbers in all rows");
        }
        let BagParams { width, hidden, activation, dropout, output, .. } = params.clone();
        let mlp = Mlp::new(&MlpParams { input: width, hidden, activation, dropout, output })?;
        Ok(Bag { params: params.clone(), mlp })
    }

    /// Shape.
    pub fn params(&self) -> &BagParams {
        &self.params
    }

    /// The net above the embeddings.
    pub fn above(&self) -> &Mlp {
        &self.mlp
    }

    /// The layers with their shapes; B rows.
    pub fn summary(&self) -> Summary {
        let (rows, width) = (self.params.rows, self.params.width);
        let embedding = LayerSummary {
            name: "embedding".into(),
            kind: "mean of embeddings".into(),
            x: format!("(B, {rows})"),
            w: format!("({rows}, {width})"),
            b: String::new(),
            y: format!("(B, {width})"),
            parameters: rows * width,
        };
        Summary { layers: [vec![embedding], self.mlp.summary().layers].concat() }
    }

    fn outputs_of(&self) -> usize {
        self.params.output.size().1
    }

    fn check<T>(&self, rows: &BagRows<'_, T>) -> Result<()> {
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let (n, k) = (rows.x.pointers.len().saturating_sub(1), self.outputs_of());
        let (values, classes) = match self.params.output {
            Output::Values { .. } => (n * k, 0),
            _ => (0, n),
        };
        if (rows.values.len(), rows.classes.len()) != (values, classes) {
            let say = |values: usize, classes: usize| format!("{values} values and {classes} classes");
            return shape("targets", say(rows.values.len(), rows.classes.len()), say(values, classes));
        }
        self.check_x(&rows.x)?;
        check_classes(rows.classes, k)
    }

    fn check_x(&self, x: &SparseRows<'_, f64>) -> Result<()> {
        let shape = |found: String, expected: String| Err(Error::Shape { what: "x", found, expected });
        let last = x.pointers.last().copied().unwrap_or(0);
        let follow = x.pointers.is_sorted() && last <= x.indices.len();
        if !follow
            || x.indices.len() != x.values.len()
            || x.pointers.windows(2).any(|p| !x.indices[p[0]..p[1]].is_sorted())
        {
            let found = format!("{} columns and {} numbers up to {last}", x.indices.len(), x.values.len());
            return shape(found, "a number a column, columns that rise, rows that follow each other".into());
        }
        match x.indices.iter().find(|&&j| j as usize >= self.params.rows) {
            Some(j) => shape(format!("feature {j}"), format!("0..{}", self.params.rows)),
            None => Ok(()),
        }
    }

    /// h of one example without the features that are dropped; what its sum was divided by comes back.
    fn mean<T: Real>(
        &self,
        table: &[T],
        x: &SparseRows<'_, f64>,
        row: usize,
        h: &mut [T],
        drop: Drop,
    ) -> f64 {
        let d = self.params.width;
        h.fill(T::ZERO);
        let mut sum = 0.0;
        for at in x.pointers[row]..x.pointers[row + 1] {
            if drop.takes(at) {
                continue;
            }
            let (j, v) = (x.indices[at] as usize, x.values[at]);
            sum += v.abs();
            let v = T::from_f64(v);
            h.iter_mut().zip(&table[j * d..(j + 1) * d]).for_each(|(h, &e)| *h += v * e);
        }
        if sum > 0.0 {
            let one = T::from_f64(1.0 / sum);
            h.iter_mut().for_each(|h| *h *= one);
        }
        sum
    }

    /// Outputs of sparse rows: values, or log-probabilities of classes, (B, K).
    ///
    /// # Errors
    /// [`Error::Shape`]: a feature past the table, parameters of another net.
    pub fn outputs<T: Real>(
        &self,
        table: &[T],
        above: &[T],
        x: SparseRows<'_, f64>,
        pool: &Pool,
    ) -> Result<Vec<T>> {
        self.check_x(&x)?;
        let wanted = (self.params.rows * self.params.width, self.mlp.layout().len());
        if (table.len(), above.len()) != wanted {
            let found = format!("{} and {} parameters", table.len(), above.len());
            return Err(Error::Shape {
                what: "parameters",
                found,
                expected: format!("{} and {}", wanted.0, wanted.1),
            });
        }
        let mut packed = self.mlp.packed();
        self.mlp.pack(above, &mut packed);
        let (n, k, d) = (x.pointers.len().saturating_sub(1), self.outputs_of(), self.params.width);
        let mut out = vec![T::ZERO; n * k];
        pool.split_mut([&mut out], CHUNK * k, |range, [out]| {
            let (first, rows) = (range.start / k, out.len() / k);
            let mut h = Buffer::zeros(rows * d);
            for (i, h) in h.chunks_exact_mut(d).enumerate() {
                self.mean(table, &x, first + i, h, Drop::NONE);
            }
            out.copy_from_slice(self.mlp.outputs(above, &packed, &h, &mut self.mlp.tape(rows)));
        });
        Ok(out)
    }

    /// Mean loss of examples.
    ///
    /// # Errors
    /// As [`Bag::outputs`]; targets of another kind or count.
    pub fn loss<T: Real>(&self, table: &[T], above: &[T], rows: &BagRows<'_, T>, pool: &Pool) -> Result<f64> {
        self.check(rows)?;
        let mut packed = self.mlp.packed();
        self.mlp.pack(above, &mut packed);
        let n = rows.x.pointers.len().saturating_sub(1);
        let mut sums = vec![0.0; n.div_ceil(CHUNK)];
        pool.each_mut(&mut sums, |_, chunk, sum| {
            let samples: Vec<u32> = (chunk * CHUNK..n.min((chunk + 1) * CHUNK)).map(|i| i as u32).collect();
            let mut room = self.room(samples.len());
            self.gather(table, rows, &samples, &mut room, Drop::NONE);
            let Room { h, values, classes, tape, .. } = &mut room;
            *sum = self.mlp.loss(above, &packed, h, Targets { classes, values }, tape);
        });
        Ok(sums.iter().sum::<f64>() / n.max(1) as f64)
    }

    fn room<T: Real>(&self, rows: usize) -> Room<T> {
        let d = self.params.width;
        Room {
            h: Buffer::zeros(rows * d),
            dh: Buffer::zeros(rows * d),
            sums: Vec::new(),
            values: Vec::new(),
            classes: Vec::new(),
            tape: self.mlp.tape(rows),
            gradient: vec![T::ZERO; self.mlp.layout().len()],
            loss: 0.0,
        }
    }

    /// Means and targets of samples.
    fn gather<T: Real>(
        &self,
        table: &[T],
        rows: &BagRows<'_, T>,
        samples: &[u32],
        room: &mut Room<T>,
        drop: Drop,
    ) {
        let (d, k) = (self.params.width, self.outputs_of());
        room.sums.clear();
        for (h, &s) in room.h.chunks_exact_mut(d).zip(samples) {
            room.sums.push(self.mean(table, &rows.x, s as usize, h, drop));
        }
        room.classes.clear();
        room.values.clear();
        match self.params.output {
            Output::Values { .. } => {
                samples
                    .iter()
                    .for_each(|&s| room.values.extend_from_slice(&rows.values[s as usize * k..][..k]));
            }
            _ => room.classes.extend(samples.iter().map(|&s| rows.classes[s as usize])),
        }
    }

    /// Trains from the seed until the epochs are over or patience ends; `observe` is asked after each epoch, and false
    /// stops.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Shape`]; [`Error::NotFinite`]; [`Error::Stopped`].
    pub fn fit<T: Real>(
        &self,
        p: &BagTraining,
        train: &BagRows<'_, T>,
        valid: Option<&BagRows<'_, T>>,
        pool: &Pool,
        observe: &mut dyn FnMut(&Epoch) -> bool,
    ) -> Result<BagFit<T>> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        let n = train.x.pointers.len().saturating_sub(1);
        if n == 0 || n > u32::MAX as usize {
            return bad("examples", n.to_string(), "between 1 and 4294967295");
        }
        if p.epochs == 0 || p.batch == 0 || p.until == Some(0) {
            return bad(
                "epochs",
                format!("{} of batches of {}", p.epochs, p.batch),
                "at least 1, of at least 1",
            );
        }
        if !(p.learning_rate > 0.0 && p.learning_rate.is_finite()) {
            return bad("learning_rate", p.learning_rate.to_string(), "a number above 0");
        }
        self.check(train)?;
        valid.map_or(Ok(()), |valid| self.check(valid))?;
        let d = self.params.width;
        let mut s = Learning {
            table: vec![T::ZERO; self.params.rows * d],
            squares: vec![T::ZERO; self.params.rows],
            above: self.mlp.layout().initial(&mut Rng::stream(p.seed, 1)),
            optimizer: Optimizer::Adagrad { epsilon: 1e-8 },
            state: OptimizerState { steps: 0, first: Vec::new(), second: Vec::new() },
            packed: self.mlp.packed(),
        };
        s.state = s.optimizer.state(s.above.len());
        let block = self.params.rows.div_ceil(BLOCKS * 16) * d;
        pool.split_mut([&mut s.table], block, |range, [part]| {
            Rng::stream(p.seed, (1 << 63) | range.start as u64).fill_uniform(part, 1.0 / d as f64);
        });
        let chunk = CHUNK.min(p.batch.div_ceil(2)).max(1);
        let mut rooms: Vec<Room<T>> = (0..p.batch.min(n).div_ceil(chunk)).map(|_| self.room(chunk)).collect();
        let mut order: Vec<u32> = (0..n as u32).collect();
        let per_epoch = n.div_ceil(p.batch);
        let (mut curve, mut best): (Vec<Epoch>, Option<BagFit<T>>) = (Vec::new(), None);
        for epoch in 1..=p.until.unwrap_or(p.epochs).min(p.epochs) {
            if let (Some(patience), Some(best)) = (p.patience, &best)
                && epoch > best.best_epoch + patience
            {
                break;
            }
            let begun = Instant::now();
            order.iter_mut().enumerate().for_each(|(i, o)| *o = i as u32);
            Rng::stream(p.seed, 1 + epoch as u64).shuffle(&mut order);
            let (mut loss, mut rate) = (0.0, p.learning_rate);
            for (i, samples) in order.chunks(p.batch).enumerate() {
                let done = ((epoch - 1) * per_epoch + i) as f64 / (p.epochs * per_epoch) as f64;
                rate = p.learning_rate * (1.0 - done);
                let drop = Drop::of(self.params.dropout, p.seed, epoch as u64);
                let step = self.step(&mut s, train, samples, chunk, rate, drop, &mut rooms, pool);
                if !step.is_finite() {
                    return Err(Error::NotFinite {
                        what: "loss",
                        value: step,
                        epoch,
                        iteration: (epoch - 1) * per_epoch + i + 1,
                        place: String::new(),
                        learning_rate: rate,
                    });
                }
                loss += step;
            }
            let train_loss = loss / n as f64;
            let valid_loss = match valid {
                Some(valid) => self.loss(&s.table, &s.above, valid, pool)?,
                None => train_loss,
            };
            let seconds = begun.elapsed().as_secs_f64();
            curve.push(Epoch { epoch, train_loss, valid_loss, learning_rate: rate, seconds });
            let before = best
                .as_ref()
                .and_then(|b| curve.get(b.best_epoch - 1))
                .map_or(f64::INFINITY, |e| e.valid_loss);
            if valid.is_some() && (valid_loss < before || best.is_none()) {
                match &mut best {
                    Some(best) => {
                        best.table.copy_from_slice(&s.table);
                        best.above.copy_from_slice(&s.above);
                        best.best_epoch = epoch;
                    }
                    None => {
                        let (table, above) = (s.table.clone(), s.above.clone());
                        best = Some(BagFit { table, above, curve: Vec::new(), best_epoch: epoch });
                    }
                }
            }
            if curve.last().is_some_and(|last| !observe(last)) {
                return Err(Error::Stopped { epoch });
            }
        }
        let best_epoch = curve.len();
        let Learning { table, above, squares, .. } = s;
        let mut fit = best.unwrap_or(BagFit { table, above, curve: Vec::new(), best_epoch });
        // Nothing was learnt of these.
        let rows = fit.table.chunks_exact_mut(d).zip(&squares);
        rows.filter(|(_, g)| **g == T::ZERO).for_each(|(row, _)| row.fill(T::ZERO));
        fit.curve = curve;
        Ok(fit)
    }

    /// One batch: the sum of its losses before the step.
    fn step<T: Real>(
        &self,
        s: &mut Learning<T>,
        train: &BagRows<'_, T>,
        samples: &[u32],
        chunk: usize,
        rate: f64,
        drop: Drop,
        rooms: &mut [Room<T>],
        pool: &Pool,
    ) -> f64 {
        let d = self.params.width;
        let scale = 1.0 / samples.len() as f64;
        let rooms = &mut rooms[..samples.len().div_ceil(chunk)];
        self.mlp.pack(&s.above, &mut s.packed);
        let (table, above, packed) = (&s.table, &s.above, &s.packed);
        pool.each_mut(rooms, |_, i, room| {
            let samples = &samples[i * chunk..samples.len().min((i + 1) * chunk)];
            self.gather(table, train, samples, room, drop);
            let size = samples.len() * d;
            let rng = Rng::stream(drop.seed, u64::from(samples[0]));
            let Room { h, dh, values, classes, tape, gradient, loss, .. } = room;
            let (h, dh) = (&h[..size], &mut dh[..size]);
            let targets = Targets { classes, values };
            *loss =
                self.mlp.learn_below(above, packed, h, targets, scale, Some(rng), tape, gradient, Some(dh));
        });
        let mut loss = 0.0;
        if let Some((first, rest)) = rooms.split_first_mut() {
            loss = first.loss;
            for room in rest {
                loss += room.loss;
                add(&room.gradient, &mut first.gradient);
            }
            s.optimizer.step(&mut s.state, &Step::new(rate), &first.gradient, &mut s.above);
        }
        // Of each example: one over what its mean was divided by, and the mean square of its gradient.
        let of: Vec<(f64, f64)> = (0..samples.len())
            .map(|i| {
                let (room, at) = (&rooms[i / chunk], i % chunk);
                let square =
                    room.dh[at * d..][..d].iter().map(|&v| v.to_f64() * v.to_f64()).sum::<f64>() / d as f64;
                (if room.sums[at] > 0.0 { 1.0 / room.sums[at] } else { 0.0 }, square)
            })
            .collect();
        let rows = self.params.rows.div_ceil(BLOCKS);
        let mut blocks: Vec<_> = s.table.chunks_mut(rows * d).zip(s.squares.chunks_mut(rows)).collect();
        let (rooms, rate) = (&*rooms, T::from_f64(rate));
        pool.each_mut(&mut blocks, |_, b, (table, squares)| {
            let (first, end) = ((b * rows) as u32, (b * rows + squares.len()) as u32);
            for (i, (&sample, &(one, square))) in samples.iter().zip(&of).enumerate() {
                let dh = &rooms[i / chunk].dh[i % chunk * d..][..d];
                let (from, to) = (train.x.pointers[sample as usize], train.x.pointers[sample as usize + 1]);
                let from = from + train.x.indices[from..to].partition_point(|&j| j < first);
                for at in (from..to).take_while(|&at| train.x.indices[at] < end) {
                    if drop.takes(at) {
                        continue;
                    }
                    let j = (train.x.indices[at] - first) as usize;
                    let share = train.x.values[at] * one;
                    squares[j] += T::from_f64(share * share * square);
                    if squares[j] > T::ZERO {
                        let step = rate * T::from_f64(share) / squares[j].sqrt();
                        let row = &mut table[j * d..(j + 1) * d];
                        row.iter_mut().zip(dh).for_each(|(e, &g)| *e -= step * g);
                    }
                }
            }
        });
        loss
    }
}

/// What is learnt while it is learnt.
struct Learning<T: Real> {
    table: Vec<T>,
    squares: Vec<T>,
    above: Vec<T>,
    optimizer: Optimizer,
    state: OptimizerState<T>,
    packed: MlpPacked<T>,
}

/// Which features are left out in an epoch: a hash of the seed, the epoch and the feature's place, so that whoever asks gets
/// the same answer.
#[derive(Debug, Clone, Copy)]
struct Drop {
    seed: u64,
    below: u64,
}

impl Drop {
    const NONE: Drop = Drop { seed: 0, below: 0 };

    fn of(share: f64, seed: u64, epoch: u64) -> Drop {
        // Compared with 64 random bits.
        Drop { seed: Rng::stream(seed, (1 << 62) | epoch).next_u64(), below: (share * 2f64.powi(64)) as u64 }
    }

    /// The finaliser of SplitMix64 (Steele et al. 2014).
    fn takes(self, at: usize) -> bool {
        if self.below == 0 {
            return false;
        }
        let mut z = self.seed.wrapping_add((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31) < self.below
    }
}

#[cfg(test)]
#[path = "../tests/bag.rs"]
mod tests;
