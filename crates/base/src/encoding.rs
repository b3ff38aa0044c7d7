//! From bytes to text: byte-order marks, UTF-8, UTF-16, and a guess by character statistics for the rest.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::{Error, Fault, Result};

/// The text of the bytes and the name of the encoding.
///
/// # Errors
/// An encoding that is not known, bytes that it does not allow, NUL characters, or what does not look like text.
pub fn decode<'a>(name: &str, bytes: &'a [u8], wanted: Option<&str>) -> Result<(Cow<'a, str>, &'static str)> {
    let (encoding, body) = match wanted {
        Some(label) => {
            let encoding = by_label(name, label)?;
            match Encoding::for_bom(bytes) {
                Some((marked, n)) if marked == encoding => (encoding, &bytes[n..]),
                _ => (encoding, bytes),
            }
        }
        None => match Encoding::for_bom(bytes) {
            Some((encoding, n)) => (encoding, &bytes[n..]),
            None => (guess(name, bytes)?, bytes),
        },
    };
    let text = match encoding.decode_without_bom_handling_and_without_replacement(body) {
        Some(text) => text,
        None => return Err(undecodable(name, body, encoding)),
    };
    if let Some(at) = text.find('\0') {
        return Err(Fault::new("nul-bytes", "a NUL character, which no table of text holds")
            .file(name)
            .row(line_of(&text.as_bytes()[..at]))
            .cause("a binary file, a disk error, or UTF-16 without its byte-order mark")
            .next("name the encoding (such as utf-16le), or export the file again as CSV")
            .input());
    }
    let controls =
        text.chars().take(100_000).filter(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}'));
    let seen = text.chars().take(100_000).count();
    if controls.count() * 50 > seen.max(50) {
        return Err(Fault::new("not-text", "many control characters: this does not look like text")
            .file(name)
            .cause("a binary file, or one that was altered")
            .next("give a CSV, Parquet or Arrow IPC file")
            .input());
    }
    Ok((text, encoding.name()))
}

/// The encoding of a label such as "euc-kr" or "cp949".
///
/// # Errors
/// A label that is not known.
pub fn by_label(name: &str, label: &str) -> Result<&'static Encoding> {
    // Python's name of the same code page.
    let label = if label.trim().eq_ignore_ascii_case("cp949") { "euc-kr" } else { label.trim() };
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        Fault::new("unknown-encoding", format!("'{label}' is not an encoding"))
            .file(name)
            .cause("a label that the web standard does not know")
            .next("use utf-8, euc-kr, windows-1252, utf-16le, shift_jis, gb18030 …")
            .option()
    })
}

fn line_of(before: &[u8]) -> usize {
    before.iter().filter(|&&b| b == b'\n').count() + 1
}

/// The failure of bytes that an encoding does not allow: which byte, in which line, and what to do.
pub fn undecodable(name: &str, bytes: &[u8], encoding: &'static Encoding) -> Error {
    // Find where decoding stops: the first bad byte is where the longest decodable head ends.
    let at = if encoding == UTF_8 {
        std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to())
    } else {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut out = vec![0u8; decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0)];
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut out, true);
        match result {
            encoding_rs::DecoderResult::Malformed(bad, extra) => {
                read.saturating_sub(usize::from(bad) + usize::from(extra))
            }
            _ => read,
        }
    };
    Fault::new(
        "undecodable-bytes",
        format!(
            "byte {at} (0x{:02x}) is not {} text",
            bytes.get(at).copied().unwrap_or_default(),
            encoding.name()
        ),
    )
    .file(name)
    .row(line_of(&bytes[..at.min(bytes.len())]))
    .cause("another encoding, or a file cut off in the middle of a character")
    .next("name the encoding (such as euc-kr or windows-1252), or mend that row")
    .input()
}

/// Whether bytes are Korean in EUC-KR (CP949) and hardly anything else: all of them decode, two or more syllables are among
/// the common ones, and those make up nearly all that is not ASCII. A header of a few letters gives statistics too little.
fn is_korean(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1 << 20)];
    // The common syllables and signs have both bytes above 0xa0; a lone degree sign before a C has not.
    let (mut syllables, mut others, mut i) = (0usize, 0usize, 0);
    while i < head.len() {
        match (head[i], head.get(i + 1)) {
            (0..=0x7f, _) => i += 1,
            (lead, Some(0xa1..=0xfe)) if lead > 0xa0 => {
                syllables += usize::from((0xb0..=0xc8).contains(&lead));
                others += usize::from(lead > 0xc8);
                i += 2;
            }
            // Less common syllables of CP949.
            (0x81..=0xc6, Some(0x41..=0x5a | 0x61..=0x7a | 0x81..=0xfe)) => (others, i) = (others + 1, i + 2),
            (_, None) if head.len() < bytes.len() => i += 1,
            _ => return false,
        }
    }
    syllables >= 2 && others * 10 <= syllables
}

/// The encoding of bytes without a byte-order mark, by their statistics: UTF-8 where that is possible, UTF-16 without
/// its mark, else what a browser would take.
///
/// # Errors
/// UTF-8 that is broken in a few places: the first of them.
pub fn guess(name: &str, bytes: &[u8]) -> Result<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    // UTF-16 of mostly Latin text without a mark: every other byte is 0.
    if head.len() >= 4 {
        let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
        if zeros(1) * 5 > head.len() && zeros(0) * 20 < head.len() {
            return Ok(UTF_16LE);
        }
        if zeros(0) * 5 > head.len() && zeros(1) * 20 < head.len() {
            return Ok(UTF_16BE);
        }
    }
    let Err(first) = std::str::from_utf8(bytes) else { return Ok(UTF_8) };
    // Text that is UTF-8 in many places and broken in few is broken UTF-8, not another encoding.
    let (mut sound, mut broken) = (0usize, 0usize);
    for chunk in bytes[..bytes.len().min(1 << 20)].utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if sound > 4 * broken {
        return Err(undecodable(name, bytes, UTF_8));
    }
    if is_korean(bytes) {
        return Ok(encoding_rs::EUC_KR);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let from = first.valid_up_to().saturating_sub(4096);
    detector.feed(&bytes[from..bytes.len().min(from + (4 << 20))], true);
    let guessed = detector.guess(None, chardetng::Utf8Detection::Deny);
    if guessed.is_single_byte() && strays(bytes) {
        return Err(undecodable(name, bytes, UTF_8));
    }
    Ok(guessed)
}

/// Whether the few bytes of a text that are no ASCII are no letters of a Western language either: a byte gone wrong does not
/// make the text one of another encoding. Enough of them, or three in a row, are for the statistics to judge.
fn strays(bytes: &[u8]) -> bool {
    let mut letters = 0;
    let (mut runs, mut odd) = (0, 0);
    for (at, run) in bytes.chunk_by(|a, b| a.is_ascii() == b.is_ascii()).scan(0, |at, run| {
        *at += run.len();
        Some((*at - run.len(), run))
    }) {
        if run[0].is_ascii() {
            letters += run.iter().filter(|b| b.is_ascii_alphabetic()).count();
            continue;
        }
        let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
        let after = bytes.get(at + run.len()).copied().unwrap_or(b' ');
        runs += 1;
        odd += usize::from(run.len() < 3 && !is_western(before, run, after));
    }
    (runs <= 2 || runs * 100 < letters) && 2 * odd > runs
}

/// Whether one or two bytes of Windows-1252 stand as they do in words: a usual letter beside others, a mark, a vowel alone.
fn is_western(before: u8, run: &[u8], after: u8) -> bool {
    let letter = |b: u8| matches!(b, 0x8a | 0x8c | 0x8e | 0x9a | 0x9c | 0x9e | 0xc0..=0xcf | 0xd1..=0xd6 | 0xd8..=0xdc | 0xdf..=0xef | 0xf1..=0xf6 | 0xf8..=0xfc);
    let mark = |b: u8| matches!(b, 0x80 | 0x82..=0x85 | 0x8b | 0x91..=0x97 | 0x99 | 0x9b | 0xa0..=0xbf | 0xd7 | 0xf7);
    let capital = |b: u8| matches!(b, 0xc0..=0xdc);
    let near = before.is_ascii_alphabetic() || after.is_ascii_alphabetic();
    let fits = |&b: &u8| mark(b) || (letter(b) && near && !(capital(b) && before.is_ascii_lowercase()));
    let alone = matches!(
        run,
        [0xc0 | 0xc8 | 0xc9 | 0xd2 | 0xd3 | 0xe0 | 0xe8 | 0xe9 | 0xec | 0xed | 0xf2 | 0xf3 | 0xf9]
    );
    run.iter().all(fits) || alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_gone_wrong_is_refused_and_accents_are_read() {
        for bad in [
            &b"good line here\nbad \xff\xfe bytes\nanother good"[..],
            b"one wo\xffrd",
            b"cut off: caf\xc3 and on",
        ] {
            let error = guess("f", bad).unwrap_err();
            assert_eq!(error.code(), "undecodable-bytes", "{bad:?}");
        }
        for (bytes, text) in [
            (&b"a caf\xe9 in the town"[..], "a café in the town"),
            (b"it wasn\x92t so \x93here\x94", "it wasn’t so “here”"),
            (b"andare \xe0 Roma", "andare à Roma"),
            (b"20 \xb0C at noon", "20 °C at noon"),
        ] {
            assert_eq!(decode("f", bytes, None).unwrap().0, text);
        }
    }
}
