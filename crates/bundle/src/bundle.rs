//! A bundle in memory, and its one and only form as bytes.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use gyeol_base::digest::Running;
use gyeol_base::{Error, Result};
use gyeol_tensor::mapped::Bytes;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{SafeTensorError, SafeTensors};
use serde::Deserialize;

use crate::fault::{self, not_a_bundle};
use crate::header::{self, LENGTH_BYTES};
use crate::summary::Summary;
use crate::{FORMAT, Limits, Manifest, Tensor, TensorData};

/// Key of the manifest in the safetensors metadata.
const KEY: &str = "gyeol";

/// How the manifest's text ends: the digest is its last field, so that the text before it can be hashed as it stands.
const DIGEST_FIELD: &str = ",\"content_sha256\":\"";

/// A model: a manifest and named tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What it is and where it came from.
    pub manifest: Manifest,
    /// Its numbers by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Bundle {
    /// A bundle without tensors.
    pub fn new(manifest: Manifest) -> Bundle {
        Bundle { manifest, tensors: BTreeMap::new() }
    }

    /// What the bundle holds, for `gyeol show`.
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// Adds bytes that carry checksums of their own: the file is opened without reading them.
    pub fn add_section(&mut self, name: &str, bytes: impl Into<Bytes>) {
        self.manifest.sections.push(name.to_owned());
        self.tensors.insert(name.to_owned(), Tensor::bytes(bytes));
    }

    /// A tensor that must be there.
    ///
    /// # Errors
    /// No such tensor, or one with another number of axes.
    pub fn tensor(&self, name: &str, axes: usize) -> Result<&Tensor> {
        let tensor = self.tensors.get(name).filter(|tensor| tensor.shape.len() == axes);
        tensor.ok_or_else(|| fault::manifest(format!("it has no tensor '{name}' of {axes} axes")))
    }

    /// The numbers of a tensor of double precision that must be there.
    ///
    /// # Errors
    /// As [`Bundle::tensor`]; another number type.
    pub fn f64(&self, name: &str, axes: usize) -> Result<&[f64]> {
        let numbers = self.tensor(name, axes)?.as_f64();
        numbers.ok_or_else(|| fault::manifest(format!("tensor '{name}' is not in double precision")))
    }

    /// The numbers of a tensor of single precision that must be there.
    ///
    /// # Errors
    /// As [`Bundle::tensor`]; another number type.
    pub fn f32(&self, name: &str, axes: usize) -> Result<&[f32]> {
        let numbers = self.tensor(name, axes)?.as_f32();
        numbers.ok_or_else(|| fault::manifest(format!("tensor '{name}' is not in single precision")))
    }

    /// The bytes of a tensor that must be there, shared.
    ///
    /// # Errors
    /// No such tensor; another number type.
    pub fn bytes(&self, name: &str) -> Result<Bytes> {
        match self.tensors.get(name).map(|tensor| &tensor.data) {
            Some(TensorData::U8(bytes)) => Ok(bytes.clone()),
            _ => Err(fault::manifest(format!("it has no tensor of bytes called '{name}'"))),
        }
    }

    /// The text in a tensor of bytes that must be there.
    ///
    /// # Errors
    /// As [`Bundle::bytes`]; bytes that are not UTF-8.
    pub fn text(&self, name: &str) -> Result<String> {
        let text = String::from_utf8(self.bytes(name)?.to_vec());
        text.map_err(|_| fault::manifest(format!("tensor '{name}' is not a text")))
    }

    /// The bundle as bytes: the same bundle always gives the same ones.
    ///
    /// # Errors
    /// A tensor whose shape and numbers differ, or a reserved name.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let never = |e: std::io::Error| Error::defect(format!("memory refused bytes: {e}"));
        self.write_to(&mut bytes, &Limits { max_bytes: u64::MAX, ..Limits::default() }, &never)?;
        Ok(bytes)
    }

    /// Writes the bundle without holding it as bytes a second time.
    pub(crate) fn write_to(
        &self,
        out: &mut impl Write,
        limits: &Limits,
        failed: &dyn Fn(std::io::Error) -> Error,
    ) -> Result<()> {
        for (name, tensor) in &self.tensors {
            tensor.check(name)?;
            if name == "__metadata__" {
                return Err(fault::tensor(name, "this name is taken by the safetensors format"));
            }
        }
        let mut manifest = self.manifest.clone();
        manifest.content_sha256 = String::new();
        // A file without sections is one that the first version reads too.
        manifest.format = if manifest.sections.is_empty() { 1 } else { FORMAT };
        let text = serde_json::to_string(&manifest).map_err(fault::manifest)?;
        let (words, _) = split_digest(&text)?;
        let digest = digest(words, &manifest.sections, &self.tensors);
        let (header, order) = header(&format!("{words}{DIGEST_FIELD}{digest}\"}}"), &self.tensors)?;
        // What could not be opened again must not be written.
        fault::limit("tensors", self.tensors.len() as u64, limits.max_tensors as u64)?;
        fault::limit("bytes of header", header.len() as u64, limits.max_manifest)?;
        let held = self.tensors.values().filter(|tensor| tensor.as_bytes().is_none());
        fault::limit("bytes", held.map(|tensor| tensor.byte_len() as u64).sum(), limits.max_bytes)?;
        out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed)?;
        out.write_all(header.as_bytes()).map_err(failed)?;
        for name in order {
            self.tensors[name].each_piece(&mut |piece| out.write_all(piece)).map_err(failed)?;
        }
        Ok(())
    }

    /// The bundle in `bytes`, checked to the last one.
    ///
    /// # Errors
    /// See [the errors of this crate](crate#errors).
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Bundle> {
        fault::limit("bytes", bytes.len() as u64, limits.max_bytes)?;
        Bundle::from_shared(Bytes::from(bytes.to_vec()), false, limits)
    }

    /// The bundle in bytes that it shares; those `in_file` take no memory.
    pub(crate) fn from_shared(bytes: Bytes, in_file: bool, limits: &Limits) -> Result<Bundle> {
        let found_header = header::check(&bytes, in_file, limits)?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(layout_error)?;
        let text = metadata.metadata().as_ref().and_then(|words| words.get(KEY)).ok_or_else(|| {
            not_a_bundle(format!("it is a safetensors file, but its metadata has no `{KEY}` with a manifest"))
        })?;
        check_format(text)?;
        let manifest: Manifest = serde_json::from_str(text).map_err(fault::manifest)?;

        let start = LENGTH_BYTES + found_header.len();
        let mut tensors = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            let (from, to) = info.data_offsets;
            let part = bytes.slice(start + from..start + to);
            let tensor = Tensor::from_le_bytes(info.dtype, &info.shape, part)
                .ok_or_else(|| fault::number_type(&name, &info.dtype.to_string()))?;
            tensors.insert(name, tensor);
        }

        let (words, expected) = split_digest(text)?;
        let found = digest(words, &manifest.sections, &tensors);
        if found != expected {
            return Err(fault::altered(
                "its numbers, names or manifest are not those that were written",
                expected,
                &found,
            ));
        }
        // The digest does not see spaces, the order of the header's keys, or a second metadata entry; the one legal form does.
        let (legal, _) = header(text, &tensors)?;
        if legal != found_header {
            let what = "its header is written in another way than this program does";
            let short = |text: &str| gyeol_base::digest::sha256(text.as_bytes());
            return Err(fault::altered(what, &short(&legal), &short(found_header)));
        }
        Ok(Bundle { manifest, tensors })
    }
}

/// The header of a safetensors file with this manifest, and the tensors' names in the order of the file: by number type,
/// the widest first, then by name, as the format's own writer has them.
fn header<'a>(manifest: &str, tensors: &'a BTreeMap<String, Tensor>) -> Result<(String, Vec<&'a str>)> {
    let mut order: Vec<(&str, &Tensor)> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
    order.sort_by(|(a, left), (b, right)| right.dtype().cmp(&left.dtype()).then(a.cmp(b)));
    let mut end = 0;
    let infos = order.iter().map(|(name, tensor)| {
        let from = end;
        end += tensor.byte_len();
        let info =
            TensorInfo { dtype: tensor.dtype(), shape: tensor.shape.clone(), data_offsets: (from, end) };
        ((*name).to_owned(), info)
    });
    let words = HashMap::from([(KEY.to_owned(), manifest.to_owned())]);
    let metadata = Metadata::new(Some(words), infos.collect()).map_err(layout_error)?;
    let mut text = serde_json::to_string(&metadata).map_err(fault::manifest)?;
    // Numbers begin at a multiple of eight.
    text.extend(std::iter::repeat_n(' ', text.len().next_multiple_of(8) - text.len()));
    Ok((text, order.into_iter().map(|(name, _)| name).collect()))
}

/// The manifest's text up to its digest, and the digest.
fn split_digest(text: &str) -> Result<(&str, &str)> {
    text.strip_suffix("\"}")
        .and_then(|text| text.rsplit_once(DIGEST_FIELD))
        .ok_or_else(|| fault::manifest("its last field is not `content_sha256`"))
}

/// SHA-256 over the manifest's text and each tensor's name, type, shape and numbers; a section's bytes are left to its own
/// checksums. Every part goes in with its length, so that nothing can move from one part to the next unseen.
fn digest(words: &str, sections: &[String], tensors: &BTreeMap<String, Tensor>) -> String {
    let mut hash = Running::default();
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(b"gyeol bundle 1");
    part(words.as_bytes());
    for (name, tensor) in tensors {
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(name.as_bytes());
        part(tensor.data.type_name().as_bytes());
        part(&tensor.shape.iter().flat_map(|axis| (*axis as u64).to_le_bytes()).collect::<Vec<u8>>());
        hash.update(&(tensor.byte_len() as u64).to_le_bytes());
        if !sections.contains(name) {
            let Ok(()) = tensor.each_piece(&mut |piece| {
                hash.update(piece);
                Ok::<(), std::convert::Infallible>(())
            });
        }
    }
    hash.finish()
}

/// Refuses another format before its fields, which may differ, are read.
fn check_format(text: &str) -> Result<()> {
    #[derive(Deserialize)]
    struct Format {
        format: u64,
        gyeol_version: Option<String>,
    }
    let found: Format = serde_json::from_str(text).map_err(fault::manifest)?;
    if (1..=u64::from(FORMAT)).contains(&found.format) {
        return Ok(());
    }
    Err(fault::version(found.format, FORMAT, &found.gyeol_version.unwrap_or_else(|| "?".to_owned())))
}

/// The safetensors crate's view of what is wrong, in our words.
fn layout_error(error: SafeTensorError) -> Error {
    let why = error.to_string();
    match error {
        SafeTensorError::InvalidOffset(name) => {
            fault::layout(&name, "it overlaps its neighbour or leaves a gap before it")
        }
        SafeTensorError::InvalidHeader(_) | SafeTensorError::InvalidHeaderDeserialization(_) => {
            not_a_bundle(why)
        }
        _ => fault::layout("?", why),
    }
}
