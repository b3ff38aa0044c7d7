//! Encoder and decoder (Sutskever, Vinyals and Le 2014; Cho et al. 2014): a sequence of tokens in, another of any other
//! length out, many-to-many without alignment. Where a vector of numbers goes in instead, a dense layer makes the state
//! of it that the decoder begins with: one-to-many, as captions are made of a picture's features (Vinyals et al. 2015).
//!
//! ```text
//! encoder   s_1 … s_n                    → (h, c) after its last step, (L, B, H)
//! or        tanh(x W + b), x (B, I)    → (h, c)
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

mod pairs;

use gyeol_tensor::activation::Activation;
use gyeol_tensor::{Buffer, Real, Rng, Write};
use serde::{Deserialize, Serialize};

use super::check_sizes;
use crate::dense::{Dense, DensePacked};
use crate::embedding::{Embedding, TableGradient};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::recurrent::{Above, Cell};
use crate::softmax::{Softmax, SoftmaxPacked, SoftmaxTape};
use crate::stack::{Stack, StackPacked, StackParams, StackTape};
use crate::steps::Steps;

pub use pairs::PairsLearner;

/// What an encoder-decoder reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A sequence of tokens, by an embedding and a recurrent stack.
    Tokens {
        /// Tokens there are.
        vocabulary: usize,
    },
    /// One vector of numbers, by a dense layer.
    Numbers {
        /// I.
        width: usize,
    },
}

/// Shape of an encoder-decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderDecoderParams {
    /// What goes in: tokens, or a vector of `width` numbers.
    pub source: Source,
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

    /// Parts of a state that a dense layer makes of numbers: h, and c where the cell has it. An sLSTM begins with that c
    /// under a normaliser of 1.
    fn states(&self) -> usize {
        self.cell.states().min(2)
    }

    /// Refuses what makes no net.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the name, the value and the allowed range.
    pub fn check(&self) -> Result<()> {
        let source = match self.source {
            Source::Tokens { vocabulary } => ("vocabulary", vocabulary),
            Source::Numbers { width } => ("width", width),
        };
        check_sizes([source, ("target", self.target), ("embedding", self.embedding)])?;
        self.stack().check()
    }
}

/// An encoder-decoder.
#[derive(Debug, Clone)]
pub struct EncoderDecoder {
    params: EncoderDecoderParams,
    layout: Layout,
    encoder: Encoder,
    decoder: Stack,
    softmax: Softmax,
    target: Embedding,
}

#[derive(Debug, Clone)]
enum Encoder {
    Tokens(Stack, Embedding),
    Numbers(Dense),
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct EncoderDecoderPacked<T: Real> {
    encoder: EncoderPacked<T>,
    decoder: StackPacked<T>,
    softmax: SoftmaxPacked<T>,
}

#[derive(Debug, Clone)]
enum EncoderPacked<T: Real> {
    Tokens(StackPacked<T>),
    Numbers(DensePacked<T>),
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

#[derive(Debug, Clone)]
enum SourceTape<T: Real> {
    Tokens(Box<Side<T>>),
    /// x (B, I), tanh(x W + b) (B, S) and its gradient, the states of all layers side by side.
    Numbers {
        x: Buffer<T>,
        y: Buffer<T>,
        dy: Buffer<T>,
    },
}

const OTHER_KIND: &str = "packed weights and room are this net's";

/// Room for pairs that walk together.
#[derive(Debug, Clone)]
pub struct EncoderDecoderTape<T: Real> {
    rows: usize,
    source: SourceTape<T>,
    target: Side<T>,
    /// What the decoder should say: N of the target side.
    classes: Vec<u32>,
    softmax: SoftmaxTape<T>,
    /// (h, c) between the stacks, all states of the cells, and their gradients: (L, B, H) and (L, B, M H).
    h: Buffer<T>,
    c: Buffer<T>,
    dh: Buffer<T>,
    dc: Buffer<T>,
    dy: Buffer<T>,
}

impl<T: Real> Side<T> {
    fn new(stack: &Stack, steps: usize, rows: usize) -> Self {
        let numbers = steps * rows * stack.params.input;
        let mut tape = stack.tape(steps, rows);
        tape.reserve_ragged();
        Side {
            steps: Steps::with_capacity(steps, rows),
            ids: Vec::with_capacity(steps * rows),
            x: Buffer::zeros(numbers),
            dx: Buffer::zeros(numbers),
            tape,
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
        let stack = params.stack();
        let classes = params.target + 1;
        // Tables come last in a layout, and what begins the state first.
        let (decoder, softmax);
        let decode = |layout: &mut Layout| {
            let decoder = Stack::new(layout, "decoder", &stack);
            (decoder, Softmax::new(layout, "output", params.hidden, classes))
        };
        let encoder = match params.source {
            Source::Tokens { vocabulary } => {
                let encoder = Stack::new(&mut layout, "encoder", &stack);
                (decoder, softmax) = decode(&mut layout);
                let table = Embedding::new(&mut layout, "source", vocabulary, params.embedding);
                Encoder::Tokens(encoder, table)
            }
            Source::Numbers { width } => {
                let states = params.states() * stack.state();
                let dense = Dense::new(&mut layout, "encoder", width, states, Activation::Tanh);
                (decoder, softmax) = decode(&mut layout);
                Encoder::Numbers(dense)
            }
        };
        let target = Embedding::new(&mut layout, "target", classes, params.embedding);
        Ok(EncoderDecoder { params: params.clone(), layout, encoder, decoder, softmax, target })
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
            encoder: match &self.encoder {
                Encoder::Tokens(stack, _) => EncoderPacked::Tokens(stack.packed()),
                Encoder::Numbers(dense) => EncoderPacked::Numbers(dense.packed()),
            },
            decoder: self.decoder.packed(),
            softmax: self.softmax.packed(),
        }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut EncoderDecoderPacked<T>) {
        match (&self.encoder, &mut packed.encoder) {
            (Encoder::Tokens(stack, _), EncoderPacked::Tokens(p)) => stack.pack(params, p),
            (Encoder::Numbers(dense), EncoderPacked::Numbers(p)) => dense.pack(params, p),
            _ => panic!("{OTHER_KIND}"),
        }
        self.decoder.pack(params, &mut packed.decoder);
        self.softmax.pack(params, &mut packed.softmax);
    }

    /// Room for `rows` pairs of up to `source` tokens in (none are asked for by numbers) and `target` tokens out.
    pub fn tape<T: Real>(&self, source: usize, target: usize, rows: usize) -> EncoderDecoderTape<T> {
        let steps = target + 1;
        let state = || Buffer::zeros(rows * self.decoder.params.state());
        let memory = || Buffer::zeros(rows * self.decoder.params.memory());
        let of_source = match &self.encoder {
            Encoder::Tokens(stack, _) => SourceTape::Tokens(Box::new(Side::new(stack, source, rows))),
            Encoder::Numbers(dense) => SourceTape::Numbers {
                x: Buffer::zeros(rows * dense.input),
                y: Buffer::zeros(rows * dense.output),
                dy: Buffer::zeros(rows * dense.output),
            },
        };
        EncoderDecoderTape {
            rows,
            source: of_source,
            target: Side::new(&self.decoder, steps, rows),
            classes: Vec::with_capacity(steps * rows),
            softmax: self.softmax.tape(steps * rows),
            h: state(),
            c: memory(),
            dh: state(),
            dc: memory(),
            dy: Buffer::zeros(steps * rows * self.params.hidden),
        }
    }

    /// Numbers of h and of c of the rows that walk.
    fn state<T: Real>(&self, tape: &EncoderDecoderTape<T>) -> (usize, usize) {
        (tape.rows * self.decoder.params.state(), tape.rows * self.decoder.params.memory())
    }

    /// Calls with the part (h or c), the place in it, (L, B, H) or the first block of (L, B, M H), and that among the
    /// dense layer's numbers, (B, S).
    fn each_state(&self, rows: usize, mut f: impl FnMut(usize, usize, usize)) {
        let (h, layers) = (self.params.hidden, self.params.layers);
        for part in 0..self.params.states() {
            let width = if part == 0 { h } else { self.params.cell.memories() * h };
            for layer in 0..layers {
                for row in 0..rows {
                    let from = (row * self.params.states() + part) * layers * h + layer * h;
                    (0..h).for_each(|unit| f(part, (layer * rows + row) * width + unit, from + unit));
                }
            }
        }
    }

    /// Leaves the states that the decoder begins with in `tape.h` and `tape.c`.
    fn encode<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        rng: Option<&mut Rng>,
        tape: &mut EncoderDecoderTape<T>,
    ) {
        let (rows, (of_h, of_c)) = (tape.rows, self.state(tape));
        let (h, c) = (&mut tape.h[..of_h], &mut tape.c[..of_c]);
        match (&self.encoder, &packed.encoder, &mut tape.source) {
            (Encoder::Tokens(stack, table), EncoderPacked::Tokens(p), SourceTape::Tokens(side)) => {
                side.forward(table, stack, params, p, None, rng);
                stack.state_into(&side.steps, &side.tape, h, c);
            }
            (Encoder::Numbers(d), EncoderPacked::Numbers(p), SourceTape::Numbers { x, y, .. }) => {
                d.forward(params, p, &x[..rows * d.input], &mut y[..rows * d.output]);
                self.each_state(rows, |part, to, from| [&mut *h, &mut *c][part][to] = y[from]);
                self.params.cell.weigh(self.params.hidden, c);
            }
            _ => panic!("{OTHER_KIND}"),
        }
    }

    /// The way back of [`EncoderDecoder::encode`], from `tape.dh` and `tape.dc`.
    fn encode_backward<T: Real>(
        &self,
        packed: &EncoderDecoderPacked<T>,
        tape: &mut EncoderDecoderTape<T>,
        gradient: &mut [T],
        tables: &mut [TableGradient<T>],
    ) {
        let (rows, (of_h, of_c)) = (tape.rows, self.state(tape));
        let (dh, dc) = (&tape.dh[..of_h], &tape.dc[..of_c]);
        match (&self.encoder, &packed.encoder, &mut tape.source) {
            (Encoder::Tokens(stack, table), EncoderPacked::Tokens(p), SourceTape::Tokens(side)) => {
                side.backward(table, stack, p, Above::state((dh, dc)), None, gradient, &mut tables[0]);
            }
            (Encoder::Numbers(d), EncoderPacked::Numbers(p), SourceTape::Numbers { x, y, dy }) => {
                let (y, dy) = (&y[..rows * d.output], &mut dy[..rows * d.output]);
                self.each_state(rows, |part, from, to| dy[to] = [dh, dc][part][from]);
                d.backward(p, &x[..rows * d.input], y, dy, None, gradient, Write::Set);
            }
            _ => panic!("{OTHER_KIND}"),
        }
    }

    fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        mut rng: Option<&mut Rng>,
        tape: &mut EncoderDecoderTape<T>,
    ) {
        self.encode(params, packed, rng.as_deref_mut(), tape);
        let (of_h, of_c) = self.state(tape);
        let state = Some((&tape.h[..of_h], &tape.c[..of_c]));
        tape.target.forward(&self.target, &self.decoder, params, &packed.decoder, state, rng);
    }

    /// Tokens that the net says after reading the tokens `source`, each the likeliest after those before (greedy
    /// decoding), up to the end or `longest` tokens.
    ///
    /// # Errors
    /// [`Error::Shape`] when a token is outside the vocabulary, the net reads numbers or the parameters are not its.
    pub fn decode<T: Real>(&self, params: &[T], source: &[u32], longest: usize) -> Result<Vec<u32>> {
        self.expect("source", self.vocabulary().is_some(), "tokens", "numbers")?;
        check_tokens("source", source, self.vocabulary().unwrap_or(0))?;
        let mut tape = self.tape(source.len(), 0, 1);
        if let SourceTape::Tokens(side) = &mut tape.source {
            side.gather([source.len()], |_, t| source[t]);
        }
        self.say(params, tape, longest)
    }

    /// The same after reading the numbers `x`, (I).
    ///
    /// # Errors
    /// [`Error::Shape`] when the net reads tokens, or another number of numbers, or the parameters are not its.
    pub fn decode_numbers<T: Real>(&self, params: &[T], x: &[T], longest: usize) -> Result<Vec<u32>> {
        self.check_numbers(x.len(), 1)?;
        let mut tape = self.tape(0, 0, 1);
        if let SourceTape::Numbers { x: to, .. } = &mut tape.source {
            to.copy_from_slice(x);
        }
        self.say(params, tape, longest)
    }

    fn vocabulary(&self) -> Option<usize> {
        match self.params.source {
            Source::Tokens { vocabulary } => Some(vocabulary),
            Source::Numbers { .. } => None,
        }
    }

    fn expect(&self, what: &'static str, right: bool, found: &str, expected: &str) -> Result<()> {
        if right {
            return Ok(());
        }
        Err(Error::Shape { what, found: found.into(), expected: expected.into() })
    }

    fn check_numbers(&self, found: usize, rows: usize) -> Result<()> {
        let width = match self.params.source {
            Source::Tokens { .. } => return self.expect("source", false, "numbers", "tokens"),
            Source::Numbers { width } => width,
        };
        let (found, right) = (format!("{found} numbers"), found == rows * width);
        self.expect("x", right, &found, &format!("({rows}, {width})"))
    }

    fn say<T: Real>(
        &self,
        params: &[T],
        mut tape: EncoderDecoderTape<T>,
        longest: usize,
    ) -> Result<Vec<u32>> {
        let (found, expected) = (params.len(), self.layout.len());
        self.expect("parameters", found == expected, &found.to_string(), &expected.to_string())?;
        let mut packed = self.packed();
        self.pack(params, &mut packed);
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

#[cfg(test)]
#[path = "../../tests/seq2seq.rs"]
mod tests;
