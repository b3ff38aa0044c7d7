//! A trained net that answers: weights packed once, room kept between calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gyeol_tensor::{Buffer, Pool, Real};

use super::{Batch, Net, NetPacked, NetTape, Reads, read_of};
use crate::error::{Error, Result};
use crate::stack::{StackParams, StackTape};

/// Most rows that walk together.
const ROWS: usize = 16;

/// Rows of a chunk, by the number of rows alone: an even number of chunks, so that two threads have the same to do.
fn chunk(rows: usize) -> usize {
    let chunks = if rows < 4 { 1 } else { rows.div_ceil(ROWS).next_multiple_of(2) };
    rows.div_ceil(chunks).max(1)
}

/// Rows that walk together, of sequences so long.
fn rows_of(steps: usize) -> usize {
    match steps {
        0..=4096 => ROWS,
        4097..=16_384 => 4,
        _ => 1,
    }
}

/// A room that nobody is in; the first one, once it is free, where there is none.
pub(super) fn free<R>(rooms: &[Mutex<R>]) -> MutexGuard<'_, R> {
    let found = rooms.iter().find_map(|room| room.try_lock().ok());
    found.unwrap_or_else(|| rooms[0].lock().unwrap_or_else(PoisonError::into_inner))
}

/// Takes the place of a token, log-probabilities of what comes after it, and what they were made of.
type Reader<'a, T> = &'a mut dyn FnMut(usize, &[T], &[T]);

/// A net with fixed parameters.
#[derive(Debug)]
pub struct Predictor<T: Real> {
    net: Net,
    params: Vec<T>,
    packed: NetPacked<T>,
    steps: usize,
    rooms: Vec<Mutex<(Batch<T>, NetTape<T>)>>,
}

impl<T: Real> Predictor<T> {
    /// A predictor for sequences of up to `steps` steps that runs on pools of up to `threads` threads.
    ///
    /// # Errors
    /// [`Error::Shape`] when the parameters are not as many as the net has.
    pub fn new(net: Net, params: Vec<T>, steps: usize, threads: usize) -> Result<Self> {
        if params.len() != net.layout().len() {
            return Err(Error::Shape {
                what: "parameters",
                found: params.len().to_string(),
                expected: net.layout().len().to_string(),
            });
        }
        let mut packed = net.packed();
        net.pack(&params, &mut packed);
        let rooms = (0..threads.max(1))
            .map(|_| Mutex::new((net.batch(steps, ROWS), net.answer_tape(steps, ROWS))))
            .collect();
        Ok(Predictor { net, params, packed, steps, rooms })
    }

    /// The net.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// Outputs of series of numbers of `steps` steps: x is (B, steps, I), `out` (B, K), or (B, steps, K) where the net
    /// reads every step: values, or log-probabilities of classes. Chunks of rows run on the pool.
    ///
    /// # Errors
    /// [`Error::Shape`] when lengths do not fit each other or the room.
    pub fn series(&self, x: &[T], steps: usize, out: &mut [T], pool: &Pool) -> Result<()> {
        let (width, k) = (self.net.params().stack.input, self.net.output_width());
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        if self.net.embedding.is_some() {
            return shape("input", "numbers".into(), "tokens".into());
        }
        if steps == 0 || steps > self.steps || !x.len().is_multiple_of(steps * width) {
            return shape(
                "x",
                format!("{} numbers, {steps} steps", x.len()),
                format!("(B, steps, {width}) with at most {} steps", self.steps),
            );
        }
        let outputs = if self.net.params().reads == Reads::Every { steps } else { 1 };
        let rows = x.len() / (steps * width);
        if out.len() != rows * outputs * k {
            return shape("out", out.len().to_string(), format!("({rows}, {outputs}, {k})"));
        }
        if pool.threads() > self.rooms.len() {
            return shape("threads", pool.threads().to_string(), format!("at most {}", self.rooms.len()));
        }
        let of_chunk = chunk(rows) * outputs * k;
        pool.split_mut([out], of_chunk, |range, [out]| {
            let first = range.start / (outputs * k);
            let n = out.len() / (outputs * k);
            // No two tasks run on one thread at once, so a room is free for whoever runs; which one does not matter.
            let mut room = self.room();
            let (batch, tape) = &mut *room;
            batch.steps.set_equal(steps, n);
            for b in 0..n {
                let row = &x[(first + b) * steps * width..(first + b + 1) * steps * width];
                for (t, from) in row.chunks_exact(width).enumerate() {
                    batch.x[(t * n + b) * width..(t * n + b + 1) * width].copy_from_slice(from);
                }
            }
            self.walk(batch, tape);
            for t in 0..outputs {
                for b in 0..n {
                    let (from, to) = ((t * n + b) * k, (b * outputs + t) * k);
                    out[to..to + k].copy_from_slice(&tape.head.out[from..from + k]);
                }
            }
        });
        Ok(())
    }

    /// Outputs of sequences of tokens of any lengths: `out` is (B, K), values or log-probabilities of classes, of a net that
    /// reads a row once. Sequences of like length walk together, on the pool; the room grows with the longest.
    ///
    /// # Errors
    /// [`Error::Shape`] for another net, another size of `out`, or a token outside the vocabulary.
    pub fn sequences(&self, sequences: &[&[u32]], out: &mut [T], pool: &Pool) -> Result<()> {
        self.sequences_beside(sequences, &[], out, pool)
    }

    /// [`Predictor::sequences`] with the numbers (B, Q) that the head reads beside each of them ([`Net::with_beside`]).
    ///
    /// # Errors
    /// As there; another size of `beside`.
    pub fn sequences_beside(
        &self,
        sequences: &[&[u32]],
        beside: &[T],
        out: &mut [T],
        pool: &Pool,
    ) -> Result<()> {
        let (k, p) = (self.net.output_width(), self.net.params());
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let Some(embedding) = self.net.embedding.as_ref().filter(|_| p.reads != Reads::Every) else {
            return shape(
                "input",
                "sequences of tokens".into(),
                "what this net reads, step by step or as numbers".into(),
            );
        };
        if let Some(id) = sequences.iter().flat_map(|s| s.iter()).find(|&&id| id as usize >= embedding.rows) {
            return shape("tokens", format!("token {id}"), format!("0..{}", embedding.rows));
        }
        let q = self.net.beside;
        if beside.len() != sequences.len() * q {
            return shape("beside", beside.len().to_string(), format!("({}, {q})", sequences.len()));
        }
        if out.len() != sequences.len() * k {
            return shape("out", out.len().to_string(), format!("({}, {k})", sequences.len()));
        }
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|&at| sequences[at].len());
        // Few rows of very long sequences: what a walk keeps grows with both.
        let chunks: Vec<&[usize]> = order
            .chunk_by(|&a, &b| rows_of(sequences[a].len()) == rows_of(sequences[b].len()))
            .flat_map(|like| like.chunks(rows_of(like.last().map_or(0, |&at| sequences[at].len()))))
            .collect();
        let mut found: Vec<Vec<T>> = chunks.iter().map(|chunk| vec![T::ZERO; chunk.len() * k]).collect();
        pool.each_mut(&mut found, |_, task, found| {
            let chunk = chunks[task];
            let longest = chunk.last().map_or(0, |&at| sequences[at].len());
            let mut room = self.room();
            let (rows, width) = (rows_of(longest), p.stack.input);
            let small = room.0.x.len() < longest * rows * width;
            if small || room.1.read.len() < rows * self.net.read_width() {
                // One step more is room of another size for each text: a third more is for many.
                let steps = longest + longest / 3;
                *room = (self.net.batch(steps, rows), self.net.answer_tape(steps, rows));
            }
            let (batch, tape) = &mut *room;
            batch.steps.set_ragged(chunk.iter().map(|&at| sequences[at].len()));
            batch.ids.clear();
            for t in 0..batch.steps.len() {
                let walking = &batch.steps.order()[..batch.steps.active(t)];
                batch.ids.extend(walking.iter().map(|&place| sequences[chunk[place]][t]));
            }
            for (place, &at) in chunk.iter().enumerate() {
                let own = &beside[at * q..(at + 1) * q];
                batch.beside[place * q..(place + 1) * q].copy_from_slice(own);
            }
            self.walk(batch, tape);
            found.copy_from_slice(&tape.head.out[..chunk.len() * k]);
        });
        for (chunk, found) in chunks.iter().zip(&found) {
            for (&at, said) in chunk.iter().zip(found.chunks_exact(k)) {
                out[at * k..(at + 1) * k].copy_from_slice(said);
            }
        }
        Ok(())
    }

    /// The parameters.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// One step of gradient descent on a piece of a stream, from the state before its first token: the net whose parameters
    /// moved against the gradient of the mean loss, cut to a norm of `clip`, and were drawn back to `origin`:
    /// θ − `rate` · g + `pull` · (origin − θ), as dynamic evaluation has it (Mikolov et al. 2010; Krause et al. 2018, eq. 4).
    ///
    /// # Errors
    /// [`Error::Shape`] as [`Predictor::score`], and for an origin of another length.
    pub fn moved(
        &self,
        (ids, targets): (&[u32], &[u32]),
        before: &StreamState<T>,
        (rate, clip, pull): (f64, f64, f64),
        origin: &[T],
    ) -> Result<Predictor<T>> {
        if origin.len() != self.params.len() {
            return Err(Error::Shape {
                what: "origin",
                found: origin.len().to_string(),
                expected: self.params.len().to_string(),
            });
        }
        let scale = 1.0 / targets.iter().filter(|&&t| t != crate::NO_TARGET).count().max(1) as f64;
        let (gradient, _) = self.walk_back((ids, targets), before, scale)?;
        let norm = gradient.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt();
        let rate = T::from_f64(if norm > clip { rate * clip / norm } else { rate });
        let pull = T::from_f64(pull);
        let moved = self.params.iter().zip(&gradient).zip(origin);
        let params = moved.map(|((&p, &g), &o)| p - rate * g + pull * (o - p)).collect();
        Predictor::new(self.net.clone(), params, self.steps, self.rooms.len())
    }

    /// Walks a piece of one stream forward from a state and back: `scale` times the gradient of the sum of its losses, and the
    /// room in which that of each step is left.
    pub(super) fn walk_back(
        &self,
        (ids, targets): (&[u32], &[u32]),
        before: &StreamState<T>,
        scale: f64,
    ) -> Result<(Vec<T>, NetTape<T>)> {
        let net = &self.net;
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let Some(embedding) = net.embedding.as_ref().filter(|_| net.params().reads == Reads::Every) else {
            return shape("input", "a piece of a stream".into(), "what this net reads".into());
        };
        super::learner::check_classes(targets, net.output_width())?;
        if ids.is_empty() || targets.len() != ids.len() || ids.iter().any(|&id| id as usize >= embedding.rows)
        {
            let found = format!("{} tokens, {} targets", ids.len(), targets.len());
            return shape(
                "a piece of a stream",
                found,
                format!("tokens of 0..{}, with a target each", embedding.rows),
            );
        }
        let (mut batch, mut tape) = (net.batch(ids.len(), 1), net.tape(ids.len(), 1));
        batch.steps.set_equal(ids.len(), 1);
        batch.ids.extend_from_slice(ids);
        batch.classes.clear();
        batch.classes.extend_from_slice(targets);
        batch.carry_in(before, &net.params.stack);
        let mut gradient = vec![T::ZERO; net.layout().len()];
        let still = (None, None);
        net.learn(&self.params, &self.packed, &mut batch, scale, still, &mut tape, &mut gradient, &mut []);
        Ok((gradient, tape))
    }

    /// The weights as the products take them.
    pub(super) fn packed(&self) -> &NetPacked<T> {
        &self.packed
    }

    /// Most steps that walk at a time.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Feeds tokens to one stream and gives the log-probabilities of what comes after the last of them. `state` is what
    /// the stream carries, empty at its beginning.
    ///
    /// # Errors
    /// [`Error::Shape`] for a net that is no language model, no tokens, or one outside the vocabulary.
    pub fn next(&self, ids: &[u32], state: &mut StreamState<T>) -> Result<Vec<T>> {
        Ok(self.next_reading(ids, state)?.0)
    }

    /// [`Predictor::next`], and what the output layer read of the last token: its hidden vector.
    ///
    /// # Errors
    /// As [`Predictor::next`].
    pub fn next_reading(&self, ids: &[u32], state: &mut StreamState<T>) -> Result<(Vec<T>, Vec<T>)> {
        let (mut out, mut hidden) = (Vec::new(), Vec::new());
        self.stream(ids, state, &mut |at, said, read| {
            if at + 1 == ids.len() {
                out.extend_from_slice(said);
                hidden.extend_from_slice(read);
            }
        })?;
        Ok((out, hidden))
    }

    /// Feeds tokens to one stream and gives the log-probability of a target after each of them; a target of
    /// [`crate::NO_TARGET`] is passed over.
    ///
    /// # Errors
    /// As [`Predictor::next`]; another number of targets, or one that is no class.
    pub fn score(
        &self,
        ids: &[u32],
        targets: &[u32],
        state: &mut StreamState<T>,
        each: &mut dyn FnMut(T),
    ) -> Result<()> {
        self.score_reading(ids, targets, state, &mut |said, _| each(said))
    }

    /// [`Predictor::score`], with what the output layer read of each token: its hidden vector.
    ///
    /// # Errors
    /// As [`Predictor::score`].
    pub fn score_reading(
        &self,
        ids: &[u32],
        targets: &[u32],
        state: &mut StreamState<T>,
        each: &mut dyn FnMut(T, &[T]),
    ) -> Result<()> {
        let k = self.net.output_width();
        if targets.len() != ids.len() {
            let (found, expected) = (targets.len().to_string(), format!("{}, one a token", ids.len()));
            return Err(Error::Shape { what: "targets", found, expected });
        }
        super::learner::check_classes(targets, k)?;
        self.stream(ids, state, &mut |at, said, read| {
            if targets[at] != crate::NO_TARGET {
                each(said[targets[at] as usize], read);
            }
        })
    }

    /// Walks tokens of one stream; `each` gets the place of a token, the log-probabilities of what comes after it, and what
    /// they were made of.
    fn stream(&self, ids: &[u32], state: &mut StreamState<T>, each: Reader<'_, T>) -> Result<()> {
        let p = self.net.params();
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let Some(embedding) = &self.net.embedding else {
            return shape("input", "tokens".into(), "numbers".into());
        };
        if let Some(id) = ids.iter().find(|&&id| id as usize >= embedding.rows) {
            return shape("tokens", format!("token {id}"), format!("0..{}", embedding.rows));
        }
        if ids.is_empty() || p.reads != Reads::Every || p.stack.bidirectional {
            let found = format!("{} for this net", ids.len());
            return shape("tokens", found, "at least one, for a net that reads every step forward".into());
        }
        let mut room = self.room();
        let (batch, tape) = &mut *room;
        let k = self.net.output_width();
        state.begin(p.stack.state(), p.stack.memory());
        std::mem::swap(&mut batch.h, &mut state.h);
        std::mem::swap(&mut batch.c, &mut state.c);
        let mut at = 0;
        for piece in ids.chunks(self.steps.max(1)) {
            batch.steps.set_equal(piece.len(), 1);
            batch.ids.clear();
            batch.ids.extend_from_slice(piece);
            self.walk(batch, tape);
            let (read, width) = (self.read(batch, tape), self.net.head_input());
            let said = tape.head.out[..piece.len() * k].chunks_exact(k);
            for (said, read) in said.zip(read.chunks_exact(width)) {
                each(at, said, read);
                at += 1;
            }
        }
        std::mem::swap(&mut batch.h, &mut state.h);
        std::mem::swap(&mut batch.c, &mut state.c);
        Ok(())
    }

    fn room(&self) -> MutexGuard<'_, (Batch<T>, NetTape<T>)> {
        free(&self.rooms)
    }

    /// Leaves the outputs in `tape.head.out`: (M, K).
    fn walk(&self, batch: &mut Batch<T>, tape: &mut NetTape<T>) {
        let net = &self.net;
        net.forward(&self.params, &self.packed, batch, None, tape);
        let m = net.outputs(&batch.steps);
        let NetTape { stack, head, read, projected, joined, .. } = tape;
        let read = self.read_of(batch, stack, read, projected, joined);
        net.head.answer(&self.params, &self.packed.head, read, m, head);
    }

    /// What the output layer reads: (M, columns).
    fn read<'a>(&self, batch: &Batch<T>, tape: &'a NetTape<T>) -> &'a [T] {
        self.read_of(batch, &tape.stack, &tape.read, &tape.projected, &tape.joined)
    }

    fn read_of<'a>(
        &self,
        batch: &Batch<T>,
        stack: &'a StackTape<T>,
        read: &'a Buffer<T>,
        projected: &'a Buffer<T>,
        joined: &'a Buffer<T>,
    ) -> &'a [T] {
        let net = &self.net;
        let read = read_of(&net.stack, net.params.reads, &batch.steps, stack, read, false);
        let read = match (net.beside, &net.projection) {
            (0, Some(_)) => &projected[..],
            (0, None) => read,
            _ => &joined[..],
        };
        &read[..net.outputs(&batch.steps) * net.head_input()]
    }
}

/// State of one stream of tokens.
#[derive(Debug, Clone, Default)]
pub struct StreamState<T: Real> {
    h: Buffer<T>,
    c: Buffer<T>,
}

impl<T: Real> StreamState<T> {
    /// Zeros where nothing was read yet.
    fn begin(&mut self, hidden: usize, memory: usize) {
        if self.h.is_empty() {
            self.h = Buffer::zeros(hidden);
            self.c = Buffer::zeros(memory);
        }
    }

    /// Hidden states (L, H) and what is remembered beside them (L, M H), layer by layer; empty at the beginning.
    pub fn states(&self) -> (&[T], &[T]) {
        (&self.h, &self.c)
    }
}

impl<T: Real> Batch<T> {
    /// Begins with what a stream carries.
    fn carry_in(&mut self, state: &StreamState<T>, stack: &StackParams) {
        let mut state = state.clone();
        state.begin(stack.state(), stack.memory());
        (self.h, self.c) = (state.h, state.c);
    }
}
