//! The first bytes of a binary model, and the checksums that tell an altered file from a sound one.

use std::ops::Range;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use crate::binary::{Layout, f32_at, u32_at, u64_at};
use crate::estimate::MOST_ORDER;
use crate::hash;
use crate::tables::Scheme;
use crate::watch::Watch;
use gyeol_base::{Error, Result};

const MAGIC: &[u8; 8] = b"gyeolNGR";
/// Version of the format; another one is refused.
pub const VERSION: u32 = 1;
const FIXED: usize = 64;
const ENTRY: usize = 24;
const MOST_SECTIONS: usize = 256;
/// Bytes that a checksum is taken of at a time, so that threads can share the work.
const PIECE: usize = 1 << 20;

/// What the header says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub layout: Layout,
    pub order: usize,
    pub scheme: Scheme,
    pub seed: u64,
    pub words: usize,
    pub sections: Vec<Section>,
}

/// Where a section lies; the bytes up to the next one are zero and belong to its checksum.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Section {
    pub at: u64,
    pub len: u64,
    pub checksum: u64,
}

impl Section {
    pub fn range(&self) -> Range<usize> {
        self.at as usize..(self.at + self.len) as usize
    }

    fn padded(&self) -> Range<usize> {
        self.at as usize..padded(self.at + self.len) as usize
    }
}

pub(crate) fn padded(len: u64) -> u64 {
    len.next_multiple_of(64)
}

/// Bytes of a header with so many sections.
pub(crate) fn size(sections: usize) -> u64 {
    padded((FIXED + ENTRY * sections + 8) as u64)
}

/// Checksum of a section: the hash of the hashes of its pieces.
pub(crate) fn checksum(bytes: &[u8], pool: &Pool, watch: &mut Watch<'_>) -> Result<u64> {
    let mut hashes = vec![0u64; bytes.len().div_ceil(PIECE)];
    watch.each_mut(pool, &mut hashes, |_, piece, out| {
        *out = hash::word(&bytes[piece * PIECE..bytes.len().min((piece + 1) * PIECE)]);
    })?;
    let raw: Vec<u8> = hashes.iter().flat_map(|h| h.to_le_bytes()).collect();
    Ok(hash::word(&raw))
}

impl Header {
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        let (kind, bits) = match self.layout {
            Layout::Probing => (1u8, 0u8),
            Layout::Compact { bits } => (2, bits),
        };
        let (scheme, value) = match self.scheme {
            Scheme::BackOff => (0u8, 0f32),
            Scheme::Stupid(value) => (1, value),
            Scheme::Additive(value) => (2, value),
        };
        out.extend_from_slice(&[kind, bits, self.order as u8, scheme]);
        out.extend_from_slice(&value.to_le_bytes());
        out.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.seed.to_le_bytes());
        out.extend_from_slice(&(self.words as u64).to_le_bytes());
        let end = self.sections.last().map_or(0, |s| padded(s.at + s.len));
        out.extend_from_slice(&end.to_le_bytes());
        out.resize(FIXED, 0);
        for section in &self.sections {
            for value in [section.at, section.len, section.checksum] {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        out.resize(size(self.sections.len()) as usize - 8, 0);
        out.extend_from_slice(&hash::word(&out).to_le_bytes());
        out
    }

    /// Whether bytes begin as a binary model does.
    pub fn is_at(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads and checks the header: every section lies in the file. `name` is for messages.
    pub fn read(bytes: &[u8], name: &str) -> Result<Header> {
        let fail = |code, found: String, cause: &str, next: &str| {
            Err(Error::input(Fault::new(code, found).file(name).cause(cause).next(next)))
        };
        let again = "make the model again, or copy the file again";
        if !Self::is_at(bytes) {
            return fail(
                "not-a-model",
                "this is no binary n-gram model".into(),
                "another kind of file, or its beginning was altered",
                "name a model written by `gyeol ngram`, or an ARPA file",
            );
        }
        let version = u32_at(bytes, 8);
        if version != VERSION {
            return fail(
                "other-version",
                format!("the model has format version {version}; this program reads {VERSION}"),
                "it was written by another release, or altered",
                "make the model again with this release",
            );
        }
        let sections = u32_at(bytes, 20) as usize;
        let altered = |what: &str| {
            Error::input(
                Fault::new("altered-model", format!("the header of the model is not sound: {what}"))
                    .file(name)
                    .cause("the file was cut off or altered")
                    .next(again),
            )
        };
        if sections > MOST_SECTIONS || size(sections) > bytes.len() as u64 {
            return Err(altered("its list of sections is cut off"));
        }
        let end = size(sections) as usize;
        if hash::word(&bytes[..end - 8]) != u64_at(bytes, end - 8) {
            return Err(altered("its checksum differs"));
        }
        let length = u64_at(bytes, 40);
        if length != bytes.len() as u64 {
            return fail(
                "truncated-model",
                format!("the file has {} bytes, its header promises {length}", bytes.len()),
                "the file was cut off, or something was added to it",
                again,
            );
        }
        // What follows was written by this program, or by somebody who made the checksum fit: still checked.
        let layout = match (bytes[12], bytes[13]) {
            (1, 0) => Layout::Probing,
            (2, bits @ 4..=16) => Layout::Compact { bits },
            _ => return Err(altered("its layout is not known")),
        };
        let value = f32_at(bytes, 16);
        let scheme = match bytes[15] {
            0 => Scheme::BackOff,
            1 => Scheme::Stupid(value),
            2 => Scheme::Additive(value),
            _ => return Err(altered("its scheme is not known")),
        };
        let order = usize::from(bytes[14]);
        let words = u64_at(bytes, 32);
        if !(1..=MOST_ORDER).contains(&order) || words > u64::from(u32::MAX) || words < 3 {
            return Err(altered("its order or number of words is out of range"));
        }
        let mut list = Vec::with_capacity(sections);
        let mut next = end as u64;
        for i in 0..sections {
            let at = FIXED + ENTRY * i;
            let section = Section {
                at: u64_at(bytes, at),
                len: u64_at(bytes, at + 8),
                checksum: u64_at(bytes, at + 16),
            };
            if section.at != next || section.len > length - section.at {
                return Err(altered("a section lies outside of the file"));
            }
            next = padded(section.at + section.len);
            if next > length {
                return Err(altered("a section lies outside of the file"));
            }
            list.push(section);
        }
        if next != length {
            return Err(altered("its sections do not fill the file"));
        }
        Ok(Header { layout, order, scheme, seed: u64_at(bytes, 24), words: words as usize, sections: list })
    }

    /// Compares every byte of the sections with their checksums.
    pub fn verify(&self, bytes: &[u8], name: &str, pool: &Pool, watch: &mut Watch<'_>) -> Result<()> {
        for (index, section) in self.sections.iter().enumerate() {
            if checksum(&bytes[section.padded()], pool, watch)? != section.checksum {
                return Err(Error::input(
                    Fault::new(
                        "altered-model",
                        format!("section {index} of the model differs from its checksum"),
                    )
                    .file(name)
                    .cause("the file was altered after it was written, or the disk fails")
                    .next("make the model again, or copy the file again"),
                ));
            }
        }
        Ok(())
    }
}
