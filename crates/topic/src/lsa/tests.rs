use gyeol_bundle::{Bundle, DataHash, Manifest, Packed};
use gyeol_tensor::Pool;

use super::*;
use gyeol_vectors::similarity::Measure;
use gyeol_vectors::svd::Method;
use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};

const TEXTS: [&str; 7] = [
    "wind turbines turn in the storm wind",
    "storm wind and heavy rain",
    "rain fell on the turbines",
    "bread and butter with honey",
    "honey on bread",
    "butter and salt and bread",
    "",
];

fn fitted(k: usize) -> (Lsa, Csr) {
    let (vectorizer, matrix) =
        VectorizerParams::tfidf().check().unwrap().fit_texts(&TEXTS, sklearn_tokens()).unwrap();
    let params = TruncatedParams { method: Method::lanczos(), ..TruncatedParams::new(k) };
    (Lsa::fit(vectorizer, &matrix, params, &Pool::new(2)).unwrap(), matrix)
}

#[test]
fn documents_of_the_fit_folded_in_lie_where_they_lay() {
    let (lsa, matrix) = fitted(3);
    let pool = Pool::new(1);
    assert!(lsa.coordinates(&TEXTS, &pool).distance(lsa.documents()) < 1e-15);
    // q̂ = qᵀ V Σ⁻¹ of a document is its row of U: columns of length one.
    let u = lsa.fold_in(&TEXTS, &pool);
    assert!(u.t_times(&u).distance(&Dense::identity(3).unwrap()) < 1e-12);
    // U Σ Vᵀ is the matrix up to what the other singular values carry.
    let near = u.scaled(lsa.sigma()).times(&lsa.components().t());
    let rest = matrix.to_dense().unwrap().norm().powi(2) - lsa.sigma().iter().map(|s| s * s).sum::<f64>();
    let error =
        matrix.to_dense().unwrap().data().iter().zip(near.data()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    assert!((error - rest).abs() < 1e-12);
}

#[test]
fn words_that_never_met_are_near_through_others() {
    let (lsa, matrix) = fitted(2);
    let pool = Pool::new(1);
    let near = lsa.nearest_documents(&["rain"], 3, &pool).unwrap();
    let mut found: Vec<u32> = near[0].iter().map(|n| n.row).collect();
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2]);
    // The first document has no rain in it, so that the plain cosine is 0.
    let query = lsa.vectorizer().transform_texts(&["rain"]);
    assert_eq!(
        gyeol_vectors::similarity::between(&query, &matrix, Measure::Cosine, &pool).unwrap().at(0, 0),
        0.0
    );
    let topics: Vec<Vec<&str>> = (0..2).map(|d| lsa.topic(d, 3).iter().map(|w| w.word).collect()).collect();
    assert!(
        topics.iter().any(|t| t.contains(&"bread")) && topics.iter().any(|t| t.contains(&"wind")),
        "{topics:?}"
    );
    // Unseen words alone have no place.
    assert_eq!(lsa.coordinates(&["volcano"], &pool).data(), [0.0, 0.0]);
}

#[test]
fn a_model_file_gives_back_the_model_and_others_are_refused() {
    let (lsa, _) = fitted(2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gyeol");
    let manifest = Manifest::new("", "", DataHash { name: "t.txt".into(), ..DataHash::default() });
    lsa.save(&path, manifest.clone()).unwrap();
    let again = Lsa::open(&path).unwrap();
    assert_eq!(
        (again.sigma(), again.documents(), again.components()),
        (lsa.sigma(), lsa.documents(), lsa.components())
    );
    assert_eq!(again.vectorizer().to_json(), lsa.vectorizer().to_json());
    let mut other = Bundle::of(&lsa, manifest.clone()).unwrap();
    other.manifest.rung = "lda".into();
    assert_eq!(other.open_as::<Lsa>().unwrap_err().code(), "wrong-kind");
    let mut cut = Bundle::of(&lsa, manifest.clone()).unwrap();
    cut.tensors.remove("documents");
    assert_eq!(cut.open_as::<Lsa>().unwrap_err().code(), "bad-manifest");
    let mut other_k = Bundle::of(&lsa, manifest).unwrap();
    other_k.tensors.insert("singular_values".into(), gyeol_bundle::Tensor::f64([1], vec![1.0]).unwrap());
    assert_eq!(other_k.open_as::<Lsa>().unwrap_err().code(), "bad-manifest");
    std::fs::write(&path, "no bundle").unwrap();
    assert_eq!(Lsa::open(&path).unwrap_err().code(), "not-a-bundle");
}

#[test]
fn odd_corpora_have_a_defined_end() {
    let fit = |texts: &[&str], k| {
        let (vectorizer, matrix) =
            VectorizerParams::tfidf().check().unwrap().fit_texts(texts, sklearn_tokens()).unwrap();
        Lsa::fit(vectorizer, &matrix, TruncatedParams::new(k), &Pool::new(1))
    };
    let same = fit(&["wind load", "wind load", "wind load"], 2).unwrap();
    assert!((same.sigma()[0] - 3f64.sqrt()).abs() < 1e-12 && same.sigma()[1] < 1e-12);
    assert!(same.explained()[0].max(0.0) < 1e-12, "documents that are all the same have no variance");
    assert_eq!(fit(&["wind", "wind wind"], 1).unwrap().k(), 1);
    assert_eq!(fit(&["wind", "wind wind"], 2).unwrap_err().code(), "too-many-values");
    let (vectorizer, _) =
        VectorizerParams::tfidf().check().unwrap().fit_texts(&["a wind"], sklearn_tokens()).unwrap();
    let other = Csr::from_triplets(2, 2, [(0, 0, 1.0)]).unwrap();
    assert_eq!(
        Lsa::fit(vectorizer, &other, TruncatedParams::new(1), &Pool::new(1)).unwrap_err().code(),
        "other-columns"
    );
}
