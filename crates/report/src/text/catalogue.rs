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
        // The sentences of findings are held against the parts of their codes instead.
        for (key, pattern) in en.iter().filter(|(key, _)| !key.starts_with("finding-")) {
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

    /// Every source file and template of the crate in one text.
    fn sources(folder: &std::path::Path, out: &mut String) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") {
                out.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_is_there() {
        // Keys put together at run time: these beginnings stand in `format!` or `spoken`.
        let made = [
            "rung-",
            "phrase-",
            "suffix-",
            "metric-",
            "error-",
            "input-",
            "why-",
            "training-",
            "layer-",
            "calendar-",
            "country-",
            "remark-",
            "role-",
            "operation-",
            "part-",
            "holiday-",
            "finding-",
            "impossible-",
            "language-",
            "lengths-",
            "repeats-",
            "fact-",
            "term-",
            "watch-alarm-",
            "split-",
            "check-",
            "optimizer-",
            "way-",
        ];
        let mut text = String::new();
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        sources(&here.join("src"), &mut text);
        // The command and the server speak from this catalogue too.
        let mut everywhere = text.clone();
        for other in ["cli", "serve", "ladder"] {
            let folder = here.with_file_name(other).join("src");
            if folder.is_dir() {
                sources(&folder, &mut everywhere);
            }
        }
        for key in catalogue(Language::English).keys() {
            let stem = key.strip_suffix("-title").or_else(|| key.strip_suffix("-see"));
            let written = |k: &str| everywhere.contains(&format!("\"{k}\""));
            let used = written(key) || made.iter().any(|m| key.starts_with(m)) || stem.is_some_and(written);
            assert!(used, "{key} is not used");
        }
        let known = |key: &str| assert!(has_message(key), "{key} is not in the catalogue");
        for start in [" t(\"", ".t(\"", "message(\"", "{t(\""] {
            text.split(start).skip(1).for_each(|part| known(part.split('"').next().unwrap_or("")));
        }
        // Several keys in a row: of each task, of the heads of a table.
        for name in ["by_task", "columns"] {
            let start = format!(".{name}(");
            let parts = text.split(&start).skip(1).map(|part| part.trim_start_matches("&[").trim_start());
            for part in parts.filter(|part| part.starts_with('"')) {
                let list = part.split(['&', ']']).next().unwrap_or("");
                list.split('"').skip(1).step_by(2).for_each(known);
            }
        }
    }

    #[test]
    fn templates_hold_no_words_of_their_own() {
        for (name, template) in crate::page::templates() {
            let mut plain = String::new();
            let mut rest = *template;
            // Take away what is filled in, then the tags; what letters remain would be words.
            while let Some(start) = rest.find('{') {
                plain.push_str(&rest[..start]);
                let close = if rest[start..].starts_with("{%") { "%}" } else { "}}" };
                let end = rest[start..].find(close).unwrap_or_else(|| panic!("{name}: unclosed"));
                rest = &rest[start + end + 2..];
            }
            plain.push_str(rest);
            let mut words = String::new();
            let mut inside = false;
            for c in plain.chars() {
                match c {
                    '<' => {
                        inside = true;
                        words.push(' ');
                    }
                    '>' => inside = false,
                    c if !inside => words.push(c),
                    _ => {}
                }
            }
            // X, W, b and Y are the names of matrices in every language.
            let words = words.replace("&nbsp;", " ");
            let words: Vec<&str> =
                words.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).collect();
            let symbols = ["X", "W", "b", "Y"];
            assert!(words.iter().all(|w| symbols.contains(w)), "{name}: {words:?}");
            for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\"", "data-label=\""] {
                for part in template.split(attribute).skip(1) {
                    assert!(
                        part.starts_with("{{"),
                        "{name}: {attribute}{}",
                        part.chars().take(20).collect::<String>()
                    );
                }
            }
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
