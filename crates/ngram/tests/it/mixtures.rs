//! Weights of mixtures beside algebra; the cache.

use crate::common::*;
use gyeol_ngram::mix::{Cache, Mixture, cached_perplexity};
use gyeol_ngram::{NgramModel, Options, SENTENCE_START, Source, score_words};

/// A unigram model with these probabilities of a, b, </s> and <unk>.
fn unigrams(probabilities: [f64; 4]) -> NgramModel {
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let mut text = String::from("\\data\\\nngram 1=5\n\n\\1-grams:\n-99\t<s>\n");
    for (word, p) in ["a", "b", "</s>", "<unk>"].iter().zip(probabilities) {
        text += &format!("{}\t{word}\n", p.log10());
    }
    model(&arpa_tables(text + "\n\\end\\\n"))
}

fn learnt(models: &[&NgramModel], text: &str, rounds: usize) -> Vec<f64> {
    let mixture =
        Mixture::learn(models.to_vec(), &mut Source::from_text(text), rounds, &mut |_| true).unwrap();
    mixture.weights().to_vec()
}

#[test]
fn weights_are_those_of_algebra() {
    let (first, second) = (unigrams([0.6, 0.1, 0.2, 0.1]), unigrams([0.2, 0.5, 0.2, 0.1]));
    let text = "a a a b\na b a a\n"; // six a, two b; the end is alike in both
    // One round from ½, ½: the mean over ten words of what each says of the first model.
    let (of_a, of_b) = (0.6 / 0.8, 0.1 / 0.6);
    let once = learnt(&[&first, &second], text, 1);
    assert!((once[0] - (6.0 * of_a + 2.0 * of_b + 2.0 * 0.5) / 10.0).abs() < 1e-6, "{once:?}");
    // At the end: with r = 0.2 + 0.4 w for a and 0.7 − r for b, 6 ln r + 2 ln (0.7 − r) is highest at r = 0.7 · 6 / 8.
    let end = learnt(&[&first, &second], text, 2000);
    assert!((end[0] - (0.7 * 6.0 / 8.0 - 0.2) / 0.4).abs() < 1e-5, "{end:?}");
    // Where more of a is wanted than the first model has, it takes all.
    let all = learnt(&[&first, &second], "a a a a a a a a a\n", 5000);
    assert!(all[0] > 0.9999, "{all:?}");
    // Alike models cannot be told apart.
    assert_eq!(learnt(&[&first, &first], text, 50), [0.5, 0.5]);
    assert_eq!(learnt(&[&first], text, 3), [1.0]);
}

#[test]
fn likelihood_never_falls_and_weights_sum_to_one() {
    let halves: Vec<&str> = SMALL.split_inclusive('\n').collect();
    let (front, back) = halves.split_at(halves.len() / 2);
    let of = |text: String, order| model(&made(&text, &Options { order, ..Options::default() }).tables);
    let models = [of(front.concat(), 3), of(back.concat(), 2), of(SMALL.to_owned(), 1)];
    let models: Vec<&NgramModel> = models.iter().collect();
    let text = String::from_utf8(fixture("small.test.txt")).unwrap();
    let mut before = f64::INFINITY;
    for rounds in 0..30 {
        let mixture =
            Mixture::learn(models.clone(), &mut Source::from_text(text.clone()), rounds, &mut |_| true)
                .unwrap();
        assert!((mixture.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let (perplexity, _) =
            mixture.perplexity(&mut Source::from_text(text.clone()), &mut |_| true).unwrap();
        assert!(perplexity <= before * (1.0 + 1e-12), "round {rounds}: {before} → {perplexity}");
        before = perplexity;
    }
    let alone = |m| {
        Mixture::new(vec![m], vec![1.0])
            .unwrap()
            .perplexity(&mut Source::from_text(text.clone()), &mut |_| true)
            .unwrap()
            .0
    };
    assert!(
        models.iter().all(|m| before <= alone(*m) * (1.0 + 1e-3)),
        "no model alone is better on that text"
    );
}

#[test]
fn a_mixture_sums_to_one_and_is_the_sum_of_its_parts() {
    let (first, second) = (unigrams([0.6, 0.1, 0.2, 0.1]), unigrams([0.2, 0.5, 0.2, 0.1]));
    let mixture = Mixture::new(vec![&first, &second], vec![0.3, 0.7]).unwrap();
    let p = |word| 10f64.powf(mixture.score(&mixture.start(), word).0);
    assert!((p(Some("a")) - (0.3 * 0.6 + 0.7 * 0.2)).abs() < 1e-6);
    let sum = p(Some("a")) + p(Some("b")) + p(Some("zzz")) + p(None);
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    for weights in [vec![0.5], vec![0.5, 0.6], vec![-0.5, 1.5], vec![f64::NAN, 1.0]] {
        assert_eq!(Mixture::new(vec![&first, &second], weights).unwrap_err().code(), "weights-unfit");
    }
}

#[test]
fn a_cache_sums_to_one_and_forgets() {
    let mut cache = Cache::new(3);
    assert!(cache.is_empty() && cache.probability(7) == 0.0);
    for word in [7, 7, 8, 9, 7] {
        cache.push(word);
        let sum: f64 = (0..20).map(|w| cache.probability(w)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }
    assert_eq!(
        (cache.probability(7), cache.probability(8), cache.probability(9)),
        (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0)
    );
}

#[test]
fn perplexity_with_a_cache_is_that_of_the_sum_word_by_word() {
    let model = model(&made(SMALL, &Options { order: 3, ..Options::default() }).tables);
    let text = "the boat left the harbour\nthe boat zzz the boat\n";
    let (window, weight) = (4, 0.2);
    // The same by hand: words seen in a list, every sentence from its beginning.
    let (mut seen, mut log, mut words) = (Vec::<u32>::new(), 0f64, 0);
    for line in text.lines() {
        for s in score_words(&model, &line.split(' ').collect::<Vec<_>>()) {
            assert_ne!(s.word, SENTENCE_START);
            let last = &seen[seen.len().saturating_sub(window)..];
            let own = 10f64.powf(f64::from(s.log10));
            let share = last.iter().filter(|&&w| w == s.word).count() as f64 / last.len().max(1) as f64;
            log += if last.is_empty() { own } else { (1.0 - weight) * own + weight * share }.ln();
            seen.push(s.word);
            words += 1;
        }
    }
    let found =
        cached_perplexity(&model, &mut Source::from_text(text), window, weight, &mut |_| true).unwrap();
    assert_eq!(found.1, words);
    assert!((found.0 / (-log / words as f64).exp() - 1.0).abs() < 1e-12, "{found:?}");
    let plain =
        gyeol_ngram::perplexity(&model, &mut Source::from_text(text), Default::default(), &mut |_| true)
            .unwrap()
            .perplexity;
    let without =
        cached_perplexity(&model, &mut Source::from_text(text), window, 0.0, &mut |_| true).unwrap().0;
    assert!((without / plain - 1.0).abs() < 1e-9);
    assert!(cached_perplexity(&model, &mut Source::from_text(text), window, 1.0, &mut |_| true).is_err());
}
