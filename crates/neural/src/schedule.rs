//! How the learning rate moves over a training run.

use serde::{Deserialize, Serialize};

/// A schedule: the factor on the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Times `factor` every `every` epochs.
    Step {
        /// Epochs between falls.
        every: usize,
        /// Factor of each fall.
        factor: f64,
    },
    /// Half a cosine from 1 to 0 over the whole run (Loshchilov and Hutter 2017).
    Cosine,
    /// Up from 1/25 in the first 30 %, then down to 1/10,000, both by half a cosine (Smith and Topin 2018).
    OneCycle,
    /// 1 for `hold` epochs, then times `factor` every epoch (Zaremba et al. 2014).
    Zaremba {
        /// Epochs at the full rate.
        hold: usize,
        /// Factor of each later epoch.
        factor: f64,
    },
}

impl Schedule {
    /// Factor in iteration `iteration` (from 0) of `total`, with `per_epoch` iterations an epoch.
    pub fn factor(self, iteration: usize, per_epoch: usize, total: usize) -> f64 {
        let epoch = iteration / per_epoch.max(1);
        let part = iteration as f64 / total.saturating_sub(1).max(1) as f64;
        match self {
            Schedule::Constant => 1.0,
            Schedule::Step { every, factor } => factor.powi((epoch / every.max(1)) as i32),
            Schedule::Cosine => half_cosine(1.0, 0.0, part),
            Schedule::OneCycle => {
                const RISE: f64 = 0.3;
                if part < RISE {
                    half_cosine(1.0 / 25.0, 1.0, part / RISE)
                } else {
                    half_cosine(1.0, 1e-4, (part - RISE) / (1.0 - RISE))
                }
            }
            Schedule::Zaremba { hold, factor } => factor.powi((epoch + 1).saturating_sub(hold) as i32),
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Schedule::Constant => "constant",
            Schedule::Step { .. } => "step",
            Schedule::Cosine => "cosine",
            Schedule::OneCycle => "one-cycle",
            Schedule::Zaremba { .. } => "zaremba",
        }
    }
}

fn half_cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (std::f64::consts::PI * part.clamp(0.0, 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_turns_are_where_the_papers_put_them() {
        let one = |i| Schedule::OneCycle.factor(i, 10, 101);
        assert!(
            (one(0) - 0.04).abs() < 1e-12 && (one(30) - 1.0).abs() < 1e-12 && (one(100) - 1e-4).abs() < 1e-12
        );
        let zaremba = |epoch: usize| Schedule::Zaremba { hold: 4, factor: 0.5 }.factor(epoch * 10, 10, 200);
        assert_eq!((zaremba(0), zaremba(3), zaremba(4), zaremba(6)), (1.0, 1.0, 0.5, 0.125));
        assert!(Schedule::Cosine.factor(99, 10, 100).abs() < 1e-12);
        assert_eq!(Schedule::Step { every: 2, factor: 0.1 }.factor(35, 10, 100), 0.1);
    }
}
