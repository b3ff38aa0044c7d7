//! The days that the report draws: a typical, a good and the worst one of the chosen rung, and others to pick.

use std::collections::BTreeMap;

use gyeol_forecast::{Intervals, Window, baseline};
use gyeol_report::model::{DayExample, DayForecast, DayKind};

use super::detail::TestWindows;

/// Forecasts of a rung that is drawn.
pub struct Drawn<'a> {
    pub rung: &'a str,
    pub forecasts: &'a [f64],
    pub intervals: &'a Intervals,
}

/// Most further days the picker offers.
const OTHERS: usize = 40;

/// Picks and fills the days; `drawn` begins with the chosen rung, others are drawn on the three main days only.
pub fn days(test: &TestWindows<'_>, drawn: &[Drawn<'_>], season: Option<usize>) -> Vec<DayExample> {
    let horizon = test.data.spec.horizon;
    let Some(chosen) = drawn.first() else { return Vec::new() };
    let mut ranked: Vec<(f64, usize)> = test
        .windows
        .iter()
        .enumerate()
        .zip(chosen.forecasts.chunks_exact(horizon))
        .filter(|((_, w), _)| test.begins_day(w))
        .filter_map(|((i, w), f)| Some((test.window_error(w, f)?, i)))
        .collect();
    if ranked.is_empty() {
        return Vec::new();
    }
    let in_time: Vec<usize> = ranked.iter().map(|r| r.1).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let at = |share: f64| ranked[((ranked.len() - 1) as f64 * share).round() as usize].1;
    let main = [(DayKind::Typical, at(0.5)), (DayKind::Good, at(0.1)), (DayKind::Worst, at(1.0))];
    let step = in_time.len().div_ceil(OTHERS).max(1);
    let others = in_time.into_iter().step_by(step).map(|i| (DayKind::Other, i));
    let picked: Vec<(DayKind, usize)> = main.into_iter().chain(others).collect();
    let bands: Vec<Bands> = drawn.iter().map(|d| bands(test, d, &picked)).collect();
    let shown = |kind| if kind == DayKind::Other { 1 } else { drawn.len() };
    let day = |&(kind, i): &(DayKind, usize)| {
        let shown = drawn.iter().zip(&bands).take(shown(kind));
        example(test, kind, i, &shown.collect::<Vec<_>>(), season)
    };
    picked.iter().map(day).collect()
}

/// Lower and upper ends by window.
type Bands = BTreeMap<usize, (Vec<f64>, Vec<f64>)>;

/// The intervals of the picked windows, as the whole part gives them.
fn bands(test: &TestWindows<'_>, drawn: &Drawn<'_>, picked: &[(DayKind, usize)]) -> Bands {
    let mut bands: Bands = picked.iter().map(|(_, i)| (*i, Default::default())).collect();
    drawn.intervals.each(test.data, test.windows, drawn.forecasts, &mut |i, _, ends| {
        if let Some((low, high)) = bands.get_mut(&i) {
            low.push(ends.low);
            high.push(ends.high);
        }
    });
    bands
}

fn example(
    test: &TestWindows<'_>,
    kind: DayKind,
    index: usize,
    drawn: &[(&Drawn<'_>, &Bands)],
    season: Option<usize>,
) -> DayExample {
    let spec = &test.data.spec;
    let horizon = spec.horizon;
    let w: &Window = &test.windows[index];
    let s = &test.data.series[w.series as usize];
    let (channel, origin) = (w.channel as usize, w.origin as usize);
    let before = spec.step.per_day().map_or(horizon, |n| 2 * n).min(spec.look_back).min(origin).min(400);
    let mut naive = vec![0.0; horizon];
    match season {
        Some(season) => baseline::seasonal_naive(test.data, season, w, &mut naive),
        None => baseline::last_value(test.data, w, &mut naive),
    }
    let forecasts = drawn
        .iter()
        .map(|(d, bands)| {
            let value = d.forecasts[index * horizon..(index + 1) * horizon].to_vec();
            let (low, high) = bands.get(&index).cloned().unwrap_or_default();
            DayForecast { rung: d.rung.to_string(), value, low, high }
        })
        .collect();
    DayExample {
        kind,
        series: s.id.clone(),
        target: spec.targets[channel].clone(),
        times: (0..horizon).map(|j| s.clock.at(origin + j)).collect(),
        history: s.values[channel][origin - before..origin].to_vec(),
        truth: test.truth(w).iter().map(|&y| (!y.is_nan()).then_some(y)).collect(),
        naive,
        mae: test
            .window_error(w, &drawn[0].0.forecasts[index * horizon..(index + 1) * horizon])
            .unwrap_or(0.0),
        forecasts,
    }
}
