//! Matrix Market coordinate files (Boisvert, Pozo and Remington 1996), as scipy.io.mmwrite and gensim write them.
//!
//! ```text
//! %%MatrixMarket matrix coordinate real general
//! % comments
//! 2 3 2          rows, columns, numbers
//! 1 3 0.5        row and column from 1
//! 2 1 4
//! ```
//! Plain or packed (.gz) when it is read.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use gyeol_base::{Fault, WholeFile};

use super::{Csr, MOST};
use gyeol_base::{Error, Result};

/// A line of such a file is never longer.
const LONGEST_LINE: u64 = 1 << 16;

/// Writes a matrix, whole or not at all; numbers are such that they are read back as the same.
///
/// # Errors
/// What the system says.
pub fn write_market(path: &Path, matrix: &Csr) -> Result<()> {
    let written = (|| {
        let mut out = std::io::BufWriter::with_capacity(1 << 18, WholeFile::create(path)?);
        let whole = matrix.data().iter().all(|v| v.fract() == 0.0 && v.abs() < 9e15);
        let field = if whole { "integer" } else { "real" };
        writeln!(out, "%%MatrixMarket matrix coordinate {field} general")?;
        writeln!(out, "{} {} {}", matrix.rows(), matrix.cols(), matrix.nonzeros())?;
        let mut line = String::new();
        for row in 0..matrix.rows() {
            for (column, value) in matrix.row(row) {
                line.clear();
                // Writing into a String cannot fail.
                let _ = writeln!(line, "{} {} {value}", row + 1, u64::from(column) + 1);
                out.write_all(line.as_bytes())?;
            }
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.commit()
    })();
    written.map_err(|e| Error::writing(path, e))
}

struct Lines<'a> {
    path: &'a Path,
    input: Box<dyn BufRead>,
    line: String,
    number: usize,
}

impl Lines<'_> {
    fn fault(&self, code: &'static str, found: impl Into<String>) -> Error {
        Error::input(
            Fault::new(code, found)
                .file(self.path)
                .row(self.number)
                .cause("the file was cut off or altered, or is no Matrix Market file")
                .next("make the matrix again, or mend the line"),
        )
    }

    fn next(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        let taken = (&mut self.input).take(LONGEST_LINE).read_line(&mut self.line);
        match taken {
            Ok(n) if n as u64 == LONGEST_LINE => {
                Err(self.fault("long-line", "a line of more than 65,536 bytes"))
            }
            Ok(n) => Ok(n > 0),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                Err(self.fault("undecodable-bytes", "bytes that are no text"))
            }
            Err(e) => Err(Error::reading(self.path, e)),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Symmetry {
    General,
    Symmetric,
    Skew,
}

/// Reads a matrix; memory is taken as the numbers come, never by what the head of the file claims.
///
/// # Errors
/// The file cannot be read, is no coordinate file of real, integer or pattern numbers, has other sizes than its head
/// says, a place outside, or a number that is none; the error names the line.
pub fn read_market(path: &Path) -> Result<Csr> {
    let file = std::fs::File::open(path).map_err(|e| Error::reading(path, e))?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    let input: Box<dyn BufRead> = if packed {
        Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::with_capacity(1 << 18, file))
    };
    let mut lines = Lines { path, input, line: String::new(), number: 0 };
    lines.next()?;
    let head = lines.line.to_ascii_lowercase();
    let words: Vec<&str> = head.split_whitespace().collect();
    let (pattern, symmetry) = match words[..] {
        ["%%matrixmarket", "matrix", "coordinate", field @ ("real" | "integer" | "pattern"), symmetry] => {
            let symmetry = match symmetry {
                "general" => Symmetry::General,
                "symmetric" => Symmetry::Symmetric,
                "skew-symmetric" => Symmetry::Skew,
                _ => return Err(lines.fault("market-head", format!("symmetry '{symmetry}'"))),
            };
            (field == "pattern", symmetry)
        }
        _ => {
            let shown = gyeol_base::shorten(lines.line.trim_end(), 80);
            return Err(lines.fault(
                "market-head",
                format!("'{shown}' where '%%MatrixMarket matrix coordinate real general' is expected"),
            ));
        }
    };
    let sizes = loop {
        if !lines.next()? {
            return Err(lines.fault("market-head", "no sizes"));
        }
        let text = lines.line.trim();
        if !text.is_empty() && !text.starts_with('%') {
            break text.split_whitespace().map(str::parse).collect::<Result<Vec<usize>, _>>();
        }
    };
    let &[rows, cols, count] = sizes.as_deref().unwrap_or_default() else {
        return Err(lines.fault("market-head", "a line that is not 'rows columns numbers'"));
    };
    if rows >= MOST || cols > MOST || count as u128 > rows as u128 * cols as u128 {
        return Err(lines.fault("matrix-size", format!("{rows} rows, {cols} columns, {count} numbers")));
    }
    let mut triplets: Vec<(u32, u32, f64)> = Vec::with_capacity(count.min(1 << 16));
    let mut seen = 0;
    while lines.next()? {
        let text = lines.line.trim();
        if text.is_empty() || text.starts_with('%') {
            continue;
        }
        seen += 1;
        if seen > count {
            return Err(lines.fault("market-count", format!("more than the {count} numbers of the head")));
        }
        let mut cells = text.split_whitespace();
        let place = |cell: Option<&str>, most: usize| {
            let at = cell?.parse::<usize>().ok()?;
            (1..=most).contains(&at).then(|| (at - 1) as u32)
        };
        let (row, column) = (place(cells.next(), rows), place(cells.next(), cols));
        let value = if pattern { Some(1.0) } else { cells.next().and_then(|c| c.parse::<f64>().ok()) };
        let (Some(i), Some(j), Some(value), None) =
            (row, column, value.filter(|v| v.is_finite()), cells.next())
        else {
            let shown = gyeol_base::shorten(text, 60);
            let found =
                format!("'{shown}' where a row up to {rows}, a column up to {cols} and a number belong");
            return Err(lines.fault("market-line", found));
        };
        triplets.push((i, j, value));
        if symmetry != Symmetry::General && i != j {
            triplets.push((j, i, if symmetry == Symmetry::Skew { -value } else { value }));
        }
    }
    if seen < count {
        return Err(lines.fault("market-count", format!("{seen} numbers where the head says {count}")));
    }
    sane_rows(rows, triplets.len(), path)?;
    Csr::from_triplets(rows, cols, triplets)
}

/// Refuses a matrix of hardly anything but empty rows, whose pointers alone would fill the memory.
fn sane_rows(rows: usize, numbers: usize, path: &Path) -> Result<()> {
    if rows > (16 << 20) + 64 * numbers {
        return Err(Error::limit(
            Fault::new("matrix-size", format!("{rows} rows that hold {numbers} numbers"))
                .file(path)
                .cause("sizes that were altered")
                .next("leave the empty rows out"),
        ));
    }
    Ok(())
}
