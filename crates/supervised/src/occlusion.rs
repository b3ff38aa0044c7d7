//! Why a recurrent net says what it says: what its score loses where a word of the text is not known to it.
//!
//! ```text
//! score of a class    ln p / (1 - p);  of two classes that of the second;  of numbers the number
//! what a word adds    score of the text - score of the text with the word taken for an unknown one
//! ```
//!
//! Log-odds of n-grams that a net reads beside lose what they lose where the word is taken out of the text.
//!
//! Of characters and letters a word is what stands between blanks. Words act together, so that what they add is no sum.

use std::ops::Range;

use gyeol_base::{Error, Result};
use gyeol_data::Table;
use gyeol_tensor::Pool;

use crate::log_odds::LogOdds;
use crate::machine::{Machine, Rows, Said};
use crate::terms::{Explained, Reasons, Term};
use crate::units::Units;
use crate::words::Unit;

/// Probabilities nearer to 0 or 1 are taken for this far away from them.
const LEAST: f64 = 1e-9;
/// Units that are walked over for one text: of very long ones the first words alone are told.
const MOST_WALKED: usize = 500_000;

/// Places of the words of a text among its units.
fn words(units: &Units, written: &[String]) -> Vec<Range<usize>> {
    if units.unit() == Unit::Word {
        return (0..written.len()).map(|i| i..i + 1).collect();
    }
    let blank = |i: usize| written[i].chars().all(char::is_whitespace);
    let mut found: Vec<Range<usize>> = Vec::new();
    for i in (0..written.len()).filter(|&i| !blank(i)) {
        match found.last_mut() {
            Some(last) if last.end == i => last.end = i + 1,
            _ => found.push(i..i + 1),
        }
    }
    found
}

/// Log-odds of a text without each word: those of the text, less what those of its units put together lose by it.
fn beside(
    odds: &LogOdds,
    units: &Units,
    whole: &[f32],
    written: &[String],
    places: &[Range<usize>],
) -> Result<Vec<f32>> {
    let between = if units.unit() == Unit::Word { " " } else { "" };
    let without = |place: &Range<usize>| {
        let rest: Vec<&str> =
            written[..place.start].iter().chain(&written[place.end..]).map(String::as_str).collect();
        rest.join(between)
    };
    let texts: Vec<String> =
        std::iter::once(written.join(between)).chain(places.iter().map(without)).collect();
    let scores = odds.transform_texts(&texts)?;
    let (all, less) = scores.split_at(odds.width());
    let one = |row: &[f32]| -> Vec<f32> {
        whole.iter().zip(all.iter().zip(row)).map(|(w, (a, l))| w - (a - l)).collect()
    };
    Ok(less.chunks_exact(odds.width()).flat_map(one).collect())
}

fn scores(said: &Said, row: usize) -> Vec<f64> {
    match said {
        Said::Values(values) => vec![values[row]],
        Said::Classes(p) => {
            let logit = |&p: &f64| {
                let p = p.clamp(LEAST, 1.0 - LEAST);
                (p / (1.0 - p)).ln()
            };
            let own = p.row(row);
            if own.len() == 2 { vec![logit(&own[1])] } else { own.iter().map(logit).collect() }
        }
    }
}

impl Machine {
    /// The words of one text with what each adds to the scores, the largest first for what is said.
    pub(crate) fn without_words(
        &self,
        units: &Units,
        texts: Option<&[String]>,
        table: Option<&Table>,
        pool: &Pool,
    ) -> Result<Explained> {
        let (rows, warnings) = self.inputs.rows(texts, table)?;
        let (Rows::Sequences(all), Some(found)) = (&rows, self.inputs.texts_of(texts, table)?) else {
            return Err(Error::defect("a net over units without a text"));
        };
        let (1, Some(text)) = (all.len(), found.first()) else {
            return Err(Error::defect(format!("{} examples where one is explained", all.len())));
        };
        let written = units.written(text);
        let mut places = words(units, &written);
        places.truncate(MOST_WALKED / written.len().max(1));
        let said = self.of_rows(&rows, pool)?;
        let mut less = all.without(0, &places);
        if let Some(odds) = &self.inputs.log_odds {
            less = less.with_beside(beside(odds, units, all.beside(0), &written, &places)?, odds.width())?;
        }
        let without = self.of_rows(&Rows::Sequences(less), pool)?;
        let scores_of = scores(&said, 0);
        let mut terms: Vec<Term> = places
            .iter()
            .enumerate()
            .map(|(i, place)| Term {
                name: gyeol_base::plain(&written[place.clone()].concat()).into_owned(),
                word: true,
                value: None,
                filled: None,
                coefficients: Vec::new(),
                contributions: scores_of
                    .iter()
                    .zip(scores(&without, i))
                    .map(|(all, less)| all - less)
                    .collect(),
            })
            .collect();
        let class = said.classes().first().map_or(0, |&class| class as usize);
        let size = |term: &Term| term.contributions[class.min(term.contributions.len() - 1)].abs();
        terms.sort_by(|a, b| size(b).total_cmp(&size(a)));
        Ok(Explained { said, reasons: Reasons::Without { terms, scores: scores_of }, warnings })
    }
}
