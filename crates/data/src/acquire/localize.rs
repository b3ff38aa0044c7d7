//! From wall-clock times to UTC in a named zone: times inside the hour that spring skips do not exist and are reported.
//!
//! | guess | evidence |
//! |---|---|
//! | which of two in the doubled autumn hour | a column of two values that is summer time's wherever that is certain, or whose rarer value stands in doubled hours alone and marks the second; else the order of the rows |
//! | stamps name the ends of spans | some do not exist in spring or are doubled beside autumn's doubled hour, and none would be a step earlier |

use std::collections::BTreeMap;

use crate::Tz;
use chrono::{Datelike, Duration, LocalResult, NaiveDateTime, Offset, TimeZone};

/// What turning a column into UTC found.
#[derive(Debug, Default)]
pub(super) struct Localized {
    /// Milliseconds UTC; `None` where there was no stamp or it does not exist.
    pub times: Vec<Option<i64>>,
    /// Rows whose time does not exist.
    pub missing_spring: Vec<usize>,
    /// Rows inside a doubled hour.
    pub doubled_autumn: usize,
    /// The flag that told the two apart.
    pub flag: Option<usize>,
    /// Seconds by which ends of spans were taken back to their beginnings.
    pub ended: Option<i64>,
}

/// Whether summer time holds at a moment.
fn summer(zone: Tz, ms: i64) -> bool {
    let at = |ms: i64| {
        let utc = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc();
        zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
    };
    // A quarter and half a year away, on one side or the other, winter is met.
    [-182, -91, 91, 182].iter().any(|days| at(ms) > at(ms.saturating_add(days * crate::clock::DAY_MS)))
}

/// The first flag that tells the doubled hours apart, and for each row whether it says summer time.
fn telling(
    local: &[Option<NaiveDateTime>],
    zone: Tz,
    flags: &[(String, Vec<Option<bool>>)],
) -> Option<(usize, Vec<Option<bool>>)> {
    let placed: Vec<_> = local.iter().map(|t| t.map(|t| zone.from_local_datetime(&t))).collect();
    flags.iter().enumerate().find_map(|(i, (_, flag))| {
        // [summer][flag], where the time is certain; and the flags met in doubled hours.
        let (mut certain, mut doubled) = ([[0usize; 2]; 2], [0usize; 2]);
        for (at, flag) in placed.iter().zip(flag) {
            match (at, flag) {
                (Some(LocalResult::Single(t)), Some(f)) => {
                    certain[usize::from(summer(zone, t.timestamp_millis()))][usize::from(*f)] += 1;
                }
                (Some(LocalResult::Ambiguous(..)), Some(f)) => doubled[usize::from(*f)] += 1,
                _ => {}
            }
        }
        let all: usize = certain.iter().flatten().sum();
        let follows = |yes: usize| {
            let agree = certain[1][yes] + certain[0][1 - yes];
            agree * 1000 >= all * 999 && certain[1][yes] > 0 && certain[0][1 - yes] > 0
        };
        let first = if doubled[0] == 0 || doubled[1] == 0 {
            return None;
        } else if follows(1) {
            true
        } else if follows(0) {
            false
        } else {
            // The value that stands nowhere else marks the second of two.
            let only = |f: usize| certain[0][f] + certain[1][f] == 0;
            if only(0) == only(1) {
                return None;
            }
            only(0)
        };
        Some((i, flag.iter().map(|f| f.map(|f| f == first)).collect()))
    })
}

/// The step in seconds, where stamps only make sense as the ends of spans.
fn ends(local: &[Option<NaiveDateTime>], zone: Tz) -> Option<i64> {
    let mut met: BTreeMap<NaiveDateTime, usize> = BTreeMap::new();
    local.iter().flatten().for_each(|t| *met.entry(*t).or_default() += 1);
    let mut steps: Vec<i64> =
        met.keys().zip(met.keys().skip(1)).map(|(a, b)| (*b - *a).num_seconds()).collect();
    steps.sort_unstable();
    let step = steps.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?[0];
    let mut counts: Vec<usize> = met.values().copied().collect();
    counts.sort_unstable();
    let usual = *counts.get(counts.len() / 2)?;
    if !(1..=3600).contains(&step) || local.len() < 48 {
        return None;
    }
    let faults = |back: i64| {
        let bad = |(t, n): &(&NaiveDateTime, &usize)| {
            let Some(t) = t.checked_sub_signed(Duration::seconds(back)) else { return true };
            match zone.from_local_datetime(&t) {
                LocalResult::None => true,
                LocalResult::Single(_) => **n >= 2 * usual && matches!(t.month(), 4 | 10 | 11),
                LocalResult::Ambiguous(..) => false,
            }
        };
        met.iter().filter(bad).count()
    };
    (faults(0) > 0 && faults(step) == 0).then_some(step)
}

pub(super) fn localize(
    local: &[Option<NaiveDateTime>],
    zone: Tz,
    flags: &[(String, Vec<Option<bool>>)],
) -> Localized {
    if let Some(step) = ends(local, zone) {
        let begins: Vec<_> =
            local.iter().map(|t| t.and_then(|t| t.checked_sub_signed(Duration::seconds(step)))).collect();
        return Localized { ended: Some(step), ..place(&begins, zone, flags) };
    }
    place(local, zone, flags)
}

fn place(local: &[Option<NaiveDateTime>], zone: Tz, flags: &[(String, Vec<Option<bool>>)]) -> Localized {
    let told = telling(local, zone, flags);
    let mut out = Localized { times: vec![None; local.len()], ..Default::default() };
    let present: Vec<usize> = (0..local.len()).filter(|&i| local[i].is_some()).collect();
    // Several series side by side repeat each stamp: take rows in runs as long as the usual repetition.
    let mut runs: Vec<usize> = Vec::new();
    let (mut falling, mut rising) = (0usize, 0usize);
    let mut run = 1;
    for w in present.windows(2) {
        match local[w[0]].cmp(&local[w[1]]) {
            std::cmp::Ordering::Equal => {
                run += 1;
                continue;
            }
            std::cmp::Ordering::Less => rising += 1,
            std::cmp::Ordering::Greater => falling += 1,
        }
        runs.push(run);
        run = 1;
    }
    runs.push(run);
    runs.sort_unstable();
    let side_by_side = runs.get(runs.len() / 2).copied().unwrap_or(1).max(1);
    let order: Vec<usize> =
        if falling > rising { present.iter().rev().copied().collect() } else { present.clone() };

    let mut previous = i64::MIN;
    let mut i = 0;
    while i < order.len() {
        let Some(t) = local[order[i]] else { break };
        let mut end = i + 1;
        while end < order.len() && end - i < side_by_side && local[order[end]] == Some(t) {
            end += 1;
        }
        let utc = match zone.from_local_datetime(&t) {
            LocalResult::Single(x) => Some(x.timestamp_millis()),
            LocalResult::Ambiguous(a, b) => {
                out.doubled_autumn += end - i;
                let (a, b) = (a.timestamp_millis(), b.timestamp_millis());
                match told.as_ref().and_then(|(_, summer)| summer[order[i]]) {
                    Some(summer) => Some(if summer { a } else { b }),
                    None => Some(if previous >= a && previous < b { b } else { a }),
                }
            }
            LocalResult::None => {
                out.missing_spring.extend(&order[i..end]);
                None
            }
        };
        for &row in &order[i..end] {
            out.times[row] = utc;
        }
        previous = utc.unwrap_or(previous);
        i = end;
    }
    out.missing_spring.sort_unstable();
    out.flag = told.map(|(i, _)| i);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR_MS;

    fn at(text: &str) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok()
    }

    #[test]
    fn the_doubled_autumn_hour_is_resolved_by_order() {
        // Berlin, 27 October 2024: 02:00 to 02:45 comes twice.
        let day: Vec<_> = [
            "01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00",
        ]
        .iter()
        .map(|t| at(&format!("2024-10-27 {t}")))
        .collect();
        let up = localize(&day, crate::clock::zone("Europe/Berlin").unwrap(), &[]);
        let times: Vec<i64> = up.times.iter().flatten().copied().collect();
        assert_eq!(times.len(), 11);
        assert!(times.windows(2).all(|w| w[1] - w[0] == HOUR_MS / 4), "{times:?}");
        assert_eq!(up.doubled_autumn, 8);
        // The same from the last row to the first.
        let back: Vec<_> = day.iter().rev().copied().collect();
        let down = localize(&back, crate::clock::zone("Europe/Berlin").unwrap(), &[]);
        assert_eq!(down.times.iter().rev().flatten().copied().collect::<Vec<_>>(), times);
    }

    #[test]
    fn two_meters_side_by_side_do_not_look_like_a_doubled_hour() {
        let hours = ["00:00", "01:00", "02:00", "02:00", "03:00"];
        let rows: Vec<_> = hours
            .iter()
            .flat_map(|h| [at(&format!("2024-10-27 {h}")), at(&format!("2024-10-27 {h}"))])
            .collect();
        let got = localize(&rows, crate::clock::zone("Europe/Berlin").unwrap(), &[]);
        let times: Vec<i64> = got.times.iter().flatten().copied().collect();
        for (i, pair) in times.chunks(2).enumerate() {
            assert_eq!(pair[0], pair[1]);
            assert_eq!(pair[0] - times[0], i as i64 * HOUR_MS);
        }
    }

    #[test]
    fn the_missing_spring_hour_is_reported() {
        let rows = [at("2024-03-31 01:00"), at("2024-03-31 02:00"), at("2024-03-31 03:00")];
        let got = localize(&rows, crate::clock::zone("Europe/Berlin").unwrap(), &[]);
        assert_eq!(got.missing_spring, [1]);
        assert_eq!(got.times[1], None);
        assert_eq!(got.times[2].zip(got.times[0]).map(|(a, b)| a - b), Some(HOUR_MS));
    }
}
