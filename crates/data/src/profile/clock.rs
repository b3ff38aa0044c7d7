//! The clock of a table: its step, its holes, stamps that are off it, repeated or out of order.

use crate::Tz;
use chrono::{Datelike, Timelike, Weekday};

use super::model::*;
use crate::clock::{Clock, HOUR_MS, Step, detect_step, local_time};

const GAPS: usize = 100;

/// Looks at the stamps of each series (rows in the table's order).
pub(super) fn clock(
    column: &str,
    at: &[Option<i64>],
    groups: &[(Option<String>, Vec<usize>)],
    zone: Option<Tz>,
    counter: bool,
) -> (ClockProfile, Option<Step>) {
    let mut steps: Vec<(Step, usize)> = Vec::new();
    for (_, rows) in groups {
        let stamps: Vec<i64> = rows.iter().filter_map(|&r| at[r]).collect();
        let step =
            if counter { (stamps.len() > 1).then_some(Step::Rows) } else { detect_step(&stamps, zone) };
        if let Some(step) = step {
            match steps.iter_mut().find(|(s, _)| *s == step) {
                Some((_, n)) => *n += rows.len(),
                None => steps.push((step, rows.len())),
            }
        }
    }
    let step = steps.iter().max_by_key(|(_, n)| *n).map(|(s, _)| *s);
    let mut p = ClockProfile {
        column: column.to_string(),
        step: step.map(|s| s.label()),
        step_ms: step.and_then(|s| s.approximate_ms()),
        per_day: step.and_then(|s| s.per_day()),
        zone: zone.map(|z| z.name().to_string()),
        from: at.iter().flatten().min().copied(),
        to: at.iter().flatten().max().copied(),
        missing: at.iter().filter(|t| t.is_none()).count(),
        gaps: Vec::new(),
        gap_count: 0,
        missing_rows: 0,
        irregular: 0,
        first_irregular: None,
        duplicates: 0,
        first_duplicate: None,
        unsorted: 0,
        first_unsorted: None,
        dst_jumps: Vec::new(),
        zones: Vec::new(),
    };
    for (id, rows) in groups {
        order(&mut p, at, rows);
        if let Some(step) = step.filter(|_| !counter) {
            holes(&mut p, at, rows, id.as_deref(), step, zone);
        }
    }
    if zone.is_none()
        && !counter
        && let Some(Step::Millis(ms)) = step.filter(|s| s.per_day().is_some_and(|n| n >= 24))
    {
        daylight(&mut p, at, groups, ms);
        if let (Some(from), Some(to)) = (p.from, p.to) {
            p.zones = crate::places::guess(&p.dst_jumps, from, to);
        }
    }
    (p, step)
}

fn order(p: &mut ClockProfile, at: &[Option<i64>], rows: &[usize]) {
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    let mut last: Option<i64> = None;
    for &row in rows {
        let Some(t) = at[row] else { continue };
        if !seen.insert(t) {
            p.duplicates += 1;
            p.first_duplicate = Some(p.first_duplicate.map_or(row, |r| r.min(row)));
        }
        if last.is_some_and(|l| t < l) {
            p.unsorted += 1;
            p.first_unsorted = Some(p.first_unsorted.map_or(row, |r| r.min(row)));
        }
        last = Some(t);
    }
}

fn holes(
    p: &mut ClockProfile,
    at: &[Option<i64>],
    rows: &[usize],
    id: Option<&str>,
    step: Step,
    zone: Option<Tz>,
) {
    let mut stamps: Vec<(i64, usize)> = rows.iter().filter_map(|&r| Some((at[r]?, r))).collect();
    stamps.sort_unstable();
    stamps.dedup_by_key(|s| s.0);
    let Some(start) = anchor(&stamps, step) else { return };
    let clock = Clock { start, step, zone };
    let mut before: Option<usize> = None;
    for &(t, row) in &stamps {
        let after = clock.index_at_or_after(t);
        let exact = t >= start && clock.at(after) == t;
        if !exact {
            p.irregular += 1;
            p.first_irregular = Some(p.first_irregular.map_or(row, |r| r.min(row)));
        }
        // A stamp beside the clock stands for the moment nearest to it: its reading is not lost.
        let early = after > 0 && t.saturating_sub(clock.at(after - 1)) <= clock.at(after).saturating_sub(t);
        let i = if !exact && early { after - 1 } else { after };
        if let Some(b) = before.filter(|b| i > b + 1) {
            p.gap_count += 1;
            p.missing_rows += i - b - 1;
            if p.gaps.len() < GAPS {
                p.gaps.push(Gap {
                    series: id.map(str::to_string),
                    from: clock.at(b + 1),
                    to: clock.at(i - 1),
                    rows: i - b - 1,
                });
            }
        }
        before = Some(i);
    }
}

/// The first stamp that lies where most others lie within the step.
pub(crate) fn anchor(stamps: &[(i64, usize)], step: Step) -> Option<i64> {
    let first = stamps.first()?.0;
    let Step::Millis(ms) = step else { return Some(first) };
    // Days follow the local calendar, so their phase within UTC moves twice a year.
    if ms <= 0 || ms % crate::clock::DAY_MS == 0 {
        return Some(first);
    }
    let mut phases: Vec<i64> = stamps.iter().map(|(t, _)| t.rem_euclid(ms)).collect();
    phases.sort_unstable();
    let run = phases.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?;
    let usual = run[0];
    // A clock that trembles: the moments lie on round times, not where one stamp happened to fall.
    if run.len() * 2 < phases.len() {
        return Some(first - first.rem_euclid(ms));
    }
    stamps.iter().find(|(t, _)| t.rem_euclid(ms) == usual).map(|(t, _)| *t).or(Some(first))
}

/// One missing hour on a Sunday night in spring, one doubled in autumn: daylight saving in a clock without a zone.
fn daylight(p: &mut ClockProfile, at: &[Option<i64>], groups: &[(Option<String>, Vec<usize>)], step: i64) {
    let night = |ms: i64| {
        let t = local_time(ms, None);
        (t.weekday() == Weekday::Sun && t.hour() <= 3).then(|| t.month())
    };
    let hour_rows = (HOUR_MS / step).max(1) as usize;
    for gap in &p.gaps {
        if gap.rows == hour_rows && matches!(night(gap.from), Some(3 | 4 | 9 | 10)) {
            p.dst_jumps.push(DstJump { at: gap.from, season: "spring".into() });
        }
    }
    for (_, rows) in groups {
        let mut seen = std::collections::HashSet::new();
        let mut doubled: Vec<i64> = rows.iter().filter_map(|&r| at[r]).filter(|t| !seen.insert(*t)).collect();
        doubled.retain(|t| matches!(night(*t), Some(10 | 11 | 4)));
        doubled.sort_unstable();
        // One jump a day.
        doubled.dedup_by_key(|t| t.div_euclid(crate::clock::DAY_MS));
        p.dst_jumps.extend(doubled.into_iter().map(|at| DstJump { at, season: "autumn".into() }));
    }
    p.dst_jumps.sort_by_key(|j| j.at);
    p.dst_jumps.dedup();
    p.dst_jumps.truncate(GAPS);
}
