//! Names of rungs and metrics, the verdict and the answer in sentences.

use super::{Step, count, decimals, duration, message, number, percent, signed, significant, with_unit};
use crate::Language;
use crate::model::{LadderReport, Pair, RungReport, Verdict, VerdictKind};

/// A catalogue name with its prefix, or the plain word itself with its hyphens opened when the catalogue has none.
pub fn spoken(prefix: &str, word: &str, language: Language) -> String {
    let plain =
        word.chars().filter(|c| c.is_alphanumeric() || [' ', '_', '-'].contains(c)).collect::<String>();
    let key = format!("{prefix}-{}", plain.to_ascii_lowercase().replace([' ', '_'], "-"));
    if super::has_message(&key) { message(&key, &[], language) } else { word.replace('_', " ") }
}

/// Name of a rung for people: `last value`, `same hour yesterday`, `LSTM, plain`; works for any suffix.
pub fn rung_title(name: &str, language: Language) -> String {
    let whole = format!("rung-{}", name.replace([':', '+'], "-"));
    if super::has_message(&whole) {
        return message(&whole, &[], language);
    }
    if let Some(rows) = season_rows(name) {
        return message("rung-season-rows", &[("rows", rows)], language);
    }
    let (base, suffix) = name.split_once(':').unwrap_or((name, ""));
    let base_key = format!("rung-{}", base.replace('+', "-"));
    let title =
        if super::has_message(&base_key) { message(&base_key, &[], language) } else { base.to_string() };
    if suffix.is_empty() {
        return title;
    }
    let suffix = spoken("suffix", suffix, language);
    message("rung-with-suffix", &[("rung", title), ("suffix", suffix)], language)
}

/// The rows of a season that is named by them: 12 of `seasonal-naive:12-rows`.
fn season_rows(name: &str) -> Option<String> {
    let rows = name.strip_prefix("seasonal-naive:")?.strip_suffix("-rows")?;
    rows.parse::<usize>().ok().map(|rows| rows.to_string())
}

/// Names of a report's rungs in their order. Where a net stands beside its own `:plain` form it is called well posed,
/// and where the clock has no hours a seasonal rung does not speak of them.
pub fn rung_titles(report: &LadderReport, language: Language) -> Vec<String> {
    let hours = Step::parse(&report.data.step).has_hours();
    report
        .rungs
        .iter()
        .map(|rung| {
            let plain = format!("{}:plain", rung.name);
            if report.rungs.iter().any(|other| other.name == plain) {
                let (rung, suffix) =
                    (rung_title(&rung.name, language), message("suffix-well-posed", &[], language));
                return message("rung-with-suffix", &[("rung", rung), ("suffix", suffix)], language);
            }
            match rung.name.as_str() {
                "seasonal-naive:day" if !hours => message("rung-season-day", &[], language),
                "seasonal-naive:week" if !hours => message("rung-season-week", &[], language),
                name => rung_title(name, language),
            }
        })
        .collect()
}

/// The rungs as they are named within a sentence: `the well-posed LSTM`, `repeating yesterday`, `linear regression`.
pub fn rung_phrases(report: &LadderReport, language: Language) -> Vec<String> {
    let hours = Step::parse(&report.data.step).has_hours();
    let titles = rung_titles(report, language);
    let has = |name: &str| report.rungs.iter().any(|r| r.name == name);
    report
        .rungs
        .iter()
        .zip(titles)
        .map(|(rung, title)| {
            let (base, suffix) = rung.name.split_once(':').unwrap_or((&rung.name, ""));
            let whole = match rung.name.as_str() {
                "seasonal-naive:day" if !hours => "phrase-season-day".to_string(),
                "seasonal-naive:week" if !hours => "phrase-season-week".to_string(),
                name => format!("phrase-{}", name.replace(':', "-")),
            };
            if super::has_message(&whole) {
                return message(&whole, &[], language);
            }
            if let Some(rows) = season_rows(&rung.name) {
                return message("phrase-season-rows", &[("rows", rows)], language);
            }
            if !matches!(base, "mlp" | "rnn" | "gru" | "lstm" | "nnlm") {
                return title;
            }
            let net = [("rung", rung_title(base, language))];
            match suffix {
                "plain" => message("phrase-net-plain", &net, language),
                "" if has(&format!("{base}:plain")) => message("phrase-net-well-posed", &net, language),
                "" => message("phrase-net", &net, language),
                other => {
                    let net = message("phrase-net", &net, language);
                    let args = [("rung", net), ("suffix", spoken("suffix", other, language))];
                    message("phrase-with-suffix", &args, language)
                }
            }
        })
        .collect()
}

/// `text` with its first letter in upper case, as a sentence begins.
pub fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Name of a metric for people, short: `MAE`, `RMSE`, `MAPE`.
pub fn metric_name(metric: &str, language: Language) -> String {
    let key = format!("metric-{}", metric.replace('_', "-"));
    if super::has_message(&key) { message(&key, &[], language) } else { metric.to_uppercase() }
}

/// True for a rung that learns from the data, false for one that repeats it.
pub fn learnable(name: &str) -> bool {
    let base = name.split(':').next().unwrap_or(name);
    !matches!(base, "last-value" | "seasonal-naive" | "majority" | "mean")
}

/// Seconds that fitting took; nothing for a rung that only repeats the data, whatever its stopwatch says.
pub fn fit_seconds(rung: &RungReport) -> f64 {
    if learnable(&rung.name) { rung.fit_seconds } else { 0.0 }
}

/// The paired difference of rung `a` against rung `b`, turned round where the report holds `b` against `a`.
pub fn pair_against(pairs: &[Pair], a: &str, b: &str) -> Option<Pair> {
    pairs.iter().find_map(|pair| {
        if pair.a == a && pair.b == b {
            return Some(pair.clone());
        }
        (pair.a == b && pair.b == a).then(|| Pair {
            a: a.to_string(),
            b: b.to_string(),
            difference: -pair.difference,
            low: -pair.high,
            high: -pair.low,
        })
    })
}

fn verdict_key(kind: VerdictKind) -> (&'static str, &'static str) {
    match kind {
        VerdictKind::NoCurve => ("verdict-no-curve", "fit-no-curve"),
        VerdictKind::StillLearning => ("verdict-still-learning", "fit-still-learning"),
        VerdictKind::WellFitted => ("verdict-well-fitted", "fit-well-fitted"),
        VerdictKind::SlightlyOverfitted => ("verdict-slightly-overfitted", "fit-slightly-overfitted"),
        VerdictKind::Overfitted => ("verdict-overfitted", "fit-overfitted"),
        VerdictKind::Underfitted => ("verdict-underfitted", "fit-underfitted"),
    }
}

/// The verdict on a fit as a sentence with its evidence.
pub fn verdict(verdict: &Verdict, language: Language) -> String {
    let figure = |value: f64| significant(value, 3, language);
    let args = [
        ("epoch", verdict.best_epoch.to_string()),
        ("epochs", verdict.epochs.to_string()),
        ("train", figure(verdict.train_at_best)),
        ("valid", figure(verdict.valid_at_best)),
        ("trainlast", figure(verdict.train_last)),
        ("validlast", figure(verdict.valid_last)),
    ];
    message(verdict_key(verdict.kind).0, &args, language)
}

/// The verdict in one or two words.
pub fn verdict_short(verdict: &Verdict, language: Language) -> String {
    message(verdict_key(verdict.kind).1, &[], language)
}

/// The two sentences of the answer: how good the chosen rung is, and whether a plainer one would do.
pub fn answer(report: &LadderReport, language: Language) -> Vec<String> {
    let Some(best) = report.rungs.get(report.best) else {
        return vec![message("answer-none", &[], language)];
    };
    let titles = rung_phrases(report, language);
    let error = |i: usize| report.rungs[i].test.get(&report.metric).map_or(f64::NAN, |m| m.value);
    let digits = decimals(error(report.best), 3);
    let unit = if report.protocol.scaled { "" } else { report.data.unit.as_str() };
    let value = |v: f64| with_unit(&number(v, digits, language), unit);
    let lowest = |keep: &dyn Fn(usize) -> bool| {
        (0..report.rungs.len())
            .filter(|&i| i != report.best && error(i).is_finite() && keep(i))
            .min_by(|&a, &b| error(a).total_cmp(&error(b)))
    };
    let naive = lowest(&|i| !learnable(&report.rungs[i].name));
    let horizon = Step::parse(&report.data.step).length(report.protocol.horizon as f64, language);
    let mut args = vec![
        ("rung", titles[report.best].clone()),
        ("data", report.data.name.clone()),
        ("horizon", horizon),
        ("metric", message(metric_words(&report.metric), &[], language)),
        ("error", value(error(report.best))),
        ("windows", count(report.protocol.test.windows, language)),
    ];
    let mut sentences = Vec::new();
    match naive {
        Some(i) if learnable(&best.name) => {
            let gain = 1.0 - error(report.best) / error(i);
            args.push(("naive", titles[i].clone()));
            args.push(("gain", percent(gain.abs(), 0, language)));
            let key = match gain {
                g if (0.485..0.515).contains(&g) => "answer-half",
                g if g > 0.0 => "answer-gain",
                _ => "answer-worse",
            };
            sentences.push(message(key, &args, language));
        }
        _ => sentences.push(message("answer-plain", &args, language)),
    }
    let Some(next) = lowest(&|_| true) else {
        sentences.push(message("answer-only", &[], language));
        return sentences.iter().map(|s| sentence_case(s)).collect();
    };
    sentences.push(compare(report, language, &titles, next, &value, digits, unit));
    sentences.iter().map(|s| sentence_case(s)).collect()
}

fn compare(
    report: &LadderReport,
    language: Language,
    titles: &[String],
    next: usize,
    value: &dyn Fn(f64) -> String,
    digits: usize,
    unit: &str,
) -> String {
    let best = &report.rungs[report.best];
    let error = |i: usize| report.rungs[i].test.get(&report.metric).map_or(f64::NAN, |m| m.value);
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
        args.push(("difference", with_unit(&signed(difference, digits, language), unit)));
        args.push(("size", value(difference.abs())));
        args.push(("share", percent((difference / error(i)).abs(), 0, language)));
        let range = pair.as_ref().map(|p| {
            super::range(&signed(p.low, digits, language), &signed(p.high, digits, language), language)
        });
        args.push(("range", range.unwrap_or_default()));
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

fn metric_words(metric: &str) -> &'static str {
    match metric {
        "mse" => "error-mse",
        "rmse" => "error-rmse",
        _ => "error-mae",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_have_names_for_people_whatever_their_suffix() {
        for (name, en, ko) in [
            ("last-value", "last value", "마지막 값 유지"),
            ("seasonal-naive:day", "same hour yesterday", "어제 같은 시각"),
            ("linear", "linear regression", "선형 회귀"),
            ("lstm:plain", "LSTM, plain", "LSTM(기본형)"),
            ("lstm:my_own", "LSTM, my own", "LSTM(my own)"),
            ("forest:big", "forest, big", "forest(big)"),
        ] {
            assert_eq!(rung_title(name, Language::English), en);
            assert_eq!(rung_title(name, Language::Korean), ko);
        }
    }
}
