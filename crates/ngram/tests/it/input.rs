//! Texts of every kind as they come, and what is said when they cannot be used.

use crate::common::*;
use gyeol_ngram::{
    CorpusOptions, Error, Markers, Options, Protocol, Source, estimate, perplexity, sentence_log10,
};
use gyeol_tensor::Pool;

fn refused(text: &[u8], options: &Options) -> Error {
    estimate(&mut Source::from_text(text), options, &Pool::new(1), &mut |_| true).expect_err("refused")
}

#[test]
fn texts_that_cannot_be_used_are_refused_with_the_line() {
    let options = Options::default();
    for empty in ["", "\n", " \t\n\r\n\n"] {
        assert_eq!(refused(empty.as_bytes(), &options).code(), "empty-corpus");
    }
    let error = refused(b"a b\nc <s> d\n", &options);
    assert_eq!((error.code(), error.fault().row), ("marker-in-text", Some(2)));
    let error = refused(b"a b\n\nc\xff d\n", &options);
    assert_eq!((error.code(), error.fault().row), ("undecodable-bytes", Some(3)));
    for order in [0, 10, usize::MAX] {
        assert_eq!(refused(b"a\n", &Options { order, ..Options::default() }).code(), "order-out-of-range");
    }
    for prune in [vec![1], vec![0, 2, 1], vec![0; 6]] {
        let options = Options { prune, ..Options::default() };
        assert!(refused(b"a\n", &options).code().starts_with("prune"));
    }
}

#[test]
fn markers_can_be_skipped_and_an_unknown_word_is_counted() {
    let skip = CorpusOptions { markers: Markers::Skip, ..CorpusOptions::default() };
    let options = Options { order: 2, corpus: skip, ..Options::default() };
    let skipped = made("<s> a b </s>\n<s> c <unk> </s>\n", &options);
    assert_eq!(
        arpa_text(&skipped.tables),
        arpa_text(&made("a b\nc\n", &Options { order: 2, ..Options::default() }).tables)
    );
    let counted = gyeol_ngram::count(
        &mut Source::from_text("a <unk> a\n<unk>\n"),
        &Options { order: 2, ..Options::default() },
        &Pool::new(1),
        &mut |_| true,
    )
    .unwrap();
    assert_eq!(counted.count_of(&["<unk>"]), 2);
    assert_eq!((counted.count_of(&["<s>", "<unk>"]), counted.count_of(&["a", "</s>"])), (1, 1));
    assert_eq!(
        (counted.count_of(&["a", "a"]), counted.count_of(&["x"]), counted.count_of(&["<s>"])),
        (0, 0, 0)
    );
}

#[test]
fn an_order_above_the_longest_sentence_works_and_says_so() {
    let made = made("a\nb\na b\n", &Options { order: 6, ..Options::default() });
    // <s> a </s>, <s> b </s>, <s> a b, a b </s>; <s> a b </s>.
    assert_eq!(made.tables.counts(), [5, 5, 4, 1, 0, 0]);
    assert!(
        made.report.warnings.iter().any(|w| w.order == 6 && w.reason.contains("no sentence is long enough"))
    );
    assert!(made.report.warnings.iter().any(|w| w.reason.contains("adjusted count")));
    let model = model(&made.tables);
    assert!(sentence_log10(&model, &["a", "b"]).is_finite());
}

#[test]
fn spacing_line_ends_and_marks_at_the_front_change_nothing() {
    let options = Options { order: 3, ..Options::default() };
    let plain = arpa_text(&made("a b c\nd e\n", &options).tables);
    for other in
        ["\u{feff}a b c\nd e", "a  b\tc \r\n\r\n d e\r\n", "\n\na b c\n   \nd e\n\n", "a\0b c\nd e\n"]
    {
        assert!(arpa_text(&made(other, &options).tables) == plain, "{other:?}");
    }
}

#[test]
fn the_vocabulary_keeps_the_most_frequent_words() {
    let text = "a a a b b c c d\n";
    let corpus = CorpusOptions { vocabulary_limit: Some(2), ..CorpusOptions::default() };
    let made = made(text, &Options { order: 1, corpus, ..Options::default() });
    // b comes before c.
    assert_eq!(made.tables.vocabulary().iter().collect::<Vec<_>>(), ["<unk>", "<s>", "</s>", "a", "b"]);
}

#[test]
fn protocols_differ_in_what_stands_before_a_line() {
    let tables = made(SMALL, &Options { order: 3, ..Options::default() }).tables;
    let model = model(&tables);
    let text = "the boat\n\nthe unheard sail\n";
    let by = |protocol| perplexity(&model, &mut Source::from_text(text), protocol, &mut |_| true).unwrap();
    let sentence = by(Protocol::Sentence);
    assert_eq!((sentence.tokens, sentence.oov, sentence.sentences), (7, 1, 2));
    let log10 =
        sentence_log10(&model, &["the", "boat"]) + sentence_log10(&model, &["the", "unheard", "sail"]);
    assert!((sentence.log10 - log10).abs() < 1e-5);
    assert!((sentence.perplexity - 10f64.powf(-log10 / 7.0)).abs() < 1e-9 * sentence.perplexity);
    assert!((sentence.bits_per_token - sentence.perplexity.log2()).abs() < 1e-9);
    let stream = by(Protocol::Stream);
    assert_eq!((stream.tokens, stream.oov), (7, 1));
    assert!(stream.log10 != sentence.log10);
    assert_eq!(
        perplexity(&model, &mut Source::from_text("\n"), Protocol::Sentence, &mut |_| true)
            .unwrap_err()
            .code(),
        "empty-text"
    );
}
