//! One house of statistics for every task: what a model did on each unit of a part (an origin, a line, a document, a row),
//! added up to metrics, with intervals, paired differences and rules of choice.
//!
//! | for | |
//! |---|---|
//! | sums over units | [`Partial`], [`Metric`], [`Outcomes`]; of classes [`ClassSums`], of numbers [`ErrorSums`] |
//! | classes | [`Confusion`], [`Ranked`] (curves and areas of scores), [`log_loss`], [`brier`], [`calibration_curve`], [`Calibrator`] |
//! | sequences | [`TranslationSums`] (BLEU, chrF2, exact), [`TagSums`] (labels of units) |
//! | numbers | [`regression_errors`], [`pinball`] |
//! | chance | [`Bootstrap`] by blocks or groups, [`mcnemar`] |
//! | choice on validation | [`least`], [`threshold_for`], [`search()`], [`halving`], [`Space`], [`diagnose`] |
//! | rows apart | [`Parts`], [`Folds`], [`RollingOrigin`] |
//!
//! ```
//! use gyeol_judge::{Bootstrap, Metric, Outcomes, Partial};
//!
//! /// Right answers among all.
//! #[derive(Clone, Copy, Default)]
//! struct Hits { right: f64, all: f64 }
//! impl Partial for Hits {
//!     fn add(&mut self, o: &Hits) { self.right += o.right; self.all += o.all; }
//!     fn minus(&self, o: &Hits) -> Hits { Hits { right: self.right - o.right, all: self.all - o.all } }
//! }
//!
//! let metrics = [Metric::new("error", |h: &Hits| 1.0 - h.right / h.all)];
//! let unit = |i: usize| Hits { right: f64::from(i % 4 != 0), all: 1.0 };
//! let outcomes = Outcomes::new((0..400).map(unit).collect(), metrics);
//! assert_eq!(outcomes.values()["error"], 0.25);
//! let found = Bootstrap::new(400, 10, 1000, 0).intervals(&outcomes)["error"];
//! assert!(found.low < 0.25 && 0.25 < found.high);
//! ```

mod bootstrap;
mod calibrate;
mod choose;
mod confusion;
mod diagnosis;
mod lists;
mod outcomes;
mod paired;
mod probabilities;
mod ranked;
mod regression;
mod search;
mod split;
mod sums;
mod tags;
mod thresholds;
mod translation;

pub use bootstrap::{Bootstrap, Interval};
pub use calibrate::{Calibration, Calibrator, Isotonic};
pub use choose::{fewest_within_one_error, least};
pub use confusion::{Average, ClassScore, Confusion, Distance, PrecisionRecall};
pub use diagnosis::{Diagnosis, DiagnosisParams, LearningPoint, Verdict, diagnose};
pub use outcomes::{Metric, Outcomes, Partial};
pub use paired::{McNemar, mcnemar};
pub use probabilities::{
    Bins, CalibrationBin, brier, brier_of, calibration_curve, calibration_error, confidence, log_loss,
    most_probable, roc_area_one_vs_one, roc_area_one_vs_rest, surprise, top_k_accuracy,
};
pub use ranked::{PrecisionRecallCurve, Ranked, RocCurve, Step};
pub use regression::{RegressionErrors, pinball, regression_errors};
pub use search::{Range, Searched, Setting, Space, Tried, Value, halving, search};
pub use split::{Fold, Folds, Parts, RollingOrigin, Shares};
pub use sums::{ClassSums, ErrorSums};
pub use tags::TagSums;
pub use thresholds::{Threshold, threshold_for, threshold_for_f};
pub use translation::{BLEU_SIGNATURE, CHRF_SIGNATURE, TranslationOrder, TranslationSums};
