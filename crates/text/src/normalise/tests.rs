//! Forms, case and stems against Python, scikit-learn and Snowball's own vocabularies.

use std::io::Read;

use super::*;

fn fnv(bytes: impl Iterator<Item = u8>) -> String {
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[derive(serde::Deserialize)]
struct Known {
    cases: Vec<Vec<String>>,
    hashes: std::collections::HashMap<String, String>,
}

/// From Python 3.11 and scikit-learn 1.9.1: see `fixtures/forms.py`.
#[test]
fn forms_accents_and_case_are_those_of_python_and_scikit_learn() {
    let known: Known = serde_json::from_str(include_str!("fixtures/forms.json")).unwrap();
    for case in &known.cases {
        let text = &case[0];
        let found = [
            Form::Nfc.apply(text),
            Form::Nfd.apply(text),
            Form::Nfkc.apply(text),
            Form::Nfkd.apply(text),
            strip_accents(text),
            strip_to_ascii(text),
            fold(text).into(),
        ];
        assert_eq!(&found[..], &case[1..], "{text:?}");
    }
}

/// From Python 3.11, over every code point that Unicode 14 knows: see `fixtures/forms.py`.
#[test]
fn every_code_point_becomes_what_python_makes_of_it() {
    let known: Known = serde_json::from_str(include_str!("fixtures/forms.json")).unwrap();
    let characters: std::collections::HashMap<String, Vec<(u32, u32)>> =
        serde_json::from_str(include_str!("../words/fixtures/word_characters.json")).unwrap();
    let assigned: Vec<char> =
        characters["assigned"].iter().flat_map(|&(a, b)| a..=b).filter_map(char::from_u32).collect();
    type Way<'a> = (&'a str, &'a dyn Fn(&str) -> String);
    let ways: [Way<'_>; 5] = [
        ("nfkd", &|t| Form::Nfkd.apply(t).into_owned()),
        ("nfc", &|t| Form::Nfc.apply(t).into_owned()),
        ("accents", &|t| strip_accents(t).into_owned()),
        ("fold", &fold),
        ("lower", &lower),
    ];
    for (name, way) in ways {
        let made = assigned.iter().flat_map(|c| (way(&c.to_string()) + "\n").into_bytes());
        assert_eq!(fnv(made), known.hashes[name], "{name}");
    }
}

/// The vocabularies that Snowball's own tests use: see `fixtures/snowball.py`.
#[test]
fn stems_are_those_of_snowballs_own_vocabularies() {
    let known: std::collections::HashMap<String, Vec<String>> =
        serde_json::from_str(include_str!("fixtures/snowball.json")).unwrap();
    let packed: [(&str, &[u8]); 2] = [
        ("english", include_bytes!("fixtures/snowball-english.txt.gz")),
        ("porter", include_bytes!("fixtures/snowball-porter.txt.gz")),
    ];
    for (name, packed) in packed {
        let mut words = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut words).unwrap();
        let words: Vec<&str> = words.split('\n').collect();
        assert!(words.len() > 42_000);
        let stemmer: Stemmer = name.parse().unwrap();
        for (i, (block, want)) in words.chunks(500).zip(&known[name]).enumerate() {
            let stems = block.iter().flat_map(|w| (stemmer.stem(w).into_owned() + "\n").into_bytes());
            assert_eq!(&fnv(stems), want, "{name}: words from {}", i * 500);
        }
        assert_eq!(words.len().div_ceil(500), known[name].len());
    }
}

#[test]
fn names_are_read_and_unknown_ones_answered() {
    for (name, _) in STEMMERS {
        assert_eq!(name.parse::<Stemmer>().unwrap().to_string(), *name);
    }
    assert_eq!("klingon".parse::<Stemmer>().unwrap_err().code(), "unknown-stemmer");
    assert_eq!("nfx".parse::<Form>().unwrap_err().code(), "unknown-form");
    for form in [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd] {
        assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
    }
}

#[test]
fn width_goes_both_ways() {
    assert_eq!(narrow("ＡＢＣ　①ﾊﾟ"), "ABC ①パ");
    assert_eq!(narrow(&widen("Gyeol 1~!")), "Gyeol 1~!");
    assert!(matches!(narrow("한글 ok"), std::borrow::Cow::Borrowed(_)));
}
