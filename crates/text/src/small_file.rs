//! Small texts that a user writes by hand: tables of variants, lists of stop words.

use std::path::Path;

use gyeol_base::Fault;

use crate::{Error, Result};

/// No list written by hand is larger.
const LARGEST: u64 = 64 << 20;

/// The text of a small UTF-8 file without its byte-order mark.
pub(crate) fn read(path: &Path) -> Result<String> {
    let io = |source| Error::io("read", path, "name a file that exists and may be read", source);
    let length = std::fs::metadata(path).map_err(io)?.len();
    if length > LARGEST {
        return Err(Error::limit(
            Fault::new("list-size", format!("{length} bytes"))
                .file(path)
                .cause("this is no list of words, but a corpus")
                .next("name a file of at most 64 MiB"),
        ));
    }
    let text = String::from_utf8(std::fs::read(path).map_err(io)?).map_err(|e| {
        Error::input(
            Fault::new("undecodable-bytes", format!("byte {} is not UTF-8", e.utf8_error().valid_up_to()))
                .file(path)
                .cause("the file was saved in another encoding")
                .next("save it as UTF-8"),
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
