//! What in a profile deserves attention, as codes with typed parts.

use super::model::*;
use crate::clock::show;
use crate::roles::{Role, Roles};
use crate::table::ColumnKind;
use gyeol_base::{Error, Part, Severity, Warning};

/// Every warning code with the names of its parts; codes of notes made while reading come with `row`, `count`, `text`.
pub const CODES: &[(&str, &[&str])] = &[
    ("no-target", &[]),
    ("no-clock", &[]),
    ("unread-time", &["example"]),
    ("second-time", &["clock"]),
    ("gaps", &["gaps", "rows", "from", "to"]),
    ("irregular-stamps", &["count", "row", "step"]),
    ("duplicate-stamps", &["count", "row"]),
    ("unsorted-stamps", &["count", "row"]),
    ("missing-stamps", &["count"]),
    ("dst-without-zone", &["count", "at", "season"]),
    ("zone-by-summer-time", &["zone", "told", "traces", "springs_told", "springs", "others"]),
    ("duplicate-rows", &["count", "row"]),
    ("empty-column", &[]),
    ("constant-column", &["value"]),
    ("constant-target", &["value"]),
    ("missing-values", &["count", "share"]),
    ("outliers", &["count", "row", "at", "value"]),
    ("impossible", &["kind", "count", "bound", "row", "at", "value"]),
    ("stuck", &["rows", "value", "from", "to", "row", "runs"]),
    ("leakage", &["target", "lag", "r", "factor", "offset"]),
    ("foresight", &["target", "lag", "share"]),
    ("drift", &["part", "mean_shift", "stability_index", "ks"]),
    ("short-history", &["rows"]),
    ("class-imbalance", &["value", "share"]),
    ("no-split", &["text"]),
    ("many-repeats", &["count", "text"]),
    ("many-gaps", &["rows", "step"]),
    ("step-change", &["before", "after", "at", "step"]),
    ("series-apart", &[]),
    ("short-series", &["series", "rows"]),
    ("row-counter", &[]),
    ("flag", &[]),
    ("closures", &["text"]),
    ("feed-in", &["count", "share"]),
    ("counter", &["rises", "steps", "falls"]),
    ("unread-number", &["example", "row"]),
    // While reading:
    ("lines-before-table", &["row", "count", "text"]),
    ("renamed-column", &["row", "count", "text"]),
    ("lines-passed-over", &["row", "count", "text"]),
    ("joined-names", &["row", "count", "text"]),
    ("grouped-thousands", &["row", "count", "text"]),
    ("unit-in-cells", &["row", "count", "text"]),
    ("excel-time", &["row", "count", "text"]),
    ("spans", &["row", "count", "text"]),
    ("ends-of-spans", &["row", "count", "text"]),
    ("zone-marks", &["row", "count", "text"]),
    ("wide-table", &["row", "count", "text"]),
    ("quantities-below", &["row", "count", "text"]),
    ("date-format-unused", &["row", "count", "text"]),
    ("ambiguous-decimal", &["row", "count", "text"]),
    ("ambiguous-dates", &["row", "count", "text"]),
    ("not-numbers", &["row", "count", "text"]),
    ("not-times", &["row", "count", "text"]),
    ("infinite", &["row", "count", "text"]),
    ("joined-time", &["row", "count", "text"]),
    ("unix-time", &["row", "count", "text"]),
    ("mixed-offsets", &["row", "count", "text"]),
    ("fixed-offset", &["row", "count", "text"]),
    ("varying-offsets", &["row", "count", "text"]),
    ("missing-spring-hour", &["row", "count", "text"]),
    ("doubled-autumn-hour", &["row", "count", "text"]),
    ("column-passed-over", &["row", "count", "text"]),
    ("huge-cell", &["row", "count", "text"]),
    ("files-passed-over", &["row", "count", "text"]),
    ("database", &["row", "count", "text"]),
    ("password-in-address", &["row", "count", "text"]),
    ("password-file", &["row", "count", "text"]),
    ("not-encrypted", &["row", "count", "text"]),
    ("rows-in-any-order", &["row", "count", "text"]),
];

struct Found(Vec<Warning>);

impl Found {
    fn add(
        &mut self,
        severity: Severity,
        code: &str,
        column: Option<&str>,
        words: String,
        parts: Vec<(&str, Option<Part>)>,
    ) {
        debug_assert!(CODES.iter().any(|(c, _)| *c == code), "{code} is not listed");
        self.0.push(Warning {
            code: code.into(),
            severity,
            column: column.map(str::to_string),
            parts: parts.into_iter().filter_map(|(k, v)| Some((k.to_string(), v?))).collect(),
            words,
        });
    }
}

fn n(x: usize) -> Option<Part> {
    Some(Part::Count(x as u64))
}
fn number(x: f64) -> Option<Part> {
    x.is_finite().then_some(Part::Number(x))
}
fn text(x: &str) -> Option<Part> {
    Some(Part::Text(x.to_string()))
}

pub(super) fn warnings(p: &Profile, roles: &Roles, refused: Option<Error>) -> Vec<Warning> {
    let mut found = Found(Vec::new());
    notes(p, &mut found);
    if let Some(e) = refused {
        found.add(
            Severity::Warn,
            "no-split",
            None,
            format!("the split cannot be made yet: {e}"),
            vec![("text", text(&e.to_string()))],
        );
    }
    let clocked = p.clock.as_ref().is_some_and(|c| c.step_ms.is_some() || c.from.is_some());
    if roles.targets().is_empty() && roles.labels().is_empty() {
        found.add(
            Severity::Stop,
            "no-target",
            None,
            "no column was found that could be forecast: name the target".into(),
            vec![],
        );
    }
    if !clocked && !roles.targets().is_empty() {
        found.add(
            Severity::Note,
            "no-clock",
            None,
            "no column of times: rows are counted, and the calendar cannot help".into(),
            vec![],
        );
    }
    let zone = p.source.zone.as_deref().and_then(|z| crate::clock::zone(z).ok());
    if let Some(c) = &p.clock {
        clock(c, p.source.first_row, zone, &mut found);
    }
    if p.duplicate_rows > 0 {
        let first = p.source.first_row;
        let row = p.duplicate_examples.first().copied().unwrap_or(0);
        found.add(
            Severity::Warn,
            "duplicate-rows",
            None,
            format!(
                "{} rows repeat an earlier row in every cell, the first is row {}",
                p.duplicate_rows,
                row + first
            ),
            vec![("count", n(p.duplicate_rows)), ("row", n(row + first))],
        );
    }
    for c in &p.columns {
        column(c, p, zone, &mut found);
    }
    let history =
        p.columns.iter().find(|c| c.role == Role::Target).map(|c| (c.rows - c.nulls) / p.series.len().max(1));
    if let Some(rows) = history.filter(|rows| *rows < 100) {
        found.add(
            Severity::Warn,
            "short-history",
            None,
            format!("only {rows} readings of the target a series: a plain forecast will be hard to beat"),
            vec![("rows", n(rows))],
        );
    }
    found.0.sort_by_key(|w| w.severity);
    found.0
}

fn notes(p: &Profile, found: &mut Found) {
    for note in &p.source.notes {
        let severity = match note.code.as_str() {
            "not-times"
            | "ambiguous-dates"
            | "ambiguous-decimal"
            | "infinite"
            | "missing-spring-hour"
            | "mixed-offsets"
            | "not-numbers"
            | "column-passed-over"
            | "lines-passed-over"
            | "date-format-unused"
            | "huge-cell"
            | "password-in-address"
            | "not-encrypted" => Severity::Warn,
            _ => Severity::Note,
        };
        found.add(
            severity,
            &note.code,
            note.column.as_deref(),
            note.words.clone(),
            vec![("row", note.row.and_then(n)), ("count", n(note.count)), ("text", text(&note.words))],
        );
    }
}

fn clock(c: &ClockProfile, first: usize, zone: Option<crate::Tz>, found: &mut Found) {
    let column = Some(c.column.as_str());
    let step = c.step.clone().unwrap_or_default();
    if let Some(largest) = c.gaps.iter().max_by_key(|g| g.rows) {
        found.add(
            Severity::Warn,
            "gaps",
            column,
            format!(
                "{} rows are missing in {} gaps of the clock, the largest from {} to {}",
                c.missing_rows,
                c.gap_count,
                show(largest.from, zone),
                show(largest.to, zone)
            ),
            vec![
                ("gaps", n(c.gap_count)),
                ("rows", n(c.missing_rows)),
                ("from", Some(Part::Time(largest.from))),
                ("to", Some(Part::Time(largest.to))),
            ],
        );
    }
    let mut at_row = |severity, code, count: usize, row: Option<usize>, what: &str| {
        if let Some(row) = row.filter(|_| count > 0) {
            let parts = vec![("count", n(count)), ("row", n(row + first)), ("step", text(&step))];
            let listed = if code == "irregular-stamps" { parts } else { parts[..2].to_vec() };
            found.add(
                severity,
                code,
                column,
                format!("{count} {what}, the first in row {}", row + first),
                listed,
            );
        }
    };
    let off = format!("stamps are not on the clock of one row every {step}");
    at_row(Severity::Warn, "irregular-stamps", c.irregular, c.first_irregular, &off);
    at_row(
        Severity::Warn,
        "duplicate-stamps",
        c.duplicates,
        c.first_duplicate,
        "stamps repeat an earlier one",
    );
    at_row(
        Severity::Warn,
        "unsorted-stamps",
        c.unsorted,
        c.first_unsorted,
        "rows are earlier than the row before",
    );
    if c.missing > 0 {
        found.add(
            Severity::Warn,
            "missing-stamps",
            column,
            format!("{} rows have no stamp", c.missing),
            vec![("count", n(c.missing))],
        );
    }
    if let Some(jump) = c.dst_jumps.first() {
        found.add(
            Severity::Warn,
            "dst-without-zone",
            column,
            format!(
                "{} traces of daylight saving (the first at {}), but no zone is named: hours would be counted wrong",
                c.dst_jumps.len(),
                show(jump.at, zone)
            ),
            vec![
                ("count", n(c.dst_jumps.len())),
                ("at", Some(Part::Time(jump.at))),
                ("season", text(&jump.season)),
            ],
        );
    }
    if let Some((first, others)) = c.zones.split_first() {
        let others: Vec<&str> = others.iter().map(|guess| guess.zone.as_str()).collect();
        let others = others.join(", ");
        let also = if others.is_empty() { String::new() } else { format!(" as of {others}") };
        let listed = if others.is_empty() { "–" } else { &others };
        found.add(
            Severity::Note,
            "zone-by-summer-time",
            column,
            format!(
                "{} of {} skipped or doubled hours are changes of the clocks of {}{also} ({} of the {} hours skipped there in these years): \
                 zone = \"{}\" would place them, if the readings are from there",
                first.told, first.traces, first.zone, first.springs_told, first.springs, first.zone
            ),
            vec![
                ("zone", text(&first.zone)),
                ("told", n(first.told)),
                ("traces", n(first.traces)),
                ("springs_told", n(first.springs_told)),
                ("springs", n(first.springs)),
                ("others", text(listed)),
            ],
        );
    }
}

fn column(c: &ColumnProfile, p: &Profile, zone: Option<crate::Tz>, found: &mut Found) {
    let name = Some(c.name.as_str());
    let used = matches!(c.role, Role::Target | Role::Past | Role::Known | Role::Label);
    let target = c.role == Role::Target;
    if c.nulls == c.rows {
        let severity = if target { Severity::Stop } else { Severity::Note };
        found.add(severity, "empty-column", name, format!("'{}' is empty", c.name), vec![]);
        return;
    }
    if c.kind == ColumnKind::Time && c.role == Role::Ignored {
        let main = p.clock.as_ref().map_or("", |k| k.column.as_str());
        found.add(
            Severity::Note,
            "second-time",
            name,
            format!("'{}' is a second column of times; the clock is '{main}'", c.name),
            vec![("clock", text(main))],
        );
    }
    let lower = c.name.to_lowercase();
    const CLOCKS: [&str; 21] = [
        "time",
        "date",
        "datum",
        "zeit",
        "stamp",
        "horodat",
        "fecha",
        "month",
        "monat",
        "mois",
        "week",
        "woche",
        "semaine",
        "quarter",
        "quartal",
        "trimestre",
        "일시",
        "날짜",
        "일자",
        "시각",
        "년월",
    ];
    let named = CLOCKS.iter().any(|w| lower.contains(w));
    // A word such as "update" is no clock: the cells must have digits.
    let named =
        named && c.examples.first().is_some_and(|e| e.chars().filter(char::is_ascii_digit).count() > 1);
    if c.kind == ColumnKind::Text && named && p.clock.is_none() {
        let example = c.examples.first().map_or("", String::as_str);
        found.add(
            Severity::Stop,
            "unread-time",
            name,
            format!(
                "'{}' is named like a clock, but '{example}' could not be read: name the date format (--date-format)",
                c.name
            ),
            vec![("example", text(example))],
        );
    }
    if c.constant && p.rows > 1 {
        let value = c.examples.first().map_or("", String::as_str);
        let (severity, code) =
            if target { (Severity::Stop, "constant-target") } else { (Severity::Note, "constant-column") };
        found.add(
            severity,
            code,
            name,
            format!("'{}' holds one value only: {value}", c.name),
            vec![("value", text(value))],
        );
        return;
    }
    if c.nulls > 0 && used {
        let share = c.nulls as f64 / c.rows as f64;
        let severity = if share > 0.01 { Severity::Warn } else { Severity::Note };
        found.add(
            severity,
            "missing-values",
            name,
            format!("{} of {} cells of '{}' are missing ({:.1} %)", c.nulls, c.rows, c.name, share * 100.0),
            vec![("count", n(c.nulls)), ("share", Some(Part::Share(share)))],
        );
    }
    if c.role == Role::Label {
        let total: usize = c.rows - c.nulls;
        if let Some(top) = c.classes.first() {
            let share = top.count as f64 / total.max(1) as f64;
            if share > 0.9 {
                found.add(
                    Severity::Warn,
                    "class-imbalance",
                    name,
                    format!("'{}' is '{}' in {:.0} % of the rows", c.name, top.value, share * 100.0),
                    vec![("value", text(&top.value)), ("share", Some(Part::Share(share)))],
                );
            }
        }
    }
    if let Some(f) = c.numbers.as_ref().filter(|_| used) {
        figures(c, f, p.source.first_row, zone, found);
    }
}

fn figures(c: &ColumnProfile, f: &NumberProfile, first: usize, zone: Option<crate::Tz>, found: &mut Found) {
    let name = Some(c.name.as_str());
    let place = |e: &ReadingAt| match e.at {
        Some(ms) => show(ms, zone),
        None => format!("row {}", e.row + first),
    };
    for i in &f.impossible {
        let Some(e) = i.examples.first() else { continue };
        found.add(
            Severity::Warn,
            "impossible",
            name,
            format!(
                "{} readings of '{}' cannot be ({}): the first is {} at {}",
                i.count,
                c.name,
                i.code.replace('-', " "),
                e.value.map_or("infinite".to_string(), |v| v.to_string()),
                place(e)
            ),
            vec![
                ("kind", text(&i.code)),
                ("count", n(i.count)),
                ("bound", i.bound.and_then(number)),
                ("row", n(e.row + first)),
                ("at", e.at.map(Part::Time)),
                ("value", e.value.and_then(number)),
            ],
        );
    }
    if let Some((o, e)) = f.outliers.as_ref().and_then(|o| Some((o, o.examples.first()?))) {
        // So far off that nothing fitted on it can be trusted.
        let reach = 10.0 * (o.high - o.low);
        let lost = e.value.is_some_and(|v| v > o.high + reach || v < o.low - reach);
        found.add(
            if lost { Severity::Warn } else { Severity::Note },
            "outliers",
            name,
            format!(
                "{} readings of '{}' lie far from the rest, the farthest is {} at {}",
                o.count,
                c.name,
                e.value.map_or("infinite".to_string(), |v| v.to_string()),
                place(e)
            ),
            vec![
                ("count", n(o.count)),
                ("row", n(e.row + first)),
                ("at", e.at.map(Part::Time)),
                ("value", e.value.and_then(number)),
            ],
        );
    }
    if let Some(s) = &f.stuck {
        let from = s.from.map_or_else(|| format!("row {}", s.row + first), |ms| show(ms, zone));
        found.add(
            Severity::Warn,
            "stuck",
            name,
            format!("'{}' repeats {} for {} rows from {from}: a stuck meter?", c.name, s.value, s.rows),
            vec![
                ("rows", n(s.rows)),
                ("value", number(s.value)),
                ("from", s.from.map(Part::Time)),
                ("to", s.to.map(Part::Time)),
                ("row", n(s.row + first)),
                ("runs", n(f.stuck_runs)),
            ],
        );
    }
    if let Some(l) = &f.leakage {
        let words = if l.lag == 0 {
            format!(
                "'{}' is '{}' in another scale (r = {:.4}): it must not be known ahead",
                c.name, l.target, l.r
            )
        } else {
            format!(
                "'{}' shows '{}' of {} rows later (r = {:.4}): it gives the answer away",
                c.name, l.target, l.lag, l.r
            )
        };
        found.add(
            Severity::Warn,
            "leakage",
            name,
            words,
            vec![
                ("target", text(&l.target)),
                ("lag", n(l.lag.unsigned_abs() as usize)),
                ("r", number(l.r)),
                ("factor", number(l.factor)),
                ("offset", number(l.offset)),
            ],
        );
    }
    // A column that is the target itself was said already.
    if let Some(l) = f.foresight.as_ref().filter(|_| f.leakage.is_none()) {
        let words = match l.lag {
            0 => format!(
                "'{}' tells {:.0} % of what the past of '{}' leaves open in the same row: was it known before?",
                c.name,
                100.0 * l.share,
                l.target
            ),
            lag => format!(
                "'{}' tells {:.0} % of what the past of '{}' leaves open of {lag} rows later: it was made with what came after (a centred mean, a shift)",
                c.name,
                100.0 * l.share,
                l.target
            ),
        };
        let parts =
            vec![("target", text(&l.target)), ("lag", n(l.lag)), ("share", Some(Part::Share(l.share)))];
        found.add(Severity::Warn, "foresight", name, words, parts);
    }
    for d in f.drift.iter().filter(|d| d.stability_index > 0.25) {
        found.add(
            Severity::Note,
            "drift",
            name,
            format!(
                "'{}' differs between train and {} (mean moved by {:.2} deviations, stability index {:.2})",
                c.name, d.part, d.mean_shift, d.stability_index
            ),
            vec![
                ("part", text(&d.part)),
                ("mean_shift", number(d.mean_shift)),
                ("stability_index", number(d.stability_index)),
                ("ks", number(d.ks)),
            ],
        );
    }
}
