//! McNemar's test (1947) of two classifiers on the same rows: of the rows that just one has right, b by the first and c by
//! the second, are b and c as far apart as chance allows? Exact: twice the binomial tail of min(b, c) among b + c at ½;
//! or χ² = (|b − c| − 1)² / (b + c) with Edwards' correction (1948), one degree of freedom.

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::lists;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Rows that only the first has right.
    pub first_only: u64,
    /// Rows that only the second has right.
    pub second_only: u64,
    /// Two-sided p of the exact test; 1 where both err on the same rows.
    pub exact: f64,
    /// χ² with the correction; 0 where |b − c| is not over 1.
    pub chi_squared: f64,
    /// Its p.
    pub corrected: f64,
}

/// Compares two lists of predictions with the labels.
///
/// # Errors
/// Lists of different length.
///
/// ```
/// let labels = [1; 10];
/// let found = gyeol_judge::mcnemar(&labels, &labels, &[1, 1, 1, 1, 1, 0, 0, 0, 0, 0])?;
/// assert_eq!((found.first_only, found.second_only, found.exact), (5, 0, 0.0625));
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn mcnemar(labels: &[u32], first: &[u32], second: &[u32]) -> Result<McNemar> {
    lists::as_long("predictions of the first", first.len(), labels.len())?;
    lists::as_long("predictions of the second", second.len(), labels.len())?;
    let (mut b, mut c) = (0, 0);
    for ((label, first), second) in labels.iter().zip(first).zip(second) {
        match (first == label, second == label) {
            (true, false) => b += 1,
            (false, true) => c += 1,
            _ => {}
        }
    }
    Ok(McNemar::of(b, c))
}

impl McNemar {
    /// The test of counts: rows that only the first, and only the second, has right.
    pub fn of(first_only: u64, second_only: u64) -> Self {
        let (b, c) = (first_only as f64, second_only as f64);
        let beyond = ((b - c).abs() - 1.0).max(0.0);
        let chi_squared = if b + c == 0.0 { 0.0 } else { beyond * beyond / (b + c) };
        let exact = (2.0 * half_binomial(first_only.min(second_only), first_only + second_only)).min(1.0);
        McNemar { first_only, second_only, exact, chi_squared, corrected: chi_squared_tail(chi_squared) }
    }
}

/// P(X ≤ k), X binomial of n at ½: the largest term by logarithms, the others by their ratios from there down.
fn half_binomial(k: u64, n: u64) -> f64 {
    let (kf, nf) = (k as f64, n as f64);
    let mut term =
        (ln_factorial(nf) - ln_factorial(kf) - ln_factorial(nf - kf) - nf * std::f64::consts::LN_2).exp();
    let (mut sum, mut i) = (0.0, kf);
    while term > sum * 1e-18 {
        sum += term;
        term *= i / (nf - i + 1.0);
        i -= 1.0;
    }
    sum
}

/// ln n!, by sums below 256 and Stirling's series above.
fn ln_factorial(n: f64) -> f64 {
    if n < 256.0 {
        return (2..=n as u64).map(|i| (i as f64).ln()).sum();
    }
    let square = n * n;
    let tail = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / n;
    n * n.ln() - n + 0.5 * (2.0 * std::f64::consts::PI * n).ln() + tail
}

/// P(χ²₁ > x) = Γ(½, x/2)/√π: a series below x = 3, a continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
fn chi_squared_tail(x: f64) -> f64 {
    let z = x / 2.0;
    let front = (-z).exp() * z.sqrt() / std::f64::consts::PI.sqrt();
    if x < 3.0 {
        let (mut term, mut sum, mut a) = (2.0, 2.0, 0.5);
        while term > sum * 1e-17 {
            a += 1.0;
            term *= z / a;
            sum += term;
        }
        return 1.0 - front * sum;
    }
    // Γ(½, z) = e^{−z} z^{½} / (z + ½ − ½·1/(z + 2½ − 1½·2/(z + 4½ − …))), from the far end.
    let fraction = (1..200).rev().fold(0.0, |below, i| {
        let i = f64::from(i);
        i * (i - 0.5) / (z + 2.0 * i + 0.5 - below)
    });
    front / (z + 0.5 - fraction)
}
