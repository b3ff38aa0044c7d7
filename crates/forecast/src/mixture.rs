//! A rung made of rungs before it: the sum of their forecasts, each times a share of its own.
//!
//! The shares of a target are at least 0 and sum to 1; Σ |y - Σ_k w_k ŷ_k| over the validation windows is lowered by exponentiated
//! gradient (Kivinen and Warmuth 1997) from equal shares, and the best shares on the way are kept.

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

/// Steps of the descent.
const ROUNDS: usize = 200;

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

/// Shares of the least mean absolute error.
fn descended(said: &[Vec<f64>], truth: &[f64]) -> Vec<f64> {
    let k = said.len();
    let mut shares = vec![1.0 / k as f64; k];
    let mut best = (f64::INFINITY, shares.clone());
    let n = truth.len().max(1) as f64;
    for round in 0..ROUNDS {
        let mut error = 0.0;
        let mut slope = vec![0.0; k];
        for (i, y) in truth.iter().enumerate() {
            let miss = said.iter().zip(&shares).map(|(s, w)| s[i] * w).sum::<f64>() - y;
            error += miss.abs();
            slope.iter_mut().zip(said).for_each(|(g, s)| *g += miss.signum() * s[i]);
        }
        if error < best.0 {
            best = (error, shares.clone());
        }
        // Only what members differ by can be gained.
        let mean = slope.iter().sum::<f64>() / k as f64;
        let rate = 20.0 / (1.0 + round as f64 / 10.0);
        shares.iter_mut().zip(&slope).for_each(|(w, g)| *w *= (-rate * (g - mean) / n).exp());
        let all: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|w| *w /= all);
    }
    // A share that is next to nothing is none.
    let mut shares = best.1;
    shares.iter_mut().filter(|w| **w < 0.01).for_each(|w| *w = 0.0);
    let all: f64 = shares.iter().sum();
    shares.iter().map(|w| w / all).collect()
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
    }
}
