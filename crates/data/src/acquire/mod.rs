//! Reading tables from files of unknown make, and writing them whole or not at all.

use serde::{Deserialize, Serialize};

use crate::error::{Fault, Result};
use crate::table::Table;

/// How a file is to be read; everything that is `None` is found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// The byte between cells: `,` `;` tab or `|`.
    pub delimiter: Option<u8>,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: Option<bool>,
    /// Encoding label such as `utf-8`, `euc-kr`, `windows-1252`.
    pub encoding: Option<String>,
    /// Date format as in strftime: `%d.%m.%Y %H:%M`.
    pub date_format: Option<String>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// IANA zone in which local times are read; without one they are kept as they stand.
    pub zone: Option<String>,
    /// Most bytes after unpacking.
    pub max_bytes: u64,
    /// Most rows.
    pub max_rows: usize,
    /// Most columns.
    pub max_columns: usize,
    /// Most bytes in one cell.
    pub max_cell: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            delimiter: None,
            decimal_comma: None,
            encoding: None,
            date_format: None,
            header: None,
            zone: None,
            max_bytes: 2 << 30,
            max_rows: 50_000_000,
            max_columns: 4096,
            max_cell: 1 << 20,
        }
    }
}

/// Reads a table: CSV (plain, .gz, .zst), Parquet or Arrow IPC, told apart by their first bytes; `-` is standard input.
pub fn read(path: &str, options: &ReadOptions) -> Result<Table> {
    let bytes = std::fs::read(path).map_err(|e| crate::Error::io("read", path, "check the path", e))?;
    read_bytes(path, &bytes, options)
}

/// Reads a table from bytes already in memory; `name` is used in messages.
pub fn read_bytes(name: &str, _bytes: &[u8], _options: &ReadOptions) -> Result<Table> {
    Err(Fault::new("unfinished", "not yet").file(name).input())
}

/// Writes a table whole or not at all.
pub fn write(path: &str, _table: &Table) -> Result<()> {
    Err(Fault::new("unfinished", "not yet").file(path).input())
}

/// A date in a recipe or an option, read in `zone`.
pub(crate) fn parse_moment(text: &str, zone: Option<chrono_tz::Tz>) -> Option<i64> {
    let t = text.trim().replace('T', " ");
    let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|f| chrono::NaiveDateTime::parse_from_str(&t, f).ok())
        .or_else(|| chrono::NaiveDate::parse_from_str(&t, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(crate::clock::to_utc(local, zone))
}
