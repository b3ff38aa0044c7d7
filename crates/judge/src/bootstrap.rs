//! Intervals by resampling: units of a part are drawn in blocks of neighbours that go round at the end (circular block
//! bootstrap, Politis and Romano 1992), since neighbouring units are alike; or whole groups are drawn (cluster bootstrap,
//! Davison and Hinkley 1997, 3.8), where units of one group are. All rungs are drawn alike, so that their differences are
//! paired.
//!
//! A metric that is a function of sums takes [`Bootstrap::intervals`]; one that needs all rows at once (F, an area) takes
//! [`Bootstrap::statistics`], which gives it every row's weight in a draw.

use std::collections::{BTreeMap, HashMap};

use gyeol_base::quantile;
use gyeol_tensor::{Pool, Rng};
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

/// A resampling plan: the same blocks, or groups, for every rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    units: usize,
    /// What is drawn: units, or groups of them.
    drawn: usize,
    block: usize,
    apart: usize,
    /// The generator at the beginning of each draw: its blocks are drawn again whenever they are needed, for their places
    /// would fill memory.
    draws: Vec<Rng>,
    /// The group of each unit, numbered as they come; none where units are drawn.
    groups: Option<Vec<u32>>,
}

impl Bootstrap {
    /// `draws` resamples of `units` units in blocks of `block`.
    pub fn new(units: usize, block: usize, draws: usize, seed: u64) -> Bootstrap {
        let block = block.clamp(1, units.max(1));
        let mut rng = Rng::stream(seed, STREAM);
        let mut draw = || {
            let here = rng.clone();
            (0..units.div_ceil(block)).for_each(|_| _ = rng.below(units as u64));
            here
        };
        let draws = (0..draws).map(|_| draw()).collect();
        Bootstrap { units, drawn: units, block, apart: 1, draws, groups: None }
    }

    /// `draws` resamples of whole groups: as many as there are, each with all of its units, so that the number of units
    /// differs from draw to draw. `groups` names the group of every unit.
    ///
    /// ```
    /// let plan = gyeol_judge::Bootstrap::grouped(&[7, 7, 3, 7], 100, 0);
    /// let counts = plan.counts(5);
    /// assert!(counts[0] == counts[1] && counts[1] == counts[3]);
    /// ```
    pub fn grouped(groups: &[u64], draws: usize, seed: u64) -> Bootstrap {
        let mut numbers = HashMap::new();
        let mut number = |group: u64| {
            let next = numbers.len() as u32;
            *numbers.entry(group).or_insert(next)
        };
        let of: Vec<u32> = groups.iter().map(|&group| number(group)).collect();
        Bootstrap { units: groups.len(), groups: Some(of), ..Bootstrap::new(numbers.len(), 1, draws, seed) }
    }

    /// Units that lie `apart` have nothing in common, nearer ones have: windows of so many rows, say.
    #[must_use]
    pub fn apart(self, apart: usize) -> Bootstrap {
        Bootstrap { apart: apart.max(1), ..self }
    }

    /// Stretches of the part that have nothing in common; groups, where groups are drawn.
    pub fn stretches(&self) -> usize {
        self.drawn / self.apart
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

    /// Number of draws.
    pub fn draws(&self) -> usize {
        self.draws.len()
    }

    /// The blocks of a draw, each as its first place and its length; it may go round the end.
    fn blocks(&self, draw: &Rng) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (mut rng, mut left, drawn, block) = (draw.clone(), self.drawn, self.drawn, self.block);
        (0..drawn.div_ceil(block)).map(move |_| {
            let (start, length) = (rng.below(drawn as u64) as usize, block.min(left));
            left -= length;
            (start, length)
        })
    }

    /// How often each unit comes in a draw.
    ///
    /// # Panics
    /// If there is no such draw.
    pub fn counts(&self, draw: usize) -> Vec<u32> {
        let mut counts = vec![0; self.drawn];
        for (start, length) in self.blocks(&self.draws[draw]) {
            (start..start + length).for_each(|at| counts[at % self.drawn] += 1);
        }
        match &self.groups {
            None => counts,
            Some(groups) => groups.iter().map(|&group| counts[group as usize]).collect(),
        }
    }

    /// Figures of all units with their intervals: `of` is given how often every unit comes (all ones first) and returns
    /// its figures, always as many. A paired difference of two models is a figure too, computed on both.
    ///
    /// ```
    /// use gyeol_judge::{Average, Bootstrap, Confusion};
    /// let labels: Vec<u32> = (0..300).map(|i| i % 3).collect();
    /// let predicted: Vec<u32> = (0..300).map(|i| if i % 7 == 0 { 0 } else { i % 3 }).collect();
    /// let macro_f = |weights: &[f64]| {
    ///     let found = Confusion::of(&labels, &predicted, 3, Some(weights));
    ///     vec![found.map_or(f64::NAN, |c| c.average(Average::Macro, 1.0).f)]
    /// };
    /// let found = Bootstrap::new(300, 1, 500, 0).statistics(&gyeol_tensor::Pool::new(1), macro_f)[0];
    /// assert!(found.low < found.value && found.value < found.high);
    /// ```
    pub fn statistics(&self, pool: &Pool, of: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Vec<Interval> {
        let values = of(&vec![1.0; self.units]);
        let mut draws: Vec<Vec<f64>> = vec![Vec::new(); if self.tells() { self.draws.len() } else { 0 }];
        pool.each_mut(&mut draws, |_, draw, found| {
            let counts = self.counts(draw);
            *found = of(&counts.iter().map(|&count| f64::from(count)).collect::<Vec<f64>>());
        });
        let interval = |(k, &value): (usize, &f64)| {
            let (low, high) = self.ends(draws.iter().filter_map(|found| found.get(k).copied()));
            Interval { value, low, high }
        };
        values.iter().enumerate().map(interval).collect()
    }

    fn resample<'a, P: Partial + 'a>(&'a self, units: &[P]) -> impl Iterator<Item = P> + use<'a, P> {
        let sums = self.groups.as_ref().map(|groups| {
            let mut sums = vec![P::default(); self.drawn];
            groups.iter().zip(units).for_each(|(&group, unit)| sums[group as usize].add(unit));
            sums
        });
        let units = sums.as_deref().unwrap_or(units);
        let n = units.len();
        // Blocks are taken out of running sums, single units as they are.
        let alone = self.block == 1;
        let mut prefix = Vec::with_capacity(n + 1);
        if alone {
            prefix.extend_from_slice(units);
        } else {
            let mut running = P::default();
            prefix.push(running);
            for unit in units {
                running.add(unit);
                prefix.push(running);
            }
        }
        self.draws.iter().map(move |draw| {
            let mut total = P::default();
            for (start, length) in self.blocks(draw) {
                let end = start + length;
                if alone {
                    total.add(&prefix[start]);
                    continue;
                }
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
