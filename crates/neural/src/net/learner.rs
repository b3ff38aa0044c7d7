//! A net together with the samples it learns from.

use gyeol_tensor::{Buffer, Pool, Real, Rng};

use super::{Batch, Net, NetPacked, NetTape, Reads};
use crate::error::{Error, Result};
use crate::trainer::{Chunk, Gradient, Streams, Trainable};

/// Where batches come from.
pub trait Samples<T: Real>: Sync {
    /// Steps of the longest sample.
    fn longest(&self) -> usize;
    /// Fills `batch` with samples: their steps, inputs and targets.
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>);
    /// Outputs of these samples that count in the loss.
    fn weight(&self, samples: &[u32]) -> f64 {
        samples.len() as f64
    }
    /// Rows of a batch, where each goes on in the next batch with the state it left; none where samples do not hang
    /// together.
    fn streams(&self) -> Option<usize> {
        None
    }
    /// True where samples of one batch may differ in length.
    fn ragged(&self) -> bool {
        false
    }
    /// Changes a gathered batch before it is learnt from, such as by words left out; validation sees none of it.
    fn disturb(&self, batch: &mut Batch<T>, rng: &mut Rng) {
        let _ = (batch, rng);
    }
    /// Puts the samples of one step into the order in which they are dealt to threads: those of one length beside each
    /// other walk without waiting. Which samples a step has is not changed by it.
    fn arrange(&self, samples: &mut [u32]) {
        let _ = samples;
    }
}

/// A net with its samples, as the trainer takes it.
#[derive(Debug, Clone, Copy)]
pub struct Learner<'a, S> {
    /// Net.
    pub net: &'a Net,
    /// Samples.
    pub samples: &'a S,
}

/// A thread's room.
#[derive(Debug, Clone)]
pub struct LearnerWorkspace<T: Real> {
    batch: Batch<T>,
    tape: NetTape<T>,
}

impl<S> Learner<'_, S> {
    /// Numbers of state of a row: h, and what is remembered beside.
    fn carry(&self) -> usize {
        self.net.params.stack.state() + self.net.params.stack.memory()
    }

    /// Where c begins in a state of so many numbers.
    fn of_c(&self, carry: usize) -> usize {
        carry / self.carry() * self.net.params.stack.state()
    }

    fn carried_in<T: Real>(&self, carry: &[T], batch: &mut Batch<T>) {
        let (h, c) = carry.split_at(self.of_c(carry.len()));
        batch.h[..h.len()].copy_from_slice(h);
        batch.c[..c.len()].copy_from_slice(c);
    }

    fn carried_out<T: Real>(&self, batch: &Batch<T>, carry: &mut [T]) {
        let (h, c) = carry.split_at_mut(self.of_c(carry.len()));
        h.copy_from_slice(&batch.h[..h.len()]);
        c.copy_from_slice(&batch.c[..c.len()]);
    }
}

impl<T: Real, S: Samples<T>> Trainable<T> for Learner<'_, S> {
    type Packed = NetPacked<T>;
    type Workspace = LearnerWorkspace<T>;

    fn layout(&self) -> &crate::Layout {
        &self.net.layout
    }
    fn packed(&self) -> NetPacked<T> {
        self.net.packed()
    }
    fn pack(&self, params: &[T], packed: &mut NetPacked<T>) {
        self.net.pack(params, packed)
    }
    fn pack_on(&self, params: &[T], packed: &mut NetPacked<T>, pool: &Pool) {
        self.net.pack_on(params, packed, pool)
    }
    fn workspace(&self, rows: usize) -> LearnerWorkspace<T> {
        let longest = self.samples.longest();
        let mut batch = self.net.batch(longest, rows);
        if self.samples.streams().is_some() {
            let stack = &self.net.params.stack;
            (batch.h, batch.c) = (Buffer::zeros(rows * stack.state()), Buffer::zeros(rows * stack.memory()));
        }
        let mut tape = self.net.tape(longest, rows);
        if self.samples.ragged() {
            tape.stack.reserve_ragged();
        }
        LearnerWorkspace { batch, tape }
    }
    fn learn(
        &self,
        params: &[T],
        packed: &NetPacked<T>,
        w: &mut LearnerWorkspace<T>,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64 {
        self.samples.gather(chunk.samples, &mut w.batch);
        self.carried_in(chunk.carry, &mut w.batch);
        let mut rng = chunk.stream.map(|(seed, number)| Rng::stream(seed, number));
        if let Some(rng) = &mut rng {
            self.samples.disturb(&mut w.batch, rng);
        }
        let (dense, tables) = (&mut gradient.dense, &mut gradient.tables);
        let rngs = (rng, chunk.shared.map(|(seed, number)| Rng::stream(seed, number)));
        let loss =
            self.net.learn(params, packed, &mut w.batch, chunk.scale, rngs, &mut w.tape, dense, tables);
        self.carried_out(&w.batch, chunk.carry);
        loss
    }
    fn loss(
        &self,
        params: &[T],
        packed: &NetPacked<T>,
        w: &mut LearnerWorkspace<T>,
        chunk: Chunk<'_, T>,
    ) -> f64 {
        self.samples.gather(chunk.samples, &mut w.batch);
        self.carried_in(chunk.carry, &mut w.batch);
        let loss = self.net.loss(params, packed, &mut w.batch, &mut w.tape);
        self.carried_out(&w.batch, chunk.carry);
        loss
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        self.samples.weight(samples)
    }
    fn streams(&self) -> Option<Streams> {
        self.samples.streams().map(|rows| Streams { rows, carry: self.carry() })
    }
    fn arrange(&self, samples: &mut [u32]) {
        self.samples.arrange(samples);
    }
    fn table_rows(&self, rows: usize) -> Vec<(usize, usize)> {
        self.net.table_rows(self.samples.longest(), rows)
    }
}

/// Series of numbers of equal length with the values that should come out.
#[derive(Debug, Clone)]
pub struct Series<T> {
    /// T.
    pub steps: usize,
    /// I.
    pub width: usize,
    /// (samples, T, I).
    pub x: Vec<T>,
    /// (samples, K), or (samples, T, K) where the net reads every step; empty for classes.
    pub values: Vec<T>,
    /// (samples), or (samples, T) where the net reads every step; empty for values.
    pub classes: Vec<u32>,
    /// True where there are targets for every step.
    pub every: bool,
}

impl<T: Real> Series<T> {
    /// Samples.
    pub fn len(&self) -> usize {
        self.x.len() / (self.steps * self.width).max(1)
    }

    /// True without samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses parts that do not belong together, or not to the net.
    ///
    /// # Errors
    /// [`Error::Shape`] with both shapes.
    pub fn check(&self, net: &Net) -> Result<()> {
        let n = self.len();
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if self.width != net.params.stack.input || self.x.len() != n * self.steps * self.width {
            return shape(
                "x",
                format!("{} numbers of (samples, {}, {})", self.x.len(), self.steps, self.width),
                format!("(samples, T, {})", net.params.stack.input),
            );
        }
        let outputs = if net.params.reads == Reads::Every { n * self.steps } else { n };
        let k = net.output_width();
        let classes = !matches!(net.params.output, super::Output::Values { .. });
        let (found, expected) =
            if classes { (self.classes.len(), outputs) } else { (self.values.len(), outputs * k) };
        if found != expected {
            return shape("targets", format!("{found} numbers"), format!("{expected} numbers"));
        }
        check_classes(&self.classes, k)
    }
}

pub(super) fn check_classes(classes: &[u32], k: usize) -> Result<()> {
    match classes.iter().find(|&&c| c != crate::softmax::NO_TARGET && c as usize >= k) {
        Some(c) => {
            Err(Error::Shape { what: "classes", found: format!("class {c}"), expected: format!("0..{k}") })
        }
        None => Ok(()),
    }
}

impl<T: Real> Samples<T> for Series<T> {
    fn longest(&self) -> usize {
        self.steps
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>) {
        let (steps, width, rows) = (self.steps, self.width, samples.len());
        batch.steps.set_equal(steps, rows);
        for (b, &sample) in samples.iter().enumerate() {
            let from = &self.x[sample as usize * steps * width..(sample as usize + 1) * steps * width];
            for (t, row) in from.chunks_exact(width).enumerate() {
                batch.x[(t * rows + b) * width..(t * rows + b + 1) * width].copy_from_slice(row);
            }
        }
        let steps = if self.every { steps } else { 1 };
        let k = self.values.len() / (self.len() * steps).max(1);
        scatter(&self.values, k, steps, samples, &mut batch.values);
        let k = usize::from(!self.classes.is_empty());
        batch.classes.clear();
        batch.classes.resize(rows * steps * k, 0);
        scatter(&self.classes, k, steps, samples, &mut batch.classes);
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        (samples.len() * if self.every { self.steps } else { 1 }) as f64
    }
}

/// From (samples, T, K) to time-major (T, B, K).
fn scatter<E: Copy>(from: &[E], k: usize, steps: usize, samples: &[u32], to: &mut [E]) {
    for (b, &sample) in samples.iter().enumerate() {
        for t in 0..steps {
            let (at, put) = ((sample as usize * steps + t) * k, (t * samples.len() + b) * k);
            to[put..put + k].copy_from_slice(&from[at..at + k]);
        }
    }
}

/// Token sequences of any lengths, each with a class (many-to-one), or with a class for each token (tags).
#[derive(Debug, Clone)]
pub struct Labelled {
    ids: Vec<u32>,
    /// Where each sequence begins, and the end of the last.
    first: Vec<usize>,
    classes: Vec<u32>,
    every: bool,
    longest: usize,
}

impl Labelled {
    /// One class a sequence. Sequences longer than `longest` keep their first tokens.
    ///
    /// # Errors
    /// [`Error::Shape`] when counts differ, a token is outside the net's vocabulary or a class outside its classes.
    pub fn new(net: &Net, sequences: &[Vec<u32>], classes: &[u32], longest: usize) -> Result<Self> {
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if sequences.len() != classes.len() {
            return shape("classes", classes.len().to_string(), format!("{} sequences", sequences.len()));
        }
        if net.params.reads == Reads::Every {
            return shape(
                "classes",
                "one a sequence".into(),
                "one a token: this net reads every step".into(),
            );
        }
        Labelled::build(net, sequences, classes.to_vec(), false, longest)
    }

    /// One class a token.
    ///
    /// # Errors
    /// As [`Labelled::new`].
    pub fn tagged(net: &Net, sequences: &[Vec<u32>], tags: &[Vec<u32>], longest: usize) -> Result<Self> {
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let odd = sequences.iter().zip(tags).position(|(s, t)| s.len() != t.len());
        if sequences.len() != tags.len() || odd.is_some() {
            let place = odd.map_or(String::new(), |at| format!(" of sequence {at}"));
            return shape("tags", format!("another number{place}"), "one a token".into());
        }
        if net.params.reads != Reads::Every {
            return shape(
                "tags",
                "one a token".into(),
                "one a sequence: this net reads the last step".into(),
            );
        }
        let classes = tags.iter().flat_map(|t| t.iter().take(longest).copied()).collect();
        Labelled::build(net, sequences, classes, true, longest)
    }

    fn build(
        net: &Net,
        sequences: &[Vec<u32>],
        classes: Vec<u32>,
        every: bool,
        longest: usize,
    ) -> Result<Self> {
        let vocabulary = match net.params.input {
            super::Input::Tokens { vocabulary } => vocabulary,
            super::Input::Numbers => 0,
        };
        let mut ids = Vec::new();
        let mut first = vec![0];
        for s in sequences {
            ids.extend(s.iter().take(longest));
            first.push(ids.len());
        }
        if let Some(id) = ids.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(Error::Shape {
                what: "tokens",
                found: format!("token {id}"),
                expected: format!("0..{vocabulary}"),
            });
        }
        check_classes(&classes, net.output_width())?;
        let longest = first.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        Ok(Labelled { ids, first, classes, every, longest })
    }

    /// Sequences.
    pub fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// True without sequences.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Real> Samples<T> for Labelled {
    fn longest(&self) -> usize {
        self.longest
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>) {
        let Batch { steps, ids, classes, .. } = batch;
        steps.set_ragged(samples.iter().map(|&s| self.first[s as usize + 1] - self.first[s as usize]));
        ids.clear();
        classes.clear();
        for t in 0..steps.len() {
            for &place in &steps.order()[..steps.active(t)] {
                let at = self.first[samples[place] as usize] + t;
                ids.push(self.ids[at]);
                if self.every {
                    classes.push(self.classes[at]);
                }
            }
        }
        if !self.every {
            classes.extend(samples.iter().map(|&s| self.classes[s as usize]));
        }
    }
    fn ragged(&self) -> bool {
        self.first.windows(2).any(|w| w[1] - w[0] != self.longest)
    }
    fn arrange(&self, samples: &mut [u32]) {
        samples.sort_unstable_by_key(|&s| (self.first[s as usize + 1] - self.first[s as usize], s));
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        if !self.every {
            return samples.len() as f64;
        }
        samples.iter().map(|&s| self.first[s as usize + 1] - self.first[s as usize]).sum::<usize>() as f64
    }
}

/// One long text cut into rows that are read side by side, `steps` tokens at a time, each token to be followed by the
/// next: truncated back-propagation with the state carried on (Zaremba et al. 2014).
#[derive(Debug, Clone)]
pub struct TokenStreams {
    ids: Vec<u32>,
    rows: usize,
    steps: usize,
    /// Tokens to predict in each row.
    row_len: usize,
}

impl TokenStreams {
    /// Cuts `ids` into `rows` rows; the few tokens past the last whole column are left out.
    ///
    /// # Errors
    /// [`Error::Shape`] when the text is too short for the rows or a token is outside the net's vocabulary.
    pub fn new(net: &Net, ids: Vec<u32>, rows: usize, steps: usize) -> Result<Self> {
        let (vocabulary, classes) = match (&net.params.input, net.params.reads) {
            (super::Input::Tokens { vocabulary }, Reads::Every) => (*vocabulary, net.output_width()),
            _ => (0, 0),
        };
        let most = vocabulary.min(classes);
        if let Some(id) = ids.iter().find(|&&id| id as usize >= most) {
            return Err(Error::Shape {
                what: "tokens",
                found: format!("token {id}"),
                expected: format!("0..{most}, for a net that reads every step"),
            });
        }
        let whole = ids.len() / rows.max(1);
        if rows == 0 || steps == 0 || whole < 2 {
            return Err(Error::Shape {
                what: "tokens",
                found: format!("{} for {rows} rows of {steps} steps", ids.len()),
                expected: "at least two a row, and at least one row and step".into(),
            });
        }
        Ok(TokenStreams { ids, rows, steps, row_len: whole - 1 })
    }

    /// Samples: batches times rows. Sample number `batch * rows + row` is a row of a batch.
    pub fn len(&self) -> usize {
        self.row_len.div_ceil(self.steps) * self.rows
    }

    /// True without samples, which a built one is not.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cut(&self, sample: u32) -> (usize, usize) {
        let (batch, row) = (sample as usize / self.rows, sample as usize % self.rows);
        let from = batch * self.steps;
        (row * (self.row_len + 1) + from, self.steps.min(self.row_len - from))
    }
}

impl<T: Real> Samples<T> for TokenStreams {
    fn longest(&self) -> usize {
        self.steps
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<T>) {
        let steps = samples.first().map_or(0, |&s| self.cut(s).1);
        batch.steps.set_equal(steps, samples.len());
        batch.ids.clear();
        batch.classes.clear();
        for t in 0..steps {
            for &s in samples {
                let at = self.cut(s).0 + t;
                batch.ids.push(self.ids[at]);
                batch.classes.push(self.ids[at + 1]);
            }
        }
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        samples.iter().map(|&s| self.cut(s).1).sum::<usize>() as f64
    }
    fn streams(&self) -> Option<usize> {
        Some(self.rows)
    }
}
