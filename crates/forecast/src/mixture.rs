//! A rung made of rungs before it: the sum of their forecasts, each times a share of its own.
//!
//! The shares of a target are at least 0 and sum to 1; Σ |y - Σ_k w_k ŷ_k| over the validation windows is lowered two members at a
//! time, each step to the least error on its line (a weighted median, as in least absolute deviations by coordinate descent: Wu and
//! Lange 2008).

use gyeol_base::Result;
use gyeol_tensor::Pool;

use crate::prepare::Prepared;
use crate::rung::RungPredictor;
use crate::start::Refits;
use crate::windows::Window;

/// Fitted rungs with their shares.
#[derive(Debug, Clone)]
pub struct Mixture {
    names: Vec<String>,
    members: Vec<RungPredictor>,
    /// By target and member.
    shares: Vec<Vec<f64>>,
}

/// Most times that all pairs are gone through, and rows ahead that shares are chosen on.
const SWEEPS: usize = 30;
const ROWS: usize = 40_000;

impl Mixture {
    /// From its parts; none where the shares are not those of the members.
    pub(crate) fn new(
        names: Vec<String>,
        members: Vec<RungPredictor>,
        shares: Vec<Vec<f64>>,
    ) -> Option<Mixture> {
        let whole = |s: &Vec<f64>| s.len() == members.len() && s.iter().all(|s| (0.0..=1.0).contains(s));
        let sound = !members.is_empty() && names.len() == members.len() && shares.iter().all(whole);
        sound.then_some(Mixture { names, members, shares })
    }

    /// Mixes fitted rungs, given with their names and forecasts of the validation windows, (windows, horizon).
    pub fn of(members: Vec<(String, RungPredictor, &[f64])>, data: &Prepared, valid: &[Window]) -> Mixture {
        let horizon = data.spec.horizon;
        let forecasts: Vec<&[f64]> = members.iter().map(|(_, _, f)| *f).collect();
        let mut shares = Vec::new();
        for channel in 0..data.spec.targets.len() {
            let (mut truth, mut said) = (Vec::new(), vec![Vec::new(); forecasts.len()]);
            for (i, w) in valid.iter().enumerate().filter(|(_, w)| w.channel as usize == channel) {
                let s = &data.series[w.series as usize];
                let scale = s.scalers[channel].scale;
                for (j, y) in s.truth[channel][w.origin as usize..][..horizon].iter().enumerate() {
                    if !y.is_nan() {
                        truth.push(y / scale);
                        said.iter_mut().zip(&forecasts).for_each(|(s, f)| s.push(f[i * horizon + j] / scale));
                    }
                }
            }
            shares.push(descended(&said, &truth));
        }
        let (names, members) = members.into_iter().map(|(name, m, _)| (name, m)).unzip();
        Mixture { names, members, shares }
    }

    /// The rungs with their names.
    pub fn members(&self) -> impl Iterator<Item = (&RungPredictor, &str)> {
        self.members.iter().zip(self.names.iter().map(String::as_str))
    }

    /// The rungs that some target takes a share of.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &RungPredictor> {
        let taken = |k: &usize| self.shares.iter().any(|shares| shares[*k] > 0.0);
        (0..self.members.len()).filter(taken).map(|k| &self.members[k])
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Shares by target and member.
    pub fn shares(&self) -> &[Vec<f64>] {
        &self.shares
    }

    pub(crate) fn predict(&self, data: &Prepared, windows: &[Window], pool: &Pool) -> Vec<f64> {
        let said = self.members.iter().enumerate().map(|(k, member)| {
            // A member that no target takes a share of costs nothing.
            match self.shares.iter().all(|shares| shares[k] == 0.0) {
                true => Vec::new(),
                false => member.predict(data, windows, pool),
            }
        });
        let said: Vec<Vec<f64>> = said.collect();
        let said: Vec<&[f64]> = said.iter().map(Vec::as_slice).collect();
        self.mixed(&said, windows, data.spec.horizon)
    }

    /// The mixture of what its members forecast for windows, (windows, horizon) each; those without a share may be empty.
    pub fn mixed(&self, said: &[&[f64]], windows: &[Window], horizon: usize) -> Vec<f64> {
        let mut out = vec![0.0; windows.len() * horizon];
        for (k, said) in said.iter().enumerate().filter(|(_, said)| !said.is_empty()) {
            for ((w, out), said) in
                windows.iter().zip(out.chunks_exact_mut(horizon)).zip(said.chunks_exact(horizon))
            {
                let share = self.shares[w.channel as usize][k];
                out.iter_mut().zip(said).for_each(|(o, s)| *o += share * s);
            }
        }
        out
    }

    pub(crate) fn refit(
        &self,
        data: &Prepared,
        between: (i64, i64),
        refits: &mut Refits,
        pool: &Pool,
    ) -> Result<Option<Mixture>> {
        let mut any = false;
        let mut members = Vec::new();
        for member in &self.members {
            let again = member.refit(data, between, refits, pool)?;
            any |= again.is_some();
            members.push(again.unwrap_or_else(|| member.clone()));
        }
        Ok(any.then(|| Mixture { members, ..self.clone() }))
    }

    pub(crate) fn needs(&self, look_back: usize) -> usize {
        self.members.iter().map(|m| m.needs(look_back)).max().unwrap_or(look_back)
    }

    pub(crate) fn fits(&self, data: &Prepared) -> bool {
        self.shares.len() == data.spec.targets.len() && self.members.iter().all(|m| m.fits(data))
    }
}

/// Shares of the least mean absolute error, from the best member alone and from equal shares, whichever ends lower.
fn descended(said: &[Vec<f64>], truth: &[f64]) -> Vec<f64> {
    let k = said.len();
    let every = truth.len().div_ceil(ROWS).max(1);
    let truth: Vec<f64> = truth.iter().step_by(every).copied().collect();
    let said: Vec<Vec<f64>> = said.iter().map(|s| s.iter().step_by(every).copied().collect()).collect();
    let error = |shares: &[f64]| {
        let of = |i: usize| said.iter().zip(shares).map(|(s, w)| s[i] * w).sum::<f64>() - truth[i];
        (0..truth.len()).map(|i| of(i).abs()).sum::<f64>()
    };
    let alone = |best: usize| (0..k).map(|i| f64::from(u8::from(i == best))).collect::<Vec<f64>>();
    let best = gyeol_judge::least((0..k).map(|i| error(&alone(i)))).unwrap_or(0);
    let mut found = [alone(best), vec![1.0 / k as f64; k]].map(|shares| moved(shares, &said, &truth));
    // A share that is next to nothing is none.
    for shares in &mut found {
        shares.iter_mut().filter(|w| **w < 0.01).for_each(|w| *w = 0.0);
        let all: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|w| *w /= all);
    }
    let [first, second] = found;
    if error(&second) < error(&first) { second } else { first }
}

/// Moves shares between two members at a time while that lessens the error: along such a line Σ |r + δ d| is least at the median of
/// -r / d weighted by |d|.
fn moved(mut shares: Vec<f64>, said: &[Vec<f64>], truth: &[f64]) -> Vec<f64> {
    let k = shares.len();
    let miss =
        |shares: &[f64], i: usize| said.iter().zip(shares).map(|(s, w)| s[i] * w).sum::<f64>() - truth[i];
    let mut places: Vec<(f64, f64)> = Vec::new();
    for _ in 0..SWEEPS {
        let before = shares.clone();
        for (to, from) in (0..k).flat_map(|to| (to + 1..k).map(move |from| (to, from))) {
            places.clear();
            for i in 0..truth.len() {
                let slope = said[to][i] - said[from][i];
                if slope != 0.0 {
                    places.push((-miss(&shares, i) / slope, slope.abs()));
                }
            }
            places.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let half = places.iter().map(|p| p.1).sum::<f64>() / 2.0;
            let mut sum = 0.0;
            let median = places.iter().find(|p| {
                sum += p.1;
                sum >= half
            });
            let by = median.map_or(0.0, |p| p.0).clamp(-shares[to], shares[from]);
            shares[to] = (shares[to] + by).clamp(0.0, 1.0);
            shares[from] = (shares[from] - by).clamp(0.0, 1.0);
        }
        if shares.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-4) {
            break;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_mean_that_errs_least() {
        let truth: Vec<f64> = (0..200).map(|i| f64::from(i % 17)).collect();
        let off = |by: f64, sign: i32| -> Vec<f64> {
            let of = |(i, y): (usize, &f64)| y + by * if (i as i32 * sign) % 2 == 0 { 1.0 } else { -1.0 };
            truth.iter().enumerate().map(of).collect()
        };
        // One errs by 1 to and fro, the other by 3 the other way: three quarters and one quarter err nowhere.
        let other: Vec<f64> = truth.iter().zip(off(1.0, 1)).map(|(y, o)| y - 3.0 * (o - y)).collect();
        let found = descended(&[off(1.0, 1), other], &truth);
        assert!((found[0] - 0.75).abs() < 0.02, "{found:?}");
        let found = descended(&[truth.clone(), off(2.0, 1), off(5.0, 1)], &truth);
        assert_eq!(found, [1.0, 0.0, 0.0]);
        // Members that err by hardly more than another still change the shares: never is the mixture worse than the best of them.
        let noisy = |seed: u64, size: f64| -> Vec<f64> {
            let mut rng = gyeol_tensor::Rng::new(seed);
            truth.iter().map(|y| y + size * rng.normal()).collect()
        };
        let said = [noisy(1, 0.100), noisy(2, 0.101), noisy(3, 0.130)];
        let found = descended(&said, &truth);
        let error = |shares: &[f64]| -> f64 {
            let of = |i: usize| said.iter().zip(shares).map(|(s, w)| s[i] * w).sum::<f64>() - truth[i];
            (0..truth.len()).map(|i| of(i).abs()).sum()
        };
        let singles = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|one| error(&one));
        let best = singles.into_iter().fold(f64::INFINITY, f64::min);
        assert!(error(&found) < 0.75 * best && error(&found) <= error(&[1.0 / 3.0; 3]), "{found:?}");
        // On a grid of the simplex nothing is much better.
        for (a, b) in (0..=20).flat_map(|a| (0..=20 - a).map(move |b| (a, b))) {
            let grid = [a as f64 / 20.0, b as f64 / 20.0, (20 - a - b) as f64 / 20.0];
            assert!(error(&found) <= 1.02 * error(&grid), "{found:?} {grid:?}");
        }
    }
}
