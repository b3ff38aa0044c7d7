//! The rung of boosted trees: what the linear or response forecast leaves, by lead, calendar, weather and lags.
//!
//! A row is a window and a row ahead of it. Columns: the lead, the start's change, the last value, values a season before, mean and
//! deviation of the last season, the hour of the week, the calendar of the row ahead, covariates known ahead there and a season
//! before, those known up to the origin at its last row. Trees are of [`gyeol_learn::trees`]; as with nets, how far they are
//! followed from their start is chosen on the validation windows.

use gyeol_base::{Error, Result};
use gyeol_bundle::{Bundle, Tensor};
use gyeol_learn::Features;
use gyeol_learn::trees::{Answers, Round, TreeLoss, TreeParts, Trees, TreesParams};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::parts;
use crate::prepare::Prepared;
use crate::season::lag_for;
use crate::start::{Base, Refits, Start, Trust};
use crate::windows::{Window, Windows};

/// How trees are grown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastTreesParams {
    /// Most rounds.
    pub rounds: usize,
    /// Step of a round.
    pub learning_rate: f64,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Least rows of a leaf.
    pub min_rows: usize,
    /// Whether they start from the linear or the response forecast.
    pub base: bool,
    /// Squared instead of absolute errors.
    pub squared: bool,
    /// Seed.
    pub seed: u64,
}

/// Rows ahead that are learnt from, and on which the last round is chosen.
const ROWS: usize = 300_000;
const VALID_ROWS: usize = 60_000;
/// Rows written down at once when forecasting.
const BLOCK: usize = 8_192;
const PATIENCE: usize = 30;

/// Fitted trees, one set a target, with what they start from.
#[derive(Debug, Clone)]
pub struct TreesModel {
    base: Option<Start>,
    channels: Vec<Trees>,
    trust: Trust,
}

/// What a fit leaves beside the model.
pub struct TreesFitted {
    /// The model.
    pub model: TreesModel,
    /// Losses of the first target, round by round.
    pub curve: Vec<Round>,
    /// Its best round.
    pub best_round: usize,
}

impl TreesModel {
    /// Fits on the training windows; the validation windows choose the rounds and how far trees are followed.
    ///
    /// # Errors
    /// As the parts say; `stopped`.
    pub fn fit(
        params: &ForecastTreesParams,
        base: Option<&Base>,
        data: &Prepared,
        windows: &Windows,
        pool: &Pool,
        observe: &mut dyn FnMut(usize, &Round) -> bool,
    ) -> Result<TreesFitted> {
        let horizon = data.spec.horizon;
        let (mut channels, mut curve, mut best_round) = (Vec::new(), Vec::new(), 0);
        let trained = windows.train.len();
        let changes = base.map_or(&[][..], |base| &base.changes);
        for channel in 0..data.spec.targets.len() {
            let gathered = |list: &[Window], first: usize, most: usize| {
                let own: Vec<usize> =
                    (0..list.len()).filter(|&i| list[i].channel as usize == channel).collect();
                let every = (own.len() * horizon).div_ceil(most).max(1);
                let (mut x, mut y, mut rows) = (Vec::new(), Vec::new(), 0);
                for (k, &i) in own.iter().enumerate() {
                    let w = &list[i];
                    let s = &data.series[w.series as usize];
                    let known = Known::of(data, w);
                    for j in (0..horizon).filter(|j| (k * 7 + j).is_multiple_of(every)) {
                        let truth = s.scaled[channel][w.origin as usize + j];
                        if s.truth[channel][w.origin as usize + j].is_nan() {
                            continue;
                        }
                        let change = changes.get((first + i) * horizon + j).copied().unwrap_or(0.0);
                        known.write(data, w, j, change, &mut x);
                        y.push(f64::from(truth - known.last - change));
                        rows += 1;
                    }
                }
                Ok::<_, Error>((Dense::new(rows, columns(data), x)?, y))
            };
            let (x, y) = gathered(&windows.train, 0, ROWS)?;
            let (vx, vy) = gathered(&windows.valid, trained, VALID_ROWS)?;
            let grown = TreesParams {
                rounds: params.rounds,
                learning_rate: params.learning_rate,
                leaves: params.leaves,
                min_rows: params.min_rows,
                rows: 0.7,
                columns: 0.7,
                loss: if params.squared { TreeLoss::Squared } else { TreeLoss::Absolute },
                patience: PATIENCE,
                seed: params.seed,
                ..TreesParams::default()
            };
            let valid = Some((Features::Dense(&vx), Answers::Values(&vy)));
            let fit = grown.fit(Features::Dense(&x), Answers::Values(&y), valid, pool, &mut |round| {
                observe(channel, round)
            })?;
            if channel == 0 {
                (curve, best_round) = (fit.curve, fit.best_round);
            }
            channels.push(fit.model);
        }
        let mut model = TreesModel {
            base: base.map(|b| b.model.clone()),
            channels,
            trust: Trust::whole(data.spec.targets.len()),
        };
        if !changes.is_empty() {
            let on_valid = &changes[trained * horizon..];
            let whole = model.predict_on(data, &windows.valid, on_valid, pool)?;
            let start = crate::rung::unscaled(on_valid, data, &windows.valid);
            model.trust = Trust::choose(data, &windows.valid, &start, &whole);
        }
        Ok(TreesFitted { model, curve, best_round })
    }

    /// Forecasts in the targets' unit, (windows, horizon).
    pub(crate) fn predict(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        let base = self.base.as_ref().map(|b| b.changes(data, windows, pool)).unwrap_or_default();
        // Rows are of the columns that the trees were grown on: `fits` was asked.
        self.predict_on(data, windows, &base, pool)
            .unwrap_or_else(|_| vec![f64::NAN; windows.len() * data.spec.horizon])
    }

    fn predict_on(&self, data: &Prepared, windows: &[Window], base: &[f32], pool: &Pool) -> Result<Vec<f64>> {
        let horizon = data.spec.horizon;
        let mut out = vec![0.0; windows.len() * horizon];
        for (channel, trees) in self.channels.iter().enumerate() {
            let own: Vec<usize> =
                (0..windows.len()).filter(|&i| windows[i].channel as usize == channel).collect();
            for part in own.chunks((BLOCK / horizon).max(1)) {
                let mut x = Vec::new();
                for &i in part {
                    let known = Known::of(data, &windows[i]);
                    for j in 0..horizon {
                        let change = base.get(i * horizon + j).copied().unwrap_or(0.0);
                        known.write(data, &windows[i], j, change, &mut x);
                    }
                }
                let x = Dense::new(part.len() * horizon, columns(data), x)?;
                let said = trees.values(Features::Dense(&x), pool)?;
                for (&i, said) in part.iter().zip(said.chunks_exact(horizon)) {
                    let s = &data.series[windows[i].series as usize];
                    let last = f64::from(s.scaled[channel][windows[i].origin as usize - 1]);
                    for (j, more) in said.iter().enumerate() {
                        let change = base.get(i * horizon + j).map_or(0.0, |&c| f64::from(c));
                        let share = if base.is_empty() { 1.0 } else { self.trust.share(channel, j) };
                        out[i * horizon + j] = s.scalers[channel].inverse(last + change + share * more);
                    }
                }
            }
        }
        Ok(out)
    }

    pub(crate) fn refit(
        &self,
        data: &Prepared,
        between: (i64, i64),
        refits: &mut Refits,
        pool: &Pool,
    ) -> Result<Option<TreesModel>> {
        let Some(base) = &self.base else { return Ok(None) };
        Ok(Some(TreesModel { base: Some(refits.start(base, data, between, pool)?), ..self.clone() }))
    }

    /// What they start from.
    pub(crate) fn base(&self) -> &Option<Start> {
        &self.base
    }

    /// How far trees are followed from their start.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn parameters(&self) -> usize {
        let trees: usize = self.channels.iter().map(Trees::parameters).sum();
        trees + self.base.as_ref().map_or(0, Start::parameters)
    }

    pub(crate) fn fits(&self, data: &Prepared) -> bool {
        self.channels.len() == data.spec.targets.len()
            && self.channels.iter().all(|t| t.inputs() == columns(data) && t.classes() == 0)
            && self.trust.fits(data.spec.targets.len())
            && self.base.as_ref().is_none_or(|b| b.fits(data))
    }

    pub(crate) fn pack(&self, bundle: &mut Bundle) -> Result<Value> {
        let base = self.base.as_ref().map(|b| b.pack(bundle)).transpose()?;
        let mut described = Vec::new();
        for (i, trees) in self.channels.iter().enumerate() {
            let TreeParts { inputs, loss, base, roots, columns, numbers, left, missing_left, gains } =
                trees.parts();
            let mut put = |name: &str, tensor| bundle.tensors.insert(format!("trees.{i}.{name}"), tensor);
            for (name, v) in [("roots", roots), ("splits", columns), ("left", left)] {
                put(name, Tensor::bytes(v.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()));
            }
            put("missing_left", Tensor::bytes(missing_left.clone()));
            for (name, v) in [("base", base), ("numbers", numbers), ("gains", gains)] {
                put(name, Tensor::f64([v.len()], v.clone())?);
            }
            described.push(json!({ "inputs": inputs, "loss": loss.name() }));
        }
        Ok(json!({ "kind": "trees", "base": base, "trees": described, "trust": self.trust }))
    }

    pub(crate) fn unpack(value: &Value, bundle: &Bundle) -> Result<TreesModel> {
        let base = match &value["base"] {
            Value::Null => None,
            base => Some(Start::unpack(base, bundle)?),
        };
        let described = value["trees"].as_array().ok_or_else(|| parts("its trees are missing"))?;
        let mut channels = Vec::new();
        for (i, one) in described.iter().enumerate() {
            let name = |name: &str| format!("trees.{i}.{name}");
            let whole = |what: &str| -> Result<Vec<u32>> {
                let bytes = bundle.bytes(&name(what))?;
                if !bytes.len().is_multiple_of(4) {
                    return Err(parts(format!("'{what}' of its trees is cut off")));
                }
                Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
            };
            let numbers = |what: &str| Ok::<_, Error>(bundle.f64(&name(what), 1)?.to_vec());
            channels.push(Trees::new(TreeParts {
                inputs: one["inputs"].as_u64().map_or(0, |n| n as usize),
                loss: TreeLoss::named(one["loss"].as_str().unwrap_or_default())?,
                base: numbers("base")?,
                roots: whole("roots")?,
                columns: whole("splits")?,
                numbers: numbers("numbers")?,
                left: whole("left")?,
                missing_left: bundle.bytes(&name("missing_left"))?.to_vec(),
                gains: numbers("gains")?,
            })?);
        }
        let trust = Trust::unpack(&value["trust"], channels.len())?;
        Ok(TreesModel { base, channels, trust })
    }
}

/// Columns of a row.
fn columns(p: &Prepared) -> usize {
    6 + p.spec.near_seasons().count() + p.calendar_width + 2 * p.spec.known.len() + p.spec.past.len()
}

/// What all rows ahead of a window share.
struct Known {
    last: f32,
    mean: f64,
    deviation: f64,
}

impl Known {
    fn of(p: &Prepared, w: &Window) -> Known {
        let y = &p.series[w.series as usize].scaled[w.channel as usize];
        let origin = w.origin as usize;
        let rows = p.spec.near_seasons().map(|s| s.rows).next().unwrap_or(p.spec.look_back);
        let past = &y[origin.saturating_sub(rows)..origin];
        let n = past.len().max(1) as f64;
        let mean = past.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let square = past.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        Known { last: y[origin - 1], mean, deviation: square.sqrt() }
    }

    fn write(&self, p: &Prepared, w: &Window, ahead: usize, change: f32, out: &mut Vec<f64>) {
        let s = &p.series[w.series as usize];
        let y = &s.scaled[w.channel as usize];
        let row = w.origin as usize + ahead;
        let last = f64::from(self.last);
        out.extend([
            ahead as f64,
            f64::from(change),
            last,
            self.mean - last,
            self.deviation,
            f64::from(s.bins[row]),
        ]);
        for season in p.spec.near_seasons() {
            out.push(f64::from(y[row - lag_for(season.rows, ahead)]) - last);
        }
        let columns = p.calendar_width;
        out.extend(s.calendar[row * columns..(row + 1) * columns].iter().map(|&v| f64::from(v)));
        let width = p.covariate_width();
        let past = p.spec.past.len();
        let at = |row: usize, c: usize| f64::from(s.covariates[row * width + c]);
        let day = p.spec.near_seasons().map(|s| s.rows).next();
        for c in past..width {
            out.push(at(row, c));
            out.push(at(row, c) - at(day.map_or(w.origin as usize - 1, |day| row - lag_for(day, ahead)), c));
        }
        out.extend((0..past).map(|c| at(w.origin as usize - 1, c)));
    }
}
