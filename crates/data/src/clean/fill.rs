//! Filling holes. Only holes with readings on both sides are filled: what lies before the first or after the last
//! reading of a series is not known, and inventing it would be a forecast. Forward filling with a limit also carries the
//! last reading so far beyond it, since that asks for nothing later.

use super::FillMethod;
use crate::clock::Step;
use crate::readings::groups;
use crate::roles::Roles;
use crate::table::{ColumnData, Table};
use gyeol_base::{Fault, Result};

/// Seasons before, and after, in which a pattern for a hole is looked for.
const SEASONS: usize = 4;

/// Fills one column within each series and marks the cells; gives the table, the cells filled and what happened.
pub(super) fn fill(
    table: Table,
    roles: &Roles,
    name: &str,
    method: FillMethod,
    season: Option<usize>,
    limit: Option<usize>,
) -> Result<(Table, usize, String)> {
    let rows = groups(&table, roles)?;
    let limit = limit.unwrap_or(usize::MAX);
    if let (ColumnData::Text(texts), FillMethod::Forward) = (table.data(name)?, method) {
        let mut mask = table.filled(name).map_or_else(|| vec![false; table.rows()], <[bool]>::to_vec);
        let mut cells: Vec<Option<&str>> = texts.iter().collect();
        let present: Vec<bool> = cells.iter().map(Option::is_some).collect();
        let (mut touched, mut left) = (0, 0);
        for (_, rows) in &rows {
            for (a, b) in holes(rows, &present) {
                if b - a > limit {
                    left += b - a;
                    continue;
                }
                for i in a..b {
                    cells[rows[i]] = cells[rows[a - 1]];
                    mask[rows[i]] = true;
                    touched += 1;
                }
            }
        }
        let mut out = table.with_column(name, ColumnData::Text(cells.into_iter().collect()))?;
        out.set_filled(name, mask)?;
        return Ok((out, touched, told(touched, left, 0, method)));
    }
    let mut values = table.numbers(name)?;
    let known: Vec<f64> = values.clone();
    let present: Vec<bool> = known.iter().map(|x| x.is_finite()).collect();
    let mut mask = table.filled(name).map_or_else(|| vec![false; table.rows()], <[bool]>::to_vec);
    let season = match (method, season) {
        (FillMethod::Seasonal, Some(n)) if n >= 2 => n,
        (FillMethod::Seasonal, Some(n)) => {
            return Err(Fault::new("bad-season", format!("a season of {n} rows"))
                .column(name)
                .cause("a season has at least 2 rows")
                .next("for hours give 24 or 168")
                .input());
        }
        (FillMethod::Seasonal, None) => default_season(&table, roles, &rows)?.ok_or_else(|| {
            Fault::new("no-season", "the clock does not say how long a season is")
                .column(name)
                .cause("a table without a clock, or an unusual step")
                .next("give season = rows of a season, or fill by line")
                .input()
        })?,
        _ => 0,
    };
    let (mut touched, mut left, mut bare) = (0, 0, 0);
    for (_, rows) in &rows {
        let mut holes = holes(rows, &present);
        let last = rows.iter().rposition(|&r| present[r]).map_or(rows.len(), |i| i + 1);
        if method == FillMethod::Forward && limit != usize::MAX && last < rows.len() {
            holes.push((last, rows.len()));
        }
        for (a, b) in holes {
            if b - a > limit {
                left += b - a;
                continue;
            }
            if b == rows.len() {
                for &row in &rows[a..b] {
                    (values[row], mask[row]) = (known[rows[a - 1]], true);
                    touched += 1;
                }
                continue;
            }
            let pattern = match method {
                FillMethod::Seasonal => match pattern(&known, rows, a, b, season) {
                    Some(p) => Some(p),
                    None => {
                        bare += b - a;
                        continue;
                    }
                },
                _ => None,
            };
            let (from, to) = (known[rows[a - 1]], known[rows[b]]);
            for i in a..b {
                let part = (i + 1 - a) as f64 / (b + 1 - a) as f64;
                let line = from + (to - from) * part;
                let row = rows[i];
                values[row] = match (&pattern, method) {
                    (_, FillMethod::Forward) => from,
                    (Some(p), _) => line + p[i - a],
                    (None, _) => line,
                };
                mask[row] = true;
                touched += 1;
            }
        }
    }
    let mut out = super::apply::set_numbers(&table, name, values)?;
    out.set_filled(name, mask)?;
    Ok((out, touched, told(touched, left, bare, method)))
}

fn told(touched: usize, left: usize, bare: usize, method: FillMethod) -> String {
    let how = match method {
        FillMethod::Forward => "with the last reading before",
        FillMethod::Linear => "along the line between the readings beside the hole",
        FillMethod::Seasonal => "with the shape of the nearest season",
    };
    let mut detail = format!("{touched} missing cells filled {how}");
    if left > 0 {
        detail += &format!("; {left} cells in holes longer than the limit stay missing");
    }
    if bare > 0 {
        detail += &format!("; {bare} cells without a complete season near stay missing");
    }
    detail
}

/// Holes between readings as `a..b` in the order of `rows`.
fn holes(rows: &[usize], present: &[bool]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut last: Option<usize> = None;
    for (i, &row) in rows.iter().enumerate() {
        if present[row] {
            if let Some(l) = last.filter(|l| l + 1 < i) {
                out.push((l + 1, i));
            }
            last = Some(i);
        }
    }
    out
}

/// The bulge of the hole's shape over the straight line, from the nearest season before it that is complete there. Only where none is,
/// as in the first weeks of a table, is one after it taken: what fills a hole is looked back on by forecasts that begin soon after it,
/// and must not come from what they forecast.
fn pattern(known: &[f64], rows: &[usize], a: usize, b: usize, season: usize) -> Option<Vec<f64>> {
    let before = (1..=SEASONS).filter_map(|k| (a - 1).checked_sub(k.checked_mul(season)?));
    let after = (1..=SEASONS).filter_map(|k| {
        let shift = k.checked_mul(season)?;
        b.checked_add(shift).filter(|end| *end < rows.len()).map(|_| a - 1 + shift)
    });
    for from in before.chain(after) {
        let piece: Vec<f64> = rows[from..=from + (b + 1 - a)].iter().map(|&r| known[r]).collect();
        if piece.iter().any(|x| !x.is_finite()) {
            continue;
        }
        let (first, last) = (piece[0], piece[piece.len() - 1]);
        let bulge = (1..piece.len() - 1)
            .map(|i| piece[i] - (first + (last - first) * i as f64 / (piece.len() - 1) as f64));
        return Some(bulge.collect());
    }
    None
}

/// A week where there are three of them, else a day; the season of the step for longer steps.
fn default_season(
    table: &Table,
    roles: &Roles,
    rows: &[(Option<String>, Vec<usize>)],
) -> Result<Option<usize>> {
    let step = super::rows::step(table, roles)?;
    let longest = rows.iter().map(|(_, r)| r.len()).max().unwrap_or(0);
    Ok(step.and_then(|s: Step| match s.per_day().filter(|n| *n > 1) {
        Some(day) if longest >= 21 * day => Some(7 * day),
        Some(day) => Some(day),
        None => s.season(),
    }))
}
