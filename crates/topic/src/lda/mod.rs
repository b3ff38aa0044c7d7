//! Latent Dirichlet allocation (Blei, Ng & Jordan 2003): each document is a mixture of K topics, each topic a distribution
//! over words.
//!
//! | what | where |
//! |---|---|
//! | options | [`LdaParams`] |
//! | collapsed Gibbs sampling: a topic for every token, drawn again and again | [`Gibbs`] |
//! | a few short starts, the best of which goes on | [`Fit::begin`] |
//! | sweeps, the curve of the likelihood, the average of the last states | [`Fit`] |
//! | topics, documents, the file | [`Lda`] |
//! | topics of other documents; how well words are foretold | [`Folder`] |
//! | a document drawn from the model | [`Lda::generate`] |

mod fit;
mod generate;
mod gibbs;
mod infer;
mod layout;
mod likelihood;
mod model;
mod params;
mod prior;
mod starts;
mod state;
mod variational;

pub use fit::{Fit, SAMPLE_LAG, Sweep};
pub use generate::Drawn;
pub use gibbs::Gibbs;
pub use infer::{Completion, Folder, Reading};
pub use model::{Facts, Inference, Lda, TopicWord};
pub use params::{LdaParams, LdaValid};
pub use starts::Starts;

#[cfg(test)]
mod tests;
