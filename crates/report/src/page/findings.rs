//! What inspection warns of, in the reader's language.

use std::collections::BTreeMap;

use gyeol_data::profile::{Part, Warning};

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

/// A code with its parts as a sentence: from the catalogue where it has the code, else the English words that came with it.
fn sentence(voice: &Voice, prefix: &str, code: &str, parts: &BTreeMap<String, Part>, column: &str, words: &str) -> String {
    let key = format!("{prefix}-{code}");
    if !text::has_message(&key) {
        return words.to_string();
    }
    let mut args = vec![("column", column.to_string())];
    args.extend(parts.iter().map(|(name, value)| (name.as_str(), part(voice, value))));
    voice.t(&key, &args)
}

/// A warning as a sentence.
pub(crate) fn finding(voice: &Voice, warning: &Warning) -> String {
    let column = warning.column.as_deref().unwrap_or("");
    sentence(voice, "finding", &warning.code, &warning.parts, column, &warning.words)
}
