//! Products of bf16 operands.
