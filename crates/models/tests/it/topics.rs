//! Topic models, asked through the door that the server uses.

use gyeol_bundle::{DataHash, Manifest, Packed};
use gyeol_models::{Ask, Reply};
use gyeol_tensor::Pool;
use gyeol_topic::lda::{Fit, Gibbs, LdaParams};
use gyeol_vectors::vectorize::{VectorizerParams, sklearn_tokens};
use serde_json::json;

#[test]
fn a_text_without_a_known_word_has_no_topics() {
    let texts = ["bread butter honey", "butter honey jam", "storm wind rain", "wind rain storm"];
    let counts = VectorizerParams::count().check().unwrap();
    let (vectorizer, counts) = counts.fit_texts(&texts, sklearn_tokens()).unwrap();
    let pool = Pool::new(1);
    let params = LdaParams { iterations: 30, ..LdaParams::new(2) }.check().unwrap();
    let mut fit = Fit::new(Gibbs::new(&counts, &params).unwrap(), 30);
    fit.run(&pool, |_, _| true);
    let path = std::env::temp_dir().join(format!("gyeol-models-{}.gyeol", std::process::id()));
    let data = DataHash { name: "made up".into(), rows: 4, ..DataHash::default() };
    fit.model(vectorizer).unwrap().save(&path, Manifest::new("topics", "lda", data)).unwrap();
    let opened = gyeol_models::open(&path).unwrap();
    let _ = std::fs::remove_file(path);
    let ask = json!({ "texts": ["wind and rain", "volcano"] }).as_object().cloned().unwrap();
    let Reply::Json(reply) = opened.model.answer("infer", Ask::Json(ask), &pool).unwrap() else {
        panic!("a forecast");
    };
    let (known, unknown) = (&reply["documents"][0], &reply["documents"][1]);
    assert_eq!((known["mix"].as_array().unwrap().len(), &known["unknown"]), (2, &false.into()));
    assert_eq!((&known["tokens"], &unknown["tokens"]), (&2.0.into(), &0.0.into()));
    assert!(unknown["mix"].is_null() && unknown["unknown"] == true && reply["unknown"] == 1, "{reply}");
}
