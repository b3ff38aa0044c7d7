//! Scores of probabilities p (n × K, row after row) against labels y: log loss −mean ln p[i, y_i] with p clipped to
//! [ε, 1 − ε], ε = 2⁻⁵² (Good 1952); Brier's score mean Σ_k (p[i, k] − 1{y_i = k})², halved for two classes (Brier 1950);
//! top-k accuracy; areas under the ROC curve of several classes, each against the rest or in pairs (Hand and Till 2001);
//! calibration curves and the expected calibration error (Naeini, Cooper and Hauskrecht 2015).

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::{Average, Ranked, lists};

/// Most classes of which pairs are compared.
const PAIRED: usize = 1000;

fn table(probabilities: &[f64], labels: &[u32], classes: usize, weights: Option<&[f64]>) -> Result<()> {
    lists::table("probabilities", probabilities, labels.len(), classes)?;
    lists::classes("labels", labels, classes)?;
    lists::weights(weights, labels.len())
}

fn mean(weights: Option<&[f64]>, rows: usize, of: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for row in 0..rows {
        let weight = lists::weight(weights, row);
        sum += weight * of(row);
        all += weight;
    }
    sum / all
}

/// −ln of a probability, clipped to [2⁻⁵², 1 − 2⁻⁵²].
pub fn surprise(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

/// Mean −ln p of the label (natural logarithm); NaN without rows.
///
/// # Errors
/// Lists that do not fit, numbers that are not finite.
///
/// ```
/// let found = gyeol_judge::log_loss(&[0.5, 0.5, 0.25, 0.75], &[0, 1], 2, None)?;
/// assert!((found - (2f64.ln() - 0.75f64.ln()) / 2.0).abs() < 1e-15);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn log_loss(
    probabilities: &[f64],
    labels: &[u32],
    classes: usize,
    weights: Option<&[f64]>,
) -> Result<f64> {
    table(probabilities, labels, classes, weights)?;
    Ok(mean(weights, labels.len(), |i| surprise(probabilities[i * classes + labels[i] as usize])))
}

/// Squared distance of one row of probabilities from its label; half of it where there are two classes.
pub fn brier_of(row: &[f64], label: u32) -> f64 {
    let apart =
        row.iter().enumerate().map(|(k, p)| (p - f64::from(k == label as usize)).powi(2)).sum::<f64>();
    if row.len() < 3 { apart / 2.0 } else { apart }
}

/// Brier's score: 0 is perfect, 1 the worst of two classes, 2 the worst of more; NaN without rows.
///
/// # Errors
/// As [`log_loss`].
pub fn brier(probabilities: &[f64], labels: &[u32], classes: usize, weights: Option<&[f64]>) -> Result<f64> {
    table(probabilities, labels, classes, weights)?;
    Ok(mean(weights, labels.len(), |i| brier_of(&probabilities[i * classes..][..classes], labels[i])))
}

/// Share of rows whose label is among the `k` highest scores; of equal scores the later class goes first, as in
/// scikit-learn. NaN without rows.
///
/// # Errors
/// As [`log_loss`]; `k` of zero.
pub fn top_k_accuracy(
    scores: &[f64],
    labels: &[u32],
    classes: usize,
    k: usize,
    weights: Option<&[f64]>,
) -> Result<f64> {
    if k == 0 {
        return Err(lists::bad_option("top-k", "k = 0".into(), "give k of 1 or more"));
    }
    table(scores, labels, classes, weights)?;
    let hit = |i: usize| {
        let (row, label) = (&scores[i * classes..][..classes], labels[i] as usize);
        let before =
            row.iter().enumerate().filter(|&(j, s)| *s > row[label] || (*s == row[label] && j > label));
        f64::from(before.count() < k)
    };
    Ok(mean(weights, labels.len(), hit))
}

/// The most probable class of each row; of equals the first.
pub fn most_probable(probabilities: &[f64], classes: usize) -> Vec<u32> {
    let best =
        |row: &[f64]| (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best }) as u32;
    probabilities.chunks_exact(classes.max(1)).map(best).collect()
}

/// Area under the ROC curve of several classes, each against all others (`Macro`, or `Weighted` by how often it is the
/// label). Classes that no row or every row has are left out; NaN where none remains.
///
/// # Errors
/// As [`log_loss`]; `Average::Micro`, which has no meaning here.
pub fn roc_area_one_vs_rest(
    scores: &[f64],
    labels: &[u32],
    classes: usize,
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64> {
    table(scores, labels, classes, weights)?;
    not_micro(average)?;
    let (mut sum, mut all) = (0.0, 0.0);
    for class in 0..classes {
        let column: Vec<f64> = scores.chunks_exact(classes).map(|row| row[class]).collect();
        let positive: Vec<bool> = labels.iter().map(|&label| label as usize == class).collect();
        let area = Ranked::new(&column)?.roc_area(&positive, weights)?;
        if area.is_finite() {
            let here = (0..labels.len()).filter(|&i| positive[i]).map(|i| lists::weight(weights, i)).sum();
            let weight = if average == Average::Macro { 1.0 } else { here };
            sum += weight * area;
            all += weight;
        }
    }
    Ok(sum / all)
}

/// Area under the ROC curve over all pairs of classes, both ways (Hand and Till 2001); `Weighted` by the rows of a pair.
/// Pairs of which one class has no row are left out; NaN where none remains.
///
/// # Errors
/// As [`roc_area_one_vs_rest`]; more than 1,000 classes.
pub fn roc_area_one_vs_one(
    scores: &[f64],
    labels: &[u32],
    classes: usize,
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64> {
    table(scores, labels, classes, weights)?;
    not_micro(average)?;
    if classes > PAIRED {
        let found = format!("{classes} classes make {} pairs", classes * (classes - 1) / 2);
        return Err(gyeol_base::Fault::new("too-many-classes", found)
            .next("compare each with the rest")
            .limit());
    }
    let mut of = vec![Vec::new(); classes];
    labels.iter().enumerate().for_each(|(i, &label)| of[label as usize].push(i));
    let (mut sum, mut all) = (0.0, 0.0);
    for a in 0..classes {
        for b in a + 1..classes {
            let rows: Vec<usize> = of[a].iter().chain(&of[b]).copied().collect();
            let weight: Vec<f64> = rows.iter().map(|&i| lists::weight(weights, i)).collect();
            let area = |class: usize| -> Result<f64> {
                let column: Vec<f64> = rows.iter().map(|&i| scores[i * classes + class]).collect();
                let positive: Vec<bool> = rows.iter().map(|&i| labels[i] as usize == class).collect();
                Ranked::new(&column)?.roc_area(&positive, Some(&weight))
            };
            let both = (area(a)? + area(b)?) / 2.0;
            if both.is_finite() {
                let weight = if average == Average::Macro { 1.0 } else { weight.iter().sum() };
                sum += weight * both;
                all += weight;
            }
        }
    }
    Ok(sum / all)
}

fn not_micro(average: Average) -> Result<()> {
    if average != Average::Micro {
        return Ok(());
    }
    Err(lists::bad_option("average", "an area has no micro average".into(), "use macro or weighted"))
}

/// How probabilities are cut into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bins {
    /// Bins of equal width between 0 and 1.
    Width,
    /// Bins of about as many rows.
    Quantile,
}

/// One bin of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean probability that was said.
    pub said: f64,
    /// Share of the rows in which it came true.
    pub came_true: f64,
    /// Weight of the rows.
    pub weight: f64,
}

/// What was said against what came true, in up to `bins` bins; empty bins are left out. `said` lies in [0, 1]; a
/// probability on an edge belongs to the bin below.
///
/// # Errors
/// Lists that do not fit, a probability outside of [0, 1], no bin or more than a million.
///
/// ```
/// use gyeol_judge::{Bins, calibration_curve, calibration_error};
/// let curve = calibration_curve(&[0.1, 0.1, 0.9, 0.9], &[false, false, true, false], 2, Bins::Width, None)?;
/// assert_eq!((curve[0].came_true, curve[1].came_true), (0.0, 0.5));
/// assert!((calibration_error(&curve) - (0.5 * 0.1 + 0.5 * 0.4)).abs() < 1e-15);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn calibration_curve(
    said: &[f64],
    came_true: &[bool],
    bins: usize,
    by: Bins,
    weights: Option<&[f64]>,
) -> Result<Vec<CalibrationBin>> {
    lists::as_long("labels", came_true.len(), said.len())?;
    lists::finite("probabilities", said)?;
    lists::weights(weights, said.len())?;
    if bins == 0 || bins > 1_000_000 {
        return Err(lists::bad_option("bins", format!("{bins} bins"), "give 1 to 1,000,000"));
    }
    if let Some(at) = said.iter().position(|p| !(0.0..=1.0).contains(p)) {
        let fault = gyeol_base::Fault::new("not-a-probability", format!("{} is no probability", said[at]));
        return Err(fault.row(at + 1).next("give numbers from 0 to 1").input());
    }
    let share = |i: usize| i as f64 / bins as f64;
    let edges: Vec<f64> = match by {
        Bins::Width => (1..bins).map(share).collect(),
        Bins::Quantile => {
            let mut sorted = said.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            (1..bins).map(|i| gyeol_base::quantile(&sorted, share(i))).collect()
        }
    };
    let mut sums = vec![(0.0, 0.0, 0.0); bins];
    for (i, &p) in said.iter().enumerate() {
        let (weight, bin) = (lists::weight(weights, i), edges.partition_point(|edge| *edge < p));
        let (said, came, all) = &mut sums[bin];
        *said += weight * p;
        *came += weight * f64::from(came_true[i]);
        *all += weight;
    }
    let filled = sums.into_iter().filter(|s| s.2 > 0.0);
    Ok(filled
        .map(|(said, came, weight)| CalibrationBin { said: said / weight, came_true: came / weight, weight })
        .collect())
}

/// Expected calibration error: the mean distance of what was said from what came true, weighted by rows; NaN of no bins.
pub fn calibration_error(curve: &[CalibrationBin]) -> f64 {
    let all: f64 = curve.iter().map(|bin| bin.weight).sum();
    curve
        .iter()
        .map(|bin| bin.weight / all * (bin.said - bin.came_true).abs())
        .reduce(|a, b| a + b)
        .unwrap_or(f64::NAN)
}

/// The highest probability of each row and whether its class is the label: what [`calibration_curve`] takes for several
/// classes.
///
/// # Errors
/// As [`log_loss`].
pub fn confidence(probabilities: &[f64], labels: &[u32], classes: usize) -> Result<(Vec<f64>, Vec<bool>)> {
    table(probabilities, labels, classes, None)?;
    let best = most_probable(probabilities, classes);
    let said = best.iter().enumerate().map(|(i, &k)| probabilities[i * classes + k as usize]).collect();
    Ok((said, best.iter().zip(labels).map(|(a, b)| a == b).collect()))
}
