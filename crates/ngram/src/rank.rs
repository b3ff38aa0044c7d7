//! Which of several sentences is likelier, and how often that is the right one.

use gyeol_base::Fault;

use crate::query::sentence_log10;
use crate::scores_words::ScoresWords;
use gyeol_base::{Error, Result};

/// Scores nearer than this are equal: sums of the same words in another order differ in their last bits.
const TIE: f64 = 1e-9;

/// A candidate with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'a> {
    /// The sentence.
    pub text: &'a str,
    /// Its place among the candidates as given, from 0.
    pub place: usize,
    /// log10 of its probability, the end of the sentence counted.
    pub log10: f64,
    /// The same by word, the end counted as one.
    pub per_word: f64,
}

/// Candidates with their log10 probabilities, the likeliest first; of equal ones the earlier first. Words are split by
/// spaces, the end of the sentence is counted.
///
/// ```
/// use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate, rank};
/// # use gyeol_tensor::Pool;
/// let text = "the load fell\nthe load rose\nthe wind rose\n";
/// let pool = Pool::new(1);
/// let options = Options { order: 2, ..Options::default() };
/// let fitted = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| true)?;
/// let model = NgramModel::from_tables(&fitted.tables, Layout::Probing, "", &pool, &mut |_| true)?;
/// let ranked = rank(&model, &["load the rose", "the load rose", "rose load the"]);
/// assert_eq!(ranked[0].0, "the load rose");
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub fn rank<'a, M: ScoresWords + ?Sized>(model: &M, candidates: &[&'a str]) -> Vec<(&'a str, f64)> {
    rank_by(model, candidates, false).into_iter().map(|r| (r.text, r.log10)).collect()
}

/// As [`rank()`], with `per_word` by the mean over words, so that longer candidates are not at a disadvantage.
pub fn rank_by<'a, M: ScoresWords + ?Sized>(
    model: &M,
    candidates: &[&'a str],
    per_word: bool,
) -> Vec<Ranked<'a>> {
    let mut ranked = scored(model, candidates);
    let key = |r: &Ranked| if per_word { r.per_word } else { r.log10 };
    ranked.sort_by(|a, b| key(b).total_cmp(&key(a)));
    ranked
}

fn scored<'a, M: ScoresWords + ?Sized>(model: &M, candidates: &[&'a str]) -> Vec<Ranked<'a>> {
    let of = |(place, text): (usize, &&'a str)| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let log10 = sentence_log10(model, &words);
        Ranked { text, place, log10, per_word: log10 / (words.len() + 1) as f64 }
    };
    candidates.iter().enumerate().map(of).collect()
}

/// How often the first candidate of a set, the true one, is the likeliest.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Accuracy {
    /// Sets.
    pub count: usize,
    /// Sets whose true candidate is likelier than all others.
    pub right: usize,
    /// Sets whose true candidate is as likely as the likeliest other one.
    pub ties: usize,
    /// What the ties are worth if one of the likeliest is drawn by lot.
    pub by_lot: f64,
    /// What drawing any candidate by lot would get right, in sets.
    pub chance: f64,
}

impl Accuracy {
    /// Takes in a set.
    ///
    /// # Errors
    /// A set of fewer than two candidates: there is nothing to choose.
    pub fn add<M: ScoresWords + ?Sized>(
        &mut self,
        model: &M,
        candidates: &[&str],
        per_word: bool,
    ) -> Result<()> {
        if candidates.len() < 2 {
            return Err(Error::input(
                Fault::new("nothing-to-choose", format!("{} candidate in the set", candidates.len()))
                    .cause(
                        "the true sentence has no other beside it, or the fields are not set apart by tabs",
                    )
                    .next("write: key, tab, true sentence, tab, another sentence …"),
            ));
        }
        let key = |r: &Ranked| if per_word { r.per_word } else { r.log10 };
        let scores: Vec<f64> = scored(model, candidates).iter().map(key).collect();
        // Both without mass are equal too.
        let equal = |score: f64| score == scores[0] || (score - scores[0]).abs() <= TIE;
        let likelier = scores.iter().filter(|&&s| s > scores[0] && !equal(s)).count();
        let equals = scores.iter().filter(|&&s| equal(s)).count();
        self.count += 1;
        self.chance += 1.0 / candidates.len() as f64;
        match (likelier, equals) {
            (0, 1) => self.right += 1,
            (0, _) => {
                self.ties += 1;
                self.by_lot += 1.0 / equals as f64;
            }
            _ => {}
        }
        Ok(())
    }

    /// Right sets, and ties by their worth, by all; 0 without sets.
    pub fn share(&self) -> f64 {
        (self.right as f64 + self.by_lot) / self.count.max(1) as f64
    }

    /// The 95 % interval of Wilson (1927) around [`Accuracy::share`].
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.share(), self.count)
    }
}

/// The 95 % interval of Wilson (1927), *Probable Inference, the Law of Succession, and Statistical Inference*, for a share
/// of `count` draws; 0 to 1 without any.
pub fn wilson(share: f64, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (count as f64, 1.959_963_984_540_054);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, NgramModel, Options, Source, estimate};
    use gyeol_tensor::Pool;

    fn model(order: usize) -> NgramModel {
        let text = "the load fell\nthe load rose\nthe wind rose again\n";
        let pool = Pool::new(1);
        let options = Options { order, ..Options::default() };
        let fitted = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| true).unwrap();
        NgramModel::from_tables(&fitted.tables, Layout::Probing, "", &pool, &mut |_| true).unwrap()
    }

    /// `statsmodels.stats.proportion.proportion_confint(…, method="wilson")`.
    #[test]
    fn intervals_are_those_of_statsmodels() {
        for (right, count, low, high) in [
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.722_467_200_137_110_7, 1.0),
            (7, 11, 0.353_801_174_507_848_87, 0.848_335_289_046_324_3),
            (812, 1000, 0.786_606_812_588_782_2, 0.835_005_290_116_231_5),
        ] {
            let found = wilson(f64::from(right) / f64::from(count), count as usize);
            assert!(
                (found.0 - low).abs() < 1e-12 && (found.1 - high).abs() < 1e-12,
                "{right}/{count}: {found:?}"
            );
        }
    }

    #[test]
    fn a_tie_is_not_a_right_answer_though_the_true_sentence_comes_first() {
        let (unigram, bigram) = (model(1), model(2));
        let set = ["the load rose", "rose the load", "load the rose"];
        let (mut by_words, mut by_pairs) = (Accuracy::default(), Accuracy::default());
        by_words.add(&unigram, &set, false).unwrap();
        by_pairs.add(&bigram, &set, false).unwrap();
        assert_eq!((by_words.right, by_words.ties), (0, 1));
        assert!((by_words.share() - 1.0 / 3.0).abs() < 1e-12 && (by_words.chance - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((by_pairs.right, by_pairs.ties, by_pairs.share()), (1, 0, 1.0));
        // A wrong answer, and a set without a choice.
        by_pairs.add(&bigram, &["rose the load", "the load rose"], false).unwrap();
        assert_eq!((by_pairs.count, by_pairs.right), (2, 1));
        assert_eq!(by_pairs.add(&bigram, &["alone"], false).unwrap_err().code(), "nothing-to-choose");
    }

    #[test]
    fn by_word_a_longer_sentence_can_win() {
        let model = model(2);
        let set = ["rose", "the wind rose again"];
        let (all, word) = (rank_by(&model, &set, false), rank_by(&model, &set, true));
        assert_eq!(word[0].text, "the wind rose again");
        assert!((word[0].per_word - word[0].log10 / 5.0).abs() < 1e-12);
        assert!(all[0].log10 >= all[1].log10 && word[0].per_word > word[1].per_word);
    }
}
