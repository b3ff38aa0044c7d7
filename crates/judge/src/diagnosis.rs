//! What a learning curve says: losses on training and validation rows by the number of training rows (Cortes, Jackel,
//! Solla, Vapnik and Denker 1993), or by epoch.
//!
//! All is measured in shares of the loss of a plain guess (the majority, the mean), so that one rule fits every loss:
//! the gap (valid − train), what validation gained since half the size, what training left, and how far validation rose
//! from its least.

use gyeol_base::Result;
use serde::{Deserialize, Serialize};

use crate::lists;

/// One point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    /// Training rows, or epochs.
    pub size: f64,
    /// Loss on the rows that were fitted.
    pub train: f64,
    /// Loss on validation.
    pub valid: f64,
}

/// What to try next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Validation still falls as rows are added, and lies above training: more data helps.
    MoreData,
    /// Training is far below validation, which no longer falls or rises again: less complexity, L1 or L2, dropout, fewer
    /// epochs.
    TooComplex,
    /// Training itself stays near a plain guess: more features, more complexity, less penalty.
    TooSimple,
    /// Neither.
    Fine,
}

gyeol_base::named!(Verdict, "a verdict", "more-data" => Verdict::MoreData, "too-complex" => Verdict::TooComplex, "too-simple" => Verdict::TooSimple, "fine" => Verdict::Fine);

/// From where on a number counts, each as a share of the loss of a plain guess.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DiagnosisParams {
    /// A gap from here on is wide.
    pub gap: f64,
    /// A gain from half the size to all of it from here on says that validation still falls.
    pub gain: f64,
    /// Training that leaves this much or more has not learned.
    pub left: f64,
    /// A rise of validation from its least to the end from here on.
    pub rise: f64,
}

impl Default for DiagnosisParams {
    fn default() -> Self {
        DiagnosisParams { gap: 0.10, gain: 0.02, left: 0.60, rise: 0.02 }
    }
}

/// A verdict with the numbers behind it, all as shares of the loss of a plain guess.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What to try.
    pub verdict: Verdict,
    /// Validation minus training at the largest size.
    pub gap: f64,
    /// What validation lost from half of the largest size to it, by a line between the points around the half.
    pub gain: f64,
    /// What training left.
    pub left: f64,
    /// What validation left.
    pub valid_left: f64,
    /// Validation at the end minus its least.
    pub rise: f64,
}

/// Judges a learning curve against the loss of a plain guess on validation.
///
/// # Errors
/// Fewer than two points of different size, numbers that are not finite, a plain loss not above 0.
///
/// ```
/// use gyeol_judge::{DiagnosisParams, LearningPoint, Verdict, diagnose};
/// let point = |size, train, valid| LearningPoint { size, train, valid };
/// let curve = [point(100.0, 0.01, 0.60), point(200.0, 0.02, 0.45), point(400.0, 0.03, 0.33)];
/// let found = diagnose(&curve, 1.0, DiagnosisParams::default())?;
/// assert_eq!(found.verdict, Verdict::MoreData);
/// assert!((found.gap - 0.30).abs() < 1e-12 && (found.gain - 0.12).abs() < 1e-12);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub fn diagnose(points: &[LearningPoint], plain: f64, params: DiagnosisParams) -> Result<Diagnosis> {
    let flat: Vec<f64> = points.iter().flat_map(|p| [p.size, p.train, p.valid]).collect();
    lists::finite("sizes and losses", &flat)?;
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.size.total_cmp(&b.size));
    points.dedup_by(|a, b| a.size == b.size);
    let [.., before, last] = points[..] else {
        let fault =
            gyeol_base::Fault::new("few-points", format!("{} points of a learning curve", points.len()));
        return Err(fault.next("fit on two sizes at least").input());
    };
    if !(plain.is_finite() && plain > 0.0) {
        return Err(lists::bad_option(
            "plain-loss",
            format!("the plain guess has a loss of {plain}"),
            "give a loss above 0",
        ));
    }
    let half = last.size / 2.0;
    let at_half = match points.partition_point(|p| p.size <= half) {
        // No point at half the size or below: the line of the last two is followed back to it.
        0 => {
            last.valid
                + (before.valid - last.valid) * ((last.size - half) / (last.size - before.size)).min(1.0)
        }
        k => {
            let (a, b) = (points[k - 1], points[k.min(points.len() - 1)]);
            if b.size == a.size {
                a.valid
            } else {
                a.valid + (b.valid - a.valid) * (half - a.size) / (b.size - a.size)
            }
        }
    };
    let lowest = points.iter().map(|p| p.valid).fold(f64::INFINITY, f64::min);
    let (gap, gain) = ((last.valid - last.train) / plain, (at_half - last.valid) / plain);
    let (left, valid_left, rise) = (last.train / plain, last.valid / plain, (last.valid - lowest) / plain);
    let (wide, falls) = (gap >= params.gap, gain >= params.gain);
    let verdict = match () {
        () if rise >= params.rise && wide => Verdict::TooComplex,
        () if left >= params.left && !wide => Verdict::TooSimple,
        () if falls && gap > 0.0 => Verdict::MoreData,
        () if wide => Verdict::TooComplex,
        () => Verdict::Fine,
    };
    Ok(Diagnosis { verdict, gap, gain, left, valid_left, rise })
}
