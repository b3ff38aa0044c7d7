//! ARPA and binary files: foreign ones, round trips, and broken ones, of which none may panic or pass unnoticed.

use std::path::Path;

use crate::common::*;
use gyeol_ngram::{
    Layout, NgramModel, Options, Smoothing, Source, VERSION, read_arpa, score_words, write_binary,
};
use gyeol_tensor::Pool;

#[test]
fn arpa_text_survives_a_round_trip() {
    for order in [1, 2, 5] {
        let first = arpa_text(&made(SMALL, &like_lmplz(order)).tables);
        let (tables, repairs) = read_arpa(&mut Source::from_text(first.clone()), &mut |_| true).unwrap();
        assert_eq!(repairs, Default::default());
        assert!(arpa_text(&tables) == first, "order {order}");
    }
    let pruned = fixture("small.4.pruned.arpa");
    assert!(arpa_text(&arpa_tables(pruned.clone())) == pruned);
}

/// As SRILM writes: a blank line first, -99 for <s>, spaces, no back-off weight where it is 1, other order of n-grams.
pub const SRILM: &str = "\n\\data\\\nngram 1=5\nngram 2=3\nngram 3=1\n\n\\1-grams:\n-1.2 </s>\n-99 <s> -0.5\n-0.9\tb\t-0.25\n\
    -0.8\ta\t-0.125\n-2 <unk>\n\n\\2-grams:\n-0.4\tb </s>\n-0.3\t<s> a -0.0625\n-0.2\ta b\n\n\\3-grams:\n-0.1 <s> a b\n\n\\end\\\n";

#[test]
fn files_as_srilm_writes_them_are_read() {
    let (tables, repairs) = read_arpa(&mut Source::from_text(SRILM), &mut |_| true).unwrap();
    assert_eq!((tables.counts(), repairs), (vec![5, 3, 1], Default::default()));
    let model = model(&tables);
    let scores = |words: &[&str]| score_words(&model, words).iter().map(|s| s.log10).collect::<Vec<_>>();
    let near = |found: Vec<f32>, wanted: &[f32]| {
        assert!(
            found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-6) && found.len() == wanted.len(),
            "{found:?}"
        );
    };
    near(scores(&["a", "b"]), &[-0.3, -0.1, -0.4]);
    // b after <s>: weight of <s>; a after b: weight of b; </s> after "b a": a's weight.
    near(scores(&["b", "a"]), &[-0.5 - 0.9, -0.25 - 0.8, -0.125 - 1.2]);
    // The context "<s> a" has a weight of its own and backs off to "a", which has one too.
    near(scores(&["a", "a"]), &[-0.3, -0.0625 - 0.125 - 0.8, -0.125 - 1.2]);
    let upper = SRILM.replace("<unk>", "<UNK>");
    assert_eq!(arpa_text(&arpa_tables(upper)), arpa_text(&tables));
}

#[test]
fn what_a_pruned_file_lacks_is_added_without_changing_an_answer() {
    // "x a b" without "a b" (suffix) and without "x a" (context), as pruning by other programs leaves them.
    let text = "\\data\\\nngram 1=5\nngram 2=1\nngram 3=1\n\\1-grams:\n-1 <s> -0.5\n-1 </s>\n-0.5 a -0.25\n-0.75 b -0.5\n-0.9 x -0.3\n\
        \\2-grams:\n-0.2 b x -0.1\n\\3-grams:\n-0.1 x a b\n\\end\\\n";
    let (tables, repairs) = read_arpa(&mut Source::from_text(text), &mut |_| true).unwrap();
    assert_eq!((repairs.suffixes, repairs.contexts, repairs.unknown_missing), (1, 1, true));
    assert_eq!(tables.counts(), [6, 3, 1]);
    let model = model(&tables);
    let found: Vec<f32> = score_words(&model, &["x", "a", "b", "zzz"]).iter().map(|s| s.log10).collect();
    // x: -0.5 - 0.9; a after x: -0.3 - 0.5; b after "x a": the 3-gram; zzz after b: -100 and b's weight.
    let wanted = [-1.4, -0.8, -0.1, -100.5, -1.0];
    assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-5), "{found:?}");
    let found = score_words(&model, &["b", "a", "b"])[2];
    assert!((found.log10 - (-0.25 - 0.75)).abs() < 1e-6, "{found:?}");
}

fn refused(text: impl Into<Vec<u8>>, code: &str, words: &str) {
    let error = read_arpa(&mut Source::from_text(text), &mut |_| true).expect_err(words);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn hostile_arpa_files_are_refused_with_the_line() {
    refused("", "truncated-arpa", "ends before");
    refused("just text\n", "truncated-arpa", "");
    refused(SRILM.replace("ngram 1=5", "ngram 1=4"), "broken-arpa", "5 1-grams, the header promises 4");
    refused(
        SRILM.replace("ngram 2=3", "ngram 2=1152921504606846976"),
        "too-many-ngrams",
        "1152921504606846976",
    );
    refused(SRILM.replace("ngram 2=3", "ngram 2=4000000000"), "broken-arpa", "promises 4000000000");
    refused(SRILM.replace("ngram 2=3", "ngram 2=99999999999999999999999"), "broken-arpa", "not of the form");
    refused(SRILM.replace("ngram 2=3", "ngram 2=-3"), "broken-arpa", "row 4");
    refused(SRILM.replace("ngram 3=1", "ngram 4=1"), "broken-arpa", "follows");
    refused(SRILM.replace("-0.4\tb", "nan\tb"), "broken-arpa", "\"nan\" is not a number");
    refused(SRILM.replace("-0.4\tb", "0.4\tb"), "positive-log-probability", "above 0");
    refused(SRILM.replace("-0.4\tb", "inf\tb"), "positive-log-probability", "inf");
    refused(SRILM.replace("a -0.0625", "a inf"), "broken-arpa", "infinite");
    refused(SRILM.replace("a -0.0625", "a -0.1 -0.2"), "broken-arpa", "too many fields");
    refused(SRILM.replace("-0.2\ta b", "-0.2\ta"), "broken-arpa", "too short");
    refused(SRILM.replace("-0.2\ta b", "-0.2\ta q"), "broken-arpa", "\"q\" is not among the unigrams");
    refused(SRILM.replace("-0.2\ta b", "-0.2\tb </s>"), "duplicate-ngram", "b </s>");
    refused(SRILM.replace("-0.9\tb\t-0.25", "-0.9\ta\t-0.25"), "broken-arpa", "twice");
    refused(SRILM.replace("-1.2 </s>", "-1.2 end").replace("b </s>", "b end"), "marker-missing", "</s>");
    refused(SRILM.replace("\\3-grams:", "\\4-grams:"), "broken-arpa", "instead of");
    refused(SRILM.replace("\\end\\", ""), "truncated-arpa", "ends before");
    refused(
        SRILM.replace("\\3-grams:\n-0.1 <s> a b\n", ""),
        "broken-arpa",
        "the end comes before the 3-grams",
    );
    let many: String = (1..=12).map(|n| format!("ngram {n}=1\n")).collect();
    refused(format!("\\data\\\n{many}"), "order-out-of-range", "10-grams");
    refused(b"\\data\\\nngram 1=1\n\\1-grams:\n-1 \xff\xfe\n".to_vec(), "broken-arpa", "UTF-8");
}

fn binary(layout: Layout) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    let tables = made(&SMALL[..400], &Options { order: 3, ..Options::default() }).tables;
    write_binary(&tables, layout, "{\"a\":1}", &path, &Pool::new(1), &mut |_| true).unwrap();
    let mapped = NgramModel::open(&path).unwrap();
    mapped.verify(&Pool::new(2), &mut |_| true).unwrap();
    assert_eq!((mapped.order(), mapped.note(), mapped.layout()), (3, "{\"a\":1}", layout));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside");
    std::fs::read(&path).unwrap()
}

#[test]
fn every_altered_byte_of_a_binary_model_is_noticed() {
    for layout in [Layout::Probing, Layout::Compact { bits: 8 }] {
        let sound = binary(layout);
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << (at % 8);
            let error = NgramModel::from_bytes(bytes, "m").expect_err("noticed");
            assert!(matches!(
                error.code(),
                "altered-model" | "other-version" | "not-a-model" | "truncated-model"
            ));
        }
        for len in (0..sound.len()).step_by(37) {
            NgramModel::from_bytes(sound[..len].to_vec(), "m").expect_err("cut off");
        }
        let mut longer = sound.clone();
        longer.push(0);
        assert_eq!(NgramModel::from_bytes(longer, "m").unwrap_err().code(), "truncated-model");
        let mut other = sound.clone();
        other[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
        let error = NgramModel::from_bytes(other, "m").unwrap_err();
        assert_eq!(error.code(), "other-version");
        assert!(error.to_string().contains(&format!("version {}", VERSION + 1)));
    }
}

#[test]
fn unwritable_places_leave_an_error_and_nothing_else() {
    let tables = made(SMALL, &Options::default()).tables;
    let error = write_binary(
        &tables,
        Layout::Probing,
        "{}",
        Path::new("/no/such/folder/m.bin"),
        &Pool::new(1),
        &mut |_| true,
    );
    assert_eq!(error.unwrap_err().code(), "io");
    let folder = tempfile::tempdir().unwrap();
    write_binary(&tables, Layout::Probing, "{}", folder.path(), &Pool::new(1), &mut |_| true)
        .expect_err("a folder");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // A full disk: every write fails.
    if let Ok(mut full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let error = gyeol_ngram::write_arpa(&tables, &mut full, &Pool::new(1), &mut |_| true).unwrap_err();
        assert!(error.to_string().contains("Next: "), "{error}");
    }
    let text = "a b c d e f\n".repeat(400_000);
    let options = Options { memory: 16 << 20, temporary: "/no/such/folder".into(), ..Options::default() };
    let error = gyeol_ngram::estimate(&mut Source::from_text(text), &options, &Pool::new(1), &mut |_| true)
        .unwrap_err();
    assert!(error.to_string().contains("/no/such/folder") && error.to_string().contains("memory"), "{error}");
}

#[test]
fn models_that_are_no_back_off_models_stay_out_of_arpa() {
    for smoothing in ["laplace", "stupid-back-off"] {
        let tables = smoothed(SMALL, 2, smoothing.parse::<Smoothing>().unwrap()).tables;
        let error =
            gyeol_ngram::write_arpa(&tables, &mut Vec::new(), &Pool::new(1), &mut |_| true).unwrap_err();
        assert_eq!(error.code(), "not-a-back-off-model");
    }
}
