//! Errors of numbers ŷ against numbers y, weighted by row: MAE, MSE, RMSE, median and largest error, MAPE, sMAPE, pinball
//! loss, R² = 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)², the same adjusted for p features, 1 − (1 − R²)(n − 1)/(n − p − 1), and
//! explained variance 1 − Var(y − ŷ)/Var(y).
//!
//! Where y is constant, R² and explained variance are 1 for exact forecasts and 0 for others, as scikit-learn has it.

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::lists;

/// Every error of a regression.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegressionErrors {
    /// Rows.
    pub rows: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Its root.
    pub rmse: f64,
    /// Median absolute error; the mean of both middle ones where two are.
    pub median_absolute: f64,
    /// Largest absolute error of a row that weighs anything.
    pub largest: f64,
    /// Mean absolute error by |y|, a share; |y| is taken as 2⁻⁵² at least.
    pub mape: f64,
    /// Mean of 2 |y − ŷ| / (|y| + |ŷ|), a share from 0 to 2; 0 where both are 0.
    pub smape: f64,
    /// Coefficient of determination; NaN of fewer than two rows.
    pub r2: f64,
    /// Explained variance.
    pub explained_variance: f64,
}

/// The errors of forecasts of so many rows.
///
/// # Errors
/// Lists of different length, no rows, a number that is not finite, bad weights.
///
/// ```
/// let found = gyeol_judge::regression_errors(&[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0], None)?;
/// assert_eq!((found.mae, found.mse), (0.5, 0.375));
/// assert!((found.r2 - 0.9486081370449679).abs() < 1e-15);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn regression_errors(truth: &[f64], said: &[f64], weights: Option<&[f64]>) -> Result<RegressionErrors> {
    check(truth, said, weights)?;
    let rows = truth.len();
    let all: f64 = (0..rows).map(|i| lists::weight(weights, i)).sum();
    let mean =
        |of: &dyn Fn(usize) -> f64| (0..rows).map(|i| lists::weight(weights, i) * of(i)).sum::<f64>() / all;
    let error = |i: usize| truth[i] - said[i];
    let (y, bias) = (mean(&|i| truth[i]), mean(&error));
    let mse = mean(&|i| error(i).powi(2));
    let spread = mean(&|i| (truth[i] - y).powi(2));
    let explained = |left: f64| match (left == 0.0, spread == 0.0) {
        (true, true) => 1.0,
        (false, true) => 0.0,
        _ => 1.0 - left / spread,
    };
    let symmetric = |i: usize| {
        let size = truth[i].abs() + said[i].abs();
        if size == 0.0 { 0.0 } else { 2.0 * error(i).abs() / size }
    };
    let weighty = (0..rows).filter(|&i| lists::weight(weights, i) > 0.0);
    Ok(RegressionErrors {
        rows,
        mae: mean(&|i| error(i).abs()),
        mse,
        rmse: mse.sqrt(),
        median_absolute: weighted_median(
            (0..rows).map(|i| (error(i).abs(), lists::weight(weights, i))).collect(),
        ),
        largest: weighty.map(|i| error(i).abs()).fold(f64::NAN, f64::max),
        mape: mean(&|i| error(i).abs() / truth[i].abs().max(f64::EPSILON)),
        smape: mean(&symmetric),
        r2: if rows < 2 { f64::NAN } else { explained(mse) },
        explained_variance: explained(mean(&|i| (error(i) - bias).powi(2))),
    })
}

impl RegressionErrors {
    /// R² adjusted for so many features; NaN where there are not at least two rows more than features.
    pub fn adjusted_r2(&self, features: usize) -> f64 {
        let free = self.rows as f64 - features as f64 - 1.0;
        if free <= 0.0 { f64::NAN } else { 1.0 - (1.0 - self.r2) * (self.rows as f64 - 1.0) / free }
    }
}

/// Pinball loss of forecasts of the quantile `q`: mean of q (y − ŷ) above and (1 − q)(ŷ − y) below (Koenker and Bassett
/// 1978).
///
/// # Errors
/// As [`regression_errors`]; `q` outside of 0 to 1.
pub fn pinball(truth: &[f64], said: &[f64], q: f64, weights: Option<&[f64]>) -> Result<f64> {
    check(truth, said, weights)?;
    if !(0.0..=1.0).contains(&q) {
        return Err(lists::bad_option("quantile", format!("a quantile of {q}"), "give a number from 0 to 1"));
    }
    let (mut sum, mut all) = (0.0, 0.0);
    for i in 0..truth.len() {
        let (weight, error) = (lists::weight(weights, i), truth[i] - said[i]);
        sum += weight * (q * error).max((q - 1.0) * error);
        all += weight;
    }
    Ok(sum / all)
}

fn check(truth: &[f64], said: &[f64], weights: Option<&[f64]>) -> Result<()> {
    lists::some_rows(truth.len(), "an error")?;
    lists::as_long("forecasts", said.len(), truth.len())?;
    lists::finite("true values", truth)?;
    lists::finite("forecasts", said)?;
    lists::weights(weights, truth.len())
}

/// The value at which half of the weight lies below; the mean with the next one where it is half exactly.
fn weighted_median(mut values: Vec<(f64, f64)>) -> f64 {
    values.retain(|v| v.1 > 0.0);
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|v| v.1).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (i, &(value, weight)) in values.iter().enumerate() {
        below += weight;
        if (below - half).abs() <= f64::EPSILON * half && i + 1 < values.len() {
            return (value + values[i + 1].0) / 2.0;
        }
        if below >= half {
            return value;
        }
    }
    f64::NAN
}
