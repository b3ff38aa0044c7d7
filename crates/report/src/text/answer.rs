//! The answer in sentences: how good the chosen rung is, and whether a plainer or cheaper one would do.

use super::{
    Step, count, decimals, duration, fit_seconds, has_message, message, metric_figures, metric_name, number,
    pair_against, percent, range, rung_phrases, rung_titles, sentence_case, signed, with_unit,
};
use crate::Language;
use crate::model::{Facts, ForecastFacts, Pair, Report, Role, RungReport, TextFacts};

/// The two sentences of the answer; the second says whether a plainer or cheaper rung would do.
pub fn answer(report: &Report, language: Language) -> Vec<String> {
    let Some(best) = report.rungs.get(report.best) else {
        return vec![message("answer-none", &[], language)];
    };
    let sentences = match &report.facts {
        Facts::Words(facts) => words(report, best, facts, language),
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
        Facts::Plain { judged, .. } => *judged as usize,
    }
}

/// Against the best rung that only repeats the data, then against the next one.
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
    let second = match lowest(&|_| true) {
        Some(next) => compare(report, language, &titles, next, &value, digits),
        None => message("answer-only", &[], language),
    };
    vec![message(key, &args, language), second]
}

fn compare(
    report: &Report,
    language: Language,
    titles: &[String],
    next: usize,
    value: &dyn Fn(f64) -> String,
    digits: usize,
) -> String {
    let best = &report.rungs[report.best];
    let error = |i: usize| value_of(report, i).unwrap_or(f64::NAN);
    let against = |i: usize| pair_against(&report.pairs, &best.name, &report.rungs[i].name);
    let tied = (0..report.rungs.len())
        .filter(|&i| i != report.best && against(i).is_some_and(|p| p.tie()))
        .min_by(|&a, &b| fit_seconds(&report.rungs[a]).total_cmp(&fit_seconds(&report.rungs[b])));
    let mut args =
        vec![("rung", titles[report.best].clone()), ("cost", duration(fit_seconds(best), language))];
    let mut describe = |i: usize, pair: &Option<Pair>| {
        args.push(("other", titles[i].clone()));
        args.push(("othercost", duration(fit_seconds(&report.rungs[i]), language)));
        let difference = pair.as_ref().map_or(error(report.best) - error(i), |p| p.difference);
        args.push(("difference", with_unit(&signed(difference, digits, language), &report.unit)));
        args.push(("size", value(difference.abs())));
        args.push(("share", percent((difference / error(i)).abs(), 0, language)));
        let spread = pair
            .as_ref()
            .map(|p| range(&signed(p.low, digits, language), &signed(p.high, digits, language), language));
        args.push(("range", spread.unwrap_or_default()));
        args.clone()
    };
    let cheaper = |i: usize| fit_seconds(&report.rungs[i]) < 0.75 * fit_seconds(best);
    if let Some(better) = (0..report.rungs.len()).find(|&i| against(i).is_some_and(|p| p.low > 0.0)) {
        let args = describe(better, &against(better));
        return message("answer-other-better", &args, language);
    }
    if let Some(tied) = tied {
        let args = describe(tied, &against(tied));
        return message(if cheaper(tied) { "answer-tie-cheaper" } else { "answer-tie" }, &args, language);
    }
    let pair = against(next);
    let args = describe(next, &pair);
    message(if pair.is_some() { "answer-ahead" } else { "answer-ahead-unpaired" }, &args, language)
}

/// Against the plainest rung, then against the plainest that cannot be told apart, or the next one.
fn words(report: &Report, best: &RungReport, facts: &TextFacts, language: Language) -> Vec<String> {
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
    // The plainest rung that cannot be told apart is enough; else how far the next one is.
    let others = || (0..report.rungs.len()).filter(|&i| i != report.best);
    let pair = |i: usize| pair_against(&report.pairs, &report.rungs[i].name, &best.name);
    // Above the chosen rung where that is ahead, else between the two.
    let spread = |p: &Pair| {
        let plain = p.low > 0.0;
        let sign = |v: f64| if plain { write(v) } else { signed(v, digits, language) };
        [("difference", sign(p.difference)), ("range", range(&sign(p.low), &sign(p.high), language))]
    };
    let cost = |i: usize| duration(fit_seconds(&report.rungs[i]), language);
    let tie = (0..report.best).find(|&i| pair(i).is_some_and(|p| p.tie()));
    let next = others().filter_map(|i| Some((i, value_of(report, i)?))).min_by(|a, b| a.1.total_cmp(&b.1));
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
