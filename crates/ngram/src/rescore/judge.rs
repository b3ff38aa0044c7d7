//! Error rates of the first pass, of the new order, and of the best that the lists hold.

use gyeol_tensor::Pool;

use super::{Features, List, RescoreWeights};
use crate::error_rate::{Difference, ErrorRate, Errors, Unit, difference, error_rate, errors};
use gyeol_base::Result;

/// Errors of one utterance, by words and by characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Utterance {
    /// Of the hypothesis with the best acoustic score.
    pub first_pass: [Errors; 2],
    /// Of the first one in the new order.
    pub rescored: [Errors; 2],
    /// The fewest word errors and the fewest character errors in the list, maybe not of one hypothesis.
    pub oracle: [Errors; 2],
}

impl Utterance {
    /// Compares a list with what was said.
    ///
    /// # Errors
    /// A text that is too long.
    pub fn new(list: &List, features: &[Features], weights: RescoreWeights, reference: &str) -> Result<Self> {
        let acoustic = RescoreWeights { language: 0.0, word_penalty: 0.0 };
        let best = |weights: RescoreWeights| weights.order(features).first().copied().unwrap_or(0);
        let (first, now) = (best(acoustic), best(weights));
        let mut out = Utterance::default();
        for (at, unit) in [Unit::Word, Unit::Character].into_iter().enumerate() {
            for (place, hypothesis) in list.hypotheses.iter().enumerate() {
                let found = errors(reference, &hypothesis.text, unit)?;
                if place == 0 || found.total() < out.oracle[at].total() {
                    out.oracle[at] = found;
                }
                if place == first {
                    out.first_pass[at] = found;
                }
                if place == now {
                    out.rescored[at] = found;
                }
            }
        }
        Ok(out)
    }
}

/// Word and character error rate.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Rates<T> {
    /// Over words.
    pub wer: T,
    /// Over characters.
    pub cer: T,
}

/// What rescoring was worth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Judged {
    /// By the acoustic score alone.
    pub first_pass: Rates<ErrorRate>,
    /// In the new order.
    pub rescored: Rates<ErrorRate>,
    /// If the best hypothesis of each list were always chosen: no order can do better.
    pub oracle: Rates<ErrorRate>,
    /// New order less first pass, on the same resamples.
    pub difference: Rates<Difference>,
}

/// Error rates with their intervals over all utterances.
///
/// # Errors
/// None for what [`Utterance::new`] made: every utterance has all its counts.
pub fn judge(utterances: &[Utterance], seed: u64, pool: &Pool) -> Result<Judged> {
    let of = |pick: fn(&Utterance) -> [Errors; 2], at: usize| -> Vec<Errors> {
        utterances.iter().map(|u| pick(u)[at]).collect()
    };
    let rates =
        |pick| Rates { wer: error_rate(&of(pick, 0), seed, pool), cer: error_rate(&of(pick, 1), seed, pool) };
    let less = |at| difference(&of(|u| u.rescored, at), &of(|u| u.first_pass, at), seed, pool);
    Ok(Judged {
        first_pass: rates(|u| u.first_pass),
        rescored: rates(|u| u.rescored),
        oracle: rates(|u| u.oracle),
        difference: Rates { wer: less(0)?, cer: less(1)? },
    })
}
