use gyeol_tensor::{Pool, Rng};
use gyeol_text::encode::{Encoded, fit_encode};
use gyeol_text::prepare::PreparationParams;
use gyeol_text::vocabulary::{Vocabulary, VocabularyParams};

use super::*;
use crate::matrix::{Csr, Dense};
use crate::svd::{Method, TruncatedParams};

/// The ids of texts, whose words begin at 2.
fn encoded(text: &str) -> (Vocabulary, Encoded) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    std::fs::write(&path, text).unwrap();
    let corpus = gyeol_text::corpus::Corpus::open(&path.display().to_string(), Default::default()).unwrap();
    let params =
        PreparationParams { language: "en".into(), scheme: "whitespace".into(), ..Default::default() };
    let chain = params.check().unwrap().plain().unwrap();
    fit_encode(&corpus, &chain, VocabularyParams::default(), &Pool::new(1), |_| true).unwrap()
}

fn count(vocabulary: &Vocabulary, encoded: &Encoded, params: WindowParams) -> Dense {
    let words = vocabulary.words().count();
    Cooccurrence::count(encoded, 2, words, params, &Pool::new(2)).unwrap().counts.to_dense().unwrap()
}

#[test]
fn windows_count_what_a_reader_counts() {
    // Ids by frequency, ties by appearance: a 0, b 1, c 2, d 3.
    let (vocabulary, ids) = encoded("a b a c\nb d\n");
    let even = count(&vocabulary, &ids, WindowParams { window: 2, ..WindowParams::default() });
    // a-b twice (distance 1 and 1), a-a once (counted from both ends), a-c, b-c at distance 2, b-d.
    assert_eq!(even.data(), [2.0, 2.0, 1.0, 0.0, 2.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let hal =
        count(&vocabulary, &ids, WindowParams { window: 2, distance: Distance::Falling, before_only: true });
    // Row a: b before it at 1 counts 2, a at 2 counts 1. Row b: a at 1. Row c: a at 1, b at 2. Row d: b at 1.
    assert_eq!(hal.data(), [1.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    let harmonic = count(
        &vocabulary,
        &ids,
        WindowParams { window: 2, distance: Distance::Harmonic, before_only: false },
    );
    assert_eq!(harmonic.row(2), [1.0, 0.5, 0.0, 0.0]);
}

#[test]
fn mutual_information_follows_its_formula() {
    let counts = Csr::from_triplets(2, 2, [(0, 0, 6.0), (0, 1, 2.0), (1, 1, 8.0)]).unwrap();
    let plain = ppmi(&counts, 1.0, 1.0).unwrap().to_dense().unwrap();
    // P(0,0) / (P(0) P(0)) = (6/16) / (8/16 · 6/16) = 2; (0,1) lies below 1; (1,1): (8/16) / (8/16 · 10/16) = 1.6.
    assert!((plain.at(0, 0) - 2f64.ln()).abs() < 1e-15 && (plain.at(1, 1) - 1.6f64.ln()).abs() < 1e-15);
    assert_eq!((plain.at(0, 1), plain.at(1, 0)), (0.0, 0.0));
    let shifted = ppmi(&counts, 1.5, 0.75).unwrap().to_dense().unwrap();
    let share = 6f64.powf(0.75) / (6f64.powf(0.75) + 10f64.powf(0.75));
    assert!((shifted.at(0, 0) - (0.75 / share / 1.5).ln()).abs() < 1e-15);
    let negative = Csr::from_triplets(1, 1, [(0, 0, -1.0)]).unwrap();
    assert_eq!(ppmi(&negative, 1.0, 1.0).unwrap_err().code(), "negative");
    assert_eq!(ppmi(&counts, 0.5, 1.0).unwrap_err().code(), "ppmi");
    assert_eq!(ppmi(&counts, 1.0, f64::NAN).unwrap_err().code(), "ppmi");
}

#[test]
fn counts_are_the_same_bits_on_any_thread_count() {
    let mut rng = Rng::new(5);
    let text: String = (0..9000)
        .map(|_| {
            (0..40).map(|_| format!("w{} ", rng.below(60) * rng.below(60) / 60)).collect::<String>() + "\n"
        })
        .collect();
    let (vocabulary, ids) = encoded(&text);
    let words = vocabulary.words().count();
    let params = WindowParams { distance: Distance::Harmonic, ..WindowParams::default() };
    let counted = |threads| Cooccurrence::count(&ids, 2, words, params, &Pool::new(threads)).unwrap();
    let one = counted(1);
    for threads in [2, 3, 7] {
        assert!(counted(threads) == one, "{threads} threads");
    }
    // Each pair at each distance within a line counts from both ends.
    let all: f64 = (1..=5).map(|d| 2.0 * 9000.0 * (40 - d) as f64 / d as f64).sum();
    assert!((one.counts.data().iter().sum::<f64>() - all).abs() < 1e-6);
}

#[test]
fn words_of_like_company_are_near_and_analogies_add_up() {
    let mut rng = Rng::new(1);
    let mut text = String::new();
    // Lands and their cities: who says a city of a land says the mark of that land, and cities stand with "mayor".
    let lands = [
        ("korea", "seoul", "won"),
        ("japan", "tokyo", "yen"),
        ("france", "paris", "franc"),
        ("poland", "warsaw", "zloty"),
    ];
    for _ in 0..3000 {
        let (land, city, mark) = lands[rng.below(4) as usize];
        text += &match rng.below(2) {
            0 => format!("{land} army border {mark}\n"),
            _ => format!("{city} mayor street {mark}\n"),
        };
    }
    let (vocabulary, ids) = encoded(&text);
    let words: Vec<&str> = vocabulary.words().map(|(_, word, ..)| word).collect();
    let pool = Pool::new(2);
    let counted = Cooccurrence::count(&ids, 2, words.len(), WindowParams::default(), &pool).unwrap();
    let matrix = ppmi(&counted.counts, 1.0, 0.75).unwrap();
    let params = TruncatedParams { method: Method::lanczos(), ..TruncatedParams::new(6) };
    let vectors = WordVectors::of(words.iter().copied(), &matrix, params, 0.5, &pool).unwrap();
    assert!(vectors.similarity("seoul", "tokyo").unwrap() > vectors.similarity("seoul", "army").unwrap());
    for (a, b) in [(0, 1), (1, 2), (3, 0)] {
        let found = vectors.analogy(lands[a].0, lands[a].1, lands[b].0, 1, &pool).unwrap();
        assert_eq!(found[0].0, lands[b].1, "{} : {} = {} : ?", lands[a].0, lands[a].1, lands[b].0);
    }
    let near = vectors.nearest("seoul", 3, &pool).unwrap();
    assert!(near.len() == 3 && near.iter().all(|(word, _)| *word != "seoul"));
    assert_eq!(vectors.nearest("rome", 1, &pool).unwrap_err().code(), "unknown-word");
    assert_eq!(vectors.nearest("seoul", 0, &pool).unwrap_err().code(), "no-neighbours");
    let twice = WordVectors::new(["a", "a"], Dense::zeros(2, 1).unwrap());
    assert_eq!(twice.unwrap_err().code(), "repeated-word");
    assert_eq!(WordVectors::new(["a"], Dense::zeros(2, 1).unwrap()).unwrap_err().code(), "other-rows");
}

#[test]
fn windows_that_cannot_be_are_refused() {
    let (_, ids) = encoded("a b\n");
    let count = |words, window| {
        Cooccurrence::count(&ids, 2, words, WindowParams { window, ..WindowParams::default() }, &Pool::new(1))
    };
    assert_eq!(count(2, 0).unwrap_err().code(), "bad-window");
    assert_eq!(count(1, 2).unwrap_err().code(), "id-out-of-range");
}
