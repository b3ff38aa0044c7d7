//! The seasons of a clock: how many rows a day, a week and a year have.

use gyeol_data::Step;
use serde::{Deserialize, Serialize};

/// A season with its length in rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// "day", "week", "year", or "N-rows".
    pub name: String,
    /// Rows.
    pub rows: usize,
}

const DAY_MS: i64 = 86_400_000;

/// Seasons of a clock, shortest first; a clock without days has none unless `given` names them in rows.
pub fn seasons(step: Step, given: &[usize]) -> Vec<Season> {
    let named = |name: &str, rows: usize| Season { name: name.into(), rows };
    let natural: Vec<Season> = match step {
        Step::Millis(ms) if ms > 0 => [("day", DAY_MS), ("week", 7 * DAY_MS), ("year", 364 * DAY_MS)]
            .into_iter()
            // A season of a single row is no season, and a year of hours is too long to repeat usefully beside
            // its weeks; it helps from days on.
            .filter(|&(name, span)| span % ms == 0 && span / ms > 1 && (name != "year" || ms >= DAY_MS))
            .map(|(name, span)| named(name, (span / ms) as usize))
            .collect(),
        Step::Months(m) if m > 0 && 12 % m == 0 && m < 12 => vec![named("year", 12 / m as usize)],
        _ => Vec::new(),
    };
    if given.is_empty() {
        return natural;
    }
    let mut rows = given.to_vec();
    rows.sort_unstable();
    rows.dedup();
    rows.into_iter()
        .map(|r| {
            natural.iter().find(|s| s.rows == r).cloned().unwrap_or_else(|| named(&format!("{r}-rows"), r))
        })
        .collect()
}

/// Rows back from target row `ahead` (0 is the first forecast row) to its like in the last whole seasons before
/// the origin: the smallest multiple of the season that lies beyond `ahead`.
pub fn lag_for(season: usize, ahead: usize) -> usize {
    season * (ahead / season + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_follow_the_step() {
        let rows = |step| seasons(step, &[]).iter().map(|s| (s.name.clone(), s.rows)).collect::<Vec<_>>();
        assert_eq!(rows(Step::Millis(3_600_000)), [("day".into(), 24), ("week".into(), 168)]);
        assert_eq!(rows(Step::Millis(900_000)), [("day".into(), 96), ("week".into(), 672)]);
        assert_eq!(rows(Step::Millis(DAY_MS)), [("week".into(), 7), ("year".into(), 364)]);
        assert_eq!(rows(Step::Months(1)), [("year".into(), 12)]);
        assert!(rows(Step::Rows).is_empty());
        assert_eq!(seasons(Step::Rows, &[336, 48])[0].rows, 48);
    }

    #[test]
    fn the_lag_never_reaches_into_the_forecast() {
        assert_eq!((lag_for(24, 0), lag_for(24, 23), lag_for(24, 24), lag_for(7, 15)), (24, 24, 48, 21));
    }
}
