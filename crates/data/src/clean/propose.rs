//! What cleaning a profile asks for: only what a careful person would do without asking, in the order it should run.

use super::{CleanOp, FillMethod, Gather, Keep};
use crate::clock::Step;
use crate::profile::Profile;
use crate::roles::{Role, Roles};
use crate::table::Table;
use gyeol_base::Part;

/// Holes up to so many rows are filled by a line, longer ones by the season.
const SHORT_HOLE: usize = 3;

/// The operations that mend what the profile found, in the order they should run.
///
/// Stuck meters, outliers and suspected leaks are left to the user's judgement.
pub fn propose(table: &Table, roles: &Roles, profile: &Profile) -> Vec<CleanOp> {
    let mut out = Vec::new();
    let used = |role: Role| matches!(role, Role::Target | Role::Past | Role::Known);
    let mut holes = false;
    if profile.duplicate_rows > 0 && profile.clock.is_some() {
        out.push(drop_rows(|d| d.3 = true));
    }
    if let Some(clock) = &profile.clock {
        if clock.missing > 0 {
            out.push(drop_rows(|d| d.2 = vec![clock.column.clone()]));
        }
        if clock.unsorted > 0 {
            out.push(CleanOp::Sort {});
        }
        let said = |code: &str| profile.warnings.iter().find(|w| w.code == code);
        if clock.duplicates > 0 && said("many-repeats").is_none() {
            let keep = if clock.dst_jumps.is_empty() { Keep::First } else { Keep::Mean };
            out.push(CleanOp::Deduplicate { keep });
        }
        let change = said("step-change").and_then(|w| match w.parts.get("step") {
            Some(Part::Text(step)) => Some(step.clone()),
            _ => None,
        });
        let regular = change.or(clock.step.clone()).filter(|s| s != "1 row");
        let invented = said("many-gaps").is_some();
        if !invented && (clock.gap_count > 0 || clock.irregular > 0) && regular.is_some() {
            out.push(CleanOp::RegularClock { step: regular, gather: Gather::Mean });
            holes = true;
        }
    }
    if let Some(date) = leading(table, roles, profile) {
        out.push(drop_rows(|d| d.0 = Some(date.clone())));
    }
    let mut fill = Vec::new();
    for c in profile.columns.iter().filter(|c| used(c.role)) {
        let Some(f) = &c.numbers else { continue };
        let mut spoilt = false;
        for i in &f.impossible {
            let (mut below, mut above, mut equal, mut infinite) = (None, None, Vec::new(), false);
            match i.code.as_str() {
                "infinite" => infinite = true,
                "sentinel" | "zero-load" => equal.extend(i.bound),
                "humidity-out-of-range" => (below, above) = (Some(0.0), Some(110.0)),
                "temperature-too-high" | "far-above" => above = i.bound,
                _ => below = i.bound,
            }
            out.push(CleanOp::Missing {
                columns: vec![c.name.clone()],
                below,
                above,
                equal,
                infinite,
                stuck: None,
            });
            spoilt = true;
        }
        if (holes || spoilt || c.nulls > 0) && c.nulls < c.rows {
            fill.push(c.name.clone());
        }
    }
    if !fill.is_empty() && profile.clock.is_some() {
        out.push(CleanOp::Fill {
            columns: fill.clone(),
            method: FillMethod::Linear,
            season: None,
            limit: Some(SHORT_HOLE),
        });
        let step = profile.clock.as_ref().and_then(|c| c.step.as_deref()).and_then(|s| Step::parse(s).ok());
        if let Some(week) = step.and_then(|s| s.per_day()).filter(|n| *n > 1).map(|n| 7 * n) {
            out.push(CleanOp::Fill {
                columns: fill,
                method: FillMethod::Seasonal,
                season: None,
                limit: Some(week),
            });
        }
        // The last cells of a covariate that is read less often keep the reading before: nothing later is known.
        let trailing = trailing(table, roles);
        if !trailing.is_empty() && roles.id().is_none() {
            out.push(CleanOp::Fill {
                columns: trailing,
                method: FillMethod::Forward,
                season: None,
                limit: Some(SHORT_HOLE),
            });
        }
    }
    out
}

/// Past covariates that end a few rows before the table does.
fn trailing(table: &Table, roles: &Roles) -> Vec<String> {
    let short = |name: &&str| {
        let values = table.numbers(name).unwrap_or_default();
        let last = values.iter().rposition(|x| x.is_finite()).map_or(0, |i| i + 1);
        last > 0 && (1..=SHORT_HOLE).contains(&(values.len() - last))
    };
    roles.past().into_iter().filter(short).map(str::to_string).collect()
}

type Conditions = (Option<String>, Option<String>, Vec<String>, bool);

fn drop_rows(set: impl FnOnce(&mut Conditions)) -> CleanOp {
    let mut d: Conditions = (None, None, Vec::new(), false);
    set(&mut d);
    CleanOp::DropRows { before: d.0, from: d.1, missing: d.2, duplicates: d.3 }
}

/// The first moment with a target of a single series, where rows lie before it: nothing can be filled there.
fn leading(table: &Table, roles: &Roles, profile: &Profile) -> Option<String> {
    if roles.id().is_some() || profile.clock.as_ref().is_some_and(|c| c.unsorted > 0) {
        return None;
    }
    let times = table.times(roles.time()?).ok()?;
    let mut first = usize::MAX;
    for target in roles.targets() {
        let values = table.numbers(target).ok()?;
        first = first.min(values.iter().position(|x| !x.is_nan())?);
    }
    // A covariate that begins a little later is waited for.
    for past in roles.past() {
        let begins = table.numbers(past).ok()?.iter().position(|x| !x.is_nan())?;
        first = if begins * 50 <= table.rows() { first.max(begins) } else { first };
    }
    if first == usize::MAX || first == 0 {
        return None;
    }
    let zone = table.source().zone.as_deref().and_then(|z| crate::clock::zone(z).ok());
    Some(crate::clock::show(times.get(first).copied().flatten()?, zone))
}
