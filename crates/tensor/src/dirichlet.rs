//! Kernels of variational inference with Dirichlet distributions: e^ψ(x), and the topics of one document (Hoffman, Blei &
//! Bach 2010, the E step of Algorithm 1).
//!
//! ψ is the digamma function, the derivative of log Γ. What is needed is e^ψ, and that has a series of its own without a
//! logarithm: e^ψ(z + 1/2) = z + 1/(24 z) - 37/(5760 z³) + …, from exponentiating ψ(z + 1/2) = log z - Σ B₂ₙ(1/2) / (2n z²ⁿ)
//! (Abramowitz & Stegun 6.3.18, shifted). Eight steps of ψ(x + 1) = ψ(x) + 1/x bring x to where nine terms give all digits;
//! the sum of the eight 1/(x + i) is P′(x)/P(x), P(x) = x (x + 1) … (x + 7). That leaves two divisions and an exponential,
//! all of which run in vectors.

use crate::dispatch::dispatch;
use crate::real::{LANES, Real};

/// e^x for x ≤ 0 to the last digits, 0 below -708; Cody & Waite's reduction and the Taylor sum of 14 terms.
#[inline(always)]
fn exp<const FUSED: bool>(x: f64) -> f64 {
    /// Adding it leaves the nearest integer in the low bits.
    const ROUNDING: f64 = 6_755_399_441_055_744.0;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const TAYLOR: [f64; 12] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let held = if x < -708.0 { -708.0 } else { x };
    let t = held.fma::<FUSED>(std::f64::consts::LOG2_E, ROUNDING);
    let n = t - ROUNDING;
    let r = n.fma::<FUSED>(-LN2_HIGH, held);
    let r = n.fma::<FUSED>(-LN2_LOW, r);
    let mut p = 1.0 / 6_227_020_800.0;
    for c in TAYLOR {
        p = p.fma::<FUSED>(r, c);
    }
    let p = p.fma::<FUSED>(r, 1.0);
    let power = f64::from_bits(t.to_bits().wrapping_add(1023) << 52);
    if x < -708.0 { 0.0 } else { p * power }
}

/// e^ψ(x) for x ≥ 0.
#[inline(always)]
fn exp_digamma_lane<const FUSED: bool>(x: f64) -> f64 {
    /// P from x⁸ down to x¹.
    const P: [f64; 8] = [1.0, 28.0, 322.0, 1960.0, 6769.0, 13132.0, 13068.0, 5040.0];
    /// The series in 1/z², from the last term down.
    const SERIES: [f64; 10] = [
        -26.325_660_914_475_947,
        3.034_822_873_180_573_8,
        -0.439_604_436_860_081_27,
        0.082_381_852_238_787_76,
        -0.020_734_675_824_368_137,
        0.007_365_033_269_308_669,
        -0.003_953_557_448_973_030_5,
        0.003_552_482_914_462_081,
        -0.006_423_611_111_111_111,
        1.0 / 24.0,
    ];
    let (mut p, mut derived) = (0.0, 0.0);
    for c in P {
        derived = derived.fma::<FUSED>(x, p);
        p = p.fma::<FUSED>(x, c);
    }
    // The last coefficient of P is 0: one more step of Horner's scheme.
    derived = derived.fma::<FUSED>(x, p);
    p *= x;
    let z = x + 7.5;
    let inverse = 1.0 / z;
    let u = inverse * inverse;
    let mut s = 0.0;
    for c in SERIES {
        s = s.fma::<FUSED>(u, c);
    }
    s.fma::<FUSED>(inverse, z) * exp::<FUSED>(-(derived / p))
}

#[inline(always)]
fn all<const FUSED: bool>(x: &mut [f64]) {
    for x in x {
        *x = exp_digamma_lane::<FUSED>(*x);
    }
}

dispatch! {
    /// Puts e^ψ(x) in the place of each x. Relative error below 3·10⁻¹⁴ for x from 0.01 to 10¹⁵; below, that of
    /// e^(-1/x), whose exponent is right to the last digit, and 0 where that is no normal number.
    pub fn exp_digamma(x: &mut [f64]) = all
}

/// A document whose topics are sought.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// e^(E log β) of its words: a row of `width` topics a word.
    pub rows: &'a [f64],
    /// How often each stands in it.
    pub counts: &'a [f64],
    /// Numbers of a row, a multiple of 16; those past `topics` are 0.
    pub width: usize,
    /// Topics.
    pub topics: usize,
    /// The parameter α of the Dirichlet distribution that topics come from; Σ α at least 0.002, so that e^ψ(Σ α) is not 0.
    pub prior: f64,
    /// The search ends when γ moves by less than this, in the mean over topics.
    pub least_change: f64,
    /// Most rounds.
    pub rounds: usize,
}

/// What is sought: three slices of `width` numbers, and one a word.
#[derive(Debug)]
pub struct Found<'a> {
    /// γ: where the search begins, at least Σ α in sum, and where it ends; 0 past the topics.
    pub gamma: &'a mut [f64],
    /// e^(E log θ).
    pub theta: &'a mut [f64],
    /// Room.
    pub sums: &'a mut [f64],
    /// Counts divided by Σₖ θₖ βₖ of each word, with the last θ.
    pub ratio: &'a mut [f64],
}

/// Finds γ and e^(E log θ) of a document by turns, from the γ that is given, as scikit-learn 1.9 does it:
/// γₖ = α + θₖ Σ_w n_w β_wk / (Σⱼ θⱼ β_wj + 2.2·10⁻¹⁶).
///
/// # Panics
/// If the slices do not fit `width`, `topics` and the words.
pub fn infer(document: Document<'_>, found: Found<'_>) {
    let Document { rows, counts, width, topics, .. } = document;
    assert!(width.is_multiple_of(LANES) && (1..=width).contains(&topics), "{topics} topics of {width}");
    assert_eq!(rows.len(), counts.len() * width, "rows of words");
    assert_eq!(found.ratio.len(), counts.len(), "ratios of words");
    assert!([found.gamma.len(), found.theta.len(), found.sums.len()] == [width; 3], "slices of topics");
    run(document, found);
}

dispatch! {
    fn run(document: Document<'_>, found: Found<'_>) = turns
}

#[inline(always)]
fn turns<const FUSED: bool>(document: Document<'_>, found: Found<'_>) {
    let Document { topics, prior, least_change, rounds, .. } = document;
    let Found { gamma, theta, sums, ratio } = found;
    expected::<FUSED>(gamma, theta, topics);
    for _ in 0..rounds {
        weigh::<FUSED, true>(document, theta, ratio, sums);
        let mut change = [0.0; LANES];
        let (whole, rest) = (topics / LANES * LANES, topics % LANES);
        let lanes = gamma[..whole].as_chunks_mut::<LANES>().0.iter_mut();
        for ((gamma, theta), sums) in lanes.zip(theta.as_chunks::<LANES>().0).zip(sums.as_chunks::<LANES>().0)
        {
            for i in 0..LANES {
                let next = theta[i] * sums[i] + prior;
                change[i] += (next - gamma[i]).abs();
                gamma[i] = next;
            }
        }
        // What is past the topics stays 0.
        for i in 0..rest {
            let next = theta[whole + i] * sums[whole + i] + prior;
            change[i] += (next - gamma[whole + i]).abs();
            gamma[whole + i] = next;
        }
        let change = change.iter().sum::<f64>();
        expected::<FUSED>(gamma, theta, topics);
        if change / (topics as f64) < least_change {
            break;
        }
    }
    weigh::<FUSED, false>(document, theta, ratio, sums);
}

/// θ = e^(ψ(γ) - ψ(Σ γ)).
#[inline(always)]
fn expected<const FUSED: bool>(gamma: &[f64], theta: &mut [f64], topics: usize) {
    let total = gamma[..topics].iter().sum::<f64>();
    for (theta, gamma) in theta.as_chunks_mut::<LANES>().0.iter_mut().zip(gamma.as_chunks::<LANES>().0) {
        for i in 0..LANES {
            theta[i] = exp_digamma_lane::<FUSED>(gamma[i]);
        }
    }
    let scale = 1.0 / exp_digamma_lane::<FUSED>(total);
    theta.iter_mut().for_each(|t| *t *= scale);
}

/// Words at a time: their sums go on beside each other.
const TOGETHER: usize = 4;

/// The ratio of each word, and with `SUMS` Σ_w ratio_w β_w as well.
#[inline(always)]
fn weigh<const FUSED: bool, const SUMS: bool>(
    document: Document<'_>,
    theta: &[f64],
    ratio: &mut [f64],
    sums: &mut [f64],
) {
    let Document { rows, counts, width, .. } = document;
    if SUMS {
        sums.fill(0.0);
    }
    let mut word = 0;
    while counts.len() - word >= TOGETHER {
        some::<FUSED, SUMS, TOGETHER>(
            &rows[word * width..],
            &counts[word..],
            theta,
            &mut ratio[word..],
            sums,
        );
        word += TOGETHER;
    }
    while word < counts.len() {
        some::<FUSED, SUMS, 1>(&rows[word * width..], &counts[word..], theta, &mut ratio[word..], sums);
        word += 1;
    }
}

#[inline(always)]
fn some<const FUSED: bool, const SUMS: bool, const W: usize>(
    rows: &[f64],
    counts: &[f64],
    theta: &[f64],
    ratio: &mut [f64],
    sums: &mut [f64],
) {
    let width = theta.len();
    let rows: [&[[f64; LANES]]; W] =
        std::array::from_fn(|w| rows[w * width..(w + 1) * width].as_chunks::<LANES>().0);
    let theta = theta.as_chunks::<LANES>().0;
    let mut shares = [0.0; W];
    for w in 0..W {
        // Sums by value and constant indices: all else would keep them in memory, number by number.
        let mut dot = [0.0; LANES];
        for (row, theta) in rows[w].iter().zip(theta) {
            for i in 0..LANES {
                dot[i] = row[i].fma::<FUSED>(theta[i], dot[i]);
            }
        }
        let eight: [f64; 8] = std::array::from_fn(|i| dot[i] + dot[i + 8]);
        let four: [f64; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
        let dot = (four[0] + four[2]) + (four[1] + four[3]);
        shares[w] = counts[w] / (dot + f64::EPSILON);
        ratio[w] = shares[w];
    }
    if SUMS {
        for (at, sums) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut held = *sums;
            for w in 0..W {
                let row = rows[w][at];
                for i in 0..LANES {
                    held[i] = shares[w].fma::<FUSED>(row[i], held[i]);
                }
            }
            *sums = held;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;
    use crate::path::tests::on_every_path;

    #[test]
    fn exp_digamma_is_that_of_mpmath() {
        // mpmath 1.3, 40 digits: mp.exp(mp.digamma(mp.mpf(x))).
        const WANT: &[(f64, f64)] = &[
            (0.01, 2.1230604026469264e-44),
            (0.02, 1.1186054050966211e-22),
            (0.1, 2.9718080081768395e-05),
            (0.5, 0.14036487089172128),
            (1.0, 0.5614594835668851),
            (1.4616321449683622, 0.9999999999999999),
            (2.0, 1.526205111595864),
            (3.7, 3.2128344037664047),
            (5.999, 5.506539186906404),
            (6.0, 5.507537829701368),
            (7.5, 7.005933859964566),
            (12.25, 11.753542155295447),
            (100.0, 99.50041875394844),
            (12345.678, 12345.178003375137),
            (1000000000.0, 999999999.5),
            (1000000000000000.0, 999999999999999.5),
        ];
        on_every_path(|| {
            let mut found: Vec<f64> = WANT.iter().map(|w| w.0).collect();
            exp_digamma(&mut found);
            for (found, (x, want)) in found.iter().zip(WANT) {
                let bound = 3e-14 * want;
                assert!((found - want).abs() <= bound, "{x}: {found:e} {want:e}");
            }
            let mut none = [0.0, f64::MIN_POSITIVE, 1e-4];
            exp_digamma(&mut none);
            assert_eq!(none, [0.0; 3]);
        });
    }

    #[test]
    fn topics_of_a_document_are_those_of_the_definition_on_odd_shapes() {
        for (topics, words, rounds) in
            [(1usize, 1, 3), (5, 0, 4), (16, 3, 7), (17, 9, 5), (50, 30, 9), (3, 6, 0)]
        {
            let width = topics.next_multiple_of(LANES);
            let mut rng = Rng::new(topics as u64);
            let mut rows = vec![0.0; words * width];
            for row in rows.chunks_mut(width) {
                row[..topics].fill_with(|| rng.uniform());
            }
            let counts: Vec<f64> = (0..words).map(|_| 1.0 + rng.below(4) as f64).collect();
            let begin: Vec<f64> = (0..topics).map(|_| 0.5 + rng.uniform()).collect();
            let theta_of = |gamma: &[f64]| -> Vec<f64> {
                let mut all = [gamma, &[gamma.iter().sum::<f64>()]].concat();
                all.iter_mut().for_each(|x| *x = exp_digamma_lane::<false>(*x));
                all[..topics].iter().map(|t| t / all[topics]).collect()
            };
            let (mut gamma, mut theta) = (begin.clone(), theta_of(&begin));
            let ratio_of = |theta: &[f64]| -> Vec<f64> {
                let dot = |w: usize| (0..topics).map(|k| theta[k] * rows[w * width + k]).sum::<f64>();
                (0..words).map(|w| counts[w] / (dot(w) + f64::EPSILON)).collect()
            };
            for _ in 0..rounds {
                let ratio = ratio_of(&theta);
                let next = |k: usize| {
                    theta[k] * (0..words).map(|w| ratio[w] * rows[w * width + k]).sum::<f64>() + 0.1
                };
                let next: Vec<f64> = (0..topics).map(next).collect();
                let change = next.iter().zip(&gamma).map(|(a, b)| (a - b).abs()).sum::<f64>();
                (theta, gamma) = (theta_of(&next), next);
                if change / (topics as f64) < 0.01 {
                    break;
                }
            }
            let ratio = ratio_of(&theta);
            on_every_path(|| {
                let mut found = vec![vec![0.0; width]; 3];
                found[0][..topics].copy_from_slice(&begin);
                let mut ratios = vec![0.0; words];
                let [g, t, sums] = &mut found[..] else { unreachable!() };
                let document = Document {
                    rows: &rows,
                    counts: &counts,
                    width,
                    topics,
                    prior: 0.1,
                    least_change: 0.01,
                    rounds,
                };
                infer(document, Found { gamma: g, theta: t, sums, ratio: &mut ratios });
                let near =
                    |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs());
                assert!(near(&g[..topics], &gamma) && near(&t[..topics], &theta) && near(&ratios, &ratio));
                assert!(g[topics..].iter().chain(&t[topics..]).all(|&x| x == 0.0));
            });
        }
    }
}
