//! Documents out of files, in blocks, in order, within a bound of memory.
//!
//! A source is cut into blocks of a few MiB at the ends of documents, by its bytes alone; blocks are parsed and worked on
//! by all threads and their results handed on in order, so the number of threads changes nothing. What is in memory
//! at once is a few blocks, however large the corpus is.

mod block;
#[cfg(feature = "columnar")]
mod columnar;
mod columns;
mod cut;
mod digest;
mod layout;
mod map;
mod page;
mod parse;
mod stream;

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use gyeol_base::Fault;

pub use block::{Block, Document};
pub use digest::sha256_of;
pub use layout::Look;
pub use map::Totals;

use gyeol_base::{Error, Result};

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text; [`Unit`] says what a document is.
    Text,
    /// Comma-separated, cells quoted as RFC 4180 has it.
    Csv,
    /// Tab-separated, quotes taken as they are.
    Tsv,
    /// A JSON object a line, or one list of them.
    JsonLines,
    /// A page a file.
    Html,
    /// Apache Parquet; read with the feature `columnar`.
    Parquet,
    /// Arrow IPC file; read with the feature `columnar`.
    Arrow,
}

impl Format {
    /// Whether its parts are found by a directory at the end, so that it is not cut into blocks by its bytes.
    fn is_columnar(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
    }
}

/// What a document of plain text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// A line; an empty line is an empty document.
    #[default]
    Line,
    /// Lines up to an empty one.
    Paragraph,
    /// The whole file.
    File,
}

/// What happens to bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Invalid {
    /// An error that names byte and line.
    #[default]
    Refuse,
    /// U+FFFD in their place, and a space for NUL.
    Replace,
}

/// What labels are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Labels {
    /// Nothing: they are not looked at.
    Ignored,
    /// They go with their texts, where there are any.
    #[default]
    Kept,
    /// No text can be used without one, where the corpus has labels.
    Needed,
}

gyeol_base::named!(Format, "a kind of file", "text" => Format::Text, "csv" => Format::Csv, "tsv" => Format::Tsv,
    "jsonl" => Format::JsonLines, "html" => Format::Html, "parquet" => Format::Parquet, "arrow" => Format::Arrow);
gyeol_base::named!(Unit, "a unit of plain text", "line" => Unit::Line, "paragraph" => Unit::Paragraph, "file" => Unit::File);
gyeol_base::named!(Invalid, "a way with invalid bytes", "refuse" => Invalid::Refuse, "replace" => Invalid::Replace);

/// How a corpus is read; what is `None` is found out.
#[derive(Debug, Clone)]
pub struct CorpusOptions {
    /// Kind of file, by its name otherwise.
    pub format: Option<Format>,
    /// What a document of plain text is; a line, and in a folder a file.
    pub unit: Option<Unit>,
    /// Column or key of the text.
    pub text: Option<String>,
    /// Column or key of the label.
    pub label: Option<String>,
    /// What a file is called in messages; its path otherwise.
    pub name: Option<String>,
    /// Encoding, such as "euc-kr".
    pub encoding: Option<String>,
    /// Byte between the cells of a CSV or TSV.
    pub delimiter: Option<u8>,
    /// Whether cells may be quoted; in CSV they may, in TSV a quote is a character like others.
    pub quoting: Option<bool>,
    /// Whether the first row names the columns; found out otherwise.
    pub header: Option<bool>,
    /// What happens to bytes that are no text.
    pub invalid: Invalid,
    /// What labels are wanted for.
    pub labels: Labels,
    /// Leaves out and counts rows that cannot be used, instead of refusing the first of them.
    pub skip_bad: bool,
    /// Bytes of a block: what a thread works on at a time. Larger than a document wherever possible.
    pub block_bytes: usize,
    /// Most bytes of one document, at most 2 GiB.
    pub max_document_bytes: usize,
}

impl Default for CorpusOptions {
    fn default() -> Self {
        CorpusOptions {
            format: None,
            unit: None,
            text: None,
            label: None,
            name: None,
            encoding: None,
            delimiter: None,
            quoting: None,
            header: None,
            invalid: Invalid::Refuse,
            labels: Labels::Kept,
            skip_bad: false,
            block_bytes: 2 << 20,
            max_document_bytes: 256 << 20,
        }
    }
}

/// A file, or one file of a folder.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    /// What it is called in messages.
    name: String,
    format: Format,
    unit: Unit,
    /// The folder's name where folders are classes.
    label: Option<Arc<str>>,
}

/// Documents of a file, a folder of files, or a folder of folders that are classes.
#[derive(Debug)]
pub struct Corpus {
    sources: Vec<Source>,
    options: CorpusOptions,
    bytes: Option<u64>,
    read: Arc<AtomicU64>,
    notes: Mutex<Vec<String>>,
}

impl Corpus {
    /// Looks at a path (`-` is standard input) and lists its files, sorted by name; reads nothing yet.
    ///
    /// # Errors
    /// A path that is not there, a folder without files, limits that cannot be; a Parquet or Arrow file, where this crate
    /// was built without its feature `columnar`.
    pub fn open(path: &str, options: CorpusOptions) -> Result<Self> {
        if options.max_document_bytes > 2 << 30 || options.block_bytes == 0 {
            return Err(Error::option(
                Fault::new("bad-limits", "a document may have up to 2 GiB, and a block at least one byte")
                    .next("choose smaller documents"),
            ));
        }
        let mut sources = Vec::new();
        let mut bytes = None;
        let name = options.name.clone().unwrap_or_else(|| path.to_owned());
        if path == "-" {
            let format = options.format.unwrap_or(Format::Text);
            let unit = options.unit.unwrap_or_default();
            sources.push(Source { path: path.into(), name, format, unit, label: None });
        } else {
            let meta = std::fs::metadata(path).map_err(|source| Error::reading(path, source))?;
            if meta.is_dir() {
                bytes = Some(list(Path::new(path), &options, &mut sources)?);
            } else {
                let format = options.format.unwrap_or_else(|| format_of(path));
                let unit = options.unit.unwrap_or_default();
                sources.push(Source { path: path.into(), name, format, unit, label: None });
                bytes = Some(meta.len());
            }
        }
        #[cfg(not(feature = "columnar"))]
        if let Some(source) = sources.iter().find(|s| s.format.is_columnar()) {
            return Err(Error::option(
                Fault::new("no-columnar", "this build reads no Parquet and no Arrow files")
                    .file(&source.path)
                    .cause("gyeol-text was compiled without its feature `columnar`")
                    .next("compile it with --features columnar, or export the file as CSV or JSON lines"),
            ));
        }
        Ok(Corpus { sources, options, bytes, read: Arc::default(), notes: Mutex::default() })
    }

    /// Bytes on disk, where they are known before.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether the folders are classes.
    pub fn has_classes(&self) -> bool {
        self.sources.iter().any(|s| s.label.is_some())
    }

    /// What reading decided where it was not certain: a guessed encoding, a guessed column.
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn note(&self, note: String) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// The kind of file by its name, compression aside; what has no known ending is plain text.
pub fn format_of(path: &str) -> Format {
    let name = path.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit('.').next() {
        Some("csv") => Format::Csv,
        Some("tsv" | "tab") => Format::Tsv,
        Some("jsonl" | "ndjson" | "jsonlines" | "json") => Format::JsonLines,
        Some("html" | "htm" | "xhtml") => Format::Html,
        Some("parquet" | "pq") => Format::Parquet,
        Some("arrow" | "ipc" | "feather") => Format::Arrow,
        _ => Format::Text,
    }
}

/// Files of a folder, or of its folders, which are classes then; returns their bytes.
fn list(folder: &Path, options: &CorpusOptions, sources: &mut Vec<Source>) -> Result<u64> {
    let (files, folders) = entries(folder)?;
    let mut bytes = 0;
    let mut add = |path: &Path, label: Option<Arc<str>>| {
        let path = path.display().to_string();
        let format = options.format.unwrap_or_else(|| format_of(&path));
        bytes += std::fs::metadata(&path).map_or(0, |m| m.len());
        let unit = options.unit.unwrap_or(Unit::File);
        sources.push(Source { name: path.clone(), path, format, unit, label });
    };
    if folders.is_empty() {
        files.iter().for_each(|f| add(f, None));
    } else if files.is_empty() {
        for class in &folders {
            let label: Arc<str> = class.file_name().unwrap_or_default().to_string_lossy().into();
            let mut inside = Vec::new();
            walk(class, &mut inside, 0)?;
            inside.iter().for_each(|f| add(f, Some(Arc::clone(&label))));
        }
    } else {
        return Err(Error::input(
            Fault::new(
                "mixed-folder",
                format!("{} files and {} folders side by side", files.len(), folders.len()),
            )
            .file(folder)
            .cause("a folder holds either documents, or one folder a class")
            .next("move the loose files away (a README perhaps), or name one of the folders"),
        ));
    }
    if sources.is_empty() {
        return Err(Error::input(
            Fault::new("empty-folder", "this is a folder without files")
                .file(folder)
                .next("name the folder that holds the documents"),
        ));
    }
    Ok(bytes)
}

fn walk(folder: &Path, files: &mut Vec<std::path::PathBuf>, depth: usize) -> Result<()> {
    if depth > 16 {
        return Err(Error::limit(
            Fault::new("deep-folders", "folders more than 16 deep")
                .file(folder)
                .cause("a link that leads back")
                .next("name a smaller folder"),
        ));
    }
    let (here, folders) = entries(folder)?;
    files.extend(here);
    folders.iter().try_for_each(|f| walk(f, files, depth + 1))
}

/// Files and folders inside, sorted by name, hidden ones left out.
fn entries(folder: &Path) -> Result<(Vec<std::path::PathBuf>, Vec<std::path::PathBuf>)> {
    let io = |source| Error::reading(folder, source);
    let mut both = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if path.is_dir() { both.1.push(path) } else { both.0.push(path) }
    }
    both.0.sort();
    both.1.sort();
    Ok(both)
}
