//! Words as vectors, out of the company that they keep.
//!
//! | step | by |
//! |---|---|
//! | windows | [`Cooccurrence`]: how often each word stands near each other one; HAL (Lund and Burgess 1996) with its direction and its weight of near words |
//! | weights | [`ppmi`]: max(0, ln(P(w, c) / (P(w) P_α(c))) - ln s), α = 0.75, s = 1 (Church and Hanks 1990; Levy, Goldberg and Dagan 2015) |
//! | few dimensions | [`WordVectors::of`]: U Σ^p of the truncated decomposition |
//! | use | nearest words, analogies by 3CosAdd (Mikolov et al. 2013) |

mod cooccurrence;
mod vectors;

pub use cooccurrence::{Cooccurrence, Distance, WindowParams, ppmi};
pub use vectors::WordVectors;

#[cfg(test)]
mod tests;
