//! Copies windows out of prepared columns into the order that nets read.

use gyeol_tensor::Real;

use crate::prepare::Prepared;
use crate::season::lag_for;
use crate::windows::Window;

/// Columns of an encoder row: the target, the covariates and, if asked, the calendar.
pub(super) fn encoder_width(covariates: usize, calendar: usize, row_calendar: bool) -> usize {
    1 + covariates + if row_calendar { calendar } else { 0 }
}

/// x (look_back, windows, width): the rows before each origin, oldest first.
pub(super) fn encoder<T: Real>(
    data: &Prepared,
    windows: &[Window],
    centred: bool,
    row_calendar: bool,
    x: &mut [T],
) {
    let (covariates, calendar) = (data.covariate_width(), data.calendar_width);
    let width = encoder_width(covariates, calendar, row_calendar);
    let (look_back, n) = (data.spec.look_back, windows.len());
    for (c, w) in windows.iter().enumerate() {
        let s = &data.series[w.series as usize];
        let y = &s.scaled[w.channel as usize];
        let origin = w.origin as usize;
        let last = if centred { y[origin - 1] } else { 0.0 };
        for t in 0..look_back {
            let row = origin - look_back + t;
            let out = &mut x[(t * n + c) * width..(t * n + c + 1) * width];
            out[0] = T::from_f64((y[row] - last) as f64);
            let rest = &s.covariates[row * covariates..(row + 1) * covariates];
            for (o, &v) in out[1..].iter_mut().zip(rest) {
                *o = T::from_f64(v as f64);
            }
            if row_calendar {
                let rest = &s.calendar[row * calendar..(row + 1) * calendar];
                for (o, &v) in out[1 + covariates..].iter_mut().zip(rest) {
                    *o = T::from_f64(v as f64);
                }
            }
        }
    }
}

/// What of a forecast row is known at the origin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ahead {
    pub horizon: usize,
    pub calendar: bool,
    pub calendar_width: usize,
    pub known: usize,
    pub covariates: usize,
    pub seasons: Vec<usize>,
    pub centred: bool,
    pub base: bool,
}

impl Ahead {
    /// Columns.
    pub fn width(&self) -> usize {
        (if self.calendar { self.calendar_width } else { 0 })
            + self.known
            + self.seasons.len()
            + usize::from(self.base)
    }

    /// f (horizon, windows, width): the linear forecast, season values, calendar, known covariates of each
    /// forecast row. `base` is (windows, horizon), empty without a linear forecast.
    pub fn gather<T: Real>(&self, data: &Prepared, windows: &[Window], base: &[f32], f: &mut [T]) {
        let (width, n) = (self.width(), windows.len());
        for (c, w) in windows.iter().enumerate() {
            let s = &data.series[w.series as usize];
            let y = &s.scaled[w.channel as usize];
            let origin = w.origin as usize;
            let last = if self.centred { y[origin - 1] } else { 0.0 };
            for j in 0..self.horizon {
                let row = origin + j;
                let out = &mut f[(j * n + c) * width..(j * n + c + 1) * width];
                let (first, out) = out.split_at_mut(usize::from(self.base));
                if let Some(first) = first.first_mut() {
                    *first = T::from_f64(base[c * self.horizon + j] as f64);
                }
                let (seasons, rest) = out.split_at_mut(self.seasons.len());
                for (o, &season) in seasons.iter_mut().zip(&self.seasons) {
                    *o = T::from_f64((y[row - lag_for(season, j)] - last) as f64);
                }
                let (calendar, known) = rest.split_at_mut(rest.len() - self.known);
                for (o, &v) in calendar.iter_mut().zip(&s.calendar[row * self.calendar_width..]) {
                    *o = T::from_f64(v as f64);
                }
                let at = row * self.covariates + self.covariates - self.known;
                for (o, &v) in known.iter_mut().zip(&s.covariates[at..]) {
                    *o = T::from_f64(v as f64);
                }
            }
        }
    }
}

/// Scaled last value of each window: what centring takes away and the head may still want to know.
pub(super) fn level<T: Real>(data: &Prepared, w: &Window) -> T {
    let y = &data.series[w.series as usize].scaled[w.channel as usize];
    T::from_f64(y[w.origin as usize - 1] as f64)
}
