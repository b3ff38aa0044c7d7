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
//! The container knows nothing of forecasts or nets: what stands in [`Manifest::model`] is the business of whoever put it
//! there. Tenants so far are a [`gyeol_forecast::Forecaster`] ([`Bundle::of_forecaster`], [`Bundle::forecaster`]) and a
//! [`LanguageModel`] ([`Bundle::of_language_model`], [`Bundle::language_model`]).
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
//! # Ok::<(), gyeol_bundle::Error>(())
//! ```

mod bundle;
mod error;
mod file;
mod forecaster;
mod header;
mod language;
mod limits;
mod manifest;
mod summary;
mod tensor;

pub use bundle::Bundle;
pub use error::{Error, Result};
pub use forecaster::FORECAST;
pub use language::{LANGUAGE_MODEL, LanguageModel};
pub use limits::Limits;
pub use manifest::{DataHash, FORMAT, Manifest};
pub use summary::{Summary, TensorSummary};
pub use tensor::{Tensor, TensorData};
