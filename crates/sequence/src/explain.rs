//! Why a tagger labels as it does, and on what a translation without attention leans.
//!
//! | way | what is told of each unit |
//! |---|---|
//! | a net | P of its label; gates and states of every layer; on which units the label leaned |
//! | a window | the weights that spoke: those of its label less those of the runner-up |
//! | counts | nothing beyond the label: that of the unit alone, or the commonest of all |
//!
//! How far label t leans on unit j is found by occlusion (Zeiler and Fergus 2014): ln P(label_t) less its mean over texts in which
//! another unit stands in the place of j. The commonest units stand in, each in turn: an unknown one may never have been learnt.
//! Of a translation it is ln P of the whole of it, less that when the token is left out of the source.

use gyeol_base::{Fault, Result};
use gyeol_neural::net::LayerInside;
use gyeol_tensor::Pool;

use crate::form::Tagged;
use crate::tagger::{TagWay, Tagger};
use crate::translator::{Asked, Translated, Translator};
use crate::vocabulary::END;
use crate::window::OUTSIDE;

/// Most units of a text that is explained: work grows with the square.
const MOST: usize = 400;
/// Units that stand in for one.
const STAND_INS: usize = 4;

/// Most bytes of such a text: longer ones are refused before they are cut.
const MOST_BYTES: usize = 1 << 17;

/// Refuses a text that is too long to be cut for an explanation.
fn short(text: &str) -> Result<()> {
    if text.len() <= MOST_BYTES {
        return Ok(());
    }
    let found = format!("a text of {} bytes; up to {MOST_BYTES} are explained at once", text.len());
    Err(Fault::new("too-long", found).next("give a sentence").limit())
}

/// Refuses a text of so many of `what` that cannot be explained.
fn explained(count: usize, what: &str) -> Result<()> {
    if count == 0 {
        let found = format!("a text without a {what}");
        return Err(Fault::new("no-units", found).next("give a text of a word at least").input());
    }
    if count > MOST {
        let found = format!("{count} {what}s; up to {MOST} are explained at once");
        return Err(Fault::new("too-long", found).next("give a sentence").limit());
    }
    Ok(())
}

/// A text with its labels and why they were said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagsExplained {
    /// Units and labels.
    pub tagged: Tagged,
    /// P of each label; of a net.
    pub probabilities: Vec<f64>,
    /// Gates and states; of a net.
    pub layers: Vec<LayerInside<f32>>,
    /// A row a label, a number a unit: what ln P loses without it; of a net.
    pub leaned: Vec<Vec<f64>>,
    /// What spoke for each label against the runner-up, in the order of the window; of a window.
    pub spoke: Vec<Spoke>,
}

/// The weights that spoke for a label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spoke {
    /// The label that came second; the same one where there is no other.
    pub runner_up: String,
    /// The units of each feature by their distance, and its weight; no units stand for the weight that is always there.
    pub weights: Vec<(Vec<(isize, String)>, f64)>,
}

impl Tagger {
    /// Labels a text, and says why.
    ///
    /// # Errors
    /// A text without a unit (`no-units`), or of more than 400 (`too-long`).
    pub fn explain(&self, text: &str, pool: &Pool) -> Result<TagsExplained> {
        short(text)?;
        let tagged = self.tag(&[text], pool)?.into_iter().next().unwrap_or_default();
        let units = &tagged.units;
        explained(units.len(), "unit")?;
        let ids = self.ids(units);
        let mut told = TagsExplained::default();
        match &self.way {
            TagWay::Majority(_) | TagWay::Unigram(_) => {}
            TagWay::Window(window) => {
                for at in 0..ids.len() {
                    let (_, second, weights) = window.spoke(&ids, at);
                    let name = |by: isize, id: u32| match id {
                        OUTSIDE => String::new(),
                        _ => at.checked_add_signed(by).map_or_else(String::new, |at| units[at].clone()),
                    };
                    let weights = weights.into_iter().map(|(places, weight)| {
                        (places.into_iter().map(|(by, id)| (by, name(by, id))).collect(), weight)
                    });
                    let runner_up = self.labels[second as usize].clone();
                    told.spoke.push(Spoke { runner_up, weights: weights.collect() });
                }
            }
            TagWay::Net(net) => {
                told.layers = net.inside(&ids)?;
                let labels: Vec<usize> = tagged.labels.iter().map(|l| self.label(l) as usize).collect();
                let stand_ins = self.vocabulary.len().saturating_sub(END as usize + 1).min(STAND_INS) as u32;
                let mut texts: Vec<Vec<u32>> = vec![ids.clone()];
                for at in 0..ids.len() {
                    let others = (END + 1..=END + stand_ins).filter(|id| *id != ids[at]);
                    texts.extend(others.map(|id| {
                        let mut text = ids.clone();
                        text[at] = id;
                        text
                    }));
                }
                let all: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
                let found = net.log_probabilities(&all, pool)?;
                let of = |text: usize| -> Vec<f64> {
                    labels.iter().zip(&found[text]).map(|(&label, row)| f64::from(row[label])).collect()
                };
                let whole = of(0);
                told.leaned = vec![vec![0.0; ids.len()]; ids.len()];
                let mut next = 1;
                for (at, id) in ids.iter().enumerate() {
                    let others = (END + 1..=END + stand_ins).filter(|other| other != id).count();
                    for text in next..next + others {
                        for (row, (whole, without)) in told.leaned.iter_mut().zip(whole.iter().zip(of(text)))
                        {
                            row[at] += (whole - without) / others as f64;
                        }
                    }
                    next += others;
                }
                told.probabilities = whole.into_iter().map(f64::exp).collect();
            }
        }
        told.tagged = tagged;
        Ok(told)
    }
}

impl Translator {
    /// Translates a text, and says of each token of the source what ln P of the translation loses without it.
    ///
    /// # Errors
    /// As [`Translator::translate`] and [`Translator::likelihoods`]; a text without a token (`no-units`), or of more than 400
    /// (`too-long`).
    pub fn leaned(&self, text: &str, pool: &Pool) -> Result<(Translated, Vec<(String, f64)>)> {
        short(text)?;
        let said = self.translate(&[text], &Asked::default(), pool)?.into_iter().next().unwrap_or_default();
        let tokens = self.units.0.cut(text);
        explained(tokens.len(), "token")?;
        let without = |at: usize| {
            let left: Vec<&String> =
                tokens.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, t)| t).collect();
            self.units.0.join(&left)
        };
        let sources: Vec<String> =
            std::iter::once(text.to_owned()).chain((0..tokens.len()).map(without)).collect();
        let pairs: Vec<(&str, &str)> = sources.iter().map(|s| (s.as_str(), said.text.as_str())).collect();
        let found = self.likelihoods(&pairs, pool)?;
        let lost = found[1..].iter().map(|without| found[0].ln - without.ln);
        let lost = tokens.into_iter().zip(lost).collect();
        Ok((said, lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Form, TagData, TaggerParams};
    use gyeol_neural::Cell;

    /// The label of a word is that of the word before it; what comes after tells nothing.
    fn sequences() -> Vec<Tagged> {
        let one = |n: usize| {
            let word = |i: usize| ["a", "b", "c", "d"][(n * 7 + i * i + n / 3 * i) % 4].to_owned();
            let units: Vec<String> = (0..6).map(word).collect();
            let before =
                |i: usize| if i == 0 { "x" } else { ["p", "q"][usize::from(units[i - 1].as_str() < "c")] };
            let labels = (0..6).map(|i| before(i).to_owned()).collect();
            Tagged { units, labels }
        };
        (0..120).map(one).collect()
    }

    #[test]
    fn a_label_leans_on_the_unit_that_decides_it_and_on_none_that_was_not_read() {
        let all = sequences();
        let data = TagData::new(Form::Tokens, &all[..100], &all[100..], 1).unwrap();
        let params = TaggerParams {
            hidden: 12,
            embedding: 6,
            epochs: 12,
            batch: 4,
            ..TaggerParams::suited(Cell::Lstm, false, 100, 600)
        };
        let pool = Pool::new(2);
        let model = params.fit(&data, &pool, None, &mut |_| true).unwrap().model;
        let told = model.explain("a c d b a", &pool).unwrap();
        assert_eq!(told.tagged.labels, ["x", "q", "p", "p", "q"]);
        for (t, row) in told.leaned.iter().enumerate().skip(1) {
            let most = (0..5).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            assert_eq!(most, t - 1, "{row:?}");
            // It reads forward alone: what comes after it changes nothing.
            assert!(row[t + 1..].iter().all(|lost| *lost == 0.0));
            assert!(told.probabilities[t] > 0.8);
        }
        assert_eq!((told.layers.len(), told.layers[0].steps(), told.layers[0].units), (1, 5, 12));
        assert_eq!(model.explain(" ", &pool).unwrap_err().code(), "no-units");
        assert_eq!(model.explain(&"a ".repeat(500), &pool).unwrap_err().code(), "too-long");
        assert_eq!(model.explain(&"a".repeat(MOST_BYTES + 1), &pool).unwrap_err().code(), "too-long");

        // The weights that spoke add up to what parts the label from the runner-up, and are more than none.
        let model = data.window(&mut |_| true).unwrap();
        let told = model.explain("a c d b a", &pool).unwrap();
        assert_eq!(told.tagged.labels, ["x", "q", "p", "p", "q"]);
        for spoke in &told.spoke {
            assert!(spoke.weights.len() == 11 && spoke.weights.iter().map(|(_, w)| w).sum::<f64>() > 0.0);
        }
        let (units, weight) = &told.spoke[1].weights[1];
        assert!(units == &[(-1, "a".to_owned())] && *weight > 0.0, "{units:?} {weight}");
        let plain = data.unigram().explain("a b", &pool).unwrap();
        assert!(plain.spoke.is_empty() && plain.leaned.is_empty() && plain.tagged.labels.len() == 2);
    }

    #[test]
    fn a_translation_leans_on_what_decides_it() {
        // The target is the second word of three.
        let words = ["a", "b", "c", "d"];
        let pair = |n: usize| {
            let of = |i: usize| words[(n >> (2 * i)) % 4];
            (format!("{} {} {}", of(0), of(1), of(2)), of(1).to_owned())
        };
        let all: Vec<(String, String)> = (0..64).map(pair).collect();
        let units = (crate::Units::Word, crate::Units::Word);
        let params = crate::TranslatorParams {
            hidden: 16,
            embedding: 8,
            epochs: 40,
            batch: 8,
            ..crate::TranslatorParams::suited(units, 64, false)
        };
        let pool = Pool::new(2);
        let model = params.fit(&all, &all[..8], &pool, None, &mut |_| true).unwrap().model;
        let (said, lost) = model.leaned("a d b", &pool).unwrap();
        assert_eq!(said.text, "d");
        let most = (0..3).max_by(|a, b| lost[*a].1.total_cmp(&lost[*b].1)).unwrap();
        assert!(most == 1 && lost[1].1 > 1.0 && lost[1].0 == "▁d", "{lost:?}");
        assert_eq!(model.leaned(" ", &pool).unwrap_err().code(), "no-units");
    }
}
