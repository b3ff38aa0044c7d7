//! What nets start from: the linear forecast of the look-back or the response of each row's own hour, whichever forecasts the
//! validation windows better; and how far a net is followed from there.

use std::time::Instant;

use gyeol_base::Result;
use gyeol_bundle::Bundle;
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::parts;
use crate::linear::{LinearInputs, LinearModel, PENALTIES};
use crate::prepare::Prepared;
use crate::response::ResponseModel;
use crate::windows::{Window, Windows};

/// A forecast that nets correct.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Ridge regression on the look-back.
    Linear(LinearModel),
    /// The response of each row, and the residual carried ahead.
    Response(ResponseModel),
}

impl Start {
    /// The rung's name.
    pub fn name(&self) -> &'static str {
        match self {
            Start::Linear(_) => "linear",
            Start::Response(_) => "response",
        }
    }

    /// The change from the last value that it forecasts for each window, (windows, horizon) in scaled units.
    pub fn changes(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f32> {
        match self {
            Start::Linear(m) => m.changes(data, windows),
            Start::Response(m) => m.changes(data, windows, pool),
        }
    }

    pub(crate) fn parameters(&self) -> usize {
        match self {
            Start::Linear(m) => m.parameters(),
            Start::Response(m) => m.parameters(),
        }
    }

    pub(crate) fn fits(&self, data: &Prepared) -> bool {
        match self {
            Start::Linear(m) => m.fits(data),
            Start::Response(m) => m.fits(data),
        }
    }

    pub(crate) fn pack(&self, bundle: &mut Bundle) -> Result<Value> {
        Ok(match self {
            Start::Linear(m) => crate::pack::pack_linear(m, bundle)?,
            Start::Response(m) => json!({ "response": m.pack(bundle, "response")? }),
        })
    }

    pub(crate) fn unpack(value: &Value, bundle: &Bundle) -> Result<Start> {
        Ok(match &value["response"] {
            Value::Null => Start::Linear(crate::pack::unpack_linear(value, bundle)?),
            response => Start::Response(ResponseModel::unpack(response, bundle, "response")?),
        })
    }
}

/// Responses that were fitted again, for all that start from the same one: by what they were, and between which moments.
#[derive(Debug, Default)]
pub struct Refits(Vec<(ResponseModel, (i64, i64), ResponseModel)>);

impl Refits {
    /// A response fitted between two moments, once for all who ask.
    pub(crate) fn response(
        &mut self,
        model: &ResponseModel,
        data: &Prepared,
        between: (i64, i64),
        pool: &Pool,
    ) -> Result<ResponseModel> {
        let same =
            |known: &&(ResponseModel, (i64, i64), ResponseModel)| known.1 == between && known.0 == *model;
        if let Some((_, _, again)) = self.0.iter().find(same) {
            return Ok(again.clone());
        }
        let again = model.refit(data, between.0, between.1, pool)?;
        self.0.push((model.clone(), between, again.clone()));
        Ok(again)
    }

    /// What nets start from, likewise.
    pub(crate) fn start(
        &mut self,
        start: &Start,
        data: &Prepared,
        between: (i64, i64),
        pool: &Pool,
    ) -> Result<Start> {
        match start {
            Start::Linear(m) => Ok(Start::Linear(m.refit(data, between.0, between.1, pool)?)),
            Start::Response(m) => Ok(Start::Response(self.response(m, data, between, pool)?)),
        }
    }
}

/// The forecast that nets start from, fitted once for all of them: its changes on the training windows by fits that did not see
/// them, then on the validation windows.
#[derive(Debug, Clone)]
pub struct Base {
    pub(crate) model: Start,
    pub(crate) changes: Vec<f32>,
    pub(crate) seconds: f64,
}

/// Share of the linear error that the response must stay under for nets to start from it: what a linear forecast leaves is more
/// alike in training and after it. On the built-in load, where the response errs less by 2 %, an LSTM ends at 81.4 MW from it and
/// at 75.3 MW from the linear one; where the weather is known a week ahead it errs less by half.
const ADVANTAGE: f64 = 0.9;

impl Base {
    /// The rung's name of what it is.
    pub fn name(&self) -> &'static str {
        self.model.name()
    }

    /// Fits both and keeps the linear one unless the response has a tenth less absolute error on the validation windows; the
    /// linear one where its design would be too wide falls away.
    ///
    /// # Errors
    /// As the parts say.
    pub fn fit(data: &Prepared, windows: &Windows, pool: &Pool) -> Result<Base> {
        let begun = Instant::now();
        let (response, cross) = ResponseModel::fit_cross(data, &windows.train, &windows.valid, pool, true)?;
        let mut found = Base::of(Start::Response(response), cross, data, windows, pool);
        if LinearInputs::new(data).is_ok() {
            let (linear, cross) =
                LinearModel::fit_cross(data, &windows.train, &windows.valid, &PENALTIES, pool)?;
            let linear = Base::of(Start::Linear(linear), cross, data, windows, pool);
            if ADVANTAGE * linear.error(data, windows) <= found.error(data, windows) {
                found = linear;
            }
        }
        found.seconds = begun.elapsed().as_secs_f64();
        Ok(found)
    }

    fn of(model: Start, mut changes: Vec<f32>, data: &Prepared, windows: &Windows, pool: &Pool) -> Base {
        changes.extend(model.changes(data, &windows.valid, pool));
        Base { model, changes, seconds: 0.0 }
    }

    /// Σ |error| on the validation windows, in scaled units.
    fn error(&self, data: &Prepared, windows: &Windows) -> f64 {
        let horizon = data.spec.horizon;
        let changes = &self.changes[windows.train.len() * horizon..];
        let of = |(w, changes): (&Window, &[f32])| {
            let y = &data.series[w.series as usize].scaled[w.channel as usize];
            let origin = w.origin as usize;
            let last = y[origin - 1];
            let truth = y[origin..origin + horizon].iter();
            truth.zip(changes).map(|(y, c)| f64::from((y - last - c).abs())).sum::<f64>()
        };
        let sum: f64 = windows.valid.iter().zip(changes.chunks_exact(horizon)).map(of).sum();
        if sum.is_finite() { sum } else { f64::INFINITY }
    }
}

/// How far from their start nets are followed: a share a target and block of the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// First row ahead of each block.
    starts: Vec<usize>,
    /// By target and block.
    shares: Vec<Vec<f64>>,
}

/// Shares tried, the whole way first.
const SHARES: [f64; 9] = [1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0.0];

impl Trust {
    /// All the way, of so many targets.
    pub fn whole(channels: usize) -> Trust {
        Trust::of(channels, 1.0)
    }

    /// One share everywhere.
    fn of(channels: usize, share: f64) -> Trust {
        Trust { starts: vec![0], shares: vec![vec![share]; channels] }
    }

    /// The shares of the least absolute error on the validation windows: `start` and `whole` are what the start and the nets
    /// alone forecast there, (windows, horizon) in the targets' unit.
    pub(crate) fn choose(data: &Prepared, valid: &[Window], start: &[f64], whole: &[f64]) -> Trust {
        let spec = &data.spec;
        let horizon = spec.horizon;
        let day = spec.seasons.first().map_or(horizon.div_ceil(4), |s| s.rows).max(1);
        let mut starts = vec![0, day.div_ceil(4), day, 2 * day, 4 * day];
        starts.retain(|&s| s < horizon);
        starts.dedup();
        let blocks = starts.len();
        let mut errors = vec![[0.0f64; SHARES.len()]; blocks * spec.targets.len()];
        for (i, w) in valid.iter().enumerate() {
            let s = &data.series[w.series as usize];
            let (channel, origin) = (w.channel as usize, w.origin as usize);
            let scale = s.scalers[channel].scale;
            for (j, y) in s.truth[channel][origin..origin + horizon].iter().enumerate() {
                if y.is_nan() {
                    continue;
                }
                let block = starts.partition_point(|&s| s <= j) - 1;
                let (from, to) = (start[i * horizon + j], whole[i * horizon + j]);
                for (sum, share) in errors[channel * blocks + block].iter_mut().zip(SHARES) {
                    *sum += (from + share * (to - from) - y).abs() / scale;
                }
            }
        }
        let share =
            |errors: &[f64; SHARES.len()]| SHARES[gyeol_judge::least(errors.iter().copied()).unwrap_or(0)];
        let shares = errors.chunks_exact(blocks).map(|of| of.iter().map(share).collect()).collect();
        Trust { starts, shares }
    }

    /// The share of a row ahead.
    pub fn share(&self, channel: usize, ahead: usize) -> f64 {
        self.shares[channel][self.starts.partition_point(|&s| s <= ahead) - 1]
    }

    /// True where every row ahead of every target has a share.
    pub(crate) fn fits(&self, channels: usize) -> bool {
        self.starts.first() == Some(&0)
            && self.starts.is_sorted_by(|a, b| a < b)
            && self.shares.len() == channels
            && self
                .shares
                .iter()
                .all(|s| s.len() == self.starts.len() && s.iter().all(|share| (0.0..=1.0).contains(share)))
    }

    /// The least and the largest share.
    pub fn range(&self) -> (f64, f64) {
        let all = || self.shares.iter().flatten().copied();
        (all().fold(1.0, f64::min), all().fold(0.0, f64::max))
    }

    pub(crate) fn unpack(value: &Value, channels: usize) -> Result<Trust> {
        let trust = match value {
            // Models of the first version follow their nets all the way, later ones one share of it.
            Value::Null => Trust::whole(channels),
            Value::Number(n) => Trust::of(channels, n.as_f64().unwrap_or(f64::NAN)),
            other => serde_json::from_value(other.clone()).map_err(parts)?,
        };
        if trust.fits(channels) {
            Ok(trust)
        } else {
            Err(parts("its nets are followed a share of the way that is none"))
        }
    }
}
