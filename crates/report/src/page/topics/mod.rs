//! The page of a topic model: what the topics are, where they lie, their words and documents, how the fit went.

mod fit;
mod payload;
mod verdict;

use serde::Serialize;

use super::answer::Stat;
use super::{Figure, Table, Voice};
use crate::Language;
use crate::picture::{self, Circle, Matrix, Words};
use crate::text;
use crate::topic_map::{Coherence, Document, SQUARE, TopicMap, Word};

/// Words of a topic in the table of all topics.
const LISTED: usize = 10;
/// Words that stand for a topic within a sentence.
const NAMING: usize = 3;
/// Nearest topics listed at each.
const NEAREST: usize = 5;
/// Widest cell of that square, in pixels.
const CELL: f64 = 48.0;
/// Characters of a document that are shown.
const EXCERPT: usize = 200;
/// Characters of a word or a name that are shown.
const LONGEST: usize = 60;
/// Segments of a document's mix.
const MIX: usize = 6;

#[derive(Serialize)]
pub(crate) struct Page {
    deck: String,
    sentence: String,
    figures: Vec<Stat>,
    doubts: Vec<String>,
    chapters: Vec<Chapter>,
    map_see: String,
    map_wide: String,
    map_narrow: String,
    every_see: String,
    each_see: String,
    head: Vec<String>,
    topics: Vec<One>,
    distances_see: String,
    matrix: Option<String>,
    pairs: Option<Table>,
    fit_see: String,
    fit: Vec<Figure>,
    scan: Option<Table>,
    scan_chosen: i64,
    facts: Vec<(String, String)>,
    command: String,
    sha256: String,
    figures_json: String,
}

#[derive(Serialize)]
struct Chapter {
    id: &'static str,
    title: String,
}

/// A topic as the page lists it.
#[derive(Serialize)]
struct One {
    anchor: String,
    number: String,
    share: String,
    words: Vec<String>,
    lead: Vec<String>,
    figures: Vec<String>,
    counts: Vec<(String, String)>,
    facts: String,
    near: Vec<Near>,
    documents: Vec<Shown>,
}

#[derive(Serialize)]
struct Near {
    anchor: String,
    number: String,
    words: String,
    distance: String,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    text: String,
    share: String,
    mix: Vec<Segment>,
    mix_said: String,
}

#[derive(Serialize)]
struct Segment {
    width: String,
    own: bool,
    label: String,
    hint: String,
}

/// The map and what the chapters ask of it again and again.
struct View<'a> {
    map: &'a TopicMap,
    voice: Voice<'a>,
    /// Topics, the largest first.
    order: Vec<usize>,
}

/// `text` for people: no character that breaks the page's source or turns the line around it, cut after `most`.
fn clean(text: &str, most: usize) -> String {
    let turning =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut kept = text.chars().filter(|c| !turning(*c));
    let mut out: String =
        kept.by_ref().take(most).map(|c| if c.is_control() { '\u{b7}' } else { c }).collect();
    if kept.next().is_some() {
        out.push('…');
    }
    out
}

/// A word set apart, so that one written from right to left leaves the line around it as it is.
fn apart(word: &str) -> String {
    let turned =
        |c: char| matches!(c as u32, 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x10800..=0x10fff);
    let word = clean(word, LONGEST);
    if word.chars().any(turned) { format!("\u{2068}{word}\u{2069}") } else { word }
}

fn anchor(map: &TopicMap, topic: usize) -> String {
    format!("topic-{}", map.topics[topic].number)
}

fn occurrences(word: &Word, topic: usize) -> f64 {
    word.topics.iter().find(|(t, _)| *t == topic).map_or(0.0, |(_, n)| *n)
}

impl View<'_> {
    fn new<'a>(map: &'a TopicMap, voice: Voice<'a>) -> View<'a> {
        let mut order: Vec<usize> = (0..map.topics.len()).collect();
        order.sort_by(|&a, &b| map.topics[b].share.total_cmp(&map.topics[a].share).then(a.cmp(&b)));
        View { order, map, voice }
    }

    fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        self.voice.t(key, args)
    }

    fn count(&self, n: u64) -> String {
        self.voice.count(n as usize)
    }

    fn number(&self, topic: usize) -> String {
        self.map.topics[topic].number.to_string()
    }

    fn distance(&self, a: usize, b: usize) -> f64 {
        self.map.distances[a * self.map.topics.len() + b]
    }

    /// The first `n` words of a topic.
    fn leading(&self, topic: usize, n: usize) -> impl Iterator<Item = &Word> {
        self.map.topics[topic].words.iter().take(n).map(|(w, _)| &self.map.words[*w])
    }

    /// The first words of a topic, in one line.
    fn naming(&self, topic: usize) -> String {
        let words: Vec<String> = self.leading(topic, NAMING).map(|word| apart(&word.text)).collect();
        if words.is_empty() { self.t("topics-no-words", &[]) } else { words.join(" ") }
    }

    /// `topic 3 (game, team, season)`.
    fn named(&self, topic: usize) -> String {
        self.t("topics-named", &[("number", self.number(topic)), ("words", self.naming(topic))])
    }

    /// The same at the head of a line.
    fn opening(&self, topic: usize) -> String {
        text::sentence_case(&self.named(topic))
    }

    fn share(&self, share: f64) -> String {
        self.voice.percent(share, if share.abs() < 0.0995 { 1 } else { 0 })
    }

    /// Columns of the coherences that some topic has: the message key and the figure.
    fn coherences(&self) -> Vec<Measure> {
        MEASURES
            .into_iter()
            .filter(|(_, figure)| self.map.topics.iter().any(|t| figure(&t.coherence).is_some()))
            .collect()
    }

    fn nearest(&self, topic: usize) -> Vec<usize> {
        let mut others: Vec<usize> = (0..self.map.topics.len())
            .filter(|&o| o != topic && self.distance(topic, o).is_finite())
            .collect();
        others.sort_by(|&a, &b| self.distance(topic, a).total_cmp(&self.distance(topic, b)).then(a.cmp(&b)));
        others.truncate(NEAREST);
        others
    }

    /// Documents shown a topic: fewer where there are many topics, so that the page stays small.
    fn documents_shown(&self) -> usize {
        match self.map.topics.len() {
            0..=30 => 6,
            31..=100 => 5,
            _ => 3,
        }
    }

    fn one(&self, topic: usize) -> One {
        let it = &self.map.topics[topic];
        let listed = |n: usize| -> Vec<String> {
            let words: Vec<String> = self.leading(topic, n).map(|word| clean(&word.text, LONGEST)).collect();
            if words.is_empty() { vec![self.t("topics-no-words", &[])] } else { words }
        };
        let measures = self.coherences();
        let figure = |v: Option<f64>| v.map_or(text::MISSING.to_string(), |v| self.voice.number(v, 3));
        let mut facts: Vec<String> = Vec::new();
        if let Some(alpha) = it.alpha {
            facts.push(self.t("topics-alpha", &[("alpha", self.voice.significant(alpha, 2))]));
        }
        for (key, value) in &measures {
            facts.push(format!("{} {}", self.t(key, &[]), figure(value(&it.coherence))));
        }
        One {
            anchor: anchor(self.map, topic),
            number: self.number(topic),
            share: self.share(it.share),
            words: listed(LISTED),
            lead: listed(6),
            figures: measures.iter().map(|(_, value)| figure(value(&it.coherence))).collect(),
            counts: self
                .leading(topic, 2 * LISTED)
                .map(|word| {
                    let n = occurrences(word, topic).round().max(0.0);
                    (clean(&word.text, LONGEST), self.count(n as u64))
                })
                .collect(),
            facts: facts.join(" · "),
            near: self
                .nearest(topic)
                .into_iter()
                .map(|o| Near {
                    anchor: anchor(self.map, o),
                    number: self.number(o),
                    words: self.naming(o),
                    distance: self.voice.number(self.distance(topic, o), 2),
                })
                .collect(),
            documents: it
                .documents
                .iter()
                .take(self.documents_shown())
                .map(|d| self.document(d, topic))
                .collect(),
        }
    }

    fn document(&self, d: &Document, topic: usize) -> Shown {
        let mix: Vec<(usize, f64)> = d
            .mix
            .iter()
            .filter(|(_, s)| s.is_finite() && *s > 0.0)
            .map(|&(t, s)| (t, s.min(1.0)))
            .take(MIX)
            .collect();
        let own = d.mix.iter().find(|(t, _)| *t == topic).map_or(f64::NAN, |(_, s)| *s);
        let said: Vec<String> = mix
            .iter()
            .map(|&(t, s)| {
                self.t("topics-part", &[("topic", self.number(t)), ("share", self.voice.percent(s, 0))])
            })
            .collect();
        let line: Vec<&str> = d.text.split_whitespace().collect();
        Shown {
            name: clean(&d.name, LONGEST),
            text: clean(&line.join(" "), EXCERPT),
            share: self.t("topics-theta", &[("share", self.voice.percent(own, 0))]),
            mix_said: said.join(", "),
            mix: mix
                .iter()
                .map(|&(t, s)| Segment {
                    width: format!("{:.1}", s * 100.0),
                    own: t == topic,
                    label: if s >= 0.08 { self.number(t) } else { String::new() },
                    hint: format!("{} · {}", self.opening(t), self.voice.percent(s, 0)),
                })
                .collect(),
        }
    }

    fn map_svg(&self, width: f64) -> String {
        let circles: Vec<Circle> = self
            .map
            .topics
            .iter()
            .enumerate()
            .map(|(i, topic)| Circle {
                anchor: anchor(self.map, i),
                label: self.number(i),
                hint: format!("{} · {}", self.opening(i), self.share(topic.share)),
                share: topic.share,
                place: self.map.places.points[i],
            })
            .collect();
        let words =
            Words { title: self.t("topics-chapter-map", &[]), description: self.t("topics-map-says", &[]) };
        picture::map(&words, &circles, width)
    }

    /// All pairs of topics that have a distance, the nearest first.
    fn pairs(&self) -> Vec<(f64, usize, usize)> {
        let k = self.map.topics.len();
        let mut pairs: Vec<(f64, usize, usize)> = (0..k)
            .flat_map(|i| (i + 1..k).map(move |j| (i, j)))
            .map(|(i, j)| (self.distance(i, j), i, j))
            .filter(|p| p.0.is_finite())
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        pairs
    }

    /// The square of distances, in the order of [`TopicMap::order`]; none for one topic or too many.
    fn matrix(&self, order: &[usize], pairs: &[(f64, usize, usize)]) -> Option<String> {
        let k = self.map.topics.len();
        let ((least, ..), (most, ..)) = (pairs.first()?, pairs.last()?);
        if k > SQUARE {
            return None;
        }
        let labels: Vec<String> = order.iter().map(|&i| self.number(i)).collect();
        let values: Vec<f64> =
            order.iter().flat_map(|&i| order.iter().map(move |&j| self.distance(i, j))).collect();
        Some(picture::matrix(
            &Matrix {
                words: Words {
                    title: self.t("topics-chapter-distances", &[]),
                    description: self.t("topics-square-see", &[]),
                },
                labels: &labels,
                values: &values,
                far: self.t("topics-far", &[("distance", self.voice.number(*most, 2))]),
                near: self.t("topics-near", &[("distance", self.voice.number(*least, 2))]),
            },
            (CELL * k as f64 + 40.0).clamp(320.0, 640.0),
        ))
    }

    fn pair_table(&self, pairs: &[(f64, usize, usize)]) -> Option<Table> {
        let topic = || self.t("topics-topic", &[]);
        let mut table = Table::new(vec![topic(), topic(), self.t("topics-distance", &[])]);
        for &(d, a, b) in pairs.iter().take(20) {
            table.push(vec![self.opening(a), self.opening(b), self.voice.number(d, 3)]);
        }
        (!table.rows.is_empty()).then_some(table)
    }
}

/// A coherence: the key of its name, and its figure.
type Measure = (&'static str, fn(&Coherence) -> Option<f64>);

const MEASURES: [Measure; 4] = [
    ("topics-npmi", |c| c.npmi),
    ("topics-cv", |c| c.cv),
    ("topics-umass", |c| c.umass),
    ("topics-uci", |c| c.uci),
];

pub(crate) fn page(map: &TopicMap, language: Language) -> gyeol_base::Result<Page> {
    let view = View::new(map, Voice { language, zone: "UTC" });
    let k = map.topics.len();
    let pairs = view.pairs();
    let matrix = view.matrix(&map.order, &pairs);
    let (fit, fit_see) = (view.fit(), view.fit_see());
    let mut chapters =
        vec![("map", view.t("topics-chapter-map", &[])), ("every", view.t("topics-chapter-every", &[]))];
    if k > 1 {
        chapters.push(("distances", view.t("topics-chapter-distances", &[])));
    }
    if !fit.is_empty() {
        chapters.push(("fit", view.t("topics-chapter-fit", &[])));
    }
    chapters.push(("model", view.t("topics-chapter-model", &[])));
    let mut head =
        vec![view.t("topics-topic", &[]), view.t("topics-share", &[]), view.t("topics-words", &[])];
    head.extend(view.coherences().iter().map(|(key, _)| view.t(key, &[])));
    let distances_see = match (&matrix, k > SQUARE) {
        (Some(_), _) => view.t("topics-square-see", &[]),
        (None, true) => {
            view.t("topics-square-many", &[("most", SQUARE.to_string()), ("k", view.count(k as u64))])
        }
        (None, false) => view.t("topics-square-none", &[]),
    };
    Ok(Page {
        deck: view.deck(),
        sentence: view.sentence(),
        figures: view.figures(&pairs),
        doubts: view.doubts(&pairs),
        chapters: chapters.into_iter().map(|(id, title)| Chapter { id, title }).collect(),
        map_see: view.t("topics-map-see", &[("kept", view.voice.percent(map.places.kept, 0))]),
        map_wide: view.map_svg(560.0),
        map_narrow: view.map_svg(350.0),
        every_see: view.t("topics-every-see", &[("lambda", view.voice.number(map.lambda, 1))]),
        each_see: view.t("topics-each-see", &[("documents", view.documents_shown().to_string())]),
        head,
        topics: view.order.iter().map(|&i| view.one(i)).collect(),
        distances_see,
        pairs: view.pair_table(&pairs),
        fit_see,
        fit,
        scan: view.scan_table(),
        scan_chosen: view.scan_chosen().map_or(-1, |i| i as i64),
        facts: view.facts(),
        command: map.command.clone(),
        sha256: map.sha256.clone(),
        figures_json: payload::figures(&view, matrix.is_some().then_some(map.order.as_slice()))?,
        matrix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_breaks_a_line_is_taken_out_and_long_words_are_cut() {
        assert_eq!(clean("a\u{202e}b\nc\0", 60), "ab·c·");
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("가나다", 3), "가나다");
        assert_eq!(apart("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(apart("word"), "word");
    }
}
