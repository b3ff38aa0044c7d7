//! Long tables of quantities: load and temperature below one another, told apart by a column of names. They are not meters
//! of one thing, so each becomes a column.
//!
//! Evidence: one column of stamps that repeat, one column of numbers, and a column of two to a dozen names that tell the
//! repeats apart and speak of different quantities, by their words, their units, or a column of units beside them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    QUANTITIES.iter().position(said).or(match unit?.quantity {
        Quantity::Power | Quantity::Energy => Some(0),
        Quantity::Temperature => Some(1),
        Quantity::Other("speed") => Some(3),
        Quantity::Other("pressure") => Some(5),
        Quantity::Other(_) => None,
    })
}

/// The places of stamps, names and numbers in such a table.
pub(super) fn names(columns: &Columns) -> Option<(usize, usize, usize)> {
    let one = |is: &dyn Fn(&Typed) -> bool| {
        let mut found = (0..columns.len()).filter(|i| is(&columns[*i].1));
        found.next().filter(|_| found.next().is_none())
    };
    let time = one(&|t| matches!(t, Typed::Stamps { .. }))?;
    let number = one(&|t| matches!(t, Typed::Plain(ColumnData::Number(_) | ColumnData::Integer(_))))?;
    let Typed::Stamps { local, .. } = &columns[time].1 else { return None };
    let texts = columns.iter().enumerate().filter_map(|(i, (_, t))| match t {
        Typed::Plain(ColumnData::Text(v)) => Some((i, v)),
        _ => None,
    });
    let texts: Vec<(usize, &Vec<Option<String>>)> = texts.collect();
    let tells = |names: &&(usize, &Vec<Option<String>>)| {
        let met: BTreeSet<&String> = names.1.iter().flatten().collect();
        let pairs: std::collections::HashSet<_> = local.iter().zip(names.1).collect();
        let stamps: std::collections::HashSet<_> = local.iter().collect();
        let apart = pairs.len() * 50 >= local.len() * 49 && stamps.len() * 4 <= local.len() * 3;
        // The other texts, such as units, must follow from the name.
        let follows = |other: &Vec<Option<String>>| {
            let mut of: HashMap<_, _> = HashMap::new();
            names.1.iter().zip(other).all(|(n, o)| *of.entry(n).or_insert(o) == o)
        };
        let others = || texts.iter().filter(|t| t.0 != names.0);
        let measured: BTreeSet<usize> = met.iter().filter_map(|n| quantity(n)).collect();
        let units: BTreeSet<usize> =
            others().flat_map(|t| t.1.iter().flatten().take(5000)).filter_map(|u| quantity(u)).collect();
        (2..=12).contains(&met.len())
            && apart
            && others().all(|t| follows(t.1))
            && measured.len().max(units.len()) > 1
    };
    let names = texts.iter().find(tells)?.0;
    Some((time, names, number))
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
    for ((stamp, name), x) in local.iter().zip(of).zip(values) {
        let name = name.as_deref().unwrap_or("unnamed");
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
