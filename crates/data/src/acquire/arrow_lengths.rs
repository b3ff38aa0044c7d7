//! The lengths that an Arrow IPC file or stream claims, held against what is there before any memory is taken for them.
//!
//! The reader takes them at their word (the length of a block, the unpacked size of a buffer, the rows of a batch), and memory
//! that cannot be had ends the process, which a server must not let a stranger do.

use std::io::{Read, Seek, SeekFrom};

use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::read_footer_length;
use arrow_ipc::{CompressionType, Message, RecordBatch, root_as_footer, root_as_message};
use arrow_schema::Schema;

/// What stands before a message since format 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Bytes of the footer's length and the magic word at the end of a file.
const TAIL: u64 = 10;

/// Checks a file (with its directory at its end) of `length` bytes whose batches may unpack to `limit` bytes each, and gives its
/// schema.
///
/// # Errors
/// What is wrong, in words.
pub fn file(from: &mut (impl Read + Seek), length: u64, limit: u64) -> Result<Schema, String> {
    let tail: [u8; TAIL as usize] =
        bytes(from, length, length.checked_sub(TAIL).ok_or("it is cut off")?, TAIL)?
            .try_into()
            .map_err(|_| "it is cut off")?;
    let footer = read_footer_length(tail).map_err(|e| e.to_string())? as u64;
    let footer =
        bytes(from, length, (length - TAIL).checked_sub(footer).ok_or("its directory is cut off")?, footer)?;
    let footer = root_as_footer(&footer).map_err(|e| e.to_string())?;
    let blocks =
        footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
    let mut places = Vec::new();
    for block in blocks {
        let [start, head, body] =
            [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()].map(u64::try_from);
        let (Ok(start), Ok(head), Ok(body)) = (start, head, body) else {
            return Err("a block has a negative length".into());
        };
        places.push((start, start.saturating_add(head).saturating_add(body)));
        let head_bytes = bytes(from, length, start, head)?;
        let skip = if head_bytes.starts_with(&CONTINUATION) { 8 } else { 4 };
        let message = root_as_message(head_bytes.get(skip..).ok_or("a block has no head")?)
            .map_err(|e| e.to_string())?;
        batch(from, length, &message, start.saturating_add(head), body, limit)?;
    }
    // Batches that lie on one another are a small file read many times.
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => Err(format!("two batches lie on one another at byte {}", pair[1].0)),
        None => Ok(fb_to_schema(footer.schema().ok_or("it has no schema")?)),
    }
}

/// Checks a stream that is there as a whole, as [`file()`] does.
///
/// # Errors
/// What is wrong, in words.
pub fn stream(from: &mut (impl Read + Seek), length: u64, limit: u64) -> Result<(), String> {
    let mut at = 0;
    while at < length {
        let mut word = bytes(from, length, at, 4)?;
        at += 4;
        if word == CONTINUATION {
            word = bytes(from, length, at, 4)?;
            at += 4;
        }
        let head = i32::from_le_bytes(word.try_into().map_err(|_| "a message is cut off")?);
        if head == 0 {
            return Ok(());
        }
        let head = u64::try_from(head).map_err(|_| "a message has a negative length")?;
        let message = bytes(from, length, at, head)?;
        let message = root_as_message(&message).map_err(|e| e.to_string())?;
        let body = u64::try_from(message.bodyLength()).map_err(|_| "a message has a negative length")?;
        at += head;
        batch(from, length, &message, at, body, limit)?;
        at += body;
    }
    Ok(())
}

/// Checks a message whose body lies at `start`: all of it within the file, its rows and unpacked buffers within the limit.
fn batch(
    from: &mut (impl Read + Seek),
    length: u64,
    message: &Message<'_>,
    start: u64,
    body: u64,
    limit: u64,
) -> Result<(), String> {
    within(length, start, body)?;
    let of_dictionary = message.header_as_dictionary_batch().and_then(|d| d.data());
    let Some(batch): Option<RecordBatch<'_>> = message.header_as_record_batch().or(of_dictionary) else {
        return Ok(());
    };
    let rows = batch.nodes().into_iter().flatten().map(|node| node.length()).chain([batch.length()]);
    for rows in rows {
        // A column of nulls has no buffers: its rows cost nothing in the file and eight bytes each once they are a column.
        if u64::try_from(rows).map_or(true, |rows| rows.saturating_mul(8) > limit) {
            return Err(format!("a batch says it has {rows} rows, more than {limit} bytes hold"));
        }
    }
    let Some(packing) = batch.compression() else { return Ok(()) };
    let mut unpacked: u64 = 0;
    for buffer in batch.buffers().into_iter().flatten() {
        let (Ok(offset), Ok(size)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
            return Err("a buffer has a negative length".into());
        };
        within(body, offset, size)?;
        if size < 8 {
            continue;
        }
        let claim = bytes(from, length, start.saturating_add(offset), 8)?
            .try_into()
            .map_err(|_| "a buffer is cut off")?;
        let claim = i64::from_le_bytes(claim);
        // -1 stands before a buffer that was left as it is.
        if claim == -1 {
            continue;
        }
        unpacked = unpacked.saturating_add(u64::try_from(claim).unwrap_or(u64::MAX));
        if unpacked > limit {
            return Err(format!("a batch says it unpacks to {unpacked} bytes, {limit} are allowed"));
        }
        if packing.codec() == CompressionType::LZ4_FRAME {
            from.seek(SeekFrom::Start(start.saturating_add(offset).saturating_add(8)))
                .map_err(|e| e.to_string())?;
            let mut grown =
                lz4_flex::frame::FrameDecoder::new(from.by_ref().take(size - 8)).take(claim as u64 + 1);
            // What does not unpack is the library's to name; it would unpack without an end.
            if std::io::copy(&mut grown, &mut std::io::sink()).is_ok_and(|grown| grown > claim as u64) {
                return Err(format!("a buffer that says it unpacks to {claim} bytes unpacks to more"));
            }
        }
    }
    Ok(())
}

fn within(length: u64, start: u64, size: u64) -> Result<(), String> {
    match start.checked_add(size) {
        Some(end) if end <= length => Ok(()),
        _ => Err(format!("{size} bytes at {start} lie outside its {length} bytes")),
    }
}

/// `size` bytes at `start` of a file of `length` bytes, never more than there are.
pub(super) fn bytes(
    from: &mut (impl Read + Seek),
    length: u64,
    start: u64,
    size: u64,
) -> Result<Vec<u8>, String> {
    within(length, start, size)?;
    from.seek(SeekFrom::Start(start)).map_err(|e| e.to_string())?;
    let mut out = vec![0; size as usize];
    from.read_exact(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}
