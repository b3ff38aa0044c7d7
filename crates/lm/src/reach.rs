//! How far back a net hears, over a text: mean norms of the gradient at the words before (see
//! [`gyeol_neural::net::Predictor::reach`]).

use gyeol_base::{Error, Fault, Result};
use gyeol_ngram::{Protocol, SENTENCE_END, WordId};

use crate::net::NetLm;

/// Predictions whose gradients are walked back, spread over the text.
const POSITIONS: usize = 300;

/// Words read before those that are told, so that the first of them is not read from no state: a net moves most there.
const BEFORE: usize = 32;

/// What was found at a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Words back; the last one read is 1.
    pub distance: usize,
    /// Mean norm of the gradient at its embedding.
    pub norm: f64,
    /// Predictions that had a word so far back.
    pub positions: usize,
}

impl NetLm {
    /// The mean norm of the gradient of a prediction's loss at each word up to `longest` words back, over some three hundred
    /// predictions of these lines; read as the net was taught, each line alone or one after another. `go_on` is asked at each.
    ///
    /// # Errors
    /// A net over a window (`no-state`), no line (`no-words`); `stopped`.
    pub fn reach(
        &self,
        lines: &[Vec<WordId>],
        longest: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Reach>> {
        let net = self.recurrent()?;
        let end = self.classes().of(SENTENCE_END);
        let line = |words: &Vec<WordId>| -> Vec<u32> {
            words.iter().map(|&word| self.classes().of(word)).chain([end]).collect()
        };
        let mut texts: Vec<Vec<u32>> = lines.iter().filter(|line| !line.is_empty()).map(line).collect();
        if self.protocol() == Protocol::Stream {
            texts = vec![texts.concat()];
        }
        // What ended the line before is read first.
        texts.iter_mut().for_each(|text| text.insert(0, end));
        let all: usize = texts.iter().map(|text| text.len() - 1).sum();
        if all == 0 {
            return Err(Fault::new("no-words", "no line with a word").next("give texts").input());
        }
        let every = all.div_ceil(POSITIONS).max(1);
        let (mut sums, mut counts) = (vec![0.0; longest], vec![0usize; longest]);
        let mut seen = 0;
        for text in &texts {
            for at in 1..text.len() {
                seen += 1;
                if seen % every != 0 {
                    continue;
                }
                if !go_on() {
                    return Err(Error::stopped());
                }
                let norms = net.reach(&text[at.saturating_sub(longest + BEFORE)..at], text[at])?;
                for (back, norm) in norms.into_iter().take(longest).enumerate() {
                    sums[back] += norm;
                    counts[back] += 1;
                }
            }
        }
        let found = sums.into_iter().zip(counts).enumerate().filter(|(_, (_, positions))| *positions > 0);
        Ok(found
            .map(|(back, (sum, positions))| Reach {
                distance: back + 1,
                norm: sum / positions as f64,
                positions,
            })
            .collect())
    }
}
