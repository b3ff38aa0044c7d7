//! Words that several chapters share: inputs, remarks, pairs, the verdict on a fit.

use super::{message, significant};
use crate::Language;
use crate::model::{Input, Note, Pair, Role, RungReport, Verdict, VerdictKind};

/// A catalogue name with its prefix, or the plain word itself with its hyphens opened when the catalogue has none.
pub fn spoken(prefix: &str, word: &str, language: Language) -> String {
    let plain =
        word.chars().filter(|c| c.is_alphanumeric() || [' ', '_', '-'].contains(c)).collect::<String>();
    let key = format!("{prefix}-{}", plain.to_ascii_lowercase().replace([' ', '_'], "-"));
    if super::has_message(&key) { message(&key, &[], language) } else { word.replace('_', " ") }
}

/// `text` with its first letter in upper case, as a sentence begins.
pub fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A column of the calendar: `day /1 sine`, `Mon`, `holiday (US)`, `hour`.
pub(crate) fn calendar_name(column: &str, language: Language) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if let Some(day) = DAYS.iter().position(|day| *day == column) {
        return message(super::WEEKDAYS[day], &[], language);
    }
    if let Some(code) = column.strip_prefix("holiday (").and_then(|rest| rest.strip_suffix(')')) {
        let key = format!("country-{}", code.to_lowercase());
        let country = if super::has_message(&key) { message(&key, &[], language) } else { code.to_string() };
        return message("calendar-holiday-in", &[("country", country)], language);
    }
    let wave = column.split_once(" /").and_then(|(period, rest)| {
        let (n, wave) = rest.split_once(' ')?;
        Some((period, n, wave))
    });
    match wave {
        Some((period, n, wave)) => {
            let named = |word: &str| spoken("calendar", word, language);
            let args = [("period", named(period)), ("n", n.to_string()), ("wave", named(wave))];
            message("calendar-wave", &args, language)
        }
        None => spoken("calendar", column, language),
    }
}

/// What a rung was told, for people; a column is called by its own name, whatever that is.
pub fn input_name(input: &Input, language: Language) -> String {
    match (input, input_key(input)) {
        (Input::Column(name), _) => name.clone(),
        (_, key) => message(&format!("input-{key}"), &[], language),
    }
}

/// Why an input helps a net.
pub(crate) fn input_reason(input: &Input, language: Language) -> String {
    let key = format!("why-{}", input_key(input));
    message(if super::has_message(&key) { &key } else { "why-other" }, &[], language)
}

fn input_key(input: &Input) -> &'static str {
    match input {
        Input::Target => "target",
        Input::Column(_) => "column",
        Input::Calendar => "calendar",
        Input::Holiday => "holiday",
        Input::Lags => "lags",
        Input::Centred => "centred",
        Input::DayBefore => "day-before",
        Input::WeekBefore => "week-before",
        Input::Season => "season",
        Input::Segments => "segments",
        Input::Linear => "linear",
        Input::Response => "response",
        Input::Residual => "residual",
        Input::Mean => "mean",
    }
}

/// A remark to the reader.
pub fn remark(note: &Note, language: Language) -> String {
    let (key, rung) = match note {
        Note::KnownAhead => ("remark-known-ahead", ""),
        Note::BuiltIn => ("remark-built-in", ""),
        Note::Quick => ("remark-quick", ""),
        Note::QuickText => ("remark-quick-text", ""),
        Note::QuickExamples => ("remark-quick-examples", ""),
        Note::PlainByName(rung) => ("remark-plain-by-name", rung.as_str()),
        Note::UnknownToNets(percent) => {
            let args = [("percent", super::number(*percent, 1, language))];
            return message("remark-unknown-to-nets", &args, language);
        }
        Note::Words(words) | Note::Doubt(words) => return words.clone(),
    };
    message(key, &[("rung", rung.to_string())], language)
}

/// Seconds that fitting took; nothing for a rung that only repeats the data, whatever its stopwatch says.
pub fn fit_seconds(rung: &RungReport) -> f64 {
    if rung.role == Role::Learned { rung.fit_seconds } else { 0.0 }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_named_in_the_readers_language() {
        for (column, en, ko) in [
            ("day /1 sine", "sine of the day, harmonic 1", "일 주기 1차 사인"),
            ("year /2 cosine", "cosine of the year, harmonic 2", "연 주기 2차 코사인"),
            ("Mon", "Mon", "월"),
            ("holiday (US)", "holiday (US)", "공휴일(미국)"),
            ("holiday (XX)", "holiday (XX)", "공휴일(XX)"),
            ("bridging day", "bridging day", "징검다리 평일"),
            ("daylight", "hours of daylight", "낮 길이"),
            ("day before holiday", "day before a holiday", "공휴일 전날"),
            ("hour", "hour", "시각"),
            ("<b>", "<b>", "<b>"),
        ] {
            assert_eq!(calendar_name(column, Language::English), en);
            assert_eq!(calendar_name(column, Language::Korean), ko);
        }
    }
}
