//! From wall-clock times to UTC in a named zone: the doubled autumn hour is resolved by the order of the rows, times
//! inside the hour that spring skips do not exist and are reported.

use crate::Tz;
use chrono::{LocalResult, NaiveDateTime, TimeZone};

/// What turning a column into UTC found.
#[derive(Debug, Default)]
pub(super) struct Localized {
    /// Milliseconds UTC; `None` where there was no stamp or it does not exist.
    pub times: Vec<Option<i64>>,
    /// Rows whose time does not exist.
    pub missing_spring: Vec<usize>,
    /// Rows inside a doubled hour.
    pub doubled_autumn: usize,
}

pub(super) fn localize(local: &[Option<NaiveDateTime>], zone: Tz) -> Localized {
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
                Some(if previous >= a && previous < b { b } else { a })
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
        let up = localize(&day, crate::clock::zone("Europe/Berlin").unwrap());
        let times: Vec<i64> = up.times.iter().flatten().copied().collect();
        assert_eq!(times.len(), 11);
        assert!(times.windows(2).all(|w| w[1] - w[0] == HOUR_MS / 4), "{times:?}");
        assert_eq!(up.doubled_autumn, 8);
        // The same from the last row to the first.
        let back: Vec<_> = day.iter().rev().copied().collect();
        let down = localize(&back, crate::clock::zone("Europe/Berlin").unwrap());
        assert_eq!(down.times.iter().rev().flatten().copied().collect::<Vec<_>>(), times);
    }

    #[test]
    fn two_meters_side_by_side_do_not_look_like_a_doubled_hour() {
        let hours = ["00:00", "01:00", "02:00", "02:00", "03:00"];
        let rows: Vec<_> = hours
            .iter()
            .flat_map(|h| [at(&format!("2024-10-27 {h}")), at(&format!("2024-10-27 {h}"))])
            .collect();
        let got = localize(&rows, crate::clock::zone("Europe/Berlin").unwrap());
        let times: Vec<i64> = got.times.iter().flatten().copied().collect();
        for (i, pair) in times.chunks(2).enumerate() {
            assert_eq!(pair[0], pair[1]);
            assert_eq!(pair[0] - times[0], i as i64 * HOUR_MS);
        }
    }

    #[test]
    fn the_missing_spring_hour_is_reported() {
        let rows = [at("2024-03-31 01:00"), at("2024-03-31 02:00"), at("2024-03-31 03:00")];
        let got = localize(&rows, crate::clock::zone("Europe/Berlin").unwrap());
        assert_eq!(got.missing_spring, [1]);
        assert_eq!(got.times[1], None);
        assert_eq!(got.times[2].zip(got.times[0]).map(|(a, b)| a - b), Some(HOUR_MS));
    }
}
