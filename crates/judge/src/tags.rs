//! Labels of the units of sequences, as additive counts of a sequence.

use crate::{Metric, Partial};

/// What a tagger did on a sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TagSums {
    /// Units.
    pub units: f64,
    /// Of those whose label was missed.
    pub wrong: f64,
    /// Sequences.
    pub sequences: f64,
    /// Of those without a miss.
    pub exact: f64,
    /// Of the label that is sought (a blank, the end of a sentence): found, said, and there.
    pub sought: [f64; 3],
}

impl TagSums {
    /// The counts of one sequence; `sought` is the label of which F1 is wanted.
    ///
    /// ```
    /// let sums = gyeol_judge::TagSums::of(&[0, 1, 0, 1], &[0, 1, 1, 1], Some(1));
    /// assert_eq!((sums.units, sums.wrong, sums.exact), (4.0, 1.0, 0.0));
    /// assert_eq!(sums.f1(), 0.8); // precision 1, recall 2/3
    /// ```
    ///
    /// # Panics
    /// If there are not as many labels said as right ones.
    pub fn of(said: &[u32], right: &[u32], sought: Option<u32>) -> TagSums {
        assert_eq!(said.len(), right.len());
        let pairs = || said.iter().zip(right);
        let count = |f: &dyn Fn(u32, u32) -> bool| pairs().filter(|(s, r)| f(**s, **r)).count() as f64;
        let wrong = count(&|s, r| s != r);
        TagSums {
            units: said.len() as f64,
            wrong,
            sequences: 1.0,
            exact: f64::from(wrong == 0.0),
            sought: sought.map_or([0.0; 3], |of| {
                [count(&|s, r| s == of && r == of), count(&|s, _| s == of), count(&|_, r| r == of)]
            }),
        }
    }

    /// F1 of the label that is sought; NaN where it is neither said nor there.
    pub fn f1(&self) -> f64 {
        let [found, said, there] = self.sought;
        2.0 * found / (said + there)
    }

    /// `error` (1 − accuracy of units), `accuracy`, `exact` (share of whole sequences) and, where a label is sought, its
    /// `f1`.
    pub fn metrics(sought: bool) -> Vec<Metric<TagSums>> {
        let mut metrics = vec![
            Metric::new("error", |s: &TagSums| s.wrong / s.units),
            Metric::new("accuracy", |s: &TagSums| 1.0 - s.wrong / s.units),
            Metric::new("exact", |s: &TagSums| s.exact / s.sequences),
        ];
        if sought {
            metrics.push(Metric::new("f1", TagSums::f1));
        }
        metrics
    }

    fn each(&mut self, other: &Self, f: impl Fn(&mut f64, f64)) {
        f(&mut self.units, other.units);
        f(&mut self.wrong, other.wrong);
        f(&mut self.sequences, other.sequences);
        f(&mut self.exact, other.exact);
        self.sought.iter_mut().zip(&other.sought).for_each(|(a, &b)| f(a, b));
    }
}

impl Partial for TagSums {
    fn add(&mut self, o: &Self) {
        self.each(o, |a, b| *a += b);
    }
    fn minus(&self, o: &Self) -> Self {
        let mut left = *self;
        left.each(o, |a, b| *a -= b);
        left
    }
}
