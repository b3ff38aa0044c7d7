//! Finds posts of the same group: TF-IDF against latent semantic analysis, `retrieval TRAIN TEST [THREADS]`.
//!
//! Precision at 10 is the mean share of the ten nearest training posts that are of the query's group. Terms, dimensions
//! and the power p in x V Σ^-p (0 are the coordinates, 1 is the q̂ of Deerwester et al.) are chosen on the training part
//! alone, one post in five asking and the others answering, for either method by its own best. The test part asks once, with
//! what was chosen.

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_text::stop_words::StopWords;
use gyeol_topic::lsa::Lsa;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::similarity::{DenseIndex, Index, Measure, Near};
use gyeol_vectors::svd::TruncatedParams;
use gyeol_vectors::vectorize::{Documents, Tf, TfIdf, VectorizerParams, Weight, sklearn_tokens};
use serde_json::json;

type Any<T> = Result<T, Box<dyn std::error::Error>>;

/// Dimensions that are tried.
const TRIED: [usize; 6] = [50, 100, 150, 200, 300, 400];
/// Powers that are tried.
const POWERS: [f64; 3] = [0.0, 0.5, 1.0];

#[derive(Default)]
struct Posts {
    texts: Vec<String>,
    labels: Vec<String>,
}

fn posts(path: &str) -> Any<Posts> {
    let options =
        CorpusOptions { text: Some("text".into()), label: Some("label".into()), ..CorpusOptions::default() };
    let mut posts = Posts::default();
    Corpus::open(path, options)?.each(|d| {
        posts.texts.push(d.text.to_owned());
        posts.labels.push(d.label.unwrap_or_default().to_owned());
        Ok(())
    })?;
    Ok(posts)
}

fn precision(near: &[Vec<Near>], asked: &[String], known: &[String]) -> f64 {
    let hits: usize =
        near.iter().zip(asked).map(|(n, l)| n.iter().filter(|n| known[n.row as usize] == *l).count()).sum();
    hits as f64 / (10 * near.len()) as f64
}

/// Which terms: least documents, largest share of documents, whether English stop words leave.
type Terms = (u64, f64, bool);

const TERMS: [Terms; 4] = [(1, 1.0, false), (2, 0.5, false), (2, 0.5, true), (5, 0.2, true)];

/// Precision of TF-IDF, and of the analysis at each number of dimensions and each power.
fn judged(
    known: &Posts,
    asked: &Posts,
    terms: Terms,
    dimensions: &[usize],
    powers: &[f64],
    pool: &Pool,
) -> Any<(f64, Vec<f64>)> {
    let weight = Weight::TfIdf(TfIdf { tf: Tf::Log, ..TfIdf::default() });
    let params = VectorizerParams {
        weight,
        min_documents: Documents::Count(terms.0),
        max_documents: Documents::Share(terms.1),
        ..VectorizerParams::tfidf()
    };
    let mut tokens = sklearn_tokens();
    if terms.2 {
        let mut with = tokens.params().clone();
        with.stop_words = StopWords::english().words().into_iter().map(str::to_owned).collect();
        tokens = with.check()?.plain()?;
    }
    let (vectorizer, matrix) = params.check()?.fit_texts(&known.texts, tokens)?;
    let queries = vectorizer.transform_texts(&asked.texts);
    let near = Index::new(&matrix, Measure::Cosine)?.search(&queries, 10, pool)?;
    let plain = precision(&near, &asked.labels, &known.labels);
    let most = dimensions.iter().copied().max().unwrap_or(1);
    let lsa = Lsa::fit(vectorizer, &matrix, TruncatedParams::new(most), pool)?;
    let folded = lsa.coordinates_of(&queries, pool)?;
    let mut all = Vec::new();
    for &k in dimensions {
        for &power in powers {
            // The first k of many dimensions are those of an analysis with k.
            let by: Vec<f64> = lsa.sigma()[..k].iter().map(|s| s.powf(-power)).collect();
            let cut = |m: &Dense| m.first_columns(k).scaled(&by);
            let near =
                DenseIndex::new(&cut(lsa.documents()), Measure::Cosine)?.search(&cut(&folded), 10, pool)?;
            all.push(precision(&near, &asked.labels, &known.labels));
        }
    }
    Ok((plain, all))
}

fn main() -> Any<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [train, test] = [0, 1].map(|i| args.get(i).ok_or("name the training and the test part"));
    let pool = Pool::new(args.get(2).map_or(Ok(0), |t| t.parse())?);
    let (train, test) = (posts(train?)?, posts(test?)?);
    let (mut known, mut asked) = (Posts::default(), Posts::default());
    for (i, (text, label)) in train.texts.iter().zip(&train.labels).enumerate() {
        let part = if i % 5 == 4 { &mut asked } else { &mut known };
        part.texts.push(text.clone());
        part.labels.push(label.clone());
    }
    let (mut best, mut best_plain) = ((0.0, TERMS[0], 0, 0.0), (0.0, TERMS[0]));
    for terms in TERMS {
        let (plain, tried) = judged(&known, &asked, terms, &TRIED, &POWERS, &pool)?;
        println!(
            "{}",
            json!({"part": "train", "terms": terms, "tfidf": plain, "dimensions": TRIED, "powers": POWERS, "lsa": tried})
        );
        if plain > best_plain.0 {
            best_plain = (plain, terms);
        }
        for (i, &found) in tried.iter().enumerate() {
            if found > best.0 {
                best = (found, terms, TRIED[i / POWERS.len()], POWERS[i % POWERS.len()]);
            }
        }
    }
    let (_, terms, k, power) = best;
    let (same_terms, scored) = judged(&train, &test, terms, &[k], &[power], &pool)?;
    let plain = if best_plain.1 == terms {
        same_terms
    } else {
        judged(&train, &test, best_plain.1, &[1], &[0.0], &pool)?.0
    };
    println!(
        "{}",
        json!({"part": "test", "tfidf_terms": best_plain.1, "tfidf": plain, "terms": terms, "tfidf_same_terms": same_terms,
        "dimensions": k, "power": power, "lsa": scored[0]})
    );
    Ok(())
}
