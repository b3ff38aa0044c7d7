//! Rungs: what can be fitted, and what a fit leaves.

use std::time::Instant;

use gyeol_neural::{Epoch, Fit, State, TrainParams, fit};
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::baseline;
use crate::error::{Error, Result};
use crate::linear::{LinearInputs, LinearModel, PENALTIES};
use crate::net::{LayerShape, Learner, Member, Net, NetParams, NetShape};
use crate::prepare::Prepared;
use crate::windows::{Window, Windows};

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
        net: NetParams,
        /// Training.
        train: TrainParams,
        /// Nets trained from different seeds, whose forecasts are averaged.
        members: usize,
    },
}

/// What a fitted rung forecasts with.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a rung, never in a list")]
pub enum Predictor {
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
        params: NetParams,
        /// The problem's shape.
        shape: NetShape,
        /// The net.
        net: Net,
        /// Parameters of each member.
        members: Vec<Member>,
        /// What its forecasts start from.
        base: Option<LinearModel>,
    },
}

/// Numbers of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Named tensors with their shapes.
pub type Tensors = Vec<(String, Vec<usize>, Values)>;

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
    pub predictor: Predictor,
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
    /// [`Error::Parameter`], or what the net says of its shape.
    pub fn check(&self, data: &Prepared) -> Result<()> {
        match self {
            RungParams::LastValue | RungParams::Linear { .. } => Ok(()),
            RungParams::SeasonalNaive { season: 0 } => {
                Err(Error::Parameter { name: "season", value: "0".into(), allowed: "at least 1 row".into() })
            }
            RungParams::SeasonalNaive { .. } => Ok(()),
            RungParams::Net { members, .. } if !(1..=64).contains(members) => Err(Error::Parameter {
                name: "members",
                value: members.to_string(),
                allowed: "between 1 and 64".into(),
            }),
            RungParams::Net { net, .. } => Net::new(net, &NetShape::of(data)).map(|_| ()),
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
        self.check(data)?;
        let begun = Instant::now();
        let plain =
            |predictor| Fitted { predictor, curve: vec![], best_epoch: 0, iterations: 0, seconds: 0.0 };
        let mut fitted = match self {
            RungParams::LastValue => plain(Predictor::LastValue),
            RungParams::SeasonalNaive { season } => plain(Predictor::SeasonalNaive { season: *season }),
            RungParams::Linear { ridge } => {
                let model = LinearModel::fit(data, &windows.train, &windows.valid, ridge, pool)?;
                plain(Predictor::Linear(model))
            }
            RungParams::Net { net, train, members } => {
                fit_nets(net, train, *members, data, windows, pool, observer)?
            }
        };
        fitted.seconds = begun.elapsed().as_secs_f64();
        Ok(fitted)
    }
}

fn fit_nets(
    params: &NetParams,
    train: &TrainParams,
    members: usize,
    data: &Prepared,
    windows: &Windows,
    pool: &Pool,
    observer: &mut dyn Observer,
) -> Result<Fitted> {
    let shape = NetShape::of(data);
    let net = Net::new(params, &shape)?;
    let all: Vec<Window> = windows.train.iter().chain(&windows.valid).copied().collect();
    let cut = windows.train.len() as u32;
    let (train_samples, valid_samples): (Vec<u32>, Vec<u32>) =
        ((0..cut).collect(), (cut..all.len() as u32).collect());
    let mut fitted = Fitted {
        predictor: Predictor::LastValue,
        curve: Vec::new(),
        best_epoch: 0,
        iterations: 0,
        seconds: 0.0,
    };
    let (base, base_values) = if params.base {
        let (model, mut values) =
            LinearModel::fit_cross(data, &windows.train, &windows.valid, &PENALTIES, pool)?;
        values.extend(model.changes(data, &windows.valid));
        (Some(model), values)
    } else {
        (None, Vec::new())
    };
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
            Net::Sequence(net) => {
                let learner = Learner { net, data, windows: &all, base: &base_values };
                fit(&learner, &own, &train_samples, &valid_samples, pool, resume, &mut observe)?
            }
            Net::Segment(net) => {
                let learner = Learner { net, data, windows: &all, base: &base_values };
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
    fitted.predictor = Predictor::Net { params: params.clone(), shape, net, members: weights, base };
    Ok(fitted)
}

impl Predictor {
    /// Forecasts windows in the target's own unit: (windows, horizon).
    pub fn predict(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        let horizon = data.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        match self {
            Predictor::LastValue => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    baseline::last_value(data, w, out);
                }
            }
            Predictor::SeasonalNaive { season } => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    baseline::seasonal_naive(data, *season, w, out);
                }
            }
            Predictor::Linear(model) => {
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    model.predict(data, w, out);
                }
            }
            Predictor::Net { net, members, base, .. } => {
                let base = base.as_ref().map(|b| b.changes(data, windows)).unwrap_or_default();
                for member in members {
                    let scaled = net.predict(member, data, windows, &base, pool);
                    out.iter_mut().zip(&scaled).for_each(|(o, &v)| *o += v as f64);
                }
                for (w, out) in windows.iter().zip(out.chunks_exact_mut(horizon)) {
                    let scaler = &data.series[w.series as usize].scalers[w.channel as usize];
                    for v in out {
                        *v = scaler.inverse(*v / members.len() as f64);
                    }
                }
            }
        }
        out
    }

    /// Rows of history that a forecast needs.
    pub fn needs(&self, look_back: usize) -> usize {
        match self {
            Predictor::LastValue => 1,
            Predictor::SeasonalNaive { season } => *season,
            _ => look_back,
        }
    }

    /// Trainable numbers.
    pub fn parameters(&self) -> usize {
        match self {
            Predictor::LastValue | Predictor::SeasonalNaive { .. } => 0,
            Predictor::Linear(m) => m.parameters(),
            Predictor::Net { members, base, .. } => {
                members.iter().map(|m| m.params().len()).sum::<usize>()
                    + base.as_ref().map_or(0, LinearModel::parameters)
            }
        }
    }

    /// Layers of a net, for people; empty for baselines.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self {
            Predictor::LastValue | Predictor::SeasonalNaive { .. } => Vec::new(),
            Predictor::Linear(m) => vec![linear_layer(m)],
            Predictor::Net { net, base, .. } => base.iter().map(linear_layer).chain(net.layers()).collect(),
        }
    }

    /// Description and tensors, from which [`Predictor::from_parts`] makes the same predictor.
    pub fn to_parts(&self) -> (serde_json::Value, Tensors) {
        match self {
            Predictor::LastValue => (serde_json::json!({ "kind": "last-value" }), Vec::new()),
            Predictor::SeasonalNaive { season } => {
                (serde_json::json!({ "kind": "seasonal-naive", "season": season }), Vec::new())
            }
            Predictor::Linear(m) => {
                let mut tensors = Vec::new();
                let mut value = linear_parts(m, &mut tensors);
                value["kind"] = "linear".into();
                (value, tensors)
            }
            Predictor::Net { params, shape, net, members, base } => {
                let mut tensors = Vec::new();
                let base = base.as_ref().map(|m| linear_parts(m, &mut tensors));
                for (i, member) in members.iter().enumerate() {
                    for slot in net.layout().slots() {
                        let values = Values::F32(slot.of(member.params()).to_vec());
                        tensors.push((format!("{i}.{}", slot.name), slot.shape.clone(), values));
                    }
                }
                let value = serde_json::json!({
                    "kind": "net", "params": params, "shape": shape, "members": members.len(), "base": base,
                });
                (value, tensors)
            }
        }
    }

    /// A predictor from its parts.
    ///
    /// # Errors
    /// [`Error::Parts`] when something is missing or has another shape.
    pub fn from_parts(value: &serde_json::Value, tensors: &Tensors) -> Result<Predictor> {
        let find = |name: &str, shape: &[usize]| -> Result<&Values> {
            let (_, found, values) = tensors
                .iter()
                .find(|(n, ..)| n == name)
                .ok_or_else(|| Error::Parts(format!("tensor '{name}' is missing")))?;
            if found != shape {
                return Err(Error::Parts(format!(
                    "tensor '{name}' has shape {found:?}, {shape:?} is needed"
                )));
            }
            Ok(values)
        };
        let number = |key: &str| {
            value[key].as_u64().map(|n| n as usize).ok_or_else(|| Error::Parts(format!("'{key}' is missing")))
        };
        let part = |key: &str| value[key].clone();
        let json = |e: serde_json::Error| Error::Parts(e.to_string());
        match value["kind"].as_str() {
            Some("last-value") => Ok(Predictor::LastValue),
            Some("seasonal-naive") => {
                let season = number("season")?;
                if season == 0 {
                    return Err(Error::Parts("the season has no rows".into()));
                }
                Ok(Predictor::SeasonalNaive { season })
            }
            Some("linear") => Ok(Predictor::Linear(linear_from(value, &find)?)),
            Some("net") => {
                let params: NetParams = serde_json::from_value(part("params")).map_err(json)?;
                let shape: NetShape = serde_json::from_value(part("shape")).map_err(json)?;
                shape.check()?;
                let net = Net::new(&params, &shape)?;
                let base = match &value["base"] {
                    serde_json::Value::Null => None,
                    base => Some(linear_from(base, &find)?),
                };
                if base.is_some() != params.base {
                    return Err(Error::Parts("the linear part of its net is missing".into()));
                }
                let mut members = Vec::new();
                for i in 0..number("members")?.min(64) {
                    let mut flat = vec![0f32; net.layout().len()];
                    for slot in net.layout().slots() {
                        let Values::F32(values) = find(&format!("{i}.{}", slot.name), &slot.shape)? else {
                            return Err(Error::Parts("nets are kept in single precision".into()));
                        };
                        slot.of_mut(&mut flat).copy_from_slice(values);
                    }
                    members.push(net.member(flat));
                }
                if members.is_empty() {
                    return Err(Error::Parts("a net needs at least one member".into()));
                }
                Ok(Predictor::Net { params, shape, net, members, base })
            }
            other => Err(Error::Parts(format!("unknown kind {other:?}"))),
        }
    }

    /// True when the predictor reads what `data` holds.
    pub fn fits(&self, data: &Prepared) -> bool {
        match self {
            Predictor::LastValue | Predictor::SeasonalNaive { .. } => true,
            Predictor::Linear(m) => m.fits(data),
            Predictor::Net { shape, base, .. } => {
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

fn linear_parts(m: &LinearModel, tensors: &mut Tensors) -> serde_json::Value {
    for (i, c) in m.channels.iter().enumerate() {
        tensors.push((format!("linear.{i}.w"), vec![c.inputs, c.outputs], Values::F64(c.weights.clone())));
        tensors.push((format!("linear.{i}.b"), vec![c.outputs], Values::F64(c.bias.clone())));
    }
    serde_json::json!({ "inputs": m.inputs, "ridge": m.ridge })
}

fn linear_from<'a>(
    value: &serde_json::Value,
    find: &dyn Fn(&str, &[usize]) -> Result<&'a Values>,
) -> Result<LinearModel> {
    let json = |e: serde_json::Error| Error::Parts(e.to_string());
    let inputs: LinearInputs = serde_json::from_value(value["inputs"].clone()).map_err(json)?;
    let ridge: Vec<f64> = serde_json::from_value(value["ridge"].clone()).map_err(json)?;
    let (p, q) = (inputs.width(), inputs.horizon());
    let mut channels = Vec::new();
    for i in 0..ridge.len() {
        let (Values::F64(weights), Values::F64(bias)) =
            (find(&format!("linear.{i}.w"), &[p, q])?, find(&format!("linear.{i}.b"), &[q])?)
        else {
            return Err(Error::Parts("a linear rung is kept in double precision".into()));
        };
        let (weights, bias) = (weights.clone(), bias.clone());
        channels.push(gyeol_learn::Linear { inputs: p, outputs: q, weights, bias });
    }
    Ok(LinearModel { inputs, channels, ridge })
}
