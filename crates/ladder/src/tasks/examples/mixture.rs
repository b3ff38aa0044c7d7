//! A rung made of rungs before it: their answers, each times a share that the validation part tells.
//!
//! Probabilities p_k of the right class: Π_i Σ_k w_k p_k is raised by w_k ← mean_i w_k p_k / Σ_l w_l p_l (expectation and
//! maximisation of a mixture with fixed components; Dempster, Laird and Rubin 1977). Numbers: Σ_i (y - Σ_k w_k ŷ_k)² over the
//! simplex is lowered by exponentiated gradient (Kivinen and Warmuth 1997).

use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_report::model::Fact;
use gyeol_supervised::{Head, Inputs, Machine, Said, Target};

use super::nets::Inside;
use super::rungs::{Fitted, Workbench};
use crate::recipe::ExamplesRung;
use crate::watch::Watch;

/// Rounds until shares stand still.
const ROUNDS: usize = 200;

impl Workbench<'_> {
    /// Fits a mixture; members that were taken over from another run are fitted once more.
    pub fn mix(
        &mut self,
        rung: &ExamplesRung,
        rungs: &[ExamplesRung],
        watch: &mut dyn Watch,
    ) -> Result<Fitted> {
        let begun = Instant::now();
        let mut members = Vec::new();
        for name in rung.name.split('+') {
            if !self.machines.contains_key(name) {
                let other = rungs.iter().find(|r| r.name == name);
                let other = other.ok_or_else(|| Error::defect(format!("no rung is called {name}")))?;
                self.fit(&other.clone(), watch)?;
            }
            members.push((self.machines[name].clone(), self.on_valid[name].clone()));
        }
        let target = &self.prepared.parts[1].examples.target;
        let said: Vec<&Said> = members.iter().map(|(_, said)| said).collect();
        let shares = shares(&said, target)?;
        let mixed = Said::mixed(shares.iter().copied().zip(said.into_iter().cloned()))?;
        let decision = self.decision(&mixed, target)?;
        self.on_valid.insert(rung.name.clone(), mixed);
        let share = |(name, share): (&str, &f64)| format!("{name} {share:.2}");
        let written: Vec<String> = rung.name.split('+').zip(&shares).map(share).collect();
        let first = &members[0].0;
        let machine = Machine {
            rung: rung.name.clone(),
            answer: first.answer.clone(),
            target: first.target.clone(),
            inputs: Inputs::default(),
            calibration: None,
            seen: None,
            decision,
            head: Head::Mixture(shares.into_iter().zip(members.iter().map(|(m, _)| m.clone())).collect()),
        };
        Ok(Fitted {
            machine,
            tried: Vec::new(),
            facts: vec![Fact { key: "shares".into(), value: written.join(", ") }],
            inside: Inside::none(),
            seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

/// The shares of the members.
fn shares(said: &[&Said], target: &Target) -> Result<Vec<f64>> {
    let k = said.len();
    let mut shares = vec![1.0 / k as f64; k];
    match target {
        Target::Classes { of, .. } => {
            let mut right = Vec::with_capacity(of.len() * k);
            for (row, &class) in of.iter().enumerate() {
                for one in said {
                    let Said::Classes(p) = one else { return Err(Error::defect("numbers among classes")) };
                    right.push(p.row(row).get(class as usize).copied().unwrap_or(0.0).max(1e-12));
                }
            }
            for _ in 0..ROUNDS {
                let mut next = vec![0.0; k];
                for row in right.chunks_exact(k) {
                    let sum: f64 = row.iter().zip(&shares).map(|(p, w)| p * w).sum();
                    next.iter_mut().zip(row).zip(&shares).for_each(|((n, p), w)| *n += w * p / sum);
                }
                let all: f64 = next.iter().sum();
                shares.iter_mut().zip(next).for_each(|(w, n)| *w = n / all);
            }
        }
        Target::Values(truth) => {
            let mut columns: Vec<&[f64]> = Vec::new();
            for one in said {
                let Said::Values(v) = one else { return Err(Error::defect("classes among numbers")) };
                columns.push(v);
            }
            let error = |i: usize, shares: &[f64]| {
                columns.iter().zip(shares).map(|(c, w)| c[i] * w).sum::<f64>() - truth[i]
            };
            let scale: f64 =
                columns.iter().flat_map(|c| c.iter()).chain(truth).map(|v| v * v).fold(1e-300, f64::max);
            for _ in 0..ROUNDS {
                let gradient: Vec<f64> = columns
                    .iter()
                    .map(|c| {
                        (0..truth.len()).map(|i| error(i, &shares) * c[i]).sum::<f64>() / truth.len() as f64
                    })
                    .collect();
                shares.iter_mut().zip(gradient).for_each(|(w, g)| *w *= (-g / scale).exp());
                let all: f64 = shares.iter().sum();
                shares.iter_mut().for_each(|w| *w /= all);
            }
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_vectors::matrix::Dense;

    #[test]
    fn the_member_that_is_right_more_often_has_the_larger_share() {
        let table = |p: [f64; 4]| {
            Said::Classes(Dense::new(4, 2, p.iter().flat_map(|p| [1.0 - p, *p]).collect()).unwrap())
        };
        let target = Target::Classes { names: vec!["a".into(), "b".into()], of: vec![1, 1, 1, 0] };
        let (good, bad) = (table([0.9, 0.8, 0.7, 0.1]), table([0.4, 0.6, 0.3, 0.6]));
        let found = shares(&[&good, &bad], &target).unwrap();
        assert!(found[0] > 0.95 && (found[0] + found[1] - 1.0).abs() < 1e-12, "{found:?}");
        // Each right where the other is not: half and half.
        let (left, right) = (table([0.9, 0.9, 0.1, 0.9]), table([0.1, 0.1, 0.9, 0.1]));
        let found = shares(&[&left, &right], &target).unwrap();
        assert!((found[0] - 0.5).abs() < 1e-6, "{found:?}");
        let truth = Target::Values(vec![1.0, 2.0, 3.0]);
        let values = |v: [f64; 3]| Said::Values(v.to_vec());
        let found = shares(&[&values([1.0, 2.0, 3.0]), &values([3.0, 1.0, 1.0])], &truth).unwrap();
        assert!(found[0] > 0.95, "{found:?}");
    }
}
