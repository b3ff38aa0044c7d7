//! Choosing how many topics: each number is fitted on most of the documents and judged by the others.

use gyeol_tensor::{Pool, Rng};
use gyeol_topic::coherence::Scores;
use gyeol_topic::lda::Completion;
use serde_json::{Value, json};

use super::lda::{Texts, Way, coherence, measured};
use crate::args::Common;
use crate::args::topic::Topics;
use crate::failure::{Failure, Result};

/// Share of the documents held out where several numbers are tried.
const HELD: f64 = 0.1;

/// One number of topics.
pub struct Row {
    pub k: usize,
    pub completion: Completion,
    pub log_likelihood: Option<f64>,
    pub scores: Option<Vec<Scores>>,
    pub seconds: f64,
}

/// All numbers, and the place of the one chosen.
pub struct Tried {
    pub rows: Vec<Row>,
    pub chosen: usize,
    /// Documents held out.
    pub held: usize,
}

/// The share held out, if any.
pub fn holdout(args: &Topics, numbers: usize) -> Result<Option<f64>> {
    match args.lda.holdout {
        None => Ok((numbers > 1).then_some(HELD)),
        Some(0.0) if numbers == 1 => Ok(None),
        Some(share) if share > 0.0 && share < 1.0 => Ok(Some(share)),
        Some(share) => Err(Failure::Usage(format!(
            "--holdout is {share}: give a share between 0 and 1, such as 0.1; several numbers of topics need one"
        ))),
    }
}

/// Fits each number of topics on the documents that are not held out.
pub fn scan(common: &Common, texts: &Texts<'_>, ways: &[Way], share: f64, pool: &Pool) -> Result<Tried> {
    let rows = texts.counts.rows();
    let held = (rows as f64 * share).round() as usize;
    if held == 0 || held >= rows {
        return Err(Failure::Failed(format!(
            "{}: {share} of {rows} documents is {held}. Likely cause: few documents. Next: another --holdout, or one number of topics without it",
            texts.source.spooled.name
        )));
    }
    let seed = common.seed.unwrap_or(0);
    let mut order: Vec<usize> = (0..rows).collect();
    Rng::stream(seed, u64::MAX).shuffle(&mut order);
    let (test, train) = order.split_at_mut(held);
    test.sort_unstable();
    train.sort_unstable();
    let held_out = texts.counts.select(test.iter().copied());
    let counts = texts.counts.select(train.iter().copied());
    let sequences: Option<Vec<Vec<u32>>> =
        texts.sequences.as_ref().map(|all| train.iter().map(|&doc| all[doc].clone()).collect());
    let mut tried = Vec::new();
    for way in ways {
        let k = way.k();
        let begun = std::time::Instant::now();
        let model = way.fit(common, &format!("{k:4} topics "), &texts.vectorizer, &counts, pool)?;
        let stopped = || format!("stopped while {k} topics were tried; nothing was written");
        let model = model.ok_or_else(|| Failure::Failed(stopped()))?;
        let completion = model.folder().completion(&held_out, seed, pool);
        if completion.tokens == 0 {
            return Err(Failure::Failed(format!(
                "{}: no document held out has two words that are counted. Likely cause: short documents or few of them. Next: another --holdout or --min-df 1",
                texts.source.spooled.name
            )));
        }
        tried.push(Row {
            k,
            completion,
            log_likelihood: model.facts().curve.last().map(|(_, l)| *l),
            scores: coherence(&model, sequences.as_deref(), pool)?,
            seconds: begun.elapsed().as_secs_f64(),
        });
    }
    let chosen = chosen(&tried.iter().map(|r| (r.k, &r.completion)).collect::<Vec<_>>());
    Ok(Tried { rows: tried, chosen, held })
}

/// The fewest topics that foretell words no worse than the best do, within one standard error of the difference over
/// documents (Breiman, Friedman, Olshen & Stone 1984).
fn chosen(tried: &[(usize, &Completion)]) -> usize {
    let log = |i: &usize| tried[*i].1.log_probability;
    let best = (0..tried.len()).max_by(|a, b| log(a).total_cmp(&log(b)).then(b.cmp(a))).unwrap_or(0);
    let within = |i: usize| {
        let (a, b) = (&tried[best].1.each, &tried[i].1.each);
        let tokens: f64 = a.iter().map(|(_, n)| *n as f64).sum();
        let mean = a.iter().zip(b).map(|(a, b)| a.0 - b.0).sum::<f64>() / tokens;
        let squares: f64 = a.iter().zip(b).map(|(a, b)| (a.0 - b.0 - mean * a.1 as f64).powi(2)).sum();
        mean <= squares.sqrt() / tokens
    };
    (0..tried.len()).filter(|&i| i == best || within(i)).min_by_key(|&i| tried[i].0).unwrap_or(best)
}

/// The rows as they stand in results.
pub fn json(tried: &Tried) -> Value {
    let row = |(i, r): (usize, &Row)| {
        json!({
            "k": r.k,
            "perplexity": r.completion.perplexity(),
            "documents": r.completion.documents,
            "tokens": r.completion.tokens,
            "log_likelihood": r.log_likelihood,
            "coherence": measured(r.scores.as_deref(), |s| s.mean),
            "seconds": r.seconds,
            "chosen": i == tried.chosen,
        })
    };
    tried.rows.iter().enumerate().map(row).collect()
}

/// The rows for people.
pub fn table(tried: &Tried) -> String {
    let first = &tried.rows[0].completion;
    let mut text = format!(
        "{} documents held out, {} of their words foretold from as many others\n topics  perplexity    npmi     C_V\n",
        tried.held, first.tokens
    );
    for (i, row) in tried.rows.iter().enumerate() {
        let of = |m: usize| row.scores.as_ref().map_or("     –".into(), |s| format!("{:6.3}", s[m].mean));
        let mark = if i == tried.chosen && tried.rows.len() > 1 { "  chosen" } else { "" };
        text += &format!("{:7}  {:10.1}  {}  {}{mark}\n", row.k, row.completion.perplexity(), of(2), of(3));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(logs: &[f64]) -> Completion {
        let each: Vec<(f64, u64)> = logs.iter().map(|l| (*l, 10)).collect();
        let tokens = 10 * logs.len() as u64;
        let log_probability = logs.iter().sum::<f64>() / tokens as f64;
        Completion { documents: logs.len() as u64, tokens, log_probability, each }
    }

    #[test]
    fn the_fewest_topics_within_one_error_are_chosen() {
        let worse = completion(&[-80.0, -81.0, -80.0, -82.0]);
        let near = completion(&[-70.0, -60.0, -75.0, -66.0]);
        let best = completion(&[-69.0, -63.0, -72.0, -66.0]);
        assert_eq!(chosen(&[(10, &worse), (50, &best), (20, &near)]), 2);
        assert_eq!(chosen(&[(10, &worse), (50, &best)]), 1);
        assert_eq!(chosen(&[(10, &worse)]), 0);
    }
}
