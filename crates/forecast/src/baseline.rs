//! The rungs that learn nothing: repeat the last value, or the value of a season before.

use crate::prepare::Prepared;
use crate::season::lag_for;
use crate::windows::Window;

/// Repeats the last value before the origin.
pub fn last_value(prepared: &Prepared, window: &Window, out: &mut [f64]) {
    out.fill(last(history(prepared, window)));
}

/// Repeats the value one season (or the fewest whole seasons that are known) before each row; where the history
/// does not reach back that far, the last value.
pub fn seasonal_naive(prepared: &Prepared, season: usize, window: &Window, out: &mut [f64]) {
    let values = history(prepared, window);
    let origin = values.len();
    for (ahead, v) in (prepared.spec.delays.gap..).zip(out) {
        let seasons = (lag_for(season, ahead)..=origin + ahead).step_by(season);
        let before = seasons.map(|lag| values[origin + ahead - lag]);
        *v = before.into_iter().find(|value| !value.is_nan()).unwrap_or_else(|| last(values));
    }
}

/// What was read and known before the origin; NaN where cleaning left a hole.
fn history<'a>(prepared: &'a Prepared, window: &Window) -> &'a [f64] {
    &prepared.series[window.series as usize].values[window.channel as usize]
        [..window.origin as usize - prepared.spec.delays.gap]
}

fn last(values: &[f64]) -> f64 {
    values.iter().rev().copied().find(|value| !value.is_nan()).unwrap_or(f64::NAN)
}
