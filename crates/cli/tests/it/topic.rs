//! The verbs of documents as vectors, through the real binary.

use crate::common::{Place, has};

const TEXTS: &str = "The storm took the old wind mill\nStorm and rain over the harbour\nRain fell on the mill\n\
    Bread and butter with honey\nHoney on bread\nButter, salt and bread\n";

fn place() -> Place {
    let place = Place::new();
    place.write("t.txt", TEXTS);
    place
}

#[test]
fn a_matrix_is_written_with_its_vectorizer_and_used_again() {
    let place = place();
    let made = place.call(&["vectorize", "t.txt", "-o", "m.npz", "--json"]).ok().json();
    has(&made, &["documents", "terms", "nonzeros", "matrix", "vectorizer"]);
    assert_eq!((&made["documents"], &made["terms"]), (&6.into(), &17.into()));
    assert!(place.read("m.npz").starts_with(b"PK"));
    assert_eq!(place.json("m.vectorizer.json")["documents"], 6);
    // The same, whichever way and on however many threads.
    place.call(&["vectorize", "t.txt", "-o", "b.npz", "--memory", "1M", "--threads", "3", "-q"]).ok();
    assert!(place.read("b.npz") == place.read("m.npz"));
    let again = place.call(&["vectorize", "t.txt", "-o", "f.npz", "--fitted", "m.vectorizer.json", "-q"]);
    again.ok();
    assert!(place.read("f.npz") == place.read("m.npz"));
    let input = place.fed(&["vectorize", "-", "-o", "i.npz", "-q"], TEXTS.as_bytes());
    input.ok();
    assert!(place.read("i.npz") == place.read("m.npz"));
    place.write("later.txt", "rain on bread and volcanoes\n");
    let later =
        place.call(&["vectorize", "later.txt", "-o", "l.mtx", "--fitted", "m.vectorizer.json", "--json"]);
    assert_eq!(later.ok().json()["nonzeros"], 4);
    let counts =
        place.call(&["vectorize", "t.txt", "-o", "c.mtx", "--weight", "count", "--min-df", "2", "--json"]);
    assert_eq!(counts.ok().json()["terms"], 9);
    let market = String::from_utf8(place.read("c.mtx")).unwrap();
    // and, bread, butter, honey, mill, on, rain, storm, the: "the" stands twice in the first line.
    assert!(market.starts_with("%%MatrixMarket matrix coordinate integer general\n6 9 "), "{market}");
    place.write("terms.txt", "bread\nvolcano\n");
    let fixed =
        place.call(&["vectorize", "t.txt", "-o", "v.npz", "--vocabulary", "terms.txt", "--json"]).ok().json();
    assert_eq!((&fixed["terms"], &fixed["nonzeros"]), (&2.into(), &3.into()));
    let hashed = place.call(&["vectorize", "t.txt", "-o", "h.npz", "--hash", "64", "--json"]).ok().json();
    assert_eq!((&hashed["terms"], hashed["vectorizer"].is_null()), (&64.into(), true));
}

#[test]
fn the_nearest_documents_and_words_are_found() {
    let place = place();
    for measure in ["cosine", "euclidean", "jaccard", "weighted-jaccard", "manhattan", "dot"] {
        let found = place
            .call(&["similar", "t.txt", "honey bread", "--measure", measure, "-k", "2", "--json"])
            .ok()
            .json();
        assert_eq!(found["nearest"].as_array().unwrap().len(), 2);
        assert_eq!(found["nearest"][0]["id"], 4, "{measure}");
        assert_eq!(found["nearest"][0]["text"], "Honey on bread");
    }
    let bm25 = place
        .call(&["similar", "t.txt", "salt", "--weight", "bm25", "--measure", "dot", "--json"])
        .ok()
        .json();
    assert_eq!(bm25["nearest"][0]["id"], 5);
    let made =
        place.call(&["topics", "t.txt", "-o", "m.gyeol", "--method", "lsa", "-k", "2", "--json"]).ok().json();
    has(&made, &["topics", "explained", "documents", "terms"]);
    assert_eq!(made["topics"].as_array().unwrap().len(), 2);
    assert_eq!(made["topics"][0]["words"].as_array().unwrap().len(), 10);
    let shown = place.call(&["show", "m.gyeol", "--json"]).ok().json();
    assert_eq!(shown["kind"], "topics");
    // No document has both rain and a wind mill in it, but the storm came with each.
    let near = place.call(&["similar", "m.gyeol", "rain", "-k", "3", "--json"]).ok().json();
    let mut ids: Vec<u64> =
        near["nearest"].as_array().unwrap().iter().map(|n| n["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2]);
    let words = place.call(&["similar", "m.gyeol", "butter", "--words", "-k", "3", "--json"]).ok().json();
    let words: Vec<&str> =
        words["nearest"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
    assert!(words.contains(&"bread") || words.contains(&"salt"), "{words:?}");
    let company = place.call(&["similar", "t.txt", "bread", "--words", "--json"]).ok().json();
    assert!(company["nearest"].as_array().unwrap().iter().all(|n| n["id"] != "bread"));
}

#[test]
fn a_matrix_is_taken_apart_before_the_eyes() {
    let place = place();
    let text = place.call(&["explain", "svd"]).ok().out;
    for part in ["U Σ Vᵀ", "UᵀU", "rank", "Aᵀ", "wind", "d5"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    place.write("turn.csv", "0,-1\n1,0\n");
    let turn = place.call(&["explain", "svd", "turn.csv", "--json"]).ok().json();
    assert_eq!(
        (&turn["orthogonal"], &turn["rank"], &turn["sigma"]),
        (&true.into(), &2.into(), &serde_json::json!([1.0, 1.0]))
    );
    assert_eq!(turn["inverse"], turn["transpose"]);
    let ranks = turn["ranks"].as_array().unwrap();
    assert!((ranks[0]["error"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(place.fed(&["explain", "svd", "-", "--json"], b"2\n").ok().json()["sigma"][0], 2.0);
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = place();
    place.write("empty.txt", "\n a \n").write("bad.csv", "1,2\n3,x\n").write("not.gyeol", "no model");
    place.call(&["vectorize", "t.txt", "-o", "m.txt"]).misused(&["m.txt", ".npz"]);
    place.fails(&["vectorize", "empty.txt", "-o", "m.npz", "-q"], &["no term", "Next: "]);
    place.fails(&["vectorize", "t.txt", "-o", "m.npz", "--min-df", "5"], &["Next: "]);
    place.call(&["vectorize", "t.txt", "-o", "m.npz", "--min-df", "1.5"]).misused(&["share"]);
    place.call(&["vectorize", "t.txt", "-o", "m.npz", "--ngrams", "3-1"]).misused(&["range"]);
    place
        .call(&["vectorize", "t.txt", "-o", "m.npz", "--weight", "count", "--idf", "plain"])
        .misused(&["--idf means nothing"]);
    place.fails(&["vectorize", "t.txt", "-o", "m.npz", "--fitted", "bad.csv"], &["bad.csv", "vectorizer"]);
    place.fails(&["vectorize", "t.txt", "-o", "no/such/m.npz", "-q"], &["cannot write no/such/m.npz"]);
    place.fails(&["similar", "t.txt", "volcano"], &["volcano", "Next: "]);
    place.fails(&["similar", "t.txt", "volcano", "--words"], &["'volcano' has no vector"]);
    place.fails(&["similar", "not.gyeol", "rain"], &["not.gyeol"]);
    place.call(&["similar", "t.txt", "rain", "--measure", "taxi"]).misused(&["taxi"]);
    place.fails(&["similar", "t.txt", "rain", "-k", "0"], &["at least one"]);
    place.fails(
        &["topics", "t.txt", "-o", "m.gyeol", "--method", "lsa", "-k", "7"],
        &["7 singular values", "choose 1 to 6"],
    );
    place.call(&["topics", "t.txt", "-o", "m.gyeol", "--method", "plsa"]).misused(&["plsa"]);
    place.fails(&["explain", "svd", "bad.csv"], &["bad.csv, row 2, column '2'", "no finite number"]);
}
