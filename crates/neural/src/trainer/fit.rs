//! The loop over epochs and iterations.

use std::time::Instant;

use gyeol_tensor::elementwise::mix;
use gyeol_tensor::{Pool, Real, Rng};

use super::step::{Room, evaluate};
use super::{Epoch, Fit, State, TrainParams, Trainable, triggered};
use crate::error::{Error, Result};

/// A new state: parameters drawn from the seed.
fn start<T: Real, M: Trainable<T>>(model: &M, p: &TrainParams) -> State<T> {
    let params: Vec<T> = model.layout().initial(&mut Rng::stream(p.seed, 1));
    State::new(params, p)
}

impl<T: Real> State<T> {
    /// A state that begins from given parameters.
    pub fn new(params: Vec<T>, p: &TrainParams) -> Self {
        State {
            iteration: 0,
            average: if p.averages() { params.clone() } else { Vec::new() },
            optimizer: p.optimizer.state(params.len()),
            best: params.clone(),
            params,
            best_loss: f64::INFINITY,
            best_epoch: 0,
            curve: Vec::new(),
        }
    }

    fn fits(&self, len: usize, p: &TrainParams) -> bool {
        self.params.len() == len
            && self.best.len() == len
            && self.average.len() == if p.averages() { len } else { 0 }
            && p.optimizer.fits(&self.optimizer, len)
    }
}

/// Trains until the epochs are over, patience ends, or `observe` answers false (asked after each iteration
/// and each epoch).
///
/// # Errors
/// [`Error::Parameter`]; [`Error::NotFinite`] with the place; [`Error::Stopped`] when `observe` answered
/// false; [`Error::StateMismatch`] when `resume` is of another net or optimizer.
pub fn fit<T: Real, M: Trainable<T>>(
    model: &M,
    p: &TrainParams,
    train: &[u32],
    valid: &[u32],
    pool: &Pool,
    resume: Option<State<T>>,
    observe: &mut dyn FnMut(Fit<'_, T>) -> bool,
) -> Result<State<T>> {
    p.check()?;
    let layout = model.layout();
    let mut s = match resume {
        Some(state) if !state.fits(layout.len(), p) => {
            return Err(Error::StateMismatch { found: state.params.len(), expected: layout.len() });
        }
        Some(state) => state,
        None => start(model, p),
    };
    let streams = model.streams();
    if let Some(streams) = streams
        && (streams.rows != p.batch || !train.len().is_multiple_of(streams.rows))
    {
        return Err(Error::Parameter {
            name: "batch",
            value: p.batch.to_string(),
            allowed: "the number of rows that the streams were cut into",
        });
    }
    let batch = p.batch.min(train.len().max(1));
    let step = batch * p.accumulate;
    let per_epoch = train.len().div_ceil(step);
    let total = per_epoch * p.epochs;
    let mut room = Room::new(model, batch, p, pool);
    let mut order = train.to_vec();

    for epoch in s.curve.len() + 1..=p.epochs {
        if let Some(patience) = p.patience
            && s.best_epoch > 0
            && epoch > s.best_epoch + patience
        {
            break;
        }
        let begun = Instant::now();
        order.copy_from_slice(train);
        if streams.is_none() && p.shuffle {
            Rng::stream(p.seed, 2 + epoch as u64).shuffle(&mut order);
        }
        room.begin_epoch();
        let (mut loss, mut seen) = (0.0, 0.0);
        let mut learning_rate = p.learning_rate;
        // Steps before the average of all later ones.
        let before = p.triggered.and_then(|bears| triggered(&s.curve, bears)).map(|done| done * per_epoch);
        for (done, samples) in order.chunks_mut(step).enumerate() {
            model.arrange(samples);
            let step_loss = room.gradient(model, &s.params, samples, batch, p.seed, s.iteration, pool);
            let weight = model.weight(samples);
            let history = s.curve.iter().map(|e| e.valid_loss);
            learning_rate = p.learning_rate * p.schedule.factor(s.iteration, per_epoch, total, history);
            s.iteration += 1;
            let fail = |what, value, place: &str| Error::NotFinite {
                what,
                value,
                epoch,
                iteration: s.iteration,
                place: if place.is_empty() { String::new() } else { format!(" at {place}") },
                learning_rate,
            };
            if !step_loss.is_finite() {
                return Err(fail("loss", step_loss, room.not_finite(layout)));
            }
            let norm = room.norm(pool);
            if !norm.is_finite() {
                return Err(fail("gradient", norm, room.not_finite(layout)));
            }
            let factor = match p.clip {
                Some(clip) if norm > clip => clip / norm,
                _ => 1.0,
            };
            room.update(layout, p, learning_rate, factor, &mut s, pool);
            if let Some(decay) = p.average {
                // A short memory at first, so that the random start is forgotten.
                let i = s.iteration as f64;
                let d = decay.min((1.0 + i) / (10.0 + i));
                mix(T::from_f64(d), T::from_f64(1.0 - d), &s.params, &mut s.average);
            }
            if let Some(before) = before {
                let d = 1.0 / (s.iteration - before) as f64;
                mix(T::from_f64(1.0 - d), T::from_f64(d), &s.params, &mut s.average);
            }
            loss += step_loss;
            seen += weight;
            let report = Fit::Iteration {
                epoch,
                done: done + 1,
                of: per_epoch,
                loss: loss / seen,
                batch_loss: step_loss / weight,
                norm,
                learning_rate,
            };
            if !observe(report) {
                return Err(Error::Stopped { epoch: epoch - 1 });
            }
        }
        let averaged = p.average.is_some() || before.is_some();
        let judged = if averaged { &s.average } else { &s.params };
        let valid_loss = evaluate(model, judged, valid, pool);
        if !valid_loss.is_finite() {
            return Err(Error::NotFinite {
                what: "loss",
                value: valid_loss,
                epoch,
                iteration: s.iteration,
                place: " on the validation part".into(),
                learning_rate,
            });
        }
        if valid_loss < s.best_loss {
            s.best_loss = valid_loss;
            s.best_epoch = epoch;
            s.best.copy_from_slice(judged);
        }
        s.curve.push(Epoch {
            epoch,
            train_loss: loss / seen.max(f64::MIN_POSITIVE),
            valid_loss,
            learning_rate,
            seconds: begun.elapsed().as_secs_f64(),
        });
        if !observe(Fit::Epoch(&s)) && epoch < p.epochs {
            return Err(Error::Stopped { epoch });
        }
    }
    Ok(s)
}
