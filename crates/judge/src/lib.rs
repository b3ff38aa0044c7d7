//! One house of statistics for every task: what a model did on each unit of a part (an origin, a line, a document, a row),
//! added up to metrics, with intervals, paired differences and rules of choice.
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
mod choose;
mod outcomes;

pub use bootstrap::{Bootstrap, Interval};
pub use choose::{fewest_within_one_error, least};
pub use outcomes::{Metric, Outcomes, Partial};
