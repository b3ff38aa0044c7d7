//! The message catalogue: one file a language, `key = text` a line.
//!
//! A text may hold `{name}` (the value as given), `{name:은}` (the value followed by the Korean particle that its
//! last sound asks for, one of 은 이 을 과 으로) and `{name?one:many}` (`one` when the value is 1, else `many`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::korean;
use crate::Language;

const ENGLISH: &str = include_str!("../messages/en.txt");
const KOREAN: &str = include_str!("../messages/ko.txt");

type Catalogue = BTreeMap<&'static str, &'static str>;

/// The messages of a language, by key.
pub(crate) fn catalogue(language: Language) -> &'static Catalogue {
    static BOTH: OnceLock<(Catalogue, Catalogue)> = OnceLock::new();
    let both = BOTH.get_or_init(|| (read(ENGLISH), read(KOREAN)));
    match language {
        Language::English => &both.0,
        Language::Korean => &both.1,
    }
}

fn read(text: &'static str) -> Catalogue {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect()
}

/// True when the catalogue knows `key`.
pub fn has_message(key: &str) -> bool {
    catalogue(Language::English).contains_key(key)
}

/// The text of `key` with its placeholders filled from `args`; an unknown key comes back as itself.
///
/// ```
/// use gyeol_report::{Language, text::message};
/// assert_eq!(message("rows", &[("n", "1".into())], Language::English), "1 row");
/// assert_eq!(message("rows", &[("n", "24".into())], Language::Korean), "24행");
/// ```
pub fn message(key: &str, args: &[(&str, String)], language: Language) -> String {
    match catalogue(language).get(key) {
        Some(pattern) => fill(pattern, args),
        None => key.to_string(),
    }
}

fn fill(pattern: &str, args: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            out.push_str(&rest[start..]);
            return out;
        };
        let inside = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        let (name, how) = match inside.find([':', '?']) {
            Some(at) => (&inside[..at], Some(&inside[at..])),
            None => (inside, None),
        };
        let value = args.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        let value = value.unwrap_or("");
        match how {
            None => out.push_str(value),
            Some(how) if how.starts_with(':') => {
                out.push_str(value);
                out.push_str(korean::particle(value, &how[1..]));
            }
            Some(how) => {
                let (one, many) = how[1..].split_once(':').unwrap_or((&how[1..], ""));
                out.push_str(if value == "1" { one } else { many });
            }
        }
    }
    out.push_str(rest);
    out
}

/// Names of the placeholders in a message, sorted.
#[cfg(test)]
pub(crate) fn placeholders(pattern: &str) -> std::collections::BTreeSet<String> {
    pattern
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(inside, _)| inside.split([':', '?']).next().unwrap_or("").to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let (en, ko) = (catalogue(Language::English), catalogue(Language::Korean));
        let keys = |c: &Catalogue| c.keys().copied().collect::<Vec<_>>();
        assert_eq!(keys(en), keys(ko));
        for (key, pattern) in en {
            assert_eq!(placeholders(pattern), placeholders(ko[key]), "placeholders of {key}");
        }
    }

    #[test]
    fn no_key_is_written_twice() {
        for text in [ENGLISH, KOREAN] {
            let lines = text.lines().filter(|l| !l.starts_with('#') && l.contains('='));
            assert_eq!(lines.count(), read(text).len());
        }
    }

    #[test]
    fn plural_and_particle_follow_the_value() {
        let args = |v: &str| vec![("x", v.to_string())];
        assert_eq!(fill("{x} {x?day:days}", &args("1")), "1 day");
        assert_eq!(fill("{x} {x?day:days}", &args("2")), "2 days");
        assert_eq!(fill("{x:은} 좋습니다", &args("LSTM")), "LSTM은 좋습니다");
        assert_eq!(fill("{x:은} 좋습니다", &args("MLP")), "MLP는 좋습니다");
    }
}
