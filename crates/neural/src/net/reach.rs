//! How far back a net hears: the gradient of one loss at the tokens before it.
//!
//! ```text
//! L = -ln P(w | x_1 … x_T)          ‖dL/dx_t‖ by T - t, x_t (I) the embedding of token t
//! ```
//!
//! Through a simple recurrent net it falls, or grows, by a factor a step (Bengio, Simard and Frasconi 1994); what the gates of
//! an LSTM keep open (Hochreiter and Schmidhuber 1997) is what it does not fall.

use gyeol_tensor::Real;

use super::{Predictor, Reads};
use crate::NO_TARGET;
use crate::error::{Error, Result};

impl<T: Real> Predictor<T> {
    /// Norms of the gradient of -ln P(`target` after the tokens) at each token's embedding, the last token first.
    ///
    /// # Errors
    /// [`Error::Shape`] for a net that is no language model, no tokens, or one outside the vocabulary.
    pub fn reach(&self, ids: &[u32], target: u32) -> Result<Vec<f64>> {
        let (net, width) = (self.net(), self.net().params().stack.input);
        let shape = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
        let Some(embedding) = net.embedding.as_ref().filter(|_| net.params().reads == Reads::Every) else {
            return shape("input", "tokens of a stream".into(), "what this net reads".into());
        };
        if ids.is_empty() || ids.iter().any(|&id| id as usize >= embedding.rows) {
            return shape(
                "tokens",
                format!("{} tokens", ids.len()),
                format!("some of 0..{}", embedding.rows),
            );
        }
        super::learner::check_classes(&[target], net.output_width())?;
        let (mut batch, mut tape) = (net.batch(ids.len(), 1), net.tape(ids.len(), 1));
        batch.steps.set_equal(ids.len(), 1);
        batch.ids.extend_from_slice(ids);
        batch.classes.clear();
        batch.classes.resize(ids.len() - 1, NO_TARGET);
        batch.classes.push(target);
        let mut gradient = vec![T::ZERO; net.layout().len()];
        net.learn(self.params(), self.packed(), &mut batch, 1.0, None, &mut tape, &mut gradient, &mut []);
        let norm = |row: &[T]| row.iter().map(|v| v.to_f64() * v.to_f64()).sum::<f64>().sqrt();
        Ok(tape.dx[..ids.len() * width].chunks_exact(width).rev().map(norm).collect())
    }
}
