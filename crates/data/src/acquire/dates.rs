//! Dates as people write them. One scanner takes a cell apart into fields; what the fields mean is decided over
//! the whole column (day or month first), and local times become UTC where a zone is named.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// Whether `1/2/2014` is the first of February or January the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Day, month, year.
    Day,
    /// Month, day, year.
    Month,
    /// `24.01.31`: the year in two digits, then month and day.
    Year,
}

/// One stamp as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stamp {
    /// Wall-clock time as written (UTC when an offset was given and taken off).
    pub local: NaiveDateTime,
    /// Minutes east of UTC, when written.
    pub offset: Option<i32>,
    /// The place in [`MARKS`] of a mark such as CEST; the time is still the wall clock's.
    pub mark: Option<usize>,
    /// Whether a time of day was written.
    pub timed: bool,
    /// Whether it was written as 24:00, the end of its day.
    pub late: bool,
}

/// The layout of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Layout {
    /// Year first, or with the month in words, or compact.
    Clear,
    /// Two short fields and a year: day and month can be confused. Holds the separator.
    Confusable(u8),
    /// A month in words and two digits, `Jan-24`: a year, if the steps are months.
    Short,
}

/// Marks of zones in stamps: minutes east of UTC, and the zone of which the mark is standard or summer time. The mark
/// alone says no more than its offset; both marks of a zone, or one in a few stamps only, say that the clock is the zone's.
pub(super) const MARKS: [(&str, i32, &str); 31] = [
    ("GMT", 0, "Europe/London"),
    ("BST", 60, "Europe/London"),
    ("WET", 0, "WET"),
    ("WEST", 60, "WET"),
    ("CET", 60, "CET"),
    ("CEST", 120, "CET"),
    ("MEZ", 60, "CET"),
    ("MESZ", 120, "CET"),
    ("EET", 120, "EET"),
    ("EEST", 180, "EET"),
    ("MSK", 180, "Europe/Moscow"),
    ("EST", -300, "EST5EDT"),
    ("EDT", -240, "EST5EDT"),
    ("CST", -360, "CST6CDT"),
    ("CDT", -300, "CST6CDT"),
    ("MST", -420, "MST7MDT"),
    ("MDT", -360, "MST7MDT"),
    ("PST", -480, "PST8PDT"),
    ("PDT", -420, "PST8PDT"),
    ("AKST", -540, "America/Anchorage"),
    ("AKDT", -480, "America/Anchorage"),
    ("HST", -600, "Pacific/Honolulu"),
    ("KST", 540, "Asia/Seoul"),
    ("JST", 540, "Asia/Tokyo"),
    ("SGT", 480, "Asia/Singapore"),
    ("AWST", 480, "Australia/Perth"),
    ("AEST", 600, "Australia/Sydney"),
    ("AEDT", 660, "Australia/Sydney"),
    ("NZST", 720, "Pacific/Auckland"),
    ("NZDT", 780, "Pacific/Auckland"),
    ("SAST", 120, "Africa/Johannesburg"),
];

/// The zone whose two marks a column's name holds: `MTU (CET/CEST)`.
pub(super) fn zone_of_name(name: &str) -> Option<&'static str> {
    let words = || name.split(|c: char| !c.is_alphanumeric());
    let zones = |w: &str| MARKS.iter().find(|m| m.0 == w).map(|m| (m.2, m.1));
    let found: Vec<(&str, i32)> = words().filter_map(zones).collect();
    found.windows(2).find(|w| w[0].0 == w[1].0 && w[0].1 != w[1].1).map(|w| w[0].0)
}

/// Whether a column's name says that its times are UTC.
pub(super) fn says_utc(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|w| matches!(w, "utc" | "gmt" | "zulu"))
}

#[derive(Default)]
struct Fields {
    value: [u64; 9],
    width: [u8; 9],
    /// The separator before each field.
    before: [u8; 9],
    count: usize,
    month: Option<u32>,
    month_at: usize,
    half: Option<bool>,
    quarter: bool,
    week: bool,
    offset: Option<i32>,
    mark: Option<usize>,
    korean: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The month that a word names, in a few languages.
pub(super) fn month_word(word: &str) -> Option<u32> {
    let w = word.to_lowercase();
    if let Some(i) = MONTHS.iter().position(|m| w.starts_with(m)) {
        let full = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ][i];
        if full.starts_with(&w) || w == "sept" {
            return Some(i as u32 + 1);
        }
    }
    match w.as_str() {
        "januar" | "janv" | "janvier" | "ene" | "enero" | "gen" | "gennaio" => Some(1),
        "februar" | "févr" | "fév" | "février" | "febrero" | "febbraio" => Some(2),
        "mär" | "märz" | "mrz" | "mars" | "marzo" | "mrt" => Some(3),
        "avr" | "avril" | "abr" | "abril" | "aprile" => Some(4),
        "mai" | "mayo" | "mag" | "maggio" | "mei" => Some(5),
        "juni" | "juin" | "junio" | "giu" | "giugno" => Some(6),
        "juli" | "juil" | "juillet" | "julio" | "lug" | "luglio" => Some(7),
        "août" | "aoû" | "ago" | "agosto" => Some(8),
        "septembre" | "septiembre" | "set" | "settembre" => Some(9),
        "okt" | "oktober" | "octobre" | "octubre" | "ott" | "ottobre" => Some(10),
        "novembre" | "noviembre" => Some(11),
        "dez" | "dezember" | "déc" | "décembre" | "dic" | "diciembre" | "dicembre" => Some(12),
        _ => None,
    }
}

/// `01.01.2020 00:00 - 01.01.2020 01:00` is stamped by its beginning.
fn beginning(cell: &str) -> &str {
    // Most stamps hold none of these, and every cell of a column comes here.
    let may = |w: &[u8]| w.contains(&b'~') || w[0] == b' ' && matches!(w[1], b'-' | b'b' | b't' | 0xe2);
    if !cell.as_bytes().windows(2).any(may) {
        return cell;
    }
    [" - ", " – ", " ~ ", "~", " bis ", " to "]
        .iter()
        .find_map(|sign| cell.split_once(sign))
        .filter(|(head, tail)| head.len() >= 2 && tail.len() >= 2)
        .map_or(cell, |(head, _)| head.trim_end())
}

/// The end of a span without blanks, `01:00` of `00:00-01:00`, where an offset from UTC may stand too.
pub(super) fn end_of_span(cell: &str) -> Option<(&str, &str)> {
    let (head, tail) = cell.rsplit_once(['-', '–'])?;
    let (h, m) = tail.split_once(':')?;
    let digits = |t: &str| (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    (head.contains(':') && digits(h) && digits(m)).then_some((head, tail))
}

fn scan(cell: &str) -> Option<Fields> {
    let cell = beginning(cell);
    if cell.len() < 6 || cell.len() > 48 {
        return None;
    }
    let bytes = cell.as_bytes();
    if !bytes[0].is_ascii_digit() && !bytes[0].is_ascii_alphabetic() && bytes[0] < 128 {
        return None;
    }
    let mut f = Fields::default();
    let mut i = 0;
    let mut separator = 0u8;
    while i < bytes.len() {
        let b = bytes[i];
        if b.is_ascii_digit() {
            if f.count == 9 {
                return None;
            }
            let from = i;
            let mut value = 0u64;
            while i < bytes.len() && bytes[i].is_ascii_digit() {
                value = value.saturating_mul(10).saturating_add(u64::from(bytes[i] - b'0'));
                i += 1;
            }
            f.value[f.count] = value;
            f.width[f.count] = u8::try_from(i - from).ok()?;
            f.before[f.count] = separator;
            f.count += 1;
            separator = 0;
        } else if b.is_ascii_alphabetic() || b >= 128 {
            let rest = &cell[i..];
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len()).max(1);
            let word = rest.get(..end)?;
            match word {
                "T" | "t" => separator = b'T',
                "Z" | "z" | "UTC" if f.count >= 3 || f.count == 2 && f.width[0] == 8 => f.offset = Some(0),
                "AM" | "am" | "a" | "오전" => f.half = Some(false),
                "PM" | "pm" | "p" | "오후" => f.half = Some(true),
                "Q" | "q" | "분기" | "Quartal" | "trimestre" | "Trimestre" => {
                    (f.quarter, separator) = (true, b'Q')
                }
                "M" if f.count == 1 && f.width[0] == 4 => separator = b'-',
                "W" | "w" if f.count == 1 && f.width[0] == 4 => (f.week, separator) = (true, b'-'),
                "KW" => (f.week, separator) = (true, b'-'),
                "년" | "월" | "일" => (f.korean, separator) = (true, b'-'),
                "시" | "분" | "초" => (f.korean, separator) = (true, b':'),
                "Uhr" | "h" | "DST" => {}
                _ => match month_word(word) {
                    Some(m) if f.month.is_none() => (f.month, f.month_at) = (Some(m), f.count),
                    _ => {
                        let weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                        let day = weekday.iter().any(|d| word.to_lowercase().starts_with(d));
                        let mark = MARKS.iter().position(|m| m.0 == word).filter(|_| f.count >= 3);
                        f.mark = mark.or(f.mark);
                        if mark.is_none() && !day && !matches!(word, "화" | "수" | "목" | "금" | "토") {
                            return None;
                        }
                    }
                },
            }
            i += word.len();
        } else {
            match b {
                // An offset can only follow a time: hours and minutes have been read.
                b'+' | b'-' if f.count >= 4 && timed(&f) => {
                    f.offset = Some(offset(&cell[i..])?);
                    break;
                }
                // 00:00:00,000
                b',' if timed(&f) && bytes.get(i + 1).is_some_and(u8::is_ascii_digit) => separator = b'.',
                b' ' | b',' | b'_' => {
                    if separator == 0 {
                        separator = b' ';
                    }
                }
                b'-' | b'/' | b'.' | b':' => separator = b,
                b'(' | b')' => {}
                _ => return None,
            }
            i += 1;
        }
    }
    Some(f)
}

fn timed(f: &Fields) -> bool {
    f.before[..f.count].contains(&b':') || f.before[..f.count].contains(&b'T')
}

/// `+09:00`, `-0530`, `+09` in minutes.
pub(super) fn offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let minutes = match digits.len() {
        2 => digits.parse::<i32>().ok()? * 60,
        4 => digits[..2].parse::<i32>().ok()? * 60 + digits[2..].parse::<i32>().ok()?,
        _ => return None,
    };
    (minutes <= 18 * 60).then_some(sign * minutes)
}

/// What a cell's layout says about the order of day and month; `None` when it is no date.
pub(super) fn layout(cell: &str) -> Option<Layout> {
    let f = scan(cell)?;
    if f.count >= 3 && f.month.is_none() && !f.korean && f.width[0] <= 2 && f.width[1] <= 2 {
        let alike = matches!(f.before[1], b'.' | b'/' | b'-') && f.before[2] == f.before[1];
        return (alike && matches!(f.width[2], 1 | 2 | 4)).then_some(Layout::Confusable(f.before[1]));
    }
    if f.month.is_some() && f.count == 1 && f.width[0] == 2 {
        return Some(Layout::Short);
    }
    parse(cell, Order::Day).map(|_| Layout::Clear)
}

/// Reads one stamp.
pub(super) fn parse(cell: &str, order: Order) -> Option<Stamp> {
    let f = scan(cell)?;
    if f.count == 0 {
        return None;
    }
    let v = |i: usize| u32::try_from(f.value[i]).ok();
    let date = |y: u32, m: u32, d: u32| NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, m, d);
    if f.quarter {
        let (y, q) = if f.width[0] == 4 { (0, 1) } else { (1, 0) };
        let fits = f.count == 2 && f.width[y] == 4 && f.width[q] == 1 && (1..=4).contains(&f.value[q]);
        return if fits { day(date(v(y)?, (v(q)? - 1) * 3 + 1, 1)?, &f, 2) } else { None };
    }
    if f.week {
        let weekday = if f.count == 3 { u8::try_from(f.value[2]).ok()?.checked_sub(1)? } else { 0 };
        // `2024-W05`, `KW 05/2024`.
        let (y, w) = if f.width[0] == 4 { (0, 1) } else { (1, 0) };
        let monday = monday(i64::from(v(y)?), i64::from(v(w)?)).filter(|_| f.width[y] == 4)?;
        let date = monday.checked_add_days(chrono::Days::new(u64::from(weekday)))?;
        return if f.count <= 3 && weekday < 7 { day(date, &f, f.count) } else { None };
    }
    if let Some(month) = f.month {
        let (d, y, used) = match f.month_at {
            0 | 1 if f.count >= 2 && f.width[0] <= 2 => (v(0)?, year(&f, 1)?, 2),
            1 if f.width[0] == 4 && f.count >= 2 => (v(1)?, v(0)?, 2),
            0 | 1 if f.count == 1 && f.width[0] % 2 == 0 => (1, year(&f, 0)?, 1),
            _ => return None,
        };
        return day(date(y, month, d)?, &f, used);
    }
    match f.width[0] {
        4 if f.count >= 2 => {
            let dated = |i: usize| f.width[i] <= 2 && matches!(f.before[i], b'-' | b'/' | b'.');
            if !dated(1) {
                return None;
            }
            if f.count == 2 {
                return day(date(v(0)?, v(1)?, 1)?, &f, 2);
            }
            if !dated(2) {
                return None;
            }
            day(date(v(0)?, v(1)?, v(2)?)?, &f, 3)
        }
        8 => {
            let n = v(0)?;
            day(date(n / 10_000, n / 100 % 100, n % 100)?, &f, 1)
        }
        10 | 12 | 14 if f.count == 1 => compact(f.value[0], f.width[0]),
        // `01/2024`.
        1 | 2 if f.count == 2 && f.width[1] == 4 && matches!(f.before[1], b'/' | b'-') => {
            day(date(v(1)?, v(0)?, 1)?, &f, 2)
        }
        1 | 2 if f.count >= 3 => {
            let layout =
                matches!(f.before[1], b'.' | b'/' | b'-') && f.before[2] == f.before[1] && f.width[1] <= 2;
            if !layout {
                return None;
            }
            let (d, m, y) = match order {
                Order::Day => (v(0)?, v(1)?, year(&f, 2)?),
                Order::Month => (v(1)?, v(0)?, year(&f, 2)?),
                Order::Year if f.width[2] <= 2 => (v(2)?, v(1)?, year(&f, 0)?),
                Order::Year => return None,
            };
            day(date(y, m, d)?, &f, 3)
        }
        _ => None,
    }
}

/// The Monday of a week as ISO 8601 counts them.
pub(super) fn monday(year: i64, week: i64) -> Option<NaiveDate> {
    let (year, week) = (i32::try_from(year).ok()?, u32::try_from(week).ok()?);
    NaiveDate::from_isoywd_opt(year, week, chrono::Weekday::Mon)
}

/// `2024.01` or `01.2024`: a month that reads like a number.
pub(super) fn like_number(cell: &str) -> Option<Stamp> {
    let (a, b) = cell.split_once('.')?;
    let widths = matches!((a.len(), b.len()), (4, 2) | (1 | 2, 4));
    let stamp = parse(&format!("{a}/{b}"), Order::Day).filter(|_| widths)?;
    (1900..2100).contains(&stamp.local.date().year()).then_some(stamp)
}

fn year(f: &Fields, at: usize) -> Option<u32> {
    let y = u32::try_from(f.value[at]).ok()?;
    match f.width[at] {
        4 => Some(y),
        // Two digits: 70..99 lie in the last century.
        2 => Some(if y < 70 { 2000 + y } else { 1900 + y }),
        _ => None,
    }
}

/// `YYYYMMDDHH[MM[SS]]`.
pub(super) fn compact(value: u64, width: u8) -> Option<Stamp> {
    let rest = match width {
        10 => value.checked_mul(10_000)?,
        12 => value.checked_mul(100)?,
        14 => value,
        _ => return None,
    };
    let part = |scale: u64, modulo: u64| u32::try_from(rest / scale % modulo).ok();
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(rest / 10_000_000_000).ok()?,
        part(100_000_000, 100)?,
        part(1_000_000, 100)?,
    )?;
    clock(date, [part(10_000, 100)?, part(100, 100)?, part(1, 100)?, 0], &Fields::default())
}

/// Adds the time of day in the fields from `used` on.
fn day(date: NaiveDate, f: &Fields, used: usize) -> Option<Stamp> {
    if used == f.count {
        if f.half.is_some() {
            return None;
        }
        let local = date.and_time(NaiveTime::MIN);
        return Some(Stamp { local, offset: f.offset, mark: f.mark, timed: false, late: false });
    }
    let v = |i: usize| if i < f.count { f.value[i] } else { 0 };
    let small = |i: usize| u32::try_from(v(i)).ok();
    if f.count == used + 1 && matches!(f.width[used], 4 | 6) {
        let n = if f.width[used] == 4 { v(used) * 100 } else { v(used) };
        return clock(date, [n / 10_000, n / 100 % 100, n % 100, 0].map(|x| x as u32), f);
    }
    for i in used..f.count {
        let fraction = i == used + 3 && f.before[i] == b'.';
        if f.width[i] > 2 && !fraction {
            return None;
        }
        if i > used && !fraction && !matches!(f.before[i], b':' | b'.' | b' ') {
            return None;
        }
    }
    if f.count > used + 4 {
        return None;
    }
    let mut millis = 0;
    if f.count == used + 4 {
        let digits = f.width[used + 3];
        millis = if digits <= 3 {
            v(used + 3) * 10u64.pow(3 - u32::from(digits))
        } else {
            v(used + 3) / 10u64.checked_pow(u32::from(digits) - 3)?
        };
    }
    clock(date, [small(used)?, small(used + 1)?, small(used + 2)?, u32::try_from(millis).ok()?], f)
}

fn clock(date: NaiveDate, [hour, minute, second, millis]: [u32; 4], f: &Fields) -> Option<Stamp> {
    let hour = match f.half {
        None => hour,
        Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
        // Korean writers put 오후 before hours of 24 too: believe the hour.
        Some(_) => hour,
    };
    let late = hour == 24 && minute == 0 && second == 0;
    let (date, hour) = if late { (date.succ_opt()?, 0) } else { (date, hour) };
    let local = date.and_hms_milli_opt(hour, minute, second, millis)?;
    let local = match f.offset {
        Some(o) => local.checked_sub_signed(chrono::Duration::minutes(i64::from(o)))?,
        None => local,
    };
    Some(Stamp { local, offset: f.offset, mark: f.mark, timed: true, late })
}

/// A time of day alone: `00:15`, `1:00 PM`, `13:00:00`, `24:00`; in seconds from midnight.
pub(super) fn time_of_day(cell: &str) -> Option<i64> {
    if !cell.contains(':') && !cell.contains('시') || cell.len() > 24 {
        return None;
    }
    // A span of times stands for its beginning.
    let cell = end_of_span(cell).map_or(cell, |(head, _)| head);
    let stamp = parse(&format!("2000-01-01 {cell}"), Order::Day)?;
    let day = (stamp.local.date() - NaiveDate::from_ymd_opt(2000, 1, 1)?).num_days();
    Some(day * 86_400 + i64::from(stamp.local.time().num_seconds_from_midnight()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &str, order: Order) -> Option<String> {
        parse(cell, order).map(|s| s.local.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
    }

    #[test]
    fn dates_in_many_hands() {
        use Order::*;
        for (cell, order, want) in [
            ("2014-01-31", Day, "2014-01-31T00:00:00"),
            ("2014-01-31 13:05", Day, "2014-01-31T13:05:00"),
            ("2014-01-31T13:05:09.5", Day, "2014-01-31T13:05:09.500"),
            ("2014-01-31T13:05:09Z", Day, "2014-01-31T13:05:09"),
            ("2014-01-31T13:05:09.123456+09:00", Day, "2014-01-31T04:05:09.123"),
            ("2014-01-31 13:05-0530", Day, "2014-01-31T18:35:00"),
            ("31.01.2014 24:00", Day, "2014-02-01T00:00:00"),
            ("31.01.14 7:30", Day, "2014-01-31T07:30:00"),
            ("1/31/2014 1:00 PM", Month, "2014-01-31T13:00:00"),
            ("1/31/2014 12:00 AM", Month, "2014-01-31T00:00:00"),
            ("2014013113", Day, "2014-01-31T13:00:00"),
            ("201401311305", Day, "2014-01-31T13:05:00"),
            ("20140131 1305", Day, "2014-01-31T13:05:00"),
            ("20140131T130509Z", Day, "2014-01-31T13:05:09"),
            ("2014년 1월 31일 13시", Day, "2014-01-31T13:00:00"),
            ("2014년 1월 31일 오후 1시 5분", Day, "2014-01-31T13:05:00"),
            ("2014년 1월 31일", Day, "2014-01-31T00:00:00"),
            ("31 Jan 2014 13:05", Day, "2014-01-31T13:05:00"),
            ("31-Jan-14", Day, "2014-01-31T00:00:00"),
            ("Jan 31, 2014 1:05 pm", Day, "2014-01-31T13:05:00"),
            ("Jan-24", Day, "2024-01-01T00:00:00"),
            ("January 2024", Day, "2024-01-01T00:00:00"),
            ("2024M02", Day, "2024-02-01T00:00:00"),
            ("2020-W53", Day, "2020-12-28T00:00:00"),
            ("2021W01-3", Day, "2021-01-06T00:00:00"),
            ("KW 53/2020", Day, "2020-12-28T00:00:00"),
            ("3. Quartal 2024", Day, "2024-07-01T00:00:00"),
            ("févr. 2024", Day, "2024-02-01T00:00:00"),
            ("mars 2024", Day, "2024-03-01T00:00:00"),
            ("2024-01-31 13:05:09,250", Day, "2024-01-31T13:05:09.250"),
            ("02/2024", Day, "2024-02-01T00:00:00"),
            ("Q2 2024", Day, "2024-04-01T00:00:00"),
            ("24.01.31", Year, "2024-01-31T00:00:00"),
            ("2024-01-31(수) 13:00", Day, "2024-01-31T13:00:00"),
            ("2014-01-31 13:05 EST", Day, "2014-01-31T13:05:00"),
            ("31/01/2014 00:00 ~ 31/01/2014 01:00", Day, "2014-01-31T00:00:00"),
            ("1949-01", Day, "1949-01-01T00:00:00"),
            ("1960 Q3", Day, "1960-07-01T00:00:00"),
            ("31.01.2014 00:00 - 31.01.2014 01:00", Day, "2014-01-31T00:00:00"),
            ("2014/1/31 1:00", Day, "2014-01-31T01:00:00"),
        ] {
            assert_eq!(text(cell, order).as_deref(), Some(want), "{cell}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for cell in [
            "2014-02-30",
            "2014-13-01",
            "1.2.3",
            "192.168.1.1",
            "12:00",
            "2014-01-31 25:00",
            "2014-01-31 24:30",
            "hello",
            "2014.5x",
            "",
            "99999999999999999999",
            "+",
            "2014-01-31 13:05+99:00",
        ] {
            assert_eq!(parse(cell, Order::Day), None, "{cell}");
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time_of_day("00:15"), Some(900));
        assert_eq!(time_of_day("24:00"), Some(86_400));
        assert_eq!(time_of_day("1:00 PM"), Some(46_800));
        assert_eq!(time_of_day("01:00-02:00"), Some(3600));
        assert_eq!(time_of_day("25:00"), None);
    }
}
