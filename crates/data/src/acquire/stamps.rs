//! Columns of stamps: their form, the order of day and month, marks of zones, and the zone they are placed in.
//!
//! | guess | evidence |
//! |---|---|
//! | day, month or year first | the order in which every cell is a date; of several the one with the more regular steps, in spans or calendar months; in doubt a warning |
//! | spans | the ends of `00:00-01:00` differ from row to row, as offsets from UTC would not |
//! | zone | both marks of one (`CET`, `CEST`) in cells, beside them or in the name, or one mark in a few cells; a single mark everywhere is an offset |

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::columns::{Offsets, Typed, mostly};
use super::csv::Cells;
use super::dates::{self, Layout, Order};
use super::localize::localize;
use super::{ReadOptions, note, numbers};
use crate::clock::{Step, zone};
use crate::table::{ColumnData, Note};
use gyeol_base::{Fault, Result, shorten};

/// Spans such as `1.1.2024 00:00-01:00`, stamped by their beginning: the ends differ, as offsets from UTC would not.
pub(super) fn beginnings(name: &str, cells: &Cells, notes: &mut Vec<Note>) -> Option<Cells> {
    let present = || cells.iter().filter(|c| !numbers::is_missing(c));
    dates::end_of_span(present().next()?).filter(|(head, _)| dates::layout(head).is_some())?;
    let ends: std::collections::HashSet<&str> =
        present().take(500).map(|c| dates::end_of_span(c).map_or("", |(_, tail)| tail)).collect();
    if ends.len() < 4 {
        return None;
    }
    notes.push(note(
        "spans",
        Some(name),
        None,
        cells.len(),
        format!("'{name}' holds spans; they are stamped by their beginning"),
    ));
    let mut out = Cells::default();
    cells.iter().for_each(|c| out.push(dates::end_of_span(c).map_or(c, |(head, _)| head)));
    Some(out)
}

/// Share of the steps between stamps that are the most frequent one, in spans or in calendar months.
fn regularity(times: &[NaiveDateTime]) -> f64 {
    let share = |of: &dyn Fn(&NaiveDateTime, &NaiveDateTime) -> i64| {
        let mut steps: Vec<i64> = times.windows(2).map(|w| of(&w[0], &w[1])).filter(|d| *d != 0).collect();
        steps.sort_unstable();
        let most = steps.chunk_by(|a, b| a == b).max_by_key(|run| run.len());
        // Backwards is as regular as forwards, but a little less usual.
        most.map_or(0.0, |run| run.len() as f64 / steps.len() as f64 - if run[0] < 0 { 0.01 } else { 0.0 })
    };
    let spans = share(&|a, b| (*b - *a).num_milliseconds());
    let months = share(&|a, b| {
        let month = |t: &NaiveDateTime| i64::from(t.year()) * 12 + i64::from(t.month0());
        if a.day() == b.day() && a.time() == b.time() {
            month(b) - month(a)
        } else {
            i64::from(i32::MIN) + b.and_utc().timestamp()
        }
    });
    spans.max(months)
}

/// Whether stamps follow one another by months, quarters or years.
pub(super) fn monthly(stamps: &[Option<dates::Stamp>]) -> bool {
    let times: Vec<NaiveDateTime> = stamps.iter().flatten().map(|s| s.local).collect();
    let distinct: BTreeSet<&NaiveDateTime> = times.iter().collect();
    times.len() > 3 && distinct.len() == times.len() && regularity(&times) > 0.8
}

/// Day, month or year first, over the whole column; `None` when the cells are no dates.
pub(super) fn date_order(
    name: &str,
    cells: &Cells,
    present: usize,
    delimiter: u8,
    notes: &mut Vec<Note>,
) -> Option<Order> {
    let (mut looks, mut confusable, mut short, mut slash, mut point) = (0usize, 0usize, 0usize, false, false);
    let there = || cells.iter().filter(|c| !numbers::is_missing(c));
    for (tried, cell) in there().enumerate() {
        match dates::layout(cell) {
            Some(Layout::Confusable(separator)) => {
                looks += 1;
                confusable += 1;
                slash |= separator == b'/';
                point |= separator == b'.';
            }
            Some(Layout::Short) => (looks, short) = (looks + 1, short + 1),
            Some(Layout::Clear) => looks += 1,
            None => {}
        }
        if tried == 199 && looks * 2 < tried {
            return None;
        }
    }
    if !mostly(looks, present) {
        return None;
    }
    let read = |order| -> Vec<NaiveDateTime> {
        there().take(100_000).filter_map(|c| dates::parse(c, order)).map(|s| s.local).collect()
    };
    // `24-Jan` without a year would step by whole years.
    if short > 0 && regularity(&read(Order::Day)) < 0.6 {
        return None;
    }
    if confusable == 0 {
        return Some(Order::Day);
    }
    let mut orders: Vec<(Order, usize, f64)> = [Order::Day, Order::Month, Order::Year]
        .into_iter()
        .map(|order| (order, there().filter(|c| dates::parse(c, order).is_some()).count(), 0.0))
        .collect();
    let most = orders.iter().map(|o| o.1).max().unwrap_or(0);
    orders.retain(|o| o.1 == most);
    // Several readings are possible for every cell: the one that makes the more regular clock wins.
    if orders.len() > 1 {
        orders.iter_mut().for_each(|o| o.2 = regularity(&read(o.0)));
        orders.sort_by(|a, b| b.2.total_cmp(&a.2));
    }
    let (mut order, _, best) = *orders.first()?;
    let Some(&(other, _, second)) = orders.get(1) else { return Some(order) };
    if second < 0.8 && second < best {
        return Some(order);
    }
    if second == best && other != Order::Year && order != Order::Year {
        // Where the decimal comma is at home, and with it the semicolon between cells, the day comes first.
        order = if slash && !point && delimiter != b';' { Order::Month } else { Order::Day };
    }
    let first = match order {
        Order::Day => "day",
        Order::Month => "month",
        Order::Year => "year",
    };
    let why = if best > second { ", which makes the more regular clock" } else { "" };
    notes.push(note(
        "ambiguous-dates",
        Some(name),
        None,
        confusable,
        format!("day and month of '{name}' can be confused; read with the {first} first{why}: name the date format to be sure"),
    ));
    Some(order)
}

pub(super) fn with_format(cell: &str, format: &str) -> Option<dates::Stamp> {
    let plain = |local, timed| dates::Stamp { local, offset: None, mark: None, timed, late: false };
    if let Ok(t) = chrono::DateTime::parse_from_str(cell, format) {
        let minutes = t.offset().local_minus_utc() / 60;
        return Some(dates::Stamp { offset: Some(minutes), ..plain(t.naive_utc(), true) });
    }
    // A form without minutes, without a day, without a month: the first one.
    let timed = ["", "%M"].iter().find_map(|more| {
        let cell = format!("{cell} {}", if more.is_empty() { "" } else { "00" });
        NaiveDateTime::parse_from_str(cell.trim_end(), format!("{format} {more}").trim_end()).ok()
    });
    let bare = || {
        [("", ""), ("%d", "01"), ("%m-%d", "01-01")].iter().find_map(|(more, part)| {
            let (cell, format) = (format!("{cell} {part}"), format!("{format} {more}"));
            chrono::NaiveDate::parse_from_str(cell.trim_end(), format.trim_end()).ok()
        })
    };
    timed.map(|t| plain(t, true)).or_else(|| Some(plain(bare()?.and_time(chrono::NaiveTime::MIN), false)))
}

pub(super) fn stamps(
    name: &str,
    cells: &Cells,
    mut parsed: Vec<Option<dates::Stamp>>,
    present: usize,
    first_row: usize,
    options: &ReadOptions,
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
    ends_at_midnight(name, &mut parsed, notes);
    if let Some(tz) = both_marks(cells) {
        let local = parsed.into_iter().map(|s| s.map(|s| s.local)).collect();
        return Typed::Stamps { local, timed, offsets: Offsets::Walls(tz) };
    }
    if let Some(tz) = marked(name, &mut parsed, options, notes) {
        let local = parsed.into_iter().map(|s| s.map(|s| s.local)).collect();
        return Typed::Stamps { local, timed, offsets: Offsets::Zone(tz) };
    }
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

/// Stamps that show 24:00 but never 00:00 name the ends of spans: they become the beginnings, as times beside a date do.
fn ends_at_midnight(name: &str, parsed: &mut [Option<dates::Stamp>], notes: &mut Vec<Note>) {
    let of_day = |s: &dates::Stamp| i64::from(s.local.time().num_seconds_from_midnight());
    let midnight = |s: &&dates::Stamp| s.timed && of_day(s) == 0 && !s.late;
    let distinct: BTreeSet<i64> = parsed.iter().flatten().map(of_day).collect();
    let step = distinct.iter().zip(distinct.iter().skip(1)).map(|(a, b)| b - a).min().unwrap_or(0);
    let late = parsed.iter().flatten().any(|s| s.late);
    // Over whole days: in a few rows 24:00 may be a moment as any other.
    let whole = step > 0 && distinct.len() as i64 * step == 86_400;
    if !late || !whole || parsed.iter().flatten().any(|s| midnight(&s)) {
        return;
    }
    for s in parsed.iter_mut().flatten() {
        s.local = s.local.checked_sub_signed(chrono::Duration::seconds(step)).unwrap_or(s.local);
    }
    let (hour, minute) = (step / 3600, step / 60 % 60);
    let words = format!(
        "'{name}' goes up to 24:00 and so names the ends of spans: {hour:02}:{minute:02} is stamped 00:00, its beginning"
    );
    notes.push(note("ends-of-spans", Some(name), None, parsed.len(), words));
}

/// The zone whose two marks every cell holds: `(CET/CEST)` says the zone and not which of the two.
fn both_marks(cells: &Cells) -> Option<crate::Tz> {
    let there = || cells.iter().filter(|c| !numbers::is_missing(c)).take(1000);
    let home = dates::zone_of_name(there().next()?)?;
    there().all(|c| dates::zone_of_name(c) == Some(home)).then(|| zone(home).ok()).flatten()
}

/// Takes marks such as CEST off the stamps. Where they tell a zone the stamps become UTC; a single mark in every stamp
/// becomes its offset.
fn marked(
    name: &str,
    parsed: &mut [Option<dates::Stamp>],
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Option<crate::Tz> {
    let mut found: Vec<usize> = parsed.iter().flatten().filter_map(|s| s.mark).collect();
    let count = found.len();
    found.sort_unstable();
    found.dedup();
    let &first = found.first()?;
    let (word, minutes, home) = dates::MARKS[first];
    let words: Vec<&str> = found.iter().map(|m| dates::MARKS[*m].0).collect();
    let every = count == parsed.iter().flatten().count();
    let summer = dates::MARKS.iter().any(|m| m.2 == home && m.1 != minutes);
    let utc = |s: &dates::Stamp| {
        let minutes = s.mark.map(|m| i64::from(dates::MARKS[m].1))?;
        s.local.checked_sub_signed(chrono::Duration::minutes(minutes))
    };
    if every && found.len() == 1 && summer && options.zone.is_none() {
        notes.push(note(
            "zone-marks",
            Some(name),
            None,
            count,
            format!("'{word}' in '{name}' was read as {minutes:+} minutes from UTC"),
        ));
        for s in parsed.iter_mut().flatten() {
            (s.local, s.offset) = (utc(s).unwrap_or(s.local), Some(minutes));
        }
        return None;
    }
    let tz = zone(options.zone.as_deref().unwrap_or(home)).ok()?;
    let local: Vec<_> = parsed.iter().map(|s| s.map(|s| s.local)).collect();
    let placed = localize(&local, tz, &[]).times;
    for (s, ms) in parsed.iter_mut().zip(placed) {
        let Some(stamp) = s else { continue };
        let by_zone = ms.and_then(chrono::DateTime::from_timestamp_millis).map(|t| t.naive_utc());
        *s = utc(stamp).or(by_zone).map(|local| dates::Stamp { local, ..*stamp });
    }
    notes.push(note(
        "zone-marks",
        Some(name),
        None,
        count,
        format!(
            "the marks {} in '{name}' were read as times of {}; --zone names another",
            words.join(", "),
            tz.name()
        ),
    ));
    Some(tz)
}

/// Takes marks of zones, or offsets from UTC, that stand in a column of their own to the stamps.
pub(super) fn marks_beside(columns: &mut [(String, Typed)], options: &ReadOptions, notes: &mut Vec<Note>) {
    let offset = |cell: Option<&str>| {
        let cell = cell.filter(|c| c.len() > 2 && c.starts_with(['+', '-']))?;
        dates::offset(cell).map(|minutes| chrono::Duration::minutes(i64::from(minutes)))
    };
    let beside = columns.iter().find_map(|(name, typed)| match typed {
        Typed::Plain(ColumnData::Text(cells)) => {
            let all: Option<Vec<chrono::Duration>> = cells.iter().map(offset).collect();
            all.map(|all| (name.clone(), all))
        }
        _ => None,
    });
    if let Some((name, by)) = beside {
        for (_, typed) in columns.iter_mut() {
            let Typed::Stamps { local, timed: true, offsets } = typed else { continue };
            if *offsets != Offsets::None {
                continue;
            }
            local.iter_mut().zip(&by).for_each(|(t, by)| *t = t.and_then(|t| t.checked_sub_signed(*by)));
            let same = by.iter().all(|b| *b == by[0]);
            *offsets = if same { Offsets::Fixed(by[0].num_minutes() as i32) } else { Offsets::Varying };
            let words = format!("'{name}' holds the offsets from UTC, which were taken off the stamps");
            notes.push(note("zone-marks", Some(&name), None, by.len(), words));
            return;
        }
    }
    let mark = |cell: Option<&str>| dates::MARKS.iter().position(|m| Some(m.0) == cell);
    let marks = columns.iter().find_map(|(name, typed)| match typed {
        Typed::Plain(ColumnData::Text(cells)) => {
            let marks: Option<Vec<usize>> = cells.iter().map(mark).collect();
            marks.map(|marks| (name.clone(), marks))
        }
        _ => None,
    });
    let Some((name, marks)) = marks else { return };
    // One mark everywhere may be a word of another kind, such as WEST for a region.
    let lower = name.to_lowercase();
    if marks.iter().all(|m| *m == marks[0])
        && !["zone", "tz", "time", "시간대"].iter().any(|w| lower.contains(w))
    {
        return;
    }
    let clock = columns.iter_mut().find_map(|(name, t)| match t {
        Typed::Stamps { local, timed: true, offsets }
            if *offsets == Offsets::None && !dates::says_utc(name) =>
        {
            Some((local, offsets))
        }
        _ => None,
    });
    let Some((local, offsets)) = clock else { return };
    let stamp = |(t, m): (&Option<NaiveDateTime>, &usize)| {
        t.map(|local| dates::Stamp { local, offset: None, mark: Some(*m), timed: true, late: false })
    };
    let mut parsed: Vec<Option<dates::Stamp>> = local.iter().zip(&marks).map(stamp).collect();
    let zone = marked(&name, &mut parsed, options, notes);
    let fixed = parsed.iter().flatten().find_map(|s| s.offset);
    *offsets = zone.map(Offsets::Zone).or(fixed.map(Offsets::Fixed)).unwrap_or(Offsets::None);
    *local = parsed.into_iter().map(|s| s.map(|s| s.local)).collect();
}

/// Columns of two values, which may tell the doubled hours of autumn apart.
pub(super) fn flags(columns: &[(String, Typed)]) -> Vec<(String, Vec<Option<bool>>)> {
    fn two<T: PartialEq + Copy>(cells: impl Iterator<Item = Option<T>>) -> Option<Vec<Option<bool>>> {
        let mut seen: Vec<T> = Vec::new();
        let mut out = Vec::new();
        for cell in cells {
            let at = cell.map(|c| {
                seen.iter().position(|s| *s == c).unwrap_or_else(|| {
                    seen.push(c);
                    seen.len() - 1
                })
            });
            if seen.len() > 2 {
                return None;
            }
            out.push(at.map(|at| at == 1));
        }
        (seen.len() == 2).then_some(out)
    }
    let of = |(name, typed): &(String, Typed)| {
        let Typed::Plain(data) = typed else { return None };
        let flag = match data {
            ColumnData::Boolean(v) => two(v.iter().copied()),
            ColumnData::Integer(v) => two(v.iter().copied()),
            ColumnData::Text(v) => two(v.iter()),
            _ => None,
        };
        Some((name.clone(), flag?))
    };
    columns.iter().filter_map(of).collect()
}

/// Places stamps in the zone; gives the column and the zone that its times belong to.
pub(super) fn place(
    file: &str,
    name: &str,
    local: &[Option<NaiveDateTime>],
    offsets: Offsets,
    flags: &[(String, Vec<Option<bool>>)],
    first_row: usize,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Result<(ColumnData, Option<String>)> {
    let mut offsets = offsets;
    let plain =
        || ColumnData::Time(local.iter().map(|t| t.map(|t| t.and_utc().timestamp_millis())).collect());
    let mut named = options.zone.as_deref().map(zone).transpose().map_err(|e| e.in_file(file))?;
    let said = match offsets {
        Offsets::Walls(tz) => Some(tz),
        Offsets::None => dates::zone_of_name(name).and_then(|home| zone(home).ok()),
        _ => None,
    };
    if let (Offsets::None | Offsets::Walls(_), None, Some(tz)) = (offsets, named, said) {
        let words = format!("'{name}' says that its times are those of {}; --zone names another", tz.name());
        notes.push(note("zone-marks", Some(name), None, local.len(), words));
        named = Some(tz);
    }
    if let Offsets::Walls(_) = offsets {
        offsets = Offsets::None;
    }
    if offsets == Offsets::None && said.is_none() && dates::says_utc(name) {
        let words = format!("the name '{name}' says that its times are UTC");
        notes.push(note("zone-marks", Some(name), None, local.len(), words));
        offsets = Offsets::Fixed(0);
    }
    match (offsets, named) {
        (Offsets::Zone(tz), None) => Ok((plain(), Some(tz.name().to_string()))),
        (Offsets::None, None) => Ok((plain(), None)),
        (Offsets::None, Some(tz)) => {
            let placed = localize(local, tz, flags);
            if let Some(step) = placed.ended {
                let words = format!(
                    "stamps of '{name}' name the ends of spans, as its days of changing clocks show; they became the beginnings, {} earlier",
                    Step::Millis(step * 1000).label()
                );
                notes.push(note("ends-of-spans", Some(name), None, local.len(), words));
            }
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
                        "{} stamps of '{name}' lie in the hour that {} has twice in autumn; {} decided",
                        placed.doubled_autumn,
                        tz.name(),
                        placed
                            .flag
                            .map_or("the order of the rows".to_string(), |f| format!("'{}'", flags[f].0))
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
