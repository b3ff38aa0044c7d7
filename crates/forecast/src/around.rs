//! Interval and quantiles around the forecasts of one window: by offsets of the validation part, or by the scenarios of a model that
//! tells quantiles of its own.

use std::sync::Arc;

use crate::interval::{Ends, Intervals, size};
use crate::prepare::Prepared;
use crate::windows::Window;

/// Intervals around the forecasts of one window.
pub struct At<'a> {
    intervals: &'a Intervals,
    data: &'a Prepared,
    window: Window,
    /// (horizon, ends) from the median, by scenarios; empty where offsets tell.
    own: Arc<[f64]>,
}

impl Intervals {
    /// Those of one window.
    pub fn at<'a>(&'a self, data: &'a Prepared, w: &Window) -> At<'a> {
        let mut own = Vec::new();
        if let Some(model) = &self.own {
            // The median goes last.
            let levels: Vec<f64> = self.nominal().into_iter().chain([0.5]).collect();
            let read = &data.read_from(std::slice::from_ref(w))[0];
            let said = model.quantiles(data.read(), read, &levels).unwrap_or_default();
            for said in said.chunks_exact(levels.len()).skip(data.spec.delays.gap) {
                let (ends, median) = (&said[..levels.len() - 1], said[levels.len() - 1]);
                own.extend(ends.iter().map(|end| end - median));
            }
        }
        At::with(self, data, w, own.into())
    }
}

impl<'a> At<'a> {
    /// With what scenarios told of the window before.
    pub(crate) fn with(intervals: &'a Intervals, data: &'a Prepared, w: &Window, own: Arc<[f64]>) -> At<'a> {
        At { intervals, data, window: *w, own }
    }

    pub(crate) fn own(&self) -> &Arc<[f64]> {
        &self.own
    }

    /// The ends as they are placed, and the half-width in which scores are counted: the target's scale where there is no width.
    pub(crate) fn half(&self, ahead: usize, value: f64, bare: &mut Vec<f64>) -> f64 {
        let half = self.bare(ahead, value, bare);
        let w = &self.window;
        if half > 0.0 { half } else { self.data.series[w.series as usize].scalers[w.channel as usize].scale }
    }

    /// Interval and quantiles around a forecast `ahead` rows from the origin, in the target's unit.
    pub fn ends(&self, ahead: usize, value: f64) -> Ends {
        let mut bare = Vec::with_capacity(2 + self.intervals.levels.len());
        self.bare(ahead, value, &mut bare);
        self.intervals.held(self.window.channel as usize, &bare)
    }

    /// Lower end, upper end and quantiles as their offsets place them; half the width of the interval.
    pub(crate) fn bare(&self, ahead: usize, value: f64, out: &mut Vec<f64>) -> f64 {
        let (intervals, data, w) = (self.intervals, self.data, &self.window);
        out.clear();
        let ends = 2 + intervals.levels.len();
        if let Some(own) = self.own.chunks_exact(ends).nth(ahead) {
            out.extend(own.iter().map(|offset| value + offset));
            return (own[1] - own[0]) / 2.0;
        }
        let s = &data.series[w.series as usize];
        let channel = w.channel as usize;
        let scaler = &s.scalers[channel];
        let hour = if intervals.hours.is_empty() { 0 } else { data.hour(s, w.origin as usize + ahead) };
        let (low, high, quantiles, unit) = intervals.offsets(channel, ahead, hour, scaler.transform(value));
        let scale = scaler.scale * size(&intervals.spread, s, channel);
        let all = [low, high].into_iter().chain(quantiles.iter().copied());
        out.extend(all.map(|offset| value + offset * unit * scale));
        (high - low) / 2.0 * unit * scale
    }
}
