//! What inspection warns of, in the reader's language.

use gyeol_data::profile::{Part, Severity, Warning};
use serde::Serialize;

use super::Voice;
use crate::text;

fn part(voice: &Voice, part: &Part) -> String {
    match part {
        Part::Count(n) => text::count(*n as usize, voice.language),
        Part::Number(v) => text::significant(*v, 4, voice.language),
        Part::Share(s) => voice.percent(*s, 1),
        Part::Time(ms) => text::date_time(*ms, voice.zone, voice.language),
        Part::Text(t) => t.clone(),
    }
}

/// A warning on a page: its sentence and how grave it is.
#[derive(Serialize)]
pub(crate) struct Finding {
    class: &'static str,
    severity: String,
    text: String,
}

impl Finding {
    pub fn new(voice: &Voice, severity: Severity, text: String) -> Finding {
        let (class, key) = match severity {
            Severity::Stop => ("f-stop", "severity-stop"),
            Severity::Warn => ("f-warn", "severity-warn"),
            Severity::Note => ("f-note", "severity-note"),
        };
        Finding { class, severity: voice.t(key, &[]), text }
    }
}

/// A warning as a sentence: from the catalogue where it has the code, else the English words that came with it.
pub(crate) fn finding(voice: &Voice, warning: &Warning) -> String {
    let key = format!("finding-{}", warning.code);
    if !text::has_message(&key) {
        return warning.words.clone();
    }
    let parts = &warning.parts;
    let write = |name: &str| parts.get(name).map(|p| part(voice, p));
    let row = || write("row").map(|n| voice.t("row-number", &[("n", n)]));
    let place = write("at").or_else(|| write("from")).or_else(row).unwrap_or_default();
    let what = match parts.get("kind") {
        Some(Part::Text(kind)) => text::spoken("impossible", kind, voice.language),
        _ => String::new(),
    };
    let mut args =
        vec![("column", warning.column.clone().unwrap_or_default()), ("place", place), ("what", what)];
    for (name, value) in parts {
        args.push((name, part(voice, value)));
    }
    if let Some(Part::Text(name)) = parts.get("part") {
        args.retain(|(key, _)| *key != "part");
        args.push(("part", text::spoken("part", name, voice.language).to_lowercase()));
    }
    if !parts.contains_key("value") {
        args.push(("value", text::MISSING.to_string()));
    }
    voice.t(&key, &args)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::Language;
    use gyeol_data::profile::CODES;
    use gyeol_text::profile::CODES as CORPUS_CODES;

    #[test]
    fn every_code_has_a_sentence_made_of_its_own_parts() {
        for (code, parts) in CODES.iter().chain(CORPUS_CODES) {
            let key = format!("finding-{code}");
            let known: BTreeSet<String> =
                parts.iter().chain(&["column", "place", "what"]).map(|p| p.to_string()).collect();
            for language in [Language::English, Language::Korean] {
                let pattern = text::catalogue(language).get(key.as_str()).copied();
                let used = text::placeholders(pattern.unwrap_or_else(|| panic!("{key} is missing")));
                assert!(used.is_subset(&known), "{key} uses {used:?}, has {known:?}");
            }
        }
    }

    #[test]
    fn an_unknown_code_falls_back_to_its_words() {
        let voice = Voice { language: Language::Korean, zone: "UTC" };
        let mut warning = Warning {
            code: "not-yet-known".into(),
            severity: Severity::Note,
            column: None,
            parts: BTreeMap::new(),
            words: "as it was said".into(),
        };
        assert_eq!(finding(&voice, &warning), "as it was said");
        warning.code = "missing-stamps".into();
        warning.parts.insert("count".into(), Part::Count(3));
        assert_eq!(finding(&voice, &warning), "시각이 없는 행이 3개 있습니다.");
    }
}
