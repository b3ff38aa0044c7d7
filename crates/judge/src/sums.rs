//! Additive outcomes of a row for classes and for numbers, with the metrics that sums of them give: what a ladder's engine
//! takes. Metrics that are no function of sums (F, areas) go through [`Bootstrap::statistics`](crate::Bootstrap::statistics).

use crate::{Metric, Partial, probabilities};

/// What a classifier did on a row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ClassSums {
    /// Weight of the rows.
    pub rows: f64,
    /// Of those whose most probable class is not the label.
    pub wrong: f64,
    /// Sum of −ln p of the label.
    pub log_loss: f64,
    /// Sum of Brier's scores.
    pub brier: f64,
}

impl ClassSums {
    /// The outcome of one row: its label, the class predicted, and its probabilities; without these (a model that has
    /// none) log loss and Brier's score are NaN.
    pub fn of(label: u32, predicted: u32, probabilities: Option<&[f64]>) -> Self {
        let of = |f: &dyn Fn(&[f64]) -> f64| probabilities.map_or(f64::NAN, f);
        let said = |row: &[f64]| probabilities::surprise(row.get(label as usize).copied().unwrap_or(0.0));
        ClassSums {
            rows: 1.0,
            wrong: f64::from(label != predicted),
            log_loss: of(&said),
            brier: of(&|row| probabilities::brier_of(row, label)),
        }
    }

    /// `error` (1 − accuracy), `log_loss`, `brier`.
    pub fn metrics() -> [Metric<ClassSums>; 3] {
        [
            Metric::new("error", |s: &ClassSums| s.wrong / s.rows),
            Metric::new("log_loss", |s: &ClassSums| s.log_loss / s.rows),
            Metric::new("brier", |s: &ClassSums| s.brier / s.rows),
        ]
    }
}

impl Partial for ClassSums {
    fn add(&mut self, o: &Self) {
        self.rows += o.rows;
        self.wrong += o.wrong;
        self.log_loss += o.log_loss;
        self.brier += o.brier;
    }
    fn minus(&self, o: &Self) -> Self {
        ClassSums {
            rows: self.rows - o.rows,
            wrong: self.wrong - o.wrong,
            log_loss: self.log_loss - o.log_loss,
            brier: self.brier - o.brier,
        }
    }
}

/// What a regression did on a row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ErrorSums {
    /// Weight of the rows.
    pub rows: f64,
    /// Sum of |y − ŷ|.
    pub absolute: f64,
    /// Sum of (y − ŷ)².
    pub squared: f64,
    /// Sum of y − c for a centre c.
    pub target: f64,
    /// Sum of (y − c)².
    pub target_squared: f64,
}

impl ErrorSums {
    /// The outcome of one row; `centre` is any number near the mean of y (that of the training part), one for all rows,
    /// so that squares of large numbers do not cancel.
    pub fn of(truth: f64, said: f64, centre: f64) -> Self {
        let (error, target) = (truth - said, truth - centre);
        ErrorSums {
            rows: 1.0,
            absolute: error.abs(),
            squared: error * error,
            target,
            target_squared: target * target,
        }
    }

    /// `rmse`, `mae`, `mse` and `unexplained` (1 − R², so that less is better; NaN where y is constant).
    pub fn metrics() -> [Metric<ErrorSums>; 4] {
        let unexplained = |s: &ErrorSums| {
            let spread = s.target_squared - s.target * s.target / s.rows;
            if spread > 0.0 { s.squared / spread } else { f64::NAN }
        };
        [
            Metric::new("rmse", |s: &ErrorSums| (s.squared / s.rows).sqrt()),
            Metric::new("mae", |s: &ErrorSums| s.absolute / s.rows),
            Metric::new("mse", |s: &ErrorSums| s.squared / s.rows),
            Metric::new("unexplained", unexplained),
        ]
    }
}

impl Partial for ErrorSums {
    fn add(&mut self, o: &Self) {
        self.rows += o.rows;
        self.absolute += o.absolute;
        self.squared += o.squared;
        self.target += o.target;
        self.target_squared += o.target_squared;
    }
    fn minus(&self, o: &Self) -> Self {
        ErrorSums {
            rows: self.rows - o.rows,
            absolute: self.absolute - o.absolute,
            squared: self.squared - o.squared,
            target: self.target - o.target,
            target_squared: self.target_squared - o.target_squared,
        }
    }
}
