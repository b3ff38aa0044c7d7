//! What kind of values a column of texts holds, decided over all its cells and reported where it was not certain.

use chrono::NaiveDateTime;

use super::csv::Cells;
use super::dates;
use super::epochs;
use super::numbers::{self, Decimal, Evidence};
use super::stamps::{beginnings, date_order, monthly, stamps, with_format};
use super::{ReadOptions, note};
use crate::table::{ColumnData, Note};
use gyeol_base::shorten;

/// Share of the present cells that must be of a kind before the others are taken for faults and set to missing.
const MOSTLY: f64 = 0.95;

/// A column before local times are placed in a zone.
pub(super) enum Typed {
    Plain(ColumnData),
    /// Stamps as written, whether any has a time of day, and the offsets met.
    Stamps {
        local: Vec<Option<NaiveDateTime>>,
        timed: bool,
        offsets: Offsets,
    },
    /// Seconds from midnight.
    TimeOfDay(Vec<Option<i64>>),
}

impl Typed {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Typed::Plain(data) => data.len(),
            Typed::Stamps { local, .. } => local.len(),
            Typed::TimeOfDay(seconds) => seconds.len(),
        }
    }

    /// The cells in the order of `index`; `None` makes a missing one.
    pub fn take(&self, index: &[Option<usize>]) -> Typed {
        match self {
            Typed::Plain(data) => Typed::Plain(data.take(index)),
            Typed::Stamps { local, timed, offsets } => {
                let local = index.iter().map(|i| i.and_then(|i| local[i])).collect();
                Typed::Stamps { local, timed: *timed, offsets: *offsets }
            }
            Typed::TimeOfDay(s) => Typed::TimeOfDay(index.iter().map(|i| i.and_then(|i| s[i])).collect()),
        }
    }
}

/// Offsets from UTC that a time column was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offsets {
    None,
    /// The same in every cell, minutes east.
    Fixed(i32),
    Varying,
    /// Those of one zone; the stamps are UTC already.
    Zone(crate::Tz),
    /// None, but each cell names the zone whose wall clock it shows.
    Walls(crate::Tz),
}

/// What the whole file says about decimal signs, for columns that could be read either way.
pub(super) fn decimal_of_file(
    columns: &[Cells],
    delimiter: u8,
    options: &ReadOptions,
) -> (Vec<Evidence>, Decimal) {
    let mut all = Evidence::default();
    let mut pointed = false;
    let mut each = Vec::with_capacity(columns.len());
    for column in columns {
        let mut e = Evidence::default();
        let mut numeric = 0usize;
        let mut present = 0usize;
        for cell in column.iter().filter(|c| !numbers::is_missing(c)) {
            present += 1;
            if present > 200_000 {
                break;
            }
            if numbers::looks(cell) {
                numeric += 1;
                e.see(cell);
            }
        }
        // Dates with points (31.01.2014) are no evidence.
        let dates =
            column.iter().filter(|c| !numbers::is_missing(c)).take(20).all(|c| dates::layout(c).is_some());
        if numeric * 10 < present * 8 || dates {
            e = Evidence::default();
        }
        let form = |c: &str| matches!(dates::layout(c), Some(dates::Layout::Confusable(b'.')));
        pointed |= dates && column.iter().find(|c| !numbers::is_missing(c)).is_some_and(form);
        // Thousands beside hundreds: the sign between is no decimal sign.
        match e.groups() {
            Some(Decimal::Comma) => e.comma += e.either_point,
            Some(Decimal::Point) => e.point += e.either_comma,
            None => {}
        }
        all.point += e.point;
        all.comma += e.comma;
        all.either_comma += e.either_comma;
        all.either_point += e.either_point;
        each.push(e);
    }
    each.iter_mut().for_each(|e: &mut Evidence| e.settled = all.comma != all.point);
    let file = match options.decimal_comma {
        Some(true) => Decimal::Comma,
        Some(false) => Decimal::Point,
        None if all.comma != all.point => {
            if all.comma > all.point {
                Decimal::Comma
            } else {
                Decimal::Point
            }
        }
        // Nothing certain: a file with ';' between cells and commas in numbers was written with decimal commas.
        None if delimiter == b';' && all.either_comma > 0 && all.either_point == 0 => Decimal::Comma,
        // Who writes 31.01.2024 between semicolons groups thousands by points.
        None if delimiter == b';' && pointed && all.either_point > 0 && all.either_comma == 0 => {
            Decimal::Comma
        }
        None => Decimal::Point,
    };
    (each, file)
}

/// Numbers written with their unit ("840.6 kW"), one unit in the whole column: the cells without it.
pub(super) fn without_unit(name: &str, cells: &Cells, notes: &mut Vec<Note>) -> Option<Cells> {
    let present = || cells.iter().filter(|c| !numbers::is_missing(c));
    let (_, unit) = numbers::unit_of_cell(present().next()?)?;
    let bare = |c| numbers::unit_of_cell(c).filter(|(_, u)| *u == unit).map(|(number, _)| number);
    let fit = present().filter(|c| bare(c).is_some()).count();
    if !mostly(fit, present().count()) {
        return None;
    }
    notes.push(note(
        "unit-in-cells",
        Some(name),
        None,
        fit,
        format!("the numbers of '{name}' are written with their unit, {unit}"),
    ));
    let mut out = Cells::default();
    cells.iter().for_each(|c| out.push(bare(c).unwrap_or(c)));
    Some(out)
}

/// Finds the kind of one column.
pub(super) fn infer(
    name: &str,
    cells: &Cells,
    evidence: &Evidence,
    file_decimal: Decimal,
    delimiter: u8,
    first_row: usize,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Typed {
    let n = cells.len();
    let present = cells.iter().filter(|c| !numbers::is_missing(c)).count();
    if present == 0 {
        return Typed::Plain(ColumnData::Number(vec![f64::NAN; n]));
    }
    if let Some(format) = &options.date_format {
        let parsed: Vec<_> = cells.iter().map(|c| with_format(c, format)).collect();
        if mostly(parsed.iter().flatten().count(), present) {
            return stamps(name, cells, parsed, present, first_row, options, notes);
        }
    }
    if let Some(bare) = beginnings(name, cells, notes) {
        return infer(name, &bare, evidence, file_decimal, delimiter, first_row, options, notes);
    }
    if let Some(integers) = whole_numbers(cells) {
        let clock = epochs::of_whole(name, &integers, notes);
        return clock.unwrap_or(Typed::Plain(ColumnData::Integer(integers)));
    }
    let months: Vec<_> = cells.iter().map(dates::like_number).collect();
    if months.iter().flatten().count() == present && monthly(&months) {
        return stamps(name, cells, months, present, first_row, options, notes);
    }
    let decimal = match options.decimal_comma {
        Some(_) => file_decimal,
        None if evidence.comma > evidence.point => Decimal::Comma,
        None if evidence.point > evidence.comma => Decimal::Point,
        None => file_decimal,
    };
    if hours_with_letters(cells) {
        return Typed::Plain(ColumnData::Text(
            cells.iter().map(|c| (!numbers::is_missing(c)).then_some(c)).collect(),
        ));
    }
    if let Some(values) = floats(name, cells, decimal, present, first_row, notes) {
        let either = evidence.either_comma + evidence.either_point;
        let unsure = options.decimal_comma.is_none() && evidence.comma == evidence.point && either > 0;
        // Between commas a decimal comma would need quotation marks in every row: nobody writes that by choice.
        let doubtful = if evidence.either_comma > 0 {
            delimiter != b','
        } else {
            delimiter == b';' && !evidence.settled
        };
        if unsure && doubtful {
            let comma = evidence.either_comma > 0;
            let sign = if comma { "commas" } else { "points" };
            let read =
                if comma == (decimal == Decimal::Comma) { "decimal signs" } else { "marks of thousands" };
            let words = format!(
                "{sign} in '{name}' could be decimal signs or group thousands; they were read as {read}"
            );
            notes.push(note("ambiguous-decimal", Some(name), None, either, words));
        }
        if options.decimal_comma.is_none() && evidence.groups() == Some(decimal) {
            let sign = if decimal == Decimal::Comma { "points" } else { "commas" };
            let words = format!(
                "{sign} in '{name}' group thousands: they stand in numbers from 1000 on only, and before three digits each"
            );
            notes.push(note("grouped-thousands", Some(name), None, either, words));
        }
        let clock = epochs::of_floats(name, &values, notes);
        return clock.unwrap_or(Typed::Plain(ColumnData::Number(values)));
    }
    if let Some(order) = date_order(name, cells, present, delimiter, notes) {
        let parsed: Vec<_> = cells
            .iter()
            .map(|c| if numbers::is_missing(c) { None } else { dates::parse(c, order) })
            .collect();
        if mostly(parsed.iter().flatten().count(), present) {
            return stamps(name, cells, parsed, present, first_row, options, notes);
        }
    }
    let clock: Vec<_> =
        cells.iter().map(|c| if numbers::is_missing(c) { None } else { dates::time_of_day(c) }).collect();
    if clock.iter().flatten().count() == present {
        return Typed::TimeOfDay(clock);
    }
    let booleans: Vec<_> = cells.iter().map(numbers::parse_boolean).collect();
    let label = options.labels.iter().any(|label| label == name);
    if !label && booleans.iter().flatten().count() == present {
        return Typed::Plain(ColumnData::Boolean(booleans));
    }
    Typed::Plain(ColumnData::Text(cells.iter().map(|c| (!numbers::is_missing(c)).then_some(c)).collect()))
}

/// Hours or periods through the day of which a few have a letter or a star, as 2A and 2B of a day that has two.
fn hours_with_letters(cells: &Cells) -> bool {
    let mut met = std::collections::BTreeSet::new();
    let mut lettered = 0usize;
    for cell in cells.iter().filter(|c| !numbers::is_missing(c)) {
        let digits = cell.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '*');
        let Ok(n) = digits.parse::<u8>() else { return false };
        if cell.len() > digits.len() + 1 || digits.len() > 3 {
            return false;
        }
        lettered += usize::from(cell.len() > digits.len());
        met.insert(n);
    }
    let (Some(low), Some(high)) = (met.first(), met.last()) else { return false };
    let through = *low < 2 && usize::from(high - low) + 1 == met.len();
    lettered > 0
        && lettered * 20 < cells.len()
        && through
        && super::combine::per_day(met.len() as i64).is_some()
}

pub(super) fn mostly(fit: usize, present: usize) -> bool {
    fit == present || (fit >= 20 && fit as f64 >= MOSTLY * present as f64)
}

fn whole_numbers(cells: &Cells) -> Option<Vec<Option<i64>>> {
    let mut out = Vec::with_capacity(cells.len());
    for cell in cells.iter() {
        // Long codes with leading zeros are names, not quantities.
        let digits = cell.trim_start_matches(['-', '+']);
        if digits.len() >= 5 && digits.starts_with('0') {
            return None;
        }
        match numbers::parse_integer(cell) {
            Some(x) => out.push(Some(x)),
            None if numbers::is_missing(cell) => out.push(None),
            None => return None,
        }
    }
    Some(out)
}

fn floats(
    name: &str,
    cells: &Cells,
    decimal: Decimal,
    present: usize,
    first_row: usize,
    notes: &mut Vec<Note>,
) -> Option<Vec<f64>> {
    let mut out = Vec::with_capacity(cells.len());
    let (mut fit, mut seen) = (0usize, 0usize);
    let mut bad: Option<usize> = None;
    let mut infinite: Option<(usize, usize)> = None;
    for (i, cell) in cells.iter().enumerate() {
        let value = numbers::parse(cell, decimal).filter(|x| !x.is_nan());
        if let Some(x) = value {
            fit += 1;
            seen += 1;
            if x.is_infinite() {
                infinite = Some(infinite.map_or((i, 1), |(at, n)| (at, n + 1)));
            }
        } else if !numbers::is_missing(cell) {
            seen += 1;
            bad.get_or_insert(i);
            // Give up early on a column that is plainly something else.
            if seen >= 200 && fit * 2 < seen {
                return None;
            }
        }
        out.push(value.unwrap_or(f64::NAN));
    }
    if !mostly(fit, present) {
        return None;
    }
    if let Some(at) = bad {
        notes.push(note(
            "not-numbers",
            Some(name),
            Some(first_row + at),
            present - fit,
            format!(
                "{} cells of '{name}' are not numbers (the first is '{}') and count as missing",
                present - fit,
                shorten(cells.get(at), 30)
            ),
        ));
    }
    if let Some((at, count)) = infinite {
        notes.push(note(
            "infinite",
            Some(name),
            Some(first_row + at),
            count,
            format!("{count} infinite values in '{name}'"),
        ));
    }
    Some(out)
}
