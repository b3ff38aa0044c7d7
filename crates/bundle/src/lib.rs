//! Model files: one `model.gyeol` holds everything that prediction needs.
//!
//! A bundle is a [safetensors](https://github.com/huggingface/safetensors) file, so that any tool of that format reads its
//! weights, with a JSON [`Manifest`] in the `__metadata__` table under the key `gyeol`:
//!
//! ```text
//! 8 bytes   length of the header, little endian
//! header    {"__metadata__":{"gyeol":"<manifest>"},"<tensor>":{"dtype":"F32","shape":[4,8],"data_offsets":[0,128]},…}
//! tensors   little-endian numbers, one tensor after the other, no gaps
//! ```
//!
//! Opening one never executes anything and never believes what a header says: sizes, counts, shapes and offsets are
//! checked against [`Limits`] and against the file before anything of that size is allocated, and a SHA-256 over names,
//! shapes, numbers and manifest finds every altered byte. That digest protects against damage, not against a forger, who
//! could compute it anew.
//!
//! The container knows nothing of forecasts or nets: a model is [`Packed`] by its own crate. Tensors of bytes that carry
//! checksums of their own are [sections](Bundle::add_section): in a large file they stay mapped where they are, whatever
//! their size.
//!
//! # Errors
//!
//! | code | means |
//! |---|---|
//! | `not-a-bundle` | the bytes are something else |
//! | `cut-short`, `trailing-bytes` | the file ends before, or goes on after, what its header says |
//! | `too-large` | beyond the [`Limits`] |
//! | `other-version` | written in a format that this program does not know |
//! | `twice-named`, `number-type`, `bad-layout` | a header that contradicts itself or the file |
//! | `bad-manifest` | a manifest, or a model in it, that is not what the format says |
//! | `altered` | the digest does not fit |
//! | `wrong-kind` | a model of another kind than was asked for |
//!
//! ```
//! use gyeol_bundle::{Bundle, DataHash, Limits, Manifest, Tensor};
//!
//! let manifest = Manifest::new("forecast", "linear", DataHash { name: "load.csv".into(), sha256: "00".into(), rows: 48 });
//! let mut bundle = Bundle::new(manifest);
//! bundle.tensors.insert("weight".into(), Tensor::f32([2, 3], vec![0.5; 6])?);
//!
//! let bytes = bundle.to_bytes()?;
//! let again = Bundle::from_bytes(&bytes, &Limits::default())?;
//! assert_eq!(again.tensors, bundle.tensors);
//! assert_eq!(again.summary().parameters, 6);
//! # Ok::<(), gyeol_base::Error>(())
//! ```

mod bundle;
mod fault;
mod file;
mod header;
mod limits;
mod manifest;
mod packed;
mod summary;
mod tensor;

pub use bundle::Bundle;
pub use fault::manifest as bad_manifest;
pub use gyeol_base::{Error, Result};
pub use limits::Limits;
pub use manifest::{DataHash, FORMAT, Manifest};
pub use packed::Packed;
pub use summary::{Summary, TensorSummary};
pub use tensor::{Tensor, TensorData};
