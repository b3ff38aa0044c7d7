//! ARPA files: the text form of back-off models that SRILM, KenLM and others share.

mod number;
mod write;

pub use write::write_arpa;
