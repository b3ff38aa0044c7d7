//! From values to pixels, and the ticks that people read.

/// A linear or logarithmic scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// `low ..= high` drawn on `from ..= to`; an empty range is widened, one that is not finite becomes 0 … 1.
    pub fn linear(low: f64, high: f64, from: f64, to: f64) -> Scale {
        let (low, high) = widen(low, high);
        Scale { low, high, from, to, log: false }
    }

    /// The same by powers of ten; both ends must be above zero, else 1 … 10 is taken.
    pub fn log(low: f64, high: f64, from: f64, to: f64) -> Scale {
        let usable = low.is_finite() && high.is_finite() && low > 0.0 && high > 0.0;
        let (low, high) = match (usable, low < high) {
            (true, true) => (low, high),
            (true, false) => (low / 3.0, low * 3.0),
            _ => (1.0, 10.0),
        };
        Scale { low, high, from, to, log: true }
    }

    /// Pixel of a value; NaN stays NaN.
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// Lowest value.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Highest value.
    pub fn high(&self) -> f64 {
        self.high
    }
}

fn widen(low: f64, high: f64) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    if high > low {
        return (low, high);
    }
    let pad = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - pad, low + pad)
}

/// Round values (1, 2 or 5 times a power of ten) inside `low ..= high`, about `wanted` of them, and their decimals.
///
/// ```
/// assert_eq!(gyeol_report::svg::ticks(0.0, 100.0, 5), (vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0], 0));
/// ```
pub fn ticks(low: f64, high: f64, wanted: usize) -> (Vec<f64>, usize) {
    let (low, high) = widen(low, high);
    let rough = (high - low) / wanted.max(1) as f64;
    let power = rough.log10().floor();
    let unit = 10f64.powf(power);
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * unit).find(|s| *s >= rough * 0.75).unwrap_or(unit);
    let decimals = (-(step.log10() + 1e-9).floor()).clamp(0.0, 8.0) as usize;
    let first = (low / step - 1e-9).ceil();
    let mut out = Vec::new();
    let mut i = 0.0;
    while out.len() < 64 {
        let value = (first + i) * step;
        if value > high + step * 1e-9 {
            break;
        }
        // Adding 0 turns −0 into 0.
        out.push(value + 0.0);
        i += 1.0;
    }
    (out, decimals)
}

/// Powers of ten inside `low ..= high`; with 2 and 5 times them where there are fewer than three.
pub fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return Vec::new();
    }
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let pick = |multiples: &[f64]| -> Vec<f64> {
        decades
            .clone()
            .flat_map(|p| multiples.iter().map(move |m| m * 10f64.powi(p)))
            .filter(|v| *v >= low * 0.999 && *v <= high * 1.001)
            .collect()
    };
    let tens = pick(&[1.0]);
    if tens.len() >= 3 { tens } else { pick(&[1.0, 2.0, 5.0]) }
}

/// Moves labels apart: positions at least `gap` from each other, as near as possible to where they want to be,
/// inside `low ..= high`. The order of the answer is the order of `wanted`.
pub fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    // Pool neighbours that are too near; each pool stands around the mean of its wishes.
    let mut pools: Vec<(Vec<usize>, f64)> = Vec::new();
    let start = |members: &[usize], centre: f64| centre - gap * (members.len() as f64 - 1.0) / 2.0;
    for &i in &order {
        let wish = if wanted[i].is_finite() { wanted[i].clamp(low, high) } else { high };
        let mut pool = (vec![i], wish);
        while let Some((members, centre)) = pools.last() {
            let end = start(members, *centre) + gap * (members.len() as f64 - 1.0);
            if start(&pool.0, pool.1) - end >= gap - 1e-9 {
                break;
            }
            let (n, m) = (members.len() as f64, pool.0.len() as f64);
            let centre = (centre * n + pool.1 * m) / (n + m);
            let mut members = members.clone();
            members.extend(&pool.0);
            let half = gap * (members.len() as f64 - 1.0) / 2.0;
            pool = (members, centre.min(high - half).max(low + half));
            pools.pop();
        }
        pools.push(pool);
    }
    let mut out = vec![0.0; wanted.len()];
    for (members, centre) in &pools {
        for (k, &i) in members.iter().enumerate() {
            out[i] = start(members, *centre) + gap * k as f64;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.03, 0.31, 4), (vec![0.1, 0.2, 0.30000000000000004], 1));
        assert_eq!(ticks(-1.0, 1.0, 2).0, vec![-1.0, 0.0, 1.0]);
        assert!(ticks(5.0, 5.0, 4).0.len() >= 2);
        assert!(ticks(f64::NAN, 1.0, 4).0.len() >= 2);
        assert_eq!(log_ticks(0.01, 10.0), vec![0.01, 0.1, 1.0, 10.0]);
    }

    #[test]
    fn labels_are_moved_apart_and_stay_inside() {
        let at = spread(&[10.0, 11.0, 50.0, 99.0, 100.0], 12.0, 0.0, 100.0);
        let mut sorted = at.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|w| w[1] - w[0] >= 12.0 - 1e-6), "{at:?}");
        assert!(at.iter().all(|y| (-0.01..=100.01).contains(y)), "{at:?}");
        assert_eq!(at[2], 50.0);
    }
}
