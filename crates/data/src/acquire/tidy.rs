//! Long tables of quantities: load and temperature below one another, told apart by a column of names. They are not meters
//! of one thing, so each becomes a column.
//!
//! Evidence: one column of stamps that repeat, one column of numbers, and a column of two to a dozen names that tell the
//! repeats apart and speak of different quantities, by their words, their units, or a column of units beside them; all other
//! columns follow from the name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDateTime;

use super::columns::Typed;
use super::note;
use crate::table::{ColumnData, Note};
use crate::units::{self, Quantity};

type Columns = Vec<(String, Typed)>;

/// Words of quantities that stand beside load in one table; the first of each row names it.
const QUANTITIES: [&[&str]; 8] = [
    &[
        "load",
        "demand",
        "power",
        "energy",
        "consumption",
        "generation",
        "부하",
        "수요",
        "전력",
        "발전",
        "last",
        "verbrauch",
    ],
    &["temp", "temperature", "temperatur", "기온", "온도", "dewpoint", "t2m"],
    &["humidity", "rh", "습도", "feuchte"],
    &["wind", "windspeed", "풍속"],
    &["price", "lmp", "가격", "preis", "smp"],
    &["pressure", "기압", "druck"],
    &["irradiance", "ghi", "radiation", "일사", "일사량", "solar"],
    &["rain", "precipitation", "precip", "강수", "강수량"],
];

/// What a name or unit measures.
fn quantity(text: &str) -> Option<usize> {
    let unit = units::unit_of_name(text).or_else(|| Some(text.to_string())).and_then(|u| units::find(&u));
    let lower = text.to_lowercase();
    let words = || lower.split(|c: char| !c.is_alphanumeric());
    let said =
        |list: &&[&str]| list.iter().any(|w| words().any(|x| x == *w) || !w.is_ascii() && lower.contains(w));
    QUANTITIES.iter().position(said).or_else(|| match unit?.quantity {
        Quantity::Power | Quantity::Energy => Some(0),
        Quantity::Temperature => Some(1),
        Quantity::Other("speed") => Some(3),
        Quantity::Other("pressure") => Some(5),
        Quantity::Other(_) => None,
    })
}

/// The places of stamps, names and numbers in such a table. Columns that follow from the name, such as units and what is
/// the same in every row, say nothing more.
pub(super) fn names(columns: &Columns) -> Option<(usize, usize, usize)> {
    let varies = |t: &Typed| match t {
        Typed::Stamps { local, .. } => local.iter().any(|x| *x != local[0]),
        _ => false,
    };
    let mut clocks = (0..columns.len()).filter(|i| varies(&columns[*i].1));
    let time = clocks.next().filter(|_| clocks.next().is_none())?;
    let Typed::Stamps { local, .. } = &columns[time].1 else { return None };
    let cell = |typed: &Typed, row: usize| match typed {
        Typed::Plain(ColumnData::Number(v)) => v[row].to_bits() as i64,
        Typed::Plain(ColumnData::Integer(v)) => v[row].unwrap_or(i64::MIN),
        _ => 0,
    };
    columns.iter().enumerate().find_map(|(at, (_, typed))| {
        let Typed::Plain(ColumnData::Text(names)) = typed else { return None };
        let met: BTreeSet<&str> = names.iter().flatten().collect();
        let pairs: HashSet<_> = local.iter().zip(names.iter()).collect();
        let stamps: HashSet<_> = local.iter().collect();
        let apart = pairs.len() * 50 >= local.len() * 49 && stamps.len() * 4 <= local.len() * 3;
        if !(2..=12).contains(&met.len()) || !apart {
            return None;
        }
        let (mut numbers, mut units) = (Vec::new(), BTreeSet::new());
        for (i, (_, typed)) in columns.iter().enumerate().filter(|(i, _)| *i != at && *i != time) {
            if let Typed::Plain(ColumnData::Text(other)) = typed {
                let mut of: HashMap<_, _> = HashMap::new();
                if !names.iter().zip(other.iter()).all(|(n, o)| *of.entry(n).or_insert(o) == o) {
                    return None;
                }
                units.extend(other.iter().flatten().take(5000).filter_map(quantity));
            } else {
                let mut of: HashMap<_, _> = HashMap::new();
                let follows =
                    |row: usize| *of.entry(names.get(row)).or_insert(cell(typed, row)) == cell(typed, row);
                if !(0..names.len()).all(follows) {
                    numbers.push(i);
                }
            }
        }
        let measured: BTreeSet<usize> = met.iter().filter_map(|n| quantity(n)).collect();
        let [number] = numbers[..] else { return None };
        (measured.len().max(units.len()) > 1).then_some((time, at, number))
    })
}

/// Turns a long table of quantities into one column each; others stay as they are.
pub(super) fn pivot(columns: Columns, notes: &mut Vec<Note>) -> Columns {
    let Some((time, names, number)) = names(&columns) else { return columns };
    let Typed::Stamps { local, timed, offsets } = &columns[time].1 else { return columns };
    let Typed::Plain(ColumnData::Text(of)) = &columns[names].1 else { return columns };
    let Typed::Plain(data) = &columns[number].1 else { return columns };
    let values: Vec<f64> = match data {
        ColumnData::Number(v) => v.clone(),
        ColumnData::Integer(v) => v.iter().map(|x| x.map_or(f64::NAN, |x| x as f64)).collect(),
        _ => return columns,
    };
    // A stamp and name met again is the same hour of autumn again, or a repeat: it begins another row.
    let mut place: HashMap<(Option<NaiveDateTime>, usize), usize> = HashMap::new();
    let mut met: HashMap<(Option<NaiveDateTime>, &str), usize> = HashMap::new();
    let mut stamps = Vec::new();
    let mut out: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for ((stamp, name), x) in local.iter().zip(of.iter()).zip(values) {
        let name = name.unwrap_or("unnamed");
        let times = met.entry((*stamp, name)).or_default();
        let row = *place.entry((*stamp, *times)).or_insert_with(|| {
            stamps.push(*stamp);
            stamps.len() - 1
        });
        *times += 1;
        if !order.contains(&name) {
            order.push(name);
        }
        let column = out.entry(name).or_default();
        column.resize(column.len().max(row + 1), f64::NAN);
        column[row] = x;
    }
    let rows = stamps.len();
    let listed: Vec<String> = order.iter().map(|n| format!("'{n}'")).collect();
    notes.push(note(
        "quantities-below",
        Some(&columns[names].0),
        None,
        of.len(),
        format!(
            "'{}' names different quantities ({}), so each became a column ({} rows became {rows}); --reshape no leaves them",
            columns[names].0,
            listed.join(", "),
            of.len()
        ),
    ));
    let stamps = Typed::Stamps { local: stamps, timed: *timed, offsets: *offsets };
    let mut made = vec![(columns[time].0.clone(), stamps)];
    for name in order {
        let mut column = out.remove(name).unwrap_or_default();
        column.resize(rows, f64::NAN);
        let name = if made[0].0 == name { format!("{name}_value") } else { name.to_string() };
        made.push((name, Typed::Plain(ColumnData::Number(column))));
    }
    made
}
