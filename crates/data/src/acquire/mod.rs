//! Reading tables from files of unknown make, and writing them whole or not at all.

pub mod arrow_lengths;
mod bytes;
mod columnar;
mod columns;
mod combine;
mod csv;
mod dates;
mod epochs;
mod folder;
mod gathered;
mod localize;
mod numbers;
pub mod parquet_lengths;
mod shape;
mod stamps;
mod tidy;
mod wide;
mod write;

use serde::{Deserialize, Serialize};

use crate::table::{ColumnData, Note, Source, Table};
use columns::Typed;
use gyeol_base::{Budget, Fault, Result};

pub use folder::is_columnar;
pub use write::{csv_text, write};

/// How a file is to be read; everything that is `None` is found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// The byte between cells: `,` `;` tab or `|`; in a recipe a text of one sign, or "tab".
    #[serde(with = "delimiter_text")]
    pub delimiter: Option<u8>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Encoding label such as `utf-8`, `euc-kr`, `windows-1252`.
    pub encoding: Option<String>,
    /// Date format as in strftime: `%d.%m.%Y %H:%M`.
    pub date_format: Option<String>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// Lines at the top of the file that are no part of the table; without it they are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<usize>,
    /// Whether a table with the hours of a day side by side, or with quantities below one another, is turned into one
    /// row per moment: `Some(false)` leaves it as it stands, `Some(true)` insists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reshape: Option<bool>,
    /// IANA zone in which local times are read; without one they are kept as they stand.
    pub zone: Option<String>,
    /// What is read from a database: one SELECT. Needed where the name is the address of one, refused elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Columns of classes: yes and no in them stay the words they are, not truth values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Most bytes after unpacking.
    pub max_bytes: u64,
    /// Most rows.
    pub max_rows: usize,
    /// Most columns.
    pub max_columns: usize,
    /// Most bytes in one cell.
    pub max_cell: usize,
    /// Most bytes of memory that reading may take; a small file gets less (see [`Budget`]), as does a small machine.
    pub max_memory: u64,
}

/// Memory that any file may take, and by how many times its size more.
const GROWTH: (u64, u64) = (512 << 20, 200);

impl ReadOptions {
    /// The memory for a file of so many bytes.
    fn budget(&self, bytes: usize) -> Budget {
        let (any, times) = GROWTH;
        Budget::new(any.saturating_add(times.saturating_mul(bytes as u64)).min(self.max_memory))
    }
}

/// The delimiter as people write it in a recipe.
mod delimiter_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &Option<u8>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            None => to.serialize_none(),
            Some(b'\t') => to.serialize_some("tab"),
            Some(b) => to.serialize_some(&char::from(*b)),
        }
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<u8>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        match (text.as_str(), text.as_bytes()) {
            ("tab", _) => Ok(Some(b'\t')),
            (_, [b]) if b.is_ascii() => Ok(Some(*b)),
            _ => Err(D::Error::custom(format!("'{text}' is not one sign such as ',' ';' '|' or \"tab\""))),
        }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            delimiter: None,
            decimal_comma: None,
            encoding: None,
            date_format: None,
            header: None,
            skip: None,
            reshape: None,
            zone: None,
            query: None,
            labels: Vec::new(),
            max_bytes: 2 << 30,
            max_rows: 50_000_000,
            max_columns: 4096,
            max_cell: 1 << 20,
            max_memory: 64 << 30,
        }
    }
}

/// Reads a table: CSV (plain, .gz, .zst), Parquet or Arrow IPC, told apart by their first bytes; `-` is standard input, and a folder is
/// all its tables in the order of their names, with those of the folders within it. The address of a [database](crate::database)
/// is read by `options.query`.
pub fn read(path: &str, options: &ReadOptions) -> Result<Table> {
    if crate::database::is_database(path) {
        return crate::database::read(path, options);
    }
    if options.query.is_some() {
        return Err(Fault::new("query-without-database", "a query, but a file to read")
            .file(path)
            .cause("a query belongs to the address of a database")
            .next("leave the query out, or name postgresql://user@host:5432/database")
            .option());
    }
    if path != "-" && std::path::Path::new(path).is_dir() {
        return folder::read_folder(path, options);
    }
    let bytes = bytes::load(path, options.max_bytes)?;
    read_bytes(path, &bytes, options)
}

/// Reads a table from bytes already in memory; `name` is used in messages.
///
/// ```
/// use gyeol_data::{ReadOptions, read_bytes};
/// let text = "Zeit;Leistung (kW)\n31.12.2024 23:00;1.204,5\n01.01.2025 00:00;998,25\n";
/// let table = read_bytes("meter.csv", text.as_bytes(), &ReadOptions::default())?;
/// assert_eq!(table.numbers("Leistung (kW)")?, [1204.5, 998.25]);
/// assert_eq!(table.texts("Zeit")?[1].as_deref(), Some("2025-01-01T00:00:00"));
/// # Ok::<(), gyeol_data::Error>(())
/// ```
pub fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Table> {
    if bytes.len() as u64 > options.max_bytes {
        return Err(Fault::new(
            "too-many-bytes",
            format!("{} bytes, more than the limit of {}", bytes.len(), options.max_bytes),
        )
        .file(name)
        .cause("a larger file than foreseen")
        .next("raise the limit, or cut the file into pieces")
        .limit());
    }
    if let Some(zone) = &options.zone {
        crate::clock::zone(zone)?;
    }
    let mut source = Source {
        name: name.to_string(),
        sha256: gyeol_base::digest::sha256(bytes),
        bytes: bytes.len() as u64,
        ..Default::default()
    };
    let mut budget = options.budget(bytes.len());
    let (body, packed) = bytes::unpack(name, bytes, options.max_bytes.min(budget.left()))?;
    if !packed.is_empty() {
        budget.take(body.len() as u64).map_err(|e| e.in_file(name))?;
    }
    let (columns, first_row, masks) = if let Some(kind) = columnar::kind(&body) {
        source.format = kind.to_string();
        let (columns, masks) = columnar::read(name, &body, kind, options, budget, &mut source)?;
        (columns, 1, masks)
    } else {
        let (text, encoding) = gyeol_base::encoding::decode(name, &body, options.encoding.as_deref())?;
        let sheet = csv::parse(name, &text, options, budget)?;
        drop(text);
        let first_row = sheet.first_row;
        (from_sheet(sheet, encoding, options, &mut source), first_row, Vec::new())
    };
    drop(body);
    source.first_row = first_row;
    if !packed.is_empty() {
        source.format = format!("{}, {packed}", source.format);
    }
    let columns = assemble(name, columns, first_row, options, &mut source)?;
    let mut table = Table::from_columns(columns)?.with_source(source);
    for (column, mask) in masks {
        if table.kind(&column).is_some() && mask.len() == table.rows() {
            table.set_filled(&column, mask)?;
        }
    }
    Ok(table)
}

fn from_sheet(
    sheet: csv::Sheet,
    encoding: &str,
    options: &ReadOptions,
    source: &mut Source,
) -> Vec<(String, Typed)> {
    let csv::Sheet { delimiter, names, mut columns, first_row, notes } = sheet;
    source.notes.extend(notes);
    for (name, cells) in names.iter().zip(&mut columns) {
        if let Some(bare) = columns::without_unit(name, cells, &mut source.notes) {
            *cells = bare;
        }
    }
    if let Some(format) = &options.date_format {
        let fits = |cells: &csv::Cells| {
            let mut some = cells.iter().filter(|c| !numbers::is_missing(c)).take(50);
            some.any(|c| stamps::with_format(c, format).is_some())
        };
        if !columns.iter().any(fits) {
            let words =
                format!("no column has cells of the form '{format}': name the form as the cells are written");
            source.notes.push(note("date-format-unused", None, None, 0, words));
        }
    }
    let (evidence, decimal) = columns::decimal_of_file(&columns, delimiter, options);
    let between = if delimiter == b'\t' { "tab".to_string() } else { format!("'{}'", char::from(delimiter)) };
    source.format = format!(
        "CSV, {between} between cells, {}{encoding}",
        if decimal == numbers::Decimal::Comma { "decimal comma, " } else { "" }
    );
    let mut out = Vec::with_capacity(names.len());
    // Columns are taken one by one, so that the text of each is freed before the next is read.
    for ((name, cells), evidence) in names.into_iter().zip(columns).zip(&evidence) {
        let typed = columns::infer(
            &name,
            &cells,
            evidence,
            decimal,
            delimiter,
            first_row,
            options,
            &mut source.notes,
        );
        out.push((name, typed));
    }
    out
}

/// Joins a date column with an hour column, places stamps in the zone.
fn assemble(
    file: &str,
    columns: Vec<(String, Typed)>,
    first_row: usize,
    options: &ReadOptions,
    source: &mut Source,
) -> Result<Vec<(String, ColumnData)>> {
    let rows = columns.first().map_or(0, |(_, t)| t.len());
    let mut columns = combine::year_month_day(columns, &mut source.notes);
    if options.reshape != Some(false) {
        columns = wide::unpivot(file, columns, options, &mut source.notes)?;
    }
    columns = combine::date_and_hour(columns, options, &mut source.notes)?;
    stamps::marks_beside(&mut columns, options, &mut source.notes);
    if options.reshape != Some(false) {
        columns = tidy::pivot(columns, &mut source.notes);
    }
    if columns.first().is_some_and(|(_, t)| t.len() != rows) {
        // Rows are no lines of the file any more.
        source.first_row = 1;
    }
    let flags = stamps::flags(&columns);
    let mut out = Vec::with_capacity(columns.len());
    for (name, typed) in columns {
        let data = match typed {
            Typed::Plain(data) => data,
            Typed::TimeOfDay(seconds) => ColumnData::Text(
                seconds
                    .into_iter()
                    .map(|s| s.map(|s| format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)))
                    .collect(),
            ),
            Typed::Stamps { local, offsets, .. } => {
                let (data, zone) = stamps::place(
                    file,
                    &name,
                    &local,
                    offsets,
                    &flags,
                    first_row,
                    options,
                    &mut source.notes,
                )?;
                if source.zone.is_none() {
                    source.zone = zone;
                }
                data
            }
        };
        out.push((name, data));
    }
    Ok(out)
}

pub(crate) fn note(
    code: &str,
    column: Option<&str>,
    row: Option<usize>,
    count: usize,
    words: impl Into<String>,
) -> Note {
    Note { code: code.into(), column: column.map(str::to_string), row, count, words: words.into() }
}

/// A date in a recipe or an option, read in `zone`.
pub(crate) fn parse_moment(text: &str, zone: Option<crate::Tz>) -> Option<i64> {
    let t = text.trim().replace('T', " ");
    let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|f| chrono::NaiveDateTime::parse_from_str(&t, f).ok())
        .or_else(|| chrono::NaiveDate::parse_from_str(&t, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(crate::clock::to_utc(local, zone))
}
