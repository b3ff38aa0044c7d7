//! A limit that readings may cross: how probable it is by the quantiles, and from which probability on it is warned of.
//!
//! The probability is read off the quantiles, along the line between two neighbours; beyond them half of what is left is taken.
//! A warning is due where its cost, that of a false alarm, is below the expected cost of a miss (Murphy 1969): from
//! 1 / (1 + miss cost) on, were the probabilities kept. The validation part chooses the threshold of least cost instead, where
//! the limit is crossed and kept there.

use serde::{Deserialize, Serialize};

/// A limit with its threshold; fitted on the validation part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// In the target's unit.
    pub value: f64,
    /// False alarms that a miss costs as much as.
    pub miss_cost: f64,
    /// The probability from which on a crossing is warned of.
    pub threshold: f64,
    /// Whether the validation part chose it; there is nothing to choose by where all of its readings lie on one side.
    pub chosen: bool,
}

/// What became of warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// Readings above the limit, warned of.
    pub hits: u64,
    /// Readings above the limit, not warned of.
    pub misses: u64,
    /// Warnings of readings that were not above it.
    pub false_alarms: u64,
    /// Neither warned of nor above.
    pub quiet: u64,
    /// Σ (probability - outcome)².
    pub brier: f64,
}

/// The probability of a reading above `limit`, by quantiles of ascending levels.
pub fn over(levels: &[f64], quantiles: &[f64], limit: f64) -> f64 {
    let (Some(first), Some(last)) = (levels.first(), levels.last()) else { return f64::NAN };
    let after = quantiles.iter().take_while(|q| **q <= limit).count();
    let below = match after {
        0 => first / 2.0,
        n if n == quantiles.len() => (1.0 + last) / 2.0,
        n => {
            let (low, high) = (quantiles[n - 1], quantiles[n]);
            levels[n - 1] + (levels[n] - levels[n - 1]) * (limit - low) / (high - low)
        }
    };
    1.0 - below
}

impl Limit {
    /// The limit with the threshold of least cost for these probabilities and what came: the highest of equals.
    pub fn fit(value: f64, miss_cost: f64, mut found: Vec<(f64, bool)>) -> Limit {
        let crossed = found.iter().filter(|(_, above)| *above).count();
        let fair = 1.0 / (1.0 + miss_cost);
        if crossed == 0 || crossed == found.len() {
            return Limit { value, miss_cost, threshold: fair, chosen: false };
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Warning of nothing at all is no threshold; the first one warns of the most probable.
        let (mut least, mut threshold) = (f64::INFINITY, fair);
        let (mut hits, mut alarms) = (0, 0);
        for (i, (p, above)) in found.iter().enumerate() {
            hits += usize::from(*above);
            alarms += usize::from(!above);
            if found.get(i + 1).is_some_and(|next| next.0 == *p) {
                continue;
            }
            let cost = miss_cost * (crossed - hits) as f64 + alarms as f64;
            if cost < least {
                // Half-way to the next, so that the threshold is no reading's own probability.
                let next = found.get(i + 1).map_or(*p, |next| next.0);
                (least, threshold) = (cost, (p + next) / 2.0);
            }
        }
        Limit { value, miss_cost, threshold, chosen: true }
    }

    /// True where it can be judged by.
    pub fn fits(&self) -> bool {
        self.value.is_finite() && self.miss_cost > 0.0 && (0.0..=1.0).contains(&self.threshold)
    }
}

impl Warned {
    /// Takes in a reading.
    pub fn add(&mut self, limit: &Limit, probability: f64, y: f64) {
        let above = y > limit.value;
        let count = match (probability >= limit.threshold, above) {
            (true, true) => &mut self.hits,
            (false, true) => &mut self.misses,
            (true, false) => &mut self.false_alarms,
            (false, false) => &mut self.quiet,
        };
        *count += 1;
        self.brier += (probability - f64::from(u8::from(above))).powi(2);
    }

    /// Readings.
    pub fn readings(&self) -> u64 {
        self.hits + self.misses + self.false_alarms + self.quiet
    }

    /// Share of warnings that were right; `None` without any.
    pub fn precision(&self) -> Option<f64> {
        share(self.hits, self.hits + self.false_alarms)
    }

    /// Share of crossings that were warned of; `None` without any.
    pub fn recall(&self) -> Option<f64> {
        share(self.hits, self.hits + self.misses)
    }

    /// F-beta (van Rijsbergen 1979) with β² the cost of a miss, so that recall weighs as much more as a miss costs; `None` where the
    /// limit is never crossed.
    pub fn f_beta(&self, miss_cost: f64) -> Option<f64> {
        let hits = (1.0 + miss_cost) * self.hits as f64;
        let all = hits + miss_cost * self.misses as f64 + self.false_alarms as f64;
        (self.hits + self.misses > 0).then(|| hits / all)
    }

    /// Mean cost of a reading in false alarms.
    pub fn cost(&self, miss_cost: f64) -> Option<f64> {
        let n = self.readings();
        (n > 0).then(|| (miss_cost * self.misses as f64 + self.false_alarms as f64) / n as f64)
    }
}

fn share(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_is_read_off_the_line_between_quantiles() {
        let (levels, quantiles) = ([0.1, 0.5, 0.9], [10.0, 20.0, 40.0]);
        let of = |limit| over(&levels, &quantiles, limit);
        for (limit, wanted) in [(10.0, 0.9), (15.0, 0.7), (20.0, 0.5), (30.0, 0.3), (5.0, 0.95), (40.0, 0.05)]
        {
            assert!((of(limit) - wanted).abs() < 1e-12, "{limit}: {}", of(limit));
        }
        // Equal quantiles divide by nothing.
        assert!((over(&[0.2, 0.4, 0.8], &[1.0, 1.0, 2.0], 1.0) - 0.6).abs() < 1e-12);
        assert!(over(&[], &[], 1.0).is_nan());
    }

    #[test]
    fn the_threshold_is_the_one_of_least_cost() {
        let found = vec![(0.9, true), (0.8, false), (0.6, true), (0.4, false), (0.3, true), (0.1, false)];
        // By hand, in false alarms at a miss of 1: warn from 0.9: 2, 0.8: 3, 0.6: 2, 0.4: 3, 0.3: 2, 0.1: 3.
        let limit = Limit::fit(5.0, 1.0, found.clone());
        assert_eq!((limit.threshold, limit.chosen), ((0.9 + 0.8) / 2.0, true));
        // At 10 a miss: 20, 21, 11, 12, 2, 3.
        let limit = Limit::fit(5.0, 10.0, found.clone());
        assert_eq!(limit.threshold, (0.3 + 0.1) / 2.0);
        let mut warned = Warned::default();
        found.iter().for_each(|(p, above)| warned.add(&limit, *p, if *above { 6.0 } else { 5.0 }));
        assert_eq!((warned.hits, warned.misses, warned.false_alarms, warned.quiet), (3, 0, 2, 1));
        assert_eq!((warned.precision(), warned.recall()), (Some(0.6), Some(1.0)));
        assert_eq!(warned.cost(10.0), Some(2.0 / 6.0));
        // (1 + β²) tp / ((1 + β²) tp + β² fn + fp) with β² = 10.
        assert_eq!(warned.f_beta(10.0), Some(33.0 / 35.0));
        assert!((warned.brier - (0.01 + 0.64 + 0.16 + 0.16 + 0.49 + 0.01)).abs() < 1e-12);
    }

    #[test]
    fn a_limit_that_is_never_crossed_divides_by_nothing() {
        let limit = Limit::fit(5.0, 4.0, vec![(0.2, false), (0.1, false)]);
        assert_eq!((limit.threshold, limit.chosen), (0.2, false));
        let mut warned = Warned::default();
        warned.add(&limit, 0.1, 1.0);
        assert_eq!((warned.precision(), warned.recall(), warned.f_beta(4.0)), (None, None, None));
        assert_eq!((warned.cost(4.0), Warned::default().cost(4.0)), (Some(0.0), None));
    }
}
