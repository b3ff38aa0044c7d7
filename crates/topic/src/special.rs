//! ψ for positive arguments (Abramowitz & Stegun 6.3.18, after steps to 10 and above), and draws from the gamma distribution.
//! log Γ is libm's.

use gyeol_tensor::Rng;

/// From where the series has all digits.
const FAR: f64 = 10.0;

/// ψ(x), the derivative of log Γ, x > 0. Error below 10⁻¹⁴, relative above 1.
pub(crate) fn digamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        3617.0 / 8160.0,
        -1.0 / 12.0,
        691.0 / 32760.0,
        -1.0 / 132.0,
        1.0 / 240.0,
        -1.0 / 252.0,
        1.0 / 120.0,
        -1.0 / 12.0,
    ];
    let (mut z, mut steps) = (x, 0.0);
    while z < FAR {
        steps += 1.0 / z;
        z += 1.0;
    }
    let u = 1.0 / (z * z);
    let series = TERMS.iter().fold(0.0, |sum, term| (sum + term) * u);
    // Smallest first: 1 / x alone may be larger than all others together.
    (z.ln() - 0.5 / z + series) - steps
}

/// A draw from Gamma(`shape`, 1), shape ≥ 1 (Marsaglia & Tsang 2000).
pub(crate) fn gamma(shape: f64, rng: &mut Rng) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = rng.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - rng.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use libm::lgamma;

    use super::*;

    #[test]
    fn both_are_those_of_mpmath() {
        // mpmath, 50 digits: x, digamma(x), loggamma(x). The fifth is the zero of the digamma function.
        const WANT: &[(f64, f64, f64)] = &[
            (0.001, -1000.5755719318103, 6.907178885383853),
            (0.02, -50.54478931045618, 3.900804516098376),
            (0.37, -2.795301410890564, 0.8769468194848793),
            (1.0, -0.5772156649015329, 0.0),
            (1.4616321449683622, -9.241265521729427e-17, -0.12148629053584961),
            (1.5, 0.03648997397857652, -0.12078223763524522),
            (2.0, 0.42278433509846713, 0.0),
            (3.3, 1.0348224890596216, 0.9870985778947344),
            (8.0, 2.01564147795561, 8.525161361065415),
            (9.75, 2.225109535044576, 12.242204940050762),
            (20.0, 2.970523992242149, 39.339884187199495),
            (1234.5, 7.118016231827998, 7550.550901077895),
            (1e8, 18.420680738952367, 1742068066.1038346),
        ];
        for &(x, psi, log) in WANT {
            assert!((digamma(x) - psi).abs() < 1e-14 * psi.abs().max(1.0), "{x}: {} {psi}", digamma(x));
            assert!((lgamma(x) - log).abs() < 1e-14 * log.abs().max(1.0), "{x}: {} {log}", lgamma(x));
        }
    }
}
