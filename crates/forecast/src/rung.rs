//! Rungs: what can be fitted, and what a fit leaves.

use std::time::Instant;

use gyeol_neural::{Epoch, Fit, State, TrainParams, fit};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::baseline;
use crate::linear::{LinearModel, PENALTIES};
use crate::net::{ForecastNet, ForecastNetParams, LayerShape, Member, NetShape, WindowLearner};
use crate::prepare::Prepared;
use crate::windows::{Window, Windows};
use gyeol_base::Result;

/// Kind and hyper-parameters of a rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[allow(clippy::large_enum_variant, reason = "a handful a run")]
pub enum RungParams {
    /// Repeat the last value.
    LastValue,
    /// Repeat the season before.
    SeasonalNaive {
        /// Its rows.
        season: usize,
    },
    /// Ridge regression.
    Linear {
        /// Penalties to choose from.
        ridge: Vec<f64>,
    },
    /// A neural net, or the mean of several.
    Net {
        /// Shape and inputs.
        net: ForecastNetParams,
        /// Training.
        train: TrainParams,
        /// Nets trained from different seeds, whose forecasts are averaged.
        members: usize,
    },
}

/// What a fitted rung forecasts with.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a rung, never in a list")]
pub enum RungPredictor {
    /// Last value.
    LastValue,
    /// Seasonal naive.
    SeasonalNaive {
        /// Rows of the season.
        season: usize,
    },
    /// Ridge regression.
    Linear(LinearModel),
    /// Nets.
    Net {
        /// Shape and inputs.
        params: ForecastNetParams,
        /// The problem's shape.
        shape: NetShape,
        /// The net.
        net: ForecastNet,
        /// Parameters of each member.
        members: Vec<Member>,
        /// What its forecasts start from.
        base: Option<LinearModel>,
        /// Share of the way from there to what the nets say that its forecasts go: that with the least error on validation, so
        /// that they are no worse there than what they start from.
        trust: f64,
    },
}

/// Where a fit stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Member being trained, from 1.
    pub member: usize,
    /// Members in all.
    pub members: usize,
    /// Epoch in progress, from 1.
    pub epoch: usize,
    /// Most epochs.
    pub epochs: usize,
    /// Iterations done in the epoch.
    pub done: usize,
    /// Iterations an epoch.
    pub of: usize,
    /// Training loss of the epoch so far.
    pub loss: f64,
    /// Validation loss of the epoch before, once there is one.
    pub valid_loss: Option<f64>,
}

/// What the caller wants to see of a fit, and how it is resumed.
pub trait Observer {
    /// Called after each iteration; false stops the fit with [`gyeol_neural::Error::Stopped`].
    fn progress(&mut self, _progress: Progress) -> bool {
        true
    }
    /// Called after each epoch with the state to go on from.
    fn checkpoint(&mut self, _member: usize, _state: &State<f32>) {}
    /// The state that a member (from 0) goes on from.
    fn resume(&mut self, _member: usize) -> Option<State<f32>> {
        None
    }
}

/// An observer that looks at nothing.
pub struct Quiet;
impl Observer for Quiet {}

/// The linear forecast that nets start from, fitted once for all of them: its changes on the training windows by fits that did
/// not see them, then on the validation windows.
#[derive(Debug, Clone)]
pub struct Base {
    model: LinearModel,
    changes: Vec<f32>,
    seconds: f64,
}

impl Base {
    /// Fits it.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit(data: &Prepared, windows: &Windows, pool: &Pool) -> Result<Base> {
        let begun = Instant::now();
        let (model, mut changes) =
            LinearModel::fit_cross(data, &windows.train, &windows.valid, &PENALTIES, pool)?;
        changes.extend(model.changes(data, &windows.valid));
        Ok(Base { model, changes, seconds: begun.elapsed().as_secs_f64() })
    }
}

/// A fitted rung with what is known of the fit.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// What forecasts.
    pub predictor: RungPredictor,
    /// Learning curve of the first member; empty without epochs.
    pub curve: Vec<Epoch>,
    /// Epoch kept by the first member; 0 without epochs.
    pub best_epoch: usize,
    /// Iterations of all members.
    pub iterations: usize,
    /// Wall seconds.
    pub seconds: f64,
}

impl RungParams {
    /// Whether such a rung can be made for the data at all, before anything is fitted.
    ///
    /// # Errors
    /// `parameter`, or what the net says of its shape.
    pub fn check(&self, data: &Prepared) -> Result<()> {
        match self {
            RungParams::LastValue | RungParams::Linear { .. } => Ok(()),
            RungParams::SeasonalNaive { season: 0 } => {
                Err(crate::error::parameter("season", "0", "at least 1 row"))
            }
            RungParams::SeasonalNaive { .. } => Ok(()),
            RungParams::Net { members, .. } if !(1..=64).contains(members) => {
                Err(crate::error::parameter("members", members.to_string(), "between 1 and 64"))
            }
            RungParams::Net { net, .. } => ForecastNet::new(net, &NetShape::of(data)).map(|_| ()),
        }
    }

    /// Fits on the training windows; the validation windows choose.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit(
        &self,
        data: &Prepared,
        windows: &Windows,
        pool: &Pool,
        observer: &mut dyn Observer,
    ) -> Result<Fitted> {
        self.fit_on(&mut None, data, windows, pool, observer)
    }

    /// The same with the linear forecast that nets of the same windows share: it is fitted where a net first needs it, and its
    /// seconds count for each.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit_on(
        &self,
        base: &mut Option<Base>,
        data: &Prepared,
        windows: &Windows,
        pool: &Pool,
        observer: &mut dyn Observer,
    ) -> Result<Fitted> {
        self.check(data)?;
        let base = match (self, base) {
            (RungParams::Net { net, .. }, base) if net.base => match base {
                Some(base) => Some(&*base),
                none => Some(&*none.insert(Base::fit(data, windows, pool)?)),
            },
            _ => None,
        };
        let begun = Instant::now();
        let plain =
            |predictor| Fitted { predictor, curve: vec![], best_epoch: 0, iterations: 0, seconds: 0.0 };
        let mut fitted = match self {
            RungParams::LastValue => plain(RungPredictor::LastValue),
            RungParams::SeasonalNaive { season } => plain(RungPredictor::SeasonalNaive { season: *season }),
            RungParams::Linear { ridge } => {
                let model = LinearModel::fit(data, &windows.train, &windows.valid, ridge, pool)?;
                plain(RungPredictor::Linear(model))
            }
            RungParams::Net { net, train, members } => {
                fit_nets(net, train, *members, base, data, windows, pool, observer)?
            }
        };
        fitted.seconds = begun.elapsed().as_secs_f64() + base.map_or(0.0, |base| base.seconds);
        Ok(fitted)
    }
}

fn fit_nets(
    params: &ForecastNetParams,
    train: &TrainParams,
    members: usize,
    base: Option<&Base>,
    data: &Prepared,
    windows: &Windows,
    pool: &Pool,
    observer: &mut dyn Observer,
) -> Result<Fitted> {
    let shape = NetShape::of(data);
    let net = ForecastNet::new(params, &shape)?;
    let all: Vec<Window> = windows.train.iter().chain(&windows.valid).copied().collect();
    let cut = windows.train.len() as u32;
    let (train_samples, valid_samples): (Vec<u32>, Vec<u32>) =
        ((0..cut).collect(), (cut..all.len() as u32).collect());
    let mut fitted = Fitted {
        predictor: RungPredictor::LastValue,
        curve: Vec::new(),
        best_epoch: 0,
        iterations: 0,
        seconds: 0.0,
    };
    let base_values = base.map_or(&[][..], |base| &base.changes);
    let mut weights = Vec::new();
    for member in 0..members {
        let mut own = train.clone();
        own.seed = train.seed.wrapping_add((member as u64).wrapping_mul(0x5851_f42d_4c95_7f2d));
        let resume = observer.resume(member);
        let mut valid_loss = resume.as_ref().and_then(|s| s.curve.last()).map(|e| e.valid_loss);
        let mut observe = |event: Fit<'_, f32>| match event {
            Fit::Iteration { epoch, done, of, loss, .. } => observer.progress(Progress {
                member: member + 1,
                members,
                epoch,
                epochs: own.epochs,
                done,
                of,
                loss,
                valid_loss,
            }),
            Fit::Epoch(state) => {
                valid_loss = state.curve.last().map(|e| e.valid_loss);
                observer.checkpoint(member, state);
                true
            }
        };
        let state = match &net {
            ForecastNet::Sequence(net) => {
                let learner = WindowLearner { net, data, windows: &all, base: base_values };
                fit(&learner, &own, &train_samples, &valid_samples, pool, resume, &mut observe)?
            }
            ForecastNet::Segment(net) => {
                let learner = WindowLearner { net, data, windows: &all, base: base_values };
                fit(&learner, &own, &train_samples, &valid_samples, pool, resume, &mut observe)?
            }
        };
        fitted.iterations += state.iteration;
        if member == 0 {
            fitted.curve = state.curve;
            fitted.best_epoch = state.best_epoch;
        }
        weights.push(net.member(state.best));
    }
    let base = base.map(|b| b.model.clone());
    fitted.predictor =
        RungPredictor::Net { params: params.clone(), shape, net, members: weights, base, trust: 1.0 };
    if !base_values.is_empty() {
        let on_valid = &base_values[windows.train.len() * data.spec.horizon..];
        fitted.predictor.choose_trust(on_valid, data, &windows.valid, pool);
    }
    Ok(fitted)
}

/// Shares tried, the whole way first.
const TRUSTS: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];

impl RungPredictor {
    /// Forecasts windows in the target's own unit: (windows, horizon).
    pub fn predict(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        let horizon = data.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        match self {
            RungPredictor::LastValue => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    baseline::last_value(data, w, out);
                }
            }
            RungPredictor::SeasonalNaive { season } => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    baseline::seasonal_naive(data, *season, w, out);
                }
            }
            RungPredictor::Linear(model) => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    model.predict(data, w, out);
                }
            }
            RungPredictor::Net { net, members, base, trust, .. } => {
                let base = base.as_ref().map(|b| b.changes(data, windows)).unwrap_or_default();
                for member in members {
                    let scaled = net.predict(member, data, windows, &base, pool);
                    out.iter_mut().zip(&scaled).for_each(|(o, &v)| *o += v as f64);
                }
                for (i, (w, out)) in windows.iter().zip(out.chunks_exact_mut(horizon)).enumerate() {
                    let s = &data.series[w.series as usize];
                    let scaler = &s.scalers[w.channel as usize];
                    let last = f64::from(s.scaled[w.channel as usize][w.origin as usize - 1]);
                    for (j, v) in out.iter_mut().enumerate() {
                        *v /= members.len() as f64;
                        if *trust < 1.0 {
                            let start = last + f64::from(base[i * horizon + j]);
                            *v = start + trust * (*v - start);
                        }
                        *v = scaler.inverse(*v);
                    }
                }
            }
        }
        out
    }

    /// Sets how far nets are followed from their base, whose changes on the validation windows are given, by the least absolute
    /// error there.
    fn choose_trust(&mut self, changes: &[f32], data: &Prepared, valid: &[Window], pool: &Pool) {
        let whole = self.predict(data, valid, pool);
        let horizon = data.spec.horizon;
        let error = |trust: f64| {
            let of = |(i, w): (usize, &Window)| {
                let s = &data.series[w.series as usize];
                let (channel, origin) = (w.channel as usize, w.origin as usize);
                let (scaler, last) = (&s.scalers[channel], f64::from(s.scaled[channel][origin - 1]));
                let truth = s.truth[channel][origin..origin + horizon].iter().enumerate();
                let miss = |(j, y): (usize, &f64)| {
                    let at = i * horizon + j;
                    let start = scaler.inverse(last + f64::from(changes[at]));
                    (start + trust * (whole[at] - start) - y).abs() / scaler.scale
                };
                truth.filter(|(_, y)| !y.is_nan()).map(miss).sum::<f64>()
            };
            valid.iter().enumerate().map(of).sum::<f64>()
        };
        let best = gyeol_judge::least(TRUSTS.map(error)).unwrap_or(0);
        if let RungPredictor::Net { trust, .. } = self {
            *trust = TRUSTS[best];
        }
    }

    /// Rows of history that a forecast needs.
    pub fn needs(&self, look_back: usize) -> usize {
        match self {
            RungPredictor::LastValue => 1,
            RungPredictor::SeasonalNaive { season } => *season,
            _ => look_back,
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => 0,
            RungPredictor::Linear(m) => m.parameters(),
            RungPredictor::Net { members, base, .. } => {
                members.iter().map(|m| m.params().len()).sum::<usize>()
                    + base.as_ref().map_or(0, LinearModel::parameters)
            }
        }
    }

    /// Layers of a net, for people; empty for baselines.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => Vec::new(),
            RungPredictor::Linear(m) => vec![linear_layer(m)],
            RungPredictor::Net { net, base, .. } => {
                base.iter().map(linear_layer).chain(net.layers()).collect()
            }
        }
    }

    /// True when the predictor reads what `data` holds.
    pub fn fits(&self, data: &Prepared) -> bool {
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => true,
            RungPredictor::Linear(m) => m.fits(data),
            RungPredictor::Net { shape, base, .. } => {
                *shape == NetShape::of(data) && base.as_ref().is_none_or(|m| m.fits(data))
            }
        }
    }
}

fn linear_layer(m: &LinearModel) -> LayerShape {
    let (p, q) = m.channels.first().map_or((0, 0), |c| (c.inputs, c.outputs));
    let n = m.channels.len();
    LayerShape {
        name: if n > 1 { format!("ridge × {n}") } else { "ridge".into() },
        x: format!("(B, {p})"),
        w: format!("({p}, {q})"),
        b: format!("({q})"),
        y: format!("(B, {q})"),
        parameters: m.parameters(),
    }
}
