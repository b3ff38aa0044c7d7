//! What a climb is watched by: one contract for every task.

use gyeol_data::Change;
use gyeol_forecast::Progress;
use gyeol_ngram::Stage;
use gyeol_report::model::RungReport;

/// A step of a climb.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// What cleaning changed, once the readings are there.
    Cleaned(&'a [Change]),
    /// What was left out or held back, in words.
    Said(&'a str),
    /// Texts of a part are read: `bytes` so far, of about `of` where that is known.
    Reading {
        /// The part: `train`, `valid`, `test`, or `split` while they are made.
        part: &'a str,
        /// So far.
        bytes: u64,
        /// In all.
        of: Option<u64>,
    },
    /// N-grams are counted.
    Counting(Stage),
    /// A setting is tried: the values of what is chosen.
    Trying(&'a [&'a str]),
    /// A rung is fitted again on its way through a part: windows done, and in all.
    Refitted {
        /// Done.
        done: usize,
        /// In all.
        of: usize,
    },
    /// A net is trained.
    Training(Progress),
    /// Topics of all tokens are drawn anew, or fitted once more.
    Sweep(Sweep),
}

/// Where a fit of topics stands.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// Sweeps (or passes) done.
    pub done: usize,
    /// Sweeps in all.
    pub of: usize,
    /// Tokens of a sweep.
    pub tokens: u64,
    /// Log-likelihood a token, where it was taken.
    pub log_likelihood: Option<f64>,
}

/// What a climb is watched by.
pub trait Watch {
    /// A rung begins, or a table of settings; `of` in all, `index` from 0.
    fn begin(&mut self, _rung: &str, _index: usize, _of: usize) {}

    /// A step; false stops the climb.
    fn step(&mut self, _step: Step<'_>) -> bool {
        true
    }

    /// A rung is done; true in `kept` when it was taken from an earlier run.
    fn done(&mut self, _rung: &RungReport, _kept: bool) {}
}

/// Watches nothing and never stops.
impl Watch for () {}
