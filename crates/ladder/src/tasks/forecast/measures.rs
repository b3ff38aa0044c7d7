//! What is counted of the parts before a rung is fitted.

use gyeol_forecast::{Prepared, Window};
use gyeol_report::model::Span;

/// Origins among windows, whatever the series.
pub(super) fn origins(data: &Prepared, windows: &[Window]) -> usize {
    let mut times: Vec<i64> =
        windows.iter().map(|w| data.series[w.series as usize].clock.at(w.origin as usize)).collect();
    times.sort_unstable();
    times.dedup();
    times.len()
}

/// The first row of each series on the clock of the earliest.
pub(super) fn starts(data: &Prepared) -> Vec<usize> {
    let first = data.series.iter().min_by_key(|s| s.clock.start);
    data.series.iter().map(|s| first.map_or(0, |f| f.clock.index_at_or_after(s.clock.start))).collect()
}

/// Validation MAE, in scaled units, of repeating the season: what a net must beat to have learnt anything.
pub(super) fn naive_loss(data: &Prepared, windows: &[Window], season: Option<usize>) -> f64 {
    let horizon = data.spec.horizon;
    let mut out = vec![0.0; horizon];
    let (mut sum, mut n) = (0.0, 0.0);
    for w in windows {
        match season {
            Some(season) => gyeol_forecast::baseline::seasonal_naive(data, season, w, &mut out),
            None => gyeol_forecast::baseline::last_value(data, w, &mut out),
        }
        let s = &data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        for (p, y) in out.iter().zip(&s.truth[channel][origin..origin + horizon]) {
            if !y.is_nan() {
                sum += (p - y).abs() / s.scalers[channel].scale;
                n += 1.0;
            }
        }
    }
    sum / n
}

/// What a part spans.
pub(super) fn span_of(data: &Prepared, part: &std::ops::Range<i64>, windows: &[Window]) -> Span {
    let (mut from, mut to, mut rows) = (i64::MAX, i64::MIN, 0);
    for s in data.series.iter() {
        let first = s.clock.index_at_or_after(part.start).min(s.history);
        let end = s.clock.index_at_or_after(part.end).min(s.history);
        if first < end {
            from = from.min(s.clock.at(first));
            to = to.max(s.clock.at(end - 1));
            rows += end - first;
        }
    }
    // All targets of one origin are one window.
    Span { from, to, rows, windows: windows.len() / data.spec.targets.len().max(1) }
}
