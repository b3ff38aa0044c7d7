//! Encoder and decoder (Sutskever, Vinyals and Le 2014; Cho et al. 2014): a sequence of tokens in, another of any other
//! length out, many-to-many without alignment.
//!
//! ```text
//! encoder   s_1 … s_n                    → (h, c) after its last step, (L, B, H)
//! decoder   <start> t_1 … t_m from (h, c) → y (N, H)
//! o         softmax(y Wᵀ + b)             : t_1 … t_m <end>
//! ```
//!
//! In training the decoder reads the right tokens whatever it would have said (teacher forcing, Williams and Zipser
//! 1989); afterwards it reads its own likeliest (greedy decoding). One class stands for both signs: as an input it is
//! the start, as an output the end, and it is the last: class number `target`.
//!
//! Backward: dL/dy walks the decoder back to dL/d(h, c), which walks the encoder back; no output of the encoder's other
//! steps is read.

use gyeol_tensor::{Buffer, Real, Rng, Write};
use serde::{Deserialize, Serialize};

use super::check_sizes;
use crate::embedding::{Embedding, TableGradient};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::recurrent::{Above, Cell};
use crate::softmax::{Softmax, SoftmaxPacked, SoftmaxTape};
use crate::stack::{Stack, StackPacked, StackParams, StackTape};
use crate::steps::Steps;
use crate::trainer::{Chunk, Gradient, Model};

/// Shape of an encoder-decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderDecoderParams {
    /// Tokens that go in.
    pub source: usize,
    /// Tokens that come out, without the sign for start and end.
    pub target: usize,
    /// Numbers of an embedded token, on either side.
    pub embedding: usize,
    /// Cell of both stacks.
    pub cell: Cell,
    /// H, of both stacks.
    pub hidden: usize,
    /// L, of both stacks.
    pub layers: usize,
    /// Probability with which an output is dropped on its way to the next layer.
    pub dropout: f64,
}

impl EncoderDecoderParams {
    fn stack(&self) -> StackParams {
        StackParams {
            layers: self.layers,
            dropout: self.dropout,
            ..StackParams::new(self.cell, self.embedding, self.hidden)
        }
    }

    /// Refuses what makes no net.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        check_sizes([("source", self.source), ("target", self.target), ("embedding", self.embedding)])?;
        self.stack().check()
    }
}

/// An encoder-decoder.
#[derive(Debug, Clone)]
pub struct EncoderDecoder {
    params: EncoderDecoderParams,
    layout: Layout,
    encoder: Stack,
    decoder: Stack,
    softmax: Softmax,
    source: Embedding,
    target: Embedding,
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct EncoderDecoderPacked<T: Real> {
    encoder: StackPacked<T>,
    decoder: StackPacked<T>,
    softmax: SoftmaxPacked<T>,
}

/// One side of a batch of pairs, in the walk's order of steps.
#[derive(Debug, Clone)]
struct Side<T: Real> {
    steps: Steps,
    ids: Vec<u32>,
    /// E[ids]: (N, embedding).
    x: Buffer<T>,
    dx: Buffer<T>,
    tape: StackTape<T>,
}

/// Room for pairs that walk together.
#[derive(Debug, Clone)]
pub struct EncoderDecoderTape<T: Real> {
    source: Side<T>,
    target: Side<T>,
    /// What the decoder should say: N of the target side.
    classes: Vec<u32>,
    softmax: SoftmaxTape<T>,
    /// (h, c) between the stacks, and their gradients: (L, B, H).
    h: Buffer<T>,
    c: Buffer<T>,
    dh: Buffer<T>,
    dc: Buffer<T>,
    dy: Buffer<T>,
}

impl<T: Real> Side<T> {
    fn new(stack: &Stack, steps: usize, rows: usize) -> Self {
        let numbers = steps * rows * stack.params.input;
        Side {
            steps: Steps::with_capacity(steps, rows),
            ids: Vec::with_capacity(steps * rows),
            x: Buffer::zeros(numbers),
            dx: Buffer::zeros(numbers),
            tape: stack.tape(steps, rows),
        }
    }

    /// Takes one sequence for each row, `token(row, t)` of `lengths`.
    fn gather(&mut self, lengths: impl IntoIterator<Item = usize>, token: impl Fn(usize, usize) -> u32) {
        self.steps.set_ragged(lengths);
        self.ids.clear();
        for t in 0..self.steps.len() {
            self.ids.extend(self.steps.order()[..self.steps.active(t)].iter().map(|&row| token(row, t)));
        }
    }

    fn numbers(&self, embedding: &Embedding) -> usize {
        self.steps.total() * embedding.width
    }

    fn forward(
        &mut self,
        embedding: &Embedding,
        stack: &Stack,
        params: &[T],
        packed: &StackPacked<T>,
        state: Option<(&[T], &[T])>,
        rng: Option<&mut Rng>,
    ) {
        let numbers = self.numbers(embedding);
        embedding.forward(params, &self.ids, &mut self.x[..numbers]);
        stack.forward(params, packed, &self.x[..numbers], &self.steps, state, rng, &mut self.tape);
    }

    fn backward(
        &mut self,
        embedding: &Embedding,
        stack: &Stack,
        packed: &StackPacked<T>,
        above: Above<'_, T>,
        d_state: Option<(&mut [T], &mut [T])>,
        gradient: &mut [T],
        table: &mut TableGradient<T>,
    ) {
        let numbers = self.numbers(embedding);
        let (x, dx) = (&self.x[..numbers], &mut self.dx[..numbers]);
        let (steps, tape) = (&self.steps, &mut self.tape);
        stack.backward(packed, x, steps, tape, above, Some(&mut *dx), d_state, gradient, Write::Set);
        embedding.backward(&self.ids, dx, table);
    }
}

impl EncoderDecoder {
    /// Builds a net.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn new(params: &EncoderDecoderParams) -> Result<Self> {
        params.check()?;
        let mut layout = Layout::new();
        let encoder = Stack::new(&mut layout, "encoder", &params.stack());
        let decoder = Stack::new(&mut layout, "decoder", &params.stack());
        let classes = params.target + 1;
        let softmax = Softmax::new(&mut layout, "output", params.hidden, classes);
        let source = Embedding::new(&mut layout, "source", params.source, params.embedding);
        let target = Embedding::new(&mut layout, "target", classes, params.embedding);
        Ok(EncoderDecoder { params: params.clone(), layout, encoder, decoder, softmax, source, target })
    }

    /// Shape.
    pub fn params(&self) -> &EncoderDecoderParams {
        &self.params
    }

    /// Parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The class that begins and ends what comes out.
    pub fn sign(&self) -> u32 {
        self.params.target as u32
    }

    /// Room for packed weights.
    pub fn packed<T: Real>(&self) -> EncoderDecoderPacked<T> {
        EncoderDecoderPacked {
            encoder: self.encoder.packed(),
            decoder: self.decoder.packed(),
            softmax: self.softmax.packed(),
        }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut EncoderDecoderPacked<T>) {
        self.encoder.pack(params, &mut packed.encoder);
        self.decoder.pack(params, &mut packed.decoder);
        self.softmax.pack(params, &mut packed.softmax);
    }

    /// Room for `rows` pairs of up to `source` tokens in and `target` tokens out.
    pub fn tape<T: Real>(&self, source: usize, target: usize, rows: usize) -> EncoderDecoderTape<T> {
        let steps = target + 1;
        let state = || Buffer::zeros(rows * self.encoder.params.state());
        EncoderDecoderTape {
            source: Side::new(&self.encoder, source, rows),
            target: Side::new(&self.decoder, steps, rows),
            classes: Vec::with_capacity(steps * rows),
            softmax: self.softmax.tape(steps * rows),
            h: state(),
            c: state(),
            dh: state(),
            dc: state(),
            dy: Buffer::zeros(steps * rows * self.params.hidden),
        }
    }

    /// Encoder; its last states are left in `tape.h` and `tape.c`.
    fn encode<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        rng: Option<&mut Rng>,
        tape: &mut EncoderDecoderTape<T>,
    ) {
        let EncoderDecoderTape { source, h, c, .. } = tape;
        source.forward(&self.source, &self.encoder, params, &packed.encoder, None, rng);
        let size = source.steps.rows() * self.encoder.params.state();
        self.encoder.state_into(&source.steps, &source.tape, &mut h[..size], &mut c[..size]);
    }

    fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        mut rng: Option<&mut Rng>,
        tape: &mut EncoderDecoderTape<T>,
    ) {
        self.encode(params, packed, rng.as_deref_mut(), tape);
        let size = tape.source.steps.rows() * self.encoder.params.state();
        let state = Some((&tape.h[..size], &tape.c[..size]));
        tape.target.forward(&self.target, &self.decoder, params, &packed.decoder, state, rng);
    }

    /// Tokens that the net says after reading `source`, each the likeliest after those before (greedy decoding), up to
    /// the end or `longest` tokens.
    ///
    /// # Errors
    /// [`Error::Shape`] when a token is outside the vocabulary or the parameters are not the net's.
    pub fn decode<T: Real>(&self, params: &[T], source: &[u32], longest: usize) -> Result<Vec<u32>> {
        if params.len() != self.layout.len() {
            return Err(Error::Shape {
                what: "parameters",
                found: params.len().to_string(),
                expected: self.layout.len().to_string(),
            });
        }
        check_tokens("source", source, self.params.source)?;
        let (mut packed, mut tape) = (self.packed(), self.tape(source.len(), 0, 1));
        self.pack(params, &mut packed);
        tape.source.gather([source.len()], |_, t| source[t]);
        self.encode(params, &packed, None, &mut tape);
        let EncoderDecoderTape { target, h, c, .. } = &mut tape;
        let mut said = Vec::new();
        let mut chances = vec![T::ZERO; self.softmax.classes];
        let mut last = self.sign();
        while said.len() < longest {
            target.gather([1], |_, _| last);
            let state = Some((&h[..], &c[..]));
            target.forward(&self.target, &self.decoder, params, &packed.decoder, state, None);
            self.decoder.state_into(&target.steps, &target.tape, h, c);
            let y = self.decoder.output(&target.steps, &target.tape);
            self.softmax.log_probabilities(params, &packed.softmax, y, &mut chances);
            let best =
                chances.iter().enumerate().fold(0, |best, (i, v)| if *v > chances[best] { i } else { best });
            last = best as u32;
            if last == self.sign() {
                break;
            }
            said.push(last);
        }
        Ok(said)
    }
}

fn check_tokens(what: &'static str, tokens: &[u32], vocabulary: usize) -> Result<()> {
    match tokens.iter().find(|&&id| id as usize >= vocabulary) {
        Some(id) => {
            Err(Error::Shape { what, found: format!("token {id}"), expected: format!("0..{vocabulary}") })
        }
        None => Ok(()),
    }
}

/// An encoder-decoder with the pairs it learns from, as the trainer takes it.
#[derive(Debug, Clone, Copy)]
pub struct PairsLearner<'a> {
    net: &'a EncoderDecoder,
    sources: &'a [Vec<u32>],
    targets: &'a [Vec<u32>],
    longest: (usize, usize),
}

impl<'a> PairsLearner<'a> {
    /// Pairs of sequences of any lengths, `sources[i]` with `targets[i]`, without signs for start and end.
    ///
    /// # Errors
    /// [`Error::Shape`] when the counts differ or a token is outside its vocabulary.
    pub fn new(net: &'a EncoderDecoder, sources: &'a [Vec<u32>], targets: &'a [Vec<u32>]) -> Result<Self> {
        if sources.len() != targets.len() {
            let (found, expected) = (targets.len().to_string(), format!("{} sources", sources.len()));
            return Err(Error::Shape { what: "targets", found, expected });
        }
        sources.iter().try_for_each(|s| check_tokens("source", s, net.params.source))?;
        targets.iter().try_for_each(|t| check_tokens("target", t, net.params.target))?;
        let longest = |side: &[Vec<u32>]| side.iter().map(Vec::len).max().unwrap_or(0);
        Ok(PairsLearner { net, sources, targets, longest: (longest(sources), longest(targets)) })
    }

    fn gather<T: Real>(&self, samples: &[u32], tape: &mut EncoderDecoderTape<T>) {
        let of = |side: &'a [Vec<u32>], row: usize| &side[samples[row] as usize];
        let rows = 0..samples.len();
        let lengths = rows.clone().map(|row| of(self.sources, row).len());
        tape.source.gather(lengths, |row, t| of(self.sources, row)[t]);
        let lengths = rows.map(|row| of(self.targets, row).len() + 1);
        let sign = self.net.sign();
        let token = |row, t: usize| t.checked_sub(1).map_or(sign, |t| of(self.targets, row)[t]);
        tape.target.gather(lengths, token);
        tape.classes.clear();
        let steps = &tape.target.steps;
        for t in 0..steps.len() {
            let said = |&row: &usize| of(self.targets, row).get(t).copied().unwrap_or(sign);
            tape.classes.extend(steps.order()[..steps.active(t)].iter().map(said));
        }
    }
}

impl<T: Real> Model<T> for PairsLearner<'_> {
    type Packed = EncoderDecoderPacked<T>;
    type Workspace = EncoderDecoderTape<T>;

    fn layout(&self) -> &Layout {
        &self.net.layout
    }
    fn packed(&self) -> EncoderDecoderPacked<T> {
        self.net.packed()
    }
    fn pack(&self, params: &[T], packed: &mut EncoderDecoderPacked<T>) {
        self.net.pack(params, packed)
    }
    fn workspace(&self, rows: usize) -> EncoderDecoderTape<T> {
        self.net.tape(self.longest.0, self.longest.1, rows)
    }
    fn learn(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        tape: &mut EncoderDecoderTape<T>,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64 {
        self.gather(chunk.samples, tape);
        let mut rng = chunk.stream.map(|(seed, number)| Rng::stream(seed, number));
        let net = self.net;
        net.forward(params, packed, rng.as_mut(), tape);
        let Gradient { dense: gradient, tables } = gradient;
        let [of_source, of_target] = &mut tables[..] else {
            panic!("a gradient has as many tables as its net: two");
        };
        let EncoderDecoderTape { source, target, classes, softmax, dh, dc, dy, .. } = tape;
        let y = net.decoder.output(&target.steps, &target.tape);
        let dy = &mut dy[..target.steps.total() * net.params.hidden];
        let scale = chunk.scale;
        let loss =
            net.softmax.learn(params, &packed.softmax, y, classes, scale, softmax, dy, gradient, Write::Set);
        let size = source.steps.rows() * net.encoder.params.state();
        let (dh, dc) = (&mut dh[..size], &mut dc[..size]);
        let state = Some((&mut *dh, &mut *dc));
        let above = Above::every(&*dy);
        target.backward(&net.target, &net.decoder, &packed.decoder, above, state, gradient, of_target);
        let above = Above::state((&*dh, &*dc));
        source.backward(&net.source, &net.encoder, &packed.encoder, above, None, gradient, of_source);
        loss
    }
    fn loss(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        tape: &mut EncoderDecoderTape<T>,
        chunk: Chunk<'_, T>,
    ) -> f64 {
        self.gather(chunk.samples, tape);
        self.net.forward(params, packed, None, tape);
        let EncoderDecoderTape { target, classes, softmax, .. } = tape;
        let y = self.net.decoder.output(&target.steps, &target.tape);
        self.net.softmax.loss(params, &packed.softmax, y, classes, softmax)
    }
    /// Tokens to say, the ends with them.
    fn weight(&self, samples: &[u32]) -> f64 {
        samples.iter().map(|&s| self.targets[s as usize].len() + 1).sum::<usize>() as f64
    }
    fn table_rows(&self, rows: usize) -> Vec<(usize, usize)> {
        let width = self.net.params.embedding;
        vec![(self.longest.0 * rows, width), ((self.longest.1 + 1) * rows, width)]
    }
}

#[cfg(test)]
#[path = "../tests/seq2seq.rs"]
mod tests;
