//! Whether residuals are as least squares takes them to be: independent (Durbin and Watson 1950), normal (Jarque and Bera
//! 1980), of one variance (Breusch and Pagan 1979, in Koenker's form of 1981).

use gyeol_base::Result;
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

use super::least_squares::LeastSquares;
use crate::distribution::chi_squared_tail;

/// A statistic and how likely one as large would be by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The statistic.
    pub statistic: f64,
    /// P of one as large or larger.
    pub p: f64,
}

/// What the residuals of a fit look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResidualChecks {
    /// Σ (eᵢ - eᵢ₋₁)² / Σ e²: near 2 where neighbours have nothing to do with each other, below where they are alike.
    pub durbin_watson: f64,
    /// n / 6 (skew² + (kurtosis - 3)² / 4), χ² of 2.
    pub jarque_bera: Tested,
    /// Third standardised moment.
    pub skew: f64,
    /// Fourth standardised moment; 3 of a normal distribution.
    pub kurtosis: f64,
    /// n R² of the squared residuals on the columns, χ² of their rank; none where there are too few rows.
    pub breusch_pagan: Option<Tested>,
}

/// Checks the residuals of a fit on its rows; none where all residuals are zero.
///
/// # Errors
/// As [`LeastSquares::fit`].
pub fn residual_checks(fit: &LeastSquares, x: &Dense, pool: &Pool) -> Result<Option<ResidualChecks>> {
    let (e, n) = (&fit.residuals, fit.residuals.len() as f64);
    let mean = super::mean(e);
    let moment = |k: i32| e.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let (second, square) = (moment(2), e.iter().map(|v| v * v).sum::<f64>());
    if !(second > 0.0 && square > 0.0) {
        return Ok(None);
    }
    let (skew, kurtosis) = (moment(3) / second.powf(1.5), moment(4) / (second * second));
    let jarque_bera = n / 6.0 * (skew * skew + (kurtosis - 3.0) * (kurtosis - 3.0) / 4.0);
    let squares: Vec<f64> = e.iter().map(|v| v * v).collect();
    let on_columns = LeastSquares::fit(x, &squares, true, pool)?;
    let breusch_pagan = on_columns.summary(0.95).filter(|s| s.model_df > 0).map(|s| {
        let statistic = n * s.r_squared;
        Tested { statistic, p: chi_squared_tail(statistic, s.model_df as f64) }
    });
    Ok(Some(ResidualChecks {
        durbin_watson: e.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum::<f64>() / square,
        jarque_bera: Tested { statistic: jarque_bera, p: chi_squared_tail(jarque_bera, 2.0) },
        skew,
        kurtosis,
        breusch_pagan,
    }))
}
