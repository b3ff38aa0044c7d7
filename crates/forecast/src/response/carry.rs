//! What the newest readings left of the response, carried ahead: by how much is learnt, block by block of the horizon.

use serde::{Deserialize, Serialize};

use crate::prepare::Spec;
use crate::season::lag_for;

/// What is read of the residuals before an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Read {
    /// Mean of so many rows.
    Mean(usize),
    /// That of the same place a season before, less the season's mean.
    Before(usize),
    /// Mean of the same place of a shorter season over a longer one, less the longer one's mean.
    Place(usize, usize),
}

/// Shares of what was learnt that are tried, the rest being what fades by itself.
pub(super) const LEARNT: [f64; 4] = [1.0, 0.7, 0.4, 0.0];

/// Weights of what is read, by block of the horizon.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Carry {
    reads: Vec<Read>,
    /// First row ahead of each block.
    starts: Vec<usize>,
    /// (blocks, reads).
    weights: Vec<Vec<f64>>,
}

/// The penalty, in shares of each input's own square.
const RIDGE: f64 = 0.03;

impl Carry {
    /// What can be read of a look-back, with weights of 0.
    pub(super) fn none(spec: &Spec) -> Carry {
        let day = spec.seasons.first().map_or(spec.look_back.min(8), |s| s.rows);
        let week = spec.seasons.get(1).map(|s| s.rows).filter(|&w| w % day == 0 && w <= spec.look_back);
        let mut means = vec![1, day.div_ceil(4), day, 3 * day];
        means.extend(week);
        means.retain(|&m| m <= spec.look_back);
        means.dedup();
        let mut reads: Vec<Read> = means.into_iter().map(Read::Mean).collect();
        if !spec.seasons.is_empty() && day <= spec.look_back {
            reads.push(Read::Before(day));
            reads.extend(week.map(|week| Read::Place(day, week)));
        }
        let mut starts = vec![0, 1, day.div_ceil(8), day.div_ceil(4), day.div_ceil(2)];
        starts.extend((1..).map(|days| days * day).take_while(|&s| s < spec.horizon).take(60));
        starts.retain(|&s| s < spec.horizon);
        starts.sort_unstable();
        starts.dedup();
        let weights = vec![vec![0.0; reads.len()]; starts.len()];
        Carry { reads, starts, weights }
    }

    /// Half of the longest mean, fading over weeks behind the first, and what the last day's differs from it, fading over days: what is
    /// known without learning.
    pub(super) fn fading(spec: &Spec) -> Carry {
        let mut carry = Carry::none(spec);
        let day = spec.seasons.first().map_or(8, |s| s.rows);
        let mean = |r: &Read| match r {
            Read::Mean(n) => Some(*n),
            _ => None,
        };
        let longest = carry.reads.iter().filter_map(mean).max().unwrap_or(0);
        let places: Vec<Option<usize>> = carry.reads.iter().map(mean).collect();
        for (start, weights) in carry.starts.iter().zip(&mut carry.weights) {
            let share = 0.8 * (-(*start as f64) / day as f64).exp();
            for (weight, place) in weights.iter_mut().zip(&places) {
                if *place == Some(longest) {
                    let behind = start.saturating_sub(7 * day) as f64;
                    *weight += 0.5 * (-behind / (14 * day) as f64).exp() - share;
                }
                if *place == Some(day) {
                    *weight += share;
                }
            }
        }
        carry
    }

    /// What was learnt times its share, and what fades by itself times the rest.
    pub(super) fn blended(&self, share: f64, spec: &Spec) -> Carry {
        let mut carry = Carry::fading(spec);
        for (weights, learnt) in carry.weights.iter_mut().zip(&self.weights) {
            weights.iter_mut().zip(learnt).for_each(|(w, l)| *w += share * (l - *w));
        }
        carry
    }

    /// Rows before an origin that are read.
    pub(super) fn span(&self) -> usize {
        let of = |r: &Read| match r {
            Read::Mean(n) | Read::Before(n) | Read::Place(_, n) => *n,
        };
        self.reads.iter().map(of).max().unwrap_or(0)
    }

    /// True where weights out of a file have a place for all that is read of a look-back.
    pub(super) fn fits(&self, look_back: usize) -> bool {
        let whole = |r: &Read| match *r {
            Read::Mean(n) | Read::Before(n) => n > 0 && n <= look_back,
            Read::Place(day, week) => day > 0 && week >= day && week <= look_back,
        };
        self.starts.first() == Some(&0)
            && self.starts.is_sorted_by(|a, b| a < b)
            && self.weights.len() == self.starts.len()
            && self.weights.iter().all(|w| w.len() == self.reads.len() && w.iter().all(|v| v.is_finite()))
            && self.reads.iter().all(whole)
    }

    /// What is read before an origin of `residuals`, whose last is the row before it, for each of `horizon` rows ahead, (horizon,
    /// reads).
    fn read(&self, residuals: &[f64], horizon: usize, out: &mut Vec<f64>) {
        out.clear();
        let n = residuals.len();
        let mean = |rows: usize| residuals[n - rows..].iter().sum::<f64>() / rows as f64;
        let (mut means, mut places) = (Vec::new(), Vec::new());
        for read in &self.reads {
            match *read {
                Read::Mean(rows) | Read::Before(rows) | Read::Place(_, rows) => means.push(mean(rows)),
            }
            places.push(match *read {
                Read::Place(day, week) => (0..day)
                    .map(|place| {
                        let rows = (0..week / day).map(|k| residuals[n - week + k * day + place]);
                        rows.sum::<f64>() / (week / day) as f64
                    })
                    .collect(),
                _ => Vec::new(),
            });
        }
        for ahead in 0..horizon {
            for ((read, mean), places) in self.reads.iter().zip(&means).zip(&places) {
                out.push(match *read {
                    Read::Mean(_) => *mean,
                    Read::Before(day) => residuals[n + ahead - lag_for(day, ahead)] - mean,
                    Read::Place(day, _) => places[ahead % day] - mean,
                });
            }
        }
    }

    fn block(&self, ahead: usize) -> usize {
        self.starts.partition_point(|&start| start <= ahead) - 1
    }

    /// What the residuals before an origin add to each row ahead.
    pub(super) fn ahead(&self, residuals: &[f64], out: &mut [f64], room: &mut Vec<f64>) {
        self.read(residuals, out.len(), room);
        let k = self.reads.len();
        for (ahead, out) in out.iter_mut().enumerate() {
            let read = &room[ahead * k..(ahead + 1) * k];
            *out = read.iter().zip(&self.weights[self.block(ahead)]).map(|(r, w)| r * w).sum();
        }
    }
}

/// Sums from which weights follow.
pub(super) struct Learning {
    carry: Carry,
    /// By block: (reads, reads + 1), products with what came.
    sums: Vec<Vec<f64>>,
    room: Vec<f64>,
}

impl Learning {
    pub(super) fn new(spec: &Spec) -> Learning {
        let carry = Carry::none(spec);
        let k = carry.reads.len();
        Learning { sums: vec![vec![0.0; k * (k + 1)]; carry.starts.len()], carry, room: Vec::new() }
    }

    /// Rows before an origin that are read.
    pub(super) fn span(&self) -> usize {
        self.carry.span()
    }

    /// An origin: the residuals before it, and those that came.
    pub(super) fn add(&mut self, before: &[f64], came: &[f64]) {
        let mut room = std::mem::take(&mut self.room);
        self.carry.read(before, came.len(), &mut room);
        let k = self.carry.reads.len();
        for (ahead, came) in came.iter().enumerate().filter(|(_, came)| came.is_finite()) {
            let read = &room[ahead * k..(ahead + 1) * k];
            let sums = &mut self.sums[self.carry.block(ahead)];
            for (sums, x) in sums.chunks_exact_mut(k + 1).zip(read) {
                sums.iter_mut().zip(read.iter().chain([came])).for_each(|(s, y)| *s += x * y);
            }
        }
        self.room = room;
    }

    /// The weights of least squares with a small penalty.
    pub(super) fn learnt(mut self) -> Carry {
        let k = self.carry.reads.len();
        for (sums, weights) in self.sums.iter_mut().zip(&mut self.carry.weights) {
            for i in 0..k {
                let own = sums[i * (k + 1) + i];
                sums[i * (k + 1) + i] += RIDGE * own + 1e-12;
            }
            // Gauss without pivots: the sums are those of a positive definite matrix.
            for i in 0..k {
                let pivot = sums[i * (k + 1) + i];
                for below in i + 1..k {
                    let factor = sums[below * (k + 1) + i] / pivot;
                    for column in i..=k {
                        sums[below * (k + 1) + column] -= factor * sums[i * (k + 1) + column];
                    }
                }
            }
            for i in (0..k).rev() {
                let rest: f64 = (i + 1..k).map(|j| sums[i * (k + 1) + j] * weights[j]).sum();
                weights[i] = (sums[i * (k + 1) + k] - rest) / sums[i * (k + 1) + i];
            }
        }
        self.carry
    }
}
