//! KenLM's own files and answers, made by `fixtures/kenlm.sh`.

use crate::common::*;
use crate::real_files::real_file;
use gyeol_ngram::{Layout, NgramModel, Options, Protocol, Source, full_scores, perplexity};
use gyeol_tensor::Pool;

#[test]
fn arpa_files_are_the_bytes_of_lmplz() {
    for (order, name) in [
        (1, "small.1.arpa"),
        (2, "small.2.arpa"),
        (3, "small.3.arpa.gz"),
        (5, "small.5.arpa.gz"),
        (6, "small.6.arpa.gz"),
    ] {
        let made = made(SMALL, &like_lmplz(order));
        let (ours, theirs) = (arpa_text(&made.tables), fixture(name));
        let differing = ours.split(|&b| b == b'\n').zip(theirs.split(|&b| b == b'\n')).find(|(a, b)| a != b);
        assert_eq!(
            differing.map(|(a, b)| (String::from_utf8_lossy(a), String::from_utf8_lossy(b))),
            None,
            "order {order}"
        );
        assert_eq!(ours, theirs);
    }
}

#[test]
fn pruned_arpa_files_are_the_bytes_of_lmplz() {
    let made = made(SMALL, &Options { prune: vec![0, 0, 1], ..like_lmplz(4) });
    assert_eq!(String::from_utf8(arpa_text(&made.tables)), String::from_utf8(fixture("small.4.pruned.arpa")));
}

#[test]
fn discounts_are_those_that_lmplz_prints() {
    for order in [2, 3, 5] {
        let made = made(SMALL, &like_lmplz(order));
        let text = String::from_utf8(fixture(&format!("small.{order}.discounts"))).unwrap();
        assert_eq!(text.lines().count(), order);
        for (line, discounts) in text.lines().zip(&made.report.discounts) {
            let printed: Vec<f32> = line
                .split_whitespace()
                .skip(2)
                .map(|f| f.split_once('=').unwrap().1.parse().unwrap())
                .collect();
            for (ours, theirs) in discounts.iter().zip(printed) {
                // Six digits are printed.
                assert!((ours - theirs).abs() <= 5e-6, "{line}: {discounts:?}");
            }
        }
    }
}

#[test]
fn words_score_as_kenlm_scores_them() {
    for order in [3usize, 5] {
        let tables = made(SMALL, &like_lmplz(order)).tables;
        let theirs = String::from_utf8(fixture(&format!("small.{order}.query"))).unwrap();
        for layout in [Layout::Probing, Layout::Compact { bits: 16 }] {
            let model = NgramModel::from_tables(&tables, layout, "{}", &Pool::new(1), &mut |_| true).unwrap();
            let mut wanted = theirs.split(['\t', '\n']).map(str::trim).filter(|f| f.contains('='));
            let mut text = Source::from_text(fixture("small.test.txt"));
            let mut words = 0;
            full_scores(
                &model,
                &mut text,
                &mut |_, scored| {
                    for s in scored {
                        // word=number matched log10
                        let field = wanted.next().expect("as many words");
                        let mut parts = field.rsplit_once('=').unwrap().1.split(' ');
                        let id: u32 = parts.next().unwrap().parse().unwrap();
                        let matched: u8 = parts.next().unwrap().parse().unwrap();
                        let log10: f32 = parts.next().unwrap().parse().unwrap();
                        assert_eq!((s.word == 0, s.matched), (id == 0, matched), "{field}");
                        assert!((s.log10 - log10).abs() <= 1e-5, "{field}: {}", s.log10);
                        words += 1;
                    }
                },
                &mut |_| true,
            )
            .unwrap();
            assert!(wanted.next().is_none() && words == 44, "{words}");
        }
    }
}

#[test]
fn any_number_of_threads_and_any_memory_give_the_same_bytes() {
    let mut text = String::new();
    let mut rng = gyeol_tensor::Rng::new(3);
    // Enough for several blocks of text and many runs on disk.
    for _ in 0..400_000 {
        for _ in 0..rng.below(9) + 1 {
            text.push_str(&format!("{} ", (rng.uniform().powi(3) * 3000.0) as u32));
        }
        text.push('\n');
    }
    let wanted = arpa_text(&made(&text, &like_lmplz(3)).tables);
    for (threads, memory) in [(1, 4u64 << 30), (3, 4 << 30), (2, 140 << 20), (1, 120 << 20)] {
        let options = Options { memory, ..like_lmplz(3) };
        let mut source = Source::from_text(text.clone());
        let made = gyeol_ngram::estimate(&mut source, &options, &Pool::new(threads), &mut |_| true)
            .expect("an estimate");
        assert!(arpa_text(&made.tables) == wanted, "{threads} threads, {memory} bytes");
    }
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn wikitext_2_has_the_perplexity_that_kenlm_finds() {
    // As ../peers/kenlm_ppl.sh prepares it: the <unk> of the text is an ordinary word, blank lines are dropped.
    let file = |part: &str| real_file(&format!("wikitext2/wiki.{part}.tokens.gz"));
    let text = |part: &str| unpacked(&file(part)).replace("<unk>", "UNKTOK");
    let (train, test) = (text("train"), text("test"));
    for (order, wanted) in [(3, 230.886), (5, 224.812)] {
        let tables = made(&train, &Options { order, ..Options::default() }).tables;
        let found = perplexity(
            &model(&tables),
            &mut Source::from_text(test.clone()),
            Protocol::Sentence,
            &mut |_| true,
        )
        .unwrap();
        assert_eq!((found.tokens, found.oov), (244_102, 0));
        assert!((found.perplexity - wanted).abs() < 0.001, "order {order}: {}", found.perplexity);
    }
}
