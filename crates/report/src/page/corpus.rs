//! The page of a corpus: how long its texts are, how its words spread, what repeats.

use gyeol_data::profile::Severity;
use gyeol_text::profile::{CorpusProfile, Lengths, Repeats};
use serde::Serialize;

use super::{Figure, Finding, Table, Voice, finding};
use crate::Language;
use crate::picture::{self, Powers};
use crate::text;

#[derive(Serialize)]
pub(crate) struct Page {
    deck: String,
    sentence: String,
    findings: Vec<Finding>,
    halves: Vec<Figure>,
    classes: Option<Figure>,
    words: Table,
    repeats: Vec<(String, String, Table)>,
    notes: Vec<String>,
}

/// Classes drawn; the others are summed up.
const CLASSES: usize = 30;

/// One line: documents, tokens, types, language.
pub(crate) fn deck(p: &CorpusProfile, language: Language) -> String {
    let voice = Voice { language, zone: "UTC" };
    voice.t(
        "corpus-deck",
        &[
            ("documents", count(&voice, p.documents)),
            ("tokens", count(&voice, p.tokens)),
            ("types", count(&voice, p.types)),
            ("language", voice.t(&format!("language-{}", p.language), &[])),
        ],
    )
}

fn count(voice: &Voice, n: u64) -> String {
    voice.count(n as usize)
}

/// Findings in words, with the mark of how grave they are.
pub(crate) fn findings(p: &CorpusProfile, language: Language) -> Vec<(Severity, String)> {
    let voice = Voice { language, zone: "UTC" };
    p.warnings.iter().map(|w| (w.severity, finding(&voice, w))).collect()
}

pub(crate) fn page(p: &CorpusProfile, language: Language) -> Page {
    let voice = Voice { language, zone: "UTC" };
    let t = |key: &str| voice.t(key, &[]);
    let mut words = Table::new(vec![t("corpus-word"), t("corpus-count"), t("corpus-share")]);
    for (word, n) in &p.frequent {
        let share = *n as f64 / p.tokens.max(1) as f64;
        words.push(vec![printable(word), count(&voice, *n), voice.percent(share, 2)]);
    }
    let serious = p.warnings.iter().filter(|w| w.severity != Severity::Note).count();
    let sentence = if serious == 0 {
        t("corpus-clean")
    } else {
        voice.t("corpus-warn", &[("warn", serious.to_string())])
    };
    Page {
        deck: deck(p, language),
        sentence,
        findings: findings(p, language)
            .into_iter()
            .map(|(severity, text)| Finding::new(&voice, severity, text))
            .collect(),
        halves: vec![
            zipf(p, &voice),
            growth(p, &voice),
            lengths(&p.tokens_a_document, "tokens", &voice),
            lengths(&p.characters_a_document, "characters", &voice),
        ],
        classes: classes(p, &voice),
        words,
        repeats: [("same", &p.duplicates), ("near", &p.near_duplicates)]
            .into_iter()
            .filter(|(_, r)| r.documents > 0)
            .map(|(key, r)| repeats(key, r, &voice))
            .collect(),
        notes: p.notes.clone(),
    }
}

/// Control characters would break the page's source, not its look.
fn printable(word: &str) -> String {
    word.chars().map(|c| if c.is_control() { '\u{b7}' } else { c }).collect()
}

fn zipf(p: &CorpusProfile, voice: &Voice) -> Figure {
    let slope = voice.number(p.zipf.slope, 2);
    let top: u64 = p.frequent.iter().take(10).map(|w| w.1).sum();
    let share = voice.percent(top as f64 / p.tokens.max(1) as f64, 0);
    let see = voice.t("zipf-see", &[("slope", slope.clone()), ("share", share)]);
    // The law through the point at rank 10 (or the first).
    let anchor =
        p.zipf.points.iter().find(|(r, _)| *r >= 10).or(p.zipf.points.first()).copied().unwrap_or((1, 1));
    let factor = anchor.1 as f64 * (anchor.0 as f64).powf(p.zipf.slope);
    let name = voice.t("zipf-law", &[("slope", slope)]);
    let law = (p.zipf.slope > 0.0).then_some((factor, -p.zipf.slope, name));
    let mut table = Table::new(vec![voice.t("corpus-rank", &[]), voice.t("corpus-count", &[])]);
    for (rank, n) in p.zipf.points.iter().filter(|(r, _)| is_round(*r)) {
        table.push(vec![count(voice, *rank), count(voice, *n)]);
    }
    Figure::draw("half", voice.t("zipf-title", &[]), see, Some(table), &|words, width| {
        let powers = Powers {
            words: words.clone(),
            points: &p.zipf.points,
            law: law.clone(),
            x_title: voice.t("corpus-rank", &[]),
            y_title: voice.t("corpus-count", &[]),
        };
        picture::powers(&powers, width, voice.language)
    })
}

/// 1, 2, 5 or 10 times a power of ten.
fn is_round(n: u64) -> bool {
    let mut n = n;
    while n >= 10 && n.is_multiple_of(10) {
        n /= 10;
    }
    matches!(n, 1 | 2 | 5)
}

fn growth(p: &CorpusProfile, voice: &Voice) -> Figure {
    let beta = voice.number(p.growth.beta, 2);
    let once = voice.percent(p.once as f64 / p.types.max(1) as f64, 0);
    let see = voice.t("growth-see", &[("beta", beta.clone()), ("once", once)]);
    let name = voice.t("growth-law", &[("beta", beta)]);
    let law = (p.growth.beta > 0.0).then_some((p.growth.k, p.growth.beta, name));
    let mut table = Table::new(vec![voice.t("corpus-tokens", &[]), voice.t("corpus-types", &[])]);
    for (tokens, types) in p.growth.points.iter().filter(|(n, _)| is_round(*n) || *n == p.tokens) {
        table.push(vec![count(voice, *tokens), count(voice, *types)]);
    }
    Figure::draw("half", voice.t("growth-title", &[]), see, Some(table), &|words, width| {
        let powers = Powers {
            words: words.clone(),
            points: &p.growth.points,
            law: law.clone(),
            x_title: voice.t("corpus-tokens", &[]),
            y_title: voice.t("corpus-types", &[]),
        };
        picture::powers(&powers, width, voice.language)
    })
}

fn lengths(l: &Lengths, unit: &str, voice: &Voice) -> Figure {
    let [least, _, _, median, _, most95, _, most] = l.quantiles;
    let see = voice.t(
        "lengths-see",
        &[
            ("median", count(voice, median)),
            ("most95", count(voice, most95)),
            ("least", count(voice, least)),
            ("most", count(voice, most)),
        ],
    );
    let bars: Vec<(String, f64)> = l
        .histogram
        .iter()
        .enumerate()
        .skip(l.histogram.iter().take_while(|(_, n)| *n == 0).count())
        .map(|(i, (bound, n))| {
            let next = l.histogram.get(i + 1).map_or(if *bound == 0 { 1 } else { bound * 2 }, |(b, _)| *b);
            let name = if next == bound + 1 {
                count(voice, *bound)
            } else {
                text::range(&count(voice, *bound), &count(voice, next - 1), voice.language)
            };
            (name, *n as f64)
        })
        .collect();
    Figure::draw("half", voice.t(&format!("lengths-{unit}"), &[]), see, None, &|words, width| {
        picture::bars(words, &bars, &|v| count(voice, v as u64), width)
    })
}

fn classes(p: &CorpusProfile, voice: &Voice) -> Option<Figure> {
    if p.classes.is_empty() {
        return None;
    }
    let mut bars: Vec<(String, f64)> =
        p.classes.iter().take(CLASSES).map(|c| (printable(&c.label), c.documents as f64)).collect();
    let rest: u64 = p.classes.iter().skip(CLASSES).map(|c| c.documents).sum();
    if rest > 0 {
        bars.push((voice.t("corpus-other-classes", &[]), rest as f64));
    }
    let mut table = Table::new(vec![
        voice.t("corpus-class", &[]),
        voice.t("corpus-documents", &[]),
        voice.t("corpus-share", &[]),
        voice.t("corpus-mean-tokens", &[]),
    ]);
    for c in &p.classes {
        table.push(vec![
            printable(&c.label),
            count(voice, c.documents),
            voice.percent(c.share, 1),
            voice.number(c.mean_tokens, 1),
        ]);
    }
    let see = voice.t("classes-see", &[("classes", p.classes.len().to_string())]);
    Some(Figure::draw("full", voice.t("classes-title", &[]), see, Some(table), &|words, width| {
        picture::bars(words, &bars, &|v| count(voice, v as u64), width)
    }))
}

fn repeats(key: &str, r: &Repeats, voice: &Voice) -> (String, String, Table) {
    let t = |key: &str| voice.t(key, &[]);
    let mut table =
        Table::new(vec![t("corpus-number"), t("corpus-earlier"), t("corpus-similarity"), t("corpus-begin")]);
    for (number, earlier, similarity, begin) in &r.examples {
        table.push(vec![
            count(voice, number + 1),
            count(voice, earlier + 1),
            voice.number(*similarity, 2),
            printable(begin),
        ]);
    }
    let see = voice.t(&format!("repeats-{key}-see"), &[("count", count(voice, r.documents))]);
    (t(&format!("repeats-{key}-title")), see, table)
}
