//! Layers, recurrent cells, losses, optimizers and the trainer.
//!
//! Nets are composed by hand, as in llm.c: every layer is a small struct that knows where its parameters lie
//! in one flat vector ([`Layout`]) and has `forward` and `backward` side by side, with shapes in the comments.
//! There is no tape. Sequences are time-major: `[T, B, H]`, row-major, contiguous.
//!
//! A training step cuts its batch into chunks of rows by the *problem's* size; each chunk walks the whole net,
//! forward and backward, on one thread into its own gradient, and the gradients are added in chunk order. The
//! result is the same bits for any number of threads.
//!
//! Everything is generic over `f32` and `f64`; the gradients of each layer are checked in `f64` against finite
//! differences.

mod adaptive;
mod cell;
mod curve;
mod dense;
#[cfg(test)]
#[path = "tests/differences.rs"]
mod differences;
mod embedding;
mod error;
#[cfg(test)]
#[path = "tests/farthest.rs"]
mod farthest;
mod layout;
mod loss;
pub mod net;
mod optimizer;
mod recurrent;
mod sampled;
mod schedule;
mod shapes;
mod softmax;
mod stack;
mod steps;
pub mod textbook;
mod trainer;

pub use adaptive::{AdaptivePacked, AdaptiveSoftmax, AdaptiveTape};
pub use curve::{Finding, Verdict};
pub use dense::{Dense, DensePacked};
pub use embedding::{Embedding, TableGradient, TokenVectors};
pub use error::{Error, Result};
pub use layout::{Initial, Layout, Slot};
pub use loss::Loss;
pub use optimizer::{Optimizer, OptimizerState, Step};
pub use recurrent::{Above, Cell, Recurrent, RecurrentPacked, RecurrentTape};
pub use sampled::{SampledSoftmax, SampledTape};
pub use schedule::{Schedule, plateau_factor};
pub use shapes::Shapes;
pub use softmax::{NO_TARGET, Softmax, SoftmaxPacked, SoftmaxTape};
pub use stack::{Stack, StackPacked, StackParams, StackTape};
pub use steps::{Padding, Steps};
pub use trainer::{
    Chunk, Epoch, Fit, Gradient, State, Streams, TrainParams, Trainable, chunk_rows, evaluate, fit, gradient,
};

pub use gyeol_tensor::Precision;
pub use gyeol_tensor::activation::Activation;
