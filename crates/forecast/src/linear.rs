//! The linear rung: ridge regression from the look-back to every row of the horizon at once.
//!
//! Inputs (scaled): the target's last `look_back` values minus the last one, that last value, the covariates of
//! the look-back, the calendar bin of the origin as a one-hot row, the year's cycle and the special days of the
//! forecast rows, and the known covariates of the forecast rows. Outputs: what the naive forecast leaves, which is the best on
//! the validation windows of repeating the last value or a season; it is what a penalty shrinks towards. One model a target;
//! the penalty is chosen on the validation windows too, and is infinite where the naive forecast alone is best there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gyeol_learn::{Gram, Linear};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::season::lag_for;
use crate::windows::Window;
use gyeol_base::Result;

/// A fitted linear rung.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    /// What it reads.
    pub inputs: LinearInputs,
    /// One model a target.
    pub channels: Vec<Linear>,
    /// Penalty chosen; infinite where nothing but the naive forecast is left.
    pub ridge: Vec<f64>,
    /// Rows of the season that the naive forecast of each model repeats; 0 repeats the last value.
    pub towards: Vec<usize>,
}

/// What a column reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// Readings of the target.
    Lags,
    /// Calendar.
    Calendar,
    /// A covariate by its place.
    Covariate(usize),
}

/// Columns of the design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearInputs {
    look_back: usize,
    horizon: usize,
    covariates: usize,
    /// Rows from one reading of the covariates to the one before it.
    covariate_step: usize,
    known: usize,
    calendar: usize,
    bins: usize,
}

/// Columns that the covariates of the look-back may take; where they would take more they are read at longer steps,
/// since neighbouring readings tell nearly the same.
const MOST_COVARIATES: usize = 1_200;

/// Most columns of the design: the normal equations take their square in memory and their cube in time.
const MOST_COLUMNS: usize = 6_000;

impl LinearInputs {
    /// For prepared readings.
    ///
    /// # Errors
    /// `parameter` where the design would have more columns than the normal equations can bear.
    pub fn new(p: &Prepared) -> Result<Self> {
        let s = &p.spec;
        let inputs = LinearInputs {
            look_back: s.look_back,
            horizon: s.horizon,
            covariates: p.covariate_width(),
            covariate_step: (s.look_back * p.covariate_width()).div_ceil(MOST_COVARIATES).max(1),
            known: s.known.len(),
            calendar: p.calendar_width,
            bins: p.calendar_bins,
        };
        if inputs.width() > MOST_COLUMNS {
            return Err(crate::error::parameter(
                "look_back",
                format!("{} (a linear design of {} columns)", s.look_back, inputs.width()),
                format!("small enough for a design of {MOST_COLUMNS} columns, or drop the linear rung"),
            ));
        }
        Ok(inputs)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        // The numbers may come out of a file: what does not fit is wider than any tensor.
        let readings = self.look_back.div_ceil(self.covariate_step.max(1)).saturating_mul(self.covariates);
        let ahead = self.ahead().saturating_mul(self.known.saturating_add(self.calendar));
        [readings, 1, self.bins, ahead].into_iter().fold(self.look_back, usize::saturating_add)
    }

    /// Rows forecast.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// Forecast rows whose calendar and known covariates are read: all of a short horizon, else 24 spread evenly.
    fn ahead(&self) -> usize {
        self.horizon.min(24)
    }

    /// What each column reads, in the order in which they are written.
    fn blocks(&self) -> impl Iterator<Item = Block> {
        let readings = self.look_back.div_ceil(self.covariate_step.max(1));
        let own = std::iter::repeat_n(Block::Lags, self.look_back + 1);
        let covariates = self.covariates;
        let back = (0..readings).flat_map(move |_| (0..covariates).map(Block::Covariate));
        let bins = std::iter::repeat_n(Block::Calendar, self.bins);
        let (calendar, known) = (self.calendar, self.known);
        let ahead = (0..self.ahead()).flat_map(move |_| {
            let days = std::iter::repeat_n(Block::Calendar, calendar);
            days.chain((covariates - known..covariates).map(Block::Covariate))
        });
        own.chain(back).chain(bins).chain(ahead)
    }

    /// The change from the last value that a fit forecasts, in scaled units.
    fn change(&self, p: &Prepared, w: &Window, linear: &Linear, towards: usize) -> Vec<f64> {
        let mut x = Vec::with_capacity(self.width());
        self.write(p, w, &mut x);
        let mut y = vec![0.0; self.horizon];
        linear.predict(&x, &mut y);
        y.iter_mut().enumerate().for_each(|(j, y)| *y += naive(p, w, towards, j));
        y
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
        // The last row before the origin is always among them.
        let first = from + (self.look_back - 1) % self.covariate_step;
        for row in (first..origin).step_by(self.covariate_step) {
            out.extend(
                s.covariates[row * self.covariates..(row + 1) * self.covariates].iter().map(|&v| v as f64),
            );
        }
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

/// The change from the last value, in scaled units, where the season of `towards` rows is repeated.
fn naive(p: &Prepared, w: &Window, towards: usize, ahead: usize) -> f64 {
    let y = &p.series[w.series as usize].scaled[w.channel as usize];
    let origin = w.origin as usize;
    match towards {
        0 => 0.0,
        season => f64::from(y[origin + ahead - lag_for(season, ahead)] - y[origin - 1]),
    }
}

/// Penalties tried where nobody names others.
pub const PENALTIES: [f64; 6] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];

/// Parts of the training windows, each contiguous in time: partial sums that are added in order (the same bits on
/// any number of threads), and the folds of cross-fitting.
const PARTS: usize = 8;

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The training windows of one channel with their sums.
struct Design<'a> {
    inputs: &'a LinearInputs,
    data: &'a Prepared,
    train: Vec<Window>,
    grams: Vec<Gram>,
    towards: usize,
}

impl<'a> Design<'a> {
    fn new(
        inputs: &'a LinearInputs,
        data: &'a Prepared,
        train: Vec<Window>,
        towards: usize,
        pool: &Pool,
    ) -> Self {
        let (width, horizon) = (inputs.width(), inputs.horizon);
        let grams: Vec<Mutex<Gram>> = (0..PARTS).map(|_| Mutex::new(Gram::new(width, horizon))).collect();
        pool.run(PARTS, &|_, part| {
            let mut gram = lock(&grams[part]);
            let mut block = Vec::new();
            for windows in train[part_of(train.len(), part)].chunks(256) {
                block.clear();
                for w in windows {
                    let y = &data.series[w.series as usize].scaled[w.channel as usize];
                    let origin = w.origin as usize;
                    inputs.write(data, w, &mut block);
                    let last = y[origin - 1];
                    let rest = |(j, &v): (usize, &f32)| f64::from(v - last) - naive(data, w, towards, j);
                    block.extend(y[origin..origin + horizon].iter().enumerate().map(rest));
                }
                gram.add(&block);
            }
        });
        let grams =
            grams.into_iter().map(|g| g.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        Design { inputs, data, train, grams, towards }
    }

    /// Sums of every part but one.
    fn without(&self, part: Option<usize>) -> Gram {
        let mut gram = Gram::new(self.inputs.width(), self.inputs.horizon);
        for (i, one) in self.grams.iter().enumerate() {
            if Some(i) != part {
                gram.merge(one);
            }
        }
        gram
    }

    /// The penalty with the least absolute error on `valid`, and its fit; an infinite one leaves the naive forecast.
    fn choose(&self, valid: &[Window], penalties: &[f64], pool: &Pool) -> Result<(f64, Linear)> {
        let gram = self.without(None);
        let none = self.nothing();
        let alone = valid.iter().map(|w| self.error(&none, w)).sum::<f64>();
        let fits: Vec<Mutex<Option<Judged>>> = penalties.iter().map(|_| Mutex::new(None)).collect();
        pool.run(penalties.len(), &|_, task| {
            let fit = gram.solve(penalties[task]).map(|linear| {
                let error = valid.iter().map(|w| self.error(&linear, w)).sum::<f64>();
                (error, linear)
            });
            *lock(&fits[task]) = Some(fit);
        });
        let mut best: Option<(f64, f64, Linear)> = None;
        let mut failure = None;
        for (fit, &penalty) in fits.into_iter().zip(penalties) {
            match fit.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(Ok((error, linear))) if best.as_ref().is_none_or(|b| error < b.0) => {
                    best = Some((error, penalty, linear));
                }
                Some(Err(e)) => failure = Some(e),
                _ => {}
            }
        }
        match (best, failure) {
            (Some((error, ..)), _) if alone < error => Ok((f64::INFINITY, none)),
            (Some((_, penalty, linear)), _) => Ok((penalty, linear)),
            (None, Some(e)) => Err(e),
            (None, None) => Err(gyeol_learn::no_rows()),
        }
    }

    /// The fit of an infinite penalty, of its bias too.
    fn nothing(&self) -> Linear {
        let (inputs, outputs) = (self.inputs.width(), self.inputs.horizon);
        Linear { inputs, outputs, weights: vec![0.0; inputs * outputs], bias: vec![0.0; outputs] }
    }

    fn solve(&self, gram: &Gram, penalty: f64) -> Result<Linear> {
        if penalty.is_infinite() { Ok(self.nothing()) } else { gram.solve(penalty) }
    }

    fn error(&self, linear: &Linear, w: &Window) -> f64 {
        let y = &self.data.series[w.series as usize].scaled[w.channel as usize];
        let origin = w.origin as usize;
        let last = y[origin - 1] as f64;
        let truth = &y[origin..origin + self.inputs.horizon];
        self.inputs
            .change(self.data, w, linear, self.towards)
            .iter()
            .zip(truth)
            .map(|(a, &b)| (a + last - b as f64).abs())
            .sum()
    }
}

/// A fit with its error on the validation windows.
type Judged = Result<(f64, Linear)>;

/// Rows of the season whose repetition has the least absolute error on the validation windows; 0 repeats the last value.
fn best_naive(p: &Prepared, valid: &[Window]) -> usize {
    let error = |towards: usize| {
        let of = |w: &Window| {
            let y = &p.series[w.series as usize].scaled[w.channel as usize];
            let origin = w.origin as usize;
            let rows = y[origin..origin + p.spec.horizon].iter().enumerate();
            rows.map(|(j, &v)| (naive(p, w, towards, j) - f64::from(v - y[origin - 1])).abs()).sum::<f64>()
        };
        valid.iter().map(of).sum::<f64>()
    };
    let candidates: Vec<usize> =
        std::iter::once(0).chain(p.spec.near_seasons().map(|season| season.rows)).collect();
    gyeol_judge::least(candidates.iter().map(|&rows| error(rows))).map_or(0, |place| candidates[place])
}

fn part_of(windows: usize, part: usize) -> std::ops::Range<usize> {
    windows * part / PARTS..windows * (part + 1) / PARTS
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
        LinearModel::fit_channels(p, train, valid, penalties, pool, None)
    }

    /// The same, and the change that it forecasts for each training window, (windows, horizon) in scaled units, by
    /// a fit that did not see the window's part of the clock (cross-fitting): what another model may learn the
    /// rest of without being told the answers.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit_cross(
        p: &Prepared,
        train: &[Window],
        valid: &[Window],
        penalties: &[f64],
        pool: &Pool,
    ) -> Result<(Self, Vec<f32>)> {
        let mut out = vec![0f32; train.len() * p.spec.horizon];
        let model = LinearModel::fit_channels(p, train, valid, penalties, pool, Some(&mut out))?;
        Ok((model, out))
    }

    fn fit_channels(
        p: &Prepared,
        train: &[Window],
        valid: &[Window],
        penalties: &[f64],
        pool: &Pool,
        mut cross: Option<&mut Vec<f32>>,
    ) -> Result<Self> {
        let inputs = LinearInputs::new(p)?;
        let horizon = p.spec.horizon;
        let mut channels = Vec::new();
        let (mut chosen, mut shrunk) = (Vec::new(), Vec::new());
        for channel in 0..p.spec.targets.len() {
            let mine = |w: &Window| w.channel as usize == channel;
            let mut place: Vec<usize> = (0..train.len()).filter(|&i| mine(&train[i])).collect();
            // Parts are stretches of the clock, whatever series a window is of: series share their weather.
            place.sort_by_key(|&i| p.series[train[i].series as usize].clock.at(train[i].origin as usize));
            let valid: Vec<Window> = valid.iter().copied().filter(mine).collect();
            let towards = best_naive(p, &valid);
            let design = Design::new(&inputs, p, place.iter().map(|&i| train[i]).collect(), towards, pool);
            let (penalty, linear) = design.choose(&valid, penalties, pool)?;
            if let Some(cross) = cross.as_deref_mut() {
                let parts: Vec<Mutex<Result<Vec<f64>>>> =
                    (0..PARTS).map(|_| Mutex::new(Ok(Vec::new()))).collect();
                pool.run(PARTS, &|_, part| {
                    let windows = &design.train[part_of(design.train.len(), part)];
                    let fit = design.solve(&design.without(Some(part)), penalty);
                    let changes = |linear: &Linear| {
                        windows.iter().flat_map(|w| inputs.change(p, w, linear, towards)).collect()
                    };
                    *lock(&parts[part]) = fit.map(|linear| changes(&linear));
                });
                for (part, values) in parts.into_iter().enumerate() {
                    let values = values.into_inner().unwrap_or_else(PoisonError::into_inner)?;
                    let places = &place[part_of(place.len(), part)];
                    for (&at, row) in places.iter().zip(values.chunks_exact(horizon)) {
                        for (o, &v) in cross[at * horizon..(at + 1) * horizon].iter_mut().zip(row) {
                            *o = v as f32;
                        }
                    }
                }
            }
            chosen.push(penalty);
            shrunk.push(towards);
            channels.push(linear);
        }
        Ok(LinearModel { inputs, channels, ridge: chosen, towards: shrunk })
    }

    /// The same penalties fitted on the windows between two moments.
    ///
    /// # Errors
    /// As the parts say.
    pub fn refit(&self, p: &Prepared, from: i64, until: i64, pool: &Pool) -> Result<Self> {
        let mut train = crate::windows::between(p, from, until);
        train.sort_by_key(|w| p.series[w.series as usize].clock.at(w.origin as usize));
        let mut again = self.clone();
        for (channel, (&penalty, &towards)) in self.ridge.iter().zip(&self.towards).enumerate() {
            let own: Vec<Window> = train.iter().copied().filter(|w| w.channel as usize == channel).collect();
            // Before there is a window to learn from the first fit stands.
            if !own.is_empty() {
                let design = Design::new(&self.inputs, p, own, towards, pool);
                again.channels[channel] = design.solve(&design.without(None), penalty)?;
            }
        }
        Ok(again)
    }

    /// The change from the last value that it forecasts for each window, (windows, horizon) in scaled units.
    pub fn changes(&self, p: &Prepared, windows: &[Window]) -> Vec<f32> {
        windows.iter().flat_map(|w| self.change(p, w)).map(|v| v as f32).collect()
    }

    fn change(&self, p: &Prepared, w: &Window) -> Vec<f64> {
        let channel = w.channel as usize;
        self.inputs.change(p, w, &self.channels[channel], self.towards[channel])
    }

    /// What a window's forecast is made of in scaled units, each (horizon): the level, which repeats the past, and what each block
    /// of inputs adds.
    pub(crate) fn terms(&self, p: &Prepared, w: &Window) -> (Vec<f64>, Vec<(Block, Vec<f64>)>) {
        let (channel, horizon) = (w.channel as usize, self.inputs.horizon);
        let (linear, towards) = (&self.channels[channel], self.towards[channel]);
        let last = f64::from(p.series[w.series as usize].scaled[channel][w.origin as usize - 1]);
        let level = (0..horizon).map(|j| last + naive(p, w, towards, j) + linear.bias[j]).collect();
        let mut x = Vec::with_capacity(self.inputs.width());
        self.inputs.write(p, w, &mut x);
        let mut parts: Vec<(Block, Vec<f64>)> = Vec::new();
        for ((block, v), weights) in self.inputs.blocks().zip(&x).zip(linear.weights.chunks_exact(horizon)) {
            let at = parts.iter().position(|(known, _)| *known == block).unwrap_or_else(|| {
                parts.push((block, vec![0.0; horizon]));
                parts.len() - 1
            });
            parts[at].1.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += v * weight);
        }
        (level, parts)
    }

    /// Forecasts a window in its own unit.
    pub fn predict(&self, p: &Prepared, w: &Window, out: &mut [f64]) {
        let s = &p.series[w.series as usize];
        let channel = w.channel as usize;
        let last = s.scaled[channel][w.origin as usize - 1] as f64;
        for (o, v) in out.iter_mut().zip(self.change(p, w)) {
            *o = s.scalers[channel].inverse(v + last);
        }
    }

    /// Numbers fitted.
    pub fn parameters(&self) -> usize {
        self.channels.iter().map(Linear::parameters).sum()
    }

    /// True when its design is the one that these readings give.
    pub fn fits(&self, data: &Prepared) -> bool {
        self.channels.len() == data.spec.targets.len()
            && self.towards.iter().all(|&rows| rows <= data.spec.look_back)
            && LinearInputs::new(data).is_ok_and(|i| i == self.inputs)
    }
}
