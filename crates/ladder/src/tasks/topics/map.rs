//! The map of the topics, as its page shows it.

use std::collections::HashMap;

use gyeol_base::Result;
use gyeol_bundle::DataHash;
use gyeol_report::topic_map as page;
use gyeol_report::topic_map::TopicMap;
use gyeol_tensor::Pool;
use gyeol_topic::coherence::Scores;
use gyeol_topic::lda::{Inference, Lda};
use gyeol_topic::map as geometry;

use super::held_out::{Number, Numbers};

/// Documents shown of each topic.
const DOCUMENTS: usize = 8;
/// Most topics of a page: every pair has a distance.
pub const MOST_MAPPED: usize = 1_000;
/// Topics named of a document.
const MIX: usize = 5;
/// Most logarithms spent on the distances between topics; beyond, rare words are taken together.
const LOGARITHMS: usize = 400_000_000;

/// The first characters of documents, by their numbers.
pub type Beginnings<'a> = dyn FnMut(&[u32]) -> Result<HashMap<u64, String>> + 'a;

/// The map of a model: places of the topics, the words that speak for each, the documents that show it. `beginnings` gives the
/// first characters of documents by their numbers.
///
/// # Errors
/// What reading the documents says.
pub fn map(
    model: &Lda,
    data: &DataHash,
    scores: Option<&[Scores]>,
    numbers: Option<&Numbers>,
    beginnings: &mut Beginnings,
    pool: &Pool,
) -> Result<TopicMap> {
    let (k, terms) = (model.k(), model.vectorizer().len());
    let facts = model.facts();
    let tokens = facts.tokens as f64;
    let mut overall = vec![0.0; terms];
    for t in 0..k {
        let share = model.shares()[t];
        overall.iter_mut().zip(model.words(t)).for_each(|(o, p)| *o += share * f64::from(*p));
    }
    let mut shown: Vec<Vec<usize>> = vec![Vec::new(); k];
    pool.each_mut(&mut shown, |_, t, words| {
        let of: Vec<f64> = model.words(t).iter().map(|&p| f64::from(p)).collect();
        *words = geometry::worth_showing(&of, &overall, page::room(k));
    });
    let mut columns: Vec<usize> = shown.iter().flatten().copied().collect();
    columns.sort_unstable();
    columns.dedup();
    let count = |t: usize, w: usize| f64::from(model.words(t)[w]) * model.shares()[t] * tokens;
    let words = columns.iter().map(|&w| page::Word {
        text: model.vectorizer().term(w as u32).to_owned(),
        count: overall[w] * tokens,
        // Less than half an occurrence is the prior speaking.
        topics: (0..k).map(|t| (t, count(t, w))).filter(|(_, n)| *n >= 0.5).collect(),
    });
    let documents = documents(model, beginnings)?;
    let topics = documents.into_iter().enumerate().map(|(t, documents)| page::Topic {
        number: t as u64,
        share: model.shares()[t],
        alpha: Some(model.alpha()[t]),
        coherence: coherence(scores, |s| s.each[t]),
        words: {
            let place = |w: usize| columns.partition_point(|c| *c < w);
            shown[t].iter().map(|&w| (place(w), f64::from(model.words(t)[w]))).collect()
        },
        documents,
    });
    let distances = geometry::distances(&distributions(model, &overall), pool.threads());
    let places = geometry::places(&distances, k);
    Ok(TopicMap {
        title: data.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        command: String::new(),
        sha256: data.sha256.clone(),
        method: page::Method {
            name: match facts.inference {
                Inference::Gibbs => "LDA, Gibbs",
                Inference::Variational => "LDA, VB",
            }
            .into(),
            documents: facts.documents,
            tokens: facts.tokens,
            vocabulary: terms as u64,
            iterations: Some(facts.iterations as u64),
            alpha: Some(model.alpha().iter().sum()),
            beta: Some(model.beta()),
            seed: Some(facts.seed),
            log_likelihood: facts.curve.last().map(|(_, l)| *l),
            perplexity: numbers.map(|s| s.rows[s.chosen].completion.perplexity()),
        },
        words: words.collect(),
        topics: topics.collect(),
        places: page::Places { points: places.points, kept: places.kept },
        order: if k <= page::SQUARE { geometry::seriation(&distances, k) } else { Vec::new() },
        lambda: geometry::LAMBDA,
        distances,
        curve: facts.curve.iter().map(|(sweep, l)| (*sweep as u64, *l)).collect(),
        scan: numbers.filter(|s| s.rows.len() > 1).map(|s| {
            let row = |r: &Number| page::ScanRow {
                topics: r.k,
                perplexity: Some(r.completion.perplexity()),
                log_likelihood: r.log_likelihood,
                coherence: coherence(r.scores.as_deref(), |s| s.mean),
                seconds: Some(r.seconds),
            };
            s.rows.iter().map(row).collect()
        }),
    })
}

fn coherence(scores: Option<&[Scores]>, value: impl Fn(&Scores) -> f64) -> page::Coherence {
    let of = |i: usize| scores.map(|s| value(&s[i]));
    page::Coherence { umass: of(0), uci: of(1), npmi: of(2), cv: of(3) }
}

/// Topics over words; of a large vocabulary the most frequent words and the rest as one.
fn distributions(model: &Lda, overall: &[f64]) -> Vec<Vec<f64>> {
    let most = (LOGARITHMS / (model.k() * model.k())).max(1_000);
    if overall.len() <= most {
        return (0..model.k()).map(|t| model.words(t).iter().map(|&p| f64::from(p)).collect()).collect();
    }
    let mut order: Vec<usize> = (0..overall.len()).collect();
    order.select_nth_unstable_by(most, |a, b| overall[*b].total_cmp(&overall[*a]).then(a.cmp(b)));
    order.truncate(most);
    order.sort_unstable();
    let row = |t: usize| {
        let mut row: Vec<f64> = order.iter().map(|&w| f64::from(model.words(t)[w])).collect();
        row.push((1.0 - row.iter().sum::<f64>()).max(0.0));
        row
    };
    (0..model.k()).map(row).collect()
}

/// The documents that show each topic most, with their beginnings.
fn documents(model: &Lda, beginnings: &mut Beginnings) -> Result<Vec<Vec<page::Document>>> {
    let best: Vec<Vec<(u32, f32)>> = (0..model.k()).map(|t| model.documents_of(t, DOCUMENTS)).collect();
    let numbers: Vec<u32> = best.iter().flatten().map(|(doc, _)| *doc).collect();
    let beginnings = beginnings(&numbers)?;
    let document = |doc: u32| {
        let shares = model.document(doc as usize);
        let mut mix: Vec<(usize, f64)> = shares.iter().map(|&s| f64::from(s)).enumerate().collect();
        mix.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        mix.truncate(MIX);
        let text = beginnings.get(&u64::from(doc)).cloned().unwrap_or_default();
        page::Document { name: (doc + 1).to_string(), text, mix }
    };
    Ok(best.iter().map(|docs| docs.iter().map(|(doc, _)| document(*doc)).collect()).collect())
}
