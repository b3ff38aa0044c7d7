//! Bytes in, bounded: files and standard input, gzip and Zstandard, all cut off at the limit before they grow.

use std::io::Read;

use gyeol_base::{Error, Fault, Result};

/// Reads a whole file, or standard input for `-`; never more than `max_bytes`.
pub(super) fn load(path: &str, max_bytes: u64) -> Result<Vec<u8>> {
    let next = "check the path and the permissions";
    if path == "-" {
        return bounded(std::io::stdin().lock(), max_bytes, "standard input").map_err(|e| match e {
            Bounded::Limit(e) => e,
            Bounded::Io(e) => Error::io("read", "standard input", "pipe a table into the program", e),
        });
    }
    let file = std::fs::File::open(path).map_err(|e| Error::io("read", path, next, e))?;
    let meta = file.metadata().map_err(|e| Error::io("read", path, next, e))?;
    if meta.is_dir() {
        return Err(Fault::new("a-folder", "this is a folder, not a file")
            .file(path)
            .cause("the name of the file is missing")
            .next("name the file inside it")
            .input());
    }
    if meta.len() > max_bytes {
        return Err(too_large(path, meta.len(), max_bytes));
    }
    bounded(file, max_bytes, path).map_err(|e| match e {
        Bounded::Limit(e) => e,
        Bounded::Io(e) => Error::io("read", path, next, e),
    })
}

enum Bounded {
    Limit(Error),
    Io(std::io::Error),
}

fn bounded(reader: impl Read, max_bytes: u64, name: &str) -> Result<Vec<u8>, Bounded> {
    let mut bytes = Vec::new();
    reader.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(Bounded::Io)?;
    if bytes.len() as u64 > max_bytes {
        return Err(Bounded::Limit(too_large(name, max_bytes.saturating_add(1), max_bytes)));
    }
    Ok(bytes)
}

fn too_large(name: &str, bytes: u64, max_bytes: u64) -> Error {
    Fault::new("too-many-bytes", format!("at least {bytes} bytes, more than the limit of {max_bytes}"))
        .file(name)
        .cause("a larger file than foreseen, or a small archive that unpacks to an enormous one")
        .next("raise the limit if the file is sound, or cut it into pieces")
        .limit()
}

/// Unpacks gzip or Zstandard by the first bytes; the word says which, empty for none.
pub(super) fn unpack<'a>(
    name: &str,
    bytes: &'a [u8],
    max_bytes: u64,
) -> Result<(std::borrow::Cow<'a, [u8]>, &'static str)> {
    let broken = |word: &str, e: std::io::Error| {
        Fault::new("broken-archive", format!("the {word} data cannot be unpacked: {e}"))
            .file(name)
            .cause("the file was cut off while it was copied, or altered")
            .next(format!("copy it again, or test it with: {word} -t FILE"))
            .input()
    };
    let finish = |word: &'static str, out: Result<Vec<u8>, Bounded>| match out {
        Ok(v) => Ok((std::borrow::Cow::Owned(v), word)),
        Err(Bounded::Limit(e)) => Err(e),
        Err(Bounded::Io(e)) => Err(broken(word, e)),
    };
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return finish("gzip", bounded(flate2::read::MultiGzDecoder::new(bytes), max_bytes, name));
    }
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(|e| broken("zstd", e))?;
        return finish("zstd", bounded(decoder, max_bytes, name));
    }
    for (magic, what, next) in [
        (
            &b"PK\x03\x04"[..],
            "a ZIP archive or a spreadsheet (.xlsx)",
            "unpack it, or save the sheet as CSV in the spreadsheet program",
        ),
        (&[0xd0, 0xcf, 0x11, 0xe0][..], "an old spreadsheet (.xls)", "save the sheet as CSV"),
        (b"%PDF", "a PDF", "export the readings as CSV where the document was made"),
        (b"\xfd7zXZ", "an .xz archive", "unpack it with: xz -d FILE"),
        (b"BZh", "a .bz2 archive", "unpack it with: bzip2 -d FILE"),
        (
            b"SQLite format 3",
            "a SQLite database",
            "export the table: sqlite3 -header -csv FILE 'select * from TABLE'",
        ),
    ] {
        if bytes.starts_with(magic) {
            return Err(Fault::new(
                "unknown-format",
                format!("this is {what}, not a table that is read here"),
            )
            .file(name)
            .cause("another kind of file than CSV, Parquet or Arrow IPC")
            .next(next)
            .input());
        }
    }
    Ok((std::borrow::Cow::Borrowed(bytes), ""))
}
