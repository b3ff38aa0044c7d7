//! The perceptron (Rosenblatt 1958): step(x w + b), and a row that is misjudged is added to the weights of its class and taken
//! from those of the class that was named. The averaged one (Freund and Schapire 1999; the sum kept as by Daumé 2006) is
//! the mean of all planes on the way, and far steadier.

use gyeol_base::{Fault, Result};
use gyeol_tensor::Rng;

use crate::classifier::{ClassWeight, Labelled, LinearClassifier, Link};
use crate::features::{Features, sane_size};

/// Options of a perceptron.
///
/// ```
/// use gyeol_learn::{Features, PerceptronParams};
/// use gyeol_vectors::matrix::Dense;
/// let x = Dense::new(4, 2, vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
/// let params = PerceptronParams::default();
/// assert!(params.fit(Features::Dense(&x), &[0, 0, 0, 1], 2)?.separated); // AND
/// assert!(!params.fit(Features::Dense(&x), &[0, 1, 1, 0], 2)?.separated); // XOR
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PerceptronParams {
    /// Whether the mean of all planes is given, not the last.
    pub averaged: bool,
    /// By how much a mistake moves the plane; it scales all weights alike where they begin at 0.
    pub rate: f64,
    /// Most rounds over the rows; the first without a mistake is the last.
    pub epochs: usize,
    /// Seed of the order, drawn anew each round; as the rows come where none.
    pub seed: Option<u64>,
}

impl Default for PerceptronParams {
    fn default() -> Self {
        PerceptronParams { averaged: false, rate: 1.0, epochs: 100, seed: None }
    }
}

/// Who looks on at the mistakes of a fit: `seen(row, weights, bias)`, weights (p, outputs).
pub type Seen<'a> = &'a mut dyn FnMut(usize, &[f64], &[f64]);

/// A fitted perceptron.
#[derive(Debug, Clone, PartialEq)]
pub struct PerceptronFit {
    /// The model.
    pub model: LinearClassifier,
    /// Mistakes of each round.
    pub mistakes: Vec<usize>,
    /// Whether a round passed without a mistake: the last plane parts the classes.
    pub separated: bool,
}

impl PerceptronParams {
    /// Fits labels in 0..classes, each of which must occur.
    ///
    /// # Errors
    /// Options out of range, and as [`crate::LogisticParams::fit`].
    pub fn fit(&self, x: Features<'_>, labels: &[u32], classes: usize) -> Result<PerceptronFit> {
        self.watch(x, labels, classes, &mut |_, _, _| {})
    }

    /// [`PerceptronParams::fit`] that is looked on after each mistake.
    ///
    /// # Errors
    /// As [`PerceptronParams::fit`].
    pub fn watch(
        &self,
        x: Features<'_>,
        labels: &[u32],
        classes: usize,
        seen: Seen<'_>,
    ) -> Result<PerceptronFit> {
        if !(self.rate > 0.0 && self.rate.is_finite()) || self.epochs == 0 {
            let found = format!("a rate of {} in {} rounds", self.rate, self.epochs);
            return Err(Fault::new("option-range", found)
                .next("take a rate above 0 and a round or more")
                .option());
        }
        let data = Labelled::new(x, labels, classes, None, &ClassWeight::None)?;
        let (n, p, k) = (x.rows(), x.cols(), data.outputs());
        sane_size(p, k)?;
        let (mut w, mut b) = (vec![0.0; p * k], vec![0.0; k]);
        // Σ t · step of each number, so that the mean over c planes is w - that / c.
        let kept = if self.averaged { p * k } else { 0 };
        let (mut w_sum, mut b_sum) = (vec![0.0; kept], vec![0.0; k]);
        let mut order: Vec<usize> = (0..n).collect();
        let mut scores = vec![0.0; k];
        let (mut mistakes, mut count) = (Vec::new(), 0.0);
        for epoch in 0..self.epochs {
            if let Some(seed) = self.seed {
                Rng::stream(seed, epoch as u64).shuffle(&mut order);
            }
            let mut wrong = 0;
            for &i in &order {
                let y = labels[i] as usize;
                scores.copy_from_slice(&b);
                x.each(i, |j, v| {
                    scores.iter_mut().zip(&w[j * k..]).for_each(|(s, w)| *s += v * w);
                });
                // Which output moves by how much; a score that does not decide is a mistake.
                let moves = if k == 1 {
                    let sign = if y == 1 { 1.0 } else { -1.0 };
                    (sign * scores[0] <= 0.0).then_some([(0, sign), (0, 0.0)])
                } else {
                    let rival =
                        (0..k).filter(|c| *c != y).reduce(|a, c| if scores[c] > scores[a] { c } else { a });
                    rival.filter(|&r| scores[r] >= scores[y]).map(|r| [(y, 1.0), (r, -1.0)])
                };
                if let Some(moves) = moves {
                    wrong += 1;
                    for (c, sign) in moves.into_iter().filter(|m| m.1 != 0.0) {
                        let step = self.rate * sign;
                        x.each(i, |j, v| {
                            w[j * k + c] += step * v;
                            if self.averaged {
                                w_sum[j * k + c] += count * step * v;
                            }
                        });
                        b[c] += step;
                        b_sum[c] += count * step;
                    }
                    seen(i, &w, &b);
                }
                count += 1.0;
            }
            mistakes.push(wrong);
            if wrong == 0 {
                break;
            }
        }
        if self.averaged {
            w.iter_mut().zip(&w_sum).for_each(|(w, s)| *w -= s / count);
            b.iter_mut().zip(&b_sum).for_each(|(b, s)| *b -= s / count);
        }
        let separated = mistakes.last() == Some(&0);
        let model =
            LinearClassifier { classes, inputs: p, outputs: k, weights: w, bias: b, link: Link::None };
        Ok(PerceptronFit { model, mistakes, separated })
    }
}
