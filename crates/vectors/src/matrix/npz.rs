//! Sparse matrices as `scipy.sparse.save_npz` writes and `load_npz` reads them: a ZIP archive of NumPy arrays
//! (NEP 1, format 1.0): `format.npy`, `shape.npy`, `indptr.npy`, `indices.npy`, `data.npy`.
//!
//! Written entries are stored, not packed: packing takes longer than all that comes before it. Read are stored and
//! packed ones, of the formats csr, csc and coo.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use gyeol_base::{Fault, WholeFile};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Csr, MOST};
use gyeol_base::{Error, Result};

/// How numbers are kept in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// `<i8`, as scikit-learn's CountVectorizer has them.
    Integer,
    /// `<f8`.
    Float,
}

/// Most bytes of one array: 64 GiB.
const LARGEST: u64 = 64 << 30;

/// Writes the arrays of an `.npz` one after the other, so that none need be in memory whole.
#[derive(Debug)]
pub struct NpzWriter<'a> {
    path: &'a Path,
    zip: ZipWriter<StreamWriter<BufWriter<WholeFile>>>,
}

fn header(kind: &str, shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    // The array begins at a multiple of 64 bytes; the line ends with its only line end.
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out
}

impl<'a> NpzWriter<'a> {
    /// Begins a file, which appears when [`NpzWriter::finish`] is called.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &'a Path, rows: usize, cols: usize) -> Result<Self> {
        let file = WholeFile::create(path).map_err(|e| Error::writing(path, e))?;
        let zip = ZipWriter::new_stream(BufWriter::with_capacity(1 << 18, file));
        let mut writer = NpzWriter { path, zip };
        writer.array("format", "|S3", "()", |out| out.write_all(b"csr"))?;
        writer.array("shape", "<i8", "(2,)", |out| {
            out.write_all(&(rows as u64).to_le_bytes())?;
            out.write_all(&(cols as u64).to_le_bytes())
        })?;
        Ok(writer)
    }

    fn array(
        &mut self,
        name: &str,
        kind: &str,
        shape: &str,
        body: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<()> {
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        let path = self.path;
        let failed = |e| Error::writing(path, e);
        self.zip.start_file(format!("{name}.npy"), options).map_err(|e| failed(e.into()))?;
        self.zip.write_all(&header(kind, shape)).map_err(failed)?;
        body(&mut self.zip).map_err(failed)
    }

    /// Writes where rows begin; four bytes each where they fit, as scipy does.
    ///
    /// # Errors
    /// What the system says.
    pub fn pointers(
        &mut self,
        pointers: impl ExactSizeIterator<Item = usize>,
        nonzeros: usize,
    ) -> Result<()> {
        let wide = nonzeros > i32::MAX as usize;
        let shape = format!("({},)", pointers.len());
        self.array("indptr", if wide { "<i8" } else { "<i4" }, &shape, |out| {
            let mut room = Vec::with_capacity(1 << 16);
            for p in pointers {
                if wide {
                    room.extend((p as i64).to_le_bytes())
                } else {
                    room.extend((p as i32).to_le_bytes())
                }
                flush(&mut room, out, 1 << 16)?;
            }
            flush(&mut room, out, 0)
        })
    }

    /// Writes the columns; of the same width as the pointers, since scipy wants that.
    ///
    /// # Errors
    /// What the system says, and of the iterator.
    pub fn columns(
        &mut self,
        columns: impl Iterator<Item = std::io::Result<u32>>,
        nonzeros: usize,
    ) -> Result<()> {
        let wide = nonzeros > i32::MAX as usize;
        let shape = format!("({nonzeros},)");
        self.array("indices", if wide { "<i8" } else { "<i4" }, &shape, |out| {
            let mut room = Vec::with_capacity(1 << 16);
            for c in columns {
                let c = c?;
                if wide {
                    room.extend(i64::from(c).to_le_bytes())
                } else {
                    room.extend(c.to_le_bytes())
                }
                flush(&mut room, out, 1 << 16)?;
            }
            flush(&mut room, out, 0)
        })
    }

    /// Writes the numbers.
    ///
    /// # Errors
    /// What the system says, and of the iterator.
    pub fn data(
        &mut self,
        data: impl Iterator<Item = std::io::Result<f64>>,
        nonzeros: usize,
        numbers: Numbers,
    ) -> Result<()> {
        let kind = if numbers == Numbers::Integer { "<i8" } else { "<f8" };
        self.array("data", kind, &format!("({nonzeros},)"), |out| {
            let mut room = Vec::with_capacity(1 << 16);
            for v in data {
                let v = v?;
                match numbers {
                    Numbers::Integer => room.extend((v as i64).to_le_bytes()),
                    Numbers::Float => room.extend(v.to_le_bytes()),
                }
                flush(&mut room, out, 1 << 16)?;
            }
            flush(&mut room, out, 0)
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(self) -> Result<()> {
        let path = self.path;
        let failed = |e| Error::writing(path, e);
        let out = self.zip.finish().map_err(|e| failed(e.into()))?.into_inner();
        let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
        file.commit().map_err(failed)
    }
}

fn flush(room: &mut Vec<u8>, out: &mut dyn Write, above: usize) -> std::io::Result<()> {
    if room.len() >= above && !room.is_empty() {
        out.write_all(room)?;
        room.clear();
    }
    Ok(())
}

/// Writes a matrix, whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write_npz(path: &Path, matrix: &Csr, numbers: Numbers) -> Result<()> {
    let mut writer = NpzWriter::create(path, matrix.rows(), matrix.cols())?;
    let n = matrix.nonzeros();
    writer.pointers(matrix.pointers().iter().copied(), n)?;
    writer.columns(matrix.indices().iter().map(|&c| Ok(c)), n)?;
    writer.data(matrix.data().iter().map(|&v| Ok(v)), n, numbers)?;
    writer.finish()
}

/// A one-dimensional array (or a short text) of the archive.
struct Array {
    kind: String,
    bytes: Vec<u8>,
    length: usize,
}

struct Archive<'a> {
    path: &'a Path,
    zip: ZipArchive<File>,
}

impl Archive<'_> {
    fn fault(&self, code: &'static str, found: impl Into<String>) -> Error {
        Error::input(
            Fault::new(code, found)
                .file(self.path)
                .cause("the file was cut off or altered, or was not made by scipy.sparse.save_npz")
                .next("make the matrix again"),
        )
    }

    /// Reads an array; memory grows with the bytes that come, not with those that are claimed.
    fn array(&mut self, name: &str) -> Result<Array> {
        let mut bytes = Vec::new();
        let taken = match self.zip.by_name(&format!("{name}.npy")) {
            Ok(entry) => {
                entry.take(LARGEST).read_to_end(&mut bytes).map_err(|e| ("broken-archive", e.to_string()))
            }
            Err(e) => Err(("missing-array", e.to_string())),
        };
        if let Err((code, why)) = taken {
            return Err(self.fault(code, format!("{name}.npy: {why}")));
        }
        let wrong = |what: &str| self.fault("bad-array", format!("{name}.npy: {what}"));
        if !bytes.starts_with(b"\x93NUMPY") || bytes.len() < 12 {
            return Err(wrong("no NumPy array"));
        }
        let (begin, length) = match bytes[6] {
            1 => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
            _ => (12, u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize),
        };
        let end = begin + length;
        let head = bytes.get(begin..end).map(String::from_utf8_lossy).unwrap_or_default();
        let field = |key: &str| {
            let rest = &head[head.find(&format!("'{key}'"))? + key.len() + 2..];
            Some(rest[rest.find(':')? + 1..].trim_start().to_owned())
        };
        let (Some(kind), Some(shape)) = (field("descr"), field("shape")) else {
            return Err(wrong("its head names no type or no shape"));
        };
        let kind = kind.trim_start_matches('\'').split('\'').next().unwrap_or_default().to_owned();
        let inside = shape.trim_start_matches('(').split(')').next().unwrap_or_default().to_owned();
        let axes: Vec<&str> = inside.split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
        let length = match axes[..] {
            [] => 1,
            [n] => n.parse().unwrap_or(usize::MAX),
            _ => return Err(wrong("more than one axis")),
        };
        let width = kind.get(2..).and_then(|w| w.parse::<usize>().ok()).unwrap_or(0);
        bytes.drain(..end);
        if width == 0 || length.checked_mul(width) != Some(bytes.len()) {
            let found = format!("{name}.npy: {} bytes for {length} numbers of type '{kind}'", bytes.len());
            return Err(self.fault("bad-array", found));
        }
        Ok(Array { kind, bytes, length })
    }

    fn integers(&mut self, name: &str) -> Result<Vec<u64>> {
        let array = self.array(name)?;
        let outside = |v: i64| self.fault("bad-array", format!("{name}.npy: a place of {v}"));
        match array.kind.as_str() {
            "<i4" => signed(array.bytes.as_chunks::<4>().0.iter().map(|b| i64::from(i32::from_le_bytes(*b)))),
            "<i8" => signed(array.bytes.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b))),
            other => {
                return Err(
                    self.fault("bad-array", format!("{name}.npy: type '{other}' where integers belong"))
                );
            }
        }
        .map_err(outside)
    }

    fn numbers(&mut self) -> Result<Vec<f64>> {
        let Array { kind, bytes, length } = self.array("data")?;
        Ok(match kind.as_str() {
            "<f8" => bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
            "<f4" => bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
            "<i8" => bytes.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect(),
            "<i4" => bytes.as_chunks::<4>().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect(),
            "|b1" | "|u1" => bytes.iter().map(|&b| f64::from(b)).collect(),
            "|i1" => bytes.iter().map(|&b| f64::from(b as i8)).collect(),
            other => {
                let found = format!("data.npy: {length} numbers of type '{other}'");
                return Err(self.fault("number-type", found));
            }
        })
    }
}

fn signed(values: impl Iterator<Item = i64>) -> Result<Vec<u64>, i64> {
    values.map(|v| u64::try_from(v).map_err(|_| v)).collect()
}

/// Reads a matrix in the format csr, csc or coo.
///
/// # Errors
/// The file cannot be read, is no such archive, or its arrays do not make a matrix.
pub fn read_npz(path: &Path) -> Result<Csr> {
    let file = File::open(path).map_err(|e| Error::reading(path, e))?;
    let zip = ZipArchive::new(file).map_err(|e| {
        Error::input(
            Fault::new("no-archive", format!("no .npz archive: {e}"))
                .file(path)
                .cause("the file was cut off, or is of another kind")
                .next("give a file of scipy.sparse.save_npz or of gyeol vectorize"),
        )
    })?;
    let mut archive = Archive { path, zip };
    let format = archive.array("format")?.bytes;
    let shape = archive.integers("shape")?;
    let &[rows, cols] = &shape[..] else {
        return Err(archive.fault("bad-array", format!("shape.npy has {} numbers, not 2", shape.len())));
    };
    if rows >= MOST as u64 || cols > MOST as u64 {
        return Err(archive.fault("matrix-size", format!("{rows} rows and {cols} columns")));
    }
    let (rows, cols) = (rows as usize, cols as usize);
    let data = archive.numbers()?;
    let text: HashMap<&[u8], &str> =
        HashMap::from([(&b"csr"[..], "csr"), (&b"csc"[..], "csc"), (&b"coo"[..], "coo")]);
    // A text array of Unicode has four bytes a character.
    let plain: Vec<u8> = format.into_iter().filter(|b| *b != 0).collect();
    let made = match text.get(&plain[..]) {
        Some(&"coo") => {
            let (row, col) = (archive.integers("row")?, archive.integers("col")?);
            if row.len() != data.len() || col.len() != data.len() {
                let found = format!("{} rows, {} columns, {} numbers", row.len(), col.len(), data.len());
                return Err(archive.fault("bad-array", found));
            }
            if rows > (16 << 20) + 64 * data.len() || row.iter().chain(&col).any(|&p| p >= MOST as u64) {
                return Err(
                    archive.fault("matrix-size", format!("{rows} rows that hold {} numbers", data.len()))
                );
            }
            let places = row.iter().zip(&col).zip(&data).map(|((&i, &j), &v)| (i as u32, j as u32, v));
            Csr::from_triplets(rows, cols, places)
        }
        Some(&kind) => {
            let pointers: Vec<usize> = archive.integers("indptr")?.iter().map(|&p| p as usize).collect();
            let indices = archive.integers("indices")?;
            let (major, minor) = if kind == "csr" { (rows, cols) } else { (cols, rows) };
            if pointers.len() != major + 1 {
                let found = format!("{} row pointers for {major} rows", pointers.len());
                return Err(archive.fault("bad-pointers", found));
            }
            if let Some(far) = indices.iter().find(|&&i| i >= minor as u64) {
                return Err(archive.fault("column-outside", format!("column {far} of {minor}")));
            }
            let indices = indices.into_iter().map(|i| i as u32).collect();
            if kind == "csc" && rows > (16 << 20) + 64 * data.len() {
                return Err(
                    archive.fault("matrix-size", format!("{rows} rows that hold {} numbers", data.len()))
                );
            }
            let matrix = Csr::new(minor, pointers, indices, data);
            if kind == "csr" { matrix } else { matrix.map(|m| m.transpose()) }
        }
        None => {
            let shown = gyeol_base::shorten(&String::from_utf8_lossy(&plain), 20);
            return Err(Error::input(
                Fault::new("matrix-format", format!("a matrix of format '{shown}'"))
                    .file(path)
                    .cause("scipy saves several formats; csr, csc and coo are read")
                    .next("save matrix.tocsr()"),
            ));
        }
    };
    made.map_err(|e| e.in_file(path))
}
