//! What a model did, unit by unit, and the metrics that sums of it give.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Additive outcomes: sums over units, over parts of a corpus, over resamples.
pub trait Partial: Copy + Default {
    /// Adds another's sums.
    fn add(&mut self, other: &Self);

    /// What is left without another's sums.
    #[must_use]
    fn minus(&self, other: &Self) -> Self;
}

/// A metric as a value: its name and its function. Less is better for every metric that orders a ladder.
#[derive(Clone)]
pub struct Metric<P> {
    name: &'static str,
    of: Arc<dyn Fn(&P) -> f64 + Send + Sync>,
}

impl<P> Metric<P> {
    /// A metric of sums; NaN where nothing was scored.
    pub fn new(name: &'static str, of: impl Fn(&P) -> f64 + Send + Sync + 'static) -> Self {
        Metric { name, of: Arc::new(of) }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its value.
    pub fn of(&self, sums: &P) -> f64 {
        (self.of)(sums)
    }
}

impl<P> std::fmt::Debug for Metric<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Outcomes of a model on a part: its units in order, and the metrics that they give.
#[derive(Debug, Clone)]
pub struct Outcomes<P> {
    /// One a unit, in the order of the part.
    pub units: Vec<P>,
    metrics: Arc<[Metric<P>]>,
}

impl<P: Partial> Outcomes<P> {
    /// Outcomes with their metrics, the one that orders the ladder first.
    pub fn new(units: Vec<P>, metrics: impl Into<Arc<[Metric<P>]>>) -> Self {
        Outcomes { units, metrics: metrics.into() }
    }

    /// The metrics in order.
    pub fn metrics(&self) -> &[Metric<P>] {
        &self.metrics
    }

    /// The metric of a name.
    pub fn metric(&self, name: &str) -> Option<&Metric<P>> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Sum over all units, in their order.
    pub fn total(&self) -> P {
        let mut total = P::default();
        self.units.iter().for_each(|unit| total.add(unit));
        total
    }

    /// Every metric that is finite, by name.
    pub fn values(&self) -> BTreeMap<String, f64> {
        let total = self.total();
        let values = self.metrics.iter().map(|metric| (metric.name.to_owned(), metric.of(&total)));
        values.filter(|(_, value)| value.is_finite()).collect()
    }
}
