//! The lengths that a Parquet file claims, held against what is there before the library takes memory for them.
//!
//! The library takes lists of the footer, sizes of pages and counts of values at their word, and unpacks gzip without an
//! end. Here the footer and the heads of pages are walked first: they are structs of Thrift's compact protocol.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use parquet::basic::{Compression, Type};
use parquet::column::page::Page;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};

use super::arrow_lengths::bytes;

/// Structs within structs; no footer or page head has more than a dozen.
const DEEPEST: usize = 32;
/// Bytes of the footer that a struct in a list of it stands for at least: the library takes some 200 bytes for one.
const LEAST_STRUCT: u64 = 8;

/// What the pages of one column in one row group hold.
#[derive(Default)]
struct Pages {
    /// Bytes of the dictionary, unpacked.
    dictionary: u64,
    /// Bytes of the largest page of values, unpacked.
    largest: u64,
    /// Bytes of all pages, unpacked.
    unpacked: u64,
    /// Whether there are pages that name values of the dictionary.
    named: bool,
    /// Whether values are spelt by what they share with the one before.
    shared: bool,
}

/// Checks the footer of a file of `length` bytes.
///
/// # Errors
/// What is wrong, in words.
pub fn footer(from: &mut (impl Read + Seek), length: u64) -> Result<(), String> {
    let end = length.checked_sub(8).ok_or("it is cut off")?;
    let tail: [u8; 8] = bytes(from, length, end, 8)?.try_into().map_err(|_| "it is cut off")?;
    let [a, b, c, d, ..] = tail;
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let footer = bytes(from, length, end.checked_sub(size).ok_or("its footer is cut off")?, size)?;
    Thrift { bytes: &footer, at: 0 }.fields(&mut Vec::new(), &mut |_, _| ())
}

/// What the columns of a file take while it is read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Bytes of the pages and dictionaries that are held at one time.
    pub pages: u64,
    /// Bytes that a row may take once its values are written out, where the pages say them once for many rows.
    pub repeated: u64,
}

/// Checks the pages of these leaves of a file of `length` bytes, none of which may unpack to more than `limit` bytes; `open`
/// gives the file once more.
///
/// # Errors
/// What is wrong, in words.
pub fn pages<R: ChunkReader + 'static>(
    from: &mut (impl Read + Seek),
    length: u64,
    meta: &ParquetMetaData,
    leaves: &[usize],
    limit: u64,
    open: &dyn Fn() -> Result<R, String>,
) -> Result<Held, String> {
    let mut held = Held::default();
    for &leaf in leaves {
        let (mut dictionary, mut largest, mut longest) = (0, 0, 0);
        for (number, group) in meta.row_groups().iter().enumerate() {
            let column = group.column(leaf);
            let (start, size) = column.byte_range();
            let gzip = matches!(column.compression(), Compression::GZIP(_));
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            let pages = chunk(from, length, start..start.saturating_add(size), gzip, rows, limit)?;
            dictionary = pages.dictionary.max(dictionary);
            largest = pages.largest.max(largest);
            if pages.shared {
                longest = pages.largest.max(longest);
            }
            if pages.named && column.column_type() == Type::BYTE_ARRAY {
                longest = longest_word(open()?, number, leaf)?.max(longest);
            }
        }
        held.pages = held.pages.saturating_add(dictionary).saturating_add(largest);
        held.repeated = held.repeated.saturating_add(longest);
    }
    Ok(held)
}

/// The length of the longest value in the dictionary of a column of texts.
fn longest_word<R: ChunkReader + 'static>(file: R, group: usize, leaf: usize) -> Result<u64, String> {
    let reader = SerializedFileReader::new(file).map_err(|e| e.to_string())?;
    let group = reader.get_row_group(group).map_err(|e| e.to_string())?;
    let mut pages = group.get_column_page_reader(leaf).map_err(|e| e.to_string())?;
    let Some(Page::DictionaryPage { buf, .. }) = pages.get_next_page().map_err(|e| e.to_string())? else {
        return Ok(0);
    };
    let (mut at, mut longest) = (0, 0);
    while let Some(length) = buf.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()) {
        let length = u32::from_le_bytes(length) as usize;
        longest = longest.max(length.min(buf.len()));
        at = at.saturating_add(4).saturating_add(length);
    }
    Ok(longest as u64)
}

/// Checks the pages of a column's chunk: `rows` values at most in a page, every page within the chunk, and not more than
/// `limit` bytes once unpacked.
fn chunk(
    from: &mut (impl Read + Seek),
    length: u64,
    place: Range<u64>,
    gzip: bool,
    rows: u64,
    limit: u64,
) -> Result<Pages, String> {
    if place.start > place.end || place.end > length {
        return Err(format!("a column says it lies at {place:?} of {length} bytes"));
    }
    let (mut pages, mut at, end) = (Pages::default(), place.start, place.end);
    while at < end {
        let (head, size) = page_head(from, at, end)?;
        let number = |value: Option<i64>, what: &str| {
            value.and_then(|v| u64::try_from(v).ok()).ok_or(format!("a page without {what}"))
        };
        let (packed, unpacked) = (number(head.packed, "a size")?, number(head.unpacked, "an unpacked size")?);
        let body = at + size;
        let next = body.saturating_add(packed);
        if next > end {
            return Err(format!("a page of {packed} bytes does not end within its column"));
        }
        pages.unpacked = pages.unpacked.saturating_add(unpacked);
        if pages.unpacked > limit {
            return Err(format!("a column says it unpacks to {} bytes, {limit} are allowed", pages.unpacked));
        }
        let values = number(head.values, "a count of values").unwrap_or(0);
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
                    Some(7) => pages.shared = true,
                    _ => {}
                }
            }
            _ => {}
        }
        if gzip && !head.plain {
            let skip = head.levels().min(packed);
            from.seek(SeekFrom::Start(body + skip)).map_err(|e| e.to_string())?;
            let mut grown =
                flate2::read::MultiGzDecoder::new(from.by_ref().take(packed - skip)).take(unpacked + 1);
            // What does not unpack is the library's to name; it would unpack without an end.
            if std::io::copy(&mut grown, &mut std::io::sink()).is_ok_and(|grown| grown > unpacked) {
                return Err(format!("a page that says it unpacks to {unpacked} bytes unpacks to more"));
            }
        }
        at = next;
    }
    Ok(pages)
}

/// The head of the page at `at`, and its size. Heads are short, but may hold a least and a greatest value.
fn page_head(from: &mut (impl Read + Seek), at: u64, end: u64) -> Result<(Head, u64), String> {
    let mut most = 1024;
    loop {
        let window = bytes(from, end, at, most.min(end - at))?;
        let (mut head, mut thrift) = (Head::default(), Thrift { bytes: &window, at: 0 });
        match thrift.fields(&mut Vec::new(), &mut |path, value| head.take(path, value)) {
            Ok(()) => return Ok((head, thrift.at as u64)),
            Err(_) if most < end - at => most *= 16,
            Err(wrong) => return Err(wrong),
        }
    }
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

    /// Bytes before what is packed.
    fn levels(&self) -> u64 {
        self.level_bytes.iter().map(|bytes| (*bytes).max(0).unsigned_abs()).fold(0, u64::saturating_add)
    }
}

/// A walk over a struct in Thrift's compact protocol.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
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
        let all = self.bytes.len() as u64;
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
        Thrift { bytes, at: 0 }
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
