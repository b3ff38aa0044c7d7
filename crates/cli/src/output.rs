//! Standard output and error: results, notes, and what the terminal can show.

use std::io::{IsTerminal, Write};
use std::path::Path;

use gyeol_report::Language;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// Prints one JSON object and a line end.
pub fn json(value: &Value) -> Result<()> {
    text(&format!("{value:#}\n"))
}

/// Prints text to standard output.
pub fn text(text: &str) -> Result<()> {
    bytes(Path::new("-"), text.as_bytes())
}

/// Writes bytes to a file whole or not at all, or to standard output for `-`.
pub fn bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.as_os_str() == "-" {
        let mut out = std::io::stdout().lock();
        return match out.write_all(bytes).and_then(|()| out.flush()) {
            // The reader has seen enough (`| head`): that is no failure.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        };
    }
    gyeol_base::write_bytes(path, bytes).map_err(|e| {
        let next = "check that the folder exists, may be written to and has room";
        Failure::failed("io", format!("cannot write {}: {e}. Next: {next}", path.display()))
    })
}

/// Refuses two results on one standard output.
pub fn one_result(json: bool, out: &str) -> Result<()> {
    if json && out == "-" {
        let words = "--json and an output of - both want standard output; name a file for one of them";
        return Err(Failure::Usage(words.into()));
    }
    Ok(())
}

/// Columns of the terminal; 80 where there is none.
pub fn width() -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|v| v.parse().ok());
    let asked = console::Term::stdout().size_checked().map(|(_, columns)| columns as usize);
    given.or(asked).unwrap_or(80).clamp(40, 200)
}

/// Whether colour may be used on standard output.
pub fn color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// The language asked for, else the recipe's, else English.
pub fn language(asked: Option<&str>, recipe: Option<&str>) -> Result<Language> {
    Ok(asked.or(recipe).unwrap_or("en").parse::<Language>()?)
}

/// Rust ignores SIGPIPE, so a closed pipe is an error of each write; [`text`] takes it as the end. This keeps a
/// panic of the print macros out of the way too.
pub fn stop_quietly_on_a_closed_pipe() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>().map(String::as_str).unwrap_or_default();
        if message.contains("Broken pipe") {
            std::process::exit(0);
        }
        default(info);
    }));
}
