//! Intervals by resampling: units of a part are drawn in blocks of neighbours that go round at the end (circular block
//! bootstrap, Politis and Romano 1992), since neighbouring units are alike. All rungs are drawn alike, so that their
//! differences are paired.

use std::collections::BTreeMap;

use gyeol_base::quantile;
use gyeol_tensor::Rng;
use serde::{Deserialize, Serialize};

use crate::{Metric, Outcomes, Partial};

/// Fewest stretches of which an interval can be drawn.
const FEWEST: usize = 8;

/// The random stream of the draws.
const STREAM: u64 = 0xb007;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure itself, over every unit.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// A resampling plan: the same blocks for every rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    units: usize,
    block: usize,
    apart: usize,
    /// First units of the blocks of each draw.
    starts: Vec<Vec<usize>>,
}

impl Bootstrap {
    /// `draws` resamples of `units` units in blocks of `block`.
    pub fn new(units: usize, block: usize, draws: usize, seed: u64) -> Bootstrap {
        let block = block.clamp(1, units.max(1));
        let mut rng = Rng::stream(seed, STREAM);
        let blocks = units.div_ceil(block);
        let starts =
            (0..draws).map(|_| (0..blocks).map(|_| rng.below(units as u64) as usize).collect()).collect();
        Bootstrap { units, block, apart: 1, starts }
    }

    /// Units that lie `apart` have nothing in common, nearer ones have: windows of so many rows, say.
    #[must_use]
    pub fn apart(self, apart: usize) -> Bootstrap {
        Bootstrap { apart: apart.max(1), ..self }
    }

    /// Stretches of the part that have nothing in common.
    pub fn stretches(&self) -> usize {
        self.units / self.apart
    }

    /// Whether an interval can be drawn, and rungs ranked: eight stretches at least. Of fewer, both ends are NaN.
    pub fn tells(&self) -> bool {
        self.stretches() >= FEWEST
    }

    /// The largest block up to `wanted` of which `units` hold at least eight: of fewer no interval could be drawn.
    pub fn block_within(wanted: usize, units: usize) -> usize {
        wanted.min(units / FEWEST).max(1)
    }

    /// Units of a block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// Units of the part.
    pub fn units(&self) -> usize {
        self.units
    }

    fn resample<'a, P: Partial>(&'a self, units: &[P]) -> impl Iterator<Item = P> + use<'a, P> {
        let n = units.len();
        let mut prefix = Vec::with_capacity(n + 1);
        let mut running = P::default();
        prefix.push(running);
        for unit in units {
            running.add(unit);
            prefix.push(running);
        }
        self.starts.iter().map(move |starts| {
            let (mut total, mut left) = (P::default(), n);
            for &start in starts {
                let end = start + self.block.min(left);
                left -= end - start;
                total.add(&prefix[end.min(n)].minus(&prefix[start]));
                if end > n {
                    total.add(&prefix[end - n]);
                }
            }
            total
        })
    }

    /// Every metric that is finite, with its interval.
    pub fn intervals<P: Partial>(&self, outcomes: &Outcomes<P>) -> BTreeMap<String, Interval> {
        let total = outcomes.total();
        let draws: Vec<P> = self.resample(&outcomes.units).collect();
        let found = outcomes.metrics().iter().map(|metric| {
            let (low, high) = self.ends(draws.iter().map(|sums| metric.of(sums)));
            (metric.name().to_owned(), Interval { value: metric.of(&total), low, high })
        });
        found.filter(|(_, i)| i.value.is_finite()).collect()
    }

    /// A metric of `a` minus that of `b` on the same resamples.
    pub fn difference<P: Partial>(&self, a: &Outcomes<P>, b: &Outcomes<P>, metric: &Metric<P>) -> Interval {
        let pairs = self.resample(&a.units).zip(self.resample(&b.units));
        let (low, high) = self.ends(pairs.map(|(a, b)| metric.of(&a) - metric.of(&b)));
        Interval { value: metric.of(&a.total()) - metric.of(&b.total()), low, high }
    }

    /// The 2.5 and 97.5 % quantiles of the finite values.
    fn ends(&self, values: impl Iterator<Item = f64>) -> (f64, f64) {
        if !self.tells() {
            return (f64::NAN, f64::NAN);
        }
        let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        (quantile(&sorted, 0.025), quantile(&sorted, 0.975))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, Default)]
    struct Mean {
        sum: f64,
        n: f64,
    }

    impl Partial for Mean {
        fn add(&mut self, other: &Mean) {
            self.sum += other.sum;
            self.n += other.n;
        }
        fn minus(&self, other: &Mean) -> Mean {
            Mean { sum: self.sum - other.sum, n: self.n - other.n }
        }
    }

    fn outcomes(values: &[f64]) -> Outcomes<Mean> {
        let units = values.iter().map(|&sum| Mean { sum, n: 1.0 }).collect();
        let of = |m: &Mean| m.sum / m.n;
        Outcomes::new(units, [Metric::new("mean", of), Metric::new("nothing", |_: &Mean| f64::NAN)])
    }

    #[test]
    fn the_interval_of_independent_units_is_that_of_the_normal_law() {
        let mut rng = Rng::new(2);
        let values: Vec<f64> = (0..4000).map(|_| 1.0 + rng.uniform()).collect();
        let found = Bootstrap::new(values.len(), 10, 1000, 0).intervals(&outcomes(&values))["mean"];
        // The deviation of a uniform number is √(1/12); 1.96 of its standard error on each side.
        let half = 1.96 * (1.0f64 / 12.0 / 4000.0).sqrt();
        assert!((found.value - 1.5).abs() < 2.0 * half);
        assert!(((found.high - found.low) / (2.0 * half) - 1.0).abs() < 0.15, "{found:?} {half}");
    }

    #[test]
    fn a_rung_ties_with_itself_and_loses_to_a_better_one() {
        let mut rng = Rng::new(2);
        let a: Vec<f64> = (0..500).map(|_| rng.uniform()).collect();
        let b: Vec<f64> = a.iter().map(|v| v + 0.01).collect();
        let plan = Bootstrap::new(500, 24, 300, 1);
        let (a, b) = (outcomes(&a), outcomes(&b));
        let same = plan.difference(&a, &a, &a.metrics()[0]);
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
        let better = plan.difference(&a, &b, &a.metrics()[0]);
        assert!(better.high < 0.0 && (better.value + 0.01).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_finite_is_left_out_and_blocks_are_eight_at_least() {
        let found = outcomes(&[1.0, 2.0]);
        assert_eq!(found.values().keys().collect::<Vec<_>>(), ["mean"]);
        let few = &Bootstrap::new(2, 1, 10, 0).intervals(&found)["mean"];
        assert!(
            few.value == 1.5 && few.low.is_nan() && few.high.is_nan(),
            "two units have no interval: {few:?}"
        );
        let eight = outcomes(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        let plan = |apart| Bootstrap::new(8, 1, 100, 0).apart(apart);
        assert!(plan(1).intervals(&eight)["mean"].low.is_finite());
        assert!(!plan(2).tells() && plan(2).difference(&eight, &eight, &eight.metrics()[0]).low.is_nan());
        assert_eq!([(168, 80), (168, 7), (4, 800)].map(|(w, n)| Bootstrap::block_within(w, n)), [10, 1, 4]);
    }
}
