//! ARPA files: the text form of back-off models that SRILM, KenLM and others share.

pub(crate) mod number;
mod read;
mod repair;
mod write;

pub use read::{Repairs, read_arpa};
pub use write::write_arpa;
