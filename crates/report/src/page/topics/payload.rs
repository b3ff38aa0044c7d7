//! The figures that the page's script reads: rounded to what can be seen, and safe inside a `<script>` element.

use std::collections::BTreeMap;

use gyeol_base::{Error, Result};
use serde::Serialize;

use super::{LONGEST, View, anchor, clean, occurrences};
use crate::Language;

/// Words drawn as bars.
const BARS: usize = 20;
/// Unit of probabilities: 1e-8, so that a word seen once in ten million still has two figures.
const UNIT: f64 = 1e8;
/// Least part of a word's occurrences that is kept, in thousandths.
const LEAST: u32 = 5;

#[derive(Serialize)]
struct Figures {
    tokens: u64,
    top: usize,
    mark: &'static str,
    least: usize,
    /// Text, occurrences, and (topic, thousandths of the occurrences) in turn.
    words: Vec<(String, u64, Vec<u32>)>,
    topics: Vec<Topic>,
    /// Topics in the order of the square of distances.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Vec<usize>>,
    /// Distances in hundredths, the upper triangle row by row; −1 where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    far: Option<Vec<i32>>,
    say: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Topic {
    anchor: String,
    n: String,
    title: String,
    share: f64,
    /// (word, p(word | topic) in [`UNIT`], occurrences in the topic) in turn.
    words: Vec<u64>,
}

/// The figures as JSON without any `<`, so that no word can close the element around them.
pub(super) fn figures(view: &View, order: Option<&[usize]>) -> Result<String> {
    let map = view.map;
    let mut used: BTreeMap<usize, u64> = BTreeMap::new();
    let mut words = Vec::new();
    let whole = |v: f64| if v.is_finite() { v.round().max(0.0) as u64 } else { 0 };
    let mut topics = Vec::with_capacity(map.topics.len());
    for (i, topic) in map.topics.iter().enumerate() {
        let mut flat = Vec::new();
        for &(w, p) in &topic.words {
            let index = *used.entry(w).or_insert_with(|| {
                words.push(word(view, w));
                words.len() as u64 - 1
            });
            flat.extend([index, whole(p * UNIT), whole(occurrences(&map.words[w], i))]);
        }
        topics.push(Topic {
            anchor: anchor(map, i),
            n: view.number(i),
            title: format!("{} · {}", view.opening(i), view.share(topic.share)),
            share: (topic.share * 1e6).round() / 1e6,
            words: flat,
        });
    }
    let far = order.map(|_| {
        let k = map.topics.len();
        let hundredths = |d: f64| if d.is_finite() { (d * 100.0).round() as i32 } else { -1 };
        (0..k).flat_map(|i| (i + 1..k).map(move |j| hundredths(view.distance(i, j)))).collect()
    });
    let (mark, least) = match view.voice.language {
        Language::English => ("\u{202f}", 5),
        Language::Korean => (",", 4),
    };
    let hole = |name: &str| format!("{{{name}}}");
    let say = |key: &str, names: &[&'static str]| {
        let args: Vec<(&str, String)> = names.iter().map(|n| (*n, hole(n))).collect();
        view.voice.t(key, &args)
    };
    let figures = Figures {
        tokens: map.method.tokens.max(1),
        top: BARS,
        mark,
        least,
        words,
        topics,
        order: order.map(<[usize]>::to_vec),
        far,
        say: BTreeMap::from([
            ("all", say("topics-all", &[])),
            ("all_see", say("topics-all-see", &[])),
            ("bars_see", say("topics-bars-see", &[])),
            ("of", say("topics-of", &["own", "all"])),
            ("pair", say("topics-pair", &["a", "b", "distance"])),
            ("part", say("topics-part", &["topic", "share"])),
            ("percent", crate::text::with_percent("{n}", view.voice.language)),
            ("word", say("topics-word", &["word", "topics"])),
        ]),
    };
    Ok(serde_json::to_string(&figures)
        .map_err(|e| Error::defect(format!("the figures could not be written into the page: {e}")))?
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026"))
}

fn word(view: &View, w: usize) -> (String, u64, Vec<u32>) {
    let word = &view.map.words[w];
    let total: f64 = word.topics.iter().map(|t| t.1).filter(|n| n.is_finite() && *n > 0.0).sum();
    let mut parts = Vec::new();
    for &(topic, n) in &word.topics {
        let thousandths = if total > 0.0 { (n / total * 1000.0).round() as u32 } else { 0 };
        if thousandths >= LEAST {
            parts.extend([topic as u32, thousandths]);
        }
    }
    let count = if word.count.is_finite() { word.count.round().max(0.0) as u64 } else { 0 };
    (clean(&word.text, LONGEST), count, parts)
}
