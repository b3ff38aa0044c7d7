//! Linear regression: y = x w + b.
//!
//! | what | objective | by |
//! |---|---|---|
//! | [`LeastSquares`] | ‖y - X w - b‖², least ‖w‖ of all that reach it | Cholesky, or QR and singular values |
//! | [`ridge`] | ‖y - X w - b‖² + α ‖w‖² | Cholesky; conjugate gradients on sparse rows |
//! | [`ElasticNet`] | ‖y - X w - b‖² / 2n + α ρ ‖w‖₁ + α (1 - ρ) ‖w‖² / 2 | coordinate descent |
//! | [`Descent`] | ‖y - X w - b‖² / 2n, or cross-entropy | gradient descent whose path is kept |

mod checks;
mod descent;
mod elastic_net;
mod least_squares;
mod qr;
mod ridge;

pub use checks::{ResidualChecks, Tested, residual_checks};
pub use descent::{Batch, Descent, Objective, Rate, Step, Walked};
pub use elastic_net::{ElasticNet, PathPoint};
pub use least_squares::{Coefficient, LeastSquares, Route, Summary};
pub use ridge::ridge;

use gyeol_base::{Fault, Result};

use crate::features::Features;

/// Refuses empty and broken rows, and answers that do not fit them.
pub(crate) fn checked(x: Features<'_>, y: &[f64]) -> Result<()> {
    x.check()?;
    if y.len() != x.rows() {
        let found = format!("{} answers for {} rows", y.len(), x.rows());
        return Err(Fault::new("answer-count", found).next("give one a row").input());
    }
    match y.iter().position(|v| v.is_nan() || v.abs() > 1e100) {
        None => Ok(()),
        Some(i) => Err(Fault::new("not-finite", format!("an answer of {} in row {i}", y[i]))
            .next("leave the row out, replace the number, or scale the answers")
            .input()),
    }
}

/// Means of the columns.
pub(crate) fn column_means(x: Features<'_>) -> Vec<f64> {
    let mut means = vec![0.0; x.cols()];
    (0..x.rows()).for_each(|i| x.each(i, |j, v| means[j] += v));
    means.iter_mut().for_each(|m| *m /= x.rows() as f64);
    means
}

/// Σ v / n.
pub(crate) fn mean(v: &[f64]) -> f64 {
    v.iter().sum::<f64>() / v.len().max(1) as f64
}
