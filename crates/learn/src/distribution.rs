//! Tails of Student's t, F and χ², by the regularised incomplete beta and gamma functions (Press et al. 2007, 6.1 to 6.4:
//! continued fractions by Lentz's method; ln Γ by Lanczos 1964).

use std::f64::consts::PI;

/// ln Γ(x), x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    if x > 1e3 {
        // Stirling's series, where Lanczos' sum loses digits.
        let r = 1.0 / (x * x);
        let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
        return (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series;
    }
    let x = x - 1.0;
    let sum = C[0] + (1..9).map(|i| C[i] / (x + i as f64)).sum::<f64>();
    let t = x + G + 0.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Most terms of a continued fraction or series.
const MOST_TERMS: usize = 100_000;
const TINY: f64 = 1e-300;

/// I_x(a, b), the regularised incomplete beta function; `y` is 1 - x, which the caller may know to more digits.
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, y, x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * y.ln()).exp() / a;
    let (mut c, mut d) = (1.0, 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for m in 1..MOST_TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            last = c * d;
            value *= last;
        }
        if (last - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front * value
}

fn not_zero(v: f64) -> f64 {
    if v.abs() < TINY { TINY } else { v }
}

/// P(|T| > |t|) of Student's t of `df` degrees of freedom.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    let square = t * t;
    if !square.is_finite() {
        return if t.is_nan() { f64::NAN } else { 0.0 };
    }
    incomplete_beta(df / 2.0, 0.5, df / (df + square), square / (df + square))
}

/// The t whose two-sided tail is `tail`: 0.05 for an interval of 95 %.
pub fn t_quantile(tail: f64, df: f64) -> f64 {
    if !(tail > 0.0 && tail < 1.0) {
        return if tail >= 1.0 { 0.0 } else { f64::INFINITY };
    }
    let (mut low, mut high) = (0.0, 1.0);
    while t_two_sided(high, df) > tail && high < 1e300 {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle == low || middle == high {
            break;
        }
        if t_two_sided(middle, df) > tail { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// P(F > f) of d1 and d2 degrees of freedom.
pub fn f_tail(f: f64, d1: f64, d2: f64) -> f64 {
    if !f.is_finite() {
        return if f.is_nan() { f64::NAN } else { 0.0 };
    }
    let sum = d2 + d1 * f.max(0.0);
    incomplete_beta(d2 / 2.0, d1 / 2.0, d2 / sum, d1 * f.max(0.0) / sum)
}

/// P(χ² > x) of `df` degrees of freedom.
pub fn chi_squared_tail(x: f64, df: f64) -> f64 {
    let (a, x) = (df / 2.0, x / 2.0);
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { f64::NAN } else { 1.0 };
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..MOST_TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / not_zero(b));
    let mut value = d;
    for n in 1..MOST_TERMS {
        let term = -(n as f64) * (n as f64 - a);
        b += 2.0;
        d = 1.0 / not_zero(term * d + b);
        c = not_zero(b + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front * value
}
