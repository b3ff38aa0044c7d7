//! Layers as a textbook has them: one sequence, one number at a time, in `f64`, forward and backward one below the
//! other. For reading, and as an oracle that shares nothing with the fast layers of this crate but the order of the
//! parameters. To train a net take those: they compute the same numbers in less time.
//!
//! | file | layer | as in |
//! |---|---|---|
//! | `dense.rs` | y = f(x W + b) | Rumelhart, Hinton and Williams 1986 |
//! | `softmax.rs` | class probabilities with cross-entropy | Bridle 1990 |
//! | `rnn.rs` | simple recurrent net | Elman 1990 |
//! | `lstm.rs` | long short-term memory | Hochreiter and Schmidhuber 1997, Gers et al. 2000 |
//! | `gru.rs` | gated recurrent unit, reset after the product | Cho et al. 2014 |
//! | `slstm.rs` | LSTM with an exponential input gate | Beck et al. 2024 |
//! | `mingru.rs` | GRU whose gate and candidate read the input alone | Feng et al. 2024 |
//! | [`shown`] | these layers at work, number by number | |
//!
//! Read them in this order. A sequence is a `Vec` of T steps, each a `Vec` of numbers. In the code dL/dv, the gradient
//! of the loss L by a number v, is called `d_v`, and a layer's gradient by its parameters has the layer's own type.
//!
//! Parameters lie as in a net's flat vector ([`crate::Layout`]): matrices row after row, an input's row before the next
//! one's, gates side by side in each row, then the biases. `w_x`, `w_h` and `b` of a cell are thus
//! [`crate::Recurrent`]'s slots of these names; `w` and `b` are those of [`crate::Dense`] and [`crate::Softmax`], whose
//! matrix alone is the other way round, a row a class.
//!
//! # Example
//!
//! What back-propagation through time says of a weight is what moving that weight does to the loss:
//!
//! ```
//! use gyeol_neural::textbook::Lstm;
//!
//! // Two numbers a step, one unit: W_x (2, 4), W_h (1, 4), b (4), for the gates i, f, g, o.
//! let lstm = Lstm {
//!     w_x: vec![0.3, -0.2, 0.5, 0.1, -0.4, 0.6, 0.2, -0.1],
//!     w_h: vec![0.2, 0.1, -0.3, 0.4],
//!     b: vec![0.0, 1.0, 0.0, 0.0],
//! };
//! let x = vec![vec![1.0, -0.5], vec![0.3, 0.8], vec![-1.2, 0.1]];
//!
//! // The loss is the square of how far the last hidden state is from 0.5.
//! let loss = |lstm: &Lstm| (lstm.forward(&x, &[0.0], &[0.0]).h[3][0] - 0.5).powi(2);
//!
//! let walk = lstm.forward(&x, &[0.0], &[0.0]);
//! let d_h = vec![vec![0.0], vec![0.0], vec![2.0 * (walk.h[3][0] - 0.5)]];
//! let gradient = lstm.backward(&x, &walk, &d_h, &[0.0]);
//!
//! let mut moved = lstm.clone();
//! moved.w_h[2] += 1e-6;
//! let slope = (loss(&moved) - loss(&lstm)) / 1e-6;
//! assert!((gradient.weights.w_h[2] - slope).abs() < 1e-6);
//! ```

mod dense;
mod gru;
mod lstm;
mod mingru;
mod rnn;
pub mod shown;
mod slstm;
mod softmax;

pub use dense::{Curve, Dense};
pub use gru::{Gru, GruWalk};
pub use lstm::{Lstm, LstmWalk};
pub use mingru::{MinGru, MinGruWalk};
pub use rnn::Rnn;
pub use slstm::{SLstm, SLstmWalk};
pub use softmax::Softmax;

/// What the backward walk of a cell finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<Cell> {
    /// dL/dW_x, dL/dW_h and dL/db, in a cell of the same shape.
    pub weights: Cell,
    /// dL/dx: T steps of I numbers.
    pub x: Vec<Vec<f64>>,
    /// dL/dh_0, of the hidden state before the first step: H numbers.
    pub h_0: Vec<f64>,
    /// dL/dc_0, of the cell state before it: H numbers, none but for the LSTM; for the sLSTM dL/dc_0, dL/dn_0 and
    /// dL/dm_0, one after another.
    pub c_0: Vec<f64>,
}

#[cfg(test)]
#[path = "../tests/textbook.rs"]
mod tests;
