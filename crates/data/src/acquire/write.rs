//! Writing a table whole or not at all: into a file beside the target, flushed to the disk, then renamed.

use std::io::{BufWriter, Write};
use std::path::Path;

use crate::Tz;

use crate::clock::{stamp, zone};
use crate::table::{ColumnData, Table};
use gyeol_base::{Error, Fault, Result, WholeFile};

/// Writes a table: Parquet for `.parquet`, Arrow IPC for `.arrow` and `.feather`, otherwise CSV (`.gz` and `.zst` packed);
/// `-` is CSV on standard output. Times with a zone are written as local time with its offset from UTC. Marks of cells that
/// cleaning invented are kept in Parquet and Arrow files; CSV has no place for them.
pub fn write(path: &str, table: &Table) -> Result<()> {
    let failed = |e: std::io::Error| {
        Error::io("write", path, "check that the folder exists, may be written to and has room", e)
    };
    if path == "-" {
        let mut out = BufWriter::new(std::io::stdout().lock());
        return match csv(&mut out, table).and_then(|()| out.flush()) {
            // The reader has seen enough (`| head`): that is no failure.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                // What is left in the buffer would be written when it is dropped, and fail again, unseen.
                let _ = out.into_parts();
                Ok(())
            }
            other => other.map_err(failed),
        };
    }
    let target = Path::new(path);
    if target.is_dir() || target.file_name().is_none() {
        return Err(Fault::new("a-folder", "this is a folder, not a file")
            .file(path)
            .cause("the name of the file is missing")
            .next("name the file inside it")
            .input());
    }
    let lower = path.to_lowercase();
    let written = (|| -> std::io::Result<()> {
        let mut file = WholeFile::create(target)?;
        let mut out = BufWriter::new(&mut file);
        if lower.ends_with(".parquet") || lower.ends_with(".pq") {
            parquet(&mut out, table)?;
        } else if lower.ends_with(".arrow") || lower.ends_with(".feather") || lower.ends_with(".ipc") {
            ipc(&mut out, table)?;
        } else if lower.ends_with(".gz") {
            let mut packer = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
            csv(&mut packer, table)?;
            packer.finish()?;
        } else if lower.ends_with(".zst") {
            let mut packer = zstd::stream::write::Encoder::new(&mut out, 3)?;
            csv(&mut packer, table)?;
            packer.finish()?;
        } else {
            csv(&mut out, table)?;
        }
        out.flush()?;
        drop(out);
        file.commit()
    })();
    written.map_err(failed)
}

/// The table as CSV text, as [`write()`] would write it.
pub fn csv_text(table: &Table) -> Result<String> {
    let failed = |e| Error::io("write", "CSV", "free some memory", e);
    let mut out = Vec::new();
    csv(&mut out, table).map_err(failed)?;
    String::from_utf8(out).map_err(|e| failed(std::io::Error::other(e)))
}

fn parquet(out: impl Write + Send, table: &Table) -> std::io::Result<()> {
    use parquet::basic::{Compression, ZstdLevel};
    let level = ZstdLevel::try_new(3).map_err(std::io::Error::other)?;
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .build();
    let batch = table.export_batch();
    let mut writer = parquet::arrow::ArrowWriter::try_new(out, batch.schema(), Some(properties))
        .map_err(std::io::Error::other)?;
    writer.write(&batch).map_err(std::io::Error::other)?;
    writer.close().map_err(std::io::Error::other)?;
    Ok(())
}

fn ipc(out: impl Write, table: &Table) -> std::io::Result<()> {
    let batch = table.export_batch();
    let mut writer =
        arrow_ipc::writer::FileWriter::try_new(out, &batch.schema()).map_err(std::io::Error::other)?;
    writer.write(&batch).map_err(std::io::Error::other)?;
    writer.finish().map_err(std::io::Error::other)
}

/// The system's own error where there is one, so that a closed pipe is known as such.
fn plain(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

fn csv(out: impl Write, table: &Table) -> std::io::Result<()> {
    let tz = table.source().zone.as_deref().and_then(|z| zone(z).ok());
    let columns = table.to_columns();
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(columns.iter().map(|(n, _)| n)).map_err(plain)?;
    let mut cell = String::new();
    for row in 0..table.rows() {
        for (_, data) in &columns {
            cell.clear();
            put(&mut cell, data, row, tz);
            writer.write_field(&cell).map_err(plain)?;
        }
        writer.write_record(None::<&[u8]>).map_err(plain)?;
    }
    writer.flush()
}

fn put(cell: &mut String, data: &ColumnData, row: usize, tz: Option<Tz>) {
    use std::fmt::Write as _;
    // Writing into a String cannot fail.
    let _ = match data {
        ColumnData::Number(v) if v[row].is_nan() => Ok(()),
        ColumnData::Number(v) if v[row] != 0.0 && !(1e-5..1e16).contains(&v[row].abs()) => {
            write!(cell, "{:e}", v[row])
        }
        ColumnData::Number(v) => write!(cell, "{}", v[row]),
        ColumnData::Integer(v) => v[row].map_or(Ok(()), |x| write!(cell, "{x}")),
        ColumnData::Boolean(v) => v[row].map_or(Ok(()), |x| write!(cell, "{x}")),
        ColumnData::Text(v) => v.get(row).map_or(Ok(()), |x| write!(cell, "{x}")),
        ColumnData::Time(v) => v[row].map_or(Ok(()), |ms| write!(cell, "{}", stamp(ms, tz))),
    };
}
