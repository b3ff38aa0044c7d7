//! How a column is read, from its cells in training rows: each guess with its evidence, each to be overruled.

use std::collections::{BTreeMap, HashMap, HashSet};

use gyeol_base::Part;
use gyeol_data::roles::Reason;
use gyeol_data::{ColumnData, Texts};
use serde::{Deserialize, Serialize};

/// Fewest rows of which "all different" says something.
const ENOUGH: usize = 20;
/// Words of a cell, and characters, from which on average a column is text.
const WORDS: f64 = 3.0;
const CHARACTERS: f64 = 30.0;
/// Share of different cells from which long ones are texts and not levels with long names.
const DIFFERENT: f64 = 0.5;

/// What a column is to the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A number.
    Number,
    /// One of several names.
    Level,
    /// Yes or no.
    Flag,
    /// A moment.
    Date,
    /// Free text: left to whatever reads texts.
    Text,
    /// Not used.
    Dropped,
}

gyeol_base::named!(Kind, "a kind of column", "number" => Kind::Number, "level" => Kind::Level, "flag" => Kind::Flag,
    "date" => Kind::Date, "text" => Kind::Text, "dropped" => Kind::Dropped);

/// How a column was read and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnReading {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The evidence: `numbers`, `zeros-and-ones`, `true-false`, `moments`, `few-levels`, `many-levels`, `long-texts`; of
    /// dropped ones `all-missing`, `constant`, `all-different` (an id), `rising` (an id); `overruled` where it was said.
    pub reason: Reason,
    /// Training rows.
    pub rows: usize,
    /// Of these, rows without a cell.
    pub missing: usize,
    /// Different cells.
    pub distinct: usize,
    /// Features it gave.
    pub features: usize,
}

/// A reason with its parts.
pub(crate) fn because(code: &str, parts: &[(&str, Part)], words: String) -> Reason {
    let parts: BTreeMap<String, Part> =
        parts.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect();
    Reason { code: code.to_owned(), parts, words }
}

/// Number of present cells of the rows, and of different ones.
fn distinct(data: &ColumnData, rows: &[usize]) -> (usize, usize) {
    fn of<T: Ord>(cells: impl Iterator<Item = Option<T>>) -> (usize, usize) {
        let mut cells: Vec<T> = cells.flatten().collect();
        cells.sort_unstable();
        (cells.len(), cells.chunk_by(|a, b| a == b).count())
    }
    match data {
        // −0 is 0.
        ColumnData::Number(v) => {
            of(rows.iter().map(|&r| Some(v[r]).filter(|x| !x.is_nan()).map(|x| (x + 0.0).to_bits())))
        }
        ColumnData::Integer(v) | ColumnData::Time(v) => of(rows.iter().map(|&r| v[r])),
        ColumnData::Boolean(v) => of(rows.iter().map(|&r| v[r])),
        ColumnData::Text(v) => {
            let cells = rows.iter().filter_map(|&r| v.get(r));
            let seen: HashSet<&str> = cells.clone().collect();
            (cells.count(), seen.len())
        }
    }
}

/// Guesses what a column is.
pub(crate) fn read(
    name: &str,
    data: &ColumnData,
    rows: &[usize],
    one_hot_max_levels: usize,
) -> ColumnReading {
    let (present, different) = distinct(data, rows);
    let (n, d) = (Part::Count(rows.len() as u64), Part::Count(different as u64));
    let (kind, reason) = match data {
        _ if present == 0 => (
            Kind::Dropped,
            because("all-missing", &[("rows", n)], format!("none of {} rows has a cell", rows.len())),
        ),
        _ if different == 1 && present == rows.len() => (
            Kind::Dropped,
            because("constant", &[("rows", n)], format!("all {} rows have the same cell", rows.len())),
        ),
        ColumnData::Boolean(_) => (Kind::Flag, because("true-false", &[], "true or false".into())),
        ColumnData::Time(_) => {
            (Kind::Date, because("moments", &[("distinct", d)], format!("{different} different moments")))
        }
        ColumnData::Integer(v) if id(v, rows, present, different) => {
            let words = format!("{different} whole numbers, all different, that rise from row to row: an id");
            (Kind::Dropped, because("rising", &[("distinct", d)], words))
        }
        ColumnData::Integer(_) if present >= ENOUGH && different == present && named_like_id(name) => {
            let words = format!("{different} whole numbers, all different, and a name like that of an id");
            (Kind::Dropped, because("all-different", &[("distinct", d)], words))
        }
        ColumnData::Integer(v)
            if different == 2 && rows.iter().all(|&r| matches!(v[r], None | Some(0 | 1))) =>
        {
            (Kind::Flag, because("zeros-and-ones", &[], "0 or 1".into()))
        }
        ColumnData::Number(_) | ColumnData::Integer(_) => {
            (Kind::Number, because("numbers", &[("distinct", d)], format!("{different} different numbers")))
        }
        ColumnData::Text(v) => texts(v, rows, present, different, one_hot_max_levels),
    };
    ColumnReading {
        name: name.to_owned(),
        kind,
        reason,
        rows: rows.len(),
        missing: rows.len() - present,
        distinct: different,
        features: 0,
    }
}

/// A word of the name says that it numbers or names the rows: `id`, `user_id`, `userId`, `번호`.
fn named_like_id(name: &str) -> bool {
    const WORDS: [&str; 13] =
        ["id", "ids", "uid", "uuid", "guid", "key", "index", "idx", "no", "nr", "번호", "아이디", "식별자"];
    let mut words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    name.ends_with("Id") || name.ends_with("ID") || words.any(|word| WORDS.contains(&word.as_str()))
}

/// Whole numbers, all different, that rise with the rows and lie close: a number given row by row.
fn id(cells: &[Option<i64>], rows: &[usize], present: usize, different: usize) -> bool {
    if present < ENOUGH || different < present || present < rows.len() {
        return false;
    }
    let mut sorted = rows.to_vec();
    sorted.sort_unstable();
    let cells: Vec<i64> = sorted.iter().filter_map(|&row| cells[row]).collect();
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return false };
    // Training rows were picked from more: their numbers lie as close as the rows.
    let apart = (sorted[sorted.len() - 1] - sorted[0]) as u64;
    cells.is_sorted() && last.abs_diff(*first) <= apart.saturating_mul(10)
}

fn texts(cells: &Texts, rows: &[usize], present: usize, different: usize, most: usize) -> (Kind, Reason) {
    let mut characters = 0usize;
    let mut words = 0usize;
    for cell in rows.iter().filter_map(|&row| cells.get(row)) {
        characters += cell.chars().count();
        words += cell.split_whitespace().count();
    }
    let (characters, words) = (characters as f64 / present as f64, words as f64 / present as f64);
    let share = different as f64 / present as f64;
    let d = Part::Count(different as u64);
    if share >= DIFFERENT && different > 2 && (words >= WORDS || characters >= CHARACTERS) {
        let parts =
            [("distinct", d), ("words", Part::Number(words)), ("characters", Part::Number(characters))];
        let said = format!(
            "{different} different cells of {words:.1} words and {characters:.0} characters on average"
        );
        return (Kind::Text, because("long-texts", &parts, said));
    }
    if different == present && present >= ENOUGH {
        let said = format!("{different} short cells, all different: an id");
        return (Kind::Dropped, because("all-different", &[("distinct", d)], said));
    }
    let (code, many) = if different > most { ("many-levels", ", hashed") } else { ("few-levels", "") };
    (Kind::Level, because(code, &[("distinct", d)], format!("{different} different cells{many}")))
}

/// Levels of the rows with their counts, by name.
pub(crate) fn levels(cells: &[Option<String>], rows: &[usize]) -> BTreeMap<String, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    rows.iter()
        .filter_map(|&row| cells[row].as_deref())
        .for_each(|cell| *counts.entry(cell).or_default() += 1);
    counts.into_iter().map(|(level, count)| (level.to_owned(), count)).collect()
}
