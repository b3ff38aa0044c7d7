//! Clocks in several columns: a date and what says when in the day, or year, month, day and hour.
//!
//! | guess | evidence |
//! |---|---|
//! | column of hours, periods | within nearly every date its numbers run from 0 or 1 through 24, 48, 96 … (an hour more or less on days of changing clocks); or its name says so |
//! | the number's end or beginning | from 1: the span ends then, and is stamped by its beginning; from 0: it begins then; `01:00 … 24:00` likewise |
//! | numbers count on through days of changing clocks | some day has an hour more, or a Sunday in spring an hour less at its end |

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::columns::{Offsets, Typed};
use super::{ReadOptions, dates, note};
use crate::clock::{local_time, to_utc, zone};
use crate::table::{ColumnData, Note};
use gyeol_base::Result;

type Columns = Vec<(String, Typed)>;

/// How numbers count through a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots {
    /// Spans of an ordinary day.
    pub per_day: i64,
    /// The first number, 0 or 1.
    pub low: i64,
    /// Whether they count on from local midnight where the clock changes, rather than follow the wall clock.
    pub counted: bool,
}

/// The spans of an ordinary day, when a day has `n`: an hour more or less where the clock changes.
pub(super) fn per_day(n: i64) -> Option<i64> {
    [24, 48, 96, 144, 288].into_iter().find(|p| (n - p).abs() <= p / 24)
}

/// Sundays on which clocks are set forward: March to April in the north, September to October in the south.
fn spring(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Sun && matches!(date.month(), 3 | 4 | 9 | 10)
}

impl Slots {
    /// From the numbers met on each date; `None` when they do not run through the days.
    pub fn of(days: &BTreeMap<NaiveDate, BTreeSet<i64>>) -> Option<Slots> {
        let low = days.values().flatten().min().copied().filter(|low| (0..=1).contains(low))?;
        let high = days.values().flatten().max().copied()?;
        let per_day = per_day(high - low + 1)?;
        let whole = |set: &BTreeSet<i64>| {
            let (a, b) = (set.first().copied().unwrap_or(0), set.last().copied().unwrap_or(0));
            let n = set.len() as i64;
            // A wall clock in spring leaves one hour out.
            a == low && (n - per_day).abs() <= per_day / 24 && (b - a + 1 == n || b - a + 1 == per_day)
        };
        // The first and the last day are often cut.
        let full = days.values().filter(|set| whole(set)).count();
        if full == 0 || full * 10 < days.len().saturating_sub(2) * 8 {
            return None;
        }
        let last = days.keys().next_back().copied();
        let short = |(date, set): (&NaiveDate, &BTreeSet<i64>)| {
            let n = per_day - per_day / 24;
            spring(*date)
                && Some(*date) != last
                && set.len() as i64 == n
                && set.last() == Some(&(low + n - 1))
        };
        let counted = high - low + 1 > per_day || days.iter().any(short);
        Some(Slots { per_day, low, counted })
    }

    pub fn step(&self) -> i64 {
        86_400 / self.per_day
    }

    /// Stamps of numbers on dates, and whether they are UTC.
    pub fn place(
        &self,
        dates: &[Option<NaiveDateTime>],
        numbers: &[Option<i64>],
        options: &ReadOptions,
    ) -> Result<(Vec<Option<NaiveDateTime>>, Offsets)> {
        let tz = options.zone.as_deref().map(zone).transpose()?;
        let hour = self.per_day / 24;
        let mut length: BTreeMap<NaiveDate, i64> = BTreeMap::new();
        for (date, n) in dates.iter().zip(numbers).filter_map(|(d, n)| Some((d.as_ref()?.date(), (*n)?))) {
            let longest = length.entry(date).or_default();
            *longest = (*longest).max(n - self.low + 1);
        }
        let last = length.keys().next_back().copied();
        let at = |(date, n): (&Option<NaiveDateTime>, &Option<i64>)| {
            let day = date.as_ref()?.date();
            let midnight = day.and_time(NaiveTime::MIN);
            let mut i = (*n)?.checked_sub(self.low)?;
            if self.counted {
                if tz.is_some() {
                    let ms = to_utc(midnight, tz).checked_add(i.checked_mul(self.step() * 1000)?)?;
                    return Some(local_time(ms, None));
                }
                // Without a zone the wall clock is a guess: it changes at two, or at one where half-hours count.
                let two = if self.per_day == 48 || day.month() > 10 { hour } else { 2 * hour };
                let due = length.get(&day).copied().unwrap_or(self.per_day);
                if due > self.per_day && i >= two + hour {
                    i -= hour;
                } else if due == self.per_day - hour && spring(day) && Some(day) != last && i >= two {
                    i += hour;
                }
            }
            midnight.checked_add_signed(Duration::seconds(i.checked_mul(self.step())?))
        };
        let placed = dates.iter().zip(numbers).map(at).collect();
        Ok((placed, tz.filter(|_| self.counted).map_or(Offsets::None, Offsets::Zone)))
    }

    /// How the numbers were understood, in words.
    pub fn words(&self, options: &ReadOptions) -> String {
        let (low, high) = (self.low, self.low + self.per_day - 1);
        let mut words = if low == 1 {
            format!("numbers from 1 to {high} name the end of a span, so 1 is stamped 00:00, its beginning")
        } else {
            format!("numbers from {low} to {high} name the beginning of a span")
        };
        if self.counted {
            words += match options.zone {
                Some(_) => "; they count on from local midnight on days of changing clocks",
                None => {
                    "; days of changing clocks count an hour more or less, and the hour doubled or left out is a guess: name the zone (--zone)"
                }
            };
        }
        words
    }
}

fn key(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whole numbers, also such as `HE01`, `Hour 1`, `3B` (the second hour 3 of a day that has two) or `HHMM`.
fn whole(typed: &Typed) -> Option<Vec<Option<i64>>> {
    match typed {
        Typed::Plain(ColumnData::Integer(values)) => Some(values.clone()),
        Typed::Plain(ColumnData::Number(values)) => {
            let whole = |x: &f64| x.is_nan() || x.fract() == 0.0 && (0.0..3000.0).contains(x);
            let all = values.iter().all(whole);
            all.then(|| values.iter().map(|x| (!x.is_nan()).then_some(*x as i64)).collect())
        }
        Typed::Plain(ColumnData::Text(cells)) => {
            let mut heads = HashSet::new();
            let number = |cell: &str| {
                let at = cell.find(|c: char| c.is_ascii_digit())?;
                let rest = &cell[at..];
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                (at <= 8 && rest.len() - end <= 4)
                    .then(|| (cell[..at].to_string(), rest[..end].parse::<i64>().ok()))
            };
            cells
                .iter()
                .map(|cell| match cell {
                    None => Some(None),
                    Some(cell) => {
                        let (head, n) = number(cell)?;
                        heads.insert(head);
                        (heads.len() == 1).then_some(Some(n?))
                    }
                })
                .collect()
        }
        _ => None,
    }
}

/// The first column of bare dates: without a time of day, or with midnight alone, many times each.
fn bare_date(columns: &Columns) -> Option<usize> {
    let midnight = |local: &[Option<NaiveDateTime>]| {
        let distinct: HashSet<&NaiveDateTime> = local.iter().flatten().collect();
        distinct.iter().all(|t| t.time() == NaiveTime::MIN) && distinct.len() * 2 <= local.len()
    };
    let bare = |t: &Typed| match t {
        Typed::Stamps { local, timed, .. } => !timed || midnight(local),
        _ => false,
    };
    // A complete stamp elsewhere makes joining needless.
    let stamps = |t: &Typed| matches!(t, Typed::Stamps { .. });
    if columns.iter().any(|(_, t)| stamps(t) && !bare(t)) {
        return None;
    }
    columns.iter().position(|(_, t)| bare(t))
}

/// Joins the first column of bare dates with the column that says when in the day.
pub(super) fn date_and_hour(
    mut columns: Columns,
    options: &ReadOptions,
    notes: &mut Vec<Note>,
) -> Result<Columns> {
    let Some(date_at) = bare_date(&columns) else { return Ok(columns) };
    let Typed::Stamps { local, offsets, .. } = &columns[date_at].1 else { return Ok(columns) };
    let offsets = *offsets;
    let mut found = None;
    for (i, (name, typed)) in columns.iter().enumerate().filter(|(i, _)| *i != date_at) {
        // Of hours and quarter-hours side by side the finer ones tell rows apart.
        if let Some(slot) = slot(name, typed, local)
            && found.as_ref().is_none_or(|(_, best): &(usize, Slot)| slot.fineness() > best.fineness())
        {
            found = Some((i, slot));
        }
    }
    let Some((slot_at, slot)) = found else { return Ok(columns) };
    let (mut joined, offsets, mut words) = match &slot {
        Slot::Numbers(numbers, slots) => {
            let (joined, placed) = slots.place(local, numbers, options)?;
            (joined, if placed == Offsets::None { offsets } else { placed }, slots.words(options))
        }
        Slot::Seconds(seconds, words) => {
            let add = |(d, s): (&Option<NaiveDateTime>, &Option<i64>)| {
                d.zip(*s).and_then(|(d, s)| d.checked_add_signed(Duration::seconds(s)))
            };
            (local.iter().zip(seconds).map(add).collect(), offsets, words.clone())
        }
    };
    let mut used = vec![date_at, slot_at];
    if let Some((at, shift)) = within_the_hour(&columns, &used, &joined) {
        for (stamp, seconds) in joined.iter_mut().zip(shift) {
            *stamp = stamp.zip(seconds).and_then(|(t, s)| t.checked_add_signed(Duration::seconds(s)));
        }
        words += &format!("; '{}' counts within the hour", columns[at].0);
        used.push(at);
    }
    let names: Vec<String> = used.iter().map(|i| format!("'{}'", columns[*i].0)).collect();
    let taken = columns.iter().enumerate().any(|(i, (n, _))| !used.contains(&i) && n == "time");
    let name = if taken { columns[date_at].0.clone() } else { "time".to_string() };
    let words = format!("{} were joined into '{name}'; {words}", names.join(" and "));
    notes.push(note("joined-time", Some(&name), None, joined.len(), words));
    columns[date_at] = (name, Typed::Stamps { local: joined, timed: true, offsets });
    let mut at = 0..;
    columns.retain(|_| at.next().is_none_or(|i: usize| i == date_at || !used.contains(&i)));
    Ok(columns)
}

enum Slot {
    /// Seconds from midnight for each row, and how they were understood.
    Seconds(Vec<Option<i64>>, String),
    Numbers(Vec<Option<i64>>, Slots),
}

impl Slot {
    fn fineness(&self) -> usize {
        match self {
            Slot::Seconds(v, _) | Slot::Numbers(v, _) => v.iter().flatten().collect::<HashSet<_>>().len(),
        }
    }
}

/// The numbers of each date.
pub(super) fn days(
    dates: &[Option<NaiveDateTime>],
    numbers: &[Option<i64>],
) -> BTreeMap<NaiveDate, BTreeSet<i64>> {
    let mut days: BTreeMap<NaiveDate, BTreeSet<i64>> = BTreeMap::new();
    for (date, n) in dates.iter().zip(numbers) {
        if let (Some(date), Some(n)) = (date, n) {
            days.entry(date.date()).or_default().insert(*n);
        }
    }
    days
}

fn slot(name: &str, typed: &Typed, dates: &[Option<NaiveDateTime>]) -> Option<Slot> {
    if let Typed::TimeOfDay(seconds) = typed {
        return Some(times(seconds));
    }
    let numbers = whole(typed)?;
    let days = days(dates, &numbers);
    if let Some(slots) = Slots::of(&days) {
        return Some(Slot::Numbers(numbers, slots));
    }
    let (low, high) = (numbers.iter().flatten().min().copied()?, numbers.iter().flatten().max().copied()?);
    // 0015 … 2400, within each date.
    let clock = numbers.iter().flatten().all(|n| n % 100 < 60) && low >= 0 && (1000..=2400).contains(&high);
    let several = days.len() * 2 <= dates.len();
    if clock && several {
        let seconds: Vec<Option<i64>> =
            numbers.iter().map(|n| n.map(|n| n / 100 * 3600 + n % 100 * 60)).collect();
        let distinct = seconds.iter().flatten().collect::<HashSet<_>>().len() as i64;
        if per_day(distinct).is_some() {
            return Some(times(&seconds));
        }
    }
    const HOURS: [&str; 16] = [
        "hour",
        "hr",
        "he",
        "hourending",
        "hrend",
        "hours",
        "hourofday",
        "stunde",
        "heure",
        "시간",
        "시",
        "시각",
        "hh",
        "hora",
        "ora",
        "uur",
    ];
    if !HOURS.contains(&key(name).as_str()) || !several || low < 0 {
        return None;
    }
    // Not every day is whole, but the name says what the numbers are.
    let slots = Slots { per_day: 24, low: i64::from(low >= 1 && high == 24), counted: false };
    (high <= 24 && high - slots.low < 24).then_some(Slot::Numbers(numbers, slots))
}

/// Times of day that never show 00:00 but 24:00 name the ends of spans.
fn times(seconds: &[Option<i64>]) -> Slot {
    let distinct: BTreeSet<i64> = seconds.iter().flatten().copied().collect();
    let step = distinct.iter().zip(distinct.iter().skip(1)).map(|(a, b)| b - a).min().unwrap_or(0);
    if distinct.first() == Some(&step) && step > 0 && distinct.last() == Some(&86_400) {
        let words = format!(
            "times up to 24:00 name the end of a span, so {:02}:{:02} is stamped 00:00, its beginning",
            step / 3600,
            step / 60 % 60
        );
        return Slot::Seconds(seconds.iter().map(|s| s.map(|s| s - step)).collect(), words);
    }
    Slot::Seconds(seconds.to_vec(), "times of day were added to the dates".to_string())
}

/// A column that counts minutes or quarters within the hour, where the hours repeat.
fn within_the_hour(
    columns: &Columns,
    used: &[usize],
    hours: &[Option<NaiveDateTime>],
) -> Option<(usize, Vec<Option<i64>>)> {
    const NAMES: [&str; 9] =
        ["minute", "minutes", "min", "분", "interval", "deliveryinterval", "quarter", "viertelstunde", "mm"];
    let distinct = hours.iter().flatten().collect::<HashSet<_>>().len();
    if distinct * 2 > hours.len() {
        return None;
    }
    columns.iter().enumerate().filter(|(i, _)| !used.contains(i)).find_map(|(i, (name, typed))| {
        let numbers = whole(typed).filter(|_| NAMES.contains(&key(name).as_str()))?;
        let met: BTreeSet<i64> = numbers.iter().flatten().copied().collect();
        let (low, high, n) = (*met.first()?, *met.last()?, met.len() as i64);
        let unit = match (low, high) {
            (1, _) if high == n && 60 % n == 0 => 3600 / n,
            (0, 1..60) => 60,
            _ => return None,
        };
        let shift = numbers.iter().map(|x| x.map(|x| (x - i64::from(unit != 60)) * unit)).collect();
        Some((i, shift))
    })
}

/// Joins columns of whole numbers named year, month and day (or week, or day of the year) into dates, where no column holds any.
pub(super) fn year_month_day(mut columns: Columns, notes: &mut Vec<Note>) -> Columns {
    if columns.iter().any(|(_, t)| matches!(t, Typed::Stamps { .. })) {
        return columns;
    }
    let find = |names: &[&str], range: std::ops::RangeInclusive<i64>| {
        columns.iter().enumerate().find_map(|(i, (name, typed))| {
            let numbers = whole(typed).filter(|_| names.contains(&key(name).as_str()))?;
            numbers.iter().flatten().all(|n| range.contains(n)).then_some((i, numbers))
        })
    };
    let year = find(
        &["year", "yr", "yyyy", "연도", "년도", "년", "연", "jahr", "annee", "año", "anno"],
        1900..=2100,
    );
    let Some((year_at, years)) = year else { return columns };
    let month = find(&["month", "mo", "mon", "mth", "월", "monat", "mois", "mes", "mese"], 1..=12);
    let day = find(&["day", "dd", "dom", "dayofmonth", "일", "tag", "jour", "dia", "giorno"], 1..=31);
    let week =
        find(&["week", "isoweek", "weekofyear", "weeknum", "kw", "woche", "semaine", "주", "주차"], 1..=53);
    let of_year = find(&["doy", "dayofyear", "yday", "jday", "julianday"], 1..=366);
    let date = |y: i64, m: i64, d: i64| {
        NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, u32::try_from(m).ok()?, u32::try_from(d).ok()?)
    };
    let (used, local): (Vec<usize>, Vec<Option<NaiveDate>>) = match (month, day, of_year) {
        (Some((m, months)), Some((d, days)), _) => {
            let at = |i: usize| date(years[i]?, months[i]?, days[i]?);
            (vec![year_at, m, d], (0..years.len()).map(at).collect())
        }
        (None, _, Some((d, days))) => {
            let at = |i: usize| {
                NaiveDate::from_yo_opt(i32::try_from(years[i]?).ok()?, u32::try_from(days[i]?).ok()?)
            };
            (vec![year_at, d], (0..years.len()).map(at).collect())
        }
        (None, _, None) if week.is_some() => {
            let (w, weeks) = week.unwrap_or_default();
            let at = |i: usize| dates::monday(years[i]?, weeks[i]?);
            (vec![year_at, w], (0..years.len()).map(at).collect())
        }
        (Some((m, months)), None, _) => {
            let at = |i: usize| date(years[i]?, months[i]?, 1);
            (vec![year_at, m], (0..years.len()).map(at).collect())
        }
        _ => return columns,
    };
    let read = local.iter().flatten().count();
    if read * 20 < local.len() * 19 || read == 0 {
        return columns;
    }
    let names: Vec<String> = used.iter().map(|i| format!("'{}'", columns[*i].0)).collect();
    let taken = columns.iter().enumerate().any(|(i, (n, _))| !used.contains(&i) && n == "time");
    let name = if taken { "date".to_string() } else { "time".to_string() };
    let words = format!("{} were joined into '{name}'", names.join(", "));
    notes.push(note("joined-time", Some(&name), None, read, words));
    let local = local.into_iter().map(|d| d.map(|d| d.and_time(NaiveTime::MIN))).collect();
    let first = used.iter().min().copied().unwrap_or(0);
    columns[first] = (name, Typed::Stamps { local, timed: false, offsets: Offsets::None });
    let mut at = 0..;
    columns.retain(|_| at.next().is_none_or(|i: usize| i == first || !used.contains(&i)));
    columns
}

/// What the name of a column says about a time of day: the rest of the name, and a number or seconds from midnight.
pub(super) fn part_of_day(name: &str) -> Option<(String, Part)> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    let (head, rest) = name.split_at(at);
    let head = key(head);
    if rest.contains([':', '시'])
        && let Some(seconds) = dates::time_of_day(rest)
    {
        return Some((head, Part::Seconds(seconds)));
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    let n: i64 = digits.parse().ok().filter(|_| digits.len() <= 4)?;
    if digits.len() == 4 && tail.is_empty() {
        return (n % 100 < 60 && n <= 2400).then(|| (head, Part::Seconds(n / 100 * 3600 + n % 100 * 60)));
    }
    let span =
        tail.strip_prefix(['-', '~', '_']).is_some_and(|t| t.trim().bytes().all(|b| b.is_ascii_digit()));
    match tail.trim() {
        _ if span => Some((head, Part::Number(n))),
        "A" | "a" => Some((head, Part::Number(n))),
        "B" | "b" | "X" | "x" | "*" => Some((head, Part::Second(n))),
        tail => Some((format!("{head}{}", key(tail)), Part::Number(n))),
    }
}

/// See [`part_of_day`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Number(i64),
    /// The second of two hours with one number.
    Second(i64),
    Seconds(i64),
}
