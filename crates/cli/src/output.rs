//! Standard output and error: results, notes, and what the terminal can show.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::ArgMatches;
use gyeol_report::Language;
use gyeol_report::terminal::display_width;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// Options that name what is written; `model` is one where a model is made beside something else.
const WRITTEN: [&str; 7] = ["output", "html", "map", "save_error_model", "save_weights", "out", "model"];

/// The files that were named to be read; nothing is written over one of them.
static READ: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// The files that the command line names, to be read and to be written.
#[derive(Default)]
pub struct Files {
    read: Vec<PathBuf>,
    written: Vec<PathBuf>,
}

impl Files {
    /// Whatever names a file that is there and is not to be written is to be read.
    pub fn of(matches: &ArgMatches) -> Files {
        let mut files = Files::default();
        let Some((verb, matches)) = matches.subcommand() else { return files };
        for id in matches.ids() {
            let written = WRITTEN.contains(&id.as_str()) && (id != "model" || verb == "vectorize");
            // Groups of options have no values of their own.
            let Ok(Some(values)) = matches.try_get_raw(id.as_str()) else { continue };
            let paths = values.map(PathBuf::from).filter(|path| path.is_file());
            if written { files.written.extend(paths) } else { files.read.extend(paths) }
        }
        files
    }

    /// Refuses an output that is an input, by whatever name.
    pub fn check(self) -> Result<()> {
        let read = READ.get_or_init(|| self.read);
        self.written.iter().try_for_each(|path| not_read(read, path))
    }
}

fn not_read(read: &[PathBuf], path: &Path) -> Result<()> {
    match read.iter().find(|read| is_same(read, path)) {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(format!(
            "{} is read by this command and would be written over; name another file for the result",
            path.display()
        ))),
    }
}

/// Whether two names are of one file: the same path once links are followed, or two links to one file.
fn is_same(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let of = |path: &Path| std::fs::metadata(path).map(|meta| (meta.dev(), meta.ino()));
        if let (Ok(a), Ok(b)) = (of(a), of(b)) {
            return a == b;
        }
    }
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

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
    not_read(READ.get().map_or(&[], Vec::as_slice), path)?;
    gyeol_base::write_bytes(path, bytes).map_err(|e| {
        let next = "check that the folder exists, may be written to and has room";
        Failure::failed("io", format!("cannot write {}: {e}. Next: {next}", path.display()))
    })
}

/// Refuses to write over a file that holds anything else than these bytes: people may have changed it.
pub fn unwritten(path: &str, bytes: &[u8], force: bool) -> Result<()> {
    if force || !Path::new(path).exists() || std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    Err(Failure::failed(
        "file-exists",
        format!(
            "{path} is there already, and is another. Next: name another file, or write over it with --force"
        ),
    ))
}

/// Refuses to write into a folder whose report, scores or model are no run's.
pub fn left_by_a_run(folder: &Path, force: bool) -> Result<()> {
    let scores = std::fs::read(folder.join("scores.json")).ok();
    let scores = scores.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    // A run that was killed between its page and its scores has left the times of its rungs.
    let begun = folder.join("times.json").is_file();
    if force || begun || scores.is_some_and(|scores| scores["rungs"].is_array()) {
        return Ok(());
    }
    let found = ["report.html", "scores.json", "model.gyeol"].map(|name| folder.join(name));
    match found.iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Failure::failed(
            "file-exists",
            format!(
                "{} is there, and no run has left it. Next: name another --out, or write over it with --force",
                path.display()
            ),
        )),
    }
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

/// Says a line on standard error, as `eprintln!` does, but nobody need listen: whether that line arrives decides nothing.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::say_line(format_args!($($words)*))
    };
}

/// See [`say!`].
pub fn say_line(words: std::fmt::Arguments<'_>) {
    // Closed, full or broken: what is worked on goes on, and the exit code tells how it ended.
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Keeps panics of libraries quiet where they mean that their input is damaged, which is then said in words.
pub fn quiet_over_damaged_input() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !gyeol_base::is_contained() {
            default(info);
        }
    }));
}

/// Lines of cells under one another, two blanks before each line: the first flush left, the others right.
pub fn columns(rows: &[Vec<String>]) -> String {
    let wide = |c: usize| rows.iter().map(|row| display_width(&row[c])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(wide).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(c, (cell, width))| {
            let blanks = " ".repeat(width - display_width(cell));
            if c == 0 { format!("{cell}{blanks}") } else { format!("{blanks}{cell}") }
        });
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
