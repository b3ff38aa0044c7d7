//! The numeric ground of gyeol: kernel paths, packed matrix products, activations, softmax, the element-wise
//! part of recurrent cells, optimizer updates, threads and random numbers.
//!
//! Everything numeric is generic over [`Real`] (`f32` for training, `f64` so that gradients can be checked
//! against finite differences). Kernels for `f32` are compiled for AVX-512, AVX2 + FMA, NEON and the portable
//! baseline; the path is chosen once at run time ([`path::kernel_path`]) and can be forced by the environment
//! variable `GYEOL_KERNEL`. On one path results are the same bits for any number of threads, because work is
//! cut by problem size and never by thread count.
//!
//! This is the only crate of the workspace that holds `unsafe`; each block says why.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod activation;
pub mod buffer;
pub mod cells;
pub mod dirichlet;
mod dispatch;
mod draw;
pub mod elementwise;
pub mod gemm;
pub mod gibbs;
pub mod mapped;
pub mod path;
pub mod real;
pub mod rng;
pub mod softmax;
pub mod sparse;
pub mod threads;
pub mod update;

pub use buffer::Buffer;
pub use draw::Draw;
pub use gemm::{
    Bf16Unavailable, MatRef, Operand, Packed, PackedBf16, PackedChunk, Precision, Walk, Write, matmul,
    matmul_bf16, matmul_in, matmul_packed, matmul_packed_bf16, matmul_packed_walk, product,
};
pub use path::{KernelPath, bf16_available, kernel_path};
pub use real::Real;
pub use rng::Rng;
pub use sparse::{SparseRows, sparse_times_f32, sparse_times_f64};
pub use threads::Pool;
pub use update::{Rule, Update};
