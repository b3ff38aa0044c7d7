//! The rungs that learn nothing: repeat the last value, or the value of a season before.

use crate::prepare::Prepared;
use crate::season::lag_for;
use crate::windows::Window;

/// Repeats the last value before the origin.
pub fn last_value(prepared: &Prepared, window: &Window, out: &mut [f64]) {
    let values = &prepared.series[window.series as usize].values[window.channel as usize];
    out.fill(values[window.origin as usize - 1]);
}

/// Repeats the value one season (or the fewest whole seasons that are known) before each row; where the history
/// does not reach back that far, the last value.
pub fn seasonal_naive(prepared: &Prepared, season: usize, window: &Window, out: &mut [f64]) {
    let values = &prepared.series[window.series as usize].values[window.channel as usize];
    let origin = window.origin as usize;
    for (ahead, v) in out.iter_mut().enumerate() {
        let row = (origin + ahead).checked_sub(lag_for(season, ahead));
        *v = row.map_or(values[origin - 1], |row| values[row]);
    }
}
