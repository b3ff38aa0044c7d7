//! Readings in JSON, row by row or column by column, taken into columns as they are parsed: what a body may make of them is
//! counted before it is taken.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use gyeol_base::{Budget, Error, Fault, Result};

use crate::answer::refusal;
use crate::input::{MOST_COLUMNS, MOST_ROWS};

/// Names of columns that are kept, so that columns which no model reads can be named.
const MOST_NAMES: usize = 4 * MOST_COLUMNS;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(Box<str>),
    /// A list or an object.
    Nested(&'static str),
}

impl Cell {
    /// The value in words.
    pub(crate) fn kind(&self) -> String {
        match self {
            Cell::Missing => "null".to_owned(),
            Cell::Flag(flag) => flag.to_string(),
            Cell::Whole(number) => format!("the number {number}"),
            Cell::Number(number) => format!("the number {number}"),
            Cell::Text(text) => {
                format!("the text \"{}\"", text.chars().take(40).collect::<String>().escape_debug())
            }
            Cell::Nested(what) => (*what).to_owned(),
        }
    }
}

/// The columns of the readings, or what is wrong with them: the body is JSON all the same.
#[derive(Debug)]
pub(crate) struct Readings(pub(crate) Result<BTreeMap<String, Vec<Cell>>>);

impl<'de> Deserialize<'de> for Readings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Readings, D::Error> {
        // What a cell takes is known; a body is never larger than its limit, which bounds the cells that are written out.
        from.deserialize_any(Shape(Budget::new(CELLS)))
    }
}

/// Bytes that the cells of one body may take, missing ones among them.
const CELLS: u64 = 96 << 20;

/// Reads rows or columns.
struct Shape(Budget);

impl Shape {
    fn plain(self, cell: Cell) -> Readings {
        Readings(Err(wrong_shape(&cell.kind())))
    }
}

fn wrong_shape(found: &str) -> Error {
    refusal(
        "wrong-shape",
        format!("`readings` is {found}. Next: send a list of rows, or an object of columns"),
    )
}

/// Gives values that are neither lists nor objects to the visitor's own `plain`.
macro_rules! plain {
    ($made:ty) => {
        fn visit_unit<E: de::Error>(self) -> std::result::Result<$made, E> {
            Ok(self.plain(Cell::Missing))
        }
        fn visit_bool<E: de::Error>(self, flag: bool) -> std::result::Result<$made, E> {
            Ok(self.plain(Cell::Flag(flag)))
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<$made, E> {
            Ok(self.plain(Cell::Whole(number)))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<$made, E> {
            Ok(self.plain(i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Whole)))
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<$made, E> {
            Ok(self.plain(Cell::Number(number)))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<$made, E> {
            Ok(self.plain(Cell::Text(text.into())))
        }
    };
}

/// Passes over the rest of a list.
fn rest<'de, A: SeqAccess<'de>>(list: &mut A) -> std::result::Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Passes over the rest of an object.
fn rest_of_object<'de, A: MapAccess<'de>>(object: &mut A) -> std::result::Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Visitor<'de> for Shape {
    type Value = Readings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows or an object of columns")
    }

    plain!(Readings);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Readings, A::Error> {
        let mut rows = Rows { columns: BTreeMap::new(), count: 0, budget: self.0, wrong: None };
        while list.next_element_seed(&mut rows)?.is_some() {
            if let Some(wrong) = rows.wrong {
                rest(&mut list)?;
                return Ok(Readings(Err(wrong)));
            }
        }
        Ok(Readings(rows.finish()))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> std::result::Result<Readings, A::Error> {
        let mut columns: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
        let mut first: Option<(String, usize)> = None;
        while let Some(name) = object.next_key::<String>()? {
            let column = object.next_value_seed(Column(&mut self.0, &name))?;
            let checked = column.and_then(|cells| {
                let (known, rows) = first.get_or_insert_with(|| (name.clone(), cells.len()));
                if *rows != cells.len() {
                    let message = format!(
                        "{} values, but `{known}` has {rows}. Next: send columns of one length",
                        cells.len()
                    );
                    return Err(Fault::said("ragged-columns", message).column(&name).input());
                }
                if columns.len() >= MOST_NAMES {
                    return Err(too_many_columns(columns.len() + 1));
                }
                Ok(cells)
            });
            match checked {
                Ok(cells) => _ = columns.insert(name, cells),
                Err(wrong) => {
                    rest_of_object(&mut object)?;
                    return Ok(Readings(Err(wrong)));
                }
            }
        }
        Ok(Readings(Ok(columns)))
    }
}

pub(crate) fn too_many_columns(count: usize) -> Error {
    refusal(
        "too-many-columns",
        format!(
            "{count} columns, at most {MOST_COLUMNS} are read. Next: leave out those that the model does not read"
        ),
    )
}

fn too_many_rows() -> Error {
    refusal("too-many-rows", format!("more than {MOST_ROWS} rows. Next: send the last rows only"))
}

const CELL: u64 = size_of::<Cell>() as u64;

/// What a value takes beside its place.
fn more(cell: &Cell) -> u64 {
    match cell {
        Cell::Text(text) => text.len() as u64 + 16,
        _ => 0,
    }
}

/// Rows so far.
struct Rows {
    columns: BTreeMap<String, Vec<Cell>>,
    count: usize,
    budget: Budget,
    wrong: Option<Error>,
}

impl Rows {
    /// Puts a value into the row that is read now.
    fn put(&mut self, name: String, cell: Cell) -> Result<()> {
        let full = self.columns.len() >= MOST_NAMES;
        if full && !self.columns.contains_key(&name) {
            return Err(too_many_columns(self.columns.len() + 1));
        }
        let column = self.columns.entry(name).or_default();
        // Vectors grow by doubling.
        let missing = (self.count + 1).saturating_sub(column.len());
        self.budget.take_each(missing, 2 * CELL)?;
        self.budget.take(more(&cell))?;
        column.resize(self.count, Cell::Missing);
        column.push(cell);
        Ok(())
    }

    fn finish(mut self) -> Result<BTreeMap<String, Vec<Cell>>> {
        for column in self.columns.values_mut() {
            self.budget.take_each(self.count - column.len(), CELL)?;
            column.resize(self.count, Cell::Missing);
        }
        Ok(self.columns)
    }

    fn plain(&mut self, cell: Cell) {
        let message = format!("this reading is {}. Next: send {{\"time\": …, \"load\": …}}", cell.kind());
        self.wrong = Some(Fault::said("wrong-shape", message).row(self.count + 2).input());
    }
}

impl<'de> DeserializeSeed<'de> for &mut Rows {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Rows {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    plain!(());

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<(), A::Error> {
        self.plain(Cell::Nested("a list"));
        rest(&mut list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            let cell = object.next_value_seed(One)?;
            if let Err(wrong) = self.put(name, cell) {
                self.wrong = Some(wrong);
                return rest_of_object(&mut object);
            }
        }
        self.count += 1;
        if self.count > MOST_ROWS {
            self.wrong = Some(too_many_rows());
        } else if self.count.is_multiple_of(4096)
            && let Err(late) = gyeol_base::in_time()
        {
            self.wrong = Some(late);
        }
        Ok(())
    }
}

/// Reads one value.
struct One;

impl One {
    fn plain(self, cell: Cell) -> Cell {
        cell
    }
}

impl<'de> DeserializeSeed<'de> for One {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<Cell, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    plain!(Cell);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Cell, A::Error> {
        rest(&mut list)?;
        Ok(Cell::Nested("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Cell, A::Error> {
        rest_of_object(&mut object)?;
        Ok(Cell::Nested("an object"))
    }
}

/// Reads the values of one column.
struct Column<'a>(&'a mut Budget, &'a str);

impl<'de> DeserializeSeed<'de> for Column<'_> {
    type Value = Result<Vec<Cell>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> std::result::Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl Column<'_> {
    fn plain(self, cell: Cell) -> Result<Vec<Cell>> {
        Err(self.no_list(&cell.kind()))
    }

    fn no_list(&self, found: &str) -> Error {
        let message = format!("this column is {found}. Next: send a list of values");
        Fault::said("wrong-shape", message).column(self.1).input()
    }
}

impl<'de> Visitor<'de> for Column<'_> {
    type Value = Result<Vec<Cell>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    plain!(Result<Vec<Cell>>);

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Self::Value, A::Error> {
        rest_of_object(&mut object)?;
        Ok(Err(self.no_list("an object")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Self::Value, A::Error> {
        let mut cells = Vec::new();
        while let Some(cell) = list.next_element_seed(One)? {
            let taken = if cells.len() >= MOST_ROWS {
                Err(too_many_rows())
            } else {
                self.0.take(2 * CELL + more(&cell))
            };
            if let Err(wrong) = taken {
                rest(&mut list)?;
                return Ok(Err(wrong));
            }
            cells.push(cell);
        }
        Ok(Ok(cells))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, Vec<Cell>>> {
        serde_json::from_str::<Readings>(text).unwrap().0
    }

    #[test]
    fn rows_and_columns_are_the_same() {
        let rows = read(r#"[{"a":1,"b":"x"},{},{"b":2.5,"a":null,"b":true},{"c":[1,{}]}]"#).unwrap();
        let columns = r#"{"a":[1,null,null,null],"b":["x",null,true,null],"c":[null,null,null,"list"]}"#;
        let mut columns = read(columns).unwrap();
        columns.get_mut("c").unwrap()[3] = Cell::Nested("a list");
        assert_eq!(rows, columns);
        assert_eq!(rows["b"][0], Cell::Text("x".into()));
    }

    #[test]
    fn rows_without_cells_take_no_more_than_is_allowed() {
        let names: String = (0..1000).map(|i| format!("\"c{i}\":1,")).collect();
        let bomb = format!("[{{{}}}{}]", names.trim_end_matches(','), ",{}".repeat(990_000));
        assert_eq!(read(&bomb).unwrap_err().code(), "too-much-memory");
        let rows = format!("[{{}}{}]", ",{}".repeat(MOST_ROWS));
        assert_eq!(read(&rows).unwrap_err().code(), "too-many-rows");
        let column = format!("{{\"a\":[0{}]}}", ",0".repeat(MOST_ROWS));
        assert_eq!(read(&column).unwrap_err().code(), "too-many-rows");
        let wide: String = (0..5000).map(|i| format!("{{\"c{i}\":1}},")).collect();
        assert_eq!(
            read(&format!("[{}]", wide.trim_end_matches(','))).unwrap_err().code(),
            "too-many-columns"
        );
    }
}
