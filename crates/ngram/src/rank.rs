//! Which of several sentences is likelier.

use crate::model::Model;

/// Candidates with their log10 probabilities, the likeliest first; of equal ones the earlier first. Words are split by
/// spaces, the end of the sentence is counted.
///
/// ```
/// use gyeol_ngram::{Layout, Model, Options, Source, estimate, rank};
/// # use gyeol_tensor::Pool;
/// let text = "the load fell\nthe load rose\nthe wind rose\n";
/// let pool = Pool::new(1);
/// let options = Options { order: 2, ..Options::default() };
/// let fitted = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| {})?;
/// let model = Model::from_tables(&fitted.tables, Layout::Probing, "", &pool)?;
/// let ranked = rank(&model, &["load the rose", "the load rose", "rose load the"]);
/// assert_eq!(ranked[0].0, "the load rose");
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub fn rank<'a>(model: &Model, candidates: &[&'a str]) -> Vec<(&'a str, f64)> {
    let mut ranked: Vec<(&str, f64)> = candidates
        .iter()
        .map(|text| (*text, model.log10(&text.split_whitespace().collect::<Vec<_>>())))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}
