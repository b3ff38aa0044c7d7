//! How far back a net hears: the gradient of one loss at the tokens before it.
//!
//! ```text
//! L = -ln P(w | x_1 … x_T)          ‖dL/dx_t‖ by T - t, x_t (I) the embedding of token t
//! ```
//!
//! Through a simple recurrent net it falls, or grows, by a factor a step (Bengio, Simard and Frasconi 1994); what the gates of
//! an LSTM keep open (Hochreiter and Schmidhuber 1997) is what it does not fall.

use gyeol_tensor::Real;

use super::{Predictor, StreamState};
use crate::NO_TARGET;
use crate::error::Result;

impl<T: Real> Predictor<T> {
    /// Norms of the gradient of -ln P(`target` after the tokens) at each token's embedding, the last token first.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] for a net that is no language model, no tokens, or one outside the vocabulary.
    pub fn reach(&self, ids: &[u32], target: u32) -> Result<Vec<f64>> {
        let mut targets = vec![NO_TARGET; ids.len()];
        targets.last_mut().into_iter().for_each(|last| *last = target);
        let (_, tape) = self.walk_back((ids, &targets), &StreamState::default(), 1.0)?;
        let width = self.net().params().stack.input;
        let norm = |row: &[T]| row.iter().map(|v| v.to_f64() * v.to_f64()).sum::<f64>().sqrt();
        Ok(tape.dx[..ids.len() * width].chunks_exact(width).rev().map(norm).collect())
    }
}
