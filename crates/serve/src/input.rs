//! Bodies to tables: JSON rows, JSON columns, or a file of readings as it is.

use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use gyeol_data::table::Source;
use gyeol_data::{ColumnData, ColumnKind, ReadOptions, Table};

use crate::answer::Failure;
use gyeol_base::{Error, Fault};
use gyeol_models::Description;

use crate::answer::refusal;
use crate::rows::{Cell, Readings, too_many_columns};

/// Bytes that a packed file may grow to.
const MOST_UNPACKED: u64 = 64 << 20;
/// Rows and columns of a table.
pub(crate) const MOST_ROWS: usize = 1_000_000;
pub(crate) const MOST_COLUMNS: usize = 256;
/// Memory that reading a body may take, and by how many times its size more: with what the work on it takes, a request stays
/// below 64 MiB and twenty times its size.
const MEMORY: (u64, u64) = (24 << 20, 10);
/// Values of JSON that a body of any size may hold, and how many bytes each more must bring.
const VALUES: (usize, usize) = (400_000, 12);

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    File,
}

impl Form {
    /// By its content type; a file of readings names itself by its first bytes.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Form, Failure> {
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = given.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => Ok(Form::Json),
            // Not text/plain: a page of anybody may send that without asking.
            "text/csv"
            | "text/tab-separated-values"
            | "application/csv"
            | "application/gzip"
            | "application/zstd"
            | "application/octet-stream"
            | "application/vnd.apache.parquet"
            | "application/vnd.apache.arrow.file"
            | "application/vnd.apache.arrow.stream" => Ok(Form::File),
            other => Err(Failure::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unknown-content-type",
                format!(
                    "the content type is \"{}\". Likely cause: the header was left out. \
                     Next: send application/json, or a CSV file as text/csv",
                    other.chars().take(60).collect::<String>()
                ),
            )),
        }
    }
}

/// A JSON request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JsonRequest {
    pub(crate) model: Option<String>,
    pub(crate) readings: Readings,
    /// What is known of the rows ahead.
    pub(crate) ahead: Option<Readings>,
}

/// Reads a JSON body.
pub(crate) fn json(bytes: &[u8]) -> Result<JsonRequest, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { "wrong-shape" } else { "malformed-json" };
        Failure::new(
            StatusCode::BAD_REQUEST,
            code,
            format!(
                "the body is not the JSON of a request: {error}. \
                 Next: send {{\"readings\": [{{\"time\": \"2024-01-01T00:00\", \"load\": 1.5}}, …]}}"
            ),
        )
    })
}

/// Reads a JSON body that asks a verb.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Failure> {
    // Each value, however short, takes some 70 bytes once it is read; between two there is one of these signs.
    let values = bytes.iter().filter(|b| matches!(b, b',' | b'[' | b'{' | b':')).count();
    let (any, each) = VALUES;
    let most = any + bytes.len() / each;
    if values > most {
        let message =
            format!("some {values} values in one body, at most {most} are read. Next: send fewer at once");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-values", message));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { "wrong-shape" } else { "malformed-json" };
        let message = format!(
            "the body is not an object of JSON: {error}. Next: send what /openapi.json says of this verb"
        );
        Failure::new(StatusCode::BAD_REQUEST, code, message)
    })
}

/// A file of readings, of any make that gyeol-data knows.
pub(crate) fn file(bytes: &[u8], description: &Description) -> Result<Table, Failure> {
    Ok(gyeol_data::read_bytes("body", bytes, &options(bytes.len(), description))?)
}

fn options(bytes: usize, description: &Description) -> ReadOptions {
    let (any, times) = MEMORY;
    ReadOptions {
        max_memory: any + times * bytes as u64,
        zone: description.zone.clone(),
        max_bytes: MOST_UNPACKED,
        max_rows: MOST_ROWS,
        max_columns: MOST_COLUMNS,
        ..ReadOptions::default()
    }
}

impl Readings {
    /// The readings, or what the body calls `called`, as a table. Rows are counted as in a CSV with a header, so that the first one is row 2 in every message,
    /// whichever way the readings came.
    pub(crate) fn table(self, called: &str, description: &Description) -> Result<Table, Error> {
        let columns = self.0?;
        if columns.len() > MOST_COLUMNS {
            return Err(too_many_columns(columns.len()));
        }
        let rows = columns.values().next().map_or(0, Vec::len);
        if rows == 0 {
            return Err(refusal(
                "no-rows",
                format!("`{called}` is empty. Next: send as many rows as the model looks back on, or ahead"),
            ));
        }
        let mut table = Vec::new();
        for (name, values) in columns {
            let data = if description.time.as_deref() == Some(&name) {
                times(&name, &values, description)?
            } else if description.id.as_deref() == Some(&name) {
                texts(&name, &values)?
            } else if description.columns().iter().any(|(known, _)| *known == name) {
                numbers(&name, &values)?
            } else {
                // Not read by the model; kept so that it can be named in a warning.
                ColumnData::Boolean(vec![None; values.len()])
            };
            table.push((name, data));
        }
        let source = Source {
            name: called.replace("readings", "body"),
            zone: description.zone.clone(),
            ..Source::default()
        };
        Ok(Table::from_columns(table)?.with_source(source))
    }
}

fn numbers(name: &str, values: &[Cell]) -> Result<ColumnData, Error> {
    let read = |(index, value): (usize, &Cell)| match value {
        Cell::Missing => Ok(f64::NAN),
        Cell::Flag(flag) => Ok(f64::from(u8::from(*flag))),
        Cell::Whole(number) => Ok(*number as f64),
        Cell::Number(number) if number.is_finite() => Ok(*number),
        Cell::Number(_) => Err(wrong(
            name,
            index,
            "a number that is not finite",
            "a finite number, or null where none was read",
        )),
        other => Err(wrong(name, index, &other.kind(), "a number, or null where none was read")),
    };
    Ok(ColumnData::Number(values.iter().enumerate().map(read).collect::<Result<_, _>>()?))
}

fn texts(name: &str, values: &[Cell]) -> Result<ColumnData, Error> {
    let read = |(index, value): (usize, &Cell)| match value {
        Cell::Text(text) => Ok(Some(text.to_string())),
        Cell::Whole(number) => Ok(Some(number.to_string())),
        Cell::Number(number) => Ok(Some(number.to_string())),
        other => Err(wrong(name, index, &other.kind(), "the name of a series")),
    };
    Ok(ColumnData::Text(values.iter().enumerate().map(read).collect::<Result<_, _>>()?))
}

/// Times go through the same reader as those of a file, so that zones, offsets and summer time mean the same.
fn times(name: &str, values: &[Cell], description: &Description) -> Result<ColumnData, Error> {
    let counted = crate::times::counted(description);
    let mut text = String::from("time\n");
    let mut counts = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match value {
            Cell::Whole(count) if counted => counts.push(Some(*count)),
            Cell::Number(_) if counted => {
                return Err(wrong(name, index, "a number with a fraction", "a whole number"));
            }
            Cell::Text(time) if !counted && !time.contains(['"', '\n', '\r']) => {
                text.push('"');
                text.push_str(time);
                text.push_str("\"\n");
            }
            other if counted => return Err(wrong(name, index, &other.kind(), "a whole number")),
            other => return Err(wrong(name, index, &other.kind(), "a text such as \"2024-01-31T06:00\"")),
        }
    }
    if counted {
        return Ok(ColumnData::Integer(counts));
    }
    let options =
        ReadOptions { delimiter: Some(b','), header: Some(true), ..options(text.len(), description) };
    let read = |text: &str| gyeol_data::read_bytes("body", text.as_bytes(), &options);
    let table = read(&text).map_err(|mut error| {
        error.fault_mut().column = Some(name.to_owned());
        error
    })?;
    if table.kind("time") == Some(ColumnKind::Time) {
        return Ok(ColumnData::Time(table.times("time")?));
    }
    // The reader found that these are not all times: say which one is not.
    let is_time = |cell: &str| {
        read(&format!("time\n{cell}\n")).is_ok_and(|one| one.kind("time") == Some(ColumnKind::Time))
    };
    let index = text.lines().skip(1).position(|cell| !is_time(cell)).unwrap_or(0);
    let found = values.get(index).map_or_else(String::new, Cell::kind);
    Err(wrong(name, index, &found, "a time such as \"2024-01-31T06:00\", all written in one way"))
}

fn wrong(column: &str, index: usize, found: &str, wanted: &str) -> Error {
    Fault::new("wrong-type", format!("{found} stands where the model reads {wanted}"))
        .row(index + 2)
        .column(column)
        .input()
}

/// What reading the file decided or altered, each with its place.
pub(crate) fn notes(table: &Table) -> Vec<String> {
    let place = |note: &gyeol_data::table::Note| match (note.row, &note.column) {
        (Some(row), Some(column)) => format!("row {row}, column '{column}': "),
        (Some(row), None) => format!("row {row}: "),
        (None, _) => String::new(),
    };
    table.source().notes.iter().map(|note| place(note) + &note.words).collect()
}

/// Whether the table has the columns that the model reads, as what it reads them.
pub(crate) fn check_columns(table: &Table, description: &Description) -> Result<(), Error> {
    for (name, role) in description.columns() {
        let Some(found) = table.kind(name) else {
            let there: Vec<&str> =
                table.columns().iter().map(|column| column.name.as_str()).take(12).collect();
            let near = there.iter().map(|other| {
                (strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase()), other)
            });
            let near = near
                .filter(|(distance, _)| *distance <= 2)
                .min()
                .map(|(_, other)| format!("; is '{other}' meant?"));
            let message = format!(
                "this column ({role}) is missing{}. The columns are: {}. Next: add it, or rename the column that holds it",
                near.unwrap_or_default(),
                there.join(", ")
            );
            return Err(Fault::said("missing-column", message).column(name).input());
        };
        let fits = match role {
            "time" => matches!(found, ColumnKind::Time | ColumnKind::Integer),
            "id" => true,
            _ => found.is_numeric() || empty(table, name),
        };
        if !fits {
            return Err(first_odd_cell(table, name, role));
        }
    }
    Ok(())
}

fn empty(table: &Table, name: &str) -> bool {
    table.texts(name).is_ok_and(|cells| cells.iter().all(Option::is_none))
}

/// The first cell of a column that is not what it should be.
fn first_odd_cell(table: &Table, name: &str, role: &str) -> Error {
    let wanted = if role == "time" { "a time" } else { "a number" };
    let cells = table.texts(name).unwrap_or_default();
    let number = |text: &str| text.trim().replace([',', ' '], "").parse::<f64>().is_ok();
    let time = |text: &str| {
        text.trim().starts_with(|letter: char| letter.is_ascii_digit()) && text.contains(['-', '/', '.', ':'])
    };
    let odd = cells.iter().enumerate().find_map(|(index, cell)| {
        let text = cell.as_deref()?;
        let fine = if role == "time" { time(text) } else { number(text) };
        (!fine).then(|| (index, text.chars().take(40).collect::<String>()))
    });
    match odd {
        Some((index, text)) => wrong(name, index, &format!("\"{}\"", text.escape_debug()), wanted),
        None => {
            let found = format!("this column could not be read as {wanted}");
            Fault::new("wrong-type", found).column(name).input()
        }
    }
}
