//! A folder of files as one table: Parquet, Arrow or CSV, in the order of their names, numbers in them as numbers (`part-2` before
//! `part-10`).
//!
//! Every file has the same columns with the same kinds, else the first that has not is named. Folders called `year=2024`, as Hive and
//! Spark write them, give a column each. The digest is that of a list of every file's own digest and name, as `sha256sum` prints it.

use std::path::Path;

use super::{ReadOptions, note, read};
use crate::table::{ColumnData, ColumnKind, Source, Table};
use crate::texts::Texts;
use gyeol_base::{Error, Fault, Result, digest};

/// Endings of files that are read; what they hold is told by their first bytes.
const COLUMNAR: [&str; 6] = ["parquet", "pq", "arrow", "arrows", "ipc", "feather"];
const PLAIN: [&str; 2] = ["csv", "tsv"];
const PACKED: [&str; 2] = ["gz", "zst"];
/// Most files, and folders within one another.
const MOST_FILES: usize = 100_000;
const DEEPEST: usize = 16;
/// Most notes that are kept of all files.
const NOTES: usize = 50;
/// Hive's word for a missing value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// Reads every table below a folder as one.
pub(super) fn read_folder(path: &str, options: &ReadOptions) -> Result<Table> {
    let root = Path::new(path);
    let mut files: Vec<String> = Vec::new();
    let mut passed = 0;
    list(root, "", 0, &mut files, &mut passed)?;
    files.sort_by_cached_key(|file| natural(file));
    if files.is_empty() {
        return Err(Fault::new(
            "empty-folder",
            format!("no table below this folder, and {passed} other files"),
        )
        .file(path)
        .cause(format!(
            "tables end in {}, or in these and .gz or .zst",
            [&COLUMNAR[..], &PLAIN].concat().join(", ")
        ))
        .next("name another folder, or the file itself")
        .input());
    }
    let mut joined: Option<Joined> = None;
    let (mut bytes, mut list) = (0u64, String::new());
    for file in &files {
        let whole = root.join(file);
        let whole = whole.to_str().unwrap_or(file);
        let left = joined.as_ref().map_or(options.max_memory, |j| options.max_memory.saturating_sub(j.bytes));
        let limits = ReadOptions {
            max_bytes: options.max_bytes.saturating_sub(bytes),
            max_memory: left,
            max_rows: options.max_rows.saturating_sub(joined.as_ref().map_or(0, |j| j.rows)),
            ..options.clone()
        };
        let table = read(whole, &limits)?;
        bytes += table.source().bytes;
        list += &format!("{}  {file}\n", table.source().sha256);
        let columns = partitions(&table, file)?;
        match &mut joined {
            None => joined = Some(Joined::new(&table, columns, whole)),
            Some(joined) => joined.add(&table, columns, whole)?,
        }
        if let Some(joined) = &joined {
            gyeol_base::Budget::new(options.max_memory)
                .take(joined.bytes.saturating_mul(2))
                .map_err(|e| e.in_file(whole))?;
        }
    }
    let Some(joined) = joined else { return Err(Error::defect("files without a table")) };
    let mut source = Source {
        name: path.to_owned(),
        sha256: digest::sha256(list.as_bytes()),
        bytes,
        format: format!("{} files of a folder, the first {}", files.len(), joined.source.format),
        first_row: 1,
        ..joined.source
    };
    if passed > 0 {
        let words = format!("{passed} files of the folder are no tables and were passed over");
        source.notes.push(note("files-passed-over", None, None, passed, words));
    }
    let mut table = Table::from_columns(joined.columns)?.with_source(source);
    for (name, mask) in joined.masks {
        table.set_filled(&name, mask)?;
    }
    Ok(table)
}

/// Names of the tables below a folder, with `/` between folders; hidden ones, and those that others put there for themselves (`_SUCCESS`),
/// are no part of it.
fn list(root: &Path, below: &str, depth: usize, files: &mut Vec<String>, passed: &mut usize) -> Result<()> {
    let folder = root.join(below);
    let shown = folder.display().to_string();
    let failed = |e| Error::io("read", &shown, "check the path and the permissions", e);
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            *passed += 1;
            continue;
        };
        if name.starts_with(['.', '_']) {
            continue;
        }
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if depth + 1 >= DEEPEST {
                return Err(Fault::new(
                    "deep-folder",
                    format!("more than {DEEPEST} folders within one another"),
                )
                .file(&shown)
                .next("name a folder nearer to the files")
                .limit());
            }
            list(root, &path, depth + 1, files, passed)?;
        } else if !is_table(&path) || kind.is_symlink() && !root.join(&path).is_file() {
            *passed += 1;
        } else if files.len() == MOST_FILES {
            return Err(Fault::new("too-many-files", format!("more than {MOST_FILES} files"))
                .file(&shown)
                .next("join them, or name a folder within")
                .limit());
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file is one of Parquet or Arrow, by its name.
pub fn is_columnar(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    COLUMNAR.contains(&ending.to_ascii_lowercase().as_str())
}

fn is_table(path: &str) -> bool {
    let mut parts = path.rsplit('.').map(str::to_ascii_lowercase);
    let last = parts.next().unwrap_or_default();
    let last = if PACKED.contains(&last.as_str()) { parts.next().unwrap_or_default() } else { last };
    COLUMNAR.contains(&last.as_str()) || PLAIN.contains(&last.as_str())
}

/// A name in pieces of letters and of digits, so that numbers come by their size.
fn natural(name: &str) -> Vec<(u8, u128, String)> {
    let mut pieces: Vec<(u8, u128, String)> = Vec::new();
    for letter in name.chars() {
        // Folders before what lies beside them, as a listing shows them.
        let class = match letter {
            '/' => 0,
            '0'..='9' => 1,
            _ => 2,
        };
        match pieces.last_mut().filter(|piece| piece.0 == class) {
            Some(piece) => piece.2.push(letter),
            None => pieces.push((class, 0, letter.into())),
        }
    }
    for piece in pieces.iter_mut().filter(|piece| piece.0 == 1) {
        piece.1 = piece.2.parse().unwrap_or(u128::MAX);
    }
    pieces
}

/// The columns of a file with those that its folders' names give.
fn partitions(table: &Table, file: &str) -> Result<Vec<(String, ColumnData)>> {
    let mut columns = table.to_columns();
    let folders = file.rsplit_once('/').map_or("", |(folders, _)| folders);
    for (name, value) in folders.split('/').filter_map(|part| part.split_once('=')) {
        if name.is_empty() {
            continue;
        }
        if columns.iter().any(|(known, _)| known == name) {
            return Err(Fault::new(
                "two-columns",
                format!("the folder gives '{name}', and the file has it too"),
            )
            .file(file)
            .column(name)
            .next("rename the folder or the column")
            .input());
        }
        let rows = table.rows();
        let data = match (value, value.parse::<i64>()) {
            (MISSING, _) => ColumnData::Text(Texts::missing(rows)),
            // 007 is a name, not a number.
            (_, Ok(number)) if number.to_string() == value => ColumnData::Integer(vec![Some(number); rows]),
            _ => ColumnData::Text(Texts::repeated(&decoded(value), rows)),
        };
        columns.push((name.to_owned(), data));
    }
    Ok(columns)
}

/// `%20` and its like as the letters they stand for.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while i < bytes.len() {
        let coded = (bytes[i] == b'%')
            .then(|| text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        out.push(coded.unwrap_or(bytes[i]));
        i += if coded.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Tables one behind the other.
struct Joined {
    columns: Vec<(String, ColumnData)>,
    masks: Vec<(String, Vec<bool>)>,
    source: Source,
    first: String,
    rows: usize,
    /// About what the cells take.
    bytes: u64,
}

impl Joined {
    fn new(table: &Table, columns: Vec<(String, ColumnData)>, file: &str) -> Joined {
        let mut joined = Joined {
            bytes: taken(&columns),
            rows: table.rows(),
            masks: Vec::new(),
            source: table.source().clone(),
            first: file.to_owned(),
            columns,
        };
        joined.masked(table, 0);
        joined
    }

    /// Adds a table whose columns are those of the first, in whatever order.
    fn add(&mut self, table: &Table, mut columns: Vec<(String, ColumnData)>, file: &str) -> Result<()> {
        let differ = |column: &str, found: String| {
            Fault::new("other-columns", found)
                .file(file)
                .column(column)
                .cause("files of different makes, or of before and after a change")
                .next(
                    "bring all files to the same columns, or keep those that differ in a folder of their own",
                )
                .input()
        };
        if let Some((name, _)) = columns.iter().find(|(name, _)| !self.columns.iter().any(|(n, _)| n == name))
        {
            return Err(differ(name, format!("this file has '{name}', '{}' has not", self.first)));
        }
        if self.source.zone != table.source().zone {
            let zone = |zone: &Option<String>| zone.clone().unwrap_or_else(|| "no zone".into());
            let time = columns.iter().find(|(_, data)| data.kind() == ColumnKind::Time);
            let found = format!(
                "its times are of {}, those of '{}' of {}",
                zone(&table.source().zone),
                self.first,
                zone(&self.source.zone)
            );
            return Err(differ(time.map_or("", |(name, _)| name), found));
        }
        self.bytes = self.bytes.saturating_add(taken(&columns));
        for (name, all) in &mut self.columns {
            let Some(at) = columns.iter().position(|(n, _)| n == name) else {
                return Err(differ(name, format!("'{}' has '{name}', this file has not", self.first)));
            };
            let (_, more) = columns.swap_remove(at);
            let (kind, other) = (all.kind(), more.kind());
            if !append(all, more, self.rows) {
                let words = |kind| crate::table::kind_words(kind);
                let found = format!("it holds {} here and {} in '{}'", words(other), words(kind), self.first);
                return Err(differ(name, found));
            }
        }
        for old in &table.source().notes {
            let known = |n: &&crate::table::Note| n.code == old.code && n.column == old.column;
            if self.source.notes.len() < NOTES && !self.source.notes.iter().any(|n| known(&n)) {
                self.source.notes.push(old.clone());
            }
        }
        let before = self.rows;
        self.rows += table.rows();
        self.masked(table, before);
        Ok(())
    }

    /// Takes over which cells of a table were invented.
    fn masked(&mut self, table: &Table, before: usize) {
        for column in table.columns() {
            let Some(mask) = table.filled(&column.name) else { continue };
            match self.masks.iter_mut().find(|(name, _)| *name == column.name) {
                Some((_, all)) => {
                    all.resize(before, false);
                    all.extend_from_slice(mask);
                }
                None => {
                    let mut all = vec![false; before];
                    all.extend_from_slice(mask);
                    self.masks.push((column.name.clone(), all));
                }
            }
        }
        self.masks.iter_mut().for_each(|(_, all)| all.resize(self.rows, false));
    }
}

fn taken(columns: &[(String, ColumnData)]) -> u64 {
    let of = |data: &ColumnData| match data {
        ColumnData::Number(v) => v.len() as u64 * 8,
        ColumnData::Integer(v) | ColumnData::Time(v) => v.len() as u64 * 16,
        ColumnData::Boolean(v) => v.len() as u64,
        ColumnData::Text(v) => v.bytes() as u64,
    };
    columns.iter().map(|(_, data)| of(data)).sum()
}

/// Adds cells behind others of the same kind; whole numbers are numbers too, and a column without any cell is of every kind. False
/// where they do not go together.
fn append(all: &mut ColumnData, more: ColumnData, rows: usize) -> bool {
    let real = |v: Vec<Option<i64>>| v.into_iter().map(|x| x.map_or(f64::NAN, |x| x as f64)).collect();
    match (&mut *all, more) {
        (ColumnData::Number(a), ColumnData::Number(b)) => a.extend(b),
        (ColumnData::Integer(a), ColumnData::Integer(b)) | (ColumnData::Time(a), ColumnData::Time(b)) => {
            a.extend(b)
        }
        (ColumnData::Boolean(a), ColumnData::Boolean(b)) => a.extend(b),
        (ColumnData::Text(a), ColumnData::Text(b)) => a.append(&b),
        (ColumnData::Number(a), ColumnData::Integer(b)) => a.extend::<Vec<f64>>(real(b)),
        (ColumnData::Integer(a), ColumnData::Number(b)) => {
            let mut numbers: Vec<f64> = real(std::mem::take(a));
            numbers.extend(b);
            *all = ColumnData::Number(numbers);
        }
        (a, b) if empty(&b) => {
            let n = b.len();
            match a {
                ColumnData::Number(a) => a.resize(rows + n, f64::NAN),
                ColumnData::Integer(a) | ColumnData::Time(a) => a.resize(rows + n, None),
                ColumnData::Boolean(a) => a.resize(rows + n, None),
                ColumnData::Text(a) => a.append(&Texts::missing((rows + n).saturating_sub(a.len()))),
            }
        }
        (a, b) if empty(a) => {
            let mut grown = match b {
                ColumnData::Number(_) => ColumnData::Number(vec![f64::NAN; rows]),
                ColumnData::Integer(_) => ColumnData::Integer(vec![None; rows]),
                ColumnData::Time(_) => ColumnData::Time(vec![None; rows]),
                ColumnData::Boolean(_) => ColumnData::Boolean(vec![None; rows]),
                ColumnData::Text(_) => ColumnData::Text(Texts::missing(rows)),
            };
            let done = append(&mut grown, b, rows);
            *all = grown;
            return done;
        }
        _ => return false,
    }
    true
}

fn empty(data: &ColumnData) -> bool {
    match data {
        ColumnData::Number(v) => v.iter().all(|x| x.is_nan()),
        ColumnData::Integer(v) | ColumnData::Time(v) => v.iter().all(Option::is_none),
        ColumnData::Boolean(v) => v.iter().all(Option::is_none),
        ColumnData::Text(v) => v.is_missing(),
    }
}
