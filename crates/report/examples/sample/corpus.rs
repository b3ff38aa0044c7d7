//! A made-up corpus: the shape of a real profile, nothing measured.

use gyeol_text::profile::*;

fn lengths(median: u64) -> Lengths {
    Lengths {
        mean: 1.2 * median as f64,
        quantiles: [1, median / 8, median / 2, median, median * 2, median * 5, median * 9, median * 40],
        histogram: (0..12).map(|b| (1 << b, 4_000u64 >> (6i32 - b).unsigned_abs())).collect(),
    }
}

fn repeats(documents: u64, similarity: f64) -> Repeats {
    let begin = "Ships that lay in the harbour over night paid half the fee of those that left before dawn";
    let example = |i: u64| (4_000 + 31 * i, 12 + i, similarity, begin.to_string());
    Repeats { documents, examples: (0..4).map(example).collect(), not_compared: 0 }
}

/// The profile.
pub fn profile() -> CorpusProfile {
    let frequent =
        "the of and to in a is that for it was on with as by at from he his be this had not are but";
    let class = |label: &str, documents: u64| Class {
        label: label.into(),
        documents,
        share: documents as f64 / 8_000.0,
        mean_tokens: 190.0,
    };
    CorpusProfile {
        name: "letters".into(),
        documents: 8_000,
        empty: 3,
        bytes: 9_000_000,
        tokens: 1_600_000,
        types: 48_211,
        once: 19_400,
        characters_a_document: lengths(900),
        tokens_a_document: lengths(160),
        growth: Growth {
            k: 14.0,
            beta: 0.57,
            points: (0..20).map(|i| (1 << i, (14.0 * 2f64.powf(0.57 * f64::from(i))) as u64)).collect(),
        },
        zipf: Zipf { slope: 1.04, points: (0..15).map(|i| (1 << i, 90_000 >> i)).collect() },
        frequent: frequent.split(' ').enumerate().map(|(i, w)| (w.into(), 90_000 / (i as u64 + 1))).collect(),
        scripts: Scripts { latin: 7_000_000, ..Scripts::default() },
        language: "en",
        duplicates: repeats(14, 1.0),
        near_duplicates: repeats(23, 0.91),
        classes: vec![
            class("trade", 5_100),
            class("weather", 1_900),
            class("a class of a longer name", 1_000),
        ],
        overlap: None,
        notes: vec!["column text was read as the texts".into()],
        warnings: vec![],
    }
}
