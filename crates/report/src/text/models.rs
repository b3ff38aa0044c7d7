//! The ladder of language models in sentences.

use super::{
    count, decimals, duration, message, number, pair_against, percent, range, rung_title, sentence_case,
    signed,
};
use crate::Language;
use crate::language::{LanguageReport, LanguageRungReport};
use crate::model::Pair;

/// Names of the rungs in their order: `unigram`, `bigram`, `n-gram, order 5`.
pub fn model_titles(report: &LanguageReport, language: Language) -> Vec<String> {
    report
        .rungs
        .iter()
        .map(|rung| {
            let title = rung_title(&rung.name, language);
            if ["unigram", "ngram:bigram", "ngram:trigram"].contains(&rung.name.as_str()) {
                return title;
            }
            message("rung-with-order", &[("rung", title), ("order", rung.order.to_string())], language)
        })
        .collect()
}

/// Test perplexity of a rung; none where it is not finite.
pub fn perplexity(rung: &LanguageRungReport) -> Option<crate::model::Interval> {
    rung.test.get("perplexity").copied()
}

/// The answer: what the chosen rung reaches, and whether a plainer one would do.
pub fn model_answer(report: &LanguageReport, language: Language) -> Vec<String> {
    let Some(best) = report.rungs.get(report.best) else {
        return vec![message("answer-none", &[], language)];
    };
    let titles = model_titles(report, language);
    let Some(value) = perplexity(best).map(|m| m.value) else {
        return vec![message("model-infinite", &[("rung", titles[report.best].clone())], language)];
    };
    let digits = decimals(value, 4);
    let write = |v: f64| number(v, digits, language);
    let mut args = vec![
        ("rung", titles[report.best].clone()),
        ("perplexity", write(value)),
        ("tokens", count(report.data.test.tokens as usize, language)),
        ("data", report.data.name.clone()),
    ];
    let mut sentences = Vec::new();
    let plain = report.rungs.first().and_then(perplexity).map(|m| m.value);
    match plain {
        Some(plain) if report.best > 0 => {
            args.push(("plain", titles[0].clone()));
            args.push(("value", write(plain)));
            args.push(("share", percent((1.0 - value / plain).abs(), 0, language)));
            sentences.push(message(
                if value <= plain { "model-gain" } else { "model-worse" },
                &args,
                language,
            ));
        }
        _ => sentences.push(message("model-plain", &args, language)),
    }
    // The plainest rung that cannot be told apart is enough; else how far the next one is.
    let others = || (0..report.rungs.len()).filter(|&i| i != report.best);
    let pair = |i: usize| pair_against(&report.pairs, &report.rungs[i].name, &best.name);
    // Above the chosen rung where that is ahead, else between the two.
    let spread = |p: &Pair| {
        let plain = p.low > 0.0;
        let sign = |v: f64| if plain { write(v) } else { signed(v, digits, language) };
        [("difference", sign(p.difference)), ("range", range(&sign(p.low), &sign(p.high), language))]
    };
    let cost = |i: usize| duration(report.rungs[i].fit_seconds, language);
    let tie =
        others().filter(|&i| report.rungs[i].order < best.order).find(|&i| pair(i).is_some_and(|p| p.tie()));
    let next = others()
        .filter_map(|i| Some((i, perplexity(&report.rungs[i])?.value)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let key = match (tie, next) {
        (Some(_), _) => "model-tie",
        (None, Some((_, other))) if other < value => "model-other-better",
        (None, Some(_)) => "model-ahead",
        (None, None) => "answer-only",
    };
    if let Some(i) = tie.or(next.map(|n| n.0)) {
        args.push(("other", titles[i].clone()));
        args.push(("cost", cost(report.best)));
        args.push(("othercost", cost(i)));
        args.extend(pair(i).iter().flat_map(&spread));
    }
    sentences.push(message(key, &args, language));
    sentences.iter().map(|s| sentence_case(s)).collect()
}

/// One line: texts, tokens, words, judged on how many.
pub fn model_deck(report: &LanguageReport, language: Language) -> String {
    let data = &report.data;
    let documents = data.train.documents + data.valid.documents + data.test.documents;
    let tokens = data.train.tokens + data.valid.tokens + data.test.tokens;
    let of = |n: u64| count(n as usize, language);
    message(
        "model-deck",
        &[
            ("documents", of(documents)),
            ("tokens", of(tokens)),
            ("types", of(data.vocabulary)),
            ("judged", of(data.test.tokens)),
        ],
        language,
    )
}
