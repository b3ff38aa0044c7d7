//! What in a corpus deserves attention, as codes with typed parts.

use gyeol_base::Warning;
use gyeol_base::{Part, Severity};

use super::CorpusProfile;

/// Every warning code with the names of its parts.
pub const CODES: &[(&str, &[&str])] = &[
    ("no-documents", &[]),
    ("empty-documents", &["count", "share"]),
    ("repeated-documents", &["count", "share"]),
    ("near-duplicates", &["count", "share"]),
    ("not-compared", &["count"]),
    ("unbalanced-classes", &["most", "many", "least", "few"]),
    ("many-classes", &["classes", "documents"]),
    ("overlap", &["with", "same", "near"]),
];

pub(super) fn warnings(p: &CorpusProfile) -> Vec<Warning> {
    let mut out = Vec::new();
    let mut warn = |code: &str, severity, words: String, parts: Vec<(&str, Part)>| {
        debug_assert!(CODES.iter().any(|(c, _)| *c == code), "{code} is not listed");
        out.push(Warning {
            code: code.into(),
            severity,
            column: None,
            parts: parts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            words,
        });
    };
    let share = |n: u64| n as f64 / p.documents.max(1) as f64;
    let counted = |n: u64| vec![("count", Part::Count(n)), ("share", Part::Share(share(n)))];
    let percent = |n: u64| 100.0 * share(n);
    if p.documents == 0 {
        warn("no-documents", Severity::Stop, "no documents".into(), vec![]);
    }
    if p.empty > 0 {
        let words = format!("{} documents ({:.1} %) hold no token", p.empty, percent(p.empty));
        warn("empty-documents", Severity::Note, words, counted(p.empty));
    }
    let n = p.duplicates.documents;
    if share(n) > 0.01 {
        let words = format!(
            "{n} documents ({:.1} %) repeat an earlier one: a split must keep them in one part",
            percent(n)
        );
        warn("repeated-documents", Severity::Warn, words, counted(n));
    }
    let n = p.near_duplicates.documents;
    if share(n) > 0.01 {
        let words = format!("{n} documents ({:.1} %) are nearly the same as an earlier one", percent(n));
        warn("near-duplicates", Severity::Warn, words, counted(n));
    }
    let n = p.near_duplicates.not_compared;
    if n > 0 {
        let words = format!("{n} documents were not looked at for near duplicates, to bound memory");
        warn("not-compared", Severity::Note, words, vec![("count", Part::Count(n))]);
    }
    if let (Some(most), Some(least)) = (p.classes.first(), p.classes.last())
        && most.documents > 5 * least.documents
    {
        let words = format!(
            "class '{}' has {} documents, '{}' {}: accuracy alone will mislead",
            most.label, most.documents, least.label, least.documents
        );
        let parts = vec![
            ("most", Part::Text(most.label.clone())),
            ("many", Part::Count(most.documents)),
            ("least", Part::Text(least.label.clone())),
            ("few", Part::Count(least.documents)),
        ];
        warn("unbalanced-classes", Severity::Warn, words, parts);
    }
    let classes = p.classes.len() as u64;
    if classes > 50.max(p.documents / 5) {
        let words = format!("{classes} classes for {} documents: is this column the label?", p.documents);
        let parts = vec![("classes", Part::Count(classes)), ("documents", Part::Count(p.documents))];
        warn("many-classes", Severity::Warn, words, parts);
    }
    if let Some(o) = &p.overlap
        && o.same + o.near > 0
    {
        let words = format!(
            "{} documents of {} stand here word for word, {} nearly: scores on them flatter",
            o.same, o.with, o.near
        );
        let parts = vec![
            ("with", Part::Text(o.with.clone())),
            ("same", Part::Count(o.same)),
            ("near", Part::Count(o.near)),
        ];
        warn("overlap", Severity::Warn, words, parts);
    }
    out
}
