//! The real corpus: 20 newsgroups as scikit-learn vectorizes it. Figures by `tests/fixtures/newsgroups.py`.

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::svd::{Flip, Method, Svd, TruncatedParams};
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams, sklearn_tokens};
use serde_json::Value;

use crate::real_files::real_file;

fn train() -> Corpus {
    let path = real_file("newsgroups20/20news-bydate-train.jsonl.gz");
    let options =
        CorpusOptions { text: Some("text".into()), label: Some("label".into()), ..CorpusOptions::default() };
    Corpus::open(path.to_str().unwrap(), options).unwrap()
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/newsgroups.json")).unwrap()
}

fn check(name: &str, vectorizer: &Vectorizer, matrix: &Csr) {
    let want = &fixture()[name];
    let number = |key: &str| want[key].as_f64().unwrap();
    assert_eq!((matrix.rows() as f64, matrix.cols() as f64), (number("documents"), number("terms")));
    assert_eq!(matrix.nonzeros() as f64, number("nonzeros"));
    for (column, term) in want["some_terms"].as_object().unwrap() {
        assert_eq!(vectorizer.term(column.parse().unwrap()), term.as_str().unwrap());
    }
    let near = |found: f64, key: &str| {
        let want = number(key);
        assert!((found - want).abs() <= 1e-12 * want.abs(), "{name}, {key}: {found} {want}");
    };
    near(matrix.data().iter().sum(), "sum");
    near(matrix.data().iter().map(|v| v * v).sum(), "squares");
    // Every place counts by its own weight, so that a number in another row or column is seen.
    let mut places = 0.0;
    for row in 0..matrix.rows() {
        for (column, value) in matrix.row(row) {
            places += value * ((row * 31 + column as usize * 17) % 1009) as f64;
        }
    }
    near(places, "places");
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn twenty_newsgroups_have_the_terms_and_numbers_of_scikit_learn() {
    let corpus = train();
    let pool = Pool::new(0);
    for (name, params) in [("count", VectorizerParams::count()), ("tfidf", VectorizerParams::tfidf())] {
        let fitted = params.check().unwrap().fit(&corpus, sklearn_tokens(), &pool, |_| true).unwrap();
        check(name, &fitted.0, &fitted.1);
    }
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn twenty_newsgroups_have_the_singular_values_of_arpack() {
    let corpus = train();
    let pool = Pool::new(0);
    let (_, matrix) =
        VectorizerParams::tfidf().check().unwrap().fit(&corpus, sklearn_tokens(), &pool, |_| true).unwrap();
    let fixture = fixture();
    let want: Vec<f64> = fixture["sigma"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let params =
        TruncatedParams { method: Method::lanczos(), flip: Flip::Right, ..TruncatedParams::new(want.len()) };
    let svd = Svd::truncated(&matrix, params, &pool).unwrap();
    for (i, (a, b)) in svd.sigma.iter().zip(&want).enumerate() {
        assert!((a - b).abs() < 1e-9 * b, "value {i}: {a} {b}");
    }
}
