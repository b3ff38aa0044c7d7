//! Forecasters in and out of model files: `about` and `predictor` in the manifest, weights as tensors.

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Packed, Tensor};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::parts;
use crate::forecaster::{About, Forecaster};
use crate::linear::{LinearInputs, LinearModel};
use crate::mixture::Mixture;
use crate::net::{ForecastNet, ForecastNetParams, NetShape};
use crate::prepare::hours_of;
use crate::response::ResponseModel;
use crate::rung::RungPredictor;
use crate::start::{Start, Trust};
use crate::trees::TreesModel;

impl Packed for Forecaster {
    const KIND: &'static str = "forecast";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let about = serde_json::to_value(&self.about).map_err(parts)?;
        bundle.manifest.rung.clone_from(&self.rung);
        let predictor = self.predictor.pack(bundle)?;
        if let (Some(hierarchy), Some(reconciliation)) = (&self.about.hierarchy, &self.about.reconciliation) {
            reconciliation.pack(hierarchy, bundle)?;
        }
        bundle.manifest.model = json!({ "rung": self.rung, "about": about, "predictor": predictor });
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Forecaster> {
        let value = &bundle.manifest.model;
        let mut about: About = read(&value["about"])?;
        let rung = value["rung"].as_str().unwrap_or_default().to_string();
        let (channels, horizon) = (about.spec.targets.len(), about.spec.horizon);
        if channels == 0 || horizon == 0 || horizon > 100_000 || about.spec.look_back > 100_000 {
            return Err(parts("its spec names no target or no horizon"));
        }
        let delays = &about.spec.delays;
        let far = |rows: i64| rows.unsigned_abs() > 100_000;
        if delays.gap > 100_000 || delays.embargo > 100_000 || delays.lags.iter().copied().any(far) {
            return Err(parts("its values become known later than any window could bridge"));
        }
        if !about.intervals.fits(channels, horizon, hours_of(&about.spec)) {
            return Err(parts("its interval does not cover the horizon"));
        }
        if about.scalers.series.iter().any(|s| s.targets.len() != channels)
            || about.yardsticks.mase.len() != about.scalers.series.len()
            || about.yardsticks.range.len() != about.scalers.series.len()
            || about.yardsticks.mase.iter().chain(&about.yardsticks.range).any(|y| y.len() != channels)
            || about.scalers.covariates.len() != about.spec.past.len() + about.spec.known.len()
            || about.spec.seasons.iter().any(|s| s.rows == 0)
        {
            return Err(parts("its scalers or seasons do not cover its columns"));
        }
        if about.hierarchy.as_ref().is_some_and(|h| !h.sound()) {
            return Err(parts("its sums name series that are not there"));
        }
        match (&about.hierarchy, &mut about.reconciliation) {
            (Some(hierarchy), Some(reconciliation)) => reconciliation.unpack(hierarchy, channels, &bundle)?,
            (None, Some(_)) => return Err(parts("it makes sums add up that it does not have")),
            _ => {}
        }
        let predictor = RungPredictor::unpack(&value["predictor"], &bundle)?;
        Ok(Forecaster::new(rung, about, predictor))
    }

    fn parameters(&self) -> u64 {
        self.predictor.parameters() as u64
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(parts)
}

impl RungPredictor {
    /// Puts its weights into a bundle; the description from which [`RungPredictor::unpack`] makes the same predictor.
    ///
    /// # Errors
    /// A tensor that no file can hold.
    pub fn pack(&self, bundle: &mut Bundle) -> Result<Value> {
        Ok(match self {
            RungPredictor::LastValue => json!({ "kind": "last-value" }),
            RungPredictor::SeasonalNaive { season } => json!({ "kind": "seasonal-naive", "season": season }),
            RungPredictor::Linear(m) => {
                let mut value = pack_linear(m, bundle)?;
                value["kind"] = "linear".into();
                value
            }
            RungPredictor::Mixture(m) => {
                let mut members = Vec::new();
                let before = std::mem::take(&mut bundle.tensors);
                let mut all = before;
                for (at, (member, _)) in m.members().enumerate() {
                    members.push(member.pack(bundle)?);
                    let own = std::mem::take(&mut bundle.tensors);
                    all.extend(own.into_iter().map(|(name, tensor)| (format!("{at}/{name}"), tensor)));
                }
                bundle.tensors = all;
                json!({ "kind": "mixture", "members": members, "shares": m.shares(), "names": m.names() })
            }
            RungPredictor::Trees(m) => m.pack(bundle)?,
            RungPredictor::Response(m) => {
                json!({ "kind": "response", "response": m.pack(bundle, "response")? })
            }
            RungPredictor::Net { params, shape, net, members, base, trust } => {
                let base = base.as_ref().map(|m| m.pack(bundle)).transpose()?;
                for (i, member) in members.iter().enumerate() {
                    for slot in net.layout().slots() {
                        let tensor = Tensor::f32(slot.shape.clone(), slot.of(member.params()).to_vec())?;
                        bundle.tensors.insert(format!("{i}.{}", slot.name), tensor);
                    }
                }
                json!({ "kind": "net", "params": params, "shape": shape, "members": members.len(), "base": base, "trust": trust })
            }
        })
    }

    /// A predictor from its description and the tensors of a bundle.
    ///
    /// # Errors
    /// `bad-manifest` where something is missing or has another shape.
    pub fn unpack(value: &Value, bundle: &Bundle) -> Result<RungPredictor> {
        let number = |key: &str| {
            value[key].as_u64().map(|n| n as usize).ok_or_else(|| parts(format!("'{key}' is missing")))
        };
        match value["kind"].as_str() {
            Some("last-value") => Ok(RungPredictor::LastValue),
            Some("seasonal-naive") => {
                let season = number("season")?;
                if season == 0 {
                    return Err(parts("the season has no rows"));
                }
                Ok(RungPredictor::SeasonalNaive { season })
            }
            Some("linear") => Ok(RungPredictor::Linear(unpack_linear(value, bundle)?)),
            Some("trees") => Ok(RungPredictor::Trees(Box::new(TreesModel::unpack(value, bundle)?))),
            Some("response") => {
                Ok(RungPredictor::Response(ResponseModel::unpack(&value["response"], bundle, "response")?))
            }
            Some("mixture") => {
                let described: Vec<Value> = read(&value["members"])?;
                let mut members = Vec::new();
                for (at, one) in described.iter().enumerate() {
                    if one["kind"] == "mixture" {
                        return Err(parts("a mixture of mixtures"));
                    }
                    let start = format!("{at}/");
                    let own = |(name, tensor): (&String, &Tensor)| {
                        Some((name.strip_prefix(&start)?.to_owned(), tensor.clone()))
                    };
                    let mut inner = Bundle::new(bundle.manifest.clone());
                    inner.tensors = bundle.tensors.iter().filter_map(own).collect();
                    members.push(RungPredictor::unpack(one, &inner)?);
                }
                let mixture = Mixture::new(read(&value["names"])?, members, read(&value["shares"])?);
                mixture.map(RungPredictor::Mixture).ok_or_else(|| parts("the shares of its mixture are none"))
            }
            Some("net") => {
                let params: ForecastNetParams = read(&value["params"])?;
                let shape: NetShape = read(&value["shape"])?;
                shape.check()?;
                let net = ForecastNet::new(&params, &shape)?;
                let base = match &value["base"] {
                    Value::Null => None,
                    base => Some(Start::unpack(base, bundle)?),
                };
                if base.is_some() != params.base {
                    return Err(parts("the linear part of its net is missing"));
                }
                let mut members = Vec::new();
                for i in 0..number("members")?.min(64) {
                    let mut flat = vec![0f32; net.layout().len()];
                    for slot in net.layout().slots() {
                        let name = format!("{i}.{}", slot.name);
                        let tensor = shaped(bundle, &name, &slot.shape)?;
                        let values =
                            tensor.as_f32().ok_or_else(|| parts("nets are kept in single precision"))?;
                        slot.of_mut(&mut flat).copy_from_slice(values);
                    }
                    members.push(net.member(flat));
                }
                if members.is_empty() {
                    return Err(parts("a net needs at least one member"));
                }
                let trust = Trust::unpack(&value["trust"], shape.channels)?;
                if trust.range().0 < 1.0 && base.is_none() {
                    return Err(parts("its nets are followed a share of the way from nowhere"));
                }
                Ok(RungPredictor::Net { params, shape, net, members, base, trust })
            }
            other => Err(parts(format!("unknown kind {other:?}"))),
        }
    }
}

pub(crate) fn shaped<'a>(bundle: &'a Bundle, name: &str, shape: &[usize]) -> Result<&'a Tensor> {
    let tensor = bundle.tensor(name, shape.len())?;
    if tensor.shape != shape {
        return Err(parts(format!("tensor '{name}' has shape {:?}, {shape:?} is needed", tensor.shape)));
    }
    Ok(tensor)
}

pub(crate) fn pack_linear(m: &LinearModel, bundle: &mut Bundle) -> Result<Value> {
    for (i, c) in m.channels.iter().enumerate() {
        let weights = Tensor::f64([c.inputs, c.outputs], c.weights.clone())?;
        bundle.tensors.insert(format!("linear.{i}.w"), weights);
        bundle.tensors.insert(format!("linear.{i}.b"), Tensor::f64([c.outputs], c.bias.clone())?);
    }
    // A number that is not finite is null there: an infinite penalty.
    Ok(json!({ "inputs": m.inputs, "ridge": m.ridge, "towards": m.towards }))
}

pub(crate) fn unpack_linear(value: &Value, bundle: &Bundle) -> Result<LinearModel> {
    let inputs: LinearInputs = read(&value["inputs"])?;
    let ridge: Vec<Option<f64>> = read(&value["ridge"])?;
    // Models of the first version start from the last value.
    let towards: Vec<usize> = match &value["towards"] {
        Value::Null => vec![0; ridge.len()],
        rows => read(rows)?,
    };
    if towards.len() != ridge.len() {
        return Err(parts("its linear models and what they are shrunk towards are not as many"));
    }
    let (p, q) = (inputs.width(), inputs.horizon());
    let mut channels = Vec::new();
    for i in 0..ridge.len() {
        let numbers = |name: String, shape: &[usize]| {
            let numbers = shaped(bundle, &name, shape)?.as_f64().map(<[f64]>::to_vec);
            numbers.ok_or_else(|| parts("a linear rung is kept in double precision"))
        };
        let weights = numbers(format!("linear.{i}.w"), &[p, q])?;
        let bias = numbers(format!("linear.{i}.b"), &[q])?;
        channels.push(gyeol_learn::Linear { inputs: p, outputs: q, weights, bias });
    }
    let ridge = ridge.into_iter().map(|r| r.unwrap_or(f64::INFINITY)).collect();
    Ok(LinearModel { inputs, channels, ridge, towards })
}
