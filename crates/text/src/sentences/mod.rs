//! Sentences of English and Korean text.

pub mod english;
pub mod korean;
