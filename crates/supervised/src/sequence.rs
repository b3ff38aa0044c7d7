//! Recurrent nets over the units of a text, one after another: what a bag of terms cannot tell, the order, they can.
//!
//! ```text
//! units ──▶ embedding ──▶ RNN, GRU, LSTM, sLSTM or minGRU, one way or both ──▶ last step, or all of them pooled ──▶ class or number
//! ```
//!
//! While it learns, numbers of embeddings and of what is read are dropped, and units are taken for the unknown one, as
//! they will come in other texts. Sequences of like length walk together. The seed alone decides what comes out, on any
//! number of threads.

use std::fmt;
use std::sync::Arc;

use gyeol_base::{Error, Fault, Result};
use gyeol_neural::net::{
    Batch, Input, Labelled, LayerSummary, Learner, Net, NetParams as Shape, Output, Predictor, Reads, Samples,
};
use gyeol_neural::{Cell, Fit, Loss, Optimizer, Schedule, StackParams, State, TrainParams, fit};
use gyeol_tensor::{Pool, Rng};

use crate::asked::{Asked, asked, exponents, known, naive, numbers_of, output, scale};
use crate::examples::Target;
use crate::machine::Rows;
use crate::net::Learnt;
use crate::units::{Sequences, UNKNOWN};

/// Largest norm of a gradient.
const CLIP: f64 = 1.0;
/// Units up to which a language model has one softmax over all of them, and the clusters of one over more.
const WHOLE: usize = 20_000;
const CLUSTERS: [usize; 2] = [2000, 10_000];
/// Rooms for walks side by side.
const ROOMS: usize = 16;

/// How a recurrent net is made and trained.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceParams {
    /// Kind of cell.
    pub cell: Cell,
    /// Whether a text is read from its end too.
    pub bidirectional: bool,
    /// Units of a layer and direction.
    pub units: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// What is read of the steps: the last one, or all pooled.
    pub pooling: Reads,
    /// Share of the embeddings and of what is read that is dropped while it learns.
    pub dropout: f64,
    /// Share of the units that are taken for the unknown one while it learns.
    pub word_dropout: f64,
    /// Epochs over the training texts as a language model, whose embeddings and recurrent layers the classifier begins with
    /// (Dai and Le 2015); 0 begins at random.
    pub pretrain: usize,
    /// Epochs of the one-cycle schedule.
    pub epochs: usize,
    /// Epochs that are walked, where they are known from an earlier fit.
    pub until: Option<usize>,
    /// Texts of a batch.
    pub batch: usize,
    /// Highest learning rate of AdamW.
    pub learning_rate: f64,
    /// Of AdamW.
    pub weight_decay: f64,
    /// Epochs without a better validation loss after which it stops.
    pub patience: usize,
    /// Of numbers.
    pub loss: Loss,
    /// Seed.
    pub seed: u64,
}

/// A recurrent net over units.
#[derive(Clone)]
pub struct SequenceNet {
    predictor: Arc<Predictor<f32>>,
    /// Mean and deviation of what comes out.
    target: (f64, f64),
}

impl fmt::Debug for SequenceNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequenceNet").field("shape", self.predictor.net().params()).finish_non_exhaustive()
    }
}

/// What is saved of a [`SequenceNet`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequenceParts<'a> {
    /// Its shape.
    pub shape: &'a Shape,
    /// Numbers beside each text.
    pub beside: usize,
    /// Parameters.
    pub params: &'a [f32],
    /// Mean and deviation of what comes out.
    pub target: (f64, f64),
}

/// Training texts with the validation texts behind them.
struct Texts<'a> {
    parts: [Option<&'a Sequences>; 2],
    /// Of the first part.
    count: usize,
    of: Asked,
    longest: usize,
    word_dropout: f64,
}

impl<'a> Texts<'a> {
    /// The part that a sample lies in, and its number there.
    fn place(&self, sample: u32) -> Option<(&'a Sequences, usize)> {
        let i = sample as usize;
        match i.checked_sub(self.count) {
            None => Some((self.parts[0]?, i)),
            Some(i) => Some((self.parts[1]?, i)),
        }
    }

    fn at(&self, sample: u32) -> &[u32] {
        self.place(sample).map_or(&[], |(part, i)| part.at(i))
    }

    fn beside(&self, sample: u32) -> &[f32] {
        self.place(sample).map_or(&[], |(part, i)| part.beside(i))
    }
}

impl Samples<f32> for Texts<'_> {
    fn longest(&self) -> usize {
        self.longest
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<f32>) {
        let Batch { steps, ids, classes, values, beside, .. } = batch;
        let own = samples.iter().flat_map(|&s| self.beside(s));
        beside.iter_mut().zip(own).for_each(|(to, &from)| *to = from);
        steps.set_ragged(samples.iter().map(|&s| self.at(s).len()));
        ids.clear();
        for t in 0..steps.len() {
            let walking = &steps.order()[..steps.active(t)];
            ids.extend(walking.iter().map(|&place| self.at(samples[place])[t]));
        }
        classes.clear();
        for (row, &s) in samples.iter().enumerate() {
            match self.of.values.get(s as usize) {
                Some(&value) => values[row] = value,
                None => classes.push(self.of.classes[s as usize]),
            }
        }
    }
    fn ragged(&self) -> bool {
        true
    }
    fn disturb(&self, batch: &mut Batch<f32>, rng: &mut Rng) {
        if self.word_dropout > 0.0 {
            for id in &mut batch.ids {
                if rng.uniform() < self.word_dropout {
                    *id = UNKNOWN;
                }
            }
        }
    }
    fn arrange(&self, samples: &mut [u32]) {
        samples.sort_unstable_by_key(|&s| (self.at(s).len(), s));
    }
}

fn sequences(rows: &Rows) -> Result<&Sequences> {
    match rows {
        Rows::Sequences(found) => Ok(found),
        _ => Err(Error::defect("a recurrent net over features")),
    }
}

impl SequenceParams {
    fn shape(&self, vocabulary: usize, output: gyeol_neural::net::Output) -> Shape {
        Shape {
            input: Input::Tokens { vocabulary },
            stack: StackParams {
                layers: self.layers,
                bidirectional: self.bidirectional,
                dropout: if self.layers > 1 { self.dropout } else { 0.0 },
                ..StackParams::new(self.cell, self.embedding, self.units)
            },
            dropout: self.dropout,
            reads: self.pooling,
            projection: None,
            output,
            tied: false,
        }
    }

    /// Trains on sequences; `observe` is told of each step and each epoch, and false stops.
    ///
    /// # Errors
    /// One class alone, parameters outside their range, a loss that is no number; `stopped`.
    pub fn fit(
        &self,
        train: (&Rows, &Target),
        valid: Option<(&Rows, &Target)>,
        classes: usize,
        pool: &Pool,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<Learnt<SequenceNet>> {
        let learns = sequences(train.0)?;
        let n = learns.len();
        if n == 0 {
            return Err(Fault::new("no-examples", "no text to learn from")
                .next("give more examples")
                .input());
        }
        if self.pooling == Reads::Every {
            return Err(Error::defect("a class for each unit where one a text is asked"));
        }
        let valid = known(valid, classes);
        let judges = match &valid {
            Some((rows, _)) => Some(sequences(rows)?),
            None => None,
        };
        let target = scale(train.1);
        let shape = self.shape(learns.vocabulary(), output(train.1, classes, self.loss)?);
        let width = learns.width();
        if judges.is_some_and(|judges| judges.width() != width) {
            return Err(Error::defect("other numbers beside the texts that judge"));
        }
        let net = Net::with_beside(&shape, width)?;
        let mut of = asked(train.1, target);
        if let Some((_, more)) = &valid {
            let more = asked(more, target);
            of.classes.extend(more.classes);
            of.values.extend(more.values);
        }
        let all = [Some(learns), judges];
        let lengths = all.iter().flatten().flat_map(|s| (0..s.len()).map(|i| s.at(i).len()));
        let longest = lengths.max().unwrap_or(1);
        let texts = Texts { parts: all, count: n, of, longest, word_dropout: self.word_dropout };
        let ids: Vec<u32> = (0..(n + judges.map_or(0, Sequences::len)) as u32).collect();
        let (learns, judged) = ids.split_at(n);
        let mut judged = judged.to_vec();
        texts.arrange(&mut judged);
        let mut params = TrainParams::new(
            self.until.unwrap_or(self.epochs),
            self.batch.min(n.div_ceil(8)).max(1),
            Optimizer::adam_w(self.weight_decay),
            self.learning_rate,
        );
        params.schedule = Schedule::OneCycle;
        params.clip = Some(CLIP);
        params.patience = valid.as_ref().map(|_| self.patience);
        params.seed = self.seed;
        let texts_of = sequences(train.0)?;
        let begun = match (self.pretrain, texts_of.begins()) {
            (0, None) => None,
            (0, Some(begins)) => {
                let mut params: Vec<f32> = net.layout().initial(&mut Rng::stream(self.seed, 1));
                net.begin(&mut params, &begins.vectors)?;
                Some(params)
            }
            _ => Some(self.pretrained(&net, texts_of, pool, observe)?),
        };
        let begun = begun.map(|begun| State::new(begun, &params));
        let learner = Learner { net: &net, samples: &texts };
        let mut state = fit(&learner, &params, learns, &judged, pool, begun, observe)?;
        if valid.is_none() {
            (state.best, state.best_epoch) = (state.params, state.curve.len());
            state.curve.iter_mut().for_each(|e| e.valid_loss = e.train_loss);
        }
        let judged = valid.as_ref().map_or(train.1, |(_, target)| target);
        Ok(Learnt {
            naive: naive(train.1, judged, classes, self.loss, target),
            layers: net.summary().layers,
            net: SequenceNet::of(net, state.best, target)?,
            curve: state.curve,
            best_epoch: state.best_epoch,
        })
    }
}

impl SequenceParams {
    /// Parameters of a classifier whose embedding and recurrent layers learnt to tell the next unit of the training texts.
    fn pretrained(
        &self,
        net: &Net,
        texts: &Sequences,
        pool: &Pool,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<Vec<f32>> {
        if self.bidirectional {
            return Err(Fault::new("pretrain", "a net that reads from both ends")
                .cause("a language model reads forwards alone: from the end it would have seen what it is to tell")
                .next("pretrain an rnn, gru or lstm, or leave pretrain out")
                .option());
        }
        let vocabulary = texts.vocabulary();
        let adaptive = vocabulary > WHOLE;
        let shape = Shape {
            reads: Reads::Every,
            projection: (self.units != self.embedding).then_some(self.embedding),
            output: match adaptive {
                true => Output::Adaptive { classes: vocabulary, cutoffs: CLUSTERS.to_vec(), shrink: 4 },
                false => Output::Classes { classes: vocabulary },
            },
            tied: !adaptive,
            ..net.params().clone()
        };
        let teller = Net::new(&shape)?;
        let (mut read, mut come) = (Vec::new(), Vec::new());
        for text in (0..texts.len()).map(|i| texts.at(i)).filter(|text| text.len() > 1) {
            read.push(text[..text.len() - 1].to_vec());
            come.push(text[1..].to_vec());
        }
        let mut params: Vec<f32> = net.layout().initial(&mut Rng::stream(self.seed, 1));
        if read.is_empty() {
            if let Some(begins) = texts.begins() {
                net.begin(&mut params, &begins.vectors)?;
            }
            return Ok(params);
        }
        let samples = Labelled::tagged(&teller, &read, &come, usize::MAX)?;
        let all: Vec<u32> = (0..read.len() as u32).collect();
        let mut how = TrainParams::new(
            self.pretrain,
            self.batch.min(read.len().div_ceil(8)).max(1),
            Optimizer::adam_w(self.weight_decay),
            self.learning_rate,
        );
        (how.schedule, how.clip, how.seed) = (Schedule::OneCycle, Some(CLIP), self.seed);
        let learner = Learner { net: &teller, samples: &samples };
        let begun = match texts.begins() {
            Some(begins) => {
                let mut params: Vec<f32> = teller.layout().initial(&mut Rng::stream(self.seed, 1));
                teller.begin(&mut params, &begins.vectors)?;
                Some(State::new(params, &how))
            }
            None => None,
        };
        // Only its steps are told: its losses are none of the classifier's.
        let state = fit(&learner, &how, &all, &[], pool, begun, &mut |step| match step {
            Fit::Epoch(_) => true,
            step => observe(step),
        })?;
        net.adopt(&mut params, &teller, &state.params)?;
        Ok(params)
    }
}

impl SequenceNet {
    fn of(net: Net, params: Vec<f32>, target: (f64, f64)) -> Result<SequenceNet> {
        Ok(SequenceNet { predictor: Arc::new(Predictor::new(net, params, 0, ROOMS)?), target })
    }

    /// A net from its parts.
    ///
    /// # Errors
    /// Parts that do not fit each other, or a net that reads something else.
    pub fn new(shape: &Shape, beside: usize, params: Vec<f32>, target: (f64, f64)) -> Result<SequenceNet> {
        let net = Net::with_beside(shape, beside)?;
        let reads = matches!(shape.input, Input::Tokens { .. }) && shape.reads != Reads::Every && !shape.tied;
        let sound = target.0.is_finite() && target.1.is_finite();
        if !reads || !sound || net.layout().len() != params.len() {
            let found = format!("{} parameters for a net of {shape:?}", params.len());
            return Err(gyeol_bundle::bad_manifest(found));
        }
        SequenceNet::of(net, params, target)
    }

    /// What is saved.
    pub fn parts(&self) -> SequenceParts<'_> {
        let predictor = &self.predictor;
        SequenceParts {
            shape: predictor.net().params(),
            beside: self.beside(),
            params: predictor.params(),
            target: self.target,
        }
    }

    /// Layers with their shapes.
    pub fn layers(&self) -> Vec<LayerSummary> {
        self.predictor.net().summary().layers
    }

    /// Numbers that units have.
    pub fn inputs(&self) -> usize {
        match self.predictor.net().params().input {
            Input::Tokens { vocabulary } => vocabulary,
            Input::Numbers => 0,
        }
    }

    /// Numbers that are read beside the units of a text.
    pub fn beside(&self) -> usize {
        self.predictor.net().beside()
    }

    /// Numbers learnt.
    pub fn parameters(&self) -> usize {
        self.predictor.params().len()
    }

    fn said(&self, rows: &Rows, pool: &Pool) -> Result<Vec<f32>> {
        let found = sequences(rows)?;
        if found.vocabulary() != self.inputs() {
            let found = format!("units of {} numbers for a net of {}", found.vocabulary(), self.inputs());
            return Err(Fault::new("other-columns", found)
                .next("make the rows as those of the fit were made")
                .input());
        }
        if found.width() != self.beside() {
            return Err(Error::defect(format!(
                "{} numbers beside for a net of {}",
                found.width(),
                self.beside()
            )));
        }
        let texts: Vec<&[u32]> = (0..found.len()).map(|i| found.at(i)).collect();
        let beside: Vec<f32> = (0..found.len()).flat_map(|i| found.beside(i)).copied().collect();
        let mut out = vec![0.0; texts.len() * self.predictor.net().params().output.width()];
        self.predictor.sequences_beside(&texts, &beside, &mut out, pool)?;
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
