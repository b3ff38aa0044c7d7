//! The answer in sentences: how good the chosen rung is, and whether a plainer or cheaper one would do.

use super::{
    Step, count, decimals, has_message, message, metric_figures, metric_name, number, pair_against, percent,
    range, rung_phrases, rung_titles, sentence_case, signed, with_unit,
};
use crate::Language;
use crate::model::{ExampleFacts, Facts, ForecastFacts, Report, Role, RungReport, TextFacts};

/// The two sentences of the answer; the second says whether a plainer or cheaper rung would do.
pub fn answer(report: &Report, language: Language) -> Vec<String> {
    let Some(best) = report.rungs.get(report.best) else {
        return vec![message("answer-none", &[], language)];
    };
    let sentences = match &report.facts {
        Facts::Words(facts) => words(report, facts, language),
        _ => errors(report, best, language),
    };
    sentences.iter().map(|s| sentence_case(s)).collect()
}

/// The ordering metric of a rung on the test part; none where it is not finite.
fn value_of(report: &Report, rung: usize) -> Option<f64> {
    report.rungs[rung].test.get(&report.metric).map(|m| m.value).filter(|v| v.is_finite())
}

/// Units of the test part that were judged: windows, tokens, cases.
pub(crate) fn judged(report: &Report) -> usize {
    match &report.facts {
        Facts::Forecast(facts) => facts.protocol.test.windows,
        Facts::Words(facts) => facts.test.tokens as usize,
        Facts::Examples(facts) => facts.test.examples as usize,
        Facts::Plain { judged, .. } => *judged as usize,
    }
}

/// Against the best rung that only repeats the data, then whether a plainer one is enough.
fn errors(report: &Report, best: &RungReport, language: Language) -> Vec<String> {
    let titles = rung_phrases(report, language);
    let error = |i: usize| value_of(report, i).unwrap_or(f64::NAN);
    let digits = decimals(error(report.best), metric_figures(&report.metric));
    let value = |v: f64| with_unit(&number(v, digits, language), &report.unit);
    let lowest = |keep: &dyn Fn(usize) -> bool| {
        (0..report.rungs.len())
            .filter(|&i| i != report.best && error(i).is_finite() && keep(i))
            .min_by(|&a, &b| error(a).total_cmp(&error(b)))
    };
    let horizon =
        |facts: &ForecastFacts| Step::parse(&facts.data.step).length(facts.protocol.horizon as f64, language);
    let [half, gained, worse, alone] = match report.forecast() {
        Some(_) => ["answer-half", "answer-gain", "answer-worse", "answer-alone"],
        None => ["plain-half", "plain-gain", "plain-worse", "plain-alone"],
    };
    let in_words = format!("error-{}", report.metric);
    let metric = match has_message(&in_words) {
        true => message(&in_words, &[], language),
        false => metric_name(&report.metric, language),
    };
    let mut args = vec![
        ("rung", titles[report.best].clone()),
        ("data", report.head.name.clone()),
        ("horizon", report.forecast().map_or(String::new(), horizon)),
        ("metric", metric),
        ("error", value(error(report.best))),
        ("judged", count(judged(report), language)),
    ];
    let naive = lowest(&|i| report.rungs[i].role == Role::Naive).filter(|_| best.role == Role::Learned);
    let key = match naive {
        Some(i) => {
            let gain = 1.0 - error(report.best) / error(i);
            args.push(("naive", titles[i].clone()));
            args.push(("gain", percent(gain.abs(), 0, language)));
            match gain {
                g if (0.485..0.515).contains(&g) => half,
                g if g > 0.0 => gained,
                _ => worse,
            }
        }
        None => alone,
    };
    vec![message(key, &args, language), second(report, &titles, language)]
}

/// Whether a plainer rung is enough, by the paired differences on the test part alone.
fn second(report: &Report, titles: &[String], language: Language) -> String {
    let best = report.best;
    let error = |i: usize| value_of(report, i).unwrap_or(f64::NAN);
    let pair = |i: usize| pair_against(&report.pairs, &report.rungs[best].name, &report.rungs[i].name);
    let others = || (0..report.rungs.len()).filter(move |&i| i != best);
    let near = |among: &dyn Fn(usize) -> bool| {
        let found = others().filter(|&i| error(i).is_finite() && among(i));
        found.min_by(|&a, &b| error(a).total_cmp(&error(b)))
    };
    let margin = report.head.margin * error(best);
    let enough = (0..best).find(|&i| pair(i).is_some_and(|p| -p.low <= margin));
    let other = near(&|i| pair(i).is_some_and(|p| p.low > 0.0));
    let tied = (0..best).find(|&i| pair(i).is_some_and(|p| p.tie()));
    let (key, i) = match (near(&|_| true), enough, other, tied) {
        (None, ..) => ("answer-only", None),
        (next, ..) if report.head.stretches < 8 => ("answer-few", next),
        (_, _, Some(i), _) => ("answer-other-better", Some(i)),
        (_, Some(i), ..) => ("answer-enough", Some(i)),
        (_, _, _, Some(i)) => ("answer-untold", Some(i)),
        _ => match near(&|i| i < best) {
            None => ("answer-plainest", None),
            next => ("answer-ahead", next),
        },
    };
    let figures = decimals(error(best), metric_figures(&report.metric));
    let mut args = vec![
        ("rung", titles[best].clone()),
        ("stretches", count(report.head.stretches, language)),
        ("margin", percent(report.head.margin, 0, language)),
    ];
    if let Some(i) = i {
        let sign = |v: f64| signed(v, figures, language);
        let p = pair(i);
        let difference = p.as_ref().map_or(error(best) - error(i), |p| p.difference);
        let ends = p.filter(|p| p.low.is_finite());
        let range = ends.map_or(String::new(), |p| range(&sign(p.low), &sign(p.high), language));
        args.push(("other", titles[i].clone()));
        args.push(("file", report.rungs[i].file.clone()));
        args.push(("share", percent((difference / error(i)).abs(), 0, language)));
        args.push(("difference", with_unit(&sign(difference), &report.unit)));
        args.push(("size", with_unit(&number(difference.abs(), figures, language), &report.unit)));
        args.push(("range", range));
    }
    message(key, &args, language)
}

/// Against the plainest rung, then whether a plainer one is enough.
fn words(report: &Report, facts: &TextFacts, language: Language) -> Vec<String> {
    let titles = rung_titles(report, language);
    let Some(value) = value_of(report, report.best) else {
        return vec![message("model-infinite", &[("rung", titles[report.best].clone())], language)];
    };
    let digits = decimals(value, metric_figures(&report.metric));
    let write = |v: f64| number(v, digits, language);
    let mut args = vec![
        ("rung", titles[report.best].clone()),
        ("perplexity", write(value)),
        ("tokens", count(facts.test.tokens as usize, language)),
        ("data", report.head.name.clone()),
    ];
    let mut sentences = Vec::new();
    let plain = value_of(report, 0);
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
    sentences.push(second(report, &titles, language));
    sentences
}

/// One line: texts, tokens, words, judged on how many.
pub(crate) fn texts_deck(data: &TextFacts, language: Language) -> String {
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

/// One line: examples, classes, judged on how many.
pub(crate) fn examples_deck(facts: &ExampleFacts, language: Language) -> String {
    let of = |n: u64| count(n as usize, language);
    let args = [
        ("examples", of(facts.examples())),
        ("classes", of(facts.classes.len() as u64)),
        ("target", facts.target.clone()),
        ("judged", of(facts.test.examples)),
    ];
    message(if facts.classes.is_empty() { "examples-deck-numbers" } else { "examples-deck" }, &args, language)
}
