//! What nets are asked for, and what they say: classes as they are, numbers less their mean over their deviation.

use gyeol_base::{Fault, Result};
use gyeol_neural::net::Output;
use gyeol_neural::{Activation, Loss};

use crate::examples::Target;
use crate::machine::Rows;

/// Targets as nets take them: classes, or numbers less their mean over their deviation.
pub(crate) struct Asked {
    pub classes: Vec<u32>,
    pub values: Vec<f32>,
}

/// Mean and deviation; 1 for a constant.
pub(crate) fn spread(values: impl Iterator<Item = f64> + Clone, count: usize) -> (f64, f64) {
    let n = count.max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    let deviation = (values.map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    (mean, if deviation > 1e-12 * mean.abs().max(1e-300) && deviation.is_finite() { deviation } else { 1.0 })
}

pub(crate) fn asked(target: &Target, (mean, deviation): (f64, f64)) -> Asked {
    match target {
        Target::Classes { of, .. } => Asked { classes: of.clone(), values: Vec::new() },
        Target::Values(values) => Asked {
            classes: Vec::new(),
            values: values.iter().map(|v| ((v - mean) / deviation) as f32).collect(),
        },
    }
}

/// What is judged on: the validation part without labels that the training part does not have.
pub(crate) fn known(part: Option<(&Rows, &Target)>, classes: usize) -> Option<(Rows, Target)> {
    let (rows, target) = part?;
    match target {
        Target::Classes { names, of } if of.iter().any(|&k| k as usize >= classes) => {
            let at: Vec<usize> = (0..of.len()).filter(|&i| (of[i] as usize) < classes).collect();
            let of = at.iter().map(|&i| of[i]).collect();
            Some((rows.select(&at), Target::Classes { names: names.clone(), of }))
        }
        _ => Some((rows.clone(), target.clone())),
    }
    .filter(|(rows, _)| !rows.is_empty())
}

/// The output layer of a net for a target.
///
/// # Errors
/// One class alone.
pub(crate) fn output(target: &Target, classes: usize, loss: Loss) -> Result<Output> {
    match target {
        Target::Classes { .. } if classes < 2 => Err(Fault::new("one-class", format!("{classes} class"))
            .next("a classifier needs rows of at least two classes")
            .input()),
        Target::Classes { .. } => Ok(Output::Classes { classes }),
        Target::Values(_) => Ok(Output::Values { width: 1, activation: Activation::Linear, loss }),
    }
}

/// Mean and deviation of the numbers that are asked for.
pub(crate) fn scale(target: &Target) -> (f64, f64) {
    match target {
        Target::Classes { .. } => (0.0, 1.0),
        Target::Values(values) => spread(values.iter().copied(), values.len()),
    }
}

/// The loss on `judged` of what `train` says of everything.
pub(crate) fn naive(
    train: &Target,
    judged: &Target,
    classes: usize,
    loss: Loss,
    (mean, deviation): (f64, f64),
) -> f64 {
    match (train, judged) {
        (Target::Classes { of, .. }, Target::Classes { of: judged, .. }) => {
            let mut counts = vec![1.0; classes];
            of.iter().for_each(|&k| counts[k as usize] += 1.0);
            let all: f64 = counts.iter().sum();
            judged.iter().map(|&k| -(counts[k as usize] / all).ln()).sum::<f64>() / judged.len().max(1) as f64
        }
        (_, Target::Values(values)) => {
            let truth: Vec<f64> = values.iter().map(|v| (v - mean) / deviation).collect();
            loss.sum(&vec![0.0; truth.len()], &truth) / truth.len().max(1) as f64
        }
        _ => f64::NAN,
    }
}

/// From log-probabilities to probabilities.
pub(crate) fn exponents(said: Vec<f32>) -> Vec<f64> {
    said.into_iter().map(|v| f64::from(v).exp()).collect()
}

pub(crate) fn numbers_of(said: Vec<f32>, (mean, deviation): (f64, f64)) -> Vec<f64> {
    said.into_iter().map(|v| mean + deviation * f64::from(v)).collect()
}
