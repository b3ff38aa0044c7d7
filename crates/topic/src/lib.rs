//! Topics of texts, and how well their words go together. Matrices, vectorizers, similarity and singular values are in
//! [`gyeol_vectors`].
//!
//! | module | from | to |
//! |---|---|---|
//! | [`coherence`] | topics and texts | how well the words of a topic go together |
//! | [`lda`] | counts | topics by collapsed Gibbs sampling, models, documents read and drawn |
//! | [`lsa`] | a document-term matrix | topics, coordinates of documents and words |
//! | [`map`] | a model of topics | distances between topics, their places in a plane, the words that speak for each |
//! | [`variational`] | a matrix of counts | topics by variational Bayes, of a corpus in memory or in blocks |

pub mod coherence;
pub mod lda;
pub mod lsa;
pub mod map;
#[cfg(test)]
#[path = "../../../tests/real_files.rs"]
mod real_files;
mod special;
pub mod variational;

pub use gyeol_base::{Error, Result};
