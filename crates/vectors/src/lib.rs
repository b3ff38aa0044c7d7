//! Texts and words as vectors: what stands between text and whatever learns from numbers.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`matrix`] | | sparse and dense matrices, their files (`.npz`, Matrix Market) |
//! | [`vectorize`] | texts | counts and weights: the document-term matrix |
//! | [`similarity`] | rows | how near they are; the nearest of many |
//! | [`svd`] | a matrix | its singular values and vectors |
//! | [`words`] | tokens | words as vectors, by their neighbours |
//! | [`pretrained`] | a file of word2vec, GloVe or fastText | the vectors of the words that are asked for |

mod largest;
pub mod matrix;
pub mod pretrained;
pub mod similarity;
pub mod svd;
pub mod vectorize;
pub mod words;

pub use gyeol_base::{Error, Result};
pub use largest::largest;
