//! What holds of whole fits: the numbers of PyTorch, products in bf16, the memory of a step and that it allocates
//! nothing.

mod counting;
#[path = "../../src/tests/farthest.rs"]
mod farthest;
mod no_allocation;
mod precision;
mod shown;
mod step_memory;
mod torch;
