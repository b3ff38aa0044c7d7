//! Guessing roles: names first, then what the values show (which column repeats within a stamp, which runs on after the
//! target ends), and a reason for each guess.

use std::collections::{BTreeMap, HashSet};

use crate::roles::{Reason, Role, Roles};
use crate::table::{ColumnData, ColumnKind, Table};
use crate::texts::Texts;
use gyeol_base::Part;

const TARGETS: &[&str] = &[
    "target",
    "load",
    "demand",
    "nd",
    "consumption",
    "y",
    "ot",
    "value",
    "usage",
    "power",
    "energy",
    "last",
    "netzlast",
    "leistung",
    "verbrauch",
    "consommation",
    "puissance",
    "demanda",
    "consumo",
    "부하",
    "수요",
    "전력량",
    "사용량",
    "소비량",
    "목표",
    "kwh",
    "mwh",
    "mw",
    "kw",
    "전력",
    "actual",
    "output",
    "generation",
    "production",
    "price",
    "sales",
    "count",
    "mean",
    "average",
    "avg",
];
const KNOWN: &[&str] = &[
    "holiday",
    "forecast",
    "planned",
    "plan",
    "schedule",
    "hour",
    "weekday",
    "month",
    "dayofweek",
    "dow",
    "weekend",
    "calendar",
    "휴일",
    "공휴일",
    "예보",
    "예측",
    "계획",
    "feiertag",
    "prognose",
    "vorhersage",
    "prévision",
    "prevision",
    "previsione",
    "previsión",
    "tariff",
    "season",
];
const IDS: &[&str] = &[
    "id",
    "zone",
    "zoneid",
    "meter",
    "meterid",
    "station",
    "series",
    "site",
    "customer",
    "client",
    "unit",
    "sensor",
    "plant",
    "region",
    "feeder",
    "building",
    "item",
    "store",
    "계기",
    "계량기",
    "지점",
    "지역",
    "고객",
    "zaehler",
    "zähler",
];
const LABELS: &[&str] =
    &["label", "class", "category", "species", "target", "y", "klasse", "분류", "라벨", "정답"];

/// The words of a column name, in lower case: `load_MW (net)` → load, mw, net; `netLoad` → net, load.
fn words(name: &str) -> Vec<String> {
    let mut parted = String::with_capacity(name.len() + 4);
    let (mut before, mut small) = (' ', 0usize);
    for c in name.chars() {
        // Two small letters at least: kWh and MWh are single words.
        if c.is_uppercase() && small > 1 {
            parted.push(' ');
        }
        small = if before.is_alphabetic() && c.is_lowercase() {
            small + 1
        } else {
            usize::from(c.is_lowercase())
        };
        parted.push(c);
        before = c;
    }
    let lower = parted.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_string).collect()
}

/// The word of the list that a name uses, and its rank in it.
fn named<'a>(name: &str, list: &[&'a str]) -> Option<(usize, &'a str)> {
    let words = words(name);
    let whole = words.concat();
    list.iter()
        .enumerate()
        .find(|(_, w)| {
            whole == **w
                || words.iter().any(|x| x == *w || w.len() > 5 && w.is_ascii() && x.ends_with(*w))
                || (!w.is_ascii() && whole.contains(**w))
        })
        .map(|(i, w)| (i, *w))
}

fn reason(code: &str, words: String, parts: &[(&str, Part)]) -> Reason {
    let parts: BTreeMap<String, Part> = parts.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
    Reason { code: code.into(), parts, words }
}

struct Seen {
    name: String,
    kind: ColumnKind,
    data: ColumnData,
    present: usize,
    distinct: usize,
}

pub(crate) fn guess(table: &Table) -> Roles {
    let mut roles = Roles::new();
    let seen: Vec<Seen> = table
        .to_columns()
        .into_iter()
        .zip(table.columns())
        .map(|((name, data), info)| {
            let (present, distinct) = distinct(&data);
            Seen { name, kind: info.kind, data, present, distinct }
        })
        .collect();
    let time = time_column(&seen, &mut roles);
    let id = time.and_then(|t| id_column(&seen, t, &mut roles));
    if let Some(words) = time.and_then(|t| closures(table, &seen[t], id.map(|i| &seen[i]))) {
        roles.assign(&seen[time.unwrap_or(0)].name, Role::Ignored, Reason::new("closures", words));
    }
    let open: Vec<usize> = (0..seen.len()).filter(|i| Some(*i) != time && Some(*i) != id).collect();
    for &i in &open {
        let c = &seen[i];
        let why = if c.present == 0 {
            Some(("empty", "it is empty"))
        } else if c.distinct == 1 && table.rows() > 1 && named(&c.name, TARGETS).is_none() {
            Some(("constant", "it holds one value only"))
        } else if c.kind == ColumnKind::Time {
            Some(("second-time", "another column is the clock"))
        } else if time.is_some_and(|t| seen[t].kind == ColumnKind::Time) && counts_rows(c) {
            Some(("row-counter", "it counts the rows, as an index that was exported with them does"))
        } else if c.kind == ColumnKind::Text && is_flag(c) {
            Some(("flag", "it marks a few rows, as a flag of the hour doubled in autumn does"))
        } else {
            None
        };
        if let Some((code, words)) = why {
            roles.assign(&c.name, Role::Ignored, Reason::new(code, words));
        }
    }
    let open: Vec<usize> = open.into_iter().filter(|&i| roles.entry(&seen[i].name).is_none()).collect();
    match time {
        Some(_) => with_clock(&seen, &open, &mut roles),
        None => without_clock(table, &seen, &open, &mut roles),
    }
    // In the table's order, whatever order the guesses were made in.
    let mut ordered = Roles::new();
    for c in &seen {
        match roles.entry(&c.name) {
            Some(e) => ordered.assign(&c.name, e.role, e.reason.clone()),
            None => ordered.assign(&c.name, Role::Ignored, Reason::new("no-use", "no use was found for it")),
        }
    }
    ordered
}

fn distinct(data: &ColumnData) -> (usize, usize) {
    fn of<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> (usize, usize) {
        let mut n = 0;
        let set: HashSet<T> = values.inspect(|_| n += 1).collect();
        (n, set.len())
    }
    match data {
        ColumnData::Number(v) => of(v.iter().filter(|x| !x.is_nan()).map(|x| x.to_bits())),
        ColumnData::Integer(v) => of(v.iter().flatten()),
        ColumnData::Boolean(v) => of(v.iter().flatten()),
        ColumnData::Text(v) => of(v.iter().flatten()),
        ColumnData::Time(v) => of(v.iter().flatten()),
    }
}

/// Rows at regular hours only, such as those of business, in words: on a full clock most rows would be invented.
fn closures(table: &Table, time: &Seen, id: Option<&Seen>) -> Option<String> {
    let ColumnData::Time(stamps) = &time.data else { return None };
    let zone = table.source().zone.as_deref().and_then(|z| crate::clock::zone(z).ok());
    let ids = id.and_then(|c| table.packed_texts(&c.name).ok());
    let mut series: BTreeMap<Option<&str>, Vec<i64>> = BTreeMap::new();
    for (row, stamp) in stamps.iter().enumerate() {
        let key = ids.as_ref().and_then(|v| v.get(row));
        series.entry(key).or_default().push((*stamp)?);
    }
    // Rows are counted as they come, so they must come in order.
    if series.values().any(|v| v.windows(2).any(|w| w[0] >= w[1])) {
        return None;
    }
    let longest = series.values().max_by_key(|v| v.len())?;
    let (open, all, step) = crate::clock::closures(longest, zone)?;
    Some(format!(
        "rows come at {open} of the {all} moments a week that a row every {step} would have, and regularly never at the others: rows are counted as they come and nothing is invented between; for a full clock give it the role 'time'"
    ))
}

/// Whether a column without a name, or with an index's, holds the numbers of the rows.
fn counts_rows(c: &Seen) -> bool {
    const NAMES: [&str; 9] = ["index", "idx", "unnamed", "no", "nr", "row", "rownum", "순번", "번호"];
    let unnamed = c.name.strip_prefix("column_").is_some_and(|n| n.parse::<usize>().is_ok()) || c.name == "#";
    let ColumnData::Integer(v) = &c.data else { return false };
    if !unnamed && named(&c.name, &NAMES).is_none() || c.distinct != v.len() || v.len() < 3 {
        return false;
    }
    let rises = v.windows(2).all(|w| w[0] < w[1]);
    let (low, high) = (v.iter().min().copied().flatten(), v.iter().max().copied().flatten());
    let dense = low.zip(high).is_some_and(|(low, high)| high.checked_sub(low) == Some(v.len() as i64 - 1));
    rises || dense
}

/// Whether a column has two values, one of them in less than a hundredth of the rows.
fn is_flag(c: &Seen) -> bool {
    let ColumnData::Text(v) = &c.data else { return false };
    let first = v.iter().flatten().next();
    let same = v.iter().flatten().filter(|x| Some(*x) == first).count();
    c.distinct == 2 && same.min(c.present - same) * 100 < c.present
}

fn time_column(seen: &[Seen], roles: &mut Roles) -> Option<usize> {
    let times: Vec<usize> =
        (0..seen.len()).filter(|&i| seen[i].kind == ColumnKind::Time && seen[i].present > 0).collect();
    // When a row was written, or its span ended, is not the clock. Otherwise the one with the most different stamps tells
    // rows apart best; the first of equals.
    let beside = |name: &str| {
        const BOOKS: [&str; 11] = [
            "publi", "creat", "updat", "modif", "receiv", "insert", "edit", "ingest", "발표", "등록", "수정",
        ];
        const ENDS: [&str; 9] = ["end", "ende", "bis", "to", "until", "fin", "stop", "endtime", "종료"];
        words(name).iter().any(|w| BOOKS.iter().any(|b| w.starts_with(b)) || ENDS.contains(&w.as_str()))
    };
    let rank =
        |i: usize| (seen[i].distinct * 2 > seen[i].present / 50 && !beside(&seen[i].name), seen[i].distinct);
    if let Some(&best) = times.iter().rev().max_by_key(|&&i| rank(i)) {
        let n = times.len() as u64;
        let r = if n > 1 {
            reason(
                "finest-time",
                format!("of {n} columns of times it has the most different stamps"),
                &[("columns", Part::Count(n))],
            )
        } else {
            Reason::new("only-time", "the only column of times")
        };
        roles.assign(&seen[best].name, Role::Time, r);
        return Some(best);
    }
    const COUNTERS: &[&str] = &[
        "t", "index", "idx", "step", "time", "row", "period", "year", "n", "i", "no", "순번", "연도", "jahr",
    ];
    let counter = seen.iter().position(|c| {
        let ColumnData::Integer(v) = &c.data else { return false };
        let named = named(&c.name, COUNTERS).is_some() || c.name == "column_1";
        let stride = match v.as_slice() {
            [Some(a), Some(b), ..] => b.checked_sub(*a),
            _ => None,
        };
        named
            && stride.is_some_and(|s| s > 0)
            && v.windows(2).all(|w| matches!(w, [Some(a), Some(b)] if b.checked_sub(*a) == stride))
    })?;
    roles.assign(
        &seen[counter].name,
        Role::Time,
        Reason::new("counter", "it counts the rows; there is no column of times"),
    );
    Some(counter)
}

fn id_column(seen: &[Seen], time: usize, roles: &mut Roles) -> Option<usize> {
    // Several series show in stamps that repeat, and a column that tells the repeats apart.
    if seen[time].distinct >= seen[time].present {
        return None;
    }
    let (ColumnData::Time(stamps) | ColumnData::Integer(stamps)) = &seen[time].data else { return None };
    let mut best: Option<(usize, usize, usize)> = None;
    for (i, c) in seen.iter().enumerate() {
        if i == time
            || c.distinct < 2
            || c.distinct * 2 > c.present
            || is_flag(c)
            || !matches!(c.kind, ColumnKind::Text | ColumnKind::Integer)
        {
            continue;
        }
        let texts: Texts = match &c.data {
            ColumnData::Text(v) => v.clone(),
            ColumnData::Integer(v) => v.iter().map(|x| x.map(|x| x.to_string())).collect(),
            _ => continue,
        };
        let pairs: HashSet<(i64, &str)> =
            stamps.iter().zip(texts.iter()).filter_map(|(s, t)| Some(((*s)?, t?))).collect();
        let good = pairs.len() * 100 >= seen[time].present * 98;
        let rank = named(&c.name, IDS).map_or(IDS.len(), |(r, _)| r);
        // A few repeats are doubled hours and rows exported twice.
        let many = (seen[time].present - seen[time].distinct) * 50 >= seen[time].present;
        let needed = rank < IDS.len() || c.kind == ColumnKind::Text && many;
        if good && needed && best.is_none_or(|(_, r, d)| (rank, c.distinct) < (r, d)) {
            best = Some((i, rank, c.distinct));
        }
    }
    let (at, _, n) = best?;
    roles.assign(
        &seen[at].name,
        Role::Id,
        reason(
            "tells-series-apart",
            format!("each stamp repeats, and this column's {n} values tell the repeats apart"),
            &[("series", Part::Count(n as u64))],
        ),
    );
    Some(at)
}

fn with_clock(seen: &[Seen], open: &[usize], roles: &mut Roles) {
    let constant = |i: usize| seen[i].distinct < 2;
    let numeric: Vec<usize> = open.iter().copied().filter(|&i| seen[i].kind.is_numeric()).collect();
    let scored = numeric
        .iter()
        .filter(|&&i| named(&seen[i].name, KNOWN).is_none())
        .filter_map(|&i| named(&seen[i].name, TARGETS).map(|(rank, word)| (constant(i), rank, i, word)))
        .min()
        .map(|(_, rank, i, word)| (rank, i, word));
    let last = |i: usize| last_present(&seen[i].data);
    let target = match scored {
        Some((_, i, word)) => {
            roles.assign(
                &seen[i].name,
                Role::Target,
                reason(
                    "named-like-target",
                    format!("its name says '{word}'"),
                    &[("word", Part::Text(word.into()))],
                ),
            );
            Some(i)
        }
        None => {
            let not_known: Vec<usize> =
                numeric.iter().copied().filter(|&i| named(&seen[i].name, KNOWN).is_none()).collect();
            let pick = not_known.last().or(numeric.last()).copied();
            if let Some(i) = pick {
                let r = if numeric.len() == 1 {
                    Reason::new("only-number", "the only column of numbers")
                } else {
                    Reason::new("last-number", "the last column of numbers; name the target if it is another")
                };
                roles.assign(&seen[i].name, Role::Target, r);
            }
            pick
        }
    };
    let end = target.and_then(last);
    for &i in open {
        let c = &seen[i];
        if roles.entry(&c.name).is_some() {
            continue;
        }
        if !c.kind.is_numeric() {
            roles.assign(
                &c.name,
                Role::Ignored,
                Reason::new("text-beside-clock", "texts beside a clock are not used by the forecast"),
            );
        } else if constant(i) {
            roles.assign(&c.name, Role::Ignored, Reason::new("constant", "it holds one value only"));
        } else if let Some(ahead) =
            end.zip(last(i)).and_then(|(end, mine)| mine.checked_sub(end)).filter(|n| *n > 0)
        {
            let n = ahead as u64;
            roles.assign(
                &c.name,
                Role::Known,
                reason(
                    "runs-ahead",
                    format!("it goes on for {n} rows after the target ends"),
                    &[("rows", Part::Count(n))],
                ),
            );
        } else if let Some((_, word)) = named(&c.name, KNOWN) {
            roles.assign(
                &c.name,
                Role::Known,
                reason(
                    "named-like-known",
                    format!("its name says '{word}', which is known ahead"),
                    &[("word", Part::Text(word.into()))],
                ),
            );
        } else {
            roles.assign(
                &c.name,
                Role::Past,
                Reason::new("number-beside-clock", "a reading beside the target, known only up to now"),
            );
        }
    }
}

fn without_clock(table: &Table, seen: &[Seen], open: &[usize], roles: &mut Roles) {
    let few = |i: usize| {
        let c = &seen[i];
        c.distinct >= 2
            && c.distinct <= 100.min(table.rows() / 2)
            && matches!(c.kind, ColumnKind::Text | ColumnKind::Integer | ColumnKind::Boolean)
    };
    const CLOCKS: &[&str] =
        &["time", "date", "timestamp", "datetime", "datum", "zeit", "일시", "날짜", "일자", "시각"];
    let prose = |i: usize| {
        let ColumnData::Text(v) = &seen[i].data else { return false };
        if named(&seen[i].name, CLOCKS).is_some() {
            return false;
        }
        let letters: usize = v.iter().flatten().map(|t| t.chars().count()).sum();
        let spaced = v.iter().flatten().filter(|t| t.trim().contains(' ')).count();
        // What holds more digits than letters is a stamp or a code that could not be read.
        let (digits, words) =
            v.iter().flatten().flat_map(|t| t.chars()).fold((0, 0), |(d, w), c| {
                (d + usize::from(c.is_numeric()), w + usize::from(c.is_alphabetic()))
            });
        digits <= words && letters > 8 * seen[i].present && spaced * 2 > seen[i].present && !few(i)
    };
    let label = open
        .iter()
        .copied()
        .filter(|&i| few(i) && !prose(i))
        .filter_map(|i| named(&seen[i].name, LABELS).map(|(r, w)| (r, i, Some(w))))
        .min()
        .or_else(|| {
            // A column called 'load' is forecast, whatever else holds few values.
            let measured = |i: &usize| {
                seen[*i].kind.is_numeric() && !few(*i) && named(&seen[*i].name, TARGETS).is_some()
            };
            if open.iter().any(measured) {
                return None;
            }
            let last = open
                .iter()
                .copied()
                .filter(|&i| few(i))
                .rfind(|&i| i + 1 == seen.len() || i == 0 || seen[i].kind == ColumnKind::Text)?;
            Some((0, last, None))
        });
    if let Some((_, i, word)) = label {
        let n = seen[i].distinct as u64;
        let r = match word {
            Some(w) => {
                reason("named-like-label", format!("its name says '{w}'"), &[("word", Part::Text(w.into()))])
            }
            None => {
                reason("few-values", format!("it holds {n} different values"), &[("values", Part::Count(n))])
            }
        };
        roles.assign(&seen[i].name, Role::Label, r);
    } else {
        let numeric: Vec<usize> = open.iter().copied().filter(|&i| seen[i].kind.is_numeric()).collect();
        let target = numeric
            .iter()
            .filter_map(|&i| named(&seen[i].name, TARGETS).map(|(rank, _)| (rank, i)))
            .min()
            .map(|(_, i)| i)
            .or(numeric.last().copied());
        if let Some(i) = target {
            roles.assign(
                &seen[i].name,
                Role::Target,
                Reason::new("last-number", "the last column of numbers"),
            );
        }
    }
    for &i in open {
        let c = &seen[i];
        if roles.entry(&c.name).is_some() {
            continue;
        }
        if prose(i) {
            roles.assign(&c.name, Role::Text, Reason::new("prose", "it holds sentences"));
        } else if c.kind.is_numeric() {
            roles.assign(
                &c.name,
                Role::Known,
                Reason::new("feature", "a number given with each row; there is no clock"),
            );
        } else {
            roles.assign(&c.name, Role::Ignored, Reason::new("no-use", "no use was found for it"));
        }
    }
}

fn last_present(data: &ColumnData) -> Option<usize> {
    match data {
        ColumnData::Number(v) => v.iter().rposition(|x| !x.is_nan()),
        ColumnData::Integer(v) => v.iter().rposition(Option::is_some),
        ColumnData::Boolean(v) => v.iter().rposition(Option::is_some),
        ColumnData::Text(v) => v.iter().rposition(|x| x.is_some()),
        ColumnData::Time(v) => v.iter().rposition(Option::is_some),
    }
}
