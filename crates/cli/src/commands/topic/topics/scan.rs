//! The numbers of topics that were tried, as they are shown.

use gyeol_ladder::tasks::topics::{HELD, Number, Numbers};
use serde_json::{Value, json};

use super::lda::measured;
use crate::args::topic::Topics;
use crate::failure::{Failure, Result};

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

/// The rows as they stand in results.
pub fn json(tried: &Numbers) -> Value {
    let row = |(i, r): (usize, &Number)| {
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
pub fn table(tried: &Numbers) -> String {
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
