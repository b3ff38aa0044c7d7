//! Nets as heads of machines: a feed-forward net over columns, and a bag of embeddings over what stands in few columns of
//! many, such as the terms of texts.
//!
//! | net | reads | layers |
//! |---|---|---|
//! | [`TableNet`] | all numbers of a row, each less its mean over its deviation, within ±10 | dense, …, output |
//! | [`BagNet`] | the columns that are not zero and that the training part has | mean of embeddings, dense, …, output |
//!
//! Numbers that should come out are learnt less their mean over their deviation. The loss is cross-entropy for classes, of
//! numbers what is asked for. The epoch of the least validation loss is kept; without a validation part `until` says how many
//! epochs are walked.

use gyeol_base::{Error, Fault, Result};
use gyeol_neural::net::{
    Bag, BagParams, BagRows, BagTraining, LayerSummary, Mlp, MlpParams, Rows as NetRows,
};
use gyeol_neural::{Activation, Epoch, Fit, Loss, Optimizer, TrainParams, fit};
use gyeol_tensor::{Buffer, Pool, SparseRows};
use gyeol_vectors::matrix::{Csr, Dense};

use crate::asked::{Asked, asked, exponents, known, naive, numbers_of, output, scale, spread};
use crate::examples::Target;
use crate::machine::{Rows, dense};

/// Numbers up to which columns of a table are written down for a net.
const MOST: usize = 1 << 28;
/// Rows that one task answers.
const CHUNK: usize = 64;
/// Deviations beyond which a number is taken for this one, so that one wild cell does not drown the others.
const FARTHEST: f64 = 10.0;
const NOT_SEEN: u32 = u32::MAX;

/// How a net is made and trained.
#[derive(Debug, Clone, PartialEq)]
pub struct NetParams {
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Numbers of an embedding, of a bag.
    pub dimension: usize,
    /// Training examples that a column must have, of a bag.
    pub min_examples: u32,
    /// Share of the hidden units, and of a bag's features, dropped while it learns.
    pub dropout: f64,
    /// Most epochs.
    pub epochs: usize,
    /// Epochs that are walked, where they are known from an earlier fit.
    pub until: Option<usize>,
    /// Examples of a batch.
    pub batch: usize,
    /// At the beginning.
    pub learning_rate: f64,
    /// AdamW's, of a net over columns.
    pub weight_decay: f64,
    /// Epochs without a better validation loss after which it stops.
    pub patience: usize,
    /// Of numbers.
    pub loss: Loss,
    /// Seed.
    pub seed: u64,
}

/// A fitted net with how it came about.
#[derive(Debug, Clone)]
pub struct Learnt<N> {
    /// The net.
    pub net: N,
    /// Losses, epoch by epoch.
    pub curve: Vec<Epoch>,
    /// The epoch that was kept.
    pub best_epoch: usize,
    /// Validation loss (of the training part without one) of the same answer to everything.
    pub naive: f64,
    /// Layers with their shapes.
    pub layers: Vec<LayerSummary>,
}

/// A feed-forward net over the numbers of a row.
#[derive(Debug, Clone)]
pub struct TableNet {
    mlp: Mlp,
    params: Vec<f32>,
    /// Mean and deviation of each column.
    columns: Vec<(f64, f64)>,
    /// Mean and deviation of what comes out.
    target: (f64, f64),
}

/// What is saved of a [`TableNet`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetParts<'a> {
    /// Its shape.
    pub shape: &'a MlpParams,
    /// Parameters.
    pub params: &'a [f32],
    /// Mean and deviation of each column.
    pub columns: &'a [(f64, f64)],
    /// Mean and deviation of what comes out.
    pub target: (f64, f64),
}

/// What is saved of a [`BagNet`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BagParts<'a> {
    /// Its shape.
    pub shape: &'a BagParams,
    /// Columns with an embedding, rising.
    pub seen: &'a [u32],
    /// Their embeddings.
    pub table: &'a [f32],
    /// Parameters above them.
    pub above: &'a [f32],
    /// Mean and deviation of what comes out.
    pub target: (f64, f64),
}

/// A bag of embeddings over the columns that the training part has.
#[derive(Debug, Clone)]
pub struct BagNet {
    bag: Bag,
    table: Vec<f32>,
    above: Vec<f32>,
    inputs: usize,
    /// Columns with an embedding, rising.
    seen: Vec<u32>,
    /// Place in `seen` of each column.
    place: Vec<u32>,
    target: (f64, f64),
}

fn bad(found: String) -> Error {
    gyeol_bundle::bad_manifest(found)
}

impl NetParams {
    /// Trains a net over columns; `observe` is told of the epochs, and false stops.
    ///
    /// # Errors
    /// Too many columns, one class alone, parameters outside their range; `stopped`.
    pub fn fit_table(
        &self,
        train: (&Rows, &Target),
        valid: Option<(&Rows, &Target)>,
        classes: usize,
        pool: &Pool,
        observe: &mut dyn FnMut(&Epoch) -> bool,
    ) -> Result<Learnt<TableNet>> {
        let (n, p) = (train.0.len(), train.0.cols());
        let valid = known(valid, classes);
        let all = n + valid.as_ref().map_or(0, |(rows, _)| rows.len());
        if p == 0 || all.checked_mul(p).is_none_or(|size| size > MOST) {
            return Err(Fault::new("too-wide", format!("{all} examples of {p} columns for a net"))
                .next("leave the rung out, or give fewer columns or levels ([columns] most_levels)")
                .input());
        }
        let x = dense(train.0)?;
        let column = |j: usize| (0..n).map(move |i| (i, j));
        let columns: Vec<(f64, f64)> =
            (0..p).map(|j| spread(column(j).map(|(i, j)| x.at(i, j)), n)).collect();
        let target = scale(train.1);
        let shape = MlpParams {
            input: p,
            hidden: self.hidden.clone(),
            activation: Activation::Relu,
            dropout: self.dropout,
            output: output(train.1, classes, self.loss)?,
        };
        let mut net = TableNet { mlp: Mlp::new(&shape)?, params: Vec::new(), columns, target };
        let mut rows = NetRows { width: p, x: net.numbers(&x), ..NetRows::default() };
        let of = asked(train.1, target);
        (rows.classes, rows.values) = (of.classes, of.values);
        if let Some((more, target_of)) = &valid {
            rows.x.extend(net.numbers(&*dense(more)?));
            let of = asked(target_of, target);
            rows.classes.extend(of.classes);
            rows.values.extend(of.values);
        }
        let ids: Vec<u32> = (0..rows.len() as u32).collect();
        let (learns, judges) = ids.split_at(n);
        let mut params = TrainParams::new(
            self.until.unwrap_or(self.epochs),
            self.batch.min(n.div_ceil(8)).max(1),
            Optimizer::adam_w(self.weight_decay),
            self.learning_rate,
        );
        params.clip = Some(1.0);
        params.average = Some(0.99);
        params.patience = valid.as_ref().map(|_| self.patience);
        params.seed = self.seed;
        let learner = rows.learner(&net.mlp)?;
        let mut state = fit(&learner, &params, learns, judges, pool, None, &mut |step| match step {
            Fit::Epoch(state) => state.curve.last().is_none_or(&mut *observe),
            Fit::Iteration { .. } => true,
        })?;
        if valid.is_none() {
            (state.best, state.best_epoch) = (state.average, state.curve.len());
            state.curve.iter_mut().for_each(|e| e.valid_loss = e.train_loss);
        }
        net.params = state.best;
        let judged = valid.as_ref().map_or(train.1, |(_, target)| target);
        Ok(Learnt {
            naive: naive(train.1, judged, classes, self.loss, target),
            layers: net.layers(),
            net,
            curve: state.curve,
            best_epoch: state.best_epoch,
        })
    }

    /// Trains a bag of embeddings over the columns that stand in at least `min_examples` training examples.
    ///
    /// # Errors
    /// As [`NetParams::fit_table`]; no such column.
    pub fn fit_bag(
        &self,
        train: (&Rows, &Target),
        valid: Option<(&Rows, &Target)>,
        classes: usize,
        pool: &Pool,
        observe: &mut dyn FnMut(&Epoch) -> bool,
    ) -> Result<Learnt<BagNet>> {
        let x = sparse(train.0)?;
        let mut counts = vec![0u32; x.cols()];
        x.indices().iter().for_each(|&j| counts[j as usize] = counts[j as usize].saturating_add(1));
        let seen: Vec<u32> =
            (0..x.cols() as u32).filter(|&j| counts[j as usize] >= self.min_examples.max(1)).collect();
        if seen.is_empty() {
            let found = format!("no column stands in {} training examples", self.min_examples.max(1));
            return Err(Fault::new("no-terms", found)
                .next("lower min_documents, or give more examples")
                .input());
        }
        let shape = BagParams {
            rows: seen.len(),
            width: self.dimension,
            hidden: self.hidden.clone(),
            activation: Activation::Relu,
            dropout: self.dropout,
            output: output(train.1, classes, self.loss)?,
        };
        let target = scale(train.1);
        let mut net = BagNet::of(Bag::new(&shape)?, x.cols(), seen, target);
        let learns = net.known(&x);
        let of = asked(train.1, target);
        let valid = known(valid, classes);
        let judges = match &valid {
            Some((rows, target_of)) => Some((net.known(&*sparse(rows)?), asked(target_of, target))),
            None => None,
        };
        let params = BagTraining {
            epochs: self.epochs,
            until: self.until,
            batch: self.batch.min(train.0.len().div_ceil(8)).max(1),
            learning_rate: self.learning_rate,
            patience: valid.as_ref().map(|_| self.patience),
            seed: self.seed,
        };
        let judge = judges.as_ref().map(|(x, of)| x.with(of));
        let fit = net.bag.fit(&params, &learns.with(&of), judge.as_ref(), pool, observe)?;
        (net.table, net.above) = (fit.table, fit.above);
        let judged = valid.as_ref().map_or(train.1, |(_, target)| target);
        Ok(Learnt {
            naive: naive(train.1, judged, classes, self.loss, target),
            layers: net.bag.summary().layers,
            net,
            curve: fit.curve,
            best_epoch: fit.best_epoch,
        })
    }
}

impl TableNet {
    /// A net from its parts.
    ///
    /// # Errors
    /// Parts that do not fit each other.
    pub fn new(
        shape: &MlpParams,
        params: Vec<f32>,
        columns: Vec<(f64, f64)>,
        target: (f64, f64),
    ) -> Result<TableNet> {
        let mlp = Mlp::new(shape)?;
        let sound =
            |&(mean, deviation): &(f64, f64)| mean.is_finite() && deviation.is_finite() && deviation > 0.0;
        if mlp.layout().len() != params.len()
            || columns.len() != shape.input
            || !columns.iter().all(sound)
            || !sound(&target)
        {
            return Err(bad(format!(
                "{} parameters and {} columns for a net of {shape:?}",
                params.len(),
                columns.len()
            )));
        }
        Ok(TableNet { mlp, params, columns, target })
    }

    /// What is saved.
    pub fn parts(&self) -> NetParts<'_> {
        let TableNet { mlp, params, columns, target } = self;
        NetParts { shape: mlp.params(), params, columns, target: *target }
    }

    /// Layers with their shapes.
    pub fn layers(&self) -> Vec<LayerSummary> {
        self.mlp.summary().layers
    }

    /// Columns.
    pub fn inputs(&self) -> usize {
        self.columns.len()
    }

    /// Numbers learnt.
    pub fn parameters(&self) -> usize {
        self.params.len()
    }

    fn numbers(&self, x: &Dense) -> Vec<f32> {
        let of = |(v, &(mean, deviation)): (&f64, &(f64, f64))| {
            ((v - mean) / deviation).clamp(-FARTHEST, FARTHEST) as f32
        };
        (0..x.rows()).flat_map(|i| x.row(i).iter().zip(&self.columns).map(of)).collect()
    }

    fn said(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f32>> {
        let x = dense(rows)?;
        if x.cols() != self.inputs() {
            return Err(other_columns(x.cols(), self.inputs()));
        }
        let (x, p, k) = (self.numbers(&x), self.inputs(), self.mlp.params().output.width());
        let mut packed = self.mlp.packed();
        self.mlp.pack(&self.params, &mut packed);
        let mut out = vec![0.0; rows.len() * k];
        pool.split_mut([&mut out], CHUNK * k, |range, [out]| {
            let (first, rows) = (range.start / k, out.len() / k);
            let mut part = Buffer::zeros(rows * p);
            part.copy_from_slice(&x[first * p..(first + rows) * p]);
            out.copy_from_slice(self.mlp.outputs(&self.params, &packed, &part, &mut self.mlp.tape(rows)));
        });
        Ok(out)
    }

    /// Probabilities (n, classes).
    ///
    /// # Errors
    /// Rows made in another way.
    pub fn probabilities(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f64>> {
        Ok(exponents(self.said(rows, pool)?))
    }

    /// Numbers.
    ///
    /// # Errors
    /// Rows made in another way.
    pub fn values(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f64>> {
        Ok(numbers_of(self.said(rows, pool)?, self.target))
    }
}

fn other_columns(found: usize, wanted: usize) -> Error {
    Fault::new("other-columns", format!("{found} columns for a model of {wanted}"))
        .next("make the rows as those of the fit were made")
        .input()
}

fn sparse(rows: &Rows) -> Result<std::borrow::Cow<'_, Csr>> {
    Ok(match rows {
        Rows::Sparse(x) => std::borrow::Cow::Borrowed(x),
        Rows::Dense(x) => std::borrow::Cow::Owned(Csr::from_dense(x)?),
        Rows::Sequences(_) | Rows::None(_) => return Err(Error::defect("a bag without features")),
    })
}

/// Rows of the columns that have an embedding.
struct Sparse {
    pointers: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
}

impl Sparse {
    fn x(&self) -> SparseRows<'_, f64> {
        SparseRows { pointers: &self.pointers, indices: &self.indices, values: &self.values }
    }

    fn with<'a>(&'a self, of: &'a Asked) -> BagRows<'a, f32> {
        BagRows { x: self.x(), classes: &of.classes, values: &of.values }
    }
}

impl BagNet {
    fn of(bag: Bag, inputs: usize, seen: Vec<u32>, target: (f64, f64)) -> BagNet {
        let mut place = vec![NOT_SEEN; inputs];
        seen.iter().enumerate().for_each(|(at, &j)| place[j as usize] = at as u32);
        BagNet { bag, table: Vec::new(), above: Vec::new(), inputs, seen, place, target }
    }

    /// A bag from its parts: its shape, the columns of `inputs` that have an embedding, the embeddings, the parameters above
    /// them, mean and deviation of what comes out.
    ///
    /// # Errors
    /// Parts that do not fit each other.
    pub fn new(
        shape: &BagParams,
        inputs: usize,
        seen: Vec<u32>,
        table: Vec<f32>,
        above: Vec<f32>,
        target: (f64, f64),
    ) -> Result<BagNet> {
        let bag = Bag::new(shape)?;
        let rising = seen.is_sorted_by(|a, b| a < b) && seen.last().is_none_or(|&j| (j as usize) < inputs);
        let sizes = (seen.len(), table.len(), above.len());
        // Columns are those of features that were read before, so that their count is bounded.
        if !rising
            || sizes != (shape.rows, shape.rows * shape.width, bag.above().layout().len())
            || !(target.0.is_finite() && target.1.is_finite())
        {
            return Err(bad(format!("{sizes:?} columns, embeddings and parameters for {shape:?}")));
        }
        Ok(BagNet { table, above, ..BagNet::of(bag, inputs, seen, target) })
    }

    /// What is saved.
    pub fn parts(&self) -> BagParts<'_> {
        let BagNet { bag, seen, table, above, target, .. } = self;
        BagParts { shape: bag.params(), seen, table, above, target: *target }
    }

    /// Layers with their shapes.
    pub fn layers(&self) -> Vec<LayerSummary> {
        self.bag.summary().layers
    }

    /// Columns.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers learnt.
    pub fn parameters(&self) -> usize {
        self.table.len() + self.above.len()
    }

    fn known(&self, x: &Csr) -> Sparse {
        let mut rows = Sparse { pointers: vec![0], indices: Vec::new(), values: Vec::new() };
        for i in 0..x.rows() {
            for (j, v) in x.row(i) {
                let at = self.place[j as usize];
                if at != NOT_SEEN {
                    rows.indices.push(at);
                    rows.values.push(v);
                }
            }
            rows.pointers.push(rows.indices.len());
        }
        rows
    }

    fn said(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f32>> {
        let x = sparse(rows)?;
        if x.cols() != self.inputs {
            return Err(other_columns(x.cols(), self.inputs));
        }
        Ok(self.bag.outputs(&self.table, &self.above, self.known(&x).x(), pool)?)
    }

    /// Probabilities (n, classes).
    ///
    /// # Errors
    /// Rows made in another way.
    pub fn probabilities(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f64>> {
        Ok(exponents(self.said(rows, pool)?))
    }

    /// Numbers.
    ///
    /// # Errors
    /// Rows made in another way.
    pub fn values(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f64>> {
        Ok(numbers_of(self.said(rows, pool)?, self.target))
    }
}
