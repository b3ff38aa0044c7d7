//! Models from their files, as strangers hand them over.

mod fuzz;
#[path = "../../../../tests/mutate.rs"]
mod mutate;
mod topics;
mod unlabelled;
