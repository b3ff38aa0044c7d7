//! A trained net that labels every step of sequences of tokens: weights packed once, both directions allowed.

use gyeol_tensor::{Pool, Real};

use super::inside::layers_over;
use super::{LayerInside, Net, NetPacked, Reads, read_of};
use crate::error::{Error, Result};

/// Rows that walk together, and steps from which on fewer do.
const ROWS: usize = 16;
const LONG: usize = 4096;

/// A net of tokens that reads every step, with fixed parameters.
#[derive(Debug)]
pub struct TagPredictor<T: Real> {
    net: Net,
    params: Vec<T>,
    packed: NetPacked<T>,
}

impl<T: Real> TagPredictor<T> {
    /// A predictor.
    ///
    /// # Errors
    /// [`Error::Shape`] when the parameters are not as many as the net has, or it reads numbers, or not every step.
    pub fn new(net: Net, params: Vec<T>) -> Result<Self> {
        let shape = |what, found: &str, expected: &str| {
            Err(Error::Shape { what, found: found.into(), expected: expected.into() })
        };
        if net.embedding.is_none() || net.params.reads != Reads::Every {
            return shape("net", "one of numbers, or of a row at a time", "tokens in, a class a step out");
        }
        if params.len() != net.layout.len() {
            return shape("parameters", &params.len().to_string(), &net.layout.len().to_string());
        }
        let mut packed = net.packed();
        net.pack(&params, &mut packed);
        Ok(TagPredictor { net, params, packed })
    }

    /// The net.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The parameters.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// The likeliest class of every token of each sequence, and ln P of it; sequences of like length walk together, on
    /// the pool. What one gets does not depend on the others.
    ///
    /// # Errors
    /// [`Error::Shape`] for a token outside the vocabulary.
    pub fn tags(&self, sequences: &[&[u32]], pool: &Pool) -> Result<Vec<Vec<(u32, T)>>> {
        self.each_step(sequences, pool, |said| {
            // Of equals the first.
            let best = (1..said.len()).fold(0, |best, c| if said[c] > said[best] { c } else { best });
            (best as u32, said[best])
        })
    }

    /// ln P of every class at every token of each sequence.
    ///
    /// # Errors
    /// As [`TagPredictor::tags`].
    pub fn log_probabilities(&self, sequences: &[&[u32]], pool: &Pool) -> Result<Vec<Vec<Vec<T>>>> {
        self.each_step(sequences, pool, <[T]>::to_vec)
    }

    /// The gates and states of every layer over one sequence; those of a layer that reads from the end too.
    ///
    /// # Errors
    /// [`Error::Shape`] for no tokens, or one outside the vocabulary.
    pub fn inside(&self, ids: &[u32]) -> Result<Vec<LayerInside<T>>> {
        layers_over(&self.net, &self.params, &self.packed.stack, ids, ids.len())
    }

    /// What `of` makes of ln P of the classes, at every token of each sequence.
    fn each_step<R: Clone + Send>(
        &self,
        sequences: &[&[u32]],
        pool: &Pool,
        of: impl Fn(&[T]) -> R + Sync,
    ) -> Result<Vec<Vec<R>>> {
        let vocabulary = self.net.embedding.as_ref().map_or(0, |e| e.rows);
        if let Some(id) = sequences.iter().flat_map(|s| s.iter()).find(|&&id| id as usize >= vocabulary) {
            let (found, expected) = (format!("token {id}"), format!("0..{vocabulary}"));
            return Err(Error::Shape { what: "tokens", found, expected });
        }
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|&at| sequences[at].len());
        let long = order.partition_point(|&at| sequences[at].len() <= LONG);
        let chunks: Vec<&[usize]> = order[..long].chunks(ROWS).chain(order[long..].chunks(1)).collect();
        let k = self.net.output_width();
        let mut found: Vec<Vec<Vec<R>>> = vec![Vec::new(); chunks.len()];
        pool.each_mut(&mut found, |_, task, found| {
            let own: Vec<&[u32]> = chunks[task].iter().map(|&at| sequences[at]).collect();
            let longest = own.iter().map(|s| s.len()).max().unwrap_or(0);
            let net = &self.net;
            let (mut batch, mut tape) = (net.batch(longest, own.len()), net.answer_tape(longest, own.len()));
            batch.steps.set_ragged(own.iter().map(|s| s.len()));
            batch.ids.clear();
            for t in 0..batch.steps.len() {
                let walking = &batch.steps.order()[..batch.steps.active(t)];
                batch.ids.extend(walking.iter().map(|&row| own[row][t]));
            }
            net.forward(&self.params, &self.packed, &mut batch, None, &mut tape);
            let m = batch.steps.total();
            let read = read_of(&net.stack, net.params.reads, &batch.steps, &tape.stack, &tape.read, false);
            let read = if net.projection.is_some() { &tape.projected[..] } else { read };
            net.head.answer(
                &self.params,
                &self.packed.head,
                &read[..m * net.head_input()],
                m,
                &mut tape.head,
            );
            let mut rows: Vec<Vec<R>> = own.iter().map(|s| Vec::with_capacity(s.len())).collect();
            for t in 0..batch.steps.len() {
                for (i, &row) in batch.steps.order()[..batch.steps.active(t)].iter().enumerate() {
                    let at = (batch.steps.first(t) + i) * k;
                    rows[row].push(of(&tape.head.out[at..at + k]));
                }
            }
            *found = rows;
        });
        let mut out = vec![Vec::new(); sequences.len()];
        for (chunk, found) in chunks.iter().zip(found) {
            chunk.iter().zip(found).for_each(|(&at, row)| out[at] = row);
        }
        Ok(out)
    }
}

#[cfg(test)]
#[path = "../tests/tagging.rs"]
mod tests;
