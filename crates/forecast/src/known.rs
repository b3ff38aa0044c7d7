//! As known then: what of the readings an origin may read, where values become known late.
//!
//! Masks can be forgotten by a rung; here there is nothing to forget. Two numbers say all, chosen once for a recipe:
//!
//! ```text
//! gap       rows before the origin whose targets are not known there: the most that any of the judged origins lacks
//! lag_c     gap - gap_c: so many rows newer than the targets is past covariate c known (older, where it is below 0)
//!
//!                     what rungs read and forecast (`Prepared::read`)
//!           … look-back ……………│· gap ·│…… horizon …………
//!   targets … o-1              │o      │O = o + gap: the origin, first row that is asked for
//!   covariate c, row r of it holds what was read at r + lag_c: known when the target of row r is
//! ```
//!
//! Rungs are fitted on, and forecast, windows from `o` on of gap + horizon rows, of which the first `gap` are dropped: they never
//! meet the origin itself. Everything outside of rungs (scores, intervals, mixtures, pages, tables) knows `O` and `horizon` rows
//! alone; [`crate::RungParams`] and [`crate::RungPredictor`] go from one to the other. The training and the validation part end
//! `embargo` rows early, since what came to be known of them later cannot have been fitted on when the next part began, and a fit on
//! the way learns from rows before `o`.
//!
//! Where the origins that are judged lie whole days apart, the gap is the one of their hour. Each judged origin is held against the
//! rule itself ([`Prepared::is_known`]), and so is each that a table is forecast from later: windows at other hours, and those with
//! a row that came later than nearly all others, are left out and counted.

use std::collections::{BTreeMap, VecDeque};

use gyeol_base::{Fault, Result, Warning};
use gyeol_data::{Availability, Clock, Readings, Roles, Series, Split, Step, Table};
use serde::{Deserialize, Serialize};

use crate::prepare::Spec;

/// Share of the rows that say themselves when they came whose delay the gap covers; windows with later ones are left out.
const COVERED: f64 = 0.99;

/// When columns become known, and what follows for windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delays {
    /// By column; a column without a word is known when its row is over.
    pub rules: BTreeMap<String, Availability>,
    /// Rows before an origin whose targets are not known there.
    pub gap: usize,
    /// By past covariate, rows that it is known ahead of the targets; empty where there are no rules.
    pub lags: Vec<i64>,
    /// Rows at the end of a part that nothing before the next one has seen.
    pub embargo: usize,
}

impl Delays {
    /// Those of a recipe's rules for readings judged every `step` rows.
    ///
    /// # Errors
    /// `no-such-column` and `known-has-no-delay` of a rule for a column that is no target and no past covariate, `no-such-delay`,
    /// `too-late` where more is unknown than any window could bridge.
    pub fn of(
        rules: &BTreeMap<String, Availability>,
        readings: &Readings,
        horizon: usize,
        step: usize,
        split: &Split,
    ) -> Result<Delays> {
        if rules.is_empty() {
            return Ok(Delays::default());
        }
        for (column, rule) in rules {
            // Forecasts with their issue: each row holds one that was out ([`gyeol_data::available::vintages`]).
            if readings.known.contains(column) && matches!(rule, Availability::Column(_)) {
                continue;
            }
            if readings.known.contains(column) {
                return Err(Fault::new("known-has-no-delay", format!("known '{rule}', and known ahead as well"))
                    .column(column)
                    .cause("a column of `columns.known` (or `forecast.known_ahead`) is read for rows that have not come")
                    .next("name it under columns.past, or leave the delay out")
                    .option());
            }
            if !readings.targets.contains(column) && !readings.past.contains(column) {
                let there: Vec<&str> =
                    readings.targets.iter().chain(&readings.past).map(String::as_str).collect();
                return Err(Fault::new("no-such-column", format!("`available` names '{column}'"))
                    .column(column)
                    .cause(format!("targets and past columns are {}", there.join(", ")))
                    .next("correct the name, or leave it out")
                    .option());
            }
            rule.check(column, readings.step)?;
        }
        let daily = readings.step.per_day().is_some_and(|rows| step.is_multiple_of(rows));
        let most = |column: &String| match rules.get(column) {
            None => 0,
            Some(rule) => {
                let of = |s: &Series| unknown(rule, column, s, split, horizon, daily.then_some(step));
                readings.series.iter().map(of).max().unwrap_or(0)
            }
        };
        let gap = readings.targets.iter().map(most).max().unwrap_or(0);
        let past: Vec<usize> = readings.past.iter().map(most).collect();
        let embargo = past.iter().copied().max().unwrap_or(0).max(gap);
        let lags = past.iter().map(|own| gap as i64 - *own as i64).collect();
        Ok(Delays { rules: rules.clone(), gap, lags, embargo })
    }

    /// Whether every value is known when its row is over.
    pub fn is_none(&self) -> bool {
        self.rules.is_empty()
    }

    /// Rows that a past covariate is known ahead of the targets.
    pub(crate) fn lag(&self, past: usize) -> i64 {
        self.lags.get(past).copied().unwrap_or(0)
    }

    /// The parts without the rows at their ends that were not known when the next one began.
    ///
    /// # Errors
    /// `too-late` where a part has no other rows.
    pub fn cut(&self, split: &Split, clock: &Clock) -> Result<Split> {
        if self.embargo == 0 {
            return Ok(split.clone());
        }
        let mut cut = split.clone();
        for (name, part) in [("training", &mut cut.train), ("validation", &mut cut.valid)] {
            let end = clock.index_at_or_after(part.end);
            part.end = clock.at(end.saturating_sub(self.embargo));
            if part.end <= part.start {
                let found = format!(
                    "the {name} part has no row that was known when the next part began: {} rows of it came later",
                    self.embargo
                );
                return Err(Fault::new("too-late", found)
                    .cause("a delay longer than the part")
                    .next("give the part more rows (split), or correct `available`")
                    .input());
            }
        }
        Ok(cut)
    }

    /// Takes from a table when its rows became known, of the columns that say so themselves.
    ///
    /// # Errors
    /// As [`Readings::publish`].
    pub fn publish(&self, readings: &mut Readings, table: &Table, roles: &Roles) -> Result<()> {
        publish(&self.rules, readings, table, roles)
    }

    /// Ends the history of a series at the row up to which readings count for the forecast after it: where a covariate that is known
    /// ahead of the targets ends earlier than it should, or where the rules say that later rows cannot be known yet. Says up to when
    /// they count, where values become known late.
    pub(crate) fn count_until(&self, spec: &Spec, s: &mut Series) -> Option<Warning> {
        if self.is_none() {
            return None;
        }
        let given = s.history;
        for (c, column) in s.past.iter().enumerate().filter(|(c, _)| self.lag(*c) > 0) {
            let end = column.iter().rposition(|v| !v.is_nan()).map_or(0, |row| row + 1);
            // A hole in the look-back is named as such; here only what ends early is meant.
            s.history = s.history.min(end.saturating_sub(self.lag(c) as usize)).max(1);
        }
        let ready = self.ready(spec, s);
        let known = |o: &usize| ready[*o] <= s.clock.at(*o + self.gap);
        s.history = (1..=s.history).rev().find(known).unwrap_or(s.history);
        let words = |row: usize| match spec.step {
            Step::Rows => format!("row {row}"),
            _ => gyeol_data::clock::show(s.clock.at(row), s.clock.zone),
        };
        let of = s.id.as_ref().map_or(String::new(), |id| format!(" of series '{id}'"));
        let later = match given - s.history {
            0 => String::new(),
            n => format!("; {n} later rows do not count, for by the recipe they are not known then"),
        };
        Some(Warning::new(
            "known-until",
            format!(
                "readings{of} count up to {}, and the forecast begins at {}{later}",
                words(s.history - 1),
                words(s.history + self.gap)
            ),
        ))
    }

    /// By row `o` of a series, the moment at which all is known that a window reads whose first unread target is that of row `o`;
    /// empty where there are no rules.
    pub(crate) fn ready(&self, spec: &Spec, s: &Series) -> Vec<i64> {
        if self.is_none() {
            return Vec::new();
        }
        let mut ready = vec![i64::MIN; s.rows + 1];
        let span = spec.seasons.iter().map(|season| season.rows).max().unwrap_or(0).max(spec.look_back);
        let targets = spec.targets.iter().map(|name| (name, 0));
        let past = spec.past.iter().enumerate().map(|(c, name)| (name, self.lag(c)));
        for (column, lag) in targets.chain(past) {
            let Some(rule) = self.rules.get(column) else { continue };
            let own = s.published.iter().find(|(name, _)| name == column).map(|(_, moments)| moments);
            let latest = own.map(|moments| latest(moments, span));
            for (o, ready) in ready.iter_mut().enumerate() {
                let Ok(row) = usize::try_from(o as i64 - 1 + lag) else { continue };
                let moment = match &latest {
                    Some(latest) => latest.get(row).copied().unwrap_or(i64::MAX),
                    // Rows of a table whose moments nobody gave were there when it was given.
                    None => rule.moment(&s.clock, row).unwrap_or(i64::MIN),
                };
                *ready = moment.max(*ready);
            }
        }
        ready
    }
}

/// An origin that looks back on what was not known there (`not-known`).
pub(crate) fn not_known(clock: &Clock, origin: usize) -> gyeol_base::Error {
    let at = match clock.step {
        Step::Rows => format!("row {origin}"),
        _ => gyeol_data::clock::show(clock.at(origin), clock.zone),
    };
    Fault::new("not-known", format!("at {at} a reading that the forecast looks back on was not known yet"))
        .cause("an origin at another hour than the model was fitted for, or a row that came late")
        .next("name an origin at the hour of its fit")
        .input()
}

/// Takes from a table when its rows became known, of the columns whose rule says so.
///
/// # Errors
/// As [`Readings::publish`].
pub fn publish(
    rules: &BTreeMap<String, Availability>,
    readings: &mut Readings,
    table: &Table,
    roles: &Roles,
) -> Result<()> {
    let ahead = |column: &String| readings.known.contains(column);
    let own = rules.iter().filter(|(column, _)| !ahead(column)).filter_map(|(column, rule)| match rule {
        Availability::Column(stamps) => Some((column.as_str(), stamps.as_str())),
        _ => None,
    });
    let own: Vec<(&str, &str)> = own.collect();
    readings.publish(table, roles, &own)
}

/// Rows of a column that an origin lacks: the most of all origins, of those whole days apart from the last of the test part where
/// `step` says so, and nearly the most where each row has a moment of its own.
fn unknown(
    rule: &Availability,
    column: &str,
    s: &Series,
    split: &Split,
    horizon: usize,
    step: Option<usize>,
) -> usize {
    let rows = split.rows(s);
    if let Some((_, own)) = s.published.iter().find(|(name, _)| name == column) {
        let late = |row: usize| s.clock.index_at_or_after(own[row]).saturating_sub(row + 1);
        let mut late: Vec<usize> = rows.train.filter(|&row| own[row] < i64::MAX).map(late).collect();
        late.sort_unstable();
        let at = (late.len().saturating_sub(1) as f64 * COVERED).ceil() as usize;
        return late.get(at).copied().unwrap_or(0);
    }
    let lacking = rule.unknown(&s.clock, s.history, None);
    match step {
        Some(step) => {
            let last = rows.test.end.saturating_sub(horizon);
            (rows.test.start..=last).rev().step_by(step).map(|o| lacking[o]).max().unwrap_or(0)
        }
        None => lacking.into_iter().max().unwrap_or(0),
    }
}

/// Of each row the latest moment among it and the rows before it, `span` in all.
fn latest(moments: &[i64], span: usize) -> Vec<i64> {
    let mut open: VecDeque<usize> = VecDeque::new();
    let mut out = Vec::with_capacity(moments.len());
    for (row, moment) in moments.iter().enumerate() {
        while open.back().is_some_and(|&before| moments[before] <= *moment) {
            open.pop_back();
        }
        open.push_back(row);
        while open.front().is_some_and(|&before| before + span.max(1) <= row) {
            open.pop_front();
        }
        out.push(open.front().map_or(*moment, |&before| moments[before]));
    }
    out
}

/// A column whose row `r` holds what stands at `r + lag`.
pub(crate) fn shifted<T: Copy>(column: &[T], lag: i64, nothing: T) -> Vec<T> {
    let of = |row: usize| usize::try_from(row as i64 + lag).ok().and_then(|row| column.get(row).copied());
    (0..column.len()).map(|row| of(row).unwrap_or(nothing)).collect()
}
