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
    /// Times `factor` whenever the validation loss has not fallen for more than `patience` epochs: PyTorch's
    /// `ReduceLROnPlateau` (see [`plateau_factor`]).
    Plateau {
        /// Epochs without a fall that are borne.
        patience: usize,
        /// Factor of each reduction.
        factor: f64,
        /// Least relative fall that counts.
        threshold: f64,
    },
}

impl Schedule {
    /// Factor in iteration `iteration` (from 0) of `total`, with `per_epoch` iterations an epoch; `valid` are
    /// the validation losses of the epochs done, which only [`Schedule::Plateau`] reads.
    pub fn factor(
        self,
        iteration: usize,
        per_epoch: usize,
        total: usize,
        valid: impl IntoIterator<Item = f64>,
    ) -> f64 {
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
            Schedule::Plateau { patience, factor, threshold } => {
                plateau_factor(valid, patience, factor, threshold)
            }
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
            Schedule::Plateau { .. } => "plateau",
        }
    }
}

/// The factor that PyTorch's `ReduceLROnPlateau` (mode min, relative threshold, no cooldown, no least rate)
/// has reached after these validation losses. It is worked out from the whole curve each time, so a resumed
/// run needs no state for it.
///
/// A loss counts as a fall if it is below (1 - threshold) times the best so far; NaN never does. After more than
/// `patience` epochs without one, the rate is reduced and the count begins anew.
pub fn plateau_factor(
    valid: impl IntoIterator<Item = f64>,
    patience: usize,
    factor: f64,
    threshold: f64,
) -> f64 {
    let (mut best, mut waited, mut now) = (f64::INFINITY, 0, 1.0);
    for loss in valid {
        if loss < best * (1.0 - threshold) {
            best = loss;
            waited = 0;
        } else {
            waited += 1;
        }
        if waited > patience {
            now *= factor;
            waited = 0;
        }
    }
    now
}

fn half_cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (std::f64::consts::PI * part.clamp(0.0, 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_turns_are_where_the_papers_put_them() {
        let one = |i| Schedule::OneCycle.factor(i, 10, 101, []);
        assert!(
            (one(0) - 0.04).abs() < 1e-12 && (one(30) - 1.0).abs() < 1e-12 && (one(100) - 1e-4).abs() < 1e-12
        );
        let zaremba =
            |epoch: usize| Schedule::Zaremba { hold: 4, factor: 0.5 }.factor(epoch * 10, 10, 200, []);
        assert_eq!((zaremba(0), zaremba(3), zaremba(4), zaremba(6)), (1.0, 1.0, 0.5, 0.125));
        assert!(Schedule::Cosine.factor(99, 10, 100, []).abs() < 1e-12);
        assert_eq!(Schedule::Step { every: 2, factor: 0.1 }.factor(35, 10, 100, []), 0.1);
    }

    // The learning rate after each loss: PyTorch 2.15, ReduceLROnPlateau(SGD([p], lr=1), factor=0.5, patience=2).
    #[test]
    fn plateaus_are_those_of_pytorch() {
        let losses = [
            (2.0, 1.0),
            (1.5, 1.0),
            (1.49995, 1.0),
            (1.4999, 1.0),
            (1.6, 0.5),
            (1.4, 0.5),
            (1.4, 0.5),
            (f64::NAN, 0.5),
            (1.39999, 0.25),
            (1.3, 0.25),
            (1.3, 0.25),
            (1.3, 0.25),
            (1.3, 0.125),
            (1.3, 0.125),
            (1.3, 0.125),
            (1.0, 0.125),
        ];
        let schedule = Schedule::Plateau { patience: 2, factor: 0.5, threshold: 1e-4 };
        assert_eq!(schedule.factor(0, 10, 100, []), 1.0);
        for (epoch, (_, want)) in losses.iter().enumerate() {
            let seen = losses[..=epoch].iter().map(|l| l.0);
            assert_eq!(schedule.factor(10 * epoch, 10, 1000, seen), *want, "after epoch {epoch}");
        }
    }
}
