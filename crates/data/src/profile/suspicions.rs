//! Tables that are likely something else than they seem: repeats that are no repeats, a step that changes, counters,
//! series that are flags, numbers that could not be read.

use std::collections::HashSet;

use super::{Context, Part, Profile, Severity, Warning, numbers};
use crate::clock::{Step, show};
use crate::roles::Role;
use crate::table::{ColumnData, ColumnKind};
use gyeol_base::{Result, shorten};

fn warning(
    severity: Severity,
    code: &str,
    column: Option<&str>,
    words: String,
    parts: Vec<(&str, Part)>,
) -> Warning {
    debug_assert!(super::CODES.iter().any(|(c, _)| *c == code), "{code} is not listed");
    let parts = parts.into_iter().map(|(k, v)| (k.to_string(), v)).collect();
    Warning { code: code.into(), severity, column: column.map(str::to_string), parts, words }
}

fn text(x: impl Into<String>) -> Part {
    Part::Text(x.into())
}

impl Context<'_> {
    pub(super) fn suspicions(&self, p: &Profile) -> Result<Vec<Warning>> {
        let mut out = Vec::new();
        out.extend(self.many_repeats(p));
        out.extend(self.step_change());
        out.extend(self.many_gaps(p));
        out.extend(self.odd_series(p));
        for c in &p.columns {
            let name = Some(c.name.as_str());
            match c.reason.code.as_str() {
                "row-counter" | "flag" if c.role == Role::Ignored => {
                    let words = format!("'{}' is left out: {}", c.name, c.reason.words);
                    out.push(warning(Severity::Note, &c.reason.code, name, words, vec![]));
                }
                "closures" if c.role == Role::Ignored => {
                    let words = format!("'{}' is no clock: {}", c.name, c.reason.words);
                    let parts = vec![("text", text(&words))];
                    out.push(warning(Severity::Warn, "closures", name, words, parts));
                }
                _ => {}
            }
            if let Some(f) = c.numbers.as_ref().filter(|_| c.role == Role::Target || c.role == Role::Past) {
                let impossible: usize =
                    f.impossible.iter().filter(|i| i.code == "negative-load").map(|i| i.count).sum();
                if numbers::is_load(&c.name) && f.negatives > impossible {
                    let share = f.negatives as f64 / (c.rows - c.nulls).max(1) as f64;
                    let words = format!(
                        "'{}' is negative {:.1} % of the time, taken as feed-in",
                        c.name,
                        share * 100.0
                    );
                    let parts =
                        vec![("count", Part::Count(f.negatives as u64)), ("share", Part::Share(share))];
                    out.push(warning(Severity::Note, "feed-in", name, words, parts));
                }
                out.extend(self.counter(&c.name)?);
            }
            if c.kind == ColumnKind::Text && c.role == Role::Ignored {
                out.extend(self.unread_number(&c.name)?);
            }
        }
        Ok(out)
    }

    /// Stamps that repeat with other readings: something else tells the rows apart.
    fn many_repeats(&self, p: &Profile) -> Option<Warning> {
        let clock = p.clock.as_ref()?;
        let differing = clock.duplicates.saturating_sub(p.duplicate_rows);
        if differing * 50 <= p.rows {
            return None;
        }
        let pairs = |c: &&super::ColumnProfile| {
            let Ok(cells) = self.table.texts(&c.name) else { return false };
            let distinct = self.at.iter().zip(&cells).collect::<HashSet<_>>().len();
            distinct * 50 >= p.rows * 49
        };
        let whole = |c: &&super::ColumnProfile| matches!(c.kind, ColumnKind::Text | ColumnKind::Integer);
        let few = |c: &&super::ColumnProfile| c.distinct > 1 && c.distinct * 2 <= p.rows;
        let unused = |c: &&super::ColumnProfile| c.name != clock.column && c.role != Role::Target;
        let apart: Vec<String> = p
            .columns
            .iter()
            .filter(unused)
            .filter(whole)
            .filter(few)
            .filter(pairs)
            .map(|c| format!("'{}'", c.name))
            .collect();
        let next = if apart.is_empty() {
            "no other column tells them apart: name the id column, gather them (op = \"deduplicate\", keep = \"mean\"), or mend the stamps".to_string()
        } else {
            format!(
                "{} tells them apart: it belongs to the stamp, or names the series (id)",
                apart.join(" or ")
            )
        };
        let words = format!(
            "{differing} of {} rows repeat a stamp of '{}' with other readings; {next}",
            p.rows, clock.column
        );
        let parts = vec![("count", Part::Count(differing as u64)), ("text", text(&words))];
        Some(warning(Severity::Stop, "many-repeats", Some(&clock.column), words, parts))
    }

    /// A clock that would be invented rather than mended.
    fn many_gaps(&self, p: &Profile) -> Option<Warning> {
        let clock = p.clock.as_ref()?;
        if clock.missing_rows <= p.rows || self.step_change().is_some() {
            return None;
        }
        let step = clock.step.clone().unwrap_or_default();
        let words = format!(
            "a row every {step} would need {} rows that are not there, more than the {} that are: name a coarser step (op = \"regular-clock\", step = ...), or leave the time column out",
            clock.missing_rows, p.rows
        );
        let parts = vec![("rows", Part::Count(clock.missing_rows as u64)), ("step", text(step))];
        Some(warning(Severity::Stop, "many-gaps", Some(&clock.column), words, parts))
    }

    /// A step that changes once, as where a meter was exchanged.
    fn step_change(&self) -> Option<Warning> {
        let column = self.roles.time()?;
        let stamps: Vec<i64> = self.longest().iter().filter_map(|&r| self.at[r]).collect();
        let spans: Vec<i64> = stamps.windows(2).map(|w| w[1] - w[0]).collect();
        if spans.len() < 48 {
            return None;
        }
        let usual = |spans: &[i64]| {
            let mut v = spans.to_vec();
            v.sort_unstable();
            v.chunk_by(|a, b| a == b)
                .max_by_key(|r| r.len())
                .filter(|r| r.len() * 10 >= v.len() * 9)
                .map(|r| r[0])
        };
        let (first, last) = (usual(&spans[..24])?, usual(&spans[spans.len() - 24..])?);
        if first == last || first <= 0 || last <= 0 || first.max(last) % first.min(last) != 0 {
            return None;
        }
        let at = spans.iter().position(|s| *s == last)?;
        if usual(&spans[..at]) != Some(first) || usual(&spans[at..]) != Some(last) {
            return None;
        }
        let label = |ms: i64| Step::Millis(ms).label();
        let words = format!(
            "the step changes from {} to {} at {}: gather all on {} (op = \"regular-clock\", step = \"{}\"), as cleaning proposes, or keep one part (op = \"drop-rows\", before or from)",
            label(first),
            label(last),
            show(stamps[at], self.zone),
            label(first.max(last)),
            label(first.max(last))
        );
        let parts = vec![
            ("before", text(label(first))),
            ("after", text(label(last))),
            ("at", Part::Time(stamps[at])),
            ("step", text(label(first.max(last)))),
        ];
        Some(warning(Severity::Warn, "step-change", Some(column), words, parts))
    }

    /// Series that follow one another instead of running side by side, and series of a few rows.
    fn odd_series(&self, p: &Profile) -> Option<Warning> {
        let id = self.roles.id()?;
        let mut spans: Vec<(i64, i64)> = p.series.iter().filter_map(|s| Some((s.from?, s.to?))).collect();
        spans.sort_unstable();
        if spans.len() > 1 && spans.windows(2).all(|w| w[0].1 < w[1].0) {
            let words = format!(
                "the series of '{id}' never run side by side: versions or a flag rather than meters? If so give it the role 'ignored'"
            );
            return Some(warning(Severity::Warn, "series-apart", Some(id), words, vec![]));
        }
        let short = p.series.iter().filter(|s| s.rows * 100 < p.rows / p.series.len().max(1) * 10);
        let least = short.min_by_key(|s| s.rows)?;
        let words = format!("series '{}' of '{id}' has {} of {} rows only", least.id, least.rows, p.rows);
        let parts = vec![("series", text(&least.id)), ("rows", Part::Count(least.rows as u64))];
        Some(warning(Severity::Warn, "short-series", Some(id), words, parts))
    }

    /// A register that counts on: it hardly ever falls, and where it does, far.
    fn counter(&self, name: &str) -> Result<Option<Warning>> {
        if !self.timed
            || self.step.and_then(|s| s.approximate_ms()).is_none_or(|ms| ms > crate::clock::DAY_MS)
        {
            return Ok(None);
        }
        let values = self.table.numbers(name)?;
        let (mut rises, mut falls, mut steps, mut shallow) = (0usize, 0usize, 0usize, 0usize);
        let (low, high) = values
            .iter()
            .filter(|x| x.is_finite())
            .fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        for group in self.groups {
            let present: Vec<f64> = group.iter().map(|&r| values[r]).filter(|x| x.is_finite()).collect();
            for w in present.windows(2) {
                steps += 1;
                rises += usize::from(w[1] > w[0]);
                falls += usize::from(w[1] < w[0]);
                shallow += usize::from(w[1] < w[0] && w[0] - w[1] < 0.05 * (high - low));
            }
        }
        if steps < 100 || falls * 200 > steps || shallow * 1000 > steps || rises * 2 < steps {
            return Ok(None);
        }
        let words = format!(
            "'{name}' rises in {rises} of {steps} steps and falls in {falls}: a counter? Take differences: [[clean]] op = \"difference\", columns = [\"{name}\"]"
        );
        let parts = vec![
            ("rises", Part::Count(rises as u64)),
            ("steps", Part::Count(steps as u64)),
            ("falls", Part::Count(falls as u64)),
        ];
        Ok(Some(warning(Severity::Warn, "counter", Some(name), words, parts)))
    }

    /// A column most of whose cells begin like numbers, but not all or not as one.
    fn unread_number(&self, name: &str) -> Result<Option<Warning>> {
        let ColumnData::Text(cells) = self.table.data(name)? else { return Ok(None) };
        let like = |c: &&str| {
            let body = c.trim_start_matches(['-', '+', '(', '−']);
            let letters = c.chars().filter(|c| c.is_alphabetic()).count();
            body.starts_with(|c: char| c.is_ascii_digit()) && letters <= 6 && c.chars().count() <= 24
        };
        let numeric = |c: &str| c.replace(',', ".").parse::<f64>().is_ok();
        let present = cells.iter().flatten().count();
        let odd = cells.iter().enumerate().find_map(|(row, c)| c.filter(|c| !numeric(c)).map(|c| (row, c)));
        let Some((row, cell)) = odd else { return Ok(None) };
        if cells.iter().flatten().filter(like).count() * 2 < present || self.roles.get(name) == Role::Id {
            return Ok(None);
        }
        // Codes and dates are no numbers either; those with few digits or with several signs stay unmentioned.
        let plain = |c: &&str| c.chars().filter(|c| matches!(c, '-' | ':' | '/')).count() <= 1;
        if cells.iter().flatten().filter(plain).count() * 2 < present {
            return Ok(None);
        }
        let row = self.table.row_number(row);
        let cell = shorten(cell, 30);
        let words = format!(
            "'{cell}' in row {row} of '{name}' is not a number, so the column is text: mend such cells, or name the decimal sign"
        );
        let parts = vec![("example", text(cell)), ("row", Part::Count(row as u64))];
        Ok(Some(warning(Severity::Warn, "unread-number", Some(name), words, parts)))
    }
}
