//! Training a net on lines of words, as they will be asked for.
//!
//! | protocol | a sample | a line begins |
//! |---|---|---|
//! | sentence | a line, from no state on | where nothing came before |
//! | stream | a piece of one long text, cut into rows that are read side by side (truncated back-propagation; Zaremba et al. 2014) | with what the net remembers of the lines before |

use gyeol_base::{Fault, Result};
use gyeol_neural::net::{
    Batch, Input, Labelled, LayerSummary, Learner, Net, NetParams, Output, Reads, Samples, TokenStreams,
    Window, WindowParams, Windows, WindowsLearner,
};
use gyeol_neural::{
    Activation, Cell, Epoch, Fit, Optimizer, Schedule, StackParams, State, TokenVectors, TrainParams,
    Trainable, fit,
};
use gyeol_ngram::{Protocol, SENTENCE_END, UNKNOWN, WordId};
use gyeol_tensor::{Pool, Precision, Real, Rng};
use serde::{Deserialize, Serialize};

use crate::body::Shape;
use crate::classes::Classes;
use crate::net::NetLm;
use crate::words::Words;

/// Classes of the first cluster of an adaptive softmax, and how much each further one is.
const CLUSTERS: [usize; 2] = [2000, 10_000];
const SHRINK: usize = 4;

/// Words of a line that are read in one go where lines are read alone; what is longer is cut.
const LONGEST: usize = 256;
/// Words that are walked over where nothing is said of epochs.
const MOST: usize = 4_000_000;
/// Words of a batch that suits.
const BATCH: usize = 700;

/// What a net of words is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Recurrent layers of a cell.
    Recurrent(Cell),
    /// Hidden layers over so many words before, the NNLM of Bengio et al. 2003.
    Window(usize),
}

impl From<Cell> for Kind {
    fn from(cell: Cell) -> Kind {
        Kind::Recurrent(cell)
    }
}

/// How a net is made and trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetLmParams {
    /// What it is made of.
    pub kind: Kind,
    /// Units of a layer.
    pub units: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// Share of embeddings, of outputs between layers and of the last output that is dropped while it learns.
    pub dropout: f64,
    /// Whether those are drawn once a window (Gal and Ghahramani 2016) instead of at each word.
    pub locked: bool,
    /// Share of h_{t-1} that is dropped in the recurrent product, once a window.
    pub recurrent_dropout: f64,
    /// Share of the words read, in training, that are read as the class of `<unk>` (Bowman et al. 2016).
    pub word_dropout: f64,
    /// Whether the softmax is adaptive (Grave et al. 2017).
    pub adaptive: bool,
    /// Classes that are drawn for a step of a recurrent net whose softmax is full when it is asked, and by samples while it learns
    /// (Bengio and Senécal 2008); none learns over all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Whether the embeddings are the weights of a full softmax too (Press and Wolf 2017).
    pub tied: bool,
    /// How it will be asked: line by line, or with what it remembers of the lines before.
    pub protocol: Protocol,
    /// Lines of a batch; of a stream rows that the text is cut into; words where a window tells them.
    pub rows: usize,
    /// Words of a window of back-propagation, of a stream.
    pub steps: usize,
    /// Most epochs, over which the schedule is stretched.
    pub epochs: usize,
    /// How parameters move.
    pub optimizer: Moves,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Epochs whose validation losses may lie above an older one before the average of all later steps is kept (NT-ASGD,
    /// Merity et al. 2018); none never.
    pub triggered: Option<usize>,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Share of the weights taken off a step, times the learning rate.
    pub weight_decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// What products are rounded to while it learns; it answers in `f32`, so that any machine can.
    pub precision: Precision,
    /// Seed.
    pub seed: u64,
}

/// How parameters move against their gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moves {
    /// AdamW.
    AdamW,
    /// Plain gradient descent, as the recipes of Zaremba et al. 2014 and Merity et al. 2018 have it.
    Sgd,
}

gyeol_base::named!(Moves, "an optimizer of nets of words", "adamw" => Moves::AdamW, "sgd" => Moves::Sgd);

impl Moves {
    /// The schedule that goes with it, the highest learning rate of SGD, and the largest norm of a gradient.
    pub fn suited(self) -> (Schedule, Option<f64>, f64) {
        match self {
            Moves::AdamW => (Schedule::OneCycle, None, 1.0),
            Moves::Sgd => (Schedule::Plateau { patience: 0, factor: 0.25, threshold: 0.0 }, Some(20.0), 0.25),
        }
    }
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

/// Samples of which a share of the words read is read as unknown while they are learnt from.
struct Blurred<S> {
    of: S,
    share: f64,
    unknown: u32,
}

impl<T: Real, S: Samples<T>> Samples<T> for Blurred<S> {
    fn longest(&self) -> usize {
        self.of.longest()
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>) {
        self.of.gather(samples, batch);
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        self.of.weight(samples)
    }
    fn streams(&self) -> Option<usize> {
        self.of.streams()
    }
    fn ragged(&self) -> bool {
        self.of.ragged()
    }
    fn arrange(&self, samples: &mut [u32]) {
        self.of.arrange(samples);
    }
    fn disturb(&self, batch: &mut Batch<T>, rng: &mut Rng) {
        if self.share > 0.0 {
            batch.ids.iter_mut().filter(|_| rng.uniform() < self.share).for_each(|id| *id = self.unknown);
        }
    }
}

/// Lines as classes read and classes to come, cut where they are long.
fn pieces(lines: &[Vec<WordId>], classes: &Classes) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let end = classes.of(SENTENCE_END);
    let (mut read, mut come) = (Vec::new(), Vec::new());
    for line in lines {
        let all: Vec<u32> = stream(std::slice::from_ref(line), classes);
        debug_assert_eq!(all.last(), Some(&end));
        for (read_now, next) in all[..all.len() - 1].chunks(LONGEST).zip(all[1..].chunks(LONGEST)) {
            read.push(read_now.to_vec());
            come.push(next.to_vec());
        }
    }
    (read, come)
}

/// Lines as one stream of classes: what ended a line stands before the next.
fn stream(lines: &[Vec<WordId>], classes: &Classes) -> Vec<u32> {
    let end = classes.of(SENTENCE_END);
    let words = lines.iter().flat_map(|line| line.iter().map(|&word| classes.of(word)).chain([end]));
    std::iter::once(end).chain(words).collect()
}

impl NetLmParams {
    /// A net that suits so many words of training text over so many classes: small enough that a word is met often
    /// enough, and as many epochs as some four million words of training allow, or twelve million characters. `tokens` stand in so many `lines`.
    pub fn suited(
        kind: impl Into<Kind>,
        tokens: usize,
        lines: usize,
        classes: usize,
        protocol: Protocol,
    ) -> NetLmParams {
        let kind = kind.into();
        // Characters: the softmax costs nothing, and what tells the next one is further back.
        let letters = classes < 1000 && matches!(kind, Kind::Recurrent(_));
        let units = match tokens {
            0..50_000 => 64,
            50_000..400_000 => 128,
            _ if letters => 256,
            _ => 200,
        };
        let adaptive = classes > 20_000;
        let rows = 20.min((tokens / 400).max(1));
        NetLmParams {
            kind,
            units,
            layers: if tokens < 400_000 || matches!(kind, Kind::Window(_)) { 1 } else { 2 },
            embedding: units,
            dropout: if tokens < 5_000_000 { 0.35 } else { 0.1 },
            locked: true,
            recurrent_dropout: 0.0,
            word_dropout: 0.0,
            adaptive,
            samples: None,
            tied: !adaptive,
            protocol,
            rows: match (kind, protocol) {
                (Kind::Window(_), _) => 256.min((tokens / 20).max(1)),
                (_, Protocol::Stream) => rows,
                (_, Protocol::Sentence) => (rows * BATCH / 20 * lines.max(1) / tokens.max(1)).clamp(4, 256),
            },
            steps: if letters { 100 } else { 35 },
            epochs: (if letters { 3 * MOST } else { MOST } / tokens.max(1)).clamp(1, 30),
            optimizer: Moves::AdamW,
            schedule: Schedule::OneCycle,
            triggered: None,
            // The gates of an LSTM bear more; wider layers less.
            learning_rate: (128.0 / units as f64).sqrt().min(1.0)
                * match kind {
                    Kind::Recurrent(Cell::Lstm | Cell::SLstm) => 1e-2,
                    Kind::Recurrent(Cell::Gru | Cell::MinGru) => 6e-3,
                    Kind::Recurrent(_) | Kind::Window(_) => 3e-3,
                },
            weight_decay: 1e-2,
            clip: 1.0,
            precision: Precision::quickest(),
            seed: 0,
        }
    }

    /// The shape over so many classes, as it learns; a net that learns by samples is saved as [`Net::exact`] has it.
    pub fn shape(&self, classes: usize) -> Shape {
        let cutoffs: Vec<usize> = CLUSTERS.into_iter().filter(|&at| at < classes).collect();
        let adaptive = self.adaptive && !cutoffs.is_empty();
        let tied = self.tied && !adaptive;
        let output = match (adaptive, self.samples) {
            (true, _) => Output::Adaptive { classes, cutoffs, shrink: SHRINK },
            (false, Some(samples)) if matches!(self.kind, Kind::Recurrent(_)) => {
                Output::Sampled { classes, samples }
            }
            (false, _) => Output::Classes { classes },
        };
        let cell = match self.kind {
            Kind::Recurrent(cell) => cell,
            Kind::Window(context) => {
                let mut hidden = vec![self.units; self.layers];
                if tied && self.units != self.embedding {
                    hidden.push(self.embedding);
                }
                return Shape::Window(WindowParams {
                    vocabulary: classes,
                    context,
                    embedding: self.embedding,
                    hidden,
                    activation: Activation::Tanh,
                    dropout: self.dropout,
                    output,
                    tied,
                });
            }
        };
        let stack = StackParams {
            layers: self.layers,
            dropout: if self.layers > 1 { self.dropout } else { 0.0 },
            locked: self.locked,
            recurrent_dropout: self.recurrent_dropout,
            precision: self.precision,
            ..StackParams::new(cell, self.embedding, self.units)
        };
        Shape::Recurrent(NetParams {
            input: Input::Tokens { vocabulary: classes },
            stack,
            dropout: self.dropout,
            reads: Reads::Every,
            projection: (self.units != self.embedding).then_some(self.embedding),
            output,
            tied,
        })
    }

    fn training(&self) -> TrainParams {
        let optimizer = match self.optimizer {
            Moves::AdamW => Optimizer::adam_w(self.weight_decay),
            Moves::Sgd => Optimizer::Sgd { momentum: 0.0, nesterov: false },
        };
        let mut params = TrainParams::new(self.epochs, self.rows, optimizer, self.learning_rate);
        // Without momentum the two kinds of decay are one.
        params.l2 = if self.optimizer == Moves::Sgd { self.weight_decay } else { 0.0 };
        params.schedule = self.schedule;
        params.triggered = self.triggered;
        params.clip = Some(self.clip);
        params.seed = self.seed;
        params
    }

    /// A state that begins with vectors of classes ([`Classes::heads`]) instead of drawn ones.
    ///
    /// # Errors
    /// Vectors of another width than the embeddings; sizes outside their range.
    pub fn begun(&self, vectors: &TokenVectors) -> Result<State<f32>> {
        let training = self.training();
        let mut rng = Rng::stream(training.seed, 1);
        let params: Vec<f32> = match self.shape(vectors.len()) {
            Shape::Recurrent(shape) => {
                let net = Net::new(&shape)?;
                let mut params = net.layout().initial(&mut rng);
                net.begin(&mut params, vectors)?;
                params
            }
            Shape::Window(shape) => {
                let net = Window::new(&shape)?;
                let mut params = net.layout().initial(&mut rng);
                net.begin(&mut params, vectors)?;
                params
            }
        };
        Ok(State::new(params, &training))
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
        let (learnt, judged) = (stream(train, &classes), stream(valid, &classes));
        let fewest = judged.len().min(learnt.len());
        let streams = self.protocol == Protocol::Stream && matches!(shape, Shape::Recurrent(_));
        if self.rows == 0 || fewest < if streams { 2 * self.rows } else { 2 } {
            let found = format!("{fewest} words for {} rows of a stream", self.rows);
            return Err(Fault::new("too-little-text", found)
                .cause("the training or the validation part holds fewer than two words a row")
                .next("give more text, or fewer rows")
                .input());
        }
        let naive = naive(&learnt, &judged, classes.len());
        let (share, unknown) = (self.word_dropout, classes.of(UNKNOWN));
        let state = match &shape {
            Shape::Recurrent(shape) => {
                let net = Net::new(shape)?;
                if self.protocol == Protocol::Stream {
                    let train = TokenStreams::new(&net, learnt, self.rows, self.steps)?;
                    let valid = TokenStreams::new(&net, judged, self.rows, self.steps)?;
                    let (learns, all) = (train.len(), train.len() + valid.len());
                    let samples = Blurred { of: Both { train, valid }, share, unknown };
                    let learner = Learner { net: &net, samples: &samples };
                    self.run(&learner, learns, all, pool, resume, observe)?
                } else {
                    let (mut read, mut come) = pieces(train, &classes);
                    let learns = read.len();
                    let (read_there, come_there) = pieces(valid, &classes);
                    read.extend(read_there);
                    come.extend(come_there);
                    let lines = Labelled::tagged(&net, &read, &come, LONGEST)?;
                    let all = lines.len();
                    let samples = Blurred { of: lines, share, unknown };
                    let learner = Learner { net: &net, samples: &samples };
                    self.run(&learner, learns, all, pool, resume, observe)?
                }
            }
            Shape::Window(shape) => {
                let net = Window::new(shape)?;
                let end = classes.of(SENTENCE_END);
                let pieces = |lines: &[Vec<WordId>], all: Vec<u32>| match self.protocol {
                    // What stands before the first word is what ends a line, and is not told itself.
                    Protocol::Stream => vec![all[1..].to_vec()],
                    Protocol::Sentence => lines
                        .iter()
                        .map(|line| stream(std::slice::from_ref(line), &classes)[1..].to_vec())
                        .collect(),
                };
                let mut all = pieces(train, learnt);
                let learns = all.iter().map(Vec::len).sum();
                all.extend(pieces(valid, judged));
                let windows = Windows::new(&net, all.iter().map(Vec::as_slice), end)?;
                let learner = WindowsLearner { net: &net, windows: &windows };
                self.run(&learner, learns, windows.len(), pool, resume, observe)?
            }
        };
        let (shape, best) = match shape.in_full() {
            Shape::Recurrent(shape) => {
                let (shape, best) = Net::new(&shape)?.exact(&state.best)?;
                (Shape::Recurrent(shape), best)
            }
            shape => (shape, state.best),
        };
        let model = NetLm::new(words, classes, &shape, best, pool.threads())?.taught(self.protocol);
        Ok(Trained { layers: model.layers(), model, curve: state.curve, best_epoch: state.best_epoch, naive })
    }

    /// Trains on the first samples, judged by the others.
    fn run<M: Trainable<f32>>(
        &self,
        learner: &M,
        learns: usize,
        all: usize,
        pool: &Pool,
        resume: Option<State<f32>>,
        observe: &mut dyn FnMut(Fit<'_, f32>) -> bool,
    ) -> Result<State<f32>> {
        let ids: Vec<u32> = (0..all as u32).collect();
        let (learns, judges) = ids.split_at(learns);
        Ok(fit(learner, &self.training(), learns, judges, pool, resume, observe)?)
    }
}

/// Mean of -ln of the share that each class of `judged` has in `learnt`, each class counted once more.
fn naive(learnt: &[u32], judged: &[u32], classes: usize) -> f64 {
    let mut counts = vec![1.0; classes];
    learnt.iter().for_each(|&class| counts[class as usize] += 1.0);
    let all: f64 = counts.iter().sum();
    judged.iter().map(|&class| -f64::ln(counts[class as usize] / all)).sum::<f64>() / judged.len() as f64
}
