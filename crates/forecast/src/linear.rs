//! The linear rung: ridge regression from the look-back to every row of the horizon at once.
//!
//! Inputs (scaled): the target's last `look_back` values minus the last one, that last value, the covariates of
//! the look-back, the calendar bin of the origin as a one-hot row, the year's cycle and the special days of the
//! forecast rows, and the known covariates of the forecast rows. Outputs: the horizon minus the last value.
//! One model a target; the penalty is chosen on the validation windows.

use gyeol_learn::{Gram, Linear};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::prepare::{Prepared, Spec};
use crate::windows::Window;

/// A fitted linear rung.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// What it reads.
    pub inputs: LinearInputs,
    /// One model a target.
    pub channels: Vec<Linear>,
    /// Penalty chosen.
    pub ridge: Vec<f64>,
}

/// Columns of the design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearInputs {
    look_back: usize,
    horizon: usize,
    covariates: usize,
    known: usize,
    calendar: usize,
    bins: usize,
}

/// Most rows of the design kept for the fit: beyond that origins are thinned evenly.
const MOST_COLUMNS: usize = 6_000;

impl LinearInputs {
    /// For prepared readings.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the design would have more columns than the normal equations can bear.
    pub fn new(p: &Prepared) -> Result<Self> {
        let s = &p.spec;
        let inputs = LinearInputs {
            look_back: s.look_back,
            horizon: s.horizon,
            covariates: p.covariate_width(),
            known: s.known.len(),
            calendar: p.calendar_width,
            bins: p.calendar_bins,
        };
        if inputs.width() > MOST_COLUMNS {
            return Err(Error::Parameter {
                name: "look_back",
                value: format!("{} (a linear design of {} columns)", s.look_back, inputs.width()),
                allowed: format!(
                    "small enough for a design of {MOST_COLUMNS} columns, or drop the linear rung"
                ),
            });
        }
        Ok(inputs)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.look_back * (1 + self.covariates) + 1 + self.bins + self.ahead() * (self.known + self.calendar)
    }

    /// Rows forecast.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Forecast rows whose calendar and known covariates are read: all of a short horizon, else 24 spread evenly.
    fn ahead(&self) -> usize {
        self.horizon.min(24)
    }

    /// Writes the inputs of a window.
    fn write(&self, p: &Prepared, w: &Window, out: &mut Vec<f64>) {
        let s = &p.series[w.series as usize];
        let y = &s.scaled[w.channel as usize];
        let origin = w.origin as usize;
        let last = y[origin - 1];
        let from = origin - self.look_back;
        out.extend(y[from..origin].iter().map(|&v| (v - last) as f64));
        out.push(last as f64);
        out.extend(s.covariates[from * self.covariates..origin * self.covariates].iter().map(|&v| v as f64));
        out.extend((0..self.bins).map(|b| f64::from(u8::from(s.bins[origin] as usize == b))));
        let ahead = self.ahead();
        for j in 0..ahead {
            let row = origin + j * self.horizon / ahead;
            let width = self.calendar;
            out.extend(s.calendar[row * width..(row + 1) * width].iter().map(|&v| v as f64));
            let at = row * self.covariates + self.covariates - self.known;
            out.extend(s.covariates[at..at + self.known].iter().map(|&v| v as f64));
        }
    }
}

impl LinearModel {
    /// Fits on `train`, choosing among `penalties` by the mean absolute error on `valid`.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit(
        p: &Prepared,
        train: &[Window],
        valid: &[Window],
        penalties: &[f64],
        pool: &Pool,
    ) -> Result<Self> {
        let inputs = LinearInputs::new(p)?;
        let (width, horizon) = (inputs.width(), p.spec.horizon);
        let mut channels = Vec::new();
        let mut chosen = Vec::new();
        for channel in 0..p.spec.targets.len() {
            let of = |list: &[Window]| -> Vec<Window> {
                list.iter().copied().filter(|w| w.channel as usize == channel).collect()
            };
            let (train, valid) = (of(train), of(valid));
            // Eight partial sums, added in order: the same bits on any number of threads.
            const PARTS: usize = 8;
            let parts: Vec<std::sync::Mutex<Gram>> =
                (0..PARTS).map(|_| std::sync::Mutex::new(Gram::new(width, horizon))).collect();
            pool.run(PARTS, &|_, task| {
                let mut gram = parts[task].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let mine = &train[train.len() * task / PARTS..train.len() * (task + 1) / PARTS];
                let mut block = Vec::new();
                for windows in mine.chunks(256) {
                    block.clear();
                    for w in windows {
                        let s = &p.series[w.series as usize];
                        let y = &s.scaled[w.channel as usize];
                        let origin = w.origin as usize;
                        inputs.write(p, w, &mut block);
                        let last = y[origin - 1];
                        block.extend(y[origin..origin + horizon].iter().map(|&v| (v - last) as f64));
                    }
                    gram.add(&block);
                }
            });
            let mut gram = Gram::new(width, horizon);
            for part in parts {
                gram.merge(&part.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
            }
            let fits: Vec<std::sync::Mutex<Option<Result<(f64, Linear)>>>> =
                penalties.iter().map(|_| std::sync::Mutex::new(None)).collect();
            pool.run(penalties.len(), &|_, task| {
                let fit = gram.solve(penalties[task]).map_err(Error::from).map(|linear| {
                    let (mut x, mut y) = (Vec::new(), vec![0.0; horizon]);
                    let mut error = 0.0;
                    for w in &valid {
                        x.clear();
                        inputs.write(p, w, &mut x);
                        linear.predict(&x, &mut y);
                        let truth = &p.series[w.series as usize].scaled[channel];
                        let origin = w.origin as usize;
                        let last = truth[origin - 1] as f64;
                        error += y
                            .iter()
                            .zip(&truth[origin..origin + horizon])
                            .map(|(a, &b)| (a + last - b as f64).abs())
                            .sum::<f64>();
                    }
                    (error, linear)
                });
                *fits[task].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(fit);
            });
            let mut best: Option<(f64, f64, Linear)> = None;
            let mut failure = None;
            for (fit, &penalty) in fits.into_iter().zip(penalties) {
                match fit.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
                    Some(Ok((error, linear))) if best.as_ref().is_none_or(|b| error < b.0) => {
                        best = Some((error, penalty, linear));
                    }
                    Some(Err(e)) => failure = Some(e),
                    _ => {}
                }
            }
            match (best, failure) {
                (Some((_, penalty, linear)), _) => {
                    chosen.push(penalty);
                    channels.push(linear);
                }
                (None, Some(e)) => return Err(e),
                (None, None) => return Err(gyeol_learn::Error::Empty.into()),
            }
        }
        Ok(LinearModel { inputs, channels, ridge: chosen })
    }

    /// Forecasts a window in its own unit.
    pub fn predict(&self, p: &Prepared, w: &Window, out: &mut [f64]) {
        let s = &p.series[w.series as usize];
        let mut x = Vec::with_capacity(self.inputs.width());
        self.inputs.write(p, w, &mut x);
        self.channels[w.channel as usize].predict(&x, out);
        let last = s.scaled[w.channel as usize][w.origin as usize - 1] as f64;
        for v in out {
            *v = s.scalers[w.channel as usize].inverse(*v + last);
        }
    }

    /// True when the design is the one these readings give.
    pub fn fits(&self, spec: &Spec) -> bool {
        self.channels.len() == spec.targets.len()
            && self.inputs.look_back == spec.look_back
            && self.inputs.horizon == spec.horizon
            && self.channels.iter().all(|c| c.inputs == self.inputs.width() && c.outputs == spec.horizon)
    }
}
