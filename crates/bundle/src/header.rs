//! The header of an unknown file, looked at before it is believed.
//!
//! The safetensors crate checks that shapes, offsets and file fit each other, but it lets a name stand twice (the last one
//! wins), knows no limits of ours, and has one error for several things. So the header is walked through once here, with
//! nothing kept but the names; only then does that crate read it.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use gyeol_base::{Result, shorten};

use crate::Limits;
use crate::fault::{self, limit, not_a_bundle};

/// Bytes of the header's length, at the start of the file.
pub(crate) const LENGTH_BYTES: usize = 8;

/// The header's text and the number of bytes that the tensors take, once both are known to be sound.
pub(crate) fn check<'a>(bytes: &'a [u8], in_file: bool, limits: &Limits) -> Result<&'a str> {
    if !in_file {
        limit("bytes", bytes.len() as u64, limits.max_bytes)?;
    }
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(not_a_bundle(format!("it has only {} bytes", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    match rest.first() {
        Some(b'{') => {}
        Some(_) => return Err(not_a_bundle("it does not begin like a safetensors file")),
        None => {
            return Err(fault::cut_short(length.saturating_add(8), bytes.len() as u64));
        }
    }
    limit("bytes of header", length, limits.max_manifest)?;
    let Some(header) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
        return Err(fault::cut_short(length + LENGTH_BYTES as u64, bytes.len() as u64));
    };
    let header = std::str::from_utf8(header).map_err(|error| {
        not_a_bundle(format!("its header is not UTF-8 (byte {})", error.valid_up_to() + LENGTH_BYTES))
    })?;
    let end = walk(header, in_file, limits)?;

    let expected = LENGTH_BYTES as u64 + length + end;
    let found = bytes.len() as u64;
    if found < expected {
        return Err(fault::cut_short(expected, found));
    }
    if found > expected {
        return Err(fault::trailing(expected, found - expected));
    }
    Ok(header)
}

/// Where the last tensor ends, counted from the end of the header.
fn walk(header: &str, in_file: bool, limits: &Limits) -> Result<u64> {
    let walk: Walk = serde_json::from_str(header).map_err(|error| {
        not_a_bundle(format!("its header is not the JSON of a safetensors file ({error})"))
    })?;
    if let Some(name) = walk.duplicate {
        return Err(fault::twice(&name));
    }
    limit("tensors", walk.count, limits.max_tensors as u64)?;

    let (mut end, mut elements, mut memory) = (0u64, 0u64, 0u64);
    for (name, entry) in &walk.entries {
        let width = match entry.dtype.as_str() {
            "F32" => 4,
            "F64" => 8,
            "U8" => 1,
            other => return Err(fault::number_type(name, other)),
        };
        let layout = |why: String| fault::layout(name, why);
        let count = entry
            .shape
            .iter()
            .try_fold(1u64, |product, axis| product.checked_mul(*axis))
            .ok_or_else(|| layout(format!("its shape {:?} overflows", entry.shape)))?;
        // Bytes in a file stay there.
        let taken = if in_file && entry.dtype == "U8" { 0 } else { count };
        elements =
            elements.checked_add(taken).ok_or_else(|| layout("the count of numbers overflows".to_owned()))?;
        limit("numbers", elements, limits.max_elements)?;
        let size = count
            .checked_mul(width)
            .ok_or_else(|| layout(format!("its shape {:?} overflows", entry.shape)))?;
        memory = memory.saturating_add(taken.saturating_mul(width));
        limit("bytes", memory, limits.max_bytes)?;
        let (from, to) = entry.data_offsets;
        if to.checked_sub(from) != Some(size) {
            return Err(layout(format!("its {size} bytes do not fill the place from {from} to {to}")));
        }
        end = end.max(to);
    }
    Ok(end)
}

/// One tensor's line of the header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

#[derive(Default)]
struct Walk {
    entries: Vec<(String, Entry)>,
    duplicate: Option<String>,
    count: u64,
}

impl<'de> Deserialize<'de> for Walk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(WalkVisitor)
    }
}

struct WalkVisitor;

impl<'de> Visitor<'de> for WalkVisitor {
    type Value = Walk;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a table of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Walk, A::Error> {
        let mut walk = Walk::default();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                walk.duplicate.get_or_insert(shorten(&name, 40));
            }
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let entry: Entry = map.next_value().map_err(|error| {
                A::Error::custom(format_args!("tensor `{}`: {error}", shorten(&name, 40)))
            })?;
            walk.count += 1;
            walk.entries.push((shorten(&name, 40), entry));
        }
        Ok(walk)
    }
}
