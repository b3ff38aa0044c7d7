//! Documents as vectors, and what can be seen in them.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`matrix`] | | sparse and dense matrices, their files (`.npz`, Matrix Market) |
//! | [`vectorize`] | texts | counts and weights: the document-term matrix |

pub mod error;
pub mod matrix;
pub mod vectorize;

pub use error::{Error, Result};
