//! Step 4: discounts in closed form (Chen and Goodman 1998, equation 26), as `lmplz` computes them.

use serde::Serialize;

use crate::adjust::CountOfCounts;

/// What is taken off counts of 1, of 2, and of 3 and more; entry 0 is 0.
pub type Discounts = [f32; 4];

/// Why a discount had to be replaced.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// The order of the n-grams.
    pub order: usize,
    /// What was missing or out of range.
    pub reason: String,
    /// The discounts taken instead.
    pub instead: [f32; 3],
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [one, two, three] = self.instead;
        write!(f, "{}-grams: {}; discounts {one}, {two}, {three} are taken instead", self.order, self.reason)
    }
}

fn missing(order: usize, count: usize) -> String {
    format!("no {order}-gram has the adjusted count {count}, so the discount of count {} is unknown", {
        // D1 needs n1 and n2, D2 n3, D3+ n4; a count that is missing spoils the one that divides by it.
        count.min(3)
    })
}

/// Three discounts: Dᵢ = i − (i + 1) Y nᵢ₊₁ / nᵢ with Y = n₁ / (n₁ + 2 n₂). `order` is for the message alone.
pub(crate) fn modified(order: usize, n: &CountOfCounts) -> Result<Discounts, String> {
    if let Some(count) = (1..4).find(|&j| n[j] == 0) {
        return Err(missing(order, count));
    }
    // The same roundings to single precision as in lmplz.
    let y = n[1] as f32 / (n[1] as f64 + 2.0 * n[2] as f64) as f32;
    let mut out = [0f32; 4];
    for j in 1..4 {
        out[j] = j as f32 - (j + 1) as f32 * y * n[j + 1] as f32 / n[j] as f32;
        if !(0.0..=j as f32).contains(&out[j]) {
            return Err(format!("the discount of count {j} would be {}, outside of 0 to {j}", out[j]));
        }
    }
    Ok(out)
}

/// One discount: D = n₁ / (n₁ + 2 n₂) (Ney, Essen and Kneser 1994, equation 22).
pub(crate) fn single(order: usize, n: &CountOfCounts) -> Result<Discounts, String> {
    if let Some(count) = (1..3).find(|&j| n[j] == 0) {
        return Err(missing(order, count));
    }
    let d = (n[1] as f64 / (n[1] as f64 + 2.0 * n[2] as f64)) as f32;
    Ok([0.0, d, d, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_count_is_named_and_values_follow_equation_26() {
        // Y = 100 / (100 + 2·30) = 0.625; D1 = 1 − 2·0.625·30/100 = 0.625; D2 = 2 − 3·0.625·12/30 = 1.25;
        // D3 = 3 − 4·0.625·6/12 = 1.75.
        let d = modified(2, &[0, 100, 30, 12, 6]).unwrap();
        assert_eq!(d, [0.0, 0.625, 1.25, 1.75]);
        assert!(modified(2, &[0, 100, 0, 12, 6]).unwrap_err().contains("no 2-gram has the adjusted count 2"));
        assert!(
            modified(3, &[0, 1, 1, 100, 1]).unwrap_err().contains("the discount of count 2 would be -98")
        );
        assert_eq!(single(1, &[0, 2, 1, 0, 0]).unwrap(), [0.0, 0.5, 0.5, 0.5]);
        assert!(single(1, &[0, 2, 0, 0, 0]).is_err());
    }
}
