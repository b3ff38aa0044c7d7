//! Documents as vectors, and what can be seen in them.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`coherence`] | topics and texts | how well the words of a topic go together |
//! | [`lda`] | counts | topics by collapsed Gibbs sampling, models, documents read and drawn |
//! | [`lsa`] | a document-term matrix | topics, coordinates of documents and words |
//! | [`matrix`] | | sparse and dense matrices, their files (`.npz`, Matrix Market) |
//! | [`similarity`] | rows | how near they are; the nearest of many |
//! | [`svd`] | a matrix | its singular values and vectors |
//! | [`variational`] | a matrix of counts | topics by variational Bayes, of a corpus in memory or in blocks |
//! | [`vectorize`] | texts | counts and weights: the document-term matrix |
//! | [`words`] | tokens | words as vectors, by their neighbours |

pub mod coherence;
pub mod error;
mod largest;
pub mod lda;
pub mod lsa;
pub mod matrix;
pub mod similarity;
mod special;
pub mod svd;
pub mod variational;
pub mod vectorize;
pub mod words;

pub use error::{Error, Result};
