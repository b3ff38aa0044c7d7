//! The lengths that a Parquet file claims, held against what is there before the library takes memory for them.
//!
//! The library takes lists of the footer, sizes of pages and counts of values at their word, and unpacks gzip without an
//! end. Here the footer and the heads of the pages are walked first: they are structs of Thrift's compact protocol.

use std::io::Read;
use std::ops::Range;

/// Structs within structs; no footer or page head has more than a dozen.
const DEEPEST: usize = 32;
/// Bytes of the footer that a struct in a list of it stands for at least: the library takes some 200 bytes for one.
const LEAST_STRUCT: u64 = 8;

/// What the pages of one column in one row group hold.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// Bytes of the dictionary, unpacked.
    pub dictionary: u64,
    /// Bytes of the largest page of values, unpacked.
    pub largest: u64,
    /// Bytes of all pages, unpacked.
    pub unpacked: u64,
    /// Whether there are pages that name values of the dictionary.
    pub named: bool,
    /// Whether there are pages that spell values out.
    pub spelt: bool,
    /// Whether values are spelt by what they share with the one before.
    pub shared: bool,
}

/// Checks the footer of a file.
///
/// # Errors
/// What is wrong, in words.
pub fn footer(bytes: &[u8]) -> Result<(), String> {
    let end = bytes.len().checked_sub(8).ok_or("it is cut off")?;
    let length: [u8; 4] = bytes[end..end + 4].try_into().map_err(|_| "it is cut off")?;
    let start = end.checked_sub(u32::from_le_bytes(length) as usize).ok_or("its footer is cut off")?;
    let mut thrift = Thrift { bytes: &bytes[..end], at: start, start };
    thrift.fields(&mut Vec::new(), &mut |_, _| ())
}

/// Checks the pages of a column's chunk: `rows` values at most in a page where the column is `flat`, every page within
/// the chunk, and not more than `limit` bytes once unpacked.
///
/// # Errors
/// What is wrong, in words.
pub fn chunk(bytes: &[u8], at: Range<u64>, gzip: bool, rows: u64, limit: u64) -> Result<Pages, String> {
    if at.start > at.end || at.end > bytes.len() as u64 {
        return Err(format!("a column says it lies at {at:?} of {} bytes", bytes.len()));
    }
    let (mut pages, mut at, end) = (Pages::default(), at.start as usize, at.end as usize);
    while at < end {
        let mut head = Head::default();
        let mut thrift = Thrift { bytes: &bytes[..end], at, start: at };
        thrift.fields(&mut Vec::new(), &mut |path, value| head.take(path, value))?;
        let size = |value: Option<i64>, what: &str| {
            value.and_then(|v| u64::try_from(v).ok()).ok_or(format!("a page without {what}"))
        };
        let (packed, unpacked) = (size(head.packed, "a size")?, size(head.unpacked, "an unpacked size")?);
        let body = thrift.at;
        let next = (body as u64).saturating_add(packed);
        if next > end as u64 {
            return Err(format!("a page of {packed} bytes does not end within its column"));
        }
        pages.unpacked = pages.unpacked.saturating_add(unpacked);
        if pages.unpacked > limit {
            return Err(format!("a column says it unpacks to {} bytes, {limit} are allowed", pages.unpacked));
        }
        let values = size(head.values, "a count of values").unwrap_or(0);
        match head.kind {
            Some(2) => {
                // Every value takes a byte at least: even an empty text has its length.
                if values > unpacked {
                    return Err(format!("a dictionary of {values} values in {unpacked} bytes"));
                }
                pages.dictionary = pages.dictionary.max(unpacked);
            }
            Some(0 | 3) => {
                if values > rows {
                    return Err(format!("a page of {values} values among {rows} rows"));
                }
                pages.largest = pages.largest.max(unpacked);
                match head.encoding {
                    Some(2 | 8) => pages.named = true,
                    Some(7) => (pages.spelt, pages.shared) = (true, true),
                    _ => pages.spelt = true,
                }
            }
            _ => {}
        }
        if gzip && head.is_packed() {
            let skip = head.levels().min(packed) as usize;
            let packed = &bytes[body + skip..next as usize];
            let most = unpacked.saturating_add(1);
            let grown = std::io::copy(
                &mut flate2::read::MultiGzDecoder::new(packed).take(most),
                &mut std::io::sink(),
            );
            // What does not unpack is the library's to name.
            if grown.is_ok_and(|grown| grown > unpacked) {
                return Err(format!("a page that says it unpacks to {unpacked} bytes unpacks to more"));
            }
        }
        at = next as usize;
    }
    Ok(pages)
}

/// What is read of a page's head.
#[derive(Default)]
struct Head {
    kind: Option<i64>,
    packed: Option<i64>,
    unpacked: Option<i64>,
    values: Option<i64>,
    encoding: Option<i64>,
    level_bytes: [i64; 2],
    plain: bool,
}

impl Head {
    fn take(&mut self, path: &[i16], value: i64) {
        match path {
            [1] => self.kind = Some(value),
            [2] => self.unpacked = Some(value),
            [3] => self.packed = Some(value),
            [5 | 7 | 8, 1] => self.values = Some(value),
            [5, 2] | [8, 4] => self.encoding = Some(value),
            [8, 5] => self.level_bytes[0] = value,
            [8, 6] => self.level_bytes[1] = value,
            [8, 7] => self.plain = value == 0,
            _ => {}
        }
    }

    fn is_packed(&self) -> bool {
        !self.plain
    }

    /// Bytes before what is packed.
    fn levels(&self) -> u64 {
        self.level_bytes.iter().map(|bytes| (*bytes).max(0).unsigned_abs()).fold(0, u64::saturating_add)
    }
}

/// A walk over a struct in Thrift's compact protocol.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
    start: usize,
}

impl Thrift<'_> {
    fn byte(&mut self) -> Result<u8, String> {
        let byte = *self.bytes.get(self.at).ok_or("it is cut off")?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number has no end".into())
    }

    fn zigzag(&mut self) -> Result<i64, String> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), String> {
        let end = (self.at as u64).saturating_add(bytes);
        if end > self.bytes.len() as u64 {
            return Err(format!("a text of {bytes} bytes where {} are left", self.bytes.len() - self.at));
        }
        self.at = end as usize;
        Ok(())
    }

    /// Walks the fields of a struct; `each` sees whole numbers and truth values with the numbers of the fields they lie in.
    fn fields(&mut self, path: &mut Vec<i16>, each: &mut dyn FnMut(&[i16], i64)) -> Result<(), String> {
        if path.len() >= DEEPEST {
            return Err("structs lie too deep in one another".into());
        }
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).map_err(|_| "a field has no number")?,
                step => id.saturating_add(i16::from(step)),
            };
            path.push(id);
            match head & 0xf {
                truth @ (1 | 2) => each(path, i64::from(truth == 1)),
                kind => self.value(kind, path, each)?,
            }
            path.pop();
        }
    }

    fn value(
        &mut self,
        kind: u8,
        path: &mut Vec<i16>,
        each: &mut dyn FnMut(&[i16], i64),
    ) -> Result<(), String> {
        match kind {
            // Truth values of lists, and bytes.
            1..=3 => {
                let byte = self.byte()?;
                each(path, i64::from(byte));
            }
            4..=6 => {
                let value = self.zigzag()?;
                each(path, value);
            }
            7 => self.skip(8)?,
            8 => {
                let length = self.varint()?;
                self.skip(length)?;
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                self.list(head & 0xf, count, path, each)?;
            }
            11 => {
                let count = self.varint()?;
                if count > 0 {
                    let kinds = self.byte()?;
                    for _ in 0..count {
                        self.value(kinds >> 4, path, each)?;
                        self.value(kinds & 0xf, path, each)?;
                    }
                }
            }
            12 => self.fields(path, each)?,
            other => return Err(format!("a field of the unknown kind {other}")),
        }
        Ok(())
    }

    fn list(
        &mut self,
        kind: u8,
        count: u64,
        path: &mut Vec<i16>,
        each: &mut dyn FnMut(&[i16], i64),
    ) -> Result<(), String> {
        let least = if kind == 12 { LEAST_STRUCT } else { 1 };
        let all = (self.bytes.len() - self.start) as u64;
        if count.saturating_mul(least) > all + 64 {
            return Err(format!("a list of {count} entries in {all} bytes"));
        }
        for _ in 0..count {
            self.value(kind, path, each)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> Result<Vec<(Vec<i16>, i64)>, String> {
        let mut seen = Vec::new();
        Thrift { bytes, at: 0, start: 0 }
            .fields(&mut Vec::new(), &mut |path, value| seen.push((path.to_vec(), value)))?;
        Ok(seen)
    }

    /// By hand after the specification: field 1 an i32 of 3, field 2 a list of two i32, field 5 a struct with a truth.
    #[test]
    fn a_struct_is_walked() {
        let bytes = [0x15, 6, 0x19, 0x25, 2, 1, 0x3c, 0x11, 0, 0];
        let seen = walk(&bytes).unwrap();
        assert_eq!(seen, [(vec![1], 3), (vec![2], 1), (vec![2], -1), (vec![5, 1], 1)]);
    }

    #[test]
    fn lengths_that_are_not_there_are_refused() {
        // A list of structs of nearly 2^32 entries, a text of 2^20 bytes, a number without an end, a cut.
        for bytes in
            [&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xf][..], &[0x18, 0x80, 0x80, 0x40], &[0x16; 1], &[]]
        {
            assert!(walk(bytes).is_err(), "{bytes:?}");
        }
        assert!(walk(&[0x1c; 100]).unwrap_err().contains("deep"));
        assert!(walk(&[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
