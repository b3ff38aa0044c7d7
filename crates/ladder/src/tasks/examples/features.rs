//! Features of the training and validation part, made once for all rungs that ask for the same.

use std::rc::Rc;
use std::sync::Arc;

use gyeol_base::{Error, Result};
use gyeol_supervised::{
    Inputs, LogOdds, LogOddsParams, Rows, Target, TextFeatures, TextParams, Units, UnitsParams, together,
};
use gyeol_tensor::Pool;

use super::columns::encoded;
use super::prepare::{PARTS, Prepared};
use crate::tasks::vectors::{self, Coverage};
use crate::watch::{Step, Watch};

/// Features that are kept beside those of the folds: those asked for last.
const KEPT: usize = 2;

/// Features of the parts that a fit may see.
pub(super) struct Made {
    pub inputs: Inputs,
    pub train: Rows,
    pub valid: Rows,
}

/// How texts are read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// As terms, whatever their order.
    Terms(TextParams),
    /// Unit by unit, with log-odds of n-grams beside where there are any.
    Units(UnitsParams, Option<LogOddsParams>),
}

/// Which fold (none is the whole training part), and how texts are read.
type Key = (Option<usize>, Option<Reading>);

/// Makes features, and remembers the last ones.
pub(super) struct Maker {
    made: Vec<(Key, Rc<Made>)>,
    /// What reading had to say.
    pub said: Vec<String>,
}

impl Maker {
    pub fn new() -> Maker {
        Maker { made: Vec::new(), said: Vec::new() }
    }

    /// Features of the columns, and of the texts by these parameters where there are texts.
    pub fn make(
        &mut self,
        prepared: &Prepared,
        fold: Option<usize>,
        params: Option<&Reading>,
        pool: &Pool,
        watch: &mut dyn Watch,
    ) -> Result<Rc<Made>> {
        let key: Key = (fold, params.cloned());
        if let Some(place) = self.made.iter().position(|(known, _)| *known == key) {
            let known = self.made.remove(place);
            let made = Rc::clone(&known.1);
            self.made.push(known);
            return Ok(made);
        }
        if self.made.len() >= KEPT + prepared.folds.len() {
            self.made.remove(0);
        }
        let [whole, chooses, _] = &prepared.parts;
        let (train, valid, chain, encoder) = match fold.map(|k| &prepared.folds[k]) {
            Some(sub) => (&sub.train, &sub.valid, &sub.chain, &sub.encoder),
            None => (whole, chooses, &prepared.chain, &prepared.encoder),
        };
        if let (Some(Reading::Units(params, odds)), Some(corpus), Some(of_valid), Some((chain, words))) =
            (params, &train.corpus, &valid.corpus, chain)
        {
            let mut reads = |bytes| watch.step(Step::Reading { part: PARTS[0], bytes, of: corpus.bytes() });
            let units = Units::fit(params, corpus, chain, words, pool, |seen| reads(seen.bytes))?;
            let mut of_train = units.transform(corpus, pool, |seen| reads(seen.bytes))?;
            let mut reads = |bytes| watch.step(Step::Reading { part: PARTS[1], bytes, of: of_valid.bytes() });
            let mut judged = units.transform(of_valid, pool, |seen| reads(seen.bytes))?;
            let mut log_odds = None;
            if let (Some(params), Target::Classes { of, .. }) = (odds, &train.examples.target) {
                let labels = (of.as_slice(), prepared.classes.len());
                let (fitted, own) =
                    LogOdds::fit(params, corpus, (chain, words), labels, pool, |seen| reads(seen.bytes))?;
                let others = fitted.transform(of_valid, pool, |seen| reads(seen.bytes))?;
                of_train = of_train.with_beside(own, fitted.width())?;
                judged = judged.with_beside(others, fitted.width())?;
                log_odds = Some(Arc::new(fitted));
            }
            // Folds say much the same.
            if let (Some(begins), None | Some(0)) = (of_train.begins(), fold) {
                let coverage = Coverage::of(begins);
                if begins.found[0] == 0 {
                    return Err(vectors::none_found(&begins.path));
                }
                let said = coverage.words(&begins.path);
                if !watch.step(Step::Said(&said)) {
                    return Err(Error::stopped());
                }
                if !self.said.contains(&said) {
                    self.said.push(said);
                }
            }
            let made = Rc::new(Made {
                inputs: Inputs {
                    units: Some(Arc::new(units)),
                    log_odds,
                    text_column: train.examples.text_column.clone(),
                    ..Inputs::default()
                },
                train: Rows::Sequences(of_train),
                valid: Rows::Sequences(judged),
            });
            self.made.push((key, Rc::clone(&made)));
            return Ok(made);
        }
        let texts = match (params, &train.corpus, &valid.corpus, chain) {
            (Some(Reading::Terms(params)), Some(corpus), Some(valid), Some((chain, words))) => {
                let (features, rows) = TextFeatures::fit(params, corpus, chain, words, pool, |seen| {
                    watch.step(Step::Reading { part: PARTS[0], bytes: seen.bytes, of: corpus.bytes() })
                })?;
                let valid = features.transform(valid, pool, |seen| {
                    watch.step(Step::Reading { part: PARTS[1], bytes: seen.bytes, of: valid.bytes() })
                })?;
                Some((Arc::new(features), rows, valid))
            }
            _ => None,
        };
        let (features, train_texts, valid_texts) = match texts {
            Some((features, train, valid)) => (Some(features), Some(train), Some(valid)),
            None => (None, None, None),
        };
        let made = Rc::new(Made {
            inputs: Inputs {
                texts: features,
                text_column: train.examples.text_column.clone(),
                columns: encoder.clone(),
                ..Inputs::default()
            },
            train: together(train_texts, encoded(encoder.as_ref(), train)?, train.examples.len())?,
            valid: together(valid_texts, encoded(encoder.as_ref(), valid)?, valid.examples.len())?,
        });
        self.made.push((key, Rc::clone(&made)));
        Ok(made)
    }
}

/// Rows of a part for a machine, by its own features.
pub(super) fn rows_of(
    prepared: &Prepared,
    inputs: &Inputs,
    part: usize,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Rows> {
    let ready = &prepared.parts[part];
    if let (Some(units), Some(corpus)) = (&inputs.units, &ready.corpus) {
        let mut reads = |bytes| watch.step(Step::Reading { part: PARTS[part], bytes, of: corpus.bytes() });
        let found = units.transform(corpus, pool, |seen| reads(seen.bytes))?;
        return Ok(Rows::Sequences(match &inputs.log_odds {
            Some(odds) => {
                found.with_beside(odds.transform(corpus, pool, |seen| reads(seen.bytes))?, odds.width())?
            }
            None => found,
        }));
    }
    let texts = match (&inputs.texts, &ready.corpus) {
        (Some(features), Some(corpus)) => Some(features.transform(corpus, pool, |seen| {
            watch.step(Step::Reading { part: PARTS[part], bytes: seen.bytes, of: corpus.bytes() })
        })?),
        _ => None,
    };
    let columns = encoded(inputs.columns.as_ref(), ready)?;
    together(texts, columns, ready.examples.len())
}
