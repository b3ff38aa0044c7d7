//! What rungs are called: titles for tables, phrases for sentences. Both are looked up in the catalogue; a rung that it
//! does not know is called by its own name.

use super::{Step, has_message, message, spoken};
use crate::Language;
use crate::model::{Input, Report, RungReport, VerdictKind};

/// The stem and the suffix of a name: `lstm` and `plain` of `lstm:plain`.
fn parts(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or((name, ""))
}

/// What the catalogue has for a whole name, by the day where the clock has no hours, or with the rows that a suffix
/// such as `12-rows` counts.
fn catalogued(kind: &str, name: &str, by_days: bool, language: Language) -> Option<String> {
    let whole = format!("{kind}-{}", name.replace([':', '+'], "-"));
    let days = format!("{whole}-by-days");
    if let Some(key) = [by_days.then_some(days), Some(whole)].into_iter().flatten().find(|k| has_message(k)) {
        return Some(message(&key, &[], language));
    }
    let (stem, suffix) = parts(name);
    let rows = suffix.strip_suffix("-rows").filter(|rows| rows.parse::<usize>().is_ok())?;
    let key = format!("{kind}-{stem}-rows");
    has_message(&key).then(|| message(&key, &[("rows", rows.to_string())], language))
}

fn with_suffix(rung: String, suffix: &str, language: Language) -> String {
    if suffix.is_empty() {
        return rung;
    }
    let suffix = spoken("suffix", suffix, language);
    message("rung-with-suffix", &[("rung", rung), ("suffix", suffix)], language)
}

/// Name of a rung for people: `last value`, `same hour yesterday`, `LSTM, plain`; works for any suffix.
pub fn rung_title(name: &str, language: Language) -> String {
    if name.contains('+') && catalogued("rung", name, false, language).is_none() {
        return name.split('+').map(|one| rung_title(one, language)).collect::<Vec<_>>().join(" + ");
    }
    let (stem, suffix) = parts(name);
    let title = || catalogued("rung", stem, false, language).unwrap_or_else(|| stem.to_string());
    catalogued("rung", name, false, language).unwrap_or_else(|| with_suffix(title(), suffix, language))
}

/// The rung that stands beside a plain one: of the same stem, not plain itself, without a suffix where there is one.
pub fn well_posed(report: &Report, plain: usize) -> Option<usize> {
    let stem = parts(&report.rungs[plain].name).0;
    let same = |i: &usize| !report.rungs[*i].plain && parts(&report.rungs[*i].name).0 == stem;
    let bare = |i: &usize| report.rungs[*i].name == stem;
    let all = || (0..report.rungs.len()).filter(same);
    report.rungs[plain].plain.then(|| all().find(bare).or_else(|| all().next()))?
}

fn is_well_posed(report: &Report, rung: usize) -> bool {
    (0..report.rungs.len()).any(|plain| well_posed(report, plain) == Some(rung))
}

/// True where seasonal rungs are named by days, since the clock has no hours.
fn by_days(report: &Report) -> bool {
    report.forecast().is_some_and(|facts| !Step::parse(&facts.data.step).has_hours())
}

/// What a rung was told that its plain form is not: `with calendar and lags`, in a table `with calendar`; none where it
/// is something else.
fn beyond_plain(rung: &RungReport, short: bool, language: Language) -> Option<String> {
    let lags = [Input::Lags, Input::DayBefore, Input::WeekBefore, Input::Season];
    let lags = lags.iter().any(|lag| rung.inputs.contains(lag));
    let key = match rung.inputs.contains(&Input::Calendar) {
        true if lags && !short => "suffix-calendar-lags",
        true => "suffix-calendar",
        false if lags => "suffix-lags",
        false => return None,
    };
    Some(message(key, &[], language))
}

/// Names of a report's rungs in their order. Where a net stands beside its own plain form, its name says what it was
/// told more.
pub fn rung_titles(report: &Report, language: Language) -> Vec<String> {
    let title = |i: usize| {
        let rung = &report.rungs[i];
        let name = &rung.name;
        if is_well_posed(report, i) {
            let title = rung_title(name, language);
            return match beyond_plain(rung, true, language) {
                Some(inputs) => message("rung-with-inputs", &[("rung", title), ("inputs", inputs)], language),
                None => with_suffix(title, "extended", language),
            };
        }
        if let Some(title) = catalogued("rung", name, by_days(report), language) {
            // An n-gram is called by its order where its name does not say it.
            let order = rung.words().map_or(0, |words| words.order);
            let key = format!("rung-{name}-order");
            let args = [("order", order.to_string())];
            return if order > 0 && has_message(&key) { message(&key, &args, language) } else { title };
        }
        let (stem, suffix) = parts(name);
        let key = format!("rung-{stem}-order");
        match rung.words().filter(|words| words.order > 0 && has_message(&key)) {
            Some(words) => {
                let title = message(&key, &[("order", words.order.to_string())], language);
                with_suffix(title, suffix, language)
            }
            None => rung_title(name, language),
        }
    };
    (0..report.rungs.len()).map(title).collect()
}

/// The rungs as they are named within a sentence: `the LSTM with calendar and lags`, `repeating yesterday`, `linear regression`.
pub fn rung_phrases(report: &Report, language: Language) -> Vec<String> {
    let phrase = |(i, title): (usize, String)| {
        let rung = &report.rungs[i];
        if let Some(phrase) = catalogued("phrase", &rung.name, by_days(report), language) {
            return phrase;
        }
        if rung.verdict.kind == VerdictKind::NoCurve {
            return title;
        }
        let (stem, suffix) = parts(&rung.name);
        let net = [("rung", rung_title(stem, language))];
        match suffix {
            _ if rung.plain => message("net-plain", &net, language),
            _ if is_well_posed(report, i) => match (beyond_plain(rung, false, language), net) {
                (Some(inputs), [net]) => message("net-with-inputs", &[net, ("inputs", inputs)], language),
                (None, net) => message("net-extended", &net, language),
            },
            "" => message("net", &net, language),
            other => {
                let args =
                    [("rung", message("net", &net, language)), ("suffix", spoken("suffix", other, language))];
                message("net-with-suffix", &args, language)
            }
        }
    };
    rung_titles(report, language).into_iter().enumerate().map(phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_have_names_for_people_whatever_their_suffix() {
        for (name, en, ko) in [
            ("last-value", "last value", "마지막 값 유지"),
            ("seasonal-naive:day", "same hour yesterday", "어제 같은 시각"),
            ("seasonal-naive:12-rows", "value 12 rows before", "12행 전 값"),
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
