//! Scores of examples: one unit an example, so that intervals and paired differences can be drawn.
//!
//! | metric | formula |
//! |---|---|
//! | `error` | examples whose most probable class is not theirs, as a share |
//! | `balanced_error` | the mean over classes of that share: each class counts alike |
//! | `log_loss` | mean of −ln p of the right class, p at least 2⁻⁵² |
//! | `brier` | mean of Σ (p − 1 of the right class)² |
//! | `cost` | mean of what the mistakes cost, where a recipe has costs |
//! | `rmse`, `mae`, `mse` | of differences |
//! | `unexplained` | 1 − R² |

use std::collections::{BTreeMap, HashMap};

use gyeol_judge::{
    Average, Bootstrap, Confusion, Distance, ErrorSums, Interval, Metric, Outcomes, Partial, Ranked,
    roc_area_one_vs_rest, surprise, top_k_accuracy,
};
use gyeol_supervised::{Decision, Said, Target};
use gyeol_tensor::Pool;

/// What an example adds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    class: gyeol_judge::ClassSums,
    /// One over the examples of its class in the part, and the same where it is wrong.
    weight: f64,
    wrong: f64,
    /// What the answer costs, where mistakes have costs.
    cost: f64,
    value: ErrorSums,
}

impl Partial for Sums {
    fn add(&mut self, o: &Sums) {
        self.class.add(&o.class);
        self.weight += o.weight;
        self.wrong += o.wrong;
        self.cost += o.cost;
        self.value.add(&o.value);
    }

    fn minus(&self, o: &Sums) -> Sums {
        Sums {
            class: self.class.minus(&o.class),
            weight: self.weight - o.weight,
            wrong: self.wrong - o.wrong,
            cost: self.cost - o.cost,
            value: self.value.minus(&o.value),
        }
    }
}

/// Metrics of classes in the order of the page.
fn class_metrics(costs: bool) -> Vec<Metric<Sums>> {
    let mut metrics = vec![
        Metric::new("error", |s: &Sums| s.class.wrong / s.class.rows),
        Metric::new("balanced_error", |s: &Sums| s.wrong / s.weight),
        Metric::new("log_loss", |s: &Sums| s.class.log_loss / s.class.rows),
        Metric::new("brier", |s: &Sums| s.class.brier / s.class.rows),
    ];
    if costs {
        metrics.push(Metric::new("cost", |s: &Sums| s.cost / s.class.rows));
    }
    metrics
}

/// Metrics of numbers in the order of the page.
fn value_metrics() -> Vec<Metric<Sums>> {
    ErrorSums::metrics()
        .into_iter()
        .map(|metric| {
            let name = metric.name();
            Metric::new(name, move |s: &Sums| metric.of(&s.value))
        })
        .collect()
}

/// Scores of classes, said by a rule where there is one; a label beyond the classes of the machine, which the training part
/// does not have, is always missed.
pub(super) fn classes(said: &Said, labels: &[u32], rule: Option<&Decision>) -> Outcomes<Sums> {
    scored(said, labels, &rule.map_or_else(|| said.classes(), |rule| rule.classes(said)), rule)
}

/// Scores of these classes, with the costs of a rule.
pub(super) fn scored(said: &Said, labels: &[u32], found: &[u32], rule: Option<&Decision>) -> Outcomes<Sums> {
    let Said::Classes(p) = said else { return Outcomes::new(Vec::new(), class_metrics(rule.is_some())) };
    let mut counts: HashMap<u32, f64> = HashMap::new();
    labels.iter().for_each(|&label| *counts.entry(label).or_insert(0.0) += 1.0);
    let units = found.iter().zip(labels).enumerate().map(|(row, (&found, &label))| {
        let probabilities = p.row(row);
        let known = (label as usize) < probabilities.len();
        let mut class = gyeol_judge::ClassSums::of(label, found, Some(probabilities));
        if !known {
            class.log_loss = surprise(0.0);
            class.brier = 1.0 + probabilities.iter().map(|p| p * p).sum::<f64>();
        }
        let weight = 1.0 / counts[&label];
        let cost = rule.map_or(0.0, |rule| rule.cost(label, found));
        Sums { class, weight, wrong: weight * class.wrong, cost, value: ErrorSums::default() }
    });
    Outcomes::new(units.collect(), class_metrics(rule.is_some()))
}

/// Scores of numbers; `centre` is near their mean.
pub(super) fn values(said: &Said, truth: &[f64], centre: f64) -> Outcomes<Sums> {
    let Said::Values(found) = said else { return Outcomes::new(Vec::new(), value_metrics()) };
    let units = truth
        .iter()
        .zip(found)
        .map(|(&truth, &said)| Sums { value: ErrorSums::of(truth, said, centre), ..Sums::default() });
    Outcomes::new(units.collect(), value_metrics())
}

/// A metric by its name.
pub(super) fn value(outcomes: &Outcomes<Sums>, metric: &str) -> f64 {
    outcomes.metric(metric).map_or(f64::NAN, |metric| metric.of(&outcomes.total()))
}

/// Classes up to which each gets a column of a table a draw of the bootstrap.
const AREAS: usize = 50;
/// Test examples times draws up to which areas have intervals: their rows are sorted once, but walked in each draw.
const WALKED: usize = 60_000_000;

/// Figures that are no function of sums, each with its interval: of classes those of the confusion matrix and areas under
/// curves, of numbers R².
pub(super) fn more(
    said: &Said,
    rule: Option<&Decision>,
    target: &Target,
    classes: usize,
    bootstrap: &Bootstrap,
    pool: &Pool,
) -> BTreeMap<String, Interval> {
    match (said, target) {
        (Said::Classes(p), Target::Classes { names, of }) => {
            let found = rule.map_or_else(|| said.classes(), |rule| rule.classes(said));
            let mut figures =
                vec!["accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "matthews", "kappa"];
            let of_matrix = |weights: &[f64]| match Confusion::of(of, &found, names.len(), Some(weights)) {
                Ok(c) => vec![
                    c.accuracy(),
                    c.balanced_accuracy(),
                    c.average(Average::Macro, 1.0).f,
                    c.average(Average::Weighted, 1.0).f,
                    c.matthews(),
                    c.kappa(Distance::Same),
                ],
                Err(_) => vec![f64::NAN; 6],
            };
            let mut intervals = bootstrap.statistics(pool, of_matrix);
            let known = of.iter().all(|&class| (class as usize) < classes);
            let walked = of.len() * bootstrap.draws() * if classes == 2 { 1 } else { classes };
            if known && classes == 2 && walked <= WALKED {
                let scores: Vec<f64> = (0..p.rows()).map(|row| p.at(row, 1)).collect();
                let positive: Vec<bool> = of.iter().map(|&class| class == 1).collect();
                if let Ok(ranked) = Ranked::new(&scores) {
                    let areas = bootstrap.statistics(pool, |weights| {
                        let roc = ranked.roc_area(&positive, Some(weights)).unwrap_or(f64::NAN);
                        vec![roc, ranked.average_precision(&positive, Some(weights)).unwrap_or(f64::NAN)]
                    });
                    figures.extend(["roc_area", "average_precision"]);
                    intervals.extend(areas);
                }
            }
            let mut out: BTreeMap<String, Interval> = figures
                .into_iter()
                .map(str::to_owned)
                .zip(intervals)
                .filter(|(_, i)| i.value.is_finite())
                .collect();
            // Of many classes the value alone: a draw would sort the rows of each class anew.
            let mut bare = |name: &str, value: gyeol_base::Result<f64>| {
                if let Ok(value) = value.map_err(drop)
                    && value.is_finite()
                {
                    out.insert(name.into(), Interval { value, low: f64::NAN, high: f64::NAN });
                }
            };
            if known && (3..=AREAS).contains(&classes) {
                bare("roc_area", roc_area_one_vs_rest(p.data(), of, classes, Average::Macro, None));
            }
            if known && classes > 3 {
                bare("top3", top_k_accuracy(p.data(), of, classes, 3, None));
            }
            out
        }
        (Said::Values(found), Target::Values(truth)) => {
            let r2 = |weights: &[f64]| {
                let sum: f64 = weights.iter().sum();
                let mean = truth.iter().zip(weights).map(|(y, w)| w * y).sum::<f64>() / sum;
                let of = |f: &dyn Fn(usize) -> f64| {
                    (0..truth.len()).map(|i| weights[i] * f(i).powi(2)).sum::<f64>()
                };
                vec![1.0 - of(&|i| truth[i] - found[i]) / of(&|i| truth[i] - mean)]
            };
            let found = bootstrap.statistics(pool, r2);
            ["r2".to_owned()].into_iter().zip(found).filter(|(_, i)| i.value.is_finite()).collect()
        }
        _ => BTreeMap::new(),
    }
}
