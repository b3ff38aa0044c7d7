//! What kind of values a column of texts holds, decided over all its cells and reported where it was not certain.

use chrono::NaiveDateTime;

use super::csv::Cells;
use super::dates::{self, Layout, Order};
use super::localize::localize;
use super::numbers::{self, Decimal, Evidence};
use super::{ReadOptions, note};
use crate::clock::zone;
use crate::table::{ColumnData, Note};
use gyeol_base::{Fault, Result, shorten};

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

/// Offsets from UTC that a time column was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offsets {
    None,
    /// The same in every cell, minutes east.
    Fixed(i32),
    Varying,
}

/// What the whole file says about decimal signs, for columns that could be read either way.
pub(super) fn decimal_of_file(
    columns: &[Cells],
    delimiter: u8,
    options: &ReadOptions,
) -> (Vec<Evidence>, Decimal) {
    let mut all = Evidence::default();
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
            let looks = cell
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'.' | b',' | b'-' | b'+' | b'e' | b'E' | b' ' | b'\''));
            if looks {
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
        all.point += e.point;
        all.comma += e.comma;
        all.either_comma += e.either_comma;
        all.either_point += e.either_point;
        each.push(e);
    }
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
        None => Decimal::Point,
    };
    (each, file)
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
            return stamps(name, cells, parsed, present, first_row, notes);
        }
    }
    if let Some(integers) = whole_numbers(cells) {
        return as_clock(name, integers, notes);
    }
    let decimal = match options.decimal_comma {
        Some(_) => file_decimal,
        None if evidence.comma > evidence.point => Decimal::Comma,
        None if evidence.point > evidence.comma => Decimal::Point,
        None => file_decimal,
    };
    if let Some(values) = floats(name, cells, decimal, present, first_row, notes) {
        let unsure = options.decimal_comma.is_none()
            && evidence.comma == evidence.point
            && evidence.either_comma + evidence.either_point > 0;
        // Between commas a decimal comma would need quotation marks in every row: nobody writes that by choice.
        if unsure && evidence.either_comma > 0 && delimiter != b',' {
            let read = if decimal == Decimal::Comma { "decimal comma" } else { "groups of thousands" };
            notes.push(note(
                "ambiguous-decimal",
                Some(name),
                None,
                evidence.either_comma,
                format!(
                    "commas in '{name}' could be decimal signs or group thousands; they were read as {read}"
                ),
            ));
        }
        return Typed::Plain(ColumnData::Number(values));
    }
    if let Some(order) = date_order(name, cells, present, notes) {
        let parsed: Vec<_> = cells
            .iter()
            .map(|c| if numbers::is_missing(c) { None } else { dates::parse(c, order) })
            .collect();
        if mostly(parsed.iter().flatten().count(), present) {
            return stamps(name, cells, parsed, present, first_row, notes);
        }
    }
    let clock: Vec<_> =
        cells.iter().map(|c| if numbers::is_missing(c) { None } else { dates::time_of_day(c) }).collect();
    if clock.iter().flatten().count() == present {
        return Typed::TimeOfDay(clock);
    }
    let booleans: Vec<_> = cells.iter().map(numbers::parse_boolean).collect();
    if booleans.iter().flatten().count() == present {
        return Typed::Plain(ColumnData::Boolean(booleans));
    }
    Typed::Plain(ColumnData::Text(
        cells.iter().map(|c| (!numbers::is_missing(c)).then(|| c.to_string())).collect(),
    ))
}

fn mostly(fit: usize, present: usize) -> bool {
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

/// A column of whole numbers that is really a clock: unix seconds or milliseconds, or compact dates.
fn as_clock(name: &str, integers: Vec<Option<i64>>, notes: &mut Vec<Note>) -> Typed {
    let lower = name.to_lowercase();
    let named =
        ["time", "date", "stamp", "epoch", "unix", "datum", "zeit", "일시", "시간", "날짜", "일자", "ts"]
            .iter()
            .any(|w| if w.len() == 2 { lower == *w } else { lower.contains(w) });
    let mut distinct: Vec<i64> = integers.iter().flatten().copied().collect();
    let all = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    let (Some(&low), Some(&high)) = (distinct.first(), distinct.last()) else {
        return Typed::Plain(ColumnData::Integer(integers));
    };
    let typed = |f: &dyn Fn(i64) -> Option<dates::Stamp>| -> Option<Typed> {
        let local: Vec<_> = integers.iter().map(|x| x.and_then(f)).collect();
        if local.iter().flatten().count() != all || all == 0 {
            return None;
        }
        let timed = local.iter().flatten().any(|s| s.timed);
        let offsets = match local.iter().flatten().next() {
            Some(s) if s.offset.is_some() => Offsets::Fixed(0),
            _ => Offsets::None,
        };
        Some(Typed::Stamps { local: local.iter().map(|s| s.map(|s| s.local)).collect(), timed, offsets })
    };
    let digits = |x: i64| x.checked_ilog10().map_or(0, |d| d + 1);
    let compact = low > 19_000_101 && digits(low) == digits(high);
    if compact && (named || distinct.len() > 1 && matches!(digits(low), 10 | 12 | 14)) {
        let width = digits(low) as u8;
        let read = |x: i64| match width {
            8 => dates::parse(&x.to_string(), Order::DayFirst),
            _ => dates::compact(x as u64, width)
                .filter(|s| (1900..2200).contains(&chrono::Datelike::year(&s.local))),
        };
        if let Some(t) = typed(&read) {
            return t;
        }
    }
    if named {
        // 1990 to 2100 in seconds and in milliseconds.
        let (from, to) = (631_152_000, 4_102_444_800);
        for (scale, word) in [(1000, "seconds"), (1, "milliseconds")] {
            let unit = 1000 / scale;
            if low >= from * unit && high <= to * unit {
                let read = |x: i64| {
                    let utc = chrono::DateTime::from_timestamp_millis(x.checked_mul(scale)?)?;
                    Some(dates::Stamp { local: utc.naive_utc(), offset: Some(0), timed: true })
                };
                if let Some(t) = typed(&read) {
                    notes.push(note(
                        "unix-time",
                        Some(name),
                        None,
                        all,
                        format!("'{name}' was read as {word} since 1970-01-01 UTC"),
                    ));
                    return t;
                }
            }
        }
    }
    Typed::Plain(ColumnData::Integer(integers))
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

/// Day or month first, over the whole column; `None` when the cells are no dates.
fn date_order(name: &str, cells: &Cells, present: usize, notes: &mut Vec<Note>) -> Option<Order> {
    let (mut looks, mut confusable, mut day, mut month, mut slash, mut point) =
        (0usize, 0usize, 0usize, 0usize, false, false);
    let mut tried = 0usize;
    for cell in cells.iter().filter(|c| !numbers::is_missing(c)) {
        tried += 1;
        match dates::layout(cell) {
            Some(Layout::Confusable(a, b, separator)) => {
                looks += 1;
                confusable += 1;
                day += usize::from(a > 12);
                month += usize::from(b > 12);
                slash |= separator == b'/';
                point |= separator == b'.';
            }
            Some(Layout::Clear) => looks += 1,
            None => {}
        }
        if tried == 200 && looks * 2 < tried {
            return None;
        }
    }
    if !mostly(looks, present) {
        return None;
    }
    if confusable == 0 || day > 0 && month == 0 {
        return Some(Order::DayFirst);
    }
    if month > 0 && day == 0 {
        return Some(Order::MonthFirst);
    }
    if day > 0 && month > 0 {
        return Some(if day >= month { Order::DayFirst } else { Order::MonthFirst });
    }
    // Both readings are possible for every cell: the one that makes the more regular clock wins.
    let regular = |order| {
        let times: Vec<i64> = cells
            .iter()
            .filter_map(|c| dates::parse(c, order))
            .map(|s| s.local.and_utc().timestamp_millis())
            .collect();
        let mut steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|d| *d != 0).collect();
        let rising = steps.iter().filter(|d| **d > 0).count();
        steps.sort_unstable();
        let most = steps.chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap_or(0);
        (most, rising)
    };
    let (d, m) = (regular(Order::DayFirst), regular(Order::MonthFirst));
    if d != m {
        return Some(if d > m { Order::DayFirst } else { Order::MonthFirst });
    }
    let order = if slash && !point { Order::MonthFirst } else { Order::DayFirst };
    notes.push(note(
        "ambiguous-dates",
        Some(name),
        None,
        confusable,
        format!(
            "day and month of '{name}' cannot be told apart; read with the {} first: name the date format to be sure",
            if order == Order::DayFirst { "day" } else { "month" }
        ),
    ));
    Some(order)
}

fn with_format(cell: &str, format: &str) -> Option<dates::Stamp> {
    if let Ok(t) = chrono::DateTime::parse_from_str(cell, format) {
        let minutes = t.offset().local_minus_utc() / 60;
        return Some(dates::Stamp { local: t.naive_utc(), offset: Some(minutes), timed: true });
    }
    if let Ok(local) = NaiveDateTime::parse_from_str(cell, format) {
        return Some(dates::Stamp { local, offset: None, timed: true });
    }
    let date = chrono::NaiveDate::parse_from_str(cell, format).ok()?;
    Some(dates::Stamp { local: date.and_time(chrono::NaiveTime::MIN), offset: None, timed: false })
}

fn stamps(
    name: &str,
    cells: &Cells,
    parsed: Vec<Option<dates::Stamp>>,
    present: usize,
    first_row: usize,
    notes: &mut Vec<Note>,
) -> Typed {
    let fit = parsed.iter().flatten().count();
    if fit < present {
        let at = (0..cells.len())
            .find(|&i| parsed[i].is_none() && !numbers::is_missing(cells.get(i)))
            .unwrap_or(0);
        notes.push(note(
            "not-times",
            Some(name),
            Some(first_row + at),
            present - fit,
            format!(
                "{} cells of '{name}' are not times (the first is '{}') and count as missing",
                present - fit,
                shorten(cells.get(at), 30)
            ),
        ));
    }
    let timed = parsed.iter().flatten().any(|s| s.timed);
    let mut offsets = Offsets::None;
    let mut first = true;
    let mut bare = false;
    for s in parsed.iter().flatten() {
        match (s.offset, offsets) {
            (None, _) => bare = true,
            (Some(o), Offsets::None) if first => offsets = Offsets::Fixed(o),
            (Some(o), Offsets::Fixed(p)) if o == p => {}
            _ => offsets = Offsets::Varying,
        }
        first = false;
    }
    if bare && offsets != Offsets::None {
        offsets = Offsets::Varying;
        notes.push(note(
            "mixed-offsets",
            Some(name),
            None,
            present,
            format!("some cells of '{name}' have an offset from UTC and some have none; those without are read as UTC"),
        ));
    }
    Typed::Stamps { local: parsed.into_iter().map(|s| s.map(|s| s.local)).collect(), timed, offsets }
}

/// Places stamps in the zone; gives the column and the zone that its times belong to.
pub(super) fn place(
    file: &str,
    name: &str,
    local: &[Option<NaiveDateTime>],
    offsets: Offsets,
    first_row: usize,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Result<(ColumnData, Option<String>)> {
    let plain =
        || ColumnData::Time(local.iter().map(|t| t.map(|t| t.and_utc().timestamp_millis())).collect());
    let named = options.zone.as_deref().map(zone).transpose().map_err(|e| e.in_file(file))?;
    match (offsets, named) {
        (Offsets::None, None) => Ok((plain(), None)),
        (Offsets::None, Some(tz)) => {
            let placed = localize(local, tz);
            if let Some(&row) = placed.missing_spring.first() {
                notes.push(note(
                    "missing-spring-hour",
                    Some(name),
                    Some(first_row + row),
                    placed.missing_spring.len(),
                    format!(
                        "{} stamps of '{name}' lie in an hour that {} skips in spring, so they do not exist and count as missing",
                        placed.missing_spring.len(),
                        tz.name()
                    ),
                ));
            }
            if placed.doubled_autumn > 0 {
                notes.push(note(
                    "doubled-autumn-hour",
                    Some(name),
                    None,
                    placed.doubled_autumn,
                    format!(
                        "{} stamps of '{name}' lie in the hour that {} has twice in autumn; the order of the rows decided",
                        placed.doubled_autumn,
                        tz.name()
                    ),
                ));
            }
            if placed.times.iter().all(Option::is_none) && local.iter().any(Option::is_some) {
                return Err(Fault::new("no-stamp", "no stamp of this column exists in the zone")
                    .file(file)
                    .column(name)
                    .cause("the wrong zone")
                    .next("name the zone the meters stand in")
                    .input());
            }
            Ok((ColumnData::Time(placed.times), Some(tz.name().to_string())))
        }
        (_, Some(tz)) => Ok((plain(), Some(tz.name().to_string()))),
        (Offsets::Fixed(0), None) => Ok((plain(), Some("UTC".into()))),
        (Offsets::Fixed(m), None) if m % 60 == 0 && (-12 * 60..=14 * 60).contains(&m) => {
            // Etc/GMT-9 lies nine hours east of Greenwich: the names count the other way.
            let tz = format!("Etc/GMT{:+}", -m / 60);
            notes.push(note(
                "fixed-offset",
                Some(name),
                None,
                local.len(),
                format!("'{name}' is written with one fixed offset from UTC; its clock is {tz}, without daylight saving"),
            ));
            Ok((plain(), Some(tz)))
        }
        (_, None) => {
            notes.push(note(
                "varying-offsets",
                Some(name),
                None,
                local.len(),
                format!("'{name}' is written with several offsets from UTC; its clock is UTC: name the zone to see local hours"),
            ));
            Ok((plain(), Some("UTC".into())))
        }
    }
}
