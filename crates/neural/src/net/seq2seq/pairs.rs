//! An encoder-decoder together with the pairs it learns from.

use gyeol_tensor::{Real, Rng, Write};

use super::{EncoderDecoder, EncoderDecoderPacked, EncoderDecoderTape, SourceTape, check_tokens};
use crate::error::Result;
use crate::layout::Layout;
use crate::recurrent::Above;
use crate::trainer::{Chunk, Gradient, Trainable};

/// An encoder-decoder with the pairs it learns from, as the trainer takes it.
#[derive(Debug, Clone, Copy)]
pub struct PairsLearner<'a, T> {
    net: &'a EncoderDecoder,
    /// One of these is empty.
    sources: &'a [Vec<u32>],
    x: &'a [T],
    targets: &'a [Vec<u32>],
    longest: (usize, usize),
}

impl<'a, T: Real> PairsLearner<'a, T> {
    /// Pairs of sequences of any lengths, `sources[i]` with `targets[i]`, without signs for start and end.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] when the counts differ, a token is outside its vocabulary or the net reads numbers.
    pub fn new(net: &'a EncoderDecoder, sources: &'a [Vec<u32>], targets: &'a [Vec<u32>]) -> Result<Self> {
        net.expect("source", net.vocabulary().is_some(), "tokens", "numbers")?;
        let (found, expected) = (targets.len(), format!("{} sources", sources.len()));
        net.expect("targets", found == sources.len(), &found.to_string(), &expected)?;
        sources.iter().try_for_each(|s| check_tokens("source", s, net.vocabulary().unwrap_or(0)))?;
        PairsLearner { net, sources, x: &[], targets, longest: (0, 0) }.checked()
    }

    /// Rows of numbers x (rows, I) with a sequence each.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] when the counts differ, a token is outside its vocabulary or the net reads tokens.
    pub fn of_numbers(net: &'a EncoderDecoder, x: &'a [T], targets: &'a [Vec<u32>]) -> Result<Self> {
        net.check_numbers(x.len(), targets.len())?;
        PairsLearner { net, sources: &[], x, targets, longest: (0, 0) }.checked()
    }

    fn checked(self) -> Result<Self> {
        self.targets.iter().try_for_each(|t| check_tokens("target", t, self.net.params.target))?;
        let longest = |side: &[Vec<u32>]| side.iter().map(Vec::len).max().unwrap_or(0);
        Ok(PairsLearner { longest: (longest(self.sources), longest(self.targets)), ..self })
    }

    fn gather(&self, samples: &[u32], tape: &mut EncoderDecoderTape<T>) {
        let of = |side: &'a [Vec<u32>], row: usize| &side[samples[row] as usize];
        let rows = 0..samples.len();
        tape.rows = samples.len();
        match &mut tape.source {
            SourceTape::Tokens(side) => {
                let lengths = rows.clone().map(|row| of(self.sources, row).len());
                side.gather(lengths, |row, t| of(self.sources, row)[t]);
            }
            SourceTape::Numbers { x, .. } => {
                let width = self.x.len() / self.targets.len().max(1);
                for (to, &s) in x.chunks_exact_mut(width.max(1)).zip(samples) {
                    to.copy_from_slice(&self.x[s as usize * width..(s as usize + 1) * width]);
                }
            }
        }
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

impl<T: Real> Trainable<T> for PairsLearner<'_, T> {
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
        // The target's table is the last.
        let of_target = tables.len() - 1;
        let (of_source, of_target) = tables.split_at_mut(of_target);
        let (of_h, of_c) = net.state(tape);
        let n = tape.target.steps.total() * net.params.hidden;
        let EncoderDecoderTape { source, target, classes, softmax, attention, dh, dc, dy, d_outputs, .. } =
            &mut *tape;
        let y = net.decoder.output(&target.steps, &target.tape);
        let dy = &mut dy[..n];
        let (scale, softmax_packed) = (chunk.scale, &packed.softmax);
        let read = net.attended(params, packed, &target.steps, y, attention);
        let loss = net.softmax.learn(
            params,
            softmax_packed,
            read,
            classes,
            scale,
            softmax,
            dy,
            gradient,
            Write::Set,
        );
        if let (Some(layer), Some(packed), Some(room), SourceTape::Tokens(source)) =
            (&net.attention, &packed.attention, attention, source)
        {
            let d_outputs = &mut d_outputs[..source.steps.total() * net.params.hidden];
            layer.backward(packed, (&source.steps, &target.steps), dy, d_outputs, room, gradient);
        }
        let state = Some((&mut dh[..of_h], &mut dc[..of_c]));
        let (above, of_target) = (Above::every(&*dy), &mut of_target[0]);
        target.backward(&net.target, &net.decoder, &packed.decoder, above, state, gradient, of_target);
        net.encode_backward(packed, tape, gradient, of_source);
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
        let EncoderDecoderTape { target, classes, softmax, attention, .. } = tape;
        let y = self.net.decoder.output(&target.steps, &target.tape);
        let read = self.net.attended(params, packed, &target.steps, y, attention);
        self.net.softmax.loss(params, &packed.softmax, read, classes, softmax)
    }
    /// Tokens to say, the ends with them.
    fn weight(&self, samples: &[u32]) -> f64 {
        samples.iter().map(|&s| self.targets[s as usize].len() + 1).sum::<usize>() as f64
    }
    /// Pairs of like length beside each other.
    fn arrange(&self, samples: &mut [u32]) {
        let source = |s: usize| self.sources.get(s).map_or(0, Vec::len);
        samples.sort_unstable_by_key(|&s| (self.targets[s as usize].len(), source(s as usize), s));
    }
    fn table_rows(&self, rows: usize) -> Vec<(usize, usize)> {
        let width = self.net.params.embedding;
        let of_source = self.net.vocabulary().map(|_| (self.longest.0 * rows, width));
        of_source.into_iter().chain([((self.longest.1 + 1) * rows, width)]).collect()
    }
}
