//! Rungs: what can be fitted, and what a fit leaves.

use std::sync::Arc;
use std::time::Instant;

use gyeol_neural::{Epoch, Fit, State, TrainParams, fit};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::baseline;
use crate::linear::LinearModel;
use crate::mixture::Mixture;
use crate::net::{ForecastNet, ForecastNetParams, LayerShape, Member, NetShape, WindowLearner};
use crate::prepare::Prepared;
use crate::response::ResponseModel;
use crate::start::{Base, Refits, Start, Trust};
use crate::trees::{ForecastTreesParams, TreesModel};
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
    /// What each row answers to at its own hour, and the newest residual carried ahead.
    Response {
        /// Days by which past years are shifted either way, for scenarios of the covariates that are not known ahead; none where
        /// these are forecast.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scenarios: Option<usize>,
    },
    /// Boosted trees on what the linear or the response forecast leaves.
    Trees(ForecastTreesParams),
    /// Rungs before it, mixed by shares.
    Mixture {
        /// Their names.
        parts: Vec<String>,
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
    /// The response of each row.
    Response(ResponseModel),
    /// Boosted trees.
    Trees(Box<TreesModel>),
    /// Other rungs, each times its share.
    Mixture(Mixture),
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
        base: Option<Start>,
        /// How much of the way from there to what the nets say its forecasts go: shares with the least error on validation, so
        /// that they are no worse there than what they start from.
        trust: Trust,
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
            RungParams::LastValue
            | RungParams::Linear { .. }
            | RungParams::Response { .. }
            | RungParams::Trees(_)
            | RungParams::Mixture { .. } => Ok(()),
            RungParams::SeasonalNaive { season: 0 } => {
                Err(crate::error::parameter("season", "0", "at least 1 row"))
            }
            RungParams::SeasonalNaive { .. } => Ok(()),
            RungParams::Net { members, .. } if !(1..=64).contains(members) => {
                Err(crate::error::parameter("members", members.to_string(), "between 1 and 64"))
            }
            RungParams::Net { net, .. }
                if data.spec.delays.gap > 0
                    && !data.spec.ahead().is_multiple_of(net.segment.unwrap_or(1).max(1)) =>
            {
                let (gap, horizon) = (data.spec.delays.gap, data.spec.horizon);
                let found = net.segment.unwrap_or(1).to_string();
                let rows = format!(
                    "a divisor of the {} rows from the last known reading to the end of the forecast ({gap} that are not known and {horizon})",
                    gap + horizon
                );
                Err(crate::error::parameter("segment", found, rows))
            }
            RungParams::Net { net, .. } => ForecastNet::new(net, &NetShape::of(data.read())).map(|_| ()),
        }
    }

    /// Whether it starts from the linear or the response forecast.
    fn starts(&self) -> bool {
        match self {
            RungParams::Net { net, .. } => net.base,
            RungParams::Trees(params) => params.base,
            _ => false,
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

    /// The same with the forecast that nets of the same windows start from: it is fitted where a net first needs it, and its
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
        let read = windows.read(data);
        let (data, windows) = (data.read(), read.as_ref());
        let base = match (self, base) {
            (params, base) if params.starts() => match base {
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
            RungParams::Response { scenarios } => {
                let mut model = ResponseModel::fit(data, &windows.train, &windows.valid, pool)?;
                if let Some(days) = scenarios {
                    model = model.with_scenarios(data, &windows.train, &windows.valid, *days, pool)?;
                }
                plain(RungPredictor::Response(model))
            }
            RungParams::Trees(params) => {
                let targets = data.spec.targets.len();
                let fit = TreesModel::fit(params, base, data, windows, pool, &mut |channel, round| {
                    observer.progress(Progress {
                        member: channel + 1,
                        members: targets,
                        epoch: round.round,
                        epochs: params.rounds,
                        done: 1,
                        of: 1,
                        loss: round.train_loss,
                        valid_loss: Some(round.valid_loss),
                    })
                })?;
                let iterations = fit.best_round;
                let predictor = RungPredictor::Trees(Box::new(fit.model));
                Fitted { iterations, ..plain(predictor) }
            }
            // Its parts are fitted by themselves, and mixed by `Mixture::of`.
            RungParams::Mixture { .. } => {
                return Err(gyeol_base::Error::defect("a mixture is fitted from its parts"));
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
    let trust = Trust::whole(data.spec.targets.len());
    fitted.predictor =
        RungPredictor::Net { params: params.clone(), shape, net, members: weights, base, trust };
    if !base_values.is_empty() {
        let on_valid = &base_values[windows.train.len() * data.spec.horizon..];
        let whole = fitted.predictor.predict(data, &windows.valid, pool);
        let start = unscaled(on_valid, data, &windows.valid);
        if let RungPredictor::Net { trust, .. } = &mut fitted.predictor {
            *trust = Trust::choose(data, &windows.valid, &start, &whole);
        }
    }
    Ok(fitted)
}

/// Changes from the last value of windows, in the targets' unit.
pub(crate) fn unscaled(changes: &[f32], data: &Prepared, windows: &[Window]) -> Vec<f64> {
    let mut out = Vec::with_capacity(changes.len());
    for (w, changes) in windows.iter().zip(changes.chunks_exact(data.spec.horizon)) {
        let s = &data.series[w.series as usize];
        let channel = w.channel as usize;
        let last = f64::from(s.scaled[channel][w.origin as usize - 1]);
        out.extend(changes.iter().map(|&c| s.scalers[channel].inverse(last + f64::from(c))));
    }
    out
}

impl RungPredictor {
    /// Forecasts windows in the target's own unit: (windows, horizon).
    pub fn predict(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        data.asked(self.forecast(data.read(), &data.read_from(windows), pool))
    }

    /// The same from the first target that is not known on.
    fn forecast(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
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
            RungPredictor::Response(model) => return model.predict(data, windows, pool),
            RungPredictor::Mixture(mixture) => return mixture.predict(data, windows, pool),
            RungPredictor::Trees(trees) => return trees.predict(data, windows, pool),
            RungPredictor::Net { net, members, base, trust, .. } => {
                let base = base.as_ref().map(|b| b.changes(data, windows, pool)).unwrap_or_default();
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
                        if !base.is_empty() {
                            let start = last + f64::from(base[i * horizon + j]);
                            *v = start + trust.share(w.channel as usize, j) * (*v - start);
                        }
                        *v = scaler.inverse(*v);
                    }
                }
            }
        }
        out
    }

    /// The same way fitted on the rows between two moments (milliseconds UTC, the second excluded) alone, `refits` being what others
    /// fitted there already: weights of regressions,
    /// of nets those of what they start from; none of a rung without such weights.
    ///
    /// # Errors
    /// As the parts say.
    pub fn refit(
        &self,
        data: &Prepared,
        between: (i64, i64),
        refits: &mut Refits,
        pool: &Pool,
    ) -> Result<Option<RungPredictor>> {
        let (from, until) = between;
        let data = data.read();
        Ok(match self {
            RungPredictor::Linear(m) => Some(RungPredictor::Linear(m.refit(data, from, until, pool)?)),
            RungPredictor::Response(m) => {
                Some(RungPredictor::Response(refits.response(m, data, between, pool)?))
            }
            RungPredictor::Trees(m) => {
                m.refit(data, between, refits, pool)?.map(|m| RungPredictor::Trees(Box::new(m)))
            }
            RungPredictor::Mixture(m) => m.refit(data, between, refits, pool)?.map(RungPredictor::Mixture),
            RungPredictor::Net { base: Some(base), params, shape, net, members, trust } => {
                let base = Some(refits.start(base, data, between, pool)?);
                Some(RungPredictor::Net {
                    base,
                    params: params.clone(),
                    shape: shape.clone(),
                    net: net.clone(),
                    members: members.clone(),
                    trust: trust.clone(),
                })
            }
            _ => None,
        })
    }

    /// What tells quantiles of its own by scenarios: a response, or one that a mixture takes a share of.
    pub(crate) fn own(&self) -> Option<Arc<ResponseModel>> {
        match self {
            RungPredictor::Response(m) => m.scenarios().map(|_| Arc::new(m.clone())),
            RungPredictor::Mixture(m) => m.taken().find_map(RungPredictor::own),
            _ => None,
        }
    }

    /// Rows of history that a forecast needs.
    pub fn needs(&self, look_back: usize) -> usize {
        match self {
            RungPredictor::LastValue => 1,
            RungPredictor::SeasonalNaive { season } => *season,
            RungPredictor::Mixture(m) => m.needs(look_back),
            _ => look_back,
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => 0,
            RungPredictor::Linear(m) => m.parameters(),
            RungPredictor::Response(m) => m.parameters(),
            RungPredictor::Trees(m) => m.parameters(),
            RungPredictor::Mixture(m) => m.members().map(|(m, _)| m.parameters()).sum(),
            RungPredictor::Net { members, base, .. } => {
                members.iter().map(|m| m.params().len()).sum::<usize>()
                    + base.as_ref().map_or(0, Start::parameters)
            }
        }
    }

    /// Layers of a net, for people; empty for baselines.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } | RungPredictor::Trees(_) => {
                Vec::new()
            }
            RungPredictor::Linear(m) => vec![linear_layer(m)],
            RungPredictor::Response(m) => vec![response_layer(m)],
            RungPredictor::Mixture(m) => m.members().flat_map(|(m, _)| m.layers()).collect(),
            RungPredictor::Net { net, base, .. } => {
                let base = base.iter().map(|base| match base {
                    Start::Linear(m) => linear_layer(m),
                    Start::Response(m) => response_layer(m),
                });
                base.chain(net.layers()).collect()
            }
        }
    }

    /// True when the predictor reads what `data` holds.
    pub fn fits(&self, data: &Prepared) -> bool {
        let data = data.read();
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => true,
            RungPredictor::Linear(m) => m.fits(data),
            RungPredictor::Response(m) => m.fits(data),
            RungPredictor::Mixture(m) => m.fits(data),
            RungPredictor::Trees(m) => m.fits(data),
            RungPredictor::Net { shape, base, .. } => {
                shape.reads(data) && base.as_ref().is_none_or(|m| m.fits(data))
            }
        }
    }
}

fn response_layer(m: &ResponseModel) -> LayerShape {
    let p = m.columns();
    LayerShape {
        name: "response".into(),
        x: format!("(rows, {p})"),
        w: format!("({p}, 1)"),
        b: "(1)".into(),
        y: "(rows, 1)".into(),
        parameters: m.parameters(),
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
