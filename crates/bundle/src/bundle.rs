//! A bundle in memory, and its one and only form as bytes.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use safetensors::{SafeTensorError, SafeTensors};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::header::{self, LENGTH_BYTES, not_a_bundle};
use crate::summary::Summary;
use crate::{Error, FORMAT, Limits, Manifest, Result, Tensor};

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

    /// The bundle as bytes: the same bundle always gives the same ones.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        for (name, tensor) in &self.tensors {
            tensor.check(name)?;
            if name == "__metadata__" {
                let why = "this name is taken by the safetensors format".to_owned();
                return Err(Error::Tensor { name: name.clone(), why });
            }
        }
        let mut manifest = self.manifest.clone();
        manifest.content_sha256 = String::new();
        let text =
            serde_json::to_string(&manifest).map_err(|error| Error::Manifest { why: error.to_string() })?;
        let (words, _) = split_digest(&text)?;
        let digest = digest(words, &self.tensors);
        encode(&format!("{words}{DIGEST_FIELD}{digest}\"}}"), &self.tensors)
    }

    /// The bundle in `bytes`, checked to the last one.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Bundle> {
        let header = header::check(bytes, limits)?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(layout_error)?;
        let text = metadata.metadata().as_ref().and_then(|words| words.get(KEY)).ok_or_else(|| {
            not_a_bundle(format!("it is a safetensors file, but its metadata has no `{KEY}` with a manifest"))
        })?;
        check_format(text)?;
        let manifest: Manifest =
            serde_json::from_str(text).map_err(|error| Error::Manifest { why: error.to_string() })?;

        let views = SafeTensors::deserialize(bytes).map_err(layout_error)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in views.iter() {
            let tensor = Tensor::from_le_bytes(view.dtype(), view.shape(), view.data()).ok_or_else(|| {
                Error::NumberType { name: name.to_owned(), dtype: view.dtype().to_string() }
            })?;
            tensors.insert(name.to_owned(), tensor);
        }

        let (words, expected) = split_digest(text)?;
        let found = digest(words, &tensors);
        if found != expected {
            let what = "its numbers, names or manifest are not those that were written";
            return Err(Error::Altered { what, expected: expected.to_owned(), found });
        }
        // The digest does not see spaces, the order of the header's keys, or a second metadata entry; the one legal form does.
        let legal = encode(text, &tensors)?;
        if legal.get(LENGTH_BYTES..LENGTH_BYTES + header.len()) != Some(header.as_bytes())
            || legal.len() != bytes.len()
        {
            let what = "its header is written in another way than this program does";
            return Err(Error::Altered { what, expected: short_hash(&legal), found: short_hash(bytes) });
        }
        Ok(Bundle { manifest, tensors })
    }
}

/// The bytes of a safetensors file with this manifest; the crate sorts tensors by type and name.
fn encode(manifest: &str, tensors: &BTreeMap<String, Tensor>) -> Result<Vec<u8>> {
    let words = HashMap::from([(KEY.to_owned(), manifest.to_owned())]);
    safetensors::serialize(tensors.iter(), Some(words)).map_err(layout_error)
}

/// The manifest's text up to its digest, and the digest.
fn split_digest(text: &str) -> Result<(&str, &str)> {
    text.strip_suffix("\"}")
        .and_then(|text| text.rsplit_once(DIGEST_FIELD))
        .ok_or_else(|| Error::Manifest { why: "its last field is not `content_sha256`".to_owned() })
}

/// SHA-256 over the manifest's text and each tensor's name, type, shape and numbers. Every part goes in with its length, so
/// that nothing can move from one part to the next unseen.
fn digest(words: &str, tensors: &BTreeMap<String, Tensor>) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(b"gyeol bundle 1");
    part(words.as_bytes());
    for (name, tensor) in tensors {
        part(name.as_bytes());
        part(tensor.data.type_name().as_bytes());
        part(&tensor.shape.iter().flat_map(|axis| (*axis as u64).to_le_bytes()).collect::<Vec<u8>>());
        part(&tensor.le_bytes());
    }
    hexadecimal(&hash.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn short_hash(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Refuses another format before its fields, which may differ, are read.
fn check_format(text: &str) -> Result<()> {
    #[derive(Deserialize)]
    struct Format {
        format: u64,
        gyeol_version: Option<String>,
    }
    let found: Format =
        serde_json::from_str(text).map_err(|error| Error::Manifest { why: error.to_string() })?;
    if found.format == u64::from(FORMAT) {
        return Ok(());
    }
    let writer = found.gyeol_version.unwrap_or_else(|| "?".to_owned());
    Err(Error::Version { found: found.format, known: FORMAT, writer })
}

/// The safetensors crate's view of what is wrong, in our words.
fn layout_error(error: SafeTensorError) -> Error {
    let why = error.to_string();
    match error {
        SafeTensorError::InvalidOffset(name) => {
            Error::Layout { name, why: "it overlaps its neighbour or leaves a gap before it".to_owned() }
        }
        SafeTensorError::InvalidHeader(_) | SafeTensorError::InvalidHeaderDeserialization(_) => {
            not_a_bundle(why)
        }
        _ => Error::Layout { name: "?".to_owned(), why },
    }
}
