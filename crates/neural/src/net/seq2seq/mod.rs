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
//! A **bidirectional** encoder (Schuster and Paliwal 1997) has H / 2 units each way; the two last states of a layer lie
//! side by side as the decoder's first, [forward, backward] (H). With **attention** ([`Score`]; Luong, Pham and Manning
//! 2015) each step of the decoder looks at all of the encoder's outputs before the softmax reads it.
//!
//! Backward: dL/dy walks the decoder back to dL/d(h, c), which walks the encoder back; of the encoder's other steps an
//! output is read by attention alone.

mod attention;
mod decode;
mod layers;
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

pub use attention::Score;
use attention::{Attention, AttentionPacked, AttentionTape};
pub use decode::{Drawn, Length, Said, Search, SequencePredictor};
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
    /// H, of both stacks; a bidirectional encoder has half of them each way.
    pub hidden: usize,
    /// L, of both stacks.
    pub layers: usize,
    /// Probability with which an output is dropped on its way to the next layer.
    pub dropout: f64,
    /// Whether the encoder reads its tokens from the end too.
    #[serde(default)]
    pub bidirectional: bool,
    /// How the decoder looks at the encoder's outputs; none lets it begin with the last state alone.
    #[serde(default)]
    pub attention: Option<Score>,
}

impl EncoderDecoderParams {
    /// The decoder's stack.
    fn stack(&self) -> StackParams {
        StackParams {
            layers: self.layers,
            dropout: self.dropout,
            ..StackParams::new(self.cell, self.embedding, self.hidden)
        }
    }

    /// The encoder's: as many columns in every layer as the decoder's.
    fn encoder(&self) -> StackParams {
        let hidden = if self.bidirectional { self.hidden / 2 } else { self.hidden };
        StackParams { hidden, bidirectional: self.bidirectional, ..self.stack() }
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
        let refused = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if self.bidirectional && !self.hidden.is_multiple_of(2) {
            return refused("hidden", self.hidden.to_string(), "even where the encoder is bidirectional");
        }
        if let Source::Numbers { .. } = self.source {
            if self.bidirectional {
                return refused("bidirectional", "true".into(), "false where numbers go in");
            }
            if let Some(score) = self.attention {
                return refused("attention", format!("{score:?}"), "none where numbers go in");
            }
        }
        self.encoder().check()?;
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
    attention: Option<Attention>,
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
    attention: Option<AttentionPacked<T>>,
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
    attention: Option<AttentionTape<T>>,
    /// (h, c) between the stacks, all states of the cells, and their gradients: (L, B, H) and (L, B, M H).
    h: Buffer<T>,
    c: Buffer<T>,
    dh: Buffer<T>,
    dc: Buffer<T>,
    /// h and c of a bidirectional encoder, each direction apart: (2 L, B, H / 2) and (2 L, B, M H / 2).
    apart: [Buffer<T>; 2],
    dy: Buffer<T>,
    /// Gradient of the encoder's outputs, where they are attended: (N, H).
    d_outputs: Buffer<T>,
}

impl<T: Real> Side<T> {
    fn new(stack: &Stack, steps: usize, rows: usize, keeps: bool) -> Self {
        let numbers = steps * rows * stack.params.input;
        let mut tape = if keeps { stack.tape(steps, rows) } else { stack.answer_tape(steps, rows) };
        if keeps {
            tape.reserve_ragged();
        }
        Side {
            steps: Steps::with_capacity(steps, rows),
            ids: Vec::with_capacity(steps * rows),
            x: Buffer::zeros(numbers),
            dx: Buffer::zeros(if keeps { numbers } else { 0 }),
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
        let (decoder, attention, softmax);
        let decode = |layout: &mut Layout| {
            let decoder = Stack::new(layout, "decoder", &stack);
            let attention = params.attention.map(|score| Attention::new(layout, score, params.hidden));
            (decoder, attention, Softmax::new(layout, "output", params.hidden, classes))
        };
        let encoder = match params.source {
            Source::Tokens { vocabulary } => {
                let encoder = Stack::new(&mut layout, "encoder", &params.encoder());
                (decoder, attention, softmax) = decode(&mut layout);
                let table = Embedding::new(&mut layout, "source", vocabulary, params.embedding);
                Encoder::Tokens(encoder, table)
            }
            Source::Numbers { width } => {
                let states = params.states() * stack.state();
                let dense = Dense::new(&mut layout, "encoder", width, states, Activation::Tanh);
                (decoder, attention, softmax) = decode(&mut layout);
                Encoder::Numbers(dense)
            }
        };
        let target = Embedding::new(&mut layout, "target", classes, params.embedding);
        Ok(EncoderDecoder { params: params.clone(), layout, encoder, decoder, attention, softmax, target })
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
            attention: self.attention.as_ref().map(Attention::packed),
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
        if let (Some(attention), Some(packed)) = (&self.attention, &mut packed.attention) {
            attention.pack(params, packed);
        }
        self.softmax.pack(params, &mut packed.softmax);
    }

    /// Room for `rows` pairs of up to `source` tokens in (none are asked for by numbers) and `target` tokens out.
    pub fn tape<T: Real>(&self, source: usize, target: usize, rows: usize) -> EncoderDecoderTape<T> {
        self.room(source, target + 1, rows, true)
    }

    /// The same for `steps` steps of the decoder; `keeps` for a walk back.
    fn room<T: Real>(&self, source: usize, steps: usize, rows: usize, keeps: bool) -> EncoderDecoderTape<T> {
        let zeros = |yes: bool, n: usize| Buffer::zeros(if yes { n } else { 0 });
        let state = |yes: bool| zeros(yes, rows * self.decoder.params.state());
        let memory = |yes: bool| zeros(yes, rows * self.decoder.params.memory());
        let of_source = match &self.encoder {
            Encoder::Tokens(stack, _) => SourceTape::Tokens(Box::new(Side::new(stack, source, rows, keeps))),
            Encoder::Numbers(dense) => SourceTape::Numbers {
                x: Buffer::zeros(rows * dense.input),
                y: Buffer::zeros(rows * dense.output),
                dy: zeros(keeps, rows * dense.output),
            },
        };
        let hidden = self.params.hidden;
        EncoderDecoderTape {
            rows,
            source: of_source,
            target: Side::new(&self.decoder, steps, rows, keeps),
            classes: Vec::with_capacity(steps * rows),
            softmax: self.softmax.tape(if keeps { steps * rows } else { 0 }),
            attention: self.attention.as_ref().map(|attention| attention.tape(source, steps, rows, keeps)),
            h: state(true),
            c: memory(true),
            dh: state(keeps),
            dc: memory(keeps),
            apart: [state(self.params.bidirectional), memory(self.params.bidirectional)],
            dy: zeros(keeps, steps * rows * hidden),
            d_outputs: zeros(keeps && self.attention.is_some(), source * rows * hidden),
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

    /// Calls with the place of half a state's block among directions apart, (2 L, B, M H / 2), that side by side,
    /// (L, B, M H), and its numbers; of h M is 1.
    fn each_half(&self, rows: usize, blocks: usize, mut f: impl FnMut(usize, usize, usize)) {
        let half = self.params.hidden / 2;
        for layer in 0..2 * self.params.layers {
            for block in 0..rows * blocks {
                let apart = (layer * rows * blocks + block) * half;
                f(apart, (((layer / 2) * rows * blocks + block) * 2 + layer % 2) * half, half);
            }
        }
    }

    /// Leaves the states that the decoder begins with in `tape.h` and `tape.c`, and what attention looks at in its room.
    fn encode<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        rng: Option<&mut Rng>,
        tape: &mut EncoderDecoderTape<T>,
    ) {
        let (rows, (of_h, of_c)) = (tape.rows, self.state(tape));
        let (h, c) = (&mut tape.h[..of_h], &mut tape.c[..of_c]);
        let memories = self.params.cell.memories();
        match (&self.encoder, &packed.encoder, &mut tape.source) {
            (Encoder::Tokens(stack, table), EncoderPacked::Tokens(p), SourceTape::Tokens(side)) => {
                side.forward(table, stack, params, p, None, rng);
                if self.params.bidirectional {
                    let [h_apart, c_apart] = &mut tape.apart;
                    stack.state_into(&side.steps, &side.tape, &mut h_apart[..of_h], &mut c_apart[..of_c]);
                    self.each_half(rows, 1, |from, to, n| {
                        h[to..to + n].copy_from_slice(&h_apart[from..from + n]);
                    });
                    self.each_half(rows, memories, |from, to, n| {
                        c[to..to + n].copy_from_slice(&c_apart[from..from + n]);
                    });
                } else {
                    stack.state_into(&side.steps, &side.tape, h, c);
                }
                if let (Some(attention), Some(p), Some(room)) =
                    (&self.attention, &packed.attention, &mut tape.attention)
                {
                    let outputs = stack.output(&side.steps, &side.tape);
                    attention.read(params, p, &side.steps, outputs, room);
                }
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
        let memories = self.params.cell.memories();
        match (&self.encoder, &packed.encoder, &mut tape.source) {
            (Encoder::Tokens(stack, table), EncoderPacked::Tokens(p), SourceTape::Tokens(side)) => {
                let every = (!tape.d_outputs.is_empty())
                    .then(|| &tape.d_outputs[..side.steps.total() * self.params.hidden]);
                let last = if self.params.bidirectional {
                    let [h_apart, c_apart] = &mut tape.apart;
                    self.each_half(rows, 1, |to, from, n| {
                        h_apart[to..to + n].copy_from_slice(&dh[from..from + n]);
                    });
                    self.each_half(rows, memories, |to, from, n| {
                        c_apart[to..to + n].copy_from_slice(&dc[from..from + n]);
                    });
                    (&h_apart[..of_h], &c_apart[..of_c])
                } else {
                    (dh, dc)
                };
                let above = Above { every, last: Some(last) };
                side.backward(table, stack, p, above, None, gradient, &mut tables[0]);
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

    /// What the softmax reads of the decoder's outputs y (N, H): they themselves, or with what each looked at.
    fn attended<'a, T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        steps: &Steps,
        y: &'a [T],
        room: &'a mut Option<AttentionTape<T>>,
    ) -> &'a [T] {
        match (&self.attention, &packed.attention, room) {
            (Some(attention), Some(packed), Some(room)) => {
                attention.attend(params, packed, steps, y, |row| row, room)
            }
            (None, None, _) => y,
            _ => panic!("{OTHER_KIND}"),
        }
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

#[cfg(test)]
#[path = "../../tests/attention.rs"]
mod attention_tests;
