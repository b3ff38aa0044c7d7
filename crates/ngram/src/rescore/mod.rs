//! N-best lists of a recogniser put in a new order by a language model.
//!
//! The score of a hypothesis is log-linear: `acoustic + weight · ln P(text) + word_penalty · words`, the acoustic score a
//! natural logarithm, P that of the model with the end of the sentence. Acoustic scores lie much further apart than
//! probabilities of words (frames are not independent as the acoustic model takes them to be), hence a weight; it and the
//! penalty for each word are learnt on other utterances by [`tune`].
//!
//! | file | step |
//! |---|---|
//! | `lists` | lines to lists, one list in memory at a time; references |
//! | `judge` | error rates before and after, and of the best that the lists hold |
//! | `tune` | the weights of least error |
//! | `weights` | weights as a file |

mod judge;
mod lists;
mod tune;
mod weights;

pub use judge::{Judged, Rates, Utterance, judge};
pub use lists::{AcousticScore, Hypothesis, List, Lists, MOST_HYPOTHESES, References};
pub use tune::{Candidate, Tuned, Tuning, tune};
pub use weights::{RescoreWeights, WEIGHTS_VERSION};

use crate::query::score_words;
use crate::scores_words::ScoresWords;

/// What a word counts that the model gives no probability: as an ARPA file's `<unk>` without mass.
const LEAST_LOG10: f32 = -100.0;

/// What the score of a hypothesis is made of.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Features {
    /// Natural logarithm of the acoustic score; higher is better.
    pub acoustic: f64,
    /// Natural logarithm of the probability of the text, the end of the sentence included.
    pub language: f64,
    /// Words.
    pub words: usize,
    /// Words that the model does not know.
    pub unknown: usize,
}

/// The features of each hypothesis, in the list's order.
///
/// ```
/// use gyeol_ngram::rescore::{AcousticScore, Lists, RescoreWeights, features};
/// use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate};
/// # use gyeol_tensor::Pool;
/// let pool = Pool::new(1);
/// let text = "turn the pump off\nturn the light on\nturn the pump on\n";
/// let options = Options { order: 2, ..Options::default() };
/// let fitted = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| true)?;
/// let model = NgramModel::from_tables(&fitted.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
/// let heard = "u1\tturn the plum off\t-40.0\nu1\tturn the pump off\t-41.5\n";
/// let mut lists = Lists::new(Source::from_text(heard), AcousticScore::default());
/// let list = lists.next_list()?.expect("one list");
/// let weights = RescoreWeights { language: 2.0, word_penalty: 0.0 };
/// let best = weights.order(&features(&model, &list))[0];
/// assert_eq!(list.hypotheses[best].text, "turn the pump off");
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub fn features<M: ScoresWords + ?Sized>(model: &M, list: &List) -> Vec<Features> {
    let of = |hypothesis: &Hypothesis| {
        let words: Vec<&str> = hypothesis.text.split_whitespace().collect();
        let scored = score_words(model, &words);
        let log10: f64 = scored.iter().map(|s| f64::from(s.log10.max(LEAST_LOG10))).sum();
        Features {
            acoustic: hypothesis.acoustic,
            language: log10 * std::f64::consts::LN_10,
            words: words.len(),
            unknown: scored.iter().filter(|s| s.unknown).count(),
        }
    };
    list.hypotheses.iter().map(of).collect()
}
